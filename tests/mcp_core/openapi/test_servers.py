"""Where the API lives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mcp_core.openapi.documents import imported, operation_of

SOURCE = "https://docs.example.com/specs/api.json"
SERVERS: list[tuple[Any, str, str]] = [
    # servers, where the document came from, service URL
    ([{"url": "https://api.example.com/v1/"}], "", "https://api.example.com/v1"),
    ([{"url": "http://localhost:8080"}], "", "http://localhost:8080"),
    ([{"url": "/v2"}], SOURCE, "https://docs.example.com/v2"),
    ([{"url": "v2"}], SOURCE, "https://docs.example.com/specs/v2"),
    ([{"url": "../v2"}], SOURCE, "https://docs.example.com/v2"),
    ([{"url": "//cdn.example.com/x"}], SOURCE, "https://cdn.example.com/x"),
    ([{"url": "/"}], SOURCE, "https://docs.example.com"),
    ([{"url": "/v2"}], "", ""),
    (None, SOURCE, "https://docs.example.com"),
    ([], SOURCE, "https://docs.example.com"),
    (None, "", ""),
    ([{"url": "https://{region}.example.com:{port}/{base}", "variables": {
        "region": {"default": "eu", "enum": ["us", "eu"]}, "port": {"enum": ["8443"]}, "base": {"default": "v2"}}}], "",
     "https://eu.example.com:8443/v2"),
    ([{"url": "https://{tenant}.example.com"}], "", ""),
    ([{"url": "https://{tenant}.example.com"}, {"url": "https://api.example.com"}], "", "https://api.example.com"),
    ([{"url": "wss://api.example.com"}, {"url": "https://api.example.com"}], "", "https://api.example.com"),
    ([{"url": "https://user:secret@api.example.com/v1?key=1#top"}], "", "https://api.example.com/v1"),
    ([{"url": "https://[::1]:8080/v1"}], "", "https://[::1]:8080/v1"),
    ([{"url": "https://api.example.com:notaport"}], "", ""),
    ([{"url": 12}, "x", None, {"url": "https://api.example.com"}], "", "https://api.example.com"),
    ("https://api.example.com", SOURCE, "https://docs.example.com"),
]  # fmt: skip


def api_with(servers: Any, source: str = "", **options: Any) -> Any:
    data = {"openapi": "3.0.3", "info": {}, "paths": {"/a": {"get": {"operationId": "op"}}}}
    if servers is not None:
        data["servers"] = servers
    return imported(data, source_url=source, **options)


@pytest.mark.parametrize(("servers", "source", "expected"), SERVERS)
def test_the_first_server_that_can_be_called_counts(servers: Any, source: str, expected: str) -> None:
    api = api_with(servers, source)
    assert api.service_url == expected
    assert bool(expected) != any("where the API lives" in warning for warning in api.warnings)


def test_a_given_service_url_replaces_the_document_s() -> None:
    assert (
        api_with([{"url": "https://api.example.com"}], service_url="https://mine.example.com/x/").service_url
        == "https://mine.example.com/x"
    )


SWAGGER: list[tuple[dict[str, Any], str, str]] = [
    ({"host": "api.example.com", "basePath": "/v1", "schemes": ["http", "https"]}, "", "https://api.example.com/v1"),
    ({"host": "api.example.com", "schemes": ["http"]}, "", "http://api.example.com"),
    ({"host": "api.example.com:8080", "basePath": "v1/"}, "", "https://api.example.com:8080/v1"),
    ({"host": "api.example.com"}, "http://docs.example.com/x.json", "http://api.example.com"),
    ({"basePath": "/v1"}, "https://docs.example.com/x.json", "https://docs.example.com/v1"),
    ({"basePath": "/"}, "https://docs.example.com/x.json", "https://docs.example.com"),
    ({"host": "https://api.example.com/", "basePath": "/v1"}, "", "https://api.example.com/v1"),
    ({"host": "api.example.com", "schemes": ["ws", "wss"]}, "", "https://api.example.com"),
    ({"host": "{tenant}.example.com"}, "", ""),
    ({"host": 12, "basePath": ["x"]}, "", ""),
    ({"basePath": "/v1"}, "", ""),
]


@pytest.mark.parametrize(("said", "source", "expected"), SWAGGER)
def test_host_base_path_and_schemes_make_one_url(said: dict[str, Any], source: str, expected: str) -> None:
    data = {"swagger": "2.0", "paths": {"/a": {"get": {"operationId": "op"}}}, **said}
    assert imported(data, source_url=source).service_url == expected


def test_a_server_of_a_path_or_operation_counts_for_it_alone() -> None:
    own = {"servers": [{"url": "https://upload.example.com"}]}
    data = {
        "openapi": "3.1.0", "servers": [{"url": "https://api.example.com/v1"}],
        "paths": {
            "/a": {"get": {"operationId": "plain"}, "post": {"operationId": "own", **own}},
            "/b": {**own, "get": {"operationId": "path"}, "post": {"operationId": "relative", "servers": [{"url": "/v2"}]}},
            "/c": {"servers": [{"url": "https://api.example.com/v1/"}], "get": {"operationId": "same"}},
        },
    }  # fmt: skip
    api = imported(data)
    urls = {name: operation_of(api, name).server_url for name in ("plain", "own", "path", "relative", "same")}
    assert urls == {
        "plain": "", "own": "https://upload.example.com", "path": "https://upload.example.com",
        "relative": "https://api.example.com/v2", "same": "",
    }  # fmt: skip
