"""What a walk says of each operation, against what torch computes at random points of a box.

All are traced as one function of x (4, 3), s (3, 3), v (3). Of each are looked at: its range;
whether it is never 0; its degree, by finite differences along a line; its shape, by the
middle of two points; and, unless it may jump, that it hardly moves when its point hardly does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import comb
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from amverify.definability.domain import declared
from amverify.definability.graphs import Walk
from amverify.definability.tracing import Wrapped
from amverify.definability.values import Shape, Value

Point = tuple[Tensor, Tensor, Tensor]
SIZES = ((4, 3), (3, 3), (3,))
LIKELY = torch.tensor([[0.5, 0.2, 0.3]] * 4, dtype=torch.float64)
MASK = torch.zeros(4, 3, dtype=torch.float64).masked_fill(LIKELY < 0.25, -math.inf)
CLASSES, SIGNS = torch.tensor([0, 1, 2, 0]), torch.tensor([1.0, -1, 1, 1], dtype=torch.float64)
AT, ROWS = torch.tensor([[0], [1], [2], [0]]), torch.tensor([0, 2])
FAR = 10 * torch.eye(3, dtype=torch.float64)
MINUS = torch.tensor(-3.0, dtype=torch.float64)

OPERATIONS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "trace": lambda x, s, v: torch.trace(s),
    "diag of a vector": lambda x, s, v: torch.diag(v),
    "einsum": lambda x, s, v: torch.einsum("ij,j->i", x, v),
    "einsum of three": lambda x, s, v: torch.einsum("ij,jk,k->i", x, s, v),
    "tensordot": lambda x, s, v: torch.tensordot(x, s, 1),
    "multi_dot": lambda x, s, v: torch.linalg.multi_dot([x, s, v]),
    "inner": lambda x, s, v: torch.inner(x, s),
    "inner with itself": lambda x, s, v: torch.inner(v, v),
    "vecdot": lambda x, s, v: torch.linalg.vecdot(x, x, dim=0),
    "cross": lambda x, s, v: torch.linalg.cross(s, s.flip(0)),
    "kron": lambda x, s, v: torch.kron(v, v),
    "addbmm": lambda x, s, v: torch.addbmm(
        s, x[:, :, None].expand(4, 3, 2), x[:, None, :].expand(4, 2, 3)
    ),
    "baddbmm": lambda x, s, v: torch.baddbmm(s[None], s[None], s[None]),
    "addmv": lambda x, s, v: torch.addmv(v, s, v, beta=0.5, alpha=2),
    "addr": lambda x, s, v: torch.addr(s, v, v),
    "bilinear": lambda x, s, v: F.bilinear(x, x, s[None].expand(2, 3, 3)),
    "kl_div, fixed": lambda x, s, v: F.kl_div(x, LIKELY, reduction="none"),
    "kl_div of logarithms": lambda x, s, v: F.kl_div(x, x, reduction="sum", log_target=True),
    "soft margin": lambda x, s, v: F.soft_margin_loss(x, SIGNS[:, None].expand(4, 3)),
    "rrelu, steep": lambda x, s, v: F.rrelu(x, 1.5, 2.5, training=False),
    "rrelu": lambda x, s, v: F.rrelu(x, training=False),
    "prelu": lambda x, s, v: F.prelu(x, v),
    "leaky, steep": lambda x, s, v: F.leaky_relu(x, 3.0),
    "threshold that jumps": lambda x, s, v: F.threshold(x, 0.5, 20.0),
    "threshold": lambda x, s, v: F.threshold(x, 0.5, 0.5),
    "hardshrink": lambda x, s, v: F.hardshrink(x),
    "softshrink": lambda x, s, v: F.softshrink(x),
    "softplus, cut short": lambda x, s, v: F.softplus(x, threshold=0.5),
    "softplus, beta": lambda x, s, v: F.softplus(x, beta=2.0),
    "logit": lambda x, s, v: torch.logit(x, 0.1),
    "xlogy": lambda x, s, v: torch.xlogy(x, x.abs() + 1),
    "xlog1py": lambda x, s, v: torch.special.xlog1py(x, x.abs()),
    "atan2": lambda x, s, v: torch.atan2(x, x.flip(0)),
    "lerp": lambda x, s, v: torch.lerp(x, x.flip(0), 0.3),
    "addcmul": lambda x, s, v: torch.addcmul(x, x, x, value=-2),
    "addcdiv": lambda x, s, v: torch.addcdiv(x, x, x.abs() + 1, value=-2),
    "logical_not": lambda x, s, v: torch.logical_not(x).double(),
    "bits": lambda x, s, v: (torch.arange(3) | 8).double() * v,
    "complement": lambda x, s, v: (~torch.arange(3)).double() * v,
    "round to hundreds": lambda x, s, v: torch.round(x * 30, decimals=-2),
    "heaviside": lambda x, s, v: torch.heaviside(x, MINUS),
    "copysign": lambda x, s, v: torch.copysign(x, x.flip(0)),
    "fmod": lambda x, s, v: torch.fmod(x, 0.7),
    "division rounded": lambda x, s, v: torch.div(x, 0.7, rounding_mode="trunc"),
    "sums as means": lambda x, s, v: F.avg_pool2d(x[None, None], 2, divisor_override=1),
    "mean of 1/x": lambda x, s, v: torch.mean(1 / x),
    "quantile of 1/x": lambda x, s, v: torch.quantile(1 / x, 0.5),
    "1/x interpolated": lambda x, s, v: F.interpolate(1 / x[None], scale_factor=3, mode="linear"),
    "var_mean": lambda x, s, v: torch.var_mean(1 / x)[1],
    "index_add": lambda x, s, v: torch.index_add(s * 0, 0, AT[:2, 0], s[:2], alpha=-1),
    "index_fill": lambda x, s, v: x.index_fill(0, ROWS, -5.0),
    "scatter of a number": lambda x, s, v: x.scatter(1, AT, -5.0),
    "scatter": lambda x, s, v: x.scatter(1, AT, x),
    "a number": lambda x, s, v: v * torch.scalar_tensor(5.0, dtype=torch.float64),
    "powers of ten": lambda x, s, v: torch.logspace(1, 2, 3, dtype=torch.float64) * v,
    "identity": lambda x, s, v: torch.eye(3, dtype=torch.float64) * s,
    "mean of layer norm": lambda x, s, v: torch.native_layer_norm(x, [3], None, None, 1e-5)[1],
    "scale of layer norm": lambda x, s, v: torch.native_layer_norm(x, [3], None, None, 1e-5)[2],
    "rms norm": lambda x, s, v: F.rms_norm(x, (3,)),
    "dist, broadcast": lambda x, s, v: torch.dist(v, x),
    "cdist": lambda x, s, v: torch.cdist(x, s, p=1.0),
    "pairwise distance": lambda x, s, v: F.pairwise_distance(v, x),
    "cosine": lambda x, s, v: F.cosine_similarity(x, x.flip(0), eps=0.0),
    "det": lambda x, s, v: torch.linalg.det(s),
    "solve": lambda x, s, v: torch.linalg.solve(s + FAR, v),
    "log |det|": lambda x, s, v: torch.linalg.slogdet(s + FAR)[1],
    "sign of det": lambda x, s, v: torch.linalg.slogdet(s + FAR)[0],
    "count_nonzero": lambda x, s, v: torch.count_nonzero(x).double(),
    "norm −∞": lambda x, s, v: torch.linalg.vector_norm(x, -math.inf),
    "weight norm": lambda x, s, v: torch._weight_norm(x, v[:1].expand(4)[:, None], 0),
    "cumprod": lambda x, s, v: torch.cumprod(x, 1),
    "aminmax": lambda x, s, v: torch.aminmax(x)[0] + torch.aminmax(x)[1],
    "max of two": lambda x, s, v: torch.max(x, x.flip(0)),
    "glu": lambda x, s, v: F.glu(torch.cat([x, x], 1)),
    "bag of means": lambda x, s, v: F.embedding_bag(CLASSES[None], x),
    "bag of maxima": lambda x, s, v: F.embedding_bag(CLASSES[None], x, mode="max"),
    "bag with factors": lambda x, s, v: F.embedding_bag(
        CLASSES[None], x, mode="sum", per_sample_weights=x[:, 0][None]
    ),
    "nll by weights": lambda x, s, v: F.nll_loss(x, CLASSES, weight=v),
    "cross-entropy by weights": lambda x, s, v: F.cross_entropy(x, CLASSES, weight=v),
    "cross-entropy, likely": lambda x, s, v: F.cross_entropy(x, LIKELY),
    "bce by weights": lambda x, s, v: F.binary_cross_entropy(torch.sigmoid(x), LIKELY, v.abs()),
    "logistic by weights": lambda x, s, v: F.binary_cross_entropy_with_logits(
        x, LIKELY, weight=v, pos_weight=v
    ),
    "multi margin": lambda x, s, v: F.multi_margin_loss(x, CLASSES),
    "multi margin by weights": lambda x, s, v: F.multi_margin_loss(x, CLASSES, weight=v.exp()),
    "hinge embedding": lambda x, s, v: F.hinge_embedding_loss(x, SIGNS[:, None]),
    "l1": lambda x, s, v: F.l1_loss(x, LIKELY, reduction="sum"),
    "pad": lambda x, s, v: F.pad(x, (1, 1), value=-7.0),
    "pad by reflection": lambda x, s, v: F.pad(x, (1, 1), mode="reflect"),
    "cubes by a tensor": lambda x, s, v: x ** torch.full((3,), 3.0, dtype=torch.float64),
    "rsub": lambda x, s, v: torch.rsub(x, 2, alpha=3),
    "exp of a mask": lambda x, s, v: torch.exp(x + MASK),
    "times exp of a mask": lambda x, s, v: x * torch.exp(MASK),
    "logsumexp of a mask": lambda x, s, v: torch.logsumexp(x + MASK, -1),
    "sum of truths": lambda x, s, v: (x > 0).long().sum().double(),
    "batch norm in eval": lambda x, s, v: F.batch_norm(x, v, v.abs(), training=False),
    "transposed convolution": lambda x, s, v: F.conv_transpose2d(s[None, None], s[None, None]),
    "where": lambda x, s, v: torch.where(x > 1, x, -x),
    "searchsorted": lambda x, s, v: torch.bucketize(v, torch.tensor([0.0, 1.0]).double()).double(),
}


@cache
def program() -> Any:
    """All of them, traced at once."""

    def every(x: Tensor, s: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        return tuple(of(x, s, v) for of in OPERATIONS.values())

    inputs = tuple(torch.ones(size, dtype=torch.float64) for size in SIZES)
    return torch.export.export(Wrapped(every), inputs, strict=False)


@cache
def walked(low: float) -> dict[str, Value]:
    """What is said of each on a box."""
    walk = Walk(program(), declared((low, 2.0), ()), ("x", "s", "v"))
    walk.outputs()
    nodes = {n.name: n for n in walk.program.graph.nodes}
    given = walk.program.graph_signature.user_outputs
    found = [walk.values[nodes[name]] for name in given]
    return {
        name: v[0] if isinstance(v, list) else v for name, v in zip(OPERATIONS, found, strict=True)
    }


@cache
def points(low: float) -> list[Point]:
    """Points of the box: inside, at corners, and with zeros."""
    generator = torch.Generator().manual_seed(7)
    found = []
    for k in range(30):
        shares = [torch.rand(n, generator=generator, dtype=torch.float64) for n in SIZES]
        if k % 3 == 1:
            shares = [share.round() for share in shares]
        at = [low + (2 - low) * share for share in shares]
        found.append(tuple(p.round() if k % 3 == 2 and low < 0 else p for p in at))
    if low < 0:
        signs = torch.tensor([[1.0, -1, 1], [-1, 1, -1]] * 2, dtype=torch.float64)
        found.append((signs, signs[:3] + 0.5, signs[0] / 2))
    return found  # type: ignore[return-value]


def between(a: Point, b: Point, t: float) -> Point:
    return tuple(p + t * (q - p) for p, q in zip(a, b, strict=True))  # type: ignore[return-value]


CASES = [(name, low) for name in OPERATIONS for low in (-2.0, 0.25)]


@pytest.mark.parametrize(("name", "low"), CASES)
def test_what_is_said_of_it_is_true(name: str, low: float) -> None:
    of, said, at = OPERATIONS[name], walked(low)[name], points(low)
    if "1/x" in name:
        at = [p for p in at if (p[0] != 0).all()]
    values = [of(*p) for p in at]
    seen = torch.cat([v.flatten() for v in values])
    seen = seen[seen.isfinite()]
    assert said.low - 1e-9 <= seen.min()
    assert seen.max() <= said.high + 1e-9
    if said.never_zero:
        assert not (seen == 0).any()
    if not said.jumps:
        for p, value in zip(at, values, strict=True):
            near = of(*between(p, at[0], 1e-13))
            calm = value.isfinite() & (value.abs() < 1e4)
            assert ((near - value)[calm].abs() < 1e-3).all()
    if said.degree is not None:
        n = said.degree + 1
        a, b = at[0], at[3]
        terms = [(-1) ** k * comb(n, k) * of(*between(a, b, k / n)) for k in range(n + 1)]
        assert torch.stack(terms).sum(0).abs().max() < 1e-8
    if Shape.AFFINE < said.shape <= Shape.QUADRATIC:
        for p, q in pairwise(at):
            assert (of(*between(p, q, 0.5)) <= (of(*p) + of(*q)) / 2 + 1e-9).all()
