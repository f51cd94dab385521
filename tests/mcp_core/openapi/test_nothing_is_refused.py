"""A law: what the document's schema takes, the argument's takes. A call that the API would serve is never refused here."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcp_core.errors import InvalidInput
from tests.mcp_core.openapi import strict
from tests.mcp_core.openapi.documents import tool_of, with_body

NAMES = st.sampled_from(["a", "b", "c"])
TARGETS = ["X", "Y", "Z"]
SCALARS = st.sampled_from([None, True, False, 0, 1, 5, 2.5, "", "a", "abc"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)
LEAVES = st.sampled_from(
    [
        *({"type": "string"}, {"type": "string", "minLength": 1, "maxLength": 2}, {"type": "string", "pattern": "^a"}),
        *({"type": "integer", "minimum": 1}, {"type": "number", "exclusiveMaximum": 5}, {"type": ["integer", "null"]}),
        *({"type": "boolean"}, {"enum": ["a", 1, None]}, {"const": "a"}, {"type": "null"}, {}, True, False),
        *({"type": "object"}, {"type": "array"}, {"required": ["a"]}, {"description": "d"}, {"default": 1, "title": "t"}),
        *({"$ref": f"#/components/schemas/{name}"} for name in TARGETS),
        {"$ref": "#/components/schemas/X", "description": "d"},
    ]
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, min_size=1, max_size=3)
    optional = st.fixed_dictionaries({}, optional={"additionalProperties": inner, "minProperties": st.just(1)})
    return st.one_of(
        st.builds(
            lambda properties, required, more: {"type": "object", "properties": properties, "required": required, **more},
            st.dictionaries(NAMES, inner, max_size=3),
            st.lists(NAMES, max_size=2, unique=True),
            optional,
        ),
        inner.map(lambda items: {"type": "array", "items": items, "maxItems": 2}),
        lists.map(lambda parts: {"type": "array", "prefixItems": parts, "items": False}),
        st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["allOf", "anyOf", "oneOf"]), lists),
        st.builds(lambda parts, also: {**also, "allOf": parts}, lists, inner.filter(lambda part: isinstance(part, dict))),
        st.builds(lambda first, second: {"anyOf": [first], "oneOf": [second]}, inner, inner),
        inner.map(lambda part: {"not": part}),
        st.builds(lambda one, two, three: {"if": one, "then": two, "else": three}, inner, inner, inner),
        st.builds(lambda part: {"patternProperties": {"^a": part}}, inner),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=5)


@settings(deadline=None, max_examples=120)
@given(SCHEMAS, st.fixed_dictionaries(dict.fromkeys(TARGETS, SCHEMAS)), st.lists(VALUES, min_size=1, max_size=6))
def test_what_the_document_takes_the_tool_takes(schema: Any, components: dict[str, Any], values: list[Any]) -> None:
    body = {"type": "object", "required": ["value"], "properties": {"value": schema}}
    try:
        api = with_body(body, components={"schemas": components})
    except InvalidInput:  # references that lead in a circle: the operation is left out
        assume(False)
    assume(not any("contains itself" in warning for warning in api.warnings))
    tool = tool_of(api)
    assert strict.problems(tool) == []
    takes = jsonschema_rs.Draft202012Validator({**body, "components": {"schemas": components}}).is_valid
    accepts = jsonschema_rs.Draft202012Validator(dict(tool.input_schema)).is_valid
    for value in values:
        if takes({"value": value}):
            assert accepts({"value": value}), value
