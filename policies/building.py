"""From a policy's declaration and its statement to the step that runs.

The rule here: this is the only place that knows which message an edit works on in which section, and that brings bodies into
memory just before the step that needs them.
"""

from __future__ import annotations

from collections.abc import Awaitable

from policies.context import PolicyContext
from policies.messages import Response
from policies.registry import Policy
from policies.statement import Statement
from policies.steps import End, Outcome, RequestEdit, ResponseEdit, Step
from policies.values import NO_READS, Reads

__all__ = ["body_needed", "buffered", "step_of"]


def step_of(statement: Statement, policy: Policy) -> Step:
    """The step of a policy in a section; an edit works on the section's own message."""
    if policy.build is not None:
        return policy.build(statement)
    on_request = policy.edit_request is not None or (
        policy.edit_response is None and statement.section in {"inbound", "backend"}
    )
    if on_request:
        builder = policy.edit_request or policy.edit
        assert builder is not None
        return _on_request(builder(statement))
    response_builder = policy.edit_response or policy.edit
    assert response_builder is not None
    return _on_response(response_builder(statement))


def _on_request(edit: RequestEdit) -> Step:
    return lambda context: edit(context, context.request)


def _on_response(edit: ResponseEdit) -> Step:
    def step(context: PolicyContext) -> Outcome:
        response = context.response
        if response is None:
            response = context.response = Response(200)
        return edit(context, response)

    return step


def body_needed(policy: Policy, statement: Statement) -> Reads:
    wanted = policy.reads_body(statement) if callable(policy.reads_body) else policy.reads_body
    if not wanted:
        return NO_READS
    is_request = statement.section in {"inbound", "backend"}
    return Reads(request=is_request, response=not is_request)


def buffered(step: Step, reads: Reads) -> Step:
    """The step, with the bodies that it reads brought into memory before."""

    def run(context: PolicyContext) -> Outcome:
        waiting = reads.buffer(context)
        return step(context) if waiting is None else _after(waiting, step, context)

    return run


async def _after(waiting: Awaitable[None], step: Step, context: PolicyContext) -> End | None:
    await waiting
    outcome = step(context)
    return outcome if outcome is None or isinstance(outcome, End) else await outcome
