"""`trace`, by the article "Trace"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from policies.ports import Services
from tests.policies.pipelines import Telemetry, document, run

FULL = (
    "<trace source='Shop' severity='error'><message>@(\"n=\" + 1)</message>"
    "<metadata name='Operation' value='@(context.Request.Method)'/></trace>"
)


def test_message_and_metadata_go_to_telemetry() -> None:
    telemetry = Telemetry()
    run(document(inbound=FULL), services=Services(telemetry=telemetry))
    assert telemetry.traces == [("Shop", "error", "n=1", {"Operation": "GET"})]


@pytest.mark.parametrize("xml", ["<trace source='s'>plain</trace>", "<trace source='s'><message>plain</message></trace>"])
def test_severity_is_verbose_by_default_and_the_message_may_stand_bare(xml: str) -> None:
    telemetry = Telemetry()
    run(document(inbound=xml), services=Services(telemetry=telemetry))
    assert telemetry.traces == [("s", "verbose", "plain", {})]


def test_without_anyone_listening_nothing_is_evaluated() -> None:
    done = run(document(inbound="<trace source='s'><message>@((string)context.Variables[\"no\"])</message></trace>"))
    assert done.response.status == 200


def test_an_unknown_severity_is_refused() -> None:
    (error,) = check_document(document(inbound="<trace source='s' severity='warning'/>")).errors
    assert '"verbose", "information" or "error"' in error.message
