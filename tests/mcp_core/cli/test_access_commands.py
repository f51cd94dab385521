"""The commands about access: connections, OAuth of a server, tools that not everybody sees."""

from __future__ import annotations

import pytest

from tests.mcp_core.cli.conftest import Command

NO_ADDRESSES = [
    *(
        "b",
        "ftp://x.example",
        "https://",
        "https://[::1",
        "https://x.example:99999",
        "https://x.example:0",
        "https://x.example/#f",
    ),
    *(
        "https://user:s3cr3t@x.example",
        "https://x.example/a b",
        "https://x.example/a\r\nX: y",
        "https://x.example\\@evil.example",
    ),
]
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
        *((("--token-endpoint", url, *GOOD[2:]), "no token endpoint") for url in NO_ADDRESSES),
    ],
)
def test_a_connection_that_would_not_do_is_refused_without_repeating_a_secret(
    command: Command, options: tuple[str, ...], problem: str
) -> None:
    ran = command("connection", "set", "erp", "main", *options)
    assert ran.status == 1
    assert problem in ran.err
    assert "s3cr3t" not in ran.err


@pytest.mark.parametrize(
    "options",
    [
        *((url,) for url in [*NO_ADDRESSES, "https://x.example/?code=s3cr3t"]),
        *(
            ("https://x.example", "--header", header)
            for header in ("X B: s3cr3t", "X: s3cr3t\r\nY: 1", "é: s3cr3t", "X: s3cr3t€", "X")
        ),
        *(("https://x.example", "--query", pair) for pair in ("=s3cr3t", "code")),
    ],
)
def test_a_backend_that_could_not_be_called_is_refused_without_repeating_a_secret(
    command: Command, options: tuple[str, ...]
) -> None:
    ran = command("backend", "set", "erp", *options)
    assert (ran.status, ran.out, "error: " in ran.err) == (1, "", True)
    assert "s3cr3t" not in ran.err
    assert command("backend", "list", "--json").json() == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--expires", "yesterday"), "no time"),
        (("--expires", "2020-01-01"), "over already"),
        (("--expires", "1970-01-01"), "too long ago"),  # 0 stands for "never"
        (("--expires", "0001-01-01"), "too long ago"),
        (("--starts", "0001-01-01T00:00:00+14:00"), "no time"),
        (("--expires", "9999-12-31T23:59:59-14:00"), "no time"),
        (("--starts", "2031-01-01", "--expires", "2030-01-01"), "never be valid"),
        (("--scope", "product/"), "no scope of a subscription"),
        (("--scope", "gold"), "no scope of a subscription"),
    ],
)
def test_a_subscription_whose_keys_would_not_do_what_was_said_is_refused(
    command: Command, options: tuple[str, ...], problem: str
) -> None:
    ran = command("subscription", "create", "team", *options)
    assert (ran.status, ran.out) == (1, "")
    assert problem in ran.err
    assert command("subscription", "list", "--json").json() == []


def test_what_a_product_holds_is_changed_and_what_it_does_not_hold_cannot_be_taken_out(pets: Command) -> None:
    assert pets("product", "create", "gold", "--server", "pets-mcp").status == 0
    assert pets("product", "set", "gold", "--remove-server", "pets-mcp", "--add-api", "pets").status == 0
    held = pets("product", "list", "--json").json()[0]
    assert (held["servers"], held["apis"]) == ([], ["pets"])
    for option in ("--remove-server", "--remove-api"):
        ran = pets("product", "set", "gold", option, "cats")
        assert (ran.status, "'cats'" in ran.err) == (1, True)
    assert pets("product", "set", "gold", "--remove-api", "pets").status == 0
    assert pets("product", "list", "--json").json()[0]["apis"] == []


def test_an_api_may_ask_all_its_servers_callers_for_a_key_also_after_another_import(pets: Command) -> None:
    def required() -> bool:
        return bool(pets("api", "show", "pets", "--json").json()["subscriptionRequired"])

    assert not required()
    assert pets("api", "set", "pets", "--subscription-required", "true").status == 0
    assert required()
    assert pets("api", "import", "pets.json", "--api-id", "pets").status == 0
    assert required()
    assert pets("api", "document", "pets").status == 0
    assert pets("api", "set", "pets", "--subscription-required", "false").status == 0
    assert not required()
    assert pets("api", "set", "none", "--subscription-required", "true").status == 1


def test_a_servers_oauth_is_set_and_taken_away(pets: Command) -> None:
    assert pets("mcp", "set", "pets-mcp", "--oauth-scope", "read").status == 1  # of which server?
    setting = ("--oauth-server", "https://login.example", "--oauth-scope", "read", "--oauth-client-id", "app")
    assert pets("mcp", "set", "pets-mcp", *setting).status == 0
    for wrong in (("--oauth-server", "http://login.example"), ("--oauth-client-id", "a\nb")):
        assert pets("mcp", "set", "pets-mcp", *wrong).status == 1
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
