"""Ways to 0 > 0 that were open once, or look as if they were: each is refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from proofs.kernel import checker
from proofs.kernel.atoms import atom, deep, inside, plain
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.kernel.squares import Term

X, Y, N = var("x"), var("y"), var("n")
FALSE = Relation(const(0), ">")
NOTHING = checker.certificate([], Relation(const(0), ">="), [])


def test_induction_does_not_speak_of_the_next_value() -> None:
    """N(x − x_next) ≥ 0 is trivial at 0 and, the next value being put for x, at n + 1."""
    goal = Relation(N * (X - var("later")), ">=")
    with pytest.raises(Refused, match="later index"):
        checker.induction(goal, NOTHING, NOTHING, {"x": ("start", "later")}, "n")


def test_an_index_is_a_whole_number() -> None:
    """n(n − 1) ≥ 0 for every whole n, and false at 1/2."""
    counted = checker.assume(Relation(N, ">="))
    goal = Relation(N * (N - const(1)), ">=")
    end = Relation((N + const(1)) * N, ">=")
    step = checker.certificate([counted], end, [Term((0,)), Term((), ((Fraction(1), N),))])
    found = checker.induction(goal, NOTHING, step, {}, "n")
    with pytest.raises(Refused, match="for every"):
        checker.substitute(found, {"n": const(Fraction(1, 2))})


def test_two_pairings_are_two_hypotheses() -> None:
    """The same step hypothesis about x and its next value, under two names for the start."""
    goal = Relation(X - N, ">=")
    grows = checker.assume(Relation(var("b") - X - const(1), ">="))
    step = checker.certificate(
        [checker.assume(goal), grows],
        Relation(var("b") - N - const(1), ">="),
        [Term((0,)), Term((1,))],
    )
    made = [
        checker.induction(goal, checker.assume(Relation(var(a), ">=")), step, {"x": (a, "b")}, "n")
        for a in ("a", "c")
    ]
    bound = [{h for h in found.hypotheses if h.each} for found in made]
    assert not bound[0] & bound[1]


def test_a_name_may_be_the_value_before() -> None:
    """The next y is x: y_{k+1} = x_k, as the hypothesis says."""
    goal = Relation(X + Y, ">=")
    later = checker.assume(Relation(var("b"), ">="))
    size = checker.assume(Relation(X, ">="))
    step = checker.certificate(
        [later, size], Relation(var("b") + X, ">="), [Term((0,)), Term((1,))]
    )
    base = checker.assume(Relation(var("a") + var("c"), ">="))
    found = checker.induction(goal, base, step, {"x": ("a", "b"), "y": ("c", "x")}, "n")
    assert {h.each for h in found.hypotheses} == {"", "n of x: a → b, y: c → x"}


def test_an_atom_is_no_coordinate_and_does_not_move() -> None:
    size, square = checker.absolute(X)
    for names in (["|x|"], ["x", "|x|"]):
        with pytest.raises(Refused, match="no coordinate"):
            checker.summation(square, names, "j")
    base = checker.assume(Relation(var("a"), ">="))
    with pytest.raises(Refused, match="by itself"):
        checker.induction(Relation(Y, ">="), base, size, {"y": ("a", "|x|")}, "n")


def test_what_is_bound_is_not_bound_again_inside_an_atom() -> None:
    """Y ≥ |x| for every coordinate y stays that; it does not become 'for every n'."""
    one = checker.assume(Relation(Y - atom("|{}|", var("b")), ">="))
    summed = checker.summation(one, ["y"], "j")
    count, total = var("Σ_j(1)"), var("Σ_j(y)")
    step = checker.absurd(
        checker.certificate(
            [checker.assume(FALSE), summed], FALSE, [Term((0,))]
        ), Relation(total - var("b") * count, ">=")
    )  # fmt: skip
    base = checker.assume(Relation(total - var("a") * count, ">="))
    goal = Relation(total - X * count, ">=")
    with pytest.raises(Refused, match="already bound"):
        checker.induction(goal, base, step, {"x": ("a", "b")}, "n")


def test_a_sum_speaks_of_its_coordinates() -> None:
    assert deep(var("Σ_j(x·y^2)")) == {"Σ_j(x·y^2)", "x", "y"}
    total = checker.assume(Relation(var("Σ_j(x)") - X, ">="))
    with pytest.raises(Refused, match="not summed"):
        checker.summation(total, ["x"], "i")
    with pytest.raises(Refused, match="does not reach"):
        checker.substitute(total, {"x": const(1)})


CROOKED = ["x^2", "x·y", "-x", "2", "2·x", "", " x", "x y", "1/x", "1/(y+x)", "|x", "|x+x|", "x)",
           "|)|", "1/(x", "1/(x+)", "Σ_j(", "Σ_(x)", "Σ_j|x|", "√(x)y", "|1·x|", "|x^1|", "|+x|",
           "1/(1/(y+x))", "x\n", "|x^65|", "|2/4|"]  # fmt: skip


@pytest.mark.parametrize("name", CROOKED)
def test_a_name_that_reads_as_something_else_is_none(name: str) -> None:
    assert not plain(name)
    with pytest.raises(Refused):
        Relation(var(name), ">=")
    with pytest.raises(Refused):
        checker.absolute(var(name))


NESTED = ["|x|", "1/(-1/2+x·y^2)", "|1/(|x|)-√(2·x)|", "Σ_j(1)", "Σ_j(y·|x|)", "||x|-|y||", "|0|"]


@pytest.mark.parametrize("name", NESTED)
def test_a_meaning_is_read_off_the_name(name: str) -> None:
    """Whoever writes it first, and whether or not ``atom`` ever made it."""
    opening = name[: name.index("(") + 1] if name[0] in "1√Σ" else "|"
    closing = ")" if name[0] in "1√Σ" else "|"
    assert f"{opening}{inside(name)}{closing}" == name
    assert Relation(var(name), ">=").poly == var(name)


class Twice(list[Any]):
    """Says something else whenever it is read again."""

    def __iter__(self) -> Any:
        found = list(super().__iter__())
        self.clear()
        return iter(found)


def test_arguments_are_read_once() -> None:
    weak = checker.assume(FALSE)
    for premises in (iter([weak]), Twice([weak])):
        found = checker.certificate(premises, FALSE, [Term((0,))])  # type: ignore[arg-type]
        assert found.hypotheses == {FALSE}
    one = checker.assume(Relation(X, ">="))
    with pytest.raises(Refused, match="equations only"):
        checker.certificate([one], Relation(X, "="), Twice([Term((0,))]))


class Evil:
    """Multiplies as it likes."""

    def __mul__(self, other: object) -> Poly:
        return const(1)

    __rmul__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__

    def __str__(self) -> str:
        return "x"


class Name(str):
    """A text that is equal to others as it likes."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("x")


def _forged() -> Any:
    return SimpleNamespace(hypotheses=frozenset(), conclusion=FALSE)


FORGED: dict[str, Callable[[], object]] = {
    "a lookalike of a theorem": lambda: checker.certificate([_forged()], FALSE, [Term((0,))]),
    "a lookalike to absurd": lambda: checker.absurd(_forged(), Relation(X, "=")),
    "a lookalike to cut": lambda: checker.cut(_forged(), checker.assume(FALSE)),
    "a lookalike to cases": lambda: checker.cases(X, {">": _forged(), "<=": _forged()}),
    "a lookalike to substitute": lambda: checker.substitute(_forged(), {}),
    "a lookalike to summation": lambda: checker.summation(_forged(), ["x"], "j"),
    "a lookalike to inverse": lambda: checker.inverse(_forged()),
    "a lookalike to root": lambda: checker.root(_forged()),
    "a lookalike of a multiplier": lambda: checker.certificate(
        [checker.assume(Relation(X, "="))], Relation(const(1), "="), [],
        [(0, Evil())],  # type: ignore[list-item]
    ),
    "a lookalike inside |·|": lambda: checker.absolute(Evil()),  # type: ignore[arg-type]
    "a lookalike of a square": lambda: checker.certificate(
        [], Relation(const(1), ">="), [Term((), ((Fraction(1), Evil()),))]  # type: ignore[arg-type]
    ),
    "a lookalike put for a name": lambda: checker.substitute(
        checker.assume(Relation(X, ">=")), {"x": Evil()}  # type: ignore[dict-item]
    ),
    "a text that is equal to others": lambda: checker.substitute(
        checker.absolute(X)[1], {Name("x"): const(5)}
    ),
    "a coordinate that is equal to others": lambda: checker.summation(
        checker.absolute(X)[1], [Name("y")], "j"
    ),
    "a sign that is none": lambda: checker.cases(X, {"!": NOTHING}),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_lookalikes_are_not_asked(how: str) -> None:
    with pytest.raises(Refused):
        FORGED[how]()


@pytest.mark.parametrize("parent", [Proved, Relation, Poly])
def test_the_kernel_s_classes_have_no_children(parent: type) -> None:
    with pytest.raises(Refused):
        type("Child", (parent,), {})


def test_a_name_is_a_text_itself() -> None:
    assert plain("x")
    assert not plain(Name("x"))
    assert not plain(7)


def test_a_theorem_cannot_be_changed() -> None:
    found = checker.assume(FALSE)
    with pytest.raises(AttributeError):
        found.conclusion = Relation(X, ">=")  # type: ignore[misc]
    with pytest.raises(TypeError):
        vars(found)


def test_powers_are_limited_in_products_too() -> None:
    high = Poly({(("x", 64),): Fraction(1)})
    with pytest.raises(Refused, match="part of a monomial"):
        high * X
