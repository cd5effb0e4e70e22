"""Table 7's SAMT as subjects of ``amverify audit``: do S7 and S8 cover it?

    amverify audit repro.minibatch.audited:digits         # table 7's own run: no, and why
    amverify audit repro.minibatch.audited:digits_anew    # with batches drawn anew: no, and why
    amverify audit repro.minibatch.audited:digits_inside  # step sizes of S8's range: HOLDS
    amverify audit repro.minibatch.audited:digits_plain   # of S7's, without extrapolation: HOLDS
    amverify audit repro.minibatch.audited:mnist_part     # the same on 1,000 images of MNIST

The trainings are those of the tables (scalar step sizes, the tuned α₀ and β₀, forward, cosine
schedule, the same initial weights and batch size), in float64, as replays need. Where sweeps are
*replayed* tanh stands in for ReLU, which has no L̄, and step sizes are kept in [α/4, α] with α
inside the range. L̄ is the largest curvature of every ninth sample's loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from amverify.expectation import ReplayedSweeps, probe
from amverify.samt import SAMT
from amverify.subject.subject import Claim, Subject
from amverify.trace.trace import Trace
from repro.data.registry import load
from repro.minibatch.networks import HIDDEN, network
from repro.minibatch.samt import BOUNDS, EXTRAPOLATION, ORDER, cosine
from repro.minibatch.tuning import configuration
from repro.minibatch.workloads import Workload

LOSSES = partial(cross_entropy, reduction="none")


class Scheduled(ReplayedSweeps):
    """Step sizes and meta-rate scaled by the tables' cosine over ``length`` sweeps."""

    length = 1
    every = 9

    def sweep(self, replay: int = 0, look: bool = False) -> Tensor:
        """One sweep at the scale of its place in the run."""
        scale = cosine(self.sweeps, self.length)
        for group in self.optimiser.param_groups:
            initial = group.setdefault("initial", (group["lr"], group["meta_lr"]))
            group["lr"], group["meta_lr"] = (scale * value for value in initial)
        return super().sweep(replay, look)


@dataclass(frozen=True)
class Run:
    """One training, and where its sweeps are looked at or replayed.

    Args:
        workload: data set and network, whose tuned α₀ and β₀ are taken.
        epochs: of the cosine, and of the training.
        at: for each sweep that is recorded, how often it is replayed; 0 to look at it.
        alpha: α_max and α₀ instead of the tuned ones, with tanh in place of ReLU.
        extrapolation: β.
        shuffle: epochs of shuffled samples, as in the tables.
        most: samples of the data set that are used; all if None.
        batch: samples in a batch.
    """

    workload: Workload
    epochs: int
    at: Mapping[int, int]
    alpha: float | None = None
    extrapolation: float = EXTRAPOLATION
    shuffle: bool = False
    most: int | None = None
    batch: int = 16

    def training(self) -> Scheduled:
        """From its start."""
        data = load(self.workload.dataset)
        assert data.image is not None, "a data set of images"
        assert data.validation is not None, "with a validation split"
        parts = [(data.train.x, data.train.y), (data.validation.x, data.validation.y)]
        x, y = (torch.cat([torch.from_numpy(p[i]) for p in parts]) for i in range(2))
        x, y = x[: self.most].double(), y[: self.most]
        name = self.workload.network
        net = network(name, HIDDEN[name], data.image, data.classes, 0).double()
        if self.alpha is not None:
            net = nn.Sequential(*[nn.Tanh() if isinstance(p, nn.ReLU) else p for p in net])
        run = Scheduled(
            net, self._optimiser(net), x, y, LOSSES, batch=self.batch, shuffle=self.shuffle
        )
        run.length = self.epochs * -(-len(y) // self.batch)
        return run

    def _optimiser(self, net: nn.Sequential) -> SAMT:
        tuned = dict(configuration("samt_scalar", self.workload)[0])
        alpha = self.alpha
        return SAMT(
            net,
            lr=float(tuned["alpha"]) if alpha is None else alpha,
            kind="scalar",
            meta_lr=float(tuned["beta"]),
            extrapolation=self.extrapolation,
            order=ORDER,
            bounds=BOUNDS if alpha is None else (alpha / 400, alpha),
        )

    def trace(self) -> Trace:
        """The recorded sweeps, with a probe of predictability."""
        run = self.training()
        for k in range(max(self.at) + 1):
            run.sweep(self.at.get(k, 0), look=k in self.at)
        return run.trace(probe(self.training))


DIGITS, MNIST = Workload("digits", "mlp"), Workload("mnist", "mlp")
BOTH = (Claim("S7"), Claim("S8"))
LOOKS = dict.fromkeys((0, 90, 450, 890), 0)
REPLAYS = {0: 400, 300: 400}

digits = Subject(Run(DIGITS, 10, LOOKS, shuffle=True).trace, BOTH)
digits_anew = Subject(Run(DIGITS, 10, LOOKS).trace, BOTH)
digits_inside = Subject(Run(DIGITS, 10, REPLAYS, alpha=1.5e-4).trace, BOTH[1:])
digits_plain = Subject(Run(DIGITS, 10, REPLAYS, alpha=4e-3, extrapolation=0.0).trace, BOTH)
mnist_part = Subject(
    Run(MNIST, 10, dict.fromkeys((0, 40, 75), 0), most=1_000, batch=128, shuffle=True).trace, BOTH
)
