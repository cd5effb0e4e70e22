"""H1, H2, KL → T5, T6 on whole runs of our methods, and on runs with known exponents."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from mpmath import mp, mpf

from amverify.judge.audit import audit
from amverify.theorems import CATALOGUE
from amverify.trace.trace import Trace
from amverify.verdict import Verdict
from tests.support import kl_runs

SUBJECTS = [kl_runs.penalty_tiam, kl_runs.joint_tiam, kl_runs.full_batch_samt]
run = functools.lru_cache(lambda subject: subject())


def judged(trace, claim, constants, **other):
    known = {**constants, **other}
    return audit(trace, claim, {n: known[n] for n in CATALOGUE[claim].declarable if n in known})[
        claim
    ]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("claim", ["T5", "T6", "K2"])
def test_whole_runs_are_answered(subject, claim):
    trace, constants = run(subject)
    finding = judged(trace, claim, constants)
    assert finding.verdict is Verdict.HOLDS, finding.reason
    assert any("c = " in note and "the run: " in note for note in finding.notes)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("name", "factor"), [("a", 1e5), ("b", 1e-2), ("c", 1e-5)])
def test_what_fails_is_named_with_its_number(subject, name, factor):
    trace, constants = run(subject)
    finding = judged(trace, "T6", constants, **{name: constants[name] * factor})
    assert finding.verdict is Verdict.NOT_APPLICABLE
    failed = [c for c in finding.hypotheses if c.holds is False]
    assert {"a": "H1", "b": "H2", "c": "KL"}[name] in {c.name for c in failed}
    assert any(digit in finding.reason for digit in "0123456789"), finding.reason


def test_c_of_samt_is_tight():
    """1/√(2μ) is attained along the least eigenvector: half of it is refuted."""
    trace, constants = run(kl_runs.full_batch_samt)
    finding = judged(trace, "K2", constants, c=constants["c"] / 2)
    assert finding.verdict is Verdict.VIOLATED


def test_needed_constants_are_those_of_the_columns():
    trace, constants = run(kl_runs.penalty_tiam)
    s = {name: column[1:] for name, column in trace.sweeps.items()}
    e1, e0 = np.sqrt(s["step"]), np.sqrt(s["inertia"])
    need = {
        "a": (-s["lyapunov_change"] / s["step"]).min(),
        "b": (s["residual"] / (e1 + e0)).max(),
        "c": (np.sqrt(s["lyapunov"]) / s["residual"]).max(),
    }
    said = next(n for n in judged(trace, "T5", constants).notes if n.startswith("declared"))
    for name, value in need.items():
        loose = value / constants[name] if name == "a" else constants[name] / value
        assert f"{name} = {constants[name]:.3g} (the run: {value:.3g}, {loose:.3g} times)" in said


def proximal_points(p, eta, end, steps=30):
    """x⁺ = argmin |x|^p/p + (x⁺ − x)²/2η, x > 0, rounded once from 60 digits; and a, b, c, θ.

    Formed from its end, for x = x⁺ + η(x⁺)^{p−1}. Convexity gives H1 with a = 1/η; ∇f(x⁺) = −e/η
    is H2, in one step, with b = 1/η.
    """
    with mp.workdps(60):
        p, eta, x = mpf(p), mpf(eta), [mpf(end)]
        while len(x) <= steps and x[-1] < 8:
            x.append(x[-1] + eta * x[-1] ** (p - 1) if x[-1] else eta / 2)
        x, steps = x[::-1], len(x) - 1
        f = [abs(v) ** p / p for v in x]
        moves = [mpf(0)] + [(b - a) ** 2 for a, b in itertools.pairwise(x)]
        slope = [abs(v) ** (p - 1) if v else mpf(0) for v in x]
        columns = {"value": f, "step": moves, "inertia": [mpf(0), *moves[:-1]], "residual": slope}
        columns["change"] = [mpf(0)] + [b - a for a, b in itertools.pairwise(f)]
        theta, c = 1 - 1 / p, p ** (-(p - 1) / p)
        sweeps = {"sweep": np.arange(steps + 1), "replicate": np.zeros(steps + 1, dtype=np.int64)}
        for name, column in columns.items():
            rounded = np.array([float(v) for v in column])
            sweeps |= {name: rounded, f"{name}_error": 2.0**-52 * np.abs(rounded)}
        sweeps |= {name: np.zeros(steps + 1) for name in ("execution", "norm", "norm_error")}
        trace = Trace({"subject": "points", "settings": {"dtype": "float64"}}, sweeps=sweeps)
        constants = {
            "a": float(1 / eta), "b": float(1 / eta), "c": float(c) * (1 + 2.0**-40),
            "theta": _exactly(theta), "fstar": 0.0, "memory": 1,
        }  # fmt: skip
    return trace, constants


def _exactly(theta):
    near = float(theta)
    return near if mpf(near) == theta else {"value": near, "error": 2.0**-52}


REGIMES = {
    "finite": [(1, 0.0)],
    "superlinear": [("1.25", 1e-12), ("1.6", 1e-12)],
    "linear": [(2, 1e-6)],
    "sublinear": [(3, 0.125), (4, 0.25), (7, 0.5)],
}


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("eta", [2.0**-4, 0.25, 2.0])
def test_four_regimes_with_known_exponents(regime, eta):
    """T5, T6, K2 hold; half of c, which is attained, K2 refutes, and T6 is not held to it."""
    for p, end in REGIMES[regime]:
        trace, constants = proximal_points(p, eta, end)
        for claim in ("T5", "T6", "K2"):
            finding = judged(trace, claim, constants)
            assert finding.verdict is Verdict.HOLDS, (p, claim, finding.reason)
        half = constants["c"] / 2
        assert judged(trace, "K2", constants, c=half).verdict is Verdict.VIOLATED
        assert judged(trace, "T6", constants, c=half).verdict is Verdict.NOT_APPLICABLE
