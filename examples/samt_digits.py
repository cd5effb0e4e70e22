"""S3 on a network that learns digits: whole sweeps replayed, one batch of 32 each (20 s)."""

import torch
from sklearn.datasets import load_digits
from torch.nn import CrossEntropyLoss, Linear, Sequential, Tanh

from amverify.expectation import ReplayedSweeps, probe
from amverify.judge.audit import audit
from amverify.report.console import render
from amverify.samt import SAMT

x, y = (torch.as_tensor(part) for part in load_digits(return_X_y=True))


def start() -> ReplayedSweeps:  # noqa: D103
    torch.manual_seed(0)
    model = Sequential(Linear(64, 32), Tanh(), Linear(32, 10)).double()
    optimiser = SAMT(model, lr=0.01, kind="row", extrapolation=0.0)
    return ReplayedSweeps(model, optimiser, x / 16, y, CrossEntropyLoss(reduction="none"), batch=32)


run = start()
for k in range(60):
    run.sweep(replay=600 if k in (0, 59) else 0)
render(audit(run.trace(probe(start)), ["S3"]))
