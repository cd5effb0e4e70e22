"""Arrays out of an ``.npz`` archive, none of them read as a pickle, of a stated size at most."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def members(content: bytes, names: Sequence[str], largest: int) -> dict[str, NDArray[Any]]:
    """The arrays of these names, ``largest`` bytes in all at most.

    Raises ValueError, saying what is wrong, for anything else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns of headers that Python 2 wrote
            packed = {name: archive.getinfo(f"{name}.npy") for name in names}
            if sum(info.file_size for info in packed.values()) > largest:
                raise ValueError(f"more than {largest} bytes when unpacked")
            return {
                name: np.lib.format.read_array(io.BytesIO(archive.read(info)), allow_pickle=False)
                for name, info in packed.items()
            }
    except Exception as error:  # on damage zipfile and numpy raise a dozen kinds, by accident too
        said = str(error)[:200] or type(error).__name__  # numpy quotes a header, zipfile a name
        raise ValueError(f"it is no readable npz archive ({said})") from error
