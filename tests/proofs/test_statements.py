"""Statements.v is what the theorem objects say: fresh, and printed without a change of meaning."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sympy as sp

from amverify.errors import InvalidInput
from amverify.theorems import tiam
from proofs.gallina import gallina, slug
from proofs.statements import CLOSED, FILE, THEOREMS, generate, write

x, y, p = sp.symbols("x y p", real=True)

FUNCTIONS = {
    "Rabs": (1, sp.Abs),
    "sqrt": (1, sp.sqrt),
    "Rmax": (2, sp.Max),
    "Rmin": (2, sp.Min),
    "Rpower": (2, sp.Pow),
}


class Reader:
    """Reads a Coq term back: application, then ^, unary signs, * and /, then + and -."""

    def __init__(self, text: str) -> None:
        self.tokens = re.findall(r"\w+|[-+*/^()]", text)

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def sums(self) -> sp.Expr:
        found = self.products()
        while self.peek() in ("+", "-"):
            plus = self.tokens.pop(0) == "+"
            term = self.products()
            found = found + term if plus else found - term
        return found

    def products(self) -> sp.Expr:
        found = self.signed()
        while self.peek() in ("*", "/"):
            times = self.tokens.pop(0) == "*"
            factor = self.signed()
            found = found * factor if times else found / factor
        return found

    def signed(self) -> sp.Expr:
        if self.peek() in ("-", "/"):
            sign = self.tokens.pop(0)
            inner = self.signed()
            return -inner if sign == "-" else 1 / inner
        found = self.atom()
        while self.peek() == "^":
            self.tokens.pop(0)
            found = found ** self.atom()
        return found

    def atom(self) -> sp.Expr:
        token = self.tokens.pop(0)
        if token == "(":
            found = self.sums()
            assert self.tokens.pop(0) == ")"
            return found
        if token in FUNCTIONS:
            count, function = FUNCTIONS[token]
            return function(*(self.atom() for _ in range(count)))
        return sp.Integer(token) if token.isdigit() else sp.Symbol(token, real=True)


def read(text: str) -> sp.Expr:
    reader = Reader(text)
    found = reader.sums()
    assert not reader.tokens
    return found


def test_the_file_is_fresh():
    assert FILE.read_text(encoding="utf-8") == generate()


def test_writing_gives_the_same_file(tmp_path):
    write(tmp_path / "Statements.v")
    assert (tmp_path / "Statements.v").read_text(encoding="utf-8") == generate()
    assert [p.name for p in tmp_path.iterdir()] == ["Statements.v"]


def test_an_edited_formula_changes_the_file():
    part = tiam.T1.conclusions[0]
    inequality = replace(part.inequality, rhs=part.inequality.rhs * sp.Rational(9, 10))
    edited = replace(tiam.T1, conclusions=(replace(part, inequality=inequality),))
    assert generate((edited, *THEOREMS[1:])) != generate()


FORMULAS = [
    (f"{theorem.id} {formula.name}", side)
    for theorem in THEOREMS
    for part in theorem.conclusions
    for formula in (part.inequality, *part.conditions)
    for side in (formula.lhs, formula.rhs)
]


@pytest.mark.parametrize(("name", "formula"), FORMULAS)
def test_the_printed_formula_means_the_same(name, formula):
    assert sp.simplify(read(gallina(formula)) - formula) == 0


@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        (sp.Integer(-2), "(- 2)"),
        (sp.Rational(-1, 2), "(- (1 / 2))"),
        (x - y, "(x - y)"),
        (-x - y, "(0 - x - y)"),
        (-x * y, "(- (x * y))"),
        (x / y**2, "(x / (y ^ 2))"),
        (1 / (x * y), "(1 / x / y)"),
        (x**-2, "(/ (x ^ 2))"),
        (sp.sqrt(x) / 2, "((1 / 2) * (sqrt x))"),
        (1 / sp.sqrt(x), "(/ (sqrt x))"),
        (2 * sp.Abs(x), "(2 * (Rabs x))"),
        (sp.Min(x, y, 1), "(Rmin (Rmin 1 x) y)"),
        (x**p, "(Rpower x p)"),
        (x ** (-1 / p), "(Rpower x (- (/ p)))"),
        (sp.Integer(2) ** (p / (1 + p)), "(Rpower 2 (p / (1 + p)))"),
    ],
)
def test_printed_forms(formula, printed):
    assert gallina(formula) == printed
    assert sp.simplify(read(printed) - formula) == 0


@pytest.mark.parametrize(
    "formula", [sp.sin(x), sp.pi, sp.I, sp.oo, x > 0, sp.Symbol("fun"), sp.Symbol("x y"), sp.nan]
)
def test_what_has_no_form_is_refused(formula):
    with pytest.raises(InvalidInput):
        gallina(formula)


def test_closed_statements_speak_of_listed_theorems():
    ids = {theorem.id for theorem in THEOREMS}
    names = {(t.id, c.inequality.name) for t in THEOREMS for c in t.conclusions}
    for closed in CLOSED:
        assert (closed.theorem.id, closed.conclusion) in names
        assert {id_ for id_, _ in closed.uses} <= ids
        assert set(closed.uses) <= names


def test_slugs():
    assert slug("Lyapunov decrease, proximal") == "Lyapunov_decrease_proximal"
