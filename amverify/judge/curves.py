"""What of a run is drawn beside its findings: objective, Ψ, and where they apply a KL plot's data.

Long runs are thinned: of each stretch the first, the least and the greatest value stay, and every
sweep at which a finding fails first or worst.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput
from amverify.report.slack import failures
from amverify.shown import Curve
from amverify.theorems.base import Context, Missing
from amverify.theorems.parameters import INFIMUM, RELATIVE, SUFFICIENT
from amverify.theorems.views.envelope import envelope
from amverify.theorems.views.path import CONSTANT, EXPONENT, memory, potential, residual
from amverify.verdict import Finding

MOST = 400
"""Points of a curve, but for the failures."""
DRAWN = {"objective": "value", "lyapunov": "lyapunov"}
Places = NDArray[np.intp]


def curves(ctx: Context, findings: Sequence[Finding]) -> tuple[Curve, ...]:
    """The curves of the replicate that fails first, else of the first."""
    table = ctx.trace.sweeps
    if "sweep" not in table:
        return ()
    witness = next((f.witness for f in findings if f.witness is not None), None)
    replicates = np.asarray(table["replicate"])
    replicate = replicates[:1] if witness is None else witness.replicate
    own = np.flatnonzero(replicates == replicate)
    sweeps = np.asarray(table["sweep"])[own]
    kept = np.flatnonzero(np.isin(sweeps, _failing(findings)))
    found = []
    for name, column in DRAWN.items():
        if column in table and len(own):
            found.append(_curve(name, sweeps, np.asarray(table[column], dtype=float)[own], kept))
    return (*found, *_kl(ctx, own, sweeps))


def _failing(findings: Iterable[Finding]) -> list[int]:
    """The sweeps at which a finding fails first or worst."""
    places = [failures(finding) for finding in findings]
    return [sweep for pair in places if pair is not None for sweep in pair]


def _curve(name: str, sweeps: Places, values: NDArray[np.float64], kept: Places) -> Curve:
    places = np.union1d(_thinned(values), kept)
    return Curve(name, tuple(sweeps[places].tolist()), tuple(values[places].tolist()))


def _thinned(values: NDArray[np.float64]) -> Places:
    """Places of each stretch's first, least and greatest value."""
    count = len(values)
    if count <= MOST:
        return np.arange(count)
    size = -(-3 * count // MOST)
    whole = count - count % size
    finite = np.where(np.isfinite(values), values, 0.0)
    known, rest = finite[:whole].reshape(-1, size), finite[whole:]
    starts = np.arange(0, whole, size)
    parts = [starts, starts + known.argmin(1), starts + known.argmax(1), [count - 1]]
    if len(rest):
        parts.append([whole, whole + int(rest.argmin()), whole + int(rest.argmax())])
    return np.unique(np.concatenate(parts)).astype(np.intp)


def _kl(ctx: Context, own: Places, sweeps: Places) -> Iterator[Curve]:
    """Gap and residual with the declared line and T6's envelope; nothing without θ, c and Ψ*."""
    try:
        theta, c, floor = (float(ctx.known(p).value.mid) for p in (EXPONENT, CONSTANT, INFIMUM))
        gap = potential(ctx).take(own).mid - floor
        slope = np.asarray(residual(ctx).take(own).mid, dtype=float)
    except (Missing, InvalidInput):
        return
    places = _thinned(np.asarray(gap, dtype=float))
    at = tuple(sweeps[places].tolist())
    lines = {"gap": gap, "residual": slope}
    if theta:
        with np.errstate(all="ignore"):
            lines["declared"] = (c * slope) ** (1 / theta)
    if (bound := _envelope(ctx, gap, theta, c)) is not None:
        lines["envelope"] = bound
    for name, values in lines.items():
        yield Curve(name, at, tuple(np.asarray(values, dtype=float)[places].tolist()))


def _envelope(
    ctx: Context, gap: NDArray[np.float64], theta: float, c: float
) -> NDArray[np.float64] | None:
    try:
        a, b = (float(ctx.known(p).value.mid) for p in (SUFFICIENT, RELATIVE))
    except Missing:
        return None
    known = {"theta": theta, "c": c, "a": a, "b": b}
    return envelope(np.maximum(gap, 0), known, memory(ctx))
