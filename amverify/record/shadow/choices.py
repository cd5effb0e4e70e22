"""Rules for what chooses: comparisons, masks, largest entries.

A truth value has a ball too: ⟨1, 0⟩ true, ⟨0, 0⟩ false, ⟨½, ½⟩ open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from amverify.record.shadow.balls import WIDE, Ball, pick
from amverify.record.shadow.operands import RULES, NoRule, ball, rule

Bounds = tuple[Tensor, Tensor]


def _difference(a: Any, b: Any) -> Bounds:
    """Lower and upper bound of a − b; exact in sign where both are exact."""
    x, y = ball(a), ball(b)
    d = x.mid - y.mid
    if x.rad is None and y.rad is None:
        return d, d
    off = (x.radius() + y.radius()) + (x.radius() + y.radius() > 0) * d.abs() * 2.0**-50
    off = off * (1 + 2.0**-46)
    return d - off, d + off


def truth(sure: Tensor, never: Tensor) -> Ball:
    """The ball of a truth value."""
    mid = torch.where(sure, 1.0, torch.where(never, 0.0, 0.5)).to(WIDE)
    open_ = ~(sure | never)
    return Ball(mid, 0.5 * open_.to(WIDE) if bool(open_.any()) else None)


def _compare(sure: Callable[..., Tensor], never: Callable[..., Tensor]) -> Callable[..., Ball]:
    def apply(a: Any, b: Any) -> Ball:
        low, high = _difference(a, b)
        return truth(sure(low, high), never(low, high))

    return apply


_COMPARED: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "gt": (lambda low, high: low > 0, lambda low, high: high <= 0),
    "ge": (lambda low, high: low >= 0, lambda low, high: high < 0),
    "lt": (lambda low, high: high < 0, lambda low, high: low >= 0),
    "le": (lambda low, high: high <= 0, lambda low, high: low > 0),
    "eq": (lambda low, high: (low == 0) & (high == 0), lambda low, high: (low > 0) | (high < 0)),
    "ne": (lambda low, high: (low > 0) | (high < 0), lambda low, high: (low == 0) & (high == 0)),
}
for _name, _pair in _COMPARED.items():
    RULES[f"{_name}.Tensor"] = RULES[f"{_name}.Scalar"] = _compare(*_pair)


def _surely(x: Any) -> Bounds:
    """Where a mask is surely set, and where surely not."""
    b = ball(x)
    return b.mid - b.radius() > 0, b.mid + b.radius() == 0


@rule("logical_not.default", "bitwise_not.default")
def negation(a: Any) -> Ball:
    """Not a, for truth values."""
    sure, never = _surely(a)
    return truth(never, sure)


@rule("logical_and.default", "bitwise_and.Tensor", "__and__.Tensor")
def conjunction(a: Any, b: Any) -> Ball:
    """a and b, for truth values."""
    (sure, never), (sure2, never2) = _surely(a), _surely(b)
    return truth(sure & sure2, never | never2)


@rule("logical_or.default", "bitwise_or.Tensor", "__or__.Tensor")
def disjunction(a: Any, b: Any) -> Ball:
    """a or b, for truth values."""
    (sure, never), (sure2, never2) = _surely(a), _surely(b)
    return truth(sure | sure2, never & never2)


@rule("isnan.default", "isinf.default")
def strange(a: Any) -> Ball:
    """Whether an entry is no number: none is where all balls are finite."""
    x = ball(a)
    if not bool((x.mid.isfinite() & x.radius().isfinite()).all()):
        raise NoRule("numbers that are not finite")
    return Ball(torch.zeros_like(x.mid))


@rule("where.self")
def where(mask: Any, a: Any, b: Any) -> Ball:
    """a where the mask is set, else b; the ball around both where that is open."""
    sure, never = _surely(mask)
    one, other = ball(a), ball(b)
    if bool((sure | never).all()):
        mid = torch.where(sure, one.mid, other.mid)
        if one.rad is None and other.rad is None:
            return Ball(mid)
        return Ball(mid, torch.where(sure, one.radius(), other.radius()))
    return pick(sure, one, never, other)


def largest(x: Ball, dims: tuple[int, ...], keep: bool) -> Ball:
    """The largest entry over some dimensions: between the largest lower and upper bounds."""
    if x.rad is None:
        return Ball(x.mid.amax(dims, keep))
    low, high = (x.mid - x.rad).amax(dims, keep), (x.mid + x.rad).amax(dims, keep)
    mid = x.mid.amax(dims, keep)
    off = torch.maximum(high - mid, mid - low)
    return Ball(mid, off * (1 + 2.0**-46) + (off > 0) * mid.abs() * 2.0**-50)


def _dims(x: Ball, dims: Any) -> tuple[int, ...]:
    given = tuple(range(x.mid.ndim)) if dims is None or dims == [] else dims
    return (given,) if isinstance(given, int) else tuple(given)


@rule("amax.default", "max.default", "any.default", "any.dim", "any.dims")
def amax(a: Any, dim: Any = None, keepdim: bool = False) -> Ball:
    """The largest entry; of truth values, whether any is set."""
    x = ball(a)
    return largest(x, _dims(x, dim), keepdim)


@rule("amin.default", "min.default", "all.default", "all.dim", "all.dims")
def amin(a: Any, dim: Any = None, keepdim: bool = False) -> Ball:
    """The smallest entry; of truth values, whether all are set."""
    return -amax(-ball(a), dim, keepdim)


@rule("max.dim")
def max_along(a: Any, dim: int, keepdim: bool = False) -> tuple[Ball, Ball]:
    """The largest entries, and where they are if no other can be as large."""
    x = ball(a)
    found = largest(x, (dim,), keepdim)
    if not x.mid.ndim:
        return found, Ball(torch.zeros((), dtype=WIDE))
    return found, _place(x, dim, keepdim)


@rule("min.dim")
def min_along(a: Any, dim: int, keepdim: bool = False) -> tuple[Ball, Ball]:
    """The smallest entries, and where they are."""
    found, place = max_along(-ball(a), dim, keepdim)
    return -found, place


@rule("argmax.default")
def argmax(a: Any, dim: int | None = None, keepdim: bool = False) -> Ball:
    """Where the largest entry is, if no other can be as large."""
    x = ball(a)
    flat = Ball(x.mid.reshape(-1), x.radius().reshape(-1)) if dim is None else x
    return _place(flat, 0 if dim is None else dim, keepdim)


@rule("argmin.default")
def argmin(a: Any, dim: int | None = None, keepdim: bool = False) -> Ball:
    """Where the smallest entry is."""
    return argmax(-ball(a), dim, keepdim)


def _place(x: Ball, dim: int, keep: bool) -> Ball:
    at = x.mid.argmax(dim, keepdim=True)
    low = (x.mid - x.radius()).gather(dim, at)
    high = (x.mid + x.radius()).scatter(dim, at, -torch.inf)
    open_ = high.amax(dim, keepdim=True) >= low
    rad = open_.to(WIDE) * x.mid.shape[dim]
    place = Ball(at.to(WIDE), rad if bool(open_.any()) else None)
    if keep:
        return place
    return Ball(place.mid.squeeze(dim), None if place.rad is None else place.rad.squeeze(dim))
