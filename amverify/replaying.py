r"""S1 on a network: block updates of SAMT replayed with fresh batches, at chosen sweeps.

Training goes on as it would. Before a block i of a chosen sweep is updated, with v the weights,
α the step sizes that the update will use, and f the mean loss over all N samples:

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from amverify.errors import InvalidInput
from amverify.methods.samt import SAMT
from amverify.recording.header import versions
from amverify.rounding import gamma
from amverify.stochastic import Probe, replays
from amverify.trace import Column, Trace

Losses = Callable[[Tensor, Tensor], Tensor]
MARGIN = 1.5
"""On the largest curvature that the trial batches showed."""
TRIALS = 32
CHUNK = 64
"""Samples whose gradients are held at once."""


class ReplayedTraining:
    """Training of a network by SAMT on batches drawn with replacement, replayed where asked.

    Args:
        model: in float64, without modules that draw or keep statistics (dropout, BatchNorm).
        optimiser: SAMT with ``resample=True``, plain steps (no extrapolation, momentum, decay or
            clipping), one inner step, order forward or backward.
        x: all samples, (N, …).
        y: their labels, (N, …).
        losses: (outputs, labels) ↦ one loss ≥ 0 for each sample, (N,).
        batch: b, samples drawn for each block.
        seed: of all draws.

    Raises:
        InvalidInput: for an optimiser or a model that S1 is not about.
    """

    def __init__(
        self,
        model: nn.Module,
        optimiser: SAMT,
        x: Tensor,
        y: Tensor,
        losses: Losses,
        *,
        batch: int,
        seed: int = 0,
    ) -> None:
        if len(x) != len(y) or not batch >= 1:
            raise InvalidInput(f"replays: {len(x)} samples, {len(y)} labels, batches of {batch}")
        settings = optimiser.settings
        if not settings.resample or settings.inner != 1 or settings.order == "random":
            raise InvalidInput("replays: SAMT with resample=True, inner=1 and a fixed order")
        for group in optimiser.param_groups:
            extra = [n for n in ("extrapolation", "momentum", "weight_decay", "clip") if group[n]]
            if extra:
                raise InvalidInput(f"replays: S1 is about plain steps, {group['name']} has {extra}")
            if any(w.dtype != torch.float64 for w in group["params"]):
                raise InvalidInput(f"replays: float64 is needed, in block {group['name']!r} too")
        if any(True for _ in model.buffers()):
            raise InvalidInput("replays: the model keeps statistics in buffers")
        self.model, self.optimiser, self.x, self.y = model, optimiser, x, y
        self.losses, self.batch, self.seed = losses, batch, seed
        self.sweeps = 0
        self._names = {id(w): name for name, w in model.named_parameters()}
        self._train, self._trial, self._fresh = (
            torch.Generator().manual_seed(3 * seed + k) for k in range(3)
        )
        self._chosen = self._indices(self._train)
        self._blocks: list[dict[str, Any]] = []
        self._replays: list[dict[str, Column]] = []

    def sweep(self, replay: int = 0) -> Tensor:
        """One sweep; with ``replay`` > 0, each block's update is replayed so many times first."""
        count = len(self.optimiser.param_groups)
        order = list(range(count))
        if self.optimiser.settings.order == "backward":
            order.reverse()
        left = iter(order)
        self.sweeps += 1

        def draw() -> None:
            number = next(left)
            if replay:
                with self._plain_forward():
                    self._record(number, replay)
            self._chosen = self._indices(self._train)

        return self.optimiser.step(lambda: self._loss(self._chosen), draw)

    def trace(self, probe: Probe | None = None) -> Trace:
        """Everything replayed so far; S1 asks for a probe of predictability besides.

        Raises:
            InvalidInput: if nothing was replayed.
        """
        if not self._blocks:
            raise InvalidInput("replays: no sweep was replayed")
        columns = {name: [row[name] for row in self._blocks] for name in self._blocks[0]}
        blocks: dict[str, Column] = {
            name: np.array(column, dtype="S4" if name == "kind" else None)
            for name, column in columns.items()
        }
        table = {
            name: np.concatenate([part[name] for part in self._replays])
            for name in self._replays[0]
        }
        low, high = self.optimiser.param_groups[0]["bounds"]
        settings = {
            "meta": self.optimiser.settings.meta,
            "resample": True,
            "inner": 1,
            "blocks": len(self.optimiser.param_groups),
            "alpha_bounds": [low, high],
            "batch": self.batch,
            "samples": len(self.x),
            "measured": ["modulus", "rounding of gradients"],
            "probe": {} if probe is None else probe.told(),
        }
        header = {
            "subject": "SAMT",
            "seed": self.seed,
            "settings": settings,
            "constants": {},
            "versions": versions(),
        }
        return Trace(header, blocks=blocks, replays=table)

    @contextmanager
    def _plain_forward(self) -> Iterator[None]:
        """The model without SAMT's fast path, which detaches what it need not differentiate."""
        fast = self.model.__dict__.pop("forward", None)
        try:
            yield
        finally:
            if fast is not None:
                self.model.__dict__["forward"] = fast

    def _indices(self, generator: torch.Generator) -> Tensor:
        return torch.randint(len(self.x), (self.batch,), generator=generator)

    def _loss(self, chosen: Tensor | slice) -> Tensor:
        return self.losses(self.model(self.x[chosen]), self.y[chosen]).mean()

    def _value(self) -> float:
        with torch.no_grad():
            return float(self._loss(slice(None)))

    def _record(self, number: int, count: int) -> None:
        group = self.optimiser.param_groups[number]
        weights = [w for w in group["params"] if w.requires_grad]
        sizes = self.optimiser.step_sizes()
        names = group["param_names"]
        alpha = torch.cat(
            [sizes[n].expand_as(w).reshape(-1) for n, w in zip(names, group["params"], strict=True)
             if w.requires_grad]
        )  # fmt: skip
        each = self._every_gradient(weights)
        state = _State(self, weights, alpha, each)
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

    def _every_gradient(self, weights: Sequence[Tensor]) -> Tensor:
        """g_s of every sample, (N, parameters of the block)."""
        own = {self._names[id(w)]: w.detach() for w in weights}
        rest = {n: w.detach() for n, w in self.model.named_parameters() if n not in own}

        def loss(block: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
            out = functional_call(self.model, {**rest, **block}, (x.unsqueeze(0),))
            return self.losses(out, y.unsqueeze(0)).squeeze(0)

        per_sample = vmap(grad(loss), in_dims=(None, 0, 0))
        chunks = zip(torch.split(self.x, CHUNK), torch.split(self.y, CHUNK), strict=True)
        parts = [per_sample(own, x, y) for x, y in chunks]
        return torch.cat(
            [torch.cat([part[n].flatten(1) for n in own], dim=1) for part in parts]
        ).detach()


class _State:
    """A block at the weights where it is about to be updated.

    ``operations`` stands for the roundings on the longest way to a value: N for the mean over the
    samples, and a generous count for the passes through the network. It is declared, not derived,
    and the trace names it among what is measured.
    """

    def __init__(
        self, run: ReplayedTraining, weights: Sequence[Tensor], alpha: Tensor, each: Tensor
    ) -> None:
        self.run, self.weights, self.alpha, self.each = run, weights, alpha, each
        self.start = [w.detach().clone() for w in weights]
        self.value, self.slope = run._value(), each.mean(0)
        self.operations = len(each) + 8 * sum(w.numel() for w in run.model.parameters())

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
