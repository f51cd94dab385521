"""The table of docs/policies.md that tells which listed .NET types and members expressions have, made from the type tables.

`python -m tests.policies.dotnet.documentation` writes it anew; `test_documentation.py` fails when it is stale.
"""

from __future__ import annotations

import re
from pathlib import Path

from policies.dotnet.types import TypeDefinition, find_type

ARTICLE = Path(__file__).with_name("article.txt")
PAGE = Path(__file__).parents[3] / "docs" / "policies.md"
BEGIN, END = "<!-- listed types: begin -->", "<!-- listed types: end -->"

# why a member is not there: the first pattern that matches "Type.Member" tells
REASONS: tuple[tuple[str, str], ...] = (
    (r"XNode(Equality|DocumentOrder)Comparer\.(Equals|Compare|GetHashCode)", ""),
    (r"\.Load$|ReadFrom|JRaw\.Create", "reads from an address, a file or a reader"),
    (r"X509Certificate2?\.(CreateFrom\w+|Import|Reset|Handle)|Encoding\.RegisterProvider", "files and the platform's stores"),
    (r"\.(\w+Async)$", "expressions do not wait"),
    (r"\.(GetObjectData|OnDeserialization)$", "serialization"),
    (r"String\.Create$", "takes or gives `Span<T>`, which is not listed"),
    (
        r"TimeZoneInfo\.(From|To)Serialized|CreateCustomTimeZone|GetAdjustmentRules",
        "zones come from the IANA database and cannot be made",
    ),
    (r"\.(TryFormat|TryWriteBytes|Preamble|Try\w*Chars|TryFromBase64String)$", "takes or gives `Span<T>`, which is not listed"),
    (r"\.Try(Compute|Encrypt|Decrypt|Sign|Export|GetCert)\w*$", "takes or gives `Span<T>`, which is not listed"),
    (
        r"\.(CreateReader|CreateWriter|WriteTo|ReadFrom|GetDecoder|GetEncoder|GetEncodings|DecoderFallback|EncoderFallback|"
        r"TargetSite|Data|DBNull|GetDaylightChanges|ExportParameters|ImportParameters|LegalKeySizes|LegalBlockSizes|Extensions|EncodedKeyValue|"
        r"EncodedParameters|Decode|Format|GetComponents|ExportEncrypted\w+|ImportEncrypted\w+|TryExport\w+|FromOidValue|Compare|"
        r"FromFriendlyName|CreateSetComparer|GetDateTimeFormats|GetSystemTimeZones)$",
        "takes or gives types that are not listed",
    ),
    (r"Annotation|BaseUri$", "nothing is kept beside a node"),
    (r"PublicKey\.new$", "takes or gives types that are not listed"),
    (r"Regex\.|Group\.|Match\.|Capture", "not listed for this type"),
)
MISSING_TYPES = {
    "System.TimeZoneInfo.AdjustmentRule": "zones come from the IANA database and cannot be made",
    "System.TimeZoneInfo.TransitionTime": "zones come from the IANA database and cannot be made",
}
OTHERWISE = "not written; no document we know of uses them"


def listed() -> dict[str, list[str]]:
    """The article's types with their members."""
    lines = (line for line in ARTICLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {name: members.split() for name, _, members in (line.partition(":") for line in lines)}


def missing() -> dict[str, list[str]]:
    """For each listed type that lacks something: what."""
    found = {}
    for name, members in listed().items():
        definition = find_type(*_key(name))
        if definition is not None:
            names = _names(definition)
            indexer = "Chars" if name.endswith(("String", "StringBuilder")) else "Item"
            lacking = [member for member in members if {indexer: "this", ".ctor": ""}.get(member, member) not in {"", *names}]
            if ".ctor" in members and not definition.signatures("new") and definition.kind != "struct":
                lacking.append("new")
            if lacking:
                found[name] = lacking
    return found


def _key(name: str) -> tuple[str, int]:
    full, _, arity = name.partition("`")
    return full, int(arity or 0)


def _names(definition: TypeDefinition) -> set[str]:
    names: set[str] = set()
    static = find_type(definition.name)
    roots = [definition, *([find_type(definition.name, 1), static] if definition.name == "System.Array" else [])]
    for root in roots:
        for ancestor in [root.open(), *root.open().ancestry()] if root is not None else []:
            ancestor.definition.signatures("")
            names |= set(ancestor.definition._signatures or ()) | set(ancestor.definition.own)
    return names


def reason(name: str, member: str) -> str:
    """Why a listed member is not there."""
    return next((why for pattern, why in REASONS if re.search(pattern, f"{name}.{member}")), OTHERWISE)


def table() -> str:
    """The generated part of the page: a row a reason."""
    rows: dict[str, dict[str, list[str]]] = {}
    for name, why in MISSING_TYPES.items():
        rows.setdefault(why, {})[_short(name)] = []
    for name, members in missing().items():
        for member in members:
            why = reason(name, member)
            if why:
                rows.setdefault(why, {}).setdefault(_short(name), []).append(member)
    lines = ["| not available | why |", "|---|---|"]
    for why in sorted(rows, key=lambda why: (why == OTHERWISE, why)):
        lines.append(f"| {'; '.join(_shown(rows[why]))} | {why} |")
    return "\n".join(lines)


def _short(name: str) -> str:
    text = re.sub(r"`(\d)", lambda arity: "<T>" if arity[1] == "1" else "<K, V>", name)
    return text.removeprefix("System.TimeZoneInfo.") if "TimeZoneInfo." in text else text.rpartition(".")[2]


def _shown(types: dict[str, list[str]]) -> list[str]:
    """`Type`: members, types that lack the same together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for name, members in types.items():
        together.setdefault(tuple(members), []).append(f"`{name}`")
    return [
        f"{', '.join(names)}{': ' if members else ''}{', '.join(f'`{member}`' for member in members)}"
        for members, names in together.items()
    ]


def main() -> None:
    """Write the table into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
