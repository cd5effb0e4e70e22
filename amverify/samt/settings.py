"""What fixes a run of SAMT besides its blocks, their step sizes' kind and the rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from amverify.errors import InvalidInput
from amverify.samt.stepsizes import Scaling

Order = Literal["backward", "forward", "random"]
Meta = Literal["lagged", "same"]
MetaOptimiser: TypeAlias = Callable[[list[Tensor]], Optimizer]
OF_BLOCKS = ("bounds", "extrapolation", "momentum", "weight_decay", "clip")
"""Settings that a param group may have of its own."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How SAMT steps; the defaults are those of the tables, the order of blocks apart.

    Of every block, unless its param group says otherwise:

    Args:
        bounds: [α_min, α_max]; every step size ever used lies in it.
        extrapolation: β of w ← w + βΔ for all blocks at the start of a sweep, Δ what the sweep
            before moved; gradients are taken from there on.
        momentum: heavy ball inside a block instead, e ← −α ⊙ g + βe (S4m); 0.9 flutters.
        weight_decay: λ of a term (λ/2)‖w‖² in the loss.
        clip: the greatest norm of a block's gradient that is stepped along, None for no limit.

    Of a sweep:

    Args:
        order: of the blocks: backward, forward or random.
        seed: of random orders.
        inner: T, steps of a block in a row.
        resample: a batch for every block, by ``draw``, instead of one for the sweep.

    Of the training of α:

    Args:
        meta: ``lagged`` (on earlier batches: predictable) or ``same``.
        unroll: n ≥ 1 trains α on Σ_t ω_t ℓ(w^{(t)}) through n steps on the present batch; 0 takes
            the closed form of successive gradients, which costs nothing.
        meta_weights: ω_1 … of the meta-loss; ones.
        hypergradient: ``cosine`` (normalised) or ``plain``.
        meta_optimiser: a function from the list of θ to a torch optimiser that trains them, such
            as ``lambda thetas: torch.optim.Adam(thetas, lr=0.01)``, instead of ``meta_lr``.

    Of the machine:

    Args:
        count_flops: count FLOPs, slowly.
        process_group: ranks to average gradients with, if ``torch.distributed`` is initialised.

    Raises:
        InvalidInput: for a value outside its range.
    """

    bounds: tuple[float, float] = (1e-6, 10.0)
    extrapolation: float = 0.9
    momentum: float = 0.0
    weight_decay: float = 0.0
    clip: float | None = None
    order: Order = "backward"
    seed: int = 0
    inner: int = 1
    resample: bool = False
    meta: Meta = "lagged"
    unroll: int = 0
    meta_weights: Sequence[float] | None = None
    hypergradient: Scaling = "cosine"
    meta_optimiser: MetaOptimiser | None = None
    count_flops: bool = False
    process_group: dist.ProcessGroup | None = None

    def __post_init__(self) -> None:
        for name, value, admitted in (
            ("order", self.order, get_args(Order)),
            ("meta", self.meta, get_args(Meta)),
            ("hypergradient", self.hypergradient, get_args(Scaling)),
        ):
            if value not in admitted:
                raise InvalidInput(f"{name}: {' or '.join(map(repr, admitted))}, got {value!r}")
        if self.inner < 1 or self.unroll < 0:
            raise InvalidInput(
                f"inner steps: 1 or more, unroll: 0 or more; got {self.inner} and {self.unroll}"
            )
        if len(self.omegas) != self.terms or not all(map(math.isfinite, self.omegas)):
            raise InvalidInput(
                f"meta_weights: {self.terms} finite numbers ω_t are needed, got {self.meta_weights}"
            )
        check_values(vars(self), "settings")

    def but(self, changes: Mapping[str, Any]) -> Settings:
        """The same with some of them changed.

        Raises:
            InvalidInput: for a name that is none of theirs.
        """
        names = [own.name for own in fields(self)]
        for name in changes:
            if name not in names:
                raise InvalidInput(f"SAMT: no setting {name!r}; there are {', '.join(names)}")
        return replace(self, **changes)

    @property
    def of_blocks(self) -> dict[str, Any]:
        """What a block has unless its param group says otherwise."""
        return {name: getattr(self, name) for name in OF_BLOCKS}

    @property
    def cosine(self) -> bool:
        """Whether the hypergradient is normalised."""
        return self.hypergradient == "cosine"

    @property
    def terms(self) -> int:
        """How many losses the meta-loss of a block has: n if it is unrolled, else T.

        It has one at least where α is trained on its own batch.
        """
        return max(self.unroll, 1) if self.unroll or self.meta == "same" else self.inner

    @cached_property
    def omegas(self) -> tuple[float, ...]:
        """ω_t, all 1 if none are given."""
        given = self.meta_weights
        return (1.0,) * self.terms if given is None else tuple(float(w) for w in given)


def check_values(values: Mapping[str, Any], where: str) -> None:
    """Refuse bounds, momentum, decay, clipping or a meta-rate outside its range.

    Raises:
        InvalidInput: which, and where.
    """
    low, high = values["bounds"]
    if not 0 < low < math.inf or not 0 < high < math.inf:
        raise InvalidInput(f"{where}: bounds of α must be positive and finite: {low}, {high}")
    if low > high:
        raise InvalidInput(f"{where}: bounds of α are reversed: [{low}, {high}]")
    for name in ("momentum", "extrapolation"):
        if not 0 <= values[name] < 1:
            raise InvalidInput(f"{where}: {name} must lie in [0, 1): {values[name]}")
    if values["momentum"] and values["extrapolation"]:
        raise InvalidInput(f"{where}: momentum or extrapolation, not both")
    for name in ("weight_decay", "meta_lr"):
        if not 0 <= values.get(name, 0) < math.inf:
            raise InvalidInput(f"{where}: {name} must be 0 or more: {values[name]}")
    clip = values["clip"]
    if clip is not None and not 0 < clip < math.inf:
        raise InvalidInput(f"{where}: clip must be positive: {clip}")
    if "lr" in values and not low <= values["lr"] <= high:
        raise InvalidInput(
            f"{where}: initial step size lr={values['lr']} lies outside [{low}, {high}]"
        )
