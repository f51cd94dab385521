"""`ip-filter`: admits or refuses callers by address (article "Restrict caller IPs").

The address is the client's by D9, never one that the client wrote itself; an IPv4 address in IPv6 form is the same address.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.registry import Attribute, Child, Policy, Text
from policies.statement import Statement
from policies.steps import Step
from policies.values import STRING, Kind, choice

Address = IPv4Address | IPv6Address
Range = tuple[Address, Address]


def _address(text: str) -> Address:
    try:
        address = ip_address(text.strip())
    except ValueError:
        other = '; a range is <address-range from="…" to="…" />' if "/" in text or "-" in text else ""
        raise ValueError(f"must be an IP address, not {text!r}{other}") from None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


ADDRESS_KIND: Kind[Address] = Kind("an IP address", _address, lambda value: _address(STRING.convert(value)))
ACTION = Attribute("action", choice("allow", "forbid"), required=True, expression=True)
ADDRESS_TEXT = Text(ADDRESS_KIND, required=True)
ADDRESS = Child(name="address", many=True, text=ADDRESS_TEXT)
FROM = Attribute("from", ADDRESS_KIND, required=True, expression=True)
TO = Attribute("to", ADDRESS_KIND, required=True, expression=True)
ADDRESS_RANGE = Child(name="address-range", many=True, attributes=(FROM, TO))


def build(statement: Statement) -> Step:
    """Gives the step that filters."""
    action = statement[ACTION].get
    ranges = [_single(each) for each in statement.children(ADDRESS)]
    ranges += [_range(each) for each in statement.children(ADDRESS_RANGE)]
    if not ranges:
        raise statement.error("ip-filter needs an <address> or <address-range>")

    def ip_filter(context: PolicyContext) -> None:
        try:
            caller = _address(context.request.ip_address)
        except ValueError:
            raise _refusal("FailedToParseCallerIP", "Failed to establish IP address for the caller. Access denied.") from None
        listed = any(_holds(each(context), caller) for each in ranges)
        if action(context) == "allow":
            if not listed:
                raise _refusal("CallerIpNotAllowed", f"Caller IP address {caller} is not allowed. Access denied.")
        elif listed:
            raise _refusal("CallerIpBlocked", "Caller IP address is blocked. Access denied.")

    return ip_filter


def _single(statement: Statement) -> Callable[[PolicyContext], Range]:
    address = statement.text(ADDRESS_TEXT).get
    return lambda context: (address(context),) * 2


def _range(statement: Statement) -> Callable[[PolicyContext], Range]:
    first, last = statement[FROM], statement[TO]
    if first.is_literal and last.is_literal:
        low, high = first.literal, last.literal
        if low.version != high.version or int(low) > int(high):
            raise statement.error("the range is empty: from must not be after to")
        return lambda context: (low, high)
    return lambda context: (first.get(context), last.get(context))


def _holds(bounds: Range, address: Address) -> bool:
    low, high = bounds
    return low.version == address.version == high.version and int(low) <= int(address) <= int(high)


def _refusal(reason: str, message: str) -> PolicyFailure:
    return PolicyFailure(message, reason=reason, status=403)


POLICY = Policy(
    name="ip-filter",
    sections=frozenset({"inbound"}),
    attributes=(ACTION,),
    children=(ADDRESS, ADDRESS_RANGE),
    build=build,
)
