"""`mcp` 1.x clients: the newest, and those that ask for 2025-03-26 and for 2024-11-05 over Streamable HTTP."""

import pytest

from tests.e2e.older_clients import CannotInstall, seen_by_older_client


@pytest.mark.parametrize(("version", "revision"), [("1.30.0", "2025-11-25"), ("1.9.4", "2025-03-26"), ("1.8.1", "2024-11-05")])
def test_an_older_client_connects_lists_and_calls(endpoint, version, revision):
    try:
        seen = seen_by_older_client(version, endpoint)
    except CannotInstall as error:
        pytest.skip(str(error))
    assert (seen["revision"], seen["server"], seen["session"]) == (revision, "orders-mcp", None)
    assert "getOrder" in seen["tools"]
    assert seen["order"]["customer"] == "Grace Hopper"
    assert seen["structured"] == (seen["order"] if revision >= "2025-06-18" else None)
    is_error, text = seen["missing"]
    assert is_error
    assert "there is no order 99" in text
    assert "id" in seen["wrong"]
