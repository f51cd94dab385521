"""What is the table service's own: refusals, absence, outages, and how often something is tried."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mcp_core.storage.azure_tables import AzureTables
from mcp_core.storage.port import AlreadyExists, EntityTooLarge, NotThere, Operation, Precondition, StoreUnavailable
from tests.azurite import KEY, Azurite, running_azurite

pytestmark = pytest.mark.anyio


class Service:
    """A table service that answers as it is told, in order, the last answer again and again: a status and an error code,
    or None to close the connection without an answer."""

    def __init__(self, *answers: tuple[int, str] | None) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []

    @asynccontextmanager
    async def running(self, **options: float) -> AsyncIterator[AzureTables]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        store = AzureTables(
            f"AccountName=acc;AccountKey={KEY};TableEndpoint=http://127.0.0.1:{port}/acc",
            **options,  # type: ignore[arg-type]
        )
        try:
            yield store
        finally:
            await store.close()
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(" ".join(head.split()[:2]))
            length = next(
                (int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")), 0
            )
            await reader.readexactly(length)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is not None:
                writer.write(_response(*answer))
                await writer.drain()
        finally:
            writer.close()


def _response(status: int, code: str) -> bytes:
    body = b'{"odata.error":{"code":"%s","message":{"lang":"en-US","value":"no"}}}' % code.encode() if code else b""
    etag = "ETag: W/\"datetime'2026'\"\r\n" if status < 300 else ""
    head = f"HTTP/1.1 {status} X\r\n{etag}Content-Type: application/json;odata=minimalmetadata\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


REFUSALS = {
    "AuthorizationPermissionMismatch": "lacks the role Storage Table Data Contributor",
    "AuthorizationFailure": "network rules",
    "KeyBasedAuthenticationNotPermitted": "admits no account keys",
    "AuthenticationFailed": "is not valid",
    "SomethingNew": "is not admitted",
}


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_refusal_says_why_and_is_not_repeated(code: str) -> None:
    service = Service((403, code))
    async with service.running() as store:
        with pytest.raises(StoreUnavailable, match=REFUSALS[code]) as caught:
            await store.get("things", "p", "r")
    assert f"refused access to the table 'things' (403 {code})" in str(caught.value)
    assert len(service.requests) == 1


@pytest.mark.filterwarnings(
    "ignore:Testing an element's truth value:DeprecationWarning"
)  # the client's own, from Python 3.12 on
async def test_a_wrong_key_is_refused_by_the_real_service(azurite: Azurite) -> None:
    store = AzureTables(azurite.connection_string.replace(KEY, "d3Jvbmc="))
    with pytest.raises(StoreUnavailable, match="refused access"):
        await store.get("things", "p", "r")
    await store.close()


async def test_a_table_that_may_not_be_made_is_told(azurite: Azurite) -> None:
    service = Service((404, "TableNotFound"), (403, "AuthorizationPermissionMismatch"))
    async with service.running() as store:
        with pytest.raises(StoreUnavailable) as caught:
            await store.upsert("things", "p", "r", {})
    message = str(caught.value)
    assert "The table 'things' does not exist" in message
    assert "make it beforehand" in message
    assert "lacks the role Storage Table Data Contributor" in message


async def test_an_account_that_does_not_exist_is_told_apart() -> None:
    store = AzureTables(f"AccountName=acc;AccountKey={KEY};TableEndpoint=http://no-such-account.invalid/")
    with pytest.raises(StoreUnavailable, match=r"no-such-account\.invalid is absent: no such name") as caught:
        await store.get("things", "p", "r")
    assert "refused" not in str(caught.value)
    await store.close()


async def test_a_service_that_does_not_listen_is_told_in_bounded_time() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = AzureTables(f"AccountName=acc;AccountKey={KEY};TableEndpoint=http://127.0.0.1:{port}/acc", timeout=0.3)
    start = time.monotonic()
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await store.replace("things", "p", "r", {}, "e")
    assert 0.05 < time.monotonic() - start < 2
    await store.close()


CALLS = {
    "get": lambda store: store.get("things", "p", "r"),
    "query": lambda store: anext(store.query("things", "p")),
    "upsert": lambda store: store.upsert("things", "p", "r", {}),
    "insert": lambda store: store.insert("things", "p", "r", {}),
    "replace": lambda store: store.replace("things", "p", "r", {}, "e"),
    "delete": lambda store: store.delete("things", "p", "r", "e"),
    "batch": lambda store: store.batch("things", "p", [Operation("upsert", "r", {})]),
}
HARMLESS_TO_REPEAT = {"get", "query", "upsert"}
# The HTTP client itself sends a PUT or DELETE once more when the connection breaks: a conditional one may then meet its own
# first attempt as Precondition, as the port says.
REPEATED_WHEN_CUT = {*HARMLESS_TO_REPEAT, "replace", "delete"}


@pytest.mark.parametrize("call", CALLS)
async def test_what_was_surely_not_done_is_repeated(call: str) -> None:
    service = Service((503, "ServerBusy"), (503, "ServerBusy"), (403, "AuthorizationFailure"))
    async with service.running() as store:
        with pytest.raises(StoreUnavailable, match="refused"):
            await CALLS[call](store)
    assert len(service.requests) == 3


@pytest.mark.parametrize("call", CALLS)
async def test_what_may_have_been_done_is_repeated_only_where_that_does_no_harm(call: str) -> None:
    service = Service((500, "OperationTimedOut"), (403, "AuthorizationFailure"))
    async with service.running() as store:
        with pytest.raises(StoreUnavailable) as caught:
            await CALLS[call](store)
    assert ("refused" in str(caught.value)) == (call in HARMLESS_TO_REPEAT)
    assert len(service.requests) == (2 if call in HARMLESS_TO_REPEAT else 1)


@pytest.mark.parametrize("call", CALLS)
async def test_an_answer_that_is_cut_off_is_asked_for_again_only_where_that_does_no_harm(call: str) -> None:
    service = Service(None, (403, "AuthorizationFailure"))
    async with service.running() as store:
        with pytest.raises(StoreUnavailable) as caught:
            await CALLS[call](store)
    assert ("refused" in str(caught.value)) == (call in REPEATED_WHEN_CUT)


async def test_trouble_that_does_not_end_is_told_in_bounded_time() -> None:
    service = Service((503, "ServerBusy"))
    async with service.running(timeout=1.0) as store:
        start = time.monotonic()
        with pytest.raises(StoreUnavailable, match="answered 503 ServerBusy"):
            await store.get("things", "p", "r")
        assert time.monotonic() - start < 5
    assert 2 <= len(service.requests) <= 5


ANSWERS: dict[tuple[int, str], type[Exception]] = {
    (404, "ResourceNotFound"): NotThere,
    (404, "TableNotFound"): NotThere,
    (412, "UpdateConditionNotSatisfied"): Precondition,
    (413, "RequestBodyTooLarge"): EntityTooLarge,
    (400, "EntityTooLarge"): EntityTooLarge,
    (409, "EntityAlreadyExists"): AlreadyExists,
    (409, "TableBeingDeleted"): StoreUnavailable,
    (400, "InvalidInput"): StoreUnavailable,
    (418, ""): StoreUnavailable,
}


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
async def test_each_answer_has_its_meaning(answer: tuple[int, str]) -> None:
    async with Service(answer).running() as store:
        with pytest.raises(ANSWERS[answer]):
            await store.replace("things", "p", "r", {}, "e")


async def test_a_frozen_service_is_told_in_bounded_time_and_found_again(azurite: Azurite) -> None:
    account = azurite.new_account()
    store = AzureTables(account.connection_string, attempt_timeout=0.2, timeout=0.5)
    etag = await warmed(store)
    azurite.pause()
    try:
        for call in (store.get("things", "p", "r"), store.replace("things", "p", "r", {"n": 2}, etag)):
            start = time.monotonic()
            with pytest.raises(StoreUnavailable, match="did not answer in time"):
                await call
            assert time.monotonic() - start < 2
    finally:
        azurite.resume()
    found = await store.get("things", "p", "r")
    assert found is not None and found.row == "r"
    await store.close()


async def warmed(store: AzureTables) -> str:
    """Make the table within patience, then one row."""
    for _ in range(20):
        try:
            return await store.upsert("things", "p", "r", {"n": 1})
        except StoreUnavailable:
            continue
    raise AssertionError("Azurite is too slow")


async def test_a_service_that_was_away_is_found_again() -> None:
    with running_azurite() as service:
        store = AzureTables(service.connection_string, timeout=1.0)
        await warmed(store)
        await asyncio.to_thread(service.stop)
        with pytest.raises(StoreUnavailable, match=r"cannot be reached|did not answer in time"):
            await store.get("things", "p", "r")
        await asyncio.to_thread(service.start)
        assert await warmed(store)  # the table is made anew, for this service keeps nothing
        await store.close()


async def test_an_identity_without_a_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "IDENTITY_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    # Azure's own probe for an identity endpoint would leave this machine: answer for it.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    store = AzureTables("https://acc.table.core.windows.net", timeout=1.0)
    with pytest.raises(StoreUnavailable, match=r"No access token for acc\.table\.core\.windows\.net could be had") as caught:
        await store.get("things", "p", "r")
    assert "\n" not in str(caught.value)
    await store.close()


def test_no_repr_shows_a_key(azurite: Azurite) -> None:
    async def shown() -> str:
        store = AzureTables(azurite.connection_string)
        try:
            return repr(store) + str(vars(store))
        finally:
            await store.close()

    assert KEY not in asyncio.run(shown())
