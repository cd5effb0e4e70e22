r"""Six sums of one step, of several steps at once.

    ‖x‖², ⟨x, y⟩, ⟨x, z⟩, ‖z‖², ‖v‖², ‖x − cy‖²        of four blocks x, y, z, v of one shape

Blocks of a full-batch problem are small: a product made alone costs its call, not its arithmetic,
and a float32 block must first be copied into float64. So where numba is installed (the extra
``fast``) and blocks lie in the host's memory, a compiled loop takes all six in one pass, widening
entries as it reads them. It is handed addresses: an array object for each block would
cost more than the sums. Their order is left to the compiler; the rounding bounds hold for any.

Elsewhere torch forms the products one by one, to the same bounds, and nothing is read back from an
accelerator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.network.blocks import axpy
from amverify.network.scalars import Scalar, dot, square

Kernel: TypeAlias = Callable[..., None]
""":func:`amverify.compiled.loops.sums`."""


Terms: TypeAlias = tuple[Tensor, Tensor | None, Tensor, Tensor, Scalar]
"""x, y, z, v (*R, n, m) and c of the sums; without y there is no ⟨x, y⟩, and c counts as 0.

(A bare tuple: a sweep makes some for each block, and a named one takes ten times as long.)
"""


class Sums(NamedTuple):
    """‖x‖², ⟨x, y⟩, ⟨x, z⟩, ‖z‖², ‖v‖², ‖x − cy‖²: numbers, or float64 of the shape *R."""

    xx: Scalar
    xy: Scalar
    xz: Scalar
    zz: Scalar
    vv: Scalar
    turned: Scalar


def sums_of(terms: Sequence[Terms]) -> list[Sums]:
    """The sums of every one of these; all of one dtype, device and number of replicates."""
    loops = compiled() if terms and terms[0][0].is_cpu else None
    return [_one_by_one(row) for row in terms] if loops is None else _at_once(loops.sums, terms)


def _one_by_one(terms: Terms) -> Sums:
    x, y, z, v, c = terms
    xx = dot(x, x)
    xy: Scalar = 0.0
    turned = xx
    if y is not None:
        xy = dot(x, y)
        turned = square(axpy(x, -c, y)) if isinstance(c, Tensor) or c else xx
    zz = dot(z, z)
    return Sums(xx, xy, dot(x, z), zz, zz if v is z else square(v), turned)


def _at_once(run: Kernel, terms: Sequence[Terms]) -> list[Sums]:
    """By one call of the kernel."""
    like = terms[0][0]
    shape = like.shape[:-2]
    replicates = shape.numel()
    operands = Operands(np.repeat([row[0].numel() // replicates for row in terms], replicates))
    for i, row in enumerate(terms):
        if shape:
            operands.put_all(i * replicates, replicates, row)
        else:
            operands.put(i, row)
    found = np.empty((len(terms) * replicates, len(Sums._fields)))
    run(operands.address, found.ctypes.data, 0, len(found), like.dtype is torch.float32)
    if not shape:
        return [_without(row, Sums(*sums)) for row, sums in zip(terms, found.tolist(), strict=True)]
    grid = torch.from_numpy(found).view(len(terms), *shape, len(Sums._fields))
    return [_without(row, Sums(*s.unbind(-1))) for row, s in zip(terms, grid, strict=True)]


class Operands:
    """Where the blocks of some rows lie, how many entries each has, and c: the kernel's table.

    Written number by number: in a sweep, whose products empty the caches, each function that is
    called for the first time costs microseconds. Whoever writes a row keeps its blocks alive until
    the kernel has run; copies of those that are not contiguous are kept here.

    Args:
        sizes: how many entries the blocks of each row have.
    """

    def __init__(self, sizes: NDArray[np.int64]) -> None:
        held = bytearray(len(sizes) * 6 * 8)
        self._numbers, self._factors = memoryview(held).cast("q"), memoryview(held).cast("d")
        self._table = np.frombuffer(held, dtype=np.int64).reshape(-1, 6)
        self._table[:, 4] = sizes
        self._copies: dict[int, tuple[Tensor, ...]] = {}
        self.address: int = self._table.ctypes.data

    def put(self, row: int, terms: Terms) -> None:
        """A row's blocks, without replicates."""
        x, y, z, v, c = terms
        if y is None:
            y, c = x, 0.0
        whole = x.is_contiguous() and y.is_contiguous() and z.is_contiguous() and v.is_contiguous()
        if not whole:
            x, y, z, v = self._copies[row] = _contiguous(x, y, z, v)
        numbers, at = self._numbers, 6 * row
        numbers[at] = x.data_ptr()
        numbers[at + 1] = y.data_ptr()
        numbers[at + 2] = z.data_ptr()
        numbers[at + 3] = v.data_ptr()
        self._factors[at + 5] = c  # type: ignore[assignment]

    def put_all(self, first: int, count: int, terms: Terms) -> None:
        """The same for every replicate of a row's blocks, row after row."""
        x, y, z, v, c = terms
        if y is None:
            y, c = x, 0.0
        kept = self._copies[first] = _contiguous(x, y, z, v)
        rows, step = slice(first, first + count), x.numel() // count * x.element_size()
        for column, u in enumerate(kept):
            self._table[rows, column] = u.data_ptr() + step * np.arange(count)
        factors = torch.as_tensor(c, dtype=torch.float64).reshape(-1).numpy()
        self._table.view(np.float64)[rows, 5] = factors


def _contiguous(*blocks: Tensor) -> tuple[Tensor, ...]:
    return tuple(u.contiguous() for u in blocks)


def _without(terms: Terms, sums: Sums) -> Sums:
    """Without a y there is no ⟨x, y⟩."""
    return sums._replace(xy=0.0) if terms[1] is None else sums
