"""Bytes that are documents, and bytes that are something else."""

from __future__ import annotations

import json
import time

import pytest

from mcp_core.errors import InvalidInput
from mcp_core.openapi import load as loading
from mcp_core.openapi.load import load
from tests.mcp_core.openapi.documents import document, imported


def loaded(data: str | bytes) -> tuple[object, list[str]]:
    warnings: list[str] = []
    return load(data.encode() if isinstance(data, str) else data, warnings.append), warnings


SCALARS = {
    # YAML 1.2's core schema, not 1.1's: what a JSON reader of the same document would see.
    "no": "no", "off": "off", "yes": "yes", "on": "on", "true": True, "False": False, "null": None, "~": None, "": None,
    "2020-01-01": "2020-01-01", "2020-01-01T10:00:00Z": "2020-01-01T10:00:00Z", "1:30": "1:30", "0777": 777, "0o17": 15,
    "0x1F": 31, "1_000": "1_000", "-12": -12, "+3": 3, "1.5": 1.5, "1e3": 1000.0, ".5": 0.5, "1.": 1.0, "'1'": "1",
    '"true"': "true", ".nan": ".nan", "1.2.3": "1.2.3", "!!str 12": "12", "!!timestamp 2020-01-01": "2020-01-01",
    "!!int '12'": 12, "=": "=", "12e03": 12000.0,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_yaml_scalars_are_read_as_yaml_1_2_has_them(text: str, value: object) -> None:
    assert loaded(f"value: {text}\n")[0] == {"value": value}


def test_yaml_keys_are_the_text_that_stands_there() -> None:
    assert loaded("200: a\non: b\nnull: c\n1.0: d\ntrue: e\n")[0] == {
        "200": "a",
        "on": "b",
        "null": "c",
        "1.0": "d",
        "true": "e",
    }


def test_yaml_aliases_and_merge_keys_are_followed() -> None:
    data = loaded(
        "base: &b {type: object, x: 1}\nuse: *b\nmore:\n  <<: *b\n  x: 2\nlist: &l [1, 2]\nagain: *l\nname: &n key\n*n : 3\n"
    )[0]
    assert data == {
        "base": {"type": "object", "x": 1}, "use": {"type": "object", "x": 1}, "more": {"x": 2, "type": "object"},
        "list": [1, 2], "again": [1, 2], "name": "key", "key": 3,
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", ['{"name": "Grüße 🙂"}', "name: Grüße 🙂\n"])
def test_text_is_read_in_every_unicode_encoding(encoding: str, text: str) -> None:
    assert loaded(text.encode(encoding)) == ({"name": "Grüße 🙂"}, [])


TOLERATED = [
    ('{"a": 1, "a": 2}', {"a": 2}, "'a' stands twice"),
    ("a: 1\na: 2\n", {"a": 2}, "(line 2)"),
    ('{"a": [1, 2,],}', {"a": [1, 2]}, "Read as YAML"),
    ("{'a': 'b'}", {"a": "b"}, "Read as YAML"),
    ('{"a": "tab\there"}', {"a": "tab\there"}, "Read as YAML"),
    ("---\na: 1\n---\nb: 2\n", {"a": 1}, "more than one YAML document"),
    ("name: Gr\xfc\xdfe\n".encode("latin-1"), {"name": "Grüße"}, "Windows-1252"),
]


@pytest.mark.parametrize(("text", "value", "warning"), TOLERATED)
def test_what_is_tolerated_is_said(text: str | bytes, value: object, warning: str) -> None:
    data, warnings = loaded(text)
    assert data == value
    assert len(warnings) == 1 and warning in warnings[0]


def test_numbers_stay_finite_and_text_stays_utf_8() -> None:
    data, _ = loaded(r'{"big": 1e999, "small": -1e999, "half": "a\ud800b", "pair": "😀"}')
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert str(data).encode()
    assert data["half"] == "a�b" and data["pair"] == "😀"  # type: ignore[index]  # the data is a dict here


REFUSED = {
    "empty": (b"", "The document is empty."),
    "blank": (b" \n\n ", "The document is empty."),
    "HTML": (b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "an HTML page titled 'Sign in'"),
    "HTML with white space": (b"\n\n  <html lang=en>", "an HTML page"),
    "WSDL": (b'<?xml version="1.0"?><wsdl:definitions/>', "a WSDL document (SOAP)"),
    "XML": (b"<?xml version='1.0'?><x/>", "This is XML"),
    "gzip": (b"\x1f\x8b\x08\x00\x00", "binary data (gzip)"),
    "zip": (b"PK\x03\x04\x14\x00\x00", "binary data (a zip archive)"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00", "binary data (an image)"),
    "JSON without a comma": (b'{"a": 1\n "b": 2}', "(line 2, column 2)"),
    "JSON without an end": (b'{"a": {"b": 1}', "not proper JSON"),
    "NaN": (b'{"a": [NaN]}', "the value NaN is not in JSON"),
    "an endless integer": (b'{"a": ' + b"1" * 5000 + b"}", "limit"),
    "YAML": (b"a: [1, 2\nb: 3\n", "(line 2, column"),
    "a nested mapping on one line": (b"a: b: c\n", "(line 1, column 5)"),
    "tabs": (b"a:\n\t- b\n", "(line 2, column 1)"),
    "an unknown alias": (b"a: *b\n", "the alias *b is not defined"),
    "a recursive alias": (b"a: &x\n  b: *x\n", "stands for a part that it is in itself"),
    "a Python object": (b"a: !!python/object/apply:os.system [ls]\n", "is not data (line 1, column 4)"),
    "an include": (b"a: !include b.yaml\n", "is not data"),
    "a collection as a key": (b"? [a, b]\n: c\n", "a key must be a plain word"),
    "control characters": (b"a: \x01\n", "binary data"),
    "1,000 levels of JSON": (b"[" * 1000 + b"]" * 1000, "more than 200 levels deep"),
    "1,000 levels of objects": (b'{"a":' * 1000 + b"1" + b"}" * 1000, "more than 200 levels deep"),
    "100,000 levels of JSON": (b"[" * 100_000, "more than 200 levels deep"),
    "1,000 levels of YAML": (b"a: " + b"[" * 1000 + b"]" * 1000, "more than 200 levels deep"),
    "levels by aliases": (
        b"x0: &x0 [1]\n" + b"".join(b"x%d: &x%d [*x%d]\n" % (n, n, n - 1) for n in range(1, 300)),
        "more than 200 levels deep",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bytes_that_are_no_document_are_refused_with_a_sentence(name: str) -> None:
    data, sentence = REFUSED[name]
    with pytest.raises(InvalidInput) as refusal:
        loaded(data)
    assert sentence in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    before = time.perf_counter()
    with pytest.raises(InvalidInput, match="stands for more than"):
        loaded(bomb)
    assert time.perf_counter() - before < 2


def test_a_document_over_the_size_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="100 MiB; up to 64 MiB"):
        loaded(bytes(100 * 1024 * 1024))
    monkeypatch.setattr(loading, "MAX_NODES", 1000)
    with pytest.raises(InvalidInput, match="more than 1,000 values"):
        loaded(json.dumps({"a": [[n] for n in range(2000)]}))


def test_yaml_and_json_of_the_same_document_import_alike() -> None:
    import yaml

    data = document(
        {"/a/{id}": {"get": {"operationId": "op", "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}]}}}
    )
    assert imported(yaml.safe_dump(data)) == imported(data)
