r"""Python numbers among the arguments of operators: which are exact, and which torch rounded.

A number that the caller wrote is the double that it is. What torch makes of it, or brings along
itself, is rounded: 1/n of a mean, exponent − 1 and 2/√π in backward passes, 1 − ε of smoothed
labels, products of two settings. So a number that no call had among its arguments stands for all
within 4u of it, unless it is as short as 20 bits, which quotients like 1/n never are.

The other way round, torch rounds numbers to the format of the run where it makes tensors of them
(``torch.where(mask, x, 0.3)``, ``x[0] = 0.3``, a threshold's value) or hands them on (ε of
``rms_norm``): there the number counts that was written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from amverify.numbers.roundoff import U
from amverify.record.shadow.balls import Ball, number

READ = frozenset(
    ("add", "sub", "mul", "div", "pow", "maximum", "minimum", "clamp", "fill", "addmm", "addmv",
     "baddbmm", "gt", "ge", "lt", "le", "eq", "ne")
)  # fmt: skip
"""Operators whose rules take a ball in the place of a number."""
SHORT = 2.0**20
_MADE = frozenset(("full", "full_like", "new_full"))
_ROUNDED = ("rms_norm", "__setitem__")
"""Calls that round a number to the format before any operator sees it."""
_FORMATS = (torch.float32, torch.bfloat16, torch.float16)


class Numerals:
    """What is known of the numbers of one evaluation."""

    def __init__(self) -> None:
        self._written: set[float] = set()
        self._meant: dict[float, float] = {}
        self._depth = 0

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within an operator: what is called there, the caller did not write."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    @contextmanager
    def called(self, name: str, args: Any, kwargs: Any) -> Iterator[None]:
        """Within a call of torch's interface, by the caller unless within an operator."""
        if self._depth:
            yield
            return
        floats = list(_floats((args, kwargs)))
        self._written.update(map(abs, floats))
        if name in _ROUNDED:
            held = ((float(torch.tensor(x, dtype=f)), x) for f in _FORMATS for x in floats)
            self._meant = dict(held)
        try:
            yield
        finally:
            self._meant = {}

    def read(self, base: str, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """An operator's arguments, with balls for numbers that torch rounded."""
        if base not in READ:
            return args, kwargs
        return tuple(map(self._of, args)), {key: self._of(x) for key, x in kwargs.items()}

    def constant(self, base: str, args: Any, made: Tensor) -> Ball | None:
        """What a tensor stands for that torch made of a number; ``None``: for what it holds."""
        if not made.is_floating_point() or not made.numel():
            return None
        if base == "lift_fresh":
            return self._lifted(made)
        if base != "scalar_tensor" and (base not in _MADE or self._depth < 2):
            return None
        value = args[0] if base == "scalar_tensor" else args[-1]
        if not isinstance(value, float) or _short(value):
            return None
        found = self._of(value)
        found = number(value, made) if not isinstance(found, Ball) else found
        rad = None if found.rad is None else found.rad.expand(made.shape)
        return Ball(found.mid.to(made.device).expand(made.shape), rad)

    def _lifted(self, made: Tensor) -> Ball | None:
        """The number of x[...] = number; else None."""
        if not self._meant or made.numel() != 1 or made.dtype not in _FORMATS:
            return None
        value = self._meant.get(float(made))
        return None if value is None else Ball(number(value, made).mid.expand(made.shape))

    def _of(self, x: Any) -> Any:
        if type(x) is not float or _short(x):
            return x
        x = self._meant.get(x, x)
        if abs(x) in self._written:
            return x
        return Ball(number(x).mid, number(4 * U * abs(x)).mid)


def _short(x: float) -> bool:
    return not math.isfinite(x) or (math.frexp(x)[0] * SHORT).is_integer()


def _floats(within: Any) -> Iterable[float]:
    if type(within) is float:
        yield within
    elif isinstance(within, dict):
        yield from _floats(tuple(within.values()))
    elif isinstance(within, tuple | list):
        for part in within:
            yield from _floats(part)
