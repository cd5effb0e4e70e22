"""What is slow the first time, done before a clock runs.

A first run and audit import, parse and compile; hypothesis would count that as the time of an
example and fail it by its deadline.
"""

from __future__ import annotations

from functools import cache

import torch

from amverify.claims import claim
from amverify.compiled.available import compiled
from amverify.judge.audit import audit
from amverify.record.recorder import Recorder
from amverify.report import to_json


@cache
def warm() -> None:
    """Record two steps and judge them, once in a process."""
    compiled()
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, lambda: (x * x).sum())
    for _ in range(2):
        optimizer.zero_grad()
        (x * x).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    recorder.detach()
    to_json(audit(recorder.trace(), claim("value[k] <= value[k-1]")))
