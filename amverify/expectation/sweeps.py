r"""S3 on a network: whole sweeps of SAMT replayed, one batch each, at chosen sweeps.

    E f(w⁺) ≤ f(w) − α_min‖∇f(w)‖² + L̄B(B−½)α_max²G².

Before a chosen sweep, with w the weights and α the step sizes that it will use:

1. from every sample's own gradient at w: ‖∇f(w)‖², and an interval that holds the smallest G²
   (``reach``): exact at w but for rounding, and given L̄ at the points to which the sweep leads;
2. L̄: the largest norm of any sample's Hessian, at w and at the ends of ``TRIALS`` *trial* sweeps,
   times ``MARGIN``. It is measured, not known, and the trace says so. All else follows from it;
3. bounds of every change before any draw (``reach``). They hold if L̄ is a modulus within R of w;
4. ``count`` times: a fresh batch, the optimiser's own step on it, f evaluated, and everything that
   the step changed put back to the last bit (``amverify.samt.undo``). Hooks of the step
   and schedulers do not see these steps.

α_min and α_max are the smallest and the largest step size used in the sweep. L̄ asks for losses
with a continuous gradient: of a network with ReLU no curvature that was measured is a modulus.

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
from amverify.expectation.probe import Probe
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
from amverify.samt.undo import Kept
from amverify.trace.columns import Column
from amverify.trace.trace import Trace

MARGIN = 1.5
"""On the largest curvature that was found."""
TRIALS = 2


class ReplayedSweeps(Training):
    """Training with one batch a sweep (``resample=False``), replayed where asked, for S3.

    Arguments and errors (InvalidInput): see :class:`amverify.expectation.training.Training`.
    """

    theorem, resample = "S3", False
    measured = ("L̄ (the largest curvature of a sample's loss, with a margin)",
                "rounding of gradients")  # fmt: skip

    def sweep(self, replay: int = 0) -> Tensor:
        """One sweep; with ``replay`` > 0, it is made so many times before and undone.

        Raises:
            InvalidInput: if it used other step sizes than those known before its batch was drawn,
                or a change left the bounds that L̄ gave it.
        """
        self.sweeps += 1
        if replay:
            self._record(replay)
        before = [(w, w.detach().clone()) for block in self._visited() for w in block]
        alphas = [self._alpha(number) for number in self._order()]
        loss = self.optimiser.step(**self._on_batch(self._train))
        self._check_steps(before, torch.cat(alphas))
        if replay:
            self._row(self.sweeps, self._value(), self._slopes())
        return loss

    def trace(self, probe: Probe | None = None) -> Trace:
        """Everything replayed so far; S3 asks for a probe of predictability besides.

        Raises:
            InvalidInput: if nothing was replayed.
        """
        most = max((row["modulus"] for row in self._blocks), default=0.0)
        modulus = {"value": most, "origin": "measured"}
        return self._traced(probe, {"Lbar": modulus}, self._table())

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

    def _slopes(self) -> Slopes:
        blocks = self._visited()
        sizes = [sum(w.numel() for w in block) for block in blocks]
        return slopes(self.gradients([w for block in blocks for w in block]), sizes)

    def _record(self, count: int) -> None:
        weights = [w for block in self._visited() for w in block]
        alphas = [self._alpha(number) for number in self._order()]
        value, found = self._value(), self._slopes()
        ends = extremes(self.gradients(weights), found, alphas)
        kept = Kept(self.optimiser)
        try:
            modulus = self._measure(weights, kept)
            low, high = change_bounds(value, found, ends, alphas, modulus)
            reach = radii(ends.longest, alphas, modulus)[-1]

            def change(_: int) -> float:
                self._move(self._fresh)
                after = self._value()
                kept.put_back()
                return after - value

            error = self._error(value + max(high, 0.0), found, reach, modulus)
            where = (self.sweeps, 0, "*", 0)
            self._replays.append(replays(change, (low, high), count, where, error))
        finally:
            kept.put_back()
        self._row(self.sweeps - 1, value, found)
        self._rows[self.sweeps] = self._second_moment(found, alphas, modulus)
        self._blocks += [
            {"sweep": self.sweeps, "replicate": 0, "kind": b"W", "layer": number + 1,
             "modulus": modulus, "execution": 0.0,
             "alpha_low": float(alpha.min()), "alpha_high": float(alpha.max())}
            for number, alpha in zip(self._order(), alphas, strict=True)
        ]  # fmt: skip

    def _measure(self, weights: list[Tensor], kept: Kept) -> float:
        """L̄, from trial sweeps that are undone."""
        most = largest(self, weights, self._trial)
        for _ in range(TRIALS):
            self._move(self._trial)
            most = max(most, largest(self, weights, self._trial))
            kept.put_back()
        return MARGIN * most

    def _check_steps(self, before: list[tuple[Tensor, Tensor]], alphas: Tensor) -> None:
        """w⁺ = w − α ⊙ g with α known before the draw, g the gradient that the sweep stepped along.

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

    def _error(self, value: float, found: Slopes, reach: float, modulus: float) -> float:
        """What rounding can do to a change: in both values of f, and in the point w⁺ itself."""
        n = gamma(self._operations())
        size = math.hypot(*(float(w.detach().norm()) for w in self.model.parameters()))
        slope = math.sqrt(found.squared) + modulus * reach
        return 2 * n * value + n * slope * (size + reach)

    def _second_moment(
        self, found: Slopes, alphas: list[Tensor], modulus: float
    ) -> dict[str, float]:
        """The interval of G² with its rounding, and the ends of the step sizes."""
        least, most = moments(found, alphas, modulus, self.batch)
        rounding = 4 * gamma(self._operations()) * (max(found.squares) + most)
        return {
            "second_moment": (least + most) / 2,
            "second_moment_error": (most - least) / 2 + rounding,
            "alpha_min": min(float(alpha.min()) for alpha in alphas),
            "alpha_max": max(float(alpha.max()) for alpha in alphas),
        }

    def _row(self, sweep: int, value: float, found: Slopes) -> None:
        """What is known of the weights after a sweep."""
        n = gamma(self._operations())
        self._rows.setdefault(sweep, {}).update(
            value=value,
            value_error=n * value,
            gradient=found.squared,
            gradient_error=4 * n * found.absolute,
        )

    def _table(self) -> dict[str, Column]:
        """Rows before and after each replayed sweep.

        A row that says only where a replayed sweep began has 0 for what belongs to the sweep
        before it, and that one's step sizes.
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
