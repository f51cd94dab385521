"""The syntax tree of an expression: what was written, not yet what it means.

The rule here: a node is plain data with its offset in the text, and lists its children in the order in which they were
written, so that any analysis is a walk. Names are C#'s own (specification, "Expressions", "Statements", "Patterns").
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.expressions.records import Record


class Node(Record):
    """Anything that was written; `offset` is where it begins."""

    offset: int

    def children(self) -> Iterator[Node]:
        """The nodes directly below, in the order of the text."""
        for name in type(self).record_fields:
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


# ---- types -----------------------------------------------------------------------------------------------------------


class TypeSyntax(Node):
    """A type as written. `suffixes` are "?" and "[]" in order."""

    suffixes: list[str]


class TypeName(TypeSyntax):
    """`System.Collections.Generic.List<int>`: each part with its type arguments."""

    parts: list[str]
    arguments: list[TypeSyntax]

    def __str__(self) -> str:
        generic = f"<{', '.join(map(str, self.arguments))}>" if self.arguments else ""
        return ".".join(self.parts) + generic + "".join(self.suffixes)


class TupleType(TypeSyntax):
    """`(int count, string name)`."""

    elements: list[TypeSyntax]
    names: list[str]


# ---- expressions -----------------------------------------------------------------------------------------------------


class Expression(Node):
    """Something with a value."""


class Literal(Expression):
    """A constant; `type` is its C# keyword, "null" or "default"."""

    value: object
    type: str


class Interpolation(Node):
    """One hole of an interpolated string."""

    value: Expression
    alignment: Expression | None
    format: str | None


class Interpolated(Expression):
    """`$"…"`: texts and holes."""

    texts: list[str]
    holes: list[Interpolation]


class Name(Expression):
    """A simple name, perhaps with type arguments."""

    name: str
    arguments: list[TypeSyntax]


class PredefinedType(Expression):
    """`int`, `string` … before a dot."""

    name: str


class Member(Expression):
    """`target.name<arguments>`; `at` is the name's own offset."""

    target: Expression
    name: str
    arguments: list[TypeSyntax]
    at: int


class Placeholder(Expression):
    """What stands before `?.` within the part after it."""


class ConditionalAccess(Expression):
    """`target?.rest`: `rest` begins at a Placeholder and is evaluated only if the target is not null."""

    target: Expression
    rest: Expression


class Argument(Node):
    """An argument; `mode` is "", "out", "ref" or "in"."""

    name: str
    mode: str
    value: Expression


class OutVariable(Expression):
    """`out var name`, `out int name`, `out _`."""

    type: TypeSyntax | None
    name: str


class Call(Expression):
    """`target(arguments)`."""

    target: Expression
    arguments: list[Argument]


class Index(Expression):
    """`target[arguments]`."""

    target: Expression
    arguments: list[Argument]


class MemberInitializer(Node):
    """`name = value`, `[key] = value` or `{ a, b }` / `a` of a collection within an initializer."""

    name: str
    keys: list[Argument]
    values: list[Node]


class Initializer(Node):
    """`{ … }` after `new T(…)`."""

    items: list[MemberInitializer]


class New(Expression):
    """`new T(arguments) { … }`."""

    type: TypeSyntax
    arguments: list[Argument]
    initializer: Initializer | None


class NewArray(Expression):
    """`new T[size]`, `new T[] { … }`, `new[] { … }`, and a bare `{ … }` in a declaration or another. `type` is the element's,
    `rank` the number of dimensions."""

    type: TypeSyntax | None
    sizes: list[Expression]
    items: list[Expression] | None
    rank: int = 1
    is_bare: bool = False


class NewAnonymous(Expression):
    """`new { a, b = 1 }`."""

    names: list[str]
    values: list[Expression]


class Unary(Expression):
    """`operator operand` for + - ! ~."""

    operator: str
    operand: Expression


class Increment(Expression):
    """`++x`, `x++`, `--x`, `x--`; `operator` is "+" or "-"."""

    operator: str
    operand: Expression
    is_prefix: bool


class Binary(Expression):
    """`left operator right`; `at` is the operator's offset."""

    operator: str
    left: Expression
    right: Expression
    at: int


class Conditional(Expression):
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression


class Assign(Expression):
    """`target = value`, or with an operator `target += value`."""

    operator: str
    target: Expression
    value: Expression
    at: int


class Cast(Expression):
    """`(type)operand`."""

    type: TypeSyntax
    operand: Expression


class As(Expression):
    """`operand as type`."""

    operand: Expression
    type: TypeSyntax


class Is(Expression):
    """`operand is pattern`."""

    operand: Expression
    pattern: Pattern


class LambdaParameter(Node):
    """A lambda's or local function's parameter; `type` is None when it is inferred. `opens` are members of its value that are
    names of their own in the body: the range variables of a query. `mode` is "", "out", "ref" or "params"."""

    type: TypeSyntax | None
    name: str
    default: Expression | None = None
    opens: list[str] | None = None
    mode: str = ""


class Lambda(Expression):
    """`parameters => body`; also `delegate (…) { … }`, which `takes_any` parameters where it names none."""

    parameters: list[LambdaParameter]
    body: Expression | Block
    takes_any: bool = False


class Default(Expression):
    """`default(T)`."""

    type: TypeSyntax


class TypeOf(Expression):
    """`typeof(T)`."""

    type: TypeSyntax


class NameOf(Expression):
    """`nameof(a.b)`."""

    operand: Expression


class Checked(Expression):
    """`checked(…)` and `unchecked(…)`."""

    operand: Expression
    is_checked: bool


class Throw(Expression):
    """`throw e` as an expression."""

    operand: Expression


class TupleLiteral(Expression):
    """`(a, name: b)`."""

    names: list[str]
    items: list[Expression]


# ---- patterns --------------------------------------------------------------------------------------------------------


class Pattern(Node):
    """What `is`, `case` and switch arms test."""


class ConstantPattern(Pattern):
    """A constant, or a type's name: the binder tells."""

    value: Expression


class TypePattern(Pattern):
    """`T` or `T name`; `type` is None for `var name`."""

    type: TypeSyntax | None
    name: str


# ---- statements ------------------------------------------------------------------------------------------------------


class Statement(Node):
    """Something that is done."""


class Block(Statement):
    """`{ … }`; `end` is the offset of its closing brace."""

    statements: list[Statement]
    end: int


class Empty(Statement):
    """`;`."""


class Declarator(Node):
    """`name = value` of a declaration."""

    name: str
    value: Expression | None


class LocalDeclaration(Statement):
    """`T a = 1, b;`; `type` is None for `var`."""

    type: TypeSyntax | None
    declarators: list[Declarator]
    is_const: bool


class Deconstruction(Statement):
    """`var (a, b) = value;`, `(int a, var b) = value;`; a type of None is `var`, a name of "_" is thrown away."""

    types: list[TypeSyntax | None]
    names: list[str]
    value: Expression


class LocalFunction(Statement):
    """`T name(parameters) { … }` or `=> …;`; `type` is None for `void`."""

    type: TypeSyntax | None
    name: str
    parameters: list[LambdaParameter]
    body: Expression | Block


class ExpressionStatement(Statement):
    """A call, assignment, increment or `new` for its effect."""

    expression: Expression


class If(Statement):
    """`if (condition) then else otherwise`."""

    condition: Expression
    then: Statement
    otherwise: Statement | None


class While(Statement):
    """`while (condition) body`."""

    condition: Expression
    body: Statement


class DoWhile(Statement):
    """`do body while (condition);`."""

    body: Statement
    condition: Expression


class For(Statement):
    """`for (initializers; condition; steps) body`."""

    initializers: list[Statement]
    condition: Expression | None
    steps: list[Statement]
    body: Statement


class ForEach(Statement):
    """`foreach (type name in items) body`; the type is None for `var`."""

    type: TypeSyntax | None
    name: str
    items: Expression
    body: Statement


class Case(Node):
    """`case pattern when condition:`; the pattern is None for `default:`."""

    pattern: Pattern | None
    when: Expression | None


class SwitchSection(Node):
    """Labels and what they lead to."""

    cases: list[Case]
    statements: list[Statement]


class Switch(Statement):
    """`switch (subject) { sections }`."""

    subject: Expression
    sections: list[SwitchSection]


class Label(Statement):
    """`name:` before a statement."""

    name: str


class Goto(Statement):
    """`goto name;`."""

    name: str


class GotoCase(Statement):
    """`goto case value;`; the value is None for `goto default;`."""

    value: Expression | None


class Yield(Statement):
    """`yield return value;`; the value is None for `yield break;`."""

    value: Expression | None


class Lock(Statement):
    """`lock (subject) body`."""

    subject: Expression
    body: Statement


class Break(Statement):
    """`break;`."""


class Continue(Statement):
    """`continue;`."""


class Return(Statement):
    """`return value;`."""

    value: Expression | None


class ThrowStatement(Statement):
    """`throw e;`, or `throw;` within a catch."""

    operand: Expression | None


class Catch(Node):
    """`catch (T name) when (condition) { … }`."""

    type: TypeSyntax | None
    name: str
    when: Expression | None
    body: Block


class Try(Statement):
    """`try … catch … finally …`; `last` is the finally block."""

    body: Block
    catches: list[Catch]
    last: Block | None


class Using(Statement):
    """`using (resource) body`; the resource is a declaration or an expression statement."""

    resource: Statement
    body: Statement


class CheckedBlock(Statement):
    """`checked { … }` and `unchecked { … }`."""

    body: Block
    is_checked: bool
