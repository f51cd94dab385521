"""The tables themselves: the index names what families declare, every signature reads, every implementation fits its own."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from policies.dotnet import index
from policies.dotnet.types import Checked, Const, Inline, Light, Member, NetType, Typed, TypeDefinition, find_type, net


@pytest.mark.parametrize("family", sorted(index.FAMILIES))
def test_the_index_names_what_the_family_declares(family: str) -> None:
    declared = {definition.key for definition in importlib.import_module(f"policies.dotnet.{family}").TYPES}
    assert declared == set(index.FAMILIES[family].split())


def test_extension_classes_exist() -> None:
    assert [name for name in index.EXTENSIONS if find_type(name) is None] == []


def _definitions() -> Iterator[TypeDefinition]:
    for names in index.FAMILIES.values():
        for key in names.split():
            name, _, arity = key.partition("`")
            definition = find_type(name, int(arity or 0))
            assert definition is not None
            yield definition


def _open(definition: TypeDefinition) -> NetType:
    return definition.open()


def _members(definition: TypeDefinition) -> Iterator[Member]:
    definition.signatures("")
    for name in list(definition._signatures or ()):
        for member in _open(definition).members(name):
            if member.declaring.definition is definition:
                yield member


@pytest.mark.parametrize("definition", list(_definitions()), ids=lambda definition: definition.key)
def test_every_row_reads_and_fits(definition: TypeDefinition) -> None:
    assert len(_open(definition).bases()) == len(definition.bases)
    for member in _members(definition):
        for work, extra in ((member.implementation, 0), (member.setter, 1)):
            if work is not None:
                problem = _fit(member, work, extra)
                assert not problem, f"{member}: {problem}"


def _fit(member: Member, work: Any, extra: int) -> str:
    names = [parameter.name for parameter in member.parameters if parameter.mode != "out"]
    if not member.static and member.kind != "constructor":
        names.insert(0, "self")
    names += ["value"] * extra
    if len(set(names)) != len(names):
        return "two parameters of one name"
    match work:
        case Const():
            return ""
        case Inline():
            used = {node.id for node in ast.walk(ast.parse(work.template, mode="eval")) if isinstance(node, ast.Name)}
            unknown = used - set(names) - set(work.names)
            return f"the template names {sorted(unknown)}" if unknown else ""
        case Typed():
            return _accepts(work.function, len(names) + 1)
        case Light() | Checked():
            return _accepts(work.function, len(names))
    return _accepts(work, len(names))


def _accepts(function: Any, count: int) -> str:
    assert callable(function)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""  # a function of C tells nothing
    try:
        signature.bind(*range(count))
    except TypeError as error:
        return f"called with {count} arguments: {error}"
    return ""


def test_equal_types_are_one_object() -> None:
    assert net("IDictionary<string, List<int?>>") is net("IDictionary<string,List<int?>>")
    assert net("int[]") is net("System.Int32[]")


@pytest.mark.parametrize(
    ("text", "shown", "name"),
    [
        ("int", "int", "System.Int32"),
        ("string[]", "string[]", "System.String[]"),
        ("int?", "int?", "System.Nullable`1[System.Int32]"),
        ("List<string>", "List<string>", "System.Collections.Generic.List`1[System.String]"),
        ("Func<int, bool>", "Func<int, bool>", "System.Func`2[System.Int32,System.Boolean]"),
    ],
)
def test_types_have_csharps_and_dotnets_names(text: str, shown: str, name: str) -> None:
    assert (str(net(text)), net(text).name) == (shown, name)
