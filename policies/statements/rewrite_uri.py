"""`rewrite-uri`: the path and query that the backend expects, from a template over the request's parameters (article "Rewrite
URL")."""

from __future__ import annotations

import re
from urllib.parse import quote

from policies.addressing import set_relative_path
from policies.context import PolicyContext
from policies.errors import PolicyFailure
from policies.messages import parse_query
from policies.registry import Attribute, Policy
from policies.statement import Statement
from policies.steps import Step
from policies.values import BOOLEAN, STRING

TEMPLATE = Attribute("template", STRING, required=True, expression=True)
COPY_UNMATCHED = Attribute("copy-unmatched-params", BOOLEAN, default=True, expression=True)
_PARAMETER = re.compile(r"\{\*?([^{}/?&]+)\}")


def build(statement: Statement) -> Step:
    """Gives the step that rewrites. Names in braces stand for parameters; in what an expression gives, a name that the request
    does not have is left as it is. A slash at the beginning may be left out."""
    template, copies = statement[TEMPLATE], statement[COPY_UNMATCHED].get
    find = _segment if template.is_literal else _known_segment

    def rewrite_uri(context: PolicyContext) -> None:
        used: set[str] = set()
        target = template.get(context)
        if "{" in target:
            target = _PARAMETER.sub(lambda match: find(context, match, used), target)
        path, _, query = target.partition("?")
        url = context.request.changeable_url
        matched = used | _template_query(context)
        kept = {name: values for name, values in url.query.items() if name not in matched} if copies(context) else {}
        set_relative_path(context, path)
        url.query_string = query
        added = url.query
        for name, values in kept.items():
            added.setdefault(name, values)

    return rewrite_uri


def _segment(context: PolicyContext, match: re.Match[str], used: set[str]) -> str:
    """The value of a parameter that the request must have."""
    value = _value(context, match[1])
    if value is None:
        detail = f"The template names the parameter {match[1]!r}, which the request does not have."
        raise PolicyFailure("Internal server error", reason="UriTemplateParameterNotFound", detail=detail)
    used.add(match[1])
    return value


def _known_segment(context: PolicyContext, match: re.Match[str], used: set[str]) -> str:
    """The value of a parameter if the request has it; braces in an expression's value may be just that."""
    value = _value(context, match[1])
    if value is None:
        return match[0]
    used.add(match[1])
    return value


def _value(context: PolicyContext, name: str) -> str | None:
    """A parameter's value, encoded so that it stays one segment."""
    value = context.request.matched_parameters.get(name)
    if value is None:
        values = context.request.url.query.get(name)
        if values is None:
            return None
        value = ",".join(values)
    return quote(value, safe="") if value.strip(".") else value.replace(".", "%2E")


def _template_query(context: PolicyContext) -> set[str]:
    """The query parameters that the operation's own template has taken in."""
    if context.operation is None:
        return set()
    return set(parse_query(context.operation.url_template.partition("?")[2]))


POLICY = Policy(name="rewrite-uri", sections=frozenset({"inbound"}), attributes=(TEMPLATE, COPY_UNMATCHED), build=build)
