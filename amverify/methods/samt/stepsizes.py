r"""α_i = lr·exp(θ_i) within [α_min, α_max], and the step that trains θ.

    θ ← clamp(θ + β c, log(α_min/lr), log(α_max/lr)),     α = clamp(lr·exp(θ), α_min, α_max)

α lies in its bounds by construction, whatever the gradients were (S5). ``lr`` is the initial
step size, θ = 0 the start; a learning-rate scheduler that changes ``lr`` scales all step sizes,
within the bounds.

c is the *normalised* hypergradient, the cosine of successive gradients (``cosine``): β is the
largest relative change of a step size in one update, so it needs no tuning to the loss. Or it is
−∂ℓ/∂θ itself (``plain``), ∂ℓ/∂θ = α ⊙ ∂ℓ/∂α. Instead of θ + βc any torch optimiser may use −c as
its gradient. An entry of the hypergradient that is not finite leaves its α unchanged and is
counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.optim import Optimizer

from amverify.errors import InvalidInput
from amverify.methods.samt.blocks import Group

Scaling = Literal["cosine", "plain"]
WIDE = {torch.float16: torch.float32, torch.bfloat16: torch.float32}


class Hypergradient(NamedTuple):
    """∂(meta-loss)/∂α, and the most that its size can be by Cauchy–Schwarz; both of α's shape."""

    by_alpha: Tensor
    most: Tensor | None

    def plus(self, other: Hypergradient, weight: float) -> Hypergradient:
        """Itself and ``weight`` times the other."""
        most = self.most
        if most is not None and other.most is not None:
            most = most.add(other.most, alpha=abs(weight))
        return Hypergradient(self.by_alpha.add(other.by_alpha, alpha=weight), most)


def check_bounds(group: Group) -> None:
    """Refuse bounds and an initial step size that do not fit.

    Raises:
        InvalidInput: unless 0 < α_min ≤ lr ≤ α_max < ∞.
    """
    low, high = group["bounds"]
    block = group["name"]
    if not 0 < low < math.inf or not 0 < high < math.inf:
        raise InvalidInput(
            f"block {block!r}: bounds of α must be positive and finite: {low}, {high}"
        )
    if low > high:
        raise InvalidInput(f"block {block!r}: bounds of α are reversed: [{low}, {high}]")
    if not low <= group["lr"] <= high:
        raise InvalidInput(
            f"block {block!r}: initial step size lr={group['lr']} lies outside [{low}, {high}]"
        )


def initial_factor(parameter: Tensor, shape: tuple[int, ...]) -> Tensor:
    """θ = 0, in float32 at least."""
    dtype = WIDE.get(parameter.dtype, parameter.dtype)
    return torch.zeros(shape, dtype=dtype, device=parameter.device)


def step_size(theta: Tensor, group: Group) -> Tensor:
    """α for θ, of θ's shape, in [α_min, α_max]."""
    low, high = group["bounds"]
    return theta.exp().mul_(group["lr"]).clamp_(low, high)


Row: TypeAlias = tuple[Tensor, Hypergradient, Group]


def ascents(rows: Sequence[Row]) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """c of each θ, zero where it is not finite; whether each entry was; how many were not.

    All θ are served by the same few operations on one long vector: step sizes are small, and an
    operation of its own for each would cost more than its arithmetic.

    Args:
        rows: θ, its hypergradient, the block's group; at least one.
    """
    by_alpha = torch.cat([found.by_alpha.reshape(-1) for _, found, _ in rows])
    sizes = [found.most.reshape(-1) for _, found, _ in rows if found.most is not None]
    if sizes:
        most = torch.cat(sizes)
        finite = torch.isfinite(by_alpha + most)
        c = by_alpha.neg_().div_(most.clamp_(min=torch.finfo(most.dtype).tiny)).clamp_(-1, 1)
    else:
        alphas = [step_size(theta, group).reshape(-1) for theta, _, group in rows]
        c = by_alpha.neg_().mul_(torch.cat(alphas))
        finite = torch.isfinite(c)
    c = torch.where(finite, c, 0.0)
    counts = [theta.numel() for theta, _, _ in rows]

    def cut(x: Tensor) -> list[Tensor]:
        parts = torch.split(x, counts)
        return [part.view(theta.shape) for part, (theta, _, _) in zip(parts, rows, strict=True)]

    return cut(c), cut(finite), len(c) - finite.sum()


def climb(theta: Tensor, c: Tensor, group: Group) -> None:
    """θ + βc, within the bounds."""
    theta.add_(c, alpha=group["meta_lr"])
    keep_in_bounds(theta, group)


def keep_in_bounds(theta: Tensor, group: Group) -> None:
    """Clamp θ so that it does not run away beyond what α can show.

    Where a torch scheduler moves ``lr``, its first value counts: θ outlives a scale near 0.
    """
    low, high = group["bounds"]
    first = group["initial_lr"] if "initial_lr" in group else group["lr"]
    lr = max(float(first), torch.finfo(theta.dtype).tiny)
    theta.clamp_(math.log(low / lr), math.log(high / lr))


def meta_step(
    optimiser: Optimizer, trained: Iterable[tuple[Tensor, Tensor, Tensor, Group]]
) -> None:
    """One step of a torch optimiser on θ, with −c as gradients.

    Args:
        optimiser: over the θ.
        trained: θ, c, where c was finite, the block's group.
    """
    rows = list(trained)
    before = [theta.clone() for theta, _, _, _ in rows]
    for theta, c, _, _ in rows:
        theta.grad = c.neg()
    optimiser.step()
    for (theta, _, finite, group), old in zip(rows, before, strict=True):
        theta.copy_(torch.where(finite & torch.isfinite(theta), theta, old))
        keep_in_bounds(theta, group)
        theta.grad = None
