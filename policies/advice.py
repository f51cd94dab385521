"""Good advice about a document that is right but may not do what its author means.

The rule here: advice never refuses anything. Each piece is a function from a document to warnings.
"""

from __future__ import annotations

from policies.document import Element
from policies.environment import Environment
from policies.errors import DocumentError

__all__ = ["advise"]


def advise(root: Element, environment: Environment) -> list[DocumentError]:
    """Every piece of advice for a document, in no particular order."""
    return []
