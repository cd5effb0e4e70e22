"""TIAM until its steps drown in rounding: what floats cannot decide, exact values can (10 s)."""

import torch

import amverify as amv

torch.manual_seed(0)
x, y = torch.randn(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
relu, loss = amv.activation("relu"), amv.CrossEntropy()
problem = amv.LayeredProblem(x, y, (3, 3, 2), 1.0, 0.1, amv.Band(0.05), relu, loss)
method = amv.TIAM(amv.StepRule(amv.Inertia(0.6, 0.6, 0.3)))
trace, exact = amv.traced_exactly(method, problem, amv.gaussian(problem.widths, 0), sweeps=600)
for found in amv.audit(trace, ["T1", "T3"], exact=exact).findings:
    c = found.counts
    print(found.theorem, found.verdict, f"{c.decided} in floats, {c.exact} exactly, {c.floor} open")
