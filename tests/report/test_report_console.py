"""The console: every verdict, every number in full, at any width, with and without colour."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import REPORTS
from rich.cells import cell_len
from rich.console import Console

from amverify.report import render
from amverify.verdict import Checked, Finding, Report, Verdict
from tests.support.report_examples import example


def printed(
    report: Report, width: int = 120, verbose: bool = False, colour: str | None = None
) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=bool(colour), color_system=colour)
    render(report, console, verbose)
    return file.getvalue()


def row(text: str, finding: Finding) -> str:
    """The line of the table on one theorem."""
    found = [line for line in text.splitlines() if re.search(rf"  {finding.theorem}  ", line)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("width", [100, 120, 200])
def test_one_line_a_theorem_has_all_of_it(width: int) -> None:
    text = printed(example(), width)
    assert re.split(r" {2,}", row(text, example()["T1"])) == [
        *("✓ HOLDS", "T1", "Block descent", "proved, exact, float", "2376/12/12/0"),
        *("99.5 %", "1.82e-12"),
    ]
    for finding in example().findings:
        assert row(text, finding)[2:].startswith(finding.verdict)
        assert finding.title in row(text, finding)


@pytest.mark.parametrize("width", [60, 61, 72, 80, 99, 200])
def test_lines_keep_to_the_width_and_numbers_are_whole(width: int) -> None:
    text = printed(example(), width, verbose=True)
    assert max(map(cell_len, text.splitlines())) <= width
    words = re.split(r"[\s,;()]+", text)
    for number in ("2376/12/12/0", "-4.12e-05", "0.8124126789012345", "-7.105000000000014e-05"):
        assert number in words
    for number in ("3.552713678800501e-15", "18.200000000000003", "1.815891518729627e-12"):
        assert number in words


def test_what_does_not_hold_is_explained() -> None:
    text = printed(example(), 200)
    assert "✗ hypothesis fails: no clip is active: ε ≥ max(D1, D2)" in text
    assert "? hypothesis not seen: strong convexity" in text
    assert "The trace has no column 'residual'." in text
    for said in ("sweep 37, block W2, replicate 1", "Psi_next <= Psi - a*e**2", "3.55271367880"):
        assert said in text
    assert "All 2388 instances" not in text
    assert "Psi: 0.8123456789012345 ± 2.2e-16" not in text


def test_verbose_tells_the_rest() -> None:
    text = printed(example(), 200, verbose=True)
    for said in (
        "All 2388 instances",
        "Psi: 0.8123456789012345 ± 2.2e-16",
        "constant C5 = min(alpha): 1e-09, fitted",
        "torch 2.13.0+cpu",
        "supports no HOLDS",
        "source: Wang et al.",
    ):
        assert said in text


def test_notes_are_told_also_where_a_theorem_holds() -> None:
    held = replace(example().findings[0], notes=("seen from sweep 3 on",))
    text = printed(replace(example(), findings=(held,), notes=("cut off",)))
    assert "note: seen from sweep 3 on" in text
    assert "note: cut off" in text


def test_colour_is_only_an_addition() -> None:
    coloured = printed(example(), colour="standard")
    assert "\x1b[1;31m✗ VIOLATED\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(example())


def test_a_terminal_is_not_steered_and_markup_stays_text() -> None:
    text = printed(replace(example(), subject="\x1b[2J\x9b31m[red]a[/red] \u202eb\r"))
    assert text.splitlines()[0] == "\ufffd[2J\ufffd31m[red]a[/red] \ufffdb"


def test_markup_in_a_title_stays_text() -> None:
    marked = replace(example().findings[0], title="[red]a[/red]")
    assert "  [red]a[/red]  " in printed(replace(example(), findings=(marked,)))


def test_a_hypothesis_that_is_its_own_name_is_said_once() -> None:
    named = replace(example()["M2"], hypotheses=(Checked("η < 2/L", "η < 2/L", False, "2.4"),))
    text = printed(replace(example(), findings=(named,)))
    assert "✗ hypothesis fails: η < 2/L — 2.4\n" in text


def test_a_terminal_without_unicode_loses_nothing() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    render(example(), Console(file=file, width=200))
    file.flush()
    assert "\\u2717 VIOLATED" in raw.getvalue().decode("ascii")
    assert "0.8124126789012345" in raw.getvalue().decode("ascii")


def test_no_theorem_at_all() -> None:
    assert "no theorem was audited" in printed(Report("a run", {}, ()))


@settings(deadline=None)
@given(REPORTS, st.integers(60, 200), st.booleans())
def test_any_report_is_told(report: Report, width: int, verbose: bool) -> None:
    text = printed(report, width, verbose)
    assert f"{report.verdict}: " in " ".join(text.split())
    found = [v for v in re.findall(r"^\S ([A-Z_]+)", text, re.M) if v in set(Verdict)]
    assert len(found) >= len(report.findings)


def test_wide_characters_keep_to_the_width() -> None:
    wide = replace(example()["T3"], title="凸最適化" * 9, reason="収束しない " * 30)
    lines = printed(replace(example(), findings=(wide,)), 60).splitlines()
    assert max(map(cell_len, lines)) <= 60
