import pytest

from mcp_core.errors import InvalidInput
from mcp_core.settings import DEFINITIONS, Settings, load_settings


def test_every_setting_has_the_default_that_its_row_names() -> None:
    settings = Settings()
    for row in DEFINITIONS:
        if row.field:
            assert getattr(settings, row.field) == row.default, row.variable


def test_variables_are_parsed_and_a_hosts_own_default_gives_way_to_them() -> None:
    settings = load_settings({"MCP_TRUSTED_PROXIES": "2", "MCP_ALLOWED_ORIGINS": "https://a.example, https://b.example"})
    assert settings.trusted_proxies == 2
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert load_settings({"MCP_ALLOW_PRIVATE_BACKENDS": "off"}, allow_private_backends=True).allow_private_backends is False


def test_all_wrong_settings_are_named_in_one_message() -> None:
    with pytest.raises(InvalidInput) as caught:
        load_settings({"MCP_PAGE_SIZE": "many", "MCP_BACKEND_TIMEOUT": "-1", "MCP_STREAMING": "perhaps"})
    message = str(caught.value)
    assert "MCP_PAGE_SIZE must be a whole number from 1 to 10,000 (it is 'many')" in message
    assert "MCP_BACKEND_TIMEOUT must be a number of seconds" in message
    assert "MCP_STREAMING must be 1 or 0" in message


@pytest.mark.parametrize(
    ("variable", "good", "bad"),
    [
        (
            "MCP_ALLOWED_ORIGINS",
            ["", "*", "null", "https://a.example", "https://*.a.example:8443", "vscode-webview://x", "http://[::1]:80"],
            ["a.example", "https://a.example/path", "https://a*.example", "https://"],
        ),
        (
            "MCP_ALLOWED_HOSTS",
            ["", "a.example", "*.a.example", "::1", "[::1]", "127.0.0.1", "my_service, localhost"],
            ["https://a.example", "a.example:443", "a.example/", "*", "a b"],
        ),
        (
            "MCP_PUBLIC_URL",
            ["", "https://a.example", "http://a.example:8080/below/"],
            [
                "a.example",
                "javascript:x",
                'https://a.example/"',
                "https://u:p@a.example",
                "https://a.example?x",
                "https://[::1",
            ],
        ),
    ],
)
def test_what_would_never_match_is_refused_when_the_gateway_starts(variable: str, good: list[str], bad: list[str]) -> None:
    for text in good:
        load_settings({variable: text})
    for text in bad:
        with pytest.raises(InvalidInput, match=variable):
            load_settings({variable: text})


def test_secrets_do_not_show() -> None:
    settings = load_settings({"MCP_TRACE_KEY": "hush", "MCP_REDIS_URL": "redis://:hush@localhost"})
    assert "hush" not in repr(settings)
