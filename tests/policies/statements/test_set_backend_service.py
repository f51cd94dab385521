"""`set-backend-service`, by the article "Set backend service"."""

from __future__ import annotations

import pytest

from mcp_core.catalog.model import NamedBackend
from policies.compiler import Environment, ScopedDocument, check_document, compile_pipeline
from policies.context import ApiInfo
from policies.errors import DocumentError
from policies.messages import Request
from policies.ports import Services
from policies.secret import Secret
from tests.policies.pipelines import Run, document, run

API = ApiInfo("a", "A", service_url="http://contoso.com/api/10.4/")
KEYED = NamedBackend("keyed", "https://keyed:8443/v1", headers={"X-Key": Secret("hunter2")}, query={"code": Secret("hunter3")})


def sent(inbound: str, url: str = "http://contoso.com/api/10.4/partners/15?version=1") -> Run:
    services = Services(backends={"keyed": KEYED, "broken": NamedBackend("broken", "ftp://x")})
    return run(document(inbound=inbound), req=Request("GET", url), api=API, services=services)


CASES = [
    ("<set-backend-service base-url='http://contoso.com/api/8.2/'/>", "http://contoso.com/api/8.2/partners/15?version=1"),
    ("<set-backend-service base-url='https://other:444'/>", "https://other:444/partners/15?version=1"),
    (
        '<set-backend-service base-url=\'@("http://" + context.Request.Method + ".com/x")\'/>',
        "http://get.com/x/partners/15?version=1",
    ),
    (
        "<set-backend-service base-url='http://one/a'/><set-backend-service base-url='http://two/b/c'/>",
        "http://two/b/c/partners/15?version=1",
    ),
    ("<set-backend-service base-url='http://one/a'/><rewrite-uri template='/r'/>", "http://one/a/r?version=1"),
    ("<rewrite-uri template='/r'/><set-backend-service base-url='http://one/a'/>", "http://one/a/r?version=1"),
]


@pytest.mark.parametrize(("inbound", "url"), CASES)
def test_the_base_url_is_replaced_and_the_operations_path_kept(inbound: str, url: str) -> None:
    assert str(sent(inbound).sent.url) == url


def test_a_url_that_is_not_below_the_service_url_keeps_its_whole_path() -> None:
    done = sent("<set-backend-service base-url='http://one/a'/>", "http://elsewhere/x")
    assert str(done.sent.url) == "http://one/a/x"


def test_a_named_backend_brings_its_keys_which_policies_never_see() -> None:
    done = sent("<set-backend-service backend-id='keyed'/>")
    assert str(done.sent.url) == "https://keyed:8443/v1/partners/15?version=1&code=hunter3"
    assert done.sent.headers.get("X-Key") == "hunter2"
    assert "X-Key" not in done.context.request.headers
    assert "hunter" not in str(done.context.request.url)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("<set-backend-service backend-id='keyed'/>", "keyed Single"),
        ("<set-backend-service base-url='http://one/a'/>", "none"),
    ],
)
def test_policies_see_the_named_backend(chosen: str, told: str) -> None:
    asked = '@($"{context.Backend?.Id ?? "none"} {context.Backend?.Type} {context.Backend?.AzureRegion}".Trim())'
    done = sent(chosen + f"<set-variable name='told' value='{asked}'/>")
    assert done.context.variables["told"] == told


def test_another_backend_does_not_get_the_keys() -> None:
    done = sent("<set-backend-service backend-id='keyed'/><set-backend-service base-url='http://one'/>")
    assert "X-Key" not in done.sent.headers
    assert "code" not in done.sent.url.query


@pytest.mark.parametrize(
    "attributes", ["backend-id='nope'", "backend-id='broken'", "base-url='@(\"no url\")'", "base-url='file:///etc/passwd'"]
)
def test_what_cannot_be_a_backend_fails_the_request(attributes: str) -> None:
    done = sent(f"<set-backend-service {attributes}/>")
    assert (done.response.status, done.backend.requests) == (500, [])


WRONG = [
    ("<set-backend-service/>", "set-backend-service needs either base-url or backend-id"),
    ("<set-backend-service base-url='http://a' backend-id='b'/>", "set-backend-service needs either base-url or backend-id"),
    ("<set-backend-service backend-id='b' sf-partition-key='1'/>", "Service Fabric backends are not supported"),
    ("<set-backend-service backend-id='b' dapr-app-id='1'/>", "Dapr backends are not supported"),
]


@pytest.mark.parametrize(("xml", "message"), WRONG)
def test_what_is_wrong_is_refused(xml: str, message: str) -> None:
    (error,) = check_document(document(inbound=xml)).errors
    assert error.message == message


def test_an_unknown_backend_is_refused_when_the_backends_are_known() -> None:
    xml = document(inbound="<set-backend-service backend-id='nope'/>")
    with pytest.raises(DocumentError, match="there is no backend 'nope'"):
        compile_pipeline([ScopedDocument("api/a", xml)], Environment(backends={"keyed": KEYED}))
