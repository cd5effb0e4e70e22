r"""The declared domain: a box for some variables, others held fixed, by name or pattern."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from amverify.errors import InvalidInput, brief

Box = tuple[float, float]


@dataclass
class Domain:
    """Boxes and fixed variables; which patterns were used is kept, so that a misspelt one is told.

    Args:
        boxes: by name or pattern (``*`` is all).
        fixed: names or patterns of what is data, not a variable.
    """

    boxes: Mapping[str, Box] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    _used: set[str] = field(default_factory=set)
    _seen: list[str] = field(default_factory=list)

    def box(self, name: str) -> Box | None:
        """The box of a variable: that of its own name, else of the first pattern that fits."""
        for pattern in sorted(self.boxes, key=lambda p: p != name):
            if fnmatchcase(name, pattern):
                self._used.add(pattern)
                return self.boxes[pattern]
        return None

    def holds(self, name: str) -> bool:
        """Whether a variable is held fixed."""
        self._seen.append(name)
        found = [pattern for pattern in self.fixed if fnmatchcase(name, pattern)]
        self._used.update(found)
        return bool(found)

    def check(self) -> None:
        """That every pattern fitted something.

        Raises:
            InvalidInput: with the names that there are.
        """
        for pattern in (*self.boxes, *self.fixed):
            if pattern not in self._used and pattern != "*":
                raise InvalidInput(
                    f"{pattern!r}: no variable has that name; there are {', '.join(self._seen)}"
                )


def declared(box: Box | Mapping[str, Box] | None, fixed: Iterable[str]) -> Domain:
    """A domain from what a user gives: one box for all variables, or one a name.

    Raises:
        InvalidInput: unless each box is a pair low < high of finite numbers.
    """
    names = (fixed,) if isinstance(fixed, str) or not isinstance(fixed, Iterable) else tuple(fixed)
    if not all(isinstance(name, str) for name in names):
        raise InvalidInput(f"fixed: expected names, got {brief(fixed)}")
    boxes = {} if box is None else dict(box) if isinstance(box, Mapping) else {"*": box}
    for name, pair in boxes.items():
        boxes[name] = _pair(name, pair)
    return Domain(boxes, names)


def _pair(name: str, pair: object) -> Box:
    try:
        low, high = (float(end) for end in pair)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise InvalidInput(f"box of {name!r}: expected a pair (low, high), got {pair!r}") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InvalidInput(f"box of {name!r}: expected low < high, both finite, got {pair!r}")
    return low, high
