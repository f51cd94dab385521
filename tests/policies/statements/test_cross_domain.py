"""`cross-domain`, by the article "Allow cross-domain calls"."""

from __future__ import annotations

from policies.compiler import ScopedDocument, check_document
from tests.policies.pipelines import document, request, run

XML = document(
    inbound="<cross-domain><cross-domain-policy><allow-http-request-headers-from domain='*' headers='*' />"
    "</cross-domain-policy></cross-domain>"
)


def test_the_file_is_answered_as_written() -> None:
    done = run(ScopedDocument("global", XML), req=request(url="http://h/crossdomain.xml"))
    assert "<allow-http-request-headers-from domain='*' headers='*' />" in done.text
    assert done.response.headers.get("Content-Type") == "text/x-cross-domain-policy"


def test_other_requests_pass() -> None:
    assert run(ScopedDocument("global", XML)).text == "backend"


def test_it_belongs_to_the_global_scope() -> None:
    (error,) = check_document(XML, scope="api/orders").errors
    assert error.message == "<cross-domain> may not stand at the scope api"


def test_an_empty_one_answers_nothing() -> None:
    empty = ScopedDocument("global", document(inbound="<cross-domain />"))
    done = run(empty, req=request(url="http://h/crossdomain.xml"))
    assert done.text == "backend"
