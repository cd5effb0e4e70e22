"""Results at a prompt, in a notebook, as data frames, as a page and as a picture."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import ModuleType
from unittest.mock import MagicMock

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
    assert (tmp_path / "page.html").read_text("utf-8") == amv.to_html(example())


def test_the_picture_has_a_panel_a_finding(monkeypatch):
    figure, fake = MagicMock(), ModuleType("matplotlib.figure")
    drawn = [f for f in example().findings if f.slack.sweeps]
    panels = [[MagicMock()] for _ in drawn]
    figure.subplots.return_value = panels
    fake.Figure = MagicMock(return_value=figure)
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", fake)
    assert example().plot() is figure
    for (axes,), finding in zip(panels, drawn, strict=True):
        assert finding.theorem in axes.set_title.call_args.args[0]
    with pytest.raises(amv.InvalidInput, match="no finding"):
        replace(example(), findings=()).plot()


def test_a_renderer_that_is_not_loaded_is_one_line():
    with pytest.raises(amv.InvalidInput, match=r"import amverify\.report"):
        shown.rendered("hologram", example())


def test_whoever_audits_can_show():
    code = (
        "import amverify as a; a.audit; from amverify.shown import late as x; print(*x._RENDERERS)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["page", "figure"]
