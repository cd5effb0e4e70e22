"""Theorems T1, T1p and T3 as checks of recorded sweeps, with their rounding bounds.

T1 holds for the exact step. A computed step differs from it by at most γ_n times what it is
made of, ‖ρ‖ ≤ γ_n(‖u‖ + ‖Δ‖ + ‖e‖ + ‖∇H‖/L), and moves both sides of the inequality by at most

    ‖∇H‖‖ρ‖ + L(‖e‖ + ‖Δ‖)‖ρ‖ + L‖ρ‖²  ≤  γ_n · C(F + L(‖u‖² + ‖Δ‖² + ‖e‖²)),

by Young's inequality and ‖∇H‖² ≤ 2LH ≤ 2LF (H ≥ 0 is convex and quadratic). The number of
roundings n counts the longest sums of a step several times over, and swallows C.
"""

from __future__ import annotations

import math

from amverify.methods.base import Method
from amverify.methods.record import BlockRecord
from amverify.methods.tiam import TIAM, TIAMState
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, squared_norm
from support.problems import group
from support.rounding import gamma


def promised(r: BlockRecord) -> float:
    """T1's (or T1p's) upper bound on the block's change of F."""
    step, cross, inertia = float(r.step), float(r.cross), float(r.inertia)
    p1, p2 = float(r.p1), float(r.p2)
    if r.update == "proximal":
        return -r.gamma / 2 * step + r.gamma * p1 * cross
    c = p1 * r.s - p2
    bracket = (r.s / float(r.t) - 0.5) * step - c * cross - p2**2 / 2 * inertia
    return -float(r.modulus) * bracket


def allowance(p: LayeredProblem, before: TIAMState, r: BlockRecord) -> float:
    """The rounding bound of one record (see the module)."""
    n = 50 * (p.samples + max(p.widths) + 10)
    u = float(squared_norm(group(before.point, r.kind)[r.layer - 1]))
    squares = u + float(r.step) + float(r.inertia)
    return gamma(n, p.dtype) * (float(p.value(before.point)) + float(r.modulus) * squares)


def check_descent(method: TIAM, p: LayeredProblem, weights: Parameters, sweeps: int) -> int:
    """T1 at every block of every sweep; returns how many inertial displacements were not 0."""
    state = method.initialise(p, weights)
    moved = 0
    for k in range(sweeps):
        before, state = state, method.sweep(p, state)
        for r in state.records:
            moved += float(r.inertia) > 0
            excess = float(r.change) - promised(r)
            assert excess <= allowance(p, before, r), (k + 1, r.kind, r.layer, excess)
    return moved


def check_lyapunov(method: TIAM, p: LayeredProblem, weights: Parameters, sweeps: int) -> None:
    """T3: Ψ does not increase from sweep to sweep, and F's records add up to F."""
    state = method.initialise(p, weights)
    for k in range(sweeps):
        before, state = state, method.sweep(p, state)
        bound = math.fsum(allowance(p, before, r) for r in state.records)
        change = math.fsum(
            float(r.change) + 0.5 * float(r.delta_next * r.step) - 0.5 * float(r.delta * r.inertia)
            for r in state.records
        )
        assert change <= bound, (k + 1, change, bound)
        total = float(p.value(state.point) - p.value(before.point))
        summed = math.fsum(float(r.change) for r in state.records)
        assert abs(total - summed) <= bound, (k + 1, total, summed)


def check_every_block_moves(
    method: Method[TIAMState], p: LayeredProblem, weights: Parameters, sweeps: int
) -> None:
    """No block is where it started, and every inertial displacement is alive."""
    first = state = method.initialise(p, weights)
    for _ in range(sweeps):
        state = method.sweep(p, state)
    for kind in "Wbza":
        for layer, (u, v) in enumerate(
            zip(group(first.point, kind), group(state.point, kind), strict=True), 1
        ):
            assert bool((u != v).any()), f"{kind}_{layer} never moved"
    for r in state.records:
        assert float(r.inertia) > 0, f"the displacement of {r.kind}_{r.layer} is zero"
        assert float(r.p1) != 0, f"{r.kind}_{r.layer} has no inertia"
