"""The commands about access: connections, OAuth of a server, tools that not everybody sees."""

from __future__ import annotations

import pytest

from tests.mcp_core.cli.conftest import Command

GOOD = ("--token-endpoint", "https://login.example/token", "--client-id", "gateway", "--client-secret", "ERP_SECRET")


def test_a_connection_is_stored_listed_changed_and_deleted(command: Command) -> None:
    assert command("connection", "set", "erp", "main", *GOOD, "--scope", "a", "--scope", "b").status == 0
    listed = command("connection", "list", "--json").json()
    assert listed == [
        {
            "provider": "erp",
            "id": "main",
            "grantType": "client_credentials",
            "tokenEndpoint": "https://login.example/token",
            "clientId": "gateway",
            "scopes": ["a", "b"],
            "secret": "ERP_SECRET",
        }
    ]
    assert command("connection", "set", "erp", "main", *GOOD).status == 0
    assert command("connection", "list", "--json").json()[0]["scopes"] == []
    assert "erp/main" in command("connection", "list").out
    assert command("connection", "delete", "erp", "main").status == 0
    assert command("connection", "list", "--json").json() == []
    assert command("connection", "delete", "erp", "main").status == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((*GOOD[:4], "--client-secret", "s3cr3t in clear!"), "by reference"),
        ((*GOOD[:4], "--client-secret", "MCP_TRACE_KEY"), "by reference"),
        (GOOD[:4], "--client-secret"),
        ((*GOOD, "--grant-type", "refresh_token"), "--refresh-token"),
        (("--token-endpoint", "http://login.example/token", *GOOD[2:]), "no token endpoint"),
        ((*GOOD, "--parameter", "client_secret=x"), "--parameter"),
    ],
)
def test_a_connection_that_would_not_do_is_refused_without_repeating_a_secret(
    command: Command, options: tuple[str, ...], problem: str
) -> None:
    ran = command("connection", "set", "erp", "main", *options)
    assert ran.status == 1
    assert problem in ran.err
    assert "s3cr3t" not in ran.err


def test_a_servers_oauth_is_set_and_taken_away(pets: Command) -> None:
    assert pets("mcp", "set", "pets-mcp", "--oauth-scope", "read").status == 1  # of which server?
    setting = ("--oauth-server", "https://login.example", "--oauth-scope", "read", "--oauth-client-id", "app")
    assert pets("mcp", "set", "pets-mcp", *setting).status == 0
    refused = pets("mcp", "set", "pets-mcp", "--oauth-client-secret", "in clear!")
    assert (refused.status, "in clear" in refused.err) == (1, False)
    assert pets("mcp", "set", "pets-mcp", "--oauth-redirect-uri", "https://app.example/cb").status == 0
    wrong = pets("mcp", "set", "pets-mcp", "--oauth-redirect-uri", "http://app.example/cb")
    assert (wrong.status, "is no redirect URI" in wrong.err) == (1, True)
    assert pets("mcp", "set", "pets-mcp", "--oauth-redirect-uri", "").status == 0
    assert pets("mcp", "set", "pets-mcp", "--oauth-server", "").status == 0


def test_a_products_condition_is_set_shown_and_taken_away(pets: Command) -> None:
    reads = '@(context.Operation.Method == "GET")'
    assert pets("product", "create", "readers", "--server", "pets-mcp", "--visible-when", reads).status == 0
    assert pets("product", "list", "--json").json()[0]["visibleWhen"] == reads
    refused = pets("product", "set", "readers", "--visible-when", "@(context.Operatin.Method)")
    assert refused.status == 1
    assert "product/readers, visible-when" in refused.err
    assert "Operation" in refused.err
    assert pets("product", "list", "--json").json()[0]["visibleWhen"] == reads
    assert pets("product", "set", "readers", "--visible-when", "").status == 0
    assert pets("product", "list", "--json").json()[0]["visibleWhen"] == ""
    assert pets("product", "create", "bad", "--visible-when", "maybe").status == 1
    assert [each["id"] for each in pets("product", "list", "--json").json()] == ["readers"]


def test_a_condition_that_does_not_compile_is_shown_with_its_place(pets: Command) -> None:
    ran = pets("mcp", "tool", "set", "pets-mcp", "addPet", "--visible-when", "@(context.Subscripton != null)")
    assert ran.status == 1
    assert "visible-when of addPet" in ran.err
    assert "Subscription" in ran.err
    good = pets("mcp", "tool", "set", "pets-mcp", "addPet", "--visible-when", "@(context.Subscription != null)")
    assert good.status == 0
