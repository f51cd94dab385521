"""Good advice about a document that is right but may not do what its author means.

The rule here: advice never refuses anything. Each piece is a function from the document's root to warnings, a row in
`_ADVISERS`; it looks at the text as the author wrote it, before named values are put in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence

from policies.clear_secrets import clear_secrets
from policies.document import Element
from policies.errors import DocumentError
from policies.registry import SECTIONS

__all__ = ["advise"]

Adviser = Callable[[Element, str | None], Iterator[DocumentError]]


def advise(root: Element, scope: str | None) -> list[DocumentError]:
    """Every piece of advice for a document. `scope` is where it stands, None when that is not known."""
    return [warning for adviser in _ADVISERS for warning in adviser(root, scope)]


_SESSION = "mcp-session-id"
_FIELD = re.compile(r'(?:Headers|Query|Variables)\s*(?:\.\s*\w+\s*(?:<[^<>]*>)?\s*\(|\[)\s*"([^"]*)"')
_CALLER = re.compile(r"\b(?:IpAddress|Subscription|User|Certificate|AsJwt|AsBasic)\b")


def _counts_sessions(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A counter keyed on the MCP session, be it by way of a variable: the revision 2026-07-28 knows no sessions."""
    variables: set[str] = set()
    for element in root.walk():
        if element.name == "set-variable" and _is_session(element.written("value"), variables):
            variables.add(element.written("name"))
        name = "key" if element.name == "limit-concurrency" else "counter-key"
        if _is_session(element.written(name), variables):
            yield element.source.error(
                "the counter's key is Mcp-Session-Id, which clients of the MCP revision 2026-07-28 do not send: they would "
                "all share one counter",
                element.attributes[name].value.offset,
                "count by context.Subscription.Id, by a claim of the token, or by context.Request.IpAddress",
            )


def _is_session(code: str, variables: set[str]) -> bool:
    """Whether a value tells callers apart by their session and by nothing else."""
    fields = _FIELD.findall(code.replace("&quot;", '"'))
    others = [name for name in fields if name.lower() != _SESSION and name not in variables]
    return (_SESSION in code.lower() or not variables.isdisjoint(fields)) and not others and not _CALLER.search(code)


def _without_base(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A section that cuts off the outer scopes, perhaps by oversight."""
    if root.name != "policies" or scope == "global":
        return
    for section in root.children:
        names = {element.name for element in section.walk()}
        if "base" in names:
            continue
        if section.name == "backend":
            if not names & {"forward-request", "send-request", "return-response", "include-fragment"}:
                yield section.error(
                    "<backend> holds neither <base /> nor <forward-request />: the request goes nowhere",
                    "add <base />, unless that is what you want",
                )
        else:
            yield section.error(
                f"<{section.name}> has no <base />: the policies of the outer scopes do not run in it",
                "add <base />, unless that is what you want",
            )


def _idle_attributes(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """An attribute of the root or of a section: there are none."""
    for element in (root, *root.children) if root.name == "policies" else (root,):
        for name, attribute in element.attributes.items():
            if element.name in {root.name, *SECTIONS} and not name.startswith("xml"):
                yield element.source.error(
                    f"<{element.name}> has no attribute {name}: it does nothing", attribute.offset, "remove it"
                )


def _no_header_names(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A header that can never be set."""
    for element in root.walk():
        name = element.written("name")
        if element.name in {"set-header", "check-header"} and name and _NO_TOKEN.search(name):
            yield element.source.error(
                f"{name!r} is no header name: the request will fail here",
                element.attributes["name"].value.offset,
                "see RFC 9110, section 5.1",
            )


_NO_TOKEN = re.compile(r"^(?!.*[@{]).*[^A-Za-z0-9!#$%&'*+.^_`|~-]", re.DOTALL)
_ENDS = frozenset({"return-response", "mock-response"})


def _unreachable(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """Policies after one that always ends the pipeline, and branches whose condition is a constant."""
    if root.name != "policies":
        yield from _dead_in(root.children)
        return
    ended_by: Element | None = None
    for section in sorted(root.children, key=lambda each: SECTIONS.index(each.name) if each.name in SECTIONS else -1):
        if section.name in {"backend", "outbound"} and ended_by and {child.name for child in section.children} - {"base"}:
            yield _dead(section.children[0], ended_by)
        ender = yield from _dead_in(section.children)
        if section.name in {"inbound", "backend"}:
            ended_by = ended_by or ender


def _dead(element: Element, ender: Element) -> DocumentError:
    line = ender.source.position(ender.offset).line
    return element.error(f"this can never be reached: <{ender.name}> in line {line} always ends the pipeline before")


def _dead_in(elements: Sequence[Element]) -> Generator[DocumentError, None, Element | None]:
    """Warns of what cannot be reached in a row of policies; gives the one that always ends the row, or None."""
    ender: Element | None = None
    for element in elements:
        if ender is not None:
            yield _dead(element, ender)
            return ender
        if element.name == "wait":
            for branch in element.children:  # side by side, not one after the other
                yield from _dead_in([branch])
        elif (
            element.name in _ENDS
            or (element.name == "choose" and (yield from _dead_branches(element)))
            or (element.name in {"retry", "limit-concurrency"} and (yield from _dead_in(element.children)))
        ):
            ender = element
    return ender


def _dead_branches(choose: Element) -> Generator[DocumentError, None, bool]:
    """Warns of branches that are never taken; gives whether every way through the element ends the pipeline."""
    always_ends, is_decided = True, False
    for branch in sorted(choose.children, key=lambda each: each.name == "otherwise"):  # which is the last wherever it stands
        constant = _constant(branch)
        if is_decided:
            yield branch.error("this branch can never be reached: a condition before it always holds")
            continue
        if constant is False:
            yield branch.error("this branch can never be reached: its condition never holds")
            continue
        ender = yield from _dead_in(branch.children)
        always_ends = always_ends and ender is not None
        is_decided = branch.name == "otherwise" or constant is True
    return always_ends and is_decided


def _constant(branch: Element) -> bool | None:
    condition = branch.written("condition").removeprefix("@(").removesuffix(")").strip().lower()
    return {"true": True, "false": False}.get(condition)


_TOKEN_CHECKS = frozenset({"validate-jwt", "validate-azure-ad-token"})


def _tokens(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A check of tokens that lets through what was meant for others, or that stands where there is no token."""
    for element in root.walk():
        if element.name not in _TOKEN_CHECKS:
            continue
        if element.name == "validate-jwt" and not any(map(_is_audience, element.walk())):
            yield element.error(
                "<validate-jwt> names no audience: a token that its issuer gave out for another service passes too",
                "add <audiences><audience>the URL of this server</audience></audiences>",
            )
        elsewhere = element.attributes.keys() & {"token-value", "query-parameter-name"}
        if scope is not None and scope.startswith("api/") and not elsewhere:
            yield element.error(
                f"<{element.name}> at the scope of an API finds no token: nothing of the client's request is in the request "
                "to the backend",
                "put it at mcp/<server name>, where the client's request is",
            )


_OFF_THIS_MACHINE = re.compile(r"http://(?!(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$))", re.IGNORECASE)


def _plain_keys(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """Keys that come by http: whoever is on the way can put in their own."""
    for element in root.walk():
        if element.name == "openid-config" and _OFF_THIS_MACHINE.match(element.written("url").strip()):
            yield element.error(
                "the keys of this <openid-config> come without TLS: anybody on the way can give others", "write https://…"
            )


def _is_audience(element: Element) -> bool:
    return element.name == "audiences" or (element.name == "claim" and element.written("name").strip() == "aud")


_ADVISERS: tuple[Adviser, ...] = (
    _counts_sessions,
    _idle_attributes,
    _no_header_names,
    _without_base,
    _unreachable,
    lambda root, scope: clear_secrets(root),
    _tokens,
    _plain_keys,
)
