"""Certificates found by semidefinite programming: exact once rounded, undecided otherwise."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from amverify.errors import InvalidInput
from proofs.command import cli
from proofs.kernel.checker import Relation
from proofs.kernel.polynomial import Poly, Refused, const, var
from proofs.search import sos, sos_io
from proofs.search.formulas import parse
from proofs.search.multipliers import Undecided

pytest.importorskip("cvxpy", reason="the search needs cvxpy and Clarabel (extra proofs)")

RUNNER = CliRunner()
MOTZKIN = "x**4*y**2 + x**2*y**4 - 3*x**2*y**2 + 1"

TRUE = [
    ("x**2 - 2*x*y + y**2", [], []),
    ("x**4 + y**4 - 2*x**2*y**2", [], []),
    ("x**3 + y**3 + z**3 - 3*x*y*z", ["x", "y", "z"], []),
    ("1 - x**2", ["1 - x", "1 + x"], []),
    ("2 - (x + y)**2", [], ["x**2 + y**2 - 1"]),
    (f"(x**2 + y**2)*({MOTZKIN})", [], []),
    ("(a**2 + b**2)*(c**2 + d**2) - (a*c + b*d)**2", [], []),
    ("Y**2*x**2 + X*Y*y**2 - 2*Y*Z*x*y", ["X*Y - Z**2"], []),
]
"""Most of them tight somewhere: without facial reduction rounding has no room."""


def claim(formula: str, kind: Any = ">=") -> Relation:
    return Relation(parse(formula), kind)


@pytest.mark.parametrize(("formula", "above", "equal"), TRUE)
def test_true_inequalities_are_certified_exactly(
    formula: str, above: list[str], equal: list[str], tmp_path: Path
) -> None:
    found = sos.find(claim(formula), [parse(x) for x in above], [parse(x) for x in equal])
    assert found.check().conclusion == claim(formula)
    sos_io.save(found, tmp_path / "a.json")
    again = sos_io.load(tmp_path / "a.json")
    assert again == found
    assert again.check().hypotheses == found.check().hypotheses


@pytest.mark.parametrize("formula", ["x", "x**2 - 1", "x*y", "x**4 - x**2", MOTZKIN])
def test_what_is_false_or_no_sum_of_squares_is_undecided(formula: str) -> None:
    with pytest.raises(Undecided):
        sos.find(claim(formula))


def test_strict_inequalities_keep_a_slack() -> None:
    found = sos.find(claim("x**2 - x*y + y**2 + 1/3", ">"))
    assert found.slack > 0
    assert found.check().conclusion.kind == ">"
    with pytest.raises(Undecided):
        sos.find(claim("x**2", ">"))


coefficients = st.integers(-3, 3)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(coefficients, coefficients, coefficients), min_size=1, max_size=3))
def test_random_sums_of_squares_are_found_and_lines_add_up(
    rows: list[tuple[int, int, int]],
) -> None:
    x, y = var("x"), var("y")
    total = const(0)
    for a, b, c in rows:
        q = const(a) * x * x + const(b) * y + const(c)
        total += q * q
    found = sos.find(Relation(total, ">="))
    written = const(0)
    for term in found.terms:
        assert term.gram is not None
        for weight, q in sos.squares(term.gram):
            assert weight > 0
            written += const(weight) * q * q
    assert written == total


def test_an_equation_and_too_many_monomials_are_refused() -> None:
    with pytest.raises(InvalidInput, match="equation"):
        sos.find(claim("x", "="))
    many = "+".join(f"x{i}**4" for i in range(14))
    with pytest.raises(Undecided, match="too many"):
        sos.find(claim(f"{many} + 1", ">"))


def test_without_cvxpy_the_search_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    with pytest.raises(InvalidInput, match=r"pip install 'amverify\[proofs\]'"):
        sos.find(claim("x**2"))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "square.json"
    found = sos.find(claim("1 - x**2"), [parse("1 - x"), parse("1 + x")])
    sos_io.save(found, path)
    return path


def edit(path: Path, *keys: Any, value: Any) -> Path:
    data = json.loads(path.read_text(encoding="utf-8"))
    place = data
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


FORGED = [
    (("goal", "p"), {"1": "1/2", "x^2": "-1"}),
    (("goal", "kind"), ">"),
    (("goal", "kind"), "<="),
    (("slack",), "-1"),
    (("slack",), 0.5),
    (("terms", 0, "gram"), [["-1"]]),
    (("terms", 0, "gram"), [["2"]]),
    (("terms", 0, "gram"), [[1.0]]),
    (("terms", 0, "gram"), [["1", "0"]]),
    (("terms", 0, "gram"), []),
    (("terms", 0, "factors"), [7]),
    (("terms", 0, "factors"), [-1]),
    (("terms", 0, "factors"), [True]),
    (("terms",), []),
    (("terms",), 3),
    (("given",), []),
    (("given", 0), {"1": "1"}),
    (("multipliers",), [{"1": "1"}]),
]


@pytest.mark.parametrize(("keys", "value"), FORGED)
def test_a_forged_certificate_is_refused(keys: tuple[Any, ...], value: Any, stored: Path) -> None:
    assert sos_io.load(stored).check()
    with pytest.raises(Refused):
        sos_io.load(edit(stored, *keys, value=value)).check()


def test_a_file_that_is_missing_cut_off_huge_or_no_certificate(stored: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        sos_io.load(stored.with_name("nowhere.json"))
    stored.write_text(stored.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    with pytest.raises(Refused, match="cut off"):
        sos_io.load(stored)
    for text in ("[]", "{}", "3", '{"goal": 3}'):
        stored.write_text(text, encoding="utf-8")
        with pytest.raises(Refused, match="shape"):
            sos_io.load(stored)
    with stored.open("r+b") as handle:
        handle.truncate(sos_io.LARGEST + 1)
    with pytest.raises(Refused, match="unread"):
        sos_io.load(stored)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2*x**2 - y/3", const(2) * var("x") * var("x") - const(Fraction(1, 3)) * var("y")),
        ("0.1*x", const(Fraction(1, 10)) * var("x")),
        ("-(x + 1)^2", -(var("x") + const(1)) * (var("x") + const(1))),
        ("1e-3", const(Fraction(1, 1000))),
        ("+x*(1/2 - 1/3)", const(Fraction(1, 6)) * var("x")),
    ],
)
def test_formulas_are_read_as_they_are_written(text: str, same: Poly) -> None:
    assert parse(text) == same


@pytest.mark.parametrize(
    "text",
    [
        "", "x +", "__import__('os').system('true')", "x.y", "x[0]", "f(x)", "'x'", "True", "1j",
        "x**y", "x**-1", "x**99", "1/x", "x/0", "x if y else z", "lambda: x", "x := 1", "x\n+y; z",
        "(" * 500 + "x" + ")" * 500, "x" * 5000, "nan**0.5", "x % 2",
    ],
)  # fmt: skip
def test_what_is_no_polynomial_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text)


def test_the_command_certifies_saves_and_rechecks(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "one.json"
    made = RUNNER.invoke(cli.app, ["certify", "1-x*x", "--given", "1-x", "--given", "1+x",
                                   "--save", str(file)])  # fmt: skip
    assert made.exit_code == 0
    assert "proved: given 1-x >= 0, 1+x >= 0 ⊢ 1-x^2 >= 0" in made.output
    again = RUNNER.invoke(cli.app, ["recheck", str(file)])
    assert again.exit_code == 0
    assert "proved: given 1-x >= 0, 1+x >= 0 ⊢ 1-x^2 >= 0" in again.output
    nothing = RUNNER.invoke(cli.app, ["certify", MOTZKIN])
    assert nothing.exit_code == 3
    assert "says nothing about the claim" in nothing.output
