"""Right runs and faulty ones: the subjects of the theorem mutants.

A fault is put where it would be in somebody's program: in the gradient that a loop uses, in a
block step of TIAM, in a column that was recorded. The checkers see the trace alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from subjects import Subject
from support.problems import parameters
from support.problems import problem as layered

from amverify.families import draw
from amverify.families.loops.blocks import BlockPath, Rule, block_path, block_trace
from amverify.families.loops.gradient import heavy_ball_path, nesterov_path, path_trace, step_size
from amverify.families.loops.scaled import scaled_path, scaled_trace
from amverify.families.problem import Problem
from amverify.methods import tiam as tiam_module
from amverify.methods.dladmm import DlADMM
from amverify.methods.inertia import Inertia
from amverify.methods.rows import bounds
from amverify.methods.rows.journal import NOTHING
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, TIAMState, mdlam, palm
from amverify.network.coupling import Band, Penalty
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace

Gradient = Callable[[Any], Any]
Patch = Callable[[pytest.MonkeyPatch], None]
Edit = Callable[[Trace], Trace]

CERTIFIED = Rule(s=1.2, p1=0.5, p2=0.7, p3=0.3, certified=True)
UNCOUPLED = Rule(s=1.5, p1=-0.25, p2=0.75)
NONCONVEX = Rule(s=1.25, p1=0.25, p2=0.25)
WIDE = Rule(s=1.0, p1=0.25, p2=0.625)
"""Outside 𝓡 (p2² + 2|c| = 1.14), inside 𝓡_z (2|c| = 0.75 < 1)."""
OUTSIDE = Rule(p1=0.25, p2=0.75, p3=0.75)
OUTSIDE_NONCONVEX = Rule(s=1.0, p1=0.5, p2=0.5)
STEPS = 25


def faulty(problem: Problem, **members: Any) -> Problem:
    """The problem as a faulty program sees it: some of its functions replaced."""
    wrong = copy.copy(problem)
    for name, member in members.items():
        object.__setattr__(wrong, name, member)
    return wrong


def doubled(problem: Problem) -> Problem:
    """Every step is twice as long."""
    return faulty(problem, plain=lambda x: 2 * problem.plain(x))


def stale(problem: Problem) -> Problem:
    """Each gradient is the one at the point before: Jacobi, where blocks are coupled."""
    seen = [problem.x0]

    def plain(x: Any) -> Any:
        seen.append(x.copy())
        return problem.plain(seen[-2].astype(x.dtype))

    return faulty(problem, plain=plain)


def flipped(problem: Problem) -> Problem:
    """The first coordinate of the gradient has the wrong sign."""

    def plain(x: Any) -> Any:
        g = problem.plain(x)
        g[0] = -g[0]
        return g

    return faulty(problem, plain=plain)


def dead(problem: Problem) -> Problem:
    """The last block's gradient is never computed: like the bias of the released script."""
    index = list(problem.blocks[-1].index)

    def plain(x: Any) -> Any:
        g = problem.plain(x)
        g[index] = 0
        return g

    return faulty(problem, plain=plain)


def poisoned(problem: Problem) -> Problem:
    """From the sixth gradient on there is a NaN in it."""
    count = [0]

    def plain(x: Any) -> Any:
        count[0] += 1
        g = problem.plain(x)
        if count[0] > 5:
            g[0] = np.nan
        return g

    return faulty(problem, plain=plain)


def scaled_modulus(factor: float) -> Callable[[Problem], Problem]:
    """Moduli too small by a factor."""

    def change(problem: Problem) -> Problem:
        return faulty(problem, modulus=lambda i, x: factor * problem.modulus(i, x))

    return change


def leaky(problem: Problem) -> Problem:
    """Every second projection onto the box is left out."""
    count = [0]

    def prox(v: Any, step: float) -> Any:
        count[0] += 1
        return problem.prox(v, step) if count[0] % 2 else v

    return faulty(problem, prox=prox)


def right(problem: Problem) -> Problem:
    """No fault."""
    return problem


Wrong = Callable[[Problem], Problem]


def blocks(problem: Problem, rule: Rule, wrong: Wrong = right) -> Trace:
    """Block descent by a faulty program, judged with the problem as it is."""
    return block_trace(problem, block_path(wrong(problem), STEPS, rule))


def without_inertia(problem: Problem, rule: Rule) -> Trace:
    """Inertia is announced, and every displacement overwritten before it is used."""
    still, meant = block_path(problem, STEPS, Rule(s=rule.s)), block_path(problem, STEPS, rule)
    path = BlockPath(rule, still.dtype, still.before, still.after, still.before, meant.parameters)
    return block_trace(problem, path)


def descent(problem: Problem, share: float, wrong: Wrong = right, beta: float = 0.0) -> Trace:
    """Heavy ball (β = 0: gradient descent) with ηL a little below ``share``."""
    eta = step_size(problem, share)
    return path_trace(problem, heavy_ball_path(wrong(problem), STEPS, eta, beta))


def doubled_eta(problem: Problem, share: float, beta: float = 0.0) -> Trace:
    """η itself is twice as large, and honestly recorded."""
    return path_trace(problem, heavy_ball_path(problem, STEPS, 2 * step_size(problem, share), beta))


def momentum_lost(problem: Problem, share: float, beta: float) -> Trace:
    """Gradient descent, recorded as heavy ball."""
    path = heavy_ball_path(problem, STEPS, step_size(problem, share), 0.0)
    return path_trace(problem, replace(path, momentum=np.full(STEPS + 1, beta)))


def accelerated(problem: Problem, wrong: Wrong = right, steps: int = 200) -> Trace:
    """Nesterov's method."""
    return path_trace(problem, nesterov_path(wrong(problem), steps))


def unaccelerated(problem: Problem, steps: int = 1500) -> Trace:
    """Gradient descent that is recorded as Nesterov's method."""
    path = heavy_ball_path(problem, steps, step_size(problem, 1.0), 0.0)
    return path_trace(problem, replace(path, method="Nesterov", formula=False, momentum=None))


def scaled(problem: Problem, wrong: Wrong = right) -> Trace:
    """Block gradient descent with a step size for every coordinate."""
    return scaled_trace(problem, scaled_path(wrong(problem), STEPS))


def weight_sign_flipped(patch: pytest.MonkeyPatch) -> None:
    """One coordinate of W's gradient has the wrong sign: in place of βu + αg, βu − αg."""
    correct = tiam_module.weight_block

    def block(p: Any, at: Any, pre: Any, layer: int) -> Any:
        made = correct(p, at, pre, layer)

        def adjoint(r: Any, onto: Any = None, beta: float = 1.0, alpha: Any = 1.0) -> Any:
            g = made.adjoint(r, onto, beta, alpha).clone()
            kept = 0.0 if onto is None else 2 * beta * onto[..., 0, 0]
            g[..., 0, 0] = kept - g[..., 0, 0]
            return g

        return replace(made, adjoint=adjoint)

    patch.setattr(tiam_module, "weight_block", block)


def change_halved(patch: pytest.MonkeyPatch) -> None:
    """The recorded change of F is half of what it is."""
    correct = bounds.difference

    def half(numbers: bounds.Numbers) -> Any:
        change, error = correct(numbers)
        return 0.5 * change, error

    patch.setattr(bounds, "difference", half)


RULE = StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2)
WIDE_RULE = StepRule(Inertia(0.25, 0.625, 0.1), region="wide")


def tiam(
    coupling: Band | Penalty,
    method: TIAM | None = None,
    patch: Patch | None = None,
    sweeps: int = 12,
    **options: Any,
) -> Trace:
    """TIAM on a small layered problem, with or without a fault in its code."""
    p = layered((4, 3, 3), 5, seed=3, coupling=coupling, **options)
    with pytest.MonkeyPatch.context() as context:
        if patch is not None:
            patch(context)
        return traced(method or TIAM(RULE), p, parameters(p, 3), sweeps, measure_every=4)


class ForgetsDisplacements(TIAM):
    """The previous iterate is assigned before it is used: Δ = 0 in every sweep."""

    def sweep(self, problem: Any, state: TIAMState) -> TIAMState:
        groups = (state.point.w, state.point.b, state.point.z, state.point.a)
        still = type(state.point)(*([torch.zeros_like(u) for u in g] for g in groups))
        return super().sweep(
            problem, replace(state, displacement=still, first_image=None, rows=NOTHING)
        )


class ForgetsWeights(TIAM):
    """Each sweep starts with the Lyapunov weights δ = 0."""

    def sweep(self, problem: Any, state: TIAMState) -> TIAMState:
        return super().sweep(problem, replace(state, delta={}))


def dladmm(rho: float = 3.0, sweeps: int = 12) -> Trace:
    """dlADMM with a fixed ρ."""
    p = layered((4, 3, 3), 5, seed=3, coupling=Penalty(rho), rho=rho)
    return traced(DlADMM(cap=rho), p, parameters(p, 3), sweeps, measure_every=4)


def wide_band(eps: float = 1000.0) -> Trace:
    """PALM with a band that is never active."""
    return tiam(Band(eps), palm(), sweeps=30, loss="squared_error", act="identity")


def restless(coupling: Band) -> Trace:
    """mDLAM's inertia, all of it: no safeguard, and far too much."""
    rule = StepRule(Inertia(0.95, 0.0, 0.0), safeguard="none", scale=0.6)
    return tiam(coupling, TIAM(rule), sweeps=30)


QUADRATIC, BOXED = draw("quadratic", 50), draw("quadratic_box", 1)
"""The first: two blocks of one coordinate each, strongly coupled; its moduli are exact."""
PLAIN = draw("quadratic", 5)
"""A block of one coordinate, whose modulus is exact, and one of two, where the claim has slack."""
SADDLE, VALLEY = draw("nonconvex_quadratic", 10), draw("power", 1)
ETA, L = step_size(QUADRATIC, 1.9), float(QUADRATIC.constants.L or 0)
CLEAR = 2.0**-30
SUFFICIENT = (1 / ETA - L / 2) * (1 - CLEAR)
SPECTRUM = [float(x) for x in QUADRATIC.spectrum]  # type: ignore[attr-defined]
RELATIVE = max(abs(1 - ETA * x) for x in SPECTRUM) / ETA * (1 + CLEAR)
LINEAR = {"mu": 1e-3, "fstar": 0.0, "C5": 1e-3, "C4": 100.0}

SUBJECTS: dict[str, Subject] = {
    "block descent": Subject(lambda: blocks(QUADRATIC, CERTIFIED), ("T1", "T2", "T3"), {}),
    "uncoupled inertia": Subject(lambda: blocks(QUADRATIC, UNCOUPLED), ("T1",), {}),
    "PALM": Subject(lambda: blocks(PLAIN, Rule(s=1.0625)), ("T1", "G3", "M3"), {}),
    "nonconvex block descent": Subject(lambda: blocks(SADDLE, NONCONVEX), ("T2n",), {}),
    "wide region": Subject(lambda: blocks(QUADRATIC, WIDE), ("T1", "T2z"), {}),
    "boxed block descent": Subject(lambda: blocks(BOXED, CERTIFIED), ("T1", "T2", "T3"), {}),
    "trained step sizes": Subject(lambda: scaled(PLAIN), ("S4",), {}),
    "gradient descent": Subject(
        lambda: descent(QUADRATIC, 1.9),
        ("descent", "H1", "H2", "G1", "G2"),
        {"a": SUFFICIENT, "b": RELATIVE},
    ),
    "heavy ball": Subject(lambda: descent(QUADRATIC, 0.95, beta=0.5), ("G4",), {}),
    "Nesterov": Subject(lambda: accelerated(QUADRATIC), ("G5",), {}),
    "Nesterov, flat": Subject(lambda: accelerated(VALLEY), ("G5",), {}),
    "TIAM, band": Subject(lambda: tiam(Band(0.3)), ("T1", "T2", "T3", "C1", "M4"), {}),
    "TIAM, penalty": Subject(lambda: tiam(Penalty(0.7)), ("T1", "T1p", "T2", "T3", "T4", "M4"), {}),
    "TIAM, wide region": Subject(
        lambda: tiam(Band(0.3), TIAM(WIDE_RULE)), ("T2z", "T3z", "C1", "M4"), {}
    ),
    "mDLAM": Subject(lambda: tiam(Band(0.3), mdlam()), ("M1", "M3", "A1"), {}),
    "PALM, wide band": Subject(wide_band, ("M2", "M3"), LINEAR),
    "dlADMM": Subject(dladmm, ("D1", "M3"), {}),
}
"""Right runs; their theorems HOLD, but for M1, whose constant is fitted: VACUOUS at best."""
