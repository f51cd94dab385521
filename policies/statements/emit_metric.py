"""`emit-metric`: one value of a custom metric to telemetry (article "Emit custom metrics")."""

from __future__ import annotations

from collections.abc import Callable

from policies.context import PolicyContext
from policies.registry import Attribute, Child, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import NAME_TEXT, NUMBER, STRING

NAME = Attribute("name", NAME_TEXT, required=True)
NAMESPACE = Attribute("namespace", STRING, default="API Management")
VALUE = Attribute("value", NUMBER, default=1.0, expression=True)
DIMENSION_NAME = Attribute("name", NAME_TEXT, required=True, expression=True)
DIMENSION_VALUE = Attribute("value", STRING, expression=True)
DIMENSION = Child(name="dimension", required=True, many=True, attributes=(DIMENSION_NAME, DIMENSION_VALUE))
MOST_DIMENSIONS = 10

# What may be named without a value.
_DEFAULTS: dict[str, Callable[[PolicyContext], str]] = {
    "API ID": lambda context: context.api.id if context.api else "",
    "Operation ID": lambda context: context.operation.id if context.operation else "",
    "Product ID": lambda context: context.product.id if context.product else "",
    "User ID": lambda context: context.user.id if context.user else "",
    "Subscription ID": lambda context: context.subscription.id if context.subscription else "",
    "Location": lambda context: context.deployment.region,
    "Gateway ID": lambda context: context.deployment.gateway_id,
}


def build(statement: Statement) -> Step:
    """Gives the step that reports."""
    dimensions = statement.children(DIMENSION)
    custom = [each for each in dimensions if each.has(DIMENSION_VALUE)]
    if len(custom) > MOST_DIMENSIONS:
        raise statement.error(f"emit-metric has {len(custom)} custom dimensions; {MOST_DIMENSIONS} are allowed")
    name, namespace = statement[NAME].literal, statement[NAMESPACE].literal
    value = statement[VALUE].get
    parts = [_dimension(each) for each in dimensions]

    def emit_metric(context: PolicyContext) -> None:
        telemetry = context.services.telemetry
        if telemetry is not None:
            telemetry.metric(name, value(context), namespace, {label(context): get(context) for label, get in parts})

    return emit_metric


def _dimension(statement: Statement) -> tuple[Callable[[PolicyContext], str], Callable[[PolicyContext], str]]:
    name, value = statement[DIMENSION_NAME], statement.get(DIMENSION_VALUE)
    if value is not None:
        return name.get, value.get
    default = _DEFAULTS.get(name.literal) if name.is_literal else None
    if default is None:
        raise statement.error("this dimension needs a value", hint=f"without one it is {', '.join(_DEFAULTS)}")
    return name.get, default


POLICY = Policy(name="emit-metric", attributes=(NAME, NAMESPACE, VALUE), children=(DIMENSION,), build=build)
