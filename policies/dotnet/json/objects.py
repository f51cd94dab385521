"""Between .NET objects and tokens: what JsonConvert and FromObject write, and ToObject<T>() reads.

The rule here: collections, dictionaries, anonymous objects and simple values only, which is all that an expression can make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from policies.dotnet import values
from policies.dotnet.arithmetic import RANGES
from policies.dotnet.collections.maps import Dictionary, HashSet, Keyed, KeyValuePair
from policies.dotnet.collections.sequences import List, boxed_items, element_of
from policies.dotnet.dates.moments import DateTime, DateTimeOffset
from policies.dotnet.dates.spans import TimeSpan
from policies.dotnet.exceptions import (
    ArgumentException,
    ArgumentNullException,
    FormatException,
    JsonReaderException,
    JsonSerializationException,
    OverflowException,
)
from policies.dotnet.grids import Grid
from policies.dotnet.guids import Guid
from policies.dotnet.json.containers import JArray, JObject
from policies.dotnet.json.conversions import CONVERTED, explicit
from policies.dotnet.json.kinds import BOOLEAN, FLOAT, STRING
from policies.dotnet.json.model import JToken, adopted
from policies.dotnet.json.reader import parse_or_none, text_value
from policies.dotnet.json.scalars import JValue, token_of
from policies.dotnet.json.writer import date_text, write
from policies.dotnet.objects import array_of_items, default_of
from policies.dotnet.types import EnumValue, NetType, net
from policies.dotnet.uris import Uri

__all__ = ["deserialize", "from_object", "serialize", "to_object"]


def serialize(value: Any, formatting: EnumValue | None = None) -> str:
    """JsonConvert.SerializeObject."""
    return write(_token(value, ()), indented=bool(formatting))


def from_object(kind: str) -> Callable[[Any], JToken]:
    """`JObject.FromObject` and its kin."""

    def convert(value: Any) -> JToken:
        if value is None:
            raise ArgumentNullException("o")
        found = _token(value, ())
        if kind != "JToken" and type(found).__name__ != kind:
            raise ArgumentException(f"Object serialized to {found.kind}. {kind} instance expected.")
        return found

    return convert


def _token(value: Any, within: tuple[int, ...]) -> JToken:
    """The value as a token; `within` are the containers around it, by identity."""
    if isinstance(value, JToken):
        return value.clone() if value.parent is not None else value
    if value is None or isinstance(value, _SIMPLE):
        return token_of(value)
    if id(value) in within:
        raise JsonSerializationException(f"Self referencing loop detected with type '{values.type_name(value)}'.")
    around = (*within, id(value))
    members = _members(value)
    if members is not None:
        found = JObject()
        for name, item in members:
            found.put(name, adopted(_token(item, around), found)) if name not in found.properties else found.set_item(
                name, _token(item, around)
            )
        return found
    if isinstance(value, Iterable):
        array = JArray()
        for item in value.nested() if isinstance(value, Grid) else boxed_items(value):
            array.items.append(adopted(_token(item, around), array))
        return array
    own_form = getattr(value, "json_form", None)
    return JObject() if own_form is None else own_form()  # else an object without public properties


_SIMPLE = (str, int, float, bytearray, Decimal, DateTime, DateTimeOffset, TimeSpan, Guid, Uri)


def _members(value: Any) -> Iterable[tuple[str, Any]] | None:
    """The names and boxed values of what becomes a JSON object; None for anything else."""
    if isinstance(value, KeyValuePair):
        pair = value.net_type
        kinds = pair.args if pair is not None else (net("object"), net("object"))
        return (("Key", values.box(value.key, kinds[0])), ("Value", values.box(value.value, kinds[1])))
    if isinstance(value, Keyed):
        key_type, value_type = _dictionary_types(value)
        return ((_name(values.box(pair.key, key_type)), values.box(pair.value, value_type)) for pair in value)
    members = getattr(value, "members", None)  # anonymous objects and tuples
    return members() if members is not None else None


def _dictionary_types(value: Keyed) -> tuple[NetType, NetType]:
    element = element_of(value)
    assert element is not None and len(element.args) == 2
    return element.args[0], element.args[1]


def _name(key: Any) -> str:
    return date_text(key) if isinstance(key, DateTime | DateTimeOffset) else values.to_text(key)


# ---- reading ---------------------------------------------------------------------------------------------------------


def deserialize(types: tuple[NetType, ...], text: str | None) -> Any:
    """JsonConvert.DeserializeObject<T>."""
    if text is None:
        raise ArgumentNullException("value")
    found = parse_or_none(text, dates=False)
    return default_of(types[0]) if found is None else _object(types[0], found, _strict_value)


def to_object(types: tuple[NetType, ...], token: JToken) -> Any:
    """ToObject<T>()."""
    return _object(types[-1], token, _value)


Leaf = Callable[[NetType, JToken], Any]


def _object(target: NetType, token: JToken, leaf: Leaf) -> Any:
    """The token as a `target`; `leaf` converts what is no collection."""
    is_null = isinstance(token, JValue) and token.value is None
    if target.name == "System.Object" or target.name.startswith("Newtonsoft.Json.Linq."):
        found = _dated(token)
        return found.value if isinstance(found, JValue) and not target.name.startswith("N") else values.cast(found, target)
    if is_null and (target.is_nullable or not target.is_value_type):
        return None
    if target.is_nullable:
        target = target.args[0]
    if str(target) in CONVERTED:
        return leaf(target, token)
    if target.kind == "enum":
        return _enum(target, token)
    make = _COLLECTIONS.get(target.definition.key)
    if make is None:
        raise JsonSerializationException(f"Could not create an instance of type {target.name}.")
    return make(target, token, leaf)


def _value(target: NetType, token: JToken) -> Any:
    return explicit(str(target), optional=not target.is_value_type)(token)


_WORDS = {
    "bool": "boolean",
    "double": "double",
    "decimal": "decimal",
    "DateTime": "DateTime",
    "DateTimeOffset": "DateTimeOffset",
}


def _strict_value(target: NetType, token: JToken) -> Any:
    """As a reader of text converts it: no rounding, and refusals in the reader's words."""
    name = str(target)
    if isinstance(token, JValue) and token.value is None:
        raise JsonSerializationException(f"Error converting value {{null}} to type '{target.name}'. Path '{_path(token)}'.")
    if token.kind == FLOAT and target.name in RANGES:
        raise JsonReaderException(f"Input string '{token}' is not a valid integer. Path '{_path(token)}'.")
    if name == "DateTime":
        token = _dated(token)
    if name == "string" and token.kind in (BOOLEAN, FLOAT):
        return write(token, indented=False)  # as it stands in the text
    try:
        return _value(target, token)
    except (ArgumentException, FormatException, OverflowException):
        path = _path(token)
        if isinstance(token, JValue):
            word = _WORDS.get(name, "integer" if target.name in RANGES else name)
            raise JsonReaderException(f"Could not convert string to {word}: {token}. Path '{path}'.") from None
        start = "StartArray" if isinstance(token, JArray) else "StartObject"
        word = name if name == "string" else _WORDS.get(name, "integer")
        raise JsonReaderException(f"Error reading {word}. Unexpected token: {start}. Path '{path}'.") from None


def _dated(token: JToken) -> JToken:
    """The token with its date-like texts as dates, when it was read without."""
    if isinstance(token, JValue):
        return text_value(token.value) if token.kind == STRING and isinstance(token.value, str) else token
    for child in token.children():
        if isinstance(child, JValue):
            dated = text_value(child.value) if child.kind == STRING and isinstance(child.value, str) else child
            if dated is not child and dated.kind != STRING:
                child.replace(dated)
        else:
            _dated(child)
    return token


def _enum(target: NetType, token: JToken) -> Any:
    value = token.value if isinstance(token, JValue) else None
    python: Any = type(target.definition.zero)
    if isinstance(value, int):
        return python(value)
    for name, member in target.definition.values.items():
        if isinstance(value, str) and name.lower() == value.strip().lower():
            return member
    raise JsonSerializationException(f"Error converting value \"{values.to_text(value)}\" to type '{target.name}'. Path ''.")


def _needs(token: JToken, target: NetType, kind: type[JToken]) -> Any:
    if not isinstance(token, kind):
        name = type(token).__name__.removeprefix("J").lower()
        wanted = "array (e.g. [1,2,3])" if kind is JArray else 'object (e.g. {"name":"value"})'
        raise JsonSerializationException(
            f"Cannot deserialize the current JSON {name} into type '{target.name}' because the type requires a JSON {wanted} "
            "to deserialize correctly."
        )
    return token


def _items(target: NetType, token: JToken, leaf: Leaf) -> list[Any]:
    return [_object(target.args[0], item, leaf) for item in _needs(token, target, JArray)]


def _path(token: JToken) -> str:
    from policies.dotnet.json.paths import path_of

    return path_of(token)


def _list(target: NetType, token: JToken, leaf: Leaf) -> List:
    return List(net("List<object>").definition.of(*target.args), _items(target, token, leaf))


def _set(target: NetType, token: JToken, leaf: Leaf) -> HashSet:
    return HashSet(net("HashSet<object>").definition.of(*target.args), _items(target, token, leaf))


def _map(target: NetType, token: JToken, leaf: Leaf) -> Dictionary:
    key, value = target.args
    found = Dictionary(net("Dictionary<object, object>").definition.of(key, value))
    for own in _needs(token, target, JObject).properties.values():
        found.set_item(_object(key, JValue(own.name), leaf), _object(value, own.value, leaf))
    return found


def _pair(target: NetType, token: JToken, leaf: Leaf) -> KeyValuePair:
    owner = _needs(token, target, JObject)
    parts = [owner.find_folded(name, str.lower) for name in ("Key", "Value")]
    key, value = (
        default_of(kind) if part is None else _object(kind, part.value, leaf)
        for kind, part in zip(target.args, parts, strict=True)
    )
    return KeyValuePair(key, value, target)


_SPACE = "System.Collections.Generic."
_COLLECTIONS: dict[str, Callable[[NetType, JToken, Leaf], Any]] = {
    "System.Array`1": lambda target, token, leaf: array_of_items(target.args[0], _items(target, token, leaf)),
    **{
        f"{_SPACE}{name}`1": _list
        for name in ("List", "IList", "IEnumerable", "ICollection", "IReadOnlyList", "IReadOnlyCollection")
    },
    **{f"{_SPACE}{name}`1": _set for name in ("HashSet", "ISet")},
    **{f"{_SPACE}{name}`2": _map for name in ("Dictionary", "IDictionary", "IReadOnlyDictionary")},
    f"{_SPACE}KeyValuePair`2": _pair,
}
