"""Names that users give to things: API ids, server names, product ids ….

The rule here: a name can stand in a URL, a command and a file name as it is. What is refused is told apart, with the place
and a name that would be right.
"""

from __future__ import annotations

import re
import unicodedata

from mcp_core.errors import InvalidInput
from policies.records import Record

__all__ = ["API", "BACKEND", "CONNECTION", "FRAGMENT", "NAMED_VALUE", "PRODUCT", "PROVIDER", "SERVER", "SUBSCRIPTION", "Named"]


class Named(Record):
    """A kind of name. `noun` is for messages; `reserved` are names with another meaning in URLs."""

    noun: str
    longest: int = 80
    reserved: frozenset[str] = frozenset()

    def check(self, text: str) -> str:
        """The name itself. Raises InvalidInput that says what is wrong with it."""
        if len(text) <= self.longest and _NAME.fullmatch(text):
            if text.lower() in self.reserved:
                raise InvalidInput(
                    f"{text!r} cannot be the {self.noun}: its URL has another meaning here.", hint="Choose another name."
                )
            return text
        raise InvalidInput(f"{_shown(text)} is no {self.noun}: {self._fault(text)}.", hint=self._rule(text))

    def _fault(self, text: str) -> str:
        if not text:
            return "it is empty"
        found = _FORBIDDEN.search(text)
        if found:
            return f"it has {_described(found[0])} at position {found.start() + 1}"
        if len(text) > self.longest:
            return f"it has {len(text)} characters, {self.longest} at most are allowed"
        end = "begins" if not text[0].isalnum() else "ends"
        return f"it {end} with {text[0] if end == 'begins' else text[-1]!r}"

    def _rule(self, text: str) -> str:
        proposal = _FORBIDDEN.sub("-", unicodedata.normalize("NFKD", text))[: self.longest].strip("-_.")
        proposal = re.sub("-{2,}", "-", proposal)
        example = f", for example {proposal!r}" if proposal else ""
        return f"Use 1 to {self.longest} letters, digits, '-', '_' and '.', a letter or digit first and last{example}."


_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]")


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 48 else f"{text[:40]!r}… ({len(text)} characters)"


def _described(character: str) -> str:
    if character == " ":
        return "a space"
    if character.isprintable():
        return repr(character)
    return f"a control character (U+{ord(character):04X})"


API = Named("API id")
# The first segment of a server's URL: `admin` and `runtime` belong to the Functions host, the others are ours.
SERVER = Named("MCP server name", reserved=frozenset({"admin", "runtime", "health", "ready"}))
PRODUCT = Named("product id")
SUBSCRIPTION = Named("subscription id")
BACKEND = Named("backend id")
FRAGMENT = Named("policy fragment id")
NAMED_VALUE = Named("named value name", longest=256)
PROVIDER = Named("credential provider id")
CONNECTION = Named("connection id")
