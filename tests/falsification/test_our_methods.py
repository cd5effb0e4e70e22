"""Our own methods by name, against their definitions and what is known of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.falsification import falsify
from amverify.falsification.methods import OURS

RATE = "value[k] - fstar <= 2*L*D**2/(k+1)**2"


def test_nesterov_has_its_rate_and_is_no_descent_method() -> None:
    """Beck & Teboulle 2009, theorem 4.4; its values rise where it swings past a minimiser."""
    asked = {"parameters": {"eta": "1/L"}, "examples": 12}
    assert not falsify(RATE, "nesterov", "quadratic", steps=6, **asked).falsified
    found = falsify("value[k] <= value[k-1]", "nesterov", "quadratic", steps=12,
                    parameters={"eta": "1/L"}, examples=300).counterexample  # fmt: skip
    assert found is not None
    problem, eta = found.problem, found.parameters["eta"]
    x = before = problem.x0.astype(float)
    t, values = 1.0, [float(problem.value(x).mid)]
    for _ in range(found.found.k):
        following = (1 + math.sqrt(1 + 4 * t * t)) / 2
        y = x + (t - 1) / following * (x - before)
        x, before, t = y - eta * problem.plain(y), x, following
        values.append(float(problem.value(x).mid))
    assert values[-1] > values[-2]


@pytest.mark.parametrize("name", ["adam", "amsgrad"])
def test_the_first_steps_of_adam_are_those_of_its_definition(name: str) -> None:
    """m and v from 0, x ← x − η/√k · m/√v; AMSGrad takes the largest v so far."""
    given, b1, b2, eta = [np.array([2.0, -4.0]), np.array([0.5, -0.25])], 0.9, 0.5, 0.25
    state: dict[str, object] = {}
    x = at = np.array([1.0, 1.0])
    m = v = top = np.zeros(2)
    for k, g in enumerate(given, 1):
        x = OURS[name](
            x, lambda _, g=g: g, state, eta=eta, beta1=b1, beta2=b2, k=k, prox=lambda u, _: u
        )
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        top = np.maximum(top, v) if name == "amsgrad" else v
        at = at - eta / math.sqrt(k) * m / np.sqrt(top)
        assert np.allclose(x, at, rtol=1e-14)


def test_proximal_gradient_descends_with_one_over_l() -> None:
    seen = []

    def watched(u, t):
        seen.append((u, t))
        return np.sign(u) * np.maximum(np.abs(u) - t, 0)

    x = OURS["proximal_gradient"](np.array([1.0, -0.1]), lambda v: v, {}, eta=0.5, prox=watched)
    assert np.allclose(x, [0.0, 0.0])
    assert seen[0][1] == 0.5


def test_a_row_that_the_run_does_not_reach_refutes_nothing() -> None:
    """Some k ≤ 20 may be beyond the run of 5 steps."""
    with pytest.raises(InvalidInput, match="tested it"):
        falsify("exists k <= 20: norm2[k] < 0", "gradient_descent", "quadratic",
                parameters={"eta": "1/L"}, steps=5, examples=3)  # fmt: skip
