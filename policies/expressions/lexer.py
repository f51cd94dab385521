"""C# text → tokens, by C#'s lexical rules (specification, "Lexical structure"; strings, verbatim and interpolated ones, chars,
comments, numeric suffixes).

The rule here: time is linear in the text. `>` is always a token of its own, so that closing type arguments and shifts are
told apart by the parser; an interpolated string is one token that holds the tokens of its holes.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Any

from policies.dotnet.values import units
from policies.errors import ExpressionError, Position
from policies.records import Record

__all__ = ["Hole", "Source", "Token", "tokenize"]

_START = Position(1, 1)
_DEEPEST = 64  # interpolated strings inside one another

_SPACE = r"(?: (?:[^\S\x1c-\x1f]|\ufeff)++ | //[^\n]*+ | /\*.*?\*/ )*+"  # Python takes four control characters for spaces
_TOKEN = re.compile(
    _SPACE
    + r"""
    (?:
      (?P<id>@?[^\W\d]\w*)
    | (?P<op>[(),;\[\]{}~] | \.(?!\d) | \?\?= | <<= | \?\? | \?\.(?!\d) | => | == | != | <= | >= | && | \|\| | \+\+ | --
        | \+= | -= | \*= | /= | %= | &= | \|= | \^= | << | :: | /(?!\*) | [-+*%&|^!=<>?:])
    | (?P<string>"(?:[^"\\\n]++|\\.)*+")
    | (?P<number>\.?\d)
    | (?P<interpolated>\$@" | @\$" | \$")
    | (?P<verbatim>@"(?:[^"]++|"")*+")
    | (?P<char>'(?:[^'\\\n]++|\\[^\n])*+')
    | (?P<end>\Z)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# Patterns that not every expression needs are compiled when one does.
_NUMBER = r"""
      (?P<hex>0[xX][0-9a-fA-F_]*[0-9a-fA-F] | 0[bB][01_]*[01])(?P<hex_suffix>[uUlL]{0,2})(?!\w)
    | (?P<real>(?:\d(?:[\d_]*\d)?)?\.\d(?:[\d_]*\d)?(?:[eE][+-]?\d+)?[fFdDmM]?
        | \d(?:[\d_]*\d)?(?:[eE][+-]?\d+[fFdDmM]? | [fFdDmM]))(?!\w)
    | (?P<int>\d(?:[\d_]*\d)?)(?P<int_suffix>[uUlL]{0,2})(?!\w)
"""
_ESCAPE = r"""
    \\ (?: (?P<simple>['"\\0abfnrtv]) | x(?P<hex>[0-9a-fA-F]{1,4}) | u(?P<short>[0-9a-fA-F]{4}) | U(?P<long>[0-9a-fA-F]{8})
      | (?P<bad>.?) )
"""
_SIMPLE = dict(zip("'\"\\0abfnrtv", "'\"\\\0\a\b\f\n\r\t\v", strict=True))
_REGULAR_PIECE = r'(?: [^"\\{}\n]++ | \\. | \{\{ | \}\} )*+'
_VERBATIM_PIECE = r'(?: [^"{}]++ | "" | \{\{ | \}\} )*+'
_FORMAT = r'(?: [^{}"]++ | \{\{ | \}\} | "" )*+'
_SUFFIXES = {"": "", "u": "uint", "l": "long", "ul": "ulong", "lu": "ulong"}


@cache
def _pattern(text: str, flags: int = re.VERBOSE) -> re.Pattern[str]:
    return re.compile(text, flags)


class Source(Record):
    """The text of one expression, and where it stands in its document."""

    text: str
    origin: str = ""
    base: Position = _START

    def position(self, offset: int) -> Position:
        """The document's line and column of an offset in the text."""
        line = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        return Position(self.base.line + line, column + (self.base.column if line == 0 else 1))

    def error(self, offset: int, message: str, hint: str = "") -> ExpressionError:
        """What is wrong at an offset, with the line it stands in."""
        offset = min(offset, len(self.text))
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        line = self.text[start : len(self.text) if end < 0 else end].rstrip("\r")
        indent = " " * (self.base.column - 1) if start == 0 else ""
        return ExpressionError(message, self.position(offset), origin=self.origin, excerpt=indent + line, hint=hint)


class Token(Record, frozen=False):
    """`kind` is "id", "int", "real", "string", "char", "interpolated", "op" or "end".

    `text` is what was written (an identifier without its @). `value` is the number or text it stands for; for an
    interpolated string the list of texts and `Hole`s. `suffix` is the type that a number's suffix asks for; "@" for a
    verbatim identifier.
    """

    kind: str
    text: str
    offset: int
    end: int
    value: Any = None
    suffix: str = ""


class Hole(Record, frozen=False):
    """`{expression,alignment:format}` of an interpolated string; the alignment is still among the tokens."""

    tokens: list[Token]
    format: str | None


def tokenize(source: Source) -> list[Token]:
    """All tokens, an "end" last. Raises ExpressionError."""
    return _Lexer(source).run()


class _Lexer:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    def run(self) -> list[Token]:
        tokens, at = self.code(0, depth=0, in_hole=False)
        tokens.append(Token("end", "the end of the expression", at, at))
        return tokens

    def code(self, at: int, *, depth: int, in_hole: bool) -> tuple[list[Token], int]:
        """Tokens from `at` to the end; in a hole to the `}` or `:` that ends its expression."""
        tokens: list[Token] = []
        text, match, brackets = self.text, _TOKEN.match, 0
        while (found := match(text, at)) is not None:
            kind = found.lastgroup
            assert kind is not None
            word, (at, end) = found[kind], found.span(kind)
            if kind == "op":
                if in_hole:
                    if word in "([{":
                        brackets += 1
                    elif brackets == 0 and word in ("}", ":"):
                        return tokens, at
                    elif word in ")]}":
                        brackets -= 1
                tokens.append(Token("op", word, at, end))
            elif kind == "id":
                tokens.append(Token("id", word.lstrip("@"), at, end, suffix="@" if word[0] == "@" else ""))
            elif kind == "string":
                tokens.append(Token("string", word, at, end, self.unescape(word[1:-1], at + 1)))
            elif kind == "interpolated":
                if self.text.startswith("@$", at):
                    hint = '$@"…" is the order that C# 7 knows'
                    raise self.source.error(at, 'the order @$"…" came with C# 8, and policy expressions are C# 7', hint)
                token = self.interpolated(at, end, depth)
                tokens.append(token)
                end = token.end
            elif kind == "verbatim":
                tokens.append(Token("string", word, at, end, units(word[2:-1].replace('""', '"'))))
            elif kind == "char":
                tokens.append(self.char(word, at, end))
            elif kind == "number":
                tokens.append(self.number(at))
                end = tokens[-1].end
            else:
                return tokens, at
            at = end
        raise self.bad(at)

    def bad(self, at: int) -> ExpressionError:
        text, space = self.text, _pattern(_SPACE, re.VERBOSE | re.DOTALL).match(self.text, at)
        at = at if space is None else space.end()
        if text.startswith("/*", at):
            return self.source.error(at, "the comment is not closed", "a comment that begins with /* ends with */")
        if text[at] == '"' or text.startswith('@"', at):
            return self.source.error(
                at, "the string is not closed", 'a string ends with " on the same line; @"…" may span lines'
            )
        if text[at] == "'":
            return self.source.error(
                at, "not a character literal", "single quotes hold exactly one character; texts take double"
            )
        if text[at].isdigit():
            return self.source.error(at, "not a number", "suffixes are u, l, ul for integers and f, d, m for others")
        return self.source.error(at, f"unexpected character '{text[at]}'")

    def unescape(self, body: str, at: int) -> str:
        if "\\" not in body:
            return units(body)

        def put(match: re.Match[str]) -> str:
            if match["simple"]:
                return _SIMPLE[match["simple"]]
            digits = match["hex"] or match["short"] or match["long"]
            if digits is None or int(digits, 16) > 0x10FFFF:
                hint = r"write \\ for a backslash, or a verbatim string @\"…\"".replace('\\"', '"')
                raise self.source.error(at + match.start(), f"unrecognized escape sequence '{match[0][:2]}'", hint)
            return chr(int(digits, 16))

        return units(_pattern(_ESCAPE, re.VERBOSE | re.DOTALL).sub(put, body))

    def char(self, word: str, at: int, end: int) -> Token:
        value = self.unescape(word[1:-1], at + 1)
        if len(value) != 1:
            what = "too many characters in a" if value else "an empty"
            raise self.source.error(at, f"{what} character literal", "texts take double quotes")
        return Token("char", word, at, end, value)

    def number(self, at: int) -> Token:
        found = _pattern(_NUMBER).match(self.text, at)
        if found is None:
            raise self.bad(at)
        word, end = found[0], found.end()
        if found["real"]:
            plain = word.replace("_", "")
            suffix = plain[-1].lower()
            if suffix == "m":
                return Token("real", word, at, end, Decimal(plain[:-1]), "decimal")
            if suffix == "f":
                return Token("real", word, at, end, float(plain[:-1]), "float")
            return Token("real", word, at, end, float(plain.rstrip("dD")), "double")
        digits, suffix = (found["hex"], found["hex_suffix"]) if found["hex"] else (found["int"], found["int_suffix"])
        asked = _SUFFIXES.get(suffix.lower())
        plain = digits.replace("_", "")
        if asked is None or plain[1:] in ("x", "X", "b", "B"):
            raise self.bad(at)
        base = {"x": 16, "b": 2}.get(plain[1:2].lower(), 10)
        value = int(plain[2:] if base != 10 else plain, base) if len(plain) <= 70 else 2**64
        if value >= 2**64:
            raise self.source.error(at, "the integer is too large", "the largest type, ulong, ends at 18446744073709551615")
        return Token("int", word, at, end, value, asked)

    def interpolated(self, start: int, at: int, depth: int) -> Token:
        if depth >= _DEEPEST:
            raise self.source.error(start, "interpolated strings are nested too deeply")
        text, length = self.text, len(self.text)
        verbatim = "@" in text[start:at]
        piece = _pattern(_VERBATIM_PIECE if verbatim else _REGULAR_PIECE)
        parts: list[str | Hole] = []
        while True:
            found = piece.match(text, at)
            assert found is not None
            if found[0]:
                parts.append(self.piece(found[0], at, verbatim=verbatim))
            at = found.end()
            stop = text[at] if at < length else ""
            if stop == '"':
                return Token("interpolated", text[start : at + 1], start, at + 1, parts)
            if stop == "}":
                raise self.source.error(at, "a '}' in an interpolated string stands alone", "write }} for the character")
            if stop != "{":
                raise self.source.error(start, "the interpolated string is not closed", 'it ends with "')
            hole, at = self.hole(at, depth)
            parts.append(hole)

    def piece(self, raw: str, at: int, *, verbatim: bool) -> str:
        body = raw.replace('""', '"') if verbatim else raw
        if "{{" in body or "}}" in body:
            # a \{ cannot occur here, so doubled braces are always the escaped ones
            body = body.replace("{{", "{").replace("}}", "}")
        return units(body) if verbatim else self.unescape(body, at)

    def hole(self, opening: int, depth: int) -> tuple[Hole, int]:
        tokens, at = self.code(opening + 1, depth=depth + 1, in_hole=True)
        if at >= len(self.text):
            raise self.source.error(opening, "a '{' in an interpolated string is not closed", "write {{ for the character")
        if not tokens:
            raise self.source.error(opening, "an interpolation without an expression", "write {{ for the character '{'")
        spec = None
        if self.text[at] == ":":
            found = _pattern(_FORMAT).match(self.text, at + 1)
            assert found is not None
            spec = found[0].replace("{{", "{").replace("}}", "}").replace('""', '"')
            if not spec:
                raise self.source.error(at, "the format after ':' is empty", "leave the ':' out")
            at = found.end()
            if not self.text.startswith("}", at):
                raise self.source.error(opening, "a '{' in an interpolated string is not closed", "write {{ for the character")
        tokens.append(Token("end", "the end of the interpolation", at, at))
        return Hole(tokens, spec), at + 1
