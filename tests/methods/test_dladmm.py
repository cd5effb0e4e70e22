"""dlADMM against a slow sweep written from its definition.

The slow sweep knows one function only, the augmented Lagrangian with autograd: b and z_L are
found by a general minimiser, z_l by a parabola through three values on each linear piece of
h, W and a by a gradient step whose modulus is doubled until the quadratic bound holds.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from support.objective import MODULES, autograd, minimiser, objective
from support.problems import draw, group, parameters, problem, replaced, replicate
from support.rounding import assert_half_digits, assert_within, gamma
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.dladmm import DlADMM, DlADMMState
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point

KINKS = {"identity": (), "relu": (0.0,), "leaky_relu": (0.0,), "hard_tanh": (-1.0, 1.0)}


def admm_problem(*args: object, **options: object) -> LayeredProblem:
    return problem(*args, **({"coupling": Penalty(1.0)} | options))  # type: ignore[arg-type]


def lagrangian(p: LayeredProblem, at: Point, dual: Tensor, rho: float) -> Tensor:
    """The augmented Lagrangian, for autograd."""
    a = at.a[-1] if at.a else p.space.inputs
    gap = at.z[-1] - torch.nn.functional.linear(a, at.w[-1], at.b[-1][0])
    return objective(p.reweighted(rho, rho), at) + (dual * gap).sum()


def auxiliary(p: LayeredProblem, at: Point, layer: int, rho: float) -> Tensor:
    """z_l, l < L: on each linear piece of h a parabola, its vertex from three of its values."""
    h, a = MODULES[p.activation.name], at.a[layer - 1]
    before = at.a[layer - 2] if layer > 1 else p.space.inputs
    pre = torch.nn.functional.linear(before, at.w[layer - 1], at.b[layer - 1][0])

    def f(z: Tensor) -> Tensor:
        return 0.5 * rho * (z - pre) ** 2 + 0.5 * rho * (a - h(z)) ** 2

    ends = (-math.inf, *KINKS[p.activation.name], math.inf)
    best, value = pre, torch.full_like(pre, math.inf)
    for low, high in pairwise(ends):
        middle = {(True, True): 0.0, (True, False): high - 1, (False, True): low + 1}.get(
            (math.isinf(low), math.isinf(high)), (low + high) / 2
        )
        reach = min(1.0, high - middle)
        left, centre, right = (f(torch.full_like(pre, middle + k * reach)) for k in (-1, 0, 1))
        vertex = middle - 0.5 * reach * (right - left) / (right - 2 * centre + left)
        vertex = vertex.clamp(low, high)
        best = torch.where(f(vertex) < value, vertex, best)
        value = torch.minimum(value, f(vertex))
    return best


def gradient_step(function: object, u: Tensor, trial: float) -> tuple[Tensor, int]:
    """u − ∇/L with the first of trial, 2·trial, … whose quadratic bounds the function there."""
    assert callable(function)
    g, start, modulus, doublings = autograd(function, u), function(u), trial, 0
    while True:
        d = -g / modulus
        if function(u + d) <= start + (g * d).sum() + 0.5 * modulus * (d * d).sum():
            return u + d, doublings
        modulus, doublings = 2 * modulus, doublings + 1


def order(layers: int) -> list[tuple[str, int]]:
    """Backward a → z → b → W for l = L … 1, forward W → b → z → a for l = 1 … L."""
    backward = [(kind, layer) for layer in range(layers, 0, -1) for kind in "azbW"]
    forward = [(kind, layer) for layer in range(1, layers + 1) for kind in "Wbza"]
    return [key for key in backward + forward if key != ("a", layers)]


def slow_sweep(p: LayeredProblem, state: DlADMMState) -> tuple[Point, Tensor, int]:
    """The point and the dual variable after one sweep, and how often a modulus was doubled."""
    at, dual, rho, doublings = state.point, state.dual, state.rho, 0
    for kind, layer in order(p.layers):
        u, here = group(at, kind)[layer - 1], at

        def function(v: Tensor, here: Point = here, key: tuple[str, int] = (kind, layer)) -> Tensor:
            return lagrangian(p, replaced(here, *key, v), dual, rho)

        if kind == "z" and layer < p.layers:
            new = auxiliary(p, at, layer, rho)
        elif kind in "bz":
            new = minimiser(function, u)
        else:
            new, count = gradient_step(function, u, state.trial)
            doublings += count
        at = replaced(at, kind, layer, new)
    a = at.a[-1] if at.a else p.space.inputs
    pre = torch.nn.functional.linear(a, at.w[-1], at.b[-1][0])
    return at, dual + rho * (at.z[-1] - pre), doublings


def assert_same_point(computed: Point, exact: Point) -> None:
    for kind in "Wbza":
        for i, (u, v) in enumerate(zip(group(computed, kind), group(exact, kind), strict=True)):
            assert_half_digits(u, v, f"{kind}_{i + 1}")


CASES = [
    {"act": "relu"},
    {"act": "leaky_relu", "loss": "squared_error"},
    {"act": "hard_tanh", "mu": 0.0},
    {"act": "identity", "widths": (5, 4, 2, 1), "loss": "logistic"},
    {"act": "relu", "widths": (5, 3)},
]


@pytest.mark.parametrize(
    "options", CASES, ids=lambda o: f"{o['act']}-{len(o.get('widths', 'abcd'))}"
)
@pytest.mark.parametrize("trial", [0.01, 50.0])
def test_sweep_is_its_definition(options, trial):
    p = admm_problem(samples=6, **options)
    method = DlADMM(trial=trial)
    state = method.initialise(p, parameters(p, 3))
    doublings = 0
    for _ in range(3):
        point, dual, count = slow_sweep(p, state)
        state = method.sweep(p, state)
        assert_same_point(state.point, point)
        assert_half_digits(state.dual, dual, "u")
        doublings += count
    assert float(state.dual.abs().max()) > 1e-3
    assert (doublings > 0) == (trial == 0.01)


def test_auxiliary_variable_beats_a_grid():
    """The slow way for z_l is itself the minimum, not only a stationary point."""
    p = admm_problem(act="relu")
    state = DlADMM().initialise(p, parameters(p, 1))
    at = replaced(state.point, "a", 1, draw(*state.point.a[0].shape, seed=5))
    z, grid = auxiliary(p, at, 1, p.rho), torch.linspace(-8, 8, 4001, dtype=torch.float64)
    pre = at.z[0]

    def f(v: Tensor) -> Tensor:
        return (v - pre[..., None]) ** 2 + (at.a[0][..., None] - torch.relu(v)) ** 2

    least = f(grid).amin(-1)
    assert bool((f(z[..., None])[..., 0] <= least).all())
    assert bool((f(z[..., None])[..., 0] >= least - 1e-3).all())


def plain_objective(p: LayeredProblem, state: DlADMMState) -> tuple[float, float]:
    """The augmented Lagrangian in numpy, and the same sum of absolute values."""
    at, dual, rho = state.point, state.dual.numpy(), state.rho
    z_out, y = at.z[-1].numpy(), p.target.numpy()
    terms = [float((logsumexp(z_out, axis=1) - (y * z_out).sum(1)).sum())]
    a = p.x.numpy()
    for i in range(p.layers):
        w, z = at.w[i].numpy(), at.z[i].numpy()
        pre = np.einsum("ij,kj->ik", a, w) + at.b[i].numpy()
        terms += [p.mu / 2 * float((w**2).sum()), rho / 2 * float(((z - pre) ** 2).sum())]
        if i + 1 < p.layers:
            a = at.a[i].numpy()
            terms.append(rho / 2 * float(((a - np.maximum(z, 0)) ** 2).sum()))
        else:
            terms.append(float((dual * (z - pre)).sum()))
    return math.fsum(terms), math.fsum(map(abs, terms))


def test_objective_is_the_augmented_lagrangian():
    p = admm_problem(rho=0.05)
    method = DlADMM()
    state = method.initialise(p, parameters(p, 2))
    for _ in range(3):
        state = method.sweep(p, state)
    for now in (state, replace(state, rho=0.3, dual=10 * state.dual)):
        value, size = plain_objective(p, now)
        exact = torch.tensor(value, dtype=p.dtype)
        bound = gamma(1000, p.dtype) * size * 10
        assert_within(method.objective(p, now), exact, bound, "augmented Lagrangian")


def test_start():
    p = admm_problem()
    weights = parameters(p, 4)
    state = DlADMM().initialise(p, weights)
    a = p.x
    for i, (w, b) in enumerate(zip(*weights, strict=True)):
        z = a @ w.mT + b
        if i + 1 < p.layers:
            torch.testing.assert_close(state.point.z[i], z)
            a = torch.relu(z)
            torch.testing.assert_close(state.point.a[i], a)
    torch.testing.assert_close(state.point.z[-1], 2 * p.target - 1)
    assert not state.dual.any()
    assert (state.rho, state.trial, state.losses) == (p.rho, 1.0, ())
    free = DlADMM(label_output=False).initialise(p, weights)
    torch.testing.assert_close(free.point.z[-1], z)


def test_sweep_leaves_the_old_state():
    p = admm_problem()
    state = DlADMM().initialise(p, parameters(p))
    kept = [u.clone() for kind in "Wbza" for u in group(state.point, kind)]
    DlADMM().sweep(p, state)
    now = [u for kind in "Wbza" for u in group(state.point, kind)]
    assert all(torch.equal(u, v) for u, v in zip(kept, now, strict=True))
    assert not state.dual.any()


def training_loss(p: LayeredProblem, at: Point) -> float:
    a = p.x
    for w, b in zip(at.w[:-1], at.b[:-1], strict=True):
        a = torch.relu(a @ w.mT + b)
    z = a @ at.w[-1].mT + at.b[-1]
    return float(torch.nn.functional.cross_entropy(z, p.target, reduction="sum"))


@pytest.mark.parametrize(
    ("losses", "grows"),
    [
        ((-3.0, -2.0, -1.0), True),
        ((-9.0, -3.0, -2.0, -1.0), True),
        ((5.0, -3.0, -2.0, -1.0), True),
        ((-2.0, -1.0), False),
        ((), False),
        ((-2.0, -3.0, -1.0), False),
        ((-3.0, -1.0, -2.0), False),
        ((-3.0, -1.0, -1.0), False),
        ((1e6, 2e6, 3e6), False),
    ],
)
def test_rho_grows_after_three_rises_in_a_row(losses, grows):
    p = admm_problem(rho=1e-3)
    method = DlADMM(trial=0.5, growth=7.0)
    state = replace(method.initialise(p, parameters(p)), losses=losses)
    new = method.sweep(p, state)
    rho, trial = (7e-3, 3.5) if grows else (1e-3, 0.5)
    assert (new.rho, new.trial) == (pytest.approx(rho), pytest.approx(trial))
    assert new.losses[:-1] == losses[-3:]
    assert new.losses[-1] == pytest.approx(training_loss(p, new.point), rel=1e-12)


@pytest.mark.parametrize(
    ("rho", "expected", "factor"), [(0.05, 0.1, 10), (0.1, 0.1, 1), (0.4, 0.4, 1)]
)
def test_rho_stops_at_its_cap(rho, expected, factor):
    p = admm_problem(rho=rho)
    method = DlADMM(trial=0.5)
    state = replace(method.initialise(p, parameters(p)), losses=(-3.0, -2.0, -1.0))
    new = method.sweep(p, state)
    assert new.rho == expected
    assert new.trial == 0.5 * factor


def test_the_sweep_uses_the_state_s_rho_and_trial():
    p = admm_problem(rho=0.4)
    method = DlADMM()
    state = replace(method.initialise(p, parameters(p)), rho=0.07, trial=3.0)
    point, dual, _ = slow_sweep(p, state)
    new = method.sweep(p, state)
    assert_same_point(new.point, point)
    assert_half_digits(new.dual, dual, "u")


@pytest.mark.parametrize("representation", ["dense", "spanned"])
def test_replicates_are_single_runs(representation):
    p = admm_problem((9, 4, 3), 6, representation=representation)
    method = DlADMM(trial=0.1)
    together = method.initialise(p, parameters(p, 5, replicates=3))
    alone = [method.initialise(p, parameters(p, 5 + r)) for r in range(3)]
    for _ in range(3):
        together = method.sweep(p, together)
        alone = [method.sweep(p, state) for state in alone]
    value = method.objective(p, together)
    assert value.shape == (3,)
    for r, single in enumerate(alone):
        assert_same_point(replicate(together.point, (r,)), single.point)
        assert_half_digits(together.dual[r], single.dual, "u")
        assert_half_digits(value[r], method.objective(p, single), "objective")


@pytest.mark.parametrize("samples", [5, 9])
def test_spanned_is_dense(samples):
    dense = admm_problem((9, 4, 3), samples, representation="dense")
    spanned = admm_problem((9, 4, 3), samples, representation="spanned")
    method = DlADMM(trial=0.1)
    one, other = (method.initialise(p, parameters(p, 6)) for p in (dense, spanned))
    for _ in range(8):
        one, other = method.sweep(dense, one), method.sweep(spanned, other)
    decoded = other.point.copy()
    decoded.w[0] = other.first.decode(other.point.w[0])
    assert_same_point(decoded, one.point)


def test_refuses_a_band():
    p = problem(coupling=Band(0.3))
    with pytest.raises(InvalidInput, match="dlADMM: needs the coupling Penalty"):
        DlADMM().initialise(p, parameters(p))


@pytest.mark.parametrize(
    "options",
    [
        {"trial": 0.0},
        {"trial": -1.0},
        {"trial": math.nan},
        {"trial": math.inf},
        {"growth": 0.9},
        {"growth": math.nan},
        {"growth": math.inf},
        {"cap": 0.0},
        {"cap": math.nan},
    ],
)
def test_refuses_constants(options):
    with pytest.raises(InvalidInput, match="dlADMM: needs trial > 0"):
        DlADMM(**options)
