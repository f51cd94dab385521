"""What is wrong with settings, the store or the interpreter: named once in the log, and never the host's bare 500."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
    assert "role" in logs[0]
    assert "role" not in logs[1]


def test_a_wrong_python_version_is_named() -> None:
    code = "import sys; sys.version_info = (3, 10, 14, 'final', 0); import mcp_core"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr.splitlines()[-1]
    assert "3.13" in done.stderr.splitlines()[-1]
