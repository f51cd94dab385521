"""What a traced request did: one step a policy (header `Ocp-Apim-Trace`, `tool call --trace`).

The rule here: nothing of this costs anything while tracing is off, and no secret is ever written down: values that came from
secret named values, and fields that carry credentials, are masked.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from policies.records import Record, field
from policies.steps import END, End, Place

if TYPE_CHECKING:
    from policies.context import LastError, PolicyContext
    from policies.messages import Headers
    from policies.steps import Step

__all__ = ["MASK", "Trace", "TraceStep"]

MASK = "*****"
_CREDENTIALS = ("authorization", "cookie", "key", "secret", "token", "password", "signature", "credential")
_LONGEST = 1024
# A token wherever it turns up: a JSON Web Token, or what follows a scheme (RFC 9110 §11.4).
_TOKEN = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,}+(?:\.[\w-]*+)*+|(?<=\bBearer )[\w.~+/=-]++|(?<=\bBasic )[\w+/]{4,}+=*", re.IGNORECASE
)


# Policies run side by side in `wait`, each branch in a task of its own.
_running: ContextVar[TraceStep | None] = ContextVar("running", default=None)


class TraceStep(Record, frozen=False):
    """One policy's run. `milliseconds` includes the policies inside it; `changes` are sentences; `messages` what `trace` and
    `context.Trace()` said meanwhile; `error` is "" when it went well."""

    policy: str
    scope: str
    section: str
    path: str
    milliseconds: float = 0.0
    changes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    error: str = ""


class Trace:
    """The steps of one request, in order. Put one into `context.trace` to trace it. `secrets` are texts to mask wherever
    they turn up."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.steps: list[TraceStep] = []
        self._secrets = sorted({form for secret in secrets if secret for form in _forms(secret)}, key=len, reverse=True)

    def append(self, message: object) -> None:
        """Note a message of the policy that runs now, or of the last one that ran, or of the gateway before any did."""
        if not self.steps:
            self.steps.append(TraceStep("gateway", "", "", ""))
        (_running.get() or self.steps[-1]).messages.append(self._mask(str(message)))

    def failed(self, error: LastError, detail: str = "") -> None:
        """Note a failure, with the part that the client does not see."""
        text = f"{error.source}: {error.reason}: {error.message}" + (f" ({detail})" if detail else "")
        self.append(text)

    def ignored(self, error: Exception) -> None:
        """Note a failure that the document says to ignore."""
        self.append(f"ignored: {getattr(error, 'reason', '')}: {getattr(error, 'detail', '') or error}")

    def as_json(self) -> list[dict[str, Any]]:
        """The steps as plain data."""
        return [{field.name: getattr(step, field.name) for field in TraceStep.record_fields} for step in self.steps]

    async def run(self, steps: tuple[tuple[Step, Place], ...], context: PolicyContext) -> End | None:
        """Run steps as `Sequence` does, and write down each."""
        for step, place in steps:
            record = TraceStep(place.policy, place.scope, place.section, place.path)
            self.steps.append(record)
            token = _running.set(record)
            before, count, started = _look(context), len(self.steps), time.perf_counter()
            try:
                outcome = step(context)
                if outcome is not None and not isinstance(outcome, End):
                    outcome = await outcome
            except BaseException as error:
                record.error = type(error).__name__
                if context.failed_at is None and isinstance(error, Exception):
                    context.failed_at = place
                raise
            finally:
                _running.reset(token)
                record.milliseconds = round((time.perf_counter() - started) * 1000, 3)
                if len(self.steps) == count:  # else the policies inside it tell what they changed
                    record.changes = [self._mask(text) for text in _differences(before, _look(context))]
            if outcome is END:
                return END
        return None

    def _mask(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _TOKEN.sub(MASK, text)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _forms(secret: str) -> set[str]:
    """A secret as it may be written: as it is, in a URL or a form, in JSON."""
    texts = (json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), *texts}


def _look(context: PolicyContext) -> dict[str, object]:
    """What policies may change, as flat names and values that can be compared."""
    request, response = context.request, context.response
    seen: dict[str, object] = {"request method": request.method, "request URL": _without_keys(str(request.url))}
    seen["request body"] = id(request.body)
    seen |= _fields("request", request.headers)
    if response is not None:
        seen["response status"] = f"{response.status} {response.reason}".strip()
        seen["response body"] = id(response.body)
        seen |= _fields("response", response.headers)
    seen |= {f"variable {name}": value for name, value in context.variables.items()}
    return seen


def _fields(message: str, headers: Headers) -> dict[str, object]:
    return {f"{message} header {name}": headers.get(name) for name in headers.names()}


def _is_credential(name: str) -> bool:
    return any(word in name.lower() for word in _CREDENTIALS)


def _without_keys(url: str) -> str:
    head, mark, query = url.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&"))
    return head + mark + "&".join(f"{n}{e}{MASK if _is_credential(n) else v}" for n, e, v in pairs)


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    changes = []
    for name, value in after.items():
        if name not in before or (before[name] is not value and before[name] != value):
            changes.append(f"{name} replaced" if name.endswith(" body") else f"{name} = {_shown(name, value)}")
    return changes + [f"{name} removed" for name in before if name not in after]


def _shown(name: str, value: object) -> str:
    if _is_credential(name):
        return MASK
    return str(value) if isinstance(value, (str, int, float, bool)) else f"({type(value).__name__})"
