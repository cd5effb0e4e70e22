r"""Whether parts of a pass found what the whole pass finds, once: in the first sweep of a chain.

Modules of torch's own use nothing but what they are given and hold. Another may write into its
input through ``.data``, or reach a part of the model by a global name; nothing in the module shows
it. So a chain with such modules is compared with whole passes, block after block of its first
sweep, at the same weights and from the same state:

    |ℓ − ℓ'| ≤ √ε |ℓ'|   and   ‖g − g'‖ ≤ √ε ‖g'‖,   g' the whole pass's, of the block together.

Both run the same operators on the same numbers; √ε is for machines whose sums have no fixed order.
What differs is wrong by what a block moved, or lacks a path of the graph: that is no rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

Found = tuple[Tensor, Sequence[Tensor | None]]
"""A loss, and its gradient by each parameter of a block."""


def difference(parts: Found, whole: Found) -> str | None:
    """In what they differ, with the numbers; None if they agree, or the loss is not finite."""
    one, other = parts[0].item(), whole[0].item()
    if not (math.isfinite(one) and math.isfinite(other)):
        return None
    close = math.sqrt(torch.finfo(whole[0].dtype).eps)
    if abs(one - other) > close * abs(other):
        return f"a loss of {one:.6g} where it is {other:.6g}"
    apart, length = _norms(parts[1], whole[1])
    if apart > close * length:
        return f"a gradient that is {apart:.2g} off one of length {length:.2g}"
    return None


def _norms(parts: Sequence[Tensor | None], whole: Sequence[Tensor | None]) -> tuple[float, float]:
    """‖g − g'‖ and ‖g'‖, over all parameters; none is 0."""
    apart = length = 0.0
    for g, other in zip(parts, whole, strict=True):
        between = g if other is None else other if g is None else g - other
        apart += 0.0 if between is None else float(between.double().square().sum())
        length += 0.0 if other is None else float(other.double().square().sum())
    return math.sqrt(apart), math.sqrt(length)
