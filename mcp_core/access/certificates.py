"""The deployment's certificates: those that the platform put into folders, and those that settings hold.

The rule here: nothing is read before a policy asks for a certificate; a file or setting that is no certificate is passed over,
with a line in the log that names it and holds nothing of it.

On Linux the platform puts an app's certificates into files that are named by their thumbprints: `THUMBPRINT.der` for public
ones, `THUMBPRINT.p12` (without a password) for those with a private key.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from policies.certificates import ClientCertificate
from policies.secret import Secret

__all__ = ["Certificates"]

_log = logging.getLogger(__name__)
_PUBLIC, _PRIVATE = frozenset({".der", ".cer", ".crt"}), frozenset({".p12", ".pfx", ".pem"})
_LARGEST = 256 * 1024
_AGAIN = 60.0
"""Seconds between two looks at the folders for a certificate that is not there."""


class Certificates(Mapping[str, object]):
    """Implements `context.Deployment.Certificates`: id or thumbprint → certificate. A public one is its bytes, one with a
    private key a `ClientCertificate`.

    `settings` are ids, each with the names of the setting that holds it and of the one with its password ("" for none).
    """

    def __init__(
        self, settings: Sequence[tuple[str, str, str]], folders: Sequence[str], environ: Mapping[str, str] | None = None
    ) -> None:
        self._settings = settings
        self._folders = tuple(map(Path, folders))
        self._environ = os.environ if environ is None else environ
        self._found: dict[str, object] = {}
        self._names: dict[str, str] = {}
        self._looked = float("-inf")

    def __getitem__(self, name: str) -> object:
        key = name.lower()
        if key not in self._found and time.monotonic() - self._looked >= _AGAIN:
            self._look()
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        if self._looked == float("-inf"):
            self._look()
        return iter(tuple(self._names.values()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Certificates({sorted(self._names.values())})"

    def _look(self) -> None:
        """Read what is new. A certificate that was read stays the same object, for keys and connections are kept by it."""
        self._looked = time.monotonic()
        for folder in self._folders:
            for file in sorted(folder.iterdir()) if folder.is_dir() else ():
                if file.suffix.lower() in _PUBLIC | _PRIVATE and file.stem.lower() not in self._found:
                    self._take(file.stem, _read(file))
        for name, setting, password in self._settings:
            if name.lower() not in self._found:
                found = _decoded(self._environ.get(setting, ""), self._environ.get(password, "") if password else "")
                if found is None:
                    _log.error("The setting %s holds no certificate: it wants base64 of PKCS #12, or PEM", setting)
                    continue
                self._take(name, found)
                self._take(_thumbprint(found), found)

    def _take(self, name: str, found: object | None) -> None:
        if name and found is not None and name.lower() not in self._found:
            self._found[name.lower()] = found
            self._names[name.lower()] = name


def _read(file: Path) -> object | None:
    try:
        if file.stat().st_size <= _LARGEST:
            data = file.read_bytes()
            return ClientCertificate(data) if file.suffix.lower() in _PRIVATE else data
    except OSError as error:
        _log.warning("The certificate %s cannot be read: %s", file, error.strerror)
    return None


def _decoded(text: str, password: str) -> ClientCertificate | None:
    text = text.strip().replace("\\n", "\n")  # settings are often written in one line
    if text.startswith("-----BEGIN"):
        return ClientCertificate(text.encode(), Secret(password))
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return ClientCertificate(data, Secret(password)) if data else None


def _thumbprint(found: ClientCertificate) -> str:
    """SHA-1 of the certificate, as Azure and .NET name it; "" where the file cannot be opened."""
    from hashlib import sha1

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    try:
        if found.data.startswith(b"-----BEGIN"):
            own = x509.load_pem_x509_certificate(found.data)
        else:
            held = load_pkcs12(found.data, found.password.reveal().encode() or None).cert
            if held is None:
                return ""
            own = held.certificate
    except ValueError:
        _log.error("A certificate of the settings cannot be opened: is its password right?")
        return ""
    return sha1(own.public_bytes(Encoding.DER), usedforsecurity=False).hexdigest().upper()
