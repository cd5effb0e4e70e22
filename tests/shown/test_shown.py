"""Results at a prompt, in a notebook, as data frames, as a page and as a picture."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from io import BytesIO

import pytest

import amverify as amv
from amverify import shown
from amverify.trace.trace import Trace
from repro.render.cells import Text
from repro.render.table import Column, Document, Table
from tests.support.report_examples import example

TRACE = Trace({"subject": "<b>run</b>"}, sweeps={})
TABLE = Table("t", "A <title>", (Column("a", "A"),), ((Text("1 < 2"),),))
DOCUMENT = Document("d", (TABLE,))


def things():
    report = example()
    failing = next(f for f in report.findings if f.witness)
    return [
        report,
        failing,
        failing.witness,
        TRACE,
        amv.theorem("T1"),
        TABLE,
        DOCUMENT,
    ]


@pytest.mark.parametrize("thing", things(), ids=lambda thing: type(thing).__name__)
def test_it_shows_itself_in_short(thing):
    assert len(repr(thing)) < 400
    assert "\n" not in repr(thing)
    page = thing._repr_html_()
    assert page.startswith("<table>")
    assert "<b>" not in page
    assert "<title>" not in page


@pytest.mark.parametrize("show", [amv.render, amv.to_html, amv.to_json, amv.to_junit])
def test_what_is_no_report_is_named(show):
    with pytest.raises(amv.InvalidInput, match=rf"{show.__name__}: expected a Report, got Trace"):
        show(TRACE)


def test_a_report_tells_every_finding():
    report = example()
    lines = str(report).splitlines()
    assert len(lines) == 1 + len(report.findings)
    assert lines[0].startswith(str(report.verdict))


def test_data_frames():
    pandas = pytest.importorskip("pandas")
    report = example()
    assert list(report.to_pandas()["theorem"]) == [f.theorem for f in report.findings]
    for thing in (*report.findings, TRACE, TABLE, DOCUMENT):
        assert isinstance(thing.to_pandas(), pandas.DataFrame)
    with pytest.raises(amv.InvalidInput, match="a trace has blocks"):
        TRACE.to_pandas("rows")


@pytest.mark.parametrize(
    ("module", "call", "extra"),
    [("pandas", "to_pandas", "notebook"), ("matplotlib.figure", "plot", "figures")],
)
def test_what_is_not_installed_is_one_line(module, call, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(amv.InvalidInput, match=rf"{call}\(\) needs .*amverify\[{extra}\]"):
        getattr(example(), call)()


def test_the_page_is_that_of_the_command(tmp_path):
    example().to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    made = re.search(r"made by amverify [^<]*, on \d{4}-\d\d-\d\d [\d:]{8} UTC", page)
    assert made is not None
    assert page.replace(made[0], f"amverify {metadata.version('amverify')}") == amv.to_html(
        example()
    )


def drawn_of(report):
    """The picture, drawn: a warning (a missing sign, a broken formula) is an error here."""
    pytest.importorskip("matplotlib", reason="the picture needs amverify[figures]")
    figure = report.plot()
    figure.savefig(BytesIO(), format="png")
    return figure


def test_the_picture_has_a_panel_a_finding():
    figure = drawn_of(example())
    found = [f for f in example().findings if f.slack.sweeps]
    assert [axes.get_title() for axes in figure.axes] == [
        f"{f.theorem} {f.title}: {f.verdict}" for f in found
    ]
    assert {axes.get_xlabel() for axes in figure.axes} == {"sweep"}
    with pytest.raises(amv.InvalidInput, match="no finding"):
        replace(example(), findings=()).plot()


def test_what_is_drawn_is_the_slack():
    descent, lyapunov, flat = drawn_of(example()).axes
    margin = next(f for f in example().findings if f.theorem == "T3").slack.margin
    line, crosses = lyapunov.lines
    assert line.get_ydata() == pytest.approx(margin)
    assert crosses.get_xdata() == pytest.approx([37, 53])
    assert crosses.get_ydata() == pytest.approx([margin[36], margin[52]])
    assert len(descent.lines) == 1  # nothing failed, and no cross is explained
    for axes in (descent, lyapunov, flat):
        low, high = axes.get_ylim()
        assert low < min(axes.lines[0].get_ydata()) <= max(axes.lines[0].get_ydata()) < high


def test_no_two_ticks_of_the_picture_stand_on_each_other():
    figure = drawn_of(example())
    for axes in figure.axes:
        boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
        assert len(boxes) > 1
        boxes.sort(key=lambda box: box.y0)
        assert all(a.y1 <= b.y0 for a, b in itertools.pairwise(boxes))


def test_the_legend_explains_what_there_is_and_covers_nothing():
    figure = drawn_of(example())
    (legend,) = figure.legends
    told = [text.get_text() for text in legend.get_texts()]
    assert told == ["what rounding could explain", "least relative margin", "fails beyond rounding"]
    box = legend.get_window_extent()
    assert not any(box.overlaps(axes.get_window_extent()) for axes in figure.axes)


def test_a_title_is_no_formula_and_an_optimiser_makes_steps():
    report = example()
    strange = replace(report.findings[0], title="$x^{$ costs\nmuch")
    figure = drawn_of(replace(report, header={"iteration": "step"}, findings=(strange,)))
    assert figure.axes[0].get_title() == "T1 $x^{$ costs much: HOLDS"
    assert figure.axes[0].get_xlabel() == "step"


def test_a_renderer_that_is_not_loaded_is_one_line():
    with pytest.raises(amv.InvalidInput, match=r"import amverify\.report"):
        shown.rendered("hologram", example())


def test_whoever_audits_can_show():
    code = (
        "import amverify as a; a.audit; from amverify.shown import late as x; print(*x._RENDERERS)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["page", "figure"]
