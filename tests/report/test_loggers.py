"""Runs and verdicts in experiment trackers: what arrives, in which order, and who is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import amverify as amv
from amverify.network.initial import replicated


class Scalars:
    """TensorBoard's manner."""

    def __init__(self) -> None:
        self.scalars: list[tuple[str, float, int]] = []
        self.texts: dict[str, str] = {}

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.append((tag, value, step))

    def add_text(self, tag: str, text: str) -> None:
        self.texts[tag] = text


class Log:
    """W&B's manner: a step that is earlier than one before is dropped."""

    def __init__(self) -> None:
        self.rows: list[tuple[int | None, dict[str, Any]]] = []

    def log(self, values: dict[str, Any], step: int | None = None) -> None:
        self.rows.append((step, values))


class Metrics(Log):
    """Lightning's manner: numbers only."""

    log = None  # type: ignore[assignment]

    def log_metrics(self, values: dict[str, float], step: int | None = None) -> None:
        assert all(isinstance(value, float) for value in values.values())
        self.rows.append((step, values))


@pytest.fixture(scope="module")
def run() -> amv.Trace:
    """Gradient descent with a step that is too long."""
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=2.5)
    recorder = amv.Recorder.attach(optimizer, lambda: 0.5 * (x * x).sum())
    for _ in range(4):
        x.grad = x.detach().clone()
        optimizer.step()
    return recorder.trace()


def test_every_number_of_the_run_arrives_at_its_step(run: amv.Trace):
    logger = Scalars()
    amv.to_logger(logger, run)
    found = {(tag, step): value for tag, value, step in logger.scalars}
    for step, value in zip(run.sweeps["sweep"], run.sweeps["value"], strict=True):
        assert found["amverify/value", step] == value
    assert not any(tag.endswith("_error") for tag, _ in found)


def test_steps_come_in_order_and_once(run: amv.Trace):
    logger = Log()
    amv.to_logger(logger, run, amv.audit(run, "descent"))
    steps = [step for step, _ in logger.rows if step is not None]
    assert steps == sorted(set(steps))
    assert logger.rows[-1] == (None, {"amverify/verdict/descent": "VIOLATED"})
    assert any("amverify/margin/descent" in values for _, values in logger.rows)


def test_numbers_alone_where_words_are_not_taken(run: amv.Trace):
    metrics, scalars = Metrics(), Scalars()
    for logger in (metrics, scalars):
        amv.to_logger(logger, report=amv.audit(run, "descent"))
    assert metrics.rows[-1][1] == {"amverify/verdict/descent": 1.0}
    assert ("amverify/verdict/descent", 1.0, 0) in scalars.scalars
    assert "VIOLATED" in scalars.texts["amverify/report"]


def test_blocks_and_replicates_have_names_of_their_own():
    problem = amv.LayeredProblem(torch.randn(8, 3), torch.arange(8) % 2, (3, 4, 2), rho=1.0)
    starts = replicated(lambda seed: amv.gaussian(problem.widths, seed), (0, 1))
    trace = amv.traced(amv.TIAM(), problem, starts, 2)
    logger = Log()
    amv.to_logger(logger, trace, tables=("sweeps", "blocks"))
    names = {name for _, values in logger.rows for name in values}
    assert {"amverify/0/value", "amverify/1/value", "amverify/1/W_1/change"} <= names


def test_what_is_no_logger_is_told_what_one_has(run: amv.Trace):
    with pytest.raises(amv.InvalidInput, match=r"list has no method for it; give an object with"):
        amv.to_logger([], run)
    with pytest.raises(amv.InvalidInput, match="no 'steps'; a trace has blocks, sweeps"):
        amv.to_logger(Log(), run, tables=("steps",))


def test_a_parquet_file_has_the_table(run: amv.Trace, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    run.to_parquet(tmp_path / "run.parquet")
    assert pandas.read_parquet(tmp_path / "run.parquet").equals(run.to_pandas())


def test_without_pyarrow_the_extra_is_named(run: amv.Trace, tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(amv.InvalidInput, match=r"amverify\[parquet\]"):
        run.to_parquet(tmp_path / "run.parquet")
    assert not (tmp_path / "run.parquet").exists()
