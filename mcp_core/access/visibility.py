"""Which tools a caller may see and call: the tools' `visible-when`.

The rule here: `tools/list` shows what `tools/call` would allow, by the same question asked in the same circumstances: after the
inbound policies, with `context.Api` and `context.Operation` those of the tool. A condition that fails hides its tool.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from policies.context import ApiInfo, OperationInfo, PolicyContext
from policies.errors import PolicyFailure
from policies.records import Record
from policies.values import Value

__all__ = ["Condition", "hidden"]

_log = logging.getLogger(__name__)


class Condition(Record):
    """When one tool is visible."""

    visible: Value[bool]
    api: ApiInfo
    operation: OperationInfo

    def holds(self, context: PolicyContext) -> bool:
        """Whether the caller may see and call the tool."""
        before = context.api, context.operation
        context.api, context.operation = self.api, self.operation
        try:
            return self.visible.get(context)
        except PolicyFailure as failure:
            _log.warning("visible-when of the operation %r failed and hides its tool: %s", self.operation.id, failure.reason)
            return False
        finally:
            context.api, context.operation = before


def hidden(conditions: Mapping[str, Condition], method: str, tool: object, context: PolicyContext) -> frozenset[str] | None:
    """The tools that this caller may not see, as far as the method asks: all of them for a list, the one tool of a call.
    None where everything is to be shown as it is to everybody."""
    if method == "tools/list":
        return frozenset(name for name, condition in conditions.items() if not condition.holds(context))
    condition = conditions.get(tool) if method == "tools/call" and isinstance(tool, str) else None
    if condition is None or condition.holds(context):
        return None
    return frozenset((str(tool),))
