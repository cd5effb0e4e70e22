"""Every optional argument of what users import, with values that are none: one line that names it.

A value may be taken (a number as a flag, a text as a name). Where it is refused, it is by an error
of ours, or by a ValueError or TypeError, of one line with the argument's name: nothing of torch's
or numpy's that speaks of another thing.
"""

from __future__ import annotations

import inspect
import io
import math
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest
import torch

import amverify as amv

HOSTILE = (None, math.nan, math.inf, -1, 0, 10**30, "nosuch", [], [None], {"x": object()},
           object(), np.ones(3))  # fmt: skip
X, Y = torch.linspace(-1, 1, 18, dtype=torch.float64).reshape(6, 3), torch.arange(6) % 2
WIDTHS = (3, 2, 2)
TOLD_OTHERWISE = {
    **dict.fromkeys(("epsilon", "audit", "ridge", "random_state"), "by what reads it"),
    **dict.fromkeys(("constants", "given", "fixed"), "by a name in it"),
}
"""Arguments whose errors may speak of what was made of them."""
FLAGS = {"verbose", "scale"}
"""Anything that has a truth value will do; arrays have none."""


def trace() -> amv.Trace:
    recorder = amv.Recorder(value_error=1e-12, gradient_error=1e-12)
    for k in range(1, 6):
        recorder.step(np.ones(2) / k, 1.0 / k, np.ones(2) / k)
    return recorder.trace(fstar=0.0)


TRACE = trace()
REPORT = amv.audit(TRACE, "descent")
PROBLEM = amv.LayeredProblem(X, Y, WIDTHS, 0.1, 0.05, amv.Band(0.1))


def fitted(make: Callable[..., Any]) -> Callable[..., Any]:
    """An estimator, and its fit."""

    def made(**given: Any) -> Any:
        return make(**{"sweeps": 1, **given}).fit(X.numpy(), Y.numpy())

    made.__signature__ = inspect.signature(make)  # type: ignore[attr-defined]
    return made


CALLS: dict[str, tuple[Any, ...]] = {
    "BCD": (), "Band": (0.1,), "CrossEntropy": (), "DlADMM": (), "Inertia": (), "JointTIAM": (),
    "LayeredProblem": (X, Y, WIDTHS, 0.1, 0.05, amv.Band(0.1)), "Recorder": (), "StepRule": (),
    "SAMT": (torch.nn.Linear(2, 1),), "TIAM": (), "TIAMClassifier": (), "TIAMRegressor": (),
    "Trace": ({"subject": "x"},), "audit": (TRACE, "descent"), "mdlam": (), "palm": (),
    "claim": ("value[k] <= value[k-1]",), "definable": (torch.nn.Linear(2, 1),),
    "gaussian": (WIDTHS, 0), "gradient_method": ("gd", 0.1),
    "render": (REPORT,), "to_html": (REPORT,), "to_junit": (REPORT,), "to_sarif": (REPORT,),
    "traced": (amv.TIAM(), PROBLEM, amv.gaussian(WIDTHS, 0), 1), "usable": (TRACE,),
}  # fmt: skip


def optional(name: str) -> Iterator[str]:
    """The arguments of a public name that have a default, beyond those that are given."""
    for own in list(inspect.signature(getattr(amv, name)).parameters.values())[len(CALLS[name]) :]:
        if own.default is not own.empty:
            yield own.name


def raised(call: Callable[..., Any], *args: Any, **more: Any) -> BaseException | None:
    """What a call raises."""
    try:
        with redirect_stdout(io.StringIO()):
            call(*args, **more)
    except BaseException as error:
        return error
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_an_argument_that_is_none_is_named_in_one_line(name):
    call = getattr(amv, name)
    call = fitted(call) if name.startswith("TIAM") and name != "TIAM" else call
    assert raised(call, *CALLS[name]) is None
    wrong = []
    for argument in optional(name):
        for value in HOSTILE:
            error = raised(call, *CALLS[name], **{argument: value})
            if error is None or (argument in FLAGS and value is HOSTILE[-1]):
                continue
            said = str(error)
            named = argument in said or argument in TOLD_OTHERWISE
            if not isinstance(error, ValueError | TypeError) or not named or "\n" in said:
                wrong.append(f"{argument}={value!r}: {type(error).__name__}: {said[:200]}")
    assert wrong == []


def test_most_of_the_face_is_here():
    """What has optional arguments and takes no file is called; dataclasses of results are not."""
    results = {"Certificate", "Claim", "Finding", "Report", "Subject", "Theorem", "Witness"}
    others = {"Evidence", "Verdict", "ReplayedSweeps", "ReplayedTraining", "falsify", "probe",
              "load_checkpoint", "traced_exactly", "kl_plot", "to_logger", "gauss_seidel", "ipalm",
              "AmverifyError", "CannotWrite", "CorruptFile", "InvalidInput", "NonFiniteLoss",
              "Penalty", "SquaredError", "activation", "estimate", "from_json", "load_trace",
              "nondegenerate", "theorems",
              "save_checkpoint", "save_trace", "theorem", "to_json", "within"}  # fmt: skip
    functions = {name for name in amv.__all__ if callable(getattr(amv, name))}
    assert functions - results - others == set(CALLS)
