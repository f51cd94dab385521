"""`base`: the policies of the next scope out stand here (article "Set or edit policies", "Use base element")."""

from __future__ import annotations

from policies.registry import Policy
from policies.statement import Statement
from policies.steps import Step


def build(statement: Statement) -> Step:
    """Gives the outer scope's steps; the compiler splices them in."""
    return statement.outer


POLICY = Policy(name="base", build=build)
