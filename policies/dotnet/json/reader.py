"""JSON text to tokens, with all that Newtonsoft.Json forgives: comments, single quotes, bare names, a comma at the end.

The rule here: Python's own parser, in C, reads what is strict JSON; on anything it does not like the reader below starts
over, and either forgives or says where and what in Newtonsoft's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from policies.dotnet.dates.moments import EPOCH, LOCAL, MAX_TICKS, UTC, DateTime
from policies.dotnet.dates.parsing import quick_iso
from policies.dotnet.exceptions import JsonReaderException
from policies.dotnet.json.containers import JArray, JConstructor, JObject
from policies.dotnet.json.kinds import INTEGER, NULL, STRING, UNDEFINED
from policies.dotnet.json.model import JToken, adopted
from policies.dotnet.json.scalars import BigInteger, JValue
from policies.dotnet.meter import charge
from policies.dotnet.values import Int64, units

__all__ = ["MAX_DEPTH", "date_in", "parse", "parse_or_none", "path_element", "read_as"]

MAX_DEPTH: Final = 64
_LONG: Final = 2**63
_SPECIAL = re.compile(r"[. '/\"\[\]()\t\n\r\f\b\\\x85\u2028\u2029]")


def parse(text: str) -> JToken:
    """JToken.Parse."""
    found = parse_or_none(text)
    if found is None:
        raise JsonReaderException("Error reading JToken from JsonReader. Path '', line 0, position 0.")
    return found


def parse_or_none(text: str, *, dates: bool = True) -> JToken | None:
    """The token, or None when there is nothing but space and comments. Without `dates` a text stays a text."""
    make = text_value if dates else plain_text
    charge(len(text) >> 4)
    try:
        plain = json.loads(text, strict=False)
        return _Converter(make, joined="\\u" in text).token(plain, 1)
    except (ValueError, RecursionError):
        return _Reader(text, make).document()


def read_as(kind: str, text: str) -> JToken:
    """`JObject.Parse` and its kin; `kind` is the class's name."""
    found = parse_or_none(text)
    if found is None:
        raise JsonReaderException(f"Error reading {kind} from JsonReader. Path '', line 0, position 0.")
    if kind == "JToken" or type(found).__name__ == kind:
        return found
    wanted = {"JObject": "an object", "JArray": "an array"}.get(kind, "a value")
    what = {"JObject": "StartObject", "JArray": "StartArray"}.get(type(found).__name__)
    if what is None:
        assert isinstance(found, JValue)
        what = str(found.kind)
    line, column = _where_first(text)
    raise JsonReaderException(
        f"Error reading {kind} from JsonReader. Current JsonReader item is not {wanted}: {what}. "
        f"Path '', line {line}, position {column}."
    )


def _where_first(text: str) -> tuple[int, int]:
    start = len(text) - len(text.lstrip())
    last = text.rfind("\n", 0, start)
    return text.count("\n", 0, start) + 1, start - last


def path_element(name: str, first: bool) -> str:
    """A property in a path."""
    if _SPECIAL.search(name):
        return "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"
    return name if first else f".{name}"


class _Converter:
    """What Python's parser gives, as tokens. `joined`: whether escapes may have made surrogate pairs into one character."""

    __slots__ = ("_joined", "_text")

    def __init__(self, text: Callable[[str], JValue], *, joined: bool) -> None:
        self._text = text
        self._joined = joined

    def token(self, plain: Any, depth: int) -> JToken:
        make = _MAKERS.get(type(plain))
        if make is not None:
            return make(plain)
        if isinstance(plain, str):
            return self._text(units(plain) if self._joined else plain)
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        if isinstance(plain, dict):
            found = JObject()
            for name, value in plain.items():
                found.put(units(name) if self._joined else name, self.token(value, depth + 1))
            return found
        array = JArray()
        for item in plain:
            child = self.token(item, depth + 1)
            child.parent = array
            array.items.append(child)
        return array


def _integer(value: int) -> JValue:
    return JValue(Int64(value) if -_LONG <= value < _LONG else BigInteger(value), INTEGER)


_MAKERS: dict[type, Callable[[Any], JValue]] = {
    int: _integer,
    float: JValue,
    bool: JValue,
    type(None): lambda value: JValue(None, NULL),
}


def text_value(text: str) -> JValue:
    """A text; one that is a date becomes a Date, as Newtonsoft has it by default."""
    moment = date_in(text)
    return JValue(text, STRING) if moment is None else JValue(moment)


def date_in(text: str) -> DateTime | None:
    """The date that a text of JSON stands for, if it is one: ISO 8601 with a time, or Microsoft's `/Date(…)/`."""
    if text[:6] == "/Date(" and text[-2:] == ")/":
        return _microsoft_date(text)
    return quick_iso(text) if 19 <= len(text) <= 40 and text[10] == "T" else None


def plain_text(text: str) -> JValue:
    """A text as it is."""
    return JValue(text, STRING)


_MICROSOFT = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/", re.ASCII)


def _microsoft_date(text: str) -> DateTime | None:
    found = _MICROSOFT.fullmatch(text)
    ticks = EPOCH + int(found[1]) * 10_000 if found else -1
    return DateTime(ticks, LOCAL if found and found[2] else UTC) if 0 <= ticks <= MAX_TICKS else None


# ---- the forgiving reader --------------------------------------------------------------------------------------------

_SPACE = re.compile(r"(?:\s|/\*.*?\*/|//[^\n\r]*)*", re.DOTALL)
_NAME = re.compile(r"[\w$]+")
_NUMBER = re.compile(r"[-+0-9a-fA-FxX.eE]+")
_WORDS: Final[dict[str, Callable[[], JValue]]] = {
    "true": lambda: JValue(True),
    "false": lambda: JValue(False),
    "null": lambda: JValue(None, NULL),
    "undefined": lambda: JValue(None, UNDEFINED),
    "NaN": lambda: JValue(float("nan")),
    "Infinity": lambda: JValue(float("inf")),
    "-Infinity": lambda: JValue(float("-inf")),
}
_EXPECTED: Final = {"t": "boolean", "f": "boolean", "n": "null", "u": "undefined", "N": "NaN", "I": "positive infinity"}
_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", "/": "/", '"': '"', "'": "'"}


class _Reader:
    """One pass over a text; `path` has the names and indexes that lead to where it is."""

    def __init__(self, text: str, make: Callable[[str], JValue]) -> None:
        self.text = text
        self.make = make
        self.at = 0
        self.path: list[str | int] = []

    def document(self) -> JToken | None:
        """The one value of the text."""
        self.space()
        if self.at == len(self.text):
            return None
        found = self.value(1)
        self.space()
        if self.at < len(self.text):
            raise self.error(f"Additional text encountered after finished reading JSON content: {self.text[self.at]}")
        return found

    def error(self, what: str) -> JsonReaderException:
        """An exception that names the place."""
        shown = ""
        for element in self.path:
            shown += f"[{element}]" if isinstance(element, int) else path_element(element, first=not shown)
        last = self.text.rfind("\n", 0, self.at)
        line = self.text.count("\n", 0, self.at) + 1 if self.at else 0
        return JsonReaderException(f"{what}. Path '{shown}', line {line}, position {self.at - last - 1}.")

    def space(self) -> None:
        """Skip space and comments."""
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def peek(self, what: str) -> str:
        """The next character after space; `what` is being loaded when the text ends here."""
        self.space()
        if self.at >= len(self.text):
            raise self.error(f"Unexpected end of content while loading {what}")
        return self.text[self.at]

    def value(self, depth: int) -> JToken:
        """The value that starts here."""
        char = self.text[self.at]
        if char in "{[" and depth > MAX_DEPTH:
            raise self.error(f"The reader's MaxDepth of {MAX_DEPTH} has been exceeded")
        if char == "{":
            return self.object(depth)
        if char == "[":
            self.at += 1
            return self.items(JArray(), "]", depth)
        if char in "\"'":
            return self.make(self.string())
        if char in "-.0123456789":
            return self.number()
        return self.word(depth)

    def object(self, depth: int) -> JObject:
        """An object."""
        found = JObject()
        self.at += 1
        while True:
            char = self.peek("JObject")
            if char == "}":
                self.at += 1
                return found
            if char in "\"'":
                name = self.string()
            else:
                matched = _NAME.match(self.text, self.at)
                if matched is None:
                    raise self.error(f"Invalid property identifier character: {char}")
                name, self.at = matched[0], matched.end()
                char = self.text[self.at : self.at + 1]
                if char and char not in ":/" and not char.isspace():
                    raise self.error(f"Invalid JavaScript property identifier character: {char}")
            if self.peek("JObject") != ":":
                raise self.error(f"Invalid character after parsing property name. Expected ':' but got: {self.text[self.at]}")
            self.at += 1
            self.path.append(name)
            char = self.peek("JObject")
            found.properties.pop(name, None) if char in ",}" else found.set_item(name, self.value(depth + 1))
            if char in ",}":
                found.set_item(name, JValue(None, UNDEFINED))
            self.after_value("}", "JObject")
            self.path.pop()

    def after_value(self, close: str, what: str) -> None:
        """A comma, or the end of the container, which is left."""
        char = self.peek(what)
        if char == ",":
            self.at += 1
        elif char != close:
            if char in "]})":
                name = {"]": "EndArray", "}": "EndObject", ")": "EndConstructor"}[char]
                self.at += 1
                raise self.error(f"JsonToken {name} is not valid for closing JsonType {what[1:]}")
            raise self.error(f"After parsing a value an unexpected character was encountered: {char}")

    def items(self, found: JArray, close: str, depth: int) -> JArray:
        """The items of an array or of a constructor."""
        what = type(found).__name__
        index = 0
        while True:
            char = self.peek(what)
            if char == close:
                self.at += 1
                return found
            self.path.append(index)
            child = JValue(None, UNDEFINED) if char == "," else self.value(depth + 1)
            found.items.append(adopted(child, found))
            self.after_value(close, what)
            self.path.pop()
            index += 1

    def string(self) -> str:
        """A quoted text."""
        quote, text = self.text[self.at], self.text
        self.at += 1
        parts: list[str] = []
        while True:
            start = self.at
            while self.at < len(text) and text[self.at] not in (quote, "\\"):
                self.at += 1
            parts.append(text[start : self.at])
            if self.at >= len(text):
                raise self.error(f"Unterminated string. Expected delimiter: {quote}")
            self.at += 1
            if text[self.at - 1] == quote:
                return "".join(parts)
            parts.append(self.escape(quote))

    def escape(self, quote: str) -> str:
        """What a backslash introduces."""
        if self.at >= len(self.text):
            raise self.error(f"Unterminated string. Expected delimiter: {quote}")
        char = self.text[self.at]
        self.at += 1
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char != "u":
            raise self.error(f"Bad JSON escape sequence: \\{char}")
        digits = self.text[self.at : self.at + 4]
        if len(digits) < 4:
            self.at = len(self.text)
            raise self.error("Unexpected end while parsing Unicode escape sequence")
        if not re.fullmatch("[0-9a-fA-F]{4}", digits):
            raise self.error(f"Invalid Unicode escape sequence: \\u{digits}")
        self.at += 4
        return chr(int(digits, 16))

    def number(self) -> JValue:
        """A number: decimal, hexadecimal or octal."""
        if self.text.startswith("-Infinity", self.at):
            self.at += 9
            return _WORDS["-Infinity"]()
        matched = _NUMBER.match(self.text, self.at)
        assert matched is not None
        text, self.at = matched[0], matched.end()
        try:
            if re.fullmatch(r"-?0[xX][0-9a-fA-F]+", text):
                return _integer(int(text, 16))
            if re.fullmatch(r"0[0-7]+", text):
                return _integer(int(text, 8))
            if re.fullmatch(r"-?\d+", text):
                return _integer(int(text))
            if re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", text):
                return JValue(float(text))
        except ValueError:
            raise self.error(f"JSON integer {text} is too large to parse") from None
        raise self.error(f"Input string '{text}' is not a valid number")

    def word(self, depth: int) -> JToken:
        """true, null, `new Date(…)`, or a mistake."""
        matched = _NAME.match(self.text, self.at)
        word = matched[0] if matched else ""
        if word in _WORDS:
            self.at += len(word)
            return _WORDS[word]()
        if word == "new":
            self.at += 3
            self.space()
            name = _NAME.match(self.text, self.at)
            if name is not None:
                self.at = name.end()
                if self.peek("JConstructor") == "(":
                    self.at += 1
                    return self.items(JConstructor(name[0]), ")", depth)
            raise self.error("Unexpected character while parsing constructor")
        char = self.text[self.at]
        expected = _EXPECTED.get(char)
        if expected is not None and word and (char != "n" or word[1:2] in ("", "u")):
            raise self.error(f"Error parsing {expected} value")
        raise self.error(f"Unexpected character encountered while parsing value: {char}")
