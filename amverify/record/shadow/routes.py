"""Rules for operators that only move numbers: the same is done to midpoints and radii."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from amverify.record.shadow.balls import WIDE, Ball, gamma_of, up
from amverify.record.shadow.operands import RULES, NoRule, Operand, ball, rule

aten = torch.ops.aten


def _moved(apply: Callable[..., Tensor], *given: Any) -> Ball:
    """``apply`` on midpoints, and on radii where there are any."""
    balls = [ball(x) for x in given]
    mid = apply(*(b.mid for b in balls))
    if all(b.rad is None for b in balls):
        return Ball(mid)
    return Ball(mid, apply(*(b.radius() for b in balls)))


def _route(name: str) -> None:
    """One tensor is moved; every other argument is the same for its radii."""
    operator = getattr(getattr(aten, name.partition(".")[0]), name.partition(".")[2])

    def apply(a: Any, *more: Any, **options: Any) -> Ball:
        options.pop("memory_format", None)
        rest = [x.numbers if isinstance(x, Operand) else x for x in more]
        return _moved(lambda u: operator(u, *rest, **options), a)

    RULES[name] = apply


for _name in (
    *("clone.default", "flip.default", "repeat.default", "roll.default", "tril.default"),
    *("triu.default", "index_select.default", "gather.default", "embedding.default"),
    *("unfold_backward.default", "slice_backward.default", "select_backward.default"),
    *("diagonal_backward.default", "expand_copy.default", "diag_embed.default"),
    *("view_copy.default", "permute_copy.default", "lift_fresh_copy.default"),
    *("reflection_pad1d.default", "reflection_pad2d.default", "replication_pad2d.default"),
    *("upsample_nearest2d.default", "masked_select.default", "take.default"),
):
    _route(_name)


@rule("_to_copy.default")
def cast(a: Operand, *, dtype: Any = None, device: Any = None, **_options: Any) -> Ball:
    """A cast to another real format rounds the run and not f; one to integers is refused."""
    found = ball(a)
    real = dtype is None or dtype.is_floating_point
    if dtype is torch.bool or (not real and a.run.is_floating_point()):
        raise NoRule("a cast to integers")
    if device is None:
        return found
    return Ball(found.mid.to(device), None if found.rad is None else found.rad.to(device))


@rule("cat.default")
def cat(parts: Any, dim: int = 0) -> Ball:
    """Tensors one after the other; empty ones of one dimension are left out."""
    return _moved(lambda *u: torch.cat(u, dim), *parts)


@rule("stack.default")
def stack(parts: Any, dim: int = 0) -> Ball:
    """Tensors along a new dimension."""
    return _moved(lambda *u: torch.stack(u, dim), *parts)


@rule("copy.default")
def copy(a: Operand, source: Any, non_blocking: bool = False) -> Ball:
    """The source, in the shape of the target."""
    found = ball(source)
    if a.run.is_floating_point() != source.run.is_floating_point() and found.rad is not None:
        raise NoRule("a cast to integers")
    shape = a.run.shape
    return Ball(found.mid.expand(shape), None if found.rad is None else found.rad.expand(shape))


@rule("constant_pad_nd.default")
def pad(a: Any, widths: Any, value: float = 0) -> Ball:
    """A border of one number."""
    x = ball(a)
    mid = aten.constant_pad_nd(x.mid, widths, value)
    return Ball(mid, None if x.rad is None else aten.constant_pad_nd(x.rad, widths, 0))


def _places(indices: Any) -> list[Tensor | None]:
    return [None if i is None else i.numbers for i in indices]


@rule("index.Tensor", "_unsafe_index.Tensor")
def index(a: Any, indices: Any) -> Ball:
    """x[i, j, …]."""
    at = _places(indices)
    return _moved(lambda u: aten.index(u, at), a)


@rule("index_put.default", "_unsafe_index_put.default")
def index_put(a: Any, indices: Any, values: Any, accumulate: bool = False) -> Ball:
    """x with entries replaced, or added to: as many additions as there are values."""
    at = _places(indices)
    x, v = ball(a), ball(values)
    mid = aten.index_put(x.mid, at, v.mid, accumulate)
    rad = aten.index_put(x.radius(), at, v.radius(), accumulate)
    if not accumulate:
        return Ball(mid, rad)
    sizes = aten.index_put(x.mid.abs(), at, v.mid.abs(), True)
    n = max(at_.numel() for at_ in at if at_ is not None) + 1
    return Ball(mid, up(rad, gamma_of(n) * sizes) * (1 + 2 * gamma_of(n)))


@rule("scatter.value")
def scatter_value(a: Any, dim: int, at: Operand, value: float) -> Ball:
    """x with one number at some places."""
    x, places = ball(a), at.numbers
    mid = x.mid.scatter(dim, places, float(value))
    return Ball(mid, None if x.rad is None else x.rad.scatter(dim, places, 0.0))


@rule("scatter.src")
def scatter(a: Any, dim: int, at: Operand, source: Any) -> Ball:
    """x with values at some places."""
    places = at.numbers
    return _moved(lambda u, v: u.scatter(dim, places, v), a, source)


@rule("scatter_add.default")
def scatter_add(a: Any, dim: int, at: Operand, source: Any) -> Ball:
    """x with values added at some places."""
    x, v, places = ball(a), ball(source), at.numbers
    n = places.numel() + 1
    sizes = x.mid.abs().scatter_add(dim, places, v.mid.abs())
    rad = x.radius().scatter_add(dim, places, v.radius())
    rad = up(rad, gamma_of(n) * sizes) * (1 + 2 * gamma_of(n))
    return Ball(x.mid.scatter_add(dim, places, v.mid), rad)


@rule("max_pool2d_with_indices.default")
def max_pool(a: Any, *options: Any) -> tuple[Ball, Ball]:
    """The largest entries of windows, and where they are if no other can be as large."""
    x = ball(a)
    mid, at = aten.max_pool2d_with_indices(x.mid, *options)
    if x.rad is None:
        return Ball(mid), Ball(at.to(WIDE))
    low, _ = aten.max_pool2d_with_indices(x.mid - x.rad, *options)
    high, _ = aten.max_pool2d_with_indices(x.mid + x.rad, *options)
    off = torch.maximum(high - mid, mid - low) * (1 + 2.0**-46)
    off = off + (off > 0) * mid.abs() * 2.0**-50
    return Ball(mid, off), Ball(at.to(WIDE), _contested(x, at, options))


def _contested(x: Ball, at: Tensor, options: Any) -> Tensor:
    """1 where another entry can be as large as a window's largest; two sure zeros are a tie that
    autograd settles by their order. Windows that overlap are not told apart."""
    kernel, stride = options[0], (options[1:2] or [[]])[0] or options[0]
    if any(s < k for s, k in zip(stride, kernel, strict=True)):
        return torch.ones_like(at, dtype=WIDE)
    flat, radius, places = x.mid.flatten(-2), x.radius().flatten(-2), at.flatten(-2)
    best = (flat - radius).gather(-1, places).reshape(at.shape)
    null = (flat == 0) & (radius == 0)
    rest = (flat + radius).scatter(-1, places, -torch.inf)
    some, _ = aten.max_pool2d_with_indices(rest.reshape(x.mid.shape), *options)
    rest = torch.where(null, -torch.inf, rest)
    other, _ = aten.max_pool2d_with_indices(rest.reshape(x.mid.shape), *options)
    zero = null.gather(-1, places).reshape(at.shape)
    return torch.where(zero, other >= 0, some >= best).to(WIDE)


@rule("max_pool2d_with_indices_backward.default")
def max_pool_backward(grad: Any, a: Any, *options: Any) -> Ball:
    """The gradient goes to the largest entry of each window."""
    *sizes, at = options
    g, x, places = ball(grad), ball(a), at.numbers
    n = places.shape[-1] * places.shape[-2] + 1

    def apply(u: Tensor) -> Tensor:
        found: Tensor = aten.max_pool2d_with_indices_backward(u, x.mid, *sizes, places)
        return found

    rad = up(gamma_of(n) * apply(g.mid.abs()), apply(g.radius())) * (1 + 2 * gamma_of(n))
    return Ball(apply(g.mid), rad)
