"""`send-one-way-request`: tells another service something and does not wait for its answer (article "Send one way request")."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.outgoing import EDITS, MODE, SET_URL, TIMEOUT, OutgoingRequest, Sender, copies_body, outgoing
from policies.ports import BackendUnavailable
from policies.registry import Policy
from policies.statement import Statement
from policies.steps import Step

_UNDER_WAY = "send-one-way-request"
MOST_UNDER_WAY = 1000
_log = logging.getLogger("policies")


def build(statement: Statement) -> Step:
    """Gives the step that starts sending."""
    sender = outgoing(statement)

    async def send_one_way_request(context: PolicyContext) -> None:
        request = await sender.make(context)
        under_way: Any = context.services.extras.setdefault(_UNDER_WAY, set())
        if len(under_way) >= MOST_UNDER_WAY:
            _log.warning("send-one-way-request: %d requests are under way, one is left out", len(under_way))
            return
        task = asyncio.ensure_future(_send(sender, context, request))
        under_way.add(task)  # the event loop itself keeps tasks only weakly
        task.add_done_callback(under_way.discard)

    return send_one_way_request


async def _send(sender: Sender, context: PolicyContext, request: OutgoingRequest) -> None:
    try:
        await sender.send(context, request)
    except (BackendUnavailable, PolicyFailure) as error:
        _log.warning("send-one-way-request failed: %s", getattr(error, "reason", ""))


POLICY = Policy(
    name="send-one-way-request",
    attributes=(MODE, TIMEOUT),
    children=(SET_URL,),
    edits=EDITS,
    build=build,
    reads_body=copies_body,
)
