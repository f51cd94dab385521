"""The MCP Inspector's command-line mode."""

import json
import subprocess

import pytest

from tests.node_tools import ToolsMissing, prepare


@pytest.fixture(scope="module")
def inspect(endpoint, tmp_path_factory):
    try:
        tools = prepare()
    except ToolsMissing as error:
        pytest.skip(str(error))
    home = tmp_path_factory.mktemp("home")  # it keeps a catalogue of servers in the home folder

    def run(*arguments):
        command = [tools.node, tools.inspector, "--cli", endpoint, "--transport", "http", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"HOME": str(home), "PATH": ""})
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def test_it_lists_the_tools(inspect):
    assert "getOrder" in {tool["name"] for tool in inspect("--method", "tools/list")["tools"]}


def test_it_calls_a_tool(inspect):
    result = inspect("--method", "tools/call", "--tool-name", "getOrder", "--tool-arg", "id=2")
    assert json.loads(result["content"][0]["text"])["customer"] == "Grace Hopper"
    assert result["structuredContent"]["id"] == 2
