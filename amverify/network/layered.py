r"""The layered objective: an L-layer network split at every layer.

    F(W, b, z, a) = R(z_L; y) + Σ_l [(μ/2)‖W_l‖² + (μ_b/2)‖b_l‖² + φ_l] + coupling
    coupling      = of a_l to h(z_l), l < L: a band or a penalty
    φ_l           = (ρ/2)‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖²,            l = 1 … L,  a_0 = X

Samples are rows: W_l (n_l, n_{l−1}), b_l (1, n_l), z_l and a_l (N, n_l). Every state tensor
may carry leading *replicate* dimensions *R (seeds trained side by side); X and y are
shared, and every scalar of a state (F, a modulus) has shape *R.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from amverify.errors import InvalidInput, of_kinds
from amverify.network.activations import Activation, activation
from amverify.network.coupling import Band, Coupling, Penalty, check_coupling
from amverify.network.losses import CrossEntropy, Loss
from amverify.network.sparse import entries, is_sparse, norm_squared_above, place
from amverify.network.weights import InputSpace, Representation, input_space


@dataclass
class Point:
    """All blocks: lists over l = 1 … L (``a`` over l = 1 … L−1), in the order of layers.

    ``w[0]`` holds the coordinates of W_1 in the problem's input space.
    """

    w: list[Tensor]
    b: list[Tensor]
    z: list[Tensor]
    a: list[Tensor]

    def copy(self) -> Point:
        """A point with lists of its own and the same tensors."""
        return Point(list(self.w), list(self.b), list(self.z), list(self.a))


def squared_norm(u: Tensor) -> Tensor:
    """‖u‖² over the last two dimensions, of the replicates' shape."""
    return (u * u).sum((-2, -1))


def inner(u: Tensor, v: Tensor) -> Tensor:
    """⟨u, v⟩ over the last two dimensions, of the replicates' shape."""
    return (u * v).sum((-2, -1))


@dataclass(frozen=True)
class LayeredProblem:
    """Data, network and constants of F.

    Args:
        x: inputs (N, n_0), finite; sparse ones in CSR layout stay sparse (TIAM and its relatives).
        y: class numbers (N,) or real targets (N, n_L).
        widths: n_0, …, n_L.
        rho: ρ > 0, the weight of the quadratic terms φ_l.
        mu: μ ≥ 0, the ridge on the weights.
        coupling: ``Band`` or ``Penalty``.
        activation: h, the same for all hidden layers.
        loss: R.
        dtype: of all state tensors.
        representation: of the first weight; ``auto`` keeps it in the span of X if N < n_0.
        mu_bias: μ_b ≥ 0, the ridge on the biases.

    Raises:
        InvalidInput: what is wrong, where, and what to do.
    """

    x: Tensor
    y: Tensor
    widths: tuple[int, ...]
    rho: float
    mu: float = 0.0
    coupling: Coupling = field(default_factory=lambda: Band(1.0))
    activation: Activation = field(default_factory=lambda: activation("relu"))
    loss: Loss = field(default_factory=CrossEntropy)
    dtype: torch.dtype = torch.float64
    representation: Representation = "auto"
    mu_bias: float = 0.0
    space: InputSpace = field(init=False)
    target: Tensor = field(init=False)

    def __post_init__(self) -> None:
        of_kinds(vars(self), {"representation": str, "dtype": torch.dtype})
        _check(self)
        check_coupling(self.coupling, self.activation)
        vars(self)["target"] = self.loss.targets(self.y, self.widths[-1], self.dtype)
        vars(self)["space"] = input_space(self.x, self.representation, self.dtype)

    @cached_property
    def input_norm_squared(self) -> Tensor:
        """σ_max(X)²; of sparse inputs a bound above it (:mod:`amverify.network.sparse`)."""
        if self.sparse:
            return norm_squared_above(self.space.inputs)
        norm: Tensor = torch.linalg.matrix_norm(self.space.inputs.double(), 2)
        return norm.square().to(self.dtype)

    @cached_property
    def input_size(self) -> float:
        """‖X‖_F."""
        return float(torch.linalg.matrix_norm(self.space.inputs.double()))

    @cached_property
    def soft_targets(self) -> bool:
        """Whether some target is neither 0 nor 1."""
        return bool(((self.target != 0) & (self.target != 1)).any())

    @cached_property
    def averaging(self) -> Tensor:
        """The row (1, N) whose product with a block of samples is their mean."""
        n = self.samples
        return torch.full((1, n), 1 / n, dtype=self.dtype, device=self.x.device)

    @property
    def sparse(self) -> bool:
        """Whether X is sparse, so that a method can take products with it and nothing else."""
        return is_sparse(self.x)

    @property
    def layers(self) -> int:
        """L, the number of affine layers."""
        return len(self.widths) - 1

    @property
    def samples(self) -> int:
        """N."""
        return int(self.x.shape[0])

    def reweighted(self, rho: float, nu: float | None = None) -> LayeredProblem:
        """The same data and network with another ρ (and ν of the penalty), sharing all else."""
        return self._with(rho=rho, coupling=self.coupling if nu is None else Penalty(nu))

    def double(self) -> LayeredProblem:
        """The same problem, the very numbers of its inputs and targets, in float64."""
        space = replace(self.space, inputs=self.space.inputs.double())
        wide = self._with(dtype=torch.float64, space=space, target=self.target.double())
        for cached in ("input_norm_squared", "averaging"):
            vars(wide).pop(cached, None)
        return wide

    def _with(self, **facts: Any) -> LayeredProblem:
        """A copy with other facts; nothing is checked or computed again."""
        other = copy.copy(self)
        vars(other).update(facts)
        return other

    def inputs(self, point: Point, layer: int) -> Tensor:
        """a_{l−1}; for l = 1 the inputs as the problem's space represents them."""
        return self.space.inputs if layer == 1 else point.a[layer - 2]

    def affine(self, point: Point, layer: int) -> Tensor:
        """a_{l−1}W_lᵀ + 1b_lᵀ, (*R, N, n_l)."""
        w, b = point.w[layer - 1], point.b[layer - 1]
        if w.ndim == 2:
            return torch.addmm(b, self.inputs(point, layer), w.mT)
        return self.inputs(point, layer) @ w.mT + b

    def forward(self, point: Point) -> list[Tensor]:
        """The network's own z_1, …, z_L for the weights and biases of ``point``."""
        z, a = [], self.space.inputs
        for w, b in zip(point.w, point.b, strict=True):
            z.append(a @ w.mT + b)
            a = self.activation(z[-1])
        return z

    def value(self, point: Point) -> Tensor:
        """F, without the indicator of the band (see ``infeasibility``), of shape *R."""
        total = self.loss.value(point.z[-1], self.target)
        for layer in range(1, self.layers + 1):
            residual = point.z[layer - 1] - self.affine(point, layer)
            total = total + (0.5 * self.rho) * squared_norm(residual)
            total = total + (0.5 * self.mu) * squared_norm(point.w[layer - 1])
            if self.mu_bias:
                total = total + (0.5 * self.mu_bias) * squared_norm(point.b[layer - 1])
        if isinstance(self.coupling, Penalty):
            for z, a in zip(point.z, point.a, strict=False):
                total = total + self.coupling.value(self.activation, z, a)
        return total

    def infeasibility(self, point: Point, eps: float) -> Tensor:
        """The largest violation of the band over all layers, of shape *R; 0 with a penalty."""
        worst = torch.zeros(point.z[-1].shape[:-2], dtype=self.dtype, device=self.x.device)
        if isinstance(self.coupling, Band):
            for z, a in zip(point.z, point.a, strict=False):
                worst = torch.maximum(worst, Band.infeasibility(self.activation, z, a, eps))
        return worst

    def coupling_gap(self, point: Point) -> Tensor:
        """Σ_l ‖a_l − h(z_l)‖², of shape *R: what mDLAM's code reports as its gap."""
        gap = torch.zeros(point.z[-1].shape[:-2], dtype=self.dtype, device=self.x.device)
        for z, a in zip(point.z, point.a, strict=False):
            gap = gap + squared_norm(a - self.activation(z))
        return gap


def _check_parts(problem: LayeredProblem) -> None:
    """Each part is of its kind."""
    parts = (
        ("x", Tensor, "a tensor (N, n_0)"),
        ("y", Tensor, "a tensor of class numbers (N,) or targets (N, n_L)"),
        ("rho", (int, float), "a number"),
        ("mu", (int, float), "a number"),
        ("mu_bias", (int, float), "a number"),
        ("coupling", (Band, Penalty), "Band(eps) or Penalty(nu)"),
        ("activation", Activation, 'activation("relu") or another by its name'),
        ("loss", Loss, "CrossEntropy() or SquaredError()"),
    )
    for name, kind, wanted in parts:
        given = getattr(problem, name)
        if not isinstance(given, kind) or isinstance(given, bool):
            raise InvalidInput(f"{name}: expected {wanted}, got {type(given).__name__}")


def _check(problem: LayeredProblem) -> None:
    """Refuse what the mathematics does not admit, in one line each."""
    _check_parts(problem)
    x, y, widths = problem.x, problem.y, problem.widths
    if x.ndim != 2:
        raise InvalidInput(f"x: expected shape (N, n_0), got {tuple(x.shape)}")
    if not (x.layout is torch.strided or is_sparse(x)):
        raise InvalidInput(f"x: sparse inputs in CSR layout, x.to_sparse_csr(), got {x.layout}")
    if is_sparse(x) and problem.representation == "spanned":
        raise InvalidInput("representation: sparse inputs are taken as they are, not 'spanned'")
    if x.shape[0] == 0:
        raise InvalidInput("x: no samples (N = 0)")
    if len(widths) < 2:
        raise InvalidInput(f"widths: expected n_0, …, n_L with L ≥ 1, got {widths}")
    if any(int(n) != n or n < 1 for n in widths):
        raise InvalidInput(f"widths: every width must be a positive integer, got {widths}")
    if x.shape[1] != widths[0]:
        raise InvalidInput(f"x: {x.shape[1]} features, but n_0 = {widths[0]}")
    if y.ndim == 0 or y.shape[0] != x.shape[0]:
        rows = y.shape[0] if y.ndim else 0
        raise InvalidInput(f"y: {rows} rows, but x has {x.shape[0]}")
    stored = entries(x)
    if not bool(torch.isfinite(stored).all()):
        row, column = place(x, ~torch.isfinite(stored))
        raise InvalidInput(
            f"x: not finite at row {row}, column {column}: remove or impute such entries"
        )
    if problem.dtype not in (torch.float32, torch.float64):
        raise InvalidInput(f"dtype: float32 or float64, got {problem.dtype}")
    beyond = torch.isinf(stored.to(problem.dtype))
    if bool(beyond.any()):
        row, column = place(x, beyond)
        raise InvalidInput(
            f"x: {float(stored[beyond][0]):g} at row {row}, column {column} is infinite in "
            f"{_named(problem.dtype)}: scale the inputs"
        )
    _check_constants(problem)


def _named(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _check_constants(problem: LayeredProblem) -> None:
    """ρ, μ, μ_b and ε are what they have to be, and numbers of the format."""
    eps = {"epsilon": problem.coupling.eps} if isinstance(problem.coupling, Band) else {}
    zero = {"mu": problem.mu, "mu_bias": problem.mu_bias}
    for name, value in {"rho": problem.rho, **zero, **eps}.items():
        least = "zero or positive" if name in zero else "positive"
        if not (math.isfinite(value) and (value > 0 or (name in zero and value == 0))):
            raise InvalidInput(f"{name}: must be {least} and finite, got {value}")
        held = torch.finfo(problem.dtype)
        if value and not held.tiny <= value <= held.max:
            raise InvalidInput(
                f"{name}: {value:g} is no normal number of {_named(problem.dtype)} "
                f"({held.tiny:.3g} to {held.max:.3g}): scale the problem"
            )
