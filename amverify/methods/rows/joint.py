r"""What a sweep of the joint method measures: its blocks V = [W, b], y = (z, a) and z_L.

The method tells each step, in the order V_1, y_1, …, V_L, z_L. Their tensors are kept until the
sweep ends; then all sums are formed together, and the residuals at the sweep's last point, for
which every block must have moved. Measuring takes, beside the sums, products that the sweep has no
use for: AΔᵀ and rᵀA for each V, e_aWᵀ, Δ_aWᵀ and rW for each y.

Norms of blocks, and ‖e‖² of the last sweep's steps, are handed on from sweep to sweep; so are the
rW at the end, which the next sweep would form first of all for y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.methods.rows.metric.numbers import (
    Around,
    Ended,
    Image,
    MetricFacts,
    Numbers,
    Part,
    Used,
)
from amverify.methods.rows.metric.row import Row
from amverify.methods.rows.norms import measured
from amverify.methods.rows.record import unit
from amverify.methods.rows.sums import Sums, Terms, sums_of
from amverify.network.blocks import axpy
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, plain, root, square
from amverify.numbers.roundoff import gamma

Key = tuple[str, int]
Two = tuple[Tensor, Tensor]


class Solved(NamedTuple):
    """V_l goes from ``old`` = (W, b) to ``new`` by ``step``, having moved by ``moved`` before.

    ``inputs`` is a_{l−1}, ``residual`` pre_l − z_l before, ``image`` gives
    a_{l−1}e_Wᵀ + 1e_b.
    """

    layer: int
    inputs: Tensor
    residual: Tensor
    old: Two
    new: Two
    moved: Two
    step: Two
    image: Callable[[], Tensor]
    p1: Scalar
    t: float


class Paired(NamedTuple):
    """y_l goes from ``old`` = (z, a) to ``new``.

    ``weight`` is W_{l+1}; ``pre`` is pre_l; ``behind`` is âW_{l+1}ᵀ + 1b_{l+1} − z_{l+1} at
    â = a + p2Δ, and ``slope`` its product with W_{l+1}; ``compared`` gives Σ of the model at
    ``old`` over the entries that moved, and over those that stayed.
    """

    layer: int
    pre: Tensor
    weight: Tensor
    behind: Tensor
    slope: Tensor
    old: Two
    new: Two
    moved: Two
    step: Two
    kappa: Scalar
    p1: Scalar
    p2: Scalar
    compared: Callable[[], tuple[Scalar, Scalar]]


class Mapped(NamedTuple):
    """z_L goes from ``old`` to ``new``, by the proximal map of R at pre_L + p1Δ."""

    pre: Tensor
    old: Tensor
    new: Tensor
    moved: Tensor
    step: Tensor
    p1: Scalar


class Left(NamedTuple):
    """What a recorded sweep leaves to the next.

    ``squares`` ‖u‖² by kind (W, b, z, a) and layer, ``steps`` ‖e‖² likewise; ``metric`` the last
    ‖ℓ_3(e)‖², ‖ℓ_3‖ and κ of each block; ``image`` that of V_1's step, whose A is always X;
    ``slopes`` ∇_aH/ρ by layer, at the sweep's end: the next one begins with them.
    """

    problem: LayeredProblem
    facts: dict[Key, MetricFacts]
    squares: dict[Key, Scalar]
    steps: dict[Key, Scalar]
    metric: dict[Key, tuple[Scalar, Scalar, Scalar]]
    image: Tensor
    slopes: dict[int, Tensor]


def slopes_after(left: object, problem: LayeredProblem) -> dict[int, Tensor]:
    """∇_aH/ρ by layer where a recorded sweep of this problem ended; empty after another."""
    return left.slopes if isinstance(left, Left) and left.problem is problem else {}


class JointSweep:
    """The rows of one sweep, as its steps are told.

    Args:
        point: where the sweep starts.
        moved: the displacements there.
        scale: s of the joint blocks.
        weight: kind (V, y, z) → δ.
        first: whether no sweep went before, so that every displacement is 0.
        left: what the last recorded sweep left.
    """

    def __init__(
        self,
        problem: LayeredProblem,
        point: Point,
        moved: Point,
        scale: float,
        weight: Callable[[str], float],
        first: bool,
        left: object,
    ) -> None:
        self.problem, self.scale, self.weight, self.first = problem, scale, weight, first
        known = left if isinstance(left, Left) and left.problem is problem else None
        self.last = known
        self.facts = {} if known is None else known.facts
        self.squares: dict[Key, Scalar]
        self.moved: dict[Key, Scalar]
        if known is None:
            pairs = measured(point, moved)
            self.squares = {key: pair[0] for key, pair in pairs.items()}
            self.moved = {key: pair[1] for key, pair in pairs.items()}
        else:
            self.squares, self.moved = dict(known.squares), known.steps
        self.told: list[Solved | Paired | Mapped] = []

    def rows(self) -> tuple[list[Row], Left]:
        """All of them, and what the next sweep need not measure."""
        return _Measuring(self).all()


class _Measuring:
    """The sums of what was told, row by row; ``norms`` are those of the blocks as they move on."""

    def __init__(self, sweep: JointSweep) -> None:
        self.sweep, self.problem, self.told = sweep, sweep.problem, sweep.told
        self.unit, self.across = unit(self.problem.dtype), math.sqrt(self.problem.samples)
        self.squares, self.steps = dict(sweep.squares), dict(sweep.moved)
        self.metric: dict[Key, tuple[Scalar, Scalar, Scalar]] = {}
        self.image: Tensor | None = None
        self.affine: dict[int, Scalar] = {}
        self.slopes: dict[int, tuple[Scalar, Scalar]] = {}
        self.ahead: dict[int, Tensor] = {}
        self.sums: Iterator[Sums] = iter(())

    def all(self) -> tuple[list[Row], Left]:
        """The rows, and what is left."""
        self.sums = iter(sums_of([terms for told in self.told for terms in self._terms(told)]))
        numbers = [self._numbers(told) for told in self.told]
        ends = self._ends()
        rows = []
        for told, found in zip(self.told, numbers, strict=True):
            whole = found._replace(ended=self._ended(told, ends))
            rows.append(Row(self._facts(told), whole.flat()))
        assert self.image is not None
        left = Left(self.problem, self.sweep.facts, self.squares, self.steps, self.metric,
                    self.image, self.ahead)  # fmt: skip
        return rows, left

    def _norm(self, kind: str, layer: int) -> Scalar:
        """A bound on a block's norm as it is now, whatever rounding did to its square."""
        if kind == "x":
            return self.problem.input_size * (1 + gamma(8))
        return root(self.squares[kind, layer]) * (1 + self._relative)

    @cached_property
    def _relative(self) -> float:
        """γ of the longest sum of squares."""
        problem = self.problem
        widest = max(*problem.widths[1:], problem.space.inputs.shape[-1])
        return gamma((problem.samples + widest) * widest + 8, self.unit)

    def _terms(self, told: Solved | Paired | Mapped) -> list[Terms]:
        """What is summed for a step."""
        if isinstance(told, Mapped):
            return [(told.step, told.moved, told.old - told.pre, told.new, 0.0)]
        one, two = zip(told.step, told.moved, told.old, told.new, strict=True)
        if isinstance(told, Solved):
            image, residual, last = told.image(), told.residual, self._last_image(told)
        else:
            one = (one[0], one[1], told.old[0] - told.pre, one[3])
            image, last = told.step[1] @ told.weight.mT, told.moved[1] @ told.weight.mT
            residual = axpy(told.behind, -told.p2, last)
        return [(*one, 0.0), (*two, 0.0), (image, residual, last, residual, 0.0)]

    def _last_image(self, told: Solved) -> Tensor:
        """a_{l−1}Δ_Wᵀ + 1Δ_b; in the first layer, whose inputs are fixed, it is known."""
        if told.layer == 1:
            self.image = told.image()
            if self.sweep.last is not None:
                return self.sweep.last.image
        return told.inputs @ told.moved[0].mT + told.moved[1]

    def _facts(self, told: Solved | Paired | Mapped) -> MetricFacts:
        """What the rows of a block have in common."""
        kind, layer = _name(told, self.problem.layers)
        facts = self.sweep.facts.get((kind, layer))
        if facts is None or facts.weight != self.sweep.weight(kind):
            facts = self._new_facts(told, kind, layer)
            self.sweep.facts[kind, layer] = facts
        return facts

    def _new_facts(self, told: Solved | Paired | Mapped, kind: str, layer: int) -> MetricFacts:
        problem, n = self.problem, self.problem.samples
        width = problem.widths[layer]
        inside = problem.space.inputs.shape[-1] if layer == 1 else problem.widths[layer - 1]
        counts, sums, scale = (n * width, 0, 0), (inside, n), 1.0
        if isinstance(told, Solved):
            counts = (width * inside, width, n * width)
        elif isinstance(told, Paired):
            after = problem.widths[layer + 1]
            counts, scale = (n * width, n * width, n * after), self.sweep.scale
            sums = (max(inside, width), after)
        return MetricFacts(
            kind,
            layer,
            scale,
            self.sweep.weight(kind),
            counts,
            sums[0] + 12,
            sums[1] + 12,
            self.unit,
            problem,
        )

    def _numbers(self, told: Solved | Paired | Mapped) -> Numbers:
        if isinstance(told, Solved):
            return self._solved(told)
        return self._paired(told) if isinstance(told, Paired) else self._mapped(told)

    def _part(self, kind: str, layer: int, sums: Sums) -> Part:
        """That of one part, whose norms are now the new ones."""
        inertia = self.steps[kind, layer]
        self.steps[kind, layer], self.squares[kind, layer] = sums.xx, sums.vv
        return Part(sums.xx, sums.xy, inertia, sums.xz, sums.zz, sums.vv)

    def _before(self, key: Key) -> tuple[Scalar, Scalar, Scalar]:
        """The last step's numbers; where it was not recorded nothing bounds their error."""
        last = self.sweep.last
        if last is not None:
            return last.metric[key]
        return 0.0, 0.0 if self.sweep.first else math.inf, 0.0

    def _solved(self, told: Solved) -> Numbers:
        layer = told.layer
        inputs = self._norm("x", 0) if layer == 1 else self._norm("a", layer - 1)
        old = self._norm("W", layer), self._norm("b", layer)
        size = inputs * old[0] + self.across * old[1] + self._norm("z", layer)
        one = self._part("W", layer, next(self.sums))
        two = self._part("b", layer, next(self.sums))
        image = _image(next(self.sums))
        self.affine[layer] = inputs * (old[0] + root(one.step)) + self.across * (
            old[1] + root(two.step)
        )
        used = Used(0.0, told.p1, 0.0, told.t, *self._before(("V", layer)))
        self.metric["V", layer] = image.step, inputs, 0.0
        return Numbers(one, two, image, Around(inputs, 0.0, size, *old), used, Ended())

    def _paired(self, told: Paired) -> Numbers:
        layer = told.layer
        old, operator = (self._norm("z", layer), self._norm("a", layer)), self._norm("W", layer + 1)
        reach = old[1] + 2 * told.p2 * root(self.steps["a", layer])
        # pre_{l+1} was formed before its last step, and corrected by it
        bias = self._norm("b", layer + 1) + 2 * root(self.steps["b", layer + 1])
        after = self.across * bias + self._norm("z", layer + 1)
        third = reach * (operator + 2 * root(self.steps["W", layer + 1])) + after
        around = Around(operator, self.affine[layer] + old[0], third, *old)
        one = self._part("z", layer, next(self.sums))
        two = self._part("a", layer, next(self.sums))
        off = self._slope_error(told, around)
        moved, stayed = told.compared()
        used = Used(told.kappa, told.p1, told.p2, 1.0, *self._before(("y", layer)), moved, stayed,
                    steep=off)  # fmt: skip
        image = _image(next(self.sums))
        self.metric["y", layer] = image.step, operator, told.kappa
        return Numbers(one, two, image, around, used, Ended())

    def _slope_error(self, told: Paired, around: Around) -> Scalar:
        """That of ∇_aH(û)/ρ, in norm."""
        facts = self._facts(told)
        slope, behind = root(square(told.slope)), root(square(told.behind))
        off = gamma(facts.columns, self.unit) * around.third
        sums = gamma(facts.rows, self.unit) * (behind * (1 + self._relative) + off)
        error = around.operator * (off + sums) + gamma(4, self.unit) * slope
        self.slopes[told.layer] = slope, error
        return error

    def _mapped(self, told: Mapped) -> Numbers:
        problem, layer = self.problem, self.problem.layers
        old = self._norm("z", layer)
        around = Around(0.0, self.affine[layer] + old, 0.0, old)
        new, target = told.new.double(), problem.target.double()
        centre = axpy(told.pre.double(), told.p1, told.moved.double())
        left = problem.rho * (new - centre) + problem.loss.gradient(new, target)
        change = problem.loss.change(told.old.double(), new, target)
        rest: Scalar = float(change) if plain(told.new) else change.double()
        one = self._part("z", layer, next(self.sums))
        used = Used(0.0, told.p1, 0.0, 1.0, *self._before(("z", layer)), left=root(square(left)),
                    rest=rest)  # fmt: skip
        self.metric["z", layer] = 0.0, 0.0, 0.0
        return Numbers(one, Part(), Image(), around, used, Ended())

    def _ends(self) -> dict[int, tuple[Tensor, Scalar, Scalar]]:
        """Each layer's pre_l − z_l at the sweep's end, its norm, and a bound on its error."""
        found = {}
        for told in self.told:
            if isinstance(told, Solved):
                continue
            layer = _name(told, self.problem.layers)[1]
            new = told.new if isinstance(told, Mapped) else told.new[0]
            residual = told.pre - new
            size = self.affine[layer] + self._norm("z", layer)
            off = gamma(self._facts(told).columns, self.unit) * size
            found[layer] = residual, root(square(residual)) * (1 + self._relative), off
        return found

    def _ended(
        self, told: Solved | Paired | Mapped, ends: dict[int, tuple[Tensor, Scalar, Scalar]]
    ) -> Ended:
        """‖w‖² of a block at the sweep's end."""
        if isinstance(told, Solved):
            return self._gradient(told, *ends[told.layer])
        return self._turned(told, *ends[told.layer + 1]) if isinstance(told, Paired) else Ended()

    def _gradient(self, told: Solved, residual: Tensor, norm: Scalar, off: Scalar) -> Ended:
        """∇_V F."""
        problem, few = self.problem, gamma(8, self.unit)
        inputs = self._norm("x", 0) if told.layer == 1 else self._norm("a", told.layer - 1)
        new_w, new_b = told.new
        w = torch.add(problem.mu * new_w, residual.mT @ told.inputs, alpha=problem.rho)
        summed = residual.sum(-2, keepdim=True)
        b = torch.add(problem.mu_bias * new_b, summed, alpha=problem.rho)
        turned = problem.rho * (off + gamma(problem.samples + 12, self.unit) * norm)
        return Ended(
            dot(w, w),
            dot(b, b),
            inputs * turned + few * problem.mu * self._norm("W", told.layer),
            self.across * turned + few * problem.mu_bias * self._norm("b", told.layer),
        )

    def _turned(self, told: Paired, residual: Tensor, norm: Scalar, off: Scalar) -> Ended:
        """w_a = ρ[(pre − z)W]_{l+1} − ∇_aH(û) − sκ(e_a − p1Δ_a)."""
        rho, layer, few = self.problem.rho, told.layer, gamma(8, self.unit)
        scale = told.kappa * self.sweep.scale
        after = next(x for x in self.told if isinstance(x, Solved) and x.layer == layer + 1)
        moved = axpy(told.step[1], -told.p1, told.moved[1])
        ahead = self.ahead[layer] = residual @ after.new[0]
        w = axpy(rho * (ahead - told.slope), -scale, moved)
        outer, slope, off_slope = self._norm("W", layer + 1), *self.slopes[layer]
        sums = gamma(self._facts(told).rows, self.unit)
        error = rho * (outer * (off + (sums + few) * norm) + off_slope + few * slope)
        error = error + few * scale * (root(square(moved)) + root(square(told.step[1])))
        return Ended(0.0, dot(w, w), 0.0, error)


def _name(told: Solved | Paired | Mapped, layers: int) -> Key:
    """A block's kind and layer."""
    if isinstance(told, Mapped):
        return "z", layers
    return ("V" if isinstance(told, Solved) else "y"), told.layer


def _image(sums: Sums) -> Image:
    return Image(sums.xx, sums.xz, sums.zz, sums.xy, sums.vv)
