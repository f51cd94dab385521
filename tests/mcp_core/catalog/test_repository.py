"""The repository: nothing is half visible, nobody's work is lost, every change is seen."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from pathlib import Path
from typing import Any

import pytest

from mcp_core.catalog.ledger import CHUNKS, PARTITION, TABLE
from mcp_core.catalog.leftovers import GRACE, sweep_revisions
from mcp_core.catalog.model import (
    Api,
    Catalogue,
    Connection,
    McpServer,
    NamedBackend,
    NamedValue,
    PolicyText,
    Product,
    Subscription,
)
from mcp_core.catalog.operations import Operation
from mcp_core.catalog.repository import Document, Repository
from mcp_core.errors import CatalogError, Conflict, InvalidInput, NotFound
from mcp_core.storage.open import open_store
from mcp_core.storage.port import Precondition, StoreUnavailable
from mcp_core.storage.sqlite import SqliteStore
from policies.records import replace
from policies.secret import Secret
from tests.azurite import Azurite
from tests.faulty_store import FaultyStore, after

pytestmark = pytest.mark.anyio

ORDERS = Api(
    "orders",
    "Orders",
    "orders",
    "https://orders.example.org",
    operations=(Operation("getOrder", "GET", "/orders/{id}"), Operation("repos/get", "GET", "/r")),
)
DOCUMENT = Document(b'{"openapi": "3.1.0"}', "application/json", "orders.json")
LARGE = Document(random.Random(1).randbytes(10 * 1024 * 1024), "application/json", "large.json")

MEDIUM = Document(random.Random(4).randbytes(1024 * 1024), "application/json", "medium.json")


def large_api(id: str = "orders", seed: int = 2) -> Api:
    """An API whose operations do not fit into one row, even compressed."""
    numbers = random.Random(seed)
    operations = tuple(
        Operation(f"op{number}", "GET", f"/{number}", description=numbers.randbytes(400).hex()) for number in range(400)
    )
    return Api(id, "Large", id, "https://large.example.org", operations=operations)


async def chunk_rows(store: FaultyStore) -> list[str]:
    return [entity.partition async for entity in store.inner.query(CHUNKS)]


async def test_an_empty_store_is_an_empty_catalogue(repository: Repository) -> None:
    assert await repository.version() == ""
    assert await repository.load_all() == Catalogue()
    assert await repository.apis.list() == []
    assert await repository.apis.find("orders") is None


EVERYTHING: dict[str, Any] = {
    "apis": ORDERS,
    "products": Product("gold", "Gold", apis=("orders",)),
    "servers": McpServer("orders-mcp", "orders", products=("gold",)),
    "subscriptions": Subscription("sub", scope="product/gold"),
    "policies": PolicyText("api/orders/repos/get", "<policies/>"),
    "named_values": NamedValue("secret", Secret("hunter2"), secret=True),
    "backends": NamedBackend("west", "https://west.example.org"),
    "connections": Connection("github", "main"),
}
IDS = {
    "apis": "orders",
    "products": "gold",
    "servers": "orders-mcp",
    "subscriptions": "sub",
    "policies": "api/orders/repos/get",
    "named_values": "secret",
    "backends": "west",
    "connections": "github/main",
}


async def test_everything_is_saved_read_listed_loaded_and_deleted(repository: Repository, store: FaultyStore) -> None:
    for field, thing in EVERYTHING.items():
        collection = getattr(repository, field)
        etag = await collection.save(thing)
        found = await collection.get(IDS[field])
        assert (found.value, found.etag) == (thing, etag)
        assert [stored.value for stored in await collection.list()] == [thing]
    catalogue = await Repository(store).load_all()
    assert {field: getattr(catalogue, field) for field in IDS} == {
        field: {IDS[field]: thing} for field, thing in EVERYTHING.items()
    }
    assert catalogue.version == await repository.version() != ""
    for field in ("connections", "backends", "named_values", "policies", "subscriptions", "servers", "products", "apis"):
        await getattr(repository, field).delete(IDS[field])
    assert replace(await repository.load_all(), version="") == Catalogue()


async def test_a_document_of_ten_megabytes_comes_back_whole(repository: Repository) -> None:
    await repository.import_api(ORDERS, LARGE)
    assert await repository.document("orders") == LARGE
    assert (await repository.apis.get("orders")).value == ORDERS


async def test_a_document_and_a_large_api_come_back_from_a_table_service(azurite: Azurite) -> None:
    store = open_store(f"tables:{azurite.new_account().connection_string}")
    repository = Repository(store)
    await repository.import_api(large_api(), LARGE)
    await repository.servers.save(McpServer("orders-mcp", "orders"))
    assert await repository.document("orders") == LARGE
    fresh = Repository(store)
    assert (await fresh.load_all()).apis == {"orders": large_api()}
    assert (await fresh.apis.get("orders")).value == large_api()
    with pytest.raises(Conflict, match="in use by MCP server orders-mcp"):
        await fresh.apis.delete("orders")
    await store.close()


async def test_an_api_saved_without_a_document_keeps_the_one_it_came_from(repository: Repository) -> None:
    etag = await repository.import_api(ORDERS, LARGE)
    moved = replace(ORDERS, service_url="https://elsewhere.example.org")
    await repository.apis.save(moved, etag=etag)
    assert (await repository.apis.get("orders")).value == moved
    assert await repository.document("orders") == LARGE


async def test_a_document_that_is_not_there_is_told(repository: Repository) -> None:
    with pytest.raises(NotFound, match="There is no API 'orders'"):
        await repository.document("orders")
    await repository.apis.save(ORDERS)
    with pytest.raises(NotFound, match="has no stored document"):
        await repository.document("orders")


async def test_a_second_import_replaces_operations_and_document_together(repository: Repository) -> None:
    etag = await repository.import_api(large_api(seed=2), LARGE)
    await repository.import_api(large_api(seed=3), DOCUMENT, etag=etag)
    assert (await repository.apis.get("orders")).value == large_api(seed=3)
    assert await repository.document("orders") == DOCUMENT


async def test_an_import_that_dies_at_any_write_shows_nothing_and_stops_nobody(tmp_path: Path) -> None:
    calls = 1
    while True:
        store = FaultyStore(SqliteStore(tmp_path / f"{calls}.db"))
        repository = Repository(store)
        await repository.named_values.save(NamedValue("before", Secret("1")))
        before = await repository.load_all()
        remaining = iter(range(calls))
        store.fate = lambda *call, left=remaining: None if next(left, None) is not None else StoreUnavailable("cut")
        try:
            await repository.import_api(large_api(), MEDIUM)
            finished = True
        except StoreUnavailable:
            finished = False
        store.fate = lambda *call: None
        if not finished:
            assert await Repository(store).load_all() == before
        etag = (await repository.apis.get("orders")).etag if finished else ""
        await repository.import_api(large_api(), MEDIUM, etag=etag)
        assert await Repository(store).document("orders") == MEDIUM
        await store.close()
        if finished:
            break
        calls += 1
    assert calls >= 6  # the import was cut at many places before it came through


async def test_a_failed_import_leaves_nothing_after_cleaning(repository: Repository, store: FaultyStore) -> None:
    store.script(StoreUnavailable("cut"), on="batch")
    with pytest.raises(StoreUnavailable):
        await repository.import_api(large_api(), LARGE)
    assert await chunk_rows(store)
    now = 2_000_000_000.0
    await sweep_revisions(store, now, 1000)
    assert await chunk_rows(store) == []
    assert [entity.row async for entity in store.query(TABLE, PARTITION)] == ["!version"]


async def test_an_existing_thing_is_not_overwritten_without_its_etag(repository: Repository) -> None:
    await repository.apis.save(ORDERS)
    with pytest.raises(Conflict, match="The API 'orders' exists already"):
        await repository.apis.save(ORDERS)


async def test_a_change_on_an_old_reading_is_refused(repository: Repository) -> None:
    old = await repository.named_values.save(NamedValue("n", Secret("1")))
    new = await repository.named_values.save(NamedValue("n", Secret("2")), etag=old)
    with pytest.raises(Conflict, match="changed by somebody else since it was read"):
        await repository.named_values.save(NamedValue("n", Secret("3")), etag=old)
    with pytest.raises(Conflict, match="changed by somebody else"):
        await repository.named_values.delete("n", etag=old)
    assert (await repository.named_values.get("n")).value.value == Secret("2")
    await repository.named_values.delete("n", etag=new)
    with pytest.raises(Conflict, match="deleted by somebody else"):
        await repository.named_values.save(NamedValue("n", Secret("3")), etag=new)
    with pytest.raises(NotFound, match="There is no named value 'n'"):
        await repository.named_values.delete("n")


@pytest.mark.parametrize("kind", ["sqlite", "azurite"])
async def test_of_writers_with_one_reading_exactly_one_wins_and_no_other_change_is_lost(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    if kind == "sqlite":
        opened = open_store(f"sqlite:{tmp_path / 'store.db'}")
    else:
        opened = open_store(f"tables:{request.getfixturevalue('azurite').new_account().connection_string}")
    repository = Repository(opened)
    etag = await repository.named_values.save(NamedValue("shared", Secret("0")))

    async def write(number: int) -> str | None:
        await repository.named_values.save(NamedValue(f"own-{number}", Secret(str(number))))
        try:
            await repository.named_values.save(NamedValue("shared", Secret(str(number))), etag=etag)
        except Conflict:
            return None
        return str(number)

    winners = [winner for winner in await asyncio.gather(*map(write, range(8))) if winner]
    values = (await repository.load_all()).named_values
    assert [values["shared"].value.reveal()] == winners
    assert {f"own-{number}" for number in range(8)} < values.keys()
    await opened.close()


def _add_one(path: str, times: int) -> None:
    async def run() -> None:
        store = SqliteStore(path)
        repository = Repository(store)
        for _ in range(times):
            while True:
                found = await repository.named_values.get("counter")
                more = NamedValue("counter", Secret(str(int(found.value.value.reveal()) + 1)))
                try:
                    await repository.named_values.save(more, etag=found.etag)
                    break
                except Conflict:
                    continue
        await store.close()

    asyncio.run(run())


async def test_several_processes_lose_no_update(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    repository = Repository(store)
    await repository.named_values.save(NamedValue("counter", Secret("0")))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_one, args=(str(tmp_path / "store.db"), 20)) for _ in range(3)]
    for worker in workers:
        worker.start()
    await asyncio.to_thread(lambda: [worker.join(60) for worker in workers])
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (await repository.named_values.get("counter")).value.value == Secret("60")
    await store.close()


async def test_a_write_whose_answer_is_lost_is_still_seen_by_watchers(repository: Repository, store: FaultyStore) -> None:
    await repository.named_values.save(NamedValue("n", Secret("1")))
    seen = await repository.version()
    store.script(after(StoreUnavailable("cut")), on="batch")
    with pytest.raises(StoreUnavailable):
        await repository.named_values.save(NamedValue("m", Secret("1")))
    assert await repository.version() != seen
    assert "m" in (await repository.load_all()).named_values


async def test_every_write_changes_the_version(repository: Repository) -> None:
    versions = [await repository.version()]
    for field, thing in EVERYTHING.items():
        await getattr(repository, field).save(thing)
        versions.append(await repository.version())
    await repository.backends.delete("west")
    versions.append(await repository.version())
    assert len(set(versions)) == len(versions)


async def test_a_refused_write_changes_nothing(repository: Repository) -> None:
    await repository.apis.save(ORDERS)
    before = await repository.load_all()
    with pytest.raises(NotFound):
        await repository.servers.save(McpServer("x-mcp", "nothing"))
    with pytest.raises(Conflict):
        await repository.apis.save(ORDERS)
    assert await repository.load_all() == before


async def test_a_writer_looks_again_when_others_were_faster(repository: Repository, store: FaultyStore) -> None:
    store.script(Precondition, Precondition, on="batch")
    await repository.named_values.save(NamedValue("n", Secret("1")))
    assert store.calls["batch"] == 3


async def test_a_writer_that_never_gets_through_is_told(repository: Repository, store: FaultyStore, monkeypatch: Any) -> None:
    monkeypatch.setattr("mcp_core.catalog.ledger._LONGEST_PAUSE", 0.0)
    store.fate = lambda method, *where: Precondition("always") if method == "batch" else None
    with pytest.raises(Conflict, match="changed by others all the time"):
        await repository.named_values.save(NamedValue("n", Secret("1")))


MISSING: dict[str, tuple[str, Any, str]] = {
    "a server's API": ("servers", McpServer("x-mcp", "nothing"), "There is no API 'nothing'"),
    "a server's product": ("servers", McpServer("x-mcp", "orders", products=("gold",)), "There is no product 'gold'"),
    "a product's API": ("products", Product("p", "P", apis=("nothing",)), "There is no API 'nothing'"),
    "a product's server": ("products", Product("p", "P", servers=("nothing",)), "There is no MCP server 'nothing'"),
    "a subscription's product": ("subscriptions", Subscription("s", scope="product/gold"), "There is no product 'gold'"),
    "a policy's server": ("policies", PolicyText("mcp/nothing", "<x/>"), "There is no MCP server 'nothing'"),
    "a policy's API": ("policies", PolicyText("api/nothing/op", "<x/>"), "There is no API 'nothing'"),
    "a policy's operation": ("policies", PolicyText("api/orders/op", "<x/>"), "The API 'orders' has no operation 'op'"),
}


@pytest.mark.parametrize("case", MISSING)
async def test_what_a_thing_refers_to_must_exist(repository: Repository, case: str) -> None:
    await repository.apis.save(ORDERS)
    field, thing, message = MISSING[case]
    with pytest.raises(NotFound, match=message):
        await getattr(repository, field).save(thing)


WRONG: dict[str, tuple[str, Any, str]] = {
    "API id": ("apis", replace(ORDERS, id="a/b"), "it has '/'"),
    "server name": ("servers", McpServer("a b", "orders"), "it has a space"),
    "server on a path of the host": ("servers", McpServer("admin", "orders"), "another meaning"),
    "policy scope": ("policies", PolicyText("everything", "<x/>"), "is no policy scope"),
    "named value": ("named_values", NamedValue("a#b", Secret("1")), "it has '#'"),
    "backend id": ("backends", NamedBackend("🙂", "https://x.example.org"), "is no backend id"),
    "backend URL": ("backends", NamedBackend("b", "ftp://x.example.org"), "absolute http or https URL"),
    "subscription scope": ("subscriptions", Subscription("s", scope="fragment/x"), "no scope of a subscription"),
    "connection": ("connections", Connection("a?b", "main"), r"it has '\?'"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_name_or_scope_is_refused_before_anything_is_written(
    repository: Repository, store: FaultyStore, case: str
) -> None:
    field, thing, message = WRONG[case]
    with pytest.raises(InvalidInput, match=message):
        await getattr(repository, field).save(thing)
    assert not store.log


async def test_what_is_needed_cannot_be_deleted_and_the_message_names_the_users(repository: Repository) -> None:
    await repository.apis.save(ORDERS)
    await repository.servers.save(McpServer("two-mcp", "orders"))
    await repository.servers.save(McpServer("one-mcp", "orders"))
    await repository.products.save(Product("gold", "Gold", servers=("one-mcp",)))
    with pytest.raises(Conflict, match="The API 'orders' is in use by MCP server one-mcp, two-mcp"):
        await repository.apis.delete("orders")
    with pytest.raises(Conflict, match="The MCP server 'one-mcp' is in use by product gold"):
        await repository.servers.delete("one-mcp")


async def test_an_api_cannot_be_deleted_while_a_server_is_made_on_it(repository: Repository, store: FaultyStore) -> None:
    await repository.apis.save(ORDERS)
    other = Repository(store.inner)
    started = False

    async def meanwhile() -> None:
        await other.servers.save(McpServer("orders-mcp", "orders"))

    batch = store.inner.batch

    async def raced(*arguments: Any) -> None:
        nonlocal started
        if not started:
            started = True
            await meanwhile()
        await batch(*arguments)

    store.inner.batch = raced  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="in use by MCP server orders-mcp"):
        await repository.apis.delete("orders")
    assert "orders" in (await repository.load_all()).apis


async def test_policies_go_with_what_they_apply_to(repository: Repository) -> None:
    many = replace(ORDERS, operations=tuple(Operation(f"op{n}", "GET", f"/{n}") for n in range(150)))
    await repository.apis.save(many)
    await repository.servers.save(McpServer("orders-mcp", "orders"))
    scopes = ["global", "fragment/x", "mcp/orders-mcp", "api/orders", *(f"api/orders/op{n}" for n in range(150))]
    for scope in scopes:
        await repository.policies.save(PolicyText(scope, "<x/>"))
    await repository.servers.delete("orders-mcp")
    assert "mcp/orders-mcp" not in (await repository.load_all()).policies
    await repository.apis.delete("orders")
    assert (await repository.load_all()).policies.keys() == {"global", "fragment/x"}


async def test_a_check_sees_the_catalogue_as_it_will_be_and_can_refuse(repository: Repository) -> None:
    await repository.named_values.save(NamedValue("n", Secret("1")))
    seen: list[Catalogue] = []

    def refuse(catalogue: Catalogue) -> None:
        seen.append(catalogue)
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        await repository.policies.save(PolicyText("global", "<x/>"), check=refuse)
    with pytest.raises(InvalidInput):
        await repository.named_values.delete("n", check=refuse)
    assert seen[0].policies.keys() == {"global"} and seen[0].named_values.keys() == {"n"}
    assert seen[1].named_values == {}
    catalogue = await repository.load_all()
    assert (catalogue.policies, catalogue.named_values.keys()) == ({}, {"n"})
    await repository.policies.save(PolicyText("global", "<x/>"), check=seen.append)
    assert (await repository.load_all()).policies.keys() == {"global"}


async def test_a_policy_of_a_megabyte_is_stored_as_the_user_wrote_it(repository: Repository) -> None:
    text = "<policies>\r\n\t<!-- é🙂 -->" + random.Random(3).randbytes(500_000).hex() + "</policies>"
    await repository.policies.save(PolicyText("global", text))
    assert (await repository.policies.get("global")).value.xml == text


async def test_an_operation_id_of_any_length_has_its_policy(repository: Repository) -> None:
    ids = ["é" * 300, "x" * 3000, "a b/c#d?e"]
    await repository.apis.save(replace(ORDERS, operations=tuple(Operation(id, "GET", "/") for id in ids)))
    for id in ids:
        await repository.policies.save(PolicyText(f"api/orders/{id}", f"<x>{id}</x>"))
    loaded = (await repository.load_all()).policies
    assert {scope: policy.xml for scope, policy in loaded.items()} == {f"api/orders/{id}": f"<x>{id}</x>" for id in ids}
    assert (await repository.policies.get(f"api/orders/{ids[1]}")).value.scope == f"api/orders/{ids[1]}"


async def test_a_row_that_somebody_edited_is_told_not_passed_over(repository: Repository, store: FaultyStore) -> None:
    await repository.policies.save(PolicyText("global", "<x/>"))
    await store.upsert(TABLE, PARTITION, "policy-global", {"json": '{"scope": 5', "tag": "edited"})
    with pytest.raises(CatalogError, match="The stored row 'policy-global' cannot be read"):
        await repository.load_all()
    await repository.policies.delete("global")
    assert (await repository.load_all()).policies == {}


async def test_a_reload_decodes_only_what_has_changed(repository: Repository, store: FaultyStore) -> None:
    await repository.import_api(large_api(), LARGE)
    first = await repository.load_all()
    store.calls.clear()
    await repository.named_values.save(NamedValue("n", Secret("1")))
    second = await repository.load_all()
    assert second.apis["orders"] is first.apis["orders"]
    assert not [call for call in store.log if call[1] == CHUNKS and call[0] == "query"][1:]


async def test_loading_takes_few_round_trips(store: FaultyStore) -> None:
    repository = Repository(store)
    for number in range(20):
        await repository.import_api(replace(ORDERS, id=f"api{number}"), DOCUMENT)
    store.calls.clear()
    assert len((await Repository(store).load_all()).apis) == 20
    assert sum(store.calls.values()) <= 2


async def test_a_load_during_writes_is_whole_and_its_version_is_never_too_new(
    repository: Repository, store: FaultyStore
) -> None:
    """Each write moves one unit from one value to another; a torn reading would see a wrong sum."""
    loader = Repository(store.inner)
    etag = await repository.import_api(large_api(seed=0), DOCUMENT)

    async def write() -> None:
        nonlocal etag
        for seed in range(1, 6):
            etag = await repository.import_api(large_api(seed=seed), DOCUMENT, etag=etag)
            await sweep_revisions(store.inner, 2e9 + GRACE, 100)

    writing = asyncio.create_task(write())
    while not writing.done():
        catalogue = await loader.load_all()
        assert catalogue.apis["orders"] in [large_api(seed=seed) for seed in range(6)]
        await asyncio.sleep(0)
    await writing
    assert (await loader.load_all()).apis["orders"] == large_api(seed=5)


def test_secrets_stay_out_of_reprs() -> None:
    shown = repr(NamedValue("n", Secret("hunter2"), secret=True)) + repr(Connection("g", "m", client_secret="hunter2"))
    assert "hunter2" not in shown + repr(Catalogue(named_values={"n": NamedValue("n", Secret("hunter2"))}))
