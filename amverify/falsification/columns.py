r"""Columns of a path, by the names that claims have: in float64 at once, or exactly one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.falsification.deciding import Unknown
from amverify.falsification.exactly import Exactly, points, total
from amverify.falsification.stepping import exact_value
from amverify.families.problem import Problem

ROOTS = {"step": "step2", "grad": "grad2", "norm": "norm2", "dist": "dist2"}
MEASURED = ("value", "step2", "grad2", "norm2", "dist2", *ROOTS)
USED = {"eta": ("eta", "lr"), "momentum": ("beta", "momentum")}
"""Columns that hold a parameter of the method, and what it may be called."""


def unknown(name: str) -> Unknown:
    """That a run has no such column."""
    near = get_close_matches(name, (*MEASURED, *USED), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return Unknown(f"quantity {name}; {hint}a path has {', '.join((*MEASURED, *USED))}")


def used(name: str, parameters: Mapping[str, float]) -> float | None:
    """η or β, where the method has one."""
    return next((parameters[n] for n in USED.get(name, ()) if n in parameters), None)


@dataclass
class Floats:
    """Columns of a path in float64, without bounds: to search with, not to decide."""

    problem: Problem
    x: NDArray[np.float64]
    parameters: Mapping[str, float]
    found: dict[str, list[float]] = field(default_factory=dict)

    def __call__(self, name: str) -> list[float]:
        """A column.

        Raises:
            Unknown: if a path has none of this name.
        """
        if name not in self.found:
            self.found[name] = self._made(name)
        return self.found[name]

    def _made(self, name: str) -> list[float]:
        given = used(name, self.parameters)
        if given is not None:
            return [given] * len(self.x)
        found: list[float] = self._measured(name).tolist()
        return found

    def _measured(self, name: str) -> NDArray[np.float64]:
        if name in ROOTS:
            return np.asarray(np.sqrt(np.array(self(ROOTS[name]))))
        with np.errstate(all="ignore"):
            match name:
                case "value":
                    return np.asarray(self.problem.value(self.x).mid)
                case "step2":
                    moved = np.diff(self.x, axis=0, prepend=self.x[:1])
                    return np.asarray((moved**2).sum(1))
                case "grad2":
                    return np.asarray((self.problem.plain(self.x) ** 2).sum(1))
                case "norm2":
                    return np.asarray((self.x**2).sum(1))
                case "dist2" if self.problem.constants.xstar is not None:
                    centre = np.array([float(v) for v in self.problem.constants.xstar])
                    return np.asarray(((self.x - centre) ** 2).sum(1))
        raise unknown(name)


@dataclass
class Exacts:
    """The same of exact points; only what is asked for is computed."""

    problem: Problem
    x: Sequence[NDArray[Any]]
    parameters: Mapping[str, float]
    found: dict[str, _Lazily] = field(default_factory=dict)

    def __call__(self, name: str) -> Sequence[Exactly]:
        """A column.

        Raises:
            Unknown: if a path has none of this name.
        """
        if name not in self.found:
            self.found[name] = _Lazily(self._at(name), len(self.x))
        return self.found[name]

    def _at(self, name: str) -> Callable[[int], Exactly]:
        if name in ROOTS:
            of = self(ROOTS[name])
            return lambda k: of[k].sqrt()
        given = used(name, self.parameters)
        if given is not None:
            number = Exactly(given)
            return lambda k: number
        match name:
            case "value":
                return lambda k: exact_value(self.problem, self.x[k])
            case "step2":
                return lambda k: _squared(self.x[k] - self.x[max(k - 1, 0)])
            case "grad2":
                return lambda k: _squared(self.problem.slope(self.x[k]))
            case "norm2":
                return lambda k: _squared(self.x[k])
            case "dist2" if self.problem.constants.xstar is not None:
                centre = points(self.problem.constants.xstar)
                return lambda k: _squared(self.x[k] - centre)
        raise unknown(name)


def _squared(x: NDArray[Any]) -> Exactly:
    return total(Exactly(v) * Exactly(v) for v in x)


class _Lazily(Sequence[Exactly]):
    """A column whose numbers are computed when they are read."""

    def __init__(self, at: Callable[[int], Exactly], length: int) -> None:
        self._at, self._length = at, length
        self._kept: dict[int, Exactly] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, k: Any) -> Any:
        if k not in self._kept:
            self._kept[k] = Exactly(self._at(k))
        return self._kept[k]
