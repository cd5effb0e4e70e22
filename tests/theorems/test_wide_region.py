"""T2z on random convex smooth problems, exactly; its z; the certified rule with it, on runs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from support.problems import parameters, problem

from amverify.judge.audit import audit
from amverify.methods.inertia import Inertia
from amverify.methods.region import certify_in
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from amverify.record.layered.run import traced
from amverify.theorems.wide import T2z, best_member
from amverify.verdict import Verdict
from proofs.pep import region
from proofs.pep.interpolation import Step

Vector = tuple[Fraction, ...]
REGION, DECREASE = (part.inequality for part in T2z.conclusions)

unit = st.fractions(-1, 1, max_denominator=12)
pairs = st.tuples(unit, unit)


def dot(x: Vector, y: Vector) -> Fraction:
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def at(x: Vector, factor: Fraction, d: Vector) -> Vector:
    return tuple(a + factor * b for a, b in zip(x, d, strict=True))


class Huber:
    """Σ_i ψ(⟨a_i, u⟩ − b_i), ψ(r) = r²/2 for |r| ≤ w, w|r| − w²/2 beyond: ∇ has modulus Σ|a_i|²."""

    def __init__(self, rows: list[tuple[Vector, Fraction]], width: Fraction) -> None:
        self.rows, self.width = rows, width
        self.modulus = sum((dot(a, a) for a, _ in rows), Fraction(0))

    def value(self, u: Vector) -> Fraction:
        w, total = self.width, Fraction(0)
        for a, b in self.rows:
            r = abs(dot(a, u) - b)
            total += r * r / 2 if r <= w else w * r - w * w / 2
        return total

    def gradient(self, u: Vector) -> Vector:
        found = (Fraction(0), Fraction(0))
        for a, b in self.rows:
            found = at(found, max(-self.width, min(self.width, dot(a, u) - b)), a)
        return found


def side(formula: sp.Expr, numbers: dict[str, Fraction]) -> sp.Rational:
    """The theorem's own formula at rational numbers."""
    put = {sp.Symbol(n, real=True): sp.Rational(x.numerator, x.denominator)
           for n, x in numbers.items()}  # fmt: skip
    return formula.xreplace(put)


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(pairs, unit), min_size=1, max_size=4),
    width=st.sampled_from([Fraction(1, 10), Fraction(1, 2), Fraction(3)]),
    u=pairs,
    d=pairs,
    p1=st.fractions(-1, 2, max_denominator=9),
    p2=st.fractions(-1, 2, max_denominator=9),
    s=st.fractions(Fraction(1, 2), 3, max_denominator=9),
    t=st.fractions(1, 2, max_denominator=9),
    z=st.fractions(Fraction(1, 9), 1, max_denominator=9),
    reach=st.one_of(st.none(), st.fractions(Fraction(1, 9), 1, max_denominator=9)),
)
def test_the_decrease_holds_exactly_for_every_member(rows, width, u, d, p1, p2, s, t, z, reach):
    """One step from anywhere, box or none, clipped or not, inside the region or not."""
    h = Huber(rows, width)
    L = h.modulus
    if not L:
        return
    low, high = (at(u, sign * (reach or Fraction(0)), (Fraction(1),) * 2) for sign in (-1, 1))

    def clip(x: Vector) -> Vector:
        if reach is None:
            return x
        return tuple(max(a, min(b, c)) for a, b, c in zip(low, high, x, strict=True))

    plus = clip(at(at(u, p1, d), -1 / (s * L), h.gradient(at(u, p2, d))))
    new = clip(at(u, t, at(plus, Fraction(-1), u)))
    e = at(new, Fraction(-1), u)
    numbers = {"dF": h.value(new) - h.value(u), "e2": dot(e, e), "de": dot(d, e), "d2": dot(d, d),
               "L": L, "s": s, "t": t, "p1": p1, "p2": p2, "z": z}  # fmt: skip
    assert side(DECREASE.lhs - DECREASE.rhs, numbers) <= 0


parts = st.fractions(-1, 1, max_denominator=20)


@given(parts, parts, st.fractions(1, 2, max_denominator=9), st.fractions(Fraction(1, 2), 3))
def test_no_z_does_better_than_the_formula_s(p1, p2, t, s):
    """Against the search of ``proofs.pep``, for |p2| ≤ 1."""
    step = Step(p1, p2, t, s)
    z = best_member(*(np.array([float(x)]) for x in (s, p1, p2)))[0]
    mine = region.member(step, Fraction(float(z)))
    turned = Step(-p1, -p2, t, s) if p2 < 0 else step
    assert float(mine.bound) <= float(region.best(turned).bound) + 1e-12


@given(parts, parts, st.fractions(1, 2, max_denominator=9), st.fractions(Fraction(1, 2), 3),
       st.fractions(Fraction(1, 9), 1, max_denominator=20))  # fmt: skip
def test_the_region_is_where_the_margin_is_positive(p1, p2, t, s, z):
    """The theorem's formulas are those of the family, member by member."""
    step = Step(p1, p2, t, s)
    numbers = {"s": s, "t": t, "p1": p1, "p2": p2, "z": z}
    margin = side(REGION.rhs - REGION.lhs, numbers)
    assert Fraction(int(margin.p), int(margin.q)) == -4 * region.member(step, z).bound


@given(st.floats(0, 4), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.6, 3))
def test_the_method_and_the_monitor_choose_the_same_z(delta, p1, p2, s):
    """From the parameters as they are used; the two never import each other."""
    got = certify_in("wide", 1.0, delta, s, p1, p2, 1.0, 0.01)
    if not (p1 * s - p2) * p2 < 0 or abs(got.p2) < 1e-12:
        return
    mine = best_member(np.array([s]), np.array([got.p1]), np.array([got.p2]))[0]
    assert mine == pytest.approx(float(got.z), rel=1e-12)


def traced_wide(inertia, coupling, safeguard="certified", wide="wide", seed=0):
    p = problem((4, 3, 3), 5, seed, coupling=coupling)
    rule = StepRule(Inertia(*inertia), safeguard=safeguard, region=wide)
    return traced(TIAM(rule), p, parameters(p, seed), 30, measure_every=10)


@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
@pytest.mark.parametrize("inertia", [(0.2, 0.6, 0.1), (-0.1, 0.3, 0.0), (0.5, 0.7, 0.2)], ids=str)
def test_t3z_holds_on_certified_runs(inertia, coupling):
    report = audit(traced_wide(inertia, coupling), ["T3z"])
    assert report["T3z"].verdict == Verdict.HOLDS, report["T3z"].reason


def test_what_t2_forbids_and_t2z_admits():
    """(0.2, 0.6) at s = t = 1 without any safeguard: outside 𝓡 T2 does not apply."""
    trace = traced_wide((0.2, 0.6, 0.0), Band(0.3), "none", "narrow")
    report = audit(trace, ["T2", "T2z"])
    assert report["T2"].verdict == Verdict.NOT_APPLICABLE
    assert report["T2z"].verdict == Verdict.HOLDS


def test_a_declared_z_is_used():
    trace = traced_wide((0.2, 0.6, 0.0), Band(0.3), "none", "narrow")
    assert audit(trace, ["T2z"], {"z": 0.625})["T2z"].verdict == Verdict.HOLDS
    assert audit(trace, ["T2z"], {"z": 1.0})["T2z"].verdict == Verdict.NOT_APPLICABLE
    assert audit(trace, ["T2z"], {"z": 1.5})["T2z"].verdict == Verdict.NOT_APPLICABLE
