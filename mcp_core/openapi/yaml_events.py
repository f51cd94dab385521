"""YAML by its events: libyaml parses, this makes plain data.

The rule here: YAML 1.2's core schema, so that `no`, `on`, `2020-01-01`, `1:30` and `0777` mean what JSON readers of the same
document mean, and keys are the text that stands there (`200:`, `null:`). No tag makes an object. An alias is a second name for
the same data, never a copy, and what all aliases stand for together is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from mcp_core.errors import InvalidInput
from mcp_core.openapi.load import MAX_DEPTH, MAX_NODES, finite, too_deep

__all__ = ["load_yaml"]

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}binary"}
_PLAIN_TAGS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float")}
_COLLECTION_TAGS = {None, "!", f"{_TAG}map", f"{_TAG}seq", f"{_TAG}omap", f"{_TAG}set"}

_INT = re.compile(r"[-+]?[0-9]{1,400}")
_OTHER_INT = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": finite(float("inf")), ".Inf": finite(float("inf")), ".INF": finite(float("inf")),
    "+.inf": finite(float("inf")), "-.inf": finite(float("-inf")), "-.Inf": finite(float("-inf")),
}  # fmt: skip
_NUMBER_START = frozenset("0123456789+-.")
_NO_KEY = object()


def load_yaml(text: str, warn: Callable[[str], None]) -> Any:
    """The data of the first YAML document in `text`. Raises InvalidInput with line and column."""
    parser = getattr(yaml.cyaml, "CParser", None) if yaml.__with_libyaml__ else None
    try:
        events = parser(text) if parser else yaml.SafeLoader(text)
        return _Builder(warn).build(events)
    except yaml.reader.ReaderError as error:
        raise InvalidInput(f"The document is not YAML: the character U+{_code(error):04X} may not stand in it.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise InvalidInput(f"The document is neither JSON nor YAML: {error.problem or error.context}{where}.") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"The document is neither JSON nor YAML: {str(error).splitlines()[0]}.") from None


def _code(error: yaml.reader.ReaderError) -> int:
    return ord(error.character) if isinstance(error.character, str) else int(error.character)


class _Frame:
    """A collection that is being read. `key` waits for its value; `nodes` counts what is in it, aliases written out."""

    __slots__ = ("anchor", "key", "line", "merges", "nodes", "value")

    def __init__(self, value: Any, anchor: str | None, line: int) -> None:
        self.value = value
        self.anchor = anchor
        self.line = line
        self.key: Any = _NO_KEY
        self.merges: list[Any] = []
        self.nodes = 1


class _Builder:
    def __init__(self, warn: Callable[[str], None]) -> None:
        self.warn = warn
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.result: Any = None
        self.nodes = 0

    def build(self, events: Any) -> Any:
        documents = 0
        stack = self.stack
        get_event = events.get_event
        while events.check_event():
            event = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open(_Frame({}, event.anchor, event.start_mark.line), event)
            elif kind is SequenceStartEvent:
                self._open(_Frame([], event.anchor, event.start_mark.line), event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(stack.pop())
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self.warn("The file holds more than one YAML document; only the first was read.")
                    break
        return self.result

    def _open(self, frame: _Frame, event: Any) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise _problem(f"the tag {event.tag!r} is not data", event)
        if self.stack and self.stack[-1].key is _NO_KEY and isinstance(self.stack[-1].value, dict):
            raise _problem("a key must be a plain word, not a collection", event)
        if len(self.stack) >= MAX_DEPTH:
            raise too_deep()
        self.stack.append(frame)

    def _close(self, frame: _Frame) -> None:
        for merged in frame.merges:
            for name, value in merged.items():
                frame.value.setdefault(name, value)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.nodes)
        self._place(frame.value, frame.nodes)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            inside = any(frame.anchor == event.anchor for frame in self.stack)
            reason = "stands for a part that it is in itself" if inside else "is not defined before it"
            raise _problem(f"the alias *{event.anchor} {reason}", event)
        value, nodes = self.anchors[event.anchor]
        if self.stack and self.stack[-1].key is _NO_KEY and isinstance(self.stack[-1].value, dict):
            if not isinstance(value, str):
                raise _problem("a key must be a plain word, not a collection", event)
            self._key(value, event)
            return
        self._place(value, nodes)

    def _scalar(self, event: Any) -> None:
        stack = self.stack
        text = event.value
        if stack and stack[-1].key is _NO_KEY and type(stack[-1].value) is dict:
            if event.anchor:
                self.anchors[event.anchor] = (text, 1)
            self._key(text, event)
            return
        value = _value(text, event)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._place(value, 1)

    def _key(self, name: str, event: Any) -> None:
        frame = self.stack[-1]
        if name in frame.value:
            self.warn(
                f"The key {name[:80]!r} stands twice in one mapping (line {event.start_mark.line + 1}); the last one counts."
            )
        frame.key = name

    def _place(self, value: Any, nodes: int) -> None:
        if not self.stack:
            self.result = value
            return
        frame = self.stack[-1]
        frame.nodes += nodes
        if frame.nodes > MAX_NODES:
            raise InvalidInput(
                f"The YAML document stands for more than {MAX_NODES:,} values (line {frame.line + 1}).",
                hint="Its aliases multiply each other; write fewer of them.",
            )
        if type(frame.value) is list:
            frame.value.append(value)
            return
        if frame.key == "<<" and _mergeable(value):
            frame.merges.extend(value if isinstance(value, list) else [value])
        else:
            frame.value[frame.key] = value
        frame.key = _NO_KEY


def _mergeable(value: Any) -> bool:
    """YAML 1.1's merge key is not in 1.2, but documents that people write use it."""
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


def _value(text: str, event: Any) -> Any:
    tag = event.tag
    if tag is not None and tag not in _PLAIN_TAGS:
        if tag not in _TEXT_TAGS:
            raise _problem(f"the tag {tag!r} is not data", event)
        return text
    if tag is None and not event.implicit[0]:
        return text  # quoted, or a block
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NUMBER_START else text


def _number(text: str) -> int | float | str:
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return finite(float(text))
    return int(text, 0) if _OTHER_INT.fullmatch(text) else text


def _problem(reason: str, event: Any) -> InvalidInput:
    mark = event.start_mark
    return InvalidInput(f"The YAML cannot be used: {reason} (line {mark.line + 1}, column {mark.column + 1}).")
