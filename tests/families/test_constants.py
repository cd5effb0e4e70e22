"""Every family: values, gradients and constants against an independent slow way."""

from __future__ import annotations

import json
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy as sp

from amverify.errors import InvalidInput
from amverify.families import FAMILIES, draw, rebuild
from amverify.families.problem import dyadic
from amverify.families.sparse import PENALTIES
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import U, gamma

SEEDS = range(6)
SLACK = gamma(1000)
"""Of eigenvalues and norms of at most 30 numbers, computed in some hundred roundings each."""
LOGISTIC = ("logistic", "bilinear_logistic")
POLYNOMIAL = [f for f in FAMILIES if f not in LOGISTIC]
SMOOTH_FORMULA = [f for f in POLYNOMIAL if f != "layered_penalty"]
KNOWN_L = [f for f in POLYNOMIAL if draw(f, 0).constants.L is not None]
KNOWN_KL = [f for f in FAMILIES if draw(f, 0).constants.c is not None]
KNOWN_MINIMUM = [f for f in FAMILIES if draw(f, 0).constants.xstar is not None]
CONVEX_MINIMUM = [f for f in KNOWN_MINIMUM if draw(f, 0).constants.convex]


def near(problem, rng):
    """A point with uneven digits near the start, inside the set on which constants are meant."""
    radius = float(problem.constants.radius or 100)
    x = problem.x0 + rng.uniform(-0.2, 0.2, problem.dimension)
    return np.clip(x, -radius, radius)


def inside(ball, exact):
    """Whether a ball holds a fraction."""
    return abs(Fraction(float(ball.mid)) - exact) <= Fraction(float(ball.rad))


def hessian(problem, x):
    """∇²H at x by sympy, as floats."""
    expression, names = problem.expression()
    at = dict(zip(names, (sp.Float(v, 40) for v in x), strict=True))
    return np.array(sp.hessian(expression, names).subs(at).evalf(30), dtype=float)


@pytest.mark.parametrize("family", POLYNOMIAL)
def test_values_and_gradients_hold_the_exact_ones(family):
    for seed in SEEDS:
        problem, rng = draw(family, seed), np.random.default_rng(seed)
        stack = np.stack([near(problem, rng) for _ in range(4)] + [problem.x0])
        values, gradients = problem.value(stack), problem.gradient(stack)
        for i, x in enumerate(stack):
            assert inside(values.take(i), problem.exact_value(x)), (seed, i)
            for j, exact in enumerate(problem.exact_gradient(x)):
                found = Ball(gradients.mid[i, j], gradients.rad[i, j])
                assert inside(found, Fraction(exact)), (seed, i, j)


@pytest.mark.parametrize("family", SMOOTH_FORMULA)
def test_the_gradient_is_the_derivative_of_the_value(family):
    for seed in (0, 1):
        problem = draw(family, seed)
        if family == "layered_band" and problem.dimension > 30:
            continue
        expression, names = problem.expression()
        at = {n: sp.Rational(*float(v).as_integer_ratio())
              for n, v in zip(names, problem.x0, strict=True)}  # fmt: skip
        for name, found in zip(names, problem.exact_gradient(problem.x0), strict=True):
            slope = sp.diff(expression, name).subs(at)
            assert Fraction(int(slope.p), int(slope.q)) == found, (seed, name)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_is_computed_in_its_own_format(family):
    problem = draw(family, 1)
    for dtype in (np.float32, np.float64):
        x = problem.x0.astype(dtype)
        assert problem.plain(x).dtype == dtype
        assert problem.prox(x, 0.125).dtype == dtype
        bound = problem.gradient(x.astype(float))
        unit = np.finfo(dtype).eps / 2
        off = np.abs(problem.plain(x).astype(float) - bound.mid)
        assert (off <= bound.rad * (2 * unit / U) + bound.rad + 2.0**-130).all()


@pytest.mark.parametrize("family", KNOWN_L)
def test_moduli_bound_the_curvature_and_exact_ones_are_reached(family):
    for seed in SEEDS:
        problem, rng = draw(family, seed), np.random.default_rng(seed)
        largest = float(problem.constants.L)
        edge = np.full(problem.dimension, float(problem.constants.radius or 1))
        seen = [
            np.abs(np.linalg.eigvalsh(hessian(problem, x))).max()
            for x in (problem.x0, near(problem, rng), edge)
        ]
        assert max(seen) <= largest * (1 + SLACK)
        if problem.constants.exact:
            assert max(seen) >= largest * (1 - SLACK)


@pytest.mark.parametrize("family", [f for f in FAMILIES if draw(f, 0).blocks])
def test_block_moduli_bound_the_blocks_curvature(family):
    for seed in (0, 1, 2):
        problem = draw(family, seed)
        for i, block in enumerate(problem.blocks):
            if family == "layered_penalty" and (block.kind, block.layer) == ("z", 1):
                with pytest.raises(ValueError, match="T1p"):
                    problem.modulus(i, problem.x0)
                continue
            rng = np.random.default_rng(seed)
            bound = problem.modulus(i, problem.x0)
            for _ in range(5):
                e = np.zeros(problem.dimension)
                e[list(block.index)] = dyadic(rng, len(block.index), 1, 4)
                moved = problem.gradient(problem.x0 + e)
                change = moved - problem.gradient(problem.x0)
                length = np.linalg.norm(change.mid[list(block.index)])
                slack = np.abs(change.rad).sum() + SLACK * length
                assert length <= bound * np.linalg.norm(e) + slack, (seed, i)


@pytest.mark.parametrize("family", ["quadratic", "least_squares", "sparse_l1"])
def test_the_spectrum_is_that_of_the_matrix(family):
    for seed in SEEDS:
        problem = draw(family, seed)
        matrix = hessian(problem, problem.x0)
        eigenvalues = getattr(problem, "spectrum", None) or [s * s for s in problem.singular]
        exact = sp.Matrix(matrix.shape[0], matrix.shape[1], lambda i, j, m=matrix: sp.Rational(
            *float(m[i, j]).as_integer_ratio()))  # fmt: skip
        t = sp.Symbol("t")
        found = sp.Poly(exact.charpoly(t).as_expr(), t)
        planted = sp.prod([t - sp.Rational(q.numerator, q.denominator) for q in eigenvalues])
        assert found == sp.Poly(sp.expand(planted), t)


def stationary(problem, x):
    """Whether the gradient is 0, or points out of the box where it is not."""
    low, high = problem.box or ([-np.inf] * len(x), [np.inf] * len(x))
    slope = problem.exact_gradient(list(x))
    edges = zip(slope, x, low, high, strict=True)
    return all(not g or (g > 0 and v == a) or (g < 0 and v == b) for g, v, a, b in edges)


@pytest.mark.parametrize("family", KNOWN_MINIMUM)
def test_the_minimum_is_one(family):
    for seed in SEEDS:
        problem, rng = draw(family, seed), np.random.default_rng(seed)
        known = problem.constants
        assert problem.exact_value(list(known.xstar)) == known.fstar
        if problem.nonsmooth(problem.x0) is None:
            assert stationary(problem, known.xstar)
        for size in (1.0, 2.0**-6):
            x = np.array([float(v) for v in known.xstar]) + size * rng.normal(size=len(known.xstar))
            x = x if problem.box is None else problem.prox(x, 1.0)
            assert problem.exact_value(x) >= known.fstar


@pytest.mark.parametrize("family", KNOWN_KL)
def test_the_kl_inequality_holds_near_the_minimum(family):
    for seed in range(20):
        problem, rng = draw(family, seed), np.random.default_rng(seed)
        known = problem.constants
        for size in (0.3, 1e-2, 1e-4):
            x = np.array([float(v) for v in known.xstar])
            x = x + size * rng.uniform(-1, 1, problem.dimension)
            above = float(problem.exact_value(x) - known.fstar)
            slope = np.sqrt(float(sum(g * g for g in problem.exact_gradient(x))))
            assert above ** float(known.theta) <= known.c * slope * (1 + SLACK), (seed, size)


@pytest.mark.parametrize(("family", "seeds"), [("power", 20), ("quadratic", 20)])
def test_the_kl_constant_is_nearly_reached(family, seeds):
    """Along the worst direction, so that a constant ten times too large would be noticed."""
    best = 0.0
    for seed in range(seeds):
        problem = draw(family, seed)
        known = problem.constants
        for direction in np.linalg.eigh(hessian(problem, problem.x0))[1].T:
            x = np.array([float(v) for v in known.xstar]) + 0.5 * direction
            slope = np.sqrt(float(sum(g * g for g in problem.exact_gradient(x))))
            above = float(problem.exact_value(x) - known.fstar)
            best = max(best, above ** float(known.theta) / (known.c * slope))
    assert best > 0.9


def test_pl_constant_is_the_best():
    for seed in SEEDS:
        problem = draw("least_squares", seed)
        values, vectors = np.linalg.eigh(hessian(problem, problem.x0))
        mu = float(problem.constants.mu)
        least = int(np.argmin(np.where(values > mu / 2, values, np.inf)))
        x = problem.centre + vectors[:, least]
        slope = float(sum(g * g for g in problem.exact_gradient(x)))
        gap = float(problem.exact_value(x) - problem.constants.fstar)
        assert slope == pytest.approx(2 * mu * gap)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_proximal_map_minimises(penalty):
    grid = np.linspace(-8, 8, 40001)
    for seed in range(5):
        problem = draw(f"sparse_{penalty}", seed)
        step = 1 / float(problem.constants.L)
        rng = np.random.default_rng(seed)
        zeros = np.zeros((len(grid), problem.dimension))
        zeros[:, 0] = grid
        rough = problem.nonsmooth(Ball.of(zeros)).mid
        for v in rng.uniform(-6, 6, 20):
            point = np.zeros(problem.dimension)
            point[0] = v
            found = problem.prox(point, step)
            mine = problem.nonsmooth(Ball.of(found)).mid + (found[0] - v) ** 2 / (2 * step)
            best = (rough + (grid - v) ** 2 / (2 * step)).min()
            assert mine <= best * (1 + SLACK), (seed, v)


@pytest.mark.parametrize("coupling", ["penalty", "band"])
def test_the_layered_family_is_the_networks_objective(coupling):
    for seed in SEEDS:
        problem = draw(f"layered_{coupling}", seed)
        x = near(problem, np.random.default_rng(seed))
        theirs = float(problem.layered.value(problem.point(x)))
        mine = problem.value(x)
        assert abs(theirs - float(mine.mid)) <= 100 * float(mine.rad)
        if coupling == "band":
            assert float(problem.layered.infeasibility(problem.point(problem.x0), problem.eps)) == 0


def arb_logistic(problem, x):
    """Bilinear logistic regression in ball arithmetic of 200 bits."""
    p = problem.sizes[0]
    total = flint.arb(0)
    for a in problem.signed:
        m = flint.arb(0)
        for i, j in np.ndindex(problem.sizes):
            m += flint.arb(float(x[i])) * flint.arb(float(a[i, j])) * flint.arb(float(x[p + j]))
        total += (flint.arb(1) + m.exp()).log()
    return total


def test_the_logistic_family_holds_ball_arithmetic():
    flint.ctx.prec = 200
    for seed in range(10):
        problem, rng = draw("bilinear_logistic", seed), np.random.default_rng(seed)
        for scale in (1, 30):
            x = near(problem, rng) * scale
            gap = abs(flint.arb(float(problem.value(x).mid)) - arb_logistic(problem, x))
            assert gap < flint.arb(float(problem.value(x).rad))
        with pytest.raises(ValueError, match="not rational"):
            problem.exact_value(x)
        h, gradient = 2.0**-24, problem.gradient(problem.x0)
        for j, unit in enumerate(np.eye(problem.dimension)):
            # |f(x ± h) − f(x) ∓ hf'| ≤ Lh²/2
            up, down = (problem.value(problem.x0 + sign * h * unit) for sign in (1, -1))
            block = 0 if j < problem.sizes[0] else 1
            bound = problem.modulus(block, problem.x0) * h / 2 + (up.rad + down.rad) / (2 * h)
            slope = (up.mid - down.mid) / (2 * h)
            assert abs(slope - gradient.mid[j]) <= bound * (1 + SLACK) + gradient.rad[j]


def test_expectations_over_batches_are_exact():
    for seed in SEEDS:
        problem = draw("finite_sum", seed)
        w = [Fraction(v) for v in problem.x0]
        for size in (1, 2, 3):
            for j in range(problem.dimension):
                each = [problem.batch_gradient(w, batch)[j] for batch in problem.batches(size)]
                mean = problem.expectation(lambda _, left=iter(each): next(left), size)
                assert mean == problem.exact_gradient(w)[j]
        steps = [Fraction(1, 64)] * problem.dimension
        outcomes = [
            problem.exact_value(problem.sweep(w, steps, [first, second]))
            for first in problem.batches()
            for second in problem.batches()
        ]
        fresh = problem.expected_value(w, steps, fresh=True)
        assert fresh == sum(outcomes, Fraction(0)) / 16
        assert problem.expected_value(w, steps, fresh=False) == sum(outcomes[::5], Fraction(0)) / 4
        assert problem.expected_value(w, [Fraction(0)] * problem.dimension, fresh=True) == (
            problem.exact_value(w)
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_specification_gives_the_problem_back(family):
    for seed in (0, 7):
        problem = draw(family, seed)
        again = rebuild(json.loads(json.dumps(problem.spec())))
        assert again.spec() == problem.spec() == {"family": family, "seed": seed}
        assert (again.x0 == problem.x0).all()
        assert again.value(problem.x0).mid == problem.value(problem.x0).mid
        assert again.declared() == problem.declared()
    assert draw(family, 1).x0.tolist() != draw(family, 2).x0.tolist()


@pytest.mark.parametrize("family", CONVEX_MINIMUM)
def test_declared_constants_hold_the_exact_ones(family):
    for seed in SEEDS:
        problem = draw(family, seed)
        known, declared = problem.constants, problem.declared()
        for name, exact in (("L", known.L), ("mu", known.mu), ("fstar", known.fstar)):
            if exact is not None:
                entry = declared[name]
                gap = abs(Fraction(entry["value"]) - exact)
                assert gap <= Fraction(entry.get("error", 0.0)), name
        start = [Fraction(v) for v in problem.x0]
        squared = sum((a - b) ** 2 for a, b in zip(start, known.xstar, strict=True))
        error = Fraction(declared["D"].get("error", 0.0))
        low, high = (Fraction(declared["D"]["value"]) + sign * error for sign in (-1, 1))
        assert low**2 <= squared <= high**2


def test_bad_input_is_one_line():
    for call, message in (
        (lambda: draw("quadratik", 1), "family 'quadratik': not one of .*did you mean 'quadratic'"),
        (lambda: draw("quadratic", -1), "seed: expected an integer"),
        (lambda: draw("quadratic", True), "seed: expected an integer"),
        (lambda: rebuild({"family": "quadratic"}), "'seed' is missing"),
    ):
        with pytest.raises(InvalidInput, match=message):
            call()


def test_logistic_regression_against_sums_of_logarithms():
    for seed in SEEDS:
        problem, rng = draw("logistic", seed), np.random.default_rng(seed)
        for x in (problem.x0, near(problem, rng)):
            margins = problem.signed @ x
            weights = 1 / (1 + np.exp(-margins))
            value = np.log1p(np.exp(margins)).mean() + problem.weight / 2 * x @ x
            slope = problem.signed.T @ weights / problem.samples + problem.weight * x
            assert float(problem.value(x).mid) == pytest.approx(value, rel=1e-12)
            assert problem.gradient(x).mid == pytest.approx(slope, rel=1e-12, abs=1e-14)
            curved = (problem.signed.T * (weights * (1 - weights))) @ problem.signed
            eigenvalues = np.linalg.eigvalsh(curved / problem.samples) + problem.weight
            assert eigenvalues.max() <= float(problem.constants.L) * (1 + SLACK)
            assert eigenvalues.min() >= float(problem.constants.mu) * (1 - SLACK)
