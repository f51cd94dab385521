"""Warns of secrets that stand in a document in clear, where a secret named value belongs.

The rule here: a warning never shows the line it is about, for logs of checks are read by many. What is only about a secret (its
name, its type, where to get it) is none.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from policies.document import Element
from policies.errors import DocumentError

__all__ = ["clear_secrets"]

_NAMES = re.compile(
    r"authorization|^cookie$|api[-_]?key|subscription[-_]?key|functions[-_]key|access[-_]?key|secret|passw(or)?d|^pwd$|token|^sig$|^code$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(name|header|type|scheme|mode|kind|ur[il]|endpoint|host|path|param(eter)?|issuer|audience|scope|id|ttl|duration|expir\w*|"
    r"lifetime|seconds|minutes|count|limit|length|result|status|state|error|message|valid|present|found|required|enabled)s?$",
    re.IGNORECASE,
)
_TEXTS = re.compile(
    r"""\b(?:client_secret|password)=(?!\w+[.(\[]|\()[^&{@"'\s]{8,}
      | \b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{20,}
      | [?&](?:amp;)?(?:sig|code|api[-_]?key|subscription-key|access_token|key)=(?=[^&?"'\s]{0,99}\d)[A-Za-z0-9%+/=_~.-]{12,}
      | \\?"(?:password|client_secret|secret|api[-_]?key)\\?"\s*:\s*\\?"[^"\\{@]{6,}
      | (?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+\.
      | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
      | \bBearer\ (?=[A-Za-z._~+/-]{0,99}\d)[A-Za-z0-9._~+/-]{20,}
    """,
    re.VERBOSE,
)
_BASIC = re.compile(r"\bBasic ([A-Za-z0-9+/]{8,}={0,2})")
_SCHEME = re.compile(r"(?:Bearer|Basic|SharedAccessSignature|SharedKey|ApiKey|Token) (?=\S+$)", re.IGNORECASE)
_PASSWORDS = frozenset({"authentication-basic", "authentication-certificate", "proxy"})
_NAMED_VALUES = frozenset({"set-header", "set-query-parameter", "check-header"})
_HINT = "keep it in a secret named value and write {{its-name}} here"


def clear_secrets(root: Element) -> Iterator[DocumentError]:
    """A warning for each secret in clear, in the document's order."""
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
    name = element.written("name")
    if element.name in _PASSWORDS and _is_literal(element.written("password")):
        return f"the password of <{element.name}>", element.attributes["password"].value.offset
    if element.name in _NAMED_VALUES and _is_secrets_name(name):
        for value in element.children:
            if value.name == "value" and _is_clear(value.text.written):
                return f"the value of {name}", value.offset
    if element.name == "set-variable" and _is_secrets_name(name) and _is_clear(element.written("value")):
        return f"the variable {name}", element.attributes["value"].value.offset
    if element.name == "key" and _is_clear(element.text.written) and len(element.text.written) >= 16:
        return "the signing key", element.offset
    texts = [element.text.written, *(attribute.value.written for attribute in element.attributes.values())]
    if any(_TEXTS.search(text) or _has_basic_credentials(text) for text in texts):
        return "what looks like a credential", element.offset
    return None


def _is_secrets_name(name: str) -> bool:
    return bool(_NAMES.search(name)) and not _ABOUT.search(name)


def _is_literal(written: str) -> bool:
    """Whether a value is literal text, neither an expression nor a named value."""
    return bool(written) and not any(mark in written for mark in ("{{", "@(", "@{"))


def _is_clear(written: str) -> bool:
    """Whether a literal may be a secret: one word (after a scheme), no URL, and long or with digits, as words seldom are."""
    word = _SCHEME.sub("", written)
    looks_made = len(word) >= 12 or (len(word) >= 6 and any(map(str.isdigit, word)))
    return _is_literal(written) and looks_made and not re.search(r"\s|://", word)


def _has_basic_credentials(text: str) -> bool:
    """Whether somewhere a name and a password are written as HTTP's Basic scheme has them (RFC 7617)."""
    for found in _BASIC.finditer(text):
        try:
            if b":" in binascii.a2b_base64(found[1], strict_mode=True):
                return True
        except binascii.Error:
            continue
    return False
