"""The egress guard: a table of addresses, and what a name may hide."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.calls import EgressGuard, EgressRefused

STRICT = EgressGuard(allow_private=False)
PRIVATE = EgressGuard(allow_private=True)

NEVER = [
    *("169.254.169.254", "169.254.0.1", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
    *("0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9"),
    *("::", "fe80::1", "fe80::1%eth0", "febf::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "100::1", "2001:db8::1"),
    *("::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
    *("::ffff:0:169.254.169.254", "2001:4860::5efe:a9fe:a9fe", "2001:0:a9fe:a9fe::1", "64:ff9b:1::1", "5f00::1"),
]
PRIVATE_ONLY = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1"),
    *("::1", "fc00::1", "fd12:3456::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("2002:7f00:1::", "2002:c0a8:101::1", "2a00:1450::5efe:a00:1"),
]
PUBLIC = [
    *("8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "169.253.255.255", "169.255.0.1", "192.1.0.1", "223.255.255.255"),
    *("2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
]


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_called(address: str) -> None:
    for guard in (STRICT, PRIVATE):
        with pytest.raises(EgressRefused, match="never called"):
            guard.check_address(address)


@pytest.mark.parametrize("address", PRIVATE_ONLY)
def test_private_addresses_need_the_setting(address: str) -> None:
    PRIVATE.check_address(address)
    with pytest.raises(EgressRefused, match="MCP_ALLOW_PRIVATE_BACKENDS"):
        STRICT.check_address(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    STRICT.check_address(address)
    PRIVATE.check_address(address)


@settings(max_examples=500, deadline=None)
@given(
    number=st.integers(0, 2**32 - 1) | st.sampled_from([int(IPv4Address(text)) for text in ("127.0.0.1", "169.254.169.254")])
)
def test_what_is_refused_is_refused_in_every_disguise(number: int) -> None:
    plain = str(IPv4Address(number))
    disguises = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x0064FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0xFFFF << 48) | number),
    ]
    for guard in (STRICT, PRIVATE):
        try:
            guard.check_address(plain)
        except EgressRefused:
            for disguise in disguises:
                with pytest.raises(EgressRefused):
                    guard.check_address(str(disguise))


@settings(max_examples=300, deadline=None)
@given(number=st.integers(0, 2**128 - 1))
def test_only_global_unicast_and_what_carries_it_is_public(number: int) -> None:
    address = IPv6Address(number)
    try:
        STRICT.check_address(str(address))
    except EgressRefused:
        return
    assert address.is_global or address.ipv4_mapped or address in CARRIERS


class _Carriers:
    def __contains__(self, address: IPv6Address) -> bool:
        return address.sixtofour is not None or int(address) >> 32 in {0, 0xFFFF, 0xFFFF << 16, 0x0064FF9B << 64}


CARRIERS = _Carriers()

URLS_NEVER = [
    *("http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/", "http://[fe80::1%25eth0]/"),
    *("http://metadata.google.internal/", "http://METADATA.google.internal./", "http://metadata/", "http://168.63.129.16/"),
    *("http://2852039166/", "http://0xa9fea9fe/", "http://0xA9.0xFE.0xA9.0xFE/", "http://0251.0376.0251.0376/"),
    *("http://2130706433/", "http://127.1/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.0.0.1.:80x/", "http://1.2.3/"),
    *("http://１６９.254.169.254/", "http://169。254。169。254/", "http://example.0x7f/"),
    *("ftp://example.org/", "file:///etc/passwd", "gopher://x", "//example.org", "example.org", "http://", "http:///x", ""),
    *("javascript:alert(1)", "http://[::1", "http://example.org:99999/", "http://example.org:0/", "http://[1.2.3.4]/"),
]


@pytest.mark.parametrize("url", URLS_NEVER)
def test_urls_that_are_never_called(url: str) -> None:
    for guard in (STRICT, PRIVATE):
        with pytest.raises(EgressRefused):
            guard.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:7071/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "https://[::1]/",
        "http://10.0.0.8/",
    ],
)
def test_private_urls_need_the_setting(url: str) -> None:
    PRIVATE.check_url(url)
    with pytest.raises(EgressRefused, match="MCP_ALLOW_PRIVATE_BACKENDS"):
        STRICT.check_url(url)


@pytest.mark.parametrize(
    "url", ["http://example.org", "https://user@example.org:8443/x?y", "http://8.8.8.8/", "https://localhost.example/"]
)
def test_public_urls_may_be_called(url: str) -> None:
    STRICT.check_url(url)
