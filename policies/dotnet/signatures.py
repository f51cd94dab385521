"""Member signatures and type names, as the tables write them → members and types.

The rule here: a signature is read when its member is first looked up by name, never when a table is imported; finding the name
of a signature reads no types. The grammar is in the text of `types.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from policies.dotnet.types import (
    NO_DEFAULT,
    Member,
    NetType,
    Parameter,
    array_of,
    find_type,
    nullable,
    parameter,
)

__all__ = ["Tokens", "bind", "member_name"]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\'.\'|[\w.]+|==|!=|<=|>=|<<|>>|\+\+|--|.)')
_PARAMETER_NAME = re.compile(r"T([A-Z]\w*)?\d?$|[A-Z]\d?$")
_OPERATOR = re.compile(r"\boperator\s*([^\w\s(]+|true|false)\s*\(")
_LAST_NAME = re.compile(r"(\w+)\s*(?:<[^<>]*>)?\s*$")
_LITERALS: dict[str, object] = {"null": None, "true": True, "false": False}


def member_name(signature: str) -> str:
    if signature.startswith(("new(", "implicit ", "explicit ")):
        return re.split(r"\W", signature, maxsplit=1)[0]
    operator = _OPERATOR.search(signature)
    if operator:
        return operator[1]
    if " this[" in signature:
        return "this"
    name = _LAST_NAME.search(signature.partition("(")[0])
    if name is None:
        raise ValueError(f"not a member signature: {signature}")
    return name[1]


class Tokens:
    """A signature's tokens, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.items: list[str] = _TOKEN.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.items[self.at] if self.at < len(self.items) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def take(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def type(self) -> NetType:
        name = self.next()
        args: list[NetType] = []
        if self.take("<"):
            args.append(self.type())
            while self.take(","):
                args.append(self.type())
            if self.peek() == ">>":
                self.items[self.at] = ">"
            elif not self.take(">"):
                raise ValueError(f"'>' expected in signature: {self.text}")
        definition = find_type(name, len(args))
        if definition is not None:
            found = definition.of(*args)
        elif not args and _PARAMETER_NAME.match(name):
            found = parameter(name)
        else:
            raise LookupError(f"no .NET table declares '{name}', which the signature names: {self.text}")
        while True:
            if self.take("?"):
                found = nullable(found)
            elif self.peek() == "[" and self.items[self.at + 1] == "]":
                self.at += 2
                found = array_of(found)
            else:
                return found

    def parameters(self, close: str) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        while not self.take(close):
            mode = self.next() if self.peek() in ("out", "ref", "params", "this") else ""
            kind = self.type()
            name = self.next()
            default: object = NO_DEFAULT
            if self.take("="):
                default = self.default(kind)
            found.append(Parameter(name, kind, mode, default))
            self.take(",")
        return tuple(found)

    def default(self, kind: NetType) -> object:
        word = self.next()
        if word == "-":
            word += self.next()
        if word in _LITERALS:
            return _LITERALS[word]
        if word[0] in "\"'":
            return word[1:-1]
        if kind.kind == "enum":
            return kind.definition.values[word.rpartition(".")[2]]
        return float(word) if "." in word else int(word)


def bind(signature: str, declaring: NetType, scope: Mapping[str, NetType]) -> Member:
    """The signature as a member of `declaring`, the type's parameters put in."""
    tokens = Tokens(signature)
    implementation = declaring.definition.members[signature]
    setter = None
    if isinstance(implementation, tuple):
        implementation, setter = implementation
    static = tokens.take("static") or declaring.kind == "static"
    name = member_name(signature)
    generics: tuple[str, ...] = ()
    if name == "new":
        tokens.next()
        returns, kind = declaring, "constructor"
    elif name in ("implicit", "explicit"):
        tokens.next()
        returns, kind, static = tokens.type(), "conversion", True
    else:
        returns, kind = tokens.type(), "method"
        if tokens.take("operator"):
            kind, static = "operator", True
        tokens.at += 1
        if kind == "operator" and tokens.items[tokens.at - 1] != name:
            tokens.at += 1
        if kind == "method" and tokens.take("<"):
            names = [tokens.next()]
            while tokens.take(","):
                names.append(tokens.next())
            tokens.next()
            generics = tuple(names)
    parameters: tuple[Parameter, ...] = ()
    if tokens.take("("):
        parameters = tokens.parameters(")")
    elif tokens.take("["):
        kind, parameters = "indexer", tokens.parameters("]")
    elif kind == "method":
        kind = "property"
    return Member(
        kind=kind,
        name=name,
        static=static,
        type_parameters=generics,
        parameters=tuple(Parameter(p.name, p.type.substitute(scope), p.mode, p.default) for p in parameters),
        returns=returns.substitute(scope),
        declaring=declaring,
        implementation=implementation,
        setter=setter,
    )
