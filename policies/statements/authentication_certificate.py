"""`authentication-certificate`: the client certificate for the backend (article "Authenticate with client certificate").

A thumbprint or id names one of the deployment's certificates; `body` brings its own.
"""

from __future__ import annotations

from typing import Any

from policies.certificates import ClientCertificate, installed
from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Request
from policies.outgoing import options_of
from policies.registry import Attribute, Policy
from policies.secret import Secret
from policies.statement import Statement
from policies.steps import RequestEdit
from policies.values import ANY, NAME_TEXT, STRING

THUMBPRINT = Attribute("thumbprint", NAME_TEXT, expression=True)
CERTIFICATE_ID = Attribute("certificate-id", NAME_TEXT, expression=True)
BODY = Attribute("body", ANY, expression=True, secret=True)
PASSWORD = Attribute("password", STRING, default="", expression=True, secret=True)


def edit(statement: Statement) -> RequestEdit:
    """Gives the function that chooses one request's certificate."""
    sources = [statement.get(each) for each in (THUMBPRINT, CERTIFICATE_ID, BODY) if statement.has(each)]
    if len(sources) != 1:
        raise statement.error("authentication-certificate needs one of thumbprint, certificate-id and body")
    source: Any = sources[0]
    is_body, password = statement.has(BODY), statement[PASSWORD].get

    def change(context: PolicyContext, request: Request) -> None:
        value = source.get(context)
        certificate = _given(value, password(context)) if is_body else installed(context, str(value))
        options_of(context, request)["certificate"] = certificate

    return change


def _given(value: object, password: str) -> ClientCertificate:
    if not isinstance(value, (bytes, bytearray)):
        raise _failure("the certificate's body is not a byte array")
    return ClientCertificate(bytes(value), Secret(password))


def _failure(detail: str) -> PolicyFailure:
    return PolicyFailure("Internal server error", reason="CertificateNotFound", detail=detail)


POLICY = Policy(
    name="authentication-certificate",
    sections=frozenset({"inbound"}),
    attributes=(THUMBPRINT, CERTIFICATE_ID, BODY, PASSWORD),
    edit_request=edit,
)
