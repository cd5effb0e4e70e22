r"""S3, S7 and S8 on a network: whole sweeps of SAMT replayed, one batch each, at chosen sweeps.

    S3, S7:  f(w⁺) − f(w), where nothing is extrapolated;      S8:  f(z⁺) − f(z) and ‖Δ⁺‖²,

z = w + (β/m)Δ, m = 1 − β, which is w where β = 0. Before a chosen sweep, with w the weights, Δ what
the sweep before moved, y = w + βΔ and α the step sizes that it will use:

1. from every sample's own gradient at y: ∇f(y), the variances of a batch's gradient (S7, S8), and
   without extrapolation an interval that holds the smallest G² of S3 (``reach``): exact at y but
   for rounding, and given L̄ at the points to which the sweep leads;
2. L̄: the largest norm of any sample's Hessian, at y and z and at w⁺ and z⁺ of ``TRIALS``
   *trial* sweeps, times ``MARGIN``. It is measured, not known, and the trace says so. All else
   follows from it;
3. bounds of every change before any draw (``reach``). They hold if L̄ is a modulus within R of y;
4. ``count`` times: a fresh batch, the optimiser's own step on it, f evaluated, and everything that
   the step changed put back to the last bit (``amverify.samt.undo``). Hooks of the step
   and schedulers do not see these steps.

α_min and α_max are the smallest and the largest step size used in the sweep. L̄ asks for losses
with a continuous gradient: of a network with ReLU no curvature that was measured is a modulus. Such
a network can be *looked at*: steps 1 and 2, without the margin, and no replays. If α_max is then
too large for the curvature that was seen, it is for every larger L̄, and S7 and S8 do not apply.

What is too wide to decide is undecided: the bounds grow as L̄R², R about α_max times the longest
gradient of a sample, the claim's slack as L̄B(B−½)α_max²G². With α_maxL̄ well above 1 each block
multiplies R by 1 + α_maxL̄, and no feasible number of replays decides.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.expectation.curvature import largest
from amverify.expectation.draws import replays
from amverify.expectation.points import ahead, length
from amverify.expectation.reach import (
    Slopes,
    change_bounds,
    extremes,
    moments,
    radii,
    slopes,
)
from amverify.expectation.training import Training
from amverify.numbers.roundoff import gamma
from amverify.samt.probe import Probe
from amverify.samt.undo import Kept
from amverify.trace.columns import Column
from amverify.trace.trace import Trace

MARGIN = 1.5
"""On the largest curvature that was found."""
TRIALS = 2


class ReplayedSweeps(Training):
    """Training with one batch a sweep (``resample=False``), replayed where asked.

    It answers S3, S7 and S8 without extrapolation, S8 with it. Arguments and errors (InvalidInput):
    see :class:`amverify.expectation.training.Training`.
    """

    theorem, resample, extrapolates = "S3, S7 and S8 are", False, True
    every = 1
    """L̄ is the largest curvature of every so manieth sample: of large networks it takes long."""

    def sweep(self, replay: int = 0, look: bool = False) -> Tensor:
        """One sweep; with ``replay`` > 0, it is made so many times before and undone.

        Args:
            replay: how often.
            look: record its step sizes, gradients and curvature in any case.

        Raises:
            InvalidInput: if it used other step sizes than those known before its batch was drawn,
                a change left the bounds that L̄ gave it, or a gradient that jumps or batches
                without replacement leave nothing to replay.
        """
        self.sweeps += 1
        if replay:
            self._refuse_replays()
        if replay or look:
            self._record(replay)
        before, start = self._begun(), [w.detach().clone() for b in self._visited() for w in b]
        alphas = [self._alpha(number) for number in self._order()]
        loss = self.optimiser.step(**self._on_batch(self._train))
        self._check_steps(before, torch.cat(alphas))
        self._check_moved(start, before)
        self._moved = length(self.optimiser) if self.beta else _squared(before)
        if replay or look:
            self._row(self.sweeps, self._value())
        return loss

    def trace(self, probe: Probe | None = None) -> Trace:
        """Everything replayed so far; the theorems ask for a probe of predictability besides.

        Raises:
            InvalidInput: if nothing was replayed or looked at.
        """
        most = max((row["modulus"] for row in self._blocks), default=0.0)
        modulus = {"value": most, "origin": "measured"}
        return self._traced(probe, {"Lbar": modulus}, self._table())

    @property
    def measured(self) -> tuple[str, ...]:
        """What of the trace is measured, not known."""
        which = f"each {self.every}th sample's" if self.every > 1 else "a sample's"
        how = "which is no bound where gradients jump" if self.jumps else "with a margin"
        return f"L̄ (the largest curvature of {which} loss, {how})", "rounding of gradients"

    def _refuse_replays(self) -> None:
        if self.jumps:
            self._refuse(f"gradients that are Lipschitz, {self.jumps[0]} makes one that jumps")
        if self.shuffle:
            self._refuse("batches drawn anew, those of shuffled epochs are not")

    def _on_batch(self, generator: torch.Generator) -> dict[str, Any]:
        """What a step is told: the mean loss of a batch drawn now."""
        chosen = self._indices(generator)
        return {"loss": self._mean, "inputs": self.x[chosen], "targets": self.y[chosen]}

    def _move(self, generator: torch.Generator) -> None:
        """The optimiser's own step on a batch drawn now, behind the back of its hooks."""
        step = inspect.unwrap(type(self.optimiser).step)
        step(self.optimiser, **self._on_batch(generator))

    def _visited(self) -> list[list[Tensor]]:
        """The trained weights of each block, in the order of the sweep."""
        return [self._trained(number) for number in self._order()]

    @property
    def _lead(self) -> float:
        """β/m."""
        return self.beta / (1 - self.beta)

    def _slopes(self) -> Slopes:
        blocks = self._visited()
        sizes = [sum(w.numel() for w in block) for block in blocks]
        return slopes(self.gradients([w for block in blocks for w in block]), sizes)

    def _record(self, count: int) -> None:
        weights = [w for block in self._visited() for w in block]
        alphas = [self._alpha(number) for number in self._order()]
        value = self._value()
        with ahead(self.optimiser, self.beta):
            found = self._slopes()
        kept = Kept(self.optimiser)
        try:
            modulus = self._measure(weights, kept)
            if count:
                self._replay(count, weights, found, alphas, modulus, kept)
        finally:
            kept.put_back()
        self._row(self.sweeps - 1, value)
        self._rows[self.sweeps] = self._of_sweep(found, alphas, modulus)
        self._blocks += [
            {"sweep": self.sweeps, "replicate": 0, "kind": b"W", "layer": number + 1,
             "modulus": modulus, "execution": 0.0,
             "alpha_low": float(alpha.min()), "alpha_high": float(alpha.max())}
            for number, alpha in zip(self._order(), alphas, strict=True)
        ]  # fmt: skip

    def _replay(
        self,
        count: int,
        weights: list[Tensor],
        found: Slopes,
        alphas: list[Tensor],
        modulus: float,
        kept: Kept,
    ) -> None:
        """The sweep made and undone ``count`` times: rows of the table ``replays``."""
        share, moved = 1 - self.beta, math.sqrt(self._moved)
        with ahead(self.optimiser, self._lead):
            value, leading = self._value(), self._slopes() if self.beta else found
        with ahead(self.optimiser, self.beta):
            ends = extremes(self.gradients(weights), leading, alphas)
        low, high = change_bounds(value, leading, ends, alphas, modulus, share)
        reach, lengths = radii(ends.longest, alphas, modulus)[-1], []
        span = self._span(moved + reach)

        def change(_: int) -> float:
            before = None if self.beta else self._begun()
            self._move(self._fresh)
            lengths.append(_squared(before) if before else length(self.optimiser))
            with ahead(self.optimiser, self._lead):
                after = self._value()
            kept.put_back()
            return after - value

        n = gamma(self._operations())
        steep = math.sqrt(leading.squared) + modulus * reach / share
        error = 2 * n * (value + max(high, 0.0)) + n * steep * span
        where = (self.sweeps, 0, "*", 0)
        table = replays(change, (low, high), count, where, error)
        most = self.beta * moved + reach
        off = n * (most**2 + 2 * most * span + n * span**2)
        self._replays.append(
            table
            | {
                "displacement": np.array(lengths),
                "displacement_error": np.full(count, off),
                "displacement_high": np.full(count, most**2 + off),
            }
        )

    def _span(self, moved: float) -> float:
        """What roundings of the points of a sweep are relative to."""
        size = math.hypot(*(float(w.detach().norm()) for w in self.model.parameters()))
        return size + moved / (1 - self.beta)

    def _measure(self, weights: list[Tensor], kept: Kept) -> float:
        """L̄, from trial sweeps that are undone; a lower bound of one where gradients jump."""
        most = self._curvature(weights, self.beta)
        if self.jumps:
            return most
        for _ in range(TRIALS):
            self._move(self._trial)
            most = max(most, self._curvature(weights, 0.0))
            kept.put_back()
        return MARGIN * most

    def _curvature(self, weights: list[Tensor], share: float) -> float:
        """The largest at w + share·Δ, and at z."""
        found = []
        for moved in {share, self._lead}:
            with ahead(self.optimiser, moved):
                found.append(largest(self, weights, self._trial, self.every))
        return max(found)

    def _begun(self) -> list[tuple[Tensor, Tensor]]:
        """Each weight, and its part of y."""
        with ahead(self.optimiser, self.beta):
            return [(w, w.detach().clone()) for block in self._visited() for w in block]

    def _check_steps(self, before: list[tuple[Tensor, Tensor]], alphas: Tensor) -> None:
        """w⁺ = y − α ⊙ g with α known before the draw, g the gradient that the sweep stepped along.

        Both sides make five roundings: two in exp, then lr·exp(θ), α·g and the difference. Where α
        is not trained in closed form the optimiser keeps no g, and a probe alone can tell.

        Raises:
            InvalidInput: if a weight differs by more than the rounding of that formula.
        """
        unroll, meta = self.optimiser.settings.unroll, self.optimiser.meta_optimiser
        if unroll or (meta is None and not all(g["meta_lr"] for g in self.optimiser.param_groups)):
            return
        parts = torch.split(alphas, [w.numel() for w, _ in before])
        for (w, old), alpha in zip(before, parts, strict=True):
            direction = self.optimiser.state[w]["direction"]
            step = alpha.view_as(w) * (torch.zeros_like(w) if direction is None else direction)
            room = gamma(10) * (old.abs() + step.abs())
            if ((w.detach() - (old - step)).abs() > room).any():
                raise InvalidInput(
                    f"replays: sweep {self.sweeps} moved {self._names[id(w)]} by other step sizes "
                    "than those that were known before its batch was drawn"
                )

    def _check_moved(self, start: list[Tensor], before: list[tuple[Tensor, Tensor]]) -> None:
        """Δ⁺, which the next sweep extrapolates along, is w⁺ − w.

        Raises:
            InvalidInput: if it differs by more than the rounding of both.
        """
        for (w, y), old in zip(before, start, strict=True):
            kept = self.optimiser.state[w].get("displacement") if self.beta else None
            if kept is None:
                continue
            room = gamma(10) * (old.abs() + y.abs() + w.detach().abs() + kept.abs())
            if ((w.detach() - old - kept).abs() > room).any():
                raise InvalidInput(
                    f"replays: sweep {self.sweeps} keeps for {self._names[id(w)]} another Δ than "
                    "it moved by"
                )

    def _of_sweep(self, found: Slopes, alphas: list[Tensor], modulus: float) -> dict[str, float]:
        """What belongs to a sweep: sums at y with their rounding, ‖Δ‖², the ends of step sizes."""
        n, alpha = gamma(self._operations()), torch.cat(alphas)
        mean, square, size = (torch.cat(p) for p in (found.mean, found.square, found.size))
        spread = (square - mean.square()).clamp(min=0) / self.batch
        moved = self._moved
        row = {
            "looked": 1.0,
            "pull": float(alpha @ mean.square()),
            "pull_error": 4 * n * float(alpha @ size.square()),
            "noise": float(alpha.square() @ spread),
            "noise_error": 4 * n * float(alpha.square() @ square),
            "displacement": moved,
            "displacement_error": 2 * n * (moved + math.sqrt(moved) * self._span(0.0)),
            "alpha_min": float(alpha.min()),
            "alpha_max": float(alpha.max()),
        }
        return row if self.beta or self.jumps else row | self._second_moment(found, alphas, modulus)

    def _second_moment(
        self, found: Slopes, alphas: list[Tensor], modulus: float
    ) -> dict[str, float]:
        """The interval of S3's G² with its rounding."""
        least, most = moments(found, alphas, modulus, self.batch)
        rounding = 4 * gamma(self._operations()) * (max(found.squares) + most)
        return {
            "second_moment": (least + most) / 2,
            "second_moment_error": (most - least) / 2 + rounding,
        }

    def _row(self, sweep: int, value: float) -> None:
        """What is known of the weights after a sweep; ∇f where S3 asks for it."""
        n = gamma(self._operations())
        row = {"value": value, "value_error": n * value}
        if not (self.beta or self.jumps):
            found = self._slopes()
            row |= {"gradient": found.squared, "gradient_error": 4 * n * found.absolute}
        self._rows.setdefault(sweep, {}).update(row)

    def _table(self) -> dict[str, Column]:
        """Rows before and after each replayed sweep.

        A row that says only where a replayed sweep began has 0 for what belongs to the sweep
        before it (``looked`` among it), and that one's step sizes.
        """
        sweeps = sorted(self._rows)
        table: dict[str, Column] = {
            "sweep": np.array(sweeps, dtype=np.int64),
            "replicate": np.zeros(len(sweeps), dtype=np.int64),
        }
        for name in dict.fromkeys(name for k in sweeps for name in self._rows[k]):
            later = name.startswith("alpha")
            table[name] = np.array(
                [row[name] if name in row else self._rows[k + 1][name] if later else 0.0
                 for k, row in sorted(self._rows.items())]
            )  # fmt: skip
        return table


def _squared(before: list[tuple[Tensor, Tensor]]) -> float:
    """‖w⁺ − w‖², where no Δ is kept."""
    return math.fsum(float((w.detach() - old).square().sum()) for w, old in before)
