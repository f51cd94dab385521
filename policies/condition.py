"""One condition outside of a document: `visible-when` of a tool.

The rule here: it is compiled as the conditions of documents are, with named values, against the same closed tables; one that
does not compile is never stored.
"""

from __future__ import annotations

from policies.document import read_document
from policies.embedded import Unchecked, compile_text
from policies.environment import Environment
from policies.errors import DocumentError, Position
from policies.values import BOOLEAN, Value

__all__ = ["compile_condition"]

_OPEN, _CLOSE = "<fragment>", "</fragment>"  # a root that documents may have


def compile_condition(text: str, environment: Environment, *, origin: str) -> Value[bool]:
    """The condition `@( … )`, `@{ … }`, `true` or `false`. Raises DocumentError; `origin` names the place in it."""
    try:
        element = read_document(f"{_OPEN}{text.strip()}{_CLOSE}", origin=origin)
        if element.children or element.attributes or element.text.is_blank:
            raise DocumentError(
                "this is no condition", origin=origin, hint="write a policy expression: @(context.User != null)"
            )
        return compile_text(
            element.text,
            BOOLEAN,
            environment.named_values,
            what="the condition",
            expression=True,
        )
    except Unchecked as unchecked:
        raise _shifted(unchecked.warning) from None
    except DocumentError as error:
        raise _shifted(error) from None


def _shifted(error: DocumentError) -> DocumentError:
    """The error with its place in the user's own text."""
    place = error.position
    if place is not None and place.line == 1:
        place = Position(1, max(1, place.column - len(_OPEN)))
    excerpt = error.excerpt.removeprefix(_OPEN).removesuffix(_CLOSE)
    return type(error)(error.message, place, origin=error.origin, excerpt=excerpt, hint=error.hint)
