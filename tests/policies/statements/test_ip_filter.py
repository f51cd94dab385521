"""`ip-filter`, by the article "Restrict caller IPs"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from tests.policies.pipelines import Run, document, request, run


def call(address: str, action: str, inside: str) -> Run:
    req = request()
    req.ip_address = address
    return run(document(inbound=f"<ip-filter action='{action}'>{inside}</ip-filter>"), req=req)


ONE = "<address>13.66.201.169</address>"
RANGE = "<address-range from='13.66.140.128' to='13.66.140.143'/>"
SIX = "<address-range from='2001:db8::' to='2001:db8::ff'/>"
CASES = [
    ("13.66.201.169", ONE, True),
    ("13.66.201.170", ONE, False),
    ("::ffff:13.66.201.169", ONE, True),
    ("13.66.140.128", RANGE, True),
    ("13.66.140.143", RANGE, True),
    ("13.66.140.144", RANGE, False),
    ("13.66.140.130", ONE + RANGE, True),
    ("2001:db8::a", SIX, True),
    ("2001:db8::100", SIX, False),
    ("13.66.201.169", SIX, False),
    ("203.0.113.7", "<address>@(context.Request.IpAddress)</address>", True),
]


@pytest.mark.parametrize(("address", "inside", "listed"), CASES)
def test_allow_admits_and_forbid_refuses_who_is_listed(address: str, inside: str, listed: bool) -> None:
    assert call(address, "allow", inside).response.status == (200 if listed else 403)
    assert call(address, "forbid", inside).response.status == (403 if listed else 200)


REASONS = [
    ("1.2.3.4", "allow", "CallerIpNotAllowed", "Caller IP address 1.2.3.4 is not allowed. Access denied."),
    ("13.66.201.169", "forbid", "CallerIpBlocked", "Caller IP address is blocked. Access denied."),
    ("unknown", "allow", "FailedToParseCallerIP", "Failed to establish IP address for the caller. Access denied."),
    ("", "forbid", "FailedToParseCallerIP", "Failed to establish IP address for the caller. Access denied."),
]


@pytest.mark.parametrize(("address", "action", "reason", "message"), REASONS)
def test_a_refusal_has_the_predefined_reason(address: str, action: str, reason: str, message: str) -> None:
    error = call(address, action, ONE).context.last_error
    assert error is not None
    assert (error.source, error.reason, error.message) == ("ip-filter", reason, message)


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<address>1.2.3</address>",
        "<address-range from='2.0.0.0' to='1.0.0.0'/>",
        "<address-range from='::' to='1.0.0.0'/>",
        "<address/>",
    ],
)
def test_what_is_no_address_is_refused(inside: str) -> None:
    assert check_document(document(inbound=f"<ip-filter action='allow'>{inside}</ip-filter>")).errors
