"""The face of the room: an expression compiled, and evaluated.

The rule here: whatever goes wrong while an expression runs leaves as ExpressionFailure with .NET's text in its detail; whatever
is wrong with its text leaves as ExpressionError with its place. Nothing else ever does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from policies.dotnet import meter
from policies.dotnet.exceptions import NetException, as_dotnet, full_name
from policies.dotnet.types import Inline, net
from policies.dotnet.values import scalars
from policies.errors import ExpressionError, ExpressionFailure, Position
from policies.expressions import (
    assignments,
    binder,
    blocks,
    calls,
    control,
    conversions,
    creation,
    flow,
    jumps,
    lambdas,
    names,
    patterns,
    statements,
    tuples,
)
from policies.expressions import bound as b
from policies.expressions.emitter import Emitted, link
from policies.expressions.lexer import Source
from policies.expressions.writer import emit
from policies.records import Record

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.dotnet.types import NetType

__all__ = ["Expression", "Form", "bound_tree", "compile_expression", "compile_together", "failure_of"]

Form = Literal["expression", "block"]

_BINDING = (assignments, calls, control, creation, jumps, lambdas, names, patterns, tuples)  # these fill the binder's table
_START = Position(1, 1)
_LONGEST = 64 * 1024


class Expression:
    """A compiled expression.

    `type` is the .NET name of its static type. `reads` are the members of `context` that it uses ("context.Request.Body");
    `reads_request_body` and `reads_response_body` say which bodies must be buffered before it is evaluated.
    `evaluate(context)` gives the value, boxed (`policies.dotnet.values.type_name` tells its type; texts are whole Unicode
    characters), and raises ExpressionFailure when the expression throws or goes over its budget; it is the emitted function
    itself.
    """

    __slots__ = ("evaluate", "is_constant", "reads", "reads_request_body", "reads_response_body", "text", "type")

    def __init__(self, text: str, bound: _Bound, evaluate: Callable[[PolicyContext], Any]) -> None:
        reads, bare = frozenset(bound.binder.reads), bound.binder.bare
        self.text = text
        self.type = bound.static.name
        self.is_constant = isinstance(bound.body, b.Constant)
        self.reads = frozenset(path for path in reads if path.startswith("context."))
        self.reads_request_body = _reads_body("Request", reads, bare)
        self.reads_response_body = _reads_body("Response", reads, bare)
        self.evaluate = evaluate


def _leave() -> NoReturn:
    error: Any = sys.exception()
    raise failure_of(error) from error


def failure_of(error: Exception | meter.BudgetExceeded) -> ExpressionFailure:
    """What went wrong in an expression, or while its value was looked at, as the pipeline's failure."""
    if isinstance(error, ExpressionFailure):
        return error
    if isinstance(error, meter.BudgetExceeded):
        return ExpressionFailure(str(error))
    if isinstance(error, RecursionError):
        return ExpressionFailure("the expression calls itself too deeply")
    if isinstance(error, MemoryError):
        return ExpressionFailure("the expression needs too much memory")
    found: NetException = as_dotnet(error)
    return ExpressionFailure(f"{full_name(found)}: {found.message}", said=found.message)


def _reads_body(which: str, reads: frozenset[str], bare: set[str]) -> bool:
    """Whether `context.Request.Body` is read, or may be: the request is handed on as a whole, and some request's body is
    read."""
    if f"context.{which}.Body" in reads:
        return True
    handed_on = f"context.{which}" in bare or "context" in bare
    return handed_on and f"I{which}.Body" in reads


def compile_expression(
    source: str,
    *,
    origin: str = "",
    position: Position | None = None,
    kind: Form = "expression",
) -> Expression:
    """The text between `@(` and `)`, or (kind "block") between `@{` and `}`, checked and ready to be evaluated.

    `position` is where the text begins in its document, `origin` that document's name: errors carry both. Raises
    ExpressionError.
    """
    text = Source(source, origin, position or _START)
    try:
        draft = _draft(text, kind)
        return draft.linked(*link([draft.emitted]))
    except _TOO_DEEP:
        raise text.error(0, "the expression is nested too deeply", "use variables in a @{ … } expression") from None


def compile_together(expressions: Iterable[tuple[str, Form]]) -> dict[tuple[str, Form], Expression]:
    """Those of the expressions that are right, by their text and kind, sooner than one by one. What is wrong with another
    `compile_expression` tells."""
    drafts: dict[tuple[str, Form], _Draft] = {}
    for text, kind in expressions:
        try:
            drafts[text, kind] = _draft(Source(text), kind)
        except (ExpressionError, *_TOO_DEEP):
            continue
    try:
        functions = link([draft.emitted for draft in drafts.values()])
    except _TOO_DEEP:
        return {}
    return {key: draft.linked(function) for (key, draft), function in zip(drafts.items(), functions, strict=True)}


_TOO_DEEP = (RecursionError, SyntaxError)  # Python itself takes less than twenty loops inside one another


class _Bound(Record):
    """A bound expression: its static type, its tree, and the binder that knows what it reads."""

    static: NetType
    body: b.Value | b.Block
    binder: binder.Binder


class _Draft(Record):
    """An expression that only lacks its function."""

    text: str
    bound: _Bound
    emitted: Emitted

    def linked(self, function: Callable[[PolicyContext], Any]) -> Expression:
        """The expression."""
        return Expression(self.text, self.bound, function)


def _draft(source: Source, kind: Form) -> _Draft:
    if len(source.text) > _LONGEST:
        raise source.error(0, f"the expression is longer than {_LONGEST:,} characters")
    bound = bound_tree(source, kind)
    return _Draft(source.text, bound, emit(bound.body, _leave, checks_size=isinstance(bound.body, b.Block)))


def bound_tree(source: Source, kind: str) -> _Bound:
    """The expression bound and checked. Raises ExpressionError."""
    names_and_types = binder.Binder(source)
    body: b.Value | b.Block
    if kind == "block":
        parsed = statements.parse_block(source)
        body, static = blocks.body(names_and_types, parsed, _leaving)
        flow.check_block(body, parsed.end, source.error)
    else:
        node = statements.parse_expression(source)
        value = names_and_types.bind(node)
        static = _type_of(source, value)
        if names_and_types.has_own:
            flow.check_value(value, source.error)
        body = _leaving(names_and_types, value)
    return _Bound(static, body, names_and_types)


def _type_of(source: Source, value: b.Value) -> NetType:
    if value.type in (b.NULL, b.DEFAULT):
        return net("object")
    if value.type.name == "System.Void":
        raise source.error(value.offset, "this gives no value", "call it in a block: @{ …; return value; }")
    if value.type.kind == "pseudo" and value.type is not b.NEVER:
        raise source.error(value.offset, f"a {value.type} is no value", "a method's arguments stand in ( )")
    return net("object") if value.type is b.NEVER else value.type


def _leaving(names_and_types: binder.Binder, value: b.Value) -> b.Value:
    """The value on its way out: boxed, texts in whole characters."""
    if value.type.name == "System.Void":
        return value
    boxed = names_and_types.converted(value, net("object"), value.offset)
    if isinstance(boxed, b.Constant):
        return b.Constant(boxed.offset, boxed.type, scalars(boxed.value)) if isinstance(boxed.value, str) else boxed
    if value.type.name not in ("System.String", "System.Object") or _is_whole(boxed):
        return boxed
    return conversions.template(_WHOLE_TEXT if isinstance(value, b.Text) else _WHOLE, boxed.type, boxed)


_WHOLE = Inline("(value if value.__class__ is not text or value.isascii() else whole(value))", text=str, whole=scalars)
_WHOLE_TEXT = Inline("(value if value.isascii() else whole(value))", whole=scalars)


def _is_whole(value: b.Value) -> bool:
    """Whether a text is put together of what comes as it is from the context, which has whole characters only."""
    match value:
        case b.Template():
            return not value.inline.names and all(map(_is_whole, value.arguments))
        case b.Text():
            return all(map(_is_whole, value.parts))
        case b.Constant():
            return not isinstance(value.value, str) or value.value.isascii()
        case b.Load():
            return value.variable.emitted == "context"
    return False
