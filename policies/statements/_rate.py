"""What `rate-limit` and `rate-limit-by-key` have in common: how a limit is told, and the refusal.

The rule here: whatever the outcome, remaining and total calls are told on the final response; a refusal is 429 with
`Retry-After` and APIM's message (article "Limit call rate").
"""

from __future__ import annotations

import json

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import Headers, Response
from policies.ports import Admission, RateLimit
from policies.registry import Attribute
from policies.statement import Statement
from policies.values import STRING, whole_number

__all__ = ["CALLS", "OUTLETS", "PERIOD", "Outlet"]

CALLS = whole_number(1, 2**31 - 1)
PERIOD = whole_number(1, 300)

RETRY_AFTER_HEADER = Attribute("retry-after-header-name", STRING, default="Retry-After")
RETRY_AFTER_VARIABLE = Attribute("retry-after-variable-name", STRING)
REMAINING_HEADER = Attribute("remaining-calls-header-name", STRING)
REMAINING_VARIABLE = Attribute("remaining-calls-variable-name", STRING)
TOTAL_HEADER = Attribute("total-calls-header-name", STRING)
OUTLETS = (RETRY_AFTER_HEADER, RETRY_AFTER_VARIABLE, REMAINING_HEADER, REMAINING_VARIABLE, TOTAL_HEADER)

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Outlet:
    """Where a document wants to be told about a limit."""

    __slots__ = ("_remaining_header", "_remaining_variable", "_retry_after_header", "_retry_after_variable", "_total_header")

    def __init__(self, statement: Statement) -> None:
        self._retry_after_header = _header(statement, RETRY_AFTER_HEADER)
        self._retry_after_variable = _name(statement, RETRY_AFTER_VARIABLE)
        self._remaining_header = _header(statement, REMAINING_HEADER)
        self._remaining_variable = _name(statement, REMAINING_VARIABLE)
        self._total_header = _header(statement, TOTAL_HEADER)

    def tell(self, context: PolicyContext, admission: Admission) -> None:
        """Set the variables now and the headers on the final response."""
        if self._remaining_variable:
            context.variables[self._remaining_variable] = admission.remaining
        if self._remaining_header or self._total_header:

            async def announce() -> None:
                if context.response is not None:
                    if self._remaining_header:
                        context.response.headers.set(self._remaining_header, str(admission.remaining))
                    if self._total_header:
                        context.response.headers.set(self._total_header, str(admission.total))

            context.completions.append(announce)

    def guess(self, context: PolicyContext, known: Admission | None, limit: RateLimit) -> None:
        """For a call that is not counted: later policies may read the variable all the same, so it has the best guess."""
        if self._remaining_variable:
            context.variables[self._remaining_variable] = limit.calls if known is None else known.remaining

    def refuse(self, context: PolicyContext, admission: Admission) -> PolicyFailure:
        """The failure for a call over the limit."""
        seconds = admission.retry_after
        if self._retry_after_variable:
            context.variables[self._retry_after_variable] = seconds
        message = f"Rate limit is exceeded. Try again in {seconds} seconds."
        headers = Headers({"Content-Type": "application/json", self._retry_after_header: str(seconds)})
        body = json.dumps({"statusCode": 429, "message": message}).encode()
        response = Response(429, headers, body, reason="Too Many Requests")
        return PolicyFailure(message, reason="RateLimitExceeded", status=429, response=response)


def _name(statement: Statement, attribute: Attribute[str]) -> str:
    value = statement.get(attribute)
    if value is None:
        return ""
    if not value.literal.strip():
        raise statement.error(f"{attribute.name} is empty", at=attribute)
    return value.literal


def _header(statement: Statement, attribute: Attribute[str]) -> str:
    name = _name(statement, attribute)
    if not _TOKEN.issuperset(name):
        raise statement.error(f"{name!r} is no header name", at=attribute, hint="letters, digits and -, such as X-Remaining")
    return name
