"""Arrays of two and three dimensions.

The rule here: the elements lie in one row, the last index running fastest; so System.Array's members, which go through all
elements, serve for them too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policies.dotnet.exceptions import IndexOutOfRangeException, InvalidCastException, OverflowException
from policies.dotnet.meter import check_size, made
from policies.dotnet.objects import default_of
from policies.dotnet.types import Class, Implementation, Inline, NetType, TypeDefinition
from policies.dotnet.values import ArrayItems, box, cast, is_instance

__all__ = ["TYPES", "Grid", "get_value", "new_grid", "set_value"]


class Grid(ArrayItems):
    """An array of several dimensions."""

    __slots__ = ("lengths", "net_type")

    def __init__(self, net_type: NetType, lengths: tuple[int, ...], items: list[Any]) -> None:
        super().__init__(items)
        self.net_type = net_type
        self.lengths = lengths

    def place(self, indexes: tuple[int, ...]) -> int:
        """Where in the row the element lies."""
        at = 0
        for index, length in zip(indexes, self.lengths, strict=True):
            if not 0 <= index < length:
                raise IndexOutOfRangeException
            at = at * length + index
        return at

    def length(self, dimension: int) -> int:
        """GetLength."""
        if not 0 <= dimension < len(self.lengths):
            raise IndexOutOfRangeException
        return self.lengths[dimension]

    def nested(self) -> list[Any]:
        """The boxed elements in lists of lists, as JSON has them."""
        items: list[Any] = [box(item, self.net_type.args[0]) for item in self]
        for length in reversed(self.lengths[1:]):
            items = [items[at : at + length] for at in range(0, len(items), length)] if length else []
        return items


def new_grid(net_type: NetType, *lengths: int) -> Grid:
    """`new T[a, b]`: zeros, or nulls."""
    count = 1
    for length in lengths:
        if length < 0:
            raise OverflowException("Arithmetic operation resulted in an overflow.")
        count *= length
    check_size(count)
    made(count * 8)
    return Grid(net_type, lengths, [default_of(net_type.args[0])] * count)


def _get(grid: Grid, *indexes: int) -> Any:
    return grid[grid.place(indexes)]


def _set(grid: Grid, *indexes_and_value: Any) -> None:
    *indexes, value = indexes_and_value
    grid[grid.place(tuple(indexes))] = value


def get_value(grid: Grid, *indexes: int) -> Any:
    """GetValue."""
    return box(_get(grid, *indexes), grid.net_type.args[0])


def set_value(grid: Grid, value: Any, *indexes: int) -> None:
    """SetValue."""
    kind = grid.net_type.args[0]
    if value is not None and not is_instance(value, kind):
        raise InvalidCastException("Object cannot be stored in an array of this type.")
    grid[grid.place(indexes)] = default_of(kind) if value is None else cast(value, kind)


def _twin(grid: Grid) -> Grid:
    made(len(grid) * 8)
    return Grid(grid.net_type, grid.lengths, list(grid))


def _measured(off: int) -> Callable[[Grid, int], int]:
    return lambda grid, dimension: grid.length(dimension) + off


def _definition(rank: int) -> TypeDefinition:
    indexes, long_indexes = (", ".join(f"{kind} index{at + 1}" for at in range(rank)) for kind in ("int", "long"))
    members: dict[str, Implementation] = {
        f"T this[{indexes}]": (_get, _set),
        f"T this[{long_indexes}]": (_get, _set),
        f"object GetValue({indexes})": get_value,
        f"void SetValue(object value, {indexes})": set_value,
        "int Rank": Inline(str(rank)),
        "int GetLength(int dimension)": _measured(0),
        "long GetLongLength(int dimension)": _measured(0),
        "int GetUpperBound(int dimension)": _measured(-1),
        "int GetLowerBound(int dimension)": lambda grid, dimension: grid.length(dimension) and 0,
        "object Clone()": _twin,
    }
    return Class(f"System.Array{rank}<T>", bases=("System.Array",), nameable=False, members=members)


TYPES = (_definition(2), _definition(3))
