"""What docs/selection.py says of made-up runs: candidates, what folds leave open, differences."""

from __future__ import annotations

import runpy
import sys
from types import SimpleNamespace

import pytest
from pages import ROOT

from repro.full_batch import tuning


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    yield runpy.run_path(str(ROOT / "docs" / "selection.py"), run_name="selection")
    sys.modules.pop("tables", None)


class MadeUp:
    """Folds score by ρ, the third higher or lower by 0.1; tests alternate by seed."""

    dataset, tests = "citeseer", 1000

    def crossed(self, choice):
        assert choice.datasets == ("citeseer",)

    def result_of(self, spec):
        fold = next(i for i in range(tuning.FOLDS) if f"fold {i + 1} of" in spec.dataset)
        value = 0.6 - dict(spec.settings)["rho"] + 0.05 * (fold % 2)
        return SimpleNamespace(curves={"test_accuracy": [value]})

    def tested(self, method, settings):
        ours = method == "joint_tiam"
        return [0.70, 0.72, 0.70, 0.72] if ours else [0.71, 0.73, 0.73, 0.71]


def test_candidates_near_the_best_and_the_difference_of_the_chosen(script):
    rows, near, said = script["candidates"](MadeUp(), "tiam")
    assert len(rows) == 5
    assert sum("**chosen**" in row for row in rows) == 1
    assert len(near) == 4
    assert said == "TIAM's 4 of 5 lie within it (0.0122)"
    whole = script["section"](MadeUp())
    assert "difference -0.0100" in whole
    assert "standard error over the seeds is 0.0082" in whole
    assert "and 0.0082 with seeds paired (1.2)" in whole
    assert "0.70 of it, and 10.0 samples" in whole
