"""Every family by seed, by hypothesis and by its own integers."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from amverify.errors import InvalidInput
from amverify.families import (
    FAMILIES,
    draw,
    family,
    finite_sums,
    layered_relu,
    quadratics,
    rebuild,
    sparse_least_squares,
)


@pytest.mark.parametrize("name", FAMILIES)
def test_an_instance_comes_back_from_its_integers(name):
    rng = np.random.default_rng(3)
    for _ in range(5):
        problem = family(name).chosen(lambda low, high: int(rng.integers(low, high + 1)))
        again = rebuild(json.loads(json.dumps(problem.spec())))
        assert again.spec() == problem.spec()
        assert again.x0.tolist() == problem.x0.tolist()
        assert again.plain(again.x0).tolist() == problem.plain(problem.x0).tolist()
        assert again.constants == problem.constants
        assert str(problem.choices[0]) in repr(problem)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(FAMILIES)).flatmap(lambda name: FAMILIES[name].strategy()))
def test_hypothesis_draws_instances(problem):
    assert problem.dimension == len(problem.x0)
    assert np.isfinite(problem.x0).all()
    assert problem.value(problem.x0).rad >= 0


def test_hypothesis_shrinks_to_the_simplest_instance():
    found = find(
        quadratics().strategy(), lambda p: p.constants.L >= 8, settings=settings(derandomize=True)
    )
    assert found.dimension == 2
    assert found.x0.tolist() == [0, 0]


def test_known_constants_are_those_that_every_instance_has():
    assert quadratics().known == ("L", "mu", "fstar", "xstar", "theta", "c")
    assert quadratics(box=True).known == ("L",)
    assert layered_relu().known == ()
    assert "mu" not in FAMILIES["power"].known


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: quadratics("flat"), "kind='flat': not one of strong"),
        (lambda: quadratics("deficient", box=True), "take kind='strong'"),
        (lambda: sparse_least_squares("l2"), "penalty='l2'"),
        (lambda: finite_sums(4), "blocks='4'"),
        (lambda: draw("cubics", 0), "family 'cubics': not one of"),
        (lambda: quadratics().draw(-1), "seed: expected an integer"),
        (lambda: rebuild({"family": "quadratic", "choices": [1, 99]}), "its choices are none"),
        (lambda: rebuild({"family": "quadratic", "choices": "2"}), "list of integers"),
        (lambda: rebuild({"family": "quadratic"}), "'seed' is missing"),
    ],
)
def test_bad_input_is_one_line(wrong, told):
    with pytest.raises(InvalidInput, match=told.replace("(", r"\(")) as error:
        wrong()
    assert "\n" not in str(error.value)


def test_without_hypothesis_there_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(InvalidInput, match=r"amverify\[testing\]"):
        quadratics().strategy()
