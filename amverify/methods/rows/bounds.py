r"""Rounding bounds of a block's row, from the norms and inner products that the sweep measured.

All bounds are γ_n = nu/(1 − nu) times a norm, n the length of the sums formed (any order of
summation).

**Measured numbers.** ⟨r, Ae⟩, ⟨u − c, e⟩, ⟨Δ, e⟩, ‖e‖² and ‖Ae‖² are accumulated in float64; ‖d‖²
and ‖Ad‖², whose sums cannot cancel, in the state's format at worst, which ‖Ae‖²'s bound allows too.
The residual r and the image Ae are of the state's format, off by ε_r = γ_n·S and ε_i =
γ_n‖A‖_F‖e‖, where S is r's formula in norms (‖a‖_F‖W‖_F + √N‖b‖ + ‖z‖; pre is formed at one end
of a step and corrected to the other, so both ends count). With ΔH = w⟨r + ½Ae, Ae⟩ + m⟨u − c +
½e, e⟩ then, by Cauchy and Schwarz,

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
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.methods.rows.record import (
    BlockRecord,
    Moved,
    Sizes,
    entries,
    moved_by,
    smallest,
    unit,
)
from amverify.network.blocks import Block
from amverify.network.layered import LayeredProblem
from amverify.network.losses import SquaredError
from amverify.network.scalars import Scalar, absolute, root
from amverify.numbers.roundoff import U, gamma


class Facts(NamedTuple):
    """What a block's rows have in common from sweep to sweep.

    ``terms`` are the lengths of the sums that A and A* take, ``summands`` that of the residual;
    ``entries`` and ``image`` count the entries of u and of Ae. ``output`` says that R is in the
    block's part of F.
    """

    kind: str
    layer: int
    weight: float
    ridge: float
    s: float
    isotropic: bool
    bounded: bool
    centred: bool
    terms: tuple[int, int]
    summands: int
    entries: int
    image: int
    dtype: torch.dtype
    output: bool
    problem: LayeredProblem

    @staticmethod
    def of(problem: LayeredProblem, block: Block, summands: int, s: float) -> Facts:
        """Those of a block at hand."""
        return Facts(
            block.kind,
            block.layer,
            block.weight,
            block.ridge,
            s,
            block.isotropic,
            block.bounds is not None,
            block.centre is not None,
            block.terms,
            summands,
            entries(block.u),
            entries(block.u if block.isotropic else block.residual),
            block.u.dtype,
            block.rest is not None,
            problem,
        )


class Products(NamedTuple):
    """The measured numbers of one step; numbers, or float64 tensors of one shape.

    ``inner`` ⟨r, Ae⟩, ``stretch`` ‖Ae‖², ``residual`` ‖r‖ or a
    bound on it up to 2ε_r, ``norm`` ‖uᵏ⁺¹‖² or a bound on it, ``near`` ‖d‖² and ``bent`` ‖Ad‖²
    for d = e − p2Δ, ``along`` ⟨u − c, e⟩, where there is a c ``away`` ‖u − c‖ and ``centre``
    ‖c‖, ``rest`` R's change.
    """

    step: Scalar
    cross: Scalar
    inner: Scalar
    stretch: Scalar
    residual: Scalar
    norm: Scalar
    near: Scalar
    bent: Scalar
    along: Scalar
    away: Scalar
    centre: Scalar
    rest: Scalar
    modulus: Scalar
    p1: Scalar
    p2: Scalar
    t: Scalar
    delta: Scalar
    delta_next: Scalar
    backtracks: Scalar


class Numbers(NamedTuple):
    """What the parts of a row share; e, d and r are the norms of e, Δ and the residual."""

    facts: Facts
    products: Products
    sizes: Sizes
    moved: Moved
    e: Scalar
    d: Scalar
    r: Scalar
    unit: float

    @property
    def residual_error(self) -> Scalar:
        """ε_r."""
        return gamma(self.facts.summands, self.unit) * self.sizes.residual


def gathered(facts: Facts, products: Products, sizes: Sizes) -> Numbers:
    """The norms of an update, and ‖e‖², ⟨Δ, e⟩, ‖Δ‖² with their errors."""
    u = unit(facts.dtype)
    m = moved_by(products.step, products.cross, sizes.moved, sizes.inertia, facts.entries, u)
    r = products.residual * (1 + gamma(facts.image + 4, u))
    r = r + 2 * gamma(facts.summands, u) * sizes.residual
    return Numbers(facts, products, sizes, m, root(m.step), sizes.moved, r, u)


def gradient_bounds(facts: Facts, products: Products, sizes: Sizes) -> BlockRecord:
    """The record of an inertial proximal-gradient step."""
    numbers = gathered(facts, products, sizes)
    m = numbers.moved
    change, change_error = difference(numbers)
    bend, bend_error, curved = bending(numbers)
    execution = _execution(numbers, change_error, bend_error, curved)
    carried = products.delta * sizes.inertia + products.delta_next * m.step
    return BlockRecord(
        kind=facts.kind,
        layer=facts.layer,
        update="gradient",
        change=change,
        change_error=change_error,
        execution=execution + gamma(16, numbers.unit) * carried,
        **m._asdict(),
        bend=bend,
        bend_error=bend_error,
        norm=norm_bound(facts, products.norm),
        modulus=products.modulus,
        s=facts.s,
        t=products.t,
        p1=products.p1,
        p2=products.p2,
        delta=products.delta,
        delta_next=products.delta_next,
        backtracks=products.backtracks,
    )


def norm_bound(facts: Facts, norm: Scalar) -> Scalar:
    """What ‖uᵏ⁺¹‖² is at most, from its value accumulated in the state's format."""
    return norm * (1 + gamma(facts.entries + 4, unit(facts.dtype)))


def rest_error(problem: LayeredProblem, old: Scalar, new: Scalar, u: float) -> Scalar:
    """A bound on the error of R's change between points of these norms, formed with roundoff u."""
    loss, (n, outputs) = problem.loss, problem.target.shape
    size = loss.size(old, problem.target) + loss.size(new, problem.target)
    return gamma(n + 4 * outputs + 20, u) * size


def prox_error(problem: LayeredProblem, size: Scalar, lam: Scalar) -> Scalar:
    """A bound on the error of R's proximal map, ``size`` the norms of its result and argument.

    The map mixes a row's entries, and Newton's method ends within a unit of the format. Unless
    the targets are 0 or 1, the optimality condition cancels, to a unit over λ. Where the scalar
    equation, in which 1/λ and the argument are added, loses its first digits, nothing is known.
    """
    n, outputs = problem.target.shape
    u = unit(problem.dtype)
    error = outputs * gamma(8 * outputs + 20, u) * (size + math.sqrt(n * outputs))
    if problem.soft_targets:
        error = error + outputs * gamma(16, u) * math.sqrt(n * outputs) / lam
    return error if isinstance(problem.loss, SquaredError) else error + _lost(size + 1 / lam)


def _lost(size: Scalar) -> Scalar:
    """+inf where a sum of this size, in float64, is off by a thousandth or more; else 0."""
    if isinstance(size, Tensor):
        return torch.where(size * U < 2.0**-10, 0.0, torch.inf)
    return 0.0 if size * U < 2.0**-10 else math.inf


def difference(n: Numbers) -> tuple[Scalar, Scalar]:
    """F's change by the difference form, and the bound on its error."""
    f, p, e = n.facts, n.products, n.e
    summed = gamma(f.entries + 4, U) if f.isotropic else gamma(f.image + 4, n.unit)
    i = root(p.stretch)
    off_i = gamma(2, n.unit) * e
    if not f.isotropic:
        off_i = gamma(f.terms[0] + 2, n.unit) * n.sizes.operator * e
    off_r = n.residual_error
    value = f.weight * (p.inner + 0.5 * p.stretch)
    error = off_r * (i + off_i) + (n.r + i + 0.5 * off_i) * off_i
    inner = gamma(f.image + 4, U) * n.r
    error = f.weight * (error + (inner + 0.5 * summed * i) * i)
    if f.ridge:
        value = value + f.ridge * (p.along + 0.5 * n.moved.step)
        summed = gamma(f.entries + 4, U)
        away = p.away + p.centre if f.centred else n.sizes.block
        error = error + f.ridge * (gamma(4, n.unit) + summed) * (away + e) * e
    if f.output:
        value = value + p.rest
        error = error + rest_error(f.problem, n.sizes.block, n.sizes.block + e, n.unit)
    tiny = smallest(f.dtype) * (1 + n.sizes.operator + n.sizes.residual + f.weight)
    return value, error + gamma(4, U) * absolute(value) + tiny


def bending(n: Numbers) -> tuple[Scalar, Scalar, tuple[Scalar, Scalar]]:
    """⟨d, ∇²H d⟩ with its error, and ‖d‖², ‖Ad‖²."""
    f, m, p2 = n.facts, n.moved, absolute(n.products.p2)
    if f.isotropic:
        near = m.step - 2 * n.products.p2 * m.cross + p2 * p2 * m.inertia
        size = m.step + 2 * p2 * absolute(m.cross) + p2 * p2 * m.inertia
        error = m.step_error + 2 * p2 * m.cross_error + p2 * p2 * m.inertia_error
        error = f.weight * (error + 8 * U * size)
        return f.weight * near, error, (absolute(near), absolute(near))
    near, stretch = n.products.near, n.products.bent
    reach = n.e + p2 * n.d
    off = gamma(4, n.unit) * reach
    off_i = gamma(f.terms[0] + 6, n.unit) * n.sizes.operator * reach
    error = f.weight * ((2 * root(stretch) + off_i) * off_i + gamma(f.image + 4, n.unit) * stretch)
    error = error + f.ridge * ((2 * root(near) + off) * off + gamma(f.entries + 4, n.unit) * near)
    bend = f.weight * stretch + f.ridge * near
    tiny = smallest(f.dtype) * (1 + f.weight + n.sizes.operator)
    return bend, error + 4 * U * bend + tiny, (near, stretch)


def _execution(
    n: Numbers, change_error: Scalar, bend_error: Scalar, curved: tuple[Scalar, Scalar]
) -> Scalar:
    """By how much rounding of a gradient step can make T1, or T3's inequality, fail."""
    f, p, sizes = n.facts, n.products, n.sizes
    s, modulus, t = f.s, p.modulus, p.t
    u, e, d, p1, p2 = sizes.block, n.e, n.d, absolute(p.p1), absolute(p.p2)
    few, sl = gamma(8, n.unit), s * modulus
    off = _forward_error(n)
    if f.output:
        forward = u + p1 * d + (n.r + p2 * d) / s
        off = off + prox_error(f.problem, u + e + forward, sl)
    end = t * off + few * (u + t * e)
    near_square, stretch = curved
    turned = f.weight * sizes.operator * root(stretch) + f.ridge * root(near_square)
    c = p.p1 * s - p.p2
    slope = sl * (p1 * d + e + 2 * end) + turned
    rest: Scalar = 0.0
    if f.output:
        slope = slope + f.problem.loss.gradient_lipschitz * (e * (t - 1) + end)
        tested = gamma(f.entries + 8, n.unit) * modulus
        rest = change_error + tested * (
            absolute(s / t - 0.5) * e * e + absolute(c) * d * e + p2 * p2 * d * d
        )
        # where z_L was not extrapolated, nothing was tested
        rest = rest * (t != 1)
    total = (
        rest + (slope + modulus * (absolute(s / t - 0.5) * (2 * e + end) + absolute(c) * d)) * end
    )
    scale = f.weight * sizes.operator * sizes.operator + f.ridge
    spectrum = gamma(sum(f.terms) + 20, n.unit) * scale
    squared = e + p2 * d
    near = gamma(f.entries + f.image + 8, n.unit)
    total = total + 0.5 * (bend_error + spectrum * near_square + near * modulus * squared * squared)
    few = gamma(16, n.unit)
    total = total + few * modulus * (e + d) * (e + d) * (1 + p1 * s + p2 + p2 * p2)
    if f.bounded:
        total = total + _outside(n, end, turned)
    return total


def _forward_error(n: Numbers) -> Scalar:
    """f: the error of the forward point, before clipping."""
    f, sizes, d = n.facts, n.sizes, n.d
    p1, p2 = absolute(n.products.p1), absolute(n.products.p2)
    few, norm = gamma(8, n.unit), sizes.operator
    inner, outer = (gamma(terms + 8, n.unit) for terms in f.terms)
    slope = n.residual_error + outer * (n.r + p2 * norm * d) + inner * p2 * norm * d
    slope = f.weight * norm * slope
    if f.ridge:
        slope = slope + f.ridge * few * (sizes.block + n.products.centre + p2 * d)
    return few * (sizes.block + p1 * d) + slope / (f.s * n.products.modulus)


def _outside(n: Numbers, end: Scalar, turned: Scalar) -> Scalar:
    """What it costs that uᵏ may lie outside its computed box by β."""
    f, p, sizes, beta = n.facts, n.products, n.sizes, n.sizes.outside
    gradient = f.weight * sizes.operator * (n.r + sizes.operator * n.e)
    gradient = gradient + f.ridge * (sizes.block + n.e)
    held = f.s * p.modulus * (absolute(p.p1) * n.d + n.e + beta) + gradient + turned
    return gradient * gamma(4, n.unit) * (sizes.block + p.t * n.e) + p.t * held * beta
