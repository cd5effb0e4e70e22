"""L-BFGS with a line search: descent and H1 may hold of it; G1 is about another method."""

import torch

from amverify.judge.audit import audit
from amverify.record.recorder import Recorder
from amverify.report.console import render

d = torch.linspace(1, 10, 20, dtype=torch.float64)
x = torch.linspace(-1, 2, 20, dtype=torch.float64, requires_grad=True)
f = lambda: (0.5 * d * x * x + 0.25 * x * x * x * x).sum()  # noqa: E731
optimizer = torch.optim.LBFGS([x], max_iter=1, line_search_fn="strong_wolfe")


def closure() -> torch.Tensor:
    """f, with its gradient in x.grad."""
    optimizer.zero_grad()
    (value := f()).backward()
    return value


recorder = Recorder.attach(optimizer, f)
for _ in range(30):
    optimizer.step(closure)
render(audit(recorder.trace(), ["descent", "H1", "G1"], constants={"a": 0.05, "L": 58.0}))
