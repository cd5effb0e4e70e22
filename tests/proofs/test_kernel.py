"""The kernel's rules: each makes the theorem that it should, and refuses what does not follow."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, rational, var
from proofs.kernel.squares import Gram, Term, semidefinite
from proofs.script import certificates

X, Y, Z = var("x"), var("y"), var("z")
ONE = Fraction(1)
AT_LEAST = Relation(X, ">=")


def square(q: Poly, c: Fraction = ONE) -> Term:
    """c·q², with no hypothesis."""
    return Term((), ((c, q),))


def test_a_theorem_cannot_be_made_by_hand() -> None:
    with pytest.raises(Refused, match="not by hand"):
        Proved(frozenset(), Relation(const(-1), ">="), object())


def test_a_relation_has_one_of_three_signs() -> None:
    with pytest.raises(Refused, match="no relation"):
        Relation(X, "<=")  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [0.5, 1.0, True, "1/2", None, complex(1), float("nan")])
def test_nothing_but_a_rational_is_a_coefficient(bad: object) -> None:
    with pytest.raises(Refused, match="not a rational number"):
        rational(bad)
    with pytest.raises(Refused, match="not a rational number"):
        Poly({(("x", 1),): bad})  # type: ignore[dict-item]
    with pytest.raises(Refused):
        checker.certificate([], Relation(X * X, ">="), [Term((), ((bad, X),))])  # type: ignore[arg-type]
    with pytest.raises(Refused):
        semidefinite([[bad]])  # type: ignore[list-item]


@pytest.mark.parametrize("power", [0, -1, 65, 1.0, "2"])
def test_powers_are_small_whole_numbers(power: object) -> None:
    with pytest.raises(Refused, match="part of a monomial"):
        Poly({(("x", power),): ONE})  # type: ignore[dict-item]


def test_a_huge_polynomial_is_refused() -> None:
    with pytest.raises(Refused, match="too large"):
        Poly({((f"x{i}", 1),): ONE for i in range(20_001)})


polynomials = st.lists(
    st.tuples(st.fractions(-5, 5, max_denominator=7), st.integers(0, 3), st.integers(0, 3)),
    max_size=5,
).map(lambda rows: sum((const(c) * _power(X, i) * _power(Y, j) for c, i, j in rows), const(0)))


def _power(base: Poly, times: int) -> Poly:
    found = const(1)
    for _ in range(times):
        found = found * base
    return found


def _at(p: Poly, x: Fraction, y: Fraction) -> Fraction:
    values = {"x": x, "y": y}
    total = Fraction(0)
    for monomial, c in p.terms.items():
        for name, power in monomial:
            c = c * values[name] ** power
        total += c
    return total


points = st.fractions(-3, 3, max_denominator=5)


@given(polynomials, polynomials, points, points)
def test_polynomials_compute_as_functions_do(p: Poly, q: Poly, x: Fraction, y: Fraction) -> None:
    assert _at(p + q, x, y) == _at(p, x, y) + _at(q, x, y)
    assert _at(p * q, x, y) == _at(p, x, y) * _at(q, x, y)
    assert _at(-p, x, y) == -_at(p, x, y)
    assert (p == q) == ((p - q).terms == {})


@given(polynomials, st.fractions(0, 3, max_denominator=9))
def test_an_identity_that_is_off_by_anything_is_refused(p: Poly, c: Fraction) -> None:
    goal = const(c) * p * p + X
    terms = [square(p, c), Term((0,))]
    assert checker.certificate([checker.assume(AT_LEAST)], Relation(goal, ">="), terms)
    for wrong in (goal + const(Fraction(1, 10**9)), goal - X * Y, -goal + X * X * X):
        with pytest.raises(Refused, match="identity fails"):
            checker.certificate([checker.assume(AT_LEAST)], Relation(wrong, ">="), terms)


def test_a_certificate_carries_its_premises_hypotheses() -> None:
    premises = [checker.assume(AT_LEAST), checker.assume(Relation(Y, ">="))]
    found = checker.certificate(premises, Relation(X * Y, ">="), [Term((0, 1))])
    assert found.hypotheses == {AT_LEAST, Relation(Y, ">=")}
    assert found.conclusion == Relation(X * Y, ">=")


def test_negative_multipliers_are_refused() -> None:
    premise = [checker.assume(AT_LEAST)]
    with pytest.raises(Refused, match="negative"):
        checker.certificate(premise, Relation(-X, ">="), [Term((0,), ((-ONE, const(1)),))])
    with pytest.raises(Refused, match="negative slack"):
        checker.certificate(premise, Relation(X - const(1), ">="), [Term((0,))], slack=-1)


def test_equations_may_have_any_multiplier_but_inequalities_may_not() -> None:
    zero = checker.assume(Relation(X, "="))
    goal = Relation(const(-7) * X * Y, ">=")
    assert checker.certificate([zero], goal, [], [(0, const(-7) * Y)])
    with pytest.raises(Refused, match="not an equation"):
        checker.certificate([checker.assume(AT_LEAST)], goal, [], [(0, const(-7) * Y)])


def test_an_equation_follows_from_equations_only() -> None:
    with pytest.raises(Refused, match="equations only"):
        checker.certificate([checker.assume(AT_LEAST)], Relation(X, "="), [Term((0,))])


def test_strictness_needs_a_strict_part() -> None:
    weak, strict = checker.assume(AT_LEAST), checker.assume(Relation(Y, ">"))
    goal = Relation(X + Y, ">")
    assert checker.certificate([weak, strict], goal, [Term((0,)), Term((1,))])
    assert checker.certificate([weak], Relation(X + const(1), ">"), [Term((0,))], slack=1)
    for premises, terms, wanted in (
        ([weak], [Term((0,))], X),
        ([strict], [Term((0,), ((ONE, X),))], X * X * Y),
        ([strict], [Term((0,), ((ONE, X + const(1)),))], (X + const(1)) * (X + const(1)) * Y),
        ([weak, strict], [Term((0, 1))], X * Y),
        ([strict], [Term((0,), ((Fraction(0), const(1)),))], const(0)),
    ):
        with pytest.raises(Refused, match="strict"):
            checker.certificate(premises, Relation(wanted, ">"), terms)


def test_gram_matrices_are_checked_by_ldl() -> None:
    half, two = Fraction(1, 2), Fraction(2)
    form = X * X + X * Y + Y * Y
    gram = Gram((X, Y), ((ONE, half), (half, ONE)))
    assert checker.certificate([], Relation(form, ">="), [Term((), (), gram)])
    bad = Gram((X, Y), ((ONE, two), (two, ONE)))
    with pytest.raises(Refused, match="semidefinite"):
        checker.certificate([], Relation(form + const(3) * X * Y, ">="), [Term((), (), bad)])
    for matrix in (((ONE,),), ((ONE, half), (two, ONE)), ((ONE, half), (half,))):
        with pytest.raises(Refused):
            checker.certificate([], Relation(form, ">="), [Term((), (), Gram((X, Y), matrix))])


@given(st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=1, max_size=4))
def test_products_with_their_transpose_are_semidefinite(rows: list[list[int]]) -> None:
    gram = [[Fraction(sum(r[i] * r[j] for r in rows)) for j in range(3)] for i in range(3)]
    assert semidefinite(gram)
    gram[1][1] -= Fraction(sum(r[1] ** 2 for r in rows)) + 1
    assert not semidefinite(gram)


def test_a_zero_pivot_with_a_row_beside_it_is_indefinite() -> None:
    zero = Fraction(0)
    assert not semidefinite([[zero, ONE], [ONE, zero]])
    assert semidefinite([[zero, zero], [zero, ONE]])


def test_cut_removes_what_the_lemma_proves_and_nothing_else() -> None:
    lemma = checker.certificate([], Relation(X * X, ">="), [square(X)])
    main = checker.certificate(
        [checker.assume(lemma.conclusion), checker.assume(Relation(Y, ">="))],
        Relation(X * X + Y, ">="), [Term((0,)), Term((1,))],
    )  # fmt: skip
    assert checker.cut(lemma, main).hypotheses == {Relation(Y, ">=")}
    other = checker.assume(Relation(Z, ">="))
    assert checker.cut(other, main).hypotheses >= main.hypotheses


def test_cases_cover_every_sign_and_prove_the_same() -> None:
    goal = Relation(X * X, ">=")
    up = checker.certificate([checker.assume(AT_LEAST)], goal, [Term((0, 0))])
    down = checker.certificate([checker.assume(Relation(-X, ">="))], goal, [Term((0, 0))])
    assert checker.cases(X, {">=": up, "<=": down}).hypotheses == frozenset()
    for branches in ({">=": up}, {">": up, "<": down}, {">": up, "=": up}):
        with pytest.raises(Refused, match="leave a sign out"):
            checker.cases(X, branches)
    with pytest.raises(Refused, match="different"):
        checker.cases(X, {">=": up, "<=": checker.assume(AT_LEAST)})
    with pytest.raises(Refused, match="are not signs"):
        checker.cases(X, {">=": up, "<=": down, "!": up})


def test_cases_keep_a_hypothesis_that_is_not_the_sign() -> None:
    goal = Relation(X * X, ">=")
    up = checker.certificate([checker.assume(AT_LEAST)], goal, [Term((0, 0))])
    found = checker.cases(Y, {">=": up, "<": up})
    assert found.hypotheses == {AT_LEAST}


def test_only_a_contradiction_proves_everything() -> None:
    less = checker.assume(Relation(-X, ">"))
    nothing = checker.certificate(
        [checker.assume(AT_LEAST), less], Relation(const(0), ">"), [Term((0,)), Term((1,))]
    )
    assert checker.absurd(nothing, Relation(Y, "=")).conclusion == Relation(Y, "=")
    for claim in (Relation(const(0), ">="), Relation(X, ">"), Relation(const(1), ">")):
        with pytest.raises(Refused, match="no contradiction"):
            checker.absurd(checker.assume(claim), Relation(Y, "="))


def test_substitution_is_everywhere_and_not_inside_a_symbol() -> None:
    found = checker.substitute(checker.assume(Relation(X - Y, ">=")), {"x": Y * Z})
    assert found.conclusion == Relation(Y * Z - Y, ">=")
    assert found.hypotheses == {found.conclusion}
    inverse = checker.inverse(checker.assume(Relation(X, ">")))
    with pytest.raises(Refused, match="does not reach"):
        checker.substitute(inverse, {"x": Y})
    with pytest.raises(Refused, match="does not reach"):
        checker.substitute(inverse, {"1/(x)": Y})


def test_inverses_need_a_sign() -> None:
    found = checker.inverse(checker.assume(Relation(X, ">")))
    assert found.conclusion == Relation(var("1/(x)") * X - const(1), "=")
    for weak in (AT_LEAST, Relation(X, "=")):
        with pytest.raises(Refused, match="zero"):
            checker.inverse(checker.assume(weak))


def test_roots_of_what_is_not_negative() -> None:
    size, squared = checker.root(checker.assume(AT_LEAST))
    assert size.hypotheses == frozenset()
    assert squared.conclusion == Relation(var("√(x)") * var("√(x)") - X, "=")
    _, zero = checker.root(checker.assume(Relation(X, "=")))
    assert zero.hypotheses == {Relation(X, "=")}


def test_absolute_values_are_defined_by_sign_and_square() -> None:
    size, squared = checker.absolute(X - Y)
    assert size.hypotheses == squared.hypotheses == frozenset()
    name = var(f"|{X - Y}|")
    assert squared.conclusion == Relation(name * name - (X - Y) * (X - Y), "=")


def test_sums_turn_hypotheses_into_hypotheses_for_every_coordinate() -> None:
    one = checker.certificate(
        [checker.assume(Relation(var("a_j"), ">=")), checker.assume(Relation(Z, ">="))],
        Relation(Z * var("a_j"), ">="),
        [Term((0, 1))],
    )
    found = checker.summation(one, ["a_j"], "j")
    assert found.conclusion == Relation(Z * var("Σ_j(a_j)"), ">=")
    assert {h.each for h in found.hypotheses} == {"j of a_j", ""}
    with pytest.raises(Refused, match="atom"):
        checker.summation(found, ["a_j"], "j")
    with pytest.raises(Refused, match="for every"):
        checker.certificate([checker.assume(Relation(X, ">=", "j of x"))], AT_LEAST, [Term((0,))])


def test_a_strict_inequality_sums_to_a_weak_one() -> None:
    found = checker.summation(checker.assume(Relation(var("b_j"), ">")), ["b_j"], "j")
    assert found.conclusion.kind == ">="


def test_an_inverse_of_a_coordinate_is_not_summed_as_a_constant() -> None:
    inverse = checker.inverse(checker.assume(Relation(var("c_j"), ">")))
    with pytest.raises(Refused, match="is not summed"):
        checker.summation(inverse, ["c_j"], "j")


N, S, FIRST, NEXT = var("n"), var("s"), var("s_0"), var("s_1")
GOAL = Relation(S - N, ">=")
STATE = {"s": ("s_0", "s_1")}


def _base() -> Proved:
    start = checker.assume(Relation(FIRST, ">="))
    return checker.certificate([start], Relation(FIRST - const(0), ">="), [Term((0,))])


def _step(gain: int = 1) -> Proved:
    grows = checker.assume(Relation(NEXT - S - const(gain), ">="))
    goal = Relation(NEXT - N - const(gain), ">=")
    return checker.certificate([checker.assume(GOAL), grows], goal, [Term((0,)), Term((1,))])


def test_induction_over_an_index() -> None:
    found = checker.induction(GOAL, _base(), _step(), STATE, "n")
    assert found.conclusion == GOAL
    assert {h for h in found.hypotheses if h.each} == {
        Relation(NEXT - S - const(1), ">=", "n of s: s_0 → s_1"),
        Relation(N, ">=", "n of s: s_0 → s_1"),
    }
    assert GOAL not in found.hypotheses


def test_induction_is_refused_if_base_or_step_prove_something_else() -> None:
    with pytest.raises(Refused, match="step does not prove"):
        checker.induction(GOAL, _base(), _step(2), STATE, "n")
    with pytest.raises(Refused, match="base does not prove"):
        checker.induction(GOAL, checker.assume(AT_LEAST), _step(), STATE, "n")
    with pytest.raises(Refused, match="step does not prove"):
        checker.induction(Relation(S - const(2) * N, ">="), _base(), _step(), STATE, "n")


def test_a_base_that_speaks_of_a_later_index_is_refused() -> None:
    later = checker.certificate(
        [checker.assume(Relation(FIRST - NEXT, ">=")), checker.assume(Relation(NEXT, ">="))],
        Relation(FIRST, ">="), [Term((0,)), Term((1,))],
    )  # fmt: skip
    with pytest.raises(Refused, match="later index"):
        checker.induction(GOAL, later, _step(), STATE, "n")


def test_the_kernel_is_short_and_stands_alone() -> None:
    """What has to be trusted: the standard library, four files, checker.py under 320 lines."""
    import ast
    import sys
    from pathlib import Path

    folder = Path(checker.__file__).parent
    own = ("checker", "polynomial", "squares", "atoms")
    for name in own:
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            modules = []
            if isinstance(node, ast.Import):
                modules = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                trusted = top in sys.stdlib_module_names or module in {
                    f"proofs.kernel.{n}" for n in own
                }
                assert trusted, f"{name} imports {module}"
            if isinstance(node, ast.Constant):
                assert not isinstance(node.value, float), f"{name} holds a float"
    assert len((folder / "checker.py").read_text(encoding="utf-8").splitlines()) < 320


def test_a_monomial_stands_once() -> None:
    """Xy + 2yx would be read as one of the two."""
    with pytest.raises(Refused, match="one monomial twice"):
        Poly({(("x", 1), ("y", 1)): Fraction(1), (("y", 1), ("x", 1)): Fraction(2)})
    with pytest.raises(certificates.Malformed, match="claim: a polynomial has one monomial twice"):
        certificates.polynomials("claim", [{"x y": "1", "y x": "2"}])
