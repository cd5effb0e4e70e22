"""The same, outside the region: what the method refuses, and what a program without checks does.

A draw is either refused as it stands, or is run with a fault past the checks: s ≤ 1 in (z_l, a_l),
t ≥ 2 in V_l, a margin that is none, weights of Ψ (and so inertia) beyond what the descent pays for.
``LOST`` says which theorems each fault takes: those may not be called HOLDS. (TC0, TK and TC ask
for H1, Ψ falling by a‖e‖², which is looked at sweep by sweep: weights that are too heavy may leave
it true, while s ≤ 1, t ≥ 2 and ϑ > 1 leave no a > 0.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from amverify.methods.joint import JointTIAM
from networks.drawn import Drawn, Numbers, inside


@dataclass(frozen=True)
class Unchecked(JointTIAM):
    """JointTIAM that takes any parameters, and carries ``heavier`` times its weights."""

    heavier: float = 1.0

    def __post_init__(self) -> None:
        """Nothing is refused."""

    def weight(self, kind: str) -> float:
        """δ, too large, and positive where no weight is."""
        return self.heavier * abs(super().weight(kind)) + (self.heavier - 1) * 0.1


WHOLE = ("TPsi", "TC0", "TK", "TC", "TCplus")
LOST = {
    "s": ("TJ", *WHOLE),
    "t": ("TH", *WHOLE),
    "margin": ("TH", *WHOLE),
    "weights": ("TH", "TJ", "TPsi", "TCplus"),
    "refused": (),
}


def outside(seed: int, index: int) -> tuple[str, Drawn]:
    """Which fault, and the draw with it."""
    drawn, rng = inside(seed, index), np.random.default_rng([seed, index, 2])
    while len(drawn.widths) < 3 or not (drawn.facts["mu"] and drawn.facts["mu_bias"]):
        index += 1_000_000
        drawn = inside(seed, index)
    fault = str(rng.choice(sorted(LOST)))
    if fault == "refused":
        return fault, replace(drawn, asked={**drawn.asked, **_refused(rng)})
    heavier = float(rng.uniform(1.1, 3.0)) / (1 - drawn.asked["margin"])
    beyond = {
        "s": {"scale": float(rng.uniform(0.2, 1.0))},
        "t": {"relaxation": float(rng.uniform(1.0, 3.0))},
        "margin": {"margin": float(rng.uniform(1.01, 3.0))},
        "weights": {"heavier": heavier, "momentum": 9.0, "inertia": 9.0},
    }[fault]
    return fault, replace(drawn, asked={**drawn.asked, **beyond}, method=Unchecked)


def _refused(rng: Numbers) -> dict[str, float]:
    wrong = (
        *({"scale": 1.0}, {"scale": 0.5}, {"scale": np.inf}, {"relaxation": 1.0}),
        *({"relaxation": -0.1}, {"momentum": np.nan}, {"inertia": 1.0}, {"margin": 0.0}),
        *({"margin": 1.0}, {"floor": 0.0}),
    )
    return dict(wrong[int(rng.integers(len(wrong)))])
