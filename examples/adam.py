"""Adam on a convex quadratic, with the claim that the objective decreases at every step."""

import torch

import amverify as amv

torch.manual_seed(0)
d = torch.linspace(1, 10, 50)  # float32; f(x) = ½ Σ d_j x_j²
x = torch.randn(50, requires_grad=True)
f = lambda: 0.5 * (d * x * x).sum()  # noqa: E731

optimizer = torch.optim.Adam([x], lr=0.1)
recorder = amv.Recorder.attach(optimizer, f, seed=0)
for _ in range(200):
    optimizer.zero_grad()
    f().backward()
    optimizer.step()

amv.render(amv.audit(recorder.trace(), ["descent"]))
