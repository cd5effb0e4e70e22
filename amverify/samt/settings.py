"""What fixes a run of SAMT, besides its blocks; and what every block has of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from torch import Tensor
from torch.optim import Optimizer

from amverify.errors import InvalidInput
from amverify.samt.stepsizes import Scaling

Order = Literal["backward", "forward", "random"]
Meta = Literal["lagged", "same"]
MetaOptimiser: TypeAlias = Callable[[list[Tensor]], Optimizer]


@dataclass(frozen=True)
class Settings:
    """How a step goes; see :class:`amverify.samt.SAMT`.

    Raises:
        InvalidInput: for a value outside its range.
    """

    order: Order
    inner: int
    resample: bool
    meta: Meta
    unroll: int
    meta_weights: tuple[float, ...]
    hypergradient: Scaling
    count_flops: bool

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
        if len(self.meta_weights) != self.terms or not all(map(math.isfinite, self.meta_weights)):
            raise InvalidInput(
                f"meta_weights: {self.terms} finite numbers ω_t are needed, got {self.meta_weights}"
            )

    @property
    def cosine(self) -> bool:
        """Whether the hypergradient is normalised."""
        return self.hypergradient == "cosine"

    @property
    def terms(self) -> int:
        """How many losses the meta-loss of a block has."""
        return meta_terms(self.inner, self.unroll, self.meta)


def meta_terms(inner: int, unroll: int, meta: Meta) -> int:
    """n for an unrolled meta-loss (at least 1 if α is trained on its own batch), else T."""
    return max(unroll, 1) if unroll or meta == "same" else inner


def check_group(group: dict[str, Any]) -> None:
    """Refuse momentum, decay, clipping or a meta-rate outside its range.

    Raises:
        InvalidInput: which, and in which block.
    """
    block, clip = group["name"], group["clip"]
    for name in ("momentum", "extrapolation"):
        if not 0 <= group[name] < 1:
            raise InvalidInput(f"block {block!r}: {name} must lie in [0, 1): {group[name]}")
    if group["momentum"] and group["extrapolation"]:
        raise InvalidInput(f"block {block!r}: momentum or extrapolation, not both")
    for name in ("weight_decay", "meta_lr"):
        if not 0 <= group[name] < math.inf:
            raise InvalidInput(f"block {block!r}: {name} must be 0 or more: {group[name]}")
    if clip is not None and not 0 < clip < math.inf:
        raise InvalidInput(f"block {block!r}: clip must be positive: {clip}")


def meta_weights_of(given: Sequence[float] | None, terms: int) -> tuple[float, ...]:
    """ω_t, all 1 if none are given."""
    return (1.0,) * terms if given is None else tuple(float(w) for w in given)
