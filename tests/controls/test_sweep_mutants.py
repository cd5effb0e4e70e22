"""Mutants of the sweep: each must be caught by a check that the right code passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from support.checks import check_every_block_moves, check_gradients, check_moduli, check_twin
from support.ledger import check_lyapunov
from support.problems import parameters, point, problem
from support.records import check_records

from amverify.methods import step, tiam
from amverify.methods.inertia import Admitted, Inertia
from amverify.methods.rows import bounds, record
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network import blocks
from amverify.network.coupling import Band

Patch = Callable[[pytest.MonkeyPatch], None]


def twin() -> None:
    check_twin(TIAM(StepRule(Inertia(0.5, 0.4, 0.3), scale=1.1)), problem((4, 3, 3), 5, seed=1))


def wide_twin() -> None:
    rule = StepRule(Inertia(0.5, 0.4, 2.0), scale=2.0)
    check_twin(TIAM(rule), problem((4, 3, 3), 5, seed=2, coupling=Band(0.05)))


def rows() -> None:
    """Every number of every row, T1 and T1p, exactly."""
    p = problem((4, 3, 3), 5, seed=3)
    method = TIAM(StepRule(Inertia(0.6, 0.6, 0.2), safeguard="none"), record=True)
    state = method.initialise(p, parameters(p, 3))
    for _ in range(8):
        before, state = state, method.sweep(p, state)
        check_records(p, before, state)


def lyapunov() -> None:
    p = problem((4, 3, 3), 5, seed=4)
    method = TIAM(StepRule(Inertia(0.6, 0.6, 0.2)), record=True)
    state = method.initialise(p, parameters(p, 4))
    for _ in range(20):
        before, state = state, method.sweep(p, state)
        check_lyapunov(method, p, before, state)


def converged() -> None:
    """At the rounding floor nothing but ``execution`` lets T1 hold."""
    p = problem((3, 3, 2), 4, mu=0.5, rho=2.0, coupling=Band(0.1))
    method = TIAM(StepRule(Inertia(0.6, 0.6, 0.3)), record=True)
    silent, state = replace(method, record=False), method.initialise(p, parameters(p))
    for _ in range(681):
        state = silent.sweep(p, state)
    for _ in range(681, 700):
        before, state = state, method.sweep(p, state)
        check_records(p, before, state)


def alive() -> None:
    p = problem((4, 3, 3), 5, seed=5)
    check_every_block_moves(
        TIAM(StepRule(Inertia(0.6, 0.6, 0.2)), record=True), p, parameters(p), 5
    )


def gradients() -> None:
    p = problem((4, 3, 3), 5, seed=6)
    check_gradients(p, point(p, 6))


def moduli() -> None:
    p = problem((4, 3, 3), 5, seed=7)
    check_moduli(p, point(p, 7))


CHECKS = (gradients, moduli, alive, twin, wide_twin, rows, lyapunov, converged)
"""The cheap ones first: a mutant that one of them catches is caught."""


def inertia_zeroed(patch: pytest.MonkeyPatch) -> None:
    """The released script's fault: the displacement is overwritten before it is used."""
    right = tiam.take_step

    def take(block, displacement, *rest, **options):
        return right(block, torch.zeros_like(displacement), *rest, **options)

    patch.setattr(tiam, "take_step", take)


def projection_left_out(patch: pytest.MonkeyPatch) -> None:
    """The third inertia leaves the box."""
    right = blocks.Block.project
    calls = {"n": 0}

    def project(self, v, *, fresh=False):
        calls["n"] += 1
        return right(self, v, fresh=fresh) if calls["n"] % 2 else v

    patch.setattr(blocks.Block, "project", project)


def step_doubled(patch: pytest.MonkeyPatch) -> None:
    right = blocks.Block.descend

    def descend(self, s, *rest):
        return right(self, s / 2, *rest)

    patch.setattr(blocks.Block, "descend", descend)


def stale_block(patch: pytest.MonkeyPatch) -> None:
    """Jacobi: a's box is that of the z from before this sweep."""
    right = tiam.activation_block

    def stale(p, at, pre, layer, eps):
        before = at.copy()
        before.z[layer - 1] = 0.9 * before.z[layer - 1]
        return right(p, before, pre, layer, eps)

    patch.setattr(tiam, "activation_block", stale)


def sign_flipped(patch: pytest.MonkeyPatch) -> None:
    """One coordinate of W's gradient has the wrong sign."""
    right = blocks.weight_block

    def flipped(p, at, pre, layer):
        block = right(p, at, pre, layer)

        def adjoint(r, onto=None, beta=1.0, alpha=1.0):
            g = block.adjoint(r).clone()
            g[..., 0, 0] *= -1
            return g if onto is None else beta * onto + alpha * g

        return replace(block, adjoint=adjoint)

    patch.setattr(tiam, "weight_block", flipped)
    patch.setattr(blocks, "weight_block", flipped)


def bias_never_moved(patch: pytest.MonkeyPatch) -> None:
    right = tiam.bias_block

    def still(p, at, pre, layer):
        block = right(p, at, pre, layer)
        return replace(block, residual=torch.zeros_like(block.residual))

    patch.setattr(tiam, "bias_block", still)


def modulus_too_small(patch: pytest.MonkeyPatch) -> None:
    """L × 0.9: the constant that T1 and the step are made with is false by 10 %."""
    right = blocks.spectral_norm_squared
    patch.setattr(blocks, "spectral_norm_squared", lambda m: 0.9 * right(m))


def change_halved(patch: pytest.MonkeyPatch) -> None:
    """The recorded change of F is half of what it is."""
    right = bounds.difference

    def half(numbers):
        change, error = right(numbers)
        return 0.5 * change, error

    patch.setattr(bounds, "difference", half)


def bound_too_small(patch: pytest.MonkeyPatch) -> None:
    """Rows that claim to have been computed without any rounding."""
    for module in (record, bounds):
        patch.setattr(module, "gamma", lambda n, unit: 0.0)


def weight_too_large(patch: pytest.MonkeyPatch) -> None:
    """δ' is 10 % more than T3 admits."""
    right = step.certify_in

    def generous(*given):
        got = right(*given)
        return Admitted(1.3 * got.p1, 1.3 * got.p2, got.t, 1.1 * got.delta)

    patch.setattr(step, "certify_in", generous)


def nan_accepted(patch: pytest.MonkeyPatch) -> None:
    right = tiam.output_block

    def poisoned(p, at, pre):
        block = right(p, at, pre)
        return replace(block, residual=torch.full_like(block.residual, torch.nan))

    patch.setattr(tiam, "output_block", poisoned)


def execution_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Rows that take the step for exact: T1 fails by its rounding."""
    patch.setattr(bounds, "_execution", lambda *given: 0.0)


MUTANTS: tuple[Patch, ...] = (
    inertia_zeroed,
    projection_left_out,
    step_doubled,
    stale_block,
    sign_flipped,
    bias_never_moved,
    modulus_too_small,
    change_halved,
    bound_too_small,
    execution_forgotten,
    weight_too_large,
    nan_accepted,
)


def refuses(check: Callable[[], None]) -> bool:
    """Whether the check fails; an error of another kind is one of the test."""
    try:
        check()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_right_code_passes(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_every_mutant_is_caught(mutant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)
    assert any(map(refuses, CHECKS))
