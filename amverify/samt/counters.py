"""What training has cost, in the units in which SAMT's claim is made.

| counter | one unit |
|---|---|
| ``parameter_updates`` | one scalar weight changed once |
| ``block_updates`` | one inner step of one block |
| ``block_gradients`` | one gradient of the mini-batch loss by one block |
| ``partial_derivatives`` | one partial derivative: a block gradient counts its scalars |
| ``forward_flops``, ``backward_flops`` | a floating-point operation, if they are counted |

FLOPs are counted by ``torch.utils.flop_counter`` on what really runs (matrix products,
convolutions, attention), which is slow: for measuring, not for training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal

from torch.utils.flop_counter import FlopCounterMode


@dataclass
class Counters:
    """See the module."""

    parameter_updates: int = 0
    block_updates: int = 0
    block_gradients: int = 0
    partial_derivatives: int = 0
    forward_flops: int = 0
    backward_flops: int = 0

    def as_dict(self) -> dict[str, int]:
        """Every counter by its name."""
        return asdict(self)

    def restore(self, counts: Mapping[str, int]) -> None:
        """Take over the counts of a checkpoint."""
        for name in self.as_dict():
            setattr(self, name, int(counts[name]))

    @contextmanager
    def flops(self, which: Literal["forward", "backward"]) -> Iterator[None]:
        """Count the FLOPs of the block under ``with``."""
        with FlopCounterMode(display=False) as mode:
            yield
        name = f"{which}_flops"
        setattr(self, name, getattr(self, name) + mode.get_total_flops())
