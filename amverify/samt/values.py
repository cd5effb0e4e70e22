"""The settings of a block as they are at this step: schedulers and users write them at any time.

Numbers may be given, and written, as tensors of one entry (torch's schedulers fill those in
place); a step reads them anew, as floats, and checks them as the constructor does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.samt.blocks import Group
from amverify.samt.stepsizes import WIDE

NUMBERS = ("lr", "meta_lr", "momentum", "extrapolation", "weight_decay", "clip", "initial_lr")
READ = (*NUMBERS, "bounds", "kind", "decayed")


class Current:
    """A param group, and what a sweep reads of it: floats that were checked, in ``values``.

    Args:
        group: the param group, which others may write to.
    """

    def __init__(self, group: Group) -> None:
        self._group, self._kind = group, group["kind"]
        self._seen: list[Any] = []
        self.values: Group = {"name": group["name"]}

    def read(self) -> None:
        """Take over what was written since the last time.

        Raises:
            InvalidInput: for a value that is not admitted, as the constructor would; nothing of
                the block is changed then.
        """
        raw = [self._group.get(name) for name in READ]
        if not any(isinstance(value, Tensor) for value in raw) and raw == self._seen:
            return
        where = f"block {self._group['name']!r}"
        if self._group["kind"] is not self._kind and self._group["kind"] != self._kind:
            raise InvalidInput(f"{where}: kind is fixed when a block is made; make another SAMT")
        found = numbers(self._group, where)
        check_now(found, self._group["params"], where)
        self.values.clear()
        self.values.update(found)
        self._seen = raw


def numbers(values: Mapping[str, Any], where: str) -> Group:
    """The settings with every number a float, bounds a pair.

    Raises:
        InvalidInput: for what is no number.
    """
    found = {name: v for name, v in values.items() if name not in ("params", "param_names")}
    for name in NUMBERS:
        if found.get(name) is not None:
            found[name] = number(found[name], f"{where}: {name}")
        elif name in found and name not in ("clip", "initial_lr"):
            raise InvalidInput(f"{where}: {name}: a number is needed, got None")
    bounds = found["bounds"]
    if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
        raise InvalidInput(
            f"{where}: bounds: two numbers [α_min, α_max] are needed, got {bounds!r}"
        )
    found["bounds"] = tuple(number(value, f"{where}: bounds") for value in bounds)
    return found


def number(value: object, where: str) -> float:
    """A float, of a number, a NumPy number or a tensor of one entry.

    Raises:
        InvalidInput: for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, Real | Tensor):
        raise InvalidInput(f"{where}: a number is needed, got {type(value).__name__}")
    if isinstance(value, Tensor):
        if value.numel() != 1 or value.is_complex():
            shape = tuple(value.shape)
            raise InvalidInput(f"{where}: a number is needed, got a tensor of shape {shape}")
        return float(value.detach().item())
    try:
        return float(value)
    except OverflowError:
        raise InvalidInput(f"{where}: a number is needed, got one beyond a float") from None


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
        raise InvalidInput(
            f"{where}: momentum or extrapolation, not both (OneCycleLR, CyclicLR write momentum: "
            "give them cycle_momentum=False, or SAMT extrapolation=0)"
        )
    for name in ("weight_decay", "meta_lr"):
        if not 0 <= values.get(name, 0) < math.inf:
            raise InvalidInput(f"{where}: {name} must be 0 or more: {values[name]}")
    clip = values["clip"]
    if clip is not None and not 0 < clip < math.inf:
        raise InvalidInput(f"{where}: clip must be positive: {clip}")
    if values["decayed"] not in DECAYED:
        admitted = " or ".join(map(repr, DECAYED))
        raise InvalidInput(f"{where}: decayed: {admitted}, got {values['decayed']!r}")


def check_now(values: Mapping[str, Any], parameters: Iterable[Tensor], where: str) -> None:
    """Refuse what a step cannot be taken with, whoever wrote it: a user, a scheduler, a checkpoint.

    Args:
        values: numbers, as floats.
        parameters: of the block; a number beyond their type torch would refuse within a sweep.
        where: which block.

    Raises:
        InvalidInput: which, and where.
    """
    check_values(values, where)
    for name in ("lr", "initial_lr"):
        value = values.get(name)
        if value is not None and not 0 <= value < math.inf:
            raise InvalidInput(f"{where}: {name} must be finite, 0 or more: {value}")
    for dtype in {w.dtype for w in parameters}:
        for name, value, held in (
            ("weight_decay", values["weight_decay"], dtype),
            ("meta_lr", values["meta_lr"], WIDE.get(dtype, dtype)),
            ("bounds of α", values["bounds"][1], WIDE.get(dtype, dtype)),
        ):
            if value > torch.finfo(held).max:
                raise InvalidInput(f"{where}: {name}: {value} is beyond {held}, its parameters'")


def check_start(values: Mapping[str, Any], where: str) -> None:
    """Refuse an initial step size outside its bounds.

    Raises:
        InvalidInput: where.
    """
    low, high = values["bounds"]
    if not low <= values["lr"] <= high:
        raise InvalidInput(
            f"{where}: initial step size lr={values['lr']} lies outside [{low}, {high}]"
        )


DECAYED = ("all", "matrices")
"""Which parameters of a block decay: all, or those of two dimensions and more."""


def decay_of(values: Mapping[str, Any], parameter: Tensor) -> float:
    """λ of a parameter: vectors and numbers (biases, norms' scales) may be spared."""
    spared = values["decayed"] == "matrices" and parameter.ndim < 2
    return 0.0 if spared else float(values["weight_decay"])
