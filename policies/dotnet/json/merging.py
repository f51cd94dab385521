"""JContainer.Merge: another document's contents put over this one's.

The rule here: the defaults of JsonMergeSettings: arrays are appended, nulls are ignored, names compare exactly.
"""

from __future__ import annotations

from typing import Any

from policies.dotnet.exceptions import ArgumentNullException
from policies.dotnet.json.containers import JArray, JObject
from policies.dotnet.json.kinds import NULL
from policies.dotnet.json.model import JContainer, JToken, contents, is_multiple
from policies.dotnet.json.scalars import JValue, token_of

__all__ = ["merge"]


def merge(own: JContainer, content: Any) -> None:
    """`own.Merge(content)`."""
    if content is None:
        raise ArgumentNullException("content")
    if isinstance(own, JArray):
        for item in contents(content) if is_multiple(content) else _items(content):
            own.add(item)
    elif isinstance(own, JObject) and isinstance(content, JObject):
        _merge_objects(own, content)


def _items(content: JToken) -> list[JToken]:
    return content.children() if isinstance(content, JArray) else [content]


def _merge_objects(own: JObject, other: JObject) -> None:
    for theirs in list(other.properties.values()):
        mine = own.properties.get(theirs.name)
        if mine is None:
            own.add(theirs.name, theirs.value)
        elif isinstance(theirs.value, JValue) and theirs.value.kind == NULL:
            continue
        elif isinstance(mine.value, JContainer) and type(mine.value) is type(theirs.value):
            merge(mine.value, theirs.value)
        else:
            mine.set_value(token_of(theirs.value))
