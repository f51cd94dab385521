"""Where an expression failed, for who evaluates it offline.

The rule here: code that runs in a gateway notes no places, for they would cost time in every evaluation. To tell the place of a
failure, the expression is emitted once more with notes and runs again.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from policies.dotnet.meter import BudgetExceeded
from policies.expressions import bound as b
from policies.expressions import nodes as py
from policies.expressions.emitter import link
from policies.expressions.expression import bound_tree
from policies.expressions.lexer import Source
from policies.expressions.writer import Writer

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.errors import Position

__all__ = ["place_of_failure"]

_NOTE = "p"


def place_of_failure(source: Source, kind: str, context: PolicyContext, look: Callable[[Any], object]) -> Position | None:
    """Where the expression, or what `look` does with its value, fails; None when it does not fail this time."""
    body = bound_tree(source, kind).body
    writer = _NotingWriter(_leave, checks_size=isinstance(body, b.Block))
    [evaluate] = link([writer.finish(writer.body_of(body))])
    try:
        look(evaluate(context))
    except (Exception, BudgetExceeded) as error:  # noqa: BLE001  # whatever it is, only its place is wanted
        offset = _noted(error)
        return None if offset is None else source.position(offset)
    return None


def _leave() -> NoReturn:
    error = sys.exception()
    assert error is not None
    raise error


def _noted(error: BaseException) -> int | None:
    """The note of the innermost function of the expression's that was running."""
    offset, step = None, error.__traceback__
    while step is not None:
        frame: FrameType = step.tb_frame
        if frame.f_code.co_filename == "<policy expression>":
            offset = frame.f_locals.get(_NOTE, offset)
        step = step.tb_next
    return offset


class _Noted(b.Value):
    """The last thing that is evaluated before a node that may fail; the node's offset is noted after it."""

    operand: b.Value


class _NotingWriter(Writer):
    def value(self, node: b.Value) -> ast.expr:
        if isinstance(node, _Noted):
            note = py.NamedExpr(py.Name(_NOTE, py.STORE), py.Constant(node.offset))
            return py.Subscript(py.Tuple([self.value(node.operand), note], py.LOAD), py.Constant(0), py.LOAD)
        return super().value(_with_note(node))

    def body_of(self, body: b.Value | b.Block) -> list[ast.stmt]:
        return [py.Assign([py.Name(_NOTE, py.STORE)], py.Constant(body.offset)), *super().body_of(body)]

    def statement(self, node: b.Statement) -> list[ast.stmt]:
        found = super().statement(node)
        if isinstance(node, b.Block | b.Function | b.Renew | b.Mark) or not found:
            return found
        return [py.Assign([py.Name(_NOTE, py.STORE)], py.Constant(node.offset)), *found]


def _with_note(node: b.Value) -> b.Value:
    match node:
        case b.Apply() | b.Invoke() | b.Template() if node.arguments:
            *before, last = node.arguments
            return _changed(node, arguments=[*before, _Noted(node.offset, last.type, last)])
        case b.NotNull() | b.Narrow() | b.Raise():
            return _changed(node, operand=_Noted(node.offset, node.operand.type, node.operand))
    return node


def _changed(node: b.Value, **fields: Any) -> b.Value:
    kind: Any = type(node)
    changed: b.Value = kind(*(fields[name] if name in fields else getattr(node, name) for name in kind.record_fields))
    return changed
