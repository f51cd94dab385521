"""HTTP messages: what a change changes, and what it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.messages import Body, Headers, Request, Url

AWKWARD = "/a?x=1&y=%20b+c&x=2&flag&empty="


def test_a_query_that_is_only_read_goes_out_as_it_came() -> None:
    url = Url("https://h.example" + AWKWARD)
    assert url.query == {"x": ["1", "2"], "y": [" b c"], "flag": [""], "empty": [""]}
    assert str(url) == "https://h.example" + AWKWARD


def test_a_changed_query_is_encoded_anew() -> None:
    url = Url("https://h.example" + AWKWARD)
    url.query["y"] = ["ü&"]
    del url.query["empty"]
    assert url.query_string == "x=1&x=2&y=%C3%BC%26&flag="


def test_a_query_from_which_everything_was_removed_is_gone() -> None:
    url = Url("https://h.example/a?x=1")
    url.query.clear()
    assert str(url) == "https://h.example/a"


def test_changing_a_requests_url_leaves_the_original() -> None:
    request = Request("GET", "https://h.example/a?x=1")
    request.changeable_url.query["x"] = ["2"]
    request.changeable_url.path = "/b"
    assert str(request.url) == "https://h.example/b?x=2"
    assert str(request.original_url) == "https://h.example/a?x=1"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://h", ("http", "h", 80, "/", "")),
        ("HTTPS://H.Example:8443/p", ("https", "h.example", 8443, "/p", "")),
        ("https://h?x=1", ("https", "h", 443, "/", "x=1")),
        ("https://h/p?x=a/b?c", ("https", "h", 443, "/p", "x=a/b?c")),
        ("http://[2001:db8::1]:81/p", ("http", "2001:db8::1", 81, "/p", "")),
        ("http://user:pw@h:82/p", ("http", "h", 82, "/p", "")),
        ("http://h/p#fragment", ("http", "h", 80, "/p", "")),
    ],
)
def test_a_url_is_taken_apart(text: str, parts: tuple[str, str, int, str, str]) -> None:
    url = Url(text)
    assert (url.scheme, url.host, url.port, url.path, url.query_string) == parts


@given(
    st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True),
    st.none() | st.integers(1, 65535),
    st.text("abc/%20.~-_:", max_size=12),
    st.none() | st.text("ab=&%?/+:", max_size=12),
)
def test_taking_apart_agrees_with_the_standard_library(host: str, port: int | None, path: str, query: str | None) -> None:
    text = f"http://{host}{f':{port}' if port else ''}/{path}{'' if query is None else '?' + query}"
    url, parts = Url(text), urlsplit(text)
    assert (url.host, url.port, url.path, url.query_string) == (parts.hostname, parts.port or 80, parts.path, parts.query)


def test_header_names_have_no_case_and_repeated_fields_are_joined() -> None:
    headers = Headers([("X-A", "1"), ("x-a", "2"), ("B", "3")])
    assert headers.get("X-a") == "1,2"
    assert list(headers.items()) == [("X-A", "1"), ("X-A", "2"), ("B", "3")]
    headers.set("X-A", "9")
    headers.remove("b")
    assert list(headers.items()) == [("X-A", "9")]
    assert "9" not in repr(headers)


def test_a_streamed_body_is_buffered_once_and_kept() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async def scene() -> None:
        body = Body(stream=chunks())
        assert not body.is_buffered
        with pytest.raises(RuntimeError, match="still a stream"):
            body.data  # noqa: B018 - reading it is what is tested
        assert await body.read() == b"ab"
        assert body.data == b"ab"

    asyncio.run(scene())
