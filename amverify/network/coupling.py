r"""How a_l is tied to h(z_l): a band that it may not leave, or a penalty that it pays.

Band(ε)     h(z) − ε ≤ a ≤ h(z) + ε        a box in a for fixed z, an interval in z for fixed a
Penalty(ν)  (ν/2)‖a − h(z)‖²               smooth in a, nonconvex in z
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from types import NoneType

import torch
from torch import Tensor

from amverify.errors import InvalidInput, brief, of_kinds
from amverify.network.activations import Activation
from amverify.network.scalars import finite


@dataclass(frozen=True)
class Band:
    """h(z) − ε ≤ a ≤ h(z) + ε, with ε_k = max(ε·factorᵏ⁻¹, floor) in sweep k = 1, 2, ….

    With ``factor = 1`` ε is constant; mDLAM takes ``Band(100.0, factor=0.5, floor=1e-3)``.

    Raises:
        InvalidInput: unless ε > 0, 0 < factor ≤ 1 and 0 < floor ≤ ε; a factor < 1 needs a floor.
    """

    eps: float
    factor: float = 1.0
    floor: float | None = None

    def __post_init__(self) -> None:
        of_kinds(vars(self), {"factor": Real, "floor": (Real, NoneType)})
        if not (finite(self.eps) and self.eps > 0):
            raise InvalidInput(f"band: ε must be positive and finite, got {brief(self.eps)}")
        if not 0 < self.factor <= 1:
            raise InvalidInput(f"band: factor must lie in (0, 1], got {self.factor}")
        if self.factor < 1 and self.floor is None:
            raise InvalidInput("band: a factor below 1 needs a floor, so that ε stays positive")
        if self.floor is not None and not 0 < self.floor <= self.eps:
            raise InvalidInput(f"band: floor must lie in (0, ε], got {self.floor}")

    def at(self, sweep: int) -> float:
        """ε of sweep k = 1, 2, …."""
        floor = self.eps if self.floor is None else self.floor
        return max(self.eps * self.factor ** max(sweep - 1, 0), floor)

    def constant_from(self) -> int:
        """The first sweep from which on ε no longer changes."""
        k = 1
        while self.factor < 1 and self.at(k) != self.at(k + 1):
            k += 1
        return k

    @staticmethod
    def box(h: Activation, z: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        """Lower and upper bound of a for given z, elementwise."""
        value = h(z)
        return value - eps, value + eps

    @staticmethod
    def interval(h: Activation, z: Tensor, a: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        """Lower and upper bound of z for given a; ``z`` is the present point.

        A present point that meets the constraint up to the rounding of |h(z) − a| ≤ ε is
        inside its interval: where h saturates, one rounding in a would else move the end of
        the interval by many units. Where no z meets the constraint (ε has shrunk under it),
        the interval is where h comes closest to it, h = inf h or h = sup h, or the present
        point where h does not attain that; ``infeasibility`` reports it.
        """
        floor = a - eps if math.isinf(h.highest) else (a - eps).clamp(max=h.highest)
        lower = h.lowest_preimage(floor)
        upper = h.highest_preimage((a + eps).clamp_(min=h.lowest), attained=True)
        if not h.piecewise_linear:
            value = h(z)
            unit = torch.finfo(z.dtype).eps
            slack = 2 * unit * (value.abs() + a.abs() + eps)
            feasible = (value - a).abs() <= eps + slack
            lower = torch.where(feasible, torch.minimum(lower, z), lower)
            upper = torch.where(feasible, torch.maximum(upper, z), upper)
            empty = (lower == math.inf) | (upper == -math.inf)
            lower = torch.where(empty, z, lower)
            upper = torch.where(empty, z, upper)
        return lower, upper

    @staticmethod
    def infeasibility(h: Activation, z: Tensor, a: Tensor, eps: float) -> Tensor:
        """max over the elements of (|a − h(z)| − ε)₊, of the replicates' shape."""
        return ((a - h(z)).abs() - eps).clamp(min=0).amax((-2, -1))


@dataclass(frozen=True)
class Penalty:
    """(ν/2)‖a − h(z)‖², with a piecewise-linear h.

    Raises:
        InvalidInput: unless ν > 0.
    """

    nu: float

    def __post_init__(self) -> None:
        if not (finite(self.nu) and self.nu > 0):
            raise InvalidInput(f"penalty: ν must be positive and finite, got {brief(self.nu)}")

    def value(self, h: Activation, z: Tensor, a: Tensor) -> Tensor:
        """(ν/2)‖a − h(z)‖², of the replicates' shape."""
        return (0.5 * self.nu) * ((a - h(z)) ** 2).sum((-2, -1))

    def change(self, h: Activation, z: Tensor, new: Tensor, a: Tensor) -> Tensor:
        """The change of the penalty when z becomes ``new``, without taking large differences.

        With v = h(z): (a − v')² − (a − v)² = (v − v')(2a − v − v').
        """
        old, now = h(z), h(new)
        return (0.5 * self.nu) * ((old - now) * (2 * a - old - now)).sum((-2, -1))


Coupling = Band | Penalty


def check_coupling(coupling: Coupling, h: Activation) -> None:
    """Refuse an activation that the coupling cannot take.

    Raises:
        InvalidInput: for a band with an activation that is not monotone, or a penalty with
            one that is not piecewise linear.
    """
    if isinstance(coupling, Band):
        h.highest_preimage(torch.zeros(1))
    else:
        h.penalty_minimiser(torch.zeros(1), torch.zeros(1), 1.0, 1.0)
