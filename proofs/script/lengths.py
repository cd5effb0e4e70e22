"""Facts about lengths, as templates: Cauchy–Schwarz, norms of products, equal vectors, families.

Each asks for a hypothesis that says what symbols or vectors are (``amverify.theorems.lengths``).
"""

from __future__ import annotations

from typing import TypeVar

import sympy as sp

from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.lengths import Among, Image, Lengths, ModelGap, Vanishes
from amverify.theorems.properties import ORIGIN, Vector, gradient
from amverify.theorems.quantities import Assumption
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Refused
from proofs.script.facts import Instance, fact, licence, step_to
from proofs.script.translate import polynomial
from proofs.script.vectors import HALF, inner, norm, value

A = TypeVar("A", bound=Assumption)


@fact("Cauchy–Schwarz", "⟨y, x⟩² ≤ ‖y‖²‖x‖² in an inner product", "Cauchy–Schwarz")
def CAUCHY(theorem: Theorem, square: sp.Symbol) -> Instance:
    """‖x‖²‖y‖² − ⟨y, x⟩² ≥ 0."""
    found, by = licence(theorem, Lengths, lambda p: p.square == square)
    return Instance(polynomial(found.square * found.other - found.product**2), ">=", by)


@fact("square", "‖x‖² ≥ 0 in an inner product", "definition of an inner product")
def NONNEGATIVE(theorem: Theorem, square: sp.Symbol) -> Instance:
    """‖x‖² ≥ 0."""
    found, by = licence(theorem, Lengths, lambda p: p.square == square)
    return Instance(polynomial(found.square), ">=", by)


@fact(
    "norm of a product",
    "‖AB‖ ≤ ‖A‖‖B‖: Frobenius norms of matrices, or the operator norm of A",
    "Horn & Johnson (2013), section 5.6",
)
def PRODUCT(theorem: Theorem, of: Vector) -> Instance:
    """factor·‖source‖ − ‖of‖ ≥ 0."""
    found, by = licence(theorem, Image, lambda p: p.of == of)
    return Instance(polynomial(found.factor) * norm(found.source) - norm(of), ">=", by)


@fact("equal vectors", "vectors whose difference is 0 are of equal length", "definition of a norm")
def EQUAL(theorem: Theorem, x: Vector, y: Vector, *equations: tuple[str, sp.Expr]) -> Instance:
    """‖x‖ − ‖y‖ = 0 where x − y = Σ c·v, for hypotheses by name that say that v is 0."""
    rest, by = x - y, list[Hypothesis]()
    for name, c in equations:
        said = [h for h in theorem.hypotheses if h.name == name]
        if len(said) != 1 or not isinstance(said[0].grants, Vanishes):
            raise Refused(f"no hypothesis “{name}” says that a vector is 0")
        rest, by = rest - c * said[0].grants.vector, [*by, said[0]]
    if rest != ORIGIN:
        raise Refused(f"{x} and {y} differ by {rest} besides")
    return Instance(norm(x) - norm(y), "=", tuple(by))


@fact("multiple", "‖cx‖ = c‖x‖ for c ≥ 0", "definition of a norm")
def MULTIPLE(theorem: Theorem, c: sp.Expr, x: Vector) -> Instance:
    """‖cx‖ − c‖x‖ = 0."""
    del theorem
    return Instance(
        norm(c * x) - polynomial(c) * norm(x), "=", (), (Relation(polynomial(c), ">="),)
    )


@fact("size of a multiple", "‖cx‖ = |c|‖x‖", "definition of a norm")
def SIZE(theorem: Theorem, c: sp.Expr, x: Vector) -> Instance:
    """‖cx‖ − |c|‖x‖ = 0."""
    del theorem
    return Instance(norm(c * x) - polynomial(sp.Abs(c)) * norm(x), "=")


@fact("part of a family", "Σ of squares over some is at most Σ over all", "monotonicity of a sum")
def AMONG(theorem: Theorem, part: Vector) -> Instance:
    """‖whole‖ − ‖part‖ ≥ 0."""
    found, by = licence(theorem, Among, lambda p: p.part == part)
    return Instance(norm(found.whole) - norm(part), ">=", by)


@fact(
    "fall of a model",
    "model(0) − model(v), model(u) = ⟨∇H, u⟩ + (m/2)‖u − c‖² + g(u)",
    "definition of the model",
)
def GAP(theorem: Theorem, v: Vector) -> Instance:
    """gap − (model(0) − model(v)) = 0 for a proximal step v."""
    found, by = licence(theorem, ModelGap, lambda p: p.point == v)
    step, also = step_to(theorem, v)
    slope, near, far = gradient(step.smooth, step.at), v - step.centre, -step.centre
    half = HALF * polynomial(step.weight)
    model = value(step.nonsmooth, ORIGIN) - value(step.nonsmooth, v) - inner(slope, v)
    model += half * (inner(far, far) - inner(near, near))
    return Instance(polynomial(found.gap) - model, "=", by + also)
