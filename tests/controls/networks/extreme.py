"""The same at the ends of what numbers can say: data and starts from 1e-150 to 1e150, denormals,
huge and tiny ρ, μ and ε, parameters at the ends of their ranges.

Whether such a run gets anywhere is not asked. No claim that is true in exact arithmetic may be
VIOLATED by rounding, overflow or underflow, and nothing may end in a traceback.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from networks.drawn import Drawn, Numbers, inside, power

DENORMAL = 5e-324
ENDS = (
    *({"scale": 1 + 2.0**-52}, {"scale": 1e150}, {"margin": 2.0**-52}, {"margin": 1 - 2.0**-52}),
    *({"floor": 1e-300}, {"floor": 1e150}, {"momentum": 1e150}, {"relaxation": 1 - 2.0**-52}),
    {"inertia": 1 - 2.0**-52},
)


def _ten(rng: Numbers, widest: int) -> float:
    return power(rng, -widest, widest)


def _scaled(rng: Numbers, x: torch.Tensor) -> torch.Tensor:
    """All of it far off, one entry, or some entries denormal."""
    if not x.dtype.is_floating_point:
        return x
    way, x = int(rng.integers(4)), x.clone()
    if way == 0:
        return x * _ten(rng, 150)
    if way == 1:
        x[0, 0] = _ten(rng, 150)
    if way == 2:
        x[rng.random(size=x.shape) < 0.5] = DENORMAL
    return x


def extreme(seed: int, index: int) -> Drawn:
    """Draw ``index`` of a seed, with one to four of its numbers taken to an end."""
    drawn, rng = inside(seed, index), np.random.default_rng([seed, index, 1])
    for what in rng.choice(7, size=int(rng.integers(1, 5)), replace=False):
        if what == 0:
            drawn = replace(drawn, x=_scaled(rng, drawn.x))
        elif what == 1 and drawn.facts["loss"] == "squared_error":
            drawn = replace(drawn, y=_scaled(rng, drawn.y))
        elif what == 2:
            drawn = replace(drawn, std=_ten(rng, 150))
        elif what == 3:
            drawn = replace(drawn, band={"eps": _ten(rng, 300)})
        elif what == 4:
            drawn = replace(drawn, facts={**drawn.facts, "rho": _ten(rng, 150)})
        elif what == 5:
            name = str(rng.choice(("mu", "mu_bias")))
            drawn = replace(drawn, facts={**drawn.facts, name: _ten(rng, 300)})
        else:
            drawn = replace(drawn, asked={**drawn.asked, **ENDS[int(rng.integers(len(ENDS)))]})
    return drawn
