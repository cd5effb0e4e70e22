"""The table of slack: exact bounds on both sides, and the family of inequalities it suggested."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amverify.console.shell import run
from amverify.errors import InvalidInput
from proofs.kernel.polynomial import Refused
from proofs.pep import __main__ as cli
from proofs.pep import region
from proofs.pep.attained import attained, value
from proofs.pep.certificate import Bound
from proofs.pep.interpolation import Step
from proofs.pep.table import STORED, Row, grid, load, row, save
from proofs.pep.worst_case import RAISE

HALF, ONE = Fraction(1, 2), Fraction(1)
TOLERANCE = 2 * RAISE
"""Of the table: the solver's bounds are raised by RAISE, its own error and the search's less."""


def command(arguments: list[str]) -> int:
    """The exit status."""
    return run(cli.app, cli.NAME, arguments, cli.STATUSES)


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    return load()


def test_the_stored_table_is_checked_number_by_number(rows: tuple[Row, ...]) -> None:
    assert [r.step for r in rows] == list(grid())
    assert len(rows) >= 200
    for found in rows:
        found.check()


def test_upper_and_lower_bounds_enclose_the_worst_case(rows: tuple[Row, ...]) -> None:
    for found in rows:
        assert 0 <= found.gap <= TOLERANCE
        assert 0 <= found.best.omega - found.best_attained.value <= TOLERANCE
        assert found.best.omega <= found.upper.omega + TOLERANCE


def test_t2_is_tight_where_p1_s_is_at_least_p2_and_only_there(rows: tuple[Row, ...]) -> None:
    for found in rows:
        if found.step.coupling >= 0:
            assert found.attained.value == found.step.bound
        elif found.step.p2:
            assert found.slack > 0


def test_the_family_is_the_worst_case_of_the_best_weight(rows: tuple[Row, ...]) -> None:
    """No weight does better than 𝓡_z, at any point of the table."""
    for found in rows:
        assert abs(found.family - found.best.omega) <= TOLERANCE
        assert found.family <= found.step.bound


def test_the_family_s_inequality_is_a_theorem_of_the_kernel() -> None:
    made = region.decrease()
    said = {str(h) for h in made.hypotheses}
    assert "z >= 0" in said
    assert "1-z >= 0" in said
    assert sum("H_" in h for h in said) == 3
    assert not any(h.each for h in made.hypotheses)


def test_a_false_member_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (region.Z, region.K + region.Z, region.Z * region.Z):
        monkeypatch.setattr(region, "K", wrong)
        with pytest.raises(Refused):
            region.descent()


numbers = st.fractions(0, 1, max_denominator=30)


@given(numbers, numbers, st.fractions(1, 2, max_denominator=9), st.fractions(HALF, 3))
def test_where_p2_is_much_larger_its_square_is_not_needed(
    p1: Fraction, p2: Fraction, t: Fraction, s: Fraction
) -> None:
    step = Step(p1, p2, t, s)
    known = region.member(step, ONE)
    assert (known.bound, known.delta) == (step.bound, step.weight)
    if step.coupling <= -(p2**2) / (1 + 2 * p2):
        found = region.member(step, 1 / (1 + p2))
        assert found.bound == -(s / t - HALF - abs(step.coupling)) / 2
        assert found.delta >= 0 or s / t < HALF
        assert value(step, found.delta, Fraction(-1), "quadratic") == found.bound


@given(numbers, numbers, st.fractions(1, 2, max_denominator=9), st.fractions(HALF, 3))
def test_one_function_attains_t2_s_bound_wherever_p1_s_is_at_least_p2(
    p1: Fraction, p2: Fraction, t: Fraction, s: Fraction
) -> None:
    """e = Δ, H straight from u to û and curved beyond: for every p2 in [0, 1]."""
    step = Step(p1, p2, t, s)
    reached = value(step, step.weight, ONE, "bent at û")
    assert (reached == step.bound) == (step.coupling >= 0)


@given(numbers, numbers, st.fractions(1, 2, max_denominator=9), st.fractions(HALF, 3),
       st.fractions(-3, 3, max_denominator=20), st.fractions(Fraction(1, 9), 1))  # fmt: skip
def test_no_function_exceeds_any_member_of_the_family(
    p1: Fraction, p2: Fraction, t: Fraction, s: Fraction, kappa: Fraction, z: Fraction
) -> None:
    step = Step(p1, p2, t, s)
    found = region.member(step, z)
    for shape in ("flat", "quadratic", "bent at û"):
        reached = value(step, found.delta, kappa, shape)
        assert reached is None or reached <= found.bound


def _forged(found: Row) -> list[Row]:
    factors = dict(found.upper.multipliers)
    first = next(iter(factors))
    other = [
        replace(found.upper, omega=found.attained.value - Fraction(1, 10**6)),
        replace(found.upper, multipliers={**factors, first: -factors[first]}),
        replace(found.upper, multipliers={**factors, first: factors[first] + Fraction(1, 10**9)}),
        replace(found.upper, multipliers={}),
        replace(found.upper, multipliers={**factors, "u?": ONE}),
        replace(found.upper, delta=found.upper.delta + 1),
        replace(found.upper, step=replace(found.step, p1=found.step.p1 + 1)),
    ]
    made = [replace(found, upper=bound) for bound in other]
    higher = replace(found.attained, value=found.attained.value + Fraction(1, 10**9))
    return [*made, replace(found, attained=higher), replace(found, z=Fraction(2))]


def test_forged_rows_are_refused(rows: tuple[Row, ...]) -> None:
    for found in (rows[0], rows[77], rows[150]):
        for forged in _forged(found):
            with pytest.raises(Refused):
                forged.check()


def test_steps_must_go_forward() -> None:
    for s, t in ((Fraction(0), ONE), (ONE, HALF)):
        with pytest.raises(InvalidInput, match="s > 0"):
            Step(HALF, HALF, t, s)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "slack.json"
    save(load()[:2], {"cvxpy": "0"}, path)
    return path


def test_a_table_survives_writing_and_reading(stored: Path) -> None:
    assert load(stored) == load()[:2]


@pytest.mark.parametrize(
    ("keys", "bad"),
    [
        (("points", 0, "upper", "omega"), -0.15),
        (("points", 0, "step", "p1"), 0),
        (("points", 0, "z"), "one"),
        (("points", 0, "upper", "multipliers"), []),
        (("points", 0), 3),
        (("points",), None),
    ],
)
def test_a_table_of_another_shape_or_with_floats_is_refused(
    keys: tuple[Any, ...], bad: Any, stored: Path
) -> None:
    data = json.loads(stored.read_text(encoding="utf-8"))
    place = data
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = bad
    stored.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(Refused, match=r"slack\.json"):
        load(stored)


def test_a_missing_and_a_truncated_table(stored: Path) -> None:
    with pytest.raises(InvalidInput):
        load(stored.with_name("none.json"))
    stored.write_text(stored.read_text(encoding="utf-8")[:-30], encoding="utf-8")
    with pytest.raises(Refused, match="cut off"):
        load(stored)


def test_the_command_prints_the_table_and_refuses_a_forged_one(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = stored.with_name("slack.csv")
    assert command(["--file", str(stored), "--csv", str(out)]) == 0
    assert "2 points, each upper bound with an exact certificate" in capsys.readouterr().out
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3
    text = stored.read_text(encoding="utf-8")
    stored.write_text(text.replace('"z": "1"', '"z": "7"'), encoding="utf-8")
    assert command(["--file", str(stored)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["serch"], ["search", "--points", "0"], ["--nonsense"]])
def test_wrong_options_are_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_search_makes_rows_that_hold(tmp_path: Path) -> None:
    pytest.importorskip("cvxpy", reason="the search needs cvxpy and Clarabel (extra pep)")
    made = row(Step(Fraction(1, 5), HALF, ONE, ONE))
    assert made.slack > Fraction(1, 25)
    out = tmp_path / "one.json"
    assert command(["search", "--points", "1", "--json", str(out)]) == 0
    assert len(load(out)) == 1


def test_pepit_agrees() -> None:
    """The same worst case by somebody else's code, T2's weight."""
    pytest.importorskip("PEPit", reason="the comparison needs PEPit (extra pep)")
    from PEPit import PEP
    from PEPit.functions import SmoothConvexFunction

    for p1, p2, t, s in ((0.2, 0.5, 1.0, 1.0), (0.5, 0.2, 1.5, 1.3)):
        step = Step(*(Fraction(x).limit_denominator(10) for x in (p1, p2, t, s)))
        problem = PEP()
        smooth = problem.declare_function(SmoothConvexFunction, L=1.0)
        u, delta = problem.set_initial_point(), problem.set_initial_point()
        e = t * (p1 * delta - smooth.gradient(u + p2 * delta) / s)
        problem.set_initial_condition(e**2 + delta**2 <= 1)
        drift = float(step.weight) / 2 * (e**2 - delta**2)
        problem.set_performance_metric(smooth(u + e) - smooth(u) + drift + (e**2 + delta**2))
        found = problem.solve(verbose=0) - 1.0
        assert found == pytest.approx(float(attained(step, step.weight).value), abs=1e-4)


def test_the_stored_table_says_how_it_was_made() -> None:
    head = json.loads(STORED.read_text(encoding="utf-8"))["versions"]
    assert set(head) == {"cvxpy", "clarabel", "numpy"}


def test_a_bound_is_for_its_own_parameters() -> None:
    found = load()[100].upper
    moved = Bound(replace(found.step, p2=found.step.p2 + HALF), found.delta, found.omega,
                  found.multipliers)  # fmt: skip
    with pytest.raises(Refused):
        moved.check()
