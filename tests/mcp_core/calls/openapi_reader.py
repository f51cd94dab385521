"""A server's side of OpenAPI's rules, written from the specification's tables alone: it shares nothing with what it checks.

It reads a raw request target, raw header fields and body bytes, and gives the values of an operation's parameters and body.
"""

from __future__ import annotations

import email.parser
import email.policy
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

Schema = dict[str, Any]


def typed(text: str, schema: Schema) -> Any:
    kind = schema["type"]
    if kind == "string":
        return text
    if kind == "boolean":
        assert text in ("true", "false"), text
        return text == "true"
    if kind == "integer":
        assert re.fullmatch(r"-?[0-9]+", text), text
        return int(text)
    assert kind == "number"
    return float(text)


def from_list(pieces: list[str], schema: Schema) -> Any:
    """Decoded pieces of a delimited array, or of an object as name, value, name, value."""
    if schema["type"] == "array":
        return [typed(piece, schema["items"]) for piece in pieces]
    assert len(pieces) % 2 == 0, pieces
    names, values = pieces[::2], pieces[1::2]
    return {name: typed(value, schema["properties"][name]) for name, value in zip(names, values, strict=True)}


def from_pairs(pairs: list[tuple[str, str]], schema: Schema) -> Any:
    """name=value pieces of an exploded object."""
    return {name: typed(value, schema["properties"][name]) for name, value in pairs}


def split_pair(raw: str) -> tuple[str, str]:
    name, _, value = raw.partition("=")
    return unquote(name, errors="strict"), unquote(value, errors="strict")


def decoded(raw: str, separator: str) -> list[str]:
    return [unquote(piece, errors="strict") for piece in raw.split(separator)]


def read_path(segment: str, name: str, style: str, explode: bool, schema: Schema) -> Any:
    """RFC 6570 §3.2.2 (simple), §3.2.5 (label), §3.2.7 (matrix), undone before anything is percent-decoded."""
    first = {"simple": "", "label": ".", "matrix": ";"}[style]
    assert segment.startswith(first)
    raw = segment[len(first) :]
    is_container = schema["type"] in ("array", "object")
    if style == "matrix":
        if schema["type"] == "object" and explode:
            return from_pairs([split_pair(piece) for piece in raw.split(";")], schema)
        if schema["type"] == "array" and explode:
            pairs = [split_pair(piece) for piece in raw.split(";")]
            assert all(key == name for key, _ in pairs)
            return from_list([value for _, value in pairs], schema)
        key, _, value = raw.partition("=")
        assert unquote(key) == name
        return from_list(decoded(value, ","), schema) if is_container else typed(unquote(value), schema)
    between = "." if style == "label" and explode else ","
    if schema["type"] == "object" and explode:
        return from_pairs([split_pair(piece) for piece in raw.split(between)], schema)
    return from_list(decoded(raw, between), schema) if is_container else typed(unquote(raw), schema)


def read_query(query: str, name: str, style: str, explode: bool, schema: Schema) -> Any:
    """OAS 3.1 §4.8.12.6; None where the parameter is absent."""
    raw = [piece.partition("=") for piece in query.split("&") if piece]
    if style == "deepObject":
        return read_deep([(unquote(key), unquote(value)) for key, _, value in raw], name, schema)
    mine = [value for key, _, value in raw if unquote(key) == name]
    if schema["type"] == "object" and explode:
        pairs = [(unquote(key), unquote(value)) for key, _, value in raw if unquote(key) in schema["properties"]]
        return from_pairs(pairs, schema) if pairs else None
    if not mine:
        return None
    if schema["type"] == "array" and explode:
        return from_list([unquote(value) for value in mine], schema)
    assert len(mine) == 1
    if schema["type"] in ("array", "object"):
        separator = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}[style]
        return from_list(decoded(mine[0], separator), schema)
    return typed(unquote(mine[0], errors="strict"), schema)


def read_deep(pairs: list[tuple[str, str]], name: str, schema: Schema) -> Any:
    """`name[a][b]`, `name[a][]`, `name[a][0][b]`, as qs, Rack and PHP read them."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        if not key.startswith(f"{name}["):
            continue
        assert key.endswith("]"), key
        steps = key[len(name) + 1 : -1].split("][")
        node = root
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        if steps[-1] == "":
            node.setdefault("", []).append(value)
        else:
            assert steps[-1] not in node
            node[steps[-1]] = value
    return shaped(root, schema) if root else None


def shaped(node: Any, schema: Schema) -> Any:
    if schema["type"] == "object":
        return {key: shaped(member, schema["properties"][key]) for key, member in node.items()}
    if schema["type"] == "array":
        items = node[""] if "" in node else [node[str(index)] for index in range(len(node))]
        return [shaped(item, schema["items"]) for item in items]
    return typed(node, schema)


def read_header(value: str | None, explode: bool, schema: Schema) -> Any:
    """Style simple without percent-encoding, as HTTP fields are."""
    if value is None:
        return None
    if schema["type"] == "object" and explode:
        pairs = [piece.partition("=") for piece in value.split(",")]
        return from_pairs([(key, member) for key, _, member in pairs], schema)
    return from_list(value.split(","), schema) if schema["type"] in ("array", "object") else typed(value, schema)


def read_cookies(header: str, name: str, explode: bool, schema: Schema) -> Any:
    pairs = [piece.partition("=") for piece in header.split("; ") if piece]
    mine = [value for key, _, value in pairs if unquote(key) == name]
    if schema["type"] == "object" and explode:
        found = [(unquote(key), unquote(value)) for key, _, value in pairs if unquote(key) in schema["properties"]]
        return from_pairs(found, schema) if found else None
    if not mine:
        return None
    if schema["type"] == "array" and explode:
        return from_list([unquote(value) for value in mine], schema)
    if schema["type"] in ("array", "object"):
        return from_list(decoded(mine[0], ","), schema)
    return typed(unquote(mine[0]), schema)


def read_form(body: bytes) -> list[tuple[str, str]]:
    """application/x-www-form-urlencoded (WHATWG URL §5.1)."""
    return parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict")


def read_multipart(body: bytes, content_type: str) -> list[tuple[str, str | None, str | None, bytes]]:
    """Name, file name, media type (None where the part names none) and content of each part, by the standard library."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    assert not message.defects, message.defects
    found = []
    for part in message.iter_parts():
        disposition = part["Content-Disposition"]
        media_type = part.get_content_type() if "Content-Type" in part else None
        payload = part.get_payload(decode=True)
        found.append((disposition.params["name"], disposition.params.get("filename"), media_type, payload))
    return found
