r"""One run with mini-batches: E epochs of ⌈n/B⌉ steps on the mean cross-entropy.

Each epoch visits every training sample once, in an order drawn from the run's seed; the last
batch is the smaller rest. Initial weights and batches are the same for all methods at equal
seeds. The data stay in memory as one tensor, a batch is an ``index_select``.

Curves, one number an epoch, counts and seconds cumulative: ``objective`` (mean loss of the
epoch's batches, each before its step), ``validation_accuracy`` or ``test_accuracy`` (never both:
see :class:`repro.spec.Minibatch`), ``parameter_updates``, ``gradient_evaluations``, ``seconds``
(in steps alone, batches fetched, evaluation excluded), and what the method tells of itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput
from repro.data.dataset import Dataset, Split
from repro.minibatch.networks import network, shaped
from repro.minibatch.optimisers import Stepper, stepper
from repro.spec import Minibatch, RunResult, RunSpec, Settings

EVALUATED_AT_ONCE = 2000
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def train(
    spec: RunSpec, minibatch: Minibatch, dataset: Dataset, on_epoch: Callable[[int], None]
) -> RunResult:
    """Carry out ``spec``; ``on_epoch(k)`` is called after epoch k = 1, 2, ….

    A run whose loss stops being finite ends there: the rest of its curves is NaN and a note
    says in which epoch.

    Raises:
        InvalidInput: for a specification or a data set that is not admitted.
    """
    fitted, measured = _parts(dataset, minibatch)
    fitted = _first(fitted, spec)
    curve = f"{'validation' if minibatch.validate else 'test'}_accuracy"
    model, samples = _prepared(spec, minibatch, dataset, fitted, measured)
    (x, y), (x_measured, y_measured) = samples
    steps = spec.sweeps * -(-len(y) // minibatch.size)
    method = stepper(spec.method, Settings(spec), model, steps)
    batches = torch.Generator().manual_seed(spec.seed)
    curves: dict[str, list[float]] = {}
    elapsed = 0.0
    for epoch in range(1, spec.sweeps + 1):
        loss, seconds = _epoch(model, method, x, y, minibatch.size, batches)
        elapsed += seconds
        if not math.isfinite(loss):
            note = f"diverged in epoch {epoch}"
            return RunResult(_filled(curves, curve, spec.sweeps), (note,))
        with method.evaluation():
            accuracy = _accuracy(model, x_measured, y_measured)
        told: dict[str, float] = {
            "objective": loss,
            curve: accuracy,
            "parameter_updates": float(method.parameter_updates),
            "gradient_evaluations": float(method.gradient_evaluations),
            "seconds": elapsed,
            **method.measured(),
        }
        for name, value in told.items():
            curves.setdefault(name, []).append(value)
        on_epoch(epoch)
    return RunResult(curves)


def _parts(dataset: Dataset, minibatch: Minibatch) -> tuple[Split, Split]:
    """What is trained on and what is measured on."""
    if dataset.image is None or dataset.validation is None:
        raise InvalidInput(f"{dataset.name}: mini-batches are for images with a validation split")
    if minibatch.size < 1:
        raise InvalidInput(f"a mini-batch needs a sample or more, got {minibatch.size}")
    if minibatch.validate:
        return dataset.train, dataset.validation
    both = Split(
        np.concatenate([dataset.train.x, dataset.validation.x]),
        np.concatenate([dataset.train.y, dataset.validation.y]),
    )
    return both, dataset.test


def _first(fitted: Split, spec: RunSpec) -> Split:
    """The samples that ``spec`` asks for, all where it says nothing."""
    if spec.samples > len(fitted):
        raise InvalidInput(f"samples: {spec.dataset} has {len(fitted)}, got {spec.samples}")
    most = spec.samples or len(fitted)
    return Split(fitted.x[:most], fitted.y[:most])


Samples = tuple[Tensor, Tensor]


def _prepared(
    spec: RunSpec, minibatch: Minibatch, dataset: Dataset, *splits: Split
) -> tuple[nn.Sequential, list[Samples]]:
    """The network, and each split as it and the loss take it."""
    if spec.dtype not in DTYPES:
        raise InvalidInput(f"dtype: {' or '.join(DTYPES)}, got {spec.dtype!r}")
    if spec.activation != "relu" or spec.claims:
        raise InvalidInput("mini-batches: the networks are of ReLUs, and no theorem is audited")
    assert dataset.image is not None, "_parts has refused it"
    dtype = DTYPES[spec.dtype]
    name = minibatch.network
    model = network(name, spec.hidden, dataset.image, dataset.classes, spec.seed).to(dtype)
    return model, [
        (
            shaped(name, torch.from_numpy(split.x).to(dtype), dataset.image),
            torch.from_numpy(split.y),
        )
        for split in splits
    ]


def _epoch(
    model: nn.Sequential,
    method: Stepper,
    x: Tensor,
    y: Tensor,
    size: int,
    generator: torch.Generator,
) -> tuple[float, float]:
    """One pass over the samples: mean loss, and the seconds that its steps took."""
    model.train()
    began = time.perf_counter()
    total = torch.zeros((), dtype=torch.float64)
    for batch, labels in _batches(x, y, size, generator):
        total += method.step(batch, labels) * len(labels)
    return float(total) / len(y), time.perf_counter() - began


def _batches(x: Tensor, y: Tensor, size: int, generator: torch.Generator) -> Iterator[Samples]:
    """The samples in a random order, ``size`` at once."""
    for chosen in torch.split(torch.randperm(len(y), generator=generator), size):
        yield x.index_select(0, chosen), y.index_select(0, chosen)


@torch.no_grad()
def _accuracy(model: nn.Sequential, x: Tensor, y: Tensor) -> float:
    """The share of samples whose largest output is their class."""
    model.eval()
    parts = zip(torch.split(x, EVALUATED_AT_ONCE), torch.split(y, EVALUATED_AT_ONCE), strict=True)
    right = sum(int((model(part).argmax(dim=1) == labels).sum()) for part, labels in parts)
    return right / len(y)


def _filled(curves: dict[str, list[float]], accuracy: str, epochs: int) -> dict[str, list[float]]:
    """The curves of a run that ended early, NaN where it has nothing to say."""
    names = dict.fromkeys(("objective", accuracy, "seconds", *curves))
    return {
        name: [*curves.get(name, []), *[math.nan] * (epochs - len(curves.get(name, [])))]
        for name in names
    }
