"""Documents that cannot be imported: each is refused with a sentence that says what it is."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_core.errors import InvalidInput
from tests.mcp_core.openapi.documents import document, imported

GET = {"get": {"responses": {}}}
REFUSED: dict[str, tuple[Any, str]] = {
    "a list": ("[1]", "it is a list"),
    "text": ("hello", "it is text"),
    "null": ("null", "it is empty"),
    "a number": ("12", "it is a single value"),
    "an object of something else": ({"a": 1, "b": 2}, "only 'a', 'b'"),
    "an empty object": ({}, "neither 'openapi' nor 'swagger'"),
    "AsyncAPI": ({"asyncapi": "2.0.0", "channels": {}}, "an AsyncAPI document"),
    "Swagger 1.2": ({"swaggerVersion": "1.2", "apis": []}, "a Swagger 1.x document"),
    "a Postman collection": ({"info": {"name": "x"}, "item": []}, "a Postman collection"),
    "a JSON Schema": ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}, "a JSON Schema"),
    "an unknown version": ({"openapi": "4.0.0", "paths": {"/a": GET}}, "openapi: '4.0.0', a version that cannot be imported"),
    "a version of the other name": ({"swagger": "3.0.0", "paths": {"/a": GET}}, "swagger: '3.0.0'"),
    "a version that is none": ({"openapi": "latest", "paths": {"/a": GET}}, "openapi: 'latest'"),
    "a version that is an object": ({"openapi": {"x": 1}, "paths": {"/a": GET}}, "a version that cannot be imported"),
    "no paths": (document({}), "has no operations"),
    "paths that are a list": ({"openapi": "3.0.0", "paths": [GET]}, "has no operations"),
    "paths without operations": (document({"/a": {"parameters": []}}), "has no operations"),
    "webhooks only": ({"openapi": "3.1.0", "webhooks": {"x": GET}}, "has no operations"),
    "nothing but bad operations": (
        document({"/a": {"get": {"parameters": [{"$ref": "#/nope"}]}}}),
        "GET /a: left out, the $ref '#/nope' points to nothing.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_cannot_be_imported_is_refused_with_a_sentence(name: str) -> None:
    data, sentence = REFUSED[name]
    with pytest.raises(InvalidInput) as refusal:
        imported(data)
    assert sentence in str(refusal.value)
    assert refusal.value.hint or "empty" in sentence or "list" in sentence or "text" in sentence or "single" in sentence


@pytest.mark.parametrize(
    ("start", "specification"),
    [
        ('"swagger": "2.0"', "swagger-2.0"),
        ('"swagger": 2.0', "swagger-2.0"),
        ('"openapi": "3.0.0"', "openapi-3.0"),
        ('"openapi": "3.0.4"', "openapi-3.0"),
        ('"openapi": "3.1.0-rc1"', "openapi-3.1"),
        ('"openapi": 3.1', "openapi-3.1"),
        ('"openapi": "3.2.0"', "openapi-3.2"),
    ],
)
def test_every_known_version_is_recognised(start: str, specification: str) -> None:
    api = imported("{" + start + ', "paths": {"/a": {"get": {}}}}')
    assert api.specification == specification


def test_ten_thousand_operations_are_imported_and_more_are_refused() -> None:
    paths = {f"/p{n}": {"get": {}} for n in range(10_000)}
    assert len(imported(document(paths)).tools) == 10_000
    with pytest.raises(InvalidInput, match="10,001 operations"):
        imported(document({**paths, "/one-more": {"get": {}}}))


def test_progress_is_told_from_none_to_all() -> None:
    told: list[tuple[int, int]] = []
    imported(document({f"/p{n}": {"get": {}} for n in range(120)}), progress=lambda done, of: told.append((done, of)))
    assert told[0] == (0, 120)
    assert told[-1] == (120, 120)
    assert told == sorted(told)
