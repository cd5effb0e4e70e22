"""Slopes that are known, with intervals that hold them; K3 and the KL plot on runs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from amverify.errors import InvalidInput
from amverify.families import draw
from amverify.families.coverage import covered
from amverify.families.loops.gradient import gradient_descent
from amverify.fitted import estimate, fitted_line, kl_plot
from amverify.judge.audit import audit
from amverify.theorems.views.envelope import envelope
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

U = np.linspace(0.0, -20.0, 120)


def test_a_straight_line_is_found_to_rounding():
    line = fitted_line(U, 0.75 * U - 1.0)
    assert 0.75 in line.slope
    assert -1.0 in line.intercept
    assert line.slope.width < 1e-12


@pytest.mark.parametrize("omega", [0.15, 0.4, 1.0])
def test_what_dies_out_is_allowed_for(omega):
    """A plain line is off, all in one direction; the interval holds the limit."""
    v = 0.5 * U + 0.3 * np.exp(omega * U)
    line = fitted_line(U, v)
    assert 0.5 in line.slope
    assert abs(line.slope.value - 0.5) < abs(np.polyfit(U, v, 1)[0] - 0.5)


def test_noise_that_is_correlated_widens_the_interval():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(40):
        noise = np.convolve(rng.standard_normal(len(U) + 4), np.ones(5) / 5, "valid")
        held.append(0.5 in fitted_line(U, 0.5 * U + 0.05 * noise).slope)
    assert sum(held) >= 36


def test_errors_of_points_tilt_the_line():
    v = 0.5 * U
    assert fitted_line(U, v, 0.01).slope.width > 0.007 > fitted_line(U, v).slope.width


@pytest.mark.parametrize(
    ("u", "v", "words"),
    [
        (U[:6], U[:6], "12 over 2 are needed"),
        (U / 10, U, "over 0.87 decades"),
        (U, np.full(120, np.nan), "finite"),
        (U, U[1:], "equally long"),
        ([], [], "0 resolved points"),
    ],
)
def test_too_little_is_refused(u, v, words):
    with pytest.raises(InvalidInput, match=words):
        fitted_line(u, v)


@pytest.mark.parametrize("family", ["valley", "least_squares", "lasso", "product"])
def test_intervals_hold_the_known_exponents(family):
    """Six runs; ``python -m amverify.families.coverage`` looks at two hundred."""
    tallies, few = covered(family, range(6))
    assert tallies["theta"].held >= 6 - len(few) - 1
    assert tallies["theta"].held


def test_fitted_constants_confirm_no_claim():
    problem = draw("least_squares", 1)
    trace = gradient_descent(problem, 200, 0.3 / float(problem.constants.L))
    found = estimate(trace)
    assert found.origin == "fitted"
    assert found.regime == "linear"
    assert "fitted to" in str(found)
    fitted = {"value": 2 * found.c.high, "origin": found.origin}
    report = audit(trace, "K2", {"theta": 0.5, "c": fitted})
    assert report["K2"].verdict is not Verdict.HOLDS


def test_an_infimum_above_a_value_is_refused():
    trace = gradient_descent(draw("power", 0), 40)
    with pytest.raises(InvalidInput, match="fstar: above the recorded value of row"):
        estimate(trace, {"fstar": 0.01})
    bare = Trace({"subject": "bare"}, sweeps=dict(trace.sweeps))
    with pytest.raises(InvalidInput, match="constant fstar"):
        estimate(bare)
    with pytest.raises(InvalidInput, match="replicate 3"):
        estimate(trace, replicate=3)
    columns = {n: c for n, c in trace.sweeps.items() if not n.startswith("gradient")}
    with pytest.raises(InvalidInput, match=r"Recorder\.attach\(…, gradient=True\) is missing"):
        estimate(replace(trace, sweeps=columns))


DECLARED = {"theta": 0.5, "c": 1.0, "a": 0.5, "b": 1.0, "memory": 1}


def test_a_plot_has_every_line_and_bound():
    problem = draw("quadratic", 1)
    trace = gradient_descent(problem, 60)
    eta, big = float(trace.sweeps["eta"][0]), float(problem.constants.L)
    known = {
        "theta": 0.5, "c": problem.constants.c, "a": 1 / eta - big / 2, "b": 1 / eta + big,
        "memory": 1,
    }  # fmt: skip
    plot = kl_plot(trace, known)
    columns = {n: np.array(c, dtype=float) for n, c in plot.columns.items()}
    gap = columns["gap"]
    assert (columns["declared"] >= gap * (1 - 1e-9))[gap > 1e-12].all()
    assert (columns["envelope"] >= gap * (1 - 1e-9)).all()
    assert (columns["tail_bound"] >= columns["tail"]).all()
    lengths = np.sqrt(trace.sweeps["step"])
    assert columns["tail"][10] == pytest.approx(lengths[11:].sum())
    read = json.loads(plot.to_json())
    assert read["fitted"]["origin"] == "fitted"
    assert read["columns"]["gap"] == plot.columns["gap"]
    header, *rows = plot.to_csv().splitlines()
    assert header.split(",") == list(plot.columns)
    assert len(rows) == 61


def test_a_plot_leaves_out_what_was_not_declared():
    plot = kl_plot(gradient_descent(draw("quadratic", 1), 8))
    assert not {"declared", "envelope", "tail_bound"} & set(plot.columns)
    assert plot.fitted is None
    assert "resolved points" in plot.notes[0]


@pytest.mark.parametrize(
    ("theta", "run"),
    [
        (0.0, [4.0, 3.0, 2.0, 1.0, 0.0, 0.0]),
        (0.25, [0.5, 0.25, 0.0625, 0.00390625]),
        (0.5, [1.0, 0.5, 0.25, 0.125]),
        (0.75, [1.0, 0.5, 0.375, 0.28125]),
    ],
)
def test_the_envelope_is_that_of_its_regime(theta, run):
    """C = 1: each run obeys r_{k+1}^{2θ} ≤ C(r_k − r_{k+1}), so none may leave the envelope."""
    known = {"theta": theta, "c": 1.0, "a": 1.0, "b": 1.0}
    bound = envelope(np.array(run), known, 1)
    assert (bound >= np.array(run) - 1e-15).all()
    assert bound[0] == run[0]
    two = envelope(np.repeat(run, 2), known | {"a": 2.0}, 2)
    assert two == pytest.approx(np.repeat(bound, 2))
