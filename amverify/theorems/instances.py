"""What a view of a trace gives a theorem: its symbols bound to balls, one instance a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball


@dataclass(frozen=True)
class Blocks:
    """Which block each instance is about; names are made only where they are shown."""

    kind: NDArray[np.bytes_]
    layer: NDArray[np.int64]
    names: Mapping[tuple[bytes, int], str] = field(default_factory=dict, compare=False)

    def name(self, row: int) -> str:
        """A block in words, such as W_2, or by the name that its loop gave it."""
        own = self.names.get((bytes(self.kind[row]), int(self.layer[row])))
        return own if own is not None else f"{self.kind[row].decode()}_{self.layer[row]}"

    @property
    def codes(self) -> NDArray[np.int64]:
        """One number a block: equal numbers, equal blocks."""
        kind = np.ascontiguousarray(self.kind.astype("S4", copy=False)).view("<u4")
        found: NDArray[np.int64] = (self.layer << 32) | kind.astype(np.int64)
        return found


@dataclass(frozen=True)
class Instances:
    """Symbols bound to balls; instance i is row i of each, or the one number that all share.

    ``allowance`` is what rounding in the *method's* own steps can add to lhs − rhs: it excuses a
    failure and is never needed for what holds. Where it is unknown it is infinite.
    ``statistical``: the balls are confidence intervals, not bounds on rounding alone.
    ``until``: the last index that is spoken of, where there is one. ``named``: the symbol of each
    recorded quantity at the instance's own index, where it is not that of a theorem. ``unseen``:
    why instances are open that no rounding leaves so.
    """

    values: Mapping[str, Ball]
    sweep: NDArray[np.int64]
    replicate: NDArray[np.int64]
    blocks: Blocks | None = None
    allowance: NDArray[np.float64] | float = 0.0
    notes: tuple[str, ...] = ()
    statistical: bool = False
    until: int | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    unseen: str = ""

    def __len__(self) -> int:
        return len(self.sweep)

    def only(self, row: int) -> Instances:
        """One instance, for its values alone."""
        values = {name: ball.take(slice(row, row + 1)) for name, ball in self.values.items()}
        return Instances(values, self.sweep[row : row + 1], self.replicate[row : row + 1])

    def block(self, row: int) -> str:
        """The block that an instance is about; empty where it is about a whole sweep."""
        return "" if self.blocks is None else self.blocks.name(row)
