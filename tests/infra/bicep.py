"""Bicep files as tests read them: parsed by tree-sitter's grammar, for there is no Bicep compiler on the registries.

Two lines are beyond the parsers here, and nothing else is kept from them: the Microsoft Graph extension's import (unknown to
both) and `@sealed()` (unknown to checkov's).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tree_sitter
import tree_sitter_bicep

__all__ = ["BEYOND", "INFRA", "Declaration", "Source", "plain", "sources"]

INFRA = Path(__file__).resolve().parents[2] / "infra"
BEYOND = ("extension microsoftGraphV1", "@sealed()")
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))


def plain(text: str) -> str:
    """The text without the lines that the parsers do not know; the numbers of the others stay."""
    return "\n".join("" if line in BEYOND else line for line in text.split("\n"))


@dataclass(frozen=True)
class Declaration:
    """A resource or module: its symbolic name, the quoted type or path, and its whole text without comments."""

    name: str
    kind: str
    text: str

    def has(self, *lines: str) -> bool:
        """Whether these lines stand in it, however they are indented."""
        found = {line.strip() for line in self.text.split("\n")}
        return set(lines) <= found


class Source:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tree = _PARSER.parse(plain(self.text).encode())

    def errors(self) -> list[str]:
        return [f"{node.start_point[0] + 1}: {_text(node)[:60]}" for node in _walk(self.tree.root_node) if _wrong(node)]

    @cached_property
    def resources(self) -> list[Declaration]:
        """Resources, nested ones included, without those that exist already."""
        found = [_declared(node) for node in _walk(self.tree.root_node) if node.type == "resource_declaration"]
        return [each for each in found if "existing" not in each.text.split("\n")[0]]

    @cached_property
    def modules(self) -> dict[str, Declaration]:
        found = [_declared(node) for node in _walk(self.tree.root_node) if node.type == "module_declaration"]
        return {each.name: each for each in found}

    @cached_property
    def parameters(self) -> set[str]:
        return set(re.findall(r"^param (\w+)", self.text, re.M))

    @cached_property
    def outputs(self) -> set[str]:
        return set(re.findall(r"^output (\w+)", self.text, re.M))

    def resource(self, kind: str) -> Declaration:
        """The only resource whose type begins so."""
        [found] = [each for each in self.resources if each.kind.startswith(kind)]
        return found


def sources() -> dict[str, Source]:
    """Every Bicep file by its path below `infra`."""
    return {path.relative_to(INFRA).as_posix(): Source(path) for path in sorted(INFRA.rglob("*.bicep"))}


def _declared(node: tree_sitter.Node) -> Declaration:
    name = next(child for child in node.children if child.type in {"identifier", "compatible_identifier"})
    kind = next(child for child in node.children if child.type == "string")
    text = re.sub(r"^\s*//.*$|\s+//\s.*$", "", _text(node), flags=re.M)
    return Declaration(_text(name), _text(kind).strip("'"), text)


def _walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _wrong(node: tree_sitter.Node) -> bool:
    return node.type == "ERROR" or node.is_missing


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()
