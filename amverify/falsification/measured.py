r"""A path of floats as a trace for the audit, with what rounding in its steps can do, measured.

Nothing is known of how a step function rounds. As for a recorded optimiser
(``amverify.record.points.rows``) the last operation of a step is taken to be rounded, and its
gradient to be as far off as ∇f in its format is; the evidence is then *measured*. Points that are
all numbers of a coarser format, down to bfloat16, are taken for those of a step in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.falsification.columns import used
from amverify.families.loops.gradient import header
from amverify.families.problem import Problem
from amverify.judge.audit import audit
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import UNITS, U
from amverify.record.points.products import squared
from amverify.record.points.rows import Points, execution, step_columns
from amverify.record.points.vector import least
from amverify.theorems.base import Theorem
from amverify.trace.trace import Trace
from amverify.verdict import Verdict


def trace_of(
    problem: Problem,
    x: NDArray[np.float64],
    parameters: Mapping[str, float],
    name: str = "a step function",
) -> Trace:
    """The trace of a path (K + 1, n): values, gradients, steps; η and β of the method."""
    value, gradient = problem.value(x), problem.gradient(x)
    kind = _format(x)
    coarse = UNITS[kind] / U
    slip = gradient.rad * coarse
    points = Points(
        x, gradient, curved=True, unit=U * coarse,
        least=least(kind), slip=slip,
    )  # fmt: skip
    columns: dict[str, Any] = {
        "sweep": np.arange(len(x)),
        "replicate": np.zeros(len(x), dtype=np.int64),
        "value": np.array(value.mid),
        "value_error": np.array(value.rad),
        **step_columns(points),
    }
    moved = np.abs(np.diff(x, axis=0, prepend=x[:1]))
    unseen = (np.concatenate((slip[:1], slip[:-1])) * moved).sum(1)
    columns["execution"] = execution(points) + unseen * (1 + 64 * U)
    columns |= _distance(problem, x)
    for column in ("eta", "momentum"):
        given = used(column, parameters)
        if given is not None:
            columns[column] = np.full(len(x), given)
    told = header(problem, name, kind)
    known = told["constants"]
    if problem.constants.fstar is None:
        known.pop("fstar", None)
    known |= {n: {"value": v, "origin": "declared"} for n, v in parameters.items()}
    return Trace({**told, "iteration": "step", "execution": "measured"}, sweeps=columns)


def _format(x: NDArray[np.float64]) -> str:
    """The coarsest format that holds all points after the start."""
    with np.errstate(over="ignore"):
        single = x[1:].astype(np.float32)
        if not (x[1:] == single).all():
            return "float64"
        if not (single.view(np.uint32) & 0xFFFF).any():
            return "bfloat16"
        return "float16" if (single == single.astype(np.float16)).all() else "float32"


def _distance(problem: Problem, x: NDArray[np.float64]) -> dict[str, Any]:
    """‖x − x*‖² where x* is known; how far rounding of the steps moves it is not."""
    if problem.constants.xstar is None:
        return {}
    exact = [Ball.exact(v) for v in problem.constants.xstar]
    centre = Ball.of([float(b.mid) for b in exact], [float(b.rad) for b in exact])
    found = squared(Ball.of(x) - centre)
    return {"dist2": np.array(found.mid), "dist2_error": np.array(found.rad)}


def violated(
    claim: Theorem, problem: Problem, x: NDArray[np.float64], parameters: Mapping[str, float]
) -> bool:
    """Whether the audit finds the claim violated on a path, beyond rounding."""
    return audit(trace_of(problem, x, parameters), claim).verdict is Verdict.VIOLATED
