"""What replays of block updates and of whole sweeps share: samples, draws, gradients, the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from amverify.errors import InvalidInput, brief, is_whole
from amverify.expectation.points import extrapolation
from amverify.record.header import versions
from amverify.samt import SAMT
from amverify.samt.probe import Probe
from amverify.trace.columns import Column, Table
from amverify.trace.trace import Trace

Losses = Callable[[Tensor, Tensor], Tensor]
SampleLoss = Callable[[Mapping[str, Tensor], Tensor, Tensor], Tensor]
HELD, FEWEST = 1 << 21, 64
"""Numbers in the samples' gradients that are held at once, of no fewer samples than so many."""
KINKED = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.RReLU,
    nn.Threshold,
    nn.Hardtanh,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Hardshrink,
    nn.Softshrink,
    nn.MaxPool1d,
    nn.MaxPool2d,
    nn.MaxPool3d,
)
"""Modules whose derivative jumps: no curvature that is measured beside the jump is a modulus."""
UNWANTED = ("momentum", "weight_decay", "clip", "extrapolation")


class Training:
    """Training of a network by SAMT on batches drawn with replacement.

    Args:
        model: in float64, without modules that draw or keep statistics (dropout, BatchNorm). With
            one whose derivative jumps (ReLU; where it hides in a function, nothing notices it) no
            sweep can be replayed.
        optimiser: SAMT with plain steps (no momentum, decay or clipping), one inner step, order
            forward or backward; extrapolation, one for all blocks, where sweeps are replayed.
        x: all samples, (N, …).
        y: their labels, (N, …).
        losses: (outputs, labels) ↦ one loss ≥ 0 for each sample, (N,).
        batch: b, samples in a batch.
        seed: of all draws.
        shuffle: train on epochs of shuffled samples, as most programs do, instead of on batches
            drawn anew; then no sweep can be replayed, and S7 and S8 do not apply.

    Raises:
        InvalidInput: for an optimiser or a model that the theorem is not about.
    """

    theorem: str
    resample: bool
    extrapolates = False

    @property
    def measured(self) -> tuple[str, ...]:
        """What of the trace is measured, not known."""
        raise NotImplementedError

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
        shuffle: bool = False,
    ) -> None:
        for name, value, kind in (("model", model, nn.Module), ("optimiser", optimiser, SAMT),
                                  ("x", x, Tensor), ("y", y, Tensor)):  # fmt: skip
            if not isinstance(value, kind):
                raise InvalidInput(
                    f"replays, {name}: expected a {kind.__name__}, got {type(value).__name__}"
                )
        if len(x) != len(y) or not is_whole(batch, 1):
            raise InvalidInput(
                f"replays: {len(x)} samples, {len(y)} labels, batches of {brief(batch)}"
            )
        settings = optimiser.settings
        wanted = (self.resample, 1, False)
        if (settings.resample, settings.inner, settings.order == "random") != wanted:
            self._refuse(f"SAMT with resample={self.resample}, inner=1 and a fixed order")
        if settings.meta == "same":
            self._refuse("predictable step sizes, meta='same' trains them on the batch they serve")
        unwanted = UNWANTED[: 3 if self.extrapolates else 4]
        for group in optimiser.param_groups:
            extra = [n for n in unwanted if group[n]]
            if extra:
                self._refuse(f"plain steps, {group['name']} has {extra}")
            if any(w.dtype != torch.float64 for w in group["params"]):
                raise InvalidInput(f"replays: float64 is needed, in block {group['name']!r} too")
        self.jumps = [
            f"{type(part).__name__} ({name})"
            for name, part in model.named_modules()
            if isinstance(part, KINKED)
        ]
        if self.jumps and not self.extrapolates:
            self._refuse(f"gradients that are Lipschitz, {self.jumps[0]} makes one that jumps")
        if shuffle and not self.extrapolates:
            self._refuse("batches drawn anew for every block")
        if any(True for _ in model.buffers()):
            raise InvalidInput("replays: the model keeps statistics in buffers")
        self.model, self.optimiser, self.x, self.y = model, optimiser, x, y
        self.losses, self.batch, self.seed = losses, batch, seed
        self.shuffle, self._left = shuffle, torch.empty(0, dtype=torch.int64)
        self.beta, self.sweeps, self._moved = extrapolation(optimiser), 0, 0.0
        self._names = {id(w): name for name, w in model.named_parameters()}
        self._train, self._trial, self._fresh = (
            torch.Generator().manual_seed(3 * seed + k) for k in range(3)
        )
        self._chosen = self._indices(self._train)
        self._blocks: list[dict[str, Any]] = []
        self._replays: list[dict[str, Column]] = []
        self._rows: dict[int, dict[str, float]] = {}

    def sweep(self, replay: int = 0) -> Tensor:
        """One sweep, replayed so many times."""
        raise NotImplementedError

    def draw_from(self, seed: int) -> None:
        """From now on, draw the batches of training from another seed (for probes)."""
        self._train.manual_seed(seed)

    def _refuse(self, what: str) -> NoReturn:
        raise InvalidInput(f"replays: {self.theorem} about {what}")

    def _order(self) -> list[int]:
        """The numbers of the blocks, as a sweep visits them."""
        forward = list(range(len(self.optimiser.param_groups)))
        return forward if self.optimiser.settings.order == "forward" else forward[::-1]

    def _trained(self, number: int) -> list[Tensor]:
        """The weights of a block that are trained."""
        return [w for w in self.optimiser.param_groups[number]["params"] if w.requires_grad]

    def _alpha(self, number: int) -> Tensor:
        """α of a block, one for each trained weight, (parameters of the block,)."""
        group, sizes = self.optimiser.param_groups[number], self.optimiser.step_sizes()
        rows = zip(group["param_names"], group["params"], strict=True)
        parts = [sizes[n].expand_as(w).reshape(-1) for n, w in rows if w.requires_grad]
        return torch.cat(parts)

    def _indices(self, generator: torch.Generator) -> Tensor:
        if not (self.shuffle and generator is self._train):
            return torch.randint(len(self.x), (self.batch,), generator=generator)
        if not len(self._left):
            self._left = torch.randperm(len(self.x), generator=generator)
        chosen, self._left = self._left[: self.batch], self._left[self.batch :]
        return chosen

    def _mean(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """The mean loss."""
        return self.losses(outputs, labels).mean()

    def _loss(self, chosen: Tensor | slice) -> Tensor:
        return self._mean(self.model(self.x[chosen]), self.y[chosen])

    def _value(self) -> float:
        """f at the present weights."""
        with torch.no_grad():
            return float(self._loss(slice(None)))

    def _operations(self) -> int:
        """What stands for the roundings on the longest way to a value.

        N for the mean over the samples, and a generous count for the passes through the network.
        It is declared, not derived, and the trace names it among what is measured.
        """
        return len(self.x) + 8 * sum(w.numel() for w in self.model.parameters())

    def sample_loss(self, weights: Sequence[Tensor]) -> tuple[dict[str, Tensor], SampleLoss]:
        """These weights by name, and one sample's loss as a function of them."""
        own = {self._names[id(w)]: w.detach() for w in weights}
        rest = {n: w.detach() for n, w in self.model.named_parameters() if n not in own}

        def loss(some: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
            out = functional_call(self.model, {**rest, **some}, (x.unsqueeze(0),))
            return self.losses(out, y.unsqueeze(0)).squeeze(0)

        return own, loss

    def chunks(self, every: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
        """The samples and their labels, some at a time; of many, each ``every``-th."""
        size = max(FEWEST, HELD // sum(w.numel() for w in self.model.parameters()))
        parts = (torch.split(v[::every], size) for v in (self.x, self.y))
        yield from zip(*parts, strict=True)

    def gradients(self, weights: Sequence[Tensor]) -> Iterator[Tensor]:
        """g_s of every sample by these weights, some samples at a time, (samples, parameters)."""
        own, loss = self.sample_loss(weights)
        per_sample = vmap(grad(loss), in_dims=(None, 0, 0))
        for x, y in self.chunks():
            found = per_sample(own, x, y)
            yield torch.cat([found[n].flatten(1) for n in own], dim=1).detach()

    def _traced(
        self, probe: Probe | None, constants: Mapping[str, Any], sweeps: Table | None = None
    ) -> Trace:
        """Everything replayed so far as a trace.

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
            for name in (self._replays[0] if self._replays else ())
        }
        low, high = self.optimiser.param_groups[0]["bounds"]
        settings = {
            "meta": self.optimiser.settings.meta,
            "resample": self.resample,
            "inner": 1,
            "blocks": len(self.optimiser.param_groups),
            "alpha_bounds": [low, high],
            "batch": self.batch,
            "samples": len(self.x),
            "measured": list(self.measured),
            "extrapolation": self.beta,
            "sampling": "drawn without replacement" if self.shuffle else "independent",
            "jumps": self.jumps,
            "probe": {} if probe is None else probe.told(),
        }
        header = {
            "subject": "SAMT",
            "seed": self.seed,
            "settings": settings,
            "constants": dict(constants),
            "versions": versions(),
        }
        return Trace(header, blocks=blocks, sweeps=sweeps or {}, replays=table)
