r"""The idx format of MNIST and of what came after it: big-endian, a header and then bytes.

    00 00 08 d   n_1 … n_d (32 bits each)   n_1·…·n_d unsigned bytes

08 stands for unsigned bytes, d for the number of dimensions: 3 for images (n, height, width),
1 for labels. A file is four numbers of header at most and exactly as many bytes as they say;
whatever is not so is refused before anything is allocated for it. Files may be gzipped.

Source: LeCun, Cortes & Burges, "The MNIST database" (1998); Xiao, Rasul & Vollgraf,
"Fashion-MNIST" (2017).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from repro.data.gunzip import unzipped
from repro.data.images import Pixels
from repro.data.upstream import VerifiedFile, reading

LARGEST = 2**26  # bytes unpacked; MNIST's training images are 47,040,016
PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")  # fmt: skip
_UNSIGNED_BYTES = 8
_WORD = 4


def read_idx(content: bytes, dimensions: int) -> NDArray[np.uint8]:
    """Return the array in ``content`` (idx, gzipped or not) of so many dimensions.

    Raises ValueError, saying what is wrong, for anything else.
    """
    data = unzipped(content, LARGEST)
    header = _WORD * (1 + dimensions)
    if len(data) < header:
        raise ValueError(f"it has {len(data)} bytes, less than the header of an idx file")
    if data[:_WORD] != bytes((0, 0, _UNSIGNED_BYTES, dimensions)):
        raise ValueError(
            f"it starts with {data[:_WORD].hex(' ')}, where an idx file of unsigned bytes in "
            f"{dimensions} dimension(s) starts with 00 00 08 0{dimensions}"
        )
    shape = [int(n) for n in np.frombuffer(data, ">u4", dimensions, _WORD)]
    if len(data) - header != math.prod(shape):
        named = " x ".join(map(str, shape))
        raise ValueError(f"it announces {named} bytes and holds {len(data) - header}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def written(array: NDArray[np.uint8]) -> bytes:
    """The idx file, not gzipped, of an array of bytes."""
    header = bytes((0, 0, _UNSIGNED_BYTES, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def read_pixels(files: Mapping[str, VerifiedFile]) -> tuple[Pixels, Pixels]:
    """Return training and test images from the four ``files``, by their names in ``PARTS``.

    Raises CorruptFile, naming the file.
    """
    arrays = {}
    for name in PARTS:
        with reading(files[name]) as content:
            arrays[name] = read_idx(content, 3 if "images" in name else 1)
    train, test = (
        Pixels(arrays[images][:, None], arrays[labels]) for images, labels in (PARTS[:2], PARTS[2:])
    )
    return train, test
