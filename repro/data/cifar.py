"""CIFAR-10's binary version: records of a label and 3·32·32 bytes, red, green, blue.

    label (1 byte)   red (1024)   green (1024)   blue (1024)      10,000 records a file

The Python version of the same data is a pickle and is not read.

Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from repro.data.images import Pixels
from repro.data.upstream import VerifiedFile, reading

TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = ("test_batch.bin",)
PARTS = (*TRAIN, *TEST)
_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
LARGEST = 10_000 * _RECORD


def read_pixels(files: Mapping[str, VerifiedFile]) -> tuple[Pixels, Pixels]:
    """Return training and test images from the six ``files``; raises CorruptFile."""
    return _joined([files[name] for name in TRAIN]), _joined([files[name] for name in TEST])


def _joined(files: Sequence[VerifiedFile]) -> Pixels:
    records = []
    for file in files:
        with reading(file) as content:
            if not content or len(content) % _RECORD:
                raise ValueError(f"{len(content)} bytes are no whole number of {_RECORD}")
            records.append(np.frombuffer(content, np.uint8).reshape(-1, _RECORD))
    rows = np.concatenate(records)
    return Pixels(rows[:, 1:].reshape(-1, *_SHAPE), rows[:, 0])
