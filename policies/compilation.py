"""Checks one document against the policies' declarations and builds its steps.

The rule here: go on after a mistake, so that one run finds them all; the caller refuses the document when there is any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from policies import registry
from policies.building import body_needed, buffered, step_of
from policies.document import Element, read_document
from policies.embedded import Unchecked, compile_beforehand, compile_text
from policies.environment import Environment, scope_kind
from policies.errors import DocumentError
from policies.hints import list_of, misplaced, near, no_policy, no_section, unknown_attribute
from policies.records import Record, replace
from policies.registry import ANY_POLICY, SECTIONS, Child, Policy, Scope, Section
from policies.statement import Statement
from policies.steps import EMPTY, Edit, Place, Sequence, Step
from policies.text import Text
from policies.values import NO_READS, STRING, Reads, Value

__all__ = ["MOST_FRAGMENTS", "Compilation"]

MOST_FRAGMENTS = 500


class _Where(Record):
    """The place that is being compiled. `scope` is None when it is not known (a file that is only checked)."""

    section: Section
    scope: Scope | None
    outer: Sequence = EMPTY
    fragments: tuple[str, ...] = ()


class Compilation:
    """The compiling of one document. `errors` and `warnings` are in the order found; `reads` which bodies any step reads.

    `is_lenient`: a named value or a fragment that is not supplied is a warning, as in `policy check`.
    """

    def __init__(self, environment: Environment, *, is_lenient: bool = False) -> None:
        self.environment = environment
        self.is_lenient = is_lenient
        self.errors: list[DocumentError] = []
        self.warnings: list[DocumentError] = []
        self.reads: Reads = NO_READS
        self._faults = 0
        self._included = 0

    def sections(self, root: Element, scope: str | None, outer: Mapping[Section, Sequence]) -> dict[Section, Sequence]:
        """The four sections of a document, `<base />` standing for those of `outer`."""
        compile_beforehand(root.source, root.spans)
        done = dict(outer)
        is_fragment = scope is not None and scope.startswith("fragment/")
        kind = None if scope is None or is_fragment else scope_kind(scope)
        if scope is not None and (root.name == "fragment") != is_fragment:
            hint = "a fragment is <fragment>…</fragment>, a scope's document <policies>…</policies>"
            raise root.error(f"<{root.name}> cannot be the root of the document of {scope}", hint)
        if root.name == "fragment":
            self._fragment_alone(root, kind)
            return done
        self._refuse_stray_text(root)
        seen: set[str] = set()
        for element in root.children:
            name = next((section for section in SECTIONS if section == element.name), None)
            if name is None:
                self._report(no_section(element))
            elif name in seen:
                self._report(element.error(f"the section <{name}> is given twice", "put all its policies into one"))
            else:
                seen.add(name)
                self._refuse_stray_text(element)
                where = _Where(name, kind, outer.get(name, EMPTY))
                done[name] = self.policies(element.children, where, ANY_POLICY)
        return done

    def policies(
        self, elements: Iterable[Element], where: _Where, allowed: frozenset[str], parent: str = "", above: str = ""
    ) -> Sequence:
        """Policies in a row; `above` begins their paths."""
        steps: list[tuple[Step, Place]] = []
        counts: dict[str, int] = {}
        for element in elements:
            counts[element.name] = counts.get(element.name, 0) + 1
            path = f"{above}{element.name}[{counts[element.name]}]"
            try:
                policy = self._find(element, where, allowed, parent)
                if policy.once and counts[element.name] > 1:
                    raise element.error(f"<{element.name}> may stand only once in a section")
                step, place = self._step(element, policy, where, path)
                steps += step.steps if isinstance(step, Sequence) else ((step, place),)
            except DocumentError as error:
                self._report(error)
            except Unchecked as unchecked:
                self._miss(unchecked)
        return Sequence(tuple(steps))

    def _find(self, element: Element, where: _Where, allowed: frozenset[str], parent: str) -> Policy:
        """The policy of an element, if it may stand there."""
        name = element.name
        policy = registry.find(name)
        if policy is None:
            reason = registry.unsupported(name)
            if reason is not None:
                raise element.error(f"<{name}> is not supported: {reason}", "docs/policies.md lists what is")
            raise no_policy(element)
        if allowed is not ANY_POLICY and name not in allowed:
            raise element.error(f"<{name}> may not stand in <{parent}>", list_of("only", allowed))
        if where.section not in policy.sections:
            hint = list_of("it belongs to", (section for section in SECTIONS if section in policy.sections))
            raise element.error(f"<{name}> may not stand in the section {where.section}", hint)
        if where.scope is not None and where.scope not in policy.scopes:
            raise element.error(f"<{name}> may not stand at the scope {where.scope}", list_of("it belongs to", policy.scopes))
        return policy

    def _step(self, element: Element, policy: Policy, where: _Where, path: str) -> tuple[Step, Place]:
        faults = self._faults
        statement = self._statement(element, policy, where, path)
        if self._faults > faults:
            return EMPTY, statement.place  # what is wrong is told already; building on it would only add noise
        step = step_of(statement, policy)
        reads = statement.reads | body_needed(policy, statement)
        self.reads |= reads
        return (buffered(step, reads) if reads else step), statement.place

    def _edit(self, element: Element, where: _Where, path: str, parent: str, allowed: frozenset[str]) -> tuple[Edit, Reads]:
        """A policy that works on a message which its parent makes."""
        policy = registry.find(element.name) if element.name in allowed else None
        builder = None if policy is None else policy.edit or policy.edit_request or policy.edit_response
        if policy is None or builder is None:
            raise misplaced(element, parent, allowed)
        faults = self._faults
        statement = self._statement(element, policy, where, path, is_nested=True)
        edit: Any = EMPTY if self._faults > faults else builder(statement)
        return edit, statement.reads | body_needed(policy, statement)

    def _statement(
        self, element: Element, shape: Policy | Child, where: _Where, path: str, *, is_nested: bool = False
    ) -> Statement:
        if shape.is_open:
            return self._open_statement(element, where, path)
        values, offsets = self._attributes(element, shape)
        text = self._text(element, shape, values)
        has_inside = element.children or _declared(shape).needed_children or shape.policies is not None
        inside = self._inside(element, shape, where, path) if has_inside else _NOTHING
        return Statement(
            element.name,
            self._place(element, where, path, values),
            section=where.section,
            environment=self.environment,
            error=lambda message, offset, hint: _error(element, message, offset, hint),
            fragment=lambda name: self._fragment(name, element, where, f"{path}/"),
            values=values,
            offsets=offsets,
            text=text,
            place_in_text=lambda offset: element.content.place(offset, self.environment.named_values),
            elements=inside.elements,
            steps=inside.steps,
            edits=inside.edits,
            outer=where.outer,
            reads=inside.reads,
            is_nested=is_nested,
        )

    def _inside(self, element: Element, shape: Policy | Child, where: _Where, path: str) -> _Inside:
        """The elements within one: those it declares, policies, or edits."""
        reads = NO_READS
        elements: list[Statement] = []
        edits: list[tuple[str, Edit]] = []
        policies: list[Element] = []
        counts: dict[str, int] = {}
        declared = _declared(shape)
        for child in () if shape.text is not None and shape.text.raw else element.children:
            name = child.name
            counts[name] = counts.get(name, 0) + 1
            child_path = f"{path}/{name}[{counts[name]}]"
            try:
                if name in declared.children:
                    if counts[name] > 1 and not declared.children[name].many:
                        raise child.error(f"<{name}> may stand only once in <{element.name}>")
                    elements.append(self._statement(child, declared.children[name], where, child_path))
                elif shape.policies is not None:
                    policies.append(child)
                elif shape.edits is not None:
                    edit, edit_reads = self._edit(child, where, child_path, element.name, shape.edits)
                    edits.append((name, edit))
                    reads |= edit_reads
                else:
                    hint = near(name, declared.children, "allowed are")
                    raise child.error(f"<{name}> may not stand in <{element.name}>", hint)
            except DocumentError as error:
                self._report(error)
        for missing in declared.needed_children:
            if missing not in counts:
                self._report(element.error(f"<{element.name}> needs a <{missing}>"))
        steps = EMPTY
        if shape.policies is not None:
            before, self.reads = self.reads, NO_READS
            steps = self.policies(policies, where, shape.policies, element.name, f"{path}/")
            if isinstance(shape, Policy) and shape.parallel:
                reads |= self.reads
            self.reads |= before
        return _Inside(tuple(elements), tuple(edits), steps, reads)

    def _open_statement(self, element: Element, where: _Where, path: str) -> Statement:
        """An element that is nobody's business but its policy's."""
        return Statement(
            element.name,
            self._place(element, where, path, {}),
            section=where.section,
            environment=self.environment,
            error=lambda message, offset, hint: _error(element, message, offset, hint),
            fragment=lambda name: self._fragment(name, element, where, f"{path}/"),
            values={},
            offsets={},
            text=None,
            markup=element.markup.substituted(self.environment.named_values, keep_unknown=True).text,
        )

    def _attributes(self, element: Element, shape: Policy | Child) -> tuple[dict[str, Value[Any]], dict[str, int]]:
        """Every attribute's value, whether or not the policy will ask for it."""
        values: dict[str, Value[Any]] = {}
        offsets: dict[str, int] = {}
        declared = _declared(shape)
        for name, given in element.attributes.items():
            offsets[name] = given.value.offset
            attribute = declared.attributes.get(name)
            if attribute is None:
                if not (name == "xmlns" or name.startswith(("xmlns:", "xml:"))):
                    hint = unknown_attribute(name, shape)
                    self._report(element.source.error(f"<{element.name}> has no attribute {name}", given.offset, hint))
                continue
            compiled = self._value(given.value, attribute, f"the attribute {name} of <{element.name}>")
            if compiled is not None:
                values[name] = compiled
        for name in declared.needed_attributes:
            if name not in offsets:
                self._report(element.error(f"<{element.name}> needs the attribute {name}", f'write {name}="…"'))
        return values, offsets

    def _text(self, element: Element, shape: Policy | Child, values: Mapping[str, Value[Any]]) -> Value[Any] | None:
        declared, text = shape.text, element.text
        if declared is None:
            self._refuse_stray_text(element)
            return None
        if declared.raw:
            text = element.content
        if text.is_blank:
            if declared.required:
                self._report(element.error(f"<{element.name}> is empty", f"it must hold {declared.kind.wanted}"))
            return None
        engine = values.get(declared.template)
        is_template = declared.template in element.attributes and (engine is None or engine.literal != "none")
        return self._value(text, declared, f"the text of <{element.name}>", is_template=is_template)

    def _value(
        self, text: Text, declared: registry.Attribute[Any] | registry.Text[Any], what: str, *, is_template: bool = False
    ) -> Value[Any] | None:
        try:
            return compile_text(
                text,
                declared.kind,
                self.environment.named_values,
                what=what,
                expression=declared.expression and not is_template,
                keep_unknown=is_template,
            )
        except DocumentError as error:
            self._report(error)
        except Unchecked as unchecked:
            self._miss(unchecked)
        return None

    def _fragment(self, name: str, element: Element, where: _Where, above: str) -> Sequence:
        """The policies of a fragment as if they stood in place of `element`."""
        xml = self.environment.fragments.get(name)
        if xml is None:
            hint = near(name, self.environment.fragments, "")
            missing = element.error(f"there is no policy fragment {name!r}", hint or "create the fragment first")
            raise Unchecked(missing)
        if name in where.fragments:
            raise element.error(f"the fragment {name!r} includes itself", " → ".join((*where.fragments, name)))
        self._included += 1
        if self._included > MOST_FRAGMENTS:  # fragments that include others twice each would double with every level
            raise element.error(f"the document includes more than {MOST_FRAGMENTS} fragments, those in fragments counted")
        root = read_document(xml, origin=f"fragment/{name}")
        compile_beforehand(root.source, root.spans)
        if root.name != "fragment":
            raise root.error(f"<{root.name}> is the root of a fragment", "a fragment is <fragment>…</fragment>")
        self._refuse_stray_text(root)
        inside = replace(where, fragments=(*where.fragments, name))
        return self.policies(root.children, inside, ANY_POLICY, above=above)

    def _fragment_alone(self, root: Element, scope: Scope | None) -> None:
        """Check a fragment by itself: it is right when there is a section that it can be included in."""
        self._refuse_stray_text(root)
        fewest: Compilation | None = None
        for section in SECTIONS:
            trial = Compilation(self.environment, is_lenient=self.is_lenient)
            trial.policies(root.children, _Where(section, scope), ANY_POLICY)
            if fewest is None or len(trial.errors) < len(fewest.errors):
                fewest = trial
            if not trial.errors:
                break
        assert fewest is not None
        self.errors += fewest.errors
        self.warnings += fewest.warnings

    def _place(self, element: Element, where: _Where, path: str, values: Mapping[str, Value[Any]]) -> Place:
        identity = values.get("id")
        policy_id = str(identity.literal) if identity is not None and identity.is_literal else ""
        source = element.source
        position = source.position(element.offset)
        return Place(element.name, where.scope or "", where.section, path, policy_id, position, source.origin)

    def _refuse_stray_text(self, element: Element) -> None:
        if not element.text.is_blank:
            where = element.text.start
            self._report(element.source.error(f"text is not allowed in <{element.name}>", where, "remove it"))

    def _report(self, error: DocumentError) -> None:
        self._faults += 1
        error.message = self._masked(error.message)
        self.errors.append(error)

    def _masked(self, message: str) -> str:
        """Without the secrets: a builder's message may quote a literal that came from one."""
        for name, (value, secret) in self.environment.named_values.items():
            if secret and len(value) > 2:
                message = message.replace(value, f"{{{{{name}}}}}")
        return message

    def _miss(self, unchecked: Unchecked) -> None:
        """What the caller did not supply: a warning when only checking."""
        self._faults += 1
        unchecked.warning.message = self._masked(unchecked.warning.message)
        (self.warnings if self.is_lenient else self.errors).append(unchecked.warning)
        if unchecked.mistake is not None:
            self._report(unchecked.mistake)


class _Inside(Record):
    """What stands within an element."""

    elements: tuple[Statement, ...] = ()
    edits: tuple[tuple[str, Edit], ...] = ()
    steps: Sequence = EMPTY
    reads: Reads = NO_READS


_NOTHING = _Inside()


class _Declared(Record):
    """A shape's attributes and children by name, and which of them must be there. Every policy may have an `id`."""

    attributes: Mapping[str, registry.Attribute[Any]]
    children: Mapping[str, Child]
    needed_attributes: tuple[str, ...]
    needed_children: tuple[str, ...]


@cache
def _declared(shape: Policy | Child) -> _Declared:
    ids = {"id": _ID} if isinstance(shape, Policy) else {}
    return _Declared(
        ids | {attribute.name: attribute for attribute in shape.attributes},
        {child.name: child for child in shape.children},
        tuple(attribute.name for attribute in shape.attributes if attribute.required),
        tuple(child.name for child in shape.children if child.required),
    )


_ID = registry.Attribute("id", STRING)


def _error(element: Element, message: str, offset: int | None, hint: str) -> DocumentError:
    return element.error(message, hint) if offset is None else element.source.error(message, offset, hint)
