"""`Inline` templates → Python ast: parsed once, laid over their arguments as often as they are used.

The rule here: every argument is evaluated once and in order. An argument that the template names twice goes to a temporary at
its first use; where first uses do not come in order, or only under a condition, all arguments are evaluated beforehand.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from policies.dotnet.types import Inline
from policies.expressions import nodes as py
from policies.records import Record, field

__all__ = ["Plan", "is_simple", "lay", "plan_of"]


class Plan(Record, frozen=False):
    """A template, and for each of its names how often it is used, in which order first, and whether always. `build` makes a
    copy of it."""

    build: Callable[[_Layer], ast.expr]
    uses: dict[str, int] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)


_PLANS: dict[str, Plan] = {}


def plan_of(inline: Inline) -> Plan:
    """The parsed template."""
    found = _PLANS.get(inline.template)
    if found is None:
        tree = ast.parse(inline.template, mode="eval").body
        found = _PLANS[inline.template] = Plan(_builder(tree))
        for name, is_conditional in _uses(tree, is_conditional=False):
            if name not in found.uses and is_conditional:
                found.conditional.add(name)
            found.uses[name] = found.uses.get(name, 0) + 1
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
    return isinstance(node, ast.Name | ast.Constant)


def lay(
    plan: Plan,
    arguments: dict[str, ast.expr],
    temporary: Callable[[], str],
    constant: Callable[[str], ast.expr],
) -> ast.expr:
    """The template with its arguments put in; `constant` gives the node for a name that is none of them. `arguments` is used
    up."""
    complex_names = [name for name, node in arguments.items() if not is_simple(node)]
    if complex_names and not _is_in_order(plan, complex_names):
        return _beforehand(plan, arguments, temporary, constant)
    return plan.build(_Layer(plan, arguments, temporary, constant))


def _is_in_order(plan: Plan, complex_names: list[str]) -> bool:
    """Whether each of these arguments is used, always, and in their order first."""
    if plan.conditional and not plan.conditional.isdisjoint(complex_names):
        return False
    return complex_names == (
        list(plan.uses) if len(plan.uses) == len(complex_names) else [name for name in plan.uses if name in complex_names]
    )


def _beforehand(
    plan: Plan, arguments: dict[str, ast.expr], temporary: Callable[[], str], constant: Callable[[str], ast.expr]
) -> ast.expr:
    """`((t1 := first), (t2 := second), template)[-1]`."""
    items: list[ast.expr] = []
    held: dict[str, ast.expr] = {}
    for name, node in arguments.items():
        if is_simple(node):
            held[name] = node
        else:
            target = temporary()
            items.append(py.NamedExpr(py.Name(target, py.STORE), node))
            held[name] = py.Name(target, py.LOAD)
    items.append(plan.build(_Layer(plan, held, temporary, constant)))
    return py.Subscript(py.Tuple(items, py.LOAD), py.Constant(len(items) - 1), py.LOAD)


class _Layer:
    """One use of a template: what its names stand for."""

    __slots__ = ("arguments", "constant", "temporary", "uses")

    def __init__(
        self, plan: Plan, arguments: dict[str, ast.expr], temporary: Callable[[], str], constant: Callable[[str], ast.expr]
    ) -> None:
        self.uses = plan.uses
        self.arguments = arguments
        self.temporary = temporary
        self.constant = constant

    def name(self, name: str) -> ast.expr:
        node = self.arguments.get(name)
        if node is None:
            return self.constant(name)
        if self.uses[name] > 1 and not is_simple(node):
            target = self.temporary()
            self.arguments[name] = py.Name(target, py.LOAD)
            return py.NamedExpr(py.Name(target, py.STORE), node)
        return node


Builder = Callable[[_Layer], Any]


def _builder(node: ast.AST) -> Builder:
    """What makes a copy of a template's node, its fields in the order of evaluation. What holds no name is made once."""
    if isinstance(node, ast.Name):
        name = node.id
        return lambda layer: layer.name(name)
    kind = py.PLACED.get(type(node))
    if kind is None:  # an operator, or whether a name is read or written
        return lambda layer: node
    fixed: list[Any] = []  # all fields at once, for 3.13 warns of a node that lacks any
    moving: list[tuple[int, Builder]] = []
    for place, field_name in enumerate(node._fields):
        value = getattr(node, field_name)  # a field of a Python node, by its own declaration
        fixed.append(value)
        if isinstance(value, ast.AST):
            moving.append((place, _builder(value)))
        elif isinstance(value, list) and value:
            moving.append((place, _all(value)))

    def build(layer: _Layer) -> Any:
        fields = fixed.copy()
        for place, part in moving:
            fields[place] = part(layer)
        return kind(*fields)

    return build


def _all(nodes: list[Any]) -> Builder:
    parts = [_builder(node) for node in nodes]
    return lambda layer: [part(layer) for part in parts]
