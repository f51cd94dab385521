"""The way of an MCP request: which policies run around what, and what they see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_core.access import key_record, new_key
from mcp_core.catalog.model import NamedValue, Product, Subscription
from mcp_core.catalog.repository import Repository
from mcp_core.settings import Settings
from mcp_core.storage.port import TableStore
from policies.messages import Response
from policies.records import replace
from policies.secret import Secret
from tests.applications import RecordingBackend, Running, running, section
from tests.faulty_store import FaultyStore

SET = '<set-header name="{0}" exists-action="append"><value>{1}</value></set-header>'
CORS = """<cors allow-credentials="false"><allowed-origins><origin>https://app.example</origin></allowed-origins>
<allowed-methods><method>POST</method></allowed-methods><allowed-headers><header>*</header></allowed-headers></cors>"""


def body(response: Response) -> Any:
    return json.loads(response.body.data)


def text(response: Response) -> str:
    result = body(response)["result"]
    return str(result["content"][0]["text"])


def test_scopes_run_from_the_outermost_to_the_innermost_each_around_its_own_message(tmp_path: Path) -> None:
    backend = RecordingBackend()
    policies = {
        "global": section(SET.format("X-Way", "global")),
        "mcp/orders-mcp": section(
            SET.format("X-Way", "server") + '<set-variable name="way" value="@(context.Request.Headers["X-Way"][0])" />',
            outbound=SET.format("X-Back", "server"),
        ),
        "api/orders": section(SET.format("X-Way", "api"), outbound=SET.format("X-Back", "api")),
        "api/orders/getOrder": section(
            SET.format("X-Way", "operation")
            + SET.format("X-Seen", '@((string)context.Variables["way"] + "/" + context.Operation.Id + "/" + context.Api.Id)')
        ),
    }

    async def scene(gateway: Running) -> Response:
        return await gateway.call()

    response = running(tmp_path, scene, policies=policies, backend=backend)
    [sent] = backend.seen
    assert sent.headers.get("X-Way") == "api,operation"
    assert sent.headers.get("X-Seen") == "global,server/getOrder/orders"
    assert response.headers.get("X-Back") == "server"


def test_settings_give_expressions_their_budgets(tmp_path: Path) -> None:
    loop = "@{ int n = 0; while (n &lt; 5000) { n++; } return n.ToString(); }"

    async def scene(gateway: Running) -> Response:
        return await gateway.call()

    def called(folder: str, settings: Settings) -> Response:
        (tmp_path / folder).mkdir()
        return running(tmp_path / folder, scene, policies={"mcp/orders-mcp": section(SET.format("X", loop))}, settings=settings)

    assert called("few", Settings(trusted_proxies=0, expression_steps=2_000)).status == 500
    assert called("default", Settings(trusted_proxies=0)).status == 200


def test_nothing_of_the_clients_request_reaches_the_backend_unless_a_policy_hands_it_on(tmp_path: Path) -> None:
    backend = RecordingBackend()
    policies = {
        "mcp/orders-mcp": section('<set-variable name="who" value="@(context.Request.Headers.GetValueOrDefault("X-User"))" />'),
        "api/orders": section(SET.format("X-On-Behalf-Of", '@((string)context.Variables["who"])')),
    }

    async def scene(gateway: Running) -> None:
        headers = {"Authorization": "Bearer hush", "Cookie": "a=hush", "X-User": "ada", "Ocp-Apim-Subscription-Key": "hush"}
        await gateway.call(headers=headers)

    async def prepare(repository: Repository) -> None:
        await repository.subscriptions.save(Subscription("a", primary=key_record("hush")))

    running(tmp_path, scene, policies=policies, backend=backend, prepare=prepare)
    [sent] = backend.seen
    assert sent.headers.get("X-On-Behalf-Of") == "ada"
    assert "hush" not in str(list(sent.headers.items()))


@pytest.mark.parametrize(
    ("method", "operation"), [("tools/call", "getOrder in orders"), ("tools/list", "none"), ("ping", "none")]
)
def test_the_operation_is_known_for_tool_calls_only(tmp_path: Path, method: str, operation: str) -> None:
    told = 'context.Operation == null ? "none" : context.Operation.Id + " in " + context.Api.Id'
    policies = {"mcp/orders-mcp": section(outbound=SET.format("X-Operation", f"@({told})"))}

    async def scene(gateway: Running) -> Response:
        return await gateway.rpc(method, {"name": "getOrder", "arguments": {"id": 2}})

    assert running(tmp_path, scene, policies=policies).headers.get("X-Operation") == operation


def test_a_refusal_in_the_api_pipeline_is_a_result_that_the_model_can_read(tmp_path: Path) -> None:
    refusing = """<return-response><set-status code="409" reason="Conflict" />
<set-body>closed on Sundays</set-body></return-response>"""

    async def scene(gateway: Running) -> Response:
        return await gateway.call()

    response = running(tmp_path, scene, policies={"api/orders": section(refusing)})
    assert response.status == 200
    assert body(response)["result"]["isError"] is True
    assert "409" in text(response)
    assert "closed on Sundays" in str(body(response))


def test_a_refusal_in_the_mcp_pipeline_keeps_its_status_and_headers(tmp_path: Path) -> None:
    refusing = """<return-response><set-status code="418" reason="Teapot" />
<set-header name="X-Why" exists-action="override"><value>tea</value></set-header></return-response>"""

    async def scene(gateway: Running) -> Response:
        return await gateway.rpc("tools/list")

    response = running(tmp_path, scene, policies={"mcp/orders-mcp": section(refusing)})
    assert response.status == 418
    assert response.headers.get("X-Why") == "tea"
    assert body(response)["error"]["data"]["statusCode"] == 418
    assert body(response)["id"] == 1


def test_a_body_that_a_policy_set_is_left_as_it_is(tmp_path: Path) -> None:
    refusing = """<return-response><set-status code="403" reason="No" /><set-body>my own words</set-body></return-response>"""

    async def scene(gateway: Running) -> Response:
        return await gateway.rpc("tools/list")

    assert running(tmp_path, scene, policies={"mcp/orders-mcp": section(refusing)}).body.data == b"my own words"


def test_a_policy_may_rewrite_the_message(tmp_path: Path) -> None:
    rewriting = """<set-body>@{ var m = context.Request.Body.As<JObject>(preserveContent: true);
m["params"]["arguments"]["id"] = 7; return m.ToString(); }</set-body>"""
    backend = RecordingBackend()

    async def scene(gateway: Running) -> Response:
        return await gateway.call()

    running(tmp_path, scene, policies={"mcp/orders-mcp": section(rewriting)}, backend=backend)
    assert backend.seen[0].url.path == "/orders/7"


def test_a_policy_reads_the_response_without_breaking_it(tmp_path: Path) -> None:
    reading = SET.format(
        "X-Answered", '@(context.Response.Body.As<JObject>(preserveContent: true)["result"]["isError"].ToString())'
    )

    async def scene(gateway: Running) -> Response:
        return await gateway.call()

    response = running(tmp_path, scene, policies={"mcp/orders-mcp": section(outbound=reading)})
    assert response.headers.get("X-Answered") == "False"
    assert "Grace Hopper" in text(response)


def test_each_message_of_a_batch_goes_through_the_policies_alone(tmp_path: Path) -> None:
    limit = '<rate-limit-by-key calls="2" renewal-period="60" counter-key="k" />'
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "getOrder", "arguments": {"id": 2}}}
    batch = [{**call, "id": number} for number in range(3)] + [{"jsonrpc": "2.0", "id": "list", "method": "tools/list"}]

    async def scene(gateway: Running) -> Response:
        headers = {"Content-Type": "application/json", "Accept": "*/*", "MCP-Protocol-Version": "2025-03-26"}
        return await gateway.request("POST", "/orders-mcp/mcp", json.dumps(batch).encode(), headers)

    answers = body(running(tmp_path, scene, policies={"mcp/orders-mcp": section(limit)}))
    assert [answer["id"] for answer in answers] == [0, 1, 2, "list"]
    assert ["error" in answer for answer in answers] == [False, False, True, False]
    assert answers[2]["error"]["data"]["statusCode"] == 429


def test_an_origin_that_a_cors_policy_admits_is_served_and_another_is_not(tmp_path: Path) -> None:
    async def scene(gateway: Running) -> tuple[Response, Response, Response]:
        preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        return (
            await gateway.rpc("tools/list", headers={"Origin": "https://app.example"}),
            await gateway.rpc("tools/list", headers={"Origin": "https://evil.example"}),
            await gateway.request("OPTIONS", "/orders-mcp/mcp", headers=preflight),
        )

    admitted, foreign, preflight = running(tmp_path, scene, policies={"mcp/orders-mcp": section(CORS)})
    assert admitted.status == 200
    assert admitted.headers.get("Access-Control-Allow-Origin") == "https://app.example"
    assert foreign.status == 403
    assert preflight.status == 200
    assert preflight.headers.get("Access-Control-Allow-Methods") == "POST"


def test_a_preflight_needs_no_key_and_every_other_options_request_does(tmp_path: Path) -> None:
    answer = "<return-response><set-status code='200' /><set-body>inner</set-body></return-response>"

    async def prepare(repository: Repository) -> None:
        stored = await repository.servers.get("orders-mcp")
        await repository.servers.save(replace(stored.value, subscription_required=True), etag=stored.etag)

    async def scene(gateway: Running) -> tuple[Response, Response]:
        preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        return (
            await gateway.request("OPTIONS", "/orders-mcp/mcp", headers=preflight),
            await gateway.request("OPTIONS", "/orders-mcp/mcp"),
        )

    document = section(CORS + answer)
    preflight, other = running(tmp_path, scene, policies={"mcp/orders-mcp": document}, prepare=prepare)
    assert (preflight.status, preflight.headers.get("Access-Control-Allow-Methods")) == (200, "POST")
    assert (other.status, b"inner" in other.body.data) == (401, False)


def test_a_subscriber_comes_under_the_policies_of_the_product_and_others_do_not(tmp_path: Path) -> None:
    key, other = new_key(), new_key()

    async def prepare(repository: Repository) -> None:
        await repository.products.save(Product("gold", "Gold", servers=("orders-mcp",)))
        await repository.subscriptions.save(Subscription("a", scope="product/gold", primary=key_record(key)))
        await repository.subscriptions.save(Subscription("b", scope="mcp/orders-mcp", primary=key_record(other)))
        stored = await repository.servers.get("orders-mcp")
        await repository.servers.save(replace(stored.value, subscription_required=True), etag=stored.etag)

    policies = {
        "global": section(outbound=SET.format("X-Way", "global")),
        "product/gold": section(outbound=SET.format("X-Way", "@(context.Product.Id)")),
        "mcp/orders-mcp": section(outbound=SET.format("X-Way", "@(context.Subscription.Id)")),
    }

    async def scene(gateway: Running) -> tuple[Response, ...]:
        return (
            await gateway.rpc("tools/list", headers={"Ocp-Apim-Subscription-Key": key}),
            await gateway.rpc("tools/list", query=f"?subscription-key={other}"),
            await gateway.rpc("tools/list"),
            await gateway.call(headers={"Ocp-Apim-Subscription-Key": "wrong"}),
        )

    gold, single, missing, wrong = running(tmp_path, scene, policies=policies, prepare=prepare)
    assert gold.headers.get("X-Way") == "global,gold,a"
    assert single.headers.get("X-Way") == "global,b"
    assert (missing.status, wrong.status) == (401, 401)
    assert "missing subscription key" in body(missing)["error"]["message"]
    assert "invalid subscription key" in body(wrong)["error"]["message"]


def test_the_store_going_away_stops_counting_policies_and_nothing_else(tmp_path: Path) -> None:
    limit = '<rate-limit-by-key calls="2" renewal-period="60" counter-key="k" />'

    faulty: list[FaultyStore] = []

    def wrap(store: TableStore) -> TableStore:
        faulty.append(FaultyStore(store))
        return faulty[0]

    async def scene(gateway: Running) -> tuple[Response, Response]:
        faulty[0].down = True
        try:
            return await gateway.rpc("tools/list"), await gateway.call()
        finally:
            faulty[0].down = False

    listed, called = running(tmp_path, scene, policies={"mcp/orders-mcp": section(limit)}, wrap=wrap)
    assert listed.status == 200
    assert called.status == 503
    assert called.headers.get("Retry-After")
    assert "error" in body(called)


def test_whoever_has_the_debug_credential_sees_what_the_policies_did(tmp_path: Path) -> None:
    policies = {
        "mcp/orders-mcp": section('<set-variable name="who" value="ada" /><trace source="me"><message>hello</message></trace>'),
        "api/orders": section(SET.format("X-Key", "{{backend-key}}")),
    }

    async def prepare(repository: Repository) -> None:
        await repository.named_values.save(NamedValue("backend-key", Secret("hush"), secret=True))

    async def scene(gateway: Running) -> tuple[Any, Any, Any]:
        ask = {"Ocp-Apim-Trace": "true"}
        return (
            body(await gateway.call(headers={**ask, "Apim-Debug-Authorization": "debug"})),
            body(await gateway.call(headers={**ask, "Apim-Debug-Authorization": "wrong"})),
            body(await gateway.call(headers=ask)),
        )

    settings = Settings(trusted_proxies=0, trace_key=Secret("debug"))
    traced, wrong, without = running(tmp_path, scene, policies=policies, prepare=prepare, settings=settings)
    assert "_meta" not in wrong["result"]
    assert "_meta" not in without["result"]
    steps = traced["result"]["_meta"]["mcp-gateway/trace"]
    names = [step["policy"] for step in steps]
    assert [names.index(name) for name in ("set-variable", "trace", "set-header")] == sorted(
        names.index(name) for name in ("set-variable", "trace", "set-header")
    )
    assert any("hello" in text for step in steps for text in step["messages"])
    assert any("X-Key" in text for step in steps for text in step["changes"])
    assert "hush" not in json.dumps(steps)


def test_nobody_can_trace_where_no_credential_is_set(tmp_path: Path) -> None:
    async def scene(gateway: Running) -> Any:
        return body(await gateway.call(headers={"Ocp-Apim-Trace": "true", "Apim-Debug-Authorization": ""}))

    assert "_meta" not in running(tmp_path, scene)["result"]
