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
from torch.autograd.graph import increment_version
from torch.optim import Optimizer

from amverify.samt.blocks import Group
from amverify.samt.fast.loops import Ladder
from amverify.samt.fast.table import Slot
from amverify.samt.unlisted import version

Scaling = Literal["cosine", "plain"]
FEW = 2**13
"""Up to so many step sizes in all, compiled loops train them: what torch asks for is its calls."""
WIDE = {torch.float16: torch.float32, torch.bfloat16: torch.float32}


class Hypergradient(NamedTuple):
    """−∂(meta-loss)/∂α, and what bounds its size (Cauchy–Schwarz); all of α's shape.

    ``bound`` is empty where it was not asked for, the bound itself, or two numbers whose roots'
    product it is: reduce(g²) and reduce(d²). Roots are left to whoever takes many at once.
    """

    descent: Tensor
    bound: tuple[Tensor, ...]

    @property
    def by_alpha(self) -> Tensor:
        """∂(meta-loss)/∂α."""
        return self.descent.neg()

    @property
    def most(self) -> Tensor | None:
        """The most that its size can be."""
        if len(self.bound) == 2:
            return self.bound[0].sqrt() * self.bound[1].sqrt()
        return self.bound[0] if self.bound else None

    def plus(self, other: Hypergradient, weight: float) -> Hypergradient:
        """Itself and ``weight`` times the other."""
        mine, theirs = self.most, other.most
        descent = self.descent.add(other.descent, alpha=weight)
        if mine is None or theirs is None:
            return Hypergradient(descent, ())
        return Hypergradient(descent, (mine.add(theirs, alpha=abs(weight)),))

    def weighted(self, weight: float, before: Hypergradient | None) -> Hypergradient:
        """``weight`` times itself, and what was found before."""
        if before is not None:
            return before.plus(self, weight)
        if weight == 1:
            return self
        most = self.most
        return Hypergradient(self.descent * weight, () if most is None else (most * abs(weight),))


def initial_factor(parameter: Tensor, shape: tuple[int, ...]) -> Tensor:
    """θ = 0, in float32 at least."""
    dtype = WIDE.get(parameter.dtype, parameter.dtype)
    return torch.zeros(shape, dtype=dtype, device=parameter.device)


def step_size(theta: Tensor, group: Group, out: Tensor) -> None:
    """α for θ, of θ's shape, in [α_min, α_max], put into ``out``."""
    low, high = group["bounds"]
    torch.exp(theta, out=out).mul_(group["lr"]).clamp_(low, high)


class Span(NamedTuple):
    """Neighbours in a pool with the same settings: where, their θ and α, a group that has them.

    ``ladder`` is of these and of what their slots are views of, if loops can train them.
    """

    where: slice
    theta: Tensor
    alpha: Tensor
    group: Group
    ladder: Ladder | None


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
    _versions: list[int] = field(default_factory=list, init=False)
    _settings: list[Any] = field(default_factory=list, init=False)
    _alike: list[bool] = field(default_factory=list, init=False)
    _spans: list[Span] = field(default_factory=list, init=False)
    _limits: list[tuple[float, float]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._alpha = torch.empty_like(self.flat)
        self._alphas = self.cut(self._alpha)
        self._distinct = list({id(group): group for group in self.groups}.values())
        self._sums = [torch.zeros_like(self.flat) for _ in range(3 * (len(self.flat) <= FEW))]
        self.slots: list[Slot] = []
        if self._sums:
            inner, first, second = map(self.cut, self._sums)
            squares = zip(first, second, strict=True)
            rows = zip(self._alphas, inner, squares, strict=True)
            self.slots = [Slot(*row) for row in rows]

    def spans(self) -> list[Span]:
        """Parts of the vectors whose groups have the same lr, bounds and β."""
        settings = [_settings(group) for group in self._distinct]
        if settings != self._settings:
            self._settings, self._versions = settings, []
            alike = [a == b for a, b in itertools.pairwise(settings)]
            if alike != self._alike or not self._spans:
                self._alike, self._spans = alike, self._cut_spans()
            self._limits = [limits(self.flat, span.group) for span in self._spans]
        return self._spans

    def _cut_spans(self) -> list[Span]:
        rows = zip(self.thetas, self.groups, strict=True)
        runs = [[*same] for _, same in itertools.groupby(rows, lambda row: _settings(row[1]))]
        ends = [*itertools.accumulate(sum(t.numel() for t, _ in run) for run in runs)]
        spans = []
        for a, b, run in zip([0, *ends], ends, runs, strict=False):
            theta, alpha = self.flat[a:b], self._alpha[a:b]
            ladder = Ladder.of(theta, alpha, [x[a:b] for x in self._sums])
            spans.append(Span(slice(a, b), theta, alpha, run[0][1], ladder))
        return spans

    def cut(self, x: Tensor) -> list[Tensor]:
        """A vector of ``flat``'s length as views of each θ's shape."""
        parts = torch.split(x, [theta.numel() for theta in self.thetas])
        return [part.view(theta.shape) for part, theta in zip(parts, self.thetas, strict=True)]

    def step_sizes(self) -> list[Tensor]:
        """α of each θ, computed anew where a θ or a setting changed; written over then."""
        spans = self.spans()
        versions = [version(theta) for theta in (self.flat, *self.thetas)]
        if versions != self._versions:
            for _, theta, alpha, group, ladder in spans:
                if ladder is None:
                    step_size(theta, group, alpha)
                else:
                    ladder.exponential(group["lr"], group["bounds"])
            self._versions = versions
        return self._alphas

    def train(self, found: Mapping[int, Hypergradient]) -> int:
        """θ + βc, within the bounds; how many entries of hypergradients were not finite."""
        bad = self._in_loops(found)
        if bad is not None:
            return bad
        c, finite = self.ascent(found)
        self.climb(c)
        return 0 if finite is None else int(len(c) - finite.sum())

    def _in_loops(self, found: Mapping[int, Hypergradient]) -> int | None:
        """``train`` by a compiled loop, if all that was found lies in the slots."""
        if not self.slots:
            return None
        for theta, slot in zip(self.thetas, self.slots, strict=True):
            part = found.get(id(theta))
            if part is None or part.descent is not slot.inner:
                return None
        bad = 0
        for (_, _, _, group, ladder), between in zip(self._spans, self._limits, strict=True):
            assert ladder is not None, "what lies in slots came from a loop"
            bad += ladder.climb(group["meta_lr"], between)
        increment_version(self.flat)
        return bad

    def ascent(self, found: Mapping[int, Hypergradient]) -> tuple[Tensor, Tensor | None]:
        """c, zero where it is not finite or not known; whether it was finite, None if all was.

        Args:
            found: id of θ → its hypergradient.
        """
        parts = [found.get(id(theta)) for theta in self.thetas]
        c = self._joined([None if p is None else p.descent for p in parts])
        most = self._most(parts)
        if most is not None:
            size = c + most
            c.div_(most.clamp_(min=torch.finfo(most.dtype).tiny)).clamp_(-1, 1)
        else:
            self.step_sizes()
            size = c.mul_(self._alpha)
        if math.isfinite(size.sum().item()):
            return c, None
        finite = torch.isfinite(size)
        return torch.where(finite, c, 0.0), finite

    def _most(self, parts: Sequence[Hypergradient | None]) -> Tensor | None:
        bounds = [p.bound for p in parts if p is not None]
        if not any(bounds):
            return None
        if all(len(bound) == 2 for bound in bounds) and len(bounds) == len(parts):
            own, before = ([*column] for column in zip(*bounds, strict=True))
            return self._joined(own).sqrt_().mul_(self._joined(before).sqrt_())
        return self._joined([None if p is None else p.most for p in parts])

    def _joined(self, parts: Sequence[Tensor | None]) -> Tensor:
        rows = zip(parts, self.thetas, strict=True)
        every = [theta.new_zeros(theta.shape) if p is None else p for p, theta in rows]
        return torch.cat([part if part.ndim == 1 else part.reshape(-1) for part in every])

    def climb(self, c: Tensor) -> None:
        """θ + βc, within the bounds."""
        for where, theta, _, group, _ in self.spans():
            theta.add_(c[where], alpha=group["meta_lr"])
            keep_in_bounds(theta, group)


def _settings(group: Group) -> tuple[Any, ...]:
    return group["lr"], group["bounds"], group["meta_lr"], group.get("initial_lr")


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


def limits(theta: Tensor, group: Group) -> tuple[float, float]:
    """Between what θ is kept, so that it does not run away beyond what α can show.

    Where a torch scheduler moves ``lr``, its first value counts: θ outlives a scale near 0.
    """
    low, high = group["bounds"]
    first = group.get("initial_lr")
    first = group["lr"] if first is None else first
    lr = max(float(first), torch.finfo(theta.dtype).tiny)
    return math.log(low / lr), math.log(high / lr)


def keep_in_bounds(theta: Tensor, group: Group) -> None:
    """Clamp θ to its limits."""
    theta.clamp_(*limits(theta, group))


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
