"""`emit-metric`, by the article "Emit custom metrics"."""

from __future__ import annotations

import pytest

from policies.compiler import check_document
from policies.context import ApiInfo, SubscriptionInfo
from policies.ports import Services
from tests.policies.pipelines import Telemetry, document, run


def emit(xml: str) -> list[tuple[str, float, str, object]]:
    telemetry = Telemetry()
    services = Services(telemetry=telemetry)
    run(document(inbound=xml), services=services, api=ApiInfo("orders", "Orders"), subscription=SubscriptionInfo("s1", "S"))
    return list(telemetry.metrics)


def test_name_value_namespace_and_dimensions_are_sent() -> None:
    xml = (
        "<emit-metric name='Request' value='@(1.5 * 2)' namespace='shop'><dimension name='User ID'/><dimension name='API ID'/>"
        "<dimension name='Subscription ID'/><dimension name='Client IP' value='@(context.Request.IpAddress)'/></emit-metric>"
    )
    dimensions = {"User ID": "", "API ID": "orders", "Subscription ID": "s1", "Client IP": "203.0.113.7"}
    assert emit(xml) == [("Request", 3.0, "shop", dimensions)]


def test_value_and_namespace_have_defaults() -> None:
    assert emit("<emit-metric name='m'><dimension name='Location'/></emit-metric>") == [
        ("m", 1.0, "API Management", {"Location": "local"})
    ]


def test_without_telemetry_nothing_happens() -> None:
    assert run(document(inbound="<emit-metric name='m'><dimension name='Location'/></emit-metric>")).response.status == 200


MANY = "".join(f"<dimension name='d{i}' value='v'/>" for i in range(11))
WRONG = [
    ("<emit-metric name='m'/>", "<emit-metric> needs a <dimension>"),
    ("<emit-metric name='m'><dimension name='Mine'/></emit-metric>", "this dimension needs a value"),
    (f"<emit-metric name='m'>{MANY}</emit-metric>", "emit-metric has 11 custom dimensions; 10 are allowed"),
    ("<emit-metric name='m' value='much'><dimension name='Location'/></emit-metric>", "must be a number, not 'much'"),
]


@pytest.mark.parametrize(("xml", "message"), WRONG)
def test_what_is_wrong_is_refused(xml: str, message: str) -> None:
    (error,) = check_document(document(inbound=xml)).errors
    assert message in error.message
