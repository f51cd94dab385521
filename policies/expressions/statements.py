"""Tokens → syntax tree: statements, and the whole of `@( … )` and `@{ … }`.

The rule here: one method a statement, found by its first word; what begins with no such word is a declaration if a type and
a name stand there, else an expression.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.expressions import syntax as s
from policies.expressions.lexer import Source, tokenize
from policies.expressions.parser import ExpressionParser
from policies.records import Record

__all__ = ["parse_block", "parse_expression"]


def parse_expression(source: Source) -> s.Expression:
    """The text of `@( … )`. Raises ExpressionError."""
    parser = StatementParser(source, tokenize(source))
    if parser.token.kind == "end":
        parser.fail("the expression is empty", "write a value between @( and )")
    found = parser.expression()
    if parser.sees(";"):
        parser.fail("unexpected ';' after the expression", "statements are written @{ …; return value; }")
    if parser.token.kind != "end":
        parser.fail(f"unexpected {parser.shown()} after the expression")
    return found


def parse_block(source: Source) -> s.Block:
    """The text of `@{ … }`. Raises ExpressionError."""
    parser = StatementParser(source, tokenize(source))
    statements: list[s.Statement] = []
    while parser.token.kind != "end":
        if parser.sees("}"):
            parser.fail("a '}' without a '{' before it")
        statements.append(parser.statement())
    return s.Block(0, statements, parser.token.offset)


class StatementParser(ExpressionParser):
    """Parses statements too."""

    def block(self) -> s.Block:
        """`{ … }`."""
        opening = self.expect("{")
        statements: list[s.Statement] = []
        while not self.sees("}"):
            if self.token.kind == "end":
                self.fail("a '{' is not closed", offset=opening.offset)
            statements.append(self.statement())
        return s.Block(opening.offset, statements, self.advance().offset)

    def statement(self) -> s.Statement:
        """One statement."""
        token = self.token
        self.deeper()
        parse = _STATEMENTS.get(token.text) if token.kind in ("op", "id") and not token.suffix else None
        if parse is not None and self.ahead().text in _FOLLOWED.get(token.text, (self.ahead().text,)):
            found = parse(self)
        elif self.is_name() and self.ahead().text == ":":
            found = self.label()
        elif token.kind == "id" and token.text in _REFUSED and not token.suffix and not self._is_plain_name():
            self.fail(_REFUSED[token.text])
        else:
            found = self._declaration_or_expression()
        self.depth -= 1
        return found

    def _is_plain_name(self) -> bool:
        return self.is_name() and self.ahead().kind == "op"

    def _semicolon(self) -> None:
        if not self.take(";"):
            previous = self.tokens[max(self.at - 1, 0)]
            self.fail(f"expected ';' instead of {self.shown()}", "a statement ends with ';'", previous.end)

    def _condition(self) -> s.Expression:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        return condition

    # ---- declarations and expressions

    def _declaration_or_expression(self) -> s.Statement:
        found: s.Statement = self._deconstruction() or self._declaration() or self._expression_statement()
        self._semicolon_after(found)
        return found

    def _semicolon_after(self, statement: s.Statement) -> None:
        if not (isinstance(statement, s.LocalFunction) and isinstance(statement.body, s.Block)):
            self._semicolon()

    def _expression_statement(self) -> s.ExpressionStatement:
        value = self.expression()
        if not isinstance(value, _EFFECTS):
            if self.token.kind in ("id", "int", "real", "string", "char", "interpolated"):
                self._semicolon()  # a word or a value after a value: an operator, or the end of a statement, is missing
            hint = "assign it to a variable, or return it"
            self.fail("only calls, assignments, increments and 'new' can stand as a statement", hint, value.offset)
        return s.ExpressionStatement(value.offset, value)

    def _declaration(self) -> s.LocalDeclaration | s.LocalFunction | None:
        """A declaration without its semicolon, if a type and a name stand here."""
        start, offset = self.at, self.token.offset
        if self.sees("static"):
            self.newer("static local functions", 8, "leave static out")
        kind = self.try_type()
        if kind is None or not self.is_name() or self.ahead().text not in ("=", ";", ",", "(", "in", ")", "<"):
            self.go(start)
            return None
        if self.ahead().text == "(":
            return self._local_function(offset, kind)
        if self.ahead().text == "<":
            self.fail("generic local functions are not available in policy expressions")
        return self._declarators(offset, kind, is_const=False)

    def _deconstruction(self) -> s.Deconstruction | None:
        """`var (a, b) = value` or `(int a, string b) = value`, if that stands here."""
        apart = self._names_apart("=")
        return None if apart is None else s.Deconstruction(apart.offset, apart.types, apart.names, self.expression())

    def _names_apart(self, before: str) -> _Apart | None:
        """`var (a, b)` or `(int a, string b)` with the token `before` after it, which is taken too."""
        start, offset = self.at, self.token.offset
        types: list[s.TypeSyntax | None] = []
        names: list[str] = []
        if self.sees("var") and self.ahead().text == "(":
            self.advance()
            self.advance()
            while self.is_name():
                types.append(None)
                names.append(self.advance().text)
                if not self.take(","):
                    break
            closed = self.take(")")
        else:
            closed = self._declared_in_parentheses(types, names)
        if not (closed and len(names) > 1 and self.take(before)):
            self.go(start)
            return None
        return _Apart(offset, types, names)

    def _declared_in_parentheses(self, types: list[s.TypeSyntax | None], names: list[str]) -> bool:
        """`(int a, var b, _)`: whether it stands here; at least one variable is declared."""
        if not self.take("("):
            return False
        while True:
            if self.sees("_") and self.ahead().text in (",", ")"):
                kind = None
            else:
                kind = self.try_type()
                if kind is None or not self.is_name():
                    return False
            types.append(None if kind is None or _is_var(kind) else kind)
            names.append(self.advance().text)
            if not self.take(","):
                return self.take(")") and any(name != "_" for name in names)

    def _declarators(self, offset: int, kind: s.TypeSyntax, *, is_const: bool) -> s.LocalDeclaration:
        declarators = []
        while True:
            name = self.name("a variable's name")
            value: s.Expression | None = None
            if self.take("="):
                if self.sees("{") and _is_var(kind):
                    self.fail("items in { } need a type", "write new[] { … }")
                value = self._items() if self.sees("{") else self.expression()
            declarators.append(s.Declarator(name.offset, name.text, value))
            if not self.take(","):
                break
        if _is_var(kind) and len(declarators) > 1:
            self.fail("'var' declares one variable", "write a declaration for each", declarators[1].offset)
        return s.LocalDeclaration(offset, None if _is_var(kind) else kind, declarators, is_const)

    def _items(self) -> s.NewArray:
        return s.NewArray(self.token.offset, None, [], self.array_items(), is_bare=True)

    def _local_function(self, offset: int, kind: s.TypeSyntax) -> s.LocalFunction:
        name = self.advance().text
        parameters = self.parameters()
        for parameter in parameters:
            if parameter.type is None:
                self.fail("a local function's parameters need types", offset=parameter.offset)
        body: s.Expression | s.Block = self.expression_or_throw() if self.take("=>") else self.block()
        is_void = isinstance(kind, s.TypeName) and kind.parts == ["void"]
        return s.LocalFunction(offset, None if is_void else kind, name, parameters, body)

    def const(self) -> s.Statement:
        """`const int a = 1;`"""
        offset = self.advance().offset
        found = self._declarators(offset, self.type(), is_const=True)
        self._semicolon()
        return found

    # ---- control

    def empty(self) -> s.Statement:
        """`;`"""
        return s.Empty(self.advance().offset)

    def if_(self) -> s.Statement:
        """`if`; a chain of `else if` is read in a loop, so that long ones do not nest."""
        root = tail = s.If(self.advance().offset, self._condition(), self.statement(), None)
        while self.take("else"):
            if not self.sees("if"):
                tail.otherwise = self.statement()
                break
            following = s.If(self.advance().offset, self._condition(), self.statement(), None)
            tail.otherwise = following
            tail = following
        return root

    def while_(self) -> s.Statement:
        """`while`"""
        return s.While(self.advance().offset, self._condition(), self.statement())

    def do(self) -> s.Statement:
        """`do`"""
        offset = self.advance().offset
        body = self.statement()
        self.expect("while")
        condition = self._condition()
        self._semicolon()
        return s.DoWhile(offset, body, condition)

    def for_(self) -> s.Statement:
        """`for`"""
        offset = self.advance().offset
        self.expect("(")
        initializers: list[s.Statement] = []
        declaration = None if self.sees(";") else self._declaration()
        if declaration is not None:
            initializers.append(declaration)
        elif not self.sees(";"):
            initializers = self._expressions()
        self.expect(";")
        condition = None if self.sees(";") else self.expression()
        self.expect(";")
        steps = [] if self.sees(")") else self._expressions()
        self.expect(")")
        return s.For(offset, initializers, condition, steps, self.statement())

    def _expressions(self) -> list[s.Statement]:
        found: list[s.Statement] = [self._expression_statement()]
        while self.take(","):
            found.append(self._expression_statement())
        return found

    def foreach(self) -> s.Statement:
        """`foreach`"""
        offset = self.advance().offset
        self.expect("(")
        apart = self._names_apart("in")
        if apart is not None:
            items = self.expression()
            self.expect(")")
            each = s.Name(apart.offset, _EACH, [])
            taken = s.Deconstruction(apart.offset, apart.types, apart.names, each)
            body = s.Block(self.token.offset, [taken, self.statement()], self.token.offset)
            return s.ForEach(offset, None, _EACH, items, body)
        kind = self.type()
        name = self.name("a variable's name").text
        self.expect("in")
        items = self.expression()
        self.expect(")")
        return s.ForEach(offset, None if _is_var(kind) else kind, name, items, self.statement())

    def switch(self) -> s.Statement:
        """`switch`"""
        offset = self.advance().offset
        subject = self._condition()
        self.expect("{")
        sections: list[s.SwitchSection] = []
        while not self.take("}"):
            sections.append(self._section())
        return s.Switch(offset, subject, sections)

    def _section(self) -> s.SwitchSection:
        offset = self.token.offset
        cases: list[s.Case] = []
        while self.sees("case") or (self.sees("default") and self.ahead().text == ":"):
            label = self.advance()
            pattern = self.pattern() if label.text == "case" else None
            when = self.expression() if self.take("when") else None
            self.expect(":")
            cases.append(s.Case(label.offset, pattern, when))
        if not cases:
            self.fail(f"expected 'case' or 'default' instead of {self.shown()}")
        statements: list[s.Statement] = []
        while not (self.sees("case") or self.sees("}") or (self.sees("default") and self.ahead().text == ":")):
            if self.token.kind == "end":
                self.fail("the switch is not closed", offset=offset)
            statements.append(self.statement())
        return s.SwitchSection(offset, cases, statements)

    def break_(self) -> s.Statement:
        """`break;`"""
        offset = self.advance().offset
        self._semicolon()
        return s.Break(offset)

    def continue_(self) -> s.Statement:
        """`continue;`"""
        offset = self.advance().offset
        self._semicolon()
        return s.Continue(offset)

    def label(self) -> s.Statement:
        """`name:`; the statement after it is read on its own."""
        name = self.advance()
        self.advance()
        if self.sees("}") or self.token.kind == "end":
            self.fail("expected a statement after the label", "an empty one is ';'")
        return s.Label(name.offset, name.text)

    def goto(self) -> s.Statement:
        """`goto name;`, `goto case value;`, `goto default;`"""
        offset = self.advance().offset
        found: s.Statement
        if self.take("case"):
            found = s.GotoCase(offset, self.expression())
        elif self.take("default"):
            found = s.GotoCase(offset, None)
        else:
            found = s.Goto(offset, self.name("a label").text)
        self._semicolon()
        return found

    def yield_(self) -> s.Statement:
        """`yield return value;`, `yield break;`"""
        offset = self.advance().offset
        value = self.expression() if self.advance().text == "return" else None
        self._semicolon()
        return s.Yield(offset, value)

    def lock(self) -> s.Statement:
        """`lock`"""
        return s.Lock(self.advance().offset, self._condition(), self.statement())

    def return_(self) -> s.Statement:
        """`return value;`"""
        offset = self.advance().offset
        value = None if self.sees(";") else self.expression()
        self._semicolon()
        return s.Return(offset, value)

    def throw(self) -> s.Statement:
        """`throw e;`"""
        offset = self.advance().offset
        operand = None if self.sees(";") else self.expression()
        self._semicolon()
        return s.ThrowStatement(offset, operand)

    def try_(self) -> s.Statement:
        """`try`"""
        offset = self.advance().offset
        body = self.block()
        catches: list[s.Catch] = []
        while self.sees("catch"):
            catches.append(self._catch())
        last = self.block() if self.take("finally") else None
        if not catches and last is None:
            self.fail("expected 'catch' or 'finally' after the try block")
        return s.Try(offset, body, catches, last)

    def _catch(self) -> s.Catch:
        offset = self.advance().offset
        kind, name = None, ""
        if self.take("("):
            kind = self.type()
            name = self.advance().text if self.is_name() else ""
            self.expect(")")
        when = None
        if self.take("when"):
            when = self._condition()
        return s.Catch(offset, kind, name, when, self.block())

    def using(self) -> s.Statement:
        """`using (resource) …`"""
        offset = self.advance().offset
        if not self.sees("("):
            self.newer("using without parentheses", 8, "write using (var x = …) { … }", offset)
        self.expect("(")
        resource: s.Statement | None = self._declaration()
        if resource is None:
            value = self.expression()
            resource = s.ExpressionStatement(value.offset, value)
        self.expect(")")
        return s.Using(offset, resource, self.statement())

    def checked(self) -> s.Statement:
        """`checked { … }`, `unchecked { … }`"""
        token = self.advance()
        return s.CheckedBlock(token.offset, self.block(), token.text == "checked")


class _Apart(Record):
    """The variables that something is taken apart into; a type of None is `var`."""

    offset: int
    types: list[s.TypeSyntax | None]
    names: list[str]


_EACH = "(each)"
"""The name, which no text can say, of what a `foreach (var (a, b) in …)` takes apart."""


def _is_var(kind: s.TypeSyntax) -> bool:
    return isinstance(kind, s.TypeName) and kind.parts == ["var"] and not kind.suffixes


_EFFECTS = (s.Call, s.Assign, s.Increment, s.New, s.ConditionalAccess)

_STATEMENTS: dict[str, Callable[[StatementParser], s.Statement]] = {
    ";": StatementParser.empty,
    "{": StatementParser.block,
    "break": StatementParser.break_,
    "checked": StatementParser.checked,
    "const": StatementParser.const,
    "continue": StatementParser.continue_,
    "do": StatementParser.do,
    "for": StatementParser.for_,
    "foreach": StatementParser.foreach,
    "goto": StatementParser.goto,
    "if": StatementParser.if_,
    "lock": StatementParser.lock,
    "return": StatementParser.return_,
    "switch": StatementParser.switch,
    "throw": StatementParser.throw,
    "try": StatementParser.try_,
    "unchecked": StatementParser.checked,
    "using": StatementParser.using,
    "while": StatementParser.while_,
    "yield": StatementParser.yield_,
}

_FOLLOWED: dict[str, tuple[str, ...]] = {"checked": ("{",), "unchecked": ("{",), "yield": ("return", "break")}
"""Words that begin a statement only where one of these follows."""

_REFUSED: dict[str, str] = {
    "async": "async is not available in policy expressions: they do not wait",
    "class": "types cannot be declared in policy expressions",
    "struct": "types cannot be declared in policy expressions",
    "enum": "types cannot be declared in policy expressions",
    "interface": "types cannot be declared in policy expressions",
    "fixed": "fixed is not available in policy expressions",
    "unsafe": "unsafe is not available in policy expressions",
}
