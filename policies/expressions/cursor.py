"""Reading tokens one by one, and C#'s types, which look like expressions until they are over.

The rule here: trying costs nothing but time: `try_type` moves on only when it succeeds, and no error is raised while trying.
"""

from __future__ import annotations

from typing import NoReturn

from policies.errors import ExpressionError
from policies.expressions import syntax as s
from policies.expressions.lexer import Source, Token

__all__ = ["KEYWORDS", "PREDEFINED", "Cursor"]

_PREDEFINED = """
    bool byte sbyte short ushort int uint long ulong float double decimal char string object dynamic void
"""
_OTHER_KEYWORDS = """
    abstract as base break case catch checked class const continue default delegate do else enum event explicit
    extern false finally fixed for foreach goto if implicit in interface internal is lock namespace new null
    operator out override params private protected public readonly ref return sealed sizeof stackalloc static
    struct switch this throw true try typeof unchecked unsafe using virtual volatile while
"""
PREDEFINED = frozenset(_PREDEFINED.split())
KEYWORDS = PREDEFINED | frozenset(_OTHER_KEYWORDS.split())
_DEEPEST = 100


class Cursor:
    """A place among tokens."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.token = tokens[0]
        self.depth = 0

    # ---- tokens

    def advance(self) -> Token:
        """The current token; the next one becomes current."""
        token = self.token
        if token.kind != "end":
            self.at += 1
            self.token = self.tokens[self.at]
        return token

    def go(self, at: int) -> None:
        """Back, or forth, to a token."""
        self.at = at
        self.token = self.tokens[at]

    def ahead(self, count: int = 1) -> Token:
        """A later token."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def sees(self, text: str) -> bool:
        """Whether the current token is this operator or keyword."""
        token = self.token
        return token.text == text and (token.kind == "op" or (token.kind == "id" and not token.suffix))

    def take(self, text: str) -> bool:
        """Go past this operator or keyword, if it is there."""
        if self.sees(text):
            self.advance()
            return True
        return False

    def expect(self, text: str, hint: str = "") -> Token:
        """Go past this operator or keyword, or fail."""
        if not self.sees(text):
            self.fail(f"expected '{text}' instead of {self.shown()}", hint)
        return self.advance()

    def is_name(self, token: Token | None = None) -> bool:
        """Whether the token can be a variable's name."""
        token = self.token if token is None else token
        return token.kind == "id" and (bool(token.suffix) or token.text not in KEYWORDS)

    def name(self, what: str) -> Token:
        """Go past a name."""
        if not self.is_name():
            self.fail(f"expected {what} instead of {self.shown()}")
        return self.advance()

    def shown(self) -> str:
        """The current token for a message."""
        return self.token.text if self.token.kind == "end" else f"'{self.token.text}'"

    def fail(self, message: str, hint: str = "", offset: int | None = None) -> NoReturn:
        """Raise ExpressionError at the current token."""
        raise self.error(message, hint, offset)

    def newer(self, what: str, version: int, instead: str, offset: int | None = None) -> NoReturn:
        """Refuse what a later C# brought: expressions are C# 7, by the article and in API Management."""
        self.fail(f"{what} came with C# {version}, and policy expressions are C# 7", instead, offset)

    def error(self, message: str, hint: str = "", offset: int | None = None) -> ExpressionError:
        """The error at the current token."""
        return self.source.error(self.token.offset if offset is None else offset, message, hint)

    def deeper(self) -> None:
        """One more construct within another."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail("the expression is nested too deeply", "use variables in a @{ … } expression")

    def adjoins(self, text: str) -> bool:
        """Whether the next token is `text` and follows without a space: `>` `>` is a shift, `?` `[` a conditional index."""
        following = self.ahead()
        return following.kind == "op" and following.text == text and following.offset == self.token.end

    # ---- types

    def type(self) -> s.TypeSyntax:
        """A type, or an error."""
        found = self.try_type()
        if found is None:
            self.fail(f"expected a type instead of {self.shown()}")
        return found

    def try_type(self, *, suffixes: bool = True, before_expression: bool = False) -> s.TypeSyntax | None:
        """A type if one begins here. `before_expression`: a `?` followed by an operand is a condition's, not the type's
        (`x is int ? a : b`). Without `suffixes` neither `?` nor `[]` is taken."""
        start = self.at
        self.deeper()
        found = self._tuple_type() if self.sees("(") else self._type_name()
        self.depth -= 1
        if found is None:
            self.go(start)
            return None
        while suffixes:
            if self.sees("?") and not (before_expression and self._starts_operand(self.ahead())):
                self.advance()
                found.suffixes.append("?")
            elif self.sees("[") and self.ahead().text in ("]", ","):
                found.suffixes.append(self.brackets())
            else:
                break
        return found

    def brackets(self) -> str:
        """`[]` or `[,]` of a type."""
        self.advance()
        commas = 0
        while self.take(","):
            commas += 1
        self.expect("]")
        if commas > 2:
            self.fail("arrays of more than three dimensions are not available", "use an array of arrays: T[][]")
        return f"[{',' * commas}]"

    def _type_name(self) -> s.TypeName | None:
        token = self.token
        if token.kind != "id" or not (self.is_name() or token.text in PREDEFINED):
            return None
        self.advance()
        parts, arguments = [token.text], self.type_arguments()
        while not arguments and self.is_name(self.ahead()) and (self.take(".") or self.take("::")):
            parts.append(self.advance().text)
            arguments = self.type_arguments()
        return s.TypeName(token.offset, [], parts, arguments)

    def _tuple_type(self) -> s.TupleType | None:
        offset = self.advance().offset
        elements: list[s.TypeSyntax] = []
        names: list[str] = []
        while True:
            element = self.try_type()
            if element is None:
                return None
            elements.append(element)
            names.append(self.advance().text if self.is_name() else "")
            if not self.take(","):
                break
        if len(elements) < 2 or not self.take(")"):
            return None
        return s.TupleType(offset, [], elements, names)

    def type_arguments(self) -> list[s.TypeSyntax]:
        """`<A, B>` if it stands here as a whole; else nothing, and nothing is taken."""
        if not self.sees("<"):
            return []
        start = self.at
        self.advance()
        arguments: list[s.TypeSyntax] = []
        while True:
            argument = self.try_type()
            if argument is None:
                self.go(start)
                return []
            arguments.append(argument)
            if not self.take(","):
                break
        if not self.take(">"):
            self.go(start)
            return []
        return arguments

    def _starts_operand(self, token: Token) -> bool:
        if token.kind == "op":
            return token.text in ("(", "!", "~", "-", "+", "++", "--")
        if token.kind == "id":
            return self.is_name(token) or token.text in _OPERAND_KEYWORDS
        return token.kind != "end"


_OPERAND_KEYWORDS = PREDEFINED | {"new", "null", "true", "false", "default", "checked", "unchecked", "throw", "typeof", "this"}
