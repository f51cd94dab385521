"""Secrets: nothing shows them but `reveal`."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import pytest

from policies.secret import Secret

HIDDEN = Secret("planted")
SHOWN = {
    "repr": lambda: repr(HIDDEN),
    "str": lambda: str(HIDDEN),
    "format": lambda: f"{HIDDEN} {HIDDEN!r}",
    "percent": lambda: "%s %r" % (HIDDEN, HIDDEN),  # noqa: UP031  # it is what is asked
    "in a list": lambda: str([HIDDEN, {"a": HIDDEN}]),
    "a log record": lambda: logging.LogRecord("x", 20, "", 0, "%s", (HIDDEN,), None).getMessage(),
}


@pytest.mark.parametrize("way", SHOWN)
def test_it_is_not_seen(way: str) -> None:
    assert "planted" not in SHOWN[way]()


def test_it_is_neither_pickled_nor_written_as_json() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(HIDDEN)
    with pytest.raises(TypeError):
        json.dumps({"a": HIDDEN})


def test_who_asks_gets_it() -> None:
    assert HIDDEN.reveal() == "planted"
    assert copy.deepcopy({"a": HIDDEN})["a"].reveal() == "planted"
    assert copy.copy(HIDDEN).reveal() == "planted"


def test_it_is_equal_only_to_a_secret_of_the_same_text() -> None:
    assert Secret("ä\ud800") == Secret("ä\ud800")
    assert len({HIDDEN, Secret("planted"), Secret("other")}) == 2
    assert Secret("other") != HIDDEN
    assert HIDDEN != "planted"
    assert (bool(Secret()), bool(HIDDEN)) == (False, True)
