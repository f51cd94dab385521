"""How much a call counts: `increment-condition` and `increment-count` of the policies that count by key.

The rule here: what can only be known from the response is reserved before, as 1, and put right when the response is final; so
calls that are under way together cannot pass a limit either.
"""

from __future__ import annotations

from policies.context import PolicyContext
from policies.errors import ExpressionFailure
from policies.registry import Attribute
from policies.statement import Statement
from policies.values import BOOLEAN, whole_number

__all__ = ["CONDITION", "COUNT", "Increment"]

CONDITION = Attribute("increment-condition", BOOLEAN, expression=True)
COUNT = Attribute("increment-count", whole_number(0, 2**31 - 1), default=1, expression=True)


class Increment:
    """The two attributes of one statement. `is_certain`: nothing is to be put right later."""

    __slots__ = ("_condition", "_count", "_literal", "_reads", "is_certain")

    def __init__(self, statement: Statement) -> None:
        self._count = statement[COUNT]
        self._literal = self._count.literal if self._count.is_literal else None
        self._condition = statement.get(CONDITION)
        self._reads = statement.reads
        self.is_certain = self._condition is None and self._literal is not None

    def before(self, context: PolicyContext) -> int | None:
        """The count before the response is there; None when its expression cannot be had while that is null."""
        if self._literal is not None:
            return self._literal
        try:
            return self._count.get(context)
        except ExpressionFailure as failure:
            if context.response is None and failure.detail.startswith("System.NullReferenceException"):
                return None
            raise

    async def after(self, context: PolicyContext, before: int | None) -> int:
        """The count by the final response."""
        waiting = self._reads.buffer(context)
        if waiting is not None:
            await waiting
        if self._condition is not None and not self._condition.get(context):
            return 0
        return self._count.get(context) if before is None else before
