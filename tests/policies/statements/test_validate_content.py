"""`validate-content`, by the article "Validate content"."""

from __future__ import annotations

import json

import pytest

from policies.compiler import check_document
from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, Run, document, request, run
from tests.policies.statements.operations import INFO

POLICY = (
    "<validate-content unspecified-content-type-action='prevent' max-size='50' size-exceeded-action='prevent' "
    "errors-variable-name='e'>"
    "{}<content type='application/json' validate-as='json' action='prevent' {}/></validate-content>"
)


def call(body: str, content_type: str = "application/json", attributes: str = "", mapping: str = "") -> Run:
    headers = {"Content-Type": content_type} if content_type else {}
    req = request("PUT", headers=headers, body=body.encode())
    return run(document(inbound=POLICY.format(mapping, attributes)), req=req, operation=INFO)


GOOD = [
    ('{"id": 1}', "application/json", ""),
    ('{"id": 1, "tag": "a", "more": 1}', "application/json; charset=utf-8", ""),
    ('{"id": 1, "more": 1}', "application/json", "allow-additional-properties='true'"),
    ('{"ID": 1, "Tag": "a"}', "application/json", "case-insensitive-property-names='true' allow-additional-properties='false'"),
    ('{"id": 1, "same": {"properties": {}}}', "application/json", "allow-additional-properties='false'"),
    ("anything", "text/csv", ""),
    ("", "application/json", ""),
]


@pytest.mark.parametrize(("body", "content_type", "attributes"), GOOD)
def test_what_conforms_passes(body: str, content_type: str, attributes: str) -> None:
    done = call(body, content_type, attributes)
    assert done.response.status == 200
    assert done.sent.body.data == body.encode()


BAD = [
    ("{}", "application/json", "", "does not conform to the definition"),
    ('{"id": "x"}', "application/json", "", "does not conform to the definition"),
    ('{"id": 1, "tag": "A"}', "application/json", "", "does not conform to the definition"),
    ('{"id": 1, "more": 1}', "application/json", "allow-additional-properties='false'", "does not conform to the definition"),
    ('{"ID": 1}', "application/json", "", "does not conform to the definition"),
    ('{"ID": 1, "TAG": "A"}', "application/json", "case-insensitive-property-names='@(true)'", "does not conform"),
    ("{not json", "application/json", "", "The content is not JSON."),
    ("<a/>", "application/xml", "", "Unspecified content type application/xml is not allowed."),
    ('{"id": 1}', "", "", "Unspecified content type  is not allowed."),
    (json.dumps({"id": 1, "x": "y" * 50}), "application/json", "", "bytes long and it exceeds the limit of 50 bytes."),
]


@pytest.mark.parametrize(("body", "content_type", "attributes", "message"), BAD)
def test_what_does_not_is_refused(body: str, content_type: str, attributes: str, message: str) -> None:
    done = call(body, content_type, attributes)
    assert done.response.status == 400
    assert message in json.loads(done.text)["message"]
    assert "e" in done.context.variables


MAPS = [
    ("<content-type-map missing-content-type-value='application/json'/>", "", 200),
    ("<content-type-map any-content-type-value='application/json'/>", "image/png", 200),
    (
        "<content-type-map><type from='application/hal+json' to='application/json'/></content-type-map>",
        "application/hal+json",
        200,
    ),
    (
        "<content-type-map><type when='@(context.Request.Method == \"PUT\")' to='application/json'/></content-type-map>",
        "a/b",
        200,
    ),
    ("<content-type-map><type when='false' to='application/json'/></content-type-map>", "a/b", 400),
]


@pytest.mark.parametrize(("mapping", "content_type", "status"), MAPS)
def test_content_types_are_mapped(mapping: str, content_type: str, status: int) -> None:
    assert call('{"id": 1}', content_type, mapping=mapping).response.status == status


def test_a_response_is_checked_in_outbound_and_says_nothing_to_the_client() -> None:
    backend = Backend(lambda req: Response(200, Headers({"Content-Type": "application/json"}), b'{"id": "secret"}'))
    done = run(document(outbound=POLICY.format("", "")), backend=backend, operation=INFO)
    assert done.response.status == 502
    assert "secret" not in done.text
    assert "secret" in str(done.context.variables["e"])


WRONG = [
    (POLICY.format("", "").replace("'json'", "'soap'"), "validate-as=soap is not supported"),
    (POLICY.format("", "schema-id='x'"), "schema-id is not supported"),
    (POLICY.format("<content-type-map><type to='a'/></content-type-map>", ""), "a type needs either from or when"),
    (POLICY.format("", "").replace("'50'", "'99999999'"), "must be a whole number"),
]


@pytest.mark.parametrize(("xml", "message"), WRONG)
def test_what_is_wrong_is_refused(xml: str, message: str) -> None:
    (error,) = check_document(document(inbound=xml)).errors
    assert message in error.message
