"""What fixes a run of SAMT besides its blocks, their step sizes' kind and the rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from amverify.errors import InvalidInput
from amverify.samt.stepsizes import Scaling
from amverify.samt.values import check_values, number, numbers

Order = Literal["backward", "forward", "random"]
Meta = Literal["lagged", "same"]
Decayed = Literal["all", "matrices"]
MetaOptimiser: TypeAlias = Callable[[list[Tensor]], Optimizer]
OF_BLOCKS = ("bounds", "extrapolation", "momentum", "weight_decay", "decayed", "clip")
"""Settings that a param group may have of its own."""
MEANT = {"betas": "momentum", "beta": "momentum", "nesterov": "extrapolation"}
"""What other optimisers call such settings."""


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
        decayed: of which parameters: ``all``, or ``matrices``, those of two dimensions and more,
            not biases and norms' scales.
        clip: the greatest norm of a block's gradient that is stepped along, None for no limit.

    Of a sweep:

    Args:
        order: of the blocks: backward, forward or random.
        seed: of random orders.
        clip_total: the greatest norm of all blocks' directions together in a sweep. It costs the
            whole gradient once, at the start, by which all are scaled alike.
        stored: ``step()`` alone steps every block along what ``backward`` left in ``.grad``. All
            are of one point then, nothing alternates: S1–S3 do not speak of it.
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
        replay: modules, generators and objects that hold such, besides the model and what the
            closure refers to, whose state every call on a batch is to find as the first did.
        count_flops: count FLOPs, slowly.
        process_group: ranks to average gradients with, if ``torch.distributed`` is initialised.

    Raises:
        InvalidInput: for a value outside its range.
    """

    bounds: tuple[float, float] = (1e-6, 10.0)
    extrapolation: float = 0.9
    momentum: float = 0.0
    weight_decay: float = 0.0
    decayed: Decayed = "all"
    clip: float | None = None
    order: Order = "backward"
    seed: int = 0
    inner: int = 1
    resample: bool = False
    clip_total: float | None = None
    stored: bool = False
    meta: Meta = "lagged"
    unroll: int = 0
    meta_weights: Sequence[float] | None = None
    hypergradient: Scaling = "cosine"
    meta_optimiser: MetaOptimiser | None = None
    replay: Sequence[object] = ()
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
        check_values(numbers(vars(self), "settings"), "settings")
        if self.clip_total is not None and not 0 < number(self.clip_total, "clip_total") < math.inf:
            raise InvalidInput(f"clip_total: a positive number is needed, got {self.clip_total}")
        whole = self.inner > 1 or self.unroll or self.meta == "same"
        if whole and (self.stored or self.clip_total is not None):
            raise InvalidInput(
                "stored and clip_total: only with inner=1, unroll=0 and meta='lagged'"
            )

    def but(self, changes: Mapping[str, Any]) -> Settings:
        """The same with some of them changed.

        Raises:
            InvalidInput: for a name that is none of theirs.
        """
        names = [own.name for own in fields(self)]
        for name in changes:
            if name not in names:
                known = ["lr", "kind", "meta_lr", "model", *names]
                near = get_close_matches(MEANT.get(name, name), known, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise InvalidInput(f"SAMT: no setting {name!r}; {hint}There are {', '.join(known)}")
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
