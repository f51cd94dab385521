"""Tokens → syntax tree: expressions, by operator precedence (Pratt).

The rule here: what C# decides by looking ahead is decided the same way: a cast or a parenthesis, type arguments or a
comparison, a lambda or a tuple, `?` of a type or of a condition (specification, "Grammar ambiguities", "Cast expressions").
"""

from __future__ import annotations

from policies.expressions import syntax as s
from policies.expressions.cursor import KEYWORDS, PREDEFINED, Cursor
from policies.expressions.lexer import Hole, Token

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
_RELATIONAL, _SWITCH, _LOWEST = 9, 13, 1
_ASSIGNMENTS = {"=": "=", "??=": "??", **{f"{op}=": op for op in ("+", "-", "*", "/", "%", "&", "|", "^", "<<")}}
_AFTER = "( ) ] } : ; , . ?. ? == != | ^ && || & ["
_AFTER_TYPE_ARGUMENTS = frozenset(_AFTER.split())
_TYPE_OF_REAL = {"double": "double", "float": "float", "decimal": "decimal"}
_REFUSED = {
    "await": "await is not available in policy expressions",
    "base": "base is not available in policy expressions",
    "sizeof": "sizeof is not available in policy expressions",
    "stackalloc": "stackalloc is not available in policy expressions",
    "this": "this is not available in policy expressions",
    "typeof": "typeof is not available in policy expressions: reflection is not allowed there",
}


class ExpressionParser(Cursor):
    """Parses expressions. Block bodies of lambdas are the statement parser's."""

    def block(self) -> s.Block:
        """`{ … }`; `StatementParser` knows how."""
        raise NotImplementedError

    def expression(self) -> s.Expression:
        """An expression, assignments and lambdas included."""
        self.deeper()
        found = self._lambda() or self._assignment()
        self.depth -= 1
        return found

    def _assignment(self) -> s.Expression:
        if self.sees("throw"):
            offset = self.advance().offset
            return s.Throw(offset, self._binary(_LOWEST))
        left = self._binary(_LOWEST)
        token = self.token
        if token.kind == "op":
            if token.text == "?":
                return self._conditional(left)
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
        yes = self.expression()
        self.expect(":", "a condition is written test ? yes : no")
        return s.Conditional(condition.offset, condition, yes, self.expression())

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
            if token.text == "switch":
                return "switch", _SWITCH
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
                case "switch":
                    left = self._switch(left)
                case _:
                    left = s.Binary(left.offset, operator, left, self._binary(level), at)

    def _throw_or_binary(self, level: int) -> s.Expression:
        return self._assignment() if self.sees("throw") else self._binary(level)

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
            return bool(token.suffix) or token.text not in ("as", "is", "switch", "when", "and", "or", "in", "else")
        return token.kind != "end"

    # ---- primary expressions

    def _primary(self) -> s.Expression:
        found = self._atom()
        while True:
            token = self.token
            if token.kind != "op":
                return found
            match token.text:
                case "?.":
                    found = self._after_question(found)
                case "?" if self.adjoins("[") and not isinstance(found, s.PredefinedType):
                    found = self._after_question(found)
                case "++" | "--":
                    self.advance()
                    found = s.Increment(found.offset, token.text[0], found, is_prefix=False)
                case "!" if self.ahead().text in (".", "[", ")", ";"):
                    self.advance()  # C# 8's null-forgiving operator has no effect
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
        if token.text == "?.":
            name = self.name("a member's name")
            rest = s.Member(token.offset, rest, name.text, self._generic_arguments(), name.offset)
        while True:
            following = self._suffix(rest)
            if following is None:
                break
            rest = following
        if self.sees("?.") or (self.sees("?") and self.adjoins("[")):
            rest = self._after_question(rest)
        return s.ConditionalAccess(target.offset, target, rest)

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
                return self._new()
            case "checked" | "unchecked":
                self.advance()
                self.expect("(")
                operand = self.expression()
                self.expect(")")
                return s.Checked(token.offset, operand, token.text == "checked")
            case "delegate":
                return self._delegate()
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
        if token.text == "from" and self.is_name() and self.ahead().text == "in":
            self.fail("query expressions are not available", "write items.Where(…).Select(…)", token.offset)
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

    # ---- arguments, creation

    def arguments(self, close: str) -> list[s.Argument]:
        """Arguments up to the closing bracket, which is taken."""
        found: list[s.Argument] = []
        while not self.take(close):
            if found and not self.take(","):
                self.fail(f"expected ',' or '{close}' instead of {self.shown()}")
            offset, name, mode = self.token.offset, "", ""
            if self.is_name() and self.ahead().text == ":" and self.ahead().kind == "op":
                name = self.advance().text
                self.advance()
            for word in ("out", "ref", "in"):
                if self.take(word):
                    mode = word
            value = self._out() if mode == "out" else None
            found.append(s.Argument(offset, name, mode, self.expression() if value is None else value))
        return found

    def _out(self) -> s.OutVariable | None:
        start, offset = self.at, self.token.offset
        kind = self.try_type()
        if kind is not None and self.is_name():
            is_var = isinstance(kind, s.TypeName) and kind.parts == ["var"] and not kind.suffixes
            return s.OutVariable(offset, None if is_var else kind, self.advance().text)
        self.go(start)
        return None

    def _new(self) -> s.Expression:
        offset = self.advance().offset
        if self.sees("{"):
            return self._anonymous(offset)
        if self.sees("[") and self.ahead().text == "]":
            self.advance()
            self.advance()
            return s.NewArray(offset, None, None, self.array_items())
        if self.sees("("):
            self.advance()
            return s.New(offset, None, self.arguments(")"), self._initializer())
        kind = self.try_type(suffixes=False)
        if kind is None:
            self.fail(f"expected a type after 'new' instead of {self.shown()}")
        if self.sees("?"):
            self.advance()
            kind.suffixes.append("?")
        if self.sees("["):
            return self._new_array(offset, kind)
        if self.take("("):
            return s.New(offset, kind, self.arguments(")"), self._initializer())
        if self.sees("{"):
            return s.New(offset, kind, [], self._initializer())
        self.fail(f"expected '(', '[' or '{{' after 'new {kind}'")

    def _new_array(self, offset: int, kind: s.TypeSyntax) -> s.NewArray:
        self.advance()
        size = None if self.sees("]") else self.expression()
        if self.sees(","):
            self.fail("arrays of several dimensions are not available", "use an array of arrays")
        self.expect("]")
        while self.sees("[") and self.ahead().text == "]":
            self.advance()
            self.advance()
            kind.suffixes.append("[]")
        items = self.array_items() if self.sees("{") else None
        if size is None and items is None:
            self.fail("an array needs a size or items", f"write new {kind}[3] or new {kind}[] {{ … }}")
        return s.NewArray(offset, kind, size, items)

    def array_items(self) -> list[s.Expression]:
        """`{ a, b }` of an array; a nested `{ … }` is an array of its own."""
        self.expect("{")
        items: list[s.Expression] = []
        while not self.take("}"):
            if self.sees("{"):
                items.append(s.NewArray(self.token.offset, None, None, self.array_items()))
            else:
                items.append(self.expression())
            if not self.take(",") and not self.sees("}"):
                self.fail(f"expected ',' or '}}' instead of {self.shown()}")
        return items

    def _anonymous(self, offset: int) -> s.NewAnonymous:
        self.advance()
        names, values = [], []
        while not self.take("}"):
            start = self.token.offset
            if self.is_name() and self.ahead().text == "=" and self.ahead().kind == "op":
                name = self.advance().text
                self.advance()
                value = self.expression()
            else:
                value = self.expression()
                name = _projected(value)
                if not name:
                    self.fail("a member of an anonymous object needs a name", "write name = value", start)
            names.append(name)
            values.append(value)
            if not self.take(",") and not self.sees("}"):
                self.fail(f"expected ',' or '}}' instead of {self.shown()}")
        return s.NewAnonymous(offset, names, values)

    def _initializer(self) -> s.Initializer | None:
        if not self.sees("{"):
            return None
        self.deeper()
        offset = self.advance().offset
        items: list[s.MemberInitializer] = []
        while not self.take("}"):
            items.append(self._initializer_item())
            if not self.take(",") and not self.sees("}"):
                self.fail(f"expected ',' or '}}' instead of {self.shown()}")
        self.depth -= 1
        return s.Initializer(offset, items)

    def _initializer_item(self) -> s.MemberInitializer:
        offset = self.token.offset
        if self.take("["):
            keys = self.arguments("]")
            self.expect("=")
            return s.MemberInitializer(offset, "", keys, [self._initializer_value()])
        if self.is_name() and self.ahead().text == "=" and self.ahead().kind == "op":
            name = self.advance().text
            self.advance()
            return s.MemberInitializer(offset, name, [], [self._initializer_value()])
        if self.take("{"):
            values: list[s.Node] = [self.expression()]
            while self.take(","):
                if self.sees("}"):
                    break
                values.append(self.expression())
            self.expect("}")
            return s.MemberInitializer(offset, "", [], values)
        return s.MemberInitializer(offset, "", [], [self.expression()])

    def _initializer_value(self) -> s.Node:
        nested = self._initializer()
        return self.expression() if nested is None else nested

    # ---- lambdas

    def _lambda(self) -> s.Lambda | None:
        token = self.token
        if token.kind == "id":
            if token.text == "async" and (self.is_name(self.ahead()) or self.ahead().text == "("):
                self.fail("async is not available in policy expressions")
            if self.ahead().text == "=>" and self.is_name():
                parameter = s.LambdaParameter(token.offset, None, self.advance().text)
                self.advance()
                return s.Lambda(token.offset, [parameter], self._lambda_body())
            return None
        if token.kind != "op" or token.text != "(" or not self._closes_before_arrow():
            return None
        parameters = self.parameters()
        self.expect("=>")
        return s.Lambda(token.offset, parameters, self._lambda_body())

    def _closes_before_arrow(self) -> bool:
        depth, at = 0, self.at
        while True:
            token = self.tokens[at]
            if token.kind == "end":
                return False
            if token.kind == "op":
                depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
                if depth == 0:
                    return self.tokens[at + 1].text == "=>" and self.tokens[at + 1].kind == "op"
            at += 1

    def parameters(self) -> list[s.LambdaParameter]:
        """`(a, b)` or `(int a, string b = "")`."""
        self.expect("(")
        found: list[s.LambdaParameter] = []
        while not self.take(")"):
            if found:
                self.expect(",")
            offset = self.token.offset
            if self.is_name() and self.ahead().text in (",", ")"):
                found.append(s.LambdaParameter(offset, None, self.advance().text))
                continue
            if self.token.text in ("ref", "out", "in", "params", "this"):
                self.fail(f"'{self.token.text}' parameters are not available in policy expressions")
            kind = self.type()
            name = self.name("a parameter's name").text
            found.append(s.LambdaParameter(offset, kind, name, self.expression() if self.take("=") else None))
        return found

    def _lambda_body(self) -> s.Expression | s.Block:
        return self.block() if self.sees("{") else self.expression()

    def _delegate(self) -> s.Lambda:
        offset = self.advance().offset
        return s.Lambda(offset, self.parameters() if self.sees("(") else [], self.block())

    # ---- patterns, switch expressions

    def pattern(self) -> s.Pattern:
        """A pattern, `or` binding least."""
        left = self._and_pattern()
        while self.take("or"):
            left = s.BinaryPattern(left.offset, "or", left, self._and_pattern())
        return left

    def _and_pattern(self) -> s.Pattern:
        left = self._simple_pattern()
        while self.take("and"):
            left = s.BinaryPattern(left.offset, "and", left, self._simple_pattern())
        return left

    def _simple_pattern(self) -> s.Pattern:
        token = self.token
        self.deeper()
        if self.take("not"):
            found: s.Pattern = s.NotPattern(token.offset, self._simple_pattern())
        elif token.kind == "op" and token.text in ("<", ">", "<=", ">="):
            self.advance()
            found = s.RelationalPattern(token.offset, token.text, self._binary(_LEVELS["<<"] - 1))
        elif self.is_name() and token.text == "_":
            self.advance()
            found = s.Discard(token.offset)
        elif self.is_name() and token.text == "var" and self.is_name(self.ahead()):
            self.advance()
            found = s.TypePattern(token.offset, None, self.advance().text)
        else:
            found = self._type_pattern() or s.ConstantPattern(token.offset, self._binary(_LEVELS["<<"] - 1))
        self.depth -= 1
        return found

    def _type_pattern(self) -> s.TypePattern | None:
        """A type, with a name or where nothing but a type can stand. A plain `A.B` stays open: it may be a constant."""
        start = self.at
        kind = self.try_type(before_expression=True)
        if kind is None:
            return None
        if self.is_name() and self.token.text not in ("and", "or", "when", "not"):
            return s.TypePattern(kind.offset, kind, self.advance().text)
        predefined = isinstance(kind, s.TypeName) and kind.parts[0] in PREDEFINED and len(kind.parts) == 1
        generic = isinstance(kind, s.TypeName) and bool(kind.arguments)
        if predefined or kind.suffixes or generic:
            return s.TypePattern(kind.offset, kind, "")
        self.go(start)
        return None

    def _switch(self, subject: s.Expression) -> s.SwitchExpression:
        self.expect("{")
        arms: list[s.SwitchArm] = []
        while not self.take("}"):
            offset = self.token.offset
            pattern = self.pattern()
            when = self.expression() if self.take("when") else None
            self.expect("=>")
            arms.append(s.SwitchArm(offset, pattern, when, self.expression()))
            if not self.take(",") and not self.sees("}"):
                self.fail(f"expected ',' or '}}' instead of {self.shown()}")
        return s.SwitchExpression(subject.offset, subject, arms)


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


def _projected(value: s.Expression) -> str:
    """The name that an anonymous member takes from its value."""
    match value:
        case s.Name() | s.Member():
            return value.name
        case s.ConditionalAccess():
            return _projected(value.rest)
    return ""
