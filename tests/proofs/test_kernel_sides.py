"""Each side condition refuses in its own words; what a rule drops and what it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from proofs.kernel import checker
from proofs.kernel.atoms import atom, inside
from proofs.kernel.checker import Kind, Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.kernel.squares import Gram, Term, multiplier, semidefinite

X, Y, N = var("x"), var("y"), var("n")
A, B = var("a"), var("b")
ONE, ZERO = Fraction(1), Fraction(0)
SQUARE = Relation(X * X, ">=")
ABSURD = Relation(const(0), ">")


class Alike(str):
    """A text that may compare as it likes."""


def every(poly: Poly, names: str = "j of x") -> Proved:
    return checker.assume(Relation(poly, ">=", names))


def anything(goal: Relation, *hypotheses: Relation) -> Proved:
    """A theorem with this conclusion and, beside 0 > 0, these hypotheses."""
    nothing = [checker.assume(h) for h in (ABSURD, *hypotheses)]
    found = checker.certificate(nothing[:1], ABSURD, [Term((0,))])
    held = checker.absurd(found, goal)
    for one in nothing[1:]:
        held = Proved(held.hypotheses | one.hypotheses, goal, checker._KEY)
    return held


def inductive(goal: Relation, **more: object) -> Proved:
    """An induction from a to b whose base and step are not asked for unless all else is right."""
    given: dict[str, object] = {"state": {"x": ("a", "b")}, "index": "n", **more}
    return checker.induction(goal, every(X), every(X), **given)  # type: ignore[arg-type]


REFUSED: Mapping[str, tuple[Callable[[], object], str]] = {
    "a goal for every": (
        lambda: checker.certificate([every(X)], Relation(X, ">="), [Term((0,))]),
        "it holds 'for every'",
    ),
    "a goal alone for every": (
        lambda: checker.certificate([], every(X * X).conclusion, [Term((), ((ONE, X),))]),
        "it holds 'for every'",
    ),
    "a sum of a sum": (lambda: checker.summation(every(Y, "i of y"), ["x"], "j"), "no sum under"),
    "a sum over no name": (lambda: checker.summation(checker.assume(SQUARE), ["x"], "j j"), "atom"),
    "an induction for every": (lambda: inductive(Relation(X, ">=", "j of y")), "no induction to"),
    "a start that is no name": (
        lambda: inductive(Relation(X, ">="), state={"x": ("|a|", "b")}), "by itself"
    ),
    "an end that is no name": (
        lambda: inductive(Relation(X, ">="), state={"x": ("a", "2")}), "by itself"
    ),
    "an index that is no name": (lambda: inductive(Relation(X, ">="), index="|n|"), "by itself"),
    "a goal on the next": (lambda: inductive(Relation(X - B, ">=")), "a later index"),
    "a goal on the next, inside": (
        lambda: inductive(Relation(X - var("|b|"), ">=")), "a later index"
    ),
    "an index inside |·|": (lambda: inductive(Relation(X - var("|n|"), ">=")), "does not reach"),
    "a state inside |·|": (lambda: inductive(Relation(N - var("|x|"), ">=")), "does not reach"),
    "an inverse for every": (
        lambda: checker.inverse(checker.assume(Relation(X, ">", "j of x"))), "no inverse under"
    ),
    "a root for every": (lambda: checker.root(every(X)), "no root under"),
    "a substitution for every": (
        lambda: checker.substitute(anything(SQUARE, Relation(Y, ">=", "j of y")), {"x": Y}),
        "no substitution under",
    ),
    "a sign that is like one": (
        lambda: checker.cases(X, {Alike(">="): squared(">="), "<=": squared("<=")}),
        "are not signs",
    ),
    "no case": (lambda: checker.cases(X, {}), "are not signs"),
    "a name that is equal to others": (
        lambda: checker.substitute(checker.assume(SQUARE), {"z": Y, Alike("y"): const(5)}),
        "a name is a text",
    ),
    "a number for a name": (
        lambda: checker.substitute(checker.assume(SQUARE), {7: Y}),  # type: ignore[dict-item]
        "a name is a text",
    ),
    "a matrix that is not symmetric": (
        lambda: semidefinite([[ONE, Fraction(4)], [ZERO, ONE]]), "square and symmetric"
    ),
    "a matrix that is not symmetric, far down": (
        lambda: semidefinite([[ONE, ZERO, ZERO], [ZERO, ONE, ZERO], [ZERO, ONE, ONE]]),
        "square and symmetric",
    ),
    "a matrix with a short row": (lambda: semidefinite([[ONE, ZERO], [ZERO]]), "square and symm"),
    "a matrix of another size": (
        lambda: multiplier(Term((), (), Gram((X,), ((ONE, ZERO), (ZERO, ONE))))), "the wrong size"
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", REFUSED)
def test_what_does_not_follow_is_refused_in_its_own_words(how: str) -> None:
    make, why = REFUSED[how]
    with pytest.raises(Refused, match=why):
        make()


LIKE: Any = SimpleNamespace(terms={(("x", 1),): ONE}, names=frozenset("x"), __neg__=lambda: LIKE)
"""Not a polynomial, and with all that one is asked for."""
LIKENESSES: Mapping[str, tuple[Callable[[], object], str]] = {
    "sum": (lambda: X + LIKE, "is no polynomial"),
    "product": (lambda: X * LIKE, "is no polynomial"),
    "atom": (lambda: atom("|{}|", LIKE), "is no polynomial"),
    "relation": (lambda: Relation(LIKE, ">="), "is no relation"),
    "hypothesis": (lambda: checker.assume("x >= 0"), "not by hand"),  # type: ignore[arg-type]
    "text": (lambda: Relation("x", ">="), "is no relation"),  # type: ignore[arg-type]
    "each": (lambda: Relation(X, ">=", 7), "is no relation"),  # type: ignore[arg-type]
    "each like a text": (lambda: Relation(X, ">=", Alike("j of x")), "is no relation"),
    "kind like a text": (lambda: Relation(X, Alike(">=")), "is no relation"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", LIKENESSES)
def test_what_only_looks_like_a_part_is_refused(what: str) -> None:
    make, why = LIKENESSES[what]
    with pytest.raises(Refused, match=why):
        make()


def test_an_equation_is_a_combination_of_equations() -> None:
    zero, weak = (checker.assume(Relation(X, kind)) for kind in ("=", ">="))  # type: ignore[arg-type]
    goal = Relation(const(-2) * X * Y, "=")
    found = checker.certificate([zero], goal, [], [(0, const(-2) * Y)])
    assert (found.hypotheses, found.conclusion) == (zero.hypotheses, goal)
    nothing = Relation(const(0), "=")
    assert checker.certificate([], nothing, []).hypotheses == frozenset()
    for terms, slack in (([Term((0,), ((ZERO, Y),))], 0), ([], ONE), ([Term((0,))], ONE)):
        for goal in (nothing, Relation(const(ONE), "="), Relation(X, "=")):
            with pytest.raises(Refused, match="equations only"):
                checker.certificate([weak], goal, terms, slack=slack)


SIGNS: Mapping[str, Relation] = {
    ">": Relation(X, ">"),
    "=": Relation(X, "="),
    "<": Relation(-X, ">"),
    ">=": Relation(X, ">="),
    "<=": Relation(-X, ">="),
}


def squared(sign: str) -> Proved:
    """x² ≥ 0 from one sign of x and from y ≥ 0."""
    premises = [checker.assume(SIGNS[sign]), checker.assume(Relation(Y, ">="))]
    if sign == "=":
        found = checker.certificate(premises, SQUARE, [], [(0, X)])
    else:
        found = checker.certificate(premises, SQUARE, [Term((0, 0))])
    assert found.hypotheses == {SIGNS[sign], Relation(Y, ">=")}
    return found


@pytest.mark.parametrize("cover", [(">", "=", "<"), (">=", "<="), (">=", "<"), (">", "<=")])
def test_every_case_drops_its_own_sign_and_nothing_else(cover: tuple[str, ...]) -> None:
    found = checker.cases(X, {sign: squared(sign) for sign in cover})
    assert (found.hypotheses, found.conclusion) == ({Relation(Y, ">=")}, SQUARE)
    for sign in cover:
        other = {s: squared(s if s != sign else "=" if sign != "=" else ">") for s in cover}
        assert checker.cases(X, other).hypotheses > {Relation(Y, ">=")}
        with pytest.raises(Refused, match="leave a sign out"):
            checker.cases(X, {s: squared(s) for s in cover if s != sign} | {"=": squared("=")}
                          if sign != "=" else {s: squared(s) for s in (">", "<")})  # fmt: skip


@pytest.mark.parametrize("kind", [">=", ">", "="])
def test_a_sum_binds_what_speaks_of_its_coordinate_and_keeps_the_rest(kind: Kind) -> None:
    goal = Relation(const(2) * X * Y - const(3), kind)
    kept = {Relation(Y, ">="), Relation(var("|y|"), "="), Relation(Y, ">", "i of y")}
    bound = {Relation(X, ">"), Relation(var("|x|"), ">="), Relation(Y - X, "=")}
    found = checker.summation(anything(goal, *kept, *bound), ["x"], "j")
    each = {Relation(h.poly, h.kind, "j of x") for h in bound}
    assert found.hypotheses == kept | each | {ABSURD}
    total = const(2) * Y * var("Σ_j(x)") - const(3) * var("Σ_j(1)")
    assert found.conclusion == Relation(total, "=" if kind == "=" else ">=")


@pytest.mark.parametrize("names", ["j of x", "x of y", "n of y: x → b", "n of y: a → x"])
def test_what_is_bound_already_is_not_bound_again(names: str) -> None:
    proved = anything(Relation(X, ">="), Relation(Y, ">=", names))
    with pytest.raises(Refused, match="already bound"):
        checker.summation(proved, ["x"], "k")


def test_an_induction_binds_what_moves_and_keeps_the_rest() -> None:
    goal = Relation(X + N, ">=")
    kept = {Relation(A, ">="), Relation(Y, "="), Relation(Y, ">=", "i of y")}
    moving = {
        Relation(X, ">"),
        Relation(B, ">="),
        Relation(N - const(1), ">="),
        Relation(A - X, "="),
    }
    counted = Relation(N, ">=")
    base = anything(Relation(A, ">="), Relation(A + Y, ">="))
    step = anything(Relation(B + N + const(1), ">="), goal, counted, *kept, *moving)
    found = checker.induction(goal, base, step, {"x": ("a", "b")}, "n")
    each = {Relation(h.poly, h.kind, "n of x: a → b") for h in (*moving, counted)}
    assert found.hypotheses == kept | each | base.hypotheses
    assert found.conclusion == goal
    taken = anything(step.conclusion, Relation(Y, ">=", "j of x"))
    with pytest.raises(Refused, match="already bound"):
        checker.induction(goal, base, taken, {"x": ("a", "b")}, "n")


@pytest.mark.parametrize("name", ["x", "n", "b"])
def test_a_base_is_of_the_start_alone(name: str) -> None:
    goal = Relation(X, ">=")
    step = anything(Relation(B, ">="))
    for poly in (var(name) + A, var(f"|{name}|")):
        base = anything(Relation(A, ">="), Relation(poly, ">="))
        with pytest.raises(Refused, match="speaks of a later index"):
            checker.induction(goal, base, step, {"x": ("a", "b")}, "n")


COEFFICIENTS = sorted({Fraction(n, d) for n in (-3, -1, 1, 2) for d in (1, 2)})


def test_a_name_tells_every_coefficient_and_power() -> None:
    """1/(x/2) and 1/(−x/2) are two numbers: one name for both would prove 0 > 0."""
    polys = [const(c) * X for c in COEFFICIENTS]
    polys += [const(c) * X * Y + const(d) for c in COEFFICIENTS for d in COEFFICIENTS]
    polys += [const(c) * X * X - const(c) * var("|x|") * Y + Y * Y * Y for c in COEFFICIENTS]
    polys += [const(0), *map(const, COEFFICIENTS)]
    names = [name for q in polys for name in atom("1/({})", q).names]
    assert len(set(names)) == len(names) == len(set(polys))
    for q, name in zip(polys, names, strict=True):
        assert inside(name) == q
        assert inside(f"√({q})") == inside(f"Σ_j({q})") == inside(f"|{q}|") == q
    assert str(X - const(Fraction(1, 2)) * Y * Y - const(1)) == "-1+x-1/2·y^2"


def test_what_is_expanded_is_what_a_certificate_sums() -> None:
    known = [Relation(X, ">="), Relation(Y - const(1), ">")]
    terms = [Term((0, 1), ((Fraction(2), X),)), Term((1,)), Term((), ((ONE, Y),))]
    found = checker.expanded(known, terms, Fraction(3))
    y1 = Y - const(1)
    assert found == const(2) * X * X * X * y1 + y1 + Y * Y + const(3)
    assert checker.certificate(
        [checker.assume(r) for r in known], Relation(found, ">"), terms, slack=3
    )


def test_a_relation_says_what_it_is_of() -> None:
    assert str(Relation(X - const(1), ">")) == "-1+x > 0"
    assert str(Relation(X, "=", "j of x")) == "x = 0  for every j of x"
    assert Relation(X, ">=", "j of y").speaks == {"x", "j", "of", "y"}


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[0, 0, 1], [0, 1, 0], [1, 0, 1]], False),
        ([[0, 0, 0], [0, 0, 1], [0, 1, 1]], False),
        ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], True),
        ([[1, 1, 1], [1, 1, 2], [1, 2, 5]], False),
        ([[2, 1, 0], [1, 2, 3], [0, 3, 6]], True),
        ([[2, 1, 0], [1, 2, 3], [0, 3, 5]], False),
        ([[0, 0], [0, -1]], False),
        ([[0]], True),
        ([[-1]], False),
        ([], True),
    ],
)
def test_a_matrix_is_semidefinite_where_its_form_is(
    matrix: list[list[int]], expected: bool
) -> None:
    assert semidefinite([[Fraction(x) for x in row] for row in matrix]) is expected


def test_a_multiplier_is_its_squares_and_its_form() -> None:
    gram = Gram((X, Y), ((Fraction(2), ONE), (ONE, Fraction(3))))
    term = Term((), ((Fraction(5), X + Y), (ZERO, Y)), gram)
    form = const(2) * X * X + const(2) * X * Y + const(3) * Y * Y
    assert multiplier(term) == const(5) * (X + Y) * (X + Y) + form
    assert multiplier(Term()) == const(1)
    for wrong in (Term((), ((-ONE, X),)), Term((), (), Gram((X,), ((-ONE,),)))):
        with pytest.raises(Refused, match=r"negative|not semidefinite"):
            multiplier(wrong)
