"""The policy that the feature's documentation shows, seen through a real client (D6, D7, D8)."""

import asyncio
import json
import re
import urllib.error
import urllib.request

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from mcp_core.catalog.repository import Repository
from mcp_core.local.sample import ensure_sample
from mcp_core.storage.open import open_store
from tests.azurite import azurite
from tests.e2e.balancer import balanced
from tests.hosts import command, local_host

__all__ = ["azurite"]

POLICY = """\
<policies>
  <inbound>
    <base />
    <rate-limit-by-key calls="5" renewal-period="{period}" counter-key="@(context.Request.IpAddress)"
        remaining-calls-variable-name="remainingCallsPerIP" />
  </inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"""
CALL = {"jsonrpc": "2.0", "id": 6, "method": "tools/call", "params": {"name": "getOrder", "arguments": {"id": 2}}}


def seed(data, period, spec=""):
    """The sample and the policy in a store; gives the settings of a host on it."""
    spec = spec or f"sqlite:{data / 'gateway.db'}"

    async def run():
        store = open_store(spec)
        try:
            await ensure_sample(Repository(store), "http://127.0.0.1:1")  # the host puts the real address in
        finally:
            await store.close()

    asyncio.run(run())
    (data / "policy.xml").write_text(POLICY.format(period=period))
    command(data, "policy", "set", "mcp/orders-mcp", str(data / "policy.xml"), store=spec)
    return {"MCP_STORE": spec}


def post(url, message):
    headers = {"content-type": "application/json", "accept": "application/json", "mcp-protocol-version": "2025-11-25"}
    request = urllib.request.Request(url, json.dumps(message).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_five_calls_pass_and_the_sixth_is_429(tmp_path, mode):
    settings = seed(tmp_path, 30)

    async def run(url):
        async with Client(url, mode=mode) as client:
            for _ in range(5):
                assert (await client.call_tool("getOrder", {"id": 2})).structured_content["id"] == 2
                await client.list_tools()
            with pytest.raises(MCPError) as refused:
                await client.call_tool("getOrder", {"id": 2})
            await client.list_tools()  # is not counted and goes on working
            return refused.value.error

    with local_host(tmp_path, **settings) as host:
        error = asyncio.run(run(f"{host}/orders-mcp/mcp"))
        status, headers, body = post(f"{host}/orders-mcp/mcp", CALL)
    assert re.fullmatch(r"Rate limit is exceeded\. Try again in \d+ seconds?\.", error.message)
    assert error.data == {"statusCode": 429, "reason": "RateLimitExceeded"}
    assert status == 429
    assert 1 <= int(headers["Retry-After"]) <= 30
    assert body["id"] == 6
    assert body["error"]["message"].startswith("Rate limit is exceeded.")


@pytest.mark.parametrize("kind", ["sqlite", "azurite"])
def test_two_hosts_share_the_counter_and_never_admit_more(tmp_path, azurite, kind):
    settings = seed(tmp_path, 60, f"tables:{azurite.new_account().connection_string}" if kind == "azurite" else "")
    with (
        local_host(tmp_path, **settings) as first,
        local_host(tmp_path, "--no-sample", **settings) as second,
        balanced([first, second]) as (url, asked),
    ):

        async def one():
            async with Client(f"{url}/orders-mcp/mcp", mode="2026-07-28") as client:
                try:
                    return (await client.call_tool("getOrder", {"id": 2})).is_error
                except MCPError as error:
                    return error.error.data["statusCode"]

        async def run():
            return await asyncio.gather(*(one() for _ in range(12)))

        outcomes = asyncio.run(run())
    assert len(set(asked)) == 2
    assert outcomes.count(False) == 5
    assert outcomes.count(429) == 7


def test_after_the_period_it_passes_again(tmp_path):
    settings = seed(tmp_path, 2)
    with local_host(tmp_path, **settings) as host:

        async def run():
            async with Client(f"{host}/orders-mcp/mcp") as client:
                for _ in range(5):
                    await client.call_tool("getOrder", {"id": 1})
                with pytest.raises(MCPError) as refused:
                    await client.call_tool("getOrder", {"id": 1})
                wait = int(re.findall(r"\d+", refused.value.error.message)[0])
                await asyncio.sleep(wait)  # what Retry-After promises is what is tested
                return await client.call_tool("getOrder", {"id": 1})

        assert asyncio.run(run()).structured_content["id"] == 1
