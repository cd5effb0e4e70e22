"""Losses and their proximal maps against scipy, 50-digit arithmetic and their definitions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.objective import autograd, minimiser
from support.problems import draw, labels
from support.rounding import assert_half_digits, assert_within, gamma, unit
from torch import nn

from amverify.errors import InvalidInput
from amverify.network.losses import LOSSES, cross_entropy_prox, wright_omega

CE, SQUARED, LOGISTIC = (LOSSES[n] for n in ("cross_entropy", "squared_error", "logistic"))
LAMBDAS = [1e-8, 1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4]


def target_of(loss, rows, columns, seed=1):
    if loss is CE:
        return CE.targets(labels(rows, columns, seed), columns, torch.float64)
    if loss is LOGISTIC:
        return torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed)).double()
    return draw(rows, columns, seed=seed)


def torch_loss(loss, z, y):
    if loss is CE:
        return nn.functional.cross_entropy(z, y, reduction="sum")
    if loss is LOGISTIC:
        return nn.functional.binary_cross_entropy_with_logits(z, y, reduction="sum")
    return 0.5 * nn.functional.mse_loss(z, y, reduction="sum")


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_value_gradient_and_change(loss):
    z, new, y = draw(6, 4, seed=2), draw(6, 4, seed=3), target_of(loss, 6, 4)
    old = torch_loss(loss, z, y)
    torch.testing.assert_close(loss.value(z, y), old)
    torch.testing.assert_close(loss.samplewise(z, y).sum(), old)
    torch.testing.assert_close(loss.gradient(z, y), autograd(lambda u: torch_loss(loss, u, y), z))
    torch.testing.assert_close(loss.change(z, new, y), torch_loss(loss, new, y) - old)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_replicates(loss):
    z, y = draw(2, 3, 6, 4, seed=2), target_of(loss, 6, 4)
    for f in (loss.value, loss.gradient, lambda u, t: loss.prox(u, t, 0.3)):
        together = f(z, y)
        for r in range(2):
            for q in range(3):
                torch.testing.assert_close(together[r, q], f(z[r, q], y))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradient_lipschitz_holds_and_is_attained(loss):
    """The largest curvature met: bounded by the constant everywhere, met at z = 0."""
    y = target_of(loss, 1, 2)
    largest = 0.0
    for seed in range(40):
        z = draw(1, 2, seed=seed, scale=2.0 * (seed > 0))
        h = torch.autograd.functional.hessian(lambda u: torch_loss(loss, u, y), z).reshape(2, 2)
        largest = max(largest, float(torch.linalg.eigvalsh(h)[-1]))
    assert largest == pytest.approx(loss.gradient_lipschitz, rel=gamma(20, torch.float64))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("lam", [1e-2, 1.0, 30.0])
def test_prox_against_a_general_minimiser(loss, lam):
    v, y = draw(4, 3, seed=5, scale=2.0), target_of(loss, 4, 3)
    for row in range(4):
        u = minimiser(
            lambda u, row=row: (
                torch_loss(loss, u, y[row : row + 1])
                + 0.5 * lam * (u - v[row : row + 1]).pow(2).sum()
            ),
            v[row : row + 1],
        )
        assert_half_digits(loss.prox(v, y, lam)[row : row + 1], u, f"prox {loss.name}")


def exact_cross_entropy_prox(v, hot, lam):
    """One row, to 50 digits: bisection on s, with the Wright omega function by Lambert's W."""
    mpmath.mp.dps = 50
    lam = mpmath.mpf(lam)
    w = [mpmath.mpf(x) + (1 / lam if j == hot else 0) for j, x in enumerate(v)]

    def omega(x):
        guess = x - mpmath.log(x) if x > 1 else mpmath.exp(x) / (1 + mpmath.exp(x))
        for _ in range(12):  # Newton on ω + log ω = x, quadratic from here
            guess = guess * (1 + x - mpmath.log(guess)) / (1 + guess)
        return guess

    def excess(s):
        return lam * sum(omega(x - s - mpmath.log(lam)) for x in w) - 1

    low, high = max(w) - 1 / lam - 1, max(w) + mpmath.log(len(w)) + 1
    while excess(low) < 0:
        low -= 10
    for _ in range(260):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return [x - omega(x - low - mpmath.log(lam)) for x in w]


@pytest.mark.parametrize("lam", LAMBDAS)
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_cross_entropy_prox_to_fifty_digits(lam, scale):
    v = draw(3, 4, seed=11, scale=scale)
    y = CE.targets(torch.tensor([0, 3, 1]), 4, torch.float64)
    found = CE.prox(v, y, lam)
    for row, hot in enumerate((0, 3, 1)):
        exact = exact_cross_entropy_prox(v[row].tolist(), hot, lam)
        size = float(v[row].abs().sum()) + max(abs(float(x)) for x in exact)
        for computed, u in zip(found[row].tolist(), exact, strict=True):
            assert abs(float(mpmath.mpf(computed) - u)) <= gamma(40, torch.float64) * size


def newton_correction(u, v, hot, lam):
    """H⁻¹∇ at u in 40 digits, one row: the error of u, up to its square.

    (‖∇‖/λ bounds the error too, but where λ is small it counts the rounding of p, which
    hardly moves u, 1/λ times.)
    """
    mpmath.mp.dps = 40
    u, v, lam = [mpmath.mpf(x) for x in u], [mpmath.mpf(x) for x in v], mpmath.mpf(lam)
    top = max(u)
    weights = [mpmath.exp(x - top) for x in u]
    p = [x / sum(weights) for x in weights]
    r = [p[j] - (j == hot) + lam * (u[j] - v[j]) for j in range(len(u))]
    q = [1 / (x + lam) for x in p]
    together = sum(a * b * c for a, b, c in zip(p, q, r, strict=True))
    together /= 1 - sum(a * a * b for a, b in zip(p, q, strict=True))
    return [float(b * (c + a * together)) for a, b, c in zip(p, q, r, strict=True)]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    exponent=st.floats(-8, 4),
    scale=st.sampled_from([0.1, 1.0, 30.0, 1e4]),
    classes=st.integers(2, 9),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    closeness=st.sampled_from([None, 0.0, 1e-3, 0.04, 1.0, 100.0, 1e6]),
)
def test_cross_entropy_prox_optimality(seed, exponent, scale, classes, dtype, closeness):
    """The error is a few roundings of v and u; ``near`` does not change what is computed."""
    lam = 10.0**exponent
    v = draw(5, classes, seed=seed, scale=scale).to(dtype)
    target = labels(5, classes, seed)
    y = CE.targets(target, classes, dtype)
    u = CE.prox(v, y, lam)
    assert u.dtype == dtype
    full = cross_entropy_prox(v.double(), y.double(), lam)
    size = v.double().abs().sum(-1, keepdim=True) + full.abs().amax(-1, keepdim=True)
    c = gamma(20 * classes, torch.float64)
    rows = zip(full.tolist(), v.tolist(), target.tolist(), strict=True)
    error = torch.tensor([newton_correction(*row, lam) for row in rows], dtype=torch.float64)
    assert bool((error.abs() <= c * size).all())
    assert_within(u, full, unit(dtype) * full.abs() + c * size, "rounded")
    if closeness is not None:
        near = (full + closeness * draw(5, classes, seed=seed + 1)).to(dtype)
        guessed = CE.prox(v, y, lam, near)
        assert_within(guessed, u, 2 * (unit(dtype) * full.abs() + c * size), "near")


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), exponent=st.floats(-4, 4))
def test_cross_entropy_prox_of_soft_labels(seed, exponent):
    """For labels inside the simplex p − y cancels: its rounding counts 1/λ times."""
    lam = 10.0**exponent
    v = draw(5, 4, seed=seed)
    y = torch.softmax(draw(5, 4, seed=seed + 1, scale=2.0), -1)
    u = CE.prox(v, y, lam)
    mpmath.mp.dps = 40
    for row in range(5):
        us, vs, ys = ([mpmath.mpf(x) for x in t[row].tolist()] for t in (u, v, y))
        total = sum(mpmath.exp(x) for x in us)
        r = [mpmath.exp(a) / total - c + lam * (a - b) for a, b, c in zip(us, vs, ys, strict=True)]
        error = float(mpmath.norm(r)) / lam
        size = 1 / lam + float(u[row].norm() + v[row].norm())
        assert error <= gamma(80, torch.float64) * size


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    exponent=st.floats(-8, 4),
    scale=st.sampled_from([0.1, 1.0, 100.0]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    near=st.booleans(),
)
def test_logistic_prox_optimality(seed, exponent, scale, dtype, near):
    lam = 10.0**exponent
    v = draw(5, 2, seed=seed, scale=scale).to(dtype)
    y = LOGISTIC.targets(torch.tensor([[0.0, 1.0]] * 5), 2, dtype)
    u = LOGISTIC.prox(v, y, lam, v + 0.01 if near else None).double()
    slope = torch.where(y == 1, -torch.sigmoid(-u), torch.sigmoid(u))
    curvature = torch.sigmoid(u) * torch.sigmoid(-u)
    residual = slope + lam * (u - v.double())
    size = slope.abs() + lam * (u.abs() + v.abs().double()) + (lam + curvature) * u.abs()
    c = 2 * unit(dtype) + gamma(60, torch.float64)
    assert bool((residual.abs() <= c * size).all())


def test_prox_of_huge_logits_is_finite():
    for dtype in (torch.float32, torch.float64):
        big = 1e30 if dtype == torch.float32 else 1e200
        v = torch.tensor([[big, -big, 0.0], [-big, big, big]], dtype=dtype)
        y = CE.targets(torch.tensor([0, 1]), 3, dtype)
        for lam in LAMBDAS:
            assert bool(torch.isfinite(CE.prox(v, y, lam)).all())


def test_wright_omega_against_scipy():
    x = torch.cat(
        (
            torch.linspace(-60, 60, 2401, dtype=torch.float64),
            torch.logspace(1, 12, 60, dtype=torch.float64),
            -torch.logspace(1, 2.8, 40, dtype=torch.float64),
        )
    )
    exact = torch.from_numpy(np.asarray(scipy.special.wrightomega(x.numpy())))
    assert_within(wright_omega(x), exact, 2e-14 * exact, "ω")  # 5e-15 here, the rest is scipy's
    assert float(wright_omega(torch.tensor(-800.0, dtype=torch.float64))) == 0


@settings(deadline=None, max_examples=100)
@given(st.floats(-40, 1e6))
def test_wright_omega_meets_its_equation(x):
    """Relative error of ω: |ω + log ω − x|/(1 + ω), in 40 digits."""
    mpmath.mp.dps = 40
    omega = mpmath.mpf(float(wright_omega(torch.tensor(x, dtype=torch.float64))))
    assert abs(omega + mpmath.log(omega) - mpmath.mpf(x)) / (1 + omega) <= 5e-15


@pytest.mark.parametrize(
    ("loss", "y", "outputs", "words"),
    [
        (CE, torch.tensor([0, 1, 3]), 3, "class numbers 0 … 2, found 0 … 3"),
        (CE, torch.tensor([0, -1]), 3, "found -1"),
        (CE, torch.tensor([1, 1, 1]), 3, "all 3 samples are of class 1"),
        (CE, torch.tensor([[0], [1]]), 3, r"expected shape \(N,\)"),
        (CE, torch.rand(4), 3, r"expected shape \(N, 3\)"),
        (CE, torch.rand(4, 2), 3, r"expected shape \(N, 3\)"),
        (CE, torch.tensor([[0.5, 0.6], [1.0, 0.0]]), 2, "sum to 1"),
        (CE, torch.tensor([[1.5, -0.5], [1.0, 0.0]]), 2, "probabilities"),
        (CE, torch.tensor([[float("nan"), 0.0]]), 2, "NaN or infinite"),
        (CE, torch.tensor([0, 1]), 1, "at least two outputs"),
        (SQUARED, torch.tensor([[float("inf"), 0.0]]), 2, "NaN or infinite"),
        (LOGISTIC, torch.tensor([[1.2], [0.0]]), 1, "between 0 and 1"),
        (LOGISTIC, torch.tensor([0, 2]), 1, "found 0 … 2"),
        (LOGISTIC, torch.tensor([1, 1]), 1, "at least two classes"),
    ],
)
def test_targets_refused(loss, y, outputs, words):
    with pytest.raises(InvalidInput, match=words) as refusal:
        loss.targets(y, outputs, torch.float64)
    assert "\n" not in str(refusal.value)


def test_targets_accepted():
    hot = CE.targets(torch.tensor([2, 0]), 3, torch.float32)
    assert hot.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert hot.dtype == torch.float32
    assert LOGISTIC.targets(torch.tensor([1, 0]), 1, torch.float64).tolist() == [[1], [0]]
    assert CE.targets(torch.tensor([2]), 3, torch.float64).tolist() == [[0, 0, 1]]
    thirds = torch.full((2, 3), 1 / 3)
    assert torch.equal(CE.targets(thirds, 3, torch.float32), thirds)
    y = draw(4, 2, seed=0)
    assert torch.equal(SQUARED.targets(y, 2, torch.float64), y)


@pytest.mark.parametrize("guess", [False, True])
def test_many_rows_are_taken_a_part_at_a_time(guess, monkeypatch):
    v, y = draw(17, 4, seed=3, scale=3.0), target_of(CE, 17, 4)
    near = draw(17, 4, seed=4) if guess else None
    whole = cross_entropy_prox(v, y, 0.3, near)
    monkeypatch.setattr("amverify.network.losses.ROWS", 5)
    parts = cross_entropy_prox(v, y, 0.3, near)
    assert_within(parts, whole, 64 * unit(torch.float64) * (1 + v.abs().amax()), "prox")
