"""What is trained in tables 7 and 8: a network on a data set of images.

The MLP has 256 and 128 hidden units (784-256-128-10 on Fashion-MNIST), the CNN 16 and 32
channels. A mini-batch has 128 samples, on the 1,437 digits 16; a run has ten epochs. In the quick
profile MNIST is its first 4,000 training images, and all of its test images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from repro.minibatch.networks import HIDDEN
from repro.spec import Minibatch, RunSpec, Setting

EPOCHS = 10
BATCH = {"digits": 16}
USUAL_BATCH = 128
DATASETS = ("digits", "mnist", "fashion_mnist", "cifar10")
REDUCED = {"mnist": 4_000}
"""Images that are trained on in the quick profile, where those are not all."""

Settings = tuple[tuple[str, Setting], ...]


@dataclass(frozen=True)
class Workload:
    """A network (``mlp`` or ``cnn``) on a data set, or on its first so many training images."""

    dataset: str
    network: str
    samples: int = 0

    @property
    def section(self) -> str:
        """Its name in ``tuned.toml``."""
        part = f"_{self.samples}" if self.samples else ""
        return f"{self.dataset}{part}_{self.network}"

    def __str__(self) -> str:
        part = f" ({self.samples} images)" if self.samples else ""
        return f"{self.dataset}{part}, {self.network.upper()}"


def workloads(
    datasets: Sequence[str], profile: str, networks: Sequence[str] = ()
) -> tuple[Workload, ...]:
    """The MLP on every data set and the CNN on the digits; in the paper profile on all.

    Where ``networks`` are named, these on every data set. The quick profile takes parts of the
    data sets in ``REDUCED``.
    """
    parts = REDUCED if profile == "quick" else {}
    return tuple(
        Workload(dataset, network, parts.get(dataset, 0))
        for dataset in datasets
        for network in HIDDEN
        if (
            network in networks
            if networks
            else network == "mlp" or dataset == "digits" or profile == "paper"
        )
    )


def specification(
    workload: Workload,
    method: str,
    settings: Settings,
    seed: int,
    epochs: int,
    validate: bool = False,
) -> RunSpec:
    """One run of ``method``; with ``validate`` a run of tuning."""
    return RunSpec(
        dataset=workload.dataset,
        method=method,
        settings=tuple(sorted(settings)),
        hidden=HIDDEN[workload.network],
        activation="relu",
        sweeps=epochs,
        seed=seed,
        dtype="float32",
        minibatch=Minibatch(workload.network, BATCH.get(workload.dataset, USUAL_BATCH), validate),
        samples=workload.samples,
    )
