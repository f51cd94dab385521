"""What commands do and print, and what they say to a mistake."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mcp_core.cli import GROUPS
from tests.mcp_core.cli.conftest import PETS, Command

LIMIT = '<rate-limit-by-key calls="5" renewal-period="30" counter-key="@(context.Request.IpAddress)" />'
POLICY = f"<policies><inbound><base />{LIMIT}</inbound><backend><base /></backend><outbound /><on-error /></policies>"


def test_every_group_has_help(command: Command) -> None:
    assert command("--help").status == 0
    for group in GROUPS:
        ran = command(group, "--help")
        assert ran.status == 0, group
        assert ran.out.startswith("usage:"), group


def test_an_import_says_what_it_made_and_shows_it(pets: Command) -> None:
    shown = pets("api", "show", "pets")
    assert [line.split()[:3] for line in shown.out.splitlines()[2:]] == [
        ["ID", "METHOD", "URL"],
        ["findPets", "GET", "/pets"],
        ["addPet", "POST", "/pets"],
        ["getPet", "GET", "/pets/{id}"],
    ]
    assert pets("api", "list", "--json").json() == [
        {"id": "pets", "title": "Pets", "operations": 3, "serviceUrl": "https://pets.example/v1", "path": "pets"}
    ]
    assert json.loads(pets("api", "document", "pets").out) == PETS


def test_a_server_is_listed_with_its_tools_and_url(pets: Command) -> None:
    assert pets("mcp", "list").out.splitlines()[1].split() == ["pets-mcp", "3", "http://127.0.0.1:7071/pets-mcp/mcp"]
    tools = pets("mcp", "show", "pets-mcp", "--json").json()["tools"]
    assert [tool["name"] for tool in tools] == ["findPets", "addPet", "getPet"]
    assert tools[2]["inputSchema"]["required"] == ["id"]


def test_only_the_chosen_operations_are_exported_in_the_order_given(pets: Command) -> None:
    assert pets("mcp", "create", "two", "--api", "pets", "--operation", "getPet", "--operation", "findPets").status == 0
    assert [tool["name"] for tool in pets("mcp", "show", "two", "--json").json()["tools"]] == ["getPet", "findPets"]


def test_a_tool_gets_another_name_and_description_and_its_own_back(pets: Command) -> None:
    assert pets("mcp", "tool", "set", "pets-mcp", "getPet", "--name", "look_up", "--description", "Look one up.").status == 0
    tool = pets("mcp", "show", "pets-mcp", "--json").json()["tools"][2]
    assert (tool["name"], tool["description"]) == ("look_up", "Look one up.")
    assert pets("mcp", "tool", "set", "pets-mcp", "look_up", "--name", "").status == 0
    assert pets("mcp", "show", "pets-mcp", "--json").json()["tools"][2]["name"] == "getPet"


def test_a_second_import_keeps_what_is_gone_until_it_is_pruned(pets: Command, tmp_path: Path) -> None:
    fewer = {**PETS, "paths": {"/pets": PETS["paths"]["/pets"]}}
    (tmp_path / "pets.json").write_text(json.dumps(fewer))
    kept = pets("api", "import", "pets.json", "--api-id", "pets", "--json").json()
    assert (kept["changes"]["removed"], kept["changes"]["pruned"], len(kept["operations"])) == (["getPet"], False, 3)
    pruned = pets("api", "import", "pets.json", "--api-id", "pets", "--json", "--prune").json()
    assert (pruned["changes"]["removed"], len(pruned["operations"])) == (["getPet"], 2)


def test_a_dry_run_stores_nothing(command: Command, tmp_path: Path) -> None:
    (tmp_path / "pets.json").write_text(json.dumps(PETS))
    described = command("api", "import", "pets.json", "--api-id", "pets", "--dry-run", "--json").json()
    assert described["stored"] is False
    assert [operation["tool"] for operation in described["operations"]] == ["findPets", "addPet", "getPet"]
    assert command("api", "list", "--json").json() == []


def test_a_document_is_read_from_stdin(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Standard(io.StringIO):
        buffer = io.BytesIO(json.dumps(PETS).encode())

    monkeypatch.setattr("sys.stdin", Standard())
    assert command("api", "import", "-", "--api-id", "pets").status == 0


def test_a_policy_is_stored_shown_as_written_and_deleted(pets: Command, tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_text(POLICY)
    assert pets("policy", "set", "mcp/pets-mcp", "p.xml").status == 0
    assert pets("policy", "show", "mcp/pets-mcp").out == POLICY + "\n"
    assert pets("policy", "list", "--json").json() == [{"scope": "mcp/pets-mcp", "characters": len(POLICY)}]
    assert pets("policy", "delete", "mcp/pets-mcp").status == 0
    assert pets("policy", "show", "mcp/pets-mcp").status == 1


def test_a_policy_that_does_not_compile_leaves_the_one_before(pets: Command, tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_text(POLICY)
    (tmp_path / "bad.xml").write_text(POLICY.replace("IpAddress", "IpAdress"))
    pets("policy", "set", "mcp/pets-mcp", "p.xml")
    ran = pets("policy", "set", "mcp/pets-mcp", "bad.xml")
    assert ran.status == 1
    assert "1:" in ran.err
    assert "IpAdress" in ran.err
    assert "Nothing was stored" in ran.err
    assert pets("policy", "show", "mcp/pets-mcp").out == POLICY + "\n"


def test_what_a_policy_names_cannot_be_taken_away_from_under_it(pets: Command, tmp_path: Path) -> None:
    pets("named-value", "set", "calls", "5")
    (tmp_path / "p.xml").write_text(POLICY.replace('calls="5"', 'calls="{{calls}}"'))
    assert pets("policy", "set", "global", "p.xml").status == 0
    refused = pets("named-value", "delete", "calls")
    assert refused.status == 1
    assert "calls" in refused.err
    assert pets("named-value", "set", "calls", "many").status == 1
    assert pets("named-value", "list", "--json").json() == [{"name": "calls", "value": "5", "secret": False}]


def test_a_secret_named_value_is_never_shown_again(command: Command) -> None:
    assert command("named-value", "set", "key", "hush", "--secret").status == 0
    for shown in (command("named-value", "list"), command("named-value", "list", "--json")):
        assert "key" in shown.out
        assert "hush" not in shown.out + shown.err
    command("named-value", "set", "key", "hush too")
    assert "hush" not in command("named-value", "list").out


def test_a_fragment_is_included_and_kept_while_it_is(pets: Command, tmp_path: Path) -> None:
    (tmp_path / "f.xml").write_text(f"<fragment>{LIMIT}</fragment>")
    (tmp_path / "p.xml").write_text(POLICY.replace(LIMIT, '<include-fragment fragment-id="limit" />'))
    assert pets("policy", "set", "global", "p.xml").status == 1
    assert pets("fragment", "set", "limit", "f.xml").status == 0
    assert pets("policy", "set", "global", "p.xml").status == 0
    assert pets("fragment", "delete", "limit").status == 1
    assert pets("fragment", "list", "--json").json()[0]["id"] == "limit"


def test_checking_files_needs_no_store(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_STORE", "nonsense")
    (tmp_path / "good.xml").write_text(POLICY.replace('calls="5"', 'calls="{{n}}"'))
    (tmp_path / "bad.xml").write_text("<policies><inbound><set-heder /></inbound></policies>")
    lines = command("policy", "check", "good.xml", "bad.xml", "none.xml")
    assert lines.status == 1
    assert [line.split(": ")[0] for line in lines.out.splitlines()] == ["good.xml", "bad.xml", "none.xml"]
    assert command("policy", "check", "good.xml", "--named-value", "n=5").status == 0
    [good, bad] = command("policy", "check", "good.xml", "bad.xml", "--json").json()
    assert (good["ok"], bad["ok"]) == (True, False)
    assert good["warnings"]
    assert (bad["errors"][0]["line"], bad["errors"][0]["column"]) == (1, 20)


def test_a_check_takes_the_documents_of_a_directory(command: Command, tmp_path: Path) -> None:
    (tmp_path / "policies" / "apis").mkdir(parents=True)
    (tmp_path / "policies" / "apis" / "orders.xml").write_text("<policies><inbound><set-heder /></inbound></policies>")
    (tmp_path / "policies" / "global.xml").write_text(POLICY)
    (tmp_path / "policies" / "README.md").write_text("no policy")
    (tmp_path / "empty").mkdir()
    lines = command("policy", "check", "policies")
    assert (lines.status, lines.out.splitlines()) == (1, ["policies/apis/orders.xml: 1 error", "policies/global.xml: ok"])
    assert "no .xml file" in command("policy", "check", "empty").err


def test_a_checks_json_has_the_advice_in_the_message(command: Command, tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_text(
        '<policies><inbound><base/><include-fragment fragment-id="f"/></inbound><Outbound/></policies>'
    )
    (tmp_path / "f.xml").write_text("<fragment>\n <set-heder />\n</fragment>")
    [found] = command("policy", "check", "p.xml", "--fragment", "f=f.xml", "--json").json()
    assert found["errors"] == [
        {"line": 1, "column": 72, "message": "<Outbound> is no section; did you mean outbound?"},
        {"line": 2, "column": 2, "message": "fragment/f: <set-heder> is no policy; did you mean set-header?"},
    ]


def test_a_check_for_a_scope_that_is_none_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_text(POLICY)
    assert command("policy", "check", "p.xml", "--scope", "server/orders").status == 1
    assert command("policy", "check", "p.xml", "--scope", "mcp/orders").status == 0


def test_storing_a_document_warns_of_what_it_may_not_mean_and_of_nothing_else(pets: Command, tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_text(POLICY.replace('calls="5"', 'calls="{{n}}"').replace("<base />", ""))
    pets("named-value", "set", "n", "5")
    done = pets("policy", "set", "mcp/pets-mcp", "p.xml")
    assert done.status == 0
    assert "has no <base />" in done.err
    assert "named value" not in done.err


def test_a_subscriptions_keys_are_shown_once(pets: Command) -> None:
    pets("product", "create", "gold", "--server", "pets-mcp")
    made = pets("subscription", "create", "team-a", "--scope", "product/gold", "--json").json()
    assert made["primaryKey"] != made["secondaryKey"]
    listed = pets("subscription", "list", "--json")
    assert listed.json()[0]["state"] == "active"
    assert made["primaryKey"] not in listed.out
    again = pets("subscription", "regenerate", "team-a", "--key", "primary", "--json").json()
    assert again["primaryKey"] != made["primaryKey"]
    assert pets("subscription", "suspend", "team-a").status == 0
    assert pets("subscription", "list", "--json").json()[0]["state"] == "suspended"
    assert pets("product", "delete", "gold").status == 1


def test_an_expression_is_evaluated_offline(command: Command, tmp_path: Path) -> None:
    assert command("eval", "@(1 + 2)", "--json").json() == {"type": "System.Int32", "value": 3}
    (tmp_path / "r.json").write_text(json.dumps({"method": "POST", "url": "https://h.example/a?x=1", "ip": "203.0.113.7"}))
    shown = command(
        "eval", '@(context.Request.IpAddress + context.Request.Url.Query.GetValueOrDefault("x"))', "--request", "r.json"
    )
    assert (shown.status, shown.out) == (0, "203.0.113.71\n")
    failed = command("eval", "@(context.Nothing)", "--json")
    assert failed.status == 1
    assert failed.json()["error"]["kind"] == "compile"
    thrown = command("eval", '@(int.Parse("x"))', "--json")
    assert (thrown.status, thrown.json()["error"]["kind"]) == (1, "runtime")


def test_a_batch_of_expressions_gives_an_answer_a_line(command: Command, tmp_path: Path) -> None:
    cases = [
        {"expression": "@(2 * 3)"},
        {"expression": "@(2 *)"},
        {"expression": '@((string)context.Variables["a"])', "variables": {"a": "b"}},
    ]
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps(case) for case in cases))
    answers = [json.loads(line) for line in command("eval", "--batch", "b.jsonl").out.splitlines()]
    assert [answer.get("value", "error") for answer in answers] == [6, "error", "b"]


def test_a_line_of_a_batch_that_describes_nothing_costs_the_others_nothing(command: Command, tmp_path: Path) -> None:
    lines = ['{"expression": "@(1)"}', "nonsense", "[]", "", '{"expression": 5}', '{"expression": "@(@\\"\u2028\\")"}']
    (tmp_path / "b.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = command("eval", "--batch", "b.jsonl")
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer.get("value") or answer["error"]["kind"] for answer in answers] == [1, "input", "input", "input", "\u2028"]
    assert "line 2 of b.jsonl is not JSON" in answers[1]["error"]["message"]
    assert done.status == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("api", "import", "none.json", "--api-id", "x"), 1, "none.json cannot be read"),
        (("api", "import", "text.txt", "--api-id", "x"), 1, "no OpenAPI document"),
        (("api", "import", "page.html", "--api-id", "x"), 1, "HTML page"),
        (("api", "import", "empty.json", "--api-id", "x"), 1, "no operations"),
        (("api", "import", "pets.json", "--api-id", "a/b"), 1, "'a/b' is no API id"),
        (("api", "import", "pets.json", "--api-id", "x", "--service-url", "ftp://h"), 1, "--service-url"),
        (("api", "import"), 2, "required"),
        (("api", "show", "none"), 1, "There is no API 'none'"),
        (("api", "delete", "pets"), 1, "in use by MCP server pets-mcp"),
        (("mcp", "create", "x", "--api", "none"), 1, "There is no API 'none'"),
        (("mcp", "create", "pets-mcp", "--api", "pets"), 1, "exists already"),
        (("mcp", "create", "a#b", "--api", "pets"), 1, "'#' at position 2"),
        (("mcp", "create", "a b", "--api", "pets"), 1, "a space at position 2"),
        (("mcp", "create", "a" * 300, "--api", "pets"), 1, "80 at most"),
        (("mcp", "create", "🙂", "--api", "pets"), 1, "is no MCP server name"),
        (("mcp", "create", "health", "--api", "pets"), 1, "another meaning"),
        (("mcp", "create", "x", "--api", "pets", "--operation", "getPets"), 1, "Did you mean"),
        (("mcp", "show", "none"), 1, "There is no MCP server 'none'"),
        (("mcp", "tool", "set", "pets-mcp", "none", "--name", "x"), 1, "has no tool 'none'"),
        (("mcp", "tool", "set", "pets-mcp", "getPet", "--name", "addPet"), 1, "has a tool 'addPet' already"),
        (("mcp", "tool", "set", "pets-mcp", "getPet", "--name", "a b"), 1, "is no tool name"),
        (("policy", "set", "nowhere", "pets.json"), 1, "is no policy scope"),
        (("policy", "set", "mcp/none", "good.xml"), 1, "There is no MCP server 'none'"),
        (("policy", "set", "api/pets/none", "good.xml"), 1, "has no operation 'none'"),
        (("policy", "set", "global", "none.xml"), 1, "none.xml cannot be read"),
        (("policy", "show", "global"), 1, "There is no policy"),
        (("subscription", "create", "x", "--scope", "product/none"), 1, "There is no product 'none'"),
        (("subscription", "create", "x", "--expires", "tomorrow"), 1, "is no time"),
        (("backend", "set", "x", "h.example"), 1, "needs an absolute http or https URL"),
        (("tool", "call", "pets-mcp", "getPet", "{"), 1, "not JSON"),
        (("tool", "call", "pets-mcp", "getPet", "[]"), 1, "must be a JSON object"),
        (("tool", "call", "pets-mcp", "getPet", "{}", "--url", "ftp://h"), 1, "no http or https URL"),
        (("eval",), 1, "There is no expression"),
        (("eval", "@(1)", "--variables", "{"), 1, "--variables is not JSON"),
        (("nonsense",), 2, "invalid choice"),
    ],
)
def test_a_mistake_gets_its_own_answer(
    pets: Command, tmp_path: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    (tmp_path / "text.txt").write_text("just words")
    (tmp_path / "page.html").write_text("<!doctype html><html></html>")
    (tmp_path / "empty.json").write_text(json.dumps({**PETS, "paths": {}}))
    (tmp_path / "good.xml").write_text(POLICY)
    before = pets("store", "show", "--json").out
    ran = pets(*arguments)
    assert ran.status == status, ran.err
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert pets("store", "show", "--json").out == before


def test_a_store_that_is_not_ours_is_left_alone(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = tmp_path / "letters.db"
    foreign.write_text("my letters")
    monkeypatch.setenv("MCP_STORE", f"sqlite:{foreign}")
    ran = command("api", "list")
    assert ran.status == 1
    assert "not a store of this program" in ran.err
    assert foreign.read_text() == "my letters"
