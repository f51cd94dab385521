"""The closed tables of .NET types that expressions may use (D10), and the registry that finds them by name.

The rule here: what is not written in a table does not exist for an expression; nothing is looked up on Python objects.

How to write a family (`strings.py` is the worked example)
  1. A family is one module with `TYPES: tuple[TypeDefinition, ...]`, and one row in `index.py` that names its types, so
     that it is imported only when a document first says one of them. Import heavy libraries inside functions.
  2. `Class`, `Struct`, `Interface`, `Static`, `Enum`, `Delegate` declare a type by its full name; type parameters are
     part of it, with variance: `Interface("System.Collections.Generic.IEnumerable<out T>")`.
  3. `members` maps a C#-like signature to what does the work. Short names of types suffice; `//` starts no comment.
        "int Length"                                   property or field (a pair `(get, set)` makes it writable)
        "static string Empty": Const("")               field or constant
        "char this[int index]"                         indexer (pair → writable)
        "new(char c, int count)"                       constructor
        "int IndexOf(string value, int startIndex = 0)"   method; defaults stand for .NET's shorter overloads
        "static string Concat(params string[] values)" `params` arrives as one NetArray
        "bool TryGetValue(TKey key, out TValue value)" returns the tuple (result, value)
        "T GetValueOrDefault<T>(string name, T otherwise)"   generic; T is inferred or given
        "static int Count<T>(this IEnumerable<T> source)"    extension method; also list the class in `index.EXTENSIONS`
        "TimeSpan operator -(DateTime a, DateTime b)"  "implicit JToken(string value)"  "explicit string(JToken value)"
  4. The work is done by a Python callable `f(self, *parameters)` (no self when static), or by
     `Inline("len(self)")`: a Python expression over `self` and the parameters' names that is put into the emitted code
     (the fast way; further names are given as keywords: `Inline("find(self, value)", find=find)`), or by `Const(value)`.
     `Typed(f)` gets, as first argument, the tuple of type arguments (the type's, then the method's) as `NetType`s.
     `Light(f)` and `never_null=True` of `Inline` make often used members faster.
     `self` is never None: the emitted code raises NullReferenceException before. Reference arguments may be None.
  5. Values. string → str, char → str of length 1, bool → bool, every integer → int, double/float → float,
     decimal → Decimal, null → None, `T?` → the value or None, delegates → callables, byte[] → bytearray, other arrays →
     `NetArray`, anything that is IEnumerable → a Python iterable. A type's own class is given as `runtime=`; a generic
     one sets `self.net_type` (from `Typed`). The *static* type tells int from long; where a value becomes `object` the
     emitted code calls the type's `box` (long → `Int64(value)`), and the cast back checks exactly. So a function that
     returns or stores `object` must box: `values.Int64(5)`, never a bare 5 for a long (a bare int is an Int32).
     `box=` on a class is the form that its values take when they are converted to any other type (a view, for instance).
  6. `__str__` of a runtime class is its ToString(), `__eq__`/`__hash__` its Equals, `__lt__` its order,
     `to_string(spec)` its IFormattable. `values.to_text/equals/compare/format_value` know the built-in ones.
  7. Throw the classes of `exceptions.py`. Texts are sequences of UTF-16 code units: pass what comes from outside through
     `values.units()` and what leaves through `values.scalars()` (both return ASCII texts unchanged at once).
  8. Work that grows faster than its input (repeat, range, replace, nested loops) calls `meter.charge(items)`, and
     texts that may explode `meter.check_size(length)` before they are made. Parsers and writers of large texts call
     `meter.made(length)`; for texts, arrays and lists that a function returns the emitted code does it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from policies.dotnet import index
from policies.records import Record

__all__ = [
    "Checked",
    "Class",
    "Const",
    "Delegate",
    "Enum",
    "EnumValue",
    "Inline",
    "Interface",
    "Light",
    "Member",
    "NetType",
    "Parameter",
    "Static",
    "Struct",
    "TypeDefinition",
    "Typed",
    "array_of",
    "find_type",
    "net",
    "nullable",
]

Implementation = Any  # Callable | Inline | Const | Typed, or a pair of them for what can be written


class Inline:
    """A Python expression over `self` and the parameters, put into the emitted code. `names` are what else it uses.
    `never_null` says that its value is never null, which spares the tests of what follows."""

    __slots__ = ("names", "never_null", "template")

    def __init__(self, template: str, *, never_null: bool = False, **names: object) -> None:
        self.template = template
        self.never_null = never_null
        self.names = names


class Const:
    """A field whose value never changes; the compiler may fold it."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Typed:
    """A callable that gets the tuple of type arguments first. `light`: as `Light`."""

    __slots__ = ("function", "light")

    def __init__(self, function: Callable[..., object], *, light: bool = False) -> None:
        self.function = function
        self.light = light


class Light:
    """A callable whose work is small whatever its arguments are: it needs no meter, which makes small expressions fast."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function


class Checked:
    """A callable whose arguments are looked at when they are constants: `check` gets those by the parameters' names, and what
    it throws refuses the document."""

    __slots__ = ("check", "function")

    def __init__(self, function: Callable[..., object], check: Callable[[Mapping[str, Any]], None]) -> None:
        self.function = function
        self.check = check


NO_DEFAULT: Final = object()


class Parameter(Record):
    """A parameter; `mode` is "", "out", "ref", "params" or "this"."""

    name: str
    type: NetType
    mode: str = ""
    default: object = NO_DEFAULT


class Member(Record):
    """A member as its signature declares it. `kind` is "property", "indexer", "method", "constructor", "operator" or
    "conversion"; an operator's name is its token, a conversion's "implicit" or "explicit"."""

    kind: str
    name: str
    static: bool
    type_parameters: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: NetType
    declaring: NetType
    implementation: Implementation
    setter: Implementation = None

    @property
    def is_extension(self) -> bool:
        """Whether it is called on its first argument."""
        return bool(self.parameters) and self.parameters[0].mode == "this"

    def __str__(self) -> str:
        shown = ", ".join(f"{p.mode} {p.type} {p.name}".strip() for p in self.parameters)
        generics = f"<{', '.join(self.type_parameters)}>" if self.type_parameters else ""
        match self.kind:
            case "property":
                return f"{self.declaring}.{self.name}"
            case "indexer":
                return f"{self.declaring}[{shown}]"
            case "constructor":
                return f"{self.declaring}({shown})"
            case _:
                return f"{self.declaring}.{self.name}{generics}({shown})"


class TypeDefinition:
    """One row of the tables: a type before its type arguments are known.

    `kind` is class, struct, interface, static, enum, delegate or parameter. `box` and `unbox` are described in the
    module's text; `nameable=False` keeps a type that values may have from being written in an expression. `own` are members
    that no signature could state, those of anonymous types.
    """

    __slots__ = (
        "_constructed",
        "_signatures",
        "bases",
        "box",
        "keyword",
        "kind",
        "members",
        "name",
        "nameable",
        "null_safe",
        "own",
        "parameters",
        "unbox",
        "values",
        "variance",
        "zero",
    )

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        keyword: str = "",
        bases: Iterable[str] = (),
        members: Mapping[str, Implementation] | None = None,
        runtime: type | tuple[type, ...] = (),
        box: Callable[[Any], object] | None = None,
        unbox: Callable[[Any], object] | None = None,
        nameable: bool = True,
        null_safe: bool = False,
        zero: object = None,
    ) -> None:
        full, _, generics = name.partition("<")
        declared = [part.split() for part in generics.rstrip(">").split(",")] if generics else []
        self.kind = kind
        self.name = full
        self.parameters = tuple(words[-1] for words in declared)
        self.variance = tuple(words[0] if len(words) == 2 else "" for words in declared)
        self.keyword = keyword
        self.bases = tuple(bases)
        self.members: dict[str, Implementation] = dict(members or {})
        self.box = box
        self.unbox = unbox
        self.nameable = nameable
        self.null_safe = null_safe
        self.zero = zero
        self.values: dict[str, EnumValue] = {}
        self.own: dict[str, tuple[Member, ...]] = {}
        self._constructed: dict[tuple[NetType, ...], NetType] = {}
        self._signatures: dict[str, list[str]] | None = None
        for python in runtime if isinstance(runtime, tuple) else (runtime,):
            RUNTIME[python] = self

    @property
    def short_name(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]

    @property
    def key(self) -> str:
        """The full name with its arity, as .NET writes it: "System.Collections.Generic.List`1"."""
        return f"{self.name}`{len(self.parameters)}" if self.parameters else self.name

    @property
    def is_value_type(self) -> bool:
        """Whether it has no null."""
        return self.kind in ("struct", "enum")

    def of(self, *args: NetType) -> NetType:
        """The type with these arguments; the same object every time."""
        found = self._constructed.get(args)
        if found is None:
            found = self._constructed[args] = NetType(self, args)
        return found

    def open(self) -> NetType:
        """The type over its own parameters."""
        return self.of(*(parameter(name) for name in self.parameters))

    def signatures(self, name: str) -> list[str]:
        """The signatures of the members with this name, unparsed."""
        if self._signatures is None:
            from policies.dotnet.signatures import member_name

            self._signatures = {}
            for signature in self.members:
                self._signatures.setdefault(member_name(signature), []).append(signature)
        return self._signatures.get(name, [])

    def member_names(self) -> list[str]:
        """Names of all members an expression could write."""
        self.signatures("")
        return [name for name in self._signatures or () if name.isidentifier()]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}>"


RUNTIME: dict[type, TypeDefinition] = {}
"""Python classes whose instances are values of a type without arguments."""


class NetType:
    """A type with its arguments, such as `List<string>`. Equal types are the same object.

    `name` is .NET's full name as `Type.ToString()` gives it: "System.Collections.Generic.List`1[System.String]". `kind` is the
    definition's. `is_value_type`: it has no null (`T?` counts, though it has one); `is_nullable`: it is `T?`; `is_parameter`:
    it stands for a type not known yet; `is_open`: such a one occurs in it.
    """

    __slots__ = (
        "_bases",
        "_members",
        "args",
        "definition",
        "is_array",
        "is_nullable",
        "is_open",
        "is_parameter",
        "is_value_type",
        "kind",
        "name",
        "rank",
    )

    def __init__(self, definition: TypeDefinition, args: tuple[NetType, ...]) -> None:
        self.definition = definition
        self.args = args
        self._bases: tuple[NetType, ...] | None = None
        self._members: dict[str, tuple[Member, ...]] = {}
        self.kind: str = definition.kind
        self.is_value_type = definition.is_value_type
        self.is_array = definition.key == ARRAY_KEY
        self.is_nullable = definition.key == NULLABLE_KEY
        self.is_parameter = definition.kind == "parameter"
        self.is_open: bool = self.is_parameter or any(arg.is_open for arg in args)
        shown = f"{definition.key}[{','.join(arg.name for arg in args)}]" if args else definition.name
        self.rank: int = _RANKS.get(definition.key, 0)
        self.name: str = f"{args[0].name}{self.brackets}" if self.rank else shown

    @property
    def brackets(self) -> str:
        """What stands after the element's type in an array's: "[]", "[,]"."""
        return f"[{',' * (self.rank - 1)}]"

    def bases(self) -> tuple[NetType, ...]:
        """The direct base type and interfaces."""
        if self._bases is None:
            scope = dict(zip(self.definition.parameters, self.args, strict=True))
            self._bases = tuple(net(base).substitute(scope) for base in self.definition.bases)
        return self._bases

    def ancestry(self) -> Iterator[NetType]:
        """This type, then every base and interface, nearest first, `object` last."""
        seen: dict[NetType, None] = {}
        queue = [self]
        while queue:
            current = queue.pop(0)
            if current not in seen:
                seen[current] = None
                queue.extend(current.bases())
        root = net("object")
        seen.pop(root, None)
        yield from seen
        if self.kind not in ("static", "parameter"):
            yield root

    def members(self, name: str) -> tuple[Member, ...]:
        """The members of this name, own ones before inherited ones; an overriding signature hides the inherited one.

        Constructors, indexers, operators and conversions have the names "new", "this", their token, "implicit" and
        "explicit"."""
        found = self._members.get(name)
        if found is None:
            found = self.definition.own.get(name)
        if found is None:
            from policies.dotnet.signatures import bind

            collected: dict[tuple[object, ...], Member] = {}
            for ancestor in self.ancestry():
                if ancestor is not self and name in ("new", "implicit", "explicit"):
                    continue
                if self.is_array and ancestor.kind == "interface":
                    continue  # an array implements its interfaces' members explicitly: it has no Count, no Add
                scope = dict(zip(ancestor.definition.parameters, ancestor.args, strict=True))
                for signature in ancestor.definition.signatures(name):
                    member = bind(signature, ancestor, scope)
                    shape: tuple[object, ...] = (
                        len(member.type_parameters),
                        *(parameter.type for parameter in member.parameters),
                    )
                    collected.setdefault((*shape, member.returns) if name in ("implicit", "explicit") else shape, member)
            found = self._members[name] = tuple(collected.values())
        return found

    def substitute(self, scope: Mapping[str, NetType]) -> NetType:
        """This type with parameters replaced."""
        if self.is_parameter:
            return scope.get(self.definition.name, self)
        if not self.args or not scope:
            return self
        return self.definition.of(*(arg.substitute(scope) for arg in self.args))

    def __str__(self) -> str:
        """As C# writes it: "List<string>", "int?", "string[]"."""
        if self.rank:
            return f"{self.args[0]}{self.brackets}"
        if self.is_nullable:
            return f"{self.args[0]}?"
        name = self.definition.keyword or self.definition.short_name
        return f"{name}<{', '.join(map(str, self.args))}>" if self.args else name

    def __repr__(self) -> str:
        return f"<NetType {self}>"


class EnumValue(int):
    """A value of an enum; each enum has a subclass whose `definition` is its type."""

    definition: TypeDefinition

    def __str__(self) -> str:
        """The name; names joined with ", " where the value combines flags; else the number (Enum.ToString)."""
        for name, value in self.definition.values.items():
            if int(value) == int(self):
                return name
        rest, names = int(self), []
        for name, value in sorted(self.definition.values.items(), key=lambda item: -int(item[1])):
            if int(value) and rest & int(value) == int(value):
                rest -= int(value)
                names.append(name)
        return int.__repr__(self) if rest or not names else ", ".join(reversed(names))


def Class(name: str, **declaration: Any) -> TypeDefinition:  # noqa: N802  # reads as a declaration in the tables
    """A reference type."""
    return TypeDefinition("class", name, **declaration)


def Struct(name: str, **declaration: Any) -> TypeDefinition:  # noqa: N802  # as above
    """A value type. `zero` is its default value: a value, or a callable that makes it when it is costly."""
    return TypeDefinition("struct", name, **declaration)


def Interface(name: str, **declaration: Any) -> TypeDefinition:  # noqa: N802  # as above
    """An interface."""
    return TypeDefinition("interface", name, **declaration)


def Static(name: str, **declaration: Any) -> TypeDefinition:  # noqa: N802  # as above
    """A class with static members only."""
    return TypeDefinition("static", name, **declaration)


def Enum(name: str, values: Mapping[str, int] | str) -> TypeDefinition:  # noqa: N802  # as above
    """An enum: names with values, or names in a row that count from 0. Its members at run time are `EnumValue`s:
    `definition.values["Ordinal"]`."""
    definition = TypeDefinition("enum", name, bases=("System.Enum",))
    python = type(definition.short_name, (EnumValue,), {"definition": definition})
    RUNTIME[python] = definition
    numbered = values if isinstance(values, Mapping) else {word: number for number, word in enumerate(values.split())}
    for word, number in numbered.items():
        definition.values[word] = python(number)
        definition.members[f"static {name} {word}"] = Const(definition.values[word])
    definition.box = definition.unbox = None
    definition.zero = python(0)
    return definition


def Delegate(name: str, invoke: str) -> TypeDefinition:  # noqa: N802  # as above
    """A delegate by its call: `Delegate("System.Func<in T, out R>", "R Invoke(T arg)")`."""
    return TypeDefinition("delegate", name, members={invoke: Inline("self")})


# ---- names and types -------------------------------------------------------------------------------------------------

ARRAY_KEY: Final = "System.Array`1"
_RANKS: Final = {ARRAY_KEY: 1, "System.Array2`1": 2, "System.Array3`1": 3}
NULLABLE_KEY: Final = "System.Nullable`1"
_NAMED: dict[str, TypeDefinition] = {}


@cache
def parameter(name: str) -> NetType:
    """The type parameter of this name."""
    return TypeDefinition("parameter", name).of()


def find_type(name: str, arity: int = 0) -> TypeDefinition | None:
    """The definition with this full name, short name or C# keyword; its family is imported now if need be."""
    key = f"{name}`{arity}" if arity else name
    found = _NAMED.get(key)
    if found is None:
        full = index.full_name(key)
        if full is None:
            return None
        found = _NAMED.get(full)
        if found is None:
            for definition in importlib.import_module(index.family_of(full)).TYPES:
                _NAMED[definition.key] = definition
            found = _NAMED[full]
        _NAMED[key] = found
    return found


@cache
def net(text: str) -> NetType:
    """The type that C# text names, as signatures write it: `net("IDictionary<string, object>")`. Single capital letters
    and names such as TKey that no table declares are type parameters."""
    from policies.dotnet.signatures import Tokens

    return Tokens(text).type()


def array_of(element: NetType, rank: int = 1) -> NetType:
    """`element[]`, or of a higher rank `element[,]`."""
    return _definition("System.Array" if rank == 1 else f"System.Array{rank}", 1).of(element)


def nullable(inner: NetType) -> NetType:
    """`inner?` when inner is a value type, else inner."""
    return _definition("System.Nullable", 1).of(inner) if inner.is_value_type and not inner.is_nullable else inner


def _definition(name: str, arity: int) -> TypeDefinition:
    found = find_type(name, arity)
    if found is None:
        raise LookupError(f"no .NET table declares {name}" + (f" with {arity} type arguments" if arity else ""))
    return found
