"""Settings: every environment variable that this project reads, in one table.

The rule here: a setting is a row of `DEFINITIONS`. The README's table, the Bicep files' check and the message that names all
wrong settings at once are made from it. Which store is used is `storage.open`'s matter; its variables stand here as rows too.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from mcp_core.catalog.wire import is_url
from mcp_core.errors import InvalidInput
from policies.records import Record
from policies.secret import NO_SECRET, Secret

__all__ = ["DEFINITIONS", "Definition", "Settings", "load_settings"]


class Definition(Record):
    """One setting. `field` is its attribute in `Settings` ("" for those that only the store or the host reads)."""

    variable: str
    field: str
    parse: Callable[[str], Any]
    default: Any
    meaning: str
    secret: bool = False


def _flag(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("must be 1 or 0 (also true, false)")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"must be a whole number from {least:,} to {most:,}")
        return number

    return parse


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise ValueError(f"must be a number of seconds from {least:g} to {most:g}")
        return number

    return parse


def _names(text: str) -> tuple[str, ...]:
    return tuple(part for part in (piece.strip() for piece in text.split(",")) if part)


def _each(pattern: str, problem: str) -> Callable[[str], tuple[str, ...]]:
    """A list, comma-separated, of what looks so: an entry that never matches anything would be believed to be in force."""
    wanted = re.compile(pattern)

    def parse(text: str) -> tuple[str, ...]:
        found = _names(text)
        if not all(map(wanted.fullmatch, found)):
            raise ValueError(problem)
        return found

    return parse


_origins = _each(
    r"\*|null|[A-Za-z][A-Za-z0-9+.-]*://(\*\.)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?",
    "must be `*` or origins like https://app.example.com, several with commas",
)
_hosts = _each(
    r"(\*\.)?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,}",
    "must be host names without scheme and port, several with commas",
)


def _base_url(text: str) -> str:
    if text and not (text.isascii() and is_url(text, ("https", "http"))):
        raise ValueError("must be an http or https URL without query, like https://gateway.example.com")
    return text


def _certificates(text: str) -> tuple[tuple[str, str, str], ...]:
    found: list[tuple[str, str, str]] = []
    for entry in _names(text):
        name, _, source = entry.partition("=")
        setting, _, password = source.partition(":")
        if not name.strip() or not setting.strip():
            raise ValueError("must be a list of ID=SETTING or ID=SETTING:PASSWORD_SETTING")
        found.append((name.strip(), setting.strip(), password.strip()))
    return tuple(found)


def _encryption_keys(text: str) -> tuple[Secret, ...]:
    found = tuple(map(Secret, _names(text)))
    try:
        lengths = {len(base64.b64decode(each.reveal(), validate=True)) for each in found}
    except ValueError:
        lengths = {0}
    if lengths - {32}:
        raise ValueError("must be 32 random bytes in base64, as `openssl rand -base64 32` gives them; several with commas")
    return found


MIB = 1024 * 1024

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "MCP_STORE",
        "",
        str,
        "",
        "Where everything is kept: `sqlite:PATH`, or `tables:` and a connection string or account URL. Unset: the function "
        "app's own storage account (`AzureWebJobsStorage`), else `sqlite:.data/gateway.db`.",
        secret=True,
    ),
    Definition(
        "AzureWebJobsStorage",
        "",
        str,
        "",
        "Connection string of the function app's storage account; Functions' own setting, used where `MCP_STORE` is not set.",
        secret=True,
    ),
    Definition(
        "AzureWebJobsStorage__tableServiceUri",
        "",
        str,
        "",
        "The same account without a key: URL of its table service, reached with a managed identity.",
    ),
    Definition(
        "AzureWebJobsStorage__clientId",
        "",
        str,
        "",
        "Client id of the user-assigned identity that reaches the store; unset: the system-assigned one.",
    ),
    Definition(
        "MCP_ALLOW_PRIVATE_BACKENDS",
        "allow_private_backends",
        _flag,
        False,
        "Whether backends may be on loopback and private addresses. Link-local and metadata addresses are always refused.",
    ),
    Definition(
        "MCP_TRUSTED_PROXIES",
        "trusted_proxies",
        _whole(0, 10),
        1,
        "How many entries at the end of `X-Forwarded-For` were appended by proxies of yours; the client is the first of "
        "them. 1 is right for Azure Functions, 0 (the peer itself) for the local host.",
    ),
    Definition("MCP_MAX_BODY_BYTES", "max_body_bytes", _whole(1024, 100 * MIB), 4 * MIB, "The largest request body, in bytes."),
    Definition(
        "MCP_MAX_RESULT_BYTES",
        "max_result_bytes",
        _whole(1024, 100 * MIB),
        MIB,
        "The longest text of a tool result, in bytes; what is longer is cut with a note.",
    ),
    Definition(
        "MCP_MAX_RESPONSE_BYTES",
        "max_response_bytes",
        _whole(1024, 100 * MIB),
        16 * MIB,
        "The largest response of a backend that is read, in bytes.",
    ),
    Definition(
        "MCP_BACKEND_TIMEOUT",
        "backend_timeout",
        _seconds(0.1, 230),
        30.0,
        "Seconds until a backend must have answered, where no `forward-request` policy says otherwise.",
    ),
    Definition(
        "MCP_BACKEND_CONCURRENCY",
        "backend_concurrency",
        _whole(1, 10_000),
        256,
        "How many requests one instance has under way to one backend; further ones get 503.",
    ),
    Definition(
        "MCP_ALLOWED_ORIGINS",
        "allowed_origins",
        _origins,
        (),
        "Browser origins that may call the servers, comma-separated, beside the host's own; `*` allows any.",
    ),
    Definition(
        "MCP_ALLOWED_HOSTS",
        "allowed_hosts",
        _hosts,
        (),
        "Host names that are answered, comma-separated (`*.example.org` covers subdomains). Unset: any.",
    ),
    Definition("MCP_PAGE_SIZE", "page_size", _whole(1, 10_000), 250, "How many tools one page of `tools/list` has."),
    Definition(
        "MCP_REFRESH_SECONDS",
        "refresh_seconds",
        _seconds(0.05, 60),
        2.0,
        "How often an instance looks for changed configuration, in the background.",
    ),
    Definition(
        "MCP_ADMIT_WHEN_STORE_FAILS",
        "admit_when_store_fails",
        _flag,
        False,
        "Whether calls pass uncounted while the counters' store cannot be reached. Off: they are refused with 503.",
    ),
    Definition(
        "MCP_EXPRESSION_STEPS",
        "expression_steps",
        _whole(1_000, 1_000_000_000),
        1_000_000,
        "How many steps one evaluation of a policy expression may take; more fails the request with 500.",
    ),
    Definition(
        "MCP_EXPRESSION_SECONDS",
        "expression_seconds",
        _seconds(0.01, 60),
        1.0,
        "Seconds that one evaluation of a policy expression may take. The instance answers nobody else meanwhile.",
    ),
    Definition(
        "MCP_EXPRESSION_SIZE",
        "expression_size",
        _whole(1024, 256 * MIB),
        16 * MIB,
        "How many characters or items a value may have that a policy expression makes.",
    ),
    Definition(
        "MCP_PUBLIC_URL",
        "public_url",
        _base_url,
        "",
        "The base URL that clients use, where it differs from the Host header they send (a custom domain, a front door).",
    ),
    Definition(
        "MCP_REDIS_URL",
        "redis_url",
        Secret,
        NO_SECRET,
        'The external cache, `redis://` or `rediss://`; needed for `caching-type="external"`.',
        secret=True,
    ),
    Definition(
        "MCP_CACHE_BYTES",
        "cache_bytes",
        _whole(0, 1024 * MIB),
        32 * MIB,
        "Memory for cached values on each instance, in bytes.",
    ),
    Definition(
        "MCP_TRACE_KEY",
        "trace_key",
        Secret,
        NO_SECRET,
        "The debug credential: a request with `Ocp-Apim-Trace: true` and this value in `Apim-Debug-Authorization` is traced. "
        "Unset: nobody can trace.",
        secret=True,
    ),
    Definition(
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "telemetry_connection",
        Secret,
        NO_SECRET,
        "Where traces and metrics go; unset, nothing of telemetry is loaded. Read by the function app, not by the local host.",
        secret=True,
    ),
    Definition(
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "",
        str,
        "",
        "`Authorization=AAD` where Application Insights takes no key: telemetry is then sent with the app's identity.",
    ),
    Definition(
        "MCP_CERTIFICATES",
        "certificates",
        _certificates,
        (),
        "Certificates that policies may name, comma-separated `ID=SETTING`: an application setting of yours with PKCS #12 in "
        "base64 or PEM, such as a Key Vault reference; `ID=SETTING:PASSWORD_SETTING` where it has a password.",
    ),
    Definition(
        "MCP_CERTIFICATE_FOLDERS",
        "certificate_folders",
        _names,
        ("/var/ssl/private", "/var/ssl/certs"),
        "Folders with certificates, comma-separated: files named by thumbprint or id, `.p12`, `.pfx`, `.pem` with a private "
        "key, `.der`, `.cer`, `.crt` without. Unset: where Azure puts those of the app.",
    ),
    Definition(
        "MCP_CONNECTION_KEYS",
        "connection_keys",
        _encryption_keys,
        (),
        "Keys of 32 bytes in base64, comma-separated, that encrypt the refresh tokens which providers of connections replace: "
        "the first encrypts, all decrypt. Unset: such a token is kept in an instance's memory only.",
        secret=True,
    ),
    Definition(
        "MCP_LOG_PAYLOADS",
        "log_payloads",
        _flag,
        False,
        "Whether telemetry holds arguments and results of tool calls, what is named like a secret masked.",
    ),
    Definition(
        "MCP_STREAMING",
        "streaming",
        _flag,
        False,
        "Serve the older HTTP+SSE transport (`/sse`, `/messages`) and stream; see the README for its price.",
    ),
)


class Settings(Record):
    """Parsed settings; the fields are described by `DEFINITIONS`."""

    allow_private_backends: bool = False
    trusted_proxies: int = 1
    max_body_bytes: int = 4 * MIB
    max_result_bytes: int = MIB
    max_response_bytes: int = 16 * MIB
    backend_timeout: float = 30.0
    backend_concurrency: int = 256
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    page_size: int = 250
    refresh_seconds: float = 2.0
    admit_when_store_fails: bool = False
    expression_steps: int = 1_000_000
    expression_seconds: float = 1.0
    expression_size: int = 16 * MIB
    public_url: str = ""
    redis_url: Secret = NO_SECRET
    cache_bytes: int = 32 * MIB
    trace_key: Secret = NO_SECRET
    telemetry_connection: Secret = NO_SECRET
    certificates: tuple[tuple[str, str, str], ...] = ()
    connection_keys: tuple[Secret, ...] = ()
    certificate_folders: tuple[str, ...] = ("/var/ssl/private", "/var/ssl/certs")
    log_payloads: bool = False
    streaming: bool = False


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from the environment; `overrides` are defaults that a host sets (an environment variable still wins).

    Raises InvalidInput that names every wrong variable in one message.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = dict(overrides)
    problems: list[str] = []
    for row in DEFINITIONS:
        text = environ.get(row.variable)
        if text is None or not row.field:
            continue
        try:
            values[row.field] = row.parse(text)
        except ValueError as error:
            shown = "" if row.secret else f" (it is {text!r:.80})"
            problems.append(f"{row.variable} {error}{shown}")
    if problems:
        raise InvalidInput("Wrong settings: " + "; ".join(problems) + ".", hint="The README lists every setting.")
    return Settings(**values)
