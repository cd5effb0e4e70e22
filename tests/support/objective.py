"""F written once more, from model.md, with torch.nn's own modules: the autograd twin.

Weights are taken as stored, so the tests use it with the dense representation, or hand in
the problem's inputs in coordinates.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem, Point
from support.problems import group, replaced

MODULES: dict[str, nn.Module] = {
    "identity": nn.Identity(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(0.01),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "celu": nn.CELU(),
    "softplus": nn.Softplus(threshold=40),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "hard_tanh": nn.Hardtanh(),
    "relu6": nn.ReLU6(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
}


def loss_value(p: LayeredProblem, z: Tensor) -> Tensor:
    """R(z; y), from torch.nn's losses."""
    target = p.target.to(z.dtype)
    if p.loss.name == "cross_entropy":
        return nn.functional.cross_entropy(z, target, reduction="sum")
    if p.loss.name == "squared_error":
        return 0.5 * nn.functional.mse_loss(z, target, reduction="sum")
    return nn.functional.binary_cross_entropy_with_logits(z, target, reduction="sum")


def objective(p: LayeredProblem, at: Point, with_loss: bool = True) -> Tensor:
    """F (or its smooth part H in z_L: without R) of a point without replicates."""
    h, dtype = MODULES[p.activation.name], at.z[-1].dtype
    total = torch.zeros((), dtype=dtype)
    if with_loss:
        total = total + loss_value(p, at.z[-1])
    a = p.space.inputs.to(dtype)
    for i, (w, b, z) in enumerate(zip(at.w, at.b, at.z, strict=True)):
        difference = z - nn.functional.linear(a, w, b[0])
        total = total + 0.5 * p.rho * difference.pow(2).sum() + 0.5 * p.mu * w.pow(2).sum()
        if i + 1 < p.layers:
            a = at.a[i]
            if isinstance(p.coupling, Penalty):
                total = total + 0.5 * p.coupling.nu * (a - h(z)).pow(2).sum()
    return total


def smooth(p: LayeredProblem, at: Point, kind: str, layer: int) -> Callable[[Tensor], Tensor]:
    """H as a function of one block, the others as in ``at``."""
    return lambda u: objective(p, replaced(at, kind, layer, u), with_loss=False)


def autograd(function: Callable[[Tensor], Tensor], u: Tensor) -> Tensor:
    """∇function(u)."""
    v = u.detach().clone().requires_grad_(True)
    (g,) = torch.autograd.grad(function(v), v)
    return g


def hessian(function: Callable[[Tensor], Tensor], u: Tensor) -> Tensor:
    """∇²function(u) as a matrix."""
    h = torch.autograd.functional.hessian(function, u.detach())
    return h.reshape(u.numel(), u.numel())


def largest_eigenvalue(function: Callable[[Tensor], Tensor], u: Tensor) -> float:
    """The modulus of a quadratic's gradient."""
    return float(torch.linalg.eigvalsh(hessian(function, u))[-1])


def minimiser(function: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """argmin of a smooth convex function: scipy's Newton-CG, finished by plain Newton steps."""

    def scalar(v: object) -> float:
        return float(function(torch.as_tensor(v).reshape(start.shape)))

    def slope(v: object) -> object:
        return autograd(function, torch.as_tensor(v).reshape(start.shape)).flatten().numpy()

    found = minimize(scalar, start.flatten().numpy(), jac=slope, method="BFGS")
    u = torch.as_tensor(found.x).reshape(start.shape)
    for _ in range(8):
        g = autograd(function, u).flatten()
        u = u - torch.linalg.solve(hessian(function, u), g).reshape(u.shape)
    return u


def blocks_of(at: Point) -> list[tuple[str, int]]:
    """All (kind, layer) of a point."""
    return [(kind, i + 1) for kind in "Wbza" for i in range(len(group(at, kind)))]
