"""F in exact rational arithmetic, entry by entry: every float64 is a fraction."""

from __future__ import annotations

from fractions import Fraction

from torch import Tensor

from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem, Point

Matrix = list[list[Fraction]]

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


def exact_objective(p: LayeredProblem, at: Point, absolute: bool = False) -> Fraction:
    """F without R; with ``absolute``, the same expression of absolute values."""
    sign = abs if absolute else (lambda x: x)
    minus = 1 if absolute else -1
    h = EXACT_ACTIVATIONS[p.activation.name]
    total, a = Fraction(0), fractions(p.space.inputs)
    for i, (w, b, z) in enumerate(zip(at.w, at.b, at.z, strict=True)):
        ws, bs, zs = fractions(w), fractions(b)[0], fractions(z)
        for row_a, row_z in zip(a, zs, strict=True):
            for row_w, bias, value in zip(ws, bs, row_z, strict=True):
                pre = sum((sign(x) * sign(y) for x, y in zip(row_a, row_w, strict=True)), sign(bias))
                total += Fraction(p.rho) / 2 * (sign(value) + minus * pre) ** 2
        total += Fraction(p.mu) / 2 * sum(x * x for row in ws for x in row)
        if i + 1 < p.layers:
            a = fractions(at.a[i])
            if isinstance(p.coupling, Penalty):
                for row_a, row_z in zip(a, zs, strict=True):
                    gaps = (sign(x) + minus * sign(h(y)) for x, y in zip(row_a, row_z, strict=True))
                    total += Fraction(p.coupling.nu) / 2 * sum(g * g for g in gaps)
    return total
