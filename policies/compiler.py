"""From the documents of a scope chain to one pipeline, and `policy check`.

The rule here: everything that can be wrong with a document is found here, when it is stored or loaded, and nothing is left to
be compiled while a request waits. The innermost document is the root and `<base />` stands for the next one out (D5); a section
that a document does not have is as if it held just `<base />`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from policies import steps
from policies.compilation import Compilation
from policies.document import Element, read_document
from policies.environment import Environment, ScopedDocument
from policies.errors import DocumentError
from policies.pipeline import Pipeline
from policies.records import Record
from policies.registry import Section
from policies.values import NO_READS, Reads

__all__ = ["CheckResult", "Environment", "ScopedDocument", "check_document", "compile_pipeline"]


class CheckResult(Record):
    """What is wrong with a document, in the order of its text, and what is worth a second look."""

    errors: list[DocumentError]
    warnings: list[DocumentError]


class _Chain(Record):
    """A compiled chain of documents: its sections and which bodies they read."""

    sections: Mapping[Section, steps.Sequence]
    reads: Reads


def compile_pipeline(documents: Sequence[ScopedDocument], environment: Environment) -> Pipeline:
    """The pipeline of a chain of documents, outermost scope first; of no document too. Raises DocumentError, the first of
    the document's mistakes. Chains are kept in the environment, so that what they have in common is compiled once."""
    chain = _compile(tuple(documents), environment)
    plain = _outermost(environment).sections["backend"].steps
    sections = chain.sections
    return Pipeline(
        sections["inbound"],
        sections["backend"],
        sections["outbound"],
        sections["on-error"],
        reads_request_body=chain.reads.request,
        reads_response_body=chain.reads.response,
        forwarding=plain[0][1] if sections["backend"].steps == plain else None,
        secrets=frozenset(value for value, secret in environment.named_values.values() if secret and value),
    )


def check_document(
    xml: str,
    *,
    origin: str = "",
    scope: str | None = None,
    named_values: Mapping[str, tuple[str, bool]] | None = None,
    fragments: Mapping[str, str] | None = None,
) -> CheckResult:
    """Everything that is wrong with a document, and advice. It needs no store: a named value or fragment that is not given
    is a warning. `scope` is None when it is not known where the document will stand. Raises nothing."""
    from policies import advice  # late: an instance that serves gives none

    try:
        root = read_document(xml, origin=origin)
    except DocumentError as error:
        return CheckResult([error], [])
    environment = Environment(named_values=named_values or {}, fragments=fragments or {})
    compilation = Compilation(environment, is_lenient=True)
    try:
        compilation.sections(root, scope, _outermost(environment).sections)
    except DocumentError as error:
        return CheckResult([error], [])
    warnings = compilation.warnings + advice.advise(root, scope)
    return CheckResult(_ordered(compilation.errors), _ordered(warnings))


def _compile(documents: tuple[ScopedDocument, ...], environment: Environment) -> _Chain:
    if not documents:
        return _outermost(environment)
    known: _Chain | None = environment.compiled.get(documents)
    if known is None:
        outer = _compile(documents[:-1], environment)
        document = documents[-1]
        compilation = Compilation(environment)
        sections = compilation.sections(read_document(document.xml, origin=document.scope), document.scope, outer.sections)
        if compilation.errors:
            raise _ordered(compilation.errors)[0]
        known = environment.compiled[documents] = _Chain(sections, compilation.reads | outer.reads)
    return known


_OUTERMOST = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>"


def _outermost(environment: Environment) -> _Chain:
    """What `<base />` of the outermost document stands for: forward the request, nothing else."""
    known: _Chain | None = environment.compiled.get(())
    if known is None:
        sections = Compilation(environment).sections(_built_in(), "global", {})
        known = environment.compiled[()] = _Chain(sections, NO_READS)
    return known


@cache
def _built_in() -> Element:
    return read_document(_OUTERMOST, origin="built-in")


def _ordered(errors: list[DocumentError]) -> list[DocumentError]:
    return sorted(errors, key=lambda error: (error.position.line, error.position.column) if error.position else (0, 0))
