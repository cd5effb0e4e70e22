r"""The metric that V = [W, b] steps in, with its factor, and lengths of steps.

V_l has Q = ρ[A 1]ᵀ[A 1] + diag(μ, …, μ, μ_b), A = a_{l−1}, the same for every row of V: one
Cholesky factor of order n_{l−1} + 1 serves all. (z_l, a_l) has diag(ρ, κ), κ ≥ ρσ_max(W_{l+1})²
(:mod:`amverify.methods.curvature`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.compiled import lapack
from amverify.errors import InvalidInput
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar, dot, on_host, plain


class Metric(NamedTuple):
    """[A 1] (*R, N, n + 1) and the Cholesky factor of V's metric (*R, n + 1, n + 1)."""

    wide: Tensor
    factor: Tensor


class Span:
    """‖e‖²_M = Σ w‖x‖² of a step, formed when it is asked for, once; then the x are let go."""

    def __init__(self, *terms: tuple[Scalar, Tensor | Callable[[], Tensor]]) -> None:
        self._terms = terms

    @classmethod
    def of_length(cls, square: Scalar) -> Span:
        """The span of a step of which ‖e‖²_M alone is known."""
        span = cls()
        vars(span)["square"] = square
        return span

    @cached_property
    def square(self) -> Scalar:
        """‖e‖²_M, a number or of shape *R."""
        total: Scalar = 0.0
        for weight, given in self._terms:
            x = given if isinstance(given, Tensor) else given()
            total = total + weight * dot(x, x)
        self._terms = ()
        return total


def bordered(a: Tensor) -> Tensor:
    """[A 1], (*R, N, n + 1)."""
    return torch.nn.functional.pad(a, (0, 1), value=1.0)


def metric(problem: LayeredProblem, a: Tensor, layer: int, *, looks: bool | None = None) -> Metric:
    """Q = ρ[A 1]ᵀ[A 1] + diag(μ, …, μ, μ_b) of V_l, at inputs a (*R, N, n).

    The Gram matrix is formed in the state's format, and in float64 where its rounding loses
    positive definiteness; the factor is computed in float64.

    Args:
        looks: whether to look at the factor before it is used; ``None``: on a CPU alone. Who does
            not look forms the Gram matrix in float64, and a factor that does not exist is NaN.

    Raises:
        InvalidInput: if Q is seen to be singular.
    """
    wide = bordered(a)
    if not (on_host(a) if looks is None else looks):
        return Metric(wide, unseen(problem, wide).to(problem.dtype))
    factor = _factor(problem, wide)
    if factor is None:
        factor = _factor(problem, wide.double())
    if factor is None:
        raise InvalidInput(
            f"mu: the metric of V_{layer} is singular, exactly or to rounding; raise mu and "
            "mu_bias (at 0 level sets may be unbounded too: theorem TB)"
        )
    return Metric(wide, factor.to(problem.dtype))


def _factor(problem: LayeredProblem, wide: Tensor) -> Tensor | None:
    """The lower Cholesky factor in float64, ``None`` where there is none."""
    if not plain(wide):
        return by_operations(problem, wide)
    gram = lapack.lower_gram(wide, problem.rho).double()
    diagonal = gram.diagonal().numpy()
    diagonal[:-1] += problem.mu
    diagonal[-1] += problem.mu_bias
    return lapack.cholesky(gram)


def by_operations(problem: LayeredProblem, wide: Tensor) -> Tensor | None:
    """The same by torch's operations, for replicates."""
    factor, failed = torch.linalg.cholesky_ex(_gram(problem, wide))
    return None if bool(failed.any()) else factor


def unseen(problem: LayeredProblem, wide: Tensor) -> Tensor:
    """The same without a look at it, NaN for a replicate that has none."""
    factor, failed = torch.linalg.cholesky_ex(_gram(problem, wide.double()))
    return torch.where((failed != 0)[..., None, None], torch.nan, factor)


def _gram(problem: LayeredProblem, wide: Tensor) -> Tensor:
    """Q, its product in the format of ``wide``, the rest in float64."""
    gram = (wide.mT @ wide).double() * problem.rho
    gram.diagonal(dim1=-2, dim2=-1)[..., :-1] += problem.mu
    gram.diagonal(dim1=-2, dim2=-1)[..., -1] += problem.mu_bias
    return gram


def solved(factor: Tensor, right: Tensor) -> Tensor:
    """right·(LLᵀ)⁻¹; ``right`` may be overwritten."""
    return lapack.solved(factor, right) if plain(right) else by_triangles(factor, right)


def by_triangles(factor: Tensor, right: Tensor) -> Tensor:
    """The same by torch's operations; ``torch.cholesky_solve`` takes half as long again."""
    half = torch.linalg.solve_triangular(factor.mT, right, upper=True, left=False)
    whole: Tensor = torch.linalg.solve_triangular(factor, half, upper=False, left=False)
    return whole


def onto(base: Tensor, left: Tensor, right: Tensor, alpha: float) -> Tensor:
    """base + α·left·right, in one operation where there are no replicates."""
    if left.ndim == right.ndim == 2:
        return torch.addmm(base, left, right, alpha=alpha)
    return torch.add(base, left @ right, alpha=alpha)
