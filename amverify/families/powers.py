r"""Powers and polynomials whose KL exponents are known.

| family | F | θ | c | where |
|---|---|---|---|---|
| ``power`` | Σ_i a_i\|x_i\|^p/p | 1 − 1/p | a^{−1/p} p^{−(p−1)/p} n^{(p−2)/(2p)} | a = min a_i |
| ``mixed_power`` | Σ_i a_i\|x_i\|^{p_i}/p_i | 1 − 1/max p | see below | \|x_i\| ≤ 1 |
| ``flat_valley`` | x⁴ + y² | ¾ | 1 | \|x\|, \|y\| ≤ ½ |
| ``double_well`` | (x² − 1)² | ½ | 1/(4(1−r)) | \|x ∓ 1\| ≤ r |
| ``scalar_product`` | (w₁⋯w_L − 1)² | ½ | ½·max over the set of 1/‖∇Π‖ | w_i ∈ [½, 2] |

One dimension, f = a|x|^p/p: f^{1−1/p} = (a/p)^{(p−1)/p}|x|^{p−1} and |f'| = a|x|^{p−1}, so
c = a^{−1/p}p^{−(p−1)/p}, with equality. Over n coordinates, with f_i = a_i|x_i|^p/p:
(Σf_i)^{2θ} ≤ n^{2θ−1}Σf_i^{2θ} for 2θ ≥ 1, hence the power of n. A term of lower exponent
θ_i < θ pays the factor max f_i^{θ−θ_i} on the set. Moduli L hold for \|x\|_∞ ≤ radius, from the
second derivative there; runs that start inside with η ≤ 1/L stay inside.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from amverify.families.arithmetic import Entries, joined, lift, part, power, total
from amverify.families.draws import Draws, seed_of, source
from amverify.families.problem import Block, Constants, Problem, above, dyadic


def _slack(value: float) -> float:
    """A constant computed by a few operations, rounded up."""
    return above(value * (1 + 2.0**-48))


class Power(Problem):
    """Σ a_i|x_i|^{p_i}/p_i with even p_i, all the same or mixed; F* = 0 at 0."""

    def __init__(self, seed: int | Draws, mixed: bool = False) -> None:
        rng = source(seed, 12)
        self.family, self.seed = "mixed_power" if mixed else "power", seed_of(seed)
        n = int(rng.integers(2, 5) if mixed else rng.integers(1, 5))
        choices = np.array([2, 4, 6])
        same = int(rng.choice(choices))
        self.exponents = rng.choice(choices, n) if mixed else np.full(n, same)
        self.weights = rng.integers(1, 5, n).astype(np.float64)
        self.x0 = dyadic(rng, n, 1, 6)
        self.x0[0] = 0.75
        self.constants = self._known()

    def _known(self) -> Constants:
        radius = Fraction(1)
        pairs = [(Fraction(a), int(p)) for a, p in zip(self.weights, self.exponents, strict=True)]
        moduli = [a * (p - 1) * radius ** (p - 2) for a, p in pairs]
        theta = max(1 - Fraction(1, p) for _, p in pairs)
        single = [
            float(a) ** (-1 / p) * p ** (-(p - 1) / p) * _lift_to(theta, a, p, radius)
            for a, p in pairs
        ]
        c = max(single) * len(pairs) ** ((2 * float(theta) - 1) / 2)
        mu = min(a for a, _ in pairs) if {p for _, p in pairs} == {2} else None
        return Constants(
            L=max(moduli),
            exact=True,
            mu=mu,
            fstar=Fraction(0),
            xstar=tuple(Fraction(0) for _ in pairs),
            theta=theta,
            c=_slack(c),
            radius=radius,
            convex=True,
        )

    def smooth(self, x: Entries) -> Entries:
        """H."""
        return total(joined([self._term(x, i, 0) for i in range(self.dimension)]))

    def slope(self, x: Entries) -> Entries:
        """a_i x_i^{p_i − 1}."""
        return joined([self._term(x, i, 1) for i in range(self.dimension)])

    def _term(self, x: Entries, i: int, order: int) -> Entries:
        p, own = int(self.exponents[i]), part(x, slice(i, i + 1))
        weight = Fraction(self.weights[i]) / (p if order == 0 else 1)
        return lift(weight, x) * power(own, p - order)


def _lift_to(theta: Fraction, a: Fraction, p: int, radius: Fraction) -> float:
    """max f^{θ − θ_p} on the set: what a term of exponent θ_p pays for being held to θ."""
    return math.pow(a * radius**p / p, theta - 1 + Fraction(1, p))


class FlatValley(Problem):
    """x⁴ + y²: F^{3/4} ≤ ‖∇F‖ for |x|, |y| ≤ ½.

    (x⁴ + y²)^{3/2} ≤ √2(x⁶ + |y|³) ≤ √2(x⁶ + y²/2) ≤ 16x⁶ + 4y² = ‖∇F‖².
    """

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 13)
        self.family, self.seed = "flat_valley", seed_of(seed)
        self.x0 = dyadic(rng, 2, 1, 8) / 2
        self.x0[0] = 0.5 - abs(self.x0[0]) / 2
        self.constants = Constants(
            L=Fraction(3),
            exact=True,
            fstar=Fraction(0),
            xstar=(Fraction(0), Fraction(0)),
            theta=Fraction(3, 4),
            c=1.0,
            radius=Fraction(1, 2),
            convex=True,
        )

    def smooth(self, x: Entries) -> Entries:
        """x⁴ + y²."""
        return total(joined([power(part(x, slice(0, 1)), 4), power(part(x, slice(1, 2)), 2)]))

    def slope(self, x: Entries) -> Entries:
        """(4x³, 2y)."""
        first, second = part(x, slice(0, 1)), part(x, slice(1, 2))
        return joined([lift(4.0, x) * power(first, 3), lift(2.0, x) * second])


class DoubleWell(Problem):
    """Σ(x_i² − 1)²: nonconvex, minima ±1; |x| ≤ 5/4, L = 12(5/4)² − 4.

    In one dimension near a minimum, F^{1/2} = |x² − 1| = |F'|/(4|x|) ≤ |F'|/(4(1 − r)), r = ½.
    """

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 14)
        self.family, self.seed = "double_well", seed_of(seed)
        n = int(rng.integers(1, 4))
        signs = rng.choice(np.array([-1.0, 1.0]), n)
        self.x0 = signs * (1 + dyadic(rng, n, 1, 8) / 4)
        self.constants = Constants(
            L=Fraction(59, 4),
            exact=True,
            fstar=Fraction(0),
            xstar=tuple(Fraction(float(s)) for s in signs),
            theta=Fraction(1, 2),
            c=0.5,
            radius=Fraction(5, 4),
        )

    def smooth(self, x: Entries) -> Entries:
        """Σ(x² − 1)²."""
        return total(power(x * x - lift(1.0, x), 2))

    def slope(self, x: Entries) -> Entries:
        """4x(x² − 1)."""
        return lift(4.0, x) * (x * (x * x - lift(1.0, x)))


class ScalarProduct(Problem):
    """(w₁⋯w_L − 1)²: a deep linear network of one neuron a layer; each w_i is a block.

    F^{1/2} = |Π − 1| and ‖∇F‖ = 2|Π − 1|·‖∇Π‖; with all w_i ≥ ½ each ∂Π/∂w_i ≥ 2^{1−L}, so
    c = 2^{L−2}/√L. The modulus of block i is 2(Π/w_i)².
    """

    def __init__(self, seed: int | Draws) -> None:
        rng = source(seed, 15)
        self.family, self.seed = "scalar_product", seed_of(seed)
        n = int(rng.integers(2, 6))
        self.x0 = 1 + dyadic(rng, n, 1, 6) / 4
        self.blocks = tuple(Block("W", i + 1, (i,)) for i in range(n))
        self.constants = Constants(
            fstar=Fraction(0),
            xstar=tuple(Fraction(1) for _ in range(n)),
            theta=Fraction(1, 2),
            c=_slack(2.0 ** (n - 2) / math.sqrt(n)),
            radius=Fraction(2),
        )

    def _product(self, x: Entries, leave: int | None = None) -> Entries:
        found = None
        for i in range(self.dimension):
            if i != leave:
                own = part(x, slice(i, i + 1))
                found = own if found is None else found * own
        return found

    def smooth(self, x: Entries) -> Entries:
        """(Π − 1)²."""
        return total(power(self._product(x) - lift(1.0, x), 2))

    def slope(self, x: Entries) -> Entries:
        """2(Π − 1)·Π/w_i, by products that leave w_i out."""
        gap = lift(2.0, x) * (self._product(x) - lift(1.0, x))
        return joined([gap * self._product(x, i) for i in range(self.dimension)])

    def modulus(self, block: int, x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        """2(Π/w_i)², rounded up."""
        others = float(np.prod(np.delete(x, block)))
        return max(2 * others**2 * (1 + 2.0**-45), 2.0**-100)
