"""Syntax tree → bound tree: every name, member, overload, conversion and operator decided, or refused with its place.

The rule here: a document whose expressions bind cannot fail later for a reason that could be seen in the text. One function a
kind of node, in the tables of `names`, `creation`, `patterns`, `lambdas` and `blocks`; this module holds what they share.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from policies.dotnet import index, meter, objects
from policies.dotnet.exceptions import NetException
from policies.dotnet.types import Checked, Const, Inline, Light, Member, NetType, Typed, array_of, find_type, net, nullable
from policies.errors import ExpressionError
from policies.expressions import bound as b
from policies.expressions import conversions, overloads
from policies.expressions import syntax as s
from policies.expressions.lexer import Source
from policies.expressions.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Binder"]

BindExpression = Callable[["Binder", Any], b.Value]
EXPRESSIONS: dict[type[s.Expression], BindExpression] = {}
"""Kind of expression → what binds it; filled by the modules named above."""


class Binder:
    """One expression being bound. `reads` collects the members of `context` that it uses; `has_own` tells whether it has
    variables or functions of its own."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.context = b.Variable("context", net("IProxyRequestContext"), is_readonly=True, never_null=True, emitted="context")
        self.scope = Scope()
        self.scope.names["context"] = self.context
        self.has_own = False
        self.is_checked = False
        self.is_unchecked = False
        self.placeholders: list[b.Variable] = []
        self.reads: set[str] = set()
        self.bare: set[str] = set()
        self.lambda_inputs: tuple[NetType, ...] = ()
        self.results: dict[object, b.Lambda] = {}
        self.jumps: list[b.Jump] = []
        self.returns: list[tuple[NetType | None, list[b.Return]]] = []
        self.returned: list[b.Return] = []
        self.handlers = 0
        self.finals = 0
        self.guards = 0
        self.element: NetType | None = None
        self.cases: list[Any] = []

    # ---- errors and names

    def error(self, offset: int, message: str, hint: str = "") -> ExpressionError:
        """What is wrong at an offset."""
        return self.source.error(offset, message, hint)

    def near(self, name: str, names: list[str]) -> str:
        """ "did you mean …?", or nothing."""
        from difflib import get_close_matches  # late: only a refused document asks

        found = get_close_matches(name, sorted(set(names)), 1, 0.6)
        return f"did you mean '{found[0]}'?" if found else ""

    def temporary(self, kind: NetType) -> b.Variable:
        """A new variable that no text can name."""
        return b.Variable("", kind, self.scope.function, self.scope.loop, stores=1)

    def declare(self, name: str, kind: NetType, offset: int, **marks: Any) -> b.Variable:
        """A new variable of the current scope."""
        self.has_own = True
        variable = b.Variable(name, kind, self.scope.function, self.scope.loop, **marks)
        if self.scope.find(name) is not None:
            raise self.error(offset, f"a variable named '{name}' is already declared here", "choose another name")
        if self.scope.parent is not None and self.scope.parent.is_pending(name):
            raise self.error(offset, f"a variable named '{name}' is declared further down", "choose another name")
        self.scope.names[name] = variable
        return variable

    @contextmanager
    def nested(self, *, is_function: bool = False, is_loop: bool = False) -> Iterator[Scope]:
        """Within an inner scope."""
        self.has_own = True
        outer = self.scope
        self.scope = Scope(outer, is_function=is_function, is_loop=is_loop)
        try:
            yield self.scope
        finally:
            self.scope = outer

    # ---- types

    def type(self, node: s.TypeSyntax) -> NetType:
        """The type that was written. Raises ExpressionError for one that expressions may not use."""
        if isinstance(node, s.TupleType):
            from policies.expressions import tuples

            found = tuples.tuple_type([self.type(element) for element in node.elements], node.names)
        else:
            assert isinstance(node, s.TypeName)
            found = self._named_type(node)
        for suffix in _in_order(node.suffixes):
            if suffix == "?":
                if found.name == "System.Void":
                    raise self.error(node.offset, "void has no values")
                if not found.is_value_type or found.is_nullable:
                    hint = f"'{found}' can be null without it" if found.kind != "struct" else ""
                    raise self.error(node.offset, f"'{found}?' is no type of C# 7: ? stands after value types", hint)
                found = nullable(found)
            else:
                found = array_of(found, len(suffix) - 1)
        return found

    def _named_type(self, node: s.TypeName) -> NetType:
        name = ".".join(node.parts)
        if name == "dynamic":
            raise self.error(node.offset, "dynamic is not available in policy expressions", "name the type")
        arguments = tuple(self.type(argument) for argument in node.arguments)
        definition = find_type(name, len(arguments))
        if definition is None:
            raise self.unknown_type(name, len(arguments), node.offset)
        if not definition.nameable and name != "void":
            raise self.error(node.offset, f"the type '{name}' is not available in policy expressions", _ARTICLE)
        for argument, written in zip(arguments, node.arguments, strict=True):
            if argument.kind == "static" or argument.name == "System.Void":
                raise self.error(written.offset, f"'{argument}' cannot be a type argument")
        return definition.of(*arguments)

    def unknown_type(self, name: str, arity: int, offset: int) -> ExpressionError:
        """There is no such type, or not with so many arguments."""
        other = next((count for count in range(9) if count != arity and find_type(name, count)), None)
        if other is not None and not name.endswith("Array"):
            wanted = f"{other} type argument{'s' if other > 1 else ''}" if other else "no type arguments"
            return self.error(offset, f"the type '{name}' takes {wanted}")
        short = name.rpartition(".")[2]
        hint = self.near(short, index.similar_names()) or _ARTICLE
        return self.error(offset, f"the type '{name}' is not available in policy expressions", hint)

    # ---- values

    def bind(self, node: s.Expression) -> b.Value:
        """The node as a value; lambdas and method groups are values without a type."""
        found = self.bind_any(node)
        if isinstance(found, b.TypeReference):
            raise self.error(node.offset, f"'{found.type}' is a type, and a value is expected")
        if isinstance(found, b.Namespace):
            raise self.error(
                node.offset, f"the name '{found.name}' does not exist here", "it is a namespace; name a type in it"
            )
        return found

    def bind_any(self, node: s.Expression) -> b.Value:
        """The node as a value, type or namespace."""
        return EXPRESSIONS[type(node)](self, node)

    def bind_as(self, node: s.Expression, kind: NetType, what: str = "") -> b.Value:
        """The node converted to a type. Raises ExpressionError."""
        if isinstance(node, s.NewArray) and node.type is None and kind.rank and (node.is_bare or node.rank == kind.rank):
            from policies.expressions import creation

            return creation.array_of_items(self, node, kind)
        if isinstance(node, s.TupleLiteral) and kind.kind == "struct":
            from policies.expressions import tuples

            return tuples.literal_as(self, node, kind)
        return self.converted(self.bind(node), kind, node.offset, what)

    def condition(self, node: s.Expression) -> b.Value:
        """The node as a bool."""
        return self.bind_as(node, net("bool"))

    def converted(self, value: b.Value, kind: NetType, offset: int, what: str = "") -> b.Value:
        """The value converted implicitly. Raises ExpressionError."""
        found = self.implicit(value, kind)
        if found is not None:
            return found
        if value.type is b.METHODS:
            raise self.error(offset, "a method is named, not called", "write its arguments in ( )")
        if isinstance(value, b.Untyped) and kind.kind == "delegate":
            wrong = self.wrong_result(value, kind)
            if wrong is not None:
                raise wrong
        hint = f"a cast is needed: ({kind})value" if self.explicit(value, kind) is not None else ""
        subject = f"{what}: " if what else ""
        shown = "null" if value.type is b.NULL else f"type '{value.type}'"
        raise self.error(offset, f"{subject}cannot convert {shown} to '{kind}'", hint)

    def implicit(self, value: b.Value, kind: NetType) -> b.Value | None:
        """The value converted implicitly, if it can be."""
        return conversions.implicit(self, value, kind)

    def explicit(self, value: b.Value, kind: NetType) -> b.Value | None:
        """The value converted by a cast, if it can be."""
        return conversions.explicit(self, value, kind)

    def array(self, element: NetType, items: list[b.Value], offset: int) -> b.Value:
        """`new element[] { items }`."""
        constant = b.Constant(offset, net("object"), element)
        arguments = [constant, b.Items(offset, net("object"), items)]
        return b.Apply(offset, array_of(element), objects.array_of_items, arguments, is_light=True)

    # ---- members

    def arguments(self, nodes: list[s.Argument]) -> list[overloads.Given]:
        """Arguments bound as far as they can be without their parameters."""
        found = []
        for node in nodes:
            if node.mode == "out" or (node.mode == "ref" and isinstance(node.value, s.OutVariable)):
                found.append(self._out_argument(node))
                continue
            value = self.bind(node.value)
            if node.mode == "ref" and not isinstance(value, b.Load):
                raise self.error(node.value.offset, "a ref argument must be a variable")
            found.append(overloads.Given(node.name, node.mode, value, node.offset, node.value))
        return found

    def _out_argument(self, node: s.Argument) -> overloads.Given:
        given = overloads.Given(node.name, "out", None, node.offset, node.value)
        if isinstance(node.value, s.OutVariable):
            if node.value.type is not None:
                given.declared = self.type(node.value.type)
        elif not (isinstance(node.value, s.Name) and node.value.name == "_" and self.scope.find("_") is None):
            value = self.bind(node.value)
            if not isinstance(value, b.Load):
                raise self.error(node.value.offset, "an out argument must be a variable", "write out var name")
            given.declared = value.type
        return given

    def choose_operator(self, members: list[Member], operands: list[b.Value]) -> tuple[Member, list[b.Value]] | None:
        """The user-defined operator for the operands, if any applies."""
        given = [overloads.Given("", "", operand, operand.offset) for operand in operands]
        try:
            choice = overloads.choose(self, members, given, (), operands[0].offset, "operator")
        except ExpressionError:
            return None
        return choice.member, [argument for argument in choice.arguments if argument is not None]

    def call_choice(self, choice: overloads.Choice, target: b.Value | None, offset: int) -> b.Value:
        """The call that was chosen, its out arguments stored."""
        arguments = [argument for argument in choice.arguments if argument is not None]
        member = choice.member
        call = self.call_member(member, target, arguments, offset, choice.type_arguments, choice.returns)
        return self.stored_back(choice, call, call.type, offset)

    def stored_back(self, choice: overloads.Choice, call: b.Value, kind: NetType, offset: int) -> b.Value:
        """The call's value, the values of its `out` and `ref` arguments put into their variables."""
        outs = [
            (argument, parameter)
            for argument, parameter in zip(choice.given, choice.parameters, strict=False)
            if argument is not None and parameter.mode in ("out", "ref")
        ]
        if not outs:
            return call
        results = self.temporary(net("object"))
        effects: list[b.Value] = [b.Store(offset, results.type, results, call)]
        for number, (argument, parameter) in enumerate(outs, 1):
            variable = self._out_variable(argument, parameter.type)
            if variable is not None:
                effects.append(b.Store(offset, parameter.type, variable, _item(results, number, parameter.type, offset)))
        return b.Sequence(offset, kind, effects, _item(results, 0, kind, offset))

    def _out_variable(self, argument: overloads.Given, kind: NetType) -> b.Variable | None:
        node = argument.target
        if isinstance(node, s.OutVariable):
            return None if node.name == "_" else self.declare(node.name, kind, node.offset, stores=1)
        assert isinstance(node, s.Name)
        variable = self.scope.find(node.name)
        if not isinstance(variable, b.Variable):
            return None
        self.assignable(variable, node.offset)
        return variable

    def used(self, variable: b.Variable) -> None:
        """Note that the variable is read or stored here, perhaps in a function within its own."""
        variable.is_captured = variable.is_captured or variable.depth < self.scope.function

    def assignable(self, variable: b.Variable, offset: int) -> None:
        """Note that the variable is assigned; raises ExpressionError when it cannot be."""
        if variable.is_constant or variable.is_readonly:
            what = "a constant" if variable.is_constant else "read-only"
            raise self.error(offset, f"'{variable.name}' cannot be assigned: it is {what}")
        variable.stores += 1
        self.used(variable)

    def call_member(
        self,
        member: Member,
        target: b.Value | None,
        arguments: list[b.Value],
        offset: int,
        types: tuple[NetType, ...] = (),
        returns: NetType | None = None,
    ) -> b.Value:
        """What a member's implementation does with a target and arguments."""
        kind = member.returns if returns is None else returns
        work = member.implementation
        if isinstance(work, Const):
            return b.Constant(offset, kind, work.value)
        if isinstance(work, Checked):
            self._check(work, member, arguments, offset)
            work = work.function
        return self.work(work, member, target, arguments, offset, kind, types)

    def _check(self, work: Checked, member: Member, arguments: list[b.Value], offset: int) -> None:
        pairs = zip(member.parameters, arguments, strict=False)
        try:
            with meter.running():
                work.check({parameter.name: value.value for parameter, value in pairs if isinstance(value, b.Constant)})
        except NetException as error:
            raise self.error(offset, error.message) from None
        except meter.BudgetExceeded as error:
            raise self.error(offset, str(error)) from None

    def work(
        self,
        work: Any,
        member: Member,
        target: b.Value | None,
        arguments: list[b.Value],
        offset: int,
        kind: NetType,
        types: tuple[NetType, ...] = (),
    ) -> b.Value:
        """An implementation (a getter or a setter) as a node."""
        operands = [*arguments]
        names = tuple([parameter.name for parameter in member.parameters])
        if len(operands) > len(names):
            names = (*names, "value")
        if target is not None:
            raises = isinstance(work, Inline) and work.template.startswith("self.")
            operands.insert(0, target if raises or member.declaring.definition.null_safe else self.not_null(target))
            names = ("self", *names)
        if isinstance(work, Inline):
            return b.Template(offset, kind, work, names, operands)
        if isinstance(work, Typed):
            return b.Apply(offset, kind, work.function, operands, (*member.declaring.args, *types), work.light)
        if isinstance(work, Light):
            return b.Apply(offset, kind, work.function, operands, is_light=True)
        return b.Apply(offset, kind, work, operands)

    def not_null(self, value: b.Value) -> b.Value:
        """The value, tested when it could be null."""
        if value.type.is_value_type or _never_null(value):
            return value
        return b.NotNull(value.offset, value.type, value)

    # ---- delegates

    def to_delegate(self, value: b.Value, kind: NetType) -> b.Value | None:
        """A lambda or method as a delegate."""
        from policies.expressions import lambdas

        return lambdas.to_delegate(self, value, kind)

    def result_of(self, value: b.Value, inputs: list[NetType]) -> NetType | None:
        """What a lambda or method gives for these inputs; None when it gives nothing."""
        from policies.expressions import lambdas

        return lambdas.result_of(self, value, inputs)

    def wrong_result(self, value: b.Untyped, kind: NetType) -> ExpressionError | None:
        """Why a lambda is no such delegate, when its value is of another type than the delegate gives."""
        from policies.expressions import lambdas

        return lambdas.wrong_result(self, value, kind)

    def lambda_types(self, value: b.Value) -> list[NetType] | None:
        """The parameter types that a lambda states itself."""
        from policies.expressions import lambdas

        return lambdas.stated_types(self, value)


_ARTICLE = 'the allowed types are listed in the article "API Management policy expressions"'
_ITEMS = [Inline(f"value[{number}]") for number in range(8)]


def _item(results: b.Variable, number: int, kind: NetType, offset: int) -> b.Value:
    load = b.Load(offset, results.type, results)
    return conversions.template(_ITEMS[number], kind, load)


def _never_null(value: b.Value) -> bool:
    match value:
        case b.Constant():
            return value.value is not None
        case b.Load():
            return value.variable.never_null
        case b.Text() | b.Items() | b.NotNull() | b.Lambda():
            return True
        case b.Store():
            return _never_null(value.value)
        case b.Apply():
            return value.function is objects.array_of_items
        case b.Template():
            return value.inline.never_null
    return False


def _in_order(suffixes: list[str]) -> list[str]:
    """A type's suffixes as they apply: of brackets in a row the last ones first, for `int[][,]` is an array of `int[,]`."""
    found: list[str] = []
    run: list[str] = []
    for suffix in [*suffixes, "?"]:
        if suffix == "?":
            found += [*reversed(run), suffix]
            run = []
        else:
            run.append(suffix)
    return found[:-1]
