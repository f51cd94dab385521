"""Records keep what dataclasses promise: by hand and compiled, alike."""

from __future__ import annotations

import copy
import pickle
from typing import ClassVar, Generic, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.records import Record, field, replace

T = TypeVar("T")
MANY = 40  # more than are made by hand before the class has an `__init__` of its own


class Point(Record):
    limit: ClassVar[int] = 9
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False)


class Place(Point):
    z: int = 7
    y: int = 5


class Cursor(Record, frozen=False):
    at: int = 0
    double: int = field(init=False)

    def __post_init__(self) -> None:
        self.double = 2 * self.at


class Step(Record, eq=False):
    name: str


class Named(Step, kw_only=True):
    many: bool = False


class Box(Record, Generic[T]):
    content: T


class Nothing(Record):
    pass


def each_way(kind: type, *values: object, **named: object) -> list[object]:
    return [kind(*values, **named) for _ in range(MANY)]


def test_fields_are_given_in_their_order_or_by_name_and_have_defaults() -> None:
    for point in each_way(Point, 1, names=["a"]):
        assert (point.x, point.y, point.names, point.secret, point.limit) == (1, 2, ["a"], "", 9)
    for place in each_way(Place, 1):
        assert (place.x, place.y, place.names, place.z) == (1, 5, [], 7)
        assert place.names is not Place(1).names


def test_what_a_class_does_not_give_to_init_is_set_after_it() -> None:
    assert [cursor.double for cursor in each_way(Cursor, 4)] == [8] * MANY


def test_keyword_only_fields_are_not_given_by_place() -> None:
    assert {step.many for step in each_way(Named, "a", many=True)} == {True}
    for _ in range(MANY):
        with pytest.raises(TypeError):
            Named("a", True)


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((1, 2, [], "", 5), {}), ((1,), {"x": 1}), ((1,), {"w": 1}), ((1,), {"limit": 1})],
    ids=["missing", "too many", "twice", "unknown", "class variable"],
)
def test_wrong_fields_are_a_type_error(values: tuple[object, ...], named: dict[str, object]) -> None:
    for _ in range(MANY):
        with pytest.raises(TypeError):
            Point(*values, **named)


VALUES = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from(["", "a"]))


@settings(deadline=None, max_examples=60)
@given(VALUES, VALUES)
def test_records_are_equal_and_hashed_by_value(one: tuple[int, int, str], two: tuple[int, int, str]) -> None:
    first, second = (Point(x, y, (), secret) for x, y, secret in (one, two))
    assert (first == second) is (one == two)
    assert one != two or hash(first) == hash(second)
    assert first != Place(*one[:2], (), one[2])
    assert first != one


def test_equality_may_be_identity() -> None:
    assert Step("a") != Step("a")
    assert Named("a") != Named("a")
    assert len({Step("a"), Step("a")}) == 2


def test_what_may_change_is_not_hashed() -> None:
    assert Cursor(1) == Cursor(1) != Cursor(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Cursor(1))


def test_a_record_has_slots_only() -> None:
    assert not hasattr(Place(1), "__dict__")
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_a_record_is_shown_without_what_is_secret() -> None:
    assert repr(Point(1, secret="s3cret")) == "Point(x=1, y=2, names=[])"
    assert repr(Box("a")) == "Box(content='a')"


def test_replace_changes_fields_and_nothing_else() -> None:
    point = Point(1, secret="s")
    assert replace(point, y=4) == Point(1, 4, [], "s")
    assert replace(Cursor(1), at=3).double == 6
    assert type(replace(Place(1), z=0)) is Place
    with pytest.raises(TypeError):
        replace(point, w=1)


def test_records_can_be_copied_and_pickled() -> None:
    point = Point(1, names=["a"])
    assert copy.copy(point) == copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point


def test_records_take_part_in_pattern_matching() -> None:
    match Place(1, 2):
        case Point(x, y, _, secret):
            assert (x, y, secret) == (1, 2, "")
        case _:
            pytest.fail("not matched")
