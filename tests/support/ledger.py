"""T1, T1p and T3 on one sweep, recomputed in float64 from the iterates alone, with a bound on
what rounding in the method's own format can have done.

Between two states every block moved once, in a known order, so the point that each block saw
is known. For a block u → u + e of modulus L the theorems say, in exact arithmetic,

    T1   ΔF ≤ −L[(s/t − ½)‖e‖² − c⟨Δ,e⟩ − (p2²/2)‖Δ‖²],   c = p1·s − p2
    T1p  ΔF ≤ −(γ/2)‖e‖² + γp1⟨e,Δ⟩
    T3   ΔF + (δ'/2)‖e‖² − (δ/2)‖Δ‖² ≤ −ϑL(s/t − ½)‖e‖²   (convex blocks).

The computed step is the exact one plus an error. Every operation of the step is a sum of
products, so (``rounding.py``) its error is at most d = γ_n·size, entry by entry, where size is
the step's formula with absolute values everywhere and n the length of its sums. The step ends
at u', the exact one at u* = u' − d; H and R are convex, so F(u') − F(u*) ≤ ⟨|∇F(u')|, |d|⟩,
and the squares on the right move by their derivatives. A present point outside its computed
box by β (the rounding of a ± ε, of size γ·(|h| + |a| + ε)) costs the multiplier there times β.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.methods.rows.record import BlockRecord
from amverify.methods.tiam import TIAM, TIAMState
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point
from support.problems import group
from support.rounding import gamma, unit


@dataclass(frozen=True)
class Entry:
    """One block in one sweep: what happened, what the theorems allow, what rounding may add."""

    kind: str
    layer: int
    change: float
    bound: float
    lyapunov: float
    decrease: float
    rounding: float


def entries(p: LayeredProblem, before: TIAMState, after: TIAMState) -> list[Entry]:
    """The ledger of one recorded sweep."""
    at = wide(before.point)
    moved, ended = wide(before.displacement), wide(after.point)
    lines = []
    for record in after.records:
        kind, layer = record.kind, record.layer
        new, d = group(ended, kind)[layer - 1], group(moved, kind)[layer - 1]
        lines.append(_entry(p, at, record, new, d, after.sweep))
        group(at, kind)[layer - 1] = new
    return lines


def wide(at: Point) -> Point:
    """The same numbers in float64."""
    return Point(*([u.double() for u in group(at, kind)] for kind in "Wbza"))


@dataclass(frozen=True)
class _Quadratic:
    """(w/2)‖r + A·‖² + (m/2)‖u − c‖² at u, with |r|'s terms and |A| in absolute values."""

    weight: float
    residual: Tensor
    size: Tensor
    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor], Tensor]
    backward_abs: Callable[[Tensor], Tensor]
    ridge: float
    centre: Tensor
    norm: float
    terms: int


def _quadratic(p: LayeredProblem, at: Point, kind: str, layer: int, new: Tensor) -> _Quadratic:
    last = layer + 1 if kind == "a" else layer
    x = p.space.inputs.double() if last == 1 else at.a[last - 2]
    w, b, z = at.w[last - 1], at.b[last - 1], at.z[last - 1]
    residual = x @ w.mT + b - z
    # pre is formed from the blocks' old values and corrected by each step: both sizes count
    wide_w = w.abs() + (new.abs() if kind == "W" else 0)
    wide_x = x.abs() + (new.abs() if kind == "a" else 0)
    size = wide_x @ wide_w.mT * 2 + 2 * b.abs() + z.abs()
    n = p.samples
    if kind == "W":
        norm = float(torch.linalg.matrix_norm(x)) ** 2
        return _Quadratic(
            p.rho, residual, size, lambda d: x @ d.mT, lambda r: r.mT @ x,
            lambda r: r.mT @ x.abs(), p.mu, torch.zeros_like(w), norm, n + x.shape[1],
        )  # fmt: skip
    if kind == "a":
        nu = p.coupling.nu if isinstance(p.coupling, Penalty) else 0.0
        norm = float(torch.linalg.matrix_norm(w)) ** 2
        return _Quadratic(
            p.rho, residual, size, lambda d: d @ w.mT, lambda r: r @ w,
            lambda r: r @ w.abs(), nu, p.activation(at.z[layer - 1]), norm, sum(w.shape),
        )  # fmt: skip
    same = [lambda d: d] * 3
    if kind == "b":
        mean, wide_mean = residual.mean(-2, keepdim=True), size.mean(-2, keepdim=True)
        return _Quadratic(
            p.rho * n, mean, wide_mean, *same, 0.0, torch.zeros_like(b), 1.0, n + x.shape[1]
        )
    return _Quadratic(p.rho, -residual, size, *same, 0.0, torch.zeros_like(z), 1.0, x.shape[1])


def _number(x: float | Tensor) -> float:
    return float(x)


def _entry(
    p: LayeredProblem, at: Point, record: BlockRecord, new: Tensor, d: Tensor, sweep: int
) -> Entry:
    kind, layer = record.kind, record.layer
    u = group(at, kind)[layer - 1]
    e = new - u
    if record.update == "proximal":
        return _nonconvex(p, at, record, u, e, d)
    q = _quadratic(p, at, kind, layer, new)
    modulus, s, t = _number(record.modulus), record.s, _number(record.t)
    p1, p2 = _number(record.p1), _number(record.p2)
    delta, delta_next = _number(record.delta), _number(record.delta_next)
    c = p1 * s - p2
    image = q.forward(e)
    change = q.weight * float(((q.residual + 0.5 * image) * image).sum())
    change += q.ridge * float(((u - q.centre + 0.5 * e) * e).sum())
    gradient = q.weight * q.backward(q.residual + image) + q.ridge * (new - q.centre)
    if kind == "z" and layer == p.layers:
        target = p.target.double()
        change += float(p.loss.change(u, new, target))
        gradient = gradient + p.loss.gradient(new, target)
    ee, de, dd = (float((x * y).sum()) for x, y in ((e, e), (d, e), (d, d)))
    rounding = _rounding(p, at, q, record, u, new, e, d, gradient, sweep)
    return Entry(
        kind,
        layer,
        change,
        -modulus * ((s / t - 0.5) * ee - c * de - 0.5 * p2 * p2 * dd),
        change + 0.5 * delta_next * ee - 0.5 * delta * dd,
        modulus * (s / t - 0.5) * ee,
        rounding,
    )


def _rounding(p, at, q, record, u, new, e, d, gradient, sweep) -> float:
    modulus, s, t = _number(record.modulus), record.s, _number(record.t)
    p1, p2 = abs(_number(record.p1)), abs(_number(record.p2))
    c = abs(_number(record.p1) * s - _number(record.p2))
    delta, delta_next = _number(record.delta), _number(record.delta_next)
    g = gamma(q.terms + 20, p.dtype)
    image = _absolute_image(p, at, record, d)
    slope = q.weight * q.backward_abs(q.size + p2 * image)
    slope = slope + q.ridge * (u.abs() + p2 * d.abs() + q.centre.abs())
    forward = u.abs() + p1 * d.abs() + slope / (s * modulus)
    error = t * g * forward + gamma(8, p.dtype) * (new.abs() + (1 + t) * u.abs())
    output = record.kind == "z" and record.layer == p.layers
    total = 0.0
    if output:  # the proximal map mixes a row's entries
        rows = gamma(8 * new.shape[-1] + 20, p.dtype)
        spread = (forward + new.abs()).sum(-1, keepdim=True)
        error = error + t * (g + rows) * spread
        # the extrapolated point was accepted by a computed inequality
        logits = u.abs().amax(-1) + new.abs().amax(-1) + new.shape[-1]
        total += gamma(p.samples + 4 * new.shape[-1] + 20, p.dtype) * float(logits.sum())
        scale = p.rho * (q.size + e.abs()) * e.abs()
        total += gamma(q.terms + p.samples + 20, p.dtype) * float(scale.sum())
    norm = float(error.norm())
    ee, dd = float(e.norm()), float(d.norm())
    total += float((gradient.abs() * error).sum())
    total += modulus * ((s / t + 0.5) * (2 * ee + norm) + c * dd) * norm
    total += delta_next * (2 * ee + norm) * norm
    # the modulus: its Gram matrix and eigenvalue, or the test of backtracking
    spectrum = gamma(q.terms + 20, p.dtype) * (q.weight * q.norm + q.ridge)
    total += spectrum * (ee + p2 * dd) ** 2
    # weights and parameters are a few operations each; Δ and e are rounded differences
    few = gamma(16, p.dtype)
    total += few * (delta * dd**2 + delta_next * ee**2 + modulus * (ee + dd) ** 2 * (1 + c + p2**2))
    beta = _outside(p, at, record, u, sweep)
    multiplier = s * modulus * (p1 * d.abs() + beta) + gradient.abs() + modulus * (ee + dd)
    return total + t * float((multiplier * beta).sum())


def _absolute_image(p: LayeredProblem, at: Point, record: BlockRecord, d: Tensor) -> Tensor:
    """|A||d|."""
    if record.kind == "W":
        x = p.space.inputs if record.layer == 1 else at.a[record.layer - 2]
        return x.double().abs() @ d.abs().mT
    return d.abs() @ at.w[record.layer].abs().mT if record.kind == "a" else d.abs()


def _outside(p, at, record, u, sweep) -> Tensor:
    """How far rounding can have put the present point outside its computed box: β."""
    if record.kind not in ("a", "z") or not isinstance(p.coupling, Band):
        return torch.zeros_like(u)
    if record.layer == p.layers:
        return torch.zeros_like(u)
    eps, z, a = p.coupling.at(sweep), at.z[record.layer - 1], at.a[record.layer - 1]
    h = p.activation
    steepest = 1.0
    if record.kind == "z":
        if not h.piecewise_linear:
            return torch.zeros_like(u)  # the interval holds a point that is feasible to rounding
        steepest = 1 / min(q.slope for q in h.pieces if q.slope > 0)
    return 8 * unit(p.dtype) * steepest * (h(z).abs() + z.abs() * h.lipschitz + a.abs() + eps)


def _nonconvex(p, at, record, u, e, d) -> Entry:
    """T1p: minimality alone. The computed minimiser is off by rounding of its centre and pieces."""
    layer, weight, nu = record.layer, record.gamma, p.coupling.nu
    x = p.space.inputs.double() if layer == 1 else at.a[layer - 2]
    w, b, a = at.w[layer - 1], at.b[layer - 1], at.a[layer - 1]
    pre, new, h = x @ w.mT + b, u + e, p.activation
    change = p.rho * float(((u - pre + 0.5 * e) * e).sum())
    change += 0.5 * nu * float(((h(u) - h(new)) * (2 * a - h(u) - h(new))).sum())
    p1 = _number(record.p1)
    ee, de, dd = (float((x * y).sum()) for x, y in ((e, e), (d, e), (d, d)))
    near, total = u + p1 * d, p.rho + weight
    size = (p.rho * (2 * x.abs() @ w.abs().mT + b.abs()) * 2 + weight * (u.abs() + d.abs())) / total
    centre = (p.rho * pre + weight * near) / total
    off = gamma(x.shape[1] + 20, p.dtype) * size
    ratio = nu / (total + nu)
    shift = off + gamma(20, p.dtype) * (size + ratio * (a.abs() + 6) + new.abs())
    reach = new.abs() + centre.abs() + (nu / total) ** 0.5 * (a - h(centre)).abs()
    slope = total * (new - centre).abs() + nu * (a - h(new)).abs()
    values = total * (new - centre) ** 2 + nu * (a.abs() + h(new).abs()) ** 2
    rounding = total * off * reach + (slope + (total + nu) * shift) * shift
    rounding = rounding + gamma(20, p.dtype) * values
    delta, delta_next = _number(record.delta), _number(record.delta_next)
    few = gamma(16, p.dtype) * (delta * dd + (delta_next + weight) * ee + weight * abs(de))
    return Entry(
        "z",
        layer,
        change,
        -0.5 * weight * ee + weight * p1 * de,
        change + 0.5 * delta_next * ee - 0.5 * delta * dd,
        0.0,
        float(rounding.sum()) + few + _rounded_step(p, u, e, slope),
    )


def _rounded_step(p, u, e, slope) -> float:
    """e is stored rounded."""
    return gamma(4, p.dtype) * float((slope * (u.abs() + e.abs())).sum())


def check_block_descent(p: LayeredProblem, before: TIAMState, after: TIAMState) -> None:
    """T1 (T1p) for every block of the sweep."""
    for line in entries(p, before, after):
        where = f"{line.kind}_{line.layer}, sweep {after.sweep}"
        assert line.change <= line.bound + line.rounding, (
            f"T1 at {where}: ΔF = {line.change:.6e} > {line.bound:.6e} + {line.rounding:.1e}"
        )


def check_lyapunov(method: TIAM, p: LayeredProblem, before: TIAMState, after: TIAMState) -> None:
    """T3: Ψ fell by Σ a_i‖e_i‖² at least, up to rounding; Ψ is recomputed in float64."""
    for record in after.records:
        held = before.delta.get((record.kind, record.layer), 0.0)
        assert _number(record.delta) == _number(held), "a block forgot its Lyapunov weight"
    lines = entries(p, before, after)
    rounding = sum(line.rounding for line in lines)
    fall = method.rule.margin * sum(line.decrease for line in lines)
    change = sum(line.lyapunov for line in lines)
    assert change <= rounding - fall, (
        f"T3, sweep {after.sweep}: ΔΨ = {change:.6e} > {-fall:.6e} + {rounding:.1e}"
    )
