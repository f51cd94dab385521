"""`Inline` templates → Python ast: parsed once, laid over their arguments as often as they are used.

The rule here: every argument is evaluated once and in order. An argument that the template names twice goes to a temporary at
its first use; where first uses do not come in order, or only under a condition, all arguments are evaluated beforehand.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from policies.dotnet.types import Inline

__all__ = ["Plan", "is_simple", "lay", "plan_of"]


@dataclass(slots=True)
class Plan:
    """A template, and for each of its names how often it is used, in which order first, and whether always."""

    tree: ast.expr
    uses: dict[str, int] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)


_PLANS: dict[str, Plan] = {}


def plan_of(inline: Inline) -> Plan:
    """The parsed template."""
    found = _PLANS.get(inline.template)
    if found is None:
        found = _PLANS[inline.template] = Plan(ast.parse(inline.template, mode="eval").body)
        for name, is_conditional in _uses(found.tree, is_conditional=False):
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
    """The template with its arguments put in; `constant` gives the node for a name that is none of them."""
    complex_names = [name for name, node in arguments.items() if not is_simple(node)]
    first_uses = [name for name in plan.uses if name in complex_names]
    in_order = first_uses == complex_names[: len(first_uses)] and len(first_uses) == len(complex_names)
    if not in_order or any(name in plan.conditional for name in complex_names):
        return _beforehand(plan, arguments, temporary, constant)
    return _Layer(plan, arguments, temporary, constant).lay(plan.tree)


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
            items.append(ast.NamedExpr(ast.Name(target, ast.Store()), node))
            held[name] = ast.Name(target, ast.Load())
    items.append(_Layer(plan, held, temporary, constant).lay(plan.tree))
    return ast.Subscript(ast.Tuple(items, ast.Load()), ast.Constant(len(items) - 1), ast.Load())


class _Layer:
    """One copy of a template."""

    def __init__(
        self, plan: Plan, arguments: dict[str, ast.expr], temporary: Callable[[], str], constant: Callable[[str], ast.expr]
    ) -> None:
        self.plan = plan
        self.arguments = dict(arguments)
        self.temporary = temporary
        self.constant = constant

    def lay(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Name():
                return self.name(node.id)
            case ast.IfExp():
                test = self.lay(node.test)
                return ast.IfExp(test, self.lay(node.body), self.lay(node.orelse))
        # The fields of a Python node, by its own declaration; all at once, for 3.13 warns of a node that lacks any.
        fields: dict[str, Any] = {name: self.part(getattr(node, name)) for name in node._fields}
        return type(node)(**fields)

    def part(self, value: object) -> object:
        if isinstance(value, ast.expr):
            return self.lay(value)
        if isinstance(value, list):
            return [self.part(item) for item in value]
        if isinstance(value, ast.keyword):
            return ast.keyword(value.arg, self.lay(value.value))
        return value

    def name(self, name: str) -> ast.expr:
        node = self.arguments.get(name)
        if node is None:
            return self.constant(name)
        if self.plan.uses[name] > 1 and not is_simple(node):
            target = self.temporary()
            self.arguments[name] = ast.Name(target, ast.Load())
            return ast.NamedExpr(ast.Name(target, ast.Store()), node)
        return node
