"""`jsonp`, by the article "JSONP"."""

from __future__ import annotations

import pytest

from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, Run, document, request, run


def call(query: str, content_type: str = "application/json") -> Run:
    backend = Backend(lambda req: Response(200, Headers({"Content-Type": content_type}), b'{"a": 1}'))
    return run(
        document(outbound="<jsonp callback-parameter-name='cb'/>"), req=request(url=f"http://h/p{query}"), backend=backend
    )


def test_without_a_callback_the_answer_is_plain_json() -> None:
    assert call("").text == '{"a": 1}'


@pytest.mark.parametrize("name", ["f", "a.b_c.$d", "_1"])
def test_a_callback_wraps_it(name: str) -> None:
    done = call(f"?cb={name}")
    assert done.text == f'/**/{name}({{"a": 1}});'
    assert done.response.headers.get("Content-Type") == "application/javascript"


@pytest.mark.parametrize("name", ["1a", "a b", "alert(1)//", "a;b", "a.", "x" * 300])
def test_what_is_no_identifier_is_refused(name: str) -> None:
    done = call(f"?cb={name.replace(' ', '%20').replace(';', '%3B')}")
    assert done.response.status == 400
    assert done.context.last_error is not None
    assert done.context.last_error.reason == "CallbackParameterInvalid"
    assert name not in done.text


def test_what_is_not_json_stays() -> None:
    assert call("?cb=f", "text/html").text == '{"a": 1}'
