"""What a data set is to the rest of the package: arrays, statistics and hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """Samples as rows: ``x`` (n, n_0) float64 (float32 for images of bytes), ``y`` (n,) int64.

    Classes are numbers from 0.
    """

    x: NDArray[np.floating[Any]]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.y.shape[0])


@dataclass(frozen=True)
class Dataset:
    """A data set with its public split.

    ``statistics`` holds the raw counts that table 1 compares with the published ones
    (nodes, edges, classes, features, train, validation, test; absent where meaningless).
    ``hashes`` maps each file read to the SHA-256 of its content; for generated data it
    holds one entry ``generated`` with the hash of the arrays. ``image`` is (channels, height,
    width) where a row of ``x`` is an image in that order, else None.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split
    classes: int
    statistics: Mapping[str, int] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    image: tuple[int, int, int] | None = None
