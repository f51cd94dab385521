"""`send-one-way-request`, by the article "Send one way request"."""

from __future__ import annotations

import asyncio

import pytest

from policies.compiler import Environment, ScopedDocument, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Request, Response
from policies.ports import BackendUnavailable, ForwardOptions, Services
from tests.policies.pipelines import document, request

XML = document(
    inbound="<send-one-way-request timeout='20'><set-url>http://hooks/x</set-url><set-method>POST</set-method>"
    "<set-body>@(context.Request.Method)</set-body></send-one-way-request>"
)


class Hooks:
    """A slow service beside a quick backend."""

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails
        self.opened = asyncio.Event()
        self.told: list[tuple[str, bytes, float | None]] = []

    async def send(self, req: Request, options: ForwardOptions) -> Response:
        if req.url.host == "hooks":
            await self.opened.wait()
            if self.fails:
                raise BackendUnavailable("down")
            self.told.append((req.method, req.body.data, options.timeout))
        return Response(200)


@pytest.mark.parametrize("fails", [False, True])
def test_nobody_waits_for_it_and_its_failure_disturbs_nobody(fails: bool) -> None:
    async def go() -> tuple[int, int, int, list[tuple[str, bytes, float | None]]]:
        hooks = Hooks(fails=fails)
        context = PolicyContext(request(), Services(backend=hooks))
        pipeline = compile_pipeline([ScopedDocument("api/a", XML)], Environment())
        status = (await pipeline.run(context)).status
        under_way = context.services.extras["send-one-way-request"]
        assert isinstance(under_way, set)
        before = len(under_way)
        hooks.opened.set()
        await asyncio.gather(*under_way)
        await asyncio.sleep(0)
        return status, before, len(under_way), hooks.told

    status, before, after, told = asyncio.run(go())
    assert (status, before, after) == (200, 1, 0)
    assert told == ([] if fails else [("POST", b"GET", 20.0)])
