"""Good advice about a document that is right but may not do what its author means.

The rule here: advice never refuses anything. Each piece is a function from the document's root to warnings, a row in
`_ADVISERS`; it looks at the text as the author wrote it, before named values are put in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence

from policies.document import Element
from policies.errors import DocumentError
from policies.text import Text

__all__ = ["advise"]

Adviser = Callable[[Element, str | None], Iterator[DocumentError]]


def advise(root: Element, scope: str | None) -> list[DocumentError]:
    """Every piece of advice for a document. `scope` is where it stands, None when that is not known."""
    return [warning for adviser in _ADVISERS for warning in adviser(root, scope)]


def _written(text: Text) -> str:
    """A value as the author wrote it."""
    return "".join(text.source.text[chunk.start : chunk.end] for chunk in text.chunks).strip()


def _attribute(element: Element, name: str) -> str:
    attribute = element.attributes.get(name)
    return "" if attribute is None else _written(attribute.value)


def _counts_sessions(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A counter keyed on the MCP session: the revision 2026-07-28 knows no sessions."""
    for element in root.walk():
        key = element.attributes.get("counter-key")
        if key is not None and "mcp-session-id" in _written(key.value).lower():
            yield element.source.error(
                "the counter's key is Mcp-Session-Id, which clients of the MCP revision 2026-07-28 do not send: they would "
                "all share one counter",
                key.value.offset,
                "count by context.Subscription.Id, by a claim of the token, or by context.Request.IpAddress",
            )


def _without_base(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A section that cuts off the outer scopes, perhaps by oversight."""
    if root.name != "policies" or scope == "global":
        return
    for section in root.children:
        names = {element.name for element in section.walk()}
        if "base" in names:
            continue
        if section.name == "backend":
            if not names & {"forward-request", "send-request", "return-response"}:
                yield section.error(
                    "<backend> holds neither <base /> nor <forward-request />: the request goes nowhere",
                    "add <base />, unless that is what you want",
                )
        else:
            yield section.error(
                f"<{section.name}> has no <base />: the policies of the outer scopes do not run in it",
                "add <base />, unless that is what you want",
            )


def _no_header_names(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A header that can never be set."""
    for element in root.walk():
        name = element.attributes.get("name")
        if element.name in {"set-header", "check-header"} and name is not None and _NO_TOKEN.search(_written(name.value)):
            yield element.source.error(
                f"{_written(name.value)!r} is no header name: the request will fail here",
                name.value.offset,
                "see RFC 9110, section 5.1",
            )


_NO_TOKEN = re.compile(r"^(?!.*[@{]).*[^A-Za-z0-9!#$%&'*+.^_`|~-]", re.DOTALL)
_ENDS = frozenset({"return-response", "mock-response"})


def _unreachable(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """Policies after one that always ends the pipeline, and branches whose condition is a constant."""
    ended_by: Element | None = None
    for section in root.children if root.name == "policies" else (root,):
        if section.name in {"backend", "outbound"} and ended_by is not None and section.children:
            line = ended_by.source.position(ended_by.offset).line
            if [child.name for child in section.children] != ["base"]:
                yield section.children[0].error(
                    f"this can never be reached: <{ended_by.name}> in line {line} always ends the pipeline before"
                )
        ender = yield from _dead_in(section.children)
        if section.name == "inbound":
            ended_by = ender


def _dead_in(elements: Sequence[Element]) -> Generator[DocumentError, None, Element | None]:
    """Warns of what cannot be reached in a row of policies; gives the one that always ends the row, or None."""
    ender: Element | None = None
    for element in elements:
        if ender is not None:
            line = ender.source.position(ender.offset).line
            yield element.error(f"this can never be reached: <{ender.name}> in line {line} always ends the pipeline before")
            return ender
        if (
            element.name in _ENDS
            or (element.name == "choose" and (yield from _dead_branches(element)))
            or (element.name in {"retry", "limit-concurrency"} and (yield from _dead_in(element.children)))
        ):
            ender = element
    return ender


def _dead_branches(choose: Element) -> Generator[DocumentError, None, bool]:
    """Warns of branches that are never taken; gives whether every way through the element ends the pipeline."""
    always_ends, is_decided = True, False
    for branch in choose.children:
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
    condition = _attribute(branch, "condition").removeprefix("@(").removesuffix(")").strip().lower()
    return {"true": True, "false": False}.get(condition)


_TOKEN_CHECKS = frozenset({"validate-jwt", "validate-azure-ad-token"})


def _tokens(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A check of tokens that lets through what was meant for others, or that stands where there is no token."""
    for element in root.walk():
        if element.name not in _TOKEN_CHECKS:
            continue
        if element.name == "validate-jwt" and not any(child.name == "audiences" for child in element.children):
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


_SECRET_NAMES = re.compile(
    r"authorization|cookie|api[-_]?key|subscription[-_]?key|functions[-_]key|access[-_]?key|secret|passw(or)?d|^pwd$|token|^sig$|^code$",
    re.IGNORECASE,
)
_SECRET_TEXTS = re.compile(
    r"client_secret=[^&{@\"'\s]{8,}|(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{20,}|"
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.|-----BEGIN [A-Z ]*PRIVATE KEY-----|"
    r"\bBearer [A-Za-z0-9._~+/-]{20,}|\bBasic [A-Za-z0-9+/]{12,}={0,2}",
)
_SECRET_ATTRIBUTES = {
    "authentication-basic": ("password",),
    "authentication-certificate": ("password",),
    "proxy": ("password",),
}
_HINT = "keep it in a secret named value and write {{its-name}} here"


def _secrets(root: Element, scope: str | None) -> Iterator[DocumentError]:
    """A secret in clear where a named value belongs. The warning does not show the line: logs of checks are read by many."""
    told = 0
    for element in root.walk():
        found = _secret_in(element) if element.offset >= told else None
        if found is not None:
            told = element.stop  # what is inside it needs no second warning
            what, offset = found
            warning = element.source.error(f"{what} is written in clear", offset, _HINT)
            warning.excerpt = ""
            yield warning


def _secret_in(element: Element) -> tuple[str, int] | None:
    for name in _SECRET_ATTRIBUTES.get(element.name, ()):
        if _is_clear(_attribute(element, name)):
            return f"the {name} of <{element.name}>", element.attributes[name].value.offset
    name = _attribute(element, "name")
    if element.name in {"set-header", "set-query-parameter"} and _SECRET_NAMES.search(name):
        for value in element.children:
            if value.name == "value" and _is_clear(_written(value.text)):
                return f"the value of {name}", value.offset
    if element.name == "set-variable" and _SECRET_NAMES.search(name) and _is_clear(_attribute(element, "value")):
        return f"the variable {name}", element.attributes["value"].value.offset
    if element.name == "key" and _is_clear(_written(element.text)) and len(_written(element.text)) >= 16:
        return "the signing key", element.offset
    texts = [element.text, *(attribute.value for attribute in element.attributes.values())]
    if any(_SECRET_TEXTS.search(_written(text)) for text in texts):
        return "what looks like a credential", element.offset
    return None


def _is_clear(written: str) -> bool:
    """Whether a value is a literal of some length, neither an expression nor a named value."""
    return len(written) >= 6 and "{{" not in written and "@(" not in written and "@{" not in written


_ADVISERS: tuple[Adviser, ...] = (_counts_sessions, _no_header_names, _without_base, _unreachable, _secrets, _tokens)
