"""Newtonsoft.Json: JToken and its kin, JsonConvert, the extension methods on tokens.

The rule here: rows only; tokens are in `model`, `scalars` and `containers`, text in `reader` and `writer`, .NET objects in
`objects`, paths in `paths`. Source: newtonsoft.com/json/help, "Newtonsoft.Json.Linq Namespace".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policies.dotnet import collation
from policies.dotnet.collections.sequences import List, Query, needed
from policies.dotnet.exceptions import ArgumentNullException, InvalidOperationException
from policies.dotnet.json import objects, paths, reader
from policies.dotnet.json.comparing import TokenComparer, deep_equals
from policies.dotnet.json.containers import JArray, JConstructor, JObject, JProperty
from policies.dotnet.json.conversions import explicit, value_as
from policies.dotnet.json.kinds import COMMENT, ENUMS, STRING, UNDEFINED
from policies.dotnet.json.merging import merge
from policies.dotnet.json.model import JContainer, JToken, contents, is_multiple
from policies.dotnet.json.scalars import BigInteger, JRaw, JValue, token_of
from policies.dotnet.json.writer import write
from policies.dotnet.linq.queries import enumerable_of
from policies.dotnet.objects import TypeName, default_of
from policies.dotnet.types import (
    Class,
    Const,
    EnumValue,
    Implementation,
    Inline,
    Interface,
    NetType,
    Static,
    Struct,
    Typed,
    net,
)
from policies.dotnet.values import box

__all__ = ["TYPES"]

_VALUE_KINDS = (
    "bool", "byte", "sbyte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "decimal", "DateTime",
    "DateTimeOffset", "TimeSpan", "Guid",
)  # fmt: skip
_REFERENCE_KINDS = ("string", "Uri", "byte[]")
_SPACE = "Newtonsoft.Json.Linq"


def _tokens(items: Iterable[JToken], element: str = "JToken") -> List:
    """JEnumerable<T>."""
    return List(net(f"JEnumerable<{element}>"), items)


def _lazily(source: Callable[[], Iterator[Any]], element: NetType | str = "JToken") -> Query:
    return Query(enumerable_of(net(element) if isinstance(element, str) else element), source)


# ---- conversions -----------------------------------------------------------------------------------------------------


def _box(static: str) -> Callable[[Any], JToken]:
    box = net(static).definition.box

    def make(value: Any) -> JToken:
        if value is None:
            return JValue(None, STRING) if static == "string" else JValue()
        return JValue(value if box is None else box(value))

    return make


class _Later:
    """A row's work that needs other families' types, and therefore waits until it is first used."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]]) -> None:
        self._make = make
        self._made: Callable[[Any], Any] | None = None

    def __call__(self, value: Any) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made(value)


def _conversions() -> dict[str, Implementation]:
    rows: dict[str, Implementation] = {}
    for name in _VALUE_KINDS:
        for suffix in ("", "?"):
            rows[f"implicit JToken({name}{suffix} value)"] = _Later(lambda name=name: _box(name))  # type: ignore[misc]
            rows[f"explicit {name}{suffix}(JToken value)"] = explicit(name, optional=bool(suffix))
    for name in _REFERENCE_KINDS:
        rows[f"implicit JToken({name} value)"] = _Later(lambda name=name: _box(name))  # type: ignore[misc]
        rows[f"explicit {name}(JToken value)"] = explicit(name, optional=True)
    rows["explicit char(JToken value)"] = explicit("char", optional=False)
    rows["explicit char?(JToken value)"] = explicit("char", optional=True)
    return rows


# ---- JToken ----------------------------------------------------------------------------------------------------------


def _first(token: JToken) -> JToken | None:
    if isinstance(token, JValue):
        raise InvalidOperationException(f"Cannot access child value on {token.type_name}.")
    return next(iter(token.children()), None)


def _last(token: JToken) -> JToken | None:
    if isinstance(token, JValue):
        raise InvalidOperationException(f"Cannot access child value on {token.type_name}.")
    return next(reversed(token.children()), None)


def _value(types: tuple[NetType, ...], token: JToken, key: Any) -> Any:
    found = token.item(key)
    return default_of(types[-1]) if found is None else value_as(types, found)


def _values(types: tuple[NetType, ...], token: JToken) -> Query:
    if isinstance(token, JValue):
        raise InvalidOperationException(f"Cannot access child value on {token.type_name}.")
    return _lazily(lambda: (value_as(types, child) for child in token.children()), types[-1])


def _children_of(types: tuple[NetType, ...], token: JToken) -> Query:
    from policies.dotnet.values import is_instance

    kind = net(f"JEnumerable<{types[-1]}>")
    return Query(kind, lambda: (child for child in token if is_instance(child, types[-1])))


def _to_object_of(token: JToken, kind: TypeName | None) -> Any:
    kind = needed(kind, "objectType")
    return box(objects.to_object((kind.of,), token), kind.of)


def _deserialize_as(text: str | None, kind: TypeName | None) -> Any:
    static = net("object") if kind is None else kind.of
    return box(objects.deserialize((static,), text), static)


def _constructor(name: str, content: Any) -> JConstructor:
    found = JConstructor(name)
    found.add(content)
    return found


def _text(token: JToken, formatting: EnumValue) -> str:
    return write(token, indented=bool(formatting))


def _beside(token: JToken, content: Any, offset: int) -> None:
    parent = token.parent
    if isinstance(parent, JObject):
        _beside_member(parent, token, content, offset)
        return
    if not isinstance(parent, JArray):
        raise InvalidOperationException("The parent is missing." if parent is None else "The parent is no array.")
    at = parent.find_index(token) + offset
    for step, item in enumerate(contents(content) if is_multiple(content) else [content]):
        parent.put(at + step, token_of(item))


def _beside_member(parent: JObject, token: JToken, content: Any, offset: int) -> None:
    """New members before or after one of an object: those behind are taken out and put back."""
    at = parent.children().index(token) + offset
    behind = parent.children()[at:]
    for each in behind:
        each.remove()
    try:
        parent.add(content)
    finally:
        for each in behind:
            parent.add(each)


def _parse(kind: str) -> Callable[[str | None], JToken]:
    def parse(text: str | None) -> JToken:
        if text is None:
            raise ArgumentNullException("s")
        return reader.read_as(kind, text)

    return parse


def _selected(token: JToken, path: str | None, strict: bool = False) -> Query:
    paths.compiled(needed(path, "path"))  # a path that is none is refused at once
    return _lazily(lambda: paths.select(token, path or "", strict=strict))


def _select_one(token: JToken, path: str | None, strict: bool = False) -> JToken | None:
    return paths.select_one(token, needed(path, "path"), strict)


_TOKEN: dict[str, Implementation] = {
    "JTokenType Type": Inline("self.kind"),
    "JContainer Parent": Inline("self.parent"),
    "JToken Root": Inline("self.root()"),
    "JToken Next": Inline("self.neighbour(1)"),
    "JToken Previous": Inline("self.neighbour(-1)"),
    "JToken First": _first,
    "JToken Last": _last,
    "string Path": paths.path_of,
    "bool HasValues": lambda token: not isinstance(token, JValue) and bool(token.children()),
    "JToken this[object key]": (Inline("self.item(key)"), Inline("self.set_item(key, value)")),
    "T Value<T>(object key)": Typed(_value),
    "IEnumerable<T> Values<T>()": Typed(_values),
    "JEnumerable<JToken> Children()": lambda token: Query(net("JEnumerable<JToken>"), lambda: iter(token)),
    "JEnumerable<T> Children<T>()": Typed(_children_of),
    "JToken SelectToken(string path)": _select_one,
    "JToken SelectToken(string path, bool errorWhenNoMatch)": _select_one,
    "IEnumerable<JToken> SelectTokens(string path)": _selected,
    "IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)": _selected,
    "string ToString()": Inline("str(self)", str=str),
    "string ToString(Formatting formatting)": _text,
    "T ToObject<T>()": Typed(objects.to_object),
    "object ToObject(Type objectType)": _to_object_of,
    "JToken DeepClone()": Inline("self.clone()"),
    "void Remove()": Inline("self.remove()"),
    "void Replace(JToken value)": Inline("self.replace(value)"),
    "void AddAfterSelf(object content)": lambda token, content: _beside(token, content, 1),
    "void AddBeforeSelf(object content)": lambda token, content: _beside(token, content, 0),
    "IEnumerable<JToken> Ancestors()": lambda token: _lazily(token.ancestors),
    "IEnumerable<JToken> AncestorsAndSelf()": lambda token: _lazily(lambda: token.ancestors(with_self=True)),
    "IEnumerable<JToken> AfterSelf()": lambda token: _lazily(lambda: iter(_around(token)[1])),
    "IEnumerable<JToken> BeforeSelf()": lambda token: _lazily(lambda: iter(_around(token)[0])),
    "static JToken Parse(string json)": _parse("JToken"),
    "static JToken FromObject(object o)": objects.from_object("JToken"),
    "static bool DeepEquals(JToken t1, JToken t2)": deep_equals,
    "static IEqualityComparer<JToken> EqualityComparer": Const(TokenComparer()),
}


def _around(token: JToken) -> tuple[list[JToken], list[JToken]]:
    found, at = token.siblings()
    return found[:at], found[at + 1 :]


# ---- containers ------------------------------------------------------------------------------------------------------


def _filled(make: Callable[[], JContainer]) -> Callable[[Any], JContainer]:
    def construct(content: Any) -> JContainer:
        found = make()
        found.add(content)
        return found

    return construct


def _copied(other: JToken | None) -> JToken:
    copied: JToken = needed(other, "other")
    return copied.clone()


def _property(name: str, content: Any) -> JProperty:
    if is_multiple(content):
        array = JArray()
        array.add(content)
        return JProperty(name, array)
    return JProperty(name, token_of(content))


def _replace_all(container: JContainer, content: Any) -> None:
    container.clear()
    container.add(content)


def _add_first(container: JContainer, content: Any) -> None:
    if isinstance(container, JArray):
        container.add_first(content)
    elif isinstance(container, JObject):
        rest = list(container.properties.values())
        container.clear()
        container.add(content)
        for own in rest:
            container.add(own)
    else:
        container.add(content)


_FOLDED = {1: collation.fold, 3: collation.fold, 5: collation.fold}


def _get_value(owner: JObject, name: str | None, comparison: int = 4) -> JToken | None:
    found = None if name is None else owner.find_folded(name, _FOLDED.get(int(comparison)))
    return None if found is None else found.value


def _try_get_value(owner: JObject, name: str | None, comparison: int = 4) -> tuple[bool, JToken | None]:
    found = _get_value(owner, name, comparison)
    return found is not None, found


def _find(owner: JObject, name: str | None, comparison: int = 4) -> JProperty | None:
    return None if name is None else owner.find_folded(name, _FOLDED.get(int(comparison)))


def _remove(owner: JObject, name: str | None) -> bool:
    return owner.discard(name)


# ---- extension methods -----------------------------------------------------------------------------------------------


def _each_value(types: tuple[NetType, ...], source: Any) -> Query:
    items: Iterable[JToken] = needed(source, "source")
    return _lazily(lambda: (value_as(types, token) for own in items for token in _inner(own)), types[-1])


def _inner(token: JToken) -> Iterable[JToken]:
    return (token,) if isinstance(token, JValue) else token.children()


def _each_child(source: Any) -> Query:
    items: Iterable[JToken] = needed(source, "source")
    return _lazily(lambda: (child for own in items for child in own.children()))


def _each_keyed(source: Any, key: Any) -> Query:
    items: Iterable[JToken] = needed(source, "source")
    return _lazily(lambda: (found for own in items if (found := own.item(key)) is not None))


def _each_keyed_value(types: tuple[NetType, ...], source: Any, key: Any) -> Query:
    items: Iterable[JToken] = needed(source, "source")
    return _lazily(lambda: (value_as(types, found) for own in items if (found := own.item(key)) is not None), types[-1])


def _single_value(types: tuple[NetType, ...], source: Any) -> Any:
    return value_as(types, needed(source, "value"))


_SOURCE = "this IEnumerable<JToken> source"
_EXTENSIONS: dict[str, Implementation] = {
    "static U Value<U>(this IEnumerable<JToken> value)": Typed(_single_value),
    f"static IEnumerable<JToken> Values({_SOURCE})": _each_child,
    f"static IEnumerable<JToken> Values({_SOURCE}, object key)": _each_keyed,
    f"static IEnumerable<U> Values<U>({_SOURCE})": Typed(_each_value),
    f"static IEnumerable<U> Values<U>({_SOURCE}, object key)": Typed(_each_keyed_value),
    f"static JEnumerable<JToken> Children({_SOURCE})": lambda source: _tokens(_each_child(source)),
    "static JEnumerable<JProperty> Properties(this IEnumerable<JObject> source)": (
        lambda source: _tokens(_each_child(source), "JProperty")
    ),
    f"static IEnumerable<JToken> Descendants({_SOURCE})": (
        lambda source: _lazily(lambda: (below for own in source if isinstance(own, JContainer) for below in own.descendants()))
    ),
    f"static IEnumerable<JToken> DescendantsAndSelf({_SOURCE})": (
        lambda source: _lazily(
            lambda: (below for own in source if isinstance(own, JContainer) for below in own.descendants(with_self=True))
        )
    ),
    f"static IEnumerable<JToken> AncestorsAndSelf({_SOURCE})": (
        lambda source: _lazily(lambda: (above for own in source for above in own.ancestors(with_self=True)))
    ),
    f"static IEnumerable<JToken> Ancestors({_SOURCE})": (
        lambda source: _lazily(lambda: (above for own in source for above in own.ancestors()))
    ),
    f"static IEnumerable<JToken> AsJEnumerable({_SOURCE})": Inline("source"),
}

_BOXED = (
    *("long", "ulong", "decimal", "char", "double", "float", "DateTime", "DateTimeOffset", "bool"),
    *("string", "Guid", "Uri", "TimeSpan"),
)

TYPES = (
    *ENUMS,
    Interface(
        f"{_SPACE}.JEnumerable<out T>",
        nameable=False,
        bases=("IEnumerable<T>",),
        members={"IEnumerable<JToken> this[object key]": _each_keyed},
    ),
    Struct("System.Numerics.BigInteger", nameable=False, runtime=BigInteger),
    Class(f"{_SPACE}.JToken", runtime=JToken, bases=("IEnumerable<JToken>",), members={**_TOKEN, **_conversions()}),
    Class(
        f"{_SPACE}.JContainer",
        runtime=JContainer,
        bases=("JToken",),
        members={
            "int Count": Inline("len(self)", len=len),
            "void Add(object content)": Inline("self.add(content)"),
            "void AddFirst(object content)": _add_first,
            "void RemoveAll()": Inline("self.clear()"),
            "void ReplaceAll(object content)": _replace_all,
            "void Merge(object content)": merge,
            "IEnumerable<JToken> Descendants()": lambda container: _lazily(container.descendants),
            "IEnumerable<JToken> DescendantsAndSelf()": lambda owner: _lazily(lambda: owner.descendants(with_self=True)),
        },
    ),
    Class(
        f"{_SPACE}.JObject",
        runtime=JObject,
        bases=("IDictionary<string, JToken>", "JContainer"),
        members={
            "new()": JObject,
            "new(JObject other)": _copied,
            "new(params object[] content)": _filled(JObject),
            "new(object content)": _filled(JObject),
            "JToken this[object key]": (Inline("self.item(key)"), Inline("self.set_item(key, value)")),
            "JToken this[string propertyName]": (
                Inline("self.item(propertyName)"),
                Inline("self.set_item(propertyName, value)"),
            ),
            "int Count": Inline("len(self)", len=len),
            "void Add(object content)": Inline("self.add(content)"),
            "void Add(string propertyName, JToken value)": Inline("self.add(propertyName, value)"),
            "bool Remove(string propertyName)": _remove,
            "bool ContainsKey(string propertyName)": Inline("self.has(propertyName)"),
            "JProperty Property(string name)": _find,
            "JProperty Property(string name, StringComparison comparison)": _find,
            "IEnumerable<JProperty> Properties()": (lambda owner: _lazily(lambda: iter(owner), "JProperty")),
            "IEnumerable<JToken> Values()": lambda owner: _lazily(lambda: iter(owner.values())),
            "JEnumerable<JToken> PropertyValues()": lambda owner: _tokens(owner.values()),
            "JToken GetValue(string propertyName)": _get_value,
            "JToken GetValue(string propertyName, StringComparison comparison)": _get_value,
            "bool TryGetValue(string propertyName, out JToken value)": _try_get_value,
            "bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)": _try_get_value,
            "static JObject Parse(string json)": _parse("JObject"),
            "static JObject FromObject(object o)": objects.from_object("JObject"),
        },
    ),
    Class(
        f"{_SPACE}.JArray",
        runtime=JArray,
        bases=("JContainer", "IList<JToken>"),
        members={
            "new()": JArray,
            "new(JArray other)": _copied,
            "new(params object[] content)": _filled(JArray),
            "new(object content)": _filled(JArray),
            "JToken this[object key]": (Inline("self.item(key)"), Inline("self.set_item(key, value)")),
            "JToken this[int index]": (Inline("self.item(index)"), Inline("self.set_item(index, value)")),
            "int Count": Inline("len(self)", len=len),
            "void Add(JToken item)": Inline("self.add(item)"),
            "void Add(object content)": Inline("self.add(content)"),
            "void Insert(int index, JToken item)": Inline("self.put(index, item)"),
            "bool Remove(JToken item)": Inline("self.discard(item)"),
            "void RemoveAt(int index)": Inline("self.drop(index)"),
            "void Clear()": Inline("self.clear()"),
            "bool Contains(JToken item)": Inline("self.has(item)"),
            "int IndexOf(JToken item)": Inline("self.find_index(item)"),
            "static JArray Parse(string json)": _parse("JArray"),
            "static JArray FromObject(object o)": objects.from_object("JArray"),
        },
    ),
    Class(
        f"{_SPACE}.JConstructor",
        runtime=JConstructor,
        bases=("JContainer",),
        members={
            "new(string name)": JConstructor,
            "new(string name, params object[] content)": _constructor,
            "new(string name, object content)": _constructor,
            "new(JConstructor other)": _copied,
            "string Name": Inline("self.name"),
            "static JConstructor Parse(string json)": _parse("JConstructor"),
        },
    ),
    Class(
        f"{_SPACE}.JProperty",
        runtime=JProperty,
        bases=("JContainer",),
        members={
            "new(JProperty other)": _copied,
            "new(string name, params object[] content)": _property,
            "new(string name, object content)": _property,
            "string Name": Inline("self.name"),
            "JToken Value": (Inline("self.value"), Inline("self.set_value(value)")),
        },
    ),
    Class(
        f"{_SPACE}.JValue",
        runtime=JValue,
        bases=("JToken", "IComparable"),
        members={
            **{f"new({name} value)": _Later(lambda name=name: _box(name)) for name in _BOXED},  # type: ignore[misc]
            "new(object value)": JValue,
            "new(JValue other)": JValue,
            "object Value": (Inline("self.value"), Inline("self.assign(value)")),
            "static JValue CreateString(string value)": lambda text: JValue(text, STRING),
            "static JValue CreateNull()": JValue,
            "static JValue CreateUndefined()": lambda: JValue(None, UNDEFINED),
            "static JValue CreateComment(string value)": lambda text: JValue(text, COMMENT),
            "string ToString()": Inline("str(self)", str=str),
            "string ToString(string format)": Inline("self.to_string(format)"),
            "string ToString(IFormatProvider formatProvider)": Inline("str(self)", str=str),
            "string ToString(string format, IFormatProvider formatProvider)": Inline("self.to_string(format)"),
            "bool Equals(JValue other)": Inline("self == other"),
            "int CompareTo(JValue obj)": Inline("self.compare(obj)"),
        },
    ),
    Class(f"{_SPACE}.JRaw", runtime=JRaw, bases=("JValue",), members={"new(object rawJson)": JRaw}),
    Static(f"{_SPACE}.Extensions", members=_EXTENSIONS),
    Static(
        "Newtonsoft.Json.JsonConvert",
        members={
            "static string SerializeObject(object value)": objects.serialize,
            "static string SerializeObject(object value, Formatting formatting)": objects.serialize,
            "static object DeserializeObject(string value)": lambda text: objects.deserialize((net("object"),), text),
            "static object DeserializeObject(string value, Type type)": _deserialize_as,
            "static T DeserializeObject<T>(string value)": Typed(objects.deserialize),
        },
    ),
)
