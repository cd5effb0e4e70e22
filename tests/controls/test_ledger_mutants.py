"""The float64 ledger (T1, T3 from the iterates alone) and the value check catch what they must."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support.checks import check_value
from support.ledger import check_block_descent, check_lyapunov, entries
from support.problems import parameters, problem

from amverify.methods import step, tiam
from amverify.methods.inertia import Admitted, Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network import blocks
from amverify.network.coupling import Band

DTYPES = (torch.float32, torch.float64)


def run(dtype, safeguard="certified", steps="exact", inertia=(0.6, 0.6, 0.2), seed=4):
    p = problem((4, 3, 3, 2), 5, seed=seed, dtype=dtype, coupling=Band(0.2))
    rule = StepRule(Inertia(*inertia), steps=steps, safeguard=safeguard)
    method = TIAM(rule, record=True)
    state = method.initialise(p, parameters(p, seed))
    for _ in range(20):
        before, state = state, method.sweep(p, state)
        yield method, p, before, state


def block_descent(dtype):
    for _, p, before, after in run(dtype):
        check_block_descent(p, before, after)


def lyapunov(dtype):
    for method, p, before, after in run(dtype):
        check_lyapunov(method, p, before, after)


def monotone(dtype):
    for _, p, before, after in run(dtype, "monotone", "backtracking", (1.0, 1.0, 1.5), 0):
        assert all(line.change <= line.rounding for line in entries(p, before, after))


def values(dtype):
    for method, p, _, after in run(dtype):
        check_value(p, method.objective(p, after), after.point)


def step_doubled(patch):
    right = blocks.Block.descend
    patch.setattr(blocks.Block, "descend", lambda self, s, *rest: right(self, s / 2, *rest))


def modulus_halved(patch):
    right = blocks.spectral_norm_squared
    patch.setattr(blocks, "spectral_norm_squared", lambda m: 0.5 * right(m))


def sign_flipped(patch):
    right = tiam.weight_block

    def flipped(*given):
        block = right(*given)

        def adjoint(r, onto=None, beta=1.0, alpha=1.0):
            g = block.adjoint(r).clone()
            g[..., 0, 0] *= -1
            return g if onto is None else beta * onto + alpha * g

        return replace(block, adjoint=adjoint)

    patch.setattr(tiam, "weight_block", flipped)


def stale_pre(patch):
    """Jacobi: b sees the residual from before W moved."""
    right = tiam.bias_block

    def stale(p, at, pre, layer):
        return right(p, at, pre + 0.5, layer)

    patch.setattr(tiam, "bias_block", stale)


def weight_forgotten(patch):
    """The certified inertia is 40 % more than the weight that the block carries admits."""
    right = step.certify_in

    def generous(*given):
        got = right(*given)
        return Admitted(2 * got.p1, 2 * got.p2, got.t, got.delta)

    patch.setattr(step, "certify_in", generous)


def modulus_not_tested_again(patch):
    """The redo without inertia takes the modulus that served the inertial step."""
    right = step._monotone
    patch.setattr(step, "_monotone", lambda task, stepped, exact: right(task, stepped, True))


def objective_of_the_previous_iterate(patch):
    right, last = TIAM.objective, []

    def late(self, p, state):
        last.append(right(self, p, state))
        return last[max(len(last) - 2, 0)]

    patch.setattr(TIAM, "objective", late)


CAUGHT = [
    (step_doubled, block_descent),
    (step_doubled, lyapunov),
    (modulus_halved, block_descent),
    (sign_flipped, block_descent),
    (stale_pre, block_descent),
    (stale_pre, lyapunov),
    (weight_forgotten, lyapunov),
    (modulus_not_tested_again, monotone),
    (objective_of_the_previous_iterate, values),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("check", [block_descent, lyapunov, monotone, values])
def test_the_right_code_passes(check, dtype):
    check(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("mutant", "check"), CAUGHT)
def test_the_check_catches_it(mutant, check, dtype, monkeypatch):
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        check(dtype)
