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
from torch import Tensor

from amverify.methods.kernels import compiled, empty
from amverify.network.blocks import axpy
from amverify.network.scalars import Scalar, dot, square

Kernel: TypeAlias = Callable[..., None]
""":func:`amverify.methods.compiled.sums`."""


class Terms(NamedTuple):
    """x, y, z, v (*R, n, m) and c of the sums; without y there is no ⟨x, y⟩, and c counts as 0."""

    x: Tensor
    y: Tensor | None
    z: Tensor
    v: Tensor
    c: Scalar = 0.0


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
    loops = compiled() if terms and terms[0].x.is_cpu else None
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
    """By one call of the kernel; ``held`` keeps alive what the addresses point to."""
    like, count = terms[0].x, len(terms)
    held = [u for row in terms for u in contiguous(row)]
    addresses = np.array([u.data_ptr() for u in held])
    shape = like.shape[:-2]
    replicates = shape.numel()
    sizes = np.array([u.numel() // replicates for u in held[::4]])
    factors = [0.0 if row.y is None else row.c for row in terms]
    found = np.empty((count * replicates, len(Sums._fields)))
    if not shape:
        c = np.array(factors, dtype=np.float64)
        run(empty(like.dtype), addresses, sizes, c, count, found, 0)
        return [_without(row, Sums(*sums)) for row, sums in zip(terms, found.tolist(), strict=True)]
    starts = np.arange(replicates) * (sizes * like.element_size())[:, None]
    every = addresses.reshape(count, 1, 4) + starts[..., None]
    each = [torch.as_tensor(c, dtype=torch.float64).expand(shape) for c in factors]
    c = torch.stack(each).reshape(-1).numpy()
    rows = count * replicates
    run(empty(like.dtype), every.reshape(-1), sizes.repeat(replicates), c, rows, found, 0)
    grid = torch.from_numpy(found).view(count, *shape, len(Sums._fields))
    return [_without(row, Sums(*s.unbind(-1))) for row, s in zip(terms, grid, strict=True)]


def contiguous(terms: Terms) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x, y, z, v as the kernel reads them, y = x where there is none."""
    x, y, z, v, _ = terms
    x = x.contiguous()
    return x, x if y is None else y.contiguous(), z.contiguous(), v.contiguous()


def _without(terms: Terms, sums: Sums) -> Sums:
    """Without a y there is no ⟨x, y⟩."""
    return sums._replace(xy=0.0) if terms.y is None else sums
