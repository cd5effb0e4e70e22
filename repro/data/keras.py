"""Keras' ``mnist.npz``: MNIST's four arrays in one file, given back as the idx files they were.

What comes out is checked as those files are: an array in another order, or of other images, has
another hash.
"""

from __future__ import annotations

from collections.abc import Mapping

from repro.data.idx import LARGEST, PARTS, written
from repro.data.npz import members

_ARRAYS = dict(zip(("x_train", "y_train", "x_test", "y_test"), PARTS, strict=True))


def idx_files(content: bytes) -> Mapping[str, bytes]:
    """The four idx files, unpacked, by name; raises ValueError for anything else."""
    arrays = members(content, list(_ARRAYS), 2 * LARGEST)
    for name, array in arrays.items():
        if array.dtype != "uint8":
            raise ValueError(f"{name} is of {array.dtype}, where images and classes are bytes")
    return {part: written(arrays[name]) for name, part in _ARRAYS.items()}
