"""Secrets by reference: the name of an app setting, or the URL of a Key Vault secret.

The rule here: a reference may be shown, its secret never; it is looked up when it is needed and held for minutes, so that
a secret that is changed in the vault is taken up.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from mcp_core.errors import InvalidInput
from policies.messages import Headers, Request
from policies.ports import Backend, ForwardOptions
from policies.secret import Secret

__all__ = ["SecretProblem", "Secrets", "check_reference"]

_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_IN_VAULT = re.compile(r"/secrets/[0-9A-Za-z-]{1,127}(/[0-9A-Za-z]{1,64})?/?")
_VAULTS = {
    ".vault.azure.net": "https://vault.azure.net",
    ".vault.azure.cn": "https://vault.azure.cn",
    ".vault.usgovcloudapi.net": "https://vault.usgovcloudapi.net",
}
_OWN = ("AzureWebJobs", "MCP_", "WEBSITE_", "IDENTITY_", "APPLICATIONINSIGHTS_")
"""Settings of the app itself, which nobody who may write connections should thereby be able to send anywhere."""
_HELD = 600.0


class SecretProblem(Exception):
    """A secret that cannot be had; `str()` names the reference, never the secret."""


def check_reference(reference: str) -> str:
    """The reference itself. Raises InvalidInput for what is none, a secret itself above all."""
    if _vault_of(reference) or (_SETTING.fullmatch(reference) and not reference.startswith(_OWN)):
        return reference
    raise InvalidInput(
        "A secret is given by reference: the name of an app setting of your own, or the URL of a Key Vault secret.",
        hint="For example ORDERS_CLIENT_SECRET, or https://myvault.vault.azure.net/secrets/orders-client.",
    )


class Secrets:
    """Looks references up. `token` gives a token of the app's identity for a resource."""

    def __init__(self, backend: Backend, token: Callable[[str], Awaitable[str]], environ: Mapping[str, str]) -> None:
        self._backend = backend
        self._token = token
        self._environ = environ
        self._held: dict[str, tuple[float, Secret]] = {}

    async def get(self, reference: str) -> Secret:
        """The secret. Raises SecretProblem."""
        resource = _vault_of(reference)
        if not resource:
            found = "" if reference.startswith(_OWN) else self._environ.get(reference, "")
            if not found:
                raise SecretProblem(f"the app setting {reference!r} is not set")
            return Secret(found)
        held = self._held.get(reference)
        if held is None or held[0] < time.monotonic():
            held = self._held[reference] = (time.monotonic() + _HELD, await self._from_vault(reference, resource))
        return held[1]

    async def _from_vault(self, reference: str, resource: str) -> Secret:
        headers = Headers({"Authorization": f"Bearer {await self._token(resource)}"})
        request = Request("GET", f"{reference}?api-version=7.4", headers)
        response = await self._backend.send(request, ForwardOptions(timeout=10))
        if response.status != 200:
            raise SecretProblem(f"{reference} answered {response.status}: may the app's identity read it?")
        try:
            value = json.loads(await response.body.read())["value"]
        except (ValueError, KeyError, TypeError):
            raise SecretProblem(f"{reference} did not answer with a secret") from None
        return Secret(str(value))


def _vault_of(reference: str) -> str:
    """The resource that a token is needed for; "" where the reference is no Key Vault secret."""
    if not reference.startswith("https://"):
        return ""
    try:
        parts = urlsplit(reference)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if port or parts.query or parts.fragment or parts.username or not _IN_VAULT.fullmatch(parts.path):
        return ""
    return next((resource for suffix, resource in _VAULTS.items() if host.endswith(suffix) and host != suffix[1:]), "")
