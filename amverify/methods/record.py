r"""What one block update leaves on record, with a bound on the rounding error of every number.

An audit reads these rows and decides inequalities such as T1. So each measured number comes
with a bound on |computed − exact|, *exact* being the value at the stored floating-point points,
and ``execution`` bounds by how much the rounding of the step itself can make T1 (T1p), or T3's
block inequality, fail in exact arithmetic. All bounds are γ_n = nu/(1 − nu) times a norm, n the
length of the sums formed (any order of summation), and cost a few inner products a block.

**Which e, which Δ.** Δ is the displacement as the method stored and used it, exactly: T1 holds
for any Δ. e is the exact difference of the stored points, of which the stored e is the rounding.

**Measured numbers.** ⟨r, Ae⟩, ⟨u − c, e⟩, ⟨Δ, e⟩ and ‖e‖² are accumulated in float64; ‖Ae‖², ‖d‖²
and ‖Ad‖², whose sums cannot cancel, in the state's format. The residual r and the image Ae are
of the state's format, off by ε_r = γ_n·S and ε_i = γ_n‖A‖_F‖e‖, where S is r's formula in
norms (‖a‖_F‖W‖_F + √N‖b‖ + ‖z‖; pre is formed at one end of a step and corrected to the other,
so both ends count). With ΔH = w⟨r + ½Ae, Ae⟩ + m⟨u − c + ½e, e⟩ then, by Cauchy and Schwarz,

    |error of ΔH| ≤ w[ε_r(‖Ae‖ + ε_i) + (‖r‖ + ‖Ae‖ + ½ε_i)ε_i] + m(‖u − c‖ + ‖c‖ + ‖e‖)·γ‖e‖
                    + γ(w(‖r‖ + ½‖Ae‖)‖Ae‖ + m(‖u − c‖ + ½‖e‖)‖e‖).

**Execution of a gradient step.** The computed new point u' is the exact step's u* plus an error
D. The forward point is a sum of products, clipping does not enlarge its error f, extrapolation
multiplies it by t and rounds once more:

    f = γ(‖u‖ + |p1|‖Δ‖) + (w‖A‖_F(ε_r + γ(‖r‖ + |p2|‖A‖_F‖Δ‖)) + mγ(‖u‖ + ‖c‖ + |p2|‖Δ‖))/(sL)
    D = t·f + γ(‖u‖ + t‖e‖).

F is convex in the block, so F(u') ≤ F(u*) + ⟨∇F(u'), u' − u*⟩. A coordinate that the box holds
ends at the bound in both; in the others the step's own optimality bounds the gradient,

    ‖∇F(u')‖_free ≤ G = sL(|p1|‖Δ‖ + ‖e‖ + 2D) + ‖∇²H(e − p2Δ)‖,

which vanishes with the steps. T1's right-hand side moves by L(|s/t − ½|(2‖e‖ + D) + |c|‖Δ‖)D.
A modulus that is a rounded eigenvalue, or was accepted by a rounded test, adds half of its error
times ‖d‖². Where u lies outside its computed box by β (the rounding of h(z) ± ε), the multiplier
there costs t·β times its size. z_L's proximal map is exact to rounding; where z_L was
extrapolated T1 was *tested*, and the error of the test is what counts.

**Execution of an exact minimiser.** T1p compares the new point with u^k alone: the error δ of the
quadratic's centre costs (ρ + γ)‖e‖δ, the rounding ε of each piece's minimiser costs its curvature
times ε², and the choice between pieces is rounded relative to the values compared.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from amverify.methods.step import Stepped
from amverify.network.blocks import Block, axpy
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import Scalar, absolute, dot, root, square, wide

Update = Literal["gradient", "proximal", "other"]
DOUBLE = 2.0**-53
"""Unit roundoff of the inner products."""


class BlockRecord(NamedTuple):
    """One block update: numbers, or float64 tensors of the replicates' shape.

    ``update`` is "gradient" for an inertial proximal-gradient step (T1), "proximal" for an exact
    minimiser of F(·) + (γ/2)‖· − ũ‖² (T1p; γ = 0 is plain minimisation), "other" for a dual step
    or an optimiser's. ``change`` is F's; ``step`` ‖e‖², ``cross`` ⟨Δ, e⟩, ``inertia`` ‖Δ‖²,
    ``bend`` ⟨d, ∇²H d⟩ with d = e − p2Δ, ``norm`` ‖uᵏ⁺¹‖²; each ``…_error`` bounds the error of
    the one before it. ``delta`` and ``delta_next`` are the Lyapunov weights δᵏ and δᵏ⁺¹ (0
    without ``certified``).
    """

    kind: str
    layer: int
    update: Update
    change: Scalar
    change_error: Scalar
    execution: Scalar
    step: Scalar
    step_error: Scalar
    cross: Scalar
    cross_error: Scalar
    inertia: Scalar
    inertia_error: Scalar
    bend: Scalar
    bend_error: Scalar
    norm: Scalar
    modulus: Scalar
    s: float = 1.0
    t: Scalar = 1.0
    p1: Scalar = 0.0
    p2: Scalar = 0.0
    delta: Scalar = 0.0
    delta_next: Scalar = 0.0
    gamma: float = 0.0
    backtracks: int = 0


class Sizes(NamedTuple):
    """Frobenius norms of what a block's step is made of; numbers, or of the replicates' shape.

    ``operator`` ‖A‖_F; ``residual`` S, with ‖fl(r) − r‖ ≤ γ_n·S for n = ``terms``; ``block``
    ‖uᵏ‖; ``moved`` ‖Δ‖, ``inertia`` ‖Δ‖²; ``outside`` β, how far rounding can have put uᵏ
    outside its box.
    """

    operator: Scalar
    residual: Scalar
    terms: int
    block: Scalar
    moved: Scalar
    inertia: Scalar
    outside: Scalar = 0.0


class Moved(NamedTuple):
    """‖e‖², ⟨Δ, e⟩ and ‖Δ‖² with bounds on their errors."""

    step: Scalar
    step_error: Scalar
    cross: Scalar
    cross_error: Scalar
    inertia: Scalar
    inertia_error: Scalar


@lru_cache(maxsize=4096)
def gamma(n: int, unit: float) -> float:
    """γ_n = nu/(1 − nu): the relative error of n roundings in a row (Higham, ch. 3)."""
    x = n * unit
    return x / (1 - x) if x < 1 else math.inf


@lru_cache(maxsize=8)
def unit(dtype: torch.dtype) -> float:
    """The unit roundoff u: half the distance from 1 to the next number."""
    return torch.finfo(dtype).eps / 2


@lru_cache(maxsize=8)
def smallest(dtype: torch.dtype) -> float:
    """More than the underflow of an inner product can lose."""
    return torch.finfo(dtype).tiny


def entries(u: Tensor) -> int:
    """How many entries a block has, replicate by replicate."""
    return u.shape[-2] * u.shape[-1]


def moved(e: Tensor, d: Tensor | None, norm: Scalar, inertia: Scalar, u: float) -> Moved:
    """‖e‖², ⟨Δ, e⟩, ‖Δ‖² and their errors; e is rounded, to the unit u, Δ is not.

    ``norm`` is ‖Δ‖ and ``inertia`` its square, known from the last row.
    """
    tiny = smallest(e.dtype if u == DOUBLE else torch.float32)
    relative = gamma(entries(e) + 1, DOUBLE)
    step = dot(e, e)
    cross: Scalar = 0.0 if d is None else dot(d, e)
    cross_error = (relative + 2 * u) * norm * root(step)
    return Moved(
        step,
        (relative + 3 * u) * step + tiny,
        cross,
        cross_error + tiny,
        inertia,
        relative * inertia + tiny,
    )


def gradient_record(
    block: Block,
    displacement: Tensor,
    stepped: Stepped,
    sizes: Sizes,
    s: float,
    delta: Scalar = 0.0,
) -> BlockRecord:
    """The row of an inertial proximal-gradient step.

    Args:
        s: the step scale.
        delta: δᵏ.
    """
    numbers = gathered(block, displacement, stepped, sizes, s)
    m, sized = numbers.moved, sizes.inertia
    change, change_error = difference(numbers)
    bend, bend_error, curved = bending(numbers, displacement)
    execution = _execution(numbers, change_error, bend_error, curved)
    carried = gamma(16, numbers.unit) * (wide(delta) * sized + wide(stepped.delta) * m.step)
    return BlockRecord(
        block.kind,
        block.layer,
        "gradient",
        change,
        change_error,
        execution + carried,
        *m,
        bend,
        bend_error,
        square(stepped.new),
        numbers.modulus,
        s,
        numbers.t,
        numbers.p1,
        numbers.p2,
        wide(delta),
        wide(stepped.delta),
        0.0,
        stepped.backtracks,
    )


def rest_error(problem: LayeredProblem, old: Scalar, new: Scalar) -> Scalar:
    """A bound on the error of R's change between points of these norms."""
    loss, (n, outputs) = problem.loss, problem.target.shape
    size = loss.size(old, problem.target) + loss.size(new, problem.target)
    return gamma(n + 4 * outputs + 20, unit(problem.dtype)) * size


def prox_error(problem: LayeredProblem, size: Scalar, lam: Scalar) -> Scalar:
    """A bound on the error of R's proximal map, ``size`` the norms of its result and argument.

    The map mixes a row's entries, and Newton's method ends within a unit of the format. Unless
    the targets are 0 or 1, the optimality condition cancels, to a unit over λ.
    """
    n, outputs = problem.target.shape
    u = unit(problem.dtype)
    error = outputs * gamma(8 * outputs + 20, u) * (size + math.sqrt(n * outputs))
    if problem.soft_targets:
        error = error + outputs * gamma(16, u) * math.sqrt(n * outputs) / lam
    return error


class Numbers(NamedTuple):
    """What the parts of a row share; e, d and r are the norms of e, Δ and the residual."""

    block: Block
    stepped: Stepped
    sizes: Sizes
    s: float
    modulus: Scalar
    p1: Scalar
    p2: Scalar
    t: Scalar
    moved: Moved
    e: Scalar
    d: Scalar
    r: Scalar
    unit: float
    wide_e: Tensor

    @property
    def residual_error(self) -> Scalar:
        """ε_r."""
        return gamma(self.sizes.terms, self.unit) * self.sizes.residual


def gathered(
    block: Block, displacement: Tensor, stepped: Stepped, sizes: Sizes, s: float
) -> Numbers:
    """The norms and inner products of an update."""
    inertia = sizes.inertia
    still = isinstance(inertia, float) and inertia == 0
    wide_e, u = stepped.e.double(), unit(block.u.dtype)  # widened once for all products with it
    m = moved(wide_e, None if still else displacement, sizes.moved, inertia, u)
    return Numbers(
        block=block,
        stepped=stepped,
        sizes=sizes,
        s=s,
        modulus=wide(stepped.modulus),
        p1=wide(stepped.p1),
        p2=wide(stepped.p2),
        t=wide(stepped.t),
        moved=m,
        e=root(m.step),
        d=sizes.moved,
        r=root(square(block.residual)) * (1 + gamma(entries(block.residual) + 4, u)),
        unit=u,
        wide_e=wide_e,
    )


def difference(n: Numbers) -> tuple[Scalar, Scalar]:
    """F's change by the difference form, and the bound on its error."""
    block, stepped, e = n.block, n.stepped, n.e
    image, image_dot, summed = n.wide_e, n.moved.step, gamma(entries(stepped.e) + 4, DOUBLE)
    if not block.isotropic:
        image, image_dot = stepped.image, square(stepped.image)
        summed = gamma(entries(image) + 4, n.unit)
    i = root(image_dot)
    off_i = gamma(block.terms[0] + 2, n.unit) * n.sizes.operator * e
    if block.isotropic:
        off_i = gamma(2, n.unit) * e
    off_r = n.residual_error
    value = block.weight * (dot(block.residual, image) + 0.5 * image_dot)
    error = off_r * (i + off_i) + (n.r + i + 0.5 * off_i) * off_i
    inner = gamma(entries(stepped.image) + 4, DOUBLE) * n.r
    error = block.weight * (error + (inner + 0.5 * summed * i) * i)
    if block.ridge:
        at, a, c = block.u, n.sizes.block, 0.0 * e
        if block.centre is not None:
            at = block.u - block.centre
            a, c = root(dot(at, at)), root(dot(block.centre, block.centre))
        value = value + block.ridge * (dot(at, n.wide_e) + 0.5 * n.moved.step)
        summed = gamma(entries(at) + 4, DOUBLE)
        error = error + block.ridge * (gamma(4, n.unit) + summed) * (a + c + e) * e
    if block.rest is not None:
        value = value + block.rest.change(stepped.new)
        error = error + rest_error(block.rest.problem, n.sizes.block, n.sizes.block + e)
    tiny = smallest(block.u.dtype) * (1 + n.sizes.operator + n.sizes.residual + block.weight)
    return value, error + gamma(4, DOUBLE) * absolute(value) + tiny


def bending(n: Numbers, displacement: Tensor) -> tuple[Scalar, Scalar, tuple[Scalar, Scalar]]:
    """⟨d, ∇²H d⟩ with its error, and ‖d‖², ‖Ad‖²."""
    block, m, p2 = n.block, n.moved, absolute(n.p2)
    if block.isotropic:
        near = m.step - 2 * n.p2 * m.cross + p2 * p2 * m.inertia
        size = m.step + 2 * p2 * absolute(m.cross) + p2 * p2 * m.inertia
        error = m.step_error + 2 * p2 * m.cross_error + p2 * p2 * m.inertia_error
        error = block.weight * (error + 8 * DOUBLE * size)
        return block.weight * near, error, (absolute(near), absolute(near))
    turned = n.stepped.turned
    if turned is None:
        d, d_image = n.stepped.e, n.stepped.image
        image = n.stepped.displaced
        if image is not None:
            d, d_image = axpy(d, -n.p2, displacement), axpy(d_image, -n.p2, image)
        turned = square(d), square(d_image)
    near, stretch = wide(turned[0]), wide(turned[1])
    reach = n.e + p2 * n.d
    off = gamma(4, n.unit) * reach
    off_i = gamma(block.terms[0] + 6, n.unit) * n.sizes.operator * reach
    error = block.weight * (
        (2 * root(stretch) + off_i) * off_i + gamma(entries(n.stepped.image) + 4, n.unit) * stretch
    )
    error = error + block.ridge * (
        (2 * root(near) + off) * off + gamma(entries(n.stepped.e) + 4, n.unit) * near
    )
    bend = block.weight * stretch + block.ridge * near
    tiny = smallest(block.u.dtype) * (1 + block.weight + n.sizes.operator)
    return bend, error + 4 * DOUBLE * bend + tiny, (near, stretch)


def _execution(
    n: Numbers, change_error: Scalar, bend_error: Scalar, curved: tuple[Scalar, Scalar]
) -> Scalar:
    """By how much rounding of a gradient step can make T1, or T3's inequality, fail."""
    block, sizes, s, modulus, t = n.block, n.sizes, n.s, n.modulus, n.t
    u, e, d, p1, p2 = sizes.block, n.e, n.d, absolute(n.p1), absolute(n.p2)
    few, sl = gamma(8, n.unit), s * modulus
    off = _forward_error(n)
    if block.rest is not None:
        forward = u + p1 * d + (n.r + p2 * d) / s
        off = off + prox_error(block.rest.problem, u + e + forward, sl)
    end = t * off + few * (u + t * e)
    near_square, stretch = curved
    turned = block.weight * sizes.operator * root(stretch) + block.ridge * root(near_square)
    c = n.p1 * s - n.p2
    slope = sl * (p1 * d + e + 2 * end) + turned
    rest: Scalar = 0.0
    if block.rest is not None:
        lipschitz = block.rest.problem.loss.gradient_lipschitz
        slope = slope + lipschitz * (e * (t - 1) + end)
        tested = gamma(entries(block.u) + 8, n.unit) * modulus
        rest = change_error + tested * (
            absolute(s / t - 0.5) * e * e + absolute(c) * d * e + p2 * p2 * d * d
        )
        # where z_L was not extrapolated, nothing was tested
        rest = rest * (t != 1)
    total = (
        rest + (slope + modulus * (absolute(s / t - 0.5) * (2 * e + end) + absolute(c) * d)) * end
    )
    scale = block.weight * sizes.operator * sizes.operator + block.ridge
    spectrum = gamma(sum(block.terms) + 20, n.unit) * scale
    squared = e + p2 * d
    near = gamma(entries(block.u) + entries(n.stepped.image) + 8, n.unit)
    total = total + 0.5 * (bend_error + spectrum * near_square + near * modulus * squared * squared)
    few = gamma(16, n.unit)
    total = total + few * modulus * (e + d) * (e + d) * (1 + p1 * s + p2 + p2 * p2)
    if block.bounds is not None:
        total = total + _outside(n, end, turned)
    return total


def _forward_error(n: Numbers) -> Scalar:
    """f: the error of the forward point, before clipping."""
    block, sizes, d, p1, p2 = n.block, n.sizes, n.d, absolute(n.p1), absolute(n.p2)
    few, norm = gamma(8, n.unit), sizes.operator
    inner, outer = (gamma(terms + 8, n.unit) for terms in block.terms)
    slope = n.residual_error + outer * (n.r + p2 * norm * d) + inner * p2 * norm * d
    slope = block.weight * norm * slope
    if block.ridge:
        centre: Scalar = 0.0
        if block.centre is not None:
            centre = root(dot(block.centre, block.centre))
        slope = slope + block.ridge * few * (sizes.block + centre + p2 * d)
    return few * (sizes.block + p1 * d) + slope / (n.s * n.modulus)


def _outside(n: Numbers, end: Scalar, turned: Scalar) -> Scalar:
    """What it costs that uᵏ may lie outside its computed box by β."""
    block, sizes, beta = n.block, n.sizes, n.sizes.outside
    gradient = block.weight * sizes.operator * (n.r + sizes.operator * n.e)
    gradient = gradient + block.ridge * (sizes.block + n.e)
    held = n.s * n.modulus * (absolute(n.p1) * n.d + n.e + beta) + gradient + turned
    return gradient * gamma(4, n.unit) * (sizes.block + n.t * n.e) + n.t * held * beta
