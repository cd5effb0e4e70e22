r"""What the words of a theorem's hypotheses and symbols mean, as types that a proof can read.

*Points* are vectors: linear combinations of named ones (e, Δ, d = u⁺ − u^k, …) with formulas for
coefficients; the origin is u^k. ``Gradient`` names ∇f at a point, as a vector again. A *term* says
what a symbol of a theorem is: ‖e‖² is ⟨e, e⟩, ΔF is F(u^{k+1}) − F(u^k). A *property* is what a
hypothesis grants: that H is convex, that a point solves a proximal step. ``proofs.script.facts``
has the instances of facts of analysis that a property licenses, and none without one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sympy as sp

from amverify.theorems.quantities import Assumption, Quantity

_PLAIN = re.compile(r"[^\W\d]\w*")
_GRADIENT = re.compile(r"∇\w+\[(.*)\]")
_PAIRS = {"]": "[", ")": "("}


def legible(formula: Any) -> bool:
    """Whether what a formula is written as is no other formula: its symbols have plain names."""
    symbols = sp.sympify(formula).free_symbols
    return all(_PLAIN.fullmatch(x.name) is not None for x in symbols)


def _names_one(name: str) -> bool:
    """Whether a vector's name is a word, or ∇f[…] with its brackets closed in order."""
    found = _GRADIENT.fullmatch(name)
    if found is None:
        return re.fullmatch(r"\w+", name) is not None
    open_: list[str] = []
    for sign in found[1]:
        if sign in _PAIRS.values():
            open_.append(sign)
        elif sign in _PAIRS and (not open_ or open_.pop() != _PAIRS[sign]):
            return False
    return not open_


@dataclass(frozen=True)
class Vector:
    """Σ c_i v_i: coefficients by name of vector, sorted, none of them zero.

    Names of values and gradients are made of how it is written, so that no two are written alike.

    Raises:
        ValueError: for parts in another order, a name that reads as a sum, or a coefficient with
            such a symbol.
    """

    parts: tuple[tuple[str, sp.Expr], ...] = ()

    def __post_init__(self) -> None:
        names = [name for name, _ in self.parts]
        if names != sorted(set(names)) or not all(map(_names_one, names)):
            raise ValueError(f"{names} are no names of vectors in their order")
        if any(c == 0 or not legible(c) for _, c in self.parts):
            raise ValueError(f"{self.parts}: a coefficient that is 0, or reads as another")

    def __add__(self, other: Vector) -> Vector:
        total = dict(self.parts)
        for name, c in other.parts:
            total[name] = sp.expand(total.get(name, sp.Integer(0)) + c)
        return Vector(tuple(sorted((n, c) for n, c in total.items() if c != 0)))

    def __rmul__(self, factor: Any) -> Vector:
        scaled = ((n, sp.expand(sp.sympify(factor) * c)) for n, c in self.parts)
        return Vector(tuple((n, c) for n, c in scaled if c != 0))

    def __neg__(self) -> Vector:
        return -1 * self

    def __sub__(self, other: Vector) -> Vector:
        return self + -other

    def __str__(self) -> str:
        """Without spaces: names of values and gradients are made of it."""
        text = "+".join(f"({c})·{n}" if c != 1 else n for n, c in self.parts)
        return text.replace(" ", "") or "0"


def word(text: object) -> str:
    """A text as letters, digits and _, other texts as other words: what is neither is its code."""
    return "".join(c if c.isalnum() else f"_{ord(c):x}_" for c in str(text))


def length(x: Vector) -> sp.Symbol:
    """‖x‖ as a symbol, the same one for the same vector."""
    return sp.Symbol(f"norm_of_{word(x)}", real=True)


ORIGIN = Vector()
"""U^k, or x^{k−1}: where the theorem's points are measured from."""


def vector(name: str) -> Vector:
    """A vector of its own."""
    return Vector(((name, sp.Integer(1)),))


def gradient(function: str, at: Vector) -> Vector:
    """∇f at a point: the same vector for the same function and point."""
    return vector(f"∇{function}[{at}]")


def entry(x: Vector) -> sp.Symbol:
    """Coordinate j of a named vector, by the name that proofs give it.

    Raises:
        ValueError: for a sum or a multiple.
    """
    if len(x.parts) != 1 or x.parts[0][1] != 1:
        raise ValueError(f"{x} is no named vector")
    return sp.Symbol(f"{word(x.parts[0][0])}_j", real=True)


@dataclass(frozen=True)
class Inner:
    """⟨x, y⟩."""

    left: Vector
    right: Vector


@dataclass(frozen=True)
class Norm:
    """‖x‖."""

    of: Vector


@dataclass(frozen=True)
class Value:
    """f(x)."""

    function: str
    at: Vector


@dataclass(frozen=True)
class Change:
    """f(y) − f(x)."""

    function: str
    start: Vector
    end: Vector


@dataclass(frozen=True)
class Above:
    """f(y) − f(x) − ⟨∇f(x), y − x⟩: how far f is above its tangent at x."""

    function: str
    start: Vector
    end: Vector


@dataclass(frozen=True)
class Curvature:
    """The largest ⟨y − x, ∇²f(z)(y − x)⟩ for z between x and y."""

    function: str
    start: Vector
    end: Vector


@dataclass(frozen=True)
class Hessian:
    """⟨x, ∇²f y⟩ of a quadratic f, whose Hessian is the same everywhere."""

    function: str
    left: Vector
    right: Vector


@dataclass(frozen=True)
class RootOfSum:
    """√Σ_j (x_j + …), the sum over all coordinates of quantities that each coordinate has."""

    summands: tuple[sp.Symbol, ...]


Term = Inner | Norm | Value | Change | Above | Curvature | Hessian | RootOfSum | Quantity


@dataclass(frozen=True)
class Convex:
    """A convex function, with gradients where they are taken."""

    function: str


@dataclass(frozen=True)
class Smooth:
    """A function that is twice continuously differentiable between the points used."""

    function: str


@dataclass(frozen=True)
class Quadratic:
    """A quadratic function: its Hessian is the same everywhere; of no sign."""

    function: str


@dataclass(frozen=True)
class Zero:
    """The function is 0 everywhere."""

    function: str


@dataclass(frozen=True)
class LipschitzGradient:
    """‖∇f(x) − ∇f(y)‖ ≤ modulus·‖x − y‖ on a convex set that holds the points used."""

    function: str
    modulus: sp.Expr


@dataclass(frozen=True)
class ConvexLipschitz:
    """A convex function with ‖∇f(x) − ∇f(y)‖ ≤ modulus·‖x − y‖ in the whole space."""

    function: str
    modulus: sp.Expr


@dataclass(frozen=True)
class Sum:
    """The function is the sum of others."""

    function: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """The function is 0 on a product of intervals that holds these points, +∞ elsewhere."""

    function: str
    holds: tuple[Vector, ...]


@dataclass(frozen=True)
class Proximal:
    """``point`` minimises ⟨∇smooth(at), ·⟩ + (weight/2)‖· − centre‖² + nonsmooth."""

    point: Vector
    smooth: str
    at: Vector
    weight: sp.Expr
    centre: Vector
    nonsmooth: str


@dataclass(frozen=True)
class Minimiser:
    """``point`` minimises function + (weight/2)‖· − centre‖²."""

    point: Vector
    function: str
    weight: sp.Expr
    centre: Vector


@dataclass(frozen=True)
class Clipped:
    """``end`` is top·point, each coordinate shortened into an interval that holds 0 and point."""

    end: Vector
    point: Vector
    top: sp.Expr


@dataclass(frozen=True)
class Stretched:
    """``end`` is top·point, not clipped."""

    end: Vector
    point: Vector
    top: sp.Expr


@dataclass(frozen=True)
class Least:
    """``value`` is the least ``objective`` over ``variable`` ≥ 0."""

    value: sp.Symbol
    variable: sp.Symbol
    objective: sp.Expr


@dataclass(frozen=True)
class Falls:
    """``claim`` < 0 for all real e and Δ, not both 0, with e², Δe and Δ² for its three symbols."""

    claim: sp.Expr
    square: sp.Symbol
    product: sp.Symbol
    past: sp.Symbol


Property = (
    Assumption
    | Convex
    | Smooth
    | Quadratic
    | Zero
    | LipschitzGradient
    | ConvexLipschitz
    | Sum
    | Box
    | Proximal
    | Minimiser
    | Clipped
    | Stretched
    | Least
    | Falls
)
"""What a hypothesis can grant besides a formula."""
