"""What ``certify`` and ``recheck`` say: with what was given, on one line, and in bounded time."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.command import cli
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.kernel.squares import Gram, Term, semidefinite
from proofs.script import effort
from proofs.script.certificates import Malformed, load
from proofs.search import scaling, sos, sos_io
from proofs.search.formulas import parse
from proofs.search.told import contradiction, sequent

pytest.importorskip("cvxpy", reason="the search needs cvxpy and Clarabel (extra proofs)")

Capture = pytest.CaptureFixture[str]


def granted(tmp_path: Path, p: dict[str, str], name: str = "one.json") -> Path:
    """A certificate of p ≥ 0 from p ≥ 0."""
    data = {
        "goal": {"kind": ">=", "p": p}, "given": [p], "zero": [], "slack": "0",
        "terms": [{"factors": [0], "basis": [{"1": "1"}], "gram": [["1"]]}], "multipliers": [],
    }  # fmt: skip
    path = tmp_path / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_what_was_given_is_printed_with_what_is_proved(tmp_path: Path, capsys: Capture) -> None:
    file = granted(tmp_path, {"x": "1", "1": "-1"})
    assert cli.main(["recheck", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: proved: given -1+x >= 0 ⊢ -1+x >= 0\n"
    assert cli.main(["certify", "x*x"]) == 0
    assert capsys.readouterr().out.startswith("proved: given nothing ⊢ x^2 >= 0\n")
    assert cli.main(["certify", "2 - (x + y)**2", "--zero", "x*x + y*y - 1"]) == 0
    assert "proved: given -1+x^2+y^2 = 0 ⊢ 2-2·x·y-x^2-y^2 >= 0\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("above", "equal", "said"),
    [
        (["-1"], [], "-1 >= 0 holds nowhere"),
        (["x", "-1/7"], [], "-1/7 >= 0 holds nowhere"),
        ([], ["2"], "2 = 0 holds nowhere"),
        (["x - 1", "-x"], [], "-1+x >= 0 and -x >= 0 hold nowhere together"),
        (["x - 1"], ["x"], "-1+x >= 0 and -x >= 0 hold nowhere together"),
        (["x + 1", "-x"], ["0"], ""),
        ([], [], ""),
        (["0", "3"], ["x"], ""),
    ],
)
def test_what_is_given_and_holds_nowhere(above: list[str], equal: list[str], said: str) -> None:
    assert contradiction([parse(g) for g in above], [parse(h) for h in equal]) == said


def test_from_a_contradiction_nothing_is_called_proved_without_saying_so(
    tmp_path: Path, capsys: Capture
) -> None:
    good = granted(tmp_path, {"x": "1"}, "good.json")
    assert cli.main(["recheck", str(granted(tmp_path, {"1": "-1"})), str(good)]) == 3
    out = capsys.readouterr().out
    assert "vacuous: -1 >= 0 holds nowhere, so that anything follows" in out
    assert cli.main(["certify", "0 - 1", "--given", "x - 1", "--given", "0 - x"]) == 3
    assert "vacuous: " in capsys.readouterr().out


NAMES = [
    "\x1b[2J\x1b[1;31mRiemann\u202e",
    "x\r",
    "x\u200b",
    "x=0",
    "1/(x)",
    "-1",
    "x\x00",
    "\u2066x",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_none_is_refused_and_not_printed_raw(
    name: str, tmp_path: Path, capsys: Capture
) -> None:
    assert cli.main(["recheck", str(granted(tmp_path, {name: "1"}))]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "is not the name of a variable" in said.err
    assert all(c.isprintable() for c in said.err.rstrip("\n"))


def test_a_theorem_s_certificates_have_names_that_print(tmp_path: Path) -> None:
    (tmp_path / "T1.json").write_text(json.dumps({"descent": {"x": [{"a\u202eb": "1"}]}}))
    with pytest.raises(Malformed, match=r"'a\\u202eb' is not the name of a variable"):
        load("T1", tmp_path)
    (tmp_path / "T1.json").write_text(json.dumps({"descent": {"x": [{"\u221a(a)": "1"}]}}))
    assert load("T1", tmp_path)["descent"]["x"][0].names == {"√(a)"}


def test_no_text_of_a_file_reaches_the_terminal_raw(tmp_path: Path, capsys: Capture) -> None:
    evil = "\x1b]0;owned\x07"
    file = granted(tmp_path, {"x": "1"}, f"{evil}.json")
    assert cli.main(["recheck", str(file)]) == 0
    assert "\x1b" not in capsys.readouterr().out
    data = json.loads(file.read_text(encoding="utf-8"))
    for change in ({"slack": evil}, {"goal": {"kind": evil, "p": {}}}, {"given": [{evil: evil}]}):
        file.write_text(json.dumps({**data, **change}), encoding="utf-8")
        assert cli.main(["recheck", str(file)]) in (1, 2)
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err


def gram(rows: int, digits: int) -> list[list[str]]:
    """Diagonally dominant, of fractions that have nothing in common."""
    found = [["0"] * rows for _ in range(rows)]
    seed = 1
    for i in range(rows):
        for j in range(i):
            seed = seed * 6364136223846793005 % (2**63 - 25)
            above, below = seed % 10**digits + 1, seed // 7 % 10**digits + 1
            found[i][j] = found[j][i] = f"{above}/{below}"
        found[i][i] = str(rows * 10 ** (digits + 1))
    return found


def _file(tmp_path: Path, **changes: Any) -> Path:
    data = {"goal": {"kind": ">=", "p": {}}, "given": [], "zero": [], "slack": "0", "terms": [],
            "multipliers": []}  # fmt: skip
    path = tmp_path / "large.json"
    path.write_text(json.dumps({**data, **changes}), encoding="utf-8")
    return path


def _long(rows: int) -> dict[str, str]:
    return {f"x{i}": "1" for i in range(rows)}


LONG: dict[str, dict[str, Any]] = {
    "elimination": {"terms": [{"factors": [], "basis": [{f"x{i}": "1"} for i in range(30)],
                               "gram": gram(30, 20)}]},
    "expansion": {"terms": [{"factors": [], "basis": [_long(400)] * 9,
                             "gram": [[str(int(i == j)) for i in range(9)] for j in range(9)]}]},
    "products": {"given": [_long(300)], "terms": [{"factors": [0] * 9, "basis": [{"1": "1"}],
                                                   "gram": [["1"]]}]},
    "equations": {"zero": [_long(1500)], "multipliers": [_long(1500)]},
    "many factors": {"given": [{"1": "1"}], "terms": [
        {"factors": [0] * 1_200_000, "basis": [{"1": "1"}], "gram": [["1"]]}]},
}  # fmt: skip


@pytest.mark.parametrize("what", LONG)
def test_a_small_file_cannot_ask_for_hours(what: str, tmp_path: Path, capsys: Capture) -> None:
    file = _file(tmp_path, **LONG[what])
    began = time.process_time()
    assert cli.main(["recheck", str(file)]) == 3
    assert time.process_time() - began < 5
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "steps" in said
    assert "at most" in said


def test_what_a_search_can_find_can_be_checked_again() -> None:
    """The largest Gram matrix that is tried, of monomials and rounded to 2⁻³⁰."""
    basis = tuple(var("x") * var(f"y{i}") for i in range(sos.LARGEST))
    near = Fraction(1, 3 * 2**30)
    matrix = tuple(tuple(Fraction(int(i == j)) + near for i in range(60)) for j in range(60))
    effort.bounded("here", (), (), (Term((), (), Gram(basis, matrix)),), ())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.fractions(-3, 3, max_denominator=9), min_size=4, max_size=4),
                min_size=4, max_size=4))  # fmt: skip
def test_numbers_in_an_elimination_are_no_longer_than_estimated(rows: list[list[Fraction]]) -> None:
    """Minors of (AᵀA + 1): the estimate of bits is a bound on numerators and denominators."""
    n = len(rows)
    matrix = [[sum((rows[k][i] * rows[k][j] for k in range(n)), Fraction(int(i == j)))
               for j in range(n)] for i in range(n)]  # fmt: skip
    assert semidefinite(matrix)
    bits = 0
    pivots = [list(row) for row in matrix]
    for k in range(n):
        bits += effort.row_bits(matrix[k]) + 2
        assert pivots[k][k].numerator.bit_length() <= 2 * bits
        for i in range(k + 1, n):
            ratio = pivots[i][k] / pivots[k][k]
            for j in range(k + 1, n):
                pivots[i][j] -= ratio * pivots[k][j]


def test_a_certificate_that_would_be_refused_is_not_saved(tmp_path: Path) -> None:
    basis = tuple(var(f"x{i}") for i in range(30))
    matrix = tuple(tuple(map(Fraction, row)) for row in gram(30, 20))
    goal = Relation(const(0), ">=")
    found = sos.Certificate(goal, (), (), (Term((), (), Gram(basis, matrix)),), ())
    with pytest.raises(effort.TooLong, match="at most"):
        sos_io.save(found, tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("x**40 + 1", "exponents from 0 to 16 only (a limit of this program)"),
        ("x**-1", "exponents are whole numbers, 0 to 16"),
        ("x**y", "exponents are whole numbers, 0 to 16"),
        ("(x**16)**16", "beyond a limit of this program"),
        ("(a+b+c+d+e+f+g+h)**16", "more than 20000 (a limit of this program)"),
        ("10**400", "exponents from 0 to 320 only"),
        ("1/x", "division by numbers other than 0 only"),
    ],
)
def test_a_limit_is_called_a_limit(formula: str, said: str, capsys: Capture) -> None:
    assert cli.main(["certify", formula]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "is no formula" not in err


def test_a_power_of_a_number_is_a_number() -> None:
    assert parse("x*x + 1/10**20") == var("x") * var("x") + const(Fraction(1, 10**20))


SCALED = [
    ("1e20*x**2 + 1", [], []),
    ("1e-20*x**2 + 1e20*y**4 + 1", [], []),
    ("1e12*x*y", ["1e6*x", "1e-9*y"], []),
    ("1e18*x", ["1e-9*x"], []),
    ("2e20 - (x + y)**2", [], ["x**2 + y**2 - 1e20"]),
]


@pytest.mark.parametrize(("formula", "above", "equal"), SCALED)
def test_badly_scaled_claims_are_proved_as_they_were_written(
    formula: str, above: list[str], equal: list[str]
) -> None:
    goal = Relation(parse(formula), ">=")
    found = scaling.find(goal, [parse(g) for g in above], [parse(h) for h in equal])
    assert found.check().conclusion == goal
    assert sequent(found).endswith(f"⊢ {goal}")


def test_badly_scaled_is_said_where_nothing_is_found(capsys: Capture) -> None:
    assert cli.main(["certify", "1e20*x**2 - 1"]) == 3
    assert "badly scaled: coefficients from 1e+00 to 1e+20" in capsys.readouterr().out
    assert cli.main(["certify", "x**2 - 1"]) == 3
    assert "badly scaled" not in capsys.readouterr().out


monomial = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(-40, 40))


@settings(max_examples=60, deadline=None)
@given(st.lists(monomial, min_size=1, max_size=4))
def test_units_are_exact_and_bring_sizes_nearer(found: list[tuple[int, int, int]]) -> None:
    p = const(0)
    for i, j, size in found:
        term = const(Fraction(2) ** size)
        for _ in range(i):
            term = term * var("x")
        for _ in range(j):
            term = term * var("y")
        p += term
    chosen = scaling.units([p])
    (own,) = chosen.polynomials
    there = scaling.forth(p, chosen, own)
    assert scaling.back(there, chosen) == const(Fraction(2) ** own) * p
    assert scaling.spread([there]) <= scaling.spread([p]) * 2**6


def test_a_poly_of_no_terms_has_no_spread() -> None:
    assert scaling.spread([Poly({})]) == 1
    with pytest.raises(Refused):
        raise effort.TooLong("a kind of refusal")
