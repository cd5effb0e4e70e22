r"""How far a sweep with one batch can go, whichever the batch, given a modulus L̄.

The blocks in the order of the sweep are 1 … B; g_s = ∇ℓ_s(w) is the gradient of sample s at w, and
g_{s,j} its part by block j; a batch ξ is b samples, its gradient the mean of theirs. Block j is
updated at v_j by −α_j ⊙ ∇_jℓ(v_j;ξ), a_j = max α_j, v_1 = w. L̄ is a modulus of every ∇ℓ_s within
R_{B+1} of w, so of ∇ℓ(·;ξ) for every ξ, and of ∇f.

**Length.** ‖∇_jℓ(v_j;ξ) − ∇_jℓ(w;ξ)‖ ≤ L̄‖v_j − w‖, and a mean is no longer than the longest:

    ‖α_j ⊙ ∇_jℓ(v_j;ξ)‖ ≤ n_j = max_s‖α_j ⊙ g_{s,j}‖ + a_jL̄R_j,
    ‖v_{j+1} − w‖ ≤ R_{j+1},    R_1 = 0,    R_{j+1}² = R_j² + n_j²      (blocks are orthogonal).

**Change.** |f(w⁺) − f(w) − ⟨∇f(w), w⁺ − w⟩| ≤ (L̄/2)‖w⁺ − w‖² ≤ (L̄/2)R_{B+1}². The first order is
−Σ_j⟨α_j ⊙ ∇_jf(w), ∇_jℓ(v_j;ξ)⟩: at w instead of v_j that is the mean of −p_s over the batch,
p_s = Σ_j⟨α_j ⊙ ∇_jf(w), g_{s,j}⟩, and v_j makes a difference of L̄R_j‖α_j ⊙ ∇_jf(w)‖ at most:

    −max_s p_s − D ≤ f(w⁺) − f(w) ≤ −min_s p_s + D,
    D = L̄ Σ_j R_j‖α_j ⊙ ∇_jf(w)‖ + (L̄/2)R_{B+1}².

Losses are ≥ 0, so −f(w) is a lower bound too. None of this looks at a drawn batch.

**Extrapolated.** With y = w + βΔ in place of w, m = 1 − β and z = w + (β/m)Δ the point that S8 is
about moves by 1/m of the sweep, z⁺ − z = (w⁺ − y)/m: p_s has ∇_jf(z) for ∇_jf(w), and with
D = (L̄/m) Σ_j R_j‖α_j ⊙ ∇_jf(z)‖ + (L̄/2m²)R_{B+1}²

    −max_s p_s/m − D ≤ f(z⁺) − f(z) ≤ −min_s p_s/m + D,        ‖Δ⁺‖ ≤ β‖Δ‖ + R_{B+1}.

**Moments.** Of b draws with replacement E‖∇_jℓ(w;ξ)‖² = ‖∇_jf‖² + (mean_s‖g_{s,j}‖² − ‖∇_jf‖²)/b
=: m_j². At v_j, by Minkowski's inequality in the mean square, with E‖v_j − w‖² ≤ Σ_{i<j} a_i²q_i²:

    E‖∇_jℓ(v_j;ξ)‖² ≤ q_j²,    q_j = m_j + L̄√(Σ_{i<j} a_i²q_i²).

The smallest G² that S3 admits lies in [max m_j², max q_j²]. The audit has this interval: it takes
the lower end against the claim's HOLDS, and the upper one against its VIOLATED.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

Chunks: TypeAlias = Iterable[Tensor]
"""Gradients of every sample at w, some samples at a time, (samples, all parameters)."""


@dataclass(frozen=True)
class Slopes:
    """Means over the samples' gradients at w, coordinate by coordinate, a part for each block.

    Args:
        mean: ∇_jf(w).
        square: mean_s g_s².
        size: mean_s|g_s|, to which rounding in ∇f is relative.
    """

    mean: list[Tensor]
    square: list[Tensor]
    size: list[Tensor]

    @property
    def squares(self) -> list[float]:
        """mean_s‖g_{s,j}‖²."""
        return [float(part.sum()) for part in self.square]

    @property
    def absolute(self) -> float:
        """‖mean_s|g_s|‖², to which rounding in ‖∇f‖² is relative."""
        return sum(float(part @ part) for part in self.size)

    @property
    def squared(self) -> float:
        """‖∇f(w)‖²."""
        return sum(float(part @ part) for part in self.mean)


def slopes(gradients: Chunks, sizes: Sequence[int]) -> Slopes:
    """One pass over the samples' gradients.

    Args:
        gradients: at w.
        sizes: how many parameters each block has, in the order of the columns.
    """
    count, total, absolute, squares = 0, torch.tensor(0.0), torch.tensor(0.0), torch.tensor(0.0)
    for g in gradients:
        count += len(g)
        total, absolute = total + g.sum(0), absolute + g.abs().sum(0)
        squares = squares + g.square().sum(0)
    parts = (list(torch.split(part / count, list(sizes))) for part in (total, squares, absolute))
    return Slopes(*parts)


@dataclass(frozen=True)
class Extremes:
    """Over all samples: max_s‖α_j ⊙ g_{s,j}‖ for each block, and the ends of p_s."""

    longest: list[float]
    least: float
    most: float


def extremes(gradients: Chunks, found: Slopes, alphas: Sequence[Tensor]) -> Extremes:
    """A second pass, with ∇f known.

    Args:
        gradients: at w.
        found: by the first pass; at z, where it is f(z⁺) − f(z) that is to be bounded.
        alphas: α_j of every block, (its parameters,).
    """
    sizes, slope = [len(alpha) for alpha in alphas], torch.cat(found.mean)
    longest, least, most = [0.0] * len(alphas), math.inf, -math.inf
    for g in gradients:
        moved = torch.cat(list(alphas)) * g
        pulls = moved @ slope
        least, most = min(least, float(pulls.min())), max(most, float(pulls.max()))
        lengths = [float(part.norm(dim=1).max()) for part in torch.split(moved, sizes, dim=1)]
        longest = [max(pair) for pair in zip(longest, lengths, strict=True)]
    return Extremes(longest, least, most)


def radii(longest: Sequence[float], alphas: Sequence[Tensor], modulus: float) -> list[float]:
    """R_1 … R_{B+1}."""
    found = [0.0]
    for length, alpha in zip(longest, alphas, strict=True):
        step = length + float(alpha.max()) * modulus * found[-1]
        found.append(math.hypot(found[-1], step))
    return found


def change_bounds(
    value: float,
    found: Slopes,
    ends: Extremes,
    alphas: Sequence[Tensor],
    modulus: float,
    share: float = 1.0,
) -> tuple[float, float]:
    """Of f(z⁺) − f(z), whichever the batch.

    Args:
        value: f(z).
        found: at z.
        ends: of p_s, and of the lengths at y.
        alphas: α_j of every block.
        modulus: L̄.
        share: m = 1 − β; 1 without extrapolation, where w = y = z.
    """
    reach = radii(ends.longest, alphas, modulus)
    weighed = [float((a * g).norm()) for a, g in zip(alphas, found.mean, strict=True)]
    drift = sum(r * size for r, size in zip(reach, weighed, strict=False))
    off = modulus * (drift / share + reach[-1] ** 2 / (2 * share**2))
    return max(-ends.most / share - off, -value), -ends.least / share + off


def moments(
    found: Slopes, alphas: Sequence[Tensor], modulus: float, batch: int
) -> tuple[float, float]:
    """max_j m_j² and max_j q_j², b = ``batch``."""
    at_start, reached, moved = [], [], 0.0
    for mean, square, alpha in zip(found.mean, found.squares, alphas, strict=True):
        own = float(mean @ mean)
        m = math.sqrt(own + max(square - own, 0.0) / batch)
        q = m + modulus * math.sqrt(moved)
        moved += (float(alpha.max()) * q) ** 2
        at_start.append(m**2)
        reached.append(q**2)
    return max(at_start), max(reached)
