"""Which store is used: `sqlite:PATH`, or `tables:` with a connection string or an account URL.

The rule here: an address that cannot be meant is refused before anything is opened, and nothing of Azure is imported unless
a table service is asked for. Connection strings hold keys: no message repeats one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from mcp_core.errors import InvalidInput
from mcp_core.storage.port import TableStore
from policies.records import Record, field

__all__ = ["DEFAULT_STORE", "StoreAddress", "open_store", "store_address"]

DEFAULT_STORE = "sqlite:.data/gateway.db"
_EXAMPLES = "Examples: sqlite:.data/gateway.db, tables:https://ACCOUNT.table.core.windows.net, tables:CONNECTION-STRING."
# The emulator's account is the same everywhere; "Use the Azurite emulator" documents it under "Well-known storage account".
_EMULATOR = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


class StoreAddress(Record):
    """Where the store is. `spec` is as in MCP_STORE; `client_id` names a user-assigned managed identity ("" for the default
    one); `source` is the setting that it comes from, for messages."""

    spec: str = field(repr=False)
    client_id: str = ""
    source: str = "MCP_STORE"

    def describe(self) -> str:
        """The address without its secrets, for logs and messages."""
        kind, _, place = self.spec.partition(":")
        if kind == "tables" and not place.startswith("http"):
            return f"tables:{_account(place)}"
        return f"{kind}:{place.partition('?')[0]}"


def store_address(environ: Mapping[str, str] | None = None) -> StoreAddress:
    """What the environment asks for: MCP_STORE, else the function app's own storage account (AzureWebJobsStorage, or
    AzureWebJobsStorage__tableServiceUri with a managed identity), else the SQLite default."""
    environ = os.environ if environ is None else environ
    client_id = environ.get("AzureWebJobsStorage__clientId", "").strip()
    if spec := environ.get("MCP_STORE", "").strip():
        return StoreAddress(spec, client_id)
    if connection := environ.get("AzureWebJobsStorage", "").strip():
        return StoreAddress(f"tables:{connection}", "", "AzureWebJobsStorage")
    if url := environ.get("AzureWebJobsStorage__tableServiceUri", "").strip():
        return StoreAddress(f"tables:{url}", client_id, "AzureWebJobsStorage__tableServiceUri")
    return StoreAddress(DEFAULT_STORE, "", "the default")


def open_store(address: str | StoreAddress) -> TableStore:
    """The store at an address. SQLite is opened (and its file made) at once; a table service is first asked when used.

    Raises InvalidInput for an address or file that cannot be used.
    """
    if isinstance(address, str):
        address = StoreAddress(address)
    kind, _, place = address.spec.partition(":")
    place = place.strip()
    if kind == "sqlite" and place:
        from mcp_core.storage.sqlite import SqliteStore

        return SqliteStore(place)
    if kind == "tables" and place:
        return _open_tables(place, address)
    if kind in {"sqlite", "tables"}:
        raise InvalidInput(f"{address.source} names no {'file' if kind == 'sqlite' else 'account'}.", hint=_EXAMPLES)
    raise InvalidInput(f"{address.source} must begin with `sqlite:` or `tables:`.", hint=_EXAMPLES)


def _open_tables(place: str, address: StoreAddress) -> TableStore:
    if place.lower().rstrip(";") == "usedevelopmentstorage=true":
        place = _EMULATOR
    if place.lower().startswith(("http://", "https://")):
        if not urlsplit(place).hostname:
            raise InvalidInput(f"{address.source} holds no URL of a table service.", hint=_EXAMPLES)
    elif not _account(place):
        raise InvalidInput(f"{address.source} is neither an account URL nor a connection string.", hint=_EXAMPLES)
    from mcp_core.storage.azure_tables import AzureTables

    return AzureTables(place, client_id=address.client_id)


def _account(connection: str) -> str:
    """The account that a connection string names, "" where it is none."""
    parts = dict(part.split("=", 1) for part in connection.split(";") if "=" in part)
    named = {key.strip().lower(): value.strip() for key, value in parts.items()}
    return named.get("accountname") or named.get("tableendpoint", "")
