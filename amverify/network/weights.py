r"""The first layer's weight, dense or in coordinates of the data's row span.

X is fixed, so every gradient of the first layer, ρEᵀX + μW, moves W_1 within
span{W_1⁰, rows of X}. Let the rows of Q (N × n_0) be an orthonormal basis of a space that
holds the rows of X, so that X = TQ with a triangular T (N × N), and split the start
W⁰ = V⁰Q + G into its part in that space and the *ghost* G, which X cannot see: XGᵀ = 0.
Then every iterate is

    W = VQ + αG,     V (n_1 × N), α ∈ ℝ,     XWᵀ = TVᵀ,     ‖W‖² = ‖V‖² + α²‖G‖²,

and W ↦ [V | α g], g_i = ‖G_i‖ the norms of the ghost's rows, is an *isometry*. So the
methods need not know of it: they see an ordinary dense layer with the N × (N + 1) inputs
[T | 0], the same moduli, norms, inner products and ridge, at cost n_1·N² instead of
n_1·N·n_0, inertia included. (The coordinates (α, C) of W = αW⁰ + CX span the same space,
but their Gram matrix XXᵀ squares the condition number.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from amverify.network.sparse import is_sparse

Representation = Literal["auto", "dense", "spanned"]


class FirstLayer(ABC):
    """How the first weight is stored: coordinates (*R, n_1, d) with inputs (N, d)."""

    @abstractmethod
    def decode(self, coordinates: Tensor) -> Tensor:
        """The weight (*R, n_1, n_0) with these coordinates."""

    @abstractmethod
    def predictor(self, x: Tensor) -> Predictor:
        """The map coordinates ↦ xWᵀ for fixed rows x (M, n_0), prepared once."""


class Predictor(ABC):
    """Coordinates (*R, n_1, d) ↦ xWᵀ (*R, M, n_1)."""

    @abstractmethod
    def __call__(self, coordinates: Tensor) -> Tensor:
        """xWᵀ, without forming W."""


@dataclass(frozen=True)
class _DensePredictor(Predictor):
    x: Tensor

    def __call__(self, coordinates: Tensor) -> Tensor:
        return self.x @ coordinates.mT


@dataclass(frozen=True)
class DenseLayer(FirstLayer):
    """The weight is its own coordinates."""

    def decode(self, coordinates: Tensor) -> Tensor:
        """The coordinates themselves."""
        return coordinates

    def predictor(self, x: Tensor) -> Predictor:
        """x ↦ xWᵀ, a plain product."""
        return _DensePredictor(x)


@dataclass(frozen=True)
class _SpannedPredictor(Predictor):
    projected: Tensor  # xQᵀ (M, N)
    ghost: Tensor  # x(G/g)ᵀ (*R, M, n_1)

    def __call__(self, coordinates: Tensor) -> Tensor:
        v, amount = coordinates[..., :-1], coordinates[..., -1]
        return self.projected @ v.mT + self.ghost * amount.unsqueeze(-2)


@dataclass(frozen=True)
class SpannedLayer(FirstLayer):
    """Coordinates [V | αg] of W = VQ + αG.

    ``basis`` is Q (N, n_0), ``ghost`` the rows G_i/‖G_i‖ (*R, n_1, n_0), zero where G_i is.
    """

    basis: Tensor
    ghost: Tensor

    def decode(self, coordinates: Tensor) -> Tensor:
        """VQ + αG."""
        return coordinates[..., :-1] @ self.basis + coordinates[..., -1:] * self.ghost

    def predictor(self, x: Tensor) -> Predictor:
        """x ↦ (xQᵀ)Vᵀ + α(xGᵀ), both products with x taken once."""
        return _SpannedPredictor(x @ self.basis.mT, x @ self.ghost.mT)


@dataclass(frozen=True)
class InputSpace:
    """The inputs X (N, n_0) as the methods see them: ``inputs`` (N, d).

    ``basis`` is Q for the spanned representation and ``None`` for the dense one.
    """

    inputs: Tensor
    basis: Tensor | None

    def encode(self, weight: Tensor) -> tuple[FirstLayer, Tensor]:
        """The layer's representation that starts at ``weight`` (*R, n_1, n_0), and its
        coordinates there.
        """
        if self.basis is None:
            return DenseLayer(), weight
        v = weight @ self.basis.mT
        ghost = weight - v @ self.basis
        norms = torch.linalg.vector_norm(ghost, dim=-1, keepdim=True)
        unit = ghost / torch.where(norms > 0, norms, 1)
        return SpannedLayer(self.basis, unit), torch.cat((v, norms), -1)


def input_space(x: Tensor, representation: Representation, dtype: torch.dtype) -> InputSpace:
    """The dense or spanned view of X (N, n_0); ``auto`` takes the span when N < n_0.

    Sparse X is taken as it is.
    The factorisation is made once, in float64, whatever ``dtype`` the methods use.
    """
    samples, features = x.shape
    if is_sparse(x):
        return InputSpace(x.to(dtype), None)
    if representation == "dense" or (representation == "auto" and samples >= features):
        return InputSpace(x.to(dtype), None)
    if samples > features:
        basis = torch.eye(features, dtype=torch.float64, device=x.device)
        factor = x.double()
    else:
        q, r = torch.linalg.qr(x.double().mT)
        basis, factor = q.mT, r.mT
    padded = torch.nn.functional.pad(factor, (0, 1))
    return InputSpace(padded.to(dtype).contiguous(), basis.to(dtype).contiguous())
