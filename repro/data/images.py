"""Images as rows of numbers in [0, 1], with a part of the training images held out.

A pixel's byte becomes byte/255 in float32, the only numbers that bytes need; float64 would
take 376 MB for Fashion-MNIST's training images. The public split has no validation part:
one training image in six, each class in proportion and drawn from a fixed seed, becomes it.
Tables train on both parts, tuning on the first and looks at the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from repro.data.dataset import Dataset, Split

CLASSES = 10
_BRIGHTEST = np.float32(255)
_HELD_OUT = 6  # one image in so many


class Pixels(NamedTuple):
    """Images (n, channels, height, width) and their classes (n,), as bytes."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def image_dataset(
    name: str, train: Pixels, test: Pixels, *, seed: int, hashes: Mapping[str, str]
) -> Dataset:
    """Return the data set of these images; raises ValueError when they do not agree."""
    for part, (images, labels) in (("training", train), ("test", test)):
        if len(images) != len(labels) or not images.size:
            raise ValueError(f"{len(images)} {part} images with {len(labels)} labels")
        if labels.max() >= CLASSES:
            raise ValueError(f"a {part} label is {labels.max()}, where classes are 0 to 9")
        if images.shape[1:] != train.images.shape[1:]:
            raise ValueError(f"training and {part} images differ in shape")
    from sklearn.model_selection import train_test_split  # as in generated.py

    rows = np.arange(len(train.labels))
    # scikit-learn says in ValueError what is too few of which class
    kept, held = train_test_split(
        rows, test_size=len(rows) // _HELD_OUT, stratify=train.labels, random_state=seed
    )
    channels, height, width = train.images.shape[1:]
    splits = [
        _split(pixels.images[part], pixels.labels[part])
        for pixels, part in ((train, np.sort(kept)), (train, np.sort(held)), (test, slice(None)))
    ]
    return Dataset(
        name=name,
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        classes=CLASSES,
        statistics={
            "classes": CLASSES,
            "features": channels * height * width,
            "train": len(splits[0]),
            "validation": len(splits[1]),
            "test": len(splits[2]),
        },
        hashes=hashes,
        image=(channels, height, width),
    )


def _split(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Split:
    x = images.reshape(len(images), -1).astype(np.float32)
    x /= _BRIGHTEST
    return Split(x, labels.astype(np.int64))
