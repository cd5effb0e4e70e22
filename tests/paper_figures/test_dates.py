"""SOURCE_DATE_EPOCH, whatever it holds, changes no figure: no file holds a date."""

from __future__ import annotations

import os

import pytest
from matplotlib.figure import Figure

from paper_figures.drawing.files import rendered


@pytest.mark.parametrize("epoch", ["0", "315532799", "x", "-1", "9" * 20, ""])
def test_a_figure_is_of_no_date(monkeypatch, epoch):
    figure = Figure()
    figure.add_subplot().plot([0, 1], [1, 0])
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    plain = rendered(figure)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert rendered(figure).keys() == plain.keys()
    assert rendered(figure)["pdf"] == plain["pdf"]
    assert os.environ["SOURCE_DATE_EPOCH"] == epoch
