"""`policy check` warns of documents that are right but may not do what their author means."""

from __future__ import annotations

import time

import pytest

from policies.compiler import check_document


def warnings(xml: str, scope: str | None = None) -> list[tuple[int, str]]:
    result = check_document(xml, scope=scope)
    assert not result.errors
    return [(w.position.line if w.position else 0, w.message) for w in result.warnings]


def policies(inbound: str = "<base/>", rest: str = "") -> str:
    return f"<policies>\n<inbound>\n{inbound}\n</inbound>{rest}</policies>"


def test_a_counter_keyed_on_the_session_is_shared_by_all_new_clients() -> None:
    limit = (
        '<base/><rate-limit-by-key calls="5" renewal-period="30" '
        'counter-key=\'@(context.Request.Headers.GetValueOrDefault("Mcp-Session-Id",""))\'/>'
    )
    ((line, message),) = warnings(policies(limit))
    assert line == 3
    assert "2026-07-28" in message


HEADER = 'context.Request.Headers.GetValueOrDefault("{}", {})'
SESSION = HEADER.format("mcp-session-id", '""')
KEYS = [
    (f"@({SESSION})", True),
    ('@(context.Request.Headers["Mcp-Session-Id"].First())', True),
    ("@(context.Request.Headers.GetValueOrDefault(&quot;Mcp-Session-Id&quot;, &quot;&quot;))", True),
    (f'@("s-" + context.Api.Id + {SESSION})', True),
    ('@((string)context.Variables["session"])', True),
    ('@(context.Variables.GetValueOrDefault<string>("session", ""))', True),
    ('@((string)context.Variables["copy"])', True),
    ('@((string)context.Variables["caller"])', False),
    (f"@({HEADER.format('Mcp-Session-Id', 'context.Request.IpAddress')})", False),
    (f"@({HEADER.format('Mcp-Session-Id', HEADER.format('X-User', 'null'))})", False),
    (f"@(context.Subscription.Id + {SESSION})", False),
    ('@(context.Request.Headers.GetValueOrDefault("X-Session-Id", ""))', False),
]


@pytest.mark.parametrize(("key", "expected"), KEYS)
def test_a_session_is_found_behind_variables_and_is_no_fault_beside_what_else_tells_callers_apart(
    key: str, expected: bool
) -> None:
    variables = (
        f"<set-variable name='session' value='@({SESSION})'/>"
        "<set-variable name='copy' value='@((string)context.Variables[\"session\"])'/>"
        "<set-variable name='caller' value='@(context.Request.IpAddress)'/>"
    )
    for counter in (
        f"<rate-limit-by-key calls='5' renewal-period='30' counter-key='{key}'/>",
        f"<quota-by-key calls='5' renewal-period='300' counter-key='{key}'/>",
        f"<limit-concurrency key='{key}' max-count='2'><base/></limit-concurrency>",
    ):
        assert bool(warnings(policies(f"<base/>{variables}{counter}"))) == expected


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("<outbound><set-status code='200' reason='OK'/></outbound>", "<outbound> has no <base />"),
        ("<on-error/>", "<on-error> has no <base />"),
        ("<backend/>", "the request goes nowhere"),
    ],
)
def test_a_section_without_base_cuts_the_outer_scopes_off(section: str, message: str) -> None:
    assert any(message in text for _, text in warnings(policies(rest=section)))
    assert warnings(policies(rest=section), scope="global") == []


@pytest.mark.parametrize(
    "backend",
    [
        "<backend><base/></backend>",
        "<backend><forward-request/></backend>",
        "<backend><retry condition='false' count='1' interval='1'><base/></retry></backend>",
    ],
)
def test_a_backend_that_forwards_needs_no_warning(backend: str) -> None:
    assert warnings(policies(rest=backend)) == []


def test_a_backend_may_forward_in_a_fragment() -> None:
    unknown = warnings(policies(rest="<backend><include-fragment fragment-id='dispatch'/></backend>"))
    assert [text for _, text in unknown] == ["there is no policy fragment 'dispatch'"]


RETURN = "<return-response><set-status code='401' reason='No'/></return-response>"
DEAD = [
    (f"<base/>{RETURN}\n<set-variable name='a' value='b'/>", 4, "<return-response> in line 3 always ends"),
    ("<base/><choose>\n<when condition='false'><mock-response/></when></choose>", 4, "its condition never holds"),
    ("<base/><choose><when condition='@(true)'><base/></when>\n<otherwise><base/></otherwise></choose>", 4, "always holds"),
    (
        f"<base/><choose><when condition='@(context.Request.Method == \"GET\")'>{RETURN}</when>"
        f"<otherwise>{RETURN}</otherwise></choose>\n<set-variable name='a' value='b'/>",
        4,
        "<choose> in line 3 always ends",
    ),
]


@pytest.mark.parametrize(("inbound", "line", "message"), DEAD)
def test_what_can_never_be_reached_is_named(inbound: str, line: int, message: str) -> None:
    ((at, text),) = warnings(policies(inbound))
    assert at == line
    assert message in text


def test_an_inbound_that_always_answers_leaves_outbound_unreached() -> None:
    found = warnings(policies(f"<base/>{RETURN}", "\n<outbound><base/><set-status code='200' reason='OK'/></outbound>"))
    assert [line for line, _ in found] == [5]


def test_a_backend_that_always_answers_leaves_outbound_unreached_wherever_it_stands() -> None:
    xml = (
        "<policies><outbound><base/><set-status code='200' reason='OK'/></outbound>\n"
        f"<inbound><base/></inbound><backend><base/>{RETURN}</backend></policies>"
    )
    ((line, message),) = warnings(xml)
    assert (line, message) == (1, "this can never be reached: <return-response> in line 2 always ends the pipeline before")


def test_otherwise_is_the_last_branch_wherever_it_stands() -> None:
    when = "<when condition='@(context.Request.Method == \"GET\")'><base/></when>"
    assert warnings(policies(f"<base/><choose><otherwise><base/></otherwise>{when}</choose>")) == []


def test_an_attribute_of_a_section_does_nothing() -> None:
    xml = "<policies xmlns='u' version='1'>\n<inbound\nid='x'><base/></inbound></policies>"
    assert warnings(xml) == [
        (1, "<policies> has no attribute version: it does nothing"),
        (3, "<inbound> has no attribute id: it does nothing"),
    ]


def test_the_branches_of_a_wait_stand_side_by_side() -> None:
    ends = f"<choose><when condition='true'>{RETURN}</when></choose>"
    assert warnings(policies(f"<base/><wait>{ends}{ends}</wait><set-method>GET</set-method>")) == []
    dead = f"<choose><when condition='true'>{RETURN}<set-method>GET</set-method></when></choose>"
    assert len(warnings(policies(f"<base/><wait>{dead}{ends}</wait>"))) == 1


def test_a_branch_that_may_not_be_taken_leaves_the_rest_reachable() -> None:
    assert (
        warnings(policies(f"<base/><choose><when condition='@(1 > 2)'>{RETURN}</when></choose><set-method>GET</set-method>"))
        == []
    )


SECRETS = [
    "<set-header name='Authorization'><value>Bearer abcdef0123456789abcdef</value></set-header>",
    "<set-header name='Ocp-Apim-Subscription-Key'><value>0123456789abcdef</value></set-header>",
    "<set-query-parameter name='api-key'><value>hunter2hunter2</value></set-query-parameter>",
    "<authentication-basic username='a' password='hunter2'/>",
    "<set-variable name='clientSecret' value='hunter2hunter2'/>",
    "<set-body>grant_type=x&amp;client_secret=hunter2hunter2</set-body>",
    "<set-header name='x'><value>@(\"Bearer hunter2hunter2hunter2hunter2\")</value></set-header>",
    "<check-header name='Authorization' failed-check-httpcode='401' failed-check-error-message='No'>"
    "<value>hunter2hunter2</value></check-header>",
    "<set-backend-service base-url='https://f.example/api?code=hunter2hunter2hunter2=='/>",
    "<send-one-way-request><set-url>https://s.example/x?sv=1&amp;sig=hunter2%2Fhunter2</set-url></send-one-way-request>",
    "<send-one-way-request><set-url>https://s.example/</set-url>"
    "<set-body>grant_type=password&amp;username=u&amp;password=hunter2hunter2</set-body></send-one-way-request>",
    '<set-body>{"user": "u", "password": "hunter2"}</set-body>',
    "<set-header name='x'><value>Basic dTpodW50ZXIyaHVudGVyMg==</value></set-header>",
    "<authentication-basic username='a' password='short'/>",
]


@pytest.mark.parametrize("policy", SECRETS)
def test_a_secret_in_clear_is_told_without_showing_it(policy: str) -> None:
    result = check_document(policies(f"<base/>{policy}"))
    (warning,) = result.warnings
    assert "written in clear" in warning.message
    assert "hunter2" not in str(warning)


@pytest.mark.parametrize(
    "policy",
    [
        '<set-header name=\'Authorization\'><value>@("Bearer " + (string)context.Variables["t"])</value></set-header>',
        "<set-header name='Authorization'><value>{{key}}</value></set-header>",
        "<set-header name='X-Trace'><value>abcdefghijkl</value></set-header>",
        "<set-header name='Authorization' exists-action='delete'/>",
        "<authentication-basic username='{{u}}' password='{{p}}'/>",
        "<set-variable name='tokenEndpoint' value='https://login.example/oauth2/v2.0/token'/>",
        "<set-variable name='secretName' value='kv-orders-secret-1'/>",
        "<set-variable name='token' value='https://login.example/1'/>",
        "<set-variable name='tokenCacheDuration' value='300000'/>",
        "<set-header name='X-Token-Type'><value>Bearer</value></set-header>",
        "<set-header name='X-Token'><value>missing</value></set-header>",
        "<set-header name='Set-Cookie'><value>session=; Max-Age=0; HttpOnly; Secure</value></set-header>",
        "<set-body>Basic authentication and a Bearer authentication-scheme-are-supported</set-body>",
        '<set-body>@{ string password=context.Request.Headers.GetValueOrDefault("X",""); return password; }</set-body>',
        '<set-body>@("client_secret=" + context.Variables["s"])</set-body>',
        "<send-one-way-request><set-url>https://s.example/authorize?code=authorization_code</set-url></send-one-way-request>",
    ],
)
def test_expressions_and_named_values_are_no_secrets_in_clear(policy: str) -> None:
    named = dict.fromkeys(("key", "u", "p"), ("value", True))
    assert check_document(policies(f"<base/>{policy}"), named_values=named).warnings == []


JWT = """<base/><validate-jwt header-name="Authorization"><openid-config url="https://login.example/c"/>{}</validate-jwt>"""
AUDIENCES = "<audiences><audience>https://gateway.example/orders-mcp/mcp</audience></audiences>"
CLAIM = "<required-claims><claim name='{}'><value>https://gateway.example/orders-mcp/mcp</value></claim></required-claims>"


@pytest.mark.parametrize(
    ("inbound", "scope", "message"),
    [
        (JWT.format(""), "mcp/orders", "names no audience"),
        (JWT.format(AUDIENCES), "mcp/orders", ""),
        (JWT.format(CLAIM.format("aud")), "mcp/orders", ""),
        (JWT.format(CLAIM.format("scp")), "mcp/orders", "names no audience"),
        (JWT.format(AUDIENCES), "api/orders", "finds no token"),
        (JWT.format(AUDIENCES).replace("header-name", "token-value"), "api/orders", ""),
        (JWT.format(AUDIENCES).replace("https://login", "http://login"), "mcp/orders", "without TLS"),
        (JWT.format(AUDIENCES).replace("https://login.example", "http://127.0.0.1.example"), "mcp/orders", "without TLS"),
        (JWT.format(AUDIENCES).replace("https://login.example", "http://127.0.0.1:8080"), "mcp/orders", ""),
    ],
)
def test_a_check_of_tokens_that_protects_less_than_it_seems(inbound: str, scope: str, message: str) -> None:
    found = [text for _, text in warnings(policies(inbound), scope=scope)]
    assert len(found) == bool(message)
    assert all(message in text for text in found)


@pytest.mark.parametrize("text", ["?sig=", "eyJ-", "password=", "Bearer ", "Headers.a&lt;", "Basic AAAAAAAA ", '"secret" '])
def test_texts_that_are_nearly_credentials_take_no_longer_than_others(text: str) -> None:
    xml = policies(f"<base/><set-body>{text * 40_000}</set-body>")
    key = policies(f"<base/><limit-concurrency max-count='1' key='{text * 40_000}'><base/></limit-concurrency>")
    started = time.process_time()
    for document in (xml, key):
        check_document(document)
    assert time.process_time() - started < 5  # a tenth of a second; a search that begins anew at each would take minutes
