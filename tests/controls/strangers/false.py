"""Claims that are false of such loops, by more than rounding could excuse: all are to be caught.

For a convex f and e = −η∇f(x), f(x + e) ≥ f(x) − ‖e‖²/η: no a > 1/η is one of H1's. A step of
gradient ascent raises f. Beyond ηL = 2 gradient descent on a quadratic diverges, so that f rises in
some step. A tenth of the modulus is not a modulus along the steepest direction.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from amverify.record.recorder import Recorder
from strangers.gradients import _drawn, _steps, _type
from strangers.subject import Run, Stranger, least_modulus


def _made(
    seed: int, dtype: str, kind: str, share: float, maximize: bool = False
) -> tuple[Recorder, float, float]:
    """A run of SGD on least squares, a negative quadratic or cross-entropy; η and L."""
    data, target, _ = _drawn(seed, 20, 4, dtype)
    x = torch.full((4,), 0.5, dtype=_type(dtype), requires_grad=True)
    modulus = least_modulus(data) / (1 if kind != "cross-entropy" else 80)

    def loss() -> Tensor:
        if kind == "least squares":
            return 0.5 * ((data @ x - target) ** 2).sum()
        if kind == "negative":
            return 0.5 * (x @ (data.T @ data) @ x) - (data.T @ target) @ x - 50
        return functional.softplus(-target.sign() * (data @ x)).mean()

    optimizer = torch.optim.SGD([x], lr=share / modulus, maximize=maximize)
    recorder = Recorder.attach(optimizer, loss)
    _steps(optimizer, loss, 12)
    return recorder, share / modulus, modulus


def too_strong(seed: int, dtype: str) -> Run:
    """H1 with a = 10/η."""
    recorder, eta, _ = _made(seed, dtype, KINDS[seed % 3], 1.0)
    return Run(recorder.trace(), ("H1",), {"a": 10 / eta})


def ascent(seed: int, dtype: str) -> Run:
    """Descent of an optimiser that maximises."""
    recorder, _, _ = _made(seed, dtype, KINDS[seed % 3], 0.1, maximize=True)
    return Run(recorder.trace(), ("descent",), {})


def too_long(seed: int, dtype: str) -> Run:
    """Descent with ηL = 3."""
    recorder, _, _ = _made(seed, dtype, KINDS[seed % 2], 3.0)
    return Run(recorder.trace(), ("descent",), {})


def too_smooth(seed: int, dtype: str) -> Run:
    """G1 with a tenth of the modulus, the step size chosen by the true one."""
    recorder, _, modulus = _made(seed, dtype, KINDS[seed % 2], 1.9)
    return Run(recorder.trace(), ("G1",), {"L": modulus / 10})


KINDS = ("least squares", "negative", "cross-entropy")
FALSE = (
    Stranger("H1, a = 10/η", "convexity", too_strong),
    Stranger("descent of an ascent", "descent lemma", ascent),
    Stranger("descent beyond 2/L", "it diverges", too_long),
    Stranger("G1, L/10", "curvature along the steepest direction", too_smooth),
)
