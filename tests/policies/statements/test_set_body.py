"""`set-body`, by the article "Set body"."""

from __future__ import annotations

import json

import pytest

from policies.compiler import Environment, check_document
from policies.messages import Headers, Response
from tests.policies.pipelines import Backend, document, request, run


def sent(xml: str, body: bytes = b"old", content_type: str = "text/plain", **named: str) -> str:
    req = request("POST", headers={"Content-Type": content_type, "Content-Length": "3"}, body=body)
    environment = Environment(named_values={name: (value, False) for name, value in named.items()})
    done = run(document(inbound=xml), req=req, environment=environment)
    assert done.response.status == 200, done.text
    assert "Content-Length" not in done.sent.headers
    return done.sent.body.data.decode()


LITERALS = [
    ("<set-body>Hello world!</set-body>", "Hello world!"),
    ("<set-body/>", ""),
    ("<set-body>a &lt; b &amp; é</set-body>", "a < b & é"),
    ("<set-body><![CDATA[<a>&amp;</a>]]></set-body>", "<a>&amp;</a>"),
    ('<set-body><a b="1">&amp;<c/></a></set-body>', '<a b="1">&amp;<c/></a>'),
    ("<set-body><!-- no --><a>@(1 + 1)</a></set-body>", "<a>2</a>"),
    ('<set-body>{"a": "@(context.Request.Method)"}</set-body>', '{"a": "POST"}'),
    ('<set-body>@(context.Request.Body.As<string>() + "!")</set-body>', "old!"),
    ("<set-body>@{ return null; }</set-body>", ""),
    ("<set-body>{{greeting}} you</set-body>", "Hi you"),
    ('<set-body template="none">@("as " + context.Request.Body.As<string>())</set-body>', "as old"),
]


@pytest.mark.parametrize(("xml", "expected"), LITERALS)
def test_the_body_is_replaced(xml: str, expected: str) -> None:
    assert sent(xml, greeting="Hi") == expected


def test_in_outbound_the_responses_body_is_replaced() -> None:
    done = run(document(outbound="<set-body>@(context.Response.Body.As<string>().ToUpper())</set-body>"))
    assert done.text == "BACKEND"


ORDER = (
    b'{"customer": {"purchase": {"identifier": 7, "Desc": "A \\"B\\""}}, '
    b'"when": "2024-02-03T04:05:06Z", "old": "/Date(1198908717056)/", "items": [{"n": 1}, {"n": 2}]}'
)
TEMPLATES = [
    ('{"id": "{{body.customer.purchase.identifier}}"}', '{"id": "7"}'),
    ("{{body.Customer.PURCHASE.desc}}", 'A "B"'),
    ("{% for item in body.items %}[{{item.n}}]{% endfor %}", "[1][2]"),
    ("{{body.items | Size}} {{ 'a b' | Upcase | Replace: 'A', 'x' }}", "2 x B"),
    ('{{body.when | Date: "yyyyMMddTHH:mm:ssZ"}}', "20240203T04:05:06Z"),
    ("{{body.when}}", "02/03/2024 04:05:06"),
    ("{{context.Request.Method}} {{context.Request.Url.Path}} {{context.Request.IpAddress}}", "POST /orders/2 203.0.113.7"),
    ('{{context.Request.Headers["content-type"]}} {{context.Request.Url.Query.x}}', "application/json 1"),
    ("{{body.nothing}}|{{nothing}}", "|"),
    ("{% if body.customer %}yes{% endif %}", "yes"),
    ("{% for pair in body.items[0] %}{{pair.Key}}={{pair.Value}} {{pair[0]}} {{pair}}{% endfor %}", "n=1 n [n, 1]"),
    (
        "{% for header in context.Request.Headers %}{{header.key}}: {{header.Value}};{% endfor %}",
        "Content-Type: application/json;Content-Length: 3;",
    ),
    ("{{known}} {{body.customer.purchase.identifier}}", "K 7"),
    ("{% for i in body.items %}{{i.n}}{% if forloop.Last == false %},{% endif %}{{forloop.Index0}}{% endfor %}", "1,021"),
    ("[{% JSONArrayFor i in body.items %}{{i.n}}{% endJSONArrayFor %}]", "[1,2]"),
    ("[{% JSONArrayFor i in body.items -%} {% if i.n == 2 %}{{i.n}}{% endif %} {%- endJSONArrayFor %}]", "[2]"),
    ("[{% JSONArrayFor i in body.customer %}{{i.purchase.identifier}}{% endJSONArrayFor %}]", "[7]"),
    ("[{% JSONArrayFor i in body.none %}{{i}}{% endJSONArrayFor %}]", "[]"),
    (
        "[{% JSONArrayFor i in body.items %}{% JSONArrayFor j in body.items %}{{j.n}}{% endJSONArrayFor %}{% break %}"
        "{% endJSONArrayFor %}]",
        "[]",
    ),
    ('{{body.old}} {{body.old | Date: "yyyy"}}', "12/29/2007 06:11:57 2007"),
]


@pytest.mark.parametrize(("template", "expected"), TEMPLATES)
def test_a_liquid_template_sees_body_and_context(template: str, expected: str) -> None:
    assert sent(f"<set-body template='liquid'>{template}</set-body>", ORDER, "application/json", known="K") == expected


CHARSETS = [
    ("<set-body>@(context.Request.Body.As<string>())</set-body>", "caf\u00e9".encode(), "text/plain; charset=utf-8; x=1"),
    ("<set-body template='liquid'>{{body}}</set-body>", "caf\u00e9".encode(), "text/plain; charset=utf-8; x=1"),
    ("<find-and-replace from='f\u00e9' to='ff\u00e9'/>", "caff\u00e9".encode(), "text/plain; charset=utf-8; x=1"),
    ("<find-and-replace from='nothing' to='x'/>", b"caf\xe9", 'text/plain; charset="ISO-8859-1"; x=1'),
    ("<set-body>@(new byte[] { 233 })</set-body>", b"\xe9", 'text/plain; charset="ISO-8859-1"; x=1'),
]


@pytest.mark.parametrize(("xml", "body", "content_type"), CHARSETS)
def test_text_that_is_set_is_utf_8_and_its_header_says_so(xml: str, body: bytes, content_type: str) -> None:
    headers = {"Content-Type": 'text/plain; charset="ISO-8859-1"; x=1'}
    done = run(document(inbound=xml), req=request("POST", headers=headers, body=b"caf\xe9"))
    assert (done.sent.body.data, done.sent.headers.get("Content-Type")) == (body, content_type)


@pytest.mark.parametrize(
    "xml",
    [
        "<set-body template='liquid'>{{body.a}}</set-body>",
        "<json-to-xml apply='always' consider-accept-header='false'/>",
        '<set-body>@(context.Request.Body.As<JObject>()["a"].ToString())</set-body>',
    ],
)
def test_json_in_another_charset_is_read(xml: str) -> None:
    headers = {"Content-Type": "application/json; charset=iso-8859-1"}
    done = run(document(inbound=xml), req=request("POST", headers=headers, body=b'{"a": "caf\xe9"}'))
    assert "caf\u00e9" in done.sent.body.data.decode()


def test_a_body_that_the_template_does_not_look_at_may_be_anything() -> None:
    xml = "<set-body template='liquid'>{{context.Request.Method}}</set-body>"
    assert sent(xml, b"{no JSON", "application/json") == "POST"


def test_dates_stay_text_when_asked() -> None:
    xml = "<set-body template='liquid' parse-date='false'>{{body.when}}</set-body>"
    assert sent(xml, ORDER, "application/json") == "2024-02-03T04:05:06Z"


SOAP = (
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    b'<soap:Body><GetOpenOrders><cust>12</cust><gone xsi:nil="true"/></GetOpenOrders></soap:Body></soap:Envelope>'
)


@pytest.mark.parametrize(
    ("attributes", "expected"), [("", "12 empty"), ("xsi-nil='blank'", "12 empty"), ("xsi-nil='null'", "12 nil")]
)
def test_a_template_reads_xml_by_local_names(attributes: str, expected: str) -> None:
    xml = (
        f"<set-body template='liquid' {attributes}>{{{{body.envelope.body.getOpenOrders.cust}}}} "
        "{% if body.envelope.body.getOpenOrders.gone == nil %}nil{% else %}empty{% endif %}</set-body>"
    )
    assert sent(xml, SOAP, "text/xml") == expected


def test_a_template_may_hold_elements() -> None:
    xml = "<set-body template='liquid'><a xmlns='u'><b>{{body.customer.purchase.identifier}}</b></a></set-body>"
    assert sent(xml, ORDER, "application/json") == "<a xmlns='u'><b>7</b></a>"


def test_a_template_in_outbound_sees_the_response() -> None:
    backend = Backend(lambda req: Response(200, Headers({"Content-Type": "application/json"}), b'{"a": 1}'))
    xml = "<set-body template='liquid'>{{body.a}} {{context.Response.StatusCode}}</set-body>"
    assert run(document(outbound=xml), backend=backend).text == "1 200"


def test_a_template_sees_variables_json_ones_by_member() -> None:
    made = "<set-variable name='j' value='@(new JObject(new JProperty(\"a\", \"x\")))'/><set-variable name='s' value='text'/>"
    template = "{% assign v = context.Variables['j'] %}{{ v['a'] }} {{context.Variables.s}}"
    assert sent(f"{made}<set-body template='liquid'>{template}</set-body>") == "x text"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ a | upcase }}", "unknown filter 'upcase'; filters have C# names: Upcase"),
        ("{{ a | Shout }}", "unknown filter 'Shout'"),
        ("{% for %}", "the liquid template is not valid"),
        ("{% include 'x' %}", "unexpected tag 'include'"),
        ("{% render 'x' %}", "unexpected tag 'render'"),
        ("{{ a }} @(1)", "an expression is not allowed"),
    ],
)
def test_a_template_that_is_not_valid_is_refused(template: str, message: str) -> None:
    (error,) = check_document(document(inbound=f"<set-body template='liquid'>{template}</set-body>")).errors
    assert message in error.message


@pytest.mark.parametrize(
    ("body", "template"),
    [
        (b"{not json", "{{body}}"),
        (b'{"a": 1}', "{% for i in (1..100000000) %}{{i}}{% endfor %}"),
        (b'{"a": 0}', "{{ 1 | DividedBy: 0 }}"),
    ],
)
def test_a_template_that_fails_fails_the_request(body: bytes, template: str) -> None:
    xml = document(inbound=f"<set-body template='liquid'>{template}</set-body>")
    done = run(xml, req=request("POST", headers={"Content-Type": "application/json"}, body=body))
    assert done.response.status == 500
    assert json.loads(done.text)["message"] == "The liquid template could not be rendered."


FORMS = [
    ("return JsonConvert.SerializeObject(body);", '{"a":["1","é"],"b":["x y"]}'),
    ('body["newKey"].Add("newValue"); return body.ToFormUrlEncodedContent();', "a=1&a=%C3%A9&b=x+y&newKey=newValue"),
]


@pytest.mark.parametrize(("code", "expected"), FORMS)
def test_a_form_is_read_and_written(code: str, expected: str) -> None:
    xml = f"<set-body>@{{ var body = context.Request.Body.AsFormUrlEncodedContent(); {code} }}</set-body>"
    assert sent(xml, b"a=1&a=%C3%A9&b=x+y", "application/x-www-form-urlencoded") == expected
