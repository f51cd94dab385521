"""Flow analysis: every path returns, and no variable is read before it has a value (specification, "Definite assignment",
"End points and reachability").

The rule here: a state is the set of variables that have a value on every path to this point, or None where no path leads.
Conditions have two states, for true and for false.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.errors import ExpressionError
from policies.expressions import bound as b
from policies.records import Record

__all__ = ["check_block", "check_value"]

State = frozenset[b.Variable] | None
Fail = Callable[[int, str, str], ExpressionError]


def check_value(value: b.Value, fail: Fail) -> None:
    """The value of `@( … )`. Raises ExpressionError."""
    _Flow(fail).value(value, frozenset())


def check_block(block: b.Block, end: int, fail: Fail) -> None:
    """The statements of `@{ … }`, whose end is at `end`. Raises ExpressionError."""
    state = _Flow(fail).statement(block, frozenset())
    if state is not None:
        raise fail(end, "not all code paths return a value", "end with return value;")


def _meet(first: State, second: State) -> State:
    if first is None or second is None:
        return second if first is None else first
    return first & second


class _Target(Record, frozen=False):
    """A loop or switch: what holds where a `break` leaves it, and where a `continue` goes on."""

    leaving: State = None
    continuing: State = None


class _Called(Record, frozen=False):
    """A local function as its callers see it: which variables around it reads that it gave no value itself, and to which it
    gives one. `leaving` is what holds where it returns."""

    depth: int
    reads: dict[b.Variable, b.Load]
    writes: frozenset[b.Variable] = frozenset()
    leaving: State = None


class _Flow:
    def __init__(self, fail: Fail) -> None:
        self.fail = fail
        self.targets: dict[int, _Target] = {}
        self.functions: dict[b.Variable, _Called] = {}
        self.inside: list[_Called] = []
        self.lambdas = 0
        self.arrivals: dict[int, State] = {}

    # ---- values

    def value(self, node: b.Value, state: State) -> State:
        """The state after a value."""
        match node:
            case b.Template():  # most nodes are one of the first three
                for argument in node.arguments:
                    state = self.value(argument, state)
                return state
            case b.Constant():
                return state
            case b.Load():
                self.load(node, state)
                return state
            case b.Store():
                after = self.value(node.value, state)
                return None if after is None else after | {node.variable}
            case b.Not() | b.And() | b.Or():
                true, false = self.condition(node, state)
                return _meet(true, false)
            case b.If():
                return self.choice(node, state)
            case b.Chain():
                after = self.value(node.target, state)
                within = None if after is None else after | {node.temporary}
                rest = self.value(node.rest, within)
                if node.found is not None:
                    return _meet(rest, self.value(node.found, within))
                return after
            case b.Raise():
                self.value(node.operand, state)
                return None
            case b.Invoke():
                for child in node.children():
                    assert isinstance(child, b.Value)
                    state = self.value(child, state)
                return self.after_call(node, state)
            case b.Lambda():
                self.function(node, state)
                return state
        for child in node.children():
            assert isinstance(child, b.Value)
            state = self.value(child, state)
        return state

    def load(self, node: b.Load, state: State) -> None:
        variable = node.variable
        if state is None or not variable.name or variable.emitted == "context" or variable.constant == "path":
            return
        called = self.functions.get(variable)
        if called is not None:
            self.call(called, node, state)
        elif variable not in state and not variable.is_readonly:
            self.unassigned(variable, node)

    def call(self, called: _Called, node: b.Load, state: frozenset[b.Variable]) -> None:
        """A local function is called, or made a delegate: what it reads of the variables around must have values."""
        for variable, read in called.reads.items():
            if variable not in state:
                self.unassigned(variable, b.Load(node.offset, variable.type, variable), read)

    def unassigned(self, variable: b.Variable, node: b.Load, read: b.Load | None = None) -> None:
        """A variable without a value: a mistake, or something that a local function's callers must see to."""
        if self.inside and variable.depth < self.inside[-1].depth:
            self.inside[-1].reads.setdefault(variable, read or node)
        else:
            hint = f"give it one where it is declared: {variable.type} {variable.name} = …;"
            raise self.fail(node.offset, f"the variable '{variable.name}' is used before it has a value", hint)

    def after_call(self, node: b.Invoke, state: State) -> State:
        """What a local function gives values to has them after its call."""
        called = self.functions.get(node.target.variable) if isinstance(node.target, b.Load) else None
        return state if called is None or state is None else state | called.writes

    def choice(self, node: b.If, state: State) -> State:
        true, false = self.condition(node.test, state)
        return _meet(self.value(node.yes, true), self.value(node.no, false))

    def condition(self, node: b.Value, state: State) -> tuple[State, State]:
        """The states where the condition is true, and where it is false."""
        match node:
            case b.Constant():
                return (state, None) if node.value else (None, state)
            case b.Not():
                true, false = self.condition(node.operand, state)
                return false, true
            case b.And():
                false_any: State = None
                for operand in node.operands:
                    state, false = self.condition(operand, state)
                    false_any = _meet(false_any, false)
                return state, false_any
            case b.Or():
                true_any: State = None
                for operand in node.operands:
                    true, state = self.condition(operand, state)
                    true_any = _meet(true_any, true)
                return true_any, state
            case b.If():
                yes_state, no_state = self.condition(node.test, state)
                yes, no = self.condition(node.yes, yes_state), self.condition(node.no, no_state)
                return _meet(yes[0], no[0]), _meet(yes[1], no[1])
            case b.Sequence():
                for effect in node.effects:
                    state = self.value(effect, state)
                return self.condition(node.result, state)
        after = self.value(node, state)
        return after, after

    def function(self, node: b.Lambda, state: State) -> None:
        """A lambda's body, from where it is written."""
        inner = None if state is None else state | frozenset(node.parameters)
        if isinstance(node.body, b.Value):
            self.value(node.body, inner)
            return
        self.lambdas += 1
        end = self.statement(node.body, inner)
        self.lambdas -= 1
        invoke = node.type.members("Invoke") if node.type.kind == "delegate" else ()
        if end is not None and invoke and invoke[0].returns.name != "System.Void":
            raise self.fail(node.offset, "not all code paths of the lambda return a value", "end it with return value;")

    # ---- statements

    def statement(self, node: b.Statement, state: State) -> State:
        """The state after a statement; None when its end is not reached."""
        match node:
            case b.Block():
                functions = [statement for statement in node.statements if isinstance(statement, b.Function)]
                for function in functions * min(len(functions), 2):  # again, for those that call later ones
                    self.local_function(function)
                labels = [statement.label for statement in node.statements if isinstance(statement, b.Mark)]
                return self.settled(labels, lambda: self.in_order(node.statements, state))
            case b.Mark():
                return _meet(state, self.arrivals.get(id(node.label)))
            case b.Goto():
                self.arrivals[id(node.target)] = _meet(self.arrivals.get(id(node.target)), state)
                return None
            case b.Yield():
                return None if node.value is None else self.value(node.value, state)
            case b.Evaluate():
                return self.value(node.value, state)
            case b.Test():
                return self.test(node, state)
            case b.Loop():
                return self.loop(node, state)
            case b.ForEach():
                return self.for_each(node, state)
            case b.Switch():
                return self.switch(node, state)
            case b.Break():
                target = self.targets[id(node.target)]
                target.leaving = _meet(target.leaving, state)
                return None
            case b.Continue():
                target = self.targets[id(node.target)]
                target.continuing = _meet(target.continuing, state)
                return None
            case b.Return():
                after = state if node.value is None else self.value(node.value, state)
                if self.inside and not self.lambdas:
                    self.inside[-1].leaving = _meet(self.inside[-1].leaving, after)
                return None
            case b.Throw():
                if node.operand is not None:
                    self.value(node.operand, state)
                return None
            case b.Try():
                return self.try_(node, state)
            case b.Function() | b.Renew():
                return state
        raise AssertionError(f"no flow for {type(node).__name__}")

    def in_order(self, statements: list[b.Statement], state: State) -> State:
        for statement in statements:
            state = self.statement(statement, state)
        return state

    def settled(self, labels: list[b.Label], run: Callable[[], State]) -> State:
        """What `run` gives once nothing new arrives at the labels: a `goto` may lead back."""
        while True:
            before = [self.arrivals.get(id(label)) for label in labels]
            state = run()
            if before == [self.arrivals.get(id(label)) for label in labels]:
                return state

    def test(self, node: b.Test, state: State) -> State:
        leaving: State = None
        current: b.Statement | None = node
        while isinstance(current, b.Test):
            true, state = self.condition(current.test, state)
            leaving = _meet(leaving, self.statement(current.then, true))
            current = current.otherwise
        return _meet(leaving, state if current is None else self.statement(current, state))

    def loop(self, node: b.Loop, state: State) -> State:
        target = self.targets[id(node.jump)] = _Target()
        false: State = None
        if node.tests_first:
            if node.test is not None:
                state, false = self.condition(node.test, state)
            after = _meet(self.statement(node.body, state), target.continuing)
            for step in node.steps:
                after = self.statement(step, after)
        else:
            after = _meet(self.statement(node.body, state), target.continuing)
            if node.test is not None:
                _, false = self.condition(node.test, after)
        return _meet(false, target.leaving)

    def for_each(self, node: b.ForEach, state: State) -> State:
        state = self.value(node.items, state)
        target = self.targets[id(node.jump)] = _Target()
        within = None if state is None else state | {node.variable, node.each}
        self.statement(node.body, within)
        return _meet(state, target.leaving)

    def switch(self, node: b.Switch, state: State) -> State:
        state = self.value(node.subject, state)
        return self.settled(node.labels, lambda: self.sections(node, state))

    def sections(self, node: b.Switch, state: State) -> State:
        target = self.targets[id(node.jump)] = _Target()
        rest = state
        for number, (test, section) in enumerate(zip(node.tests, node.sections, strict=True)):
            true = None
            if test is not None:
                true, rest = self.condition(test, rest)
            within = _meet(true, state) if number == node.default else true
            if node.labels:
                within = _meet(within, self.arrivals.get(id(node.labels[number])))
            if self.statement(section, within) is not None:
                raise self.fail(section.offset, "a case falls through to the next", "end it with break;, return or throw")
        return _meet(target.leaving, rest if node.default is None else None)

    def try_(self, node: b.Try, state: State) -> State:
        after = self.statement(node.body, state)
        for each in node.catches:
            within = state
            if within is not None and each.variable is not None:
                within = within | {each.variable}
            if each.when is not None:
                within, _ = self.condition(each.when, within)
            after = _meet(after, self.statement(each.body, within))
        if node.last is None:
            return after
        last = self.statement(node.last, state)
        if last is None or after is None:
            return None
        return after | last

    def local_function(self, node: b.Function) -> None:
        """What its body needs of the variables around, and gives them: its callers are held to that."""
        assert node.body is not None
        called = _Called(node.variable.depth + 1, {})
        lambdas, self.lambdas = self.lambdas, 0
        self.inside.append(called)
        end = self.statement(node.body, frozenset(node.inputs))
        self.inside.pop()
        self.lambdas = lambdas
        if end is not None and node.returns is not None and not node.is_iterator:
            name = node.variable.name
            raise self.fail(node.offset, f"not all code paths of '{name}' return a value", "end it with return value;")
        leaving = called.leaving if end is None else _meet(called.leaving, end)
        if not node.is_iterator:  # whose body runs later
            called.writes = frozenset(each for each in leaving or () if each.depth < called.depth)
        self.functions[node.variable] = called
