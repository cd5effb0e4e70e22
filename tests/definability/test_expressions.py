"""K1 for sympy expressions with known status: the structure, the exponent, or where it breaks."""

from __future__ import annotations

import math

import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

import amverify as amv

x, y, z = sp.symbols("x y z", real=True)
p, q = sp.symbols("p q", positive=True)
half = sp.Rational(1, 2)
HUBER = sp.Piecewise((x**2 / 2, sp.Abs(x) <= 1), (sp.Abs(x) - half, True))

SEMIALGEBRAIC = {
    "x**2 + y**2": (x**2 + y**2, "1/2"),
    "x**2 - y**2": (x**2 - y**2, "1/2"),
    "x**4 + y**2": (x**4 + y**2, "3/4"),
    "(x**2-1)**2": ((x**2 - 1) ** 2, "1/2"),
    "x**6 - 3*x**4": (x**6 - 3 * x**4, "3/4"),
    "deep scalar product": ((x * y * z - 1) ** 2, "1 − 1/(6·15^2)"),
    "lasso": ((x - y) ** 2 + sp.Abs(x) + 2 * sp.Abs(y), "1/2"),
    "nonconvex quadratic with l1": (x * y + sp.Abs(x), "1/2"),
    "squared hinge": (sp.Max(0, 1 - x) ** 2, "1/2"),
    "|x|": (sp.Abs(x), "1/2"),
    "|x|^(3/2)": (sp.Abs(x) ** sp.Rational(3, 2), "1/3"),
    "huber": (HUBER, None),
    "sqrt(1+x^2)": (sp.sqrt(1 + x**2), None),
    "1/x": (1 / x, None),
    "Geman-McClure": (x**2 / (1 + x**2), None),
    "MCP-like min": (sp.Min(x**2, 1), None),
}
EXPONENTIAL = {
    "logistic": sp.log(1 + sp.exp(x)),
    "tanh": sp.tanh(x) ** 2,
    "p log p": p * sp.log(p),
    "p^pi": p**sp.pi,
    "x^y": (1 + x**2) ** y,
    "2^x": 2**x,
    "asinh": sp.asinh(x),
    "log(x**2)": sp.log(x**2),
    "entropy by cases": sp.Piecewise((x * sp.log(x), x > 0), (0, True)),
}
OTHER = {
    "atan": (sp.atan(x), "globally subanalytic (ℝ_an)"),
    "atan + exp": (sp.atan(x) + sp.exp(y), "ℝ_an,exp"),
    "erf": (x * (1 + sp.erf(x)), "ℝ_Pfaff"),
    "erf + exp": (sp.erf(x) + sp.exp(y), "ℝ_Pfaff"),
    "erf + atan": (sp.erf(x) + sp.atan(x), "𝒫(ℝ_an), Pfaffian closure"),
}
BROKEN = {
    "sin": (sp.sin(x), "sin"),
    "cos inside": (sp.exp(sp.cos(x**2)), "cos"),
    "tan": (sp.tan(x), "tan"),
    "x sin(1/x)": (x * sp.sin(1 / x), "sin"),
    "x^pi": (x**sp.pi, "Pow"),
    "cube root": (sp.Pow(x, sp.Rational(1, 3), evaluate=False), "Pow"),
    "log x": (sp.log(x), "log"),
    "floor": (sp.floor(x), "floor"),
    "gamma": (sp.gamma(p), "gamma"),
    "zeta": (sp.zeta(x), "zeta"),
    "f": (sp.Function("f")(x), "f"),
    "I x": (sp.I * x, ""),
    "integral": (sp.Integral(sp.Function("g")(y), (y, 0, x)), "Integral"),
}


@pytest.mark.parametrize("name", SEMIALGEBRAIC)
def test_semialgebraic(name):
    loss, theta = SEMIALGEBRAIC[name]
    certificate = amv.definable(loss)
    assert certificate.structure == "semialgebraic", certificate
    assert certificate.exponent.value == theta
    assert certificate.exponent.kind == ("some" if theta is None else "known")


@pytest.mark.parametrize("name", EXPONENTIAL)
def test_exponential(name):
    certificate = amv.definable(EXPONENTIAL[name])
    assert certificate.structure == "ℝ_exp", certificate
    assert certificate.exponent.kind == "phi"


@pytest.mark.parametrize("name", OTHER)
def test_sums_live_in_one_structure(name):
    loss, structure = OTHER[name]
    assert amv.definable(loss).structure == structure


@pytest.mark.parametrize("name", BROKEN)
def test_it_breaks_where_it_should(name):
    loss, operation = BROKEN[name]
    certificate = amv.definable(loss)
    assert not certificate.certified
    assert certificate.exponent is None
    assert operation in certificate.broken_at.operation
    assert "broken at" in str(certificate)


def test_a_box_makes_it_restricted_analytic():
    loss = sp.sin(x * y) + sp.exp(x) + sp.erf(y) + sp.floor(x) * 0
    assert not amv.definable(loss, box={"x": (-1, 1)}).certified
    certificate = amv.definable(loss, box=(-1, 1))
    assert certificate.structure == "globally subanalytic (ℝ_an)"
    assert certificate.exponent.kind == "some"


def test_exponents_of_real_powers():
    assert amv.definable(sp.Abs(x) ** sp.pi).exponent.value == "1 - 1/pi"
    wild = amv.definable(sp.Abs(x) ** sp.pi + sp.exp(x), box=(-1, 1)).exponent
    assert wild.kind == "phi"
    assert "not even on compact sets" in wild.says
    assert amv.definable(x**sp.pi, box=(1, 2)).structure == "globally subanalytic (ℝ_an)"
    assert not amv.definable(x**sp.pi, box=(-1, 2)).certified


def test_entropy_has_no_exponent_at_its_edge():
    """x log x: an exponent on compact subsets of x > 0, none where 0 belongs to the domain."""
    assert "but on each compact subset" in amv.definable(p * sp.log(p)).exponent.says
    extended = amv.definable(EXPONENTIAL["entropy by cases"]).exponent
    assert "not even on compact sets" in extended.says
    assert amv.definable(x * sp.log(x), box=(0, 1)).exponent.kind == "phi"


def test_jumps_leave_kl_unclaimed():
    for loss in (sp.sign(x), sp.Piecewise((0, x > 0), (1, True)), sp.Heaviside(x - y)):
        certificate = amv.definable(loss)
        assert certificate.structure == "semialgebraic"
        assert certificate.exponent.kind == "unshown"
        assert "KL: " not in str(certificate)


def test_conditions_are_told():
    assert amv.definable(1 / x).where == ("off the zeros of a divisor",)
    assert amv.definable(sp.log(x**2)).where == ("argument of log in (0, ∞)",)
    assert amv.definable(sp.log(1 + x**2)).where == ()


def test_what_is_fixed_is_no_variable():
    certificate = amv.definable(sp.sin(y) * x**2, fixed=["y"])
    assert certificate.exponent.value == "1/2"
    assert "y fixed" in certificate.variables


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"box": (1, -1)}, "low < high"),
        ({"box": (0, math.inf)}, "finite"),
        ({"box": 3}, "a pair"),
        ({"box": {"w": (0, 1)}}, "'w': no variable has that name; there are x"),
        ({"fixed": ["w"]}, "there are x"),
    ],
)
def test_bad_input_is_told(given, said):
    with pytest.raises(amv.InvalidInput, match=said):
        amv.definable(x**2, **given)


def test_what_is_no_loss():
    with pytest.raises(amv.InvalidInput, match="expected a sympy expression"):
        amv.definable(3)


UNARY = [sp.Abs, sp.exp, sp.tanh, sp.atan, sp.erf, lambda e: e**2, lambda e: -e, lambda e: 1 / e]
UNARY += [lambda e: sp.log(1 + e**2), lambda e: sp.sqrt(sp.Abs(e)), lambda e: sp.Max(e, 1)]


@st.composite
def expressions(draw, depth=3):
    if depth == 0:
        return draw(st.sampled_from([x, y, sp.Integer(2), half]))
    kind = draw(st.integers(0, 2))
    e = draw(expressions(depth=depth - 1))
    if kind == 0:
        return draw(st.sampled_from(UNARY))(e)
    other = draw(expressions(depth=depth - 1))
    return e + other if kind == 1 else e * other


@settings(max_examples=120, deadline=None)
@given(expressions(), st.floats(-2, 2), st.floats(-2, 2))
@example(sp.atan(1 / sp.Abs(x)), 0.0, 0.0)
def test_ranges_hold_the_value(loss, a, b):
    """The interval that a walk gives holds what the expression is at a point of the box."""
    from amverify.definability.expressions import Walk
    from amverify.definability.ledger import Ledger
    from amverify.definability.values import Value

    if not loss.free_symbols or loss.has(sp.zoo, sp.nan, sp.oo, sp.I):
        return
    placed = loss.subs({x: sp.Float(a, 40), y: sp.Float(b, 40)})
    if placed.has(sp.zoo, sp.nan, sp.oo, sp.AccumBounds):
        return  # not in the domain, as atan(1/|x|) at 0
    at = complex(placed.evalf(30))
    value = Walk(Ledger(), {x: Value(-2, 2), y: Value(-2, 2)}).value(loss)
    if math.isfinite(at.real):
        assert value.low <= at.real <= value.high
        assert not (value.never_zero and at == 0)
