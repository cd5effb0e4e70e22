r"""exp, log, tanh, … of balls.

A function f, monotone or with a bounded slope, maps ⟨m, r⟩ into ⟨f(m), s⟩ with

| f | s |
|---|---|
| exp, expm1 | e^m (e^r − 1) |
| log, log1p | −log(1 − r/m), with 1 + m for m in log1p |
| √ | r/√m, and √(m + r) where the ball reaches 0: f is not defined below |
| tanh | r min(1, (1 − tanh²m)(1 + 4r)) for r ≤ 1/2, as sech² changes by e^{2r} at most; else r |
| sigmoid | r min(1/4, σ(m)(1 − σ(m))(1 + 2r)) for r ≤ 1, the same way; else r/4 |
| erf | r·1.13·e^{−d²}, d the least member of \|ball\| |
| sin, cos | min(r, 2) |

and 8u|f(m)| more for torch's own error in f, 2^{−1022} where a result is that small.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from amverify.numbers.roundoff import U
from amverify.record.shadow.balls import Ball, lost, number, up

ULPS = 8
_LEAST = 2.0**-1022
_TAIL = 2.0**-46
"""More than torch's error in tanh m or σ(m) can take from the slope there."""
_SAFE = 1 + 2.0**-46


def _closed(mid: Tensor, spread: Tensor | None) -> Ball:
    return Ball(mid, up((2 * ULPS * U * mid.abs()).add_(_LEAST), spread))


def _nearest(x: Ball) -> Tensor:
    """The least magnitude in each ball, rounded down."""
    return (x.mid.abs() - x.radius() * _SAFE).clamp_min(0) * (1 - 2.0**-46)


def exp(x: Ball) -> Ball:
    """e^x."""
    mid = x.mid.exp()
    high = mid * (1 + 2 * ULPS * U) + _LEAST
    return _closed(mid, None if x.rad is None else high * x.rad.expm1() * (1 + 2 * ULPS * U))


def expm1(x: Ball) -> Ball:
    """e^x − 1."""
    high = x.mid.exp() * (1 + 2 * ULPS * U) + _LEAST
    spread = None if x.rad is None else high * x.rad.expm1() * (1 + 2 * ULPS * U)
    return _closed(x.mid.expm1(), spread)


def _log_spread(share: Tensor) -> Tensor:
    share = share * _SAFE
    spread = -torch.log1p(-share) * (1 + 2 * ULPS * U)
    return torch.where(share < 1, spread, math.inf)


def log(x: Ball) -> Ball:
    """The natural logarithm; nothing is known where the ball holds what has none."""
    return _closed(x.mid.log(), None if x.rad is None else _log_spread(x.rad / x.mid.clamp_min(0)))


def log1p(x: Ball) -> Ball:
    """log(1 + x)."""
    shifted = (1 + x.mid).clamp_min(0) * (1 - 4 * U)
    return _closed(x.mid.log1p(), None if x.rad is None else _log_spread(x.rad / shifted))


def sqrt(x: Ball) -> Ball:
    """√x; a ball that reaches below 0 is cut there, where f would not be defined."""
    if x.rad is None:
        return _closed(x.mid.sqrt(), None)
    mid = x.mid.clamp_min(0).sqrt()
    return _closed(mid, torch.where(x.mid > x.rad, x.rad / mid, (x.mid + x.rad).sqrt()))


def tanh(x: Ball) -> Ball:
    """The hyperbolic tangent."""
    mid = x.mid.tanh()
    if x.rad is None:
        return _closed(mid, None)
    slope = (1 - mid * mid).add_(_TAIL).mul_(1 + 4 * x.rad).clamp_max_(1)
    return _closed(mid, x.rad * torch.where(x.rad > 0.5, 1.0, slope))


def sigmoid(x: Ball) -> Ball:
    """1/(1 + e^{−x})."""
    mid = x.mid.sigmoid()
    if x.rad is None:
        return _closed(mid, None)
    slope = (mid * (1 - mid)).add_(_TAIL).mul_(1 + 2 * x.rad).clamp_max_(0.25)
    return _closed(mid, x.rad * torch.where(x.rad > 1, 0.25, slope))


def erf(x: Ball) -> Ball:
    """The error function."""
    slope = 1.13 * (-_nearest(x).square() * (1 - 2.0**-46)).exp() * _SAFE
    return _closed(x.mid.erf(), None if x.rad is None else x.rad * slope + lost(x.rad, slope))


def _wave(f: Callable[[Tensor], Tensor]) -> Callable[[Ball], Ball]:
    def apply(x: Ball) -> Ball:
        mid = f(x.mid)
        return Ball(mid, up(torch.full_like(mid, 2 * ULPS * U), x.radius().clamp_max(2)))

    return apply


sin, cos = _wave(torch.sin), _wave(torch.cos)


def reciprocal(x: Ball) -> Ball:
    """1/x."""
    return number(1.0, x.mid) / x


def rsqrt(x: Ball) -> Ball:
    """1/√x."""
    return reciprocal(sqrt(x))


def softplus(x: Ball) -> Ball:
    """log(1 + e^x) = max(x, 0) + log(1 + e^{−|x|}), whose slope is the sigmoid."""
    rest = log1p(exp(Ball(-x.mid.abs())))
    mid = x.mid.clamp_min(0) + rest.mid
    if x.rad is None:
        return Ball(mid, up(U * mid.abs(), rest.rad))
    steepest = sigmoid(Ball(x.mid + x.rad)).size() * (1 + 2.0**-40)
    return Ball(mid, up(U * mid.abs(), rest.rad, x.rad * steepest, lost(x.rad, steepest)))


def relu(x: Ball) -> Ball:
    """max(x, 0)."""
    mid = x.mid.clamp_min(0)
    if x.rad is None:
        return Ball(mid)
    return Ball(mid, torch.where(x.mid + x.rad <= 0, 0.0, x.rad))


def power(x: Ball, exponent: float) -> Ball:
    """x^p for a number p."""
    whole = float(exponent).is_integer()
    if exponent in (0, 1, 2):
        return (Ball(torch.ones_like(x.mid)), x, x * x)[int(exponent)]
    if exponent in (0.5, -1, -0.5):
        return {0.5: sqrt, -1: reciprocal, -0.5: rsqrt}[exponent](x)
    mid = x.mid.pow(exponent)
    if x.rad is None:
        return _closed(mid, None)
    high, low = x.size(), _nearest(x)
    end = torch.maximum(high.pow(exponent - 1), low.pow(exponent - 1))
    spread = abs(exponent) * end * (1 + 4 * ULPS * U) * x.rad + lost(end, x.rad)
    known = (x.mid > x.rad) | (x.rad == 0)
    if whole and exponent > 0:
        return _closed(mid, spread)
    if whole:
        known = known | (low > 0)
    return _closed(mid, torch.where(known, spread, math.inf))


def powers(x: Ball, exponent: Ball) -> Ball:
    """x^p for all p of a ball: x^p(e^{δ|log x|} − 1) more, δ its radius."""
    found = power(x, float(exponent.mid))
    steps = log(x).size() * float(exponent.radius()) * _SAFE
    spread = found.size() * steps.expm1() * (1 + 2 * ULPS * U)
    none = (x.mid == 0) & (found.size() == 0)
    return Ball(found.mid, up(found.radius(), torch.where(none, 0.0, spread)))
