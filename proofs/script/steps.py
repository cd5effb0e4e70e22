r"""Facts of one step in a metric: no other point beats its model, and quadratics have two terms.

Beside ``facts.py``, which has convex nonsmooth parts. Here g is as it may be (``MODEL``: nothing
but that v is the minimiser) or 0 (``STATIONARY``), and H may be quadratic: then its expansion ends
and its gradient is affine, exactly.
"""

from __future__ import annotations

from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.properties import Quadratic, Vector, Zero, gradient
from proofs.script.facts import Instance, fact, licence, step_to
from proofs.script.translate import polynomial
from proofs.script.vectors import HALF, hessian, inner, value


@fact(
    "model",
    "v minimises ⟨·,∇H⟩ + (m/2)‖· − c‖² + g: no other point has a smaller value; g as it may be",
    "definition of a minimiser",
)
def MODEL(theorem: Theorem, v: Vector, x: Vector) -> Instance:
    """⟨∇H, x − v⟩ + (m/2)(‖x − c‖² − ‖v − c‖²) + g(x) − g(v) ≥ 0 for a proximal step v."""
    step, by = step_to(theorem, v)
    near, far = v - step.centre, x - step.centre
    slope = inner(gradient(step.smooth, step.at), x - v)
    half = HALF * polynomial(step.weight)
    poly = value(step.nonsmooth, x) - value(step.nonsmooth, v)
    return Instance(poly + slope + half * (inner(far, far) - inner(near, near)), ">=", by)


def _zero(theorem: Theorem, g: str) -> tuple[Hypothesis, ...]:
    return licence(theorem, Zero, lambda p: p.function == g)[1]


@fact(
    "stationarity",
    "v minimises ⟨·,∇H⟩ + (m/2)‖· − c‖²: its gradient m(v − c) + ∇H is 0",
    "Fermat's rule",
)
def STATIONARY(theorem: Theorem, v: Vector, w: Vector) -> Instance:
    """⟨m(v − c) + ∇H, w⟩ = 0 for a proximal step v with g = 0."""
    step, by = step_to(theorem, v)
    slope = step.weight * (v - step.centre) + gradient(step.smooth, step.at)
    return Instance(inner(slope, w), "=", by + _zero(theorem, step.nonsmooth))


@fact("zero", "a function that is 0 everywhere is 0 there", "logic")
def ZERO(theorem: Theorem, g: str, x: Vector) -> Instance:
    """g(x) = 0."""
    return Instance(value(g, x), "=", _zero(theorem, g))


@fact(
    "expansion",
    "f(x) = f(y) + ⟨∇f(y), x − y⟩ + ½⟨x − y, ∇²f (x − y)⟩ for quadratic f",
    "Taylor's theorem; there are no further terms",
)
def EXPANSION(theorem: Theorem, f: str, x: Vector, y: Vector) -> Instance:
    """f(x) − f(y) − ⟨∇f(y), x − y⟩ − ½⟨x − y, ∇²f (x − y)⟩ = 0 for quadratic f."""
    _, by = licence(theorem, Quadratic, lambda p: p.function == f)
    poly = value(f, x) - value(f, y) - inner(gradient(f, y), x - y)
    return Instance(poly - HALF * hessian(f, x - y, x - y), "=", by)


@fact(
    "affine gradient",
    "⟨∇f(x) − ∇f(y), w⟩ = ⟨x − y, ∇²f w⟩ for quadratic f",
    "derivative of a quadratic function",
)
def AFFINE(theorem: Theorem, f: str, x: Vector, y: Vector, w: Vector) -> Instance:
    """⟨∇f(x) − ∇f(y), w⟩ − ⟨x − y, ∇²f w⟩ = 0 for quadratic f."""
    _, by = licence(theorem, Quadratic, lambda p: p.function == f)
    turn = inner(gradient(f, x) - gradient(f, y), w)
    return Instance(turn - hessian(f, x - y, w), "=", by)
