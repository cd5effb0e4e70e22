"""What ``auto`` stands for: hidden layers and a ridge, by cross-validation within ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.estimators.inputs import Features

Array = NDArray[Any]
Hidden = int | Sequence[int] | Literal["auto"]
LAYERS = ((), (32,))
"""What ``hidden="auto"`` chooses from, a linear model first: it is taken where it is no worse."""
RIDGES = (0.3, 1.0, 3.0, 10.0)
"""What ``ridge="auto"`` chooses from."""
FOLDS, SWEEPS_OF_A_FOLD = 3, 60
FEW = 20
"""With fewer samples nothing is held out: one layer of 32 and a ridge of 1 are taken."""


@dataclass(frozen=True)
class Candidate:
    """Widths of the hidden layers, and μ/ρ."""

    hidden: tuple[int, ...]
    ridge: float


@dataclass(frozen=True)
class Samples:
    """Scaled features (N, n), targets (N, m) or classes (N,), and what draws folds and weights.

    Args:
        inputs: scaled features.
        y: targets.
        outputs: columns of the network's output.
        groups: classes, which are spread over the folds; None in regression.
        seed: of folds and initial weights.
    """

    inputs: Features
    y: Tensor
    outputs: int
    groups: Array | None
    seed: int

    def __len__(self) -> int:
        return len(self.y)

    def widths(self, hidden: tuple[int, ...]) -> tuple[int, ...]:
        """Of all layers, input and output included."""
        return (self.inputs.shape[1], *hidden, self.outputs)

    def part(self, rows: Array) -> Self:
        """Some of the samples."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, inputs=self.inputs[rows], y=self.y[rows], groups=groups)

    def folds(self) -> Iterator[tuple[Self, Self]]:
        """What each fold keeps and holds out; classes are spread over the folds.

        A fold that would keep one class only is left out: the other was a single sample.
        """
        order = np.random.default_rng(self.seed).permutation(len(self))
        if self.groups is not None:
            order = order[np.argsort(self.groups[order], kind="stable")]
        for fold in range(FOLDS):
            held = np.zeros(len(self), dtype=bool)
            held[order[fold::FOLDS]] = True
            if self.groups is None or len(np.unique(self.groups[~held])) > 1:
                yield self.part(np.flatnonzero(~held)), self.part(np.flatnonzero(held))

    def held_out(self, fraction: float) -> tuple[Self, Self]:
        """Kept and held-out samples; of every class some, where there are enough.

        The only sample of a class is kept.
        """
        rows, alone, groups = np.arange(len(self)), np.arange(0), self.groups
        if groups is not None:
            single = np.bincount(groups)[groups] < 2
            if not single.all():
                rows, alone = np.flatnonzero(~single), np.flatnonzero(single)
            groups = groups[rows]
            if single.all() or round(len(rows) * fraction) < len(np.unique(groups)):
                groups = None
        kept, held = train_test_split(
            rows, test_size=fraction, random_state=self.seed, stratify=groups
        )
        return self.part(np.concatenate([kept, alone])), self.part(held)


def widths_of(hidden: Hidden) -> tuple[int, ...]:
    """Widths of the hidden layers; none is a linear model.

    Raises:
        InvalidInput: where they are no whole numbers from 1 on.
    """
    widths: tuple[Any, ...] = tuple(np.atleast_1d(np.asarray(hidden, dtype=object)))
    whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in widths)
    if not whole or not all(0 < int(n) < 2**31 for n in widths):
        raise InvalidInput(
            f"hidden: 'auto', or widths of the hidden layers, 1 or more each, got {hidden!r}"
        )
    return tuple(int(n) for n in widths)


def candidates(hidden: Hidden, ridge: float | Literal["auto"], count: int) -> tuple[Candidate, ...]:
    """What may be chosen from for so many samples, the simplest first.

    Raises:
        InvalidInput: for widths that are none.
    """
    few = count < FEW
    layers = LAYERS[few:] if automatic(hidden) else (widths_of(hidden),)
    ridges = ((1.0,) if few else RIDGES) if automatic(ridge) else (float(ridge),)
    return tuple(Candidate(*pair) for pair in product(layers, ridges))


def chosen(
    offered: Sequence[Candidate],
    samples: Samples,
    score: Callable[[Candidate, Samples, Samples], float],
) -> Candidate:
    """The candidate whose scores on what the folds hold out have the largest sum.

    ``score(candidate, kept, held)``, the larger the better; of equals the first is taken.
    """
    if len(offered) == 1:
        return offered[0]
    folds = list(samples.folds())
    return max(offered, key=lambda c: sum(score(c, kept, held) for kept, held in folds))


def automatic(value: object) -> bool:
    """Whether a parameter is to be chosen (it may be an array: ``==`` would not do)."""
    return isinstance(value, str) and value == "auto"
