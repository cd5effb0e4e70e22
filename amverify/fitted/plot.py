r"""The data of a KL plot: log r against log w, with lines, and the bounds of T5 and T6 beside them.

    plot = kl_plot(trace, {"theta": 0.5, "c": 2.0, "a": 0.1, "b": 3.0, "fstar": 0.0, "memory": 1})
    plot.to_json(), plot.to_csv()

| column | of sweep k |
|---|---|
| gap, gap_error | r_k = Ψ^k − Ψ* |
| residual, residual_error | w_k = dist(0, ∂Ψ(x^k)) |
| declared | c·w_k, to be compared with r_k^θ (K2), as r: (c·w_k)^{1/θ}; none for θ = 0 |
| fitted | the same with the fitted θ and c |
| tail | Σ_{j≥k} ‖e_{j+1}‖ over the rest of the run |
| tail_bound | ‖e_k‖ + ½‖e_{k−1}‖ + (2b/a)φ(r_k) (T5) |
| envelope | T6's bound of r_k from r_0 |

Bounds are plain floats, for the eye; verdicts are the audit's. What was not declared, or is not
known at a row, is null (empty in CSV). Fitted numbers are labelled so.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from amverify.errors import InvalidInput, expect
from amverify.fitted.exponent import Estimate, estimate
from amverify.fitted.line import Vector
from amverify.numbers.balls import Ball
from amverify.theorems.base import Context, Missing, Parameter
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.views.envelope import envelope
from amverify.theorems.views.path import CONSTANT, EXPONENT, memory, potential, residual
from amverify.trace.trace import HOW_TO_GET_ONE, Trace

Column = list[float | None]
_NAMED = {"theta": EXPONENT, "c": CONSTANT, "a": SUFFICIENT, "b": RELATIVE, "fstar": INFIMUM}


@dataclass(frozen=True)
class KLPlot:
    """What a figure needs: columns by name, one entry a sweep; declared constants; the estimate."""

    subject: str
    replicate: int
    declared: dict[str, float]
    fitted: Estimate | None
    columns: dict[str, Column]
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """All of it."""
        return json.dumps(asdict(self), indent=1, allow_nan=False, ensure_ascii=False)

    def to_csv(self) -> str:
        """The columns, with a header line."""
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        table.writerow(self.columns)
        for row in zip(*self.columns.values(), strict=True):
            table.writerow("" if x is None else repr(x) for x in row)
        return out.getvalue()


def kl_plot(trace: Trace, constants: Mapping[str, Any] | None = None, replicate: int = 0) -> KLPlot:
    """The data of one replicate of a run.

    Args:
        trace: with values and residuals (or gradients) in its sweeps.
        constants: fstar, and those of theta, c, a, b, memory that were declared.
        replicate: which.

    Raises:
        InvalidInput: if Ψ* or a column is missing, or Ψ* lies above a recorded value.
    """
    expect("kl_plot", trace, Trace, HOW_TO_GET_ONE)
    ctx = Context(trace, constants or {})
    known = {name: x for name, p in _NAMED.items() if (x := _declared(ctx, p)) is not None}
    notes: list[str] = []
    fitted = _fitted(trace, ctx.constants, replicate, notes)
    try:
        own = np.flatnonzero(ctx.column("sweeps", "replicate") == replicate)
        gap = potential(ctx).take(own) - ctx.known(INFIMUM).value
        slope = residual(ctx).take(own)
        sweep = ctx.column("sweeps", "sweep")[own]
    except Missing as lack:
        raise InvalidInput(f"KL plot: {lack} is missing") from None
    columns: dict[str, Column] = {"sweep": [float(k) for k in sweep]}
    columns |= {**_pair("gap", gap), **_pair("residual", slope)}
    if known.get("theta") and "c" in known:
        columns["declared"] = _line(slope, known["theta"], known["c"])
    if fitted is not None and fitted.theta.value > 0:
        columns["fitted"] = _line(slope, fitted.theta.value, fitted.c.value)
    columns |= _lengths(ctx, own, gap, known)
    if {"theta", "c", "a", "b"} <= set(known):
        columns["envelope"] = _plain(envelope(np.maximum(gap.mid, 0), known, memory(ctx)))
    return KLPlot(str(trace.header.get("subject", "a run")), replicate, known, fitted, columns,
                  tuple(notes))  # fmt: skip


def _fitted(
    trace: Trace, constants: Mapping[str, Any], replicate: int, notes: list[str]
) -> Estimate | None:
    try:
        return estimate(trace, constants, replicate)
    except InvalidInput as why:
        if not str(why).startswith("fit: ") or "is missing" in str(why):
            raise
        notes.append(str(why))
        return None


def _declared(ctx: Context, parameter: Parameter) -> float | None:
    try:
        return float(ctx.known(parameter).value.mid)
    except Missing:
        return None


def _plain(x: Vector) -> Column:
    return [float(v) if math.isfinite(v) else None for v in x]


def _pair(name: str, ball: Ball) -> dict[str, Column]:
    mid, rad = (np.broadcast_to(x, np.shape(ball.mid)) for x in (ball.mid, ball.rad))
    return {name: _plain(np.where(np.isfinite(rad), mid, np.nan)), f"{name}_error": _plain(rad)}


def _line(slope: Ball, theta: float, c: float) -> Column:
    """(c·w)^{1/θ}."""
    with np.errstate(all="ignore"):
        found = np.where(np.isfinite(slope.rad), (c * slope.mid) ** (1 / theta), np.nan)
    return _plain(found)


def _lengths(
    ctx: Context, own: np.ndarray[Any, Any], gap: Ball, known: Mapping[str, float]
) -> dict[str, Column]:
    """T5's two sides."""
    try:
        e1 = np.sqrt(ctx.column("sweeps", "step")[own])
        e0 = np.sqrt(ctx.column("sweeps", "inertia")[own])
    except Missing:
        return {}
    tail = np.append(np.cumsum(e1[::-1])[::-1][1:], 0.0)
    found = {"tail": _plain(tail)}
    if {"theta", "c", "a", "b"} <= set(known) and known["theta"] < 1:
        left = 1 - known["theta"]
        phi = known["c"] * np.maximum(gap.mid, 0) ** left / left
        found["tail_bound"] = _plain(e1 + e0 / 2 + 2 * known["b"] / known["a"] * phi)
    return found
