"""How a policy declares itself, and where the compiler finds it.

The rule here: `statements/<element_name>.py` holds one `POLICY`, found by its file's name when a document first uses it; a new
policy is a new file. What a policy does not declare (an attribute, a child, a section) is refused when the document is
compiled, so that a build function meets only what it asked for. `statements/set_header.py` is the pattern to follow.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from policies import statements
from policies.records import Record
from policies.values import Kind

if TYPE_CHECKING:
    from policies.statement import Statement
    from policies.steps import Edit, RequestEdit, ResponseEdit, Step

__all__ = [
    "ALL_SCOPES",
    "ALL_SECTIONS",
    "ANY_POLICY",
    "SECTIONS",
    "Attribute",
    "Child",
    "Policy",
    "Scope",
    "Section",
    "Text",
    "find",
    "names",
    "unsupported",
]

T = TypeVar("T")
Section = Literal["inbound", "backend", "outbound", "on-error"]
Scope = Literal["global", "workspace", "product", "api", "operation"]

SECTIONS: tuple[Section, ...] = ("inbound", "backend", "outbound", "on-error")
ALL_SECTIONS: frozenset[Section] = frozenset(SECTIONS)
ALL_SCOPES: frozenset[Scope] = frozenset({"global", "workspace", "product", "api", "operation"})
ANY_POLICY: frozenset[str] = frozenset({"*"})
"""`Child.policies`: whatever may stand in the section may stand inside."""


class Attribute(Record, Generic[T], eq=False):
    """One attribute. `statement[NAME]` gives its `Value`; `statement.get(NAME)` gives None when it is absent and has no
    default. `default` is a value, not text. `expression` says whether C# may stand there. `secret`: never traced."""

    name: str
    kind: Kind[T]
    required: bool = False
    default: T | None = None
    expression: bool = False
    secret: bool = False


class Text(Record, Generic[T], eq=False):
    """An element's text, read by `statement.text`. With `raw`, the content may hold elements too and is taken as it was
    written (`set-body`, `xsl-transform`). `template` names the attribute that hands the text to a template engine, unless
    that is `none`: then no expression may stand in it, and `{{…}}` that names no named value is left to the engine."""

    kind: Kind[T]
    expression: bool = True
    required: bool = False
    raw: bool = False
    template: str = ""


class _Shape(Record, eq=False, kw_only=True):
    """What may stand in an element. `policies` names the policies that may stand inside, to be run (`ANY_POLICY`, or
    some); `edits` names those that change a message which the parent makes (`return-response`, `send-request`). `is_open`:
    anything may stand in it, and `statement.markup` is all of it as written (a stylesheet)."""

    attributes: tuple[Attribute[Any], ...] = ()
    children: tuple[Child, ...] = ()
    text: Text[Any] | None = None
    policies: frozenset[str] | None = None
    edits: frozenset[str] | None = None
    is_open: bool = False


class Child(_Shape, eq=False, kw_only=True):
    """An element that only its parent knows (`<value>`, `<when>`). `many`: it may be repeated; `required`: at least one.
    Children may come in any order."""

    name: str
    required: bool = False
    many: bool = False


class Policy(_Shape, eq=False, kw_only=True):
    """One policy. Exactly one of the builders is given; it is called once, when a document is compiled.

    `build(statement)` gives the step. `edit…(statement)` gives a function of (context, message): in a section it works on the
    request (inbound, backend) or the response (outbound, on-error), inside `return-response` or `send-request` on theirs;
    `edit_request` and `edit_response` know one kind of message only. `once`: at most one in a section.
    `reads_body` says whether it needs the message's body in memory (a constant, or a question to the statement): the
    compiler buffers it just before. `parallel`: the policies inside run at the same time, so whatever body one of them reads is
    buffered before any of them begins.
    """

    name: str
    sections: frozenset[Section] = ALL_SECTIONS
    scopes: frozenset[Scope] = ALL_SCOPES
    build: Callable[[Statement], Step] | None = None
    edit: Callable[[Statement], Edit] | None = None
    edit_request: Callable[[Statement], RequestEdit] | None = None
    edit_response: Callable[[Statement], ResponseEdit] | None = None
    reads_body: bool | Callable[[Statement], bool] = False
    once: bool = False
    parallel: bool = False


@cache
def names() -> frozenset[str]:
    """The element names of every policy that there is a file for."""
    return frozenset(
        module.name.replace("_", "-") for module in pkgutil.iter_modules(statements.__path__) if module.name[0] != "_"
    )


@cache
def find(name: str) -> Policy | None:
    """The policy with this element name, or None."""
    if name not in names():
        return None
    module = importlib.import_module(f"policies.statements.{name.replace('-', '_')}")
    policy: Policy = module.POLICY
    return policy


def unsupported(name: str) -> str | None:
    """Why a policy that APIM knows is not served here, as a sentence; None when APIM does not know it either."""
    from policies.unsupported import REASONS  # late: only a refused document asks

    return REASONS.get(name)
