"""An operator's arguments as its rule sees them, and the table of rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

from amverify.record.shadow.balls import Ball, number
from amverify.record.shadow.store import Store

Rule = Callable[..., Any]
F = TypeVar("F", bound=Rule)
RULES: dict[str, Rule] = {}
"""By the operator's name with its overload, as ``add.Tensor``."""


class NoRule(Exception):
    """Nothing is known of what this operator does to these arguments."""


@dataclass(frozen=True, eq=False)
class Operand:
    """A tensor among an operator's arguments."""

    run: Tensor
    store: Store

    @property
    def ball(self) -> Ball:
        """Its shadow."""
        return self.store.read(self.run)

    @property
    def numbers(self) -> Tensor:
        """The run's own numbers, where they are exact: indices, masks.

        Raises:
            NoRule: where they are not.
        """
        if not self.store.exact(self.run):
            raise NoRule("indices that rounding may change")
        return self.run


def rule(*names: str) -> Callable[[F], F]:
    """Register a rule: it takes the operator's arguments, tensors as operands, and gives balls."""

    def register(function: F) -> F:
        for name in names:
            RULES[name] = function
        return function

    return register


def ball(x: Any) -> Ball:
    """The ball of an operand, or of a number.

    Raises:
        NoRule: for anything else.
    """
    if isinstance(x, Operand):
        return x.ball
    if isinstance(x, Ball):
        return x
    if isinstance(x, int | float):
        return number(x)
    raise NoRule(f"an argument of type {type(x).__name__}")
