"""What the suite must find, scenario by scenario, and why the rest is out of reach.

The rule here: a scenario is met only when the checks named here succeeded and their content is right: several ticks of the
suite are given to servers that lack the tool altogether.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conformance.backend import ERROR_TEXT, SIMPLE_TEXT

__all__ = ["OUT_OF_REACH", "REACHABLE", "Check", "Expectation", "reason_for", "shortfall"]

Check = Mapping[str, Any]


@dataclass(frozen=True)
class Expectation:
    """`checks`: the ids that must each occur and succeed everywhere. `skipped`: ids that may be skipped, as they do not apply
    to what is declared. `content` looks at the details of the checks and gives what is wrong, "" for nothing."""

    checks: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    content: Callable[[Mapping[str, Check]], str] = lambda checks: ""


def shortfall(expectation: Expectation, checks: Sequence[Check]) -> list[str]:
    """What keeps a scenario's checks from meeting the expectation; empty when it is met."""
    problems = []
    for identifier in expectation.checks:
        found = [check for check in checks if check["id"] == identifier]
        if not found:
            problems.append(f"{identifier}: the suite did not check it")
        problems += [_failed(check) for check in found if check["status"] != "SUCCESS"]
    for check in checks:
        fails = check["status"] in {"FAILURE", "WARNING"}
        skipped = check["status"] == "SKIPPED" and check["id"] not in expectation.skipped
        if check["id"] not in expectation.checks and (fails or skipped):
            problems.append(_failed(check))
    if not problems:
        wrong = expectation.content({check["id"]: check for check in checks})
        if wrong:
            problems.append(f"content: {wrong}")
    return problems


def _failed(check: Check) -> str:
    return f"{check['id']}: {check['status']} {check.get('errorMessage', '')}".strip()


def _text_is(identifier: str, expected: str, *, is_error: bool) -> Callable[[Mapping[str, Check]], str]:
    def content(checks: Mapping[str, Check]) -> str:
        result = checks[identifier]["details"]["result"]
        texts = [block.get("text", "") for block in result["content"]]
        right = any(expected in text for text in texts) if is_error else texts == [expected]
        return "" if right and bool(result.get("isError")) is is_error else f"the result is {result}"

    return content


def _details_are(identifier: str, expected: Mapping[str, Any]) -> Callable[[Mapping[str, Check]], str]:
    def content(checks: Mapping[str, Check]) -> str:
        details = checks[identifier]["details"]
        wrong = {name: details.get(name) for name, value in expected.items() if details.get(name) != value}
        return f"the details are {wrong}" if wrong else ""

    return content


def _has_audio(checks: Mapping[str, Check]) -> str:
    return "" if checks["tools-call-audio"]["details"]["audioDataLength"] >= 64 else "there is no audio"


def _has_resource_uri(checks: Mapping[str, Check]) -> str:
    return "" if checks["tools-call-embedded-resource"]["details"]["resourceUri"] else "the resource has no URI"


def _lists_the_tools(checks: Mapping[str, Check]) -> str:
    tools = checks["tools-list"]["details"]["tools"]
    return "" if {"test_simple_text", "json_schema_2020_12_tool"} <= set(tools) else f"the tools are {tools}"


_STATELESS = (
    "sep-2575-request-meta-invalid-missing-meta",
    "sep-2575-request-meta-invalid-missing-protocol-version",
    "sep-2575-request-meta-invalid-missing-client-capabilities",
    "sep-2575-http-server-meta-invalid-400",
    "sep-2575-request-meta-client-info-optional",
    "sep-2575-server-implements-discover",
    "sep-2575-server-identifies-in-result-meta",
    "sep-2575-discover-capabilities-match-handlers",
    "sep-2575-server-unsupported-version-error",
    "sep-2575-http-server-unsupported-version-400",
    "sep-2575-http-server-header-mismatch-400",
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-method-not-found-404",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
    "sep-2575-http-server-error-jsonrpc-id",
)
_SUBSCRIPTIONS = (
    "sep-2575-server-sends-subscription-ack",
    "sep-2575-server-tags-subscription-id",
    "sep-2575-server-honors-notification-filter",
    "sep-2575-server-sends-prompts-list-changed-on-subscription",
    "sep-2575-server-sends-tools-list-changed-on-subscription",
)

_BOTH: Mapping[str, Expectation] = {
    "tools-list": Expectation(("tools-list", "tools-name-format"), content=_lists_the_tools),
    "tools-call-simple-text": Expectation(
        ("tools-call-simple-text",), content=_text_is("tools-call-simple-text", SIMPLE_TEXT, is_error=False)
    ),
    "tools-call-error": Expectation(("tools-call-error",), content=_text_is("tools-call-error", ERROR_TEXT, is_error=True)),
    "tools-call-image": Expectation(
        ("tools-call-image",), content=_details_are("tools-call-image", {"mimeType": "image/png", "hasData": True})
    ),
    "tools-call-audio": Expectation(("tools-call-audio",), content=_has_audio),
    "tools-call-embedded-resource": Expectation(("tools-call-embedded-resource",), content=_has_resource_uri),
    "tools-call-mixed-content": Expectation(
        ("tools-call-mixed-content",),
        content=_details_are("tools-call-mixed-content", {"contentTypes": ["text", "image", "resource"]}),
    ),
    "dns-rebinding-protection": Expectation(("localhost-host-rebinding-rejected", "localhost-host-valid-accepted")),
}
_SCHEMA = (
    "json-schema-2020-12-tool-found",
    "json-schema-2020-12-$schema",
    "json-schema-2020-12-$defs",
    "json-schema-2020-12-additionalProperties",
)
_NEWER_SCHEMA = (
    "sep-2106-composition-keywords-preserved",
    "sep-2106-conditional-keywords-preserved",
    "sep-2106-anchor-keyword-preserved",
)

REACHABLE: Mapping[str, Mapping[str, Expectation]] = {
    "2025-11-25": {
        "server-initialize": Expectation(("server-initialize",)),
        "ping": Expectation(("ping",)),
        **_BOTH,
        "json-schema-2020-12": Expectation(_SCHEMA, skipped=_NEWER_SCHEMA),
    },
    "2026-07-28": {
        "server-stateless": Expectation(_STATELESS, skipped=_SUBSCRIPTIONS),
        **_BOTH,
        "tools-list": Expectation(
            ("tools-list", "tools-name-format", "tools-list-deterministic-order"), content=_lists_the_tools
        ),
        "json-schema-2020-12": Expectation((*_SCHEMA, *_NEWER_SCHEMA)),
        "caching": Expectation(
            (
                "sep-2549-tools-list-caching-hints",
                "sep-2549-prompts-list-caching-hints",
                "sep-2549-resources-list-caching-hints",
                "sep-2549-resources-templates-list-caching-hints",
                "sep-2549-ttl-non-negative",
                "sep-2549-cache-scope-valid",
            ),
            skipped=("sep-2549-resources-read-caching-hints",),
        ),
        "sep-2164-resource-not-found": Expectation(("sep-2164-no-empty-contents", "sep-2164-error-code", "sep-2164-data-uri")),
        "http-header-validation": Expectation(
            (
                "sep-2243-server-reject-invalid-headers",
                "sep-2243-server-reject-error-code",
                "sep-2243-server-accepts-whitespace-header-value",
                "sep-2243-header-name-case-insensitive",
            )
        ),
        "http-custom-header-server-validation": Expectation(
            (
                "sep-2243-server-decode-base64",
                "sep-2243-server-reject-invalid-param-chars",
                "sep-2243-server-reject-param-mismatch",
                "sep-2243-server-validate-param-match",
            )
        ),
        "server-sse-multiple-streams": Expectation(("server-accepts-multiple-post-streams",)),
    },
}

_NO_SESSION = (
    "needs a session or a stream that outlives its request. Every request is served on its own here, so that any instance can "
    "answer it; the suite then has nothing to check and gives a tick or a warning."
)
_NO_ASKING = "the tool must ask the client for something while it runs. A REST operation has nothing to ask."
_NO_RESOURCES = "must offer the suite's own resources. REST operations are exported as tools."
_NO_PROMPTS = "must offer the suite's own prompts. REST operations are exported as tools."

OUT_OF_REACH: Mapping[str, str] = {
    "logging-set-level": "must take a log level. Logging to clients is not declared (deprecated since 2026-07-28).",
    "tools-call-with-logging": "the tool must send log messages while it runs. A REST reply carries none.",
    "tools-call-with-progress": "the tool must report progress while it runs. A REST reply carries none.",
    "completion-complete": "must complete arguments of prompts. There are no prompts.",
    "tools-call-sampling": _NO_ASKING,
    "tools-call-elicitation": _NO_ASKING,
    "elicitation-*": _NO_ASKING,
    "input-required-result-*": _NO_ASKING,
    "resources-*": _NO_RESOURCES,
    "prompts-*": _NO_PROMPTS,
    "tasks-*": "an extension that is not declared: a REST call is answered within its request.",
    "server-session-lifecycle": _NO_SESSION,
    "server-sse-*": _NO_SESSION,
}
"""Scenario (or pattern) → why it is not met, completing "The scenario …"."""


def reason_for(scenario: str) -> str:
    """Why a scenario is out of reach, "" when it is expected to be met."""
    return next((reason for pattern, reason in OUT_OF_REACH.items() if fnmatch.fnmatch(scenario, pattern)), "")
