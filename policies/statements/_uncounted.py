"""When calls cannot be counted (D8).

The rule here: a counting policy whose store fails refuses, unless the setting says to admit; then the call passes uncounted.
"""

from __future__ import annotations

import logging

from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.ports import Counters

__all__ = ["counters_of", "pass_uncounted"]

_log = logging.getLogger("policies")


def counters_of(context: PolicyContext) -> Counters:
    """The counters. Raises PolicyFailure when none are configured."""
    counters = context.services.counters
    if counters is None:
        raise PolicyFailure("No counters are configured.", reason="CountersNotConfigured", status=500)
    return counters


def pass_uncounted(context: PolicyContext) -> None:
    """Where the setting says so, note it and let the call pass; else raise the StoreUnavailable that is being handled."""
    if not context.services.admit_when_store_fails:
        raise  # noqa: PLE0704 (called from an except clause)
    _log.warning("A call passed uncounted: the counters' store cannot be reached.")
    if context.trace is not None:
        context.trace.append("The counters' store cannot be reached; the call passed uncounted.")
