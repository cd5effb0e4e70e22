r"""Methods with traces of their own: what theorems are looked at on, where a path is not enough.

| name | what runs | parameters (default) |
|---|---|---|
| ``blocks`` | block descent with three inertias (PALM, iPALM, TIAM) | s (1), p1, p2, p3 (0), |
| | | modulus (1): times the blocks' moduli; margin (1/8); |
| | | certified (0): 1 reduces the inertia until T3 holds |
| ``gd_trace`` | heavy ball as a trace (β = 0: gradient descent) | eta, beta (0) |
| ``trained_blocks`` | sweeps on fresh batches with trained step sizes (SAMT's model) | low, high |
| ``same_batch`` | the same, trained on the batch to which they apply | low |
| ``tiam_band``, ``palm_band`` | TIAM, PALM on a layered problem in its band | eps (its own) |

A block carries the Lyapunov weight δ = (1 − ϑ)L(2s/t − 1) that the certified rule would leave,
whatever its inertia: so Ψ is defined outside of the region 𝓡 too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from amverify.errors import InvalidInput
from amverify.families.layered import BandEdge, LayeredReLU
from amverify.families.loops.blocks import PARAMETERS, Rule, block_path, block_trace
from amverify.families.loops.gradient import heavy_ball_path, path_trace
from amverify.families.loops.sums import SumRule, draw_batches, sum_path, sum_trace
from amverify.families.problem import Problem
from amverify.families.sums import FiniteSum
from amverify.methods.tiam import TIAM, TIAMState, palm
from amverify.network.coupling import Band
from amverify.network.initial import start
from amverify.network.layered import LayeredProblem, Point
from amverify.record.layered.run import Tracer, traced
from amverify.trace.trace import Trace

Values = Mapping[str, float]
Loop = Callable[[Problem, Values, int], Trace]


def blocks(problem: Problem, values: Values, steps: int) -> Trace:
    """Block descent; see the module."""
    s, p3 = values.get("s", 1.0), values.get("p3", 0.0)
    margin = values.get("margin", 0.125)
    certified = bool(values.get("certified", 0.0))
    rule = Rule(s, values.get("p1", 0.0), values.get("p2", 0.0), p3, certified, margin)
    stepped = copy(problem)
    factor, modulus = values.get("modulus", 1.0), problem.modulus
    stepped.modulus = lambda block, x: factor * modulus(block, x)  # type: ignore[method-assign]
    path = block_path(stepped, steps, rule)
    if certified:
        return block_trace(problem, path)
    used = path.parameters.copy()
    size, t = (used[:, PARAMETERS.index(name)] for name in ("modulus", "t"))
    for name in ("delta", "delta_next"):
        used[:, PARAMETERS.index(name)] = (1 - margin) * size * (2 * s / t - 1)
    return block_trace(problem, replace(path, parameters=used))


def gd_trace(problem: Problem, values: Values, steps: int) -> Trace:
    """Heavy ball with η and β."""
    return path_trace(
        problem, heavy_ball_path(problem, steps, values["eta"], values.get("beta", 0.0))
    )


def _sums(problem: Problem, rule: SumRule, steps: int) -> Trace:
    if not isinstance(problem, FiniteSum):
        raise InvalidInput(f"method: it needs a finite sum; {problem.family} is none")
    drawn = draw_batches(problem, steps, rule, np.random.default_rng([problem.seed, 40]))
    return sum_trace(problem, sum_path(problem, steps, rule, drawn))


def trained_blocks(problem: Problem, values: Values, steps: int) -> Trace:
    """Step sizes in [low, high]/L, trained on the batch before."""
    low, high = values.get("low", 0.1), values.get("high", 0.5)
    return _sums(problem, SumRule(low=low, high=high), steps)


def same_batch(problem: Problem, values: Values, steps: int) -> Trace:
    """Step sizes trained on the batch to which they are applied."""
    low = values.get("low", 2.0**-8)
    return _sums(problem, SumRule(meta="same", low=low, high=2 * low), steps)


def _layered(problem: Problem, method: TIAM, values: Values, steps: int) -> Trace:
    if not isinstance(problem, LayeredReLU):
        raise InvalidInput(f"method: it needs a layered problem; {problem.family} is none")
    layered = problem.layered
    if "eps" in values:
        layered = replace(layered, coupling=Band(values["eps"]))
    at = problem.point(problem.x0)
    if isinstance(problem, BandEdge):
        trace = _from(method, layered, at, steps)
    else:
        trace = traced(method, layered, (at.w, at.b), steps, measure_every=1)
    told: dict[str, Any] = {"subject": f"{method.name} on {problem.name}"}
    return replace(trace, header={**trace.header, **told})


def _from(method: TIAM, layered: LayeredProblem, at: Point, steps: int) -> Trace:
    """A run that begins at a point, not at the one that its weights would make."""
    recorded = replace(method, record=True)
    first, _ = start(layered, (at.w, at.b))
    still = Point(*([torch.zeros_like(u) for u in g] for g in (at.w, at.b, at.z, at.a)))
    state = TIAMState(first, at.copy(), still, {}, {})
    tracer = Tracer(recorded, layered, state)
    for k in range(1, steps + 1):
        before, state = state, recorded.sweep(layered, state)
        if not tracer.after(k, before, state, True):
            break
    return tracer.trace({})


def tiam_band(problem: Problem, values: Values, steps: int) -> Trace:
    """TIAM."""
    return _layered(problem, TIAM(), values, steps)


def palm_band(problem: Problem, values: Values, steps: int) -> Trace:
    """PALM."""
    return _layered(problem, palm(), values, steps)


LOOPS: Mapping[str, tuple[Loop, tuple[str, ...]]] = {
    "blocks": (blocks, ("s", "p1", "p2", "p3", "modulus", "margin", "certified")),
    "gd_trace": (gd_trace, ("eta", "beta")),
    "trained_blocks": (trained_blocks, ("low", "high")),
    "same_batch": (same_batch, ("low",)),
    "tiam_band": (tiam_band, ("eps",)),
    "palm_band": (palm_band, ("eps",)),
}
"""A loop by its name, and its parameters."""
