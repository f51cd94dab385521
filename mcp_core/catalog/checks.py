"""What must hold for a catalogue before it is stored: every policy document compiles (D4).

The rule here: a check sees the whole catalogue as it would be after a write, so that a document cannot break by what another
write takes away (a named value, a fragment, an operation).
"""

from __future__ import annotations

from mcp_core.catalog.model import Catalogue
from mcp_core.catalog.snapshot import environment_of
from mcp_core.errors import InvalidInput
from policies.check import check_document

__all__ = ["policies_compile"]


def policies_compile(catalogue: Catalogue) -> None:
    """Raises InvalidInput that lists the errors of every policy document that does not compile."""
    environment = environment_of(catalogue)
    errors: list[str] = []
    for scope, text in catalogue.policies.items():
        result = check_document(text.xml, origin=scope, scope=scope, environment=environment)
        errors += [str(error) for error in result.errors]
    if errors:
        raise InvalidInput("\n".join(errors), hint="Nothing was stored.")
