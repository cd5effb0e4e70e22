"""Facts of analysis: instances come out of templates, and only where a hypothesis licenses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

import pytest
import sympy as sp

from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.classical import DESCENT as SOME
from amverify.theorems.properties import (
    ORIGIN,
    Box,
    Change,
    Clipped,
    Convex,
    ConvexLipschitz,
    Falls,
    Inner,
    Least,
    LipschitzGradient,
    Minimiser,
    Norm,
    Property,
    Proximal,
    Quadratic,
    RootOfSum,
    Smooth,
    Stretched,
    Sum,
    Zero,
    gradient,
    vector,
)
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.script import facts, grants, steps
from proofs.script.facts import REGISTRY
from proofs.script.vectors import coordinate, hessian, inner, norm, value

m, t, x = sp.symbols("m t x", real=True)
e, D, d = vector("e"), vector("Delta"), vector("d")
STEP = Proximal(d, "H", D, m, m * D, "g")


def theorem(*granted: Property) -> Theorem:
    """A theorem whose hypotheses grant these properties."""
    said = tuple(Hypothesis(f"h{i}", "in words", grants=p) for i, p in enumerate(granted))
    return replace(SOME, hypotheses=said)


USES: dict[str, tuple[tuple[Property, ...], tuple[object, ...]]] = {
    "tangent": ((Convex("H"),), ("H", ORIGIN, e)),
    "second order": ((Smooth("H"),), ("H", ORIGIN, e)),
    "descent lemma": ((LipschitzGradient("H", m),), ("H", ORIGIN, e)),
    "Lipschitz gradient": ((LipschitzGradient("H", m),), ("H", ORIGIN, e)),
    "interpolation": ((ConvexLipschitz("H", m),), ("H", ORIGIN, e)),
    "projection": ((STEP, Box("g", (ORIGIN,))), (d, ORIGIN)),
    "proximal subgradient": ((STEP, Convex("g")), (d, ORIGIN)),
    "minimality": ((Minimiser(d, "H", m, D),), (d, ORIGIN)),
    "sum": ((Sum("H", ("f", "g")),), ("H", e)),
    "indicator": ((Box("g", (e,)),), ("g", e)),
    "clipping": ((Clipped(e, d, t),), (e,)),
    "clipping, from below": ((Clipped(e, d, t),), (e,)),
    "clipping, from above": ((Clipped(e, d, t),), (e,)),
    "stretching": ((Stretched(e, d, t),), (e, D)),
    "stretching by 1": ((Stretched(e, d, t),), ("g", e)),
    "model": ((STEP,), (d, ORIGIN)),
    "stationarity": ((STEP, Zero("g")), (d, e)),
    "zero": ((Zero("g"),), ("g", e)),
    "expansion": ((Quadratic("H"),), ("H", e, D)),
    "affine gradient": ((Quadratic("H"),), ("H", e, D, d)),
    "for every e and Δ": ((Falls(m - t - x, m, t, x),), (1, -1)),
    "least value": ((Least(m, x, (x - 1) ** 2),), ("m", t)),
    "least value, where": ((Least(m, x, (x - 1) ** 2),), ("m",)),
    "least value, attained": ((Least(m, x, (x - 1) ** 2),), ("m",)),
}


@pytest.mark.parametrize("name", USES)
def test_an_instance_needs_every_property_that_licenses_it(name: str) -> None:
    granted, where = USES[name]
    leaf = REGISTRY[name].instance(theorem(*granted), *where)
    assert leaf.text
    assert leaf.source
    assert [h.grants for h in leaf.licences] == list(granted)
    for left_out in range(len(granted)):
        rest = (*granted[:left_out], *granted[left_out + 1 :])
        with pytest.raises(Refused, match="0 hypotheses grant"):
            REGISTRY[name].instance(theorem(*rest), *where)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("tangent", ("f", ORIGIN, e)),
        ("projection", (e, ORIGIN)),
        ("projection", (d, e)),
        ("minimality", (e, ORIGIN)),
        ("model", (e, ORIGIN)),
        ("stationarity", (e, d)),
        ("zero", ("H", e)),
        ("expansion", ("F", e, D)),
        ("affine gradient", ("g", e, D, d)),
        ("indicator", ("g", ORIGIN)),
        ("clipping", (d,)),
        ("stretching", (D, e)),
        ("least value", ("x", t)),
    ],
)
def test_another_function_or_point_is_refused(name: str, where: tuple[object, ...]) -> None:
    with pytest.raises(Refused, match="0 hypotheses grant"):
        REGISTRY[name].instance(theorem(*USES[name][0]), *where)


def test_only_facts_true_of_all_vectors_ask_for_no_hypothesis() -> None:
    own = ("proofs.script.facts", "proofs.script.steps")
    free = {n for n, f in REGISTRY.items() if f.make.__module__ in own} - set(USES)
    assert free == {"norm", "square of a norm", "Minkowski"}


def test_side_conditions_are_asked_for() -> None:
    clipped = facts.CLIP_LOW.instance(theorem(Clipped(e, d, t)), e)
    assert clipped.asks == (Relation(var("t") - const(1), ">="),)
    least = facts.LEAST.instance(theorem(Least(m, x, (x - 1) ** 2)), "m", t)
    assert least.asks == (Relation(var("t"), ">="),)


def test_inner_products_are_bilinear_and_symmetric() -> None:
    u, v = 2 * e - m * D, t * e + d
    assert inner(u, v) == inner(v, u)
    assert inner(u + v, u) == inner(u, u) + inner(v, u)
    assert coordinate(u - u) == const(0)
    assert inner(e, D) == var("Σ_j(Delta_j·e_j)")


def test_a_hessian_is_bilinear_and_symmetric() -> None:
    u, v = 2 * e - m * D, t * e + d
    assert hessian("H", u, v) == hessian("H", v, u)
    assert hessian("H", u + v, u) == hessian("H", u, u) + hessian("H", v, u)
    assert hessian("H", e, D) != hessian("G", e, D)
    (name,) = hessian("H", e, D).names
    with pytest.raises(Refused, match="not a fresh name"):
        grants.define(name, 0, frozenset(), "")


w = vector("w")


def _numbers(points: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Numbers for all names that a fact makes of H = 3u²/2 + u and g = 0 at points of the line."""
    at = {vector(name): u for name, u in points.items()} | {ORIGIN: Fraction(0)}
    slopes = {gradient("H", x): 3 * u + 1 for x, u in at.items()}
    found: dict[str, Fraction] = {}

    def put(named: Poly, number: Fraction) -> None:
        (name,) = named.names
        found[name] = number

    for x, u in at.items():
        put(value("H", x), 3 * u * u / 2 + u)
        put(value("g", x), Fraction(0))
    own = {x: u for x, u in at.items() if x != ORIGIN} | slopes
    for (x, u), (y, v) in product(own.items(), own.items()):
        put(inner(x, y), u * v)
        put(hessian("H", x, y), 3 * u * v)
    return found


def _at(poly: Poly, numbers: Mapping[str, Fraction]) -> Fraction:
    """A polynomial's value."""
    return sum(
        (c * prod(numbers[name] ** k for name, k in m) for m, c in poly.terms.items()), Fraction(0)
    )


def test_what_the_facts_of_a_step_say_is_true_of_numbers() -> None:
    """From û = 2 with m = 4 and c = 1 the step is to v = c − ∇H(û)/m = −3/4, and nowhere else."""
    found = theorem(Proximal(d, "H", D, sp.Integer(4), e, "g"), Zero("g"), Quadratic("H"))
    points = {"e": Fraction(1), "Delta": Fraction(2), "d": Fraction(-3, 4), "w": Fraction(5)}
    numbers = _numbers(points)
    equations = (
        steps.STATIONARY.instance(found, d, w),
        steps.ZERO.instance(found, "g", w),
        steps.EXPANSION.instance(found, "H", w, D),
        steps.AFFINE.instance(found, "H", w, D, e),
    )
    for leaf in equations:
        assert leaf.relation.kind == "="
        assert _at(leaf.relation.poly, numbers) == 0, leaf.name
    for other in (ORIGIN, e, D, w):
        assert _at(steps.MODEL.instance(found, d, other).relation.poly, numbers) > 0
    elsewhere = _numbers({**points, "d": Fraction(-1), "w": Fraction(-3, 4)})
    assert _at(steps.MODEL.instance(found, d, w).relation.poly, elsewhere) < 0
    assert _at(steps.STATIONARY.instance(found, d, w).relation.poly, elsewhere) != 0


def test_the_same_pair_has_the_same_value_and_another_has_another() -> None:
    found = theorem(Sum("H", ("f",)))
    here = facts.SUM.instance(found, "H", m * (e + D)).relation
    assert here == facts.SUM.instance(found, "H", m * D + m * e).relation
    assert here != facts.SUM.instance(found, "H", m * D + e).relation


def test_a_name_is_fresh_once() -> None:
    taken = grants.names_of(SOME)
    made = grants.define("r", m**2, taken, "a name")
    assert made.relation == Relation(var("r") - var("m") * var("m"), "=")
    for name, formula in (("df", m), ("m", m), ("r", 1 / (1 + sp.Symbol("r", real=True)))):
        with pytest.raises(Refused, match="not a fresh name"):
            grants.define(name, formula, taken, "")


def test_a_symbol_is_what_the_object_says() -> None:
    said = replace(SOME, terms={"df": Change("f", ORIGIN, e)})
    (leaf,) = grants.symbol(said, "df")
    assert leaf.relation == Relation(var("df") - value("f", e) + value("f", ORIGIN), "=")
    with pytest.raises(Refused, match="do not say"):
        grants.symbol(SOME, "df")
    with pytest.raises(ValueError, match="terms of no symbol"):
        replace(SOME, terms={"nothing": Inner(e, e)})


def test_norms_are_symbols_and_roots_are_known_by_their_squares() -> None:
    (same,) = grants.symbol(replace(SOME, terms={"df": Norm(e)}), "df")
    assert same.relation == Relation(var("df") - norm(e), "=")
    sign, found = grants.symbol(replace(SOME, terms={"df": RootOfSum((m,))}), "df")
    assert sign.relation == Relation(var("df"), ">=")
    assert found.relation == Relation(var("df") * var("df") - var("Σ_j(m)"), "=")


def test_a_hypothesis_is_taken_by_name_and_must_hold_a_formula() -> None:
    said = replace(
        SOME, hypotheses=(Hypothesis("L ≥ 0", "", m), Hypothesis("convex", "", grants=Convex("H")))
    )
    assert grants.hypothesis(said, "L ≥ 0").relation == Relation(var("m"), ">=")
    for name in ("", "convex", "L"):
        with pytest.raises(Refused, match="no hypothesis named"):
            grants.hypothesis(said, name)
