"""References between definitions, and circles among them that never consume a value.

The rule here: `Node → properties → children → items → Node` is a fine circle, for every turn goes one level down into the
value. `Pet → oneOf → Cat → allOf → Pet` turns on the spot: a validator may hang or overflow on it. Such circles are cut where
the least is lost: the subtype keeps what its base says itself, without the base's list of subtypes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mcp_core.catalog.operations import Schema

__all__ = ["cut_cycles", "references"]

_PREFIX = "#/$defs/"
_IN_PLACE = ("not", "if", "then", "else")
_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_DATA = frozenset({"default", "const", "enum", "examples"})


def references(schema: Schema) -> tuple[str, ...]:
    """The names of the definitions that a schema refers to itself, each once."""
    found: dict[str, None] = {}
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str):
                found[reference.removeprefix(_PREFIX)] = None
            for keyword, value in node.items():
                if keyword in _MAPS and isinstance(value, Mapping):
                    waiting.extend(value.values())
                elif keyword == "discriminator":
                    found.update((name.removeprefix(_PREFIX), None) for name in value.get("mapping", {}).values())
                elif keyword not in _DATA and isinstance(value, (Mapping, list)):
                    waiting.append(value)
        elif isinstance(node, list):
            waiting.extend(node)
    return tuple(found)


_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})


def cut_cycles(definitions: dict[str, Schema]) -> list[str]:
    """Cut every circle on the spot, in place; the names of definitions that lost something by it."""
    _cut(definitions, subtypes_only=True)
    return _cut(definitions, subtypes_only=False)


def _cut(definitions: dict[str, Schema], *, subtypes_only: bool) -> list[str]:
    graph = {name: tuple(_in_place(schema)) for name, schema in definitions.items()}
    lost = []
    for circle in _circles(graph):
        before = {name: definitions[name] for name in circle}
        for name in circle:
            changed = _without(before[name], before, subtypes_only=subtypes_only)
            if changed != before[name]:
                definitions[name] = changed
                lost.append(name)
    return lost


def _in_place(schema: Any) -> Iterator[str]:
    """The definitions that apply to the very value that the schema applies to."""
    if not isinstance(schema, Mapping):
        return
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(_PREFIX)
    for keyword in _IN_PLACE:
        yield from _in_place(schema.get(keyword))
    for keyword in _IN_PLACE_LISTS:
        for part in schema.get(keyword, ()):
            yield from _in_place(part)
    for part in schema.get("dependentSchemas", {}).values():
        yield from _in_place(part)


def _circles(graph: Mapping[str, tuple[str, ...]]) -> list[set[str]]:
    """Strongly connected components that hold a circle (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    circles: list[set[str]] = []
    for root in graph:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(graph.get(other, ()))))
                    break
                if other in on_stack:
                    low[name] = min(low[name], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    component: set[str] = set()
                    while name not in component:
                        component.add(stack.pop())
                    on_stack -= component
                    if len(component) > 1 or name in graph[name]:
                        circles.append(component)
    return circles


def _without(schema: Any, circle: Mapping[str, Schema], *, subtypes_only: bool) -> Any:
    """The schema with references into the circle replaced by what their targets say themselves."""
    if not isinstance(schema, Mapping):
        return schema
    changed = dict(schema)
    for keyword in _IN_PLACE_LISTS:
        if keyword in changed:
            inherits = keyword == "allOf" or not subtypes_only
            changed[keyword] = [
                _own(circle[_target(part)], circle)
                if inherits and _target(part) in circle and (not subtypes_only or _lists_subtypes(circle[_target(part)]))
                else _without(part, circle, subtypes_only=subtypes_only)
                for part in changed[keyword]
            ]
    if subtypes_only:
        return changed
    for keyword in _IN_PLACE:
        if keyword in changed:
            changed[keyword] = _without(changed[keyword], circle, subtypes_only=False)
    if "dependentSchemas" in changed:
        parts = changed["dependentSchemas"].items()
        changed["dependentSchemas"] = {name: _without(part, circle, subtypes_only=False) for name, part in parts}
    if _target(changed) in circle:
        own = _own(circle[_target(changed)], circle)
        del changed["$ref"]
        return {**own, **changed} if isinstance(own, Mapping) else changed
    return changed


def _own(schema: Schema, circle: Mapping[str, Schema]) -> Schema:
    """What a schema says apart from its part in the circle."""
    if not isinstance(schema, Mapping):
        return schema

    def in_circle(part: Any) -> bool:
        return any(name in circle for name in _in_place(part))

    own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "discriminator", "$anchor")}
    if "$ref" in schema and not in_circle({"$ref": schema["$ref"]}):
        own["$ref"] = schema["$ref"]
    if "allOf" in own:
        own["allOf"] = [part for part in own["allOf"] if not in_circle(part)]
    for keyword in ("anyOf", "oneOf", *_IN_PLACE):
        if keyword in own and in_circle({keyword: own[keyword]}):
            del own[keyword]
    if "dependentSchemas" in own and any(in_circle(part) for part in own["dependentSchemas"].values()):
        del own["dependentSchemas"]
    if not own.get("allOf", True):
        del own["allOf"]
    return own


def _target(part: Any) -> str:
    return part["$ref"].removeprefix(_PREFIX) if isinstance(part, Mapping) and "$ref" in part else ""


def _lists_subtypes(schema: Schema) -> bool:
    return isinstance(schema, Mapping) and ("oneOf" in schema or "anyOf" in schema)
