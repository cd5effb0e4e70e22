r"""Rules for sums: linear operators, convolutions, softmax, norms of layers and batches.

A sum of n terms in any order errs by γ_n Σ|x_i|; here long sums are halved until eight terms are
left, so that n is 8 + log₂ of their number. Matrix products are in ``products``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from amverify.numbers.roundoff import ETA
from amverify.record.shadow import elementary
from amverify.record.shadow.balls import WIDE, Ball, gamma_of, number, up
from amverify.record.shadow.operands import NoRule, ball, rule
from amverify.record.shadow.products import bilinear

FEW = 8


def halved(x: Tensor) -> tuple[Tensor, int]:
    """Σ over the last dimension, and n of its γ_n."""
    steps = 0
    while x.shape[-1] > FEW:
        half = x.shape[-1] // 2
        rest = x[..., 2 * half :]
        x = torch.cat((x[..., :half] + x[..., half : 2 * half], rest), -1)
        steps += 1
    return x.sum(-1), steps + FEW


def total(x: Ball, dims: Sequence[int], keep: bool = False) -> Ball:
    """Σ over some dimensions."""
    ndim = x.mid.ndim
    dims = sorted({d % ndim for d in dims}) if ndim else []
    if not dims:
        return x
    kept = [d for d in range(ndim) if d not in dims]
    count = prod(x.mid.shape[d] for d in dims)
    rows = x.mid.permute(*kept, *dims).reshape(*(x.mid.shape[d] for d in kept), count)
    mid, n = halved(rows)
    sizes = x.mid.abs().sum(dims)
    if x.rad is not None:
        sizes, spread = gamma_of(n) * sizes, x.rad.sum(dims)
        rad = up(sizes, spread) * (1 + gamma_of(count))
    else:
        rad = up(gamma_of(n) * sizes) * (1 + gamma_of(count))
    if keep:
        shape = [1 if d in dims else x.mid.shape[d] for d in range(ndim)]
        return Ball(mid.reshape(shape), rad.reshape(shape))
    return Ball(mid, rad)


def _all_dims(x: Ball, dims: Any) -> list[int]:
    if dims is None or dims == [] or not x.mid.ndim:
        return list(range(x.mid.ndim))
    return [dims] if isinstance(dims, int) else list(dims)


@rule("sum.dim_IntList", "sum.default")
def sum_(a: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Ball:
    """Σ over some dimensions, or over all."""
    x = ball(a)
    return total(x, _all_dims(x, dim), keepdim)


@rule("mean.default", "mean.dim")
def mean(a: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Ball:
    """The mean over some dimensions, or over all."""
    x = ball(a)
    dims = _all_dims(x, dim)
    count = prod(x.mid.shape[d] for d in dims)
    return total(x, dims, keepdim) / number(count, x.mid)


def centred(x: Ball, dims: Sequence[int]) -> tuple[Ball, Ball]:
    """The mean (dimensions kept) and what x departs from it."""
    middle = mean(x, list(dims), True)
    return middle, x - middle


@rule("var.correction")
def variance(a: Any, dim: Any = None, *, correction: Any = 1, keepdim: bool = False) -> Ball:
    """Σ(x − x̄)²/(n − c)."""
    x = ball(a)
    dims = _all_dims(x, dim)
    count = prod(x.mid.shape[d] for d in dims)
    _, rest = centred(x, dims)
    return total(rest * rest, dims, keepdim) / number(count - (1 if correction is None
                                                              else correction), x.mid)  # fmt: skip


@rule("var_mean.correction")
def variance_mean(
    a: Any, dim: Any = None, *, correction: Any = 1, keepdim: bool = False
) -> tuple[Ball, Ball]:
    """Variance and mean."""
    return variance(a, dim, correction=correction, keepdim=keepdim), mean(a, dim, keepdim)


@rule("linalg_vector_norm.default")
def vector_norm(
    a: Any, order: float = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Ball:
    """‖x‖ for the orders 1 and 2."""
    x = ball(a)
    dims = _all_dims(x, dim)
    if order == 2:
        return elementary.sqrt(total(x * x, dims, keepdim))
    if order == 1:
        return total(abs(x), dims, keepdim)
    raise NoRule(f"a norm of order {order}")


def linear(f: Callable[[Tensor], Tensor], x: Ball, n: int) -> Ball:
    """A linear operator with weights of one sign, n terms an entry."""
    spread = None if x.rad is None else f(x.rad)
    slack = 2 * n * ETA
    return Ball(f(x.mid), up(gamma_of(n) * f(x.mid.abs()) + slack, spread) * (1 + gamma_of(n)))


@rule("convolution.default")
def convolution(
    inputs: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int,
) -> Ball:  # fmt: skip
    """Cross-correlation, or its transpose."""
    x, w = ball(inputs), ball(weight)

    def apply(u: Tensor, v: Tensor) -> Tensor:
        found: Tensor = torch.ops.aten.convolution(
            u, v, None, stride, padding, dilation, transposed, output_padding, groups
        )
        return found

    found = bilinear(apply, x, w, w.mid.numel())
    if bias is None:
        return found
    b = ball(bias)
    shape = (-1, *([1] * (w.mid.ndim - 2)))
    return found + Ball(b.mid.reshape(shape), None if b.rad is None else b.rad.reshape(shape))


@rule("convolution_backward.default")
def convolution_backward(
    grad: Any, inputs: Any, weight: Any, bias_sizes: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, wanted: Sequence[bool],
) -> tuple[Ball | None, ...]:  # fmt: skip
    """Gradients by input, weight and bias."""
    g, x, w = ball(grad), ball(inputs), ball(weight)

    geometry = (stride, padding, dilation, transposed, output_padding, groups)

    def part(which: int, u: Tensor, left: Tensor, right: Tensor) -> Tensor:
        mask = [i == which for i in range(3)]
        found = torch.ops.aten.convolution_backward(u, left, right, None, *geometry, mask)
        gradient: Tensor = found[which]
        return gradient

    by_input = by_weight = by_bias = None
    if wanted[0]:
        by_input = bilinear(lambda u, v: part(0, u, x.mid, v), g, w, w.mid.numel())
    if wanted[1]:
        by_weight = bilinear(lambda u, v: part(1, u, v, w.mid), g, x, g.mid.numel())
    if wanted[2]:
        by_bias = total(g, [d for d in range(g.mid.ndim) if d != 1])
    return by_input, by_weight, by_bias


@rule("avg_pool2d.default")
def average_pool(a: Any, kernel: Any, *more: Any, **options: Any) -> Ball:
    """Means over windows."""
    count = prod(kernel) ** (3 - len(kernel)) + 2
    return linear(lambda u: torch.ops.aten.avg_pool2d(u, kernel, *more, **options), ball(a), count)


@rule("avg_pool2d_backward.default")
def average_pool_backward(grad: Any, a: Any, kernel: Any, *more: Any) -> Ball:
    """The gradient of means over windows."""
    mid = ball(a).mid
    count = prod(kernel) ** (3 - len(kernel)) + 2
    apply = torch.ops.aten.avg_pool2d_backward
    return linear(lambda u: apply(u, mid, kernel, *more), ball(grad), count)


@rule("_adaptive_avg_pool2d.default")
def adaptive_pool(a: Any, size: Any) -> Ball:
    """Means over windows that cover the image."""
    x = ball(a)
    count = x.mid.shape[-1] * x.mid.shape[-2] + 2
    return linear(lambda u: torch.ops.aten._adaptive_avg_pool2d(u, size), x, count)


@rule("_adaptive_avg_pool2d_backward.default")
def adaptive_pool_backward(grad: Any, a: Any) -> Ball:
    """The gradient of means over windows that cover the image."""
    g, mid = ball(grad), ball(a).mid
    count = g.mid.shape[-1] * g.mid.shape[-2] + 2
    return linear(lambda u: torch.ops.aten._adaptive_avg_pool2d_backward(u, mid), g, count)


@rule("cumsum.default")
def cumsum(a: Any, dim: int, *, dtype: Any = None) -> Ball:
    """Partial sums."""
    x = ball(a)
    return linear(lambda u: u.cumsum(dim), x, x.mid.shape[dim] if x.mid.ndim else 1)


def _odds(x: Ball, dim: int) -> tuple[Ball, Ball, Ball, Tensor]:
    """x_j − x_a, e^{x_j − x_a}, Σ_{j≠a} of the latter, and a, the place of the largest."""
    at = x.mid.argmax(dim, keepdim=True)
    peak = Ball(x.mid.gather(dim, at), None if x.rad is None else x.rad.gather(dim, at))
    d = x - peak
    d = Ball(d.mid.scatter(dim, at, 0.0), d.radius().scatter(dim, at, 0.0))
    e = elementary.exp(d)
    rest = total(Ball(e.mid.scatter(dim, at, 0.0), e.radius().scatter(dim, at, 0.0)), [dim], True)
    return d, e, rest, at


@rule("_log_softmax.default")
def log_softmax(a: Any, dim: int, half_to_float: bool = False) -> Ball:
    """x_i − x_a − log(1 + Σ_{j≠a} e^{x_j − x_a}): small where it is near 0, with a small radius."""
    x = ball(a)
    d, _, rest, _ = _odds(x, dim)
    return d - elementary.log1p(rest)


@rule("_softmax.default")
def softmax(a: Any, dim: int, half_to_float: bool = False) -> Ball:
    """e^{x_i − x_a}/(1 + Σ_{j≠a} e^{x_j − x_a})."""
    x = ball(a)
    _, e, rest, _ = _odds(x, dim)
    return e / (number(1, x.mid) + rest)


@rule("_safe_softmax.default")
def safe_softmax(a: Any, dim: int, dtype: Any = None) -> Ball:
    """The same; torch gives 0 where a whole row is masked, which cannot be seen here."""
    if bool((ball(a).mid == -torch.inf).all(dim).any()):
        raise NoRule("a row that is masked as a whole")
    return softmax(a, dim)


@rule("logsumexp.default")
def logsumexp(a: Any, dim: Any, keepdim: bool = False) -> Ball:
    """x_a + log(1 + Σ_{j≠a} e^{x_j − x_a}), over one dimension."""
    x = ball(a)
    dims = _all_dims(x, dim)
    if len(dims) != 1 or not x.mid.ndim:
        raise NoRule("logsumexp over several dimensions")
    _, _, rest, at = _odds(x, dims[0])
    peak = Ball(x.mid.gather(dims[0], at), x.radius().gather(dims[0], at))
    found = peak + elementary.log1p(rest)
    return found if keepdim else Ball(found.mid.squeeze(dims[0]), found.radius().squeeze(dims[0]))


@rule("_log_softmax_backward_data.default")
def log_softmax_backward(grad: Any, output: Any, dim: int, dtype: Any = None) -> Ball:
    r"""g_i − p_iΣ_j g_j, p = e^{output}, written as −g_i(p_i − 1) − p_iΣ_{j≠i}g_j.

    Where a row has one entry of g, as for cross-entropy, its own part cancels nothing.
    """
    g, out = ball(grad), ball(output)
    there = g.size() != 0
    alone = there.sum(dim, keepdim=True) <= 1
    whole = total(g, [dim], True)
    mine = alone & there
    others = whole - g
    rest = Ball(torch.where(mine, 0.0, others.mid), torch.where(mine, 0.0, others.radius()))
    return -(g * elementary.expm1(out)) - elementary.exp(out) * rest


def _columns(x: Any, ndim: int) -> Ball:
    """One number a channel, to be broadcast over (N, C, …)."""
    b = ball(x)
    shape = (1, -1, *([1] * (ndim - 2)))
    return Ball(b.mid.reshape(shape), None if b.rad is None else b.rad.reshape(shape))


@rule("native_layer_norm.default")
def layer_norm(a: Any, shape: Sequence[int], weight: Any, bias: Any, eps: float) -> Any:
    """(x − x̄)/√(var + ε) over the last dimensions, weighted; with x̄ and 1/√."""
    x = ball(a)
    dims = list(range(x.mid.ndim - len(shape), x.mid.ndim))
    middle, rest = centred(x, dims)
    scale = elementary.rsqrt(mean(rest * rest, dims, True) + number(eps, x.mid))
    out = rest * scale
    out = out if weight is None else out * ball(weight)
    return (out if bias is None else out + ball(bias)), middle, scale


@rule("native_batch_norm.default")
def batch_norm(
    a: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any,
    training: bool, momentum: float, eps: float,
) -> Any:  # fmt: skip
    """(x − x̄)/√(var + ε) by channels, weighted; with x̄ and 1/√ of the batch."""
    x = ball(a)
    dims = [d for d in range(x.mid.ndim) if d != 1]
    if training:
        middle, rest = centred(x, dims)
        spread = mean(rest * rest, dims, True)
    else:
        middle, spread = (_columns(r, x.mid.ndim) for r in (running_mean, running_var))
        rest = x - middle
    scale = elementary.rsqrt(spread + number(eps, x.mid))
    out = rest * scale
    out = out if weight is None else out * _columns(weight, x.mid.ndim)
    out = out if bias is None else out + _columns(bias, x.mid.ndim)
    if not training:
        none = Ball(torch.zeros(0, dtype=WIDE))
        return out, none, none
    return out, *(Ball(b.mid.reshape(-1), b.radius().reshape(-1)) for b in (middle, scale))


@rule("mse_loss.default")
def mse_loss(a: Any, b: Any, reduction: int = 1) -> Ball:
    """(a − b)², its mean (reduction 1) or its sum (2)."""
    d = ball(a) - ball(b)
    squares = d * d
    return squares if not reduction else (mean(squares) if reduction == 1 else sum_(squares))


@rule("mse_loss_backward.default")
def mse_loss_backward(grad: Any, a: Any, b: Any, reduction: int) -> Ball:
    """2(a − b)g, over their number for a mean."""
    found = ((ball(a) - ball(b)) * ball(grad)).times(2.0)
    return found / number(found.mid.numel(), found.mid) if reduction == 1 else found
