"""Binding of what leads elsewhere: switches, break, continue, goto, return.

The rule here: a jump knows what it leads out of or to. A `goto case` waits until its switch is bound, since it may name a
section further down.
"""

from __future__ import annotations

from policies.dotnet.types import NetType, net
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.binder import Binder
from policies.expressions.blocks import STATEMENTS, bind_statements
from policies.expressions.patterns import is_type_name, pattern_test
from policies.records import Record, field

__all__: list[str] = []


class _Cases(Record, frozen=False):
    """A switch being bound: the section of each constant (None: `default`), and the `goto case` that wait for it."""

    type: NetType
    finals: int
    sections: dict[object, int] = field(default_factory=dict)
    waiting: list[tuple[b.Goto, object, int]] = field(default_factory=list)

    def constant(self, binder: Binder, node: s.Expression) -> object:
        """What tells one constant of a `case` from another; None for what is no constant."""
        value: b.Value | None = binder.bind(node)
        assert value is not None
        if self.type.name != "System.Object" and value.type is not b.NULL:
            value = binder.implicit(value, self.type.args[0] if self.type.is_nullable else self.type)
        return (str(value.type), value.value) if isinstance(value, b.Constant) else None


def _switch(binder: Binder, node: s.Switch) -> b.Statement:
    subject = binder.bind(node.subject)
    if subject.type.kind == "pseudo":
        raise binder.error(node.subject.offset, f"a {subject.type} cannot be switched on")
    temporary = binder.temporary(subject.type)
    load = b.Load(node.offset, subject.type, temporary)
    jump = b.Jump(is_loop=False)
    tests: list[b.Value | None] = []
    sections: list[b.Block] = []
    default: int | None = None
    cases = _Cases(subject.type, binder.finals)
    binder.jumps.append(jump)
    binder.cases.append(cases)
    with binder.nested() as whole:
        for number, section in enumerate(node.sections):
            if not section.statements:
                raise binder.error(section.offset, "a case has no statements", "end it with break;")
            with binder.nested() as scope:
                test, is_default = _tests(binder, section, load, cases, number)
                if is_default:
                    if default is not None:
                        raise binder.error(section.offset, "a switch has one 'default' only")
                    default = number
                tests.append(test)
                sections.append(b.Block(section.offset, bind_statements(binder, section.statements, scope.pending)))
            for name in scope.pending:  # a case's variables are the whole switch's, those of its patterns are not
                whole.names[name] = scope.names[name]
    binder.jumps.pop()
    binder.cases.pop()
    store = b.Store(node.offset, subject.type, temporary, subject)
    labels = _resolve(binder, cases, default, len(sections))
    return b.Switch(node.offset, store, tests, sections, default, jump, labels)


def _resolve(binder: Binder, cases: _Cases, default: int | None, count: int) -> list[b.Label]:
    """Lead the waiting `goto case` to their sections; the sections' labels, where there are any."""
    labels = [b.Label(cases.finals) for _ in range(count)] if cases.waiting else []
    for statement, constant, offset in cases.waiting:
        number = default if constant is None else cases.sections.get(constant)
        if number is None:
            what = "'default'" if constant is None else "such case"
            raise binder.error(offset, f"the switch has no {what}")
        statement.target = labels[number]
        labels[number].uses += 1
    return labels


def _tests(binder: Binder, section: s.SwitchSection, load: b.Value, cases: _Cases, number: int) -> tuple[b.Value | None, bool]:
    """When the section is the one, and whether it is the default's."""
    tests: list[b.Value] = []
    is_default = False
    for case in section.cases:
        if case.pattern is None:
            if is_default:
                raise binder.error(case.offset, "a switch has one 'default' only")
            is_default = True
            continue
        if is_type_name(binder, case.pattern):
            raise binder.error(case.pattern.offset, "a case that tests a type names a variable", "write case T _: in C# 7")
        test = pattern_test(binder, case.pattern, load)
        if case.when is not None:
            test = b.And(case.offset, net("bool"), [test, binder.condition(case.when)])
        elif isinstance(case.pattern, s.ConstantPattern):
            constant = cases.constant(binder, case.pattern.value)
            if constant in cases.sections:
                raise binder.error(case.offset, "this case has occurred already")
            if constant is not None:
                cases.sections[constant] = number
        tests.append(test)
    if not tests:
        return None, is_default
    return (tests[0] if len(tests) == 1 else b.Or(section.offset, net("bool"), tests)), is_default


def _break(binder: Binder, node: s.Break) -> b.Statement:
    if not binder.jumps:
        raise binder.error(node.offset, "there is no loop or switch to break out of")
    binder.jumps[-1].breaks += 1
    return b.Break(node.offset, binder.jumps[-1])


def _continue(binder: Binder, node: s.Continue) -> b.Statement:
    target = next((jump for jump in reversed(binder.jumps) if jump.is_loop), None)
    if target is None:
        raise binder.error(node.offset, "there is no loop to continue")
    target.continues += 1
    return b.Continue(node.offset, target)


def _goto(binder: Binder, node: s.Goto) -> b.Statement:
    label = binder.scope.label(node.name)
    if label is None:
        raise binder.error(node.offset, f"there is no label '{node.name}' that can be reached from here")
    return _lead(binder, node.offset, label)


def _lead(binder: Binder, offset: int, label: b.Label) -> b.Goto:
    if label.finals < binder.finals:
        raise binder.error(offset, "a finally block cannot be left by goto")
    label.uses += 1
    return b.Goto(offset, label)


def _goto_case(binder: Binder, node: s.GotoCase) -> b.Statement:
    if not binder.cases:
        raise binder.error(node.offset, "'goto case' stands in a switch only")
    cases: _Cases = binder.cases[-1]
    constant = None
    if node.value is not None:
        constant = cases.constant(binder, node.value)
        if constant is None:
            raise binder.error(node.value.offset, f"'goto case' needs a constant of type '{cases.type}'")
    statement = _lead(binder, node.offset, b.Label(cases.finals))
    cases.waiting.append((statement, constant, node.offset))
    return statement


def _label(binder: Binder, node: s.Label) -> b.Statement:
    label = binder.scope.labels[node.name]
    return b.Mark(node.offset, label)


def _return(binder: Binder, node: s.Return) -> b.Statement:
    if binder.finals:
        raise binder.error(node.offset, "a finally block cannot be left by return")
    if binder.element is not None:
        raise binder.error(node.offset, "an iterator gives its values with 'yield return'", "'yield break;' ends it")
    wanted, found = binder.returns[-1]
    if node.value is None:
        if wanted is not None and wanted.name != "System.Void":
            raise binder.error(node.offset, f"a value of type '{wanted}' must be returned", "write return value;")
        statement = b.Return(node.offset, None)
    elif wanted is None:
        value = binder.bind(node.value)
        if value.type is b.METHODS or value.type.name == "System.Void":
            raise binder.error(node.value.offset, "this gives no value to return", "a method's arguments stand in ( )")
        statement = b.Return(node.offset, value)
    elif wanted.name == "System.Void":
        raise binder.error(node.offset, "a function of type void returns no value")
    else:
        statement = b.Return(node.offset, binder.bind_as(node.value, wanted))
    found.append(statement)
    return statement


STATEMENTS.update(
    {
        s.Break: _break,
        s.Continue: _continue,
        s.Goto: _goto,
        s.GotoCase: _goto_case,
        s.Label: _label,
        s.Return: _return,
        s.Switch: _switch,
    }
)
