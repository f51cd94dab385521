"""From the text in a document to a `Value`: named values put in, literals checked, C# compiled.

The rule here: what is wrong is shown where it stands in the user's own text, whatever entities and named values did to it on
the way, and a secret named value never appears in a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from policies.errors import DocumentError, ExpressionError, ExpressionFailure, Position
from policies.source import ENTITY, MissingNamedValue, Source, View
from policies.text import Chunk, Code, Literal, Text
from policies.values import ANY, NO_READS, STRING, Kind, Reads, Value

if TYPE_CHECKING:
    from policies.context import PolicyContext
    from policies.expressions import Expression, Form

__all__ = ["Unchecked", "compile_beforehand", "compile_text"]

T = TypeVar("T")


class Unchecked(Exception):
    """A value cannot be made because a named value is not supplied; `warning` says so with its place, `mistake` is what is
    wrong whatever the named value may be."""

    def __init__(self, warning: DocumentError, mistake: DocumentError | None = None) -> None:
        super().__init__(str(warning))
        self.warning = warning
        self.mistake = mistake


def compile_text(
    text: Text,
    kind: Kind[T],
    named_values: Mapping[str, tuple[str, bool]],
    *,
    what: str,
    expression: bool,
    keep_unknown: bool = False,
) -> Value[T]:
    """The value that `text` stands for. `what` names it in messages ("the attribute calls of <rate-limit>").

    Raises DocumentError, and Unchecked when a named value is missing.
    """
    plain = text.literal
    if plain is not None:
        return _literal(text, plain, (), kind, what)
    try:
        parts = text.parts(named_values, keep_unknown=keep_unknown)
    except MissingNamedValue as missing:
        warning = _missing(missing, text.source, named_values)
        raise Unchecked(warning, _mistake(text, named_values) if expression else None) from None
    codes = [part for part in parts if isinstance(part, Code)]
    if not codes:
        views = [part.view for part in parts]
        return _literal(text, "".join(view.text for view in views), views, kind, what)
    if not expression:
        raise text.source.error(f"an expression is not allowed in {what}", text.start, f"it must be {kind.wanted}")
    if len(codes) == 1 and not any(isinstance(part, Literal) and part.view.text.strip() for part in parts):
        compiled = _compile(codes[0], text.source)
        if compiled.type == "System.Void" or (kind.types and compiled.type not in kind.types):
            raise text.source.error(f"{what} must be {kind.wanted}, not a {compiled.type}", text.start)
        return _converted(compiled.evaluate, _reads(compiled), kind, what)
    return _mixed(text, parts, kind, what)


def _near(name: str, names: Iterable[str]) -> list[str]:
    from difflib import get_close_matches  # late: only a refused document asks

    return get_close_matches(name, list(names), 1)


_STAND_INS = ("x", "1", "")


def _mistake(text: Text, named_values: Mapping[str, tuple[str, bool]]) -> DocumentError | None:
    """What is wrong with the expressions whether a name, a number or nothing stands for the named values that are not
    supplied. Most of these stand in strings, where all three are as good as any."""
    first, *others = (_mistake_with(stand_in, text, named_values) for stand_in in _STAND_INS)
    same = all(each and first and (each.message, each.position) == (first.message, first.position) for each in others)
    return first if same else None


def _mistake_with(stand_in: str, text: Text, named_values: Mapping[str, tuple[str, bool]]) -> DocumentError | None:
    supplied = dict(named_values)
    while True:
        try:
            for part in text.parts(supplied):
                if isinstance(part, Code):
                    _compile(part, text.source)
            return None
        except MissingNamedValue as missing:
            supplied[missing.name] = (stand_in, False)
        except DocumentError as error:
            return error


def _missing(missing: MissingNamedValue, source: Source, named_values: Mapping[str, tuple[str, bool]]) -> DocumentError:
    near = _near(missing.name, named_values)
    hint = (
        f"did you mean {{{{{near[0]}}}}}?"
        if near
        else "create the named value first, or supply it with --named-value NAME=VALUE"
    )
    return source.error(f"there is no named value {missing.name!r}", missing.offset, hint)


def _literal(text: Text, literal: str, views: Iterable[View], kind: Kind[T], what: str) -> Value[T]:
    try:
        value = kind.parse(literal)
    except ValueError as error:
        message = f"{what} {error}"
        for view in views:
            message = _without_secrets(message, view)
        raise text.source.error(message, text.start, _instead_of(literal, kind)) from None
    return Value(lambda context: value, literal=value, is_literal=True)


def _instead_of(literal: str, kind: Kind[T]) -> str:
    near = _near(literal.strip(), kind.choices)
    if near:
        return f'did you mean "{near[0]}"?'
    return "an expression is written @( … )" if kind.types and any(sign in literal for sign in "(=") else ""


def _reads(compiled: Expression) -> Reads:
    request, response = compiled.reads_request_body, compiled.reads_response_body
    return Reads(request, response) if request or response else NO_READS


def _compile(code: Code, source: Source) -> Expression:
    """Compile one expression; what it finds wrong is brought back to the user's own text."""
    try:
        return _compiled(code.view.text, code.is_block)
    except ExpressionError as error:
        offset = code.view.source_offset(_offset_in(code.view.text, error.position))
        message, hint = _without_secrets(error.message, code.view), _without_secrets(error.hint, code.view)
        place = source.position(offset)
        raise ExpressionError(message, place, origin=source.origin, excerpt=source.line(place.line), hint=hint) from None


def _compiled(text: str, is_block: bool) -> Expression:
    """An expression is what its text says, wherever it stands: a document that is checked, stored and then served is compiled
    once."""
    key: tuple[str, Form] = (text, "block" if is_block else "expression")
    known = _KEPT.get(key)
    if known is None:
        from policies.expressions import compile_expression  # late: only documents with expressions need it

        known = compile_expression(text, kind=key[1])
        _keep({key: known})
    return known


def compile_beforehand(source: Source, chunks: Iterable[Chunk]) -> None:
    """Compile what stands as it is in a document, and is not known yet, all together, which takes less time. What is wrong
    is left to be found in its place."""
    missing: dict[tuple[str, Form], None] = {}
    for chunk in chunks:
        code = source.text[chunk.start : chunk.end]
        if chunk.kind.endswith("code") and "{{" not in code and ENTITY.search(code) is None:
            key: tuple[str, Form] = (code[2:-1], "block" if code[1] == "{" else "expression")
            if key not in _KEPT:
                missing[key] = None
    if missing:
        from policies.expressions import compile_together  # late: as above

        _keep(compile_together(missing))


def _keep(expressions: Mapping[tuple[str, Form], Expression]) -> None:
    if len(_KEPT) > _MOST:
        _KEPT.clear()
    _KEPT.update(expressions)


_KEPT: dict[tuple[str, Form], Expression] = {}
_MOST = 1024


def _offset_in(text: str, position: Position | None) -> int:
    """The offset of a position in an expression's text."""
    if position is None:
        return 0
    lines = text.split("\n")
    line = min(position.line - 1, len(lines) - 1)
    return min(sum(len(each) + 1 for each in lines[:line]) + position.column - 1, len(text))


def _without_secrets(message: str, view: View) -> str:
    for name, value in view.secrets.items():
        if value:
            message = message.replace(value, f"{{{{{name}}}}}")
    return message


def _converted(evaluate: Callable[[PolicyContext], object], reads: Reads, kind: Kind[T], what: str) -> Value[T]:
    if kind is ANY:
        return Value(evaluate, reads)  # type: ignore[arg-type]  # ANY is the kind that converts nothing
    convert = kind.convert

    def get(context: PolicyContext) -> T:
        try:
            return convert(evaluate(context))  # whatever an expression itself throws is no ValueError
        except ValueError as error:
            raise ExpressionFailure(f"{what} {error}") from None

    return Value(get, reads)


def _mixed(text: Text, parts: list[Literal | Code], kind: Kind[T], what: str) -> Value[T]:
    """Literal text around expressions: always text."""
    reads = NO_READS
    getters: list[Callable[[PolicyContext], str]] = []
    for part in parts:
        if isinstance(part, Literal):
            getters.append(_always(part.view.text))
        else:
            compiled = _compile(part, text.source)
            reads |= _reads(compiled)
            getters.append(_converted(compiled.evaluate, NO_READS, STRING, what).get)

    def evaluate(context: PolicyContext) -> str:
        return "".join([get(context) for get in getters])

    return _converted(evaluate, reads, kind, what)


def _always(text: str) -> Callable[[PolicyContext], str]:
    return lambda context: text
