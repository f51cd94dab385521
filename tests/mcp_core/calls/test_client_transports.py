"""Proxies, certificates, and httpx transports in the place of the built-in carrier."""

from __future__ import annotations

import gzip
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from policies.messages import Headers, Request
from policies.ports import BackendUnavailable, ForwardOptions
from tests.mcp_core.calls.backends import Client, answering, ok, run
from tests.mcp_core.calls.building import ScriptedServer, free_port


def test_a_proxy_carries_the_request_with_its_credentials() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(ok(b"via proxy"), seen=seen)) as proxy, Client() as client:
            options = ForwardOptions(proxy=proxy.url, proxy_username="u", proxy_password="p")
            response = await client.send(Request("GET", "http://example.org/x"), options)
            assert response.body.data == b"via proxy"
            with pytest.raises(BackendUnavailable, match="never called"):
                await client.send(Request("GET", "http://169.254.169.254/"), options)
        assert seen[0][0] == "GET http://example.org/x HTTP/1.1"
        assert seen[0][1]["proxy-authorization"] == "Basic dTpw"
        assert len(seen) == 1

    run(scenario())


def test_a_proxy_that_is_down() -> None:
    async def scenario() -> None:
        async with Client() as client:
            with pytest.raises(BackendUnavailable, match="proxy"):
                await client.send(
                    Request("GET", "http://example.org/"), ForwardOptions(proxy=f"http://127.0.0.1:{free_port()}")
                )

    run(scenario())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *names], check=True, capture_output=True)
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


def test_certificates_are_checked_and_clients_may_have_one(certificate: Path) -> None:
    async def scenario() -> None:
        server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate))
        server_side.load_cert_chain(str(certificate))
        server_side.verify_mode = ssl.CERT_REQUIRED
        client_side = ssl.create_default_context(cafile=str(certificate))
        client_side.load_cert_chain(str(certificate))
        async with ScriptedServer(answering(ok(b"secure"), close=True), server_side) as server, Client() as client:
            with pytest.raises(BackendUnavailable, match="certificate that is not accepted"):
                await client.send(Request("GET", server.url))
            response = await client.send(Request("GET", server.url), ForwardOptions(certificate=client_side))
            assert response.body.data == b"secure"
            with pytest.raises(BackendUnavailable, match="client certificate"):
                await client.send(Request("GET", server.url), ForwardOptions(certificate="PEM"))

    run(scenario())


def test_any_httpx_transport_may_carry() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://api.example.org/a%2Fb?q=1"
        assert request.headers["x-a"] == "1"
        body = gzip.compress(request.content)
        return httpx.Response(201, headers={"Content-Encoding": "gzip", "X-B": "2"}, content=body)

    async def scenario() -> None:
        async with Client(transport=httpx.MockTransport(handle), allow_private=False, max_response_bytes=3) as client:
            request = Request("POST", "https://api.example.org/a%2Fb?q=1", Headers([("X-A", "1")]), b"hello")
            response = await client.send(request)
            assert (response.status, response.body.data, response.headers.get("X-B")) == (201, b"hel", "2")
            assert response.body.truncated
            with pytest.raises(BackendUnavailable, match="MCP_ALLOW_PRIVATE_BACKENDS"):
                await client.send(Request("GET", "http://127.0.0.1/"))

    run(scenario())


@pytest.mark.parametrize(
    ("error", "status"),
    [(httpx.ConnectError("no route"), 502), (httpx.ReadTimeout("slow"), 504), (httpx.ReadError("cut"), 502)],
)
def test_an_httpx_transports_errors_are_ours(error: Exception, status: int) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise error

    async def scenario() -> None:
        async with Client(transport=httpx.MockTransport(handle)) as client:
            with pytest.raises(BackendUnavailable, match=r"^The backend https://api\.example\.org ") as caught:
                await client.send(Request("GET", "https://api.example.org/"))
            assert caught.value.status == status

    run(scenario())
