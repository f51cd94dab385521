"""Broken documents: any text is compiled or refused, and whatever compiles ends in a value or a failure, never otherwise."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest

from policies.context import PolicyContext
from policies.dotnet import meter
from policies.errors import ExpressionError, ExpressionFailure
from policies.expressions import compile_expression
from policies.expressions.lexer import Source, tokenize

CASES = Path(__file__).parent / "cases"
ROUNDS = 400


def _programs() -> list[tuple[list[str], bool]]:
    found: list[tuple[list[str], bool]] = []
    for file in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            text: str = case["expression"].strip()
            try:
                tokens = [token.text for token in tokenize(Source(text[2:-1]))][:-1]
            except ExpressionError:
                continue
            found.append((tokens, text.startswith("@{")))
    return found


def _mutated(tokens: list[str], pool: list[str], chance: random.Random) -> str:
    changed = list(tokens)
    for _ in range(chance.choice([1, 1, 2])):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                del changed[at : at + 1]
            case 1:
                changed[at : at + 1] = [chance.choice(pool)]
            case 2:
                changed.insert(at, chance.choice(pool))
            case 3:
                other = chance.randrange(len(pool))
                changed[at:at] = pool[other : other + 4]
    return " ".join(changed)


@pytest.mark.parametrize("seed", range(4))
def test_mutants_are_refused_or_run(seed: int, context: PolicyContext) -> None:
    chance = random.Random(seed)
    programs = _programs()
    pool = [token for tokens, _ in programs for token in tokens]
    meter.limit(steps=5_000)
    ran = 0
    try:
        for _ in range(ROUNDS):
            tokens, is_block = chance.choice(programs)
            text = _mutated(tokens, pool, chance)
            try:
                compiled = compile_expression(text, kind="block" if is_block else "expression")
            except ExpressionError as error:
                assert error.position is not None, text
                continue
            try:
                compiled.evaluate(context)
            except ExpressionFailure as failure:
                assert "SystemException: " not in failure.detail, text  # Python's own exceptions would show as this
            ran += 1
    finally:
        meter.limit()
    assert ran > 2
