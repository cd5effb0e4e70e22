r"""Shadows by the memory that they belong to.

A view is another window on the same memory, an in-place update writes into it, and what autograd
saves for a backward pass is a new tensor on it: so shadows are kept per storage, as flat float64
buffers, and read and written through a tensor's own shape, strides and offset. Memory that is not
listed holds exact numbers: data, and constants. Every storage that is listed is kept alive, so
that its address stays its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.record.shadow.balls import WIDE, Ball


@dataclass
class Memory:
    """What is known of a storage: exact where ``mid`` is ``None``, unknown because of ``why``."""

    alive: Tensor
    depends: bool = False
    why: str | None = None
    mid: Tensor | None = None
    rad: Tensor | None = None


class Store:
    """The shadows of one evaluation; ``depends`` says whether numbers are functions of x."""

    def __init__(self, params: Iterable[Tensor]) -> None:
        self._memories: dict[tuple[torch.device, int], Memory] = {}
        for p in params:
            self.of(p, create=True).depends = True

    def of(self, t: Tensor, create: bool = False) -> Memory:
        """What is known of a tensor's memory."""
        key = _key(t)
        found = self._memories.get(key)
        if found is None:
            found = Memory(t)
            if create and key[1]:
                self._memories[key] = found
        return found

    def met(self, t: Tensor) -> bool:
        """Whether a tensor's memory is listed, or it has none."""
        key = _key(t)
        return key in self._memories or not key[1]

    def exact(self, t: Tensor) -> bool:
        """Whether the run's own numbers are those of exact arithmetic."""
        found = self.of(t)
        return found.mid is None and found.why is None

    def read(self, t: Tensor) -> Ball:
        """The shadow of a tensor."""
        found = self.of(t)
        if found.mid is None:
            return Ball(t.detach().to(WIDE))
        place = (t.size(), t.stride(), t.storage_offset())
        rad = None if found.rad is None else found.rad.as_strided(*place)
        return Ball(found.mid.as_strided(*place), rad)

    def write(self, t: Tensor, ball: Ball, depends: bool) -> None:
        """Make a ball the shadow of a tensor, and of whatever views its memory."""
        found = self.of(t, create=True)
        found.depends |= depends
        mid, rad = ball.mid, ball.rad
        if mid.shape != t.shape or (rad is not None and rad.shape != t.shape):
            mid, rad = mid.expand(t.shape), None if rad is None else rad.expand(t.shape)
        whole = t.numel() * t.element_size() == t.untyped_storage().nbytes()
        if whole and t.is_contiguous():
            found.mid = mid.contiguous().reshape(-1)
            found.rad = None if rad is None else rad.contiguous().reshape(-1)
            found.why = None
            return
        self._part(t, found, mid, rad)

    def _part(self, t: Tensor, found: Memory, mid: Tensor, rad: Tensor | None) -> None:
        """Write through a window; the rest of the memory stays what it was."""
        count = t.untyped_storage().nbytes() // t.element_size()
        place = (t.size(), t.stride(), t.storage_offset())
        found.mid = (
            t.detach().as_strided((count,), (1,), 0).to(WIDE)
            if found.mid is None
            else found.mid.clone()
        )
        found.mid.as_strided(*place).copy_(mid)
        if rad is None and found.rad is None:
            return
        found.rad = torch.zeros_like(found.mid) if found.rad is None else found.rad.clone()
        found.rad.as_strided(*place).copy_(torch.zeros_like(mid) if rad is None else rad)

    def settle(self, t: Tensor, depends: bool) -> None:
        """The run's own numbers are exact here from now on."""
        if not has_memory(t):
            return
        found = self.of(t, create=True)
        whole = t.numel() * t.element_size() == t.untyped_storage().nbytes()
        if whole:
            found.mid = found.rad = found.why = None
            found.depends = depends
        elif found.mid is not None:
            self.write(t, Ball(t.detach().to(WIDE)), depends)
        if depends:
            found.depends = True

    def lose(self, t: Tensor, why: str) -> None:
        """Nothing is known of this memory any more."""
        found = self.of(t, create=True)
        found.why, found.depends = why, True

    def blank(self, t: Tensor) -> None:
        """Memory that nothing was written to yet."""
        if t.numel() and t.is_floating_point():
            none = torch.zeros(t.shape, dtype=WIDE, device=t.device)
            self.write(t, Ball(none, torch.full_like(none, math.inf)), False)


def _key(t: Tensor) -> tuple[torch.device, int]:
    """Device and address of a tensor's memory; a sparse one and autograd's 0 have none."""
    return t.device, t.untyped_storage().data_ptr() if has_memory(t) else 0


def has_memory(t: Tensor) -> bool:
    """Whether a tensor's numbers lie in memory: those of autograd's 0 (sgn's slope) do not."""
    return t.layout is torch.strided and not t._is_zerotensor()
