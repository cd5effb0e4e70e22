r"""Losses R(z; y), summed over the samples, with the proximal map that z_L needs.

The proximal map of softmax cross-entropy, row by row min_u CE(u, y) + (λ/2)‖u − v‖², has no
elementary closed form, but a scalar equation gives it. With w = v + y/λ, s = logsumexp(u)
and the Wright omega function (ω + log ω = x), optimality reads

    u_j = w_j − ω(w_j − s − log λ),        λ Σ_j ω(w_j − s − log λ) = 1,

and the left side of the second equation is convex and decreasing in s: from anywhere
Newton's method steps at most once past the root, to its left, and then climbs to it
monotonically. Near the solution Newton's method on u takes over: its Hessian is
diag(p + λ) − ppᵀ, inverted by Sherman and Morrison's formula, and for one-hot y no digits
cancel however small λ is. Since R is convex, the residual r of the optimality condition certifies
the result: ‖u − u*‖ ≤ ‖r‖/λ.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as tf

from amverify.errors import InvalidInput
from amverify.network.scalars import Scalar, on_host

_SCALAR_STEPS = 60
_NEAR = 0.05
ROWS = 4096


class Loss(ABC):
    """A convex loss of the network's output z (*R, N, C), summed over N and C."""

    name: ClassVar[str]
    gradient_lipschitz: ClassVar[float]
    """Lip(∇R) with respect to z, in the Euclidean norm."""
    infimum: ClassVar[float] = 0.0
    """A lower bound of R."""

    @abstractmethod
    def value(self, z: Tensor, target: Tensor) -> Tensor:
        """R(z; y), of the shape of the replicate dimensions."""

    @abstractmethod
    def gradient(self, z: Tensor, target: Tensor) -> Tensor:
        """∇_z R(z; y), of the shape of z."""

    @abstractmethod
    def prox(self, v: Tensor, target: Tensor, lam: float, near: Tensor | None = None) -> Tensor:
        """argmin_u R(u; y) + (λ/2)‖u − v‖², of the shape of v; λ > 0.

        ``near``, a guess of the result, may save time; it never changes what is computed.
        """

    @abstractmethod
    def samplewise(self, z: Tensor, target: Tensor) -> Tensor:
        """The summands of R: one number a sample, (*R, N)."""

    def change(self, z: Tensor, new: Tensor, target: Tensor) -> Tensor:
        """R(new) − R(z), the differences taken sample by sample before they are summed."""
        return self.change_from(z, target)(new)

    def change_from(self, z: Tensor, target: Tensor) -> Callable[[Tensor], Tensor]:
        """new ↦ ``change``, for as many points as are wanted."""
        before = self.samplewise(z, target)
        return lambda new: (self.samplewise(new, target) - before).sum(-1)

    @abstractmethod
    def size(self, norm: Scalar, target: Tensor) -> Scalar:
        """A bound on R's formula in absolute values, at any z with ‖z‖_F ≤ ``norm``.

        ``value`` and ``change`` are computed to within γ_{N+4C+20} times it (for ``change``,
        times the sum of it at both ends).
        """

    @abstractmethod
    def steepness(self, norm: Scalar, target: Tensor) -> Scalar:
        """A bound on ‖∇R‖ at any z with ‖z‖_F ≤ ``norm``."""

    def targets(self, y: Tensor, outputs: int, dtype: torch.dtype) -> Tensor:
        """Targets (N, C): class numbers (N,) become one-hot rows, real targets stay.

        Raises:
            InvalidInput: if y is neither class numbers in 0 … C−1 nor real targets (N, C).
        """
        if y.dtype.is_floating_point:
            if y.ndim != 2 or y.shape[1] != outputs:
                raise InvalidInput(f"targets: expected shape (N, {outputs}), got {tuple(y.shape)}")
            if not bool(torch.isfinite(y.to(dtype)).all()):
                raise InvalidInput(f"targets: NaN or infinite entries in {dtype}")
            return y.to(dtype)
        if y.ndim != 1:
            raise InvalidInput(f"labels: expected shape (N,), got {tuple(y.shape)}")
        low, high = int(y.min()), int(y.max())
        if low < 0 or high >= outputs:
            raise InvalidInput(
                f"labels: expected class numbers 0 … {outputs - 1}, found {low} … {high}; "
                "check the last width of the network"
            )
        if low == high and len(y) > 1:
            raise InvalidInput(
                f"labels: all {len(y)} samples are of class {low}; at least two classes are needed"
            )
        return tf.one_hot(y.long(), outputs).to(dtype)


class CrossEntropy(Loss):
    """Softmax cross-entropy Σ_n (logsumexp(z_n) − ⟨y_n, z_n⟩), y_n on the simplex.

    z and y are of shape (…, N, n_L), n_L ≥ 2 classes; the value is a sum over samples, in nats.
    """

    name = "cross_entropy"
    gradient_lipschitz = 0.5

    def samplewise(self, z: Tensor, target: Tensor) -> Tensor:
        """logsumexp(z_n) − ⟨y_n, z_n⟩, computed as −⟨y_n, log softmax(z_n)⟩."""
        return -(target * torch.log_softmax(z, -1)).sum(-1)

    def value(self, z: Tensor, target: Tensor) -> Tensor:
        """R(z; y), of the shape of the replicate dimensions."""
        return self.samplewise(z, target).sum(-1)

    def change_from(self, z: Tensor, target: Tensor) -> Callable[[Tensor], Tensor]:
        """new ↦ R(new) − R(z) = ⟨y, log softmax(z) − log softmax(new)⟩."""
        before = torch.log_softmax(z, -1)
        return lambda new: ((before - torch.log_softmax(new, -1)) * target).sum((-2, -1))

    def size(self, norm: Scalar, target: Tensor) -> Scalar:
        """Σ_n (2 max_j |z_nj| + 1 + log C) ≤ 2√N‖z‖ + N(1 + log C)."""
        n, classes = target.shape
        return (2 * math.sqrt(n)) * norm + n * (1 + math.log(classes))

    def steepness(self, norm: Scalar, target: Tensor) -> Scalar:
        """√(2N): two distributions are at most √2 apart."""
        return math.sqrt(2 * target.shape[0])

    def gradient(self, z: Tensor, target: Tensor) -> Tensor:
        """softmax(z) − y."""
        return torch.softmax(z, -1) - target

    def prox(self, v: Tensor, target: Tensor, lam: float, near: Tensor | None = None) -> Tensor:
        """The proximal point, by Newton's method on s (see the module)."""
        return cross_entropy_prox(v, target, lam, near)

    def targets(self, y: Tensor, outputs: int, dtype: torch.dtype) -> Tensor:
        """One-hot rows, or given rows of probabilities.

        Raises:
            InvalidInput: as in :class:`Loss`; also for one output only, or rows that are not
                on the simplex.
        """
        if outputs < 2:
            raise InvalidInput(
                "cross-entropy needs at least two outputs, got width 1: "
                "use the logistic loss for a single output"
            )
        target = super().targets(y, outputs, dtype)
        if y.dtype.is_floating_point:
            off = (target.sum(-1) - 1).abs().max() > outputs * torch.finfo(dtype).eps
            if bool((target < 0).any()) or bool(off):
                raise InvalidInput("targets: the rows must be probabilities that sum to 1")
        return target


class SquaredError(Loss):
    """Half the squared error ½‖z − y‖², z and y of shape (…, N, n_L), y real."""

    name = "squared_error"
    gradient_lipschitz = 1.0

    def samplewise(self, z: Tensor, target: Tensor) -> Tensor:
        """½‖z_n − y_n‖²."""
        return 0.5 * ((z - target) ** 2).sum(-1)

    def value(self, z: Tensor, target: Tensor) -> Tensor:
        """R(z; y), of the shape of the replicate dimensions."""
        return self.samplewise(z, target).sum(-1)

    def size(self, norm: Scalar, target: Tensor) -> Scalar:
        """½(‖z‖ + ‖y‖)²."""
        reach = norm + float(torch.linalg.matrix_norm(target))
        return 0.5 * reach * reach

    def steepness(self, norm: Scalar, target: Tensor) -> Scalar:
        """‖z‖ + ‖y‖."""
        return norm + float(torch.linalg.matrix_norm(target))

    def gradient(self, z: Tensor, target: Tensor) -> Tensor:
        """z − y."""
        return z - target

    def prox(self, v: Tensor, target: Tensor, lam: float, near: Tensor | None = None) -> Tensor:
        """(y + λv)/(1 + λ)."""
        return (target + lam * v) / (1 + lam)


class Logistic(Loss):
    """Σ log(1 + e^z) − yz, output by output; y ∈ [0, 1]."""

    name = "logistic"
    gradient_lipschitz = 0.25

    def samplewise(self, z: Tensor, target: Tensor) -> Tensor:
        """Σ_c log(1 + e^{z_nc}) − y_nc z_nc."""
        return (torch.logaddexp(z, torch.zeros_like(z)) - target * z).sum(-1)

    def value(self, z: Tensor, target: Tensor) -> Tensor:
        """R(z; y), of the shape of the replicate dimensions."""
        return self.samplewise(z, target).sum(-1)

    def size(self, norm: Scalar, target: Tensor) -> Scalar:
        """Σ (2|z| + 1) ≤ 2√(NC)‖z‖ + NC."""
        return (2 * math.sqrt(target.numel())) * norm + target.numel()

    def steepness(self, norm: Scalar, target: Tensor) -> Scalar:
        """√(NC)."""
        return math.sqrt(target.numel())

    def gradient(self, z: Tensor, target: Tensor) -> Tensor:
        """σ(z) − y."""
        return torch.sigmoid(z) - target

    def prox(self, v: Tensor, target: Tensor, lam: float, near: Tensor | None = None) -> Tensor:
        """Cross-entropy's proximal map, for the pair (z/2, −z/2) of labels (y, 1 − y).

        Its cross-entropy is log(1 + eᶻ) − yz, and its squared distance from (v/2, −v/2) is
        ½(z − v)², so λ doubles.
        """
        pair = torch.stack((0.5 * v, -0.5 * v), -1)
        labels = torch.stack((target, 1 - target), -1).expand(pair.shape)
        guess = None if near is None else torch.stack((0.5 * near, -0.5 * near), -1)
        u = cross_entropy_prox(pair, labels, 2 * lam, guess)
        return u[..., 0] - u[..., 1]

    def targets(self, y: Tensor, outputs: int, dtype: torch.dtype) -> Tensor:
        """Targets in [0, 1]; for one output, labels 0 and 1 become one column.

        Raises:
            InvalidInput: as in :class:`Loss`; also for targets outside [0, 1].
        """
        if not y.dtype.is_floating_point and outputs == 1:
            y = super().targets(y, 2, dtype)[:, 1:]
        target = super().targets(y, outputs, dtype)
        if bool((target < 0).any()) or bool((target > 1).any()):
            raise InvalidInput("targets: the logistic loss needs targets between 0 and 1")
        return target


def cross_entropy_prox(v: Tensor, target: Tensor, lam: float, near: Tensor | None = None) -> Tensor:
    """Row-wise argmin_u CE(u, y) + (λ/2)‖u − v‖² of v (…, C), y (…, C) on the simplex.

    First s to about two digits, by Newton's method on the scalar equation; then all digits,
    by Newton's method on u, where nothing of the size of 1/λ cancels. ``near``, a guess of
    the result, only saves steps: where Newton's method on u moves it little, the first part
    is left out. Computed in float64, whatever the dtype of v. On an accelerator, where
    looking at a value costs a synchronisation, the number of steps is fixed; elsewhere many rows
    are taken ``ROWS`` at a time, since a score of float64 copies of them are made.
    """
    if v.ndim == 2 and len(v) > ROWS and on_host(v):
        cuts = [slice(i, i + ROWS) for i in range(0, len(v), ROWS)]
        found = [
            cross_entropy_prox(v[at], target[at], lam, None if near is None else near[at])
            for at in cuts
        ]
        return torch.cat(found)
    wide, y = v.double(), target.double()
    newton = _Newton(wide, y, lam, torch.finfo(v.dtype).eps)
    looks = on_host(v)
    if near is not None and looks:
        guess = near.double()
        move = newton.move(guess)
        moved = float(move.abs().max())
        if moved < _NEAR:
            return newton.polish(guess - move, moved**2).to(v.dtype)
    x = torch.add(wide, y, alpha=1 / lam) - math.log(lam)
    s = torch.logsumexp(x, -1, keepdim=True) + math.log(lam)
    omega = wright_omega(x - s)
    for _ in range(_SCALAR_STEPS if looks else _SCALAR_STEPS // 3):
        slope = omega / (1 + omega)
        move = (omega.sum(-1, keepdim=True) - 1 / lam) / slope.sum(-1, keepdim=True)
        s = s + move
        omega = wright_omega(x - s)
        if looks and float(move.abs().max()) < _NEAR:
            break
    u = wide + (y * (omega @ newton.others) - newton.rest * omega)
    return newton.polish(u, _NEAR).to(v.dtype)


@lru_cache(maxsize=16)
def _others(classes: int, device: torch.device) -> Tensor:
    """The matrix whose product with p is Σ_{i≠j} p_i for each j, without subtracting."""
    return 1 - torch.eye(classes, dtype=torch.float64, device=device)


class _Newton:
    """Newton's method on softmax(u) − y + λ(u − v) = 0, with what its steps share."""

    def __init__(self, v: Tensor, target: Tensor, lam: float, enough: float) -> None:
        self.v, self.target, self.lam, self.enough = v, target, lam, enough
        self.others = _others(v.shape[-1], v.device)
        self.rest = 1 - target

    def move(self, u: Tensor) -> Tensor:
        """What one step subtracts: diag(p + λ) − ppᵀ is inverted by Sherman and Morrison."""
        p = torch.softmax(u, -1)
        r = torch.addcmul(self.rest * p, self.target, p @ self.others, value=-1)
        r = torch.add(r, u - self.v, alpha=self.lam)
        curvature = p + self.lam
        share, scaled = p / curvature, r / curvature
        correction = (p * scaled).sum(-1, keepdim=True) / share.sum(-1, keepdim=True)
        return torch.addcmul(scaled, share, correction, value=1 / self.lam)

    def polish(self, u: Tensor, error: float) -> Tensor:
        """From a point with at most this error, < 1, to the unit roundoff: each step squares it."""
        while error > self.enough:
            u, error = u - self.move(u), error**2
        return u


def wright_omega(x: Tensor) -> Tensor:
    """The positive root of ω + log ω = x, elementwise.

    A start that is right to about 10 % (eˣ/(1 + eˣ) on the left, x − log x on the right)
    and two steps of Fritsch, Shafer and Crowley's iteration, of order four, which give it
    to a relative error of some 5·10⁻¹⁵ in float64.
    """
    left = torch.exp(x.clamp(max=1.0))
    wide = x.clamp(min=1.0)
    log = torch.log(wide)
    omega = torch.where(x > 1.0, wide - log * (wide / (1 + wide)), left / (1 + left))
    tiny = torch.finfo(x.dtype).tiny
    for _ in range(2):
        omega = omega.clamp(min=tiny)
        r = x - omega - torch.log(omega)
        q = 1 + omega
        half = 2 * q * (q + (2 / 3) * r)
        omega = omega + omega * (r / q) * ((half - r) / (half - 2 * r))
    return torch.where(x < -50, left, omega)


LOSSES: dict[str, Loss] = {loss.name: loss for loss in (CrossEntropy(), SquaredError(), Logistic())}
