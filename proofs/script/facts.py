r"""Facts of analysis, as templates: a proof chooses functions and points, the formula comes out.

A fact says for which functions and points it may be instantiated: a tangent needs a hypothesis of
the theorem that grants convexity of that function, a proximal inequality one that says which point
solves which step. Where there is none, the instance is refused. Values f(x), gradients ∇f(x) and
inner products become symbols that are made from function and point (``vectors.py``); nobody types
one. ``asks`` are side conditions, to be proved before the instance counts.

Each template is a dozen lines at most, and all of them have to be believed. Other modules may enter
templates of their own with ``fact``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sympy as sp

from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.properties import (
    ORIGIN,
    Box,
    Clipped,
    Convex,
    ConvexLipschitz,
    Falls,
    Least,
    LipschitzGradient,
    Minimiser,
    Property,
    Proximal,
    Smooth,
    Stretched,
    Sum,
    Vector,
    gradient,
)
from proofs.kernel.checker import Kind, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script.grants import Leaf, made_here
from proofs.script.translate import polynomial
from proofs.script.vectors import HALF, coordinate, coordinate_name, curvature, inner, norm, value

P = TypeVar("P", bound=Property)


@dataclass(frozen=True)
class Instance:
    """What a template makes: p ``kind`` 0, by which hypotheses, under which side conditions."""

    poly: Poly
    kind: Kind
    licences: tuple[Hypothesis, ...] = ()
    asks: tuple[Relation, ...] = ()


Make = Callable[..., Instance]


@dataclass(frozen=True)
class Template:
    """A fact of analysis: what it says, where it is proved, and how an instance is made."""

    name: str
    text: str
    source: str
    make: Make

    def instance(self, theorem: Theorem, *where: Any) -> Leaf:
        """An instance for a theorem.

        Raises:
            Refused: if no hypothesis of the theorem licenses it, or it is no entry of ``REGISTRY``.
        """
        if REGISTRY.get(self.name) is not self:
            raise Refused(f"{self.name} is no fact that was entered")
        made = self.make(theorem, *where)
        says = Relation(made.poly, made.kind)
        own = (made.licences, self.source, made.asks, where)
        return Leaf("fact", self.name, self.text, says, None, *own)


REGISTRY: dict[str, Template] = {}


def genuine(theorem: Theorem, leaf: Leaf) -> bool:
    """Whether a rule of ``grants``, or a fact that was entered, makes this leaf of the object."""
    if leaf.reason != "fact":
        return made_here(theorem, leaf)
    entry = REGISTRY.get(leaf.name)
    try:
        return entry is not None and entry.instance(theorem, *leaf.where) == leaf
    except (Refused, TypeError):
        return False


def fact(name: str, text: str, source: str) -> Callable[[Make], Template]:
    """Enter a template.

    Raises:
        Refused: if the name is taken.
    """

    def enter(make: Make) -> Template:
        if name in REGISTRY:
            raise Refused(f"two facts are named {name}")
        REGISTRY[name] = Template(name, text, source, make)
        return REGISTRY[name]

    return enter


def licence(
    theorem: Theorem, kind: type[P], fits: Callable[[P], bool]
) -> tuple[P, tuple[Hypothesis, ...]]:
    """The property of a kind that a hypothesis of the theorem grants, and that hypothesis.

    Raises:
        Refused: if there is none, or more than one.
    """
    said = [h for h in theorem.hypotheses if isinstance(h.grants, kind) and fits(h.grants)]
    if len(said) != 1 or not isinstance(said[0].grants, kind):
        raise Refused(f"{len(said)} hypotheses grant the {kind.__name__} that is asked for")
    return said[0].grants, (said[0],)


@fact(
    "tangent",
    "a convex function lies above its tangents: f(x) ≥ f(y) + ⟨∇f(y), x − y⟩",
    "Rockafellar (1970), Theorem 25.1",
)
def TANGENT(theorem: Theorem, f: str, x: Vector, y: Vector) -> Instance:
    """f(x) − f(y) − ⟨∇f(y), x − y⟩ ≥ 0 for convex f."""
    _, by = licence(theorem, Convex, lambda p: p.function == f)
    return Instance(value(f, x) - value(f, y) - inner(gradient(f, y), x - y), ">=", by)


@fact(
    "second order",
    "f(x) ≤ f(y) + ⟨∇f(y), x − y⟩ + ½⟨x − y, ∇²f (x − y)⟩, the curvature being its largest between",
    "Taylor's theorem; Nesterov (2004), Lemma 1.2.3",
)
def SEGMENT(theorem: Theorem, f: str, x: Vector, y: Vector) -> Instance:
    """f(y) + ⟨∇f(y), x − y⟩ + ½ curvature(y → x) − f(x) ≥ 0 for smooth f."""
    _, by = licence(theorem, Smooth, lambda p: p.function == f)
    slope = inner(gradient(f, y), x - y)
    return Instance(value(f, y) + slope + HALF * curvature(f, y, x) - value(f, x), ">=", by)


@fact(
    "descent lemma",
    "f(x) ≤ f(y) + ⟨∇f(y), x − y⟩ + (L/2)‖x − y‖² where ∇f is L-Lipschitz",
    "Nesterov (2004), Lemma 1.2.3",
)
def DESCENT(theorem: Theorem, f: str, x: Vector, y: Vector) -> Instance:
    """f(y) + ⟨∇f(y), x − y⟩ + (L/2)‖x − y‖² − f(x) ≥ 0 for L-Lipschitz ∇f."""
    found, by = licence(theorem, LipschitzGradient, lambda p: p.function == f)
    bound = HALF * polynomial(found.modulus) * inner(x - y, x - y)
    poly = value(f, y) + inner(gradient(f, y), x - y) + bound - value(f, x)
    return Instance(poly, ">=", by)


@fact(
    "Lipschitz gradient",
    "‖∇f(x) − ∇f(y)‖² ≤ L²‖x − y‖² where ∇f is L-Lipschitz",
    "definition of a Lipschitz modulus",
)
def LIPSCHITZ(theorem: Theorem, f: str, x: Vector, y: Vector) -> Instance:
    """L²‖x − y‖² − ‖∇f(x) − ∇f(y)‖² ≥ 0."""
    found, by = licence(theorem, LipschitzGradient, lambda p: p.function == f)
    apart, bound = gradient(f, x) - gradient(f, y), polynomial(found.modulus)
    return Instance(bound * bound * inner(x - y, x - y) - inner(apart, apart), ">=", by)


@fact(
    "interpolation",
    "f(x) ≥ f(y) + ⟨∇f(y), x − y⟩ + (1/2L)‖∇f(x) − ∇f(y)‖² for convex f with L-Lipschitz ∇f "
    "everywhere",
    "Nesterov (2004), Theorem 2.1.5",
)
def INTERPOLATION(theorem: Theorem, f: str, x: Vector, y: Vector) -> Instance:
    """2L(f(x) − f(y) − ⟨∇f(y), x − y⟩) − ‖∇f(x) − ∇f(y)‖² ≥ 0."""
    found, by = licence(theorem, ConvexLipschitz, lambda p: p.function == f)
    apart, bound = gradient(f, x) - gradient(f, y), const(2) * polynomial(found.modulus)
    gap = value(f, x) - value(f, y) - inner(gradient(f, y), x - y)
    return Instance(bound * gap - inner(apart, apart), ">=", by)


def _box(theorem: Theorem, f: str, *points: Vector) -> tuple[Hypothesis, ...]:
    """The hypothesis that f is a box's indicator and that the box holds the points."""
    return licence(theorem, Box, lambda p: p.function == f and set(points) <= set(p.holds))[1]


def step_to(theorem: Theorem, point: Vector) -> tuple[Proximal, tuple[Hypothesis, ...]]:
    """The proximal step that a point solves, and the hypothesis that says so."""
    return licence(theorem, Proximal, lambda p: p.point == point)


@fact(
    "projection",
    "v minimises g·v + (m/2)(v − c)² over an interval: (m(v − c) + g)(w − v) ≥ 0 for w in it",
    "Kinderlehrer & Stampacchia (1980), Theorem I.2.3, coordinate by coordinate",
)
def PROJECTION(theorem: Theorem, v: Vector, w: Vector) -> Instance:
    """(m(v_j − c_j) + ∇_j)(w_j − v_j) ≥ 0 for a proximal step v over a box that holds w."""
    step, by = step_to(theorem, v)
    slope = polynomial(step.weight) * coordinate(v - step.centre)
    slope += coordinate(gradient(step.smooth, step.at))
    return Instance(slope * coordinate(w - v), ">=", by + _box(theorem, step.nonsmooth, w))


@fact(
    "proximal subgradient",
    "v minimises g + ⟨·,∇H⟩ + (m/2)‖· − c‖², g convex: g(x) ≥ g(v) + ⟨m(c − v) − ∇H, x − v⟩",
    "Rockafellar (1970), Theorem 23.8",
)
def PROXIMAL(theorem: Theorem, v: Vector, x: Vector) -> Instance:
    """g(x) − g(v) − ⟨m(c − v) − ∇H, x − v⟩ ≥ 0 for a proximal step v with convex g."""
    step, by = step_to(theorem, v)
    _, convex = licence(theorem, Convex, lambda p: p.function == step.nonsmooth)
    slope = step.weight * (step.centre - v) - gradient(step.smooth, step.at)
    poly = value(step.nonsmooth, x) - value(step.nonsmooth, v) - inner(slope, x - v)
    return Instance(poly, ">=", by + convex)


@fact(
    "minimality",
    "a minimiser of f + (m/2)‖· − c‖² has at most the value of any other point",
    "definition of a minimiser",
)
def MINIMAL(theorem: Theorem, v: Vector, x: Vector) -> Instance:
    """f(x) + (m/2)‖x − c‖² − f(v) − (m/2)‖v − c‖² ≥ 0 for the minimiser v."""
    found, by = licence(theorem, Minimiser, lambda p: p.point == v)
    half, near, far = HALF * polynomial(found.weight), v - found.centre, x - found.centre
    poly = value(found.function, x) - value(found.function, v)
    return Instance(poly + half * (inner(far, far) - inner(near, near)), ">=", by)


@fact("sum", "F is the sum of its parts at every point", "definition of F")
def SUM(theorem: Theorem, f: str, x: Vector) -> Instance:
    """F(x) − Σ parts(x) = 0."""
    found, by = licence(theorem, Sum, lambda p: p.function == f)
    poly = value(f, x)
    for part in found.parts:
        poly -= value(part, x)
    return Instance(poly, "=", by)


@fact("indicator", "a box's indicator is 0 at a point of the box", "definition of an indicator")
def INDICATOR(theorem: Theorem, g: str, x: Vector) -> Instance:
    """g(x) = 0 for a point that the box is said to hold."""
    return Instance(value(g, x), "=", _box(theorem, g, x))


CLIPPING = (
    "clipping u + t d to an interval that holds u and u + d gives u + t_j d, 1 ≤ t_j ≤ t",
    "specification, T1: each coordinate's extrapolation is shortened separately",
)


def _clipped(theorem: Theorem, end: Vector) -> tuple[Clipped, Poly, tuple[Hypothesis, ...]]:
    found, by = licence(theorem, Clipped, lambda p: p.end == end)
    return found, var(coordinate_name(f"t[{end}]")), by


@fact("clipping, from below", *CLIPPING)
def CLIP_LOW(theorem: Theorem, end: Vector) -> Instance:
    """t_j − 1 ≥ 0, for t ≥ 1."""
    found, factor, by = _clipped(theorem, end)
    asks = (Relation(polynomial(found.top - 1), ">="),)
    return Instance(factor - const(1), ">=", by, asks)


@fact("clipping, from above", *CLIPPING)
def CLIP_HIGH(theorem: Theorem, end: Vector) -> Instance:
    """t − t_j ≥ 0, for t ≥ 1."""
    found, factor, by = _clipped(theorem, end)
    asks = (Relation(polynomial(found.top - 1), ">="),)
    return Instance(polynomial(found.top) - factor, ">=", by, asks)


@fact("clipping", *CLIPPING)
def CLIP(theorem: Theorem, end: Vector) -> Instance:
    """end_j − t_j·point_j = 0, for t ≥ 1."""
    found, factor, by = _clipped(theorem, end)
    asks = (Relation(polynomial(found.top - 1), ">="),)
    return Instance(coordinate(end) - factor * coordinate(found.point), "=", by, asks)


def _stretched(theorem: Theorem, end: Vector) -> tuple[Stretched, tuple[Hypothesis, ...]]:
    return licence(theorem, Stretched, lambda p: p.end == end)


@fact("stretching", "⟨t d, w⟩ = t⟨d, w⟩", "definition of u + t d")
def STRETCHED(theorem: Theorem, end: Vector, w: Vector) -> Instance:
    """⟨end − t·point, w⟩ = 0 where end is said to be t·point."""
    found, by = _stretched(theorem, end)
    return Instance(inner(end - found.top * found.point, w), "=", by)


@fact("stretching by 1", "f(u + t d) = f(u + d) for t = 1", "definition of u + t d")
def UNSTRETCHED(theorem: Theorem, f: str, end: Vector) -> Instance:
    """f(end) − f(point) = 0, for t = 1."""
    found, by = _stretched(theorem, end)
    asks = (Relation(polynomial(found.top - 1), "="),)
    return Instance(value(f, end) - value(f, found.point), "=", by, asks)


@fact("norm", "‖x‖ ≥ 0 and ‖x‖² = ⟨x, x⟩", "definition of the Euclidean norm")
def NORM(theorem: Theorem, x: Vector) -> Instance:
    """‖x‖ ≥ 0."""
    del theorem
    return Instance(norm(x), ">=")


@fact("square of a norm", "‖x‖² = ⟨x, x⟩", "definition of the Euclidean norm")
def SQUARE(theorem: Theorem, x: Vector) -> Instance:
    """‖x‖² − ⟨x, x⟩ = 0."""
    del theorem
    return Instance(norm(x) * norm(x) - inner(x, x), "=")


@fact("Minkowski", "‖x + … + y‖ ≤ ‖x‖ + … + ‖y‖", "Minkowski's inequality in a finite sum")
def MINKOWSKI(theorem: Theorem, *parts: Vector) -> Instance:
    """Σ‖x_i‖ − ‖Σ x_i‖ ≥ 0."""
    del theorem
    bound, whole = const(0), ORIGIN
    for x in parts:
        bound, whole = bound + norm(x), whole + x
    return Instance(bound - norm(whole), ">=")


def _least(theorem: Theorem, name: str) -> tuple[Least, tuple[Hypothesis, ...]]:
    return licence(theorem, Least, lambda p: p.value.name == name)


@fact("least value", "a least value is at most every other one", "definition of a minimum")
def LEAST(theorem: Theorem, name: str, at: sp.Expr) -> Instance:
    """objective(at) − least value ≥ 0, for at ≥ 0."""
    found, by = _least(theorem, name)
    poly = polynomial(found.objective.xreplace({found.variable: at})) - polynomial(found.value)
    return Instance(poly, ">=", by, (Relation(polynomial(at), ">="),))


def attained(name: str) -> sp.Symbol:
    """Where a least value is attained."""
    return sp.Symbol(f"argmin_of_{name}", real=True)


@fact(
    "least value, where",
    "a convex quadratic that is bounded below attains its minimum",
    "Frank & Wolfe (1956)",
)
def WHERE(theorem: Theorem, name: str) -> Instance:
    """The minimiser lies in the set: argmin ≥ 0."""
    return Instance(polynomial(attained(name)), ">=", _least(theorem, name)[1])


@fact(
    "least value, attained",
    "a convex quadratic that is bounded below attains its minimum",
    "Frank & Wolfe (1956)",
)
def ATTAINED(theorem: Theorem, name: str) -> Instance:
    """objective(argmin) − least value = 0."""
    found, by = _least(theorem, name)
    poly = polynomial(found.objective.xreplace({found.variable: attained(name)}))
    return Instance(poly - polynomial(found.value), "=", by)


@fact("for every e and Δ", "what holds for all e and Δ holds for two of them", "logic")
def FALLS(theorem: Theorem, e: int, past: int) -> Instance:
    """−claim > 0 at two numbers, not both 0."""
    found, by = licence(theorem, Falls, lambda p: True)
    if type(e) is not int or type(past) is not int or not (e or past):
        raise Refused(f"e = {e}, Δ = {past}: two real numbers are meant, not both 0")
    values = {found.square: e * e, found.product: e * past, found.past: past * past}
    return Instance(-polynomial(found.claim.xreplace(values)), ">", by)
