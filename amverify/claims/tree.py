"""What a claim is once it is read: a tree of numbers, constants and quantities at indices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Sign = Literal["<=", "<", ">=", ">", "=="]


@dataclass(frozen=True)
class Number:
    """A decimal, exactly."""

    value: Fraction


@dataclass(frozen=True)
class Constant:
    """A name without an index: declared, or k."""

    name: str


@dataclass(frozen=True)
class Index:
    """k + offset, or the index ``offset`` itself."""

    moving: bool
    offset: int
    letter: str = field(default="k", compare=False)


@dataclass(frozen=True)
class At:
    """A quantity at an index."""

    name: str
    index: Index
    column: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Slice:
    """A quantity at the indices from ``start`` up to ``stop``, without ``stop``."""

    name: str
    start: Index
    stop: Index
    column: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Running:
    """A sum, mean, least or largest over slices of one length."""

    how: str
    of: Node


@dataclass(frozen=True)
class Call:
    """A function or an operator of one or several sides."""

    how: str
    of: tuple[Node, ...]


@dataclass(frozen=True)
class Expected:
    """The expectation of a side over the draw of one step, given what was before it."""

    of: Node
    column: int = field(compare=False, default=0)

    @property
    def newest(self) -> int:
        """m, where the draw is that of the step to x^{k+m}."""
        return max(one.index.offset for one in quantities(self.of) if one.index.moving)


Node = Number | Constant | At | Slice | Running | Call | Expected


@dataclass(frozen=True)
class Range:
    """The k that a claim is about; or every update of a block, by number."""

    first: int = 1
    last: int | None = None
    exists: bool = False
    blocks: bool = False


@dataclass(frozen=True)
class Statement:
    """lhs, a sign, rhs, for some range of k."""

    text: str
    lhs: Node
    sign: Sign
    rhs: Node
    over: Range


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes right below one."""
    if isinstance(node, Call):
        return node.of
    return (node.of,) if isinstance(node, Running | Expected) else ()


def every(node: Node, among: Callable[[Node], bool]) -> list[Node]:
    """All nodes of a tree for which ``among`` is so."""
    found = [node] if among(node) else []
    return found + [one for part in parts(node) for one in every(part, among)]


def element(node: Node, lead: Index) -> Node:
    """What a running sum adds up at index j, written as k, where its first slice is at j."""
    if isinstance(node, Slice):
        return At(node.name, Index(True, node.start.offset - lead.offset), node.column)
    if isinstance(node, Call):
        return Call(node.how, tuple(element(one, lead) for one in node.of))
    return node


def quantities(node: Node) -> list[At]:
    """All quantities of a tree that stand at an index."""
    return [one for one in every(node, lambda node: isinstance(node, At)) if isinstance(one, At)]


def slices(node: Node) -> list[Slice]:
    """All slices of a tree."""
    found = every(node, lambda node: isinstance(node, Slice))
    return [one for one in found if isinstance(one, Slice)]


def expectations(node: Node) -> list[Expected]:
    """All expectations of a tree."""
    return [one for one in every(node, is_expected) if isinstance(one, Expected)]


def is_expected(node: Node) -> bool:
    """Whether it is an expectation."""
    return isinstance(node, Expected)
