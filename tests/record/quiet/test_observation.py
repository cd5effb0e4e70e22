"""Observation neither changes nor misreads a run: loops with a recorder and without, in bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.watched_runs import KINDS, STEPS, run

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_run_is_the_run_itself_and_its_points_are_the_runs(kind):
    alone, watched = run(kind, record=False), run(kind, record=True)
    assert alone.tensors.keys() == watched.tensors.keys()
    for name, tensor in alone.tensors.items():
        assert torch.equal(tensor, watched.tensors[name]), name
    assert alone.draws == watched.draws
    assert watched.recorder is not None
    trace = watched.recorder.trace()
    assert "stopped" not in trace.header
    assert len(watched.points) == trace.rows("sweeps") == STEPS + 1
    for k, point in enumerate(alone.points):
        assert np.array_equal(trace.iterates[k]["x"], point), k
