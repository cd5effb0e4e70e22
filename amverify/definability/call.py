r"""One operation of a traced graph, with what is known of its arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from amverify.definability.grouped import INTO_WHOLE
from amverify.definability.ledger import Ledger, Refused
from amverify.definability.values import Shape, Value, constant, together

Result = Value | list[Value]
Handler = Callable[["Call"], Result]
PLACES = ("index", "indices", "target", "targets", "mask", "offsets", "lengths")
"""Arguments that say where: whole numbers and truth values."""


@dataclass
class Call:
    """A call of an ATen operation: its arguments by name, the first tensor as ``input``.

    Args:
        name: of the operation, without namespace and overload.
        arguments: values for tensors, lists of such, numbers, flags.
        sizes: of the tensors among the arguments.
        size: of the result, the first if there are several.
        dtype: of the result, in words.
        floating: the names of the tensors that hold no integers.
        same: whether two tensor arguments are one and the same.
        ledger: to write to.
        meets: of a function by cases, whether its branches are shown to agree at the boundary.
    """

    name: str
    arguments: Mapping[str, Any]
    sizes: Mapping[str, tuple[int, ...]]
    size: tuple[int, ...]
    dtype: str
    same: bool
    floating: frozenset[str]
    ledger: Ledger
    meets: bool = False

    def value(self, name: str = "input") -> Value:
        """A tensor or a number, as a value."""
        return as_value(self.arguments[name])

    def given(self, name: str, default: Any = None) -> Any:
        """An argument as it stands, or the default."""
        found = self.arguments.get(name, default)
        return default if found is None else found

    def maybe(self, name: str) -> Value | None:
        """A tensor that may be left out."""
        found = self.arguments.get(name)
        return None if found is None else as_value(found)

    def values(self) -> list[Value]:
        """All values among the arguments, those of lists too."""
        return list(_values(self.arguments.values()))

    def count(self, name: str = "input") -> int:
        """How many entries of a tensor make one of the result, for a reduction."""
        whole, left = math.prod(self.sizes[name]), math.prod(self.size)
        return whole // left if left else 0

    def broadcast(self, *names: str) -> int:
        """How many entries tensors have together; of the first alone where they do not match."""
        sizes = [self.sizes[name] for name in names if name in self.sizes]
        try:
            return math.prod(np.broadcast_shapes(*sizes))
        except ValueError:
            return math.prod(sizes[0])

    def whole(self, made: Result) -> Result:
        """The result of a handler that knows of real numbers only.

        Raises:
            Refused: where real numbers that vary are written into integers or truth values.
        """
        exact = any(kind in self.dtype for kind in ("int", "bool"))
        varies = any(as_value(self.arguments[name]).varies for name in self.floating)
        if exact and varies and self.name not in INTO_WHOLE and _first(made).varies:
            raise Refused("real numbers are written into whole ones, with jumps")
        return made

    def hull(self, *more: Value) -> Value:
        """What holds for all tensors among the arguments."""
        return together([*self.values(), *more])

    def by_place(self, made: Result) -> Result:
        """The result of a handler; it may jump if it is told where by what varies."""
        said = _values([self.given(n) for n in PLACES if n not in self.floating])
        moving = [v for v in said if v.varies]
        if not moving:
            return made
        self.ledger.note(self.ledger.jumps, self.name)
        return [_led(v, moving) for v in made] if isinstance(made, list) else _led(made, moving)


def _led(value: Value, places: Sequence[Value]) -> Value:
    """A value that is taken from another place where one of the places jumps."""
    whole = together([value, *places])
    return replace(
        value, varies=True, jumps=True, semicontinuous=False, structure=whole.structure,
        degree=None, shape=Shape.OTHER,
    )  # fmt: skip


def as_value(given: Any) -> Value:
    """A number or a value, as a value.

    Raises:
        Refused: for NaN or +∞, and what is neither.
    """
    if isinstance(given, Value):
        return given
    if isinstance(given, bool | int | float):
        if math.isnan(given) or given == math.inf:
            raise Refused(f"{given} is no real number")
        return constant(float(given))
    raise Refused(f"an argument that is no number and no tensor ({type(given).__name__})")


def _first(made: Result) -> Value:
    return made[0] if isinstance(made, list) else made


def _values(given: Any) -> Sequence[Value]:
    found: list[Value] = []
    for item in given:
        if isinstance(item, Value):
            found.append(item)
        elif isinstance(item, list | tuple):
            found.extend(_values(item))
    return found
