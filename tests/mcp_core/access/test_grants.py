"""Refresh tokens that their provider replaces: kept for all instances, used once, never readable in the store."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from mcp_core.access.connections import ConnectionProblem, Connections
from mcp_core.access.grants import GRANTS_TABLE, Grant, Grants
from mcp_core.access.secrets import Secrets
from mcp_core.calls import HttpBackend
from mcp_core.catalog.model import Connection
from mcp_core.errors import InvalidInput
from mcp_core.settings import load_settings
from mcp_core.storage.open import open_store
from mcp_core.storage.port import StoreUnavailable, TableStore
from policies.secret import Secret
from tests.azurite import running_azurite

KEY, OTHER_KEY = (Secret(base64.b64encode(os.urandom(32)).decode()) for _ in range(2))


class Provider(ThreadingHTTPServer):
    """A token endpoint that replaces the refresh token at each use, and ends the grant when one comes a second time."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.good = "refresh-0"
        self.uses = 0
        self.reused = 0
        self.life = 3600
        self.lock = threading.Lock()
        self.is_down = False

    def answer(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if self.is_down:
                return 500, {}
            given = form["refresh_token"][0]
            if given != self.good:
                self.reused += 1
                self.good = "revoked"
                return 400, {"error": "invalid_grant"}
            self.uses += 1
            self.good = f"refresh-{self.uses}"
            return 200, {
                "access_token": f"PLANTED-access-{self.uses}",
                "refresh_token": self.good,
                "expires_in": self.life,
                "token_type": "Bearer",
            }


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        status, content = self.server.answer(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Instance:
    """One instance of the gateway, as far as connections go. `now` is the instances' clock."""

    def __init__(
        self, provider: Provider, store: TableStore, now: list[float], *keys: Secret, first: str = "refresh-0"
    ) -> None:
        self.backend = HttpBackend(allow_private=True)
        self.store = store
        endpoint = f"http://127.0.0.1:{provider.server_port}/token"
        connection = Connection("erp", "main", "refresh_token", endpoint, "gateway", refresh_token="ERP_REFRESH")

        async def no_identity(resource: str) -> str:
            raise AssertionError(resource)

        secrets = Secrets(self.backend, no_identity, {"ERP_REFRESH": first})
        grants = Grants(store, keys or (KEY,), lambda: now[0])
        self.connections = Connections(self.backend, secrets, lambda: {"erp/main": connection}, grants)

    async def token(self) -> str:
        return (await self.connections.token("erp", "main")).access_token.reveal()

    def forget(self) -> None:
        """What this instance remembers of the token is over."""
        for held in self.connections._held.values():
            held.until = 0.0

    async def __aenter__(self) -> Instance:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.backend.close()
        await self.store.close()


def stored(folder: Path) -> str:
    return f"sqlite:{folder / 'gateway.db'}"


def test_a_restart_does_not_lose_the_connection(provider: Provider, tmp_path: Path) -> None:
    async def life(now: float) -> list[str]:
        clock = [now]
        async with Instance(provider, open_store(stored(tmp_path)), clock) as instance:
            found = [await instance.token()]
            clock[0] += 4_000
            instance.forget()
            return [*found, await instance.token()]

    assert asyncio.run(life(10_000)) == ["PLANTED-access-1", "PLANTED-access-2"]
    assert asyncio.run(life(14_100)) == ["PLANTED-access-2", "PLANTED-access-3"]  # the second was still good
    assert provider.reused == 0
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"erp/main" in content
    assert b"PLANTED" not in content
    assert b"refresh-" not in content


@pytest.mark.parametrize("kind", ["sqlite", "azurite"])
def test_many_instances_refresh_once_and_share_what_came(provider: Provider, tmp_path: Path, kind: str) -> None:
    async def whole(address: str) -> None:
        now = [10_000.0]
        instances = [Instance(provider, open_store(address), now) for _ in range(5)]
        for number in (1, 2, 3):
            tokens = await asyncio.gather(*(instance.token() for instance in instances for _ in range(3)))
            assert set(tokens) == {f"PLANTED-access-{number}"}
            now[0] += 4_000
            for instance in instances:
                instance.forget()
        assert (provider.uses, provider.reused) == (3, 0)
        for instance in instances:
            await instance.__aexit__()

    if kind == "sqlite":
        asyncio.run(whole(stored(tmp_path)))
    else:
        with running_azurite() as service:
            asyncio.run(whole(f"tables:{service.connection_string}"))


def test_a_new_refresh_token_in_the_secret_begins_anew(provider: Provider, tmp_path: Path) -> None:
    async def whole() -> None:
        now = [10_000.0]
        async with Instance(provider, open_store(stored(tmp_path)), now) as before:
            await before.token()
        provider.good = "given by hand"
        async with Instance(provider, open_store(stored(tmp_path)), now, first="given by hand") as after:
            assert await after.token() == "PLANTED-access-2"
        assert provider.reused == 0

    asyncio.run(whole())


def test_keys_can_be_replaced_and_a_foreign_row_is_no_grant(
    provider: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> None:
        now = [10_000.0]
        for keys in ((KEY,), (OTHER_KEY, KEY)):  # the second decrypts with the old one, and encrypts with the new one
            async with Instance(provider, open_store(stored(tmp_path)), now, *keys) as instance:
                await instance.token()
            now[0] += 4_000
        async with Instance(provider, open_store(stored(tmp_path)), now, OTHER_KEY) as instance:
            assert await instance.token() == "PLANTED-access-3"
        now[0] += 4_000
        async with Instance(provider, open_store(stored(tmp_path)), now, KEY) as instance:
            with pytest.raises(ConnectionProblem, match=r"400 \(invalid_grant\)"):
                await instance.token()

    asyncio.run(whole())
    assert "MCP_CONNECTION_KEYS" in caplog.text


def test_a_row_of_another_connection_is_not_taken(provider: Provider, tmp_path: Path) -> None:
    """Who can write to the store can copy rows; each is bound to its connection's name."""

    async def whole() -> None:
        store = open_store(stored(tmp_path))
        grants = Grants(store, [KEY])

        async def refresh(used: Secret) -> Grant:
            return Grant(digest(used), Secret("next"), Secret(f"access by {used.reveal()}"), 2e12)

        def digest(used: Secret) -> str:
            return hashlib.sha256(used.reveal().encode()).hexdigest()

        await grants.current("erp/rich", Secret("first"), refresh)
        [row] = [row async for row in store.query(GRANTS_TABLE)]
        await grants.current("erp/poor", Secret("first"), refresh)
        [poor] = [each async for each in store.query(GRANTS_TABLE) if each.row != row.row]
        await store.upsert(GRANTS_TABLE, poor.partition, poor.row, row.properties)
        found: list[Secret] = []

        async def seen(used: Secret) -> Grant:
            found.append(used)
            return await refresh(used)

        await grants.current("erp/poor", Secret("first"), seen)
        assert found == [Secret("first")]  # it began anew
        await store.close()

    asyncio.run(whole())


class Failing:
    """A store whose writes after the lease fail for a while."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self.failures = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def replace(self, table: str, partition: str, row: str, properties: Any, etag: str) -> str:
        if "Grant" in properties and properties["LeaseUntil"] == 0.0 and self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("down")
        return await self._store.replace(table, partition, row, properties, etag)


def test_what_could_not_be_written_is_written_later(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mcp_core.access.grants._LOOK", 0.001)

    async def whole() -> None:
        now = [10_000.0]
        store = Failing(open_store(stored(tmp_path)))
        store.failures = 5
        async with Instance(provider, store, now) as instance:
            assert await instance.token() == "PLANTED-access-1"
            instance.forget()
            now[0] += 60  # the lease is over
            assert await instance.token() == "PLANTED-access-1"
        async with Instance(provider, open_store(stored(tmp_path)), now) as after:
            assert await after.token() == "PLANTED-access-1"
        assert (provider.uses, provider.reused) == (1, 0)

    asyncio.run(whole())
    assert "memory only" in caplog.text
    assert "PLANTED" not in caplog.text


def test_a_connection_that_is_deleted_leaves_nothing(provider: Provider, tmp_path: Path) -> None:
    async def whole() -> None:
        async with Instance(provider, open_store(stored(tmp_path)), [10_000.0]) as instance:
            await instance.token()
            for _ in range(2):
                await Grants(instance.store, ()).forget("erp/main")
            assert [row async for row in instance.store.query(GRANTS_TABLE)] == []

    asyncio.run(whole())


def test_a_provider_that_fails_gives_the_lease_back(provider: Provider, tmp_path: Path) -> None:
    async def whole() -> None:
        now = [10_000.0]
        async with Instance(provider, open_store(stored(tmp_path)), now) as instance:
            provider.is_down = True
            for _ in range(2):
                with pytest.raises(ConnectionProblem, match="500"):
                    await instance.token()
            provider.is_down = False
            assert await instance.token() == "PLANTED-access-1"
        assert provider.reused == 0

    asyncio.run(whole())


@pytest.mark.parametrize(
    "text", ["short", base64.b64encode(b"x" * 31).decode(), f"{KEY.reveal()},!"], ids=["short", "of 31 bytes", "a second one"]
)
def test_a_key_that_is_none_is_told_at_the_start_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidInput, match="openssl rand -base64 32") as refused:
        load_settings({"MCP_CONNECTION_KEYS": text})
    assert text not in str(refused.value)
    assert load_settings({"MCP_CONNECTION_KEYS": f"{KEY.reveal()}, {OTHER_KEY.reveal()}"}).connection_keys == (KEY, OTHER_KEY)
