r"""S1 on a network: block updates of SAMT replayed with fresh batches, at chosen sweeps.

Before a block i of a chosen sweep is updated, with v the weights, α the step sizes that the update
will use, and f the mean loss over all N samples:

1. from every sample's own gradient g_s by the block: ∇_if(v) = mean g_s, and the variance of a
   batch gradient of b draws with replacement, σ² = (mean g_s² − (∇_if)²)/b, coordinate by
   coordinate: exact for this state, but for rounding;
2. a modulus L: the largest 2(f(v + e) − f(v) − ⟨∇_if, e⟩)/‖e‖² over some *trial* batches, times
   ``MARGIN``. It is measured, not known, and the trace says so;
3. bounds of every change before any draw. Steps are e = −α ⊙ (mean of b of the g_s), and a mean
   lies between the extremes:  −max_s⟨∇_if, α ⊙ g_s⟩ − (L/2)h² ≤ f(v + e) − f(v) ≤
   −min_s⟨∇_if, α ⊙ g_s⟩ + (L/2)h²,  h = max_s‖α ⊙ g_s‖;
4. ``count`` fresh batches, the step of each made, f evaluated, the step undone.

The audit of S1 then compares the mean of those changes, by a confidence sequence, with
−Σα(1 − Lα/2)(∇_if)² + (L/2)Σα²σ². The network is left as it was found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.expectation.draws import replays
from amverify.expectation.training import Training
from amverify.numbers.roundoff import gamma
from amverify.samt.probe import Probe
from amverify.trace.trace import Trace

MARGIN = 1.5
"""On the largest curvature that the trial batches showed."""
TRIALS = 32


class ReplayedTraining(Training):
    """Training with a batch for each block (``resample=True``), replayed where asked, for S1.

    Arguments and errors (InvalidInput): see :class:`amverify.expectation.training.Training`.
    """

    theorem, resample = "S1 is", True

    @property
    def measured(self) -> tuple[str, ...]:
        """What of the trace is measured, not known."""
        return "modulus", "rounding of gradients"

    def sweep(self, replay: int = 0) -> Tensor:
        """One sweep; with ``replay`` > 0, each block's update is replayed so many times first."""
        left = iter(self._order())
        self.sweeps += 1

        def draw() -> None:
            number = next(left)
            if replay:
                self._record(number, replay)
            self._chosen = self._indices(self._train)

        return self.optimiser.step(lambda: self._loss(self._chosen), draw)

    def trace(self, probe: Probe | None = None) -> Trace:
        """Everything replayed so far; S1 asks for a probe of predictability besides.

        Raises:
            InvalidInput: if nothing was replayed.
        """
        return self._traced(probe, {})

    def _record(self, number: int, count: int) -> None:
        weights = self._trained(number)
        state = _State(self, weights, self._alpha(number), torch.cat([*self.gradients(weights)]))
        change_error = 2 * gamma(state.operations) * state.value
        modulus = state.modulus(TRIALS, self._trial)
        low, high = state.bounds(modulus)
        where = (self.sweeps, 0, "W", number + 1)
        self._replays.append(
            replays(lambda _: state.change(self._fresh), (low, high), count, where, change_error)
        )
        self._blocks.append(
            {"sweep": self.sweeps, "replicate": 0, "kind": b"W", "layer": number + 1,
             "modulus": modulus, "execution": 0.0, **state.row()}
        )  # fmt: skip


class _State:
    """A block at the weights where it is about to be updated."""

    def __init__(
        self, run: ReplayedTraining, weights: Sequence[Tensor], alpha: Tensor, each: Tensor
    ) -> None:
        self.run, self.weights, self.alpha, self.each = run, weights, alpha, each
        self.start = [w.detach().clone() for w in weights]
        self.value, self.slope = run._value(), each.mean(0)
        self.operations = run._operations()

    def step(self, generator: torch.Generator) -> tuple[Tensor, float]:
        """e of a batch, and f(v + e); the weights are put back."""
        e = -self.alpha * self.each[self.run._indices(generator)].mean(0)
        parts = torch.split(e, [w.numel() for w in self.weights])
        try:
            with torch.no_grad():
                for w, part in zip(self.weights, parts, strict=True):
                    w.add_(part.view_as(w))
            return e, self.run._value()
        finally:
            with torch.no_grad():
                for w, kept in zip(self.weights, self.start, strict=True):
                    w.copy_(kept)

    def change(self, generator: torch.Generator) -> float:
        """f(v + e) − f(v)."""
        return self.step(generator)[1] - self.value

    def modulus(self, trials: int, generator: torch.Generator) -> float:
        """The largest curvature seen, with its margin; a tiny one if none was positive."""
        most = torch.finfo(torch.float64).tiny
        for _ in range(trials):
            e, value = self.step(generator)
            length = float(e @ e)
            if length > 0:
                most = max(most, 2 * (value - self.value - float(self.slope @ e)) / length)
        return MARGIN * most

    def bounds(self, modulus: float) -> tuple[float, float]:
        """Of f(v + e) − f(v), whichever the batch."""
        moved = self.alpha * self.each
        pulls, longest = moved @ self.slope, float(moved.square().sum(1).max())
        low = max(-float(pulls.max()) - modulus / 2 * longest, -self.value)
        return low, -float(pulls.min()) + modulus / 2 * longest

    def row(self) -> dict[str, float]:
        """The columns that S1 reads, each with the bound of its sums' rounding."""
        n = gamma(self.operations)
        g2 = self.slope.square()
        spread = (self.each.square().mean(0) - g2).clamp(min=0) / self.run.batch
        absolute = self.each.abs().mean(0)
        sums = {
            "pull": (self.alpha * g2, self.alpha * absolute.square()),
            "square": (self.alpha**2 * g2, self.alpha**2 * absolute.square()),
            "noise": (self.alpha**2 * spread, self.alpha**2 * self.each.square().mean(0)),
        }
        found = {name: float(value.sum()) for name, (value, _) in sums.items()}
        found |= {f"{name}_error": 4 * n * float(size.sum()) for name, (_, size) in sums.items()}
        ends = float(self.alpha.min()), float(self.alpha.max())
        if not all(map(math.isfinite, found.values())):
            raise InvalidInput("replays: a gradient is not finite")
        return found | {"alpha_low": ends[0], "alpha_high": ends[1]}
