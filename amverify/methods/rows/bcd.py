"""BCD's rows: every update is an exact minimiser (T1p), near its old value or not.

Each method is called before the new value takes its place, so the blocks of the layered
objective are those at which the update was made. a_L has the part R(a_L) + (ν/2)‖a_L − z_L‖²,
and z_L, beside its quadratic, (ν/2)‖a_L − z_L‖².
"""

from __future__ import annotations

import math

from torch import Tensor

from amverify.methods.rows.bounds import prox_error
from amverify.methods.rows.minimiser import auxiliary_record, minimiser_record, solved
from amverify.methods.rows.norms import Norms
from amverify.methods.rows.record import Row, Sizes, gamma, unit
from amverify.network.blocks import (
    Rest,
    activation_block,
    bias_block,
    output_block,
    weight_block,
)
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, root


class Rows:
    """The rows of one sweep, in order."""

    def __init__(
        self, problem: LayeredProblem, point: Point, output: Tensor, alpha: float, nu: float
    ) -> None:
        self.problem, self.point, self.alpha, self.nu = problem, point, alpha, nu
        self.few, self.across = unit(problem.dtype), math.sqrt(problem.samples)
        self.made: list[Row] = []
        self.norms = Norms(problem, point)
        self.norms.squares["a", problem.layers] = dot(output, output), 0.0

    def split_output(self, old: Tensor, new: Tensor) -> None:
        """a_L, near its old value."""
        problem, lam = self.problem, self.nu + self.alpha
        z, size = self._norm("z", problem.layers), self._norm("a", problem.layers)
        block = output_block(problem, self.point, self.point.z[-1])
        block.kind, block.u, block.weight = "a", old, self.nu
        block.residual, block.rest = old - self.point.z[-1], Rest(problem, old)
        sizes = Sizes(1.0, size + z, 4, size, 0.0, 0.0)
        off = prox_error(problem, 2 * root(dot(new, new)) + z + size, lam)
        left = (problem.loss.gradient_lipschitz + lam) * off + gamma(8, self.few) * lam * (z + size)
        self._keep(minimiser_record(problem, block, new, sizes, weight=self.alpha, left=left))

    def output(self, pre: Tensor, split: Tensor, new: Tensor) -> None:
        """z_L, between a_L and pre_L."""
        problem, rho, nu = self.problem, self.problem.rho, self.nu
        block = output_block(problem, self.point, pre)
        block.ridge, block.centre = nu, split
        block.rest, block.isotropic = None, False
        sizes = self.norms.sizes("z", problem.layers)
        size = nu * self._norm("a", problem.layers) + rho * sizes.residual
        left = gamma(sizes.terms + 10, self.few) * (size + (nu + rho) * root(dot(new, new)))
        self._keep(minimiser_record(problem, block, new, sizes, weight=0.0, left=left))

    def weight(self, layer: int, new: Tensor) -> None:
        """W_l, near its old value."""
        problem, sizes = self.problem, self.norms.sizes("W", layer)
        block = weight_block(problem, self.point, problem.affine(self.point, layer), layer)
        right = problem.rho * self._targets(layer) * sizes.operator + self.alpha * sizes.block
        left = solved(
            (problem.samples, new.shape[-1]),
            sizes.operator,
            problem.rho,
            self.alpha + problem.mu,
            right,
            root(dot(new, new)),
            self.few,
        )
        self._keep(minimiser_record(problem, block, new, sizes, weight=self.alpha, left=left))

    def bias(self, layer: int, new: Tensor) -> None:
        """b_l, near its old value."""
        problem, sizes = self.problem, self.norms.sizes("b", layer)
        block = bias_block(problem, self.point, problem.affine(self.point, layer), layer)
        total = problem.rho * problem.samples + self.alpha
        size = self.alpha * sizes.block + problem.rho * problem.samples * sizes.residual
        left = gamma(sizes.terms + 10, self.few) * (size + total * root(dot(new, new)))
        self._keep(minimiser_record(problem, block, new, sizes, weight=self.alpha, left=left))

    def activation(self, layer: int, new: Tensor) -> None:
        """a_l, l < L."""
        problem, sizes = self.problem, self.norms.sizes("a", layer)
        block = activation_block(
            problem, self.point, problem.affine(self.point, layer + 1), layer, 0.0
        )
        value = problem.activation(self.point.z[layer - 1])
        right = problem.rho * self._targets(layer + 1) * sizes.operator
        right = right + self.nu * root(dot(value, value))
        w = self.point.w[layer]
        left = solved(
            (w.shape[-2], w.shape[-1]),
            sizes.operator,
            problem.rho,
            self.nu,
            right,
            root(dot(new, new)),
            self.few,
        )
        self._keep(minimiser_record(problem, block, new, sizes, weight=0.0, left=left))

    def auxiliary(self, layer: int, pre: Tensor, new: Tensor) -> None:
        """z_l, l < L, near its old value."""
        z, a = self.point.z[layer - 1], self.point.a[layer - 1]
        sizes = self.norms.sizes("z", layer)
        self._keep(
            auxiliary_record(
                self.problem, layer, z, new, new - z, a, pre, None, sizes, weight=self.alpha
            )
        )

    def _targets(self, layer: int) -> Scalar:
        """‖z_l‖ + √N‖b_l‖."""
        return self._norm("z", layer) + self.across * self._norm("b", layer)

    def _norm(self, kind: str, layer: int) -> Scalar:
        return root(self.norms.squares[kind, layer][0])

    def _keep(self, row: Row) -> None:
        self.norms.keep(row, still=True)
        self.made.append(row)
