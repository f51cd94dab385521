"""Tokens → syntax tree: expressions, by operator precedence (Pratt).

The rule here: what C# decides by looking ahead is decided the same way: a cast or a parenthesis, type arguments or a
comparison, a lambda or a tuple, `?` of a type or of a condition (specification, "Grammar ambiguities", "Cast expressions").
"""

from __future__ import annotations

from policies.expressions import syntax as s
from policies.expressions.cursor import KEYWORDS, PREDEFINED
from policies.expressions.lexer import Hole, Token
from policies.expressions.queries import QueryParser

__all__ = ["ExpressionParser"]

_LEVELS: dict[str, int] = {
    "??": 2,
    "||": 3,
    "&&": 4,
    "|": 5,
    "^": 6,
    "&": 7,
    **dict.fromkeys(("==", "!="), 8),
    **dict.fromkeys(("<", ">", "<=", ">="), 9),
    **dict.fromkeys(("<<", ">>"), 10),
    **dict.fromkeys(("+", "-"), 11),
    **dict.fromkeys(("*", "/", "%"), 12),
}
_RELATIONAL, _LOWEST = 9, 1
_ASSIGNMENTS = {"=": "=", **{f"{op}=": op for op in ("+", "-", "*", "/", "%", "&", "|", "^", "<<")}}
_AFTER = "( ) ] } : ; , . ?. ? == != | ^ && || & ["
_AFTER_TYPE_ARGUMENTS = frozenset(_AFTER.split())
_TYPE_OF_REAL = {"double": "double", "float": "float", "decimal": "decimal"}
_SIZES = {
    "bool": 1,
    "byte": 1,
    "sbyte": 1,
    "short": 2,
    "ushort": 2,
    "char": 2,
    "int": 4,
    "uint": 4,
    "float": 4,
    "long": 8,
    "ulong": 8,
    "double": 8,
    "decimal": 16,
}
_AFTER_OPERANDS = frozenset((".", "(", "[", "?.", "?", "::", "++", "--", "!"))
_REFUSED = {
    "await": "await is not available in policy expressions",
    "base": "base is not available in policy expressions",
    "stackalloc": "stackalloc is not available in policy expressions",
    "this": "this is not available in policy expressions",
}


class ExpressionParser(QueryParser):
    """Parses expressions."""

    def operand(self) -> s.Expression:
        """An expression without comparisons and looser operators: what a pattern compares with."""
        return self._binary(_LEVELS["<<"] - 1)

    def expression(self) -> s.Expression:
        """An expression, assignments and lambdas included."""
        self.deeper()
        found = self.lambda_() or self._assignment()
        self.depth -= 1
        return found

    def _assignment(self) -> s.Expression:
        if self.sees("throw"):
            self.fail("throw cannot stand here", "write it as a statement, or after ??, ? :, or =>")
        left = self._binary(_LOWEST)
        token = self.token
        if token.kind == "op":
            if token.text == "?":
                return self._conditional(left)
            if token.text == "??=":
                self.newer("the operator ??=", 8, "write x = x ?? value")
            if token.text in _ASSIGNMENTS:
                self.advance()
                return s.Assign(left.offset, _ASSIGNMENTS[token.text], left, self.expression(), token.offset)
            if token.text == ">" and self.adjoins(">=") and self.ahead().offset == token.end:
                self.advance()
                self.advance()
                return s.Assign(left.offset, ">>", left, self.expression(), token.offset)
        return left

    def _conditional(self, condition: s.Expression) -> s.Expression:
        self.advance()
        yes = self.expression_or_throw()
        self.expect(":", "a condition is written test ? yes : no")
        return s.Conditional(condition.offset, condition, yes, self.expression_or_throw())

    def expression_or_throw(self) -> s.Expression:
        """An expression where `throw …` may stand for one."""
        if not self.sees("throw"):
            return self.expression()
        offset = self.advance().offset
        return s.Throw(offset, self._binary(_LOWEST))

    # ---- binary operators

    def _operator(self) -> tuple[str, int]:
        token = self.token
        if token.kind == "op":
            if token.text == ">" and self.adjoins(">"):
                return ">>", _LEVELS[">>"]
            if token.text == ">" and self.adjoins(">="):
                return "", 0
            return token.text, _LEVELS.get(token.text, 0)
        if token.kind == "id" and not token.suffix:
            if token.text in ("is", "as"):
                return token.text, _RELATIONAL
            if token.text == "switch" and self.ahead().text == "{":
                self.newer("switch expressions", 8, "write a switch statement, or test ? value : …")
        return "", 0

    def _binary(self, least: int) -> s.Expression:
        left = self._unary()
        while True:
            operator, level = self._operator()
            if level <= least:
                return left
            at = self.advance().offset
            match operator:
                case ">>":
                    self.advance()
                    left = s.Binary(left.offset, ">>", left, self._binary(level), at)
                case "??":
                    right = self._throw_or_binary(level - 1)
                    left = s.Binary(left.offset, "??", left, right, at)
                case "is":
                    left = s.Is(left.offset, left, self.pattern())
                case "as":
                    kind = self.try_type(before_expression=True)
                    if kind is None:
                        self.fail(f"expected a type after 'as' instead of {self.shown()}")
                    left = s.As(left.offset, left, kind)
                case _:
                    left = s.Binary(left.offset, operator, left, self._binary(level), at)

    def _throw_or_binary(self, level: int) -> s.Expression:
        return self.expression_or_throw() if self.sees("throw") else self._binary(level)

    # ---- unary operators and casts

    def _unary(self) -> s.Expression:
        token = self.token
        self.deeper()
        if token.kind == "op":
            if token.text in ("+", "-", "!", "~"):
                self.advance()
                found: s.Expression = s.Unary(token.offset, token.text, self._unary())
            elif token.text in ("++", "--"):
                self.advance()
                found = s.Increment(token.offset, token.text[0], self._unary(), is_prefix=True)
            elif token.text == "(":
                found = self._cast() or self._primary()
            else:
                found = self._primary()
        else:
            found = self._primary()
        self.depth -= 1
        return found

    def _cast(self) -> s.Cast | None:
        start = self.at
        offset = self.advance().offset
        kind = self.try_type()
        if kind is None or not self.take(")"):
            self.go(start)
            return None
        only_type = bool(kind.suffixes) or (isinstance(kind, s.TypeName) and kind.parts[-1] in PREDEFINED)
        if not (self._follows_cast() or (only_type and self._starts_operand(self.token))):
            self.go(start)
            return None
        return s.Cast(offset, kind, self._unary())

    def _follows_cast(self) -> bool:
        token = self.token
        if token.kind == "op":
            return token.text in ("(", "!", "~")
        if token.kind == "id":
            is_operator = token.text in ("as", "is", "switch", "when", "and", "or", "in", "else")
            return bool(token.suffix) or not (is_operator or self.ends_operand(token.text))
        return token.kind != "end"

    # ---- primary expressions

    def _primary(self) -> s.Expression:
        found = self._atom()
        while True:
            token = self.token
            if token.kind != "op" or token.text not in _AFTER_OPERANDS:
                return found
            match token.text:
                case "?.":
                    found = self._after_question(found)
                case "?" if self._asks_for_null() and not isinstance(found, s.PredefinedType):
                    found = self._after_question(found)
                case "++" | "--":
                    self.advance()
                    found = s.Increment(found.offset, token.text[0], found, is_prefix=False)
                case "!" if self.ahead().text in (".", "[", ")", ";"):
                    self.newer("the operator ! after a value", 8, "leave it out")
                case _:
                    following = self._suffix(found)
                    if following is None:
                        return found
                    found = following

    def _suffix(self, target: s.Expression) -> s.Expression | None:
        """`.name`, `(…)` or `[…]` after an expression, if one is there."""
        token = self.token
        match token.text if token.kind == "op" else "":
            case "." | "::":
                self.advance()
                if self.sees("."):
                    self.newer("ranges", 8, "write Substring, or Skip and Take")
                name = self.name("a member's name")
                return s.Member(target.offset, target, name.text, self._generic_arguments(), name.offset)
            case "(":
                self.advance()
                return s.Call(target.offset, target, self.arguments(")"))
            case "[":
                self.advance()
                if self.sees("]"):
                    self.fail("an index is missing between [ and ]")
                return s.Index(target.offset, target, self.arguments("]"))
        return None

    def _after_question(self, target: s.Expression) -> s.ConditionalAccess:
        """The whole chain after `?.` or `?[` belongs to the condition."""
        token = self.advance()
        rest: s.Expression = s.Placeholder(token.offset)
        if token.text == "?." or self.take("."):
            name = self.name("a member's name")
            rest = s.Member(token.offset, rest, name.text, self._generic_arguments(), name.offset)
        while True:
            following = self._suffix(rest)
            if following is None:
                break
            rest = following
        if self.sees("?.") or (self.sees("?") and self._asks_for_null()):
            rest = self._after_question(rest)
        return s.ConditionalAccess(target.offset, target, rest)

    def _asks_for_null(self) -> bool:
        """Whether this `?` is that of `?.` or `?[`: for C# these are two tokens, with a line break between them if need be."""
        following = self.ahead()
        return following.kind == "op" and following.text in (".", "[")

    def _generic_arguments(self) -> list[s.TypeSyntax]:
        """Type arguments after a name, where `<` could also compare: the token after `>` decides."""
        start = self.at
        arguments = self.type_arguments()
        if arguments and not (
            self.token.kind == "end" or (self.token.kind == "op" and self.token.text in _AFTER_TYPE_ARGUMENTS)
        ):
            self.go(start)
            return []
        return arguments

    def _atom(self) -> s.Expression:
        token = self.token
        match token.kind:
            case "int":
                self.advance()
                return s.Literal(token.offset, token.value, _integer_type(token.value, token.suffix))
            case "real":
                self.advance()
                return s.Literal(token.offset, token.value, _TYPE_OF_REAL[token.suffix])
            case "string" | "char":
                self.advance()
                return s.Literal(token.offset, token.value, token.kind)
            case "interpolated":
                return self._interpolated(self.advance())
            case "id":
                return self._word(token)
        if self.sees("("):
            return self._parenthesis()
        if self.sees("{"):
            self.fail("unexpected '{'", "a block of statements is written @{ … }, and ends with return")
        if self.token.kind == "end":
            self.fail("the expression ends too early")
        if self.sees("^"):
            self.newer("counting from the end with ^", 8, "write value[value.Length - 1]")
        if self.sees(".") and self.ahead().text == ".":
            self.newer("ranges", 8, "write Substring, or Skip and Take")
        self.fail(f"unexpected {self.shown()}")

    def _word(self, token: Token) -> s.Expression:
        if token.suffix or token.text not in KEYWORDS:
            return self._identifier(token)
        match token.text:
            case "true" | "false":
                self.advance()
                return s.Literal(token.offset, token.text == "true", "bool")
            case "null":
                self.advance()
                return s.Literal(token.offset, None, "null")
            case "default":
                return self._default()
            case "new":
                return self.new()
            case "checked" | "unchecked":
                self.advance()
                self.expect("(")
                operand = self.expression()
                self.expect(")")
                return s.Checked(token.offset, operand, token.text == "checked")
            case "delegate":
                return self.delegate()
            case "typeof":
                self.advance()
                self.expect("(")
                kind = self.type()
                self.expect(")")
                return s.TypeOf(token.offset, kind)
            case "sizeof":
                self.advance()
                self.expect("(")
                sized = self.advance()
                if sized.text not in _SIZES:
                    self.fail("sizeof is known of the built-in value types only", offset=sized.offset)
                self.expect(")")
                return s.Literal(token.offset, _SIZES[sized.text], "int")
        if token.text in PREDEFINED:
            self.advance()
            if not self.sees("."):
                self.fail(
                    f"'{token.text}' is a type, and a value is expected",
                    f"a conversion is written ({token.text})value",
                    token.offset,
                )
            return s.PredefinedType(token.offset, token.text)
        self.fail(_REFUSED.get(token.text, f"'{token.text}' is a keyword and cannot stand here"))

    def _identifier(self, token: Token) -> s.Expression:
        self.advance()
        if token.text == "nameof" and self.sees("("):
            self.advance()
            operand = self.expression()
            self.expect(")")
            return s.NameOf(token.offset, operand)
        if token.text == "await" and self.is_name():
            self.fail(_REFUSED["await"], offset=token.offset)
        if token.text == "from" and self.starts_query():
            return self.query(token.offset)
        return s.Name(token.offset, token.text, self._generic_arguments())

    def _default(self) -> s.Expression:
        offset = self.advance().offset
        if not self.take("("):
            return s.Literal(offset, None, "default")
        kind = self.type()
        self.expect(")")
        return s.Default(offset, kind)

    def _parenthesis(self) -> s.Expression:
        offset = self.advance().offset
        names, items = [], []
        while True:
            name = ""
            if self.is_name() and self.ahead().text == ":" and self.ahead().kind == "op":
                name = self.advance().text
                self.advance()
            names.append(name)
            items.append(self.expression())
            if not self.take(","):
                break
        self.expect(")")
        if len(items) == 1 and not names[0]:
            return items[0]
        return s.TupleLiteral(offset, names, items)

    def _interpolated(self, token: Token) -> s.Interpolated:
        texts, holes = [""], []
        for part in token.value:
            if isinstance(part, Hole):
                holes.append(self._hole(part))
                texts.append("")
            else:
                texts[-1] += part
        return s.Interpolated(token.offset, texts, holes)

    def _hole(self, hole: Hole) -> s.Interpolation:
        inner = type(self)(self.source, hole.tokens)
        inner.depth = self.depth
        offset = inner.token.offset
        value = inner.expression()
        alignment = inner.expression() if inner.take(",") else None
        if inner.token.kind != "end":
            inner.fail(f"unexpected {inner.shown()} in an interpolated string")
        return s.Interpolation(offset, value, alignment, hole.format)


def _integer_type(value: int, suffix: str) -> str:
    """The first of int, uint, long, ulong that holds the value and has the suffix."""
    match suffix:
        case "uint":
            return "uint" if value < 2**32 else "ulong"
        case "long":
            return "long" if value < 2**63 else "ulong"
        case "ulong":
            return "ulong"
    return "int" if value < 2**31 else "uint" if value < 2**32 else "long" if value < 2**63 else "ulong"
