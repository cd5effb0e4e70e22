r"""Every block of the layered objective as one and the same small quadratic.

With all other blocks fixed, the smooth part of F is, in each block u,

    H(u) = (w/2)‖r + A(u − u₀)‖² + (m/2)‖u − c‖² + const,      r the residual at u₀,

with a linear map A, so that for a point u₀ + d, a step e and the modulus of ∇H

    ∇H(u₀ + d) = wA*(r + Ad) + m(u₀ + d − c)
    ΔH(e)      = w⟨r, Ae⟩ + (w/2)‖Ae‖² + m⟨u₀ − c, e⟩ + (m/2)‖e‖²       exactly
    L          = w‖A‖² + m.

| block | A | w | r | m, c | L | non-smooth |
|---|---|---|---|---|---|---|
| W_l | d ↦ a_{l−1}dᵀ | ρ | pre_l − z_l | μ, 0 | ρσ_max(a_{l−1})² + μ | – |
| b_l | identity | ρN | column means of pre_l − z_l | μ_b, 0 | ρN + μ_b | – |
| z_l | identity | ρ | z_l − pre_l | – | ρ | band: interval |
| z_L | identity | ρ | z_L − pre_L | – | ρ | R |
| a_l | d ↦ dW_{l+1}ᵀ | ρ | pre_{l+1} − z_{l+1} | ν, h(z_l) | ρσ_max(W_{l+1})² + ν | band: box |

(ν is that of the penalty, 0 with the band.) pre_l = a_{l−1}W_lᵀ + 1b_lᵀ is handed in, so that
each product is formed once. The difference form of ΔH loses no digits to cancellation, and
no objective is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem, Point, inner, squared_norm
from amverify.network.scalars import Scalar, dot, on_host, plain

Kind = Literal["W", "b", "z", "a"]


class Adjoint(Protocol):
    """r ↦ A*r, or β·onto + α·A*r in one operation (``addmm`` where there are no replicates)."""

    def __call__(
        self, r: Tensor, onto: Tensor | None = None, beta: float = 1.0, alpha: Scalar = 1.0
    ) -> Tensor:
        """A*r, of the shape of the block."""


@dataclass(slots=True)
class Rest:
    """R, the part of F in z_L that is not quadratic, seen from the present z_L."""

    problem: LayeredProblem
    z: Tensor
    _change: Callable[[Tensor], Tensor] | None = None

    def change(self, new: Tensor) -> Scalar:
        """R(new) − R(z)."""
        if self._change is None:
            self._change = self.problem.loss.change_from(self.z, self.problem.target)
        change = self._change(new)
        return float(change) if plain(self.z) else change.double()


@dataclass(slots=True)
class Block:
    """One block at its present point; see the module for the meaning of the fields.

    ``bounds`` is the box of the band, if there is one. ``rest`` is set for z_L only.
    ``isotropic`` says that A is the identity and L = w: b and z. ``terms`` are the lengths of
    the sums that A and A* take. (Not frozen: one is made for every block of every sweep, and
    a frozen dataclass takes three times as long to make. Nothing changes it.)
    """

    kind: Kind
    layer: int
    u: Tensor
    residual: Tensor
    weight: float
    apply: Callable[[Tensor], Tensor]
    adjoint: Adjoint
    modulus: Callable[[], Scalar]
    ridge: float = 0.0
    centre: Tensor | None = None
    bounds: tuple[Tensor, Tensor] | None = None
    rest: Rest | None = None
    isotropic: bool = False
    terms: tuple[int, int] = (1, 1)

    def gradient(self, d: Tensor | None = None, image: Tensor | None = None) -> Tensor:
        """∇H(u₀ + d), of the shape of u; ``image`` is Ad if it is known; d = 0 if ``None``."""
        r, u = self.residual, self.u
        if d is not None:
            r = r + (self.apply(d) if image is None else image)
            u = u + d
        g = self.weight * self.adjoint(r)
        if self.ridge:
            g = torch.add(g, u if self.centre is None else u - self.centre, alpha=self.ridge)
        return g

    def descend(
        self,
        s: float,
        modulus: Scalar,
        d: Tensor | None,
        image: Tensor | None,
        p1: Scalar,
        p2: Scalar,
        t: float = 1.0,
    ) -> Tensor:
        """u₀ + t(p1·d − ∇H(u₀ + p2·d)/(sL)), of the shape of u; ``image`` is Ad.

        Where A is the identity and L = w, it is u₀ − (t/s)r + t(p1 − p2/s)d: nothing but
        c = p1·s − p2 is left of the inertia, and nothing at all where it is coupled.
        With a step η = t/(sL) and without a centre, the ridge only scales:
        (1 − ηm)u₀ + (tp1 − ηmp2)d − ηwA*(r + p2·Ad), two operations for numbers.
        """
        if self.isotropic:
            forward = torch.add(self.u, self.residual, alpha=-t / s)
            return forward if d is None else axpy(forward, t * (p1 - p2 / s), d)
        eta = t / (s * modulus)
        r = self.residual if image is None else axpy(self.residual, p2, image)
        shrink = 1 - eta * self.ridge
        if isinstance(shrink, float) and self.centre is None and shrink > 0.5:
            at = self.u
            if d is not None:
                at = axpy(at, (t * p1 - eta * self.ridge * p2) / shrink, d)
            return self.adjoint(r, at, shrink, -eta * self.weight)
        forward = self.u if d is None else axpy(self.u, t * p1, d)
        forward = self.adjoint(r, forward, 1.0, -eta * self.weight)
        if self.ridge:
            at = self.u if d is None else axpy(self.u, p2, d)
            at = at if self.centre is None else at - self.centre
            forward = axpy(forward, -eta * self.ridge, at)
        return forward

    def curvature(self, d: Tensor, image: Tensor | None = None) -> Tensor:
        """⟨d, ∇²H d⟩ = w‖Ad‖² + m‖d‖², of the replicates' shape."""
        image = self.apply(d) if image is None else image
        value = self.weight * squared_norm(image)
        return value + self.ridge * squared_norm(d) if self.ridge else value

    def change(
        self, e: Tensor, image: Tensor | None = None, *, rest: Scalar | None = None
    ) -> Scalar:
        """ΔH(e), and for z_L also R's change: the exact change of F by the step e.

        ``rest`` is R's change (``rest_change``) where it is known, at the point as it is stored.
        """
        image = self.apply(e) if image is None else image
        value = self.weight * (dot(self.residual, image) + 0.5 * dot(image, image))
        if self.ridge:
            at = self.u if self.centre is None else self.u - self.centre
            value = value + self.ridge * (dot(at, e) + 0.5 * dot(e, e))
        return value + (self.rest_change(self.u + e) if rest is None else rest)

    def rest_change(self, new: Tensor) -> Scalar:
        """R(new) − R(z) for z_L, 0 for every other block."""
        return 0.0 if self.rest is None else self.rest.change(new)

    def project(self, v: Tensor, *, fresh: bool = False) -> Tensor:
        """v clipped to the band's box, in place if it is ``fresh``; v itself without a box."""
        if self.bounds is None:
            return v
        return torch.clamp(v, *self.bounds, out=v if fresh else None)


def blockwise(x: Tensor) -> Tensor:
    """A scalar per replicate, shaped so that it multiplies a block."""
    return x if x.ndim == 0 else x[..., None, None]


def axpy(u: Tensor, factor: Scalar, d: Tensor) -> Tensor:
    """u + factor·d, for a number or one factor per replicate."""
    if isinstance(factor, Tensor):
        return u + blockwise(factor).to(u.dtype) * d
    return torch.add(u, d, alpha=factor) if factor else u


def _accumulated(
    left: Tensor, right: Tensor, onto: Tensor | None, beta: float, alpha: Scalar
) -> Tensor:
    """β·onto + α·left·right (onto = 0 if ``None``, and then α = 1)."""
    if onto is None:
        return left @ right
    if isinstance(alpha, float) and onto.ndim == 2 and right.ndim == 2:
        return torch.addmm(onto, left, right, beta=beta, alpha=alpha)
    return axpy(onto if beta == 1 else beta * onto, alpha, left @ right)


def largest_eigenvalue(gram: Tensor) -> Tensor:
    """λ_max of symmetric matrices, of shape *R; NaN for a replicate that is not finite.

    On an accelerator a bound above it that needs no look (``by_powers``).
    """
    if not on_host(gram):
        return by_powers(gram)
    try:
        return torch.linalg.eigvalsh(gram)[..., -1]  # type: ignore[no-any-return]
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]  # it is public, but not in __all__
        # raised for all replicates at once when one of them is not finite
        finite = torch.isfinite(gram).all(-1).all(-1)
        largest = torch.linalg.eigvalsh(torch.where(finite[..., None, None], gram, 0.0))[..., -1]
        return torch.where(finite, largest, torch.nan)


SQUARINGS = 12


def by_powers(gram: Tensor) -> Tensor:
    r"""A bound above λ_max of G ⪰ 0, (*R, n, n): ‖G^p‖_F^{1/p}, p = 2¹², by repeated squaring.

    With eigenvalues λ_i it is λ_max(Σ(λ_i/λ_max)^{2p})^{1/2p}: above by no more than n^{1/2p}
    (0.07 % for n = 256), and by nothing that float64 shows where the second eigenvalue is below
    0.995 of the first. LAPACK's eigenvalues on an accelerator wait for it; products do not.

    Rounding: with ‖G_i‖_F = 1 a squaring is off by γ_n in norm, against λ_max(G_i)² ≥ 1/n, so by a
    relative nγ_n; the i-th counts 2^{−i}, all of them less than 2nγ_n. The factor covers that, the
    logarithms, and the format that the bound is given in.
    """
    n = gram.shape[-1]
    largest = gram.double().abs().amax((-2, -1))
    power, log = _scaled(gram.double(), largest)
    for i in range(SQUARINGS + 1):
        power = power @ power if i else power
        power, more = _scaled(power, torch.linalg.matrix_norm(power))
        log = log + more / 2**i
    wide, own = torch.finfo(torch.float64).eps, torch.finfo(gram.dtype).eps
    slack = 2 * (n * n + 2**12) * wide + own
    bound = (torch.exp(log) * (1 + slack)).to(gram.dtype)
    above = torch.nextafter(bound, torch.full_like(bound, torch.inf))  # where numbers are subnormal
    return torch.where(largest > 0, above, bound)


def _scaled(power: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
    """The matrices over their sizes, and the logarithms of these; a size of 0 is left alone."""
    divisor = torch.where(size == 0, 1.0, size)
    return power / divisor[..., None, None], torch.log(size)


def spectral_norm_squared(m: Tensor) -> Tensor:
    """σ_max(m)², of shape *R, from the smaller Gram matrix; NaN for a replicate that diverged."""
    return largest_eigenvalue(m.mT @ m if m.shape[-2] >= m.shape[-1] else m @ m.mT)


def weight_block(problem: LayeredProblem, point: Point, pre: Tensor, layer: int) -> Block:
    """W_l."""
    a = problem.inputs(point, layer)

    def modulus() -> Tensor:
        norm = problem.input_norm_squared if layer == 1 else spectral_norm_squared(a)
        return problem.rho * norm + problem.mu

    return Block(
        kind="W",
        layer=layer,
        u=point.w[layer - 1],
        residual=pre - point.z[layer - 1],
        weight=problem.rho,
        apply=lambda d: a @ d.mT,
        adjoint=lambda r, onto=None, beta=1.0, alpha=1.0: _accumulated(r.mT, a, onto, beta, alpha),
        modulus=modulus,
        ridge=problem.mu,
        terms=(a.shape[-1], problem.samples),
    )


def _identity(d: Tensor) -> Tensor:
    return d


def _identity_adjoint(
    r: Tensor, onto: Tensor | None = None, beta: float = 1.0, alpha: Scalar = 1.0
) -> Tensor:
    return r if onto is None else axpy(beta * onto, alpha, r)


def bias_block(problem: LayeredProblem, point: Point, pre: Tensor, layer: int) -> Block:
    """b_l: up to a constant, ρN/2 times the squared distance from the best constant."""
    weight = problem.rho * problem.samples
    return Block(
        kind="b",
        layer=layer,
        u=point.b[layer - 1],
        residual=problem.averaging @ (pre - point.z[layer - 1]),
        weight=weight,
        apply=_identity,
        adjoint=_identity_adjoint,
        modulus=lambda: weight + problem.mu_bias,
        ridge=problem.mu_bias,
        isotropic=not problem.mu_bias,
    )


def auxiliary_block(
    problem: LayeredProblem, point: Point, pre: Tensor, layer: int, eps: float
) -> Block:
    """z_l with the band, l < L. (Under a penalty z_l is not convex: see ``auxiliary_prox``.)"""
    z = point.z[layer - 1]
    bounds = Band.interval(problem.activation, z, point.a[layer - 1], eps)
    return Block(
        kind="z",
        layer=layer,
        u=z,
        residual=z - pre,
        weight=problem.rho,
        apply=_identity,
        adjoint=_identity_adjoint,
        modulus=lambda: problem.rho,
        bounds=bounds,
        isotropic=True,
    )


def output_block(problem: LayeredProblem, point: Point, pre: Tensor) -> Block:
    """z_L, with R in the proximal part."""
    z = point.z[-1]
    return Block(
        kind="z",
        layer=problem.layers,
        u=z,
        residual=z - pre,
        weight=problem.rho,
        apply=_identity,
        adjoint=_identity_adjoint,
        modulus=lambda: problem.rho,
        isotropic=True,
        rest=Rest(problem, z),
    )


def activation_block(
    problem: LayeredProblem, point: Point, pre_next: Tensor, layer: int, eps: float
) -> Block:
    """a_l, l < L; ``pre_next`` is pre_{l+1} at the present a_l."""
    w, z = point.w[layer], point.z[layer - 1]
    h = problem.activation
    penalty = isinstance(problem.coupling, Penalty)
    nu = problem.coupling.nu if isinstance(problem.coupling, Penalty) else 0.0
    return Block(
        kind="a",
        layer=layer,
        u=point.a[layer - 1],
        residual=pre_next - point.z[layer],
        weight=problem.rho,
        apply=lambda d: d @ w.mT,
        adjoint=lambda r, onto=None, beta=1.0, alpha=1.0: _accumulated(r, w, onto, beta, alpha),
        modulus=lambda: problem.rho * spectral_norm_squared(w) + nu,
        ridge=nu,
        centre=h(z) if penalty else None,
        bounds=None if penalty else Band.box(h, z, eps),
        terms=(w.shape[-1], w.shape[-2]),
    )


def auxiliary_prox(
    problem: LayeredProblem, point: Point, pre: Tensor, layer: int, near: Tensor, gamma: float
) -> Tensor:
    """The minimiser over z_l, l < L, of F + (γ/2)‖z − near‖² under a penalty, (*R, N, n_l).

    The two squares are one: (ρ/2)(z − pre)² + (γ/2)(z − near)² has its minimum at
    c = (ρ pre + γ near)/(ρ + γ) and curvature ρ + γ.
    """
    assert isinstance(problem.coupling, Penalty)
    total = problem.rho + gamma
    centre = (problem.rho * pre + gamma * near) / total
    return problem.activation.penalty_minimiser(
        centre, point.a[layer - 1], total, problem.coupling.nu
    )


def auxiliary_change(
    problem: LayeredProblem, point: Point, pre: Tensor, layer: int, new: Tensor
) -> Tensor:
    """F's change when z_l, l < L, becomes ``new`` under a penalty, of the replicates' shape."""
    assert isinstance(problem.coupling, Penalty)
    z = point.z[layer - 1]
    e = new - z
    quadratic = problem.rho * inner(z - pre + 0.5 * e, e)
    return quadratic + problem.coupling.change(problem.activation, z, new, point.a[layer - 1])
