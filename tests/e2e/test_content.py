"""Results that are not JSON, and mirrored parameters, through the official client in both eras."""

import asyncio
import base64

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.conformance.backend import ERROR_TEXT, PNG, RESOURCE, SIMPLE_TEXT, WAV
from tests.conformance.server import under_test

eras = pytest.mark.parametrize("mode", ["auto", "legacy"])


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with under_test(tmp_path_factory.mktemp("content")) as url:
        yield url


def call(url, mode, name, arguments=None):
    async def run():
        async with Client(url, mode=mode) as client:
            await client.list_tools()  # from here the client knows which parameters to mirror
            return await client.call_tool(name, arguments or {})

    return asyncio.run(run())


@eras
def test_text_image_audio_and_file(url, mode):
    assert call(url, mode, "test_simple_text").content[0].text == SIMPLE_TEXT
    image = call(url, mode, "test_image_content").content[0]
    assert (image.mime_type, base64.b64decode(image.data)) == ("image/png", PNG)
    audio = call(url, mode, "test_audio_content").content[0]
    assert (audio.mime_type, base64.b64decode(audio.data)) == ("audio/wav", WAV)
    file = call(url, mode, "test_embedded_resource").content[0].resource
    assert (file.mime_type, base64.b64decode(file.blob)) == ("application/pdf", RESOURCE)


@eras
def test_several_parts_are_several_blocks(url, mode):
    blocks = call(url, mode, "test_multiple_content_types").content
    assert [block.type for block in blocks] == ["text", "image", "resource"]


@eras
def test_an_error_of_the_api_is_told(url, mode):
    result = call(url, mode, "test_error_handling")
    assert result.is_error
    assert "500" in result.content[0].text
    assert any(ERROR_TEXT in block.text for block in result.content)


@eras
@pytest.mark.parametrize("region", ["eu-west-1", " padded ", "Zürich ☃", "=?base64?literal?="])
def test_a_mirrored_parameter_arrives_whatever_it_holds(url, mode, region):
    assert call(url, mode, "test_x_mcp_header", {"region": region}).structured_content == {"region": region}


def test_a_policy_can_demand_a_capability_of_the_client(url):
    async def run():
        async with Client(url) as client:
            with pytest.raises(MCPError) as refused:
                await client.call_tool("test_missing_capability", {})
            return refused.value.error

    error = asyncio.run(run())
    assert (error.code, error.data) == (-32021, {"requiredCapabilities": {"sampling": {}}})
