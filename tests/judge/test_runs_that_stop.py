"""A run that becomes NaN or infinite: it refutes what rises, and nothing HOLDS of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from amverify.claims import claim
from amverify.command.cli import main
from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.record.recorder import Recorder
from amverify.theorems import CATALOGUE
from amverify.trace.file import save_trace
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

NOT_FINITE = (math.nan, math.inf, -math.inf)
REFUTED = ("value[k] <= value[k-1]", "value[k] - value[k-1] <= 5", "value[k] <= value[k-1] + 1")
BOUNDS = ("value[k] <= 100", "for k >= 2: value[k] <= 100")
OPEN = (
    "for 1 <= k <= 2: value[k] <= 100",
    "for 1 <= k <= 3: value[k] <= value[k-1]",
    "value[k] >= -1",
    "sum(value[:k+1]) <= 1000000",
    "mean(value[:k]) <= 1000000",
    "min(value[:k+1]) <= 100",
    "max(value[:k+1]) <= 100",
    "exists k <= 25: value[k] <= 0.001",
    "exists k <= 25: value[k] >= 0",
    "exists k: value[k] <= 1",
    "step2[k] >= 0",
    "norm[k] <= 1000",
    "value[k+1] <= 2*value[k]**2",
)


def ended(last: float) -> Trace:
    """Values 4, 3, 2, 1, and then ``last``."""
    recorder = Recorder(value_error=0.0)
    for k, value in enumerate((4.0, 3.0, 2.0, 1.0, last, 0.5)):
        recorder.step(np.array([float(k)]), value)
    return recorder.trace()


def blown_up() -> Trace:
    """Gradient descent on Σx⁴ with a step that is far too long, to the end of the format."""
    x = torch.full((3,), 2.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.2)
    recorder = Recorder.attach(optimizer, lambda: (x**4).sum())
    for _ in range(12):
        optimizer.zero_grad()
        (x**4).sum().backward()
        optimizer.step()
    return recorder.trace()


def verdict(trace: Trace, text: str) -> Verdict:
    return audit(trace, claim(text)).verdict


@pytest.mark.parametrize("last", NOT_FINITE)
def test_it_refutes_a_decrease_and_nothing_holds(last):
    trace = ended(last)
    assert audit(trace, "descent").verdict is Verdict.VIOLATED
    assert {verdict(trace, text) for text in REFUTED} == {Verdict.VIOLATED}
    assert {verdict(trace, text) for text in OPEN} == {Verdict.UNDECIDED}
    assert audit(trace, "H1", {"a": 1e-9}).verdict is Verdict.VIOLATED
    assert audit(trace).verdict is Verdict.VIOLATED


def test_minus_infinity_is_below_any_number():
    for last in NOT_FINITE:
        below = last == -math.inf
        wanted = Verdict.UNDECIDED if below else Verdict.VIOLATED
        assert {verdict(ended(last), text) for text in BOUNDS} == {wanted}


def test_of_a_run_that_blows_up_no_theorem_holds():
    constants = {name: 1.0 for theorem in CATALOGUE.values() for name in theorem.declarable}
    for finding in audit(blown_up(), list(CATALOGUE), constants).findings:
        assert finding.verdict is not Verdict.HOLDS, finding
    for text in (*REFUTED, *BOUNDS):
        assert verdict(blown_up(), text) is Verdict.VIOLATED
    for text in OPEN:
        assert verdict(blown_up(), text) is not Verdict.HOLDS


@pytest.mark.parametrize("last", NOT_FINITE)
def test_a_tracked_quantity_that_is_not_finite_ends_the_record(last):
    recorder = Recorder(value_error=0.0)
    recorder.track("psi", lambda x: last if x[0] <= 3 else x[0], error=0.0)
    for x in (9.0, 7.0, 5.0, 3.0, 1.0):
        recorder.step(np.array([x]), x)
    trace = recorder.trace()
    assert len(trace.sweeps["value"]) == 3
    wanted = Verdict.UNDECIDED if last == -math.inf else Verdict.VIOLATED
    assert verdict(trace, "psi[k] <= psi[k-1]") is wanted
    assert verdict(trace, "psi[k] >= 0") is Verdict.UNDECIDED
    assert verdict(trace, "value[k] <= value[k-1]") is Verdict.UNDECIDED


def test_rounding_that_nothing_bounds_is_no_error_of_the_trace():
    """psi is −∞ beside the points: what rounding can do to it is unknown, not a traceback."""
    recorder = Recorder(value_error=0.0)
    recorder.track("psi", lambda x: -math.inf if x[0] % 1 else 1.0, error=0.0)
    for x in (3.0, 2.0, 1.0):
        recorder.step(np.array([x]), x)
    assert audit(recorder.trace(), claim("psi[k] <= psi[k-1]")).verdict is not Verdict.VIOLATED


def test_a_start_that_is_not_finite_is_one_line():
    recorder = Recorder()
    recorder.step(np.zeros(1), math.nan)
    with pytest.raises(InvalidInput, match=r"no step was recorded \(step 0: its value"):
        recorder.trace()


@pytest.mark.parametrize("last", NOT_FINITE)
def test_no_exit_status_is_0(last, tmp_path, capsys):
    save_trace(ended(last), tmp_path / "run.trace")
    for given in (
        (),
        ("--theorem", "descent"),
        ("--claim", "value[k] <= value[k-1]"),
        ("--claim", "value[k] >= -1"),
        ("--claim", "exists k <= 25: value[k] >= 0"),
        ("--claim", "sum(value[:k]) <= 1000"),
    ):
        assert main(["audit", str(tmp_path / "run.trace"), *given, "-q"]) in (1, 3), given
    capsys.readouterr()
