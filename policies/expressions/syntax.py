"""The syntax tree of an expression: what was written, not yet what it means.

The rule here: a node is plain data with its offset in the text, and lists its children in the order in which they were
written, so that any analysis is a walk. Names are C#'s own (specification, "Expressions", "Statements", "Patterns").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(slots=True, eq=False)
class Node:
    """Anything that was written; `offset` is where it begins."""

    offset: int

    def children(self) -> Iterator[Node]:
        """The nodes directly below, in the order of the text."""
        for name in _names_of(type(self)):
            value = getattr(self, name)  # a field of a node, by its own declaration
            if isinstance(value, Node):
                yield value
            elif isinstance(value, list):
                yield from (item for item in value if isinstance(item, Node))

    def walk(self) -> Iterator[Node]:
        """This node and everything below."""
        yield self
        for child in self.children():
            yield from child.walk()


_NAMES: dict[type[Node], tuple[str, ...]] = {}


def _names_of(kind: type[Node]) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in fields(kind) if field.name != "offset")
    return names


# ---- types -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class TypeSyntax(Node):
    """A type as written. `suffixes` are "?" and "[]" in order."""

    suffixes: list[str]


@dataclass(slots=True, eq=False)
class TypeName(TypeSyntax):
    """`System.Collections.Generic.List<int>`: each part with its type arguments."""

    parts: list[str]
    arguments: list[TypeSyntax]

    def __str__(self) -> str:
        generic = f"<{', '.join(map(str, self.arguments))}>" if self.arguments else ""
        return ".".join(self.parts) + generic + "".join(self.suffixes)


@dataclass(slots=True, eq=False)
class TupleType(TypeSyntax):
    """`(int count, string name)`."""

    elements: list[TypeSyntax]
    names: list[str]


# ---- expressions -----------------------------------------------------------------------------------------------------


class Expression(Node):
    """Something with a value."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Literal(Expression):
    """A constant; `type` is its C# keyword, "null" or "default"."""

    value: object
    type: str


@dataclass(slots=True, eq=False)
class Interpolation(Node):
    """One hole of an interpolated string."""

    value: Expression
    alignment: Expression | None
    format: str | None


@dataclass(slots=True, eq=False)
class Interpolated(Expression):
    """`$"…"`: texts and holes."""

    texts: list[str]
    holes: list[Interpolation]


@dataclass(slots=True, eq=False)
class Name(Expression):
    """A simple name, perhaps with type arguments."""

    name: str
    arguments: list[TypeSyntax]


@dataclass(slots=True, eq=False)
class PredefinedType(Expression):
    """`int`, `string` … before a dot."""

    name: str


@dataclass(slots=True, eq=False)
class Member(Expression):
    """`target.name<arguments>`; `at` is the name's own offset."""

    target: Expression
    name: str
    arguments: list[TypeSyntax]
    at: int


@dataclass(slots=True, eq=False)
class Placeholder(Expression):
    """What stands before `?.` within the part after it."""


@dataclass(slots=True, eq=False)
class ConditionalAccess(Expression):
    """`target?.rest`: `rest` begins at a Placeholder and is evaluated only if the target is not null."""

    target: Expression
    rest: Expression


@dataclass(slots=True, eq=False)
class Argument(Node):
    """An argument; `mode` is "", "out", "ref" or "in"."""

    name: str
    mode: str
    value: Expression


@dataclass(slots=True, eq=False)
class OutVariable(Expression):
    """`out var name`, `out int name`, `out _`."""

    type: TypeSyntax | None
    name: str


@dataclass(slots=True, eq=False)
class Call(Expression):
    """`target(arguments)`."""

    target: Expression
    arguments: list[Argument]


@dataclass(slots=True, eq=False)
class Index(Expression):
    """`target[arguments]`."""

    target: Expression
    arguments: list[Argument]


@dataclass(slots=True, eq=False)
class MemberInitializer(Node):
    """`name = value`, `[key] = value` or `{ a, b }` / `a` of a collection within an initializer."""

    name: str
    keys: list[Argument]
    values: list[Node]


@dataclass(slots=True, eq=False)
class Initializer(Node):
    """`{ … }` after `new T(…)`."""

    items: list[MemberInitializer]


@dataclass(slots=True, eq=False)
class New(Expression):
    """`new T(arguments) { … }`; `type` is None for `new(…)`."""

    type: TypeSyntax | None
    arguments: list[Argument]
    initializer: Initializer | None


@dataclass(slots=True, eq=False)
class NewArray(Expression):
    """`new T[size]`, `new T[] { … }`, `new[] { … }`, and a bare `{ … }` in a declaration. `type` is the element's."""

    type: TypeSyntax | None
    size: Expression | None
    items: list[Expression] | None


@dataclass(slots=True, eq=False)
class NewAnonymous(Expression):
    """`new { a, b = 1 }`."""

    names: list[str]
    values: list[Expression]


@dataclass(slots=True, eq=False)
class Unary(Expression):
    """`operator operand` for + - ! ~."""

    operator: str
    operand: Expression


@dataclass(slots=True, eq=False)
class Increment(Expression):
    """`++x`, `x++`, `--x`, `x--`; `operator` is "+" or "-"."""

    operator: str
    operand: Expression
    is_prefix: bool


@dataclass(slots=True, eq=False)
class Binary(Expression):
    """`left operator right`; `at` is the operator's offset."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(slots=True, eq=False)
class Conditional(Expression):
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(slots=True, eq=False)
class Assign(Expression):
    """`target = value`, or with an operator `target += value`; "??" for `??=`."""

    operator: str
    target: Expression
    value: Expression
    at: int


@dataclass(slots=True, eq=False)
class Cast(Expression):
    """`(type)operand`."""

    type: TypeSyntax
    operand: Expression


@dataclass(slots=True, eq=False)
class As(Expression):
    """`operand as type`."""

    operand: Expression
    type: TypeSyntax


@dataclass(slots=True, eq=False)
class Is(Expression):
    """`operand is pattern`."""

    operand: Expression
    pattern: Pattern


@dataclass(slots=True, eq=False)
class LambdaParameter(Node):
    """A lambda's or local function's parameter; `type` is None when it is inferred."""

    type: TypeSyntax | None
    name: str
    default: Expression | None = None


@dataclass(slots=True, eq=False)
class Lambda(Expression):
    """`parameters => body`; also `delegate (…) { … }`."""

    parameters: list[LambdaParameter]
    body: Expression | Block


@dataclass(slots=True, eq=False)
class Default(Expression):
    """`default(T)`."""

    type: TypeSyntax


@dataclass(slots=True, eq=False)
class NameOf(Expression):
    """`nameof(a.b)`."""

    operand: Expression


@dataclass(slots=True, eq=False)
class Checked(Expression):
    """`checked(…)` and `unchecked(…)`."""

    operand: Expression
    is_checked: bool


@dataclass(slots=True, eq=False)
class Throw(Expression):
    """`throw e` as an expression."""

    operand: Expression


@dataclass(slots=True, eq=False)
class TupleLiteral(Expression):
    """`(a, name: b)`."""

    names: list[str]
    items: list[Expression]


@dataclass(slots=True, eq=False)
class SwitchArm(Node):
    """`pattern when condition => value`."""

    pattern: Pattern
    when: Expression | None
    value: Expression


@dataclass(slots=True, eq=False)
class SwitchExpression(Expression):
    """`subject switch { arms }`."""

    subject: Expression
    arms: list[SwitchArm]


# ---- patterns --------------------------------------------------------------------------------------------------------


class Pattern(Node):
    """What `is`, `case` and switch arms test."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class ConstantPattern(Pattern):
    """A constant, or a type's name: the binder tells."""

    value: Expression


@dataclass(slots=True, eq=False)
class TypePattern(Pattern):
    """`T` or `T name`; `type` is None for `var name`."""

    type: TypeSyntax | None
    name: str


@dataclass(slots=True, eq=False)
class Discard(Pattern):
    """`_`."""


@dataclass(slots=True, eq=False)
class NotPattern(Pattern):
    """`not pattern`."""

    pattern: Pattern


@dataclass(slots=True, eq=False)
class BinaryPattern(Pattern):
    """`left and right`, `left or right`."""

    operator: str
    left: Pattern
    right: Pattern


@dataclass(slots=True, eq=False)
class RelationalPattern(Pattern):
    """`< 5`, `>= 'a'`."""

    operator: str
    value: Expression


# ---- statements ------------------------------------------------------------------------------------------------------


class Statement(Node):
    """Something that is done."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Block(Statement):
    """`{ … }`; `end` is the offset of its closing brace."""

    statements: list[Statement]
    end: int


@dataclass(slots=True, eq=False)
class Empty(Statement):
    """`;`."""


@dataclass(slots=True, eq=False)
class Declarator(Node):
    """`name = value` of a declaration."""

    name: str
    value: Expression | None


@dataclass(slots=True, eq=False)
class LocalDeclaration(Statement):
    """`T a = 1, b;`; `type` is None for `var`."""

    type: TypeSyntax | None
    declarators: list[Declarator]
    is_const: bool


@dataclass(slots=True, eq=False)
class LocalFunction(Statement):
    """`T name(parameters) { … }` or `=> …;`; `type` is None for `void`."""

    type: TypeSyntax | None
    name: str
    parameters: list[LambdaParameter]
    body: Expression | Block


@dataclass(slots=True, eq=False)
class ExpressionStatement(Statement):
    """A call, assignment, increment or `new` for its effect."""

    expression: Expression


@dataclass(slots=True, eq=False)
class If(Statement):
    """`if (condition) then else otherwise`."""

    condition: Expression
    then: Statement
    otherwise: Statement | None


@dataclass(slots=True, eq=False)
class While(Statement):
    """`while (condition) body`."""

    condition: Expression
    body: Statement


@dataclass(slots=True, eq=False)
class DoWhile(Statement):
    """`do body while (condition);`."""

    body: Statement
    condition: Expression


@dataclass(slots=True, eq=False)
class For(Statement):
    """`for (initializers; condition; steps) body`."""

    initializers: list[Statement]
    condition: Expression | None
    steps: list[Statement]
    body: Statement


@dataclass(slots=True, eq=False)
class ForEach(Statement):
    """`foreach (type name in items) body`; the type is None for `var`."""

    type: TypeSyntax | None
    name: str
    items: Expression
    body: Statement


@dataclass(slots=True, eq=False)
class Case(Node):
    """`case pattern when condition:`; the pattern is None for `default:`."""

    pattern: Pattern | None
    when: Expression | None


@dataclass(slots=True, eq=False)
class SwitchSection(Node):
    """Labels and what they lead to."""

    cases: list[Case]
    statements: list[Statement]


@dataclass(slots=True, eq=False)
class Switch(Statement):
    """`switch (subject) { sections }`."""

    subject: Expression
    sections: list[SwitchSection]


@dataclass(slots=True, eq=False)
class Break(Statement):
    """`break;`."""


@dataclass(slots=True, eq=False)
class Continue(Statement):
    """`continue;`."""


@dataclass(slots=True, eq=False)
class Return(Statement):
    """`return value;`."""

    value: Expression | None


@dataclass(slots=True, eq=False)
class ThrowStatement(Statement):
    """`throw e;`, or `throw;` within a catch."""

    operand: Expression | None


@dataclass(slots=True, eq=False)
class Catch(Node):
    """`catch (T name) when (condition) { … }`."""

    type: TypeSyntax | None
    name: str
    when: Expression | None
    body: Block


@dataclass(slots=True, eq=False)
class Try(Statement):
    """`try … catch … finally …`; `last` is the finally block."""

    body: Block
    catches: list[Catch]
    last: Block | None


@dataclass(slots=True, eq=False)
class Using(Statement):
    """`using (resource) body`; the resource is a declaration or an expression statement."""

    resource: Statement
    body: Statement


@dataclass(slots=True, eq=False)
class CheckedBlock(Statement):
    """`checked { … }` and `unchecked { … }`."""

    body: Block
    is_checked: bool
