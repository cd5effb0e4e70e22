"""CIFAR-10, in either version. Binary: records of a label and 3·32·32 bytes, red, green, blue.

    label (1 byte)   red (1024)   green (1024)   blue (1024)      10,000 records a file

Python: a pickle of a dict with ``data`` (10,000 × 3,072 bytes, the same order) and ``labels``, a
list. It is read as the Planetoid files are, without running it (:mod:`repro.data.unpickle`).

Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from repro.data.images import Pixels
from repro.data.local import Layout, LocalSource
from repro.data.unpickle import read_pickle
from repro.data.upstream import VerifiedFile, reading

_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
LARGEST = 10_000 * _RECORD
BINARY = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
PYTHON = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
SOURCE = LocalSource(
    "https://www.cs.toronto.edu/~kriz/cifar.html",
    ("https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10",),
    (
        Layout(
            ("", "cifar-10-batches-bin", "cifar10", "cifar10/cifar-10-batches-bin"),
            dict.fromkeys(BINARY),
            "cifar-10-binary.tar.gz",
            "c32a1d4ab5d03f1284b67883e8d87530",
        ),
        Layout(
            ("", "cifar-10-batches-py", "cifar10", "cifar10/cifar-10-batches-py"),
            PYTHON,
            "cifar-10-python.tar.gz",
            "c58f30108f718f92721af3b95e74349a",
        ),
    ),
    largest=2**25,
)


def read_pixels(files: Mapping[str, VerifiedFile]) -> tuple[Pixels, Pixels]:
    """Return training and test images from the six ``files``; raises CorruptFile."""
    read = _records if BINARY[0] in files else _batch
    *train, test = map(read, files.values())
    return _joined(train), test


def _joined(parts: Sequence[Pixels]) -> Pixels:
    images, labels = zip(*parts, strict=True)
    return Pixels(np.concatenate(images), np.concatenate(labels))


def _records(file: VerifiedFile) -> Pixels:
    """A file of the binary version."""
    with reading(file) as content:
        if not content or len(content) % _RECORD or len(content) > LARGEST:
            raise ValueError(f"{len(content)} bytes are no whole number of {_RECORD}")
        rows = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    return Pixels(rows[:, 1:].reshape(-1, *_SHAPE), rows[:, 0])


def _batch(file: VerifiedFile) -> Pixels:
    """A file of the Python version."""
    with reading(file) as content:
        batch = read_pickle(content)
        if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
            raise ValueError("it holds no batch of images with their labels")
        images, labels = batch[b"data"], batch[b"labels"]
        if not isinstance(images, np.ndarray) or images.dtype != "uint8" or images.ndim != 2:
            raise ValueError("its data is no matrix of bytes")
        if images.shape[1] != _RECORD - 1 or type(labels) is not list:
            raise ValueError(f"its rows have {images.shape[1]} numbers, not {_RECORD - 1}")
        if not all(type(label) is int and 0 <= label < 256 for label in labels):
            raise ValueError("a label is no class number")
    return Pixels(images.reshape(-1, *_SHAPE), np.array(labels, np.uint8))
