"""`wait`, by the article "Wait"."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Body, Request, Response
from policies.ports import BackendUnavailable, ForwardOptions, Services
from tests.policies.pipelines import document, request


def send(name: str, extra: str = "") -> str:
    return f"<send-request response-variable-name='{name}' {extra}><set-url>http://{name}/</set-url></send-request>"


class Services3:
    """Backends `slow` (answers when `fast` has been asked), `fast` (at once) and `bad` (fails); `never` never answers."""

    def __init__(self) -> None:
        self.fast = asyncio.Event()
        self.cancelled = False

    async def send(self, req: Request, options: ForwardOptions) -> Response:
        match req.url.host:
            case "fast":
                self.fast.set()
            case "slow":
                await self.fast.wait()
            case "bad":
                raise BackendUnavailable("down")
            case "never":
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.cancelled = True
                    raise
        return Response(200, body=req.url.host.encode())


def run(inbound: str) -> tuple[PolicyContext, Response, Services3]:
    async def go() -> tuple[PolicyContext, Response, Services3]:
        backend = Services3()
        context = PolicyContext(request(url="http://gateway/"), Services(backend=backend))
        pipeline = compile_pipeline([ScopedDocument("api/a", document(inbound=inbound))], Environment())
        return context, await asyncio.wait_for(pipeline.run(context), 5), backend

    return asyncio.run(go())


@pytest.mark.parametrize("attribute", ["", "for='all'", "for='@(\"all\")'"])
def test_all_run_at_the_same_time(attribute: str) -> None:
    context, _, _ = run(f"<wait {attribute}>{send('slow')}{send('fast')}</wait>")
    assert {"slow", "fast"} <= set(context.variables)


def test_any_ends_the_others() -> None:
    context, response, backend = run(f"<wait for='any'>{send('never')}{send('fast')}</wait>")
    assert response.status == 200
    assert "never" not in context.variables
    assert backend.cancelled


def test_a_failure_ends_the_others_and_is_named() -> None:
    context, response, backend = run(f"<wait>{send('never')}{send('bad')}</wait>")
    assert response.status == 502
    assert backend.cancelled
    assert context.last_error is not None
    assert context.last_error.path == "wait[1]/send-request[2]"


def test_a_branch_may_end_the_pipeline() -> None:
    branch = "<choose><when condition='true'><return-response><set-status code='204'/></return-response></when></choose>"
    _, response, backend = run(f"<wait>{send('never')}{branch}</wait>")
    assert response.status == 204
    assert backend.cancelled


def test_only_three_policies_may_stand_inside() -> None:
    (error,) = check_document(document(inbound="<wait><set-method>GET</set-method></wait>")).errors
    assert error.message == "<set-method> may not stand in <wait>"
    assert error.hint == "only cache-lookup-value, choose, send-request"


MISSING = "<set-variable name='v' value='@(context.Variables[\"nope\"])'/>"


def test_a_branch_that_was_given_up_is_not_to_blame_for_what_fails_later() -> None:
    context, _, _ = run(f"<wait for='any'>{send('never')}{send('fast')}</wait>{MISSING}")
    assert context.last_error is not None
    assert (context.last_error.source, context.last_error.path) == ("set-variable", "set-variable[1]")


def test_of_branches_that_fail_together_the_first_is_told_and_blamed() -> None:
    class Down:
        async def send(self, req: Request, options: ForwardOptions) -> Response:
            raise BackendUnavailable(f"{req.url.host} is down")

    names = ["a", "b", "c", "d"]
    branches = "".join(f"<choose id='{name}'><when condition='true'>{send(name)}</when></choose>" for name in names)
    pipeline = compile_pipeline([ScopedDocument("api/a", document(inbound=f"<wait>{branches}</wait>"))], Environment())
    for _ in range(5):
        context = PolicyContext(request(), Services(backend=Down()))
        asyncio.run(pipeline.run(context))
        assert context.last_error is not None
        assert context.last_error.message == "a is down"
        assert context.last_error.path == "wait[1]/choose[1]/when[1]/send-request[1]"


def test_branches_that_read_the_same_body_all_get_it() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"whole "
        await asyncio.sleep(0)
        yield b"body"

    class Streaming:
        async def send(self, req: Request, options: ForwardOptions) -> Response:
            return Response(200, body=Body(stream=chunks()))

    branch = (
        "<choose><when condition='true'>"
        "<set-variable name='{}' value='@(context.Response.Body.As<string>(preserveContent: true))'/>"
        "</when></choose>"
    )
    xml = document(outbound=f"<wait>{branch.format('x')}{branch.format('y')}</wait>")
    context = PolicyContext(request(), Services(backend=Streaming()))
    asyncio.run(compile_pipeline([ScopedDocument("api/a", xml)], Environment()).run(context))
    assert context.variables == {"x": "whole body", "y": "whole body"}
