"""Certificates that policies name, or bring themselves.

The rule here: what a deployment has is found by thumbprint or id, without case, and read when a policy first asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.errors import PolicyFailure
from policies.records import Record, field
from policies.secret import NO_SECRET, Secret

if TYPE_CHECKING:
    from policies.context import PolicyContext

__all__ = ["ClientCertificate", "installed"]


class ClientCertificate(Record):
    """A certificate with its private key, a PKCS #12 or PEM file in memory."""

    data: bytes = field(repr=False)
    password: Secret = NO_SECRET


def installed(context: PolicyContext, name: str) -> object:
    """The deployment's certificate of this thumbprint or id. Raises PolicyFailure."""
    certificates = context.deployment.certificates
    found = certificates.get(name)
    if found is not None:
        return found
    for known in certificates:
        if known.lower() == name.lower():
            return certificates[known]
    raise PolicyFailure("Internal server error", reason="CertificateNotFound", detail=f"there is no certificate {name!r}")
