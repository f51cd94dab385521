"""`json-to-xml`, by the article "Convert JSON to XML"."""

from __future__ import annotations

import pytest
from lxml import etree

from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, document, request, run


def convert(
    json: str, attributes: str = "", accept: str = "", content_type: str = "application/json"
) -> tuple[str, str | None]:
    backend = Backend(lambda req: Response(200, Headers({"Content-Type": content_type}), json.encode()))
    xml = (
        f"<json-to-xml apply='always' consider-accept-header='false' {attributes}/>"
        if "apply" not in attributes
        else f"<json-to-xml {attributes}/>"
    )
    done = run(document(outbound=xml), req=request(headers={"Accept": accept} if accept else {}), backend=backend)
    return done.text, done.response.headers.get("Content-Type")


CASES = [
    ('{"a": {"b": 1, "c": "x & y"}}', "", "<a><b>1</b><c>x &amp; y</c></a>"),
    ('{"a": 1, "b": 2}', "", "<Document><a>1</a><b>2</b></Document>"),
    ('{"a": {"b": [1, 2]}}', "", "<a><b>1</b><b>2</b></a>"),
    ('{"a": [1, 2]}', "", "<Document><a>1</a><a>2</a></Document>"),
    ("[1, 2]", "", "<Document><Item>1</Item><Item>2</Item></Document>"),
    ('{"a": {"b": null, "c": true, "d": 1.5, "e": {}}}', "", "<a><b/><c>true</c><d>1.5</d><e/></a>"),
    ('{"a": {"my name": 1, "2x": 2}}', "", "<a><my_x0020_name>1</my_x0020_name><_x0032_x>2</_x0032_x></a>"),
    ('{"a": {"#text": "t", "@a": {"n": 1}}}', "attribute-block-name='@a'", '<a n="1">t</a>'),
    ('{"a": {"d": "2024-01-02T03:04:05.600Z"}}', "", "<a><d>2024-01-02T03:04:05.6Z</d></a>"),
    ('{"a": {"d": "2024-01-02T03:04:05.600Z"}}', "parse-date='false'", "<a><d>2024-01-02T03:04:05.600Z</d></a>"),
    ('{"a": {"xmlns": "u", "b": 1}}', "namespace-prefix='xmlns'", '<a xmlns="u"><b>1</b></a>'),
]


@pytest.mark.parametrize(("json", "attributes", "xml"), CASES)
def test_members_become_elements(json: str, attributes: str, xml: str) -> None:
    text, kind = convert(json, attributes)
    assert etree.canonicalize(text) == etree.canonicalize(xml)
    assert kind == "application/xml"


def test_the_articles_example() -> None:
    json = (
        '{"soapenv:Envelope": {"xmlns:soapenv": "http://schemas.xmlsoap.org/soap/envelope/", '
        '"xmlns:v1": "http://localdomain.com/core/v1",'
        '"soapenv:Header": {}, "soapenv:Body": {"v1:QueryList": {'
        '"#attrs": {"queryName": "test"}, "v1:QueryItem": {"name": "dummy text"}}}}}'
    )
    text, _ = convert(json, "parse-date='false' namespace-separator=':' namespace-prefix='xmlns' attribute-block-name='#attrs'")
    expected = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:v1="http://localdomain.com/core/v1">'
        '<soapenv:Header/><soapenv:Body><v1:QueryList queryName="test"><v1:QueryItem><name>dummy text</name></v1:QueryItem>'
        "</v1:QueryList></soapenv:Body></soapenv:Envelope>"
    )
    assert etree.canonicalize(text) == etree.canonicalize(expected)


@pytest.mark.parametrize(
    ("attributes", "accept", "content_type", "converts"),
    [
        ("apply='always'", "", "application/json", False),
        ("apply='always'", "application/xml", "application/json", True),
        ("apply='always'", "text/html, application/soap+xml;q=0.5", "text/plain", True),
        ("apply='always'", "application/xml;q=0", "application/json", False),
        ("apply='content-type-json' consider-accept-header='false'", "", "application/problem+json", True),
        ("apply='content-type-json' consider-accept-header='false'", "", "text/plain", False),
    ],
)
def test_it_applies_by_content_type_and_accept(attributes: str, accept: str, content_type: str, converts: bool) -> None:
    text, _ = convert('{"a": 1}', attributes, accept, content_type)
    assert text.startswith("<") == converts


@pytest.mark.parametrize("json", ["{not", '{"": 1}', '{"a": "\\u0001"}', "[" * 300 + "]" * 300])
def test_what_cannot_be_converted_fails_the_request(json: str) -> None:
    backend = Backend(lambda req: Response(200, None, json.encode()))
    done = run(document(outbound="<json-to-xml apply='always' consider-accept-header='false'/>"), backend=backend)
    assert done.response.status == 500
    assert done.context.last_error is not None and done.context.last_error.reason == "ConversionFailure"


def test_an_empty_body_stays_empty() -> None:
    assert convert("")[0] == ""
