"""Binding of names, members, calls, indexes and texts.

The rule here: a name is first a variable, then a type, then a namespace; a member is first the type's own, then an extension
method. What expressions read of `context` is noted on the way.
"""

from __future__ import annotations

from policies.dotnet import formatting, index
from policies.dotnet.exceptions import NetException
from policies.dotnet.types import Inline, Member, NetType, find_type, net
from policies.dotnet.values import assignable, scalars
from policies.errors import ExpressionError
from policies.expressions import bound as b
from policies.expressions import syntax as s
from policies.expressions.binder import EXPRESSIONS, Binder
from policies.expressions.conversions import retype
from policies.expressions.texts import text_part

__all__ = ["bind_member", "extension_methods"]


# ---- literals --------------------------------------------------------------------------------------------------------


def _literal(binder: Binder, node: s.Literal) -> b.Value:
    match node.type:
        case "null":
            return b.Constant(node.offset, b.NULL, None, is_literal=True)
        case "default":
            return b.Constant(node.offset, b.DEFAULT, None, is_literal=True)
        case "decimal":
            from policies.dotnet.arithmetic import to_decimal

            try:
                return b.Constant(node.offset, net("decimal"), to_decimal(node.value), is_literal=True)  # type: ignore[arg-type]
            except NetException:
                raise binder.error(node.offset, "the number is too large for decimal") from None
        case "float":
            from policies.dotnet.arithmetic import single

            return b.Constant(node.offset, net("float"), single(node.value), is_literal=True)  # type: ignore[arg-type]
    return b.Constant(node.offset, net(node.type), node.value, is_literal=True)


def _interpolated(binder: Binder, node: s.Interpolated) -> b.Value:
    string = net("string")
    parts: list[b.Value] = []
    for text, hole in zip(node.texts, [*node.holes, None], strict=True):
        if text:
            parts.append(b.Constant(node.offset, string, text))
        if hole is not None:
            parts.append(_hole(binder, hole))
    if not parts:
        return b.Constant(node.offset, string, "")
    if len(parts) == 1 and isinstance(parts[0], b.Constant):
        return parts[0]
    return b.Text(node.offset, string, parts)


def _hole(binder: Binder, hole: s.Interpolation) -> b.Value:
    value = binder.bind(hole.value)
    width = 0
    if hole.alignment is not None:
        constant = binder.bind_as(hole.alignment, net("int"), "the alignment")
        if not isinstance(constant, b.Constant):
            raise binder.error(hole.alignment.offset, "the alignment must be a constant")
        width = constant.value
    if not width and not hole.format:
        part = text_part(binder, value)
        if part is None:
            raise _no_value(binder, value, hole.value.offset)
        return part
    boxed = binder.implicit(value, net("object"))
    if boxed is None:
        raise _no_value(binder, value, hole.value.offset)
    settings = [b.Constant(hole.offset, net("string"), hole.format), b.Constant(hole.offset, net("int"), width)]
    return b.Template(hole.offset, net("string"), _FORMATTED, ("value", "spec", "width"), [boxed, *settings])


_FORMATTED = Inline("form(value, spec, width)", never_null=True, form=formatting.formatted)


def _no_value(binder: Binder, value: b.Value, offset: int) -> ExpressionError:
    if value.type is b.METHODS:
        return binder.error(offset, "a method is named, not called", "write its arguments in ( )")
    return binder.error(offset, f"'{value.type}' is no value")


# ---- names -----------------------------------------------------------------------------------------------------------


def _name(binder: Binder, node: s.Name) -> b.Value:
    if not node.arguments:
        found = binder.scope.find(node.name)
        if isinstance(found, b.Function):
            return b.FunctionReference(node.offset, b.METHODS, found)
        if isinstance(found, b.Alias):
            load = _variable(binder, found.variable, node.offset)
            return binder.call_member(load.type.members(found.member)[0], load, [], node.offset)
        if found is not None:
            return _variable(binder, found, node.offset)
    definition = find_type(node.name, len(node.arguments))
    if definition is not None:
        return b.TypeReference(node.offset, binder.type(s.TypeName(node.offset, [], [node.name], node.arguments)))
    if node.name in index.NAMESPACES:
        return b.Namespace(node.offset, net("object"), node.name)
    raise _unknown_name(binder, node)


def _variable(binder: Binder, variable: b.Variable, offset: int) -> b.Value:
    if variable.is_constant:
        return b.Constant(offset, variable.type, variable.constant)
    if variable is binder.context:
        binder.bare.add("context")
    binder.used(variable)
    return b.Load(offset, variable.type, variable)


def _unknown_name(binder: Binder, node: s.Name) -> ExpressionError:
    if binder.scope.is_pending(node.name):
        return binder.error(node.offset, f"the variable '{node.name}' is used before it is declared")
    near = binder.near(node.name, [*binder.scope.visible(), *index.similar_names()])
    other = next((count for count in range(1, 5) if find_type(node.name, count)), None)
    if other and not node.arguments:
        return binder.error(node.offset, f"the type '{node.name}' takes {other} type argument{'s' if other > 1 else ''}")
    return binder.error(
        node.offset,
        f"the name '{node.name}' does not exist here",
        near or "variables of other policies are context.Variables[…]; allowed types are in the article on expressions",
    )


def _predefined(binder: Binder, node: s.PredefinedType) -> b.Value:
    return b.TypeReference(node.offset, binder.type(s.TypeName(node.offset, [], [node.name], [])))


# ---- members ---------------------------------------------------------------------------------------------------------


def bind_member(binder: Binder, node: s.Member, *, is_called: bool = False) -> b.Value:
    target = binder.bind_any(node.target)
    if isinstance(target, b.Namespace):
        return _in_namespace(binder, target, node)
    if isinstance(target, b.TypeReference):
        return _static(binder, target.type, node)
    return member_of(binder, _receiver(binder, target, node), node, is_called=is_called)


def _receiver(binder: Binder, target: b.Value, node: s.Member) -> b.Value:
    if target.type is b.NULL:
        raise binder.error(node.at, "null has no members")
    if target.type.kind == "pseudo":
        what = "a method" if target.type is b.METHODS else f"a {target.type}"
        raise binder.error(node.at, f"{what} has no members", "a method's arguments are missing: write ( )")
    if target.type.name == "System.Void":
        raise binder.error(node.at, "the method before the dot gives no value")
    return target


def _in_namespace(binder: Binder, target: b.Namespace, node: s.Member) -> b.Value:
    full = f"{target.name}.{node.name}"
    if find_type(full, len(node.arguments)) is not None:
        return b.TypeReference(node.offset, binder.type(s.TypeName(node.offset, [], [full], node.arguments)))
    if full in index.NAMESPACES:
        return b.Namespace(node.offset, target.type, full)
    raise binder.unknown_type(full, len(node.arguments), node.offset)


def _static(binder: Binder, owner: NetType, node: s.Member) -> b.Value:
    members = [member for member in owner.members(node.name) if member.static]
    if not members:
        nested = f"{owner.definition.name}.{node.name}"
        if find_type(nested, len(node.arguments)) is not None:
            return b.TypeReference(node.offset, binder.type(s.TypeName(node.offset, [], [nested], node.arguments)))
        if owner.members(node.name):
            hint = f"write value.{node.name} on a value of that type"
            raise binder.error(node.at, f"'{owner}.{node.name}' needs an object, not the type", hint)
        raise _unknown_member(binder, owner, node, is_static=True)
    if members[0].kind == "method":
        return _group(binder, None, owner, node, tuple(members))
    return binder.call_member(members[0], None, [], node.at)


def member_of(binder: Binder, target: b.Value, node: s.Member, *, is_called: bool = False) -> b.Value:
    """`target.name` of a value. Where it is called, a property that cannot be does not stand in the way of a method."""
    if node.name == "GetType" and target.type.is_value_type:
        target = binder.converted(target, net("object"), node.at)  # the box tells a long from an int
    members = [member for member in target.type.members(node.name) if not member.static]
    if is_called and any(member.returns.kind != "delegate" for member in members if member.kind == "property"):
        members = [member for member in members if member.kind == "method"]
        if not members and not extension_methods(node.name, target.type):
            hint = f"write .{node.name} without ( )"
            raise binder.error(node.at, f"'{target.type}.{node.name}' is a property, not a method", hint)
    if members and members[0].kind == "property":
        _note(binder, target, node.name)
        return binder.call_member(members[0], target, [], node.at)
    if members or extension_methods(node.name, target.type):
        _note(binder, target, node.name)
        return _group(binder, target, target.type, node, tuple(members))
    if any(member.static for member in target.type.members(node.name)):
        hint = f"write {target.type}.{node.name}"
        raise binder.error(node.at, f"'{node.name}' belongs to the type '{target.type}', not to a value", hint)
    if target.type.is_nullable and target.type.args[0].members(node.name):
        hint = f"write .Value.{node.name}, or ?.{node.name}"
        raise binder.error(node.at, f"'{target.type}' has no member '{node.name}'", hint)
    raise _unknown_member(binder, target.type, node, is_static=False)


def _group(
    binder: Binder, target: b.Value | None, owner: NetType, node: s.Member, members: tuple[Member, ...]
) -> b.MethodGroup:
    types = tuple(binder.type(argument) for argument in node.arguments)
    return b.MethodGroup(node.at, b.METHODS, target, owner, node.name, types, members)


def _unknown_member(binder: Binder, owner: NetType, node: s.Member, *, is_static: bool) -> ExpressionError:
    names = [name for kind in owner.ancestry() for name in kind.definition.member_names()]
    names = [name for name in names if name not in ("new", "this", "implicit", "explicit")]
    if owner.name == "System.Object" and not is_static:
        hint = f"cast the value first: ((JObject)value).{node.name}"
    else:
        hint = binder.near(node.name, names) or (f"it has {', '.join(sorted(set(names))[:12])}" if names else "")
    return binder.error(node.at, f"'{owner}' has no member '{node.name}' that policy expressions may use", hint)


def _note(binder: Binder, target: b.Value, name: str) -> None:
    """What of `context` is read: "context.Request", "context.Request.Body"."""
    path = _path(binder, target)
    if path:
        binder.reads.add(f"{path}.{name}")
        binder.bare.discard(path)
    elif target.type.name.endswith((".IRequest", ".IResponse")):
        binder.reads.add(f"{target.type.definition.short_name}.{name}")
    if path and f"{path}.{name}" in ("context.Request", "context.Response"):
        binder.bare.add(f"{path}.{name}")


def _path(binder: Binder, value: b.Value) -> str:
    match value:
        case b.Load() if value.variable is binder.context:
            return "context"
        case b.Load() if value.variable.constant == "path":
            return value.variable.name
        case b.Template(names=("self",)) | b.NotNull():
            inner = value.operand if isinstance(value, b.NotNull) else value.arguments[0]
            above = _path(binder, inner)
            if above == "context" and isinstance(value, b.Template):
                return _PATHS.get(value.type.definition.short_name, "")
            return above if isinstance(value, b.NotNull) else ""
    return ""


_PATHS = {"IRequest": "context.Request", "IResponse": "context.Response", "ILastError": "context.LastError"}


# ---- extension methods -----------------------------------------------------------------------------------------------


def extension_methods(name: str, receiver: NetType) -> list[Member]:
    """Extension methods of this name that a receiver of this type could have."""
    found = []
    for owner in index.EXTENSIONS:
        definition = find_type(owner)
        if definition is not None:
            found += [m for m in definition.of().members(name) if m.is_extension and _extends(receiver, m.parameters[0].type)]
    return found


def _extends(receiver: NetType, wanted: NetType) -> bool:
    if wanted.is_parameter or assignable(receiver, wanted):
        return True
    return wanted.is_open and any(ancestor.definition is wanted.definition for ancestor in receiver.ancestry())


# ---- conditional access ----------------------------------------------------------------------------------------------


def _conditional_access(binder: Binder, node: s.ConditionalAccess) -> b.Value:
    target = binder.bind(node.target)
    kind = target.type
    if kind is b.NULL or kind.kind == "pseudo" or (kind.is_value_type and not kind.is_nullable):
        raise binder.error(node.offset, f"'?.' cannot be applied to '{kind}'", "it is never null: write '.'")
    temporary = binder.temporary(kind.args[0] if kind.is_nullable else kind)
    temporary.never_null = True
    path = _path(binder, target)
    if path and path != "context":
        temporary.name, temporary.constant = path, "path"
        binder.bare.discard(path)
    binder.placeholders.append(temporary)
    rest = binder.bind(node.rest)
    binder.placeholders.pop()
    if rest.type.kind == "pseudo":
        raise binder.error(node.rest.offset, "a method is named, not called", "write its arguments in ( )")
    result = rest.type
    if result.is_value_type and result.name != "System.Void":
        from policies.dotnet.types import nullable

        result = nullable(result)
    return b.Chain(node.offset, result, temporary, target, retype(rest, result), if_null=False)


def _placeholder(binder: Binder, node: s.Placeholder) -> b.Value:
    temporary = binder.placeholders[-1]
    return b.Load(node.offset, temporary.type, temporary)


def _name_of(binder: Binder, node: s.NameOf) -> b.Value:
    operand = node.operand
    if isinstance(operand, s.Member):
        target = binder.bind_any(operand.target)
        known = isinstance(target, b.TypeReference) and target.type.members(operand.name)  # nameof(string.Length) is no value
        if not known:
            binder.bind_any(operand)
    else:
        binder.bind_any(operand)
    if not isinstance(operand, s.Name | s.Member):
        raise binder.error(operand.offset, "this has no name")
    return b.Constant(node.offset, net("string"), scalars(operand.name))


EXPRESSIONS.update(
    {
        s.Literal: _literal,
        s.Interpolated: _interpolated,
        s.Name: _name,
        s.PredefinedType: _predefined,
        s.Member: bind_member,
        s.ConditionalAccess: _conditional_access,
        s.Placeholder: _placeholder,
        s.NameOf: _name_of,
    }
)
