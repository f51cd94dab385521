"""Which tools a caller may see and call: the `visible-when` of the tools, and of the product that the caller comes with.

The rule here: `tools/list` shows what `tools/call` would allow, by the same question asked in the same circumstances: after the
inbound policies, with `context.Api` and `context.Operation` those of the tool. All that is asked of a tool must hold; a
condition that fails hides its tool.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from policies.context import ApiInfo, OperationInfo, PolicyContext
from policies.errors import PolicyFailure
from policies.records import Record
from policies.values import Value

__all__ = ["Condition", "Conditions", "hidden"]

_log = logging.getLogger(__name__)


class Condition(Record):
    """When one tool is visible: where all of this holds."""

    visible: tuple[Value[bool], ...]
    api: ApiInfo
    operation: OperationInfo

    def holds(self, context: PolicyContext) -> bool:
        """Whether the caller may see and call the tool."""
        before = context.api, context.operation
        context.api, context.operation = self.api, self.operation
        try:
            return all(value.get(context) for value in self.visible)
        except PolicyFailure as failure:
            _log.warning("visible-when of the operation %r failed and hides its tool: %s", self.operation.id, failure.reason)
            return False
        finally:
            context.api, context.operation = before


Conditions = Mapping[str, Mapping[str, Condition]]
"""By product, then by tool; under "" what is asked of those who come with none, or with one that asks nothing itself."""


def hidden(conditions: Conditions, method: str, tool: object, context: PolicyContext) -> frozenset[str] | None:
    """The tools that this caller may not see, as far as the method asks: all of them for a list, the one tool of a call.
    None where everything is to be shown as it is to everybody."""
    product = context.product
    asked = conditions.get(product.id) if product is not None else None
    if asked is None:
        asked = conditions.get("", {})
    if method == "tools/list":
        return frozenset(name for name, condition in asked.items() if not condition.holds(context))
    condition = asked.get(tool) if method == "tools/call" and isinstance(tool, str) else None
    if condition is None or condition.holds(context):
        return None
    return frozenset((str(tool),))
