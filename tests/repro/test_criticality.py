"""The table of residuals: what it measures, and that the published scheme stops where it says."""

from __future__ import annotations

import math

import fake_runs

from repro.data import load
from repro.run import execute
from repro.spec import RunResult, RunSpec
from repro.tables import Request, criticality
from repro.tables.criticality import FALL, LABELS, SUBJECTS, specifications


def request(*methods: str, sweeps: int = 100, seeds: tuple[int, ...] = (0,)) -> Request:
    return Request(("few_digits",), methods or tuple(SUBJECTS), seeds, sweeps)


def test_every_subject_has_a_row_on_the_small_problem():
    def result(spec: RunSpec) -> RunResult:
        made = fake_runs.result_of(spec)
        residuals = [math.nan, 4.0, 1.0, FALL * 4.0]
        return RunResult(
            made.curves | {"residual_block": residuals, "residual_joint": residuals},
            (),
            made.report,
        )

    laboratory = fake_runs.MadeUp(result, load)
    document = criticality.make(request(sweeps=4, seeds=(0, 1)), laboratory)
    (table,) = document.tables
    assert [row[0].plain() for row in table.rows] == list(LABELS.values())
    assert {row[5].plain() for row in table.rows} == {"1.00e+04"}
    assert {row[6].plain() for row in table.rows} == {"1.00e+04"}
    assert {row[7].plain() for row in table.rows} == {"4 (2/2)"}
    small = laboratory.datasets[laboratory.asked[0].dataset]
    assert (len(small.train), small.classes) == (30, 3)
    assert set(small.train.y.tolist()) == {0, 1, 2}


def curves_of(subject: str, sweeps: int) -> dict[str, list[float]]:
    dataset = load("few_digits")
    (spec,) = specifications(subject, dataset.name, request(sweeps=sweeps))
    return execute(spec, dataset, lambda k: None).curves


def residuals(curves: dict[str, list[float]], sweeps: int) -> tuple[list[float], list[float]]:
    """Block-wise and joint, where they were measured."""
    found = [[v for v in curves[f"residual_{n}"] if math.isfinite(v)] for n in ("block", "joint")]
    assert len(found[0]) == sweeps // 10 + 1
    return found[0], found[1]


def test_the_published_scheme_stops_where_it_is_not_critical():
    """Its blocks settle, the joint residual does not fall; JointTIAM's does, with its model gap."""
    blockwise, joint = residuals(curves_of("tiam", 600), 600)
    assert blockwise[-1] < 0.1 * blockwise[0]
    assert joint[-1] > 0.9 * joint[10]
    curves = curves_of("joint_relaxed", 400)
    assert residuals(curves, 400)[1][-1] < 0.1 * joint[-1]
    assert len(curves["model_gap"]) == 400
    assert curves["model_gap"][0] > 1e6 * max(curves["model_gap"][-10:]) > 0


def test_a_penalty_run_that_leaves_no_rows_ends_too():
    assert {"residual_joint", "lyapunov"} <= curves_of("tiam_penalty", 3).keys()
