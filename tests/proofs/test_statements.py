"""Statements.v is what the theorem objects say: fresh, and printed without a change of meaning."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp

from amverify.errors import InvalidInput
from amverify.theorems import relative, tiam
from amverify.theorems.base import Inequality, Theorem
from proofs.coq import settings_blocks, settings_run, statements
from proofs.coq.gallina import gallina, slug
from proofs.coq.names import PROOFS
from proofs.coq.statements import CLOSED, FILE, THEOREMS, generate, stale, untied, write
from proofs.kernel.polynomial import Refused

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


def edited(theorem: Theorem, index: int, change: Callable[[Inequality], Inequality]) -> Theorem:
    """The theorem with one conclusion changed."""
    parts = list(theorem.conclusions)
    parts[index] = replace(parts[index], inequality=change(parts[index].inequality))
    return replace(theorem, conclusions=tuple(parts))


def instead(theorem: Theorem) -> tuple[Theorem, ...]:
    """The theorems with this one in the place of its namesake."""
    return tuple(theorem if t.id == theorem.id else t for t in THEOREMS)


def _turned(side: sp.Expr) -> sp.Expr:
    """One sign turned: that of the last term of a sum, or of the whole."""
    terms = sp.Add.make_args(sp.expand(side))
    return side - 2 * terms[-1]


CONCLUSIONS = [(t, i) for t in THEOREMS for i in range(len(t.conclusions))]


@pytest.mark.parametrize(
    ("theorem", "index"), CONCLUSIONS, ids=[f"{t.id}-{i}" for t, i in CONCLUSIONS]
)
def test_one_sign_turned_breaks_the_tie_by_name(theorem: Theorem, index: int) -> None:
    """Either side of any conclusion: the stored statements are no longer the object's."""
    inequality = theorem.conclusions[index].inequality
    for side in ("lhs", "rhs"):
        turned = _turned(getattr(inequality, side))
        if turned == getattr(inequality, side):
            continue
        other = edited(theorem, index, lambda f, s=side, t=turned: replace(f, **{s: t}))
        assert stale(instead(other)) == (theorem.id,)


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.id)
def test_a_dropped_condition_or_another_sign_breaks_the_tie_by_name(theorem: Theorem) -> None:
    strict = edited(theorem, 0, lambda f: replace(f, strict=not f.strict))
    assert stale(instead(strict)) == (theorem.id,)
    for index, part in enumerate(theorem.conclusions):
        for without in range(len(part.conditions)):
            kept = part.conditions[:without] + part.conditions[without + 1 :]
            parts = list(theorem.conclusions)
            parts[index] = replace(part, conditions=kept)
            said = tuple(replace(h, monitored=()) for h in theorem.hypotheses)
            other = replace(theorem, conclusions=tuple(parts), hypotheses=said)
            assert stale(instead(other)) == (theorem.id,)


def test_what_is_given_in_a_setting_is_part_of_the_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = [
        replace(s, given=s.given[1:]) if s.theorem == "S1" else s for s in statements.SETTINGS
    ]
    monkeypatch.setattr(statements, "SETTINGS", tuple(changed))
    assert stale() == ("S1",)


def test_a_file_that_is_not_there_is_stale_for_all(tmp_path: Path) -> None:
    assert stale(file=tmp_path / "none.v") == tuple(t.id for t in THEOREMS)


def test_a_setting_that_does_not_fit_its_object_is_refused_by_name() -> None:
    more = replace(tiam.T1, symbols={**tiam.T1.symbols, "nu": "ν"})
    with pytest.raises(Refused, match=r"T1: T1_descent_box_stmt does not fit: .*nu"):
        generate(instead(more))
    other = edited(tiam.T1, 0, lambda f: replace(f, name="fall"))
    with pytest.raises(Refused, match="T1: T1_descent_box_stmt does not fit: no conclusion"):
        generate(instead(other))


def test_every_conclusion_has_a_statement_and_every_statement_a_proof() -> None:
    for theorem in THEOREMS:
        assert untied(theorem) == ()
    assert set(PROOFS) == {t.id for t in THEOREMS}


def test_a_conclusion_or_statement_without_its_other_half_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "region"
    more = replace(tiam.T1, conclusions=(*tiam.T1.conclusions, tiam.T2.conclusions[0]))
    assert untied(more) == (f"“{name}” has no statement in Coq",)
    box, convex, *_ = PROOFS["T1"]
    monkeypatch.setattr(statements, "PROOFS", {"T1": (box, replace(convex, statement=""))})
    assert untied(tiam.T1) == ("T1_descent_convex_stmt has no Coq proof",)
    assert "T4 has no Coq proof" in untied(relative.T4)


def test_what_is_tied_is_declared_with_the_statement_as_its_type() -> None:
    """In the sources already; that Coq agrees needs Coq."""
    for proof in (p for proofs in PROOFS.values() for p in proofs if p.statement):
        text = (FILE.parent / f"{proof.module}.v").read_text(encoding="utf-8")
        name = proof.name.partition(".")[2]
        assert f"\nTheorem {name} : {proof.statement}.\n" in text
        assert f"\nDefinition {proof.statement} : Prop :=\n" in generate()


DESCENTS = ("TMQ", "TJ")
"""Whose steps TPsi's blocks make."""


def test_what_is_given_names_what_the_object_asks() -> None:
    """A hypothesis, fact, condition, parameter, conclusion or theorem; else the word is meaning."""
    by_id = {t.id: t for t in THEOREMS}
    for setting in (*settings_blocks.SETTINGS, *settings_run.SETTINGS):
        theorem = by_id[setting.theorem]
        named = [theorem, *(by_id[id_] for id_ in DESCENTS if theorem.id == "TPsi")]
        names = {"conditions", *theorem.symbols, *(t.id for t in THEOREMS)}
        names |= {x.name for t in named for x in (*t.facts, *t.hypotheses)}
        names |= {c.name for part in theorem.conclusions for c in part.conditions}
        names |= {part.inequality.name for part in theorem.conclusions}
        for given in setting.given:
            said = given.says.partition(":")[0].partition(" with ")[0]
            assert said == "meaning" or said in names, (setting.name, given.says)


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
