"""Which store is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mcp_core.errors import InvalidInput
from mcp_core.storage.open import StoreAddress, open_store, store_address
from mcp_core.storage.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[3]
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=c2VjcmV0a2V5;EndpointSuffix=core.windows.net"
URL = "https://acc.table.core.windows.net"

CASES: dict[str, tuple[dict[str, str], StoreAddress]] = {
    "nothing set": ({}, StoreAddress("sqlite:.data/gateway.db", "", "the default")),
    "empty": ({"MCP_STORE": " ", "AzureWebJobsStorage": ""}, StoreAddress("sqlite:.data/gateway.db", "", "the default")),
    "MCP_STORE wins": (
        {"MCP_STORE": "sqlite:x.db", "AzureWebJobsStorage": CONNECTION},
        StoreAddress("sqlite:x.db", "", "MCP_STORE"),
    ),
    "the app's connection string": (
        {"AzureWebJobsStorage": CONNECTION},
        StoreAddress(f"tables:{CONNECTION}", "", "AzureWebJobsStorage"),
    ),
    "the app's identity": (
        {"AzureWebJobsStorage__tableServiceUri": URL, "AzureWebJobsStorage__clientId": "id"},
        StoreAddress(f"tables:{URL}", "id", "AzureWebJobsStorage__tableServiceUri"),
    ),
    "an account with the app's identity": (
        {"MCP_STORE": f"tables:{URL}", "AzureWebJobsStorage__clientId": "id"},
        StoreAddress(f"tables:{URL}", "id", "MCP_STORE"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_environment_names_the_store(case: str) -> None:
    environ, expected = CASES[case]
    assert store_address(environ) == expected


@pytest.mark.anyio
async def test_sqlite_is_opened_at_its_path(tmp_path: Path) -> None:
    store = open_store(f"sqlite:{tmp_path / 'a b:c.db'}")
    assert isinstance(store, SqliteStore)
    await store.close()
    assert (tmp_path / "a b:c.db").exists()


@pytest.mark.anyio
@pytest.mark.parametrize("place", [CONNECTION, URL, f"{URL}/?sv=2024&sig=abc%3D", "UseDevelopmentStorage=true"])
async def test_a_table_service_is_opened_without_asking_it(place: str) -> None:
    store = open_store(f"tables:{place}")
    await store.close()


WRONG = {
    "": "must begin with",
    "postgres://x": "must begin with",
    "sqlite": "names no file",
    "sqlite:": "names no file",
    "tables: ": "names no account",
    "tables:nonsense": "neither an account URL nor a connection string",
    "tables:https://": "no URL of a table service",
    "tables:http://acc.example.org": "cannot be used",
    "tables:AccountName=acc": "cannot be used",
    "tables:AccountName=acc;AccountKey": "cannot be used",
}


@pytest.mark.parametrize("spec", WRONG)
def test_an_address_that_cannot_be_meant_is_refused(spec: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        open_store(spec)
    assert WRONG[spec] in refused.value.message


def test_no_message_or_description_repeats_a_key() -> None:
    address = StoreAddress(f"tables:{CONNECTION}")
    assert address.describe() == "tables:acc"
    assert StoreAddress(f"tables:{URL}?sig=c2VjcmV0").describe() == f"tables:{URL}"
    assert StoreAddress("sqlite:x.db").describe() == "sqlite:x.db"
    assert "c2VjcmV0" not in repr(address) + repr(open_store.__doc__)
    with pytest.raises(InvalidInput) as refused:
        open_store("tables:AccountName=acc;AccountKey=c2VjcmV0;TableEndpoint=:::")
    assert "c2VjcmV0" not in str(refused.value)


def test_nothing_of_azure_is_imported_for_sqlite(tmp_path: Path) -> None:
    code = (
        "import sys; from mcp_core.storage.open import open_store; from mcp_core.catalog.repository import Repository;"
        f"Repository(open_store('sqlite:{tmp_path / 'x.db'}'));"
        "sys.exit(str([name for name in sys.modules if name.split('.')[0] in ('azure', 'aiohttp', 'httpx', 'pydantic')] or ''))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr.strip()) in [(0, ""), (1, "")], ran.stderr
