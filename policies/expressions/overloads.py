"""Which overload a call selects (specification, "Overload resolution", "Type inference").

The rule here: candidates that no argument rules out are compared argument by argument; the best wins, a tie is broken as C#
does it (not generic, not expanded, fewer defaults). When none applies, the error says why the nearest one does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from policies.dotnet.types import NO_DEFAULT, Member, NetType, Parameter
from policies.errors import ExpressionError
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.conversions import better_type, implicit_type
from policies.records import Record

if TYPE_CHECKING:
    from policies.expressions.binder import Binder

__all__ = ["Choice", "Given", "choose", "infer_delegate", "infer_from_type"]

Failure = Callable[[], ExpressionError]
"""Why an overload does not apply. The error is made only when it matters: most overloads that do not apply never do."""


class Given(Record, frozen=False):
    """An argument as given: bound, or (`value` of type LAMBDA or METHODS) waiting for its delegate's type. `target` is what
    an `out` argument stores into; `declared` the type written in `out T name`."""

    name: str
    mode: str
    value: b.Value | None
    offset: int
    target: s.Expression | None = None
    declared: NetType | None = None


class Choice(Record, frozen=False):
    """A member with its type arguments put in, and the arguments in the order of its parameters (`None` for out)."""

    member: Member
    type_arguments: tuple[NetType, ...]
    parameters: tuple[Parameter, ...]
    returns: NetType
    arguments: list[b.Value | None]
    given: list[Given | None]
    expanded: bool
    defaults: int
    matched: list[tuple[Given, NetType]]


def choose(
    binder: Binder, members: Sequence[Member], given: list[Given], types: tuple[NetType, ...], offset: int, what: str
) -> Choice:
    """The best member for the arguments. `types` are explicit type arguments. Raises ExpressionError."""
    choices: list[Choice] = []
    failures: list[tuple[int, Failure]] = []
    for member in members:
        for expanded in (False, True):
            if expanded and not (member.parameters and member.parameters[-1].mode == "params"):
                continue
            attempt = _apply(binder, member, given, types, expanded=expanded, offset=offset)
            if isinstance(attempt, Choice):
                choices.append(attempt)
                break
            failures.append(attempt)
    if not choices:
        raise _why(binder, members, given, failures, offset, what)
    best = choices[0]
    for other in choices[1:]:
        if _better(binder, other, best) < 0:
            best = other
    rivals = [other for other in choices if other is not best and _better(binder, best, other) >= 0]
    if rivals and all(_same_work(best, other) is False for other in rivals):
        shown = f"the call is ambiguous between '{best.member}' and '{rivals[0].member}'"
        raise binder.error(offset, shown, "cast an argument to say which is meant")
    return best


def _same_work(first: Choice, second: Choice) -> bool:
    return first.member.implementation is second.member.implementation or first.member.declaring is not second.member.declaring


# ---- applicability ---------------------------------------------------------------------------------------------------


def _apply(
    binder: Binder, member: Member, given: list[Given], types: tuple[NetType, ...], *, expanded: bool, offset: int
) -> Choice | tuple[int, Failure]:
    parameters = member.parameters
    if types and len(types) != len(member.type_parameters):
        count = len(member.type_parameters)
        shown = f"takes {count or 'no'} type argument{'s' if count > 1 else ''}"
        return 0, lambda: binder.error(offset, f"'{member}' {shown}")
    placed = _place(binder, parameters, given, expanded=expanded, offset=offset)
    if not isinstance(placed, tuple):
        return 1, placed
    slots, defaults = placed
    scope = dict(zip(member.type_parameters, types, strict=False))
    if member.type_parameters and not types:
        try:
            inferred = _infer(binder, member, slots)
        except ExpressionError as error:  # within a lambda
            return 3, _Within(error)
        if isinstance(inferred, str):
            shown = f"the type argument {inferred} of '{member}' cannot be inferred"
            return 2, lambda: binder.error(offset, shown, "give it in < >")
        scope = inferred
    arguments: list[b.Value | None] = []
    matched: list[tuple[Given, NetType]] = []
    substituted: list[Parameter] = []
    for index, (parameter, argument) in enumerate(slots):
        kind = parameter.type.substitute(scope)
        known = kind is parameter.type
        substituted.append(parameter if known else Parameter(parameter.name, kind, parameter.mode, parameter.default))
        if argument is None:
            arguments.append(_default(parameter, kind, offset))
            continue
        matched.append((argument, kind))
        converted = _convert(binder, argument, parameter, kind)
        if callable(converted):
            return 3 + index, converted
        arguments.append(converted)
    if expanded:
        _pack(binder, member, scope, substituted, arguments, offset)
    type_arguments = tuple(scope[name] for name in member.type_parameters)
    extra = len(parameters) - len(slots) if not expanded else 0
    return Choice(
        member,
        type_arguments,
        tuple(substituted),
        member.returns.substitute(scope),
        arguments,
        [argument for _, argument in slots],
        expanded,
        defaults + extra,
        matched,
    )


def _place(
    binder: Binder, parameters: tuple[Parameter, ...], given: list[Given], *, expanded: bool, offset: int
) -> tuple[list[tuple[Parameter, Given | None]], int] | Failure:
    """Arguments laid against parameters; a `params` parameter that is expanded stands once for each of its items."""
    slots: dict[str, Given] = {}
    rest: list[Given] = []
    names = [parameter.name for parameter in parameters]
    for index, argument in enumerate(given):
        if argument.name:
            if argument.name not in names or argument.name in slots:
                return _no_parameter(binder, argument, names)
            slots[argument.name] = argument
        elif expanded and index >= len(parameters) - 1:
            rest.append(argument)
        elif index < len(parameters):
            slots[names[index]] = argument
        else:
            too_many = argument.offset
            return lambda: binder.error(too_many, f"too many arguments: {len(given)} instead of {len(parameters)}")
    placed: list[tuple[Parameter, Given | None]] = []
    defaults = 0
    for parameter in parameters:
        argument_ = slots.get(parameter.name)
        if expanded and parameter is parameters[-1] and argument_ is None:
            item = Parameter(parameter.name, parameter.type.args[0], "params")
            placed += [(item, each) for each in rest]
        elif argument_ is not None:
            placed.append((parameter, argument_))
        elif parameter.default is not NO_DEFAULT:
            placed.append((parameter, None))
            defaults += 1
        else:
            missing = f"the argument '{parameter.name}' ({parameter.type}) is missing"
            return lambda: binder.error(offset, missing)
    return placed, defaults


def _no_parameter(binder: Binder, argument: Given, names: list[str]) -> Failure:
    def why() -> ExpressionError:
        from difflib import get_close_matches  # late: only a refused document asks

        near = get_close_matches(argument.name, names, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"its parameters are {', '.join(names) or 'none'}"
        return binder.error(argument.offset, f"there is no parameter named '{argument.name}'", hint)

    return why


class _Within:
    """The failure that an error within an argument is, a lambda's body mostly: it says itself what is wrong."""

    __slots__ = ("_error",)

    def __init__(self, error: ExpressionError) -> None:
        self._error = error

    def __call__(self) -> ExpressionError:
        return self._error


def _convert(binder: Binder, argument: Given, parameter: Parameter, kind: NetType) -> b.Value | Failure | None:
    wanted = parameter.mode if parameter.mode in ("out", "ref") else ""
    if argument.mode not in (wanted, wanted or "in"):
        what, name = ("needs", wanted) if wanted else ("cannot be", argument.mode)
        hint = f"write {wanted} variable" if wanted else ""
        return lambda: binder.error(argument.offset, f"the argument '{parameter.name}' {what} '{name}'", hint)
    if wanted == "out":
        if argument.declared is not None and argument.declared is not kind:
            shown = f"cannot convert from 'out {argument.declared}' to 'out {kind}'"
            return lambda: binder.error(argument.offset, shown)
        return None
    assert argument.value is not None
    if wanted == "ref" and argument.value.type is not kind:
        return lambda: binder.error(argument.offset, f"a ref argument must be of type '{kind}'")
    try:
        converted = binder.implicit(argument.value, kind)
    except ExpressionError as error:
        return _Within(error)
    return _no_conversion(binder, argument, argument.value, kind) if converted is None else converted


def _no_conversion(binder: Binder, argument: Given, value: b.Value, kind: NetType) -> Failure:
    def why() -> ExpressionError:
        if isinstance(value, b.Untyped) and kind.kind == "delegate":
            wrong = binder.wrong_result(value, kind)
            if wrong is not None:
                return wrong
        hint = f"an explicit conversion exists: ({kind})value" if binder.explicit(value, kind) is not None else ""
        return binder.error(argument.offset, f"cannot convert from '{value.type}' to '{kind}'", hint)

    return why


def _default(parameter: Parameter, kind: NetType, offset: int) -> b.Value:
    return b.Constant(offset, kind, parameter.default)


def _pack(
    binder: Binder,
    member: Member,
    scope: dict[str, NetType],
    parameters: list[Parameter],
    arguments: list[b.Value | None],
    offset: int,
) -> None:
    """The items of an expanded `params` parameter, as one array."""
    array = member.parameters[-1].type.substitute(scope)
    fixed = len([parameter for parameter in parameters if parameter.mode != "params"])
    items = [argument for argument in arguments[fixed:] if argument is not None]
    del arguments[fixed:], parameters[fixed:]
    arguments.append(binder.array(array.args[0], items, offset))
    parameters.append(Parameter(member.parameters[-1].name, array, "params"))


# ---- inference -------------------------------------------------------------------------------------------------------


def _infer(binder: Binder, member: Member, slots: list[tuple[Parameter, Given | None]]) -> dict[str, NetType] | str:
    """Type arguments from the arguments; the name of the first that cannot be inferred otherwise."""
    candidates: dict[str, list[NetType]] = {name: [] for name in member.type_parameters}
    waiting: list[tuple[Parameter, Given]] = []
    for parameter, argument in slots:
        if argument is None:
            continue
        if argument.mode == "out":
            if argument.declared is not None:
                infer_from_type(parameter.type, argument.declared, candidates)
        elif argument.value is not None and argument.value.type in (b.LAMBDA, b.METHODS):
            waiting.append((parameter, argument))
        elif argument.value is not None:
            infer_from_type(parameter.type, argument.value.type, candidates)
    fixed: dict[str, NetType] = {}
    _fix(candidates, fixed)
    for _ in range(len(waiting) + 1):
        for parameter, argument in list(waiting):
            assert argument.value is not None
            if infer_delegate(binder, parameter.type, argument.value, fixed, candidates):
                waiting.remove((parameter, argument))
                _fix(candidates, fixed)
    missing = next((name for name in member.type_parameters if name not in fixed), None)
    return fixed if missing is None else missing


def _fix(candidates: dict[str, list[NetType]], fixed: dict[str, NetType]) -> None:
    for name, kinds in candidates.items():
        if kinds:
            best = [kind for kind in kinds if all(implicit_type(other, kind) for other in kinds)]
            if best:
                fixed[name] = best[0]


def infer_from_type(wanted: NetType, given: NetType, candidates: dict[str, list[NetType]]) -> None:
    """What `given` says of the type parameters in `wanted` (lower bounds)."""
    if wanted.is_parameter:
        if wanted.definition.name in candidates and given.kind != "pseudo" and given.name != "System.Void":
            candidates[wanted.definition.name].append(given)
        return
    if not wanted.is_open or given.kind == "pseudo":
        return
    if wanted.is_nullable:
        infer_from_type(wanted.args[0], given.args[0] if given.is_nullable else given, candidates)
        return
    for ancestor in given.ancestry():
        if ancestor.definition is wanted.definition:
            for inner, own in zip(wanted.args, ancestor.args, strict=True):
                infer_from_type(inner, own, candidates)
            return


def infer_delegate(
    binder: Binder, wanted: NetType, value: b.Value, fixed: dict[str, NetType], candidates: dict[str, list[NetType]]
) -> bool:
    """What the result of a lambda or method says, once its parameters' types are known; False while they are not."""
    if wanted.kind != "delegate":
        return wanted.is_parameter is False
    invoke = wanted.members("Invoke")[0]
    inputs = [parameter.type.substitute(fixed) for parameter in invoke.parameters]
    explicit_types = binder.lambda_types(value)
    if explicit_types is not None and len(explicit_types) == len(inputs):
        for parameter, own in zip(invoke.parameters, explicit_types, strict=True):
            infer_from_type(parameter.type, own, candidates)
        _fix(candidates, fixed)
        inputs = [parameter.type.substitute(fixed) for parameter in invoke.parameters]
    if any(kind.is_open for kind in inputs):
        return False
    if not invoke.returns.substitute(fixed).is_open:
        return True
    result = binder.result_of(value, inputs)
    if result is not None:
        infer_from_type(invoke.returns, result, candidates)
    return True


# ---- comparison ------------------------------------------------------------------------------------------------------


def _better(binder: Binder, first: Choice, second: Choice) -> int:
    """-1 when the first is better, 1 when the second is, 0 when neither."""
    score = 0
    types = {id(argument): kind for argument, kind in second.matched}
    for argument, kind in first.matched:
        other = types.get(id(argument))
        if other is None or other is kind:
            continue
        better = _better_conversion(binder, argument, kind, other)
        if better and score and better != score:
            return 0
        score = score or better
    if score:
        return score
    for preference in (
        len(first.member.type_parameters) - len(second.member.type_parameters),
        first.expanded - second.expanded,
        first.defaults - second.defaults,
        _depth(second) - _depth(first),
    ):
        if preference:
            return -1 if preference < 0 else 1
    return 0


def _depth(choice: Choice) -> int:
    """Of two expanded forms, more parameters of its own are better."""
    return len(choice.member.parameters) if choice.expanded else 0


def _better_conversion(binder: Binder, argument: Given, first: NetType, second: NetType) -> int:
    value = argument.value
    if value is None:
        return 0
    if value.type is first or value.type is second:
        return -1 if value.type is first else 1
    if value.type in (b.LAMBDA, b.METHODS) and first.kind == second.kind == "delegate":
        return _better_delegate(binder, value, first, second)
    return better_type(first, second)


def _better_delegate(binder: Binder, value: b.Value, first: NetType, second: NetType) -> int:
    one, two = first.members("Invoke")[0], second.members("Invoke")[0]
    inputs = [parameter.type for parameter in one.parameters]
    if inputs != [parameter.type for parameter in two.parameters]:
        return 0
    result = binder.result_of(value, inputs)
    if result is None or one.returns is two.returns:
        return 0
    if one.returns is result or two.returns is result:
        return -1 if one.returns is result else 1
    if "System.Void" in (one.returns.name, two.returns.name):
        return 1 if one.returns.name == "System.Void" else -1
    return better_type(one.returns, two.returns)


# ---- errors ----------------------------------------------------------------------------------------------------------


def _why(
    binder: Binder,
    members: Sequence[Member],
    given: list[Given],
    failures: list[tuple[int, Failure]],
    offset: int,
    what: str,
) -> ExpressionError:
    """The failure of the candidate that got furthest; with several, all are listed as the hint."""
    within = next((failure for _, failure in failures if isinstance(failure, _Within)), None)
    if within is not None:
        return within()
    if len(members) == 1:
        error = max(failures, key=lambda failure: failure[0])[1]()
        error.hint = error.hint or f"it is {_signature(members[0])}"
        return error
    listed = "; ".join(sorted({_signature(member) for member in members})[:6])
    if all(failure[0] == 1 for failure in failures) and not any(argument.name for argument in given):
        number = f"{len(given)} argument{'' if len(given) == 1 else 's'}"
        return binder.error(offset, f"no overload of '{what}' takes {number}", f"there is {listed}")
    error = max(failures, key=lambda failure: failure[0])[1]()
    error.hint = f"{error.hint}; there is {listed}" if error.hint else f"there is {listed}"
    return error


def _signature(member: Member) -> str:
    """A member with its result, for a hint."""
    parameters = member.parameters[1:] if member.is_extension else member.parameters
    shown = ", ".join(
        f"{p.mode + ' ' if p.mode else ''}{p.type} {p.name}{'' if p.default is NO_DEFAULT else ' = ' + _shown(p.default)}"
        for p in parameters
    )
    generics = f"<{', '.join(member.type_parameters)}>" if member.type_parameters else ""
    if member.kind == "constructor":
        return f"new {member.declaring}({shown})"
    if member.kind == "indexer":
        return f"{member.returns} this[{shown}]"
    return f"{member.returns} {member.name}{generics}({shown})"


def _shown(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
