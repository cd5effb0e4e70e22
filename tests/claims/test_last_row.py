"""A trace that holds one row of a run, and not the first: sums have no start there."""

from __future__ import annotations

import numpy as np
import pytest

from amverify.claims import claim
from amverify.judge.audit import audit
from amverify.trace.trace import Trace
from amverify.verdict import Verdict


@pytest.mark.parametrize("text", ["sum(step2[1:k+1]) <= 9", "value[k] >= min(value[0:k+1])"])
def test_a_sum_whose_start_is_beyond_the_rows_is_undecided(text: str) -> None:
    sweeps: dict[str, np.ndarray] = {"sweep": np.array([30]), "replicate": np.array([0])}
    for name in ("value", "step"):
        sweeps |= {name: np.ones(1), f"{name}_error": np.zeros(1)}
    trace = Trace({"subject": "by hand", "iteration": "step"}, {}, sweeps)
    (finding,) = audit(trace, claim(text)).findings
    assert finding.verdict is Verdict.UNDECIDED
    assert "recorder.step" in finding.reason
