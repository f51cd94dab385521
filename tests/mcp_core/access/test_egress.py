"""Whatever makes the gateway call out goes through the same guard: identity providers, token endpoints, send-request."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from mcp_core.calls import HttpBackend
from mcp_core.catalog.model import Connection
from mcp_core.catalog.repository import Repository
from policies.messages import Response
from tests.applications import Running, running, section

ADDRESSES = ["169.254.169.254", "[::ffff:169.254.169.254]", "10.0.0.1", "[fd00:ec2::254]", "127.0.0.1:{}", "localhost:{}"]
WAYS = {
    "openid-config": (
        "mcp/orders-mcp",
        '<validate-jwt header-name="Authorization"><openid-config url="http://{}/c" /></validate-jwt>',
    ),
    "send-request": (
        "mcp/orders-mcp",
        '<send-request mode="new" response-variable-name="r"><set-url>http://{}/c</set-url></send-request>',
    ),
    "connection": (
        "mcp/orders-mcp",
        '<get-authorization-context provider-id="p" authorization-id="c" context-variable-name="t" />',
    ),
    "forward-request": ("api/orders", '<set-backend-service base-url="http://{}" />'),
}
TOKEN = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.eA"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_out_leads_to_a_guarded_address(tmp_path: Path, way: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What listens on this machine is asked by nobody, though it would answer."""
    monkeypatch.setenv("EGRESS_SECRET", "x")
    scope, policy = WAYS[way]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        place = address.format(listener.getsockname()[1])

        async def prepare(repository: Repository) -> None:
            endpoint = f"https://{place}/token"
            await repository.connections.save(
                Connection("p", "c", token_endpoint=endpoint, client_id="c", client_secret="EGRESS_SECRET")
            )

        async def scene(gateway: Running) -> Response:
            try:
                return await gateway.call(headers={"Authorization": f"Bearer {TOKEN}"})
            finally:
                await backend.close()

        backend = HttpBackend(allow_private=False)
        document = {scope: section(policy.format(place))}
        response = running(tmp_path, scene, policies=document, backend=backend, prepare=prepare)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert response.status >= 500 or b'"isError":true' in response.body.data
