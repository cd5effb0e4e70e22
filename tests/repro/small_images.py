"""A data set of images that takes no time: each class is a pattern of its own, with noise."""

from __future__ import annotations

import numpy as np

from repro.data.dataset import Dataset, Split
from repro.spec import Minibatch, RunSpec, Setting

CLASSES, SIDE = 3, 6
SIZES = (40, 11, 20)


def small_images(name: str = "digits", seed: int = 0) -> Dataset:
    """40 training, 11 validation and 20 test images of 6×6 pixels in three classes."""
    generator = np.random.default_rng(seed)
    patterns = generator.random((CLASSES, SIDE * SIDE))
    splits = []
    for size in SIZES:
        y = np.arange(size) % CLASSES
        x = patterns[y] + 0.1 * generator.standard_normal((size, SIDE * SIDE))
        splits.append(Split(x.astype(np.float32), y.astype(np.int64)))
    hashes = {"generated": "0" * 64}
    return Dataset(name, *splits, CLASSES, {}, hashes, image=(1, SIDE, SIDE))


def spec(
    method: str = "sgd",
    network: str = "mlp",
    epochs: int = 3,
    seed: int = 5,
    size: int = 8,
    dtype: str = "float64",
    validate: bool = False,
    **settings: Setting,
) -> RunSpec:
    """A run on such images: 51 samples, seven batches of 8, the last of 3."""
    hidden = (7, 5) if network == "mlp" else (2, 3)
    ordered = tuple(sorted((settings or {"lr": 0.1}).items()))
    minibatch = Minibatch(network, size, validate)
    return RunSpec(
        "digits", method, ordered, hidden, "relu", epochs, seed, dtype, minibatch=minibatch
    )
