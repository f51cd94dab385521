"""Proxies, certificates, and httpx transports in the place of the built-in carrier."""

from __future__ import annotations

import gzip
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, pkcs12

from policies.certificates import ClientCertificate
from policies.messages import Headers, Request
from policies.ports import BackendUnavailable, ForwardOptions
from policies.secret import Secret
from tests.mcp_core.calls.backends import Client, answering, ok, run
from tests.mcp_core.calls.building import ScriptedServer, free_port


def test_a_proxy_carries_the_request_with_its_credentials() -> None:
    async def scenario() -> None:
        seen: list[Any] = []
        async with ScriptedServer(answering(ok(b"via proxy"), seen=seen)) as proxy, Client() as client:
            options = ForwardOptions(proxy=proxy.url, proxy_username="u", proxy_password=Secret("p"))
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


@pytest.mark.parametrize(
    "proxy", ["proxy.local:8080", "http://", "socks5://127.0.0.1:1", "http://169.254.169.254/", "http://[::1"]
)
def test_what_is_no_proxy_is_not_used(proxy: str) -> None:
    async def scenario() -> None:
        async with Client() as client:
            with pytest.raises(BackendUnavailable) as caught:
                await client.send(Request("GET", "http://example.org/"), ForwardOptions(proxy=proxy))
            assert caught.value.reason == "BackendRefused"

    run(scenario())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signed itself, with its key: PEM, and PKCS #12 with the password "pw"."""
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    own = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(plain + own.public_bytes(Encoding.PEM))
    packed = pkcs12.serialize_key_and_certificates(b"x", key, own, None, BestAvailableEncryption(b"pw"))
    file.with_suffix(".pfx").write_bytes(packed)
    return file


def mutual_tls(certificate: Path) -> ssl.SSLContext:
    """A server's side that demands the certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate))
    context.load_cert_chain(str(certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_the_servers_certificate_is_checked(certificate: Path) -> None:
    async def scenario() -> None:
        async with ScriptedServer(answering(ok()), mutual_tls(certificate)) as server, Client() as client:
            with pytest.raises(BackendUnavailable, match="certificate that is not accepted"):
                await client.send(Request("GET", server.url))
        assert server.connections == 0

    run(scenario())


@pytest.mark.parametrize("form", ["context", "pem", "pfx"])
def test_a_client_certificate_is_presented(certificate: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # so that the server's is accepted
    presented: dict[str, object] = {
        "context": ssl.create_default_context(),
        "pem": ClientCertificate(certificate.read_bytes()),
        "pfx": ClientCertificate(certificate.with_suffix(".pfx").read_bytes(), Secret("pw")),
    }
    if isinstance(presented["context"], ssl.SSLContext):
        presented["context"].load_cert_chain(str(certificate))

    async def scenario() -> None:
        async with ScriptedServer(answering(ok(b"secure")), mutual_tls(certificate)) as server, Client() as client:
            for _ in range(3):
                response = await client.send(Request("GET", server.url), ForwardOptions(certificate=presented[form]))
                assert response.body.data == b"secure"
        assert server.connections == 1

    run(scenario())


@pytest.mark.parametrize("presented", ["PEM", ClientCertificate(b"-----BEGIN X"), ClientCertificate(b"x", Secret("secret")), 5])
def test_what_is_no_client_certificate_is_not_presented(presented: object) -> None:
    async def scenario() -> None:
        async with Client() as client:
            with pytest.raises(BackendUnavailable, match=r"the client certificate (is|has)") as caught:
                await client.send(Request("GET", "https://127.0.0.1/"), ForwardOptions(certificate=presented))
            assert caught.value.status == 500
            assert "secret" not in str(caught.value)

    run(scenario())


def test_a_certificates_password_is_needed(certificate: Path) -> None:
    async def scenario() -> None:
        async with Client() as client:
            presented = ClientCertificate(certificate.with_suffix(".pfx").read_bytes(), Secret("wrong"))
            with pytest.raises(BackendUnavailable, match="another password"):
                await client.send(Request("GET", "https://127.0.0.1/"), ForwardOptions(certificate=presented))

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
