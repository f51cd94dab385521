"""The bound tree: what an expression means. Few kinds of nodes, every one with its static .NET type.

The rule here: C#'s richness ends in the binder. Operators, conversions, members and patterns arrive here as calls, templates,
tests and stores, so that flow analysis and emission stay small. Nodes are not changed once made, variables' marks are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.dotnet.types import Inline, Member, NetType, TypeDefinition
from policies.expressions.records import Record


def _pseudo(name: str) -> NetType:
    return TypeDefinition("pseudo", name).of()


NULL = _pseudo("null")
DEFAULT = _pseudo("default")
NEVER = _pseudo("throw expression")
LAMBDA = _pseudo("lambda expression")
METHODS = _pseudo("method group")


class Variable(Record):
    """A local variable, parameter or temporary. `constant` holds a const's value. `depth` counts the functions around its
    declaration, `loop` the loops, and `stores` the places that give it a value: together they say what a lambda captures, and
    whether it is new in every round. `is_renewed`: its declaration makes it anew in every round, which shows where an inner
    function (`is_captured`) keeps it. `emitted` is its Python name, once it has one."""

    name: str
    type: NetType
    depth: int = 0
    loop: int = 0
    constant: Any = None
    is_constant: bool = False
    is_readonly: bool = False
    stores: int = 0
    never_null: bool = False
    is_renewed: bool = False
    is_captured: bool = False
    emitted: str = ""

    @property
    def is_cell(self) -> bool:
        """Whether it lives in a Python list of one item, so that each round has one of its own that can change."""
        return self.is_renewed and self.is_captured and self.stores > 1


class Alias(Record):
    """A name that stands for a member of a variable: a range variable of a query among others."""

    variable: Variable
    member: str


class Bound(Record):
    """A node; `offset` is where it was written."""

    offset: int

    def children(self) -> Iterator[Bound]:
        """The nodes directly below, in order of evaluation."""
        for name in _names_of(type(self)):
            value = getattr(self, name)  # a field of a node, by its own declaration
            if isinstance(value, Bound):
                yield value
            elif isinstance(value, list):
                yield from (item for item in value if isinstance(item, Bound))


def _names_of(kind: type[Bound]) -> tuple[str, ...]:
    """The fields that may hold nodes, looked up once a kind."""
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field for field in kind.record_fields if field not in _NEVER_NODES)
    return names


_NAMES: dict[type[Bound], tuple[str, ...]] = {}


_NEVER_NODES = frozenset(
    {"offset", "type", "types", "variable", "function", "inline", "names", "node", "temporary", "captures"}
)


class Value(Bound):
    """Something with a static type."""

    type: NetType


# ---- values ----------------------------------------------------------------------------------------------------------


class Constant(Value):
    """A value known now, in its plain form. `is_literal` tells `0` from other constants."""

    value: Any
    is_literal: bool = False


class Load(Value):
    """A variable's value."""

    variable: Variable


class Store(Value):
    """Gives a variable a value, and has that value. `declares`: the variable's own declaration."""

    variable: Variable
    value: Value


class Apply(Value):
    """A Python function called with the arguments. `types`, when not None, goes first. `is_light`: it needs no meter."""

    function: Any
    arguments: list[Value]
    types: tuple[NetType, ...] | None = None
    is_light: bool = False


class Template(Value):
    """An `Inline` with its names' values in the order in which they are to be evaluated."""

    inline: Inline
    names: tuple[str, ...]
    arguments: list[Value]


class Invoke(Value):
    """A delegate's call."""

    target: Value
    arguments: list[Value]


class NotNull(Value):
    """The operand, which must not be null: else NullReferenceException."""

    operand: Value


class Narrow(Value):
    """An integer cut to (or, checked, held to) a range."""

    operand: Value
    low: int
    high: int
    is_checked: bool


class Not(Value):
    """`!operand`."""

    operand: Value


class And(Value):
    """`a && b && …`."""

    operands: list[Value]


class Or(Value):
    """`a || b || …`."""

    operands: list[Value]


class If(Value):
    """`test ? yes : no`."""

    test: Value
    yes: Value
    no: Value


class Chain(Value):
    """`target?.rest` and `target ?? rest`: the target goes to a temporary; the rest is evaluated if the target is not null
    (`if_null` False) or if it is null (`if_null` True, where the target's own value is `found`)."""

    temporary: Variable
    target: Value
    rest: Value
    if_null: bool
    found: Value | None = None


class Text(Value):
    """Texts put together. Parts are strings that may be null (which is "") or constants."""

    parts: list[Value]


class Items(Value):
    """A Python list (or, when `is_tuple`, a tuple) of the items, for arrays and `params`."""

    items: list[Value]
    is_tuple: bool = False


class Sequence(Value):
    """Effects in order, then a result."""

    effects: list[Value]
    result: Value


class Raise(Value):
    """`throw operand` as an expression; None: rethrow."""

    operand: Value


class Lambda(Value):
    """A lambda or a local function's body. `body` is a value or a block."""

    parameters: list[Variable]
    body: Value | Block
    name: str = "lambda"


# ---- what is no value yet --------------------------------------------------------------------------------------------


class TypeReference(Value):
    """A type's name before a dot; `type` is the type."""


class Namespace(Value):
    """A namespace's name before a dot."""

    name: str


class MethodGroup(Value):
    """A method's name before its arguments. `target` is None for a static one."""

    target: Value | None
    owner: NetType
    name: str
    arguments: tuple[NetType, ...]
    members: tuple[Member, ...]


class FunctionReference(Value):
    """A local function's name; `type` is METHODS."""

    function: Function


class Untyped(Value):
    """A lambda whose delegate type is not known yet: its syntax, and the names known where it stands."""

    node: Any
    scope: Any
    inputs: tuple[NetType, ...]


# ---- statements ------------------------------------------------------------------------------------------------------


class Jump(Record):
    """What `break` and `continue` lead out of or on: made before the body of its loop or switch is bound."""

    is_loop: bool
    breaks: int = 0
    continues: int = 0


class Label(Record):
    """What `goto` leads to: a place in a block, or a section of a switch. `finals` counts the finally blocks around it;
    `number` tells it from other labels in emitted code."""

    finals: int = 0
    uses: int = 0
    number: int = 0


class Statement(Bound):
    """Something that is done."""


class Block(Statement):
    """Statements in order."""

    statements: list[Statement]


class Renew(Statement):
    """The declaration of a variable that is new in every round of a loop."""

    variable: Variable


class Evaluate(Statement):
    """A value for its effects."""

    value: Value


class Test(Statement):
    """`if`."""

    test: Value
    then: Statement
    otherwise: Statement | None


class Loop(Statement):
    """`while`, `do`, `for`: `test` None is true; `tests_first` is False for `do`."""

    test: Value | None
    body: Statement
    steps: list[Statement]
    jump: Jump
    tests_first: bool = True


class ForEach(Statement):
    """`foreach`; `items` is a Python iterable of plain items, `element` what becomes of one (`each` holds it)."""

    each: Variable
    items: Value
    variable: Variable
    element: Value
    body: Statement
    jump: Jump


class Switch(Statement):
    """`switch`: the subject is stored first; sections are tried in order, `default` (an index into them) last. `labels` are
    those of the sections, where `goto case` leads to one."""

    subject: Store
    tests: list[Value | None]
    sections: list[Block]
    default: int | None
    jump: Jump
    labels: list[Label]


class Break(Statement):
    """`break` out of the loop or switch `target`."""

    target: Jump


class Continue(Statement):
    """`continue` the loop `target`."""

    target: Jump


class Mark(Statement):
    """`name:`, among the statements of a block."""

    label: Label


class Goto(Statement):
    """`goto`."""

    target: Label


class Yield(Statement):
    """`yield return`; None: `yield break`."""

    value: Value | None


class Return(Statement):
    """`return`."""

    value: Value | None


class Throw(Statement):
    """`throw`; None: the exception being handled again."""

    operand: Value | None


class Catch(Bound):
    """One `catch`; `type` None catches all."""

    type: NetType | None
    variable: Variable | None
    when: Value | None
    body: Block


class Try(Statement):
    """`try`."""

    body: Block
    catches: list[Catch]
    last: Block | None


class Function(Statement):
    """A local function; its variable holds the Python function. `returns` None is void. One with `out` or `ref` among its
    `modes` gives a Python tuple: its value, then those parameters'. The body of an iterator is a Python generator's."""

    variable: Variable
    parameters: list[Variable]
    defaults: list[Any]
    modes: list[str]
    returns: NetType | None
    body: Block | None = None
    is_iterator: bool = False

    @property
    def inputs(self) -> list[Variable]:
        """The parameters that have a value when it begins."""
        return [each for each, mode in zip(self.parameters, self.modes, strict=True) if mode != "out"]

    @property
    def outputs(self) -> list[Variable]:
        """The parameters that a call stores back."""
        return [each for each, mode in zip(self.parameters, self.modes, strict=True) if mode in ("out", "ref")]
