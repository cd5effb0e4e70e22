"""Optimisers of torch and of other libraries: each recorded right, or refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from foreign import FOREIGN, Foreign, faults, outcome, recorded

from amverify.errors import InvalidInput
from amverify.trace.trace import Trace

REFUSED = {"pytorch_optimizer.Lookahead": "give the optimiser inside"}


def test_there_are_forty_of_them():
    assert len({str(one) for one in FOREIGN}) == len(FOREIGN) >= 40


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("one", FOREIGN, ids=str)
def test_it_is_recorded_right_or_refused_with_the_reason(one):
    if one.missing:
        pytest.skip(one.missing)
    if str(one) in REFUSED:
        with pytest.raises(InvalidInput, match=REFUSED[str(one)]):
            recorded(one)
        return
    said, detail = outcome(one)
    assert said == "recorded", detail


@pytest.mark.parametrize("name", ["value", "gradient", "step"])
def test_a_wrong_number_is_seen(name):
    """The comparison itself: a column that is off by one part in a thousand is a fault."""
    one = Foreign("torch.optim", "SGD", {"lr": 0.05})
    trace = recorded(one)
    assert not list(faults(one, trace))
    wrong = {**trace.sweeps, name: trace.sweeps[name] * 1.001}
    assert [f"{name} is off" in fault for fault in faults(one, moved(trace, sweeps=wrong))] == [
        True
    ]
    other = {**trace.iterates, 1: {"x": np.nextafter(trace.iterates[1]["x"], 9)}}
    assert list(faults(one, moved(trace, iterates=other))) == ["another point in row 1"]


def moved(trace: Trace, **parts: object) -> Trace:
    given = {"header": trace.header, "sweeps": trace.sweeps, "iterates": trace.iterates, **parts}
    return Trace(**given)  # type: ignore[arg-type]
