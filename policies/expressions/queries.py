"""Tokens → syntax tree: query expressions, as the method calls that they stand for.

The rule here: C#'s own translation (specification, "Query expression translation"). Several range variables travel in one
anonymous object, whose members a lambda's parameter `opens` as names.
"""

from __future__ import annotations

from policies.expressions import syntax as s
from policies.expressions.constructs import ConstructParser

__all__ = ["QueryParser"]

_CLAUSES = frozenset(
    ["ascending", "by", "descending", "equals", "group", "into", "join", "let", "on", "orderby", "select", "where"]
)


class QueryParser(ConstructParser):
    """Parses query expressions."""

    queries = 0

    def starts_query(self) -> bool:
        """Whether `from` was just read as the first word of a query: a name and `in`, or a type, a name and `in`, follow."""
        start = self.at
        found = self.is_name() and self.ahead().text == "in"
        if not found and self.try_type() is not None:
            found = self.is_name() and self.ahead().text == "in"
        self.go(start)
        return found

    def ends_operand(self, word: str) -> bool:
        """Whether a word after an expression belongs to the query around it."""
        return self.queries > 0 and (word in _CLAUSES or word == "from")

    def query(self, offset: int) -> s.Expression:
        """The query whose `from` was just read."""
        self.queries += 1
        source, name = self._generator()
        found = self._body(source, [name], offset)
        self.queries -= 1
        return found

    def _generator(self) -> tuple[s.Expression, str]:
        """`[type] name in items`."""
        kind = None
        if not (self.is_name() and self.ahead().text == "in"):
            kind = self.type()
        name = self.name("a range variable")
        self.expect("in")
        items = self.expression()
        if kind is not None:
            items = self._called(items, "Cast", [], name.offset, [kind])
        return items, name.text

    def _body(self, source: s.Expression, names: list[str], offset: int) -> s.Expression:
        while True:
            at = self.token.offset
            if self.take("where"):
                source = self._called(source, "Where", [self._over(names, self.expression())], at)
            elif self.take("orderby"):
                source = self._ordered(source, names)
            elif self.take("let"):
                name = self.name("a range variable").text
                self.expect("=")
                value = self.expression()
                source = self._called(source, "Select", [self._over(names, self._together(names, {name: value}, at))], at)
                names = [*names, name]
            elif self.take("from"):
                source, names = self._from(source, names, at)
            elif self.take("join"):
                source, names = self._join(source, names, at)
            else:
                return self._last(source, names, offset)

    def _ordered(self, source: s.Expression, names: list[str]) -> s.Expression:
        method = "OrderBy"
        while True:
            at = self.token.offset
            key = self._over(names, self.expression())
            descending = self.take("descending")
            if not descending:
                self.take("ascending")
            source = self._called(source, method + ("Descending" if descending else ""), [key], at)
            method = "ThenBy"
            if not self.take(","):
                return source

    def _from(self, source: s.Expression, names: list[str], at: int) -> tuple[s.Expression, list[str]]:
        items, name = self._generator()
        both = self._over(names, self._together(names, {name: s.Name(at, name, [])}, at), name)
        return self._called(source, "SelectMany", [self._over(names, items), both], at), [*names, name]

    def _join(self, source: s.Expression, names: list[str], at: int) -> tuple[s.Expression, list[str]]:
        items, name = self._generator()
        self.expect("on")
        own = self._over(names, self.expression())
        self.expect("equals")
        other = self._over([name], self.expression())
        method = "Join"
        if self.take("into"):
            method, name = "GroupJoin", self.name("a range variable").text
        both = self._over(names, self._together(names, {name: s.Name(at, name, [])}, at), name)
        return self._called(source, method, [items, own, other, both], at), [*names, name]

    def _last(self, source: s.Expression, names: list[str], offset: int) -> s.Expression:
        at = self.token.offset
        if self.take("select"):
            found = self._called(source, "Select", [self._over(names, self.expression())], at)
        elif self.take("group"):
            element = self.expression()
            self.expect("by")
            arguments = [self._over(names, self.expression())]
            if not (isinstance(element, s.Name) and [element.name] == names):
                arguments.append(self._over(names, element))
            found = self._called(source, "GroupBy", arguments, at)
        else:
            self.fail(f"expected 'select' or 'group' instead of {self.shown()}", "a query ends with select or group … by", at)
        if self.take("into"):
            return self._body(found, [self.name("a range variable").text], offset)
        return found

    # ---- pieces

    def _over(self, names: list[str], body: s.Expression, *more: str) -> s.Lambda:
        """A lambda over the range variables."""
        offset = body.offset
        if len(names) == 1:
            first = s.LambdaParameter(offset, None, names[0])
        else:
            first = s.LambdaParameter(offset, None, f"<{'>'.join(names)}>", None, list(names))
        return s.Lambda(offset, [first, *(s.LambdaParameter(offset, None, name) for name in more)], body)

    def _together(self, names: list[str], new: dict[str, s.Expression], offset: int) -> s.NewAnonymous:
        """All range variables in one object."""
        values: list[s.Expression] = [s.Name(offset, name, []) for name in names]
        return s.NewAnonymous(offset, [*names, *new], [*values, *new.values()])

    def _called(
        self,
        target: s.Expression,
        name: str,
        arguments: list[s.Expression] | list[s.Lambda],
        offset: int,
        types: list[s.TypeSyntax] | None = None,
    ) -> s.Call:
        given = [s.Argument(argument.offset, "", "", argument) for argument in arguments]
        return s.Call(target.offset, s.Member(target.offset, target, name, types or [], offset), given)
