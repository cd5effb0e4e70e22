"""TIAM until its steps drown in rounding: what floats cannot decide, exact values can (10 s)."""

import torch

from amverify.judge.audit import audit
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.network.losses import CrossEntropy
from amverify.record.exact import traced_exactly

torch.manual_seed(0)
x, y = torch.randn(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
relu, loss = activation("relu"), CrossEntropy()
problem = LayeredProblem(x, y, (3, 3, 2), 1.0, 0.1, Band(0.05), relu, loss)
method = TIAM(StepRule(Inertia(0.6, 0.6, 0.3)))
trace, exact = traced_exactly(method, problem, gaussian(problem.widths, 0), sweeps=600)
for found in audit(trace, ["T1", "T3"], exact=exact).findings:
    c = found.counts
    print(found.theorem, found.verdict, f"{c.decided} in floats, {c.exact} exactly, {c.floor} open")
