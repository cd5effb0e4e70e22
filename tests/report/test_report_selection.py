"""A page of many findings is bounded: the tally first, some of each, the rest counted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from amverify.report import to_html
from amverify.report.selection import ENTRIES, MOST, selected
from amverify.verdict import Finding, Report, Slack, Verdict
from tests.support.long import few
from tests.support.report_examples import example

MOST_BYTES = 2_000_000
NEVER = Slack((), (), ())


def of(finding: Finding, *findings: Finding) -> Report:
    """The example's run with these findings."""
    return replace(example(), findings=(finding, *findings))


def many(count: int) -> tuple[Finding, ...]:
    """So many findings of one theorem, each told by its title; the worst are in the middle."""
    own = example()["T3"]
    return tuple(
        replace(own, title=f"number {i}.", slack=Slack((1,), (-0.5 if i == 500 else 0.1,), (0.0,)))
        for i in range(count)
    )


def rows(page: str) -> int:
    return page.count('<th scope="row" role="rowheader">')


@pytest.mark.parametrize("count", few([10, 1000, 10_000], keep=2))
def test_rows_and_bytes_are_bounded_and_the_rest_is_counted(count: int) -> None:
    page = to_html(of(*many(count)))
    shown = min(count, MOST)
    assert rows(page) == shown == page.count('class="finding"')
    assert len(page.encode()) < MOST_BYTES
    assert page.index(f"{count} violated") < page.index("number 0.")
    assert (f"{shown} of {count:,} findings" in page) == (count > MOST)
    assert (f"{count - shown:,} of T3 (violated)" in page) == (count > MOST)
    assert {f"number {i}." in page for i in (0, count - 1, min(500, count - 1))} == {True}


def test_plots_of_hundreds_of_failures_stay_within_the_bytes() -> None:
    slack = Slack(tuple(range(400)), (-0.5,) * 400, (1e-9,) * 400)
    page = to_html(of(*(replace(example()["T3"], slack=slack),) * 300))
    assert len(page.encode()) < MOST_BYTES
    assert rows(page) == MOST


def test_one_theorem_does_not_hide_the_others() -> None:
    rare = [replace(example()["T1"], theorem=f"R{i}", slack=NEVER) for i in range(20)]
    shown = selected((*many(1000), *rare)).shown
    assert {f.theorem for f in shown} == {"T3", *(f.theorem for f in rare)}
    assert len(shown) <= MOST


def test_more_theorems_than_rows_show_the_weakest_verdicts() -> None:
    good = [replace(example()["T1"], theorem=f"R{i}", slack=NEVER) for i in range(2 * MOST)]
    found = selected((*good, example()["T3"]))
    assert found.shown[0].theorem == "T3"
    assert len(found.shown) == MOST
    assert found.missing == MOST + 1


def test_few_findings_are_all_shown_in_their_order() -> None:
    found = selected(example().findings)
    assert [f.theorem for f in found.shown] == ["T3", "M2", "T4", "A1", "T1"]
    assert found.missing == 0


def test_long_lists_and_texts_are_cut_and_it_is_said() -> None:
    own = example()["T3"]
    finding = replace(
        own, hypotheses=own.hypotheses[:1] * 5000, reason="r" * 10**6, notes=("n",) * 5000
    )
    report = replace(of(finding), notes=("m" * 1000,) * 5000, header={"k" * 500: "v" * 10**6})
    page = to_html(
        replace(report, header={**report.header, **dict.fromkeys(map(str, range(5000)))})
    )
    assert len(page.encode()) < MOST_BYTES
    assert f"{5000 - ENTRIES:,} hypotheses more in the JSON report" in page
    assert page.count("characters more in the JSON report)") >= 3
    assert re.search(r"[\d,]+ entries more in the JSON report", page)


def test_a_section_too_long_for_the_page_leaves_its_row() -> None:
    own = example()["T3"]
    long = replace(
        own, theorem="T9", hypotheses=(replace(own.hypotheses[0], text="x" * 20_000),) * 200
    )
    page = to_html(of(long, example()["T1"]))
    assert len(page.encode()) < MOST_BYTES
    assert rows(page) == 2
    assert 'id="theorem-T9"' not in page
    assert 'href="#theorem-T9"' not in page
    assert 'id="theorem-T1"' in page
    assert "1 of these findings have no section" in page


def test_a_verdict_is_no_reason_to_be_left_out() -> None:
    some = [replace(f, verdict=v) for v in Verdict for f in many(50)]
    assert {f.verdict for f in selected(some).shown} == set(Verdict)
