"""Numbers, columns and sides of claims, each against a value that was had in another way."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from amverify.errors import CorruptFile, InvalidInput
from amverify.falsification import falsify, replayed
from amverify.falsification.exactly import LONGEST, Exactly, Inexact, Undecided
from amverify.falsification.replaying import text_of
from amverify.families import quadratics

GD = ("gradient_descent", quadratics())
THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("made", "true"),
    [
        (lambda x: x.exp(), math.exp),
        (lambda x: x.log(), math.log),
        (lambda x: x.log1p(), math.log1p),
        (lambda x: x.tanh(), math.tanh),
        (lambda x: 2**x, lambda t: 2.0**t),
        (lambda x: x**THIRD, lambda t: t ** (1 / 3)),
        (lambda x: 1 / (+x), lambda t: 1 / t),
        (lambda x: x**-3, lambda t: t**-3.0),
    ],
)
@pytest.mark.parametrize("at", [Fraction(1, 7), Fraction(3), Fraction(22, 7)])
def test_functions_of_exact_numbers_enclose_those_of_floats(
    made: Callable[[Exactly], Exactly], true: Callable[[float], float], at: Fraction
) -> None:
    flint.ctx.prec = 256
    low, high = made(Exactly(at)).ends
    assert abs(float(low) - true(float(at))) <= 1e-14 * abs(true(float(at)))
    assert 0 <= high - low < Fraction(1, 2**200)
    assert f"{true(float(at)):.10g}" == f"{float(repr(made(Exactly(at)))):.10g}"


def test_a_long_fraction_becomes_a_ball_that_holds_it() -> None:
    flint.ctx.prec = 256
    long = Fraction(3, 7) ** 4000
    assert (Exactly(long) + 0).held == long
    assert isinstance((Exactly(Fraction(3, 7)) ** 4000).held, Fraction)
    squared = Exactly(Fraction(3, 7) ** (LONGEST // 2)) * Exactly(1)
    low, high = squared.ends
    assert low < Fraction(3, 7) ** (LONGEST // 2) < high


def test_integers_truths_and_infinities_are_compared_as_they_are() -> None:
    big = np.int64(2**62 + 1)
    assert Exactly(big).held == 2**62 + 1
    assert Exactly(np.True_).held == Exactly(True).held == 1
    assert Exactly(3) < math.inf
    assert Exactly(3) > -math.inf
    assert not Exactly(0)
    assert Exactly(THIRD)
    assert Exactly(3) != 4
    for other in ("a", None, math.nan):
        with pytest.raises((Inexact, TypeError)):
            _ = Exactly(3) + other
    with pytest.raises(Undecided):
        _ = Exactly(flint.arb("nan")).ends


TRUE = (
    "exp(0 - norm2[k]) <= 1",
    "log(1 + norm2[k]) <= norm2[k]",
    "sqrt(norm2[k]) == norm[k]",
    "step[k]**2 == step2[k]",
    "abs(value[k] - 1) >= value[k] - 1",
    "max(norm2[k], grad2[k]) <= norm2[k] + grad2[k]",
    "min(norm2[k], grad2[k])**2 <= norm2[k]*grad2[k]",
    "value[k] <= value[k-1] - eta[k]/2*grad2[k-1]",
    "step2[k] == eta[k]**2*grad2[k-1]",
    "dist[k]**2 <= dist2[k-1]",
    "mean(grad2[:k]) <= max(grad2[:k])",
    "grad[k] <= L*dist[k]",
)


@pytest.mark.parametrize("claim", TRUE)
def test_what_is_true_of_each_quantity_survives(claim: str) -> None:
    """Gradient descent with 1/L on convex quadratics; each by a line of algebra."""
    assert not falsify(claim, *GD, parameters={"eta": "1/L"}, examples=6, steps=4).falsified


def grad_of(problem: Any, x: list[Fraction]) -> Fraction:
    return sum((v * v for v in problem.exact_gradient(x)), Fraction(0))


def norm_of(problem: Any, x: list[Fraction]) -> Fraction:
    return sum((v * v for v in x), Fraction(0))


FALSE: dict[str, Callable[[Any, list[Fraction], list[Fraction]], bool]] = {
    "exp(0 - norm2[k]) >= 1": lambda p, a, b: norm_of(p, b) > 0,
    "log(1 + norm2[k]) >= norm2[k]": lambda p, a, b: norm_of(p, b) > 0,
    "abs(value[k] - 1) <= value[k] - 1": lambda p, a, b: p.exact_value(b) < 1,
    "max(norm2[k], 1) <= norm2[k]": lambda p, a, b: norm_of(p, b) < 1,
    "min(grad2[k], 1) >= 1": lambda p, a, b: grad_of(p, b) < 1,
    "norm2[k]**2 >= 2*norm2[k]": lambda p, a, b: 0 < norm_of(p, b) < 2,
    "grad2[k-1] <= grad2[k]": lambda p, a, b: grad_of(p, a) > grad_of(p, b),
    "mean(norm2[:k+1]) >= 2*norm2[0]": lambda p, a, b: norm_of(p, b) < 3 * norm_of(p, a),
}


@pytest.mark.parametrize("claim", FALSE)
def test_a_counterexample_is_one_by_its_own_fractions(claim: str) -> None:
    """The instance is rebuilt and stepped here, in fractions; nothing of the search is asked."""
    found = falsify(claim, *GD, parameters={"eta": "1/L"}, examples=60, steps=4).counterexample
    assert found is not None
    problem, eta = found.problem, Fraction(found.parameters["eta"])
    path = [[Fraction(float(v)) for v in problem.x0]]
    for _ in range(found.found.k):
        slope = problem.exact_gradient(path[-1])
        path.append([a - eta * g for a, g in zip(path[-1], slope, strict=True)])
    before = path[0] if claim.startswith("mean") else path[max(found.found.k - 1, 0)]
    assert FALSE[claim](problem, before, path[-1])
    assert found.found.lhs[0] >= found.found.rhs[1]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"seconds": 0}, "seconds: more than 0"),
        ({"claim": "valeu[k] <= 1"}, "value"),
        ({"claim": "dist2[k] <= 1", "family": "logistic"}, "dist2"),
        ({"claim": "for block: value[k] <= 1"}, "block"),
        ({"claim": "E[value[k]] <= value[k-1]"}, "E"),
        ({"claim": "T1", "method": "blocks", "given": "value[k] <= 1"}, "its own hypotheses"),
        ({"claim": "T1", "method": "gradient_descent"}, "that one is for claims as text"),
        ({"claim": "T1", "method": "blocks", "constants": {"zeta": 1}}, "none of this name"),
        ({"without": "modulus"}, "only a theorem"),
        ({"claim": "T4", "method": "palm_band", "parameters": {}}, "needs a layered problem"),
        ({"claim": "expected", "method": "same_batch", "parameters": {}}, "needs a finite sum"),
        ({"parameters": {"eta": math.inf}}, "finite"),
        ({"family": 3}, "expected one of amverify.families"),
    ],
)
def test_questions_that_do_not_fit_are_one_line(changed: dict[str, Any], told: str) -> None:
    asked = {"claim": "value[k] <= value[k-1]", "method": "gradient_descent",
             "family": "quadratic", "examples": 3} | changed  # fmt: skip
    if asked["method"] == "gradient_descent" and "parameters" not in asked:
        asked["parameters"] = {"eta": 0.1}
    with pytest.raises(InvalidInput, match=told) as error:
        falsify(asked.pop("claim"), asked.pop("method"), asked.pop("family"), **asked)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("lost", ["claim", "problem", "points", "steps", "method"])
def test_a_file_without_a_part_is_incomplete(lost: str, tmp_path: Any) -> None:
    found = falsify("norm2[k] <= 0", *GD, parameters={"eta": "0.5/L"}, examples=3)
    record = {name: value for name, value in (found.record or {}).items() if name != lost}
    (tmp_path / "c.json").write_text(text_of(record), encoding="utf-8")
    with pytest.raises(CorruptFile, match="incomplete"):
        replayed(tmp_path / "c.json")
    record[lost] = [["x"]] if lost == "points" else None
    (tmp_path / "c.json").write_text(text_of(record), encoding="utf-8")
    with pytest.raises((CorruptFile, InvalidInput)):
        replayed(tmp_path / "c.json")
