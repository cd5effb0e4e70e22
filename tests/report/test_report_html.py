"""The page as text: whole, escaped, self-contained, the same bytes for the same report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product

import pytest
from hypothesis import given, settings
from reports import REPORTS

from amverify.report import from_json, to_html, to_json
from amverify.verdict import EVIDENCE_MEANING, Report, Slack
from tests.support.report_examples import SWEEPS, example

VOID = {"meta", "link", "br", "hr"}
STYLE = files("amverify.report").joinpath("templates/report.css.j2").read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Elements, ids, targets and visible text of a page; every element must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, name: str) -> list[str]:
        return [value or "" for attribute, value in self.attributes if attribute == name]


def test_the_page_says_all_that_the_report_says() -> None:
    text = " ".join(Outline(to_html(example())).text.split())
    for finding in example().findings:
        for said in (finding.title, finding.statement, finding.reason, finding.source):
            assert said in text
        assert finding.latex in text
        for checked in finding.hypotheses:
            assert checked.text in text
            assert checked.detail in text
        for kind in finding.evidence:
            assert EVIDENCE_MEANING[kind] in text
    for said in (
        "TIAM on Cora, 2 layers of 64",
        "torch 2.13.0+cpu",
        "0, 1, 2",
        "17e4a9b2c3d5f6071829304a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e",
        "5*C4**2/(C5*mu**2 + 5*C4**2)",
        "fitted to this run",
        "0.0312845920175 to 18.200000000000003",
        "0.8123456789012345 ± 2.2e-16",
        "-7.105000000000014e-05",
        "3.552713678800501e-15",
        "sweep 37, block W2, replicate 1",
        "the witness replays",
        "Replicate 3 was stopped",
    ):
        assert said in text


ORDER = ("T3", "M2", "T4", "A1", "T1")
"""The example's theorems, the weakest verdict first."""


def test_what_fails_comes_first_and_what_holds_is_folded() -> None:
    page = to_html(example())
    places = [page.index(f'<section id="theorem-{name}"') for name in ORDER]
    assert places == sorted(places)
    tally = page.index('class="tally"')
    assert tally < page.index("<figure") < page.index('<table class="verdicts"') < places[0]
    holds, violated = (
        re.search(rf'<section id="theorem-{name}".*?</section>', page, re.S)
        for name in ("T1", "T3")
    )
    assert holds is not None
    assert violated is not None
    assert '<details class="holds">' in holds[0]
    assert "holds" not in re.findall(r'<details class="(\w+)"', violated[0])


def test_the_first_and_the_worst_failure_are_marked_on_the_run() -> None:
    page = to_html(example())
    section = page[page.index('<section id="theorem-T3"') :]
    chart = section[: section.index("</svg>")]
    assert chart.count('class="violated"') == 1
    assert "first and worst failure at sweep 37" in " ".join(Outline(page).text.split())
    margin = list(example()["T3"].slack.margin)
    margin[11] = -1e-5
    early = replace(example()["T3"], slack=Slack(SWEEPS, tuple(margin), (2e-8,) * 200))
    text = " ".join(Outline(to_html(replace(example(), findings=(early,)))).text.split())
    assert "first failure at sweep 12; worst failure at sweep 37" in text


def test_the_kl_plot_stands_where_it_applies() -> None:
    assert 'id="kl-plot"' in to_html(example())
    without = tuple(c for c in example().curves if c.name not in ("gap", "residual"))
    assert 'id="kl-plot"' not in to_html(replace(example(), curves=without))


def test_hashes_stand_at_the_end_and_nothing_is_json() -> None:
    header = {"hashes": {"data": "ab" * 32}, "settings": {"start": {"W": 1.5, "b": [1, [2]]}}}
    text = " ".join(Outline(to_html(replace(example(), header=header))).text.split())
    assert text.endswith(f"Hashes hashesdata {'ab' * 32}")
    assert "start W 1.5, b (1, (2))" in text


def test_a_page_leads_to_proofs_and_says_what_made_it() -> None:
    page = to_html(example(), {"commit": "<b>c0ffee</b>"}, {"T1": "../theorems/T1.html"})
    outline = Outline(page)
    assert "commit <b>c0ffee</b>" in outline.text
    assert "../theorems/T1.html" in outline.all("href")
    assert "python -m proofs show T1" in Outline(to_html(example())).text


def test_the_page_grows_with_the_findings_and_no_faster() -> None:
    def size(count: int) -> int:
        return len(to_html(replace(example(), findings=(example()["T3"],) * count)))

    one = size(11) - size(10)
    assert size(60) - size(10) <= 50 * (one + 50)


def test_verdicts_and_hypotheses_have_a_sign_and_a_word() -> None:
    text = " ".join(Outline(to_html(example())).text.split())
    for said in ("✓ holds", "✗ violated", "⊘ not applicable", "? undecided", "∅ vacuous"):
        assert text.count(said) >= 2
    assert re.search("✗ fails ?no clip is active", text)
    assert re.search("[?] not seen ?strong convexity", text)


def test_what_is_not_ours_is_escaped() -> None:
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}\x1b\u202e"
    report = example()
    finding = replace(
        report["T3"],
        theorem=attack,
        title=attack,
        statement=attack,
        latex=attack,
        source=attack,
        reason=attack,
        notes=(attack,),
        hypotheses=tuple(
            replace(h, name=attack, text=attack, detail=attack) for h in report["T3"].hypotheses
        ),
        constants=tuple(replace(c, name=attack, formula=attack) for c in report["T3"].constants),
        witness=replace(
            report["T3"].witness,
            block=attack,
            inequality=attack,
            values={attack: (1.0, 0.0)},
            state={attack: 1},
        ),
    )
    page = to_html(Report(attack, {attack: attack}, (finding, finding), (attack,)))
    outline = Outline(page)
    assert {"script", "img"}.isdisjoint(outline.tags)
    assert outline.all("onerror") == []
    assert "{{ 7*7 }}" in outline.text
    assert re.search("[\x1b\u202e]", page) is None
    assert len(set(outline.all("id"))) == len(outline.all("id"))


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    outline = Outline(to_html(example()))
    assert {"script", "img", "iframe", "object"}.isdisjoint(outline.tags)
    assert outline.all("src") == []
    assert all(link.startswith(("#", "data:,")) for link in outline.all("href"))
    assert not re.search(r"url\(|@import|https?:", STYLE)
    assert any("default-src 'none'" in content for content in outline.all("content"))


def test_links_and_labels_point_at_something() -> None:
    outline = Outline(to_html(example()))
    ids = outline.all("id")
    assert len(set(ids)) == len(ids)
    links = [link[1:] for link in outline.all("href") if link.startswith("#")]
    labels = [name for names in outline.all("aria-labelledby") for name in names.split()]
    assert set(links + labels) <= set(ids)
    assert outline.all("lang") == ["en-GB"]


def test_equal_reports_give_the_same_bytes() -> None:
    assert to_html(example()) == to_html(from_json(to_json(example())))


def test_no_theorem_at_all() -> None:
    assert "No theorem was audited" in Outline(to_html(Report("a run", {}, ()))).text


@settings(max_examples=50, deadline=None)
@given(REPORTS)
def test_any_report_makes_a_whole_page(report: Report) -> None:
    page = to_html(report)
    outline = Outline(page)
    assert page.count('class="finding"') == len(report.findings)
    assert len(set(outline.all("id"))) == len(outline.all("id"))
    page.encode("utf-8")


def schemes() -> Iterator[dict[str, str]]:
    """The colours by name, of light, dark and print."""
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.S):
        yield dict(re.findall(r"--(\w+): (#\w+)", block))


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2: linearised sRGB, weighted."""
    short = len(colour) == 4
    parts = [colour[i] * 2 if short else colour[2 * i - 1 : 2 * i + 1] for i in (1, 2, 3)]
    shares = [int(part, 16) / 255 for part in parts]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", list(schemes()), ids=("light", "dark", "print"))
def test_text_stands_out_from_its_ground(scheme: dict[str, str]) -> None:
    grounds = ("page", "raised")
    inks = [name for name in scheme if name not in (*grounds, "rule")]
    assert len(inks) == 8
    for ink, ground in product(inks, grounds):
        low, high = sorted([luminance(scheme[ink]), luminance(scheme[ground])])
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)
