"""What a batch is made of, whatever it is nested in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

GROUPS = (list, tuple, deque, set, frozenset)


def leaves(x: object) -> Iterator[object]:
    """What lists, tuples (named ones too), sets, mappings and dataclasses hold at the end.

    In their order; of mappings the values. Anything else is a leaf; what holds itself is entered
    once.
    """
    return _leaves(x, ())


def _leaves(x: object, above: tuple[int, ...]) -> Iterator[object]:
    below: list[object]
    if isinstance(x, Mapping):
        below = [*x.values()]
    elif isinstance(x, GROUPS):
        below = [*x]
    elif is_dataclass(x) and not isinstance(x, type):
        below = [getattr(x, own.name, None) for own in fields(x)]
    else:
        yield x
        return
    if id(x) not in above:
        for part in below:
            yield from _leaves(part, (*above, id(x)))
