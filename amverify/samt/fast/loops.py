r"""An inner step, and the training of θ, in compiled loops where numba is installed (``fast``).

    reduce(g ⊙ d), reduce(g²);   w ← w − α ⊙ g;   Δ ← Δ − α ⊙ g;        θ ← clamp(θ + βc)

torch takes a pass for each, and each pass reads g, w or d from memory again: in a matrix that no
cache holds, they are what a step costs. The loop goes row by row, all four in turn, so that a row
stays in the nearest cache. It runs on one core; large parameters are left to torch, which has all.
What is small costs torch its calls, not its arithmetic; a loop is one call.

The sums differ from torch's by rounding: a run with numba and one without agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.autograd.graph import increment_version

from amverify.compiled.available import compiled
from amverify.samt.fast.strips import LEAST, Strips
from amverify.samt.fast.table import WIDTH, Sides, Slot, Table, sides

FORMATS = (torch.float32, torch.float64)
MOST = 2**20
"""Entries from which on torch's many cores are worth more than one pass."""
ALONE = 2**15
"""The same where every entry has a step size of its own: then there is less to be saved."""


def one_pass(
    tensors: tuple[Tensor, Tensor, Tensor | None, Tensor, Tensor | None], squares: bool
) -> tuple[Tensor | None, Tensor | None] | None:
    """The inner step w ← w − α ⊙ g, Δ with it; and what was measured on the way.

    Nothing is done where the loop cannot serve: no numba, another device or format, tensors that
    are not contiguous, step sizes not by rows and columns, a large parameter.

    Args:
        tensors: w, g, d, α, Δ, the last of each None where there is none.
        squares: whether reduce(g²) is wanted.

    Returns:
        reduce(g ⊙ d), if there is a d, and reduce(g²), of α's shape; None if nothing was done.
    """
    w, g, d, alpha, displacement = tensors
    loops = compiled()
    if loops is None or w.numel() >= MOST or not served(tensors):
        return None
    if any(u is not None and u.shape != w.shape for u in (g, d, displacement)):
        return None
    lie = sides(w.shape, alpha.shape)
    if lie is None or (lie.by_row and lie.by_column and w.numel() > ALONE):
        return None
    inner = None if d is None else torch.empty_like(alpha)
    own = torch.empty_like(alpha) if squares else None
    operands = Table([*_addresses((*tensors, inner, own)), *lie, 0])
    loops.steps(operands.address, 1, w.dtype is torch.float32)
    increment_version(w)
    return inner, own


Path = tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]
"""Of a step: the gradient g, the direction d before, Δ, and reduce(d²) if it is known.

Without a g it is a weight that is stepped in strips, by itself.
"""
Squares = tuple[Tensor, Tensor]
"""reduce(g²) and reduce(d²)."""


class Lanes:
    """A block whose parameters the loop serves in one call; what stays from step to step.

    Args:
        parameters: of the block.
        slots: of each.
        lies: how α lies over each.
        run: the loop.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        slots: Sequence[Slot],
        lies: Sequence[Sides],
        run: Callable[..., None],
    ) -> None:
        self.parameters, self.slots, self._run = parameters, slots, run
        self._dtype, self._shapes = parameters[0].dtype, [w.shape for w in parameters]
        self._single = self._dtype is torch.float32
        self._sums = [
            (slot.inner.data_ptr(), *(u.data_ptr() for u in slot.squares)) for slot in slots
        ]
        pairs = zip(slots, lies, strict=True)
        rows = [[0, 0, 0, slot.alpha.data_ptr(), 0, 0, 0, *lie, 0] for slot, lie in pairs]
        self._table = Table([number for row in rows for number in row])
        self._known: list[Tensor | None] = [None, None] * len(parameters)
        large = zip(parameters, slots, lies, strict=True)
        self.strips = [
            Strips(w, slot, lie, run) if w.ndim == 2 and w.numel() >= LEAST else None
            for w, slot, lie in large
        ]

    @staticmethod
    def of(parameters: Sequence[Tensor], slots: Sequence[Slot | None]) -> Lanes | None:
        """The lanes of a block, if the loop can serve every parameter."""
        loops = compiled()
        if loops is None or not parameters:
            return None
        own: list[Slot] = []
        lies: list[Sides] = []
        for w, slot in zip(parameters, slots, strict=True):
            alike = w.dtype is parameters[0].dtype
            if slot is None or not alike or w.numel() >= MOST or not served((w, *slot[:2])):
                return None
            lie = sides(w.shape, slot.alpha.shape)
            if lie is None:
                return None
            own.append(slot)
            lies.append(lie)
        return Lanes(parameters, own, lies, loops.steps)

    def step(self, paths: Sequence[Path], measure: bool = True) -> list[Squares] | None:
        """The inner steps; reduce(g²), and reduce(g ⊙ d) where there is a d, go into the slots.

        Args:
            paths: of each parameter.
            measure: whether anything is to be measured.

        Returns:
            Where in each slot reduce(g²) is, and where reduce(d²); None if the tensors do not
            allow the loop, and nothing is done.
        """
        cells, at = self._table.cells, 0
        found: list[Squares] = []
        if not self._serves(paths):
            return None
        rows = zip(self.parameters, paths, self.slots, self._sums, strict=True)
        for w, (g, d, displacement, before), (_, _, squares), (inner, *sums) in rows:
            own = 1 if before is squares[0] else 0
            if before is not None and before is not squares[1 - own]:
                squares[1 - own].copy_(before)
            cells[at] = 0 if g is None else w.data_ptr()
            cells[at + 1] = 0 if g is None else g.data_ptr()
            cells[at + 2] = 0 if d is None else d.data_ptr()
            cells[at + 4] = 0 if displacement is None else displacement.data_ptr()
            cells[at + 5] = 0 if d is None else inner
            cells[at + 6] = sums[own] if measure else 0
            at += WIDTH
            found.append((squares[own], squares[1 - own]))
        if any(path[0] is not None for path in paths):
            self._run(self._table.address, len(found), self._single)
        self._known = [u for g, _, moved, _ in paths for u in (g if measure else None, moved)]
        increment_version(
            [w for w, path in zip(self.parameters, paths, strict=True) if path[0] is not None]
        )
        return found

    def _serves(self, paths: Sequence[Path]) -> bool:
        """Whether all lies where and as the loop takes it; the parameters may have moved since.

        What was looked at before (a gradient is the next step's direction) need not be again.
        """
        known = self._known
        rows = zip(self.parameters, self._shapes, paths, strict=True)
        for k, (w, shape, (g, d, displacement, _)) in enumerate(rows):
            if g is None:
                continue
            new = [w, g]
            if d is not None and d is not known[2 * k]:
                new.append(d)
            if displacement is not None and displacement is not known[2 * k + 1]:
                new.append(displacement)
            for u in new:
                if not (
                    u.shape == shape
                    and u.dtype is self._dtype
                    and u.is_cpu
                    and u.is_contiguous()
                    and not u.is_neg()
                ):
                    return False
        return True


class Ladder:
    """Step sizes in a row, trained by loops: θ, α and where their sums go stay where they are.

    Args:
        theta: θ, a vector.
        alpha: α.
        sums: the hypergradient, and its two squares, in any order.
    """

    def __init__(self, theta: Tensor, alpha: Tensor, sums: Sequence[Tensor]) -> None:
        loops = compiled()
        assert loops is not None, "there must be numba"
        self._held = (theta, alpha, *sums)
        form = theta.numel(), theta.dtype is torch.float32
        self._climb = partial(loops.climb, *_addresses([theta, *sums]), *form)
        self._exponential = partial(loops.exponential, *_addresses([theta, alpha]), *form)

    @staticmethod
    def of(theta: Tensor, alpha: Tensor, sums: Sequence[Tensor]) -> Ladder | None:
        """The ladder, if loops can serve these."""
        if len(sums) != 3 or compiled() is None or not served((theta, alpha, *sums)):
            return None
        return Ladder(theta, alpha, sums)

    def climb(self, beta: float, limits: tuple[float, float]) -> int:
        """θ ← clamp(θ + βc) between the limits; c the hypergradient over the squares' roots.

        Where c is not finite, θ stays. The caller tells torch that θ changed.

        Returns:
            How many entries of c were not finite.
        """
        bad: int = self._climb(float(beta), *limits)
        return bad

    def exponential(self, scale: float, bounds: tuple[float, float]) -> None:
        """α ← clamp(scale·exp(θ)) within the bounds."""
        low, high = bounds
        self._exponential(float(scale), float(low), float(high))


def served(tensors: Sequence[Tensor | None]) -> bool:
    """Whether they are in the host's memory, contiguous, and of one format.

    The first is to be a plain tensor: what others hold need not be where they say.
    """
    first = tensors[0]
    assert first is not None
    dtype = first.dtype
    if dtype not in FORMATS or type(first) not in (Tensor, nn.Parameter):
        return False
    for u in tensors:
        if u is None:
            continue
        if not (u.is_cpu and u.dtype is dtype and u.is_contiguous()) or u.is_neg():
            return False
    return True


def _addresses(tensors: Sequence[Tensor | None]) -> list[int]:
    return [0 if u is None else u.data_ptr() for u in tensors]
