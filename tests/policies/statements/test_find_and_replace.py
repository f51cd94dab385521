"""`find-and-replace`, by the article "Find and replace string in body"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from policies.context import ApiInfo
from policies.messages import Request, Response
from tests.policies.pipelines import Backend, document, request, run

CASES = [
    ("from='notebook' to='laptop'", "a notebook, notebook", "a laptop, laptop"),
    ("from='x' to='y'", "a notebook", "a notebook"),
    ("from='notebook' to=''", "a notebook", "a "),
    ("from='@(\"no\" + \"te\")' to='@(1.ToString())'", "notebook", "1book"),
    ("from='é' to='ü'", "né", "nü"),
    ("from='@(\"\")' to='x'", "abc", "abc"),
]


@pytest.mark.parametrize(("attributes", "before", "after"), CASES)
def test_the_body_is_changed(attributes: str, before: str, after: str) -> None:
    xml = document(outbound=f"<find-and-replace {attributes}/>")
    assert run(xml, backend=Backend(lambda req: Response(200, body=before.encode()))).text == after


def test_in_inbound_it_is_the_requests_body() -> None:
    done = run(document(inbound="<find-and-replace from='a' to='b'/>"), req=request("POST", body=b"banana"))
    assert done.sent.body.data == b"bbnbnb"


@pytest.mark.parametrize(("path", "after"), [("orders/v1", "/orders/v1"), ("/orders/", "/orders"), ("", "")])
def test_the_apis_path_may_stand_right_behind_the_host(path: str, after: str) -> None:
    xml = "<find-and-replace from='svc.example/api' to='@(context.Request.OriginalUrl.Host + context.Api.Path)'/>"
    backend = Backend(lambda req: Response(200, body=b"http://svc.example/api/x"))
    done = run(
        document(outbound=xml), req=Request("GET", "https://gw.example/x"), backend=backend, api=ApiInfo("a", "A", path=path)
    )
    assert done.text == f"http://gw.example{after}/x"


def test_nothing_cannot_be_looked_for() -> None:
    assert check_document(document(inbound="<find-and-replace from='' to='b'/>")).errors
