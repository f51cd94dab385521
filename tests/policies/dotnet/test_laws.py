"""Laws of the library: what is written reads back, whatever it is."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.dotnet.dates.moments import MAX_TICKS, UNSPECIFIED, UTC, DateTime, DateTimeOffset
from policies.dotnet.dates.parsing import ROUNDTRIP_KIND, parse, parse_exact, parse_offset, quick_iso
from policies.dotnet.dates.spans import TimeSpan
from policies.dotnet.dates.spans import parse as parse_span
from policies.dotnet.exceptions import ArgumentException, NetException
from policies.dotnet.json import reader
from policies.dotnet.json.writer import write
from policies.dotnet.net import html_decode, html_encode, url_decode, url_encode
from policies.dotnet.regex.engine import compiled
from policies.dotnet.regex.tables import Regex, escape, unescape
from policies.dotnet.uris import Uri, escape_data, unescape_data
from policies.dotnet.values import scalars, units
from policies.dotnet.xml.elements import XAttribute, XElement
from policies.dotnet.xml.names import XName
from policies.dotnet.xml.nodes import XText
from policies.dotnet.xml.reader import parse_element

law = settings(max_examples=80, deadline=None)
texts = st.text(st.characters(codec="utf-8")).map(units)
plain = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=12)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain, inner, max_size=4),
    max_leaves=12,
)
names = st.from_regex(r"[a-z][a-z0-9.-]{0,5}", fullmatch=True)
xml_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"], min_codepoint=32), max_size=8).map(
    units
)


@law
@given(values)
def test_json_reads_back_and_both_readers_agree(value: Any) -> None:
    text = units(json.dumps(value, ensure_ascii=False))
    quick = reader.parse(text)
    forgiving = reader._Reader(text, reader.text_value).document()
    assert forgiving is not None
    assert quick.deep_equals(forgiving)
    for indented in (False, True):
        assert quick.deep_equals(reader.parse(write(quick, indented=indented)))
    assert quick.clone().deep_equals(quick)


@law
@given(st.text(max_size=30))
def test_no_text_crashes_the_json_reader(text: str) -> None:
    with contextlib.suppress(NetException):
        reader.parse(units(text))


@law
@given(st.integers(0, MAX_TICKS), st.sampled_from([UNSPECIFIED, UTC]))
def test_a_round_trip_date_reads_back(ticks: int, kind: int) -> None:
    moment = DateTime(ticks, kind)
    again = parse(moment.to_string("o"), ROUNDTRIP_KIND)
    assert (again.ticks, again.kind) == (ticks, kind)
    quick = quick_iso(moment.to_string("o"))
    assert quick is not None
    assert (quick.ticks, quick.kind) == (ticks, kind)
    exact = parse_exact(moment.to_string("yyyyMMdd HHmmss.fffffff"), "yyyyMMdd HHmmss.fffffff")
    assert exact.ticks == ticks


@law
@given(st.integers(14 * 36_000_000_000, MAX_TICKS - 14 * 36_000_000_000), st.integers(-840, 840))
def test_a_moment_with_an_offset_reads_back(ticks: int, offset: int) -> None:
    moment = DateTimeOffset(ticks, offset)
    again = parse_offset(moment.to_string("o"))
    assert (again.ticks, again.offset) == (ticks, offset)


@law
@given(st.integers(-(2**63), 2**63 - 1))
def test_a_length_of_time_reads_back(ticks: int) -> None:
    assert parse_span(str(TimeSpan(ticks))).ticks == ticks


@law
@given(texts)
def test_what_is_escaped_reads_back(text: str) -> None:
    assert unescape_data(escape_data(text)) == text
    assert url_decode(url_encode(text)) == text
    assert html_decode(html_encode(text)) == text
    assert unescape(escape(text)) == text


@law
@given(texts)
def test_an_escaped_text_matches_itself(text: str) -> None:
    found = Regex(escape(text)).match(text)
    assert found.success
    assert found.value == text


@law
@given(st.text("ab()[]{}?*+|\\^$.-:<>='!#1,x", max_size=12))
def test_no_pattern_crashes_the_translator(pattern: str) -> None:
    try:
        compiled(pattern, 0).search("ab1", 0, 0.05)
    except ArgumentException:
        pass
    except NetException as error:
        assert "timed out" in error.message


@law
@given(st.text("abc:/?#[]@!%20.é \\-", max_size=20))
def test_no_text_crashes_uri(text: str) -> None:
    try:
        made = Uri(f"http://{text}")
    except NetException:
        return
    assert Uri(made.absolute).absolute == made.absolute


@law
@given(names, st.dictionaries(names, xml_texts, max_size=3), st.lists(xml_texts | names.map(XName), max_size=4))
def test_xml_reads_back(name: str, attributes: dict[str, str], content: list[Any]) -> None:
    element = XElement(XName(name))
    for key, value in attributes.items():
        element.add_attribute(XAttribute(XName(key), value))
    for item in content:
        element.add(XElement(item) if isinstance(item, XName) else item)
    again = parse_element(element.__str__(), 1)
    twin = parse_element(str(again), 1)
    assert again.value.replace("\n", "") == element.value.replace("\n", "") or any(type(node) is XText for node in again.nodes)
    assert twin.value == again.value or twin.value.strip() == again.value.strip()
    assert [own.value for own in again.attributes] == [own.value for own in element.attributes]
    assert scalars(again.name.local) == name
