r"""The operations and bytes of one sweep that its method cannot do without.

A floor, not a count of what some code does: every matrix product that the update rule asks for is
formed once, whatever can be kept from before is kept, a Gram matrix takes half a product, and
nothing else is counted (a modulus follows from some matrix-vector products, all else is done entry
by entry). P_l = 2·N·n_{l−1}·n_l is the product of layer l, N samples; n_0 is N + 1 where X is kept
in the span of its rows (all but gd and adam, with N < n_0).

| method | products of one sweep |
|---|---|
| gd, adam | z = aWᵀ: P_l; gradients rᵀa: P_l, and rW: P_l for l > 1 |
| tiam, mdlam | W_l: rᵀa, aeᵀ; a_l: rW, eWᵀ of layer l+1. With a gradient taken at u + p2Δ, |
| | AΔ besides: aΔᵀ for l > 1 (X does not change), ΔWᵀ for each a |
| joint_tiam | V_l: rᵀa, aeᵀ, half of aᵀa and its Cholesky factor for l > 1 (that of X is kept), |
| | two triangular solutions; (z, a)_l: rW, aWᵀ of layer l+1 |
| bcd | W_l: rᵀa, half of aᵀa, factor, solutions (b needs sums of columns alone); a_l: rW, |
| | half of WᵀW, factor, solutions for N rows; z_l: aWᵀ (AAᵀ for AᵀA where that is less) |

A product of m×k with k×n has 2mkn operations, a Cholesky factor n³/3, two triangular solutions for
m right-hand sides 2n²m. Bytes: every state tensor is read and written once, X is read once; all
else could stay in the cache. The time of a sweep is then at least

    max(operations / rate of large matrix products, bytes / bandwidth).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Shape:
    """N samples and the widths n_0, …, n_L; ``inertia``: gradients are taken at u + p2Δ, p2 ≠ 0."""

    samples: int
    widths: tuple[int, ...]
    inertia: bool = False
    itemsize: int = 4

    def products(self) -> list[int]:
        """P_1, …, P_L."""
        return [2 * self.samples * m * n for m, n in pairwise(self.widths)]

    def spanned(self) -> Shape:
        """With X in the span of its rows where that is smaller."""
        first = min(self.widths[0], self.samples + 1)
        return Shape(self.samples, (first, *self.widths[1:]), self.inertia, self.itemsize)


@dataclass(frozen=True)
class Floor:
    """Operations and bytes of a sweep."""

    flops: int
    bytes: int

    def seconds(self, rate: float, bandwidth: float) -> float:
        """The least time at ``rate`` operations and ``bandwidth`` bytes a second."""
        return max(self.flops / rate, self.bytes / bandwidth)


def floor(method: str, shape: Shape) -> Floor:
    """That of a method of ``METHODS``; KeyError for another."""
    count, auxiliary, spanned = METHODS[method]
    shape = shape.spanned() if spanned else shape
    return Floor(sum(count(shape)), _bytes(shape, auxiliary))


def _bytes(shape: Shape, auxiliary: bool) -> int:
    """Weights and, where there are any, z and a, read and written; X read."""
    n, widths = shape.samples, shape.widths
    weights = sum((m + 1) * k for m, k in pairwise(widths))
    states = n * (sum(widths[1:]) + sum(widths[1:-1])) if auxiliary else 0
    return shape.itemsize * (2 * (weights + states) + n * widths[0])


def _factor(n: int, right: int) -> int:
    """A Cholesky factor of n×n and its two triangular solutions for so many right-hand sides."""
    return n**3 // 3 + 2 * n * n * right


def _gradient(shape: Shape) -> Iterator[int]:
    for layer, product in enumerate(shape.products(), start=1):
        yield (2 if layer == 1 else 3) * product


def _tiam(shape: Shape) -> Iterator[int]:
    for layer, product in enumerate(shape.products(), start=1):
        yield 2 * product  # W's gradient and image
        if layer > 1:
            yield 2 * product  # those of the a before
            yield 2 * product * shape.inertia


def _joint(shape: Shape) -> Iterator[int]:
    for layer, (product, (m, n)) in enumerate(
        zip(shape.products(), pairwise(shape.widths), strict=True), start=1
    ):
        yield 2 * product
        if layer == 1:
            yield 2 * m * m * n
        else:
            yield 2 * product + shape.samples * m * m + _factor(m, n)


def _bcd(shape: Shape) -> Iterator[int]:
    for layer, (product, (m, n)) in enumerate(
        zip(shape.products(), pairwise(shape.widths), strict=True), start=1
    ):
        yield 2 * product  # aWᵀ and W's right-hand side
        if layer == 1:
            yield 2 * min(m, shape.samples) ** 2 * n
        else:
            yield _ridge(shape.samples, m, n) + product + _ridge(n, m, shape.samples)


def _ridge(rows: int, m: int, right: int) -> int:
    """With (AᵀA + κI)⁻¹, A of rows × m, so many right-hand sides: by AᵀA, or by AAᵀ if less."""
    small = rows * rows * m + _factor(rows, right) + 4 * rows * m * right
    return min(rows * m * m + _factor(m, right), small)


Count = Callable[[Shape], Iterator[int]]
METHODS: dict[str, tuple[Count, bool, bool]] = {
    "gd": (_gradient, False, False),
    "adam": (_gradient, False, False),
    "tiam": (_tiam, True, True),
    "mdlam": (_tiam, True, True),
    "joint_tiam": (_joint, True, True),
    "bcd": (_bcd, True, True),
}
"""By method: its operations, whether it has z and a, whether X may be kept in its row span."""
