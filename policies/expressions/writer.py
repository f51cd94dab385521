"""Bound tree → Python ast: statements.

The rule here: each statement becomes the Python statement that does the same; where `break` and `continue` mean something else
in Python (a switch, a `for` with a step), a flag carries them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NoReturn

from policies.dotnet import exceptions
from policies.dotnet.collections.iterators import iterator_of
from policies.expressions import bound as b
from policies.expressions import nodes as py
from policies.expressions.emitter import Emitted, Emitter, _assign
from policies.expressions.templates import is_null
from policies.records import Record, field

__all__ = ["Writer", "emit"]


def emit(body: b.Value | b.Block, leave: Callable[[], NoReturn], *, checks_size: bool) -> Emitted:
    """The Python function of one parameter (the context) that does what the bound tree says. Where it fails, it calls
    `leave`, which raises what is made of the failure."""
    writer = Writer(leave, checks_size=checks_size)
    return writer.finish(writer.body_of(body))


class _Around(Record, frozen=False):
    """A loop, switch or region of labels being written. One that is a loop in Python only has a `flag`, which tells which of
    the jumps that `passes` through it is on its way out. In a region `place` is the label to go on at, and `is_left` tells
    that some `goto` gets there by an exception."""

    jump: b.Jump | None
    is_python_loop: bool
    flag: str = ""
    labels: list[b.Label] = field(default_factory=list)
    place: str = ""
    passes: list[b.Break | b.Continue] = field(default_factory=list)
    is_left: bool = False


class Goto(BaseException):
    """On its way to a label out of Python loops; no `catch` sees it."""

    def __init__(self, number: int) -> None:
        self.number = number


class Writer(Emitter):
    """An emitter that knows statements."""

    def __init__(self, leave: Callable[[], NoReturn], *, checks_size: bool) -> None:
        super().__init__(leave, checks_size=checks_size)
        self.around: list[_Around] = []
        self.labels = 0

    def body_of(self, body: b.Value | b.Block) -> list[ast.stmt]:
        """A function's statements."""
        around, self.around = self.around, []
        if isinstance(body, b.Block):
            found = self.block(body)
        else:
            value = self.value(body)
            found = [*self.taken(), py.Return(value)]
        self.around = around
        return found or [py.Pass()]

    def taken(self) -> list[ast.stmt]:
        """What must come before the current statement."""
        before, self.frame.before = self.frame.before, []
        return before

    def statement(self, node: b.Statement) -> list[ast.stmt]:
        """A statement, and what comes before it."""
        outer, self.frame.before = self.frame.before, []
        found = _STATEMENTS[type(node)](self, node)
        found = [*self.frame.before, *found]
        self.frame.before = outer
        return found

    def nested(self, node: b.Statement | None) -> list[ast.stmt]:
        """A statement as the body of another."""
        return (self.statement(node) if node is not None else []) or [py.Pass()]

    # ---- plain statements

    def block(self, node: b.Block) -> list[ast.stmt]:
        """Local functions first: they may be called before the place where they stand."""
        found: list[ast.stmt] = []
        rest: list[b.Statement] = []
        for statement in node.statements:
            if isinstance(statement, b.Function):
                found += self.statement(statement)
            else:
                rest.append(statement)
        if any(isinstance(statement, b.Mark) and statement.label.uses for statement in rest):
            return [*found, *self.marked(rest)]
        for statement in rest:
            found += self.statement(statement)
        return found

    def renew(self, node: b.Renew) -> list[ast.stmt]:
        if not node.variable.is_cell:
            return []
        return [py.Assign([self.target(node.variable)], py.List([py.Constant(None)], py.LOAD))]

    def evaluate(self, node: b.Evaluate) -> list[ast.stmt]:
        return self.effect(node.value)

    def effect(self, value: b.Value) -> list[ast.stmt]:
        """A value for its effects only."""
        match value:
            case b.Store():
                made, variable = self.value(value.value), value.variable
                target = self.cell(variable, py.STORE) if variable.is_cell else self.target(variable)
                return [py.Assign([target], made)]
            case b.Sequence():
                found: list[ast.stmt] = []
                for effect in value.effects:
                    found += self.effect(effect)
                return [*found, *self.effect(value.result)]
            case b.Load() | b.Constant():
                return []
        return [py.Expr(self.value(value))]

    def test(self, node: b.Test) -> list[ast.stmt]:
        test = self.value(node.test)
        before = self.taken()
        root = tail = py.If(test, self.nested(node.then), [])
        otherwise = node.otherwise
        while isinstance(otherwise, b.Test):  # a chain of else if does not nest deeper here either
            test = self.value(otherwise.test)
            following = py.If(test, [], [])
            tail.orelse = [*self.taken(), following]
            following.body = self.nested(otherwise.then)
            tail, otherwise = following, otherwise.otherwise
        if otherwise is not None:
            tail.orelse = self.nested(otherwise)
        return [*before, root]

    def return_(self, node: b.Return) -> list[ast.stmt]:
        return [py.Return(None if node.value is None else self.value(node.value))]

    def throw(self, node: b.Throw) -> list[ast.stmt]:
        if node.operand is None:
            return [py.Raise(None, None)]
        return [py.Expr(self.raise_(b.Raise(node.offset, b.NEVER, node.operand)))]

    def local_function(self, node: b.Function) -> list[ast.stmt]:
        assert node.body is not None
        if not node.is_iterator:
            return [self.function(self.named(node.variable), node.inputs, node.body)]
        assert node.returns is not None
        name = self.fresh("f")
        made = py.Call(self.reference(iterator_of(node.returns)), [py.Name(name, py.LOAD)], [])
        return [self.function(name, node.inputs, node.body), _assign(self.named(node.variable), made)]

    def yield_(self, node: b.Yield) -> list[ast.stmt]:
        return [py.Return(None) if node.value is None else py.Expr(py.Yield(self.value(node.value)))]

    # ---- loops

    def loop(self, node: b.Loop) -> list[ast.stmt]:
        around = _Around(node.jump, is_python_loop=True)
        test = py.Constant(True) if node.test is None else self.value(node.test)
        before = self.taken()
        self.around.append(around)
        body = self.nested(node.body)
        self.around.pop()
        steps = [statement for step in node.steps for statement in self.statement(step)]
        if node.tests_first and not (node.jump.continues and steps):
            return [*before, py.While(test, [*self.count_round(), *body, *steps], [])]
        leave = py.If(py.UnaryOp(ast.Not(), test), [py.Break()], [])
        if not node.jump.continues:
            return [*before, py.While(py.Constant(True), [*self.count_round(), *body, leave], [])]
        flag = self.fresh()
        between: list[ast.stmt] = steps if node.tests_first else [leave]
        after: list[ast.stmt] = [leave] if node.tests_first else []
        start = py.If(py.Name(flag, py.LOAD), [*between], [_assign(flag, py.Constant(True))])
        return [
            *before,
            _assign(flag, py.Constant(False)),
            py.While(py.Constant(True), [start, *after, *self.count_round(), *body], []),
        ]

    def for_each(self, node: b.ForEach) -> list[ast.stmt]:
        items = self.value(node.items)
        before = self.taken()
        direct = isinstance(node.element, b.Load) and node.element.variable is node.each
        target = self.target(node.variable if direct else node.each)
        body: list[ast.stmt] = []
        if not direct:
            element = self.value(node.element)
            body = [*self.taken(), py.Assign([self.target(node.variable)], element)]
        self.around.append(_Around(node.jump, is_python_loop=True))
        body += self.nested(node.body)
        self.around.pop()
        return [*before, py.For(target, items, [*self.count_round(), *body], [], None)]

    def leave(self, node: b.Break | b.Continue) -> list[ast.stmt]:
        """`break` and `continue`: at once, or by the flag of what is a loop in Python only."""
        for around in reversed(self.around):
            if around.jump is node.target:
                return [py.Break() if isinstance(node, b.Break) else py.Continue()]
            if around.flag:
                around.passes.append(node)
                return [_assign(around.flag, py.Constant(len(around.passes))), py.Break()]
        raise AssertionError("the binder lets no break or continue stand outside of a loop")

    def passed_on(self, around: _Around) -> list[ast.stmt]:
        """After a loop with a flag: the jumps that lead further out."""
        found: list[ast.stmt] = []
        for number, node in enumerate(around.passes, 1):
            test = py.Compare(py.Name(around.flag, py.LOAD), [ast.Eq()], [py.Constant(number)])
            found.append(py.If(test, self.leave(node), []))
        return found

    # ---- labels

    def goto(self, node: b.Goto) -> list[ast.stmt]:
        is_near = True
        for around in reversed(self.around):
            if node.target in around.labels:
                number = py.Constant(node.target.number)
                if is_near:
                    return [_assign(around.place, number), py.Continue()]
                around.is_left = True
                return [py.Raise(py.Call(self.reference(Goto), [number], []), None)]
            is_near = is_near and not around.is_python_loop
        raise AssertionError("the binder lets no goto lead where it cannot")

    def region(self, jump: b.Jump | None, labels: list[b.Label]) -> _Around:
        """A region of labels, which are numbered in their order, with the number before for its beginning."""
        for number, label in enumerate(labels, self.labels + 1):
            label.number = number
        self.labels += len(labels) + 1
        return _Around(jump, is_python_loop=True, flag=self.fresh(), labels=labels, place=self.fresh())

    def marked(self, statements: list[b.Statement]) -> list[ast.stmt]:
        """A block with labels: what stands between them is done unless the place is a later one."""
        around = self.region(None, [each.label for each in statements if isinstance(each, b.Mark) and each.label.uses])
        start = number = around.labels[0].number - 1
        self.around.append(around)
        parts: list[ast.stmt] = []
        part: list[ast.stmt] = []
        for statement in [*statements, None]:
            if statement is None or (isinstance(statement, b.Mark) and statement.label.uses):
                test = py.Compare(py.Name(around.place, py.LOAD), [ast.LtE()], [py.Constant(number)])
                parts.append(py.If(test, part or [py.Pass()], []))
                part, number = [], number + 1
            else:
                part += self.statement(statement)
        self.around.pop()
        return [_assign(around.place, py.Constant(start)), *self.repeated(around, parts)]

    def repeated(self, around: _Around, parts: list[ast.stmt]) -> list[ast.stmt]:
        """A region's parts, done again at another place as long as a `goto` wants it."""
        body = [*parts, py.Break()]
        if around.is_left:
            error = self.fresh("e")
            number = py.Attribute(py.Name(error, py.LOAD), "number", py.LOAD)
            first, last = around.labels[0].number, around.labels[-1].number
            own = py.Compare(py.Constant(first), [ast.LtE(), ast.LtE()], [number, py.Constant(last)])
            handler: list[ast.stmt] = [
                py.If(py.UnaryOp(ast.Not(), own), [py.Raise(None, None)], []),
                _assign(around.place, number),
            ]
            body = [py.Try(body, [py.ExceptHandler(self.reference(Goto), error, handler)], [], [])]
        return [
            _assign(around.flag, py.Constant(0)),
            py.While(py.Constant(True), [*self.count_round(), *body], []),
            *self.passed_on(around),
        ]

    def mark(self, node: b.Mark) -> list[ast.stmt]:
        return []

    # ---- switch

    def switch(self, node: b.Switch) -> list[ast.stmt]:
        """An if-chain; wrapped in a loop of one round when a `break` stands elsewhere than at a section's end."""
        if node.labels:
            return self.labelled_switch(node)
        stored = self.effect(node.subject)
        sections = [_without_last_break(section, node.jump) for section in node.sections]
        wrapped = any(_breaks(section, node.jump) for section in sections)
        around = _Around(node.jump, is_python_loop=wrapped, flag=self.fresh() if wrapped else "")
        before = self.taken()
        self.around.append(around)
        chain = self._tried(node, lambda number: self.nested(sections[number]))
        self.around.pop()
        if not wrapped:
            return [*before, *stored, *chain]
        found: list[ast.stmt] = [*before, *stored, _assign(around.flag, py.Constant(0))]
        once = py.Tuple([py.Constant(0)], py.LOAD)
        found.append(py.For(py.Name(self.fresh(), py.STORE), once, chain or [py.Pass()], [], None))
        return [*found, *self.passed_on(around)]

    def _tried(self, node: b.Switch, chosen: Callable[[int], list[ast.stmt]]) -> list[ast.stmt]:
        """The sections' tests in order, each with what is done when its section is `chosen`."""
        last: list[ast.stmt] = [] if node.default is None else chosen(node.default)
        for number in reversed(range(len(node.sections))):
            test = node.tests[number]
            if number == node.default or test is None:
                continue
            condition = self.value(test)
            last = [*self.taken(), py.If(condition, chosen(number), last)]
        return last

    def labelled_switch(self, node: b.Switch) -> list[ast.stmt]:
        """A switch with `goto case`: which section comes first, then the sections as a region."""
        around = self.region(node.jump, node.labels)
        stored = [*self.effect(node.subject), _assign(around.place, py.Constant(0))]
        chain = self._tried(node, lambda number: [_assign(around.place, py.Constant(node.labels[number].number))])
        before = self.taken()
        self.around.append(around)
        parts: list[ast.stmt] = []
        for label, section in zip(reversed(node.labels), reversed(node.sections), strict=True):
            test = py.Compare(py.Name(around.place, py.LOAD), [ast.Eq()], [py.Constant(label.number)])
            parts = [py.If(test, self.nested(section), parts)]
        self.around.pop()
        return [*before, *stored, *chain, *self.repeated(around, parts)]

    # ---- exceptions

    def try_(self, node: b.Try) -> list[ast.stmt]:
        body = self.nested(node.body)
        handlers = [self._handler(node.catches)] if node.catches else []
        last = [] if node.last is None else self.nested(node.last)
        if not handlers and not last:
            return body
        return [py.Try(body, handlers, [], last)]

    def _handler(self, catches: list[b.Catch]) -> ast.ExceptHandler:
        raw, error = self.fresh("e"), self.fresh("e")
        convert = py.Call(self.reference(exceptions.as_dotnet), [py.Name(raw, py.LOAD)], [])
        chain: list[ast.stmt] = [py.Raise(None, None)]
        for each in reversed(catches):
            if each.variable is not None:
                each.variable.emitted = each.variable.emitted or self.fresh("v")
            body = self._caught(each, error)
            test = self._matches(each, error)
            chain = body if test is None else [*self.taken(), py.If(test, body, chain)]
        return py.ExceptHandler(self.reference(Exception), raw, [_assign(error, convert), *chain])

    def _caught(self, node: b.Catch, error: str) -> list[ast.stmt]:
        body = self.nested(node.body)
        if node.variable is None or node.when is not None:
            return body
        return [py.Assign([self.target(node.variable)], py.Name(error, py.LOAD)), *body]

    def _matches(self, node: b.Catch, error: str) -> ast.expr | None:
        tests: list[ast.expr] = []
        if node.type is not None and node.type.name != "System.Exception":
            python = self.reference(exceptions.class_of(node.type.name))
            tests.append(py.Call(self.reference(isinstance), [py.Name(error, py.LOAD), python], []))
        if node.when is not None:
            if node.variable is not None:
                name = py.NamedExpr(self.target(node.variable), py.Name(error, py.LOAD))
                tests.append(is_null(name, negate=True))
            tests.append(self.value(node.when))
        if not tests:
            return None
        return tests[0] if len(tests) == 1 else py.BoolOp(ast.And(), tests)


def _without_last_break(node: b.Block, jump: b.Jump) -> b.Block:
    """The section without a `break` at its very end, where leaving an if-chain does the same."""
    statements = list(node.statements)
    if statements:
        last = statements[-1]
        if isinstance(last, b.Break) and last.target is jump:
            statements.pop()
        elif isinstance(last, b.Block):
            statements[-1] = _without_last_break(last, jump)
    return b.Block(node.offset, statements)


def _breaks(node: b.Bound, jump: b.Jump) -> bool:
    if isinstance(node, b.Break):
        return node.target is jump
    return any(_breaks(child, jump) for child in node.children() if isinstance(child, b.Statement | b.Catch))


_STATEMENTS: dict[type[b.Statement], Callable[[Writer, Any], list[ast.stmt]]] = {
    b.Block: Writer.block,
    b.Break: Writer.leave,
    b.Continue: Writer.leave,
    b.Evaluate: Writer.evaluate,
    b.ForEach: Writer.for_each,
    b.Function: Writer.local_function,
    b.Goto: Writer.goto,
    b.Loop: Writer.loop,
    b.Mark: Writer.mark,
    b.Renew: Writer.renew,
    b.Return: Writer.return_,
    b.Switch: Writer.switch,
    b.Test: Writer.test,
    b.Throw: Writer.throw,
    b.Try: Writer.try_,
    b.Yield: Writer.yield_,
}
