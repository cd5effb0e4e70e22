r"""Block coordinate descent with three-splitting (Zeng et al., ICML 2019, arXiv 1803.00225).

The output has an auxiliary variable of its own, a_L, tied to z_L:

    F = R(a_L; y) + Σ_l (μ/2)‖W_l‖² + (ρ/2) Σ_l ‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖²
        + (ν/2) Σ_{l<L} ‖a_l − h(z_l)‖² + (ν/2)‖a_L − z_L‖²

Every block is minimised exactly, from the output to the input: a_L, z_L, W_L, b_L, then for
l = L−1 … 1: a_l, z_l, W_l, b_l. A proximal term (α/2)‖u − u_old‖² is added to a_L, to z_l
(l < L), to W and to b, as in the authors' released notebook; so F decreases by
(α/2)‖e‖² or more in each of these blocks. (The notebook computes b_l from the old W_l; here
b_l sees the new one, as the paper's Gauss–Seidel order says.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.base import Method
from amverify.methods.rows.journal import NOTHING, Recorded, Rows, minimiser_journal
from amverify.network.blocks import auxiliary_prox
from amverify.network.coupling import Penalty
from amverify.network.initial import Parameters, start
from amverify.network.layered import LayeredProblem, Point, squared_norm
from amverify.network.scalars import finite
from amverify.network.weights import FirstLayer


@dataclass(frozen=True)
class BCDState(Recorded):
    """The point, and the output's auxiliary variable a_L (*R, N, n_L)."""

    first: FirstLayer
    point: Point
    output: Tensor
    rows: Rows = NOTHING

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights (W_1 in coordinates) and biases."""
        return self.point.w, self.point.b


@dataclass(frozen=True)
class BCD(Method[BCDState]):
    """Three-splitting BCD; the problem's coupling must be ``Penalty``.

    Args:
        alpha: α > 0, the weight of the proximal terms (5 in the released notebook).
        record: keep a row of every update of every sweep in the state; a_L's is ("a", L).

    Raises:
        InvalidInput: for an α that is not positive and finite.
    """

    alpha: float = 5.0
    record: bool = False
    name: str = "bcd"

    def __post_init__(self) -> None:
        if not (finite(self.alpha) and self.alpha > 0):
            raise InvalidInput(f"BCD: alpha must be positive and finite, got {self.alpha}")

    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> BCDState:
        """Weights as given, z and a by a forward pass, a_L = z_L.

        Raises:
            InvalidInput: if the problem's coupling is not a penalty.
        """
        _nu(problem)
        first, point = start(problem, parameters)
        return BCDState(first, point, point.z[-1])

    def objective(self, problem: LayeredProblem, state: BCDState) -> Tensor:
        """F with the output's own coupling, of the replicates' shape."""
        point = state.point
        split = problem.loss.value(state.output, problem.target)
        split = split - problem.loss.value(point.z[-1], problem.target)
        gap = squared_norm(state.output - point.z[-1])
        return problem.value(point) + split + 0.5 * _nu(problem) * gap

    @torch.no_grad()
    def sweep(self, problem: LayeredProblem, state: BCDState) -> BCDState:
        """From the output to the input, every block exactly."""
        sweep = _Sweep(self, problem, state)
        sweep.output_pair()
        sweep.affine(problem.layers)
        for layer in range(problem.layers - 1, 0, -1):
            sweep.hidden_pair(layer)
            sweep.affine(layer)
        return BCDState(state.first, sweep.point, sweep.output, sweep.journal.rows())


class _Sweep:
    """One sweep in progress."""

    def __init__(self, method: BCD, problem: LayeredProblem, state: BCDState) -> None:
        self.problem, self.alpha, self.nu = problem, method.alpha, _nu(problem)
        self.point, self.output = state.point.copy(), state.output
        self.journal = minimiser_journal(
            method.record, problem, self.point, self.output, self.alpha, self.nu
        )

    def output_pair(self) -> None:
        """a_L, then z_L."""
        problem, point, nu, rho = self.problem, self.point, self.nu, self.problem.rho
        near = (nu * point.z[-1] + self.alpha * self.output) / (nu + self.alpha)
        output = problem.loss.prox(near, problem.target, nu + self.alpha, self.output)
        self.journal.minimised("a", problem.layers, output)
        self.output = output
        pre = problem.affine(point, problem.layers)
        new = (nu * output + rho * pre) / (nu + rho)
        self.journal.minimised("z", problem.layers, new, pre)
        point.z[-1] = new

    def hidden_pair(self, layer: int) -> None:
        """a_l, then z_l, for l < L."""
        problem, point = self.problem, self.point
        a = _activation(problem, point, layer, self.nu)
        self.journal.minimised("a", layer, a)
        point.a[layer - 1] = a
        z = point.z[layer - 1]
        pre = problem.affine(point, layer)
        new = auxiliary_prox(problem, point, pre, layer, z, self.alpha)
        self.journal.minimised("z", layer, new, pre)
        point.z[layer - 1] = new

    def affine(self, layer: int) -> None:
        """W_l, then b_l: ridge regressions on a_{l−1}, near the old values."""
        problem, point, alpha = self.problem, self.point, self.alpha
        a, z = problem.inputs(point, layer), point.z[layer - 1]
        w, b = point.w[layer - 1], point.b[layer - 1]
        right = problem.rho * (z - b).mT @ a + alpha * w
        new = _solve_gram(right, a, problem.rho, alpha + problem.mu)
        self.journal.minimised("W", layer, new)
        point.w[layer - 1] = new
        rest = (z - a @ new.mT).sum(-2, keepdim=True)
        shifted = (alpha * b + problem.rho * rest) / (problem.rho * problem.samples + alpha)
        self.journal.minimised("b", layer, shifted)
        point.b[layer - 1] = shifted


def _nu(problem: LayeredProblem) -> float:
    if not isinstance(problem.coupling, Penalty):
        raise InvalidInput("BCD: needs the coupling Penalty(ν), not a band")
    return problem.coupling.nu


def _activation(problem: LayeredProblem, point: Point, layer: int, nu: float) -> Tensor:
    """a_l: the minimiser of (ρ/2)‖z_{l+1} − aWᵀ − b‖² + (ν/2)‖a − h(z_l)‖²."""
    w = point.w[layer]
    right = problem.rho * (point.z[layer] - point.b[layer]) @ w
    right = right + nu * problem.activation(point.z[layer - 1])
    return _solve_gram(right, w, problem.rho, nu)


def _solve_gram(right: Tensor, m: Tensor, rho: float, ridge: float) -> Tensor:
    """G(ρmᵀm + κI)⁻¹, by a Cholesky factor of the smaller of the two Gram matrices."""
    rows, columns = m.shape[-2:]
    if columns <= rows:
        factor = _cholesky(rho * m.mT @ m, ridge)
        return torch.cholesky_solve(right.mT, factor).mT
    factor = _cholesky(rho * m @ m.mT, ridge)
    inside = torch.cholesky_solve((right @ m.mT).mT, factor).mT @ m
    return (right - rho * inside) / ridge


def _cholesky(gram: Tensor, ridge: float) -> Tensor:
    eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    factor: Tensor = torch.linalg.cholesky(gram + ridge * eye)
    return factor
