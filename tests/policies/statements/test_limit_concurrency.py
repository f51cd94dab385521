"""`limit-concurrency`, by the article "Limit concurrency"."""

from __future__ import annotations

import asyncio

from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.context import PolicyContext
from policies.messages import Request, Response
from policies.ports import ForwardOptions, Services
from tests.policies.pipelines import document, request

XML = (
    "<policies><backend><limit-concurrency key='@(context.Request.IpAddress)' max-count='2'><forward-request/>"
    "</limit-concurrency></backend></policies>"
)


class Gate:
    """Answers when it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def send(self, req: Request, options: ForwardOptions) -> Response:
        await self.open.wait()
        if req.method == "DELETE":
            raise RuntimeError
        return Response(200)


def test_more_than_the_limit_are_refused_at_once_and_slots_come_back() -> None:
    async def go() -> tuple[list[int], list[int], int, dict[str, object]]:
        gate = Gate()
        services = Services(backend=gate)
        pipeline = compile_pipeline([ScopedDocument("api/a", XML)], Environment())

        def start(method: str = "GET", address: str = "192.0.2.1") -> asyncio.Task[Response]:
            req = request(method)
            req.ip_address = address
            return asyncio.create_task(pipeline.run(PolicyContext(req, services)))

        inside = [start(), start("DELETE")]
        cancelled = start(address="192.0.2.9")
        await asyncio.sleep(0)
        cancelled.cancel()
        refused = await start()
        other = start(address="192.0.2.2")
        gate.open.set()
        first = [task.status for task in await asyncio.gather(*inside, other)]
        second = [task.status for task in await asyncio.gather(start(), start())]
        return first, second, refused.status, services.extras

    first, second, refused, extras = asyncio.run(go())
    assert first == [200, 500, 200]
    assert refused == 429
    assert second == [200, 200], "every slot came back, also after a failure"
    assert extras["limit-concurrency"] == {}, "idle keys cost nothing, also after a cancellation"


def test_a_key_is_shared_by_all_policies_that_name_it() -> None:
    one = "<limit-concurrency key='k' max-count='1'>{}</limit-concurrency>"
    context = PolicyContext(request(), Services())
    pipeline = compile_pipeline([ScopedDocument("api/a", document(inbound=one.format(one.format(""))))], Environment())
    assert asyncio.run(pipeline.run(context)).status == 429


def test_the_limit_is_a_literal() -> None:
    (error,) = check_document(document(inbound="<limit-concurrency key='k' max-count='@(1)'/>")).errors
    assert "an expression is not allowed" in error.message
