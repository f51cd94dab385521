"""`include-fragment`: the policies of a fragment stand here (article "Include fragment")."""

from __future__ import annotations

from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import NAME_TEXT

FRAGMENT_ID = Attribute("fragment-id", NAME_TEXT, required=True)


def build(statement: Statement) -> Step:
    """Gives the fragment's steps; the compiler splices them in."""
    return statement.fragment(statement[FRAGMENT_ID].literal)


POLICY = Policy(name="include-fragment", attributes=(FRAGMENT_ID,), build=build)
