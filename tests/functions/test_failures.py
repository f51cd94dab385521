"""What is wrong with settings, the store or the interpreter: named once in the log, and never the host's bare 500."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mcp_core.catalog.model import PolicyText
from mcp_core.catalog.repository import Repository
from mcp_core.local.orders import orders_api
from mcp_core.local.sample import ensure_sample
from mcp_core.storage.open import open_store
from tests.azurite import Azurite
from tests.functions.conftest import ROOT, running
from tests.hosts import free_port
from tests.servers import serving

KEY = "Zm9v"


def test_wrong_settings_are_named_in_one_message_and_answered_with_a_reference(tmp_path: Path) -> None:
    wrong = {"MCP_PAGE_SIZE": "many", "MCP_BACKEND_TIMEOUT": "-1", "MCP_STORE": f"sqlite:{tmp_path / 'x.db'}"}
    with running(ROOT, wrong) as worker:
        answer = worker.rpc("tools/list")
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        reference = answer.json()["activityId"]
        assert "MCP_PAGE_SIZE" not in answer.body.decode()
        worker.invoke("clean", "timer", "", "1", {}, b"")
        worker.invoke("warm_up", "warmup", "", "2", {}, b"")
        log = worker.log.read_text(encoding="utf-8")
    [started] = [line for line in log.splitlines() if "cannot start" in line]
    assert "MCP_PAGE_SIZE" in started
    assert "MCP_BACKEND_TIMEOUT" in started
    assert reference in log
    assert "Traceback" not in log


@pytest.mark.parametrize("store", ["tables:nonsense", "postgres:x", "sqlite:", "tables:https://"])
def test_a_store_that_cannot_be_meant_is_a_wrong_setting(store: str) -> None:
    with running(ROOT, {"MCP_STORE": store}) as worker:
        assert worker.rpc("tools/list").status == 503
        assert "MCP_STORE" in worker.log.read_text(encoding="utf-8")


def connection(url: str) -> str:
    return f"tables:DefaultEndpointsProtocol=http;AccountName=acct;AccountKey={KEY};TableEndpoint={url}/acct;"


def test_a_store_that_is_absent_is_told_from_one_that_refuses() -> None:
    async def refuse(_: Request) -> Response:
        body = '{"odata.error":{"code":"AuthorizationPermissionMismatch","message":{"lang":"en-US","value":"no"}}}'
        return Response(body, 403, {"x-ms-error-code": "AuthorizationPermissionMismatch"}, "application/json")

    methods = ["GET", "POST", "PUT"]
    logs = []
    with serving(Starlette(routes=[Route("/{path:path}", refuse, methods=methods)])) as refusing:
        for url in (refusing, f"http://127.0.0.1:{free_port()}"):
            with running(ROOT, {"MCP_STORE": connection(url)}) as worker:
                answer = worker.rpc("tools/list")
                assert answer.status == 503
                assert worker.request("GET", "/ready").status == 503
                logs.append(worker.log.read_text(encoding="utf-8"))
                assert answer.json()["activityId"] in logs[-1]
                assert KEY not in logs[-1] + answer.body.decode()
    for told in ("refused access to the table 'catalog'", "lacks the role Storage Table Data Contributor"):
        assert told in logs[0]
        assert told not in logs[1]
    assert "cannot be reached" in logs[1]


LIMIT = """<policies><inbound><base /><rate-limit-by-key calls="5" renewal-period="30" counter-key="all" /></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


def test_a_table_that_is_not_there_is_made_and_told_where_that_is_not_allowed(azurite: Azurite) -> None:
    """A catalogue in a real table service, and no table for counters yet: the first counted call needs one."""
    account = azurite.new_account()

    async def fill(url: str) -> None:
        store = open_store(f"tables:{account.connection_string}")
        repository = Repository(store)
        await ensure_sample(repository, url)
        await repository.policies.save(PolicyText("mcp/orders-mcp", LIMIT))
        await store.close()

    async def pass_on(request: Request) -> Response:
        """The same service for one who may read and write rows and make no tables."""
        if request.method == "POST" and request.url.path.endswith("/Tables"):
            body = '{"odata.error":{"code":"AuthorizationPermissionMismatch","message":{"lang":"en-US","value":"no"}}}'
            return Response(body, 403, {"x-ms-error-code": "AuthorizationPermissionMismatch"}, "application/json")
        url = f"http://127.0.0.1:{azurite.port}{request.url.path}?{request.url.query}"
        fields = {name: value for name, value in request.headers.items() if name != "host"}
        async with httpx.AsyncClient() as client:
            answer = await client.request(request.method, url, headers=fields, content=await request.body())
        kept = {name: value for name, value in answer.headers.items() if name not in {"transfer-encoding", "connection"}}
        return Response(answer.content, answer.status_code, kept)

    methods = ["GET", "POST", "PUT", "PATCH", "MERGE", "DELETE"]
    narrow = Starlette(routes=[Route("/{path:path}", pass_on, methods=methods)])
    call = {"name": "listOrders", "arguments": {}}
    with serving(orders_api()) as backend, serving(narrow) as bound:
        asyncio.run(fill(backend))
        refused = account.connection_string.replace(f"http://127.0.0.1:{azurite.port}", bound)
        with running(ROOT, {"MCP_STORE": f"tables:{refused}", "MCP_ALLOW_PRIVATE_BACKENDS": "1"}) as worker:
            assert worker.rpc("tools/list").status == 200
            answer = worker.rpc("tools/call", call)
            ready = worker.request("GET", "/ready")
            log = worker.log.read_text(encoding="utf-8")
        with running(ROOT, {"MCP_STORE": f"tables:{account.connection_string}", "MCP_ALLOW_PRIVATE_BACKENDS": "1"}) as worker:
            made = worker.rpc("tools/call", call)
    assert (answer.status, answer.json()["error"]["data"]) == (503, {"statusCode": 503, "reason": "StoreUnavailable"})
    assert "table" not in answer.body.decode() + ready.body.decode()
    [told] = [line for line in log.splitlines() if "could not use the store" in line]
    assert "The table 'RateLimits' does not exist" in told
    assert "make it beforehand" in told
    assert "lacks the role Storage Table Data Contributor" in told
    assert KEY not in log and "Traceback" not in log
    assert made.status == 200
    assert "isError" not in made.json()["result"] or made.json()["result"]["isError"] is False


def test_a_wrong_python_version_is_named() -> None:
    code = "import sys; sys.version_info = (3, 10, 14, 'final', 0); import mcp_core"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr.splitlines()[-1]
    assert "3.13" in done.stderr.splitlines()[-1]
