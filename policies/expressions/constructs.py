"""Tokens → syntax tree: what stands within expressions: arguments, creation, initializers, lambdas, patterns.

The rule here: these parts know that expressions and blocks can be parsed, not how.
"""

from __future__ import annotations

from policies.expressions import syntax as s
from policies.expressions.cursor import PREDEFINED, Cursor

__all__ = ["ConstructParser"]

_MODES = frozenset(("out", "ref", "in"))


class ConstructParser(Cursor):
    """Parses the parts of expressions."""

    def expression(self) -> s.Expression:
        """An expression; `ExpressionParser` knows how."""
        raise NotImplementedError

    def expression_or_throw(self) -> s.Expression:
        """An expression, or `throw …`; `ExpressionParser` knows how."""
        raise NotImplementedError

    def operand(self) -> s.Expression:
        """An expression without comparisons; `ExpressionParser` knows how."""
        raise NotImplementedError

    def block(self) -> s.Block:
        """`{ … }`; `StatementParser` knows how."""
        raise NotImplementedError

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
            if self.token.text in _MODES and self.sees(self.token.text):
                mode = self.advance().text
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

    def new(self) -> s.Expression:
        """`new …`: an object, an array, an anonymous object."""
        offset = self.advance().offset
        if self.sees("{"):
            return self._anonymous(offset)
        if self.sees("[") and self.ahead().text in ("]", ","):
            rank = len(self.brackets()) - 1
            return s.NewArray(offset, None, [], self.array_items(), rank)
        is_open = self.sees("(")
        kind = self.try_type(suffixes=False)
        if is_open and not self.sees("["):
            self.newer("new without a type", 9, "write new T(…)", offset)
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
        sizes: list[s.Expression] = []
        if self.ahead().text in ("]", ","):
            rank = len(self.brackets()) - 1
        else:
            self.advance()
            sizes.append(self.expression())
            while self.take(","):
                sizes.append(self.expression())
            self.expect("]")
            rank = len(sizes)
        while self.sees("[") and self.ahead().text in ("]", ","):
            kind.suffixes.append(self.brackets())
        items = self.array_items() if self.sees("{") else None
        if not sizes and items is None:
            self.fail("an array needs a size or items", f"write new {kind}[3] or new {kind}[] {{ … }}")
        if sizes and items is None and self.sees("["):
            self.fail("expected ',' or ']' instead of '['", f"an element of a new array is (new {kind}[…])[…]")
        if rank > 3:
            self.fail("arrays of more than three dimensions are not available", "use an array of arrays: T[][]", offset)
        return s.NewArray(offset, kind, sizes, items, rank)

    def array_items(self) -> list[s.Expression]:
        """`{ a, b }` of an array; a nested `{ … }` is an array of its own."""
        self.expect("{")
        items: list[s.Expression] = []
        while not self.take("}"):
            if self.sees("{"):
                items.append(s.NewArray(self.token.offset, None, [], self.array_items(), is_bare=True))
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

    def lambda_(self) -> s.Lambda | None:
        """`parameters => body`, if that stands here."""
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
            self.take("in")
            mode = self.advance().text if self.token.text in ("out", "ref", "params") else ""
            kind = self.type()
            name = self.name("a parameter's name").text
            found.append(s.LambdaParameter(offset, kind, name, self.expression() if self.take("=") else None, mode=mode))
            if mode == "params" and not self.sees(")"):
                self.fail("a 'params' parameter is the last one", offset=offset)
        return found

    def _lambda_body(self) -> s.Expression | s.Block:
        return self.block() if self.sees("{") else self.expression_or_throw()

    def delegate(self) -> s.Lambda:
        """`delegate (parameters) { … }`."""
        offset = self.advance().offset
        names = self.sees("(")
        return s.Lambda(offset, self.parameters() if names else [], self.block(), takes_any=not names)

    # ---- patterns

    def pattern(self) -> s.Pattern:
        """A pattern."""
        token = self.token
        self._refuse_newer_pattern()
        found: s.Pattern
        if self.is_name() and token.text == "var" and self.is_name(self.ahead()):
            self.advance()
            found = s.TypePattern(token.offset, None, self.advance().text)
        else:
            found = self._type_pattern() or s.ConstantPattern(token.offset, self.operand())
        if self.token.text in ("and", "or") and self.ahead().kind != "op":
            self.newer("patterns with 'and' and 'or'", 9, "write && or || between two tests")
        return found

    def _refuse_newer_pattern(self) -> None:
        token = self.token
        if token.kind == "op" and token.text in ("<", ">", "<=", ">="):
            self.newer("patterns that compare", 9, "compare without 'is', or in a 'when' condition")
        if self.sees("{") or self.sees("["):
            self.newer("patterns of properties and lists", 8, "test them with && after the type")
        if self.sees("not") and self.ahead().kind != "op":
            self.newer("patterns with 'not'", 9, "write !(value is …), or value != null")
        if self.sees("_"):
            self.newer("the pattern '_'", 8, "write var _, or default in a switch")

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


def _projected(value: s.Expression) -> str:
    """The name that an anonymous member takes from its value."""
    match value:
        case s.Name() | s.Member():
            return value.name
        case s.ConditionalAccess():
            return _projected(value.rest)
    return ""
