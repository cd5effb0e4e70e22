"""Table 3: what ρ does, for mDLAM beside its published Table 4, and for TIAM."""

from __future__ import annotations

from collections.abc import Mapping

from repro.full_batch.configurations import MDLAM_COMPLETED, MDLAM_EPSILON, configuration
from repro.spec import Setting
from repro.tables.parts import effect

PROTOCOL = effect.PROTOCOL
RHOS = (1e-4, 1e-3, 1e-2)


def settings_of(method: str, dataset: str, rho: float) -> Mapping[str, Setting]:
    """mDLAM's as published; TIAM's of table 2, with this ρ."""
    if method == "mdlam":
        return {**MDLAM_COMPLETED, "epsilon": MDLAM_EPSILON, "rho": rho}
    return {**dict(configuration(method, dataset).settings), "rho": rho}


make = effect.Effect(
    name="table3",
    title="Table 3: effect of ρ on the test accuracy",
    setting="rho",
    symbol="ρ",
    values=RHOS,
    published="Table 4",
    settings_of=settings_of,
    caption="ε⁰ = 100, μ = 0.05. mDLAM: Algorithm 1, trial modulus 1.",
).make
