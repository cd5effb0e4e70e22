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

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from amverify.errors import InvalidInput
from amverify.methods.samt.blocks import Group

Scaling = Literal["cosine", "plain"]
WIDE = {torch.float16: torch.float32, torch.bfloat16: torch.float32}


class Hypergradient(NamedTuple):
    """−∂(meta-loss)/∂α, and the most that its size can be by Cauchy–Schwarz; of α's shape."""

    descent: Tensor
    most: Tensor | None

    @property
    def by_alpha(self) -> Tensor:
        """∂(meta-loss)/∂α."""
        return self.descent.neg()

    def plus(self, other: Hypergradient, weight: float) -> Hypergradient:
        """Itself and ``weight`` times the other."""
        most = self.most
        if most is not None and other.most is not None:
            most = most.add(other.most, alpha=abs(weight))
        return Hypergradient(self.descent.add(other.descent, alpha=weight), most)

    def weighted(self, weight: float, before: Hypergradient | None) -> Hypergradient:
        """``weight`` times itself, and what was found before."""
        if before is not None:
            return before.plus(self, weight)
        if weight == 1:
            return self
        most = None if self.most is None else self.most * abs(weight)
        return Hypergradient(self.descent * weight, most)


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


@dataclass
class Pool:
    """The θ of all parameters of one dtype and device, in one vector, and their α in another.

    Step sizes are few beside weights: an operation for each θ would cost more than its
    arithmetic, so one serves them all, or as many neighbours as have the same settings.

    Args:
        flat: the vector; the θ are views of it.
        thetas: in the order of the blocks.
        groups: the block's group, for each θ.
    """

    flat: Tensor
    thetas: list[Tensor]
    groups: list[Group]
    _stand: list[Any] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._alpha = torch.empty_like(self.flat)
        self._alphas = self.cut(self._alpha)
        self._distinct = list({id(group): group for group in self.groups}.values())

    def spans(self) -> list[tuple[slice, Group]]:
        """Parts of the vector with the same lr, bounds and β, and a group that has them."""
        if all(_settings(group) == _settings(self.groups[0]) for group in self._distinct):
            return [(slice(None), self.groups[0])]
        ends = itertools.accumulate(theta.numel() for theta in self.thetas)
        rows = itertools.groupby(
            zip(ends, self.thetas, self.groups, strict=True), lambda row: _settings(row[2])
        )
        found = []
        for _, same in rows:
            (end, theta, group), *more = same
            last = more[-1][0] if more else end
            found.append((slice(end - theta.numel(), last), group))
        return found

    def cut(self, x: Tensor) -> list[Tensor]:
        """A vector of ``flat``'s length as views of each θ's shape."""
        parts = torch.split(x, [theta.numel() for theta in self.thetas])
        return [part.view(theta.shape) for part, theta in zip(parts, self.thetas, strict=True)]

    def step_sizes(self) -> list[Tensor]:
        """α of each θ, computed anew where a θ or a setting changed; written over then."""
        stand = [self.flat._version, *(theta._version for theta in self.thetas)]
        stand += [(group["lr"], group["bounds"]) for group in self._distinct]
        if stand != self._stand:
            for span, group in self.spans():
                low, high = group["bounds"]
                part = torch.exp(self.flat[span], out=self._alpha[span])
                part.mul_(group["lr"]).clamp_(low, high)
            self._stand = stand
        return self._alphas

    def ascent(self, found: Mapping[int, Hypergradient]) -> tuple[Tensor, Tensor | None]:
        """c, zero where it is not finite or not known; whether it was finite, None if all was.

        Args:
            found: id of θ → its hypergradient.
        """
        parts = [found.get(id(theta)) for theta in self.thetas]
        c = self._joined([None if p is None else p.descent for p in parts])
        if any(p is not None and p.most is not None for p in parts):
            most = self._joined([None if p is None else p.most for p in parts])
            size = c + most
            c.div_(most.clamp_(min=torch.finfo(most.dtype).tiny)).clamp_(-1, 1)
        else:
            self.step_sizes()
            size = c.mul_(self._alpha)
        if math.isfinite(size.sum().item()):
            return c, None
        finite = torch.isfinite(size)
        return torch.where(finite, c, 0.0), finite

    def _joined(self, parts: Sequence[Tensor | None]) -> Tensor:
        rows = zip(parts, self.thetas, strict=True)
        return torch.cat(
            [(theta.new_zeros(theta.shape) if p is None else p).view(-1) for p, theta in rows]
        )

    def climb(self, c: Tensor) -> None:
        """θ + βc, within the bounds."""
        for span, group in self.spans():
            theta = self.flat[span].add_(c[span], alpha=group["meta_lr"])
            keep_in_bounds(theta, group)


def _settings(group: Group) -> tuple[Any, ...]:
    names = ("lr", "bounds", "meta_lr", "initial_lr")
    return tuple(group.get(name) for name in names)


def pooled(thetas: Iterable[tuple[Tensor, Group]]) -> list[Pool]:
    """The θ moved into one vector for each dtype and device; each stays the object that it is."""
    alike: dict[tuple[torch.dtype, torch.device], list[tuple[Tensor, Group]]] = {}
    for theta, group in thetas:
        alike.setdefault((theta.dtype, theta.device), []).append((theta, group))
    pools = []
    for rows in alike.values():
        flat = torch.cat([theta.reshape(-1) for theta, _ in rows])
        pool = Pool(flat, [theta for theta, _ in rows], [group for _, group in rows])
        for theta, part in zip(pool.thetas, pool.cut(flat), strict=True):
            theta.data = part
        pools.append(pool)
    return pools


def keep_in_bounds(theta: Tensor, group: Group) -> None:
    """Clamp θ so that it does not run away beyond what α can show.

    Where a torch scheduler moves ``lr``, its first value counts: θ outlives a scale near 0.
    """
    low, high = group["bounds"]
    first = group["initial_lr"] if "initial_lr" in group else group["lr"]
    lr = max(float(first), torch.finfo(theta.dtype).tiny)
    theta.clamp_(math.log(low / lr), math.log(high / lr))


def meta_step(
    optimiser: Optimizer, trained: Iterable[tuple[Tensor, Tensor, Tensor | None, Group]]
) -> None:
    """One step of a torch optimiser on θ, with −c as gradients.

    Args:
        optimiser: over the θ.
        trained: θ, c, where c was finite (None: everywhere), the block's group.
    """
    rows = list(trained)
    before = [theta.clone() for theta, _, _, _ in rows]
    for theta, c, _, _ in rows:
        theta.grad = c.neg()
    optimiser.step()
    for (theta, _, finite, group), old in zip(rows, before, strict=True):
        stays = torch.isfinite(theta) if finite is None else finite & torch.isfinite(theta)
        theta.copy_(torch.where(stays, theta, old))
        keep_in_bounds(theta, group)
        theta.grad = None
