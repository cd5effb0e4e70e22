"""What figures are drawn from, of real runs: few sweeps, and none the second time."""

from __future__ import annotations

import pytest

from paper_figures.data.runs import Sources
from paper_figures.figures import descent, slack
from repro.engine import Laboratory, local
from repro.tables.parts.request import Request


@pytest.fixture
def sources(tmp_path) -> Sources:
    return Sources(Laboratory(tmp_path / "cache"), tmp_path)


def test_descent_counts_what_the_safeguard_changed_and_is_kept(sources, monkeypatch):
    request = Request(("few_digits",), ("palm", "tiam_outside"), (0,), 3)
    first = descent.data(request, sources)
    sweeps = first["sweeps"]
    assert sweeps.where(method="tiam_outside").numbers("reduced").tolist() == [11, 11, 11]
    assert sweeps.where(method="palm").numbers("reduced").tolist() == [0, 0, 0]
    assert (sweeps.numbers("Psi") >= sweeps.numbers("F")).all()
    monkeypatch.setattr(local, "carry_out", None)
    assert descent.data(request, sources).frames == first.frames


def test_slack_is_the_stored_table(sources):
    points = slack.data(Request((), (), (), 0), sources)["points"]
    assert len(points) == 240
    sharp = points.where(side="p1 s >= p2")
    assert abs(sharp.numbers("T2") - sharp.numbers("upper")).max() < 1e-4
    assert (points.numbers("attained") <= points.numbers("upper")).all()
