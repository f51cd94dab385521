"""JSONPath as Newtonsoft.Json has it: SelectToken(s), and the Path of a token.

The rule here: a path is compiled once into steps, each of which turns tokens into tokens; filters are small trees over the
current token. Source: newtonsoft.com/json/help, "Querying JSON with SelectToken" and "…with JSON Path".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from policies.dotnet.exceptions import JsonException
from policies.dotnet.json import path_steps as steps
from policies.dotnet.json.containers import JArray, JProperty
from policies.dotnet.json.model import JToken
from policies.dotnet.json.path_steps import Step, Test, Tokens
from policies.dotnet.json.reader import path_element
from policies.dotnet.json.scalars import JValue
from policies.dotnet.meter import charge
from policies.dotnet.values import Int64

__all__ = ["path_of", "select", "select_one"]


def path_of(token: JToken) -> str:
    """JToken.Path."""
    way: list[str | int] = []
    for own in token.ancestors(with_self=True):
        if isinstance(own, JProperty):
            way.append(own.name)
        elif isinstance(own.parent, JArray):
            way.append(own.siblings()[1])
    path = ""
    for step in reversed(way):
        path += f"[{step}]" if isinstance(step, int) else path_element(step, first=not path)
    return path


def select(root: JToken, path: str, *, strict: bool = False) -> Iterator[JToken]:
    """SelectTokens; `strict` is errorWhenNoMatch."""
    current: Tokens = (root,)
    for step in compiled(path):
        current = step(root, current, strict)
    for token in current:
        charge(1)
        yield token


def select_one(root: JToken, path: str, strict: bool = False) -> JToken | None:
    """SelectToken: JsonException when the path leads to several."""
    found: JToken | None = None
    for token in select(root, path, strict=strict):
        if found is not None:
            raise JsonException("Path returned multiple tokens.")
        found = token
    return found


@lru_cache(maxsize=256)
def compiled(path: str) -> tuple[Step, ...]:
    """The path's steps."""
    return tuple(_Parser(path).steps())


# ---- the parser ------------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[^.\[\]()\s]+")
_PLAIN_IN_QUERY = re.compile(r"[^.\[\]()\s=!<>&|]+")
_COMPARISONS = ("===", "!==", "==", "!=", "<>", "<=", ">=", "=~", "<", ">")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


class _Parser:
    """Reads a path from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, what: str) -> JsonException:
        return JsonException(what)

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def space(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def steps(self, *, within: bool = False) -> list[Step]:
        """All steps; `within` a filter the path ends at the first character that is none of it."""
        found: list[Step] = []
        self.space()
        if self.take("$"):
            if self.at < len(self.text) and self.peek() not in ".[" and not within:
                raise self.error(f"Unexpected character while parsing path: {self.peek()}")
        elif not within and self.peek() not in ".[" and self.text:
            found.append(self.name(_PLAIN, scan=False))
        while self.at < len(self.text):
            scan = self.take("..")
            if scan and self.peek() == "[":
                found.append(self.bracket(scan=True))
            elif scan or self.take("."):
                found.append(self.name(_PLAIN_IN_QUERY if within else _PLAIN, scan=scan))
            elif self.peek() == "[":
                found.append(self.bracket(scan=False))
            elif within or not self.text[self.at :].strip():
                break
            else:
                raise self.error(f"Unexpected character while parsing path: {self.peek()}")
        return found

    def name(self, pattern: re.Pattern[str], *, scan: bool) -> Step:
        """A name after a dot."""
        if self.take("*"):
            return steps.scan(None) if scan else steps.field(None)
        matched = pattern.match(self.text, self.at)
        if matched is None:
            raise self.error("Unexpected end while parsing path." if self.at >= len(self.text) else self.unexpected())
        self.at = matched.end()
        return steps.scan(matched[0]) if scan else steps.field(matched[0])

    def unexpected(self) -> str:
        return f"Unexpected character while parsing path: {self.peek()}"

    def bracket(self, *, scan: bool) -> Step:
        """What stands in brackets."""
        self.at += 1
        self.space()
        char = self.peek()
        if char in ("'", '"'):
            step = self.quoted(scan=scan)
        elif char == "?":
            self.at += 1
            step = self.query(scan=scan)
        else:
            step = self.index(scan=scan)
        self.space()
        if not self.take("]"):
            raise self.error("Path ended with open indexer." if self.at >= len(self.text) else self.unexpected())
        return step

    def quoted(self, *, scan: bool) -> Step:
        """One name or several, in quotes."""
        names = [self.string()]
        self.space()
        while self.take(","):
            self.space()
            names.append(self.string())
            self.space()
        if len(names) == 1:
            return steps.scan(names[0]) if scan else steps.field(names[0])
        return steps.after(steps.scan_all, steps.fields(tuple(names))) if scan else steps.fields(tuple(names))

    def string(self) -> str:
        """A text in quotes."""
        quote = self.peek()
        if quote not in ("'", '"'):
            raise self.error(self.unexpected())
        self.at += 1
        text: list[str] = []
        while True:
            char = self.peek()
            if not char:
                raise self.error("Path ended with an open string.")
            self.at += 1
            if char == quote:
                return "".join(text)
            if char == "\\":
                char = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(self.peek(), self.peek())
                self.at += 1
            text.append(char)

    def index(self, *, scan: bool) -> Step:
        """Numbers, a slice, or a star."""
        end = self.text.find("]", self.at)
        if end < 0:
            raise self.error("Path ended with open indexer.")
        inner, self.at = self.text[self.at : end].strip(), end
        if inner == "*":
            step = steps.indexes(None)
        elif ":" in inner:
            step = self.slice(inner)
        else:
            step = steps.indexes(tuple(self.whole(part) for part in inner.split(",")))
        return steps.after(steps.scan_all, step) if scan else step

    def slice(self, inner: str) -> Step:
        """`start:end:step`."""
        parts = inner.split(":")
        if len(parts) > 3:
            raise self.error("Unexpected character while parsing path indexer: :")
        bounds = [self.whole(part) if part.strip() else None for part in parts]
        return steps.slice_(bounds[0], bounds[1], bounds[2] if len(bounds) > 2 else None)

    def whole(self, text: str) -> int:
        """A number of an index."""
        text = text.strip()
        if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
            raise self.error(f"Unexpected character while parsing path indexer: {text[:1] or ']'}")
        return int(text)

    # -- filters

    def query(self, *, scan: bool) -> Step:
        """`?( … )`."""
        self.space()
        if not self.take("("):
            raise self.error(self.unexpected())
        test = self.either()
        self.space()
        if not self.take(")"):
            raise self.error("Path ended with open query.")
        return steps.filter_(test, scan)

    def either(self) -> Test:
        """Tests joined with ||."""
        tests = [self.both()]
        self.space()
        while self.take("||"):
            tests.append(self.both())
            self.space()
        return tests[0] if len(tests) == 1 else lambda root, token: any(test(root, token) for test in tests)

    def both(self) -> Test:
        """Tests joined with &&."""
        tests = [self.comparison()]
        self.space()
        while self.take("&&"):
            tests.append(self.comparison())
            self.space()
        return tests[0] if len(tests) == 1 else lambda root, token: all(test(root, token) for test in tests)

    def comparison(self) -> Test:
        """One test: a comparison, the existence of a path, or tests in parentheses."""
        self.space()
        if self.take("("):
            inner = self.either()
            self.space()
            if not self.take(")"):
                raise self.error("Path ended with open query.")
            return inner
        left = self.side()
        self.space()
        for sign in _COMPARISONS:
            if self.take(sign):
                self.space()
                compare, right = steps.SIGNS[sign], self.side()
                return lambda root, token: any(
                    compare(mine, theirs) for mine in left(root, token) for theirs in right(root, token)
                )
        return lambda root, token: next(iter(left(root, token)), None) is not None

    def side(self) -> Callable[[JToken, JToken], Iterable[Any]]:
        """A path or a literal."""
        char = self.peek()
        if char in ("@", "$"):
            start_at_root = char == "$"
            if not start_at_root:
                self.at += 1
            way = self.steps(within=True)

            def along(root: JToken, token: JToken) -> Iterable[JToken]:
                current: Tokens = (root if start_at_root else token,)
                for step in way:
                    current = step(root, current, False)
                return current

            return along
        value = self.literal()
        return lambda root, token: (value,)

    def literal(self) -> Any:
        """A text, a number, a word, or a regular expression."""
        char = self.peek()
        if char in ("'", '"'):
            return JValue(self.string())
        if char == "/":
            return self.pattern()
        matched = _NUMBER.match(self.text, self.at)
        if matched is not None:
            self.at = matched.end()
            return JValue(float(matched[0]) if set(matched[0]) & set(".eE") else Int64(matched[0]))
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.take(word):
                return JValue(value)
        raise self.error(f"Unexpected character while parsing path query: {char}" if char else "Path ended with open query.")

    def pattern(self) -> Any:
        """`/regex/options`."""
        end = self.text.find("/", self.at + 1)
        while end > 0 and self.text[end - 1] == "\\":
            end = self.text.find("/", end + 1)
        if end < 0:
            raise self.error("Path ended with an open regex.")
        source, self.at = self.text[self.at + 1 : end], end + 1
        options = re.match("[a-z]*", self.text[self.at :])
        assert options is not None
        self.at += options.end()
        from policies.dotnet.regex.engine import compile_pattern

        return compile_pattern(source, options[0])
