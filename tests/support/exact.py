"""F in exact rational arithmetic, entry by entry: every float64 is a fraction."""

from __future__ import annotations

from fractions import Fraction

from torch import Tensor

from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem, Point
from support.problems import group

Matrix = list[list[Fraction]]
ExactPoint = dict[str, list[Matrix]]

EXACT_ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: max(z, Fraction(0)),
    "leaky_relu": lambda z: z if z > 0 else Fraction(0.01) * z,
    "hard_tanh": lambda z: min(max(z, Fraction(-1)), Fraction(1)),
    "relu6": lambda z: min(max(z, Fraction(0)), Fraction(6)),
}


def fractions(u: Tensor) -> Matrix:
    """The entries of a matrix, exactly."""
    return [[Fraction(x) for x in row] for row in u.tolist()]


def exact_point(at: Point) -> ExactPoint:
    """All blocks of a point, exactly."""
    return {kind: [fractions(u) for u in group(at, kind)] for kind in "Wbza"}


def exact_objective(p: LayeredProblem, at: Point | ExactPoint, absolute: bool = False) -> Fraction:
    """F without R; with ``absolute``, the same expression of absolute values."""
    blocks = exact_point(at) if isinstance(at, Point) else at
    sign = abs if absolute else (lambda x: x)
    minus = 1 if absolute else -1
    h = EXACT_ACTIVATIONS.get(p.activation.name)  # a band has no use for h
    total, a = Fraction(0), fractions(p.space.inputs)
    for i, (ws, (bs,), zs) in enumerate(zip(blocks["W"], blocks["b"], blocks["z"], strict=True)):
        for row_a, row_z in zip(a, zs, strict=True):
            for row_w, bias, z in zip(ws, bs, row_z, strict=True):
                products = (sign(x) * sign(y) for x, y in zip(row_a, row_w, strict=True))
                pre = sum(products, sign(bias))
                total += Fraction(p.rho) / 2 * (sign(z) + minus * pre) ** 2
        total += Fraction(p.mu) / 2 * sum(x * x for row in ws for x in row)
        if i + 1 < p.layers:
            a = blocks["a"][i]
            if isinstance(p.coupling, Penalty):
                for row_a, row_z in zip(a, zs, strict=True):
                    gaps = (sign(x) + minus * sign(h(z)) for x, z in zip(row_a, row_z, strict=True))
                    total += Fraction(p.coupling.nu) / 2 * sum(g * g for g in gaps)
    return total


def exact_change(p: LayeredProblem, at: Point, kind: str, layer: int, e: Tensor) -> Fraction:
    """F − R at u + e, less F − R at u, where u + e is not rounded."""
    moved = exact_point(at)
    old = moved[kind][layer - 1]
    moved[kind][layer - 1] = [
        [x + y for x, y in zip(row, step, strict=True)]
        for row, step in zip(old, fractions(e), strict=True)
    ]
    return exact_objective(p, moved) - exact_objective(p, at)
