"""BCD's rows: every update is an exact minimiser (T1p), near its old value or not.

A row is made before the new value takes its place, so the blocks of the layered
objective are those at which the update was made. a_L has the part R(a_L) + (ν/2)‖a_L − z_L‖²,
and z_L, beside its quadratic, (ν/2)‖a_L − z_L‖².
"""

from __future__ import annotations

import math

from torch import Tensor

from amverify.methods.rows.bounds import prox_error
from amverify.methods.rows.minimiser import auxiliary_record, minimiser_record, solved
from amverify.methods.rows.norms import Norms
from amverify.methods.rows.record import BlockRecord, Near, Sizes, unit
from amverify.network.blocks import (
    Rest,
    activation_block,
    bias_block,
    output_block,
    weight_block,
)
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, root
from amverify.numbers.roundoff import gamma


class Minimisers:
    """The rows of one sweep as its blocks are told of: a_L first, old values in ``point``.

    Args:
        output: a_L before the sweep.
        alpha: α, the weight of the proximal terms.
        nu: ν.
    """

    def __init__(
        self, problem: LayeredProblem, point: Point, output: Tensor, alpha: float, nu: float
    ) -> None:
        self.problem, self.point, self.alpha, self.nu = problem, point, alpha, nu
        self.split, self.few, self.across = output, unit(problem.dtype), math.sqrt(problem.samples)
        self.norms = Norms(problem, point)
        self.norms.squares["a", problem.layers] = dot(output, output), 0.0

    def row(self, kind: str, layer: int, new: Tensor, pre: Tensor | None) -> BlockRecord:
        """That of the block that is about to become ``new``; ``pre`` is pre_l where it is known."""
        row = self._row(kind, layer, new, pre)
        self.norms.keep(row)
        return row

    def _row(self, kind: str, layer: int, new: Tensor, pre: Tensor | None) -> BlockRecord:
        last = layer == self.problem.layers
        if kind == "a":
            return self._split_output(new) if last else self._activation(layer, new)
        pre = self.problem.affine(self.point, layer) if pre is None else pre
        if kind == "z":
            return self._output(pre, new) if last else self._auxiliary(layer, pre, new)
        return (self._weight if kind == "W" else self._bias)(layer, pre, new)

    def _split_output(self, new: Tensor) -> BlockRecord:
        """a_L, near its old value."""
        problem, lam, old = self.problem, self.nu + self.alpha, self.split
        z, size = self._norm("z", problem.layers), self._norm("a", problem.layers)
        block = output_block(problem, self.point, self.point.z[-1])
        block.kind, block.u, block.weight = "a", old, self.nu
        block.residual, block.rest = old - self.point.z[-1], Rest(problem, old)
        sizes = Sizes(1.0, size + z, 4, size, 0.0, 0.0)
        off = prox_error(problem, 2 * root(dot(new, new)) + z + size, lam)
        left = (problem.loss.gradient_lipschitz + lam) * off + gamma(8, self.few) * lam * (z + size)
        self.split = new
        return minimiser_record(problem, block, new, sizes, weight=self.alpha, left=left)

    def _output(self, pre: Tensor, new: Tensor) -> BlockRecord:
        """z_L, between a_L and pre_L."""
        problem, rho, nu = self.problem, self.problem.rho, self.nu
        block = output_block(problem, self.point, pre)
        block.ridge, block.centre = nu, self.split
        block.rest, block.isotropic = None, False
        sizes = self.norms.sizes("z", problem.layers)
        size = nu * self._norm("a", problem.layers) + rho * sizes.residual
        left = gamma(sizes.terms + 10, self.few) * (size + (nu + rho) * root(dot(new, new)))
        return minimiser_record(problem, block, new, sizes, weight=0.0, left=left)

    def _weight(self, layer: int, pre: Tensor, new: Tensor) -> BlockRecord:
        """W_l, near its old value."""
        problem, sizes = self.problem, self.norms.sizes("W", layer)
        block = weight_block(problem, self.point, pre, layer)
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
        return minimiser_record(problem, block, new, sizes, weight=self.alpha, left=left)

    def _bias(self, layer: int, pre: Tensor, new: Tensor) -> BlockRecord:
        """b_l, near its old value."""
        problem, sizes = self.problem, self.norms.sizes("b", layer)
        block = bias_block(problem, self.point, pre, layer)
        total = problem.rho * problem.samples + self.alpha
        size = self.alpha * sizes.block + problem.rho * problem.samples * sizes.residual
        left = gamma(sizes.terms + 10, self.few) * (size + total * root(dot(new, new)))
        return minimiser_record(problem, block, new, sizes, weight=self.alpha, left=left)

    def _activation(self, layer: int, new: Tensor) -> BlockRecord:
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
        return minimiser_record(problem, block, new, sizes, weight=0.0, left=left)

    def _auxiliary(self, layer: int, pre: Tensor, new: Tensor) -> BlockRecord:
        """z_l, l < L, near its old value."""
        z, a = self.point.z[layer - 1], self.point.a[layer - 1]
        sizes = self.norms.sizes("z", layer)
        near = Near(self.alpha)
        return auxiliary_record(self.problem, layer, z, new, a, pre, sizes, near)

    def _targets(self, layer: int) -> Scalar:
        """‖z_l‖ + √N‖b_l‖."""
        return self._norm("z", layer) + self.across * self._norm("b", layer)

    def _norm(self, kind: str, layer: int) -> Scalar:
        return root(self.norms.squares[kind, layer][0])
