import pytest

from mcp_core.client_address import client_address
from policies.messages import Headers


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 1, "10.0.0.1"),
        (["203.0.113.7:4711"], 1, "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7:4711"], 1, "203.0.113.7"),
        (["6.6.6.6", "203.0.113.7"], 1, "203.0.113.7"),
        (["203.0.113.7"], 0, "10.0.0.1"),
        (["6.6.6.6, 203.0.113.7, 198.51.100.1"], 2, "203.0.113.7"),
        (["203.0.113.7"], 2, "10.0.0.1"),
        (["[2001:db8::1]:443"], 1, "2001:db8::1"),
        (["2001:db8::1"], 1, "2001:db8::1"),
        (["203.0.113.7, "], 1, "10.0.0.1"),
    ],
)
def test_the_client_is_what_the_outermost_trusted_proxy_saw(forwarded: list[str], proxies: int, address: str) -> None:
    headers = Headers([("X-Forwarded-For", value) for value in forwarded])
    assert client_address(headers, "10.0.0.1", proxies) == address
