"""The errors of the policy language.

    PolicyError
    ├── DocumentError        a document cannot be stored: where, what, and what would be right
    │   └── ExpressionError  the same, for the C# inside it
    └── PolicyFailure        a policy refused or failed while a request ran: status, reason, the client's message
        └── ExpressionFailure  an expression threw or went over a budget: 500, its text goes to the trace only

A failure is turned into `context.LastError` and an answer in one place, the pipeline.
"""

from __future__ import annotations

from policies.messages import Response
from policies.records import Record

__all__ = ["DocumentError", "ExpressionError", "ExpressionFailure", "PolicyError", "PolicyFailure", "Position"]


class Position(Record):
    """A place in a document: both numbers count from 1, columns in characters."""

    line: int
    column: int


class PolicyError(Exception):
    """Anything that goes wrong in the policy language."""


class DocumentError(PolicyError):
    """A policy document that cannot be compiled.

    `origin` names the file or scope, `excerpt` is the offending source line, `hint` what would be right.
    """

    def __init__(
        self, message: str, position: Position | None = None, *, origin: str = "", excerpt: str = "", hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.origin = origin
        self.excerpt = excerpt
        self.hint = hint

    def __str__(self) -> str:
        """`origin:line:column: message`, then the source line with a caret, then the hint."""
        place = self.origin
        if self.position is not None:
            place += f"{':' if place else ''}{self.position.line}:{self.position.column}"
        text = f"{place}: {self.message}" if place else self.message
        if self.excerpt and self.position is not None:
            text += "\n  " + "\n  ".join(_pointed(self.excerpt, self.position.column))
        return f"{text}\n  {self.hint}" if self.hint else text


_WIDEST = 160


def _pointed(line: str, column: int) -> tuple[str, str]:
    """A source line, of a long one the part around the column, and a caret below the column; tabs stay tabs in both."""
    start = max(0, column - 1 - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = ("…" if start else "") + line[start : start + _WIDEST] + ("…" if start + _WIDEST < len(line) else "")
    before = shown[: column - 1 - start + (1 if start else 0)]
    return shown, "".join("\t" if char == "\t" else " " for char in before) + "^"


class ExpressionError(DocumentError):
    """A policy expression that does not parse or does not bind."""


class PolicyFailure(PolicyError):
    """A policy refused the request or could not do its work.

    `message`, `reason` and `source` fill `context.LastError` by the tables of "Error handling in API Management policies".
    When on-error changes nothing the client gets `status` and `public`, which is `message` unless it is given. `detail` goes
    to the trace only. `retry_after` are the seconds until it is worth trying again, 0 for unknown. `response`, when given, is
    the whole answer, headers included.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        source: str = "",
        status: int = 500,
        retry_after: int = 0,
        response: Response | None = None,
        detail: str = "",
        public: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.public = public or message
        self.reason = reason
        self.source = source
        self.status = status
        self.retry_after = retry_after
        self.response = response
        self.detail = detail


class ExpressionFailure(PolicyFailure):
    """An expression threw, or exceeded a budget. The client learns only that; the document's author finds what it `said` in
    `LastError.Message`, as in APIM, and in the trace `detail`, with the exception's type."""

    def __init__(self, detail: str, *, said: str = "") -> None:
        super().__init__(
            f"Expression evaluation failed. {said or detail}",
            reason="ExpressionValueEvaluationFailure",
            status=500,
            detail=detail,
            public="Expression evaluation failed. Details can be found in the trace.",
        )
