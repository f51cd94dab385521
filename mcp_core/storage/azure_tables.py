"""Azure Table Storage (and Azurite, and Cosmos DB for Table) as a TableStore.

The rule here: every call ends within `timeout`. The service client's own retries, which may take minutes, are off; we repeat
only what is surely harmless to repeat: reads and unconditional writes, and anything that the service surely did not do
(connection refused, 503, 429). A conditional write with an unknown outcome ends as StoreUnavailable, and the caller decides.
This is the only module that imports `azure.data`; whoever opens a SQLite store never pays for it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.data.tables import EdmType, EntityProperty, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from mcp_core.errors import InvalidInput
from mcp_core.storage.limits import check_batch, check_entity, check_key, check_table
from mcp_core.storage.port import (
    AlreadyExists,
    Entity,
    EntityTooLarge,
    NotThere,
    Operation,
    Precondition,
    Scalar,
    StoreError,
    StoreUnavailable,
)

__all__ = ["AzureTables"]

T = TypeVar("T")

_INT32 = 2**31
_FIRST_PAUSE = 0.05
_BUSY = frozenset({429, 503})
_PASSING = frozenset({408, 500, 502, 504})
_IF_UNCHANGED = MatchConditions.IfNotModified
_SIGN_IN_TIMEOUT = 30.0
"""Seconds for calls until the first one succeeds with an identity: the first token can take many seconds."""

_ETAG_TIME = re.compile(r"datetime'(\d{4}-\d\d-\d\d)T(\d\d)(?:%3A|:)(\d\d)(?:%3A|:)(\d\d)(\.\d{1,9})?Z'", re.IGNORECASE)

_LEAN = {"logging_enable": False, "auto_request_id": False, "user_agent_use_env": False}
# To look for proxies and .netrc, the HTTP client goes to a worker thread twice a request: only where a proxy is set.
_PROXY_SETTINGS = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")

_REFUSALS = {
    "AuthorizationPermissionMismatch": "the identity lacks the role Storage Table Data Contributor on the account (a new role "
    "assignment takes some minutes to work)",
    "AuthorizationFailure": "its network rules do not admit this app, or the key or identity may not do this",
    "AuthenticationFailed": "the account key or token is not valid",
    "KeyBasedAuthenticationNotPermitted": "it admits no account keys: name its URL instead of a connection string",
    "InsufficientAccountPermissions": "the shared access signature does not permit this",
    "AuthorizationResourceTypeMismatch": "the shared access signature does not cover tables' rows",
    "NoAuthenticationInformation": "the URL holds no shared access signature and no identity was sent",
    "AccountIsDisabled": "the account is disabled",
}


class AzureTables:
    """A TableStore in a storage account. `place` is a connection string, or an account URL: with a shared access signature in
    it, or for DefaultAzureCredential with the managed identity `client_id` ("": the system-assigned one). For one event loop.

    Raises InvalidInput when `place` cannot be used.
    """

    def __init__(self, place: str, *, client_id: str = "", attempt_timeout: float = 4.0, timeout: float = 10.0) -> None:
        self._attempt_timeout = attempt_timeout
        self._timeout = timeout
        self._credential: Any = None
        self._signed_in = True
        try:
            self._service = self._open(place, client_id)
        except (ValueError, TypeError) as error:
            # TypeError: what the client raises for a URL without a host. Its message may repeat the connection string, so it
            # is not shown.
            raise InvalidInput(
                "The address of the table service cannot be used.",
                hint="Check the connection string (AccountName and AccountKey, or a TableEndpoint); an account URL without a "
                "shared access signature must begin with https://.",
            ) from error
        self._host = urlsplit(self._service.url).netloc or self._service.url
        self._tables: dict[str, TableClient] = {}

    def __repr__(self) -> str:
        return f"AzureTables({self._host!r})"

    def _open(self, place: str, client_id: str) -> TableServiceClient:
        options: dict[str, Any] = {"retry_total": 0, **_LEAN, "use_env_settings": any(map(os.environ.get, _PROXY_SETTINGS))}
        if not place.lower().startswith(("http://", "https://")):
            return TableServiceClient.from_connection_string(place, **options)
        if "sig=" in urlsplit(place).query:
            return TableServiceClient(place, **options)
        from azure.identity.aio import DefaultAzureCredential

        self._credential = DefaultAzureCredential(**({"managed_identity_client_id": client_id} if client_id else {}))
        self._signed_in = False
        return TableServiceClient(place, credential=self._credential, **options)

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        """See TableStore."""
        check_key("partition", partition)
        check_key("row", row)
        client = self._client(table)
        try:
            found = await self._call(table, lambda: client.get_entity(partition, row), repeatable=True)
        except NotThere:
            return None
        return _entity(found)

    async def insert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        """See TableStore."""
        entity = _checked(partition, row, properties)
        client = self._client(table)
        answer = await self._write(
            table, lambda: client.create_entity(entity, response_preference="return-no-content"), repeatable=False
        )
        return str(answer["etag"])

    async def upsert(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar]) -> str:
        """See TableStore."""
        entity = _checked(partition, row, properties)
        client = self._client(table)
        answer = await self._write(table, lambda: client.upsert_entity(entity, mode=UpdateMode.REPLACE), repeatable=True)
        return str(answer["etag"])

    async def replace(self, table: str, partition: str, row: str, properties: Mapping[str, Scalar], etag: str) -> str:
        """See TableStore."""
        entity = _checked(partition, row, properties)
        client = self._client(table)
        answer = await self._call(
            table,
            lambda: client.update_entity(entity, mode=UpdateMode.REPLACE, etag=etag, match_condition=_IF_UNCHANGED),
            repeatable=False,
        )
        return str(answer["etag"])

    async def delete(self, table: str, partition: str, row: str, etag: str = "") -> None:
        """See TableStore."""
        check_key("partition", partition)
        check_key("row", row)
        client = self._client(table)
        condition: dict[str, Any] = {"etag": etag, "match_condition": _IF_UNCHANGED} if etag else {}
        missing: list[bool] = []

        def note(response: Any) -> None:  # the client passes over a 404, which the port tells apart
            missing.append(response.http_response.status_code == 404)

        await self._call(
            table, lambda: client.delete_entity(partition, row, raw_response_hook=note, **condition), repeatable=False
        )
        if missing and missing[-1]:
            raise NotThere(f"{table}: there is no {partition} / {row}.")

    async def query(
        self,
        table: str,
        partition: str | None = None,
        *,
        row_from: str = "",
        row_to: str = "",
        below: tuple[str, int] | None = None,
    ) -> AsyncIterator[Entity]:
        """See TableStore."""
        terms = [] if partition is None else [f"PartitionKey eq {_quoted(partition)}"]
        terms += [f"RowKey ge {_quoted(row_from)}"] if row_from else []
        terms += [f"RowKey lt {_quoted(row_to)}"] if row_to else []
        terms += [f"{below[0]} lt {below[1]}{'' if below[1] < _INT32 else 'L'}"] if below else []
        client = self._client(table)
        listed = client.query_entities(" and ".join(terms)) if terms else client.list_entities()
        pages = listed.by_page()
        while True:
            try:
                page = await self._call(table, lambda: _next_page(pages), repeatable=True)
            except NotThere:
                return  # no such table yet
            if page is None:
                return
            for found in page:
                entity = _entity(found)
                if below is None or type(entity.properties.get(below[0])) is int:  # the emulator compares texts too
                    yield entity

    async def batch(self, table: str, partition: str, operations: Sequence[Operation]) -> None:
        """See TableStore."""
        check_batch(partition, operations)
        if not operations:
            return
        steps = [_step(partition, operation) for operation in operations]
        client = self._client(table)
        await self._write(table, lambda: client.submit_transaction(steps), repeatable=False)

    def written_at(self, etag: str) -> float | None:
        """See StampedStore: an entity's ETag is made from its Timestamp, which the service sets on each write."""
        found = _ETAG_TIME.search(etag)
        if found is None:
            return None
        whole = datetime.fromisoformat(f"{found[1]}T{found[2]}:{found[3]}:{found[4]}+00:00").timestamp()
        return whole + float(f"0{found[5] or ''}")

    async def close(self) -> None:
        """See TableStore."""
        for client in self._tables.values():
            await client.close()
        await self._service.close()
        if self._credential is not None:
            await self._credential.close()

    def _client(self, table: str) -> TableClient:
        client = self._tables.get(table)
        if client is None:
            check_table(table)
            client = self._tables[table] = self._service.get_table_client(table)
        return client

    async def _write(self, table: str, attempt: Callable[[], Awaitable[T]], *, repeatable: bool) -> T:
        """As `_call`; a table that is not there is made, and the write repeated."""
        try:
            return await self._call(table, attempt, repeatable=repeatable)
        except _NoTable:
            await self._create(table)
            return await self._call(table, attempt, repeatable=repeatable)

    async def _create(self, table: str) -> None:
        try:
            await self._call(table, lambda: self._client(table).create_table(), repeatable=True)
        except AlreadyExists:
            return  # another instance was faster
        except StoreUnavailable as error:
            message = f"The table {table!r} does not exist in {self._host} and could not be made; make it beforehand. {error}"
            raise StoreUnavailable(message) from error

    async def _call(self, table: str, attempt: Callable[[], Awaitable[T]], *, repeatable: bool) -> T:
        """One call in bounded time. Raises what the port promises."""
        limit = (self._attempt_timeout, self._timeout) if self._signed_in else (_SIGN_IN_TIMEOUT, _SIGN_IN_TIMEOUT)
        deadline, pause = time.monotonic() + limit[1], _FIRST_PAUSE
        trouble: StoreUnavailable | None = None
        while True:
            left = max(0.001, deadline - time.monotonic())
            try:
                async with asyncio.timeout(min(limit[0], left)):
                    answer = await attempt()
                self._signed_in = True
                return answer
            except TimeoutError as error:
                if trouble is None or left >= limit[0]:  # an attempt that the deadline cut short says less than the one before
                    trouble = StoreUnavailable(f"{self._host} did not answer in time.")
                    trouble.__cause__ = error
                again = repeatable
            except AzureError as error:
                translated = self._translated(table, error)
                if not isinstance(translated, StoreUnavailable):
                    raise translated from error
                trouble = translated
                trouble.__cause__ = error
                again = _surely_not_done(error) or (repeatable and _may_pass(error))
            if not again or time.monotonic() + pause > deadline:
                raise trouble
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - spreads instances, guards nothing
            pause *= 2

    def _translated(self, table: str, error: AzureError) -> StoreError | StoreUnavailable:
        if not isinstance(error, HttpResponseError) or error.status_code is None:
            return self._unreached(error)
        status, code = error.status_code, _code(error)
        known = _ANSWERS.get(code) or _ANSWERS.get(status)
        if known is not None:
            return known[0](f"{table}: {known[1]}.")
        answer = f"{status} {code}".rstrip()
        if status in {401, 403}:
            reason = _REFUSALS.get(code, "the key, token or identity is not admitted")
            return StoreUnavailable(f"{self._host} refused access to the table {table!r} ({answer}): {reason}.")
        return StoreUnavailable(f"{self._host} answered {answer}.")

    def _unreached(self, error: AzureError) -> StoreUnavailable:
        if isinstance(error, ClientAuthenticationError):
            lines = (error.message or "").splitlines() or [""]
            return StoreUnavailable(f"No access token for {self._host} could be had: {lines[0]:.300}")
        cause = _root(error)
        if isinstance(cause, socket.gaierror):
            return StoreUnavailable(f"{self._host} is absent: no such name. Is the account's name right?")
        text = str(cause) or type(cause).__name__
        return StoreUnavailable(f"{self._host} cannot be reached: {text:.300}.")


class _NoTable(NotThere):
    """The table itself is not there."""


_TOO_LARGE = (EntityTooLarge, "the service takes no more in one piece")
_BUSY_TABLE = (StoreUnavailable, "the table is being deleted")
_ANSWERS: dict[str | int, tuple[type[StoreError | StoreUnavailable], str]] = {
    "TableNotFound": (_NoTable, "there is no such table"),
    "TableBeingDeleted": _BUSY_TABLE,
    "EntityTooLarge": _TOO_LARGE,
    "PropertyValueTooLarge": _TOO_LARGE,
    "RequestBodyTooLarge": _TOO_LARGE,
    413: _TOO_LARGE,
    404: (NotThere, "there is no such row"),
    409: (AlreadyExists, "the row exists already"),
    412: (Precondition, "the row was changed meanwhile"),
}
"""What the service's error codes, or else its statuses, mean in the port's terms."""
_ERROR_CODE = re.compile(r'"code"\s*:\s*"(\w+)"|<Code>(\w+)</Code>')


def _code(error: HttpResponseError) -> str:
    """The service's error code. Some methods of the client raise without having decoded it."""
    known = getattr(error, "error_code", None)
    if known:
        return str(getattr(known, "value", known))
    found = _ERROR_CODE.search(str(error))
    return (found[1] or found[2]) if found else ""


def _checked(partition: str, row: str, properties: Mapping[str, Scalar]) -> dict[str, Any]:
    check_entity(partition, row, properties)
    entity: dict[str, Any] = {"PartitionKey": partition, "RowKey": row}
    for name, value in properties.items():
        # Without the type, the client takes whole numbers for 32 bits and refuses larger ones.
        big = type(value) is int and not -_INT32 <= value < _INT32
        entity[name] = EntityProperty(value, EdmType.INT64) if big else value
    return entity


def _step(partition: str, operation: Operation) -> tuple[Any, ...]:
    if operation.kind == "delete":
        condition: dict[str, Any] = {"etag": operation.etag, "match_condition": _IF_UNCHANGED} if operation.etag else {}
        return "delete", {"PartitionKey": partition, "RowKey": operation.row}, condition
    entity = _checked(partition, operation.row, operation.properties or {})
    if operation.kind == "insert":
        return "create", entity
    if operation.kind == "upsert":
        return "upsert", entity, {"mode": UpdateMode.REPLACE}
    return "update", entity, {"mode": UpdateMode.REPLACE, "etag": operation.etag, "match_condition": _IF_UNCHANGED}


def _entity(found: Any) -> Entity:
    properties: dict[str, Scalar] = {}
    for name, value in found.items():
        if name not in {"PartitionKey", "RowKey"}:
            properties[name] = _scalar(value)
    return Entity(found["PartitionKey"], found["RowKey"], properties, str(found.metadata["etag"]))


def _scalar(value: Any) -> Scalar:
    if isinstance(value, EntityProperty):
        value = value.value
    # Dates and GUIDs are never written here; a row that somebody edited may hold them.
    return value if isinstance(value, str | int | float | bool | bytes) else str(value)


async def _next_page(pages: AsyncIterator[Any]) -> list[Any] | None:
    try:
        page = await anext(pages)
    except StopAsyncIteration:
        return None
    return [found async for found in page]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _root(error: BaseException) -> BaseException:
    inner = getattr(error, "inner_exception", None)
    # aiohttp keeps the operating system's error in `os_error`.
    return getattr(inner, "os_error", None) or inner or error


def _surely_not_done(error: AzureError) -> bool:
    """Whether the service cannot have carried the call out."""
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return error.status_code in _BUSY
    cause = _root(error)
    return isinstance(cause, OSError) and cause.errno in {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH}


def _may_pass(error: AzureError) -> bool:
    """Whether another attempt has a chance."""
    if isinstance(error, ClientAuthenticationError):
        return False
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return error.status_code in _PASSING
    return not isinstance(_root(error), socket.gaierror)
