r"""A small layered ReLU network of the specification's objective, as a family.

    F = ½‖z₂ − y‖² + Σ_l (μ/2)‖W_l‖² + (ρ/2)‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖² + coupling

of a₁ to relu(z₁). x holds W₁, b₁, z₁, a₁, W₂, b₂, z₂ row by row. ``layered`` is the same objective
as methods take it (:class:`~amverify.network.layered.LayeredProblem`); the formula here is
evaluated with bounds, or exactly. With ``band`` the constraint |a₁ − relu(z₁)| ≤ ε is no part of
the value.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray

from amverify.families.arithmetic import (
    Entries,
    flattened,
    joined,
    larger,
    lift,
    part,
    product,
    shaped,
    total,
    transposed,
)
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, Vector, dyadic, integers
from amverify.network.activations import activation
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.layered import LayeredProblem, Point
from amverify.network.losses import SquaredError
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma


class LayeredReLU(Problem):
    """Two layers, N = 2 or 3 samples; ρ, μ, ν dyadic.

    Args:
        seed: what it is drawn from: a seed, or a source of numbers.
        coupling: ``penalty`` or ``band``.
    """

    def __init__(self, seed: int | Draws, coupling: str = "penalty") -> None:
        rng = source(seed, 21)
        self.family, self.seed = f"layered_{coupling}", seed_of(seed)
        n, (n0, n1, n2) = int(rng.integers(2, 4)), rng.integers(1, 3, 3).tolist()
        self.widths, self.samples = (n0, n1, n2), n
        self.data, self.target = integers(rng, (n, n0), 2), integers(rng, (n, n2), 2)
        self.data[0] += 3.0
        self.rho, self.mu = float(rng.integers(1, 5)) / 4, float(rng.integers(0, 3)) / 16
        self.penalised = coupling == "penalty"
        self.nu, self.eps = float(rng.integers(1, 5)) / 4, float(rng.integers(1, 5)) / 4
        self.parts = {
            ("W", 1): (n1, n0),
            ("b", 1): (1, n1),
            ("z", 1): (n, n1),
            ("a", 1): (n, n1),
            ("W", 2): (n2, n1),
            ("b", 2): (1, n2),
            ("z", 2): (n, n2),
        }
        sizes = [rows * columns for rows, columns in self.parts.values()]
        ends = np.cumsum([0, *sizes]).tolist()
        self.blocks = tuple(
            Block(kind, layer, tuple(range(ends[i], ends[i + 1])), convex=(kind, layer) != ("z", 1))
            for i, (kind, layer) in enumerate(self.parts)
        )
        self.x0 = dyadic(rng, ends[-1], 1, 4)
        z, a = (list(self.blocks[i].index) for i in (2, 3))
        self.x0[a] = np.maximum(self.x0[z], 0.0)
        self.constants = Constants()

    @property
    def layered(self) -> LayeredProblem:
        """The same objective for the methods."""
        coupling: Coupling = Penalty(self.nu) if self.penalised else Band(self.eps)
        return LayeredProblem(
            torch.from_numpy(self.data),
            torch.from_numpy(self.target),
            self.widths,
            self.rho,
            self.mu,
            coupling,
            activation("relu"),
            SquaredError(),
            representation="dense",
        )

    def point(self, x: Vector) -> Point:
        """A vector as a point of ``layered``."""
        blocks = {key: torch.from_numpy(np.array(u)) for key, u in self._blocks(x).items()}
        by_kind = {kind: [u for (k, _), u in blocks.items() if k == kind] for kind in "Wbza"}
        return Point(by_kind["W"], by_kind["b"], by_kind["z"], by_kind["a"])

    def _blocks(self, x: Entries) -> dict[tuple[str, int], Entries]:
        return {
            key: shaped(part(x, slice(block.index[0], block.index[-1] + 1)), *shape)
            for block, (key, shape) in zip(self.blocks, self.parts.items(), strict=True)
        }

    def _residuals(self, u: dict[tuple[str, int], Entries], x: Entries) -> list[Entries]:
        inputs = (lift(self.data, x), u["a", 1])
        return [
            u["z", i] - product(a, transposed(u["W", i])) - u["b", i]
            for i, a in enumerate(inputs, 1)
        ]

    def smooth(self, x: Entries) -> Entries:
        """F, the penalty included."""
        u = self._blocks(x)
        half = Fraction(1, 2)
        last = u["z", 2] - lift(self.target, x)
        found = lift(half, x) * total(last * last, 2)
        for r in self._residuals(u, x):
            found = found + lift(half * Fraction(self.rho), x) * total(r * r, 2)
        for i in (1, 2):
            found = found + lift(half * Fraction(self.mu), x) * total(u["W", i] * u["W", i], 2)
        if self.penalised:
            gap = u["a", 1] - larger(u["z", 1], lift(0.0, x))
            found = found + lift(half * Fraction(self.nu), x) * total(gap * gap, 2)
        return found

    def slope(self, x: Entries) -> Entries:
        """∇F where it exists; at ReLU's kink the slope on the left, 0, is taken."""
        u = self._blocks(x)
        rho, mu = lift(self.rho, x), lift(self.mu, x)
        r1, r2 = (rho * r for r in self._residuals(u, x))
        ones = lift(np.ones((1, self.samples)), x)
        g = {
            ("W", 1): mu * u["W", 1] - product(transposed(r1), lift(self.data, x)),
            ("b", 1): -product(ones, r1),
            ("z", 1): r1,
            ("a", 1): -product(r2, u["W", 2]),
            ("W", 2): mu * u["W", 2] - product(transposed(r2), u["a", 1]),
            ("b", 2): -product(ones, r2),
            ("z", 2): r2 + (u["z", 2] - lift(self.target, x)),
        }
        if self.penalised:
            pull = lift(self.nu, x) * (u["a", 1] - larger(u["z", 1], lift(0.0, x)))
            g["a", 1] = g["a", 1] + pull
            g["z", 1] = g["z", 1] - pull * lift(_open(u["z", 1]), x)
        return joined([flattened(g[key]) for key in self.parts])

    def modulus(self, block: int, x: Vector) -> float:
        """The specification's table, with Frobenius norms, rounded up.

        Raises:
            ValueError: for z₁ under a penalty, where F is not smooth.
        """
        kind, layer = self.blocks[block].kind, self.blocks[block].layer
        u = self._blocks(x)
        inputs = self.data if layer == 1 else u["a", 1]
        if (kind, layer) == ("z", 1) and self.penalised:
            raise ValueError(f"{self.name}: z_1 is stepped by its proximal map (T1p)")
        bound = {
            "W": self.rho * float((inputs**2).sum()) + self.mu,
            "b": self.rho * self.samples,
            "z": self.rho + (1.0 if layer == 2 else 0.0),
            "a": self.rho * float((u["W", 2] ** 2).sum()) + (self.nu if self.penalised else 0.0),
        }[kind]
        return max(bound * (1 + gamma(200)), 2.0**-60)


class BandEdge(LayeredReLU):
    """Where T4 fails with a band: z₁ is held by its interval's edge, and the fit draws a₁ inward.

    Three samples, widths (1, 1, 1), the identity. z₁ = c(1, −2, 1) is orthogonal to the data and to
    ones, so W₁ = b₁ = 0 are optimal and z₁'s own gradient is ρz₁; a₁ = z₁ ± ε, and y is 2^−j inside
    of it. ``starts_inside``: a run begins at ``x0`` as it is.
    """

    starts_inside = True

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 23)
        self.family, self.seed = "band_edge", seed_of(seed)
        self.widths, self.samples = (1, 1, 1), 3
        scale = float(rng.integers(1, 5))
        self.eps, pull = 2.0 ** -int(rng.integers(1, 5)), 2.0 ** -int(rng.integers(0, 25))
        self.rho, self.mu, self.nu, self.penalised = 1.0, 0.0, 0.0, False
        z, side = scale * np.array([1.0, -2.0, 1.0]), np.array([1.0, -1.0, 1.0])
        a = z + self.eps * side
        self.data, self.target = np.array([[-1.0], [0.0], [1.0]]), (a - pull * side)[:, None]
        self.parts = {
            ("W", 1): (1, 1), ("b", 1): (1, 1), ("z", 1): (3, 1), ("a", 1): (3, 1),
            ("W", 2): (1, 1), ("b", 2): (1, 1), ("z", 2): (3, 1),
        }  # fmt: skip
        ends = np.cumsum([0, *(rows for rows, _ in self.parts.values())]).tolist()
        self.blocks = tuple(
            Block(kind, layer, tuple(range(ends[i], ends[i + 1])))
            for i, (kind, layer) in enumerate(self.parts)
        )
        self.x0 = np.concatenate(([0.0, 0.0], z, a, [1.0, 0.0], a))
        self.constants = Constants()

    @property
    def layered(self) -> LayeredProblem:
        """The same objective for the methods."""
        return replace(super().layered, activation=activation("identity"))


def _open(z: Entries) -> NDArray[np.float64]:
    """1 where a unit is active, of entries that are points."""
    active: NDArray[np.float64] = np.asarray((z.mid if isinstance(z, Ball) else z) > 0, dtype=float)
    return active
