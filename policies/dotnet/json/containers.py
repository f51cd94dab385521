"""Newtonsoft.Json.Linq: JObject, JProperty, JArray and JConstructor.

The rule here: a JObject's children are JProperties, whose one child is the value; what a dictionary or a list of .NET offers
is offered under the method names of `policies.dotnet.collections`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from policies.dotnet import values
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    ArgumentOutOfRangeException,
    InvalidOperationException,
    JsonException,
)
from policies.dotnet.json.kinds import ARRAY, CONSTRUCTOR, OBJECT, PROPERTY
from policies.dotnet.json.model import CHANGED, JContainer, JToken, adopted, contents, is_multiple
from policies.dotnet.json.scalars import token_of
from policies.dotnet.meter import charge

__all__ = ["JArray", "JConstructor", "JObject", "JProperty"]


class JProperty(JContainer):
    """A member of an object."""

    __slots__ = ("name", "value")

    kind = PROPERTY

    def __init__(self, name: str, value: JToken) -> None:
        super().__init__()
        if name is None:
            raise ArgumentNullException("name")
        self.name = name
        self.value = adopted(value, self)

    @property
    def key(self) -> str:
        """The name, so that a property serves as the KeyValuePair that a JObject's enumeration gives."""
        return self.name

    def children(self) -> list[JToken]:
        return [self.value]

    def __iter__(self) -> Iterator[JToken]:
        return iter([self.value])

    def set_value(self, value: JToken | None) -> None:
        """`property.Value = value`."""
        self.value.parent = None
        self.value = adopted(token_of(value), self)

    def add(self, content: Any) -> None:
        raise JsonException(f"{self.type_name} cannot have multiple values.")

    def remove_child(self, child: JToken) -> None:
        raise JsonException(f"Cannot add or remove items from {self.type_name}.")

    def replace_child(self, child: JToken, value: JToken) -> None:
        self.set_value(value)

    def clone(self) -> JProperty:
        return JProperty(self.name, self.value.clone())

    def deep_equals(self, other: JToken) -> bool:
        return isinstance(other, JProperty) and self.name == other.name and self.value.deep_equals(other.value)


class JArray(JContainer):
    """An array."""

    __slots__ = ("items",)

    kind = ARRAY

    def __init__(self) -> None:
        super().__init__()
        self.items: list[JToken] = []

    def children(self) -> list[JToken]:
        return list(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[JToken]:
        items, count = self.items, len(self.items)
        for item in self.children():
            yield item
            if item.parent is not self or len(items) != count:
                raise InvalidOperationException(CHANGED)

    def __getitem__(self, index: int) -> JToken:
        return self.items[index]

    def _at(self, key: Any) -> int:
        if not isinstance(key, int) or isinstance(key, bool):
            raise ArgumentException(
                f"Accessed {type(self).__name__} values with invalid key value: {_shown(key)}. Int32 array index expected."
            )
        if not 0 <= key < len(self.items):
            raise _out_of_range()
        return key

    def item(self, key: Any) -> JToken:
        return self.items[self._at(key)]

    def set_item(self, key: Any, value: JToken | None) -> None:
        at = self._at(key)
        self.items[at].parent = None
        self.items[at] = adopted(token_of(value), self)

    def add(self, content: Any) -> None:
        if is_multiple(content):
            for item in contents(content):
                self.add(item)
        else:
            self.items.append(adopted(token_of(content), self))

    def add_first(self, content: Any) -> None:
        """AddFirst."""
        added = [token_of(item) for item in contents(content)] if is_multiple(content) else [token_of(content)]
        self.items[0:0] = [adopted(token, self) for token in added]

    def put(self, index: int, value: JToken | None) -> None:
        """Insert."""
        if not 0 <= index <= len(self.items):
            raise _out_of_range()
        self.items.insert(index, adopted(token_of(value), self))

    def drop(self, index: int) -> None:
        """RemoveAt."""
        self.items.pop(self._at(index)).parent = None

    def find_index(self, token: Any) -> int:
        """IndexOf, by identity."""
        return next((at for at, own in enumerate(self.items) if own is token), -1)

    def has(self, token: Any) -> bool:
        """Contains, by identity."""
        return self.find_index(token) >= 0

    def discard(self, item: Any) -> bool:
        """Remove: whether it was there."""
        at = self.find_index(item)
        if at >= 0:
            self.drop(at)
        return at >= 0

    def clear(self) -> None:
        for item in self.items:
            item.parent = None
        self.items.clear()

    def remove_child(self, child: JToken) -> None:
        self.drop(self.find_index(child))

    def replace_child(self, child: JToken, value: JToken) -> None:
        self.set_item(self.find_index(child), value)

    def clone(self) -> JArray:
        charge(len(self.items) + 1)
        twin = type(self).__new__(type(self))
        JArray.__init__(twin)
        for item in self.items:
            twin.items.append(adopted(item.clone(), twin))
        return twin

    def deep_equals(self, other: JToken) -> bool:
        charge(len(self.items))
        return (
            isinstance(other, JArray)
            and type(self) is type(other)
            and len(self.items) == len(other.items)
            and all(mine.deep_equals(theirs) for mine, theirs in zip(self.items, other.items, strict=True))
        )


class JConstructor(JArray):
    """`new Name(…)` of JavaScript."""

    __slots__ = ("name",)

    kind = CONSTRUCTOR

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def clone(self) -> JConstructor:
        twin = super().clone()
        assert isinstance(twin, JConstructor)
        twin.name = self.name
        return twin


class JObject(JContainer):
    """An object: properties by name, in the order they were added."""

    __slots__ = ("properties",)

    kind = OBJECT

    def __init__(self) -> None:
        super().__init__()
        self.properties: dict[str, JProperty] = {}

    def children(self) -> list[JToken]:
        return list(self.properties.values())

    def __len__(self) -> int:
        return len(self.properties)

    def find(self, name: str | None) -> JProperty | None:
        """The property with this name."""
        if name is None:
            raise ArgumentNullException("propertyName")
        return self.properties.get(name)

    def find_folded(self, name: str | None, key: Callable[[str], Any] | None) -> JProperty | None:
        """The property by a comparison; an exact match comes first."""
        found = self.find(name)
        if found is None and key is not None and name is not None:
            wanted = key(name)
            return next((own for own in self.properties.values() if key(own.name) == wanted), None)
        return found

    def item(self, key: Any) -> JToken | None:
        if not isinstance(key, str):
            raise ArgumentException(
                f"Accessed JObject values with invalid key value: {_shown(key)}. Object property name expected."
            )
        found = self.properties.get(key)
        return None if found is None else found.value

    def set_item(self, key: Any, value: JToken | None) -> None:
        if not isinstance(key, str):
            raise ArgumentException(f"Set JObject values with invalid key value: {_shown(key)}. Object property name expected.")
        found = self.properties.get(key)
        if found is None:
            self.put(key, token_of(value))
        else:
            found.set_value(value)

    def put(self, name: str, value: JToken) -> None:
        """Add a property that is not there."""
        own = JProperty(name, value)
        own.parent = self
        self.properties[name] = own

    def add(self, content: Any, *value: Any) -> None:
        if value:
            content = JProperty(content, token_of(value[0]))
        if isinstance(content, JProperty):
            if content.name in self.properties:
                raise ArgumentException(
                    f"Can not add property {content.name} to Newtonsoft.Json.Linq.JObject. Property with the same name already "
                    "exists on object."
                )
            own = adopted(content, self)
            assert isinstance(own, JProperty)
            self.properties[own.name] = own
        elif is_multiple(content) or isinstance(content, JObject):
            for item in contents(content):
                self.add(item)
        elif content is not None:
            raise ArgumentException(f"Can not add {token_of(content).type_name} to Newtonsoft.Json.Linq.JObject.")

    def has(self, name: Any) -> bool:
        """ContainsKey."""
        return self.find(name) is not None

    def discard(self, item: Any) -> bool:
        """Remove(name): whether it was there."""
        if item is None:
            raise ArgumentNullException("propertyName")
        own = self.properties.pop(item, None)
        if own is not None:
            own.parent = None
        return own is not None

    def clear(self) -> None:
        for own in self.properties.values():
            own.parent = None
        self.properties.clear()

    def keys(self, _element: object = None) -> list[str]:
        """Keys of the dictionary."""
        return list(self.properties)

    def values(self, _element: object = None) -> list[JToken]:
        """Values of the dictionary, and PropertyValues."""
        return [own.value for own in self.properties.values()]

    def remove_child(self, child: JToken) -> None:
        assert isinstance(child, JProperty)
        self.discard(child.name)

    def replace_child(self, child: JToken, value: JToken) -> None:
        if not isinstance(value, JProperty) or not isinstance(child, JProperty):
            raise ArgumentException(f"Can not add {value.type_name} to Newtonsoft.Json.Linq.JObject.")
        value = cast("JProperty", adopted(value, self))
        child.parent = None
        self.properties = {
            (value.name if own is child else name): (value if own is child else own) for name, own in self.properties.items()
        }

    def clone(self) -> JObject:
        charge(len(self.properties) + 1)
        twin = JObject()
        for own in self.properties.values():
            twin.put(own.name, own.value.clone())
        return twin

    def deep_equals(self, other: JToken) -> bool:
        if not isinstance(other, JObject) or self.properties.keys() != other.properties.keys():
            return False
        charge(len(self.properties))
        return all(own.deep_equals(other.properties[name]) for name, own in self.properties.items())


def _shown(key: Any) -> str:
    return f'"{key}"' if isinstance(key, str) else values.to_text(key)


def _out_of_range() -> Exception:
    return ArgumentOutOfRangeException(
        "index", "Index was out of range. Must be non-negative and less than the size of the collection."
    )
