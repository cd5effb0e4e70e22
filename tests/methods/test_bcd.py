"""BCD: every block is the minimiser of its own subproblem, in the order output → input.

A sweep visits each block once, so the point at which a block was updated is known from the
states before and after: new values for the blocks visited earlier, old ones for the rest.
There the gradient of the subproblem vanishes at the new value, and only there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from support.objective import MODULES, autograd, hessian, loss_value, objective
from support.problems import draw, group, parameters, problem, replaced, replicate
from support.rounding import assert_half_digits, gamma
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.bcd import BCD, BCDState, _solve_gram
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point

Key = tuple[str, int]
PROXIMAL_OUTPUT: Key = ("a", 0)
"""The name of a_L, which is not part of a point."""


def bcd_problem(*args: object, **options: object) -> LayeredProblem:
    return problem(*args, **({"coupling": Penalty(0.7)} | options))  # type: ignore[arg-type]


def full_objective(p: LayeredProblem, at: Point, output: Tensor) -> Tensor:
    """F with the output's own coupling, from torch.nn's modules."""
    assert isinstance(p.coupling, Penalty)
    split = loss_value(p, output) + 0.5 * p.coupling.nu * (output - at.z[-1]).pow(2).sum()
    return objective(p, at, with_loss=False) + split


def order(layers: int) -> list[Key]:
    """a_L, z_L, W_L, b_L, then a_l, z_l, W_l, b_l for l = L−1 … 1."""
    keys = [PROXIMAL_OUTPUT, ("z", layers), ("W", layers), ("b", layers)]
    for layer in range(layers - 1, 0, -1):
        keys += [(kind, layer) for kind in "azWb"]
    return keys


def proximal(key: Key, layers: int) -> bool:
    """Whether the block carries a proximal term: a_L, z_l (l < L), W and b."""
    return key == PROXIMAL_OUTPUT or key[0] in "Wb" or (key[0] == "z" and key[1] < layers)


@dataclass
class Update:
    """One block's update, where it was made: F as a function of the block alone."""

    key: Key
    at: Point
    output: Tensor
    old: Tensor
    new: Tensor

    def objective(self, p: LayeredProblem, u: Tensor) -> Tensor:
        if self.key == PROXIMAL_OUTPUT:
            return full_objective(p, self.at, u)
        return full_objective(p, replaced(self.at, *self.key, u), self.output)


def updates(p: LayeredProblem, before: BCDState, after: BCDState) -> Iterator[Update]:
    """Every update of a sweep, in the order that the method states."""
    at, output = before.point, before.output
    for key in order(p.layers):
        if key == PROXIMAL_OUTPUT:
            yield Update(key, at, output, before.output, after.output)
            output = after.output
        else:
            kind, layer = key
            new = group(after.point, kind)[layer - 1]
            yield Update(key, at, output, group(at, kind)[layer - 1], new)
            at = replaced(at, kind, layer, new)


CASES = [
    {"act": "relu"},
    {"act": "leaky_relu", "loss": "squared_error", "mu": 0.0},
    {"act": "hard_tanh", "widths": (9, 3, 5, 3), "samples": 4},
    {"act": "relu6", "widths": (4, 6, 2, 1), "loss": "logistic"},
    {"act": "relu", "widths": (5, 3), "loss": "squared_error"},
]


def sweeps(options: dict[str, object], alpha: float) -> Iterator[tuple[LayeredProblem, Update]]:
    """All updates of three sweeps."""
    p = bcd_problem(**options)
    method = BCD(alpha)
    state = method.initialise(p, parameters(p, 3))
    for _ in range(3):
        new = method.sweep(p, state)
        for update in updates(p, state, new):
            yield p, update
        state = new


@pytest.mark.parametrize("options", CASES, ids=lambda o: f"{o['act']}-{o.get('loss')}")
@pytest.mark.parametrize("alpha", [0.3, 5.0])
def test_every_block_is_its_minimiser(options, alpha):
    for p, update in sweeps(options, alpha):
        weight = alpha if proximal(update.key, p.layers) else 0.0
        if update.key[0] == "z" and update.key[1] < p.layers:
            assert_beats_grid(p, update, alpha)
            continue

        def subproblem(
            u: Tensor, p: LayeredProblem = p, update: Update = update, weight: float = weight
        ) -> Tensor:
            return update.objective(p, u) + 0.5 * weight * (u - update.old).pow(2).sum()

        g = autograd(subproblem, update.new)
        steepest = float(torch.linalg.eigvalsh(hessian(subproblem, update.new))[-1])
        origin = float(autograd(subproblem, torch.zeros_like(update.new)).norm())
        bound = gamma(1000, p.dtype) * (steepest * float(update.new.norm()) + origin)
        assert float(g.norm()) <= bound, update.key


def assert_beats_grid(p: LayeredProblem, update: Update, alpha: float) -> None:
    """z_l, l < L, element by element: no grid point is better, and the nearest hardly worse."""
    assert isinstance(p.coupling, Penalty)
    layer, at, h = update.key[1], update.at, MODULES[p.activation.name]
    a = p.space.inputs if layer == 1 else at.a[layer - 2]
    pre = torch.nn.functional.linear(a, at.w[layer - 1], at.b[layer - 1][0])
    nu = p.coupling.nu
    spacing = 0.005
    reach = 1.0 + max(float(u.abs().max()) for u in (pre, update.old, at.a[layer - 1], update.new))
    count = 2 * math.ceil(reach / spacing) + 1
    grid = spacing * (torch.arange(count, dtype=p.dtype) - count // 2)

    def f(z: Tensor) -> Tensor:
        near = p.rho * (z - pre[..., None]) ** 2 + alpha * (z - update.old[..., None]) ** 2
        return 0.5 * (near + nu * (at.a[layer - 1][..., None] - h(z)) ** 2)

    found, least = f(update.new[..., None])[..., 0], f(grid).amin(-1)
    assert bool((found <= least * (1 + gamma(100, p.dtype))).all()), update.key
    # within half a spacing of the minimiser, on the same piece, F rises by L(spacing/2)²/2; a
    # kink is a grid point
    assert bool((found >= least - 0.5 * (p.rho + nu + alpha) * spacing**2).all()), update.key


@pytest.mark.parametrize("options", CASES, ids=lambda o: f"{o['act']}-{o.get('loss')}")
@pytest.mark.parametrize("alpha", [0.3, 5.0])
def test_every_block_decreases_the_objective(options, alpha):
    moved = 0.0
    for p, update in sweeps(options, alpha):
        before, after = (update.objective(p, u) for u in (update.old, update.new))
        step = float((update.new - update.old).pow(2).sum())
        promised = 0.5 * alpha * step if proximal(update.key, p.layers) else 0.0
        slack = gamma(1000, p.dtype) * float(before)
        assert float(before - after) >= promised - slack, update.key
        moved += promised
    assert moved > 1e-3


@pytest.mark.parametrize("representation", ["dense", "spanned"])
def test_objective_decreases_over_sweeps(representation):
    p = bcd_problem((9, 4, 3), 6, representation=representation)
    method = BCD(0.5)
    state = method.initialise(p, parameters(p, 8))
    for _ in range(20):
        new = method.sweep(p, state)
        steps = [new.output - state.output]
        steps += [u - v for u, v in zip(new.point.z[:-1], state.point.z[:-1], strict=True)]
        for kind in "Wb":
            pairs = zip(group(new.point, kind), group(state.point, kind), strict=True)
            steps += [u - v for u, v in pairs]
        promised = 0.25 * sum(float(e.pow(2).sum()) for e in steps)
        before, after = method.objective(p, state), method.objective(p, new)
        assert float(before - after) >= promised - gamma(1000, p.dtype) * float(before)
        state = new


def test_objective():
    p = bcd_problem()
    method = BCD()
    state = method.initialise(p, parameters(p, 1))
    for _ in range(2):
        exact = full_objective(p, state.point, state.output)
        assert_half_digits(method.objective(p, state), exact, "F")
        state = method.sweep(p, state)
    assert float((state.output - state.point.z[-1]).abs().max()) > 1e-3


def test_start_is_a_forward_pass():
    p = bcd_problem()
    weights = parameters(p, 4)
    state = BCD().initialise(p, weights)
    a = p.x
    for i, (w, b) in enumerate(zip(*weights, strict=True)):
        z = a @ w.mT + b
        torch.testing.assert_close(state.point.z[i], z)
        a = torch.relu(z)
        if i + 1 < p.layers:
            torch.testing.assert_close(state.point.a[i], a)
    torch.testing.assert_close(state.output, z)


def test_sweep_leaves_the_old_state():
    p = bcd_problem()
    state = BCD().initialise(p, parameters(p))
    kept = [u.clone() for kind in "Wbza" for u in group(state.point, kind)]
    output = state.output.clone()
    BCD().sweep(p, state)
    now = [u for kind in "Wbza" for u in group(state.point, kind)]
    assert all(torch.equal(u, v) for u, v in zip(kept, now, strict=True))
    assert torch.equal(state.output, output)


@pytest.mark.parametrize("shape", [(7, 3), (3, 3), (3, 7), (1, 4), (4, 1)])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_solve_gram(shape, batch):
    m, right = draw(*batch, *shape, seed=1), draw(*batch, 5, shape[1], seed=2)
    matrix = 0.4 * m.mT @ m + 0.3 * torch.eye(shape[1], dtype=m.dtype)
    exact = torch.linalg.solve(matrix, right, left=False)
    assert_half_digits(_solve_gram(right, m, 0.4, 0.3), exact, "G(ρmᵀm + κI)⁻¹")


@pytest.mark.parametrize("widths", [(9, 4, 3), (3, 5, 4, 3)])
@pytest.mark.parametrize("representation", ["dense", "spanned"])
def test_replicates_are_single_runs(widths, representation):
    p = bcd_problem(widths, 6, representation=representation)
    method = BCD(0.5)
    together = method.initialise(p, parameters(p, 5, replicates=3))
    alone = [method.initialise(p, parameters(p, 5 + r)) for r in range(3)]
    for _ in range(5):
        together = method.sweep(p, together)
        alone = [method.sweep(p, state) for state in alone]
    value = method.objective(p, together)
    assert value.shape == (3,)
    for r, single in enumerate(alone):
        at = replicate(together.point, (r,))
        for kind in "Wbza":
            for u, v in zip(group(at, kind), group(single.point, kind), strict=True):
                assert_half_digits(u, v, kind)
        assert_half_digits(together.output[r], single.output, "a_L")
        assert_half_digits(value[r], method.objective(p, single), "F")


@pytest.mark.parametrize("samples", [5, 9])
def test_spanned_is_dense(samples):
    dense = bcd_problem((9, 4, 3), samples, representation="dense")
    spanned = bcd_problem((9, 4, 3), samples, representation="spanned")
    method = BCD(0.5)
    one, other = (method.initialise(p, parameters(p, 6)) for p in (dense, spanned))
    for _ in range(8):
        one, other = method.sweep(dense, one), method.sweep(spanned, other)
    decoded = other.point.copy()
    decoded.w[0] = other.first.decode(other.point.w[0])
    for kind in "Wbza":
        for u, v in zip(group(decoded, kind), group(one.point, kind), strict=True):
            assert_half_digits(u, v, kind)
    assert_half_digits(other.output, one.output, "a_L")


def test_refuses_a_band():
    p = problem(coupling=Band(0.3))
    with pytest.raises(InvalidInput, match="BCD: needs the coupling Penalty"):
        BCD().initialise(p, parameters(p))


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
def test_refuses_alpha(alpha):
    with pytest.raises(InvalidInput, match="alpha must be positive and finite"):
        BCD(alpha)
