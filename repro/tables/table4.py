"""Table 4: what ε⁰ does, for mDLAM beside its published Table 5, and for TIAM."""

from __future__ import annotations

from collections.abc import Mapping

from repro.full_batch.configurations import configuration
from repro.spec import Setting
from repro.tables.parts import effect

PROTOCOL = effect.PROTOCOL
EPSILONS = (1.0, 10.0, 100.0)


def settings_of(method: str, dataset: str, epsilon: float) -> Mapping[str, Setting]:
    """Those of table 2 (mDLAM's are those of its Table 3), with this ε⁰."""
    return {**dict(configuration(method, dataset).settings), "epsilon": epsilon}


make = effect.Effect(
    name="table4",
    title="Table 4: effect of ε⁰ on the test accuracy",
    setting="epsilon",
    symbol="ε⁰",
    values=EPSILONS,
    published="Table 5",
    settings_of=settings_of,
    caption="ρ and all else as in table 2. ε halves after every sweep down to 0.001.",
).make
