r"""Whether the two branches of ``torch.where(u > v, a, b)`` agree where u = v.

Where both branches are continuous and a = b at every point with u = v, the function by cases is
continuous: it is a on the closed set u ≥ v and b on the closed set u ≤ v. That a = b there is shown
exactly, or not at all. Nodes of the graph that are made entry by entry are read back as a sympy
expression of the nodes that they are made of; one of these, s, is solved for in u = v, and a − b
has to be 0 with each of its values. Any node may be the s, for a branch may be a polynomial in
d = x − y and the condition one on |d|: from u itself down to what it was made of, each is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy
import torch
from torch import Tensor
from torch.fx import Node

COMPARISONS = ("gt", "ge", "lt", "le", "greater", "greater_equal", "less", "less_equal")
MOST = 24
"""Of so many operations a branch is read; sympy is slow beyond."""

_READ: dict[str, Callable[..., Any]] = {
    "add": lambda a, b, alpha=1: a + alpha * b,
    "sub": lambda a, b, alpha=1: a - alpha * b,
    "rsub": lambda a, b, alpha=1: b - alpha * a,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "abs": sympy.Abs,
    "square": lambda a: a**2,
    "pow": lambda a, b: a**b,
    "exp": sympy.exp,
    "expm1": lambda a: sympy.exp(a) - 1,
    "log": sympy.log,
    "log1p": lambda a: sympy.log(1 + a),
    "tanh": sympy.tanh,
    "relu": lambda a: sympy.Max(a, 0),
    "zeros_like": lambda a: sympy.Integer(0),
    "ones_like": lambda a: sympy.Integer(1),
}


Fixed = Callable[[Node], float | None]


def meets(node: Node, name: Callable[[Node], str], fixed: Fixed) -> bool:
    """Whether the branches of this ``where`` are shown to agree where its condition turns.

    Args:
        node: the call.
        name: of the operation of a node.
        fixed: the number that a node holds, in all entries; None where it holds none.
    """
    condition: Any = node.args[0]
    if len(node.args) < 3 or not isinstance(condition, Node) or name(condition) not in COMPARISONS:
        return False
    left, right = condition.args[:2]
    if not (isinstance(left, Node) and _size(left) == _size(node)):
        return False
    return any(
        _shown(_Reader(cut, name, fixed), (left, right, *node.args[1:3]))
        for cut in _candidates(left, name)
    )


def _shown(reader: _Reader, sides: tuple[Any, ...]) -> bool:
    """u, v, a, b with one node cut."""
    try:
        left, right, one, other = (reader.read(x) for x in sides)
    except (TypeError, ValueError, OverflowError):
        return False
    return _agree(left - right, one - other, reader.symbol(reader.cut))


def _candidates(left: Node, name: Callable[[Node], str]) -> Iterator[Node]:
    """u, and what it is made of entry by entry, in order of depth."""
    todo, seen = [left], set[Node]()
    while todo:
        node = todo.pop(0)
        if node in seen or _size(node) != _size(left):
            continue
        seen.add(node)
        yield node
        if _readable(node, name):
            todo.extend(node.all_input_nodes)


def _readable(node: Node, name: Callable[[Node], str]) -> bool:
    """Whether it is one of those operations, on floating numbers, in its plain form."""
    known = node.op == "call_function" and name(node) in _READ
    return known and not set(node.kwargs) - {"alpha", "pin_memory", "memory_format"}


def _size(node: Any) -> tuple[int, ...] | None:
    meta = node.meta.get("val") if isinstance(node, Node) else None
    return tuple(int(n) for n in meta.shape) if isinstance(meta, Tensor) else None


class _Reader:
    """Nodes as expressions of symbols: of the node that is cut, and of each without a rule."""

    def __init__(self, cut: Node, name: Callable[[Node], str], fixed: Fixed) -> None:
        self.cut, self.name, self.fixed, self.count = cut, name, fixed, 0

    def symbol(self, node: Node) -> Any:
        """What stands for a node that is not read further."""
        return sympy.Symbol(node.name, real=True)

    def read(self, given: Any) -> Any:
        """A node or a number.

        Raises:
            ValueError: for what is too long, or no real number.
        """
        if isinstance(given, int | float):
            return sympy.Rational(given)
        if not isinstance(given, Node) or self.count > MOST:
            raise ValueError("not read")
        number = self.fixed(given)
        if number is not None:
            return sympy.Rational(number)
        if given is self.cut or not _readable(given, self.name) or not _floating(given):
            return self.symbol(given)
        self.count += 1
        known = {k: self.read(v) for k, v in given.kwargs.items() if k == "alpha"}
        return _READ[self.name(given)](*(self.read(x) for x in given.args), **known)


def _floating(node: Node) -> bool:
    meta = node.meta.get("val")
    return isinstance(meta, Tensor) and meta.dtype in (torch.float32, torch.float64)


def _agree(turns: Any, apart: Any, s: Any) -> bool:
    """Whether ``apart`` is 0 at each s for which ``turns`` is, whatever the others are."""
    others, slope = turns.free_symbols - {s}, turns.diff(s)
    if s not in turns.free_symbols:
        return False
    if not others:
        points = sympy.solveset(turns, s, sympy.S.Reals)
    elif turns.is_polynomial(s) and slope.is_number and slope != 0:
        points = sympy.FiniteSet(sympy.expand(s - turns / slope))
    else:
        return False
    if not isinstance(points, sympy.FiniteSet | sympy.sets.sets.EmptySet):
        return False
    return all(sympy.simplify(apart.subs(s, at)) == 0 for at in points)
