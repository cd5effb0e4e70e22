"""SGD with momentum is heavy ball: its objective need not fall, its Lyapunov function does (G4)."""

import torch

import amverify as amv

d = torch.linspace(1, 10, 50, dtype=torch.float64)  # f(x) = ½ Σ d_j x_j², L = 10
x = torch.ones(50, dtype=torch.float64, requires_grad=True)
f = lambda: 0.5 * (d * x * x).sum()  # noqa: E731

optimizer = torch.optim.SGD([x], lr=0.015, momentum=0.9)
recorder = amv.Recorder.attach(optimizer, f)
for _ in range(200):
    optimizer.zero_grad()
    f().backward()
    optimizer.step()

amv.render(amv.audit(recorder.trace(constants={"L": 10.0}), ["descent", "G4"]))
