"""No true claim is accused: fewer of them than ``run.py`` judges, by the same code."""

from __future__ import annotations

import pytest
from true_claims import CONVEX_BLOCKS, LAYERED, LOOPS, MANY, Example, examples, judged

SHORT, LONG = 1, 4


def _named(example: Example) -> str:
    return f"{example.loop}-{example.family}-{example.dtype}-{example.steps}"


@pytest.mark.parametrize("example", list(examples(SHORT)), ids=_named)
def test_short_runs(example: Example):
    assert not judged(example).alarms


@pytest.mark.parametrize(
    "example",
    [x for x in examples(LONG) if x.loop not in LAYERED and x.family not in CONVEX_BLOCKS[3:]],
    ids=_named,
)
def test_runs_to_the_rounding_floor(example: Example):
    assert example.steps == MANY
    assert not judged(example).alarms


def test_both_formats_and_all_loops_are_met():
    met = {(x.loop, x.dtype) for seed in range(10) for x in examples(seed)}
    assert met == {(loop, t) for loop in (*LOOPS, *LAYERED) for t in ("float32", "float64")}


@pytest.mark.parametrize("seed", [23, 68])
def test_replicates_of_which_a_safeguard_stops_some(seed: int):
    """Both were accused while numbers that replicates share lost digits beside tensors."""
    assert not judged(Example("TIAM", "layered", seed, "float64", 20)).alarms
