"""Instances about blocks of several kinds, one kind after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from amverify.numbers.balls import Ball
from amverify.theorems.base import Blocks, Context, Instances


class Kind(NamedTuple):
    """Instances about the blocks of one kind: their rows, values, and the allowance of each."""

    name: bytes
    rows: NDArray[np.int64]
    values: Mapping[str, Ball]
    allowance: NDArray[np.float64]


def together(ctx: Context, kinds: Sequence[Kind]) -> Instances:
    """The instances of several kinds of block, one kind after the other."""
    where = np.concatenate([kind.rows for kind in kinds])
    names = [np.full(len(kind.rows), kind.name, dtype="|S4") for kind in kinds]
    balls = {name: [kind.values[name] for kind in kinds] for name in kinds[0].values}
    return Instances(
        {
            name: Ball.of(
                np.concatenate([ball.mid for ball in parts]),
                np.concatenate([ball.rad for ball in parts]),
            )
            for name, parts in balls.items()
        },
        ctx.column("blocks", "sweep")[where],
        ctx.column("blocks", "replicate")[where],
        Blocks(np.concatenate(names), ctx.column("blocks", "layer")[where]),
        np.concatenate([kind.allowance for kind in kinds]),
    )
