"""What must hold for a catalogue before it is stored: every policy document and every `visible-when` compiles (D4).

The rule here: a check sees the whole catalogue as it would be after a write, so that a document cannot break by what another
write takes away (a named value, a fragment, an operation).
"""

from __future__ import annotations

from collections.abc import Iterator

from mcp_core.catalog.model import Catalogue, PolicyText
from mcp_core.catalog.snapshot import environment_of
from mcp_core.errors import InvalidInput
from policies.compiler import check_document, compile_pipeline
from policies.condition import compile_condition
from policies.environment import Environment, ScopedDocument
from policies.errors import DocumentError

__all__ = ["policies_compile"]


def policies_compile(catalogue: Catalogue) -> None:
    """Raises InvalidInput that lists the errors of every policy document that does not compile."""
    environment = environment_of(catalogue)
    errors = [str(error) for text in catalogue.policies.values() for error in _errors(text, environment)]
    errors += [str(error) for origin, text in _conditions(catalogue) for error in _condition_errors(origin, text, environment)]
    if errors:
        raise InvalidInput("\n".join(errors), hint="Nothing was stored.")


def _errors(text: PolicyText, environment: Environment) -> list[DocumentError]:
    """All mistakes of a document; where there are none of its own, the first thing it names that is not there."""
    is_fragment = text.scope.startswith("fragment/")
    result = check_document(
        text.xml,
        origin=text.scope,
        scope=None if is_fragment else text.scope,
        named_values=environment.named_values,
        fragments=environment.fragments,
    )
    if result.errors or is_fragment:  # a fragment is compiled where it is included
        return result.errors
    try:
        compile_pipeline([ScopedDocument(text.scope, text.xml)], environment)
    except DocumentError as error:
        return [error]
    return []


def _conditions(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every `visible-when` with where it stands."""
    for server in catalogue.servers.values():
        for override in server.overrides:
            if override.visible_when:
                yield f"mcp/{server.name}, visible-when of {override.operation_id}", override.visible_when
    for product in catalogue.products.values():
        if product.visible_when:
            yield f"product/{product.id}, visible-when", product.visible_when


def _condition_errors(origin: str, text: str, environment: Environment) -> list[DocumentError]:
    try:
        compile_condition(text, environment, origin=origin)
    except DocumentError as error:
        return [error]
    return []
