"""Checks that tests and controls share: each raises AssertionError where the code is wrong."""

from __future__ import annotations

import torch
from torch import Tensor

from amverify.methods.base import Method
from amverify.methods.tiam import TIAM, TIAMState
from amverify.network import blocks
from amverify.network.blocks import Block
from amverify.network.coupling import Penalty
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, Point
from support.objective import autograd, blocks_of, largest_eigenvalue, objective, smooth
from support.problems import draw, group, parameters, replaced
from support.rounding import assert_half_digits, assert_within, gamma
from support.twin import Twin, twin_sweep


def make_block(p: LayeredProblem, at: Point, kind: str, layer: int, eps: float = 0.3) -> Block:
    """The block of a point, with pre formed afresh."""
    if kind == "W":
        return blocks.weight_block(p, at, p.affine(at, layer), layer)
    if kind == "b":
        return blocks.bias_block(p, at, p.affine(at, layer), layer)
    if kind == "a":
        return blocks.activation_block(p, at, p.affine(at, layer + 1), layer, eps)
    if layer == p.layers:
        return blocks.output_block(p, at, p.affine(at, layer))
    return blocks.auxiliary_block(p, at, p.affine(at, layer), layer, eps)


def convex_blocks(p: LayeredProblem, at: Point) -> list[tuple[str, int]]:
    """All blocks but the z_l, l < L, of a penalty."""
    nonconvex = isinstance(p.coupling, Penalty)
    return [k for k in blocks_of(at) if not (nonconvex and k[0] == "z" and k[1] < p.layers)]


def check_gradients(p: LayeredProblem, at: Point) -> None:
    """∇H at u and at u + d, against autograd."""
    for kind, layer in convex_blocks(p, at):
        block = make_block(p, at, kind, layer)
        h = smooth(p, at, kind, layer)
        d = draw(*block.u.shape, seed=layer)
        for given, u in ((None, block.u), (d, block.u + d)):
            exact = autograd(h, u)
            size = float(exact.abs().max()) + float(h(u).sqrt()) * p.samples
            bound = gamma(50 * max(p.widths) * p.samples, p.dtype) * (1 + size)
            assert_within(block.gradient(given), exact, bound, f"gradient of {kind}_{layer}")


def check_moduli(p: LayeredProblem, at: Point) -> None:
    """L against the largest eigenvalue of autograd's Hessian; curvature is its form."""
    for kind, layer in convex_blocks(p, at):
        block = make_block(p, at, kind, layer)
        h = smooth(p, at, kind, layer)
        exact = largest_eigenvalue(h, block.u)
        bound = gamma(100 * max(p.widths) * p.samples, p.dtype) * (1 + exact)
        modulus = torch.as_tensor(block.modulus(), dtype=p.dtype)
        assert_within(modulus, torch.tensor(exact, dtype=p.dtype), bound, f"L of {kind}_{layer}")
        d = draw(*block.u.shape, seed=layer)
        form = (autograd(h, block.u + d) - autograd(h, block.u)).mul(d).sum()
        assert_half_digits(block.curvature(d), form, f"curvature of {kind}_{layer}")


def check_changes(p: LayeredProblem, at: Point) -> None:
    """The change of F by a step of order one, against a difference of two values of F."""
    for kind, layer in convex_blocks(p, at):
        block = make_block(p, at, kind, layer)
        e = draw(*block.u.shape, seed=layer)
        new = objective(p, replaced(at, kind, layer, block.u + e))
        old = objective(p, at)
        bound = gamma(50 * max(p.widths) * p.samples, p.dtype) * float(new + old)
        assert_within(
            torch.as_tensor(block.change(e), dtype=p.dtype),
            new - old,
            bound,
            f"change by {kind}_{layer}",
        )


def check_value(p: LayeredProblem, value: Tensor, at: Point) -> None:
    """A value of F reported for a point."""
    exact = objective(p, at)
    bound = gamma(50 * max(p.widths) * p.samples, p.dtype) * float(exact)
    assert_within(value, exact, bound, "F")


def check_blocks_moved(before: Point, after: Point, biases: bool = True) -> None:
    """Every block that the method is to move has moved."""
    for kind in "Wbza" if biases else "Wza":
        for u, v in zip(group(before, kind), group(after, kind), strict=True):
            assert not torch.equal(u, v), f"a block {kind} never moved"


def check_twin(method: TIAM, p: LayeredProblem, sweeps: int = 4, seed: int = 0) -> None:
    """Every block after every sweep is that of the slow twin."""
    state = method.initialise(p, parameters(p, seed))
    twin = Twin(state.point.copy(), state.displacement.copy())
    for k in range(1, sweeps + 1):
        state = method.sweep(p, state)
        twin = twin_sweep(p, method.rule, twin, method.biases)
        for kind, layer in blocks_of(state.point):
            computed, slow = (group(x, kind)[layer - 1] for x in (state.point, twin.at))
            assert_half_digits(computed, slow, f"{kind}_{layer} after sweep {k}")
            moved = group(state.displacement, kind)[layer - 1]
            assert_half_digits(moved, group(twin.moved, kind)[layer - 1], f"Δ of {kind}_{layer}")
        # from here both go on from the same point: one sweep's rounding is compared, not k's
        twin.at, twin.moved = state.point.copy(), state.displacement.copy()
        if method.rule.safeguard == "certified":
            for key, weight in twin.delta.items():
                held = torch.tensor(float(state.delta[key]), dtype=p.dtype)
                exact = torch.tensor(weight, dtype=p.dtype)
                assert_half_digits(held, exact, f"δ of {key} after sweep {k}")


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
