"""`retry`, by the article "Retry"."""

from __future__ import annotations

import asyncio

import pytest

from policies.compiler import check_document
from policies.messages import Request, Response
from tests.policies.pipelines import Backend, document, request, run


class Flaky(Backend):
    """Fails so many times with 500, then answers 200."""

    def __init__(self, failures: int) -> None:
        super().__init__(lambda req: Response(500 if len(self.requests) <= failures else 200))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that policies asked to wait; nobody does."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return asked


def retrying(attributes: str, inside: str = "<forward-request/>") -> str:
    condition = "@(context.Response.StatusCode == 500)"
    return f"<policies><backend><retry condition='{condition}' {attributes}>{inside}</retry></backend></policies>"


@pytest.mark.parametrize(("failures", "calls", "status"), [(0, 1, 200), (1, 2, 200), (3, 4, 200), (9, 4, 500)])
def test_it_tries_again_while_the_condition_holds(waits: list[float], failures: int, calls: int, status: int) -> None:
    backend = Flaky(failures)
    done = run(retrying("count='3' interval='1'"), backend=backend)
    assert (len(backend.requests), done.response.status) == (calls, status)
    assert len(waits) == calls - 1


FORMULAS = [
    ("interval='2'", [2, 2, 2, 2]),
    ("interval='2' first-fast-retry='true'", [0, 2, 2, 2]),
    ("interval='2' delta='3'", [2, 5, 8, 11]),
    ("interval='10' delta='10' max-interval='50'", [10, 20, 40, 50]),
    ("interval='10' max-interval='5'", [5, 5, 5, 5]),
    ("interval='@(1 + 1)'", [2, 2, 2, 2]),
]


@pytest.mark.parametrize(("attributes", "expected"), FORMULAS)
def test_it_waits_by_the_articles_formulas(waits: list[float], attributes: str, expected: list[float]) -> None:
    run(retrying(f"count='4' {attributes}"), backend=Flaky(9))
    assert waits == pytest.approx(expected, rel=0.25)


def test_each_try_sends_the_whole_body(waits: list[float]) -> None:
    backend = Flaky(2)
    run(retrying("count='5' interval='1'"), req=request("POST", body=b"again"), backend=backend)
    assert [req.body.data for req in backend.requests] == [b"again"] * 3


def test_return_response_inside_ends_the_pipeline(waits: list[float]) -> None:
    backend = Flaky(9)
    done = run(retrying("count='5' interval='1'", "<forward-request/><return-response/>"), backend=backend)
    assert (done.response.status, len(backend.requests)) == (200, 1)


def test_the_condition_may_read_the_body_of_the_answer(waits: list[float]) -> None:
    backend = Backend(lambda req: Response(200, body=b"busy" if len(backend.requests) < 3 else b"done"))
    xml = (
        "<policies><backend><retry condition='@(context.Response.Body.As<string>(preserveContent: true) == \"busy\")' "
        "count='9' interval='1'><forward-request/></retry></backend></policies>"
    )
    assert run(xml, backend=backend).text == "done"


def test_an_error_inside_goes_to_on_error_at_once(waits: list[float]) -> None:
    def fail(req: Request) -> Response:
        raise RuntimeError

    done = run(retrying("count='5' interval='1'"), backend=Backend(fail))
    assert (done.response.status, waits) == (500, [])


@pytest.mark.parametrize(
    "attributes", ["count='0' interval='1'", "count='51' interval='1'", "count='1' interval='-1'", "count='1'"]
)
def test_what_is_wrong_is_refused(attributes: str) -> None:
    assert len(check_document(document(inbound=f"<retry condition='true' {attributes}/>")).errors) == 1
