"""`Inline` templates → Python ast: parsed once, laid over their arguments as often as they are used.

The rule here: every argument is evaluated once and in order. An argument that the template names twice goes to a temporary at
its first use; where first uses do not come in order, or only under a condition, all arguments are evaluated beforehand.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter, methodcaller
from typing import Any

from policies.dotnet.types import Inline
from policies.expressions import nodes as py
from policies.records import Record

__all__ = ["Layer", "Plan", "is_null", "is_simple", "lay", "plan_of"]


class Plan(Record):
    """A template, and for each of its names how often it is used, in which order first, and whether always. `build` makes a
    copy of it."""

    build: Builder
    uses: dict[str, int]
    conditional: set[str]


class Layer(dict[str, ast.expr]):
    """One use of a template: the nodes of its arguments by name. What other names stand for is told by `constants`, and a node
    for it made by `reference`."""

    __slots__ = ("constants", "reference", "temporary")

    constants: Mapping[str, object]
    reference: Callable[[object], ast.expr]
    temporary: Callable[[], str]

    def __missing__(self, name: str) -> ast.expr:
        return self.reference(self.constants[name])

    def held(self, name: str) -> ast.expr:
        """The node for a name that is used more than once: from the second time on a temporary."""
        node = self[name]
        if is_simple(node):
            return node
        target = self.temporary()
        self[name] = py.Name(target, py.LOAD)
        return py.NamedExpr(py.Name(target, py.STORE), node)


Builder = Callable[[Layer], Any]
_PLANS: dict[str, Plan] = {}


def plan_of(inline: Inline) -> Plan:
    """The parsed template."""
    found = _PLANS.get(inline.template)
    if found is None:
        tree = ast.parse(inline.template, mode="eval").body
        uses: dict[str, int] = {}
        conditional: set[str] = set()
        for name, is_conditional in _uses(tree, is_conditional=False):
            if name not in uses and is_conditional:
                conditional.add(name)
            uses[name] = uses.get(name, 0) + 1
        found = _PLANS[inline.template] = Plan(_builder(tree, uses), uses, conditional)
    return found


def _uses(node: ast.AST, *, is_conditional: bool) -> Iterator[tuple[str, bool]]:
    """Names in the order of evaluation."""
    match node:
        case ast.Name():
            yield node.id, is_conditional
        case ast.IfExp():
            yield from _uses(node.test, is_conditional=is_conditional)
            yield from _uses(node.body, is_conditional=True)
            yield from _uses(node.orelse, is_conditional=True)
        case ast.BoolOp():
            yield from _uses(node.values[0], is_conditional=is_conditional)
            for value in node.values[1:]:
                yield from _uses(value, is_conditional=True)
        case ast.Lambda():
            yield from _uses(node.body, is_conditional=True)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _uses(child, is_conditional=is_conditional)


def is_simple(node: ast.expr) -> bool:
    """Whether a node may be evaluated again, or not at all, without anybody noticing."""
    return type(node) in _SIMPLE


_SIMPLE = frozenset({py.Name, py.Constant})


def lay(plan: Plan, layer: Layer) -> ast.expr:
    """The template with the layer's arguments put in, which is used up by this."""
    complex_names = [name for name, node in layer.items() if type(node) not in _SIMPLE]
    if complex_names and not _is_in_order(plan, complex_names):
        return _beforehand(plan, layer)
    node: ast.expr = plan.build(layer)
    return node


def _is_in_order(plan: Plan, complex_names: list[str]) -> bool:
    """Whether each of these arguments is used, always, and first uses come in their order."""
    if plan.conditional and not plan.conditional.isdisjoint(complex_names):
        return False
    if len(complex_names) == 1:
        return complex_names[0] in plan.uses
    return complex_names == [name for name in plan.uses if name in complex_names]


def _beforehand(plan: Plan, layer: Layer) -> ast.expr:
    """`((t1 := first), (t2 := second), template)[-1]`."""
    items: list[ast.expr] = []
    for name, node in layer.items():
        if not is_simple(node):
            target = layer.temporary()
            items.append(py.NamedExpr(py.Name(target, py.STORE), node))
            layer[name] = py.Name(target, py.LOAD)
    items.append(plan.build(layer))
    return py.Subscript(py.Tuple(items, py.LOAD), py.Constant(len(items) - 1), py.LOAD)


def _builder(node: ast.AST, uses: dict[str, int]) -> Builder:
    """What makes a copy of a template's node, its fields in the order of evaluation."""
    if isinstance(node, ast.Name):
        name = node.id
        return itemgetter(name) if uses[name] == 1 else methodcaller("held", name)
    match node:
        case ast.Compare(left=asked, ops=[ast.Is() | ast.IsNot() as operator], comparators=[ast.Constant(value=None)]):
            value, negate = _builder(asked, uses), isinstance(operator, ast.IsNot)
            return lambda layer: is_null(value(layer), negate=negate)
    kind = py.PLACED.get(type(node))
    if kind is None:  # an operator, or whether a name is read or written
        return lambda layer: node
    fixed: list[Any] = []  # all fields at once, for 3.13 warns of a node that lacks any
    moving: list[tuple[int, Builder]] = []
    for place, field in enumerate(node._fields):
        value = getattr(node, field)  # a field of a Python node, by its own declaration
        fixed.append(value)
        if isinstance(value, ast.expr | ast.keyword):
            moving.append((place, _builder(value, uses)))
        elif isinstance(value, list) and value and isinstance(value[0], ast.expr | ast.keyword):
            moving.append((place, _builders(value, uses)))
    if not moving:
        made = kind(*fixed)
        return lambda layer: made
    if len(moving) == 1:
        [(place, only)] = moving
        before, after = fixed[:place], fixed[place + 1 :]
        return lambda layer: kind(*before, only(layer), *after)

    def build(layer: Layer) -> Any:
        fields = fixed.copy()
        for place, part in moving:
            fields[place] = part(layer)
        return kind(*fields)

    return build


def is_null(value: ast.expr, *, negate: bool = False) -> ast.expr:
    """Whether the value is null; of a constant that is known, and Python would warn of the question."""
    if isinstance(value, ast.Constant):
        return py.Constant((value.value is None) != negate)
    return py.Compare(value, [ast.IsNot() if negate else ast.Is()], [py.Constant(None)])


def _builders(nodes: list[Any], uses: dict[str, int]) -> Builder:
    parts = [_builder(node, uses) for node in nodes]
    return lambda layer: [part(layer) for part in parts]
