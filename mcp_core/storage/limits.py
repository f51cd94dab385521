"""The limits of Azure Table Storage, kept by our own code because neither SQLite nor the emulator enforces all of them.

The rule here: what passes these checks is accepted by the real service. Source: "Understanding the Table service data model",
"Performing entity group transactions" (Azure Storage REST reference). Every refusal is EntityTooLarge, and says which thing
is outside which limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mcp_core.storage.port import EntityTooLarge, Operation, Scalar

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_BATCH_OPERATIONS",
    "MAX_ENTITY_BYTES",
    "MAX_KEY_BYTES",
    "MAX_PROPERTIES",
    "MAX_PROPERTY_BYTES",
    "check_batch",
    "check_entity",
    "check_key",
    "check_table",
    "entity_size",
]

MAX_KEY_BYTES = 1024
MAX_PROPERTY_BYTES = 64 * 1024
MAX_ENTITY_BYTES = 1024 * 1024
MAX_PROPERTIES = 252
MAX_BATCH_OPERATIONS = 100
MAX_BATCH_BYTES = 4 * 1024 * 1024

_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")
_FORBIDDEN = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SYSTEM = frozenset({"PartitionKey", "RowKey", "Timestamp"})
# A batch travels as text: binary values as base64, and each operation with its own headers and keys.
_BATCH_OVERHEAD = 1024


def check_table(table: str) -> None:
    """Table names are 3 to 63 letters and digits, the first a letter."""
    if not _TABLE.fullmatch(table) or table.lower() == "tables":
        raise EntityTooLarge(f"{table!r:.80} is no table name: 3 to 63 letters and digits, beginning with a letter.")


def check_key(kind: str, key: str) -> None:
    """`kind` is "partition" or "row", for the message."""
    if len(key) > MAX_KEY_BYTES // 2 or (not key.isascii() and _utf16(key) > MAX_KEY_BYTES):
        raise EntityTooLarge(f"The {kind} key {key[:40]!r}… has {_utf16(key):,} bytes; at most {MAX_KEY_BYTES:,} are allowed.")
    found = _FORBIDDEN.search(key)
    if found:
        raise EntityTooLarge(f"The {kind} key {key[:80]!r} holds {found[0]!r}, which a key may not.")


def check_entity(partition: str, row: str, properties: Mapping[str, Scalar]) -> None:
    """Keys, names, each value, and the whole."""
    check_key("partition", partition)
    check_key("row", row)
    size = entity_size(partition, row, properties)
    if len(properties) > MAX_PROPERTIES:
        raise EntityTooLarge(f"Entity {row[:80]!r} has {len(properties)} properties; at most {MAX_PROPERTIES} are allowed.")
    if size > MAX_ENTITY_BYTES:
        raise EntityTooLarge(f"Entity {row[:80]!r} takes {size:,} bytes; at most {MAX_ENTITY_BYTES:,} are allowed.")


def entity_size(partition: str, row: str, properties: Mapping[str, Scalar]) -> int:
    """The bytes that the service counts for an entity. Checks each property on the way."""
    size = 4 + 2 * (len(partition) + len(row))
    for name, value in properties.items():
        if len(name) > 255 or not name.isidentifier() or name in _SYSTEM:
            raise EntityTooLarge(f"{name[:80]!r} is no property name: at most 255 letters, digits and '_', no system property.")
        size += 8 + 2 * len(name) + _value_size(name, value)
    return size


def _value_size(name: str, value: Scalar) -> int:
    kind = type(value)
    if kind is str:
        assert isinstance(value, str)
        size = 2 * len(value) if value.isascii() else _utf16(value, name)
    elif kind is bytes:
        assert isinstance(value, bytes)
        size = len(value)
    elif kind is int:
        assert isinstance(value, int)
        if not -(2**63) <= value < 2**63:
            raise EntityTooLarge(f"Property {name!r} is {value}; whole numbers have 64 bits.")
        return 8
    elif kind is float or kind is bool:
        return 8
    else:
        raise TypeError(f"Property {name!r} is a {kind.__name__}; str, int, float, bool and bytes can be stored.")
    if size > MAX_PROPERTY_BYTES:
        raise EntityTooLarge(f"Property {name!r} takes {size:,} bytes; at most {MAX_PROPERTY_BYTES:,} are allowed.")
    return size + 4


def check_batch(partition: str, operations: Sequence[Operation]) -> None:
    """At most 100 operations, 4 MiB as sent, each row once, each entity within its limits."""
    if len(operations) > MAX_BATCH_OPERATIONS:
        raise EntityTooLarge(f"A batch of {len(operations)} operations; at most {MAX_BATCH_OPERATIONS} are allowed.")
    rows: set[str] = set()
    size = 0
    for step in operations:
        if step.row in rows:
            raise EntityTooLarge(f"Row {step.row[:80]!r} appears twice in one batch.")
        rows.add(step.row)
        if (step.properties is None) != (step.kind == "delete"):
            raise TypeError(
                f"A {step.kind!r} of row {step.row[:80]!r} {'takes no' if step.kind == 'delete' else 'needs'} properties."
            )
        if step.kind == "replace" and not step.etag:
            raise TypeError(f"A replace of row {step.row[:80]!r} needs an ETag.")
        check_entity(partition, step.row, step.properties or {})
        size += _BATCH_OVERHEAD + len(partition) + len(step.row) + _sent_size(step.properties or {})
    if size > MAX_BATCH_BYTES:
        raise EntityTooLarge(f"A batch of {size:,} bytes; at most {MAX_BATCH_BYTES:,} are allowed.")


def _sent_size(properties: Mapping[str, Scalar]) -> int:
    size = 0
    for name, value in properties.items():
        size += 2 * len(name) + 32
        if isinstance(value, bytes):
            size += (len(value) + 2) // 3 * 4
        elif isinstance(value, str):
            size += len(value) if value.isascii() else 6 * len(value)  # the JSON encoder escapes what is not ASCII
    return size


def _utf16(text: str, name: str = "") -> int:
    try:
        return len(text.encode("utf-16-le"))
    except UnicodeEncodeError:
        if name:
            raise EntityTooLarge(f"Property {name!r} holds half a surrogate pair, which is no text.") from None
        return 2 * len(text)
