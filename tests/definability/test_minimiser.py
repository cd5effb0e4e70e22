"""θ = ½ with a computed c at nondegenerate minimisers: right where truth is known, or refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import amverify as amv
from amverify.definability.intervals import around, positive_definite
from amverify.definability.minimiser import nondegenerate
from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder
from amverify.verdict import Verdict

x, y, z = sp.symbols("x y z", real=True)

MINIMISERS = [
    ((x**2 - 1) ** 2, [0.9], 8.0, 0.0),
    (3 * x**2 + y**2 + x * y, [1.0, 1.0], 4 - math.sqrt(5), 0.0),
    (sp.log(1 + sp.exp(-x)) + x**2 / 20, [0.5], None, None),
    (sp.log(1 + sp.exp(x - y)) + (x - y) ** 2 + x**2 + y**2, [0.1, -0.1], None, None),
    ((x * y - 1) ** 2 + (x - y) ** 2 / 10, [1.1, 0.9], None, None),
    (sp.Abs(x - 3) + x**2, [0.4], 2.0, None),
    (sp.Max(0, x) ** 2 + (x - 1) ** 2 + sp.tanh(x), [0.2], None, None),
    (sp.Piecewise((x**2, x < 2), (4 * x - 4, True)), [0.3], 2.0, 0.0),
]


@pytest.mark.parametrize(("f", "near", "least", "star"), MINIMISERS, ids=lambda v: str(v)[:30])
def test_what_is_certified_is_true(f, near, least, star):
    found = nondegenerate(f, near)
    names = [sp.Symbol(n, real=True) for n in found.variables]
    if least is not None:
        assert 0.09 * least < found.modulus <= least * (1 + 1e-12)
    if star is not None:
        assert found.low <= star <= found.high
    assert found.high - found.low < 1e-12
    value = sp.lambdify(names, f, "numpy")
    slope = sp.lambdify(names, [sp.diff(f, v) for v in names], "numpy")
    rng = np.random.default_rng(0)
    for _ in range(200):
        step = rng.standard_normal(len(names))
        step *= found.radius * rng.random() * 0.999 / np.linalg.norm(step)
        at = np.array(found.point) + step
        assert found.inside(at)
        size = float(np.linalg.norm(np.array(slope(*at), dtype=float)))
        gap = float(value(*at)) - found.low
        assert math.sqrt(max(gap, 0)) <= found.c * size + 1e-7


@pytest.mark.parametrize(
    ("f", "near", "words"),
    [
        (x**4 + y**2, [0.1, 0.1], "no ball|eigenvalue|stationary"),
        ((x * y - 1) ** 2, [1.0, 1.0], "Newton|eigenvalue"),
        (x**2 - y**2, [0.1, 0.1], "eigenvalue"),
        (sp.Abs(x) + x**2, [0.3], "no ball|stationary|eigenvalue"),
        (sp.exp(x), [0.0], "stationary"),
        (x**2 + sp.gamma(x + 3), [0.0], "gamma|polygamma|Newton"),
        (x**2 + y**2, [0.0], "1 numbers for the variables"),
        (x**2 + y**2, {"x": 0.0}, "y is missing"),
    ],
)
def test_what_is_not_nondegenerate_is_refused(f, near, words):
    with pytest.raises(InvalidInput, match=words):
        nondegenerate(f, near)


def test_enclosures_of_matrices_are_taken_as_a_whole():
    wide = [[around(2.0, 0.5), around(1.0, 0.25)], [around(1.0, 0.25), around(2.0, 0.5)]]
    assert positive_definite(wide, 0.2)
    assert not positive_definite(wide, 0.3)


def descent(start, eta, steps):
    """Gradient descent on f = (x² − 1)² + y²/2, recorded with its points."""
    recorder = Recorder(keep_iterates=1, value_error=1e-15, gradient_error=1e-14)
    at = np.array(start)
    for _ in range(steps):
        u, v = at
        g = np.array([4 * u * (u * u - 1), v])
        recorder.step(at, (u * u - 1) ** 2 + v * v / 2, g, eta=eta, momentum=0.0)
        at = at - eta * g
    return recorder.trace()


def test_a_run_that_stays_in_the_ball_has_its_linear_rate():
    found = nondegenerate((x**2 - 1) ** 2 + y**2 / 2, {"x": 0.9, "y": 0.1})
    trace = descent([1.6, 1.0], 0.02, 200)
    tail = found.tail(trace)
    assert 0 < len(trace.sweeps["sweep"]) - len(tail.sweeps["sweep"]) < 200
    big = 12 * (1 + found.radius) ** 2
    known = {"a": 50 - big / 2, "b": 50 + big, "memory": 1, **found.constants}
    report = amv.audit(tail, ["T5", "T6", "K2"], known)
    assert report["T6"].verdict is Verdict.HOLDS, report["T6"].reason
    assert report["K2"].verdict is Verdict.HOLDS, report["K2"].reason
    tight = {**known, "c": 0.5 / math.sqrt(2)}
    assert (
        amv.audit(tail, "K2", {n: tight[n] for n in ("theta", "c", "fstar")})["K2"].verdict
        is Verdict.VIOLATED
    )


def test_a_run_that_leaves_the_ball_or_kept_no_points_is_refused():
    found = nondegenerate((x**2 - 1) ** 2 + y**2 / 2, {"x": 0.9, "y": 0.1})
    with pytest.raises(InvalidInput, match="outside the ball"):
        found.tail(descent([3.0, 9.0], 1e-4, 5))
    trace = descent([1.0, 0.1], 0.02, 5)
    with pytest.raises(InvalidInput, match="keep_iterates=1"):
        found.tail(replace(trace, iterates={}))


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (x**4 + x**2 * y**2, "T5 and T6 with θ = 1 − 1/("),
        (sp.sqrt(1 + x**2), "none in numbers"),
        (sp.exp(x) + sp.exp(-x * y), "no rate: there need be no θ"),
    ],
)
def test_a_certificate_says_which_rates_it_licenses(loss, words):
    certificate = amv.definable(loss)
    assert words in certificate.exponent.rates
    assert f"rates: {certificate.exponent.rates}" in str(certificate)
