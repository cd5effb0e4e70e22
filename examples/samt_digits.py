"""S3 on a network that learns digits: whole sweeps replayed, one batch of 32 each (20 s)."""

import torch
from sklearn.datasets import load_digits
from torch.nn import CrossEntropyLoss, Linear, Sequential, Tanh

import amverify as amv

x, y = (torch.as_tensor(part) for part in load_digits(return_X_y=True))


def start() -> amv.ReplayedSweeps:  # noqa: D103
    torch.manual_seed(0)
    model = Sequential(Linear(64, 32), Tanh(), Linear(32, 10)).double()
    optimiser = amv.SAMT(model, lr=0.01, kind="row", extrapolation=0.0)
    loss = CrossEntropyLoss(reduction="none")
    return amv.ReplayedSweeps(model, optimiser, x / 16, y, loss, batch=32)


run = start()
for k in range(60):
    run.sweep(replay=600 if k in (0, 59) else 0)
amv.render(amv.audit(run.trace(amv.probe(start)), ["S3"]))
