"""The bound tree: what an expression means. Few kinds of nodes, every one with its static .NET type.

The rule here: C#'s richness ends in the binder. Operators, conversions, members and patterns arrive here as calls, templates,
tests and stores, so that flow analysis and emission stay small. Nodes are not changed once made, variables' marks are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from policies.dotnet.types import Inline, Member, NetType, TypeDefinition

__all__ = [
    "DEFAULT",
    "LAMBDA",
    "METHODS",
    "NEVER",
    "NULL",
    "And",
    "Apply",
    "Block",
    "Bound",
    "Break",
    "Catch",
    "Chain",
    "Constant",
    "Continue",
    "Evaluate",
    "ForEach",
    "Function",
    "FunctionReference",
    "If",
    "Invoke",
    "Items",
    "Jump",
    "Lambda",
    "Load",
    "Loop",
    "MethodGroup",
    "Namespace",
    "Narrow",
    "Not",
    "NotNull",
    "Or",
    "Raise",
    "Return",
    "Sequence",
    "Statement",
    "Store",
    "Switch",
    "Template",
    "Test",
    "Text",
    "Try",
    "TypeReference",
    "Untyped",
    "Value",
    "Variable",
]


def _pseudo(name: str) -> NetType:
    return TypeDefinition("pseudo", name).of()


NULL = _pseudo("null")
DEFAULT = _pseudo("default")
NEVER = _pseudo("throw expression")
LAMBDA = _pseudo("lambda expression")
METHODS = _pseudo("method group")


@dataclass(slots=True, eq=False)
class Variable:
    """A local variable, parameter or temporary. `constant` holds a const's value. `depth` counts the functions around its
    declaration, `loop` the loops, to know what a lambda captures and whether it is new in every round."""

    name: str
    type: NetType
    depth: int = 0
    loop: int = 0
    constant: Any = None
    is_constant: bool = False
    is_readonly: bool = False
    stores: int = 0
    captured: bool = False
    never_null: bool = False
    emitted: str = ""


@dataclass(slots=True, eq=False)
class Bound:
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
        names = _NAMES[kind] = tuple(each.name for each in fields(kind) if each.name not in _NEVER_NODES)
    return names


_NAMES: dict[type[Bound], tuple[str, ...]] = {}


_NEVER_NODES = frozenset(
    {"offset", "type", "types", "variable", "function", "inline", "names", "node", "temporary", "captures"}
)


@dataclass(slots=True, eq=False)
class Value(Bound):
    """Something with a static type."""

    type: NetType


# ---- values ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Constant(Value):
    """A value known now, in its plain form. `is_literal` tells `0` from other constants."""

    value: Any
    is_literal: bool = False


@dataclass(slots=True, eq=False)
class Load(Value):
    """A variable's value."""

    variable: Variable


@dataclass(slots=True, eq=False)
class Store(Value):
    """Gives a variable a value, and has that value. `declares`: the variable's own declaration."""

    variable: Variable
    value: Value


@dataclass(slots=True, eq=False)
class Apply(Value):
    """A Python function called with the arguments. `types`, when not None, goes first. `is_light`: it needs no meter."""

    function: Any
    arguments: list[Value]
    types: tuple[NetType, ...] | None = None
    is_light: bool = False


@dataclass(slots=True, eq=False)
class Template(Value):
    """An `Inline` with its names' values in the order in which they are to be evaluated."""

    inline: Inline
    names: tuple[str, ...]
    arguments: list[Value]


@dataclass(slots=True, eq=False)
class Invoke(Value):
    """A delegate's call."""

    target: Value
    arguments: list[Value]


@dataclass(slots=True, eq=False)
class NotNull(Value):
    """The operand, which must not be null: else NullReferenceException."""

    operand: Value


@dataclass(slots=True, eq=False)
class Narrow(Value):
    """An integer cut to (or, checked, held to) a range."""

    operand: Value
    low: int
    high: int
    is_checked: bool


@dataclass(slots=True, eq=False)
class Not(Value):
    """`!operand`."""

    operand: Value


@dataclass(slots=True, eq=False)
class And(Value):
    """`a && b && …`."""

    operands: list[Value]


@dataclass(slots=True, eq=False)
class Or(Value):
    """`a || b || …`."""

    operands: list[Value]


@dataclass(slots=True, eq=False)
class If(Value):
    """`test ? yes : no`."""

    test: Value
    yes: Value
    no: Value


@dataclass(slots=True, eq=False)
class Chain(Value):
    """`target?.rest` and `target ?? rest`: the target goes to a temporary; the rest is evaluated if the target is not null
    (`if_null` False) or if it is null (`if_null` True, where the target's own value is `found`)."""

    temporary: Variable
    target: Value
    rest: Value
    if_null: bool
    found: Value | None = None


@dataclass(slots=True, eq=False)
class Text(Value):
    """Texts put together. Parts are strings that may be null (which is "") or constants."""

    parts: list[Value]


@dataclass(slots=True, eq=False)
class Items(Value):
    """A Python list (or, when `is_tuple`, a tuple) of the items, for arrays and `params`."""

    items: list[Value]
    is_tuple: bool = False


@dataclass(slots=True, eq=False)
class Sequence(Value):
    """Effects in order, then a result."""

    effects: list[Value]
    result: Value


@dataclass(slots=True, eq=False)
class Raise(Value):
    """`throw operand` as an expression; None: rethrow."""

    operand: Value


@dataclass(slots=True, eq=False)
class Lambda(Value):
    """A lambda or a local function's body. `body` is a value or a block."""

    parameters: list[Variable]
    body: Value | Block
    name: str = "lambda"
    captures: list[Variable] = field(default_factory=list)


# ---- what is no value yet --------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class TypeReference(Value):
    """A type's name before a dot; `type` is the type."""


@dataclass(slots=True, eq=False)
class Namespace(Value):
    """A namespace's name before a dot."""

    name: str


@dataclass(slots=True, eq=False)
class MethodGroup(Value):
    """A method's name before its arguments. `target` is None for a static one."""

    target: Value | None
    owner: NetType
    name: str
    arguments: tuple[NetType, ...]
    members: tuple[Member, ...]


@dataclass(slots=True, eq=False)
class FunctionReference(Value):
    """A local function's name; `type` is METHODS."""

    function: Function


@dataclass(slots=True, eq=False)
class Untyped(Value):
    """A lambda whose delegate type is not known yet: its syntax, and the names known where it stands."""

    node: Any
    scope: Any
    inputs: tuple[NetType, ...]


# ---- statements ------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Jump:
    """What `break` and `continue` lead out of or on: made before the body of its loop or switch is bound."""

    is_loop: bool
    breaks: int = 0
    continues: int = 0


@dataclass(slots=True, eq=False)
class Statement(Bound):
    """Something that is done."""


@dataclass(slots=True, eq=False)
class Block(Statement):
    """Statements in order."""

    statements: list[Statement]


@dataclass(slots=True, eq=False)
class Evaluate(Statement):
    """A value for its effects."""

    value: Value


@dataclass(slots=True, eq=False)
class Test(Statement):
    """`if`."""

    test: Value
    then: Statement
    otherwise: Statement | None


@dataclass(slots=True, eq=False)
class Loop(Statement):
    """`while`, `do`, `for`: `test` None is true; `tests_first` is False for `do`."""

    test: Value | None
    body: Statement
    steps: list[Statement]
    jump: Jump
    tests_first: bool = True


@dataclass(slots=True, eq=False)
class ForEach(Statement):
    """`foreach`; `items` is a Python iterable of plain items, `element` what becomes of one (`each` holds it)."""

    each: Variable
    items: Value
    variable: Variable
    element: Value
    body: Statement
    jump: Jump


@dataclass(slots=True, eq=False)
class Switch(Statement):
    """`switch`: the subject is stored first; sections are tried in order, `default` (an index into them) last."""

    subject: Store
    tests: list[Value | None]
    sections: list[Block]
    default: int | None
    jump: Jump


@dataclass(slots=True, eq=False)
class Break(Statement):
    """`break` out of the loop or switch `target`."""

    target: Jump


@dataclass(slots=True, eq=False)
class Continue(Statement):
    """`continue` the loop `target`."""

    target: Jump


@dataclass(slots=True, eq=False)
class Return(Statement):
    """`return`."""

    value: Value | None


@dataclass(slots=True, eq=False)
class Throw(Statement):
    """`throw`; None: the exception being handled again."""

    operand: Value | None


@dataclass(slots=True, eq=False)
class Catch(Bound):
    """One `catch`; `type` None catches all."""

    type: NetType | None
    variable: Variable | None
    when: Value | None
    body: Block


@dataclass(slots=True, eq=False)
class Try(Statement):
    """`try`."""

    body: Block
    catches: list[Catch]
    last: Block | None


@dataclass(slots=True, eq=False)
class Function(Statement):
    """A local function; its variable holds the Python function. `returns` None is void."""

    variable: Variable
    parameters: list[Variable]
    defaults: list[Any]
    returns: NetType | None
    body: Block | None = None
