"""TIAM's relatives in the spanned and the dense first layer, and in replicates: same iterates.

How far two exact but differently rounded runs may part is measured, not guessed: the dense
run is repeated with W, b and z_L moved, after every sweep, by a random relative error of γ_n,
n the longest sum of a sweep: what one sweep's rounding can do, carried along by the iteration
itself. (Not a and the hidden z: where ReLU is inactive a = h(z) + ε = ε holds without rounding
error in every run, and an error there would open or close the interval of z.) The other run
must stay within a few of those deviations.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support.problems import draw, group, labels, parameters, problem, replicate
from support.rounding import gamma

from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, mdlam
from amverify.network.activations import activation
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point

SWEEPS = 30
OUTLINE = {
    f"{safeguard}-{steps}": TIAM(
        StepRule(Inertia(0.5, 0.4, 0.2), scale=1.1, steps=steps, safeguard=safeguard)
    )
    for safeguard in ("none", "monotone", "certified")
    for steps in ("exact", "backtracking")
} | {"mdlam": mdlam()}
X = {
    "wide": draw(6, 15, seed=1),
    "rank two": draw(6, 2, seed=1) @ draw(2, 15, seed=2),
    "zero rows": draw(6, 15, seed=1) * torch.tensor([1.0, 0, 1, 0, 1, 1]).double()[:, None],
    "one sample": draw(1, 7, seed=1),
    "square": draw(6, 6, seed=1),
    "tall": draw(9, 4, seed=1),
}


def make(x, representation, dtype=torch.float64, coupling=None):
    y = labels(x.shape[0], 3, 5)
    return LayeredProblem(
        x,
        y,
        (x.shape[1], 4, 3, 3),
        rho=0.4,
        mu=0.05,
        coupling=coupling or Band(0.3),
        activation=activation("relu"),
        dtype=dtype,
        representation=representation,
    )


def decoded(state) -> Point:
    at = state.point.copy()
    at.w[0] = state.first.decode(at.w[0])
    return at


def trajectory(method, p, noise=0.0, seed=0):
    """The points after each sweep, shaken each time."""
    state, points = method.initialise(p, parameters(p)), []
    shaker = torch.Generator().manual_seed(seed)
    for _ in range(SWEEPS):
        state = method.sweep(p, state)
        if noise:
            state = replace(state, point=shaken(state.point, noise, shaker))
        points.append(decoded(state))
    return points


def shaken(at, noise, shaker):
    def shake(u):
        return u * (1 + noise * (2 * torch.rand(u.shape, generator=shaker, dtype=u.dtype) - 1))

    new = at.copy()
    new.w, new.b = [shake(u) for u in at.w], [shake(u) for u in at.b]
    new.z[-1] = shake(at.z[-1])
    return new


def distance(one: Point, other: Point) -> float:
    """The largest relative distance of a block."""
    worst = 0.0
    for kind in "Wbza":
        for u, v in zip(group(one, kind), group(other, kind), strict=True):
            worst = max(worst, float((u - v).norm() / (1e-300 + v.norm())))
    return worst


def assert_same_trajectory(method, dense, other):
    """Within what shaking the dense run does to it."""
    straight = trajectory(method, dense)
    noise = gamma(2 * (dense.samples + max(dense.widths)) + 20, dense.dtype)
    runs = [trajectory(method, dense, noise, seed) for seed in range(3)]
    allowed = 0.0
    for k, (one, two) in enumerate(zip(straight, trajectory(method, other), strict=True), 1):
        allowed = max(allowed, *(distance(run[k - 1], one) for run in runs))
        assert distance(two, one) <= 4 * allowed, f"sweep {k}"
    assert allowed < gamma(1, dense.dtype) ** (1 / 3)  # else the comparison would mean nothing


@pytest.mark.parametrize("method", OUTLINE.values(), ids=OUTLINE)
@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
def test_spanned_is_dense_for_every_rule(method, coupling):
    x = X["wide"]
    dense, spanned = (make(x, r, coupling=coupling) for r in ("dense", "spanned"))
    assert spanned.space.basis is not None
    assert_same_trajectory(method, dense, spanned)


@pytest.mark.parametrize("x", X.values(), ids=X)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_spanned_is_dense_for_every_shape(x, dtype):
    method = OUTLINE["certified-exact"]
    assert_same_trajectory(method, make(x, "dense", dtype), make(x, "spanned", dtype))


@pytest.mark.parametrize("method", OUTLINE.values(), ids=OUTLINE)
@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
@pytest.mark.parametrize("representation", ["dense", "spanned"])
def test_replicates_are_single_runs(method, coupling, representation):
    p = make(X["wide"], representation, coupling=coupling)
    together = method.initialise(p, parameters(p, 3, replicates=3))
    single = [method.initialise(p, parameters(p, 3 + r)) for r in range(3)]
    noise = gamma(2 * (p.samples + max(p.widths)) + 20, p.dtype)
    shaker = torch.Generator().manual_seed(0)
    apart = list(single)
    allowed = [0.0] * 3
    for _ in range(SWEEPS):
        together = method.sweep(p, together)
        for r in range(3):
            single[r] = method.sweep(p, single[r])
            moved = method.sweep(p, apart[r])
            apart[r] = replace(moved, point=shaken(moved.point, noise, shaker))
            allowed[r] = max(allowed[r], distance(apart[r].point, single[r].point))
            assert distance(replicate(together.point, (r,)), single[r].point) <= 4 * allowed[r]
            value = method.lyapunov(p, together)[r]
            torch.testing.assert_close(value, method.lyapunov(p, single[r]))


def test_two_replicate_dimensions():
    p = problem((5, 4, 3), 6)
    method = OUTLINE["certified-exact"]
    weights, biases = parameters(p, 0, replicates=6)
    square = [[u.reshape(2, 3, *u.shape[1:]) for u in g] for g in (weights, biases)]
    line, plane = method.initialise(p, (weights, biases)), method.initialise(p, tuple(square))
    for _ in range(5):
        line, plane = method.sweep(p, line), method.sweep(p, plane)
    assert method.objective(p, plane).shape == (2, 3)
    torch.testing.assert_close(plane.point.w[0].flatten(0, 1), line.point.w[0])


def test_a_diverged_replicate_leaves_the_others_alone():
    """Also under backtracking, whose loop ends for all replicates together."""
    for steps in ("exact", "backtracking"):
        method = TIAM(StepRule(Inertia(0.5, 0.5, 0.2), steps=steps))
        p = problem((5, 4, 3), 6)
        weights, biases = parameters(p, 0, replicates=2)
        state = method.initialise(p, (weights, biases))
        state.point.w[1][1, 0, 0] = torch.nan
        alone = method.initialise(p, parameters(p, 0))
        for _ in range(5):
            state, alone = method.sweep(p, state), method.sweep(p, alone)
        torch.testing.assert_close(state.point.w[0][0], alone.point.w[0])
        assert not bool(torch.isfinite(method.objective(p, state)[1]))


def test_the_old_state_is_left_as_it_was():
    p = problem((5, 4, 3), 6)
    method = TIAM(record=True)
    state = method.sweep(p, method.initialise(p, parameters(p)))
    copies = [u.clone() for kind in "Wbza" for u in group(state.point, kind)]
    kept = dict(state.delta)
    method.sweep(p, state)
    for u, v in zip((u for kind in "Wbza" for u in group(state.point, kind)), copies, strict=True):
        assert torch.equal(u, v)
    assert state.delta == kept
