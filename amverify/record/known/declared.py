r"""Bounds on the rounding of values and gradients, as the run's author declares them.

| declared | bound on |f̂ − f| |
|---|---|
| ``value_error`` | what it says, a number or a function of x |
| ``operations`` = n | γ_n\|f̂\| + nη: f is a sum of non-negative terms, n roundings long |
| ``operations`` = "auto" | nothing; it is computed where f can be called (``record.shadow``) |
| ``exact`` | what the problem computes itself, as those of ``amverify.families`` do |

A value f̂ = f(x)(1 + θ) that is a sum of *non-negative* terms, with n roundings on the longest way
to any of them, has |f̂ − f| ≤ γ_n|f̂|: ``operations=n``, where u is that of the coarsest format among
parameters, value and the operations between them. It is wrong of what cancels: cross-entropy near
0, an expanded square.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import U, gamma
from amverify.record.points.vector import Vector, least, unit_roundoff

AUTO = "auto"
Bound = float | Callable[[Vector], Any]


class Bounded(Protocol):
    """An objective whose values and gradients carry bounds on their rounding errors."""

    def value(self, x: Vector, /) -> Ball:
        """f at a point (n,), or at a stack (…, n) of points."""

    def gradient(self, x: Vector, /) -> Ball:
        """∇f, of the shape of x."""


@dataclass(frozen=True)
class Declared:
    """What was declared; see the module.

    Raises:
        InvalidInput: for more than one bound on the value, or one that is negative.
    """

    value_error: Bound | None = None
    gradient_error: Bound | None = None
    operations: int | str = AUTO
    exact: Bounded | None = None

    def __post_init__(self) -> None:
        if isinstance(self.operations, str) and self.operations != AUTO:
            raise InvalidInput(f'operations: "auto" or a number, got {self.operations!r}')
        ways = (self.value_error, self.counted, self.exact)
        if sum(given is not None for given in ways) > 1:
            raise InvalidInput("recorder: declare one of value_error, operations and exact")
        if self.counted is not None and self.counted < 0:
            raise InvalidInput(f"operations: must not be negative, got {self.operations}")

    @property
    def counted(self) -> int | None:
        """The number of operations, if one was declared."""
        return None if isinstance(self.operations, str) else self.operations

    @property
    def silent(self) -> bool:
        """Whether nothing was said of the value."""
        return self.value_error is None and self.counted is None and self.exact is None

    def follows(self, gradient: bool) -> bool:
        """Whether evaluations have to be followed, to bound what was not declared."""
        if self.exact is not None:
            return False
        return self.silent or (gradient and self.gradient_error is None)

    def value(self, x: Vector, given: float | None, kind: str) -> tuple[Ball, bool]:
        """f as a ball, and whether its radius bounds the error.

        Args:
            x: the point.
            given: f as it was recorded.
            kind: the coarsest format of parameters and value.

        Raises:
            InvalidInput: where γ_n says nothing in that format.
        """
        if self.exact is not None:
            return self.exact.value(x), True
        if self.value_error is not None:
            return Ball.of(given, _bound(self.value_error, x, "value_error")), True
        if self.counted is not None:
            with np.errstate(all="ignore"):
                error = _gamma(self.counted, kind) * abs(given or 0.0)
                return Ball.of(given, error * (1 + 4 * U) + self.counted * least(kind)), True
        return Ball.of(given), False

    def gradient(self, x: Vector, given: Vector | None) -> tuple[Ball | None, bool]:
        """∇f as balls, and whether their radii bound the errors."""
        if self.exact is not None and self.gradient_error is None:
            return self.exact.gradient(x), True
        if given is None:
            return None, False
        if self.gradient_error is None:
            return Ball.of(given), False
        return Ball.of(given, _bound(self.gradient_error, x, "gradient_error")), True


def _gamma(n: int, kind: str) -> float:
    unit = unit_roundoff(kind)
    if n * unit >= 1:
        raise InvalidInput(
            f"operations={n}: nothing can be said of so many roundings in {kind}; leave it out, "
            "or pass value_error"
        )
    return gamma(n, unit)


def _bound(given: Bound, x: Vector, name: str) -> Any:
    bound = np.asarray(given(x) if callable(given) else given, dtype=np.float64)
    if not (bound >= 0).all():
        raise InvalidInput(f"{name}: must not be negative, got {bound.min()}")
    return bound
