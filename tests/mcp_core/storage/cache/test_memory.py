"""The memory of one instance, bounded by bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_core.storage.cache.memory import Kept, Memory


def kept(value: bytes, expires: float = 100.0) -> Kept:
    return Kept(value, expires, expires)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(["put", "get", "drop"]), st.sampled_from("abcdefgh"), st.integers(0, 3000)), max_size=80)
)
def test_it_never_takes_more_than_its_room_and_never_lies(steps: list[tuple[str, str, int]]) -> None:
    memory, truth = Memory(6000), {}
    for action, key, size in steps:
        if action == "put":
            truth[key] = bytes([size % 256]) * size
            memory.put(key, kept(truth[key]))
        elif action == "drop":
            memory.drop(key)
            truth.pop(key, None)
        else:
            found = memory.get(key, 0)
            assert found is None or found.value == truth[key]
        assert memory.size <= 6000
    for key in list(truth):
        memory.drop(key)
    assert (len(memory), memory.size) == (0, 0)


def test_what_was_used_longest_ago_goes_first() -> None:
    memory = Memory(2900)
    for key in "abcd":
        memory.put(key, kept(b"x" * 400))
    memory.get("a", 0)
    memory.put("e", kept(b"x" * 400))
    assert [key for key in "abcde" if memory.get(key, 0)] == ["a", "c", "d", "e"]


def test_what_is_over_is_gone() -> None:
    memory = Memory(10_000)
    memory.put("a", kept(b"x", expires=5.0))
    assert memory.get("a", 4.9) is not None
    assert memory.get("a", 5.0) is None
    assert memory.size == 0


def test_a_value_that_would_push_out_the_others_is_not_kept() -> None:
    memory = Memory(10_000)
    memory.put("a", kept(b"x" * 100))
    memory.put("b", kept(b"x" * 3000))
    assert memory.get("a", 0) is not None
    assert memory.get("b", 0) is None


def test_no_room_is_no_error() -> None:
    memory = Memory(0)
    memory.put("a", kept(b""))
    assert memory.get("a", 0) is None
