r"""The one schedule of step sizes that the tables know: cosine decay.

$$s(t) = \varepsilon + (1-\varepsilon)\,\tfrac12(1 + \cos πt), \qquad t = k/K,\; ε = 0.01,$$

k steps done of K. It is fixed before the first batch is drawn, so step sizes that it scales stay
predictable, and within their bounds: S1–S4 hold as without it.

Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts" (ICLR 2017),
equation 5, without restarts.
"""

from __future__ import annotations

import math

LEAST = 0.01


def cosine(done: int, steps: int) -> float:
    """s(done/steps): 1 at the first step, falling towards ``LEAST``."""
    return LEAST + (1 - LEAST) * 0.5 * (1 + math.cos(math.pi * done / steps))
