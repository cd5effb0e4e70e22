"""What an objective depends on besides x, at one moment; put back, or compared with a later one.

Tensors and arrays are compared and put back entry by entry up to ``LARGE`` bytes each, larger
ones by identity alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from amverify.record.quiet.reach import reach
from amverify.record.quiet.spaces import same_entries

LARGE = 2**24
"""Bytes of a tensor or array up to which its entries are watched."""


class Surroundings:
    """What a function can reach now.

    Args:
        value: the function.
        x: what the optimiser holds, which is not part of the surroundings.
    """

    def __init__(self, value: Any, x: Iterable[Tensor] = ()) -> None:
        self.found = found = reach(value)
        self._held = {id(p) for p in x}
        self._bound = {name: space.read() for name, space in found.spaces.items()}
        self._tensors = dict(self._copies(found.tensors.items()))
        self._parts = dict(self._copies(self._of_modules()))
        self._arrays = {n: (a, a.copy()) for n, a in found.arrays.items() if a.nbytes <= LARGE}

    def _copies(
        self, tensors: Iterable[tuple[str, Tensor]]
    ) -> Iterator[tuple[str, tuple[Tensor, Tensor]]]:
        for name, tensor in tensors:
            if id(tensor) not in self._held and tensor.layout is torch.strided and _small(tensor):
                yield name, (tensor, tensor.detach().clone())

    def _of_modules(self) -> Iterator[tuple[str, Tensor]]:
        for path, module in self.found.modules.items():
            for name, part in (
                *module.named_parameters(recurse=False),
                *module.named_buffers(recurse=False),
            ):
                yield f"{path}.{name}", part

    def leaves(self) -> Iterator[Tensor]:
        """Every tensor that may have a gradient of its own."""
        yield from (t for t in self.found.tensors.values() if t.is_leaf and t.requires_grad)
        for module in self.found.modules.values():
            yield from module.parameters(recurse=False)

    def restore(self) -> None:
        """Put back what was bound and what was written."""
        for name, space in self.found.spaces.items():
            space.write(self._bound[name])
        with torch.no_grad():
            for tensor, before in self._tensors.values():
                if not _same_tensor(tensor, before):
                    tensor.copy_(before)
        for array, kept in self._arrays.values():
            if not _same_array(array, kept):
                array[...] = kept

    def changes(self, earlier: Surroundings) -> list[str]:
        """What is bound to something else, or holds other entries, than earlier; by name."""
        found = [
            f"{path}.{name}" if name else path
            for path, names in self._bound.items()
            for name, thing in names.items()
            if not _same_thing(thing, earlier._bound.get(path, {}).get(name, thing))
        ]
        for now, old in ((self._tensors, earlier._tensors), (self._parts, earlier._parts)):
            found += [n for n, (_, t) in now.items() if n in old and not _same_tensor(t, old[n][1])]
        arrays = self._arrays.items()
        old_arrays = earlier._arrays
        found += [
            n for n, (_, a) in arrays if n in old_arrays and not _same_array(a, old_arrays[n][1])
        ]
        return list(dict.fromkeys(found))


def _small(tensor: Tensor) -> bool:
    return tensor.numel() * tensor.element_size() <= LARGE


def _same_tensor(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.device == b.device and torch.equal(a, b)


def _same_array(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _same_thing(now: Any, before: Any) -> bool:
    if isinstance(now, bool | int | float | complex | str):
        return type(now) is type(before) and bool(now == before)
    if isinstance(now, list) and isinstance(before, list):
        return same_entries(now, before)
    return now is before
