"""What figures make of their runs: the runs are made up, so each number has a known place."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from amverify.errors import InvalidInput
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import styled
from paper_figures.figures import accuracy, exponents, initial_step, region, residuals, step_sizes
from proofs.pep.interpolation import Step
from proofs.pep.region import best
from repro.spec import RunResult, RunSpec
from repro.tables.parts.request import Request
from tests.repro.fake_runs import MadeUp, dataset, report_of


def sources(folder: Path, result: Callable[[RunSpec], RunResult]) -> Sources:
    laboratory = MadeUp(result, dataset, {"machine": "a box", "date": "today"})
    laboratory.cache = folder
    return Sources(laboratory, folder)


def rising(spec: RunSpec) -> RunResult:
    """Accuracy (seed + k)/10 after sweep k, which takes k/2 seconds."""
    ks = range(1, spec.sweeps + 1)
    curves = {
        "test_accuracy": [(spec.seed + k) / 10 for k in ks],
        "seconds": [k / 2 for k in ks],
        "objective": [10.0 ** (1 - k) for k in ks],
    }
    return RunResult(curves, report=report_of(spec))


def test_accuracies_are_those_of_the_runs_seed_by_seed(tmp_path: Path) -> None:
    request = Request(("digits",), ("gd", "tiam"), (0, 3), 2)
    found = accuracy.data(request, sources(tmp_path, rising))
    frame = found["accuracy"]
    assert len(frame) == 2 * 2 * 2
    own = frame.where(method="tiam", seed=3)
    assert own.numbers("sweep").tolist() == [1, 2]
    assert own.numbers("seconds").tolist() == [0.5, 1.0]
    assert own.numbers("test_accuracy").tolist() == [0.4, 0.5]
    assert "mean over seeds 0, 3" in found.caption
    with styled():
        left = accuracy.draw(found).axes[0]
    assert [line.get_ydata()[-1] for line in left.lines] == pytest.approx([0.35, 0.35])


def test_residuals_are_shown_where_both_were_measured(tmp_path: Path) -> None:
    def measured(spec: RunSpec) -> RunResult:
        gone = math.nan
        curves = {"residual_block": [1.0, gone, 0.01], "residual_joint": [2.0, 1.0, gone]}
        return RunResult(curves)

    request = Request(("few_digits",), ("tiam", "joint_live"), (0, 1), 3)
    frame = residuals.data(request, sources(tmp_path, measured))["residuals"]
    assert len(frame) == 2 * 2 * 1
    assert set(frame.columns["sweep"]) == {1}
    assert set(frame.numbers("residual_joint")) == {2.0}


def test_an_initial_step_that_diverges_has_no_point(tmp_path: Path) -> None:
    def ended(spec: RunSpec) -> RunResult:
        alpha = float(dict(spec.settings)["alpha"])
        return RunResult({"test_accuracy": [0.1, math.nan if alpha > 0.5 else alpha]})

    request = Request(("digits",), ("samt_scalar",), (0,), 2)
    made = sources(tmp_path, ended)
    frame = initial_step.data(request, made)["accuracy"]
    rates = frame.numbers("alpha")
    assert len(rates) == len(set(rates)) > 2
    accuracies = frame.numbers("test_accuracy")
    assert np.isnan(accuracies[rates > 0.5]).all()
    assert (accuracies[rates <= 0.5] == rates[rates <= 0.5]).all()
    whole = Request(("digits",), ("samt_scalar",), (0,), 2, profile="paper")
    assert len(initial_step.data(whole, made)["accuracy"]) > len(frame)


def test_step_sizes_are_shown_layer_by_layer(tmp_path: Path) -> None:
    def trained(spec: RunSpec) -> RunResult:
        curves = {
            f"alpha_{layer}_{what}": [layer * size * k for k in (1, 2)]
            for layer in (1, 2)
            for what, size in zip(step_sizes.STATISTICS, (0.5, 1.0, 2.0), strict=True)
        }
        return RunResult({**curves, "alpha_4_median": [9.0, 9.0]})

    request = Request(("digits",), ("samt_scalar",), (0,), 2)
    frame = step_sizes.data(request, sources(tmp_path, trained))["steps"]
    assert frame.levels("layer") == [1, 2], "layer 3 has none, and so nothing beyond"
    last = frame.where(layer=2, epoch=2)
    assert [last.numbers(what).tolist() for what in step_sizes.STATISTICS] == [[2.0], [4.0], [8.0]]


def test_a_run_with_too_few_points_has_no_exponent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = dict.fromkeys(list(exponents.CASES)[:1], exponents.CASES[next(iter(exponents.CASES))])
    monkeypatch.setattr(exponents, "CASES", few)
    fit, asked = exponents.of_points, []

    def fitted(points: object) -> object:
        asked.append(points)
        if len(asked) == 1:
            raise InvalidInput("too few points")
        return fit(points)  # type: ignore[arg-type]

    monkeypatch.setattr(exponents, "of_points", fitted)
    request = Request((), (), (0, 1), 0)
    frame = exponents.data(request, sources(tmp_path, rising))["exponents"]
    assert frame.columns["seed"] == (1,)
    assert (frame.numbers("low") <= frame.numbers("fitted")).all()
    assert (frame.numbers("fitted") <= frame.numbers("high")).all()
    exponents.data(request, sources(tmp_path, rising))
    assert len(asked) == 2, "the second time it is read back"


def test_the_region_s_points_have_verdicts_and_decades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region, "GRID", (0.0, 0.45))
    monkeypatch.setattr(region, "STEPS", 6)
    request = Request(("few_digits",), (), (0,), 3)
    found = region.data(request, sources(tmp_path, rising))
    points, borders = found["points"], found["borders"]
    assert len(points) == 4
    assert set(points.columns["T2"]) == {"HOLDS"}
    assert points.numbers("growth") == pytest.approx([-2.0] * 4)
    for name in ("R, p1 s > p2", "R, p1 s < p2"):
        p1, p2 = (borders.where(region=name).numbers(axis) for axis in ("p1", "p2"))
        assert 1 - p2**2 == pytest.approx(2 * abs(p1 - p2))
    wider = borders.where(region="R_z")
    for p1, p2 in zip(wider.numbers("p1"), wider.numbers("p2"), strict=True):
        assert p2 >= p1
        inside = (1 - p2**2) - 2 * abs(p1 - p2)
        assert inside < 0.06, "no point of the closed form lies beyond the border"
    assert best(Step(*(map(int, (0, 0, 1, 1))))).bound < 0
