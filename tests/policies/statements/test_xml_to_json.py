"""`xml-to-json`, by the article "Convert XML to JSON"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, document, request, run


def convert(xml: str, attributes: str, accept: str = "", content_type: str = "text/xml") -> Any:
    backend = Backend(lambda req: Response(200, Headers({"Content-Type": content_type}), xml.encode()))
    policy = f"<xml-to-json {attributes}/>"
    done = run(document(outbound=policy), req=request(headers={"Accept": accept} if accept else {}), backend=backend)
    return json.loads(done.text) if done.response.headers.get("Content-Type") == "application/json" else done.text


SOAP = (
    '<?xml version="1.0"?><soap:Envelope xmlns="http://f/" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><Orders at="1"><Customer>12</Customer><Customer soap:x="2">34</Customer><None/></Orders>'
    "</soap:Body></soap:Envelope>"
)
ALWAYS = "apply='always' consider-accept-header='false'"


def test_direct_keeps_prefixes_attributes_and_the_version() -> None:
    assert convert(SOAP, f"kind='direct' {ALWAYS}") == {
        "version": "1.0",
        "soap$Envelope": {
            "@xmlns": "http://f/",
            "@xmlns$soap": "http://schemas.xmlsoap.org/soap/envelope/",
            "soap$Body": {
                "Orders": {"@at": "1", "Customer": ["12", {"@soap$x": "2", "#text": "34"}], "None": None},
            },
        },
    }


def test_javascript_friendly_keeps_local_names_only() -> None:
    assert convert(SOAP, f"kind='javascript-friendly' {ALWAYS}") == {
        "Envelope": {"Body": {"Orders": {"at": "1", "Customer": ["12", {"x": "2", "text": "34"}], "None": None}}}
    }


def test_single_children_may_be_arrays_too() -> None:
    assert convert("<a><b>1</b></a>", f"kind='direct' {ALWAYS} always-array-child-elements='true'") == {"a": {"b": ["1"]}}


@pytest.mark.parametrize(
    ("attributes", "accept", "content_type", "converts"),
    [
        ("kind='direct' apply='always'", "", "text/xml", False),
        ("kind='direct' apply='always'", "application/json", "text/plain", True),
        ("kind='direct' apply='content-type-xml' consider-accept-header='false'", "", "application/atom+xml", True),
        ("kind='direct' apply='content-type-xml' consider-accept-header='false'", "", "text/plain", False),
        ("kind='@(\"direct\")' apply='@(\"always\")' consider-accept-header='@(false)'", "", "text/plain", True),
    ],
)
def test_it_applies_by_content_type_and_accept(attributes: str, accept: str, content_type: str, converts: bool) -> None:
    assert isinstance(convert("<a>1</a>", attributes, accept, content_type), dict) == converts


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize("xml", ["not xml", "<a>", BOMB, OUTSIDE, "<a>" * 250 + "</a>" * 250])
def test_what_is_not_acceptable_xml_fails_the_request(xml: str) -> None:
    backend = Backend(lambda req: Response(200, None, xml.encode()))
    done = run(document(outbound=f"<xml-to-json kind='direct' {ALWAYS}/>"), backend=backend)
    assert done.response.status == 500
    assert "root:" not in done.text
    assert done.context.last_error is not None and done.context.last_error.reason == "ConversionFailure"
