"""`xsl-transform`, by the article "Transform XML using an XSLT"."""

from __future__ import annotations

import pytest
from lxml import etree

from policies.compiler import check_document
from policies.messages import Response
from tests.policies.pipelines import Backend, document, request, run

SHEET = (
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:output omit-xml-declaration='yes'/>"
    "<xsl:param name='Agent'/><xsl:template match='/*'><out a='{$Agent}' n='{count(*) &lt; 3}'>"
    "<!-- kept out --><xsl:value-of select='b[@c]'/></out></xsl:template></xsl:stylesheet>"
)
AGENT = '<parameter name=\'Agent\'>@(context.Request.Headers.GetValueOrDefault("A", "none"))</parameter>'
TRANSFORM = f"<xsl-transform>{AGENT}{SHEET}</xsl-transform>"


def test_the_body_is_transformed_with_parameters() -> None:
    backend = Backend(lambda req: Response(200, None, b"<a><b c='1'>x &amp; y</b></a>"))
    done = run(document(outbound=TRANSFORM), req=request(headers={"A": "it's"}), backend=backend)
    assert etree.canonicalize(done.text) == etree.canonicalize('<out a="it\'s" n="true">x &amp; y</out>')


def test_in_inbound_it_is_the_requests_body() -> None:
    done = run(document(inbound=TRANSFORM), req=request("POST", body=b"<a><b c='1'>1</b></a>"))
    assert b">1</out>" in done.sent.body.data


def reading(what: str) -> str:
    return (
        "<xsl-transform><xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
        f"<xsl:template match='/'><o>{what}</o></xsl:template></xsl:stylesheet></xsl-transform>"
    )


@pytest.mark.parametrize("source", ["file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:9/"])
def test_a_stylesheet_reads_nothing_else(source: str) -> None:
    sheet = reading(f"<xsl:copy-of select=\"document('{source}')\"/>")
    done = run(document(inbound=sheet), req=request("POST", body=b"<a/>"))
    assert "root:" not in (done.text if not done.backend.requests else done.sent.body.data.decode())


def test_a_body_that_is_not_xml_fails_the_request() -> None:
    done = run(document(inbound=TRANSFORM), req=request("POST", body=b"{}"))
    assert done.response.status == 500
    assert done.context.last_error is not None and done.context.last_error.reason == "XslTransformFailure"


@pytest.mark.parametrize(
    "xml",
    [
        "<xsl-transform/>",
        reading("<xsl:value-of/>"),
        reading("<xsl:value-of select='((('/>"),
        f"<xsl-transform>{SHEET}{SHEET}</xsl-transform>",
        f"<xsl-transform><parameter>1</parameter>{SHEET}</xsl-transform>",
    ],
)
def test_a_stylesheet_that_is_not_valid_is_refused(xml: str) -> None:
    assert check_document(document(inbound=xml)).errors
