"""Regular expressions of documents, as every reader of a tool's schema can compile them.

The rule here: ECMA-262 with the `u` flag, which JSON Schema recommends (2020-12 core §6.4) and JavaScript validators use: one
pattern that does not compile makes a client drop the tool. Documents write the dialects of Java, .NET, PCRE and JavaScript
without the flag; what has a plain equivalent is rewritten, the rest is no pattern.
"""

from __future__ import annotations

import functools
import re

__all__ = ["ecma_pattern"]

_CLASS_ESCAPES = frozenset("dDwWsS")
_ESCAPES = frozenset("dDwWsSbBfnrtv")
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_ANCHORS = {"A": "^", "z": "$", "Z": "$"}
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(?:,(\d*))?\}")
_CODE_POINT = re.compile(r"x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{0*(?:10|[0-9A-Fa-f])?[0-9A-Fa-f]{1,4}\}|c[A-Za-z]|0(?!\d)")
_PROPERTY = re.compile(r"([pP])\{\^?([^{}]*)\}")
_GROUP = re.compile(r"\((?:\?(?:P?<([A-Za-z_$][\w$]*)>|(:|=|!|<=|<!)))?")
_CATEGORY = re.compile(
    "L[Cultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?|Letter|Mark|Number|Punctuation|Symbol|Separator|Other"
    "|ASCII|Any|Alphabetic|Uppercase|Lowercase|White_Space|Emoji|ID_Start|ID_Continue|Hex_Digit|ASCII_Hex_Digit"
)
_SCRIPT = re.compile("Latin|Greek|Cyrillic|Han|Hiragana|Katakana|Hangul|Arabic|Hebrew|Thai|Devanagari|Common")
# Java's POSIX names, which mean ASCII there.
_POSIX = {
    "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "Upper": "A-Z", "Lower": "a-z", "XDigit": "0-9a-fA-F",
    "Punct": r"!-\/:-@\[-`{-~", "Graph": "!-~", "Print": " -~", "Blank": r" \t", "Space": r"\s", "Cntrl": r"\x00-\x1f\x7f",
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def ecma_pattern(text: str) -> str | None:
    """The pattern, rewritten where needed; None when it cannot be used."""
    if len(text) > 2 and text[0] == text[-1] == "/" and (text[1] == "^" or text[-2] == "$"):
        text = text[1:-1]  # a JavaScript literal with its delimiters
    try:
        pattern = _Scanner(text).scan()
    except ValueError:
        return None
    return pattern if _compiles(pattern) else None


def _compiles(pattern: str) -> bool:
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


class _Scanner:
    """Reads a pattern from left to right. Raises ValueError where it has no meaning."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[str] = []
        self.groups = 0
        self.names: set[str] = set()
        self.largest_reference = 0
        self.named_references: set[str] = set()
        self.repaired = False

    def scan(self) -> str:
        text, out = self.text, self.out
        open_groups: list[bool] = []  # whether a quantifier may follow the group's end
        repeatable = False
        while self.at < len(text):
            character = text[self.at]
            if character == "(":
                open_groups.append(self._group())
                repeatable = False
            elif character == ")":
                if not open_groups:
                    raise ValueError("unbalanced )")
                repeatable = open_groups.pop()
                self._take(1)
            elif character in "|^$":
                repeatable = False
                self._take(1)
            elif character == "[":
                self._class()
                repeatable = True
            elif character == "\\":
                repeatable = self._escape()
            elif character in "*+?{":
                repeatable = self._quantifier(repeatable)
            elif character in "]}":
                out.append("\\" + character)
                self.at += 1
                repeatable = self.repaired = True
            else:
                self._take(1)
                repeatable = True
        if open_groups or self.largest_reference > self.groups or self.named_references - self.names:
            raise ValueError("unbalanced (, or a reference to no group")
        return "".join(out) if self.repaired else text

    def _take(self, count: int) -> None:
        self.out.append(self.text[self.at : self.at + count])
        self.at += count

    def _group(self) -> bool:
        found = _GROUP.match(self.text, self.at)
        if not found or (not found[1] and not found[2] and self.text.startswith("(?", self.at)):
            raise ValueError("a group of another dialect")
        self.at = found.end()
        if found[2]:
            self.out.append(found[0])
            return found[2] == ":"
        self.groups += 1
        if found[1]:
            if found[1] in self.names:
                raise ValueError("a group's name used twice")
            self.names.add(found[1])
            self.repaired |= found[0].startswith("(?P")
        self.out.append(f"(?<{found[1]}>" if found[1] else "(")
        return True

    def _quantifier(self, repeatable: bool) -> bool:
        found = _QUANTIFIER.match(self.text, self.at)
        if not found:
            if self.text[self.at + 1 : self.at + 2].isdigit():
                raise ValueError("a quantifier that is none, like {1-20}")
            self.out.append("\\{")
            self.at += 1
            self.repaired = True
            return True
        if not repeatable or (found[1] and found[2] and int(found[1]) > int(found[2])):
            raise ValueError("nothing to repeat, or a range that is none")
        self._take(len(found[0]))
        if self.text.startswith("?", self.at):
            self._take(1)
        return False

    def _escape(self) -> bool:
        """One escape outside of a class; whether it can be repeated."""
        following = self.text[self.at + 1 : self.at + 2]
        if following in _ANCHORS:
            self.out.append(_ANCHORS[following])
            self.repaired = True
            self.at += 2
            return False
        if following == "k":
            found = re.compile(r"\\k<(\w+)>").match(self.text, self.at)
            if not found:
                raise ValueError("a reference without a name")
            self.named_references.add(found[1])
            self._take(len(found[0]))
            return True
        if following in "123456789" and following:
            digits = re.compile(r"\d+").match(self.text, self.at + 1)
            assert digits
            self.largest_reference = max(self.largest_reference, int(digits[0][:6]))
            self._take(1 + len(digits[0]))
            return True
        written, ranges = self._common_escape(in_class=False)
        self.out.append(f"[{written}]" if ranges else written)
        return following not in "bB"

    def _common_escape(self, *, in_class: bool) -> tuple[str, bool]:
        """An escape that stands inside and outside of classes, and whether it was rewritten to ranges of a class."""
        text = self.text
        following = text[self.at + 1 : self.at + 2]
        if not following:
            raise ValueError("a backslash at the end")
        code = _CODE_POINT.match(text, self.at + 1)
        if code:
            self.at += 1 + len(code[0])
            return "\\" + code[0], False
        if text.startswith("x{", self.at + 1):
            end = text.index("}", self.at)
            point = text[self.at + 3 : end]
            self.at = end + 1
            if not re.fullmatch("[0-9A-Fa-f]{1,5}", point):
                raise ValueError("no code point")
            self.repaired = True
            return f"\\u{{{point}}}", False
        if following in "pP":
            return self._property(in_class=in_class)
        allowed = _ESCAPES - {"B"} if in_class else _ESCAPES
        if following in allowed or following in _SYNTAX or (in_class and following == "-"):
            self.at += 2
            return "\\" + following, False
        if following.isalnum() and following.isascii():
            raise ValueError("an escape of another dialect")
        self.at += 2
        self.repaired = True
        return following, False  # an escape that is not needed, as in `\_` or `\-`

    def _property(self, *, in_class: bool) -> tuple[str, bool]:
        found = _PROPERTY.match(self.text, self.at + 1)
        if not found:
            raise ValueError("a property without a name")
        self.at += 1 + len(found[0])
        letter, name = found[1], found[2].removeprefix("Is")
        if name in _POSIX:
            if letter == "P":
                raise ValueError("the complement of an ASCII class")
            self.repaired = True
            return _POSIX[name], not in_class
        if _SCRIPT.fullmatch(name):
            name = f"Script={name}"
        kind, mark, value = name.partition("=")
        known = {"": _CATEGORY, "Script": _SCRIPT, "sc": _SCRIPT, "General_Category": _CATEGORY, "gc": _CATEGORY}
        names = known.get(kind if mark else "")
        if not names or not names.fullmatch(value if mark else name):
            raise ValueError("a property that is not known")
        self.repaired |= name != found[2]
        return f"\\{letter}{{{name}}}", False

    def _class(self) -> None:
        text, out = self.text, self.out
        begin = "[^" if text.startswith("[^", self.at) else "["
        out.append(begin)
        self.at += len(begin)
        if text.startswith("[:", self.at):
            raise ValueError("a POSIX class")
        previous: str | None = None  # a single character that a range may begin with
        while self.at < len(text):
            character = text[self.at]
            if character == "]":
                self._take(1)
                return
            if character == "-" and text[self.at + 1 : self.at + 2] not in {"]", ""}:
                previous = self._range(previous)
                continue
            previous = self._class_atom()
        raise ValueError("a class without an end")

    def _class_atom(self) -> str | None:
        """One member of a class; the character it is, or None for a set like `\\d`."""
        if self.text[self.at] != "\\":
            self._take(1)
            return self.out[-1]
        written, _ = self._common_escape(in_class=True)
        self.out.append(written)
        if written.startswith("\\"):
            return None if written[1:] in _CLASS_ESCAPES or written[1] in "pP" else _character(written)
        return written if len(written) == 1 else None

    def _range(self, first: str | None) -> str | None:
        """A hyphen between two members: a range of characters, else the hyphen itself (`[\\w-.]`)."""
        place = len(self.out)
        self.at += 1
        last = self._class_atom()
        if first is None or last is None:
            sets = last is None or (place and self.out[place - 1][-1:] in _CLASS_ESCAPES)
            self.repaired |= bool(sets and self.out[place - 1][:1] not in {"[", "-"})
            self.out.insert(place, "\\-")
            return last
        if first > last:
            raise ValueError("a range that is none")
        self.out.insert(place, "-")
        return None


def _character(escape: str) -> str:
    """The character that an escape stands for, for comparing."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", escape[2:])
    if escape[1] in "xu" and digits:
        return chr(int(digits, 16))
    return {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}.get(escape[1], escape[1])
