"""A tool that is ready to be called.

The rule here: what depends on the tool alone is worked out once, by the first call that needs it; a call does only what depends
on its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp_core.calls.arguments import ArgumentValidator
from mcp_core.catalog.operations import Operation, Tool
from mcp_core.protocol.results import ToolResult
from policies.messages import Request, Response

if TYPE_CHECKING:
    from mcp_core.calls.plan import Plan
    from mcp_core.calls.results import ResultMaker

__all__ = ["PreparedTool"]

MIB = 1024 * 1024


class PreparedTool:
    """One tool, its operation and where that operation lives. Cheap to make: a thousand cost a few milliseconds.

    `service_url` is the API's; an operation with a `server_url` of its own uses that. `max_text_bytes` bounds the text of a
    result (`MCP_MAX_RESULT_BYTES`).
    """

    __slots__ = ("_plan", "_results", "_validator", "max_text_bytes", "operation", "service_url", "tool")

    def __init__(self, tool: Tool, operation: Operation, service_url: str, *, max_text_bytes: int = MIB) -> None:
        self.tool = tool
        self.operation = operation
        self.service_url = service_url
        self.max_text_bytes = max_text_bytes
        self._plan: Plan | None = None
        self._results: ResultMaker | None = None
        self._validator: ArgumentValidator | None = None

    def check(self, arguments: Mapping[str, Any]) -> list[str]:
        """What is wrong with the arguments by the tool's input schema, one sentence each for the model; [] when nothing is."""
        validator = self._validator
        if validator is None:
            validator = self._validator = ArgumentValidator(self.tool.input_schema)
        return validator.problems(arguments)

    def request(self, arguments: Mapping[str, Any]) -> Request:
        """A fresh request with absolute URL, method, headers, body and matched_parameters.

        Arguments that the caller did not give are not sent. Raises ArgumentError for a value that its place cannot hold.
        """
        plan = self._plan
        if plan is None:
            from mcp_core.calls.plan import Plan  # late: a new instance answers lists before it is asked to call

            plan = self._plan = Plan(self.tool, self.operation, self.service_url)
        return plan.build(arguments)

    async def result(self, response: Response) -> ToolResult:
        """The tool result that a response stands for; a status of 300 and above is an error with status line and body."""
        results = self._results
        if results is None:
            from mcp_core.calls.results import ResultMaker  # late, as above

            results = self._results = ResultMaker(self.tool, self.operation, self.max_text_bytes)
        return await results.make(response)
