"""Rules for operators that work entry by entry."""

from __future__ import annotations

import math
from typing import Any

import torch

from amverify.numbers.roundoff import U
from amverify.record.shadow import elementary
from amverify.record.shadow.balls import WIDE, Ball, number, pick, up
from amverify.record.shadow.operands import RULES, NoRule, ball, rule

for _name in (
    *("exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "reciprocal", "tanh", "sigmoid"),
    *("erf", "sin", "cos", "relu"),
):
    RULES[f"{_name}.default"] = lambda x, _f=getattr(elementary, _name): _f(ball(x))


@rule("add.Tensor", "add.Scalar")
def add(a: Any, b: Any, alpha: float = 1) -> Ball:
    """a + αb."""
    return ball(a) + ball(b).times(alpha)


@rule("sub.Tensor", "sub.Scalar")
def sub(a: Any, b: Any, alpha: float = 1) -> Ball:
    """a − αb."""
    return ball(a) - ball(b).times(alpha)


@rule("mul.Tensor", "mul.Scalar")
def mul(a: Any, b: Any) -> Ball:
    """ab; a number of ±1 rounds nothing."""
    return ball(a).times(b) if isinstance(b, int | float) else ball(a) * ball(b)


@rule("div.Tensor", "div.Scalar")
def div(a: Any, b: Any) -> Ball:
    """a/b."""
    return ball(a) / ball(b)


@rule("neg.default")
def neg(a: Any) -> Ball:
    """−a."""
    return -ball(a)


@rule("abs.default")
def absolute(a: Any) -> Ball:
    """|a|."""
    return abs(ball(a))


@rule("tanh_backward.default")
def tanh_backward(grad: Any, output: Any) -> Ball:
    """g(1 − t²), the ball of 1 − t² at once: |δ(2t + δ)| more, |δ| ≤ r."""
    t = ball(output)
    slope = 1 - t.mid * t.mid
    rad = (slope.abs() * (2 * U)).add_(U)
    if t.rad is not None:
        rad = (t.mid.abs().mul_(2).add_(t.rad)).mul_(t.rad).add_(rad)
    return ball(grad) * Ball(slope, up(rad))


@rule("sigmoid_backward.default")
def sigmoid_backward(grad: Any, output: Any) -> Ball:
    """gσ(1 − σ)."""
    s = ball(output)
    return ball(grad) * (s * (number(1, s.mid) - s))


@rule("threshold_backward.default")
def threshold_backward(grad: Any, a: Any, threshold: float) -> Ball:
    """g where a is above the threshold, else 0; the ball around both where that is open."""
    g, x = ball(grad), ball(a)
    x = x if threshold == 0 else x - number(threshold, x.mid)
    on, off = x.mid > x.radius(), x.mid <= -x.radius()
    if bool((on | off).all()):
        mid = torch.where(on, g.mid, 0.0)
        return Ball(mid, None if g.rad is None else torch.where(on, g.rad, 0.0))
    return pick(on, g, off, Ball(torch.zeros_like(g.mid)))


@rule("sign.default", "sgn.default")
def sign(a: Any) -> Ball:
    """±1 where the sign is sure, 0 where a is exactly 0."""
    x = ball(a)
    if x.rad is None:
        return Ball(x.mid.sign())
    sure = (x.mid.abs() > x.rad) | (x.rad == 0)
    return Ball(torch.where(sure, x.mid.sign(), 0.0), (~sure).to(WIDE))


@rule("pow.Tensor_Scalar")
def power(a: Any, exponent: float | Ball) -> Ball:
    """a^p for a number p, or for a small ball of them."""
    if isinstance(exponent, Ball):
        return elementary.powers(ball(a), exponent)
    return elementary.power(ball(a), exponent)


@rule("softplus.default")
def softplus(a: Any, beta: float = 1, threshold: float = 20) -> Ball:
    """log(1 + e^{βa})/β; torch gives a itself above its threshold: the ball holds both."""
    x = ball(a).times(beta)
    smooth = elementary.softplus(x)
    far = x.mid + x.radius() * 1.01 >= threshold * 0.99
    near = far.to(WIDE) * math.exp(-0.98 * threshold)
    return Ball(smooth.mid, up(smooth.radius(), near)) / number(beta, x.mid)


@rule("gelu.default")
def gelu(a: Any, approximate: str = "none") -> Ball:
    """aΦ(a), or its approximation by tanh."""
    x = ball(a)
    half = x.times(0.5)
    if approximate == "none":
        return half * (number(1, x.mid) + elementary.erf(x * rounded(math.sqrt(0.5), x)))
    cube = x * x * x * Ball(number(0.044715, x.mid).mid)
    inner = rounded(math.sqrt(2 / math.pi), x) * (x + cube)
    return half * (number(1, x.mid) + elementary.tanh(inner))


def rounded(constant: float, like: Ball) -> Ball:
    """A constant that a double holds to a few units in the last place."""
    found = number(constant, like.mid)
    return Ball(found.mid, 4 * U * found.mid.abs())


@rule("leaky_relu.default")
def leaky_relu(a: Any, slope: float = 0.01) -> Ball:
    """a where it is positive, else a times the slope."""
    x = ball(a)
    radius = x.radius()
    return pick(x.mid > radius, x, x.mid <= -radius, x.times(slope))


@rule("elu.default")
def elu(a: Any, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Ball:
    """a where it is positive, else α(e^a − 1)."""
    x = ball(a)
    radius = x.radius()
    bent = elementary.expm1(_below(x).times(input_scale)).times(alpha)
    return pick(x.mid > radius, x, x.mid <= -radius, bent).times(scale)


@rule("elu_backward.default")
def elu_backward(
    grad: Any, alpha: float, scale: float, input_scale: float, is_result: bool, a: Any
) -> Ball:
    """The slope of elu, selu and celu, from a or from its result.

    Celu is α(e^{a/α} − 1) below 0; torch hands over 1/α as float32 has it, whatever the format.
    """
    g, x = ball(grad), ball(a)
    one = number(1.0, x.mid)
    inner = one.times(input_scale) if scale != 1 or input_scale == 1 else one / one.times(alpha)
    depth = one.times(alpha).times(scale)
    steep = x + depth if is_result else depth * elementary.exp(_below(x) * inner)
    below, radius = g * inner * steep, x.radius()
    return pick(x.mid > radius, g.times(scale), x.mid <= -radius, below)


def _below(x: Ball) -> Ball:
    return Ball(x.mid.clamp_max(0), x.rad)


@rule("maximum.default")
def maximum(a: Any, b: Any) -> Ball:
    """The larger, entry by entry."""
    x, y = ball(a), ball(b)
    d, off = x.mid - y.mid, (x.radius() + y.radius()) * (1 + 8 * U)
    widest = torch.maximum(x.radius() + 0 * d, y.radius() + 0 * d)
    both = Ball(torch.maximum(x.mid, y.mid), widest)
    left, right = d > off, -d > off
    mid = torch.where(left, x.mid, torch.where(right, y.mid, both.mid))
    rad = torch.where(left, x.radius(), torch.where(right, y.radius(), both.radius()))
    return Ball(mid, rad)


@rule("minimum.default")
def minimum(a: Any, b: Any) -> Ball:
    """The smaller, entry by entry."""
    return -maximum(-ball(a), -ball(b))


@rule("clamp.default", "clamp.Tensor", "hardtanh.default")
def clamp(a: Any, low: Any = None, high: Any = None) -> Ball:
    """a, cut off below and above."""
    x = ball(a)
    if low is not None:
        x = maximum(x, low)
    return x if high is None else minimum(x, high)


@rule("fill.Scalar", "fill.Tensor")
def fill(a: Any, value: Any) -> Ball:
    """The value everywhere."""
    if not isinstance(a, Ball) and not hasattr(a, "run"):
        raise NoRule("fill of a number")
    found = ball(value)
    return Ball(found.mid.expand(a.run.shape), found.rad)


@rule("zero.default")
def zero(a: Any) -> Ball:
    """0 everywhere."""
    return fill(a, 0.0)
