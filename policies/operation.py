"""The catalogue's record of an operation, as far as policies look at it (`context.operation.specification`).

The rule here: shapes only, so that policies know no catalogue. Schemas are JSON Schemas of draft 2020-12 whose `$ref`s point to
`#/$defs/…` of the operation's `definitions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from policies.context import PolicyContext

__all__ = ["Content", "Parameter", "RequestBody", "ResponseSpec", "Schema", "Specification", "specification_of", "whole_schema"]

Schema = Mapping[str, Any] | bool


class Parameter(Protocol):
    """One parameter; `location` is "path", "query", "header" or "cookie"."""

    @property
    def name(self) -> str: ...
    @property
    def location(self) -> str: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def required(self) -> bool: ...
    @property
    def style(self) -> str: ...
    @property
    def explode(self) -> bool: ...


class Content(Protocol):
    """One media type of a body."""

    @property
    def media_type(self) -> str: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def example(self) -> Any: ...


class RequestBody(Protocol):
    """A request's body."""

    @property
    def contents(self) -> Sequence[Content]: ...
    @property
    def required(self) -> bool: ...


class ResponseSpec(Protocol):
    """A documented response; `status` is "200", "4XX" or "default"."""

    @property
    def status(self) -> str: ...
    @property
    def contents(self) -> Sequence[Content]: ...
    @property
    def headers(self) -> Mapping[str, Schema]: ...


class Specification(Protocol):
    """An operation."""

    @property
    def parameters(self) -> Sequence[Parameter]: ...
    @property
    def body(self) -> RequestBody | None: ...
    @property
    def responses(self) -> Sequence[ResponseSpec]: ...
    @property
    def definitions(self) -> Mapping[str, Schema]: ...


def specification_of(context: PolicyContext) -> Specification | None:
    """The record of the request's operation, or None when there is none."""
    return cast(Specification | None, context.operation.specification) if context.operation is not None else None


def response_for(specification: Specification, status: int) -> ResponseSpec | None:
    """The documented response of a status: by number, by class ("4XX"), or "default" (OpenAPI, "Responses Object")."""
    known = {response.status.upper(): response for response in specification.responses}
    return known.get(str(status)) or known.get(f"{status // 100}XX") or known.get("DEFAULT")


def content_for(contents: Sequence[Content], media_type: str) -> Content | None:
    """The content of a media type: by name, by range ("text/*"), or of any ("*/*")."""
    wanted = media_type.lower()
    known = {content.media_type.partition(";")[0].strip().lower(): content for content in reversed(contents)}
    return known.get(wanted) or known.get(f"{wanted.partition('/')[0]}/*") or known.get("*/*")


def whole_schema(specification: Specification, schema: Schema) -> Schema:
    """A schema that can stand alone, with the definitions that it refers to."""
    if isinstance(schema, bool) or not specification.definitions:
        return schema
    return {**schema, "$defs": {**specification.definitions, **schema.get("$defs", {})}}
