"""Methods for a smooth function and a simple one, or a simple set."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from amverify.families import draw
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import nesterov as accelerated
from amverify.trace.trace import Trace
from repro.gallery.entry import Entry, false, true
from repro.gallery.loop import A, F, loop, slope, squares
from repro.gallery.smooth import ONE_STEP

LASSO = draw("sparse_l1", 3)
"""½‖Ax − b‖² + λ‖x‖₁ with its least value as a fraction."""


@cache
def shrinking() -> Trace:
    """ISTA on least squares + 0.5‖x‖₁, η = 1/16."""
    f = lambda x: squares(x) + 0.5 * x.abs().sum()  # noqa: E731

    def step(_: int, x: Tensor) -> Tensor:
        y = x - slope(squares, x) / 16
        return torch.sign(y) * torch.clamp(y.abs() - 0.5 / 16, min=0)

    return loop(f, torch.zeros(3, dtype=F), 60, step, {"size": lambda x: x.abs().sum()}, L=16)


@cache
def shrinking_family() -> Trace:
    """ISTA on the LASSO of the families: one block, no inertia."""
    return block_descent(LASSO, 40, Rule())


@cache
def fista() -> Trace:
    """FISTA on the LASSO of the families."""
    return accelerated(LASSO, 120)


@cache
def mirror() -> Trace:
    """Exponentiated gradient for ⟨c, x⟩ on the simplex, η = 1, from the centre."""
    c = torch.tensor([0.5, 0.6, 0.9], dtype=F)

    def step(_: int, x: Tensor) -> Tensor:
        moved = x * torch.exp(-c)
        return moved / moved.sum()

    seen = {
        "bregman": lambda x: -x[0].log(),
        "least": lambda x: x.min(),
    }
    x = torch.full((3,), 1 / 3, dtype=F)
    return loop(lambda x: (c * x).sum(), x, 60, step, seen, fstar=0.5)


@cache
def simplex() -> Trace:
    """Frank–Wolfe over the simplex, ½‖x − c‖² with c inside: open-loop steps 2/(k + 1)."""
    c = torch.tensor([0.2, 0.3, 0.5], dtype=F)
    f = lambda x: 0.5 * ((x - c) ** 2).sum()  # noqa: E731

    def step(k: int, x: Tensor) -> Tensor:
        vertex = torch.zeros(3, dtype=F)
        vertex[int(torch.argmin(x - c))] = 1.0
        return x + 2 / (k + 1) * (vertex - x)

    x = torch.tensor([1.0, 0, 0], dtype=F)
    return loop(f, x, 80, step, {"mass": lambda x: x.sum(), "gap": f}, fstar=0)


WEIGHT = 0.5
SPARSE = torch.tensor([1.0, -2, 0], dtype=F)
"""The solution of ½‖Ax − TARGET‖² + ½‖x‖₁, with the subgradient (1, −1, ½)/2 of its second term."""
PULL = WEIGHT * torch.tensor([1.0, -1, 0.5], dtype=F)
TARGET = A @ SPARSE + A @ torch.linalg.solve(A.T @ A, PULL)


@cache
def admm() -> Trace:
    """ADMM, ρ = 1, for ½‖Ax − b‖² + ½‖z‖₁ with x = z; the point is (x, z, u), scaled dual u."""
    system, right = A.T @ A + torch.eye(3, dtype=F), A.T @ TARGET

    def step(_: int, p: Tensor) -> Tensor:
        z, u = p[3:6], p[6:]
        x = torch.linalg.solve(system, right + z - u)
        v = x + u
        z = torch.sign(v) * torch.clamp(v.abs() - WEIGHT, min=0)
        return torch.cat((x, z, u + x - z))

    def objective(p: Tensor) -> Tensor:
        x, z = p[:3], p[3:6]
        found: Tensor = 0.5 * ((A @ x - TARGET) ** 2).sum() + WEIGHT * z.abs().sum()
        return found

    seen: dict[str, Any] = {
        "lyap": lambda p: ((p[3:6] - SPARSE) ** 2).sum() + ((p[6:] - PULL) ** 2).sum(),
        "primal2": lambda p: ((p[:3] - p[3:6]) ** 2).sum(),
        "moved2": lambda p, old: ((p[3:6] - old[3:6]) ** 2).sum(),
    }
    return loop(objective, torch.zeros(9, dtype=F), 30, step, seen)


ENTRIES = (
    Entry(
        "Proximal gradient",
        "least squares + ½‖x‖₁, η = 1/16",
        shrinking,
        (
            true("value[k] <= value[k-1] - L/2*step2[k]", "Beck & Teboulle 2009, Lemma 2.3"),
            false("value[k] <= value[k-1] - L*step2[k]", "twice that: only where f is linear"),
        ),
    ),
    Entry(
        "Proximal gradient, LASSO",
        "a LASSO whose minimum is known as a fraction, η < 1/L",
        shrinking_family,
        (
            true("G3", "Bolte, Sabach & Teboulle 2014, Lemma 2"),
            true("value[k] - fstar <= L*D**2/(2*k)", "Beck & Teboulle 2009, Theorem 3.1"),
        ),
    ),
    Entry(
        "FISTA",
        "a LASSO whose minimum is known as a fraction, η < 1/L",
        fista,
        (
            true("value[k] - fstar <= 2*L*D**2/(k+1)**2", "Beck & Teboulle 2009, Theorem 4.4"),
            false(ONE_STEP, "not monotone: Beck & Teboulle 2009 (MFISTA)"),
        ),
    ),
    Entry(
        "Mirror descent",
        "⟨c, x⟩ on the simplex, entropy, η = 1",
        mirror,
        (
            true("value[k] - fstar <= log(3)/k", "Lu, Freund & Nesterov 2018, Theorem 3.1"),
            true("bregman[k] <= bregman[k-1]", "Bregman monotone: Bauschke et al. 2017"),
            true("least[k] > 0", "iterates stay in the interior"),
            false(
                "exists k <= 60: value[k] - fstar <= 1e-6",
                "x_2/x_1 shrinks by e^{−0.1} a step, no faster",
            ),
        ),
    ),
    Entry(
        "Frank–Wolfe",
        "½‖x − c‖² on the simplex, steps 2/(k + 1)",
        simplex,
        (
            true("gap[k] <= 2*C/(k+2)", "Jaggi 2013, Theorem 1", C=2),
            true("abs(mass[k] - 1) <= 1e-9", "iterates stay in the simplex"),
            false(ONE_STEP, "open-loop steps are not monotone: Jaggi 2013"),
            false("gap[k] <= C/k**3", "its steps move x by about 1/k", C=0.1),
        ),
    ),
    Entry(
        "ADMM",
        "½‖Ax − b‖² + ½‖z‖₁, x = z, ρ = 1; the solution is known",
        admm,
        (
            true("lyap[k] <= lyap[k-1]", "Boyd et al. 2011, appendix A"),
            true("lyap[k] <= lyap[k-1] - primal2[k] - moved2[k]", "Boyd et al. 2011, (A.1)"),
            false(ONE_STEP, "the objective need not fall: Boyd et al. 2011, 3.2"),
            false("primal2[k] <= primal2[k-1]", "nor the primal residual: Boyd et al. 2011, 3.3"),
        ),
    ),
)
