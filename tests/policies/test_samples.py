"""The sample documents compile as they stand, and do what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.compiler import Environment, check_document
from policies.context import OperationInfo
from policies.environment import ScopedDocument
from policies.ports import ConnectionToken, Services
from policies.secret import Secret
from tests.policies.pipelines import Backend, Run, request, run
from tests.policies.tokens.issuer import CONFIGURATION, ISSUER, NOW, Issuer, claims, token

SAMPLES = sorted((Path(__file__).parents[2] / "policies" / "samples").glob("*.xml"))
TENANT = "11111111-2222-3333-4444-555555555555"
VALUES = {
    "entra-tenant-id": (TENANT, False),
    "entra-api-id": ("orders-api", False),
    "issuer": (ISSUER, False),
    "resource": ("https://gateway.example/orders-mcp/mcp", False),
}


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stem for sample in SAMPLES])
def test_a_sample_compiles(sample: Path) -> None:
    scope = "api/orders" if sample.stem == "backend-token" else "mcp/orders-mcp"
    found = check_document(sample.read_text(), origin=sample.name, scope=scope, named_values=VALUES)
    assert found.errors == []


class Both(Backend):
    """The backend, and the issuer behind the same port."""

    def __init__(self, issuer: Issuer) -> None:
        super().__init__()
        self.issuer = issuer

    async def send(self, request: Any, options: Any) -> Any:
        is_issuers = request.url.host.startswith("login.")
        return await (self.issuer if is_issuers else super()).send(request, options)


def ran(sample: str, bearer: str = "", *, issuer: Issuer | None = None, method: str = "GET", **services: Any) -> Run:
    text = (SAMPLES[0].parent / f"{sample}.xml").read_text()
    return run(
        ScopedDocument("mcp/orders-mcp", text),
        req=request(headers={"Authorization": f"Bearer {bearer}"} if bearer else {}),
        backend=Both(issuer or Issuer()),
        environment=Environment(named_values=VALUES),
        services=Services(clock=lambda: NOW, **services),
        operation=OperationInfo("op", "op", method, "/orders"),
    )


def test_entra_takes_the_tenants_tokens_for_this_application() -> None:
    iss = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    issuer = Issuer(issuer=iss, configuration=f"{iss}/.well-known/openid-configuration")
    good = {"iss": iss, "aud": "orders-api", "scp": "access other", "oid": "ada"}
    done = ran("entra", token(claims(**good)), issuer=issuer)
    assert (done.response.status, done.context.variables["caller"]) == (200, "ada")
    for change, status in (({"aud": "other"}, 401), ({"scp": "other"}, 403), ({"iss": f"{iss}x"}, 401)):
        assert ran("entra", token(claims(**{**good, **change})), issuer=issuer).response.status == status


@pytest.mark.parametrize(
    ("scope", "method", "status"),
    [("orders.read", "GET", 200), ("orders.read", "POST", 403), ("orders.read orders.write", "POST", 200), ("", "GET", 403)],
)
def test_scopes_decide_what_may_be_done(scope: str, method: str, status: int) -> None:
    assert CONFIGURATION.startswith(ISSUER)
    response = ran("oauth-scopes", token(claims(scope=scope)), method=method).response
    assert response.status == status
    if (scope, method) == ("orders.read", "POST"):  # what is asked for includes what was granted: a new token replaces the old
        assert 'scope="orders.read orders.write"' in (response.headers.get("WWW-Authenticate") or "")


def test_the_backend_gets_the_gateways_token() -> None:
    class Tokens:
        async def managed_identity(self, resource: str, client_id: str = "") -> str:
            raise AssertionError

        async def connection(self, provider_id: str, authorization_id: str) -> ConnectionToken:
            return ConnectionToken(Secret(f"{provider_id}-{authorization_id}"), {})

    done = ran("backend-token", "the caller's", tokens=Tokens())
    assert done.sent.headers.get("Authorization") == "Bearer erp-main"
    assert "caller" not in json.dumps(list(done.sent.headers.items()))
