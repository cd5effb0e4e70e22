"""L-BFGS with a line search: descent and H1 may hold of it; G1 is about another method."""

import torch

import amverify as amv

d = torch.linspace(1, 10, 20, dtype=torch.float64)
x = torch.linspace(-1, 2, 20, dtype=torch.float64, requires_grad=True)
f = lambda: (0.5 * d * x * x + 0.25 * x * x * x * x).sum()  # noqa: E731
optimizer = torch.optim.LBFGS([x], max_iter=1, line_search_fn="strong_wolfe")


def closure() -> torch.Tensor:
    """f, with its gradient in x.grad."""
    optimizer.zero_grad()
    (value := f()).backward()
    return value


recorder = amv.Recorder.attach(optimizer, f)
for _ in range(30):
    optimizer.step(closure)
amv.render(amv.audit(recorder.trace(), ["descent", "H1", "G1"], constants={"a": 0.05, "L": 58.0}))
