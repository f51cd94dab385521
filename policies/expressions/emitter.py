"""Bound tree → Python ast → a Python function: values.

The rule here (D10): emitted code has no builtins and no names but its own and those that the binder put in; no text of a user
becomes a name or an attribute. Lambdas become functions set before the statement they stand in; all functions and loops
spend steps.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from types import CodeType, FunctionType
from typing import Any, NoReturn

from policies.dotnet import arithmetic, meter, values
from policies.dotnet.types import NetType
from policies.expressions import bound as b
from policies.expressions import nodes as py
from policies.expressions.templates import Layer, is_null, is_simple, lay, plan_of
from policies.expressions.texts import INTEGER_TEXT
from policies.records import Record, field

__all__ = ["Emitted", "Emitter", "Frame", "link"]

_ROUNDS = 31
_PLAIN = (int, str, bool, float, type(None))


class Frame(Record, frozen=False):
    """One Python function being written. `before` are statements that go before the current one."""

    depth: int
    before: list[ast.stmt] = field(default_factory=list)
    outside: dict[str, b.Variable] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    assigned: set[int] = field(default_factory=set)
    counts: bool = False


class Emitted(Record):
    """What an expression does, and the names that it uses."""

    body: ast.stmt
    names: dict[str, object]


class Emitter:
    """One expression being written. `leave` is called where it fails, to raise what is made of the failure. `is_metered`
    turns true when something in it can take long."""

    def __init__(self, leave: Callable[[], NoReturn], *, checks_size: bool) -> None:
        self.names: dict[str, object] = {"__builtins__": {}, "g1": _FAILURES, "g2": leave}
        self.ids: dict[int, str] = {}
        self.count = 2
        self.frames: list[Frame] = [Frame(0)]
        self.checks_size = checks_size
        self.is_metered = False
        self.initial: list[b.Variable] = []

    # ---- names

    @property
    def frame(self) -> Frame:
        """The function being written."""
        return self.frames[-1]

    def fresh(self, kind: str = "t") -> str:
        """A name of our own."""
        self.count += 1
        return f"{kind}{self.count}"

    def reference(self, value: object) -> ast.expr:
        """A Python object as a global of the emitted code."""
        name = self.ids.get(id(value))
        if name is None:
            name = self.ids[id(value)] = self.fresh("g")
            self.names[name] = value
        return py.Name(name, py.LOAD)

    def named(self, variable: b.Variable) -> str:
        """The Python name of a variable; one of an outer function is noted as such."""
        if not variable.emitted:
            variable.emitted = self.fresh("v")
        if variable.depth < self.frame.depth and variable.emitted != "context":
            for frame in self.frames:
                if variable.depth < frame.depth:
                    frame.outside[variable.emitted] = variable
        return variable.emitted

    def target(self, variable: b.Variable) -> ast.Name:
        """A variable that is no cell as the target of a store."""
        name = self.named(variable)
        self.frame.assigned.add(id(variable))
        if variable.depth < self.frame.depth:
            self.frame.stored.add(name)
            if variable not in self.initial:
                self.initial.append(variable)
        return py.Name(name, py.STORE)

    # ---- values

    def value(self, node: b.Value) -> ast.expr:
        """A value as a Python expression."""
        return _VALUES[type(node)](self, node)

    def constant(self, node: b.Constant) -> ast.expr:
        if type(node.value) in _PLAIN:
            return py.Constant(node.value)
        return self.reference(node.value)

    def cell(self, variable: b.Variable, context: ast.expr_context) -> ast.expr:
        """What a variable that is a cell holds, to be read or stored."""
        return py.Subscript(py.Name(self.named(variable), py.LOAD), py.Constant(0), context)

    def load(self, node: b.Load) -> ast.expr:
        if node.variable.is_cell:
            return self.cell(node.variable, py.LOAD)
        return py.Name(self.named(node.variable), py.LOAD)

    def store(self, node: b.Store) -> ast.expr:
        value = self.value(node.value)
        if node.variable.is_cell:
            return py.Call(self.reference(_put), [py.Name(self.named(node.variable), py.LOAD), value], [])
        return py.NamedExpr(self.target(node.variable), value)

    def apply(self, node: b.Apply) -> ast.expr:
        self.is_metered = self.is_metered or not node.is_light
        arguments = [self.value(argument) for argument in node.arguments]
        if node.types is not None:
            arguments.insert(0, self.reference(node.types))
        call = py.Call(self.reference(node.function), arguments, [])
        return py.Call(self.reference(_sized), [call], []) if self.may_pile_up and _has_size(node.type) else call

    @property
    def may_pile_up(self) -> bool:
        """Whether a value made here may be made again and kept: in blocks, and in lambdas."""
        return self.checks_size or len(self.frames) > 1

    def template(self, node: b.Template) -> ast.expr:
        layer = Layer(zip(node.names, map(self.value, node.arguments), strict=True))
        layer.constants, layer.reference, layer.temporary = node.inline.names, self.reference, self.fresh
        return lay(plan_of(node.inline), layer)

    def invoke(self, node: b.Invoke) -> ast.expr:
        self.is_metered = True
        return py.Call(self.value(node.target), [self.value(argument) for argument in node.arguments], [])

    def not_null(self, node: b.NotNull) -> ast.expr:
        value = self.value(node.operand)
        test, again = self.held(value)
        return py.IfExp(is_null(test, negate=True), again, py.Call(self.reference(values.throw_null), [], []))

    def held(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """A node for the first use of a value, and one for the next."""
        if is_simple(value):
            return value, value
        name = self.fresh()
        return py.NamedExpr(py.Name(name, py.STORE), value), py.Name(name, py.LOAD)

    def narrow(self, node: b.Narrow) -> ast.expr:
        value = self.value(node.operand)
        low, high = py.Constant(node.low), py.Constant(node.high)
        if node.is_checked:
            return py.Call(self.reference(arithmetic.check), [value, low, high], [])
        first, again = self.held(value)
        test = py.Compare(low, [ast.LtE(), ast.LtE()], [first, high])
        return py.IfExp(test, again, py.Call(self.reference(arithmetic.wrap), [again, low, high], []))

    def not_(self, node: b.Not) -> ast.expr:
        return py.UnaryOp(ast.Not(), self.value(node.operand))

    def and_(self, node: b.And) -> ast.expr:
        return py.BoolOp(ast.And(), [self.value(operand) for operand in node.operands])

    def or_(self, node: b.Or) -> ast.expr:
        return py.BoolOp(ast.Or(), [self.value(operand) for operand in node.operands])

    def if_(self, node: b.If) -> ast.expr:
        test = self.value(node.test)
        return py.IfExp(test, self.value(node.yes), self.value(node.no))

    def chain(self, node: b.Chain) -> ast.expr:
        test = is_null(py.NamedExpr(self.target(node.temporary), self.value(node.target)))
        rest = self.value(node.rest)
        if node.if_null:
            assert node.found is not None
            return py.IfExp(test, rest, self.value(node.found))
        return py.IfExp(test, py.Constant(None), rest)

    def text(self, node: b.Text) -> ast.expr:
        whole: ast.expr
        if len(node.parts) == 1:
            return self.text_part(node.parts[0])
        if len(node.parts) == 2:
            whole = py.BinOp(self.text_part(node.parts[0]), ast.Add(), self.text_part(node.parts[1]))
        else:
            whole = py.JoinedStr([self.formatted(part) for part in node.parts])
        return py.Call(self.reference(_sized), [whole], []) if self.may_pile_up else whole

    def formatted(self, part: b.Value) -> ast.expr:
        """A part of a formatted string; integers are formatted as they are."""
        if isinstance(part, b.Template) and part.inline is INTEGER_TEXT:
            return py.FormattedValue(self.value(part.arguments[0]), -1, None)
        node = self.text_part(part)
        return node if isinstance(node, ast.Constant) else py.FormattedValue(node, -1, None)

    def text_part(self, part: b.Value) -> ast.expr:
        node = self.value(part)
        if isinstance(part, b.Constant):
            return py.Constant(part.value or "")
        if isinstance(part, b.Text) or (isinstance(part, b.Template) and part.inline.never_null):
            return node
        return py.BoolOp(ast.Or(), [node, py.Constant("")])

    def items(self, node: b.Items) -> ast.expr:
        items = [self.value(item) for item in node.items]
        return py.Tuple(items, py.LOAD) if node.is_tuple else py.List(items, py.LOAD)

    def sequence(self, node: b.Sequence) -> ast.expr:
        """Effects, then the result: `(effect, …, result)[-1]`; one store whose value is wanted is just that."""
        items = [self.value(effect) for effect in node.effects]
        items.append(self.value(node.result))
        if len(items) == 1:
            return items[0]
        return py.Subscript(py.Tuple(items, py.LOAD), py.Constant(len(items) - 1), py.LOAD)

    def raise_(self, node: b.Raise) -> ast.expr:
        return py.Call(self.reference(_throw), [self.value(node.operand)], [])

    # ---- functions

    def lambda_(self, node: b.Lambda) -> ast.expr:
        name = self.fresh("f")
        self.frame.before.append(self.function(name, node.parameters, node.body))
        return py.Name(name, py.LOAD)

    def function(self, name: str, parameters: list[b.Variable], body: b.Value | b.Block) -> ast.FunctionDef:
        """A Python function. Variables that are new in each round of a loop are bound when it is made."""
        self.is_metered = True
        outer = self.frame
        frame = Frame(outer.depth + 1)
        self.frames.append(frame)
        arguments = [py.arg(self.named(parameter)) for parameter in parameters]
        statements = self.body_of(body)
        self.frames.pop()
        kept = [
            variable
            for variable in frame.outside.values()
            if variable.loop and (variable.stores <= 1 or variable.is_cell) and id(variable) in outer.assigned
        ]
        keyword_only = [py.arg(variable.emitted) for variable in kept]
        defaults: list[ast.expr | None] = [py.Name(variable.emitted, py.LOAD) for variable in kept]
        start: list[ast.stmt] = [py.Nonlocal(sorted(frame.stored))] if frame.stored else []
        start += [_assign(variable.emitted, py.Constant(None)) for variable in self.declared_at(frame.depth)]
        whole = ast.arguments([], arguments, None, keyword_only, defaults, None, [])
        if frame.counts:
            start.append(_assign("k", py.Constant(0)))
        return _define(name, whole, [*start, *self.tick(), *statements])

    def declared_at(self, depth: int) -> list[b.Variable]:
        """Variables of a function that an inner one stores: Python wants to see them bound there."""
        found = [variable for variable in self.initial if variable.depth == depth]
        self.initial = [variable for variable in self.initial if variable.depth != depth]
        return found

    def body_of(self, body: b.Value | b.Block) -> list[ast.stmt]:
        """A function's statements; `Writer` knows blocks."""
        raise NotImplementedError

    def count_round(self) -> list[ast.stmt]:
        """Count one round of a loop: in a local number, which is spent when it is worth a call (`k = m.spend(k)`)."""
        self.is_metered = self.frame.counts = True
        count, limit = py.Name("k", py.LOAD), py.Constant(_ROUNDS)
        spend = py.Call(py.Attribute(py.Name("m", py.LOAD), "spend", py.LOAD), [count], [])
        more = py.AugAssign(py.Name("k", py.STORE), ast.Add(), py.Constant(1))
        return [more, py.If(py.Compare(count, [ast.Gt()], [limit]), [_assign("k", spend)], [])]

    def tick(self) -> list[ast.stmt]:
        """Spend one step: `m.left -= 1` and, when the portion is used up, `m.over()`."""
        self.is_metered = True
        left = py.Attribute(py.Name("m", py.LOAD), "left", py.LOAD)
        spend = py.AugAssign(py.Attribute(py.Name("m", py.LOAD), "left", py.STORE), ast.Sub(), py.Constant(1))
        over = py.Call(py.Attribute(py.Name("m", py.LOAD), "over", py.LOAD), [], [])
        return [spend, py.If(py.Compare(left, [ast.Lt()], [py.Constant(0)]), [py.Expr(over)], [])]

    # ---- the whole

    def finish(self, statements: list[ast.stmt]) -> Emitted:
        """The function of one parameter, `context`."""
        start: list[ast.stmt] = [_assign(variable.emitted, py.Constant(None)) for variable in self.declared_at(0)]
        if self.is_metered:
            start.append(_assign("m", py.Call(self.reference(meter.start), [], [])))
            idle = py.Expr(py.Call(py.Attribute(py.Name("m", py.LOAD), "idle", py.LOAD), [], []))
            statements = [py.Try(statements, [], [], [idle])]
        if self.frame.counts:
            start.append(_assign("k", py.Constant(0)))
        return Emitted(py.Try([*start, *statements], [_LEAVING], [], []), self.names)


def link(emitted: Sequence[Emitted]) -> list[Callable[[Any], Any]]:
    """The functions, made by one call of Python's compiler: together they take a quarter less time than one by one."""
    names = [f"expression{number}" for number in range(len(emitted))]  # two of the same name and code would be one
    module = ast.Module([_define(name, _CONTEXT, [each.body]) for name, each in zip(names, emitted, strict=True)], [])
    constants = compile(module, "<policy expression>", "exec").co_consts
    codes = {code.co_name: code for code in constants if isinstance(code, CodeType)}
    return [FunctionType(codes[name], each.names) for name, each in zip(names, emitted, strict=True)]


_FAILURES = (Exception, meter.BudgetExceeded)
_CONTEXT = ast.arguments([], [py.arg("context")], None, [], [], None, [])
_LEAVING = py.ExceptHandler(py.Name("g1", py.LOAD), None, [py.Expr(py.Call(py.Name("g2", py.LOAD), [], []))])


def _define(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    node = py.FunctionDef(name=name, args=arguments, body=body, decorator_list=[], returns=None, type_comment=None)
    if "type_params" in ast.FunctionDef._fields:  # Python 3.12 and later
        node.type_params = []  # type: ignore[attr-defined]  # by the line above
    return node


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return py.Assign([py.Name(name, py.STORE)], value)


def _has_size(kind: NetType) -> bool:
    return kind.name == "System.String" or kind.is_array or kind.definition.short_name == "List"


def _sized(value: Any) -> Any:
    if value is not None and len(value) > 255:
        meter.made(len(value))
    return value


def _put(cell: list[Any], value: Any) -> Any:
    cell[0] = value
    return value


def _throw(error: Exception | None) -> None:
    if error is None:
        values.throw_null()
    raise error


_VALUES: dict[type[b.Value], Callable[[Emitter, Any], ast.expr]] = {
    b.And: Emitter.and_,
    b.Apply: Emitter.apply,
    b.Chain: Emitter.chain,
    b.Constant: Emitter.constant,
    b.If: Emitter.if_,
    b.Invoke: Emitter.invoke,
    b.Items: Emitter.items,
    b.Lambda: Emitter.lambda_,
    b.Load: Emitter.load,
    b.Narrow: Emitter.narrow,
    b.Not: Emitter.not_,
    b.NotNull: Emitter.not_null,
    b.Or: Emitter.or_,
    b.Raise: Emitter.raise_,
    b.Sequence: Emitter.sequence,
    b.Store: Emitter.store,
    b.Template: Emitter.template,
    b.Text: Emitter.text,
}
