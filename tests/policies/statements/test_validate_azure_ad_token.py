"""`validate-azure-ad-token`: tenants, both versions of tokens, client and backend applications."""

from __future__ import annotations

from typing import Any

import pytest

from policies.ports import Services
from tests.policies.pipelines import document, request, run
from tests.policies.tokens.issuer import NOW, Issuer, claims, token

TENANT = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
CLIENT, API = "client-app", "backend-app"
V2, V1 = f"https://login.microsoftonline.com/{TENANT}/v2.0", f"https://sts.windows.net/{TENANT}/"
BOTH = f"""<client-application-ids><application-id>{CLIENT}</application-id></client-application-ids>
<backend-application-ids><application-id>{API}</application-id></backend-application-ids>"""


def reason(tenant: str, children: str, issuer: str = V2, **more: Any) -> str:
    authority = tenant if tenant.startswith("https") else f"https://login.microsoftonline.com/{tenant}"
    endpoint = Issuer(issuer=issuer, configuration=f"{authority}/v2.0/.well-known/openid-configuration")
    done = run(
        document(inbound=f'<validate-azure-ad-token tenant-id="{tenant}">{children}</validate-azure-ad-token>'),
        req=request(headers={"Authorization": f"Bearer {token(claims(**more))}"}),
        backend=endpoint,  # type: ignore[arg-type]  # it answers for the issuer only
        services=Services(clock=lambda: NOW),
    ).context.last_error
    # The backend of a request that passes is the issuer, which does not know its URL.
    assert done is not None
    return "passed" if done.reason == "InternalError" else done.reason


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"iss": V2, "azp": CLIENT, "aud": API}, "passed"),
        ({"iss": V1, "appid": CLIENT, "aud": f"api://{API}"}, "passed"),
        ({"iss": V2, "azp": "other", "aud": API}, "TokenClientNotAllowed"),
        ({"iss": V2, "azp": "other", "appid": CLIENT, "aud": API}, "TokenClientNotAllowed"),
        ({"iss": V2, "aud": API}, "TokenClientNotAllowed"),
        ({"iss": V2, "azp": CLIENT, "aud": "other"}, "TokenAudienceNotAllowed"),
        ({"iss": V2.replace(TENANT, OTHER), "tid": OTHER, "azp": CLIENT, "aud": API}, "TokenIssuerNotAllowed"),
        ({"iss": V1.replace(TENANT, OTHER), "tid": OTHER, "azp": CLIENT, "aud": API}, "TokenIssuerNotAllowed"),
    ],
)
def test_a_tenants_tokens(more: dict[str, str], expected: str) -> None:
    assert reason(TENANT, BOTH, **more) == expected


def test_any_tenants_token_passes_where_the_policy_says_organizations() -> None:
    issuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
    for iss in (V2, V1):
        found = reason("organizations", BOTH, issuer, iss=iss, tid=TENANT, azp=CLIENT, aud=API)
        assert found == "passed"
    assert reason("organizations", BOTH, issuer, iss=V2, tid=OTHER, azp=CLIENT, aud=API) == "TokenIssuerNotAllowed"


def test_a_national_clouds_authority_is_given_as_a_url() -> None:
    authority = f"https://login.microsoftonline.us/{TENANT}"
    assert reason(authority, BOTH, f"{authority}/v2.0", iss=f"{authority}/v2.0", azp=CLIENT, aud=API) == "passed"


def test_a_request_without_a_token_is_told_which_it_lacks() -> None:
    policy = f'<validate-azure-ad-token tenant-id="{TENANT}">{BOTH}</validate-azure-ad-token>'
    done = run(document(inbound=policy))
    assert done.context.last_error is not None
    assert (done.context.last_error.reason, done.context.last_error.message) == ("TokenNotPresent", "Azure AD JWT not present.")
    assert "Azure AD JWT not present." in done.text
