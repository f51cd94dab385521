"""The deployment's certificates, from folders and settings, in the policies that name them; against a real server that demands
one."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from joserfc import jwe
from joserfc.jwk import RSAKey

from mcp_core.access.certificates import Certificates
from mcp_core.calls import HttpBackend
from mcp_core.catalog.repository import Repository
from mcp_core.errors import InvalidInput
from mcp_core.local.sample import ensure_sample
from mcp_core.settings import Settings, load_settings
from policies.certificates import ClientCertificate
from policies.messages import Response
from tests.applications import Running, running, section
from tests.policies.tokens.issuer import SECRET, claims, secret, token


@dataclass(frozen=True)
class Made:
    """A certificate for 127.0.0.1 that signed itself, with its key, in every form."""

    key: rsa.RSAPrivateKey
    own: x509.Certificate

    @property
    def thumbprint(self) -> str:
        return sha1(self.own.public_bytes(Encoding.DER)).hexdigest().upper()

    @property
    def pem(self) -> bytes:
        plain = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return plain + self.own.public_bytes(Encoding.PEM)

    def pfx(self, password: bytes = b"") -> bytes:
        how = BestAvailableEncryption(password) if password else NoEncryption()
        return pkcs12.serialize_key_and_certificates(b"x", self.key, self.own, None, how)


@pytest.fixture(scope="module")
def made() -> Made:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return Made(key, builder.add_extension(names, critical=False).sign(key, hashes.SHA256()))


@contextmanager
def demanding(certificate: Path) -> Iterator[tuple[str, list[str]]]:
    """A server over TLS that talks only to who presents the certificate; gives its URL and the names that came."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            peer = self.connection.getpeercert()
            seen.append(dict(pair for part in peer["subject"] for pair in part)["commonName"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "23")
            self.end_headers()
            self.wfile.write(b'{"customer":"By TLS 2"}')

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate))
    context.load_cert_chain(str(certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SOURCES: dict[str, Callable[[Made, Path, pytest.MonkeyPatch], tuple[str, str]]] = {}
"""Name of a case → what puts the certificate there; gives (attributes of the policy, value of MCP_CERTIFICATES)."""


def source(make: Callable[[Made, Path, pytest.MonkeyPatch], tuple[str, str]]) -> None:
    SOURCES[make.__name__] = make


@source
def file_by_thumbprint(made: Made, folder: Path, environment: pytest.MonkeyPatch) -> tuple[str, str]:
    (folder / f"{made.thumbprint}.p12").write_bytes(made.pfx())
    return f'thumbprint="{made.thumbprint.lower()}"', ""


@source
def file_by_id(made: Made, folder: Path, environment: pytest.MonkeyPatch) -> tuple[str, str]:
    (folder / "orders.pem").write_bytes(made.pem)
    return 'certificate-id="Orders"', ""


@source
def setting_by_id(made: Made, folder: Path, environment: pytest.MonkeyPatch) -> tuple[str, str]:
    environment.setenv("ORDERS_CERTIFICATE", base64.b64encode(made.pfx()).decode())
    return 'certificate-id="orders"', "other=NOT_SET,orders=ORDERS_CERTIFICATE"


@source
def setting_by_thumbprint(made: Made, folder: Path, environment: pytest.MonkeyPatch) -> tuple[str, str]:
    environment.setenv("ORDERS_CERTIFICATE", base64.encodebytes(made.pfx(b"pw")).decode())
    environment.setenv("ORDERS_PASSWORD", "pw")
    return f'thumbprint="{made.thumbprint}"', "orders=ORDERS_CERTIFICATE:ORDERS_PASSWORD"


@source
def setting_in_pem(made: Made, folder: Path, environment: pytest.MonkeyPatch) -> tuple[str, str]:
    environment.setenv("ORDERS_CERTIFICATE", made.pem.decode().replace("\n", "\\n"))
    return 'certificate-id="orders"', "orders=ORDERS_CERTIFICATE"


@pytest.mark.parametrize("name", SOURCES)
def test_a_backend_that_demands_a_certificate_gets_it(
    name: str, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, folder = tmp_path / "both.pem", tmp_path / "private"
    both.write_bytes(made.pem)
    folder.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(both))  # so that the server's own is accepted
    attributes, value = SOURCES[name](made, folder, monkeypatch)
    settings = load_settings(
        {"MCP_CERTIFICATES": value, "MCP_CERTIFICATE_FOLDERS": str(folder), "MCP_ALLOW_PRIVATE_BACKENDS": "1"}
    )
    with demanding(both) as (url, seen):
        with_it = _called(tmp_path / "with", url, settings, section(f"<authentication-certificate {attributes} />"))
        without = _called(tmp_path / "without", url, settings, "")
    assert b"By TLS 2" in with_it.body.data
    assert b'"isError":true' in without.body.data
    assert seen == ["127.0.0.1"]


def _called(folder: Path, url: str, settings: Settings, policy: str) -> Response:
    backend = HttpBackend(allow_private=True)

    async def prepare(repository: Repository) -> None:
        await ensure_sample(repository, url)

    async def scene(gateway: Running) -> Response:
        try:
            return await gateway.call()
        finally:
            await backend.close()

    folder.mkdir()
    policies = {"api/orders": policy} if policy else {}
    return running(folder, scene, policies=policies, backend=backend, settings=settings, prepare=prepare)


JWT = """<validate-jwt header-name="Authorization" output-token-variable-name="jwt">
<issuer-signing-keys><key>{secret}</key></issuer-signing-keys><decryption-keys><key certificate-id="{id}" /></decryption-keys>
</validate-jwt>
<set-header name="X-Sub" exists-action="override"><value>@(((Jwt)context.Variables["jwt"]).Subject)</value></set-header>"""
GOOD = claims(exp=4_000_000_000, nbf=None, iat=None)
SIGNED = """<validate-jwt header-name="Authorization"><issuer-signing-keys><key certificate-id="{id}" /></issuer-signing-keys>
</validate-jwt>"""


@pytest.mark.parametrize("form", ["orders.p12", "orders.pem"])
def test_a_token_that_was_encrypted_for_the_certificate_is_read(made: Made, tmp_path: Path, form: str) -> None:
    (tmp_path / form).write_bytes(made.pfx() if form.endswith("p12") else made.pem)
    inner = token(GOOD, key=secret(), alg="HS256")
    key = RSAKey.import_key(made.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    text = jwe.encrypt_compact({"alg": "RSA-OAEP-256", "enc": "A256GCM"}, inner, key, algorithms=["RSA-OAEP-256", "A256GCM"])
    assert _status(tmp_path, JWT.format(secret=SECRET, id="orders"), text) == 200
    assert _status(tmp_path, JWT.format(secret=SECRET, id="nothing"), text) == 500


def test_a_token_that_the_certificates_key_signed_passes(made: Made, tmp_path: Path) -> None:
    (tmp_path / f"{made.thumbprint}.der").write_bytes(made.own.public_bytes(Encoding.DER))
    key = RSAKey.import_key(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    good = token(GOOD, key=key)
    policy = SIGNED.format(id=made.thumbprint)
    assert _status(tmp_path, policy, good) == 200
    assert _status(tmp_path, policy, good[:-8] + "AAAAAAAA") == 401


def _status(folder: Path, policy: str, text: str) -> int:
    place = folder / f"store-{len(list(folder.iterdir()))}"
    place.mkdir()
    settings = Settings(certificate_folders=(str(folder),))

    async def scene(gateway: Running) -> int:
        return (await gateway.call(headers={"Authorization": f"Bearer {text}"})).status

    return running(place, scene, policies={"mcp/orders-mcp": section(policy)}, settings=settings)


def test_expressions_see_them(made: Made, tmp_path: Path) -> None:
    (tmp_path / "orders.p12").write_bytes(made.pfx())
    policy = """<choose><when condition="@(context.Deployment.Certificates[&quot;orders&quot;].Thumbprint == &quot;{}&quot;)">
    <return-response><set-status code="202" /></return-response></when></choose>"""

    async def scene(gateway: Running) -> int:
        return (await gateway.call()).status

    (tmp_path / "store").mkdir()
    policies = {"mcp/orders-mcp": section(policy.format(made.thumbprint))}
    assert running(tmp_path / "store", scene, policies=policies, settings=Settings(certificate_folders=(str(tmp_path),))) == 202


def test_what_is_read_stays_the_same_object_and_what_is_new_is_found(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_000.0
    monkeypatch.setattr("mcp_core.access.certificates.time.monotonic", lambda: moment)
    (tmp_path / "one.p12").write_bytes(made.pfx())
    certificates = Certificates((), [str(tmp_path), str(tmp_path / "missing")], {})
    first = certificates["ONE"]
    assert isinstance(first, ClientCertificate)
    (tmp_path / "two.p12").write_bytes(made.pfx())
    assert "two" not in certificates
    moment += 61
    assert "two" in certificates
    assert certificates["one"] is first
    assert sorted(certificates) == ["one", "two"]
    assert len(certificates) == 2


def test_what_is_no_certificate_is_passed_over_and_told_of_without_its_content(
    made: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notes.txt").write_text("planted")
    (tmp_path / "huge.p12").write_bytes(b"x" * 300_000)
    environ = {"BAD": "planted!", "WRONG": base64.b64encode(made.pfx(b"pw")).decode(), "PASSWORD": "planted"}
    certificates = Certificates([("bad", "BAD", ""), ("wrong", "WRONG", "PASSWORD")], [str(tmp_path)], environ)
    assert sorted(certificates) == ["wrong"]
    assert "BAD" in caplog.text
    assert "password" in caplog.text
    assert "planted" not in caplog.text + repr(certificates) + repr(certificates["wrong"])


@pytest.mark.parametrize("text", ["orders", "=X", "orders=", "a=B,c"])
def test_a_wrong_list_is_told_at_the_start(text: str) -> None:
    with pytest.raises(InvalidInput, match="MCP_CERTIFICATES must be a list of ID=SETTING"):
        load_settings({"MCP_CERTIFICATES": text})
