"""System.Text.RegularExpressions.

The rule here: rows only; patterns are translated in `translation`, compiled and run in `engine`, seen through `matches`.
Source: learn.microsoft.com/dotnet/api/system.text.regularexpressions.regex.
"""

from __future__ import annotations

import re
from typing import Any

from policies.dotnet.dates.spans import SECOND, TimeSpan
from policies.dotnet.exceptions import ArgumentNullException, ArgumentOutOfRangeException
from policies.dotnet.regex.engine import RIGHT_TO_LEFT, Compiled, check, compiled
from policies.dotnet.regex.matches import EMPTY_MATCH, Capture, Captures, Group, Groups, Match, Matches, replaced, replacement
from policies.dotnet.types import Checked, Class, Const, Delegate, Enum, Implementation, Inline
from policies.dotnet.values import NetArray

__all__ = ["TYPES", "Regex"]

OPTIONS = Enum(
    "System.Text.RegularExpressions.RegexOptions",
    {
        "None": 0,
        "IgnoreCase": 1,
        "Multiline": 2,
        "ExplicitCapture": 4,
        "Compiled": 8,
        "Singleline": 16,
        "IgnorePatternWhitespace": 32,
        "RightToLeft": 64,
        "ECMAScript": 256,
        "CultureInvariant": 512,
    },
)
_IGNORED = 8 | 512
_INFINITE = TimeSpan(-10_000)


class Regex:
    """A pattern with options and a time limit in seconds (None: the evaluation's own)."""

    __slots__ = ("_compiled", "limit", "options")

    def __init__(self, pattern: str | None, options: int = 0, timeout: TimeSpan | None = None) -> None:
        self._compiled: Compiled = compiled(pattern, int(options) & ~_IGNORED)
        self.options = OPTIONS.values["None"].__class__(options)
        if timeout is not None and timeout != _INFINITE and timeout.ticks <= 0:
            raise ArgumentOutOfRangeException("matchTimeout")
        self.limit = None if timeout is None or timeout == _INFINITE else timeout.ticks / SECOND

    def _start(self, text: str | None, start: int | None) -> int:
        if text is None:
            raise ArgumentNullException("input")
        if start is None:
            return len(text) if self._compiled.options & RIGHT_TO_LEFT else 0
        if not 0 <= start <= len(text):
            raise ArgumentOutOfRangeException("startat", "Start index cannot be less than 0 or greater than input length.")
        return start

    def is_match(self, text: str | None, start: int | None = None) -> bool:
        """IsMatch."""
        at = self._start(text, start)
        return self._compiled.search(text or "", at, self.limit) is not None

    def match(self, text: str | None, start: int | None = None) -> Match:
        """Match."""
        at = self._start(text, start)
        return Match(self._compiled, text or "", self._compiled.search(text or "", at, self.limit), self.limit)

    def matches(self, text: str | None, start: int | None = None) -> Matches:
        """Matches."""
        at = self._start(text, start)
        own, source = self._compiled, text or ""
        return Matches([Match(own, source, found, self.limit) for found in own.all(source, at, self.limit)])

    def replace(self, text: str | None, with_: Any, count: int = -1, start: int | None = None) -> str:
        """Replace by a replacement pattern or an evaluator."""
        at = self._start(text, start)
        if with_ is None:
            raise ArgumentNullException("replacement")
        if count < -1:
            raise ArgumentOutOfRangeException("count", "Count cannot be less than -1.")
        make = replacement(self._compiled, with_) if isinstance(with_, str) else lambda match: with_(match) or ""
        return replaced(self._compiled, text or "", make, count, at, self.limit)

    def split(self, text: str | None, count: int = 0, start: int | None = None) -> NetArray:
        """Split: the captures of groups stand between the parts."""
        begin = self._start(text, start)
        if count < 0:
            raise ArgumentOutOfRangeException("count", "Count cannot be less than -1.")
        source, parts, at = text or "", [], 0
        found = []
        for match in self._compiled.all(source, begin, self.limit) if count != 1 else ():
            found.append(match)
            if len(found) == count - 1:
                break
        for match in reversed(found) if self._compiled.options & RIGHT_TO_LEFT else found:
            parts.append(source[at : match.start()])
            at = match.end()
            whole = Match(self._compiled, source, match)
            groups = (whole.group(number) for number in self._compiled.numbers)
            parts += [group.value for group in groups if group.success]
        parts.append(source[at:])
        return NetArray("string", parts)

    def group_names(self) -> NetArray:
        """GetGroupNames."""
        return NetArray("string", [self._compiled.name_of(number) for number in (0, *self._compiled.numbers)])

    def __str__(self) -> str:
        return self._compiled.source


_META = re.compile(r"[\\*+?|{\[()^$.# \t\n\r\f]")
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}


def escape(text: str | None) -> str:
    """Regex.Escape."""
    if text is None:
        raise ArgumentNullException("str")
    return _META.sub(lambda found: _NAMED.get(found[0], f"\\{found[0]}"), text)


def unescape(text: str | None) -> str:
    """Regex.Unescape."""
    if text is None:
        raise ArgumentNullException("str")
    from policies.dotnet.regex.translation import unescaped

    return unescaped(text)


def _statics(result: str, name: str, method: str, *parameters: str) -> dict[str, Implementation]:
    """The static overloads: pattern, then options, then a time limit."""
    rest = ", ".join(parameters)
    after = f", {rest}" if rest else ""
    call = getattr(Regex, method)

    def plain(text: str | None, pattern: str | None, *more: Any) -> Any:
        count = len(parameters)
        return call(Regex(pattern, *more[count:]), text, *more[:count])

    head = f"static {result} {name}(string input, string pattern{after}"
    return {
        f"{head})": Checked(plain, check),
        f"{head}, RegexOptions options)": Checked(plain, check),
        f"{head}, RegexOptions options, TimeSpan matchTimeout)": Checked(plain, check),
    }


_REGEX: dict[str, Implementation] = {
    "new(string pattern)": Checked(Regex, check),
    "new(string pattern, RegexOptions options)": Checked(Regex, check),
    "new(string pattern, RegexOptions options, TimeSpan matchTimeout)": Checked(Regex, check),
    "RegexOptions Options": Inline("self.options"),
    "string ToString()": Inline("str(self)", str=str),
    "string[] GetGroupNames()": Inline("self.group_names()"),
    **{
        f"{result} {name}(string input{start})": getattr(Regex, method)
        for result, name, method in (
            ("bool", "IsMatch", "is_match"),
            ("Match", "Match", "match"),
            ("MatchCollection", "Matches", "matches"),
        )
        for start in ("", ", int startat")
    },
    **{
        f"string Replace(string input, {kind}{more})": Regex.replace
        for kind in ("string replacement", "MatchEvaluator evaluator")
        for more in ("", ", int count", ", int count, int startat")
    },
    **{f"string[] Split(string input{more})": Regex.split for more in ("", ", int count", ", int count, int startat")},
    **_statics("bool", "IsMatch", "is_match"),
    **_statics("Match", "Match", "match"),
    **_statics("MatchCollection", "Matches", "matches"),
    **_statics("string", "Replace", "replace", "string replacement"),
    **_statics("string", "Replace", "replace", "MatchEvaluator evaluator"),
    **_statics("string[]", "Split", "split"),
    "static string Escape(string str)": escape,
    "static string Unescape(string str)": unescape,
}

_SPACE = "System.Text.RegularExpressions"

TYPES = (
    OPTIONS,
    Delegate(f"{_SPACE}.MatchEvaluator", "string Invoke(Match match)"),
    Class(f"{_SPACE}.Regex", runtime=Regex, members=_REGEX),
    Class(
        f"{_SPACE}.Capture",
        runtime=Capture,
        members={
            "int Index": Inline("self.index"),
            "int Length": Inline("len(self.value)", len=len),
            "string Value": Inline("self.value"),
            "string ToString()": Inline("self.value"),
        },
    ),
    Class(
        f"{_SPACE}.Group",
        runtime=Group,
        bases=("Capture",),
        members={
            "bool Success": Inline("self.success"),
            "string Name": Inline("self.name"),
            "CaptureCollection Captures": Inline("self.captures()"),
        },
    ),
    Class(
        f"{_SPACE}.Match",
        runtime=Match,
        bases=("Group",),
        members={
            "static Match Empty": Const(EMPTY_MATCH),
            "GroupCollection Groups": Inline("self.groups()"),
            "string Result(string replacement)": Inline("self.result(replacement)"),
            "Match NextMatch()": Inline("self.next()"),
        },
    ),
    Class(
        f"{_SPACE}.GroupCollection",
        runtime=Groups,
        bases=("IEnumerable<Group>",),
        members={
            "int Count": Inline("len(self)", len=len),
            "Group this[int groupnum]": Inline("self.by_number(groupnum)"),
            "Group this[string groupname]": Inline("self.by_name(groupname)"),
            "bool ContainsKey(string key)": Inline("self.has(key)"),
        },
    ),
    Class(
        f"{_SPACE}.CaptureCollection",
        runtime=Captures,
        bases=("IReadOnlyList<Capture>",),
        members={"int Count": Inline("len(self)", len=len), "Capture this[int i]": Inline("self.item(i)")},
    ),
    Class(
        f"{_SPACE}.MatchCollection",
        runtime=Matches,
        bases=("IReadOnlyList<Match>",),
        members={"int Count": Inline("len(self)", len=len), "Match this[int i]": Inline("self.item(i)")},
    ),
)
