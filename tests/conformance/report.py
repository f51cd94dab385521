"""docs/conformance.md, made from the expectations, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Mapping

from tests.conformance.expectations import OUT_OF_REACH, REACHABLE

__all__ = ["PAGE", "page"]

PAGE = "docs/conformance.md"

_HEAD = """\
# Conformance

`python3 dev.py conformance` runs the official suite (npm `@modelcontextprotocol/conformance`, pinned in
`tests/node_tools/package.json`, on Node.js 22 from npm) against a local host. The server under test is not hand-written: the
host imports the OpenAPI document of a small REST API whose operations bear the names of the suite's tools
(`tests/conformance/backend.py`) and exports it. One tool needs a capability of the client; a policy of the server demands it.

A tick of the suite is not taken for a proof: some scenarios tick on a server that lacks their tool. What must be found in
`checks.json` stands in `tests/conformance/expectations.py`: which checks must have succeeded, and the text, image, audio and
error that the results must hold. The command fails when a scenario below is not met, and when one that is not listed fails.

`python3 dev.py conformance --write` makes this page.
"""


def page() -> str:
    """The page's text."""
    lines = [_HEAD]
    for revision in sorted(REACHABLE, reverse=True):
        lines += [f"## Met under {revision}", "", "| scenario | checks that must succeed |", "|---|---|"]
        lines += [f"| {name} | {', '.join(wanted.checks)} |" for name, wanted in REACHABLE[revision].items()]
        lines.append("")
    lines += ["## Out of reach", "", "Run and reported, not expected to be met.", "", "| scenario | why |", "|---|---|"]
    lines += [f"| {pattern} | {reason} |" for pattern, reason in _once(OUT_OF_REACH).items()]
    return "\n".join(lines) + "\n"


def _once(reasons: Mapping[str, str]) -> dict[str, str]:
    """Patterns with the same reason in one row."""
    rows: dict[str, list[str]] = {}
    for pattern, reason in reasons.items():
        rows.setdefault(reason, []).append(pattern)
    return {", ".join(patterns): reason for reason, patterns in rows.items()}
