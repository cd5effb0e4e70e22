r"""From a method's name to the method, and the constants of the objective that it minimises.

Every layer is fitted to the next by least squares of weight ρ. ``ridge`` is μ/ρ: the block W_l then
solves the ridge regression ‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖² + (μ/ρ)‖W_l‖², so that it means what
``alpha`` means in ``sklearn.linear_model.Ridge``, layer by layer.

| name | method | coupling of a_l to h(z_l) |
|---|---|---|
| joint | JointTIAM: joint blocks, provably convergent | band, ε constant |
| tiam | TIAM as published | band, ε constant |
| mdlam | mDLAM | band, ε halved in each sweep |
| dladmm | dlADMM | penalty |
| bcd | three-splitting BCD, squared error | penalty |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amverify.errors import InvalidInput
from amverify.methods.base import Method
from amverify.methods.bcd import BCD
from amverify.methods.dladmm import DlADMM
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM, mdlam
from amverify.network.coupling import Band, Coupling, Penalty


@dataclass(frozen=True)
class Scheme:
    """A method, what couples a_l to h(z_l), and what it needs besides.

    Args:
        make: the method; the argument says whether z_L starts at the labels' ±1.
        coupling: from ε.
        biases: whether the ridge is on the biases too (JointTIAM's theorems ask for it).
        squared: whether it minimises the squared error only.
        sparse: whether it takes sparse features as they are; else a dense copy is made.
        theorems: what its runs are audited on.
    """

    make: Callable[[bool], Method[Any]]
    coupling: Callable[[float], Coupling]
    biases: bool = False
    squared: bool = False
    sparse: bool = False
    theorems: tuple[str, ...] = ("M3",)

    def audited(self, hidden: tuple[int, ...]) -> tuple[str, ...]:
        """The theorems on such a network: without a hidden layer no block is joint."""
        return tuple(t for t in self.theorems if hidden or t != "TJ")


SCHEMES = {
    "joint": Scheme(
        lambda labels: JointTIAM(label_output=labels),
        Band,
        biases=True,
        theorems=("TM", "TJ", "TPsi", "TK"),
    ),
    "tiam": Scheme(
        lambda labels: TIAM(label_output=labels), Band, sparse=True, theorems=("T1", "T3", "M3")
    ),
    "mdlam": Scheme(
        lambda labels: mdlam(label_output=labels),
        lambda epsilon: Band(max(100.0, epsilon), 0.5, epsilon),
        sparse=True,
    ),
    "dladmm": Scheme(
        lambda labels: DlADMM(label_output=labels), lambda epsilon: Penalty(1.0), sparse=True
    ),
    "bcd": Scheme(lambda labels: BCD(), lambda epsilon: Penalty(1.0), squared=True),
}
"""By the name that an estimator's ``method`` takes."""


def scheme(name: str) -> Scheme:
    """The scheme of that name.

    Raises:
        InvalidInput: if there is none.
    """
    if name not in SCHEMES:
        raise InvalidInput(f"method: one of {', '.join(SCHEMES)}, got {name!r}")
    return SCHEMES[name]
