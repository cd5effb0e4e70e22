r"""The largest curvature of any one sample's loss at a point, by power iteration.

A batch's loss is a mean of samples' losses, so max_s‖∇²ℓ_s(w)‖ bounds ‖∇²ℓ(w;ξ)‖ for every batch ξ
that can be drawn, and ‖∇²f(w)‖. For every sample at once, from random unit vectors,

    h ← ∇²ℓ_s(w)u,   ‖h‖ ≤ ‖∇²ℓ_s(w)‖,   u ← h/‖h‖,

with Hessian–vector products by differentiating ⟨∇ℓ_s, u⟩. What is found is a lower bound of the
norm, close to it after some iterations: it is *measured*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import grad, vmap

from amverify.expectation.training import Training

ITERATIONS = 20


def largest(
    run: Training, weights: Sequence[Tensor], generator: torch.Generator, every: int = 1
) -> float:
    """max_s‖∇²ℓ_s‖ by these weights, where they are now; a tiny number if all vanish.

    Args:
        run: whose samples.
        weights: by which to differentiate; the others stay.
        generator: of the random start.
        every: 9 for every ninth sample alone.
    """
    own, loss = run.sample_loss(weights)

    def along(u: Mapping[str, Tensor], x: Tensor, y: Tensor) -> dict[str, Tensor]:
        def slope(some: Mapping[str, Tensor]) -> Tensor:
            found = grad(loss)(some, x, y)
            return torch.stack([(found[n] * u[n]).sum() for n in own]).sum()

        turned: dict[str, Tensor] = grad(slope)(own)
        return turned

    product = vmap(along)
    most = torch.tensor(torch.finfo(torch.float64).tiny, dtype=torch.float64)
    for x, y in run.chunks(every):
        h = {
            n: torch.randn(len(x), *w.shape, dtype=w.dtype, generator=generator)
            for n, w in own.items()
        }
        for _ in range(ITERATIONS):
            h = product(_scaled(h), x, y)
        most = torch.maximum(most, _lengths(h).max().detach())
    return float(most)


def _lengths(u: Mapping[str, Tensor]) -> Tensor:
    """‖u_s‖ over all parts, (samples,)."""
    return torch.stack([part.flatten(1).square().sum(1) for part in u.values()]).sum(0).sqrt()


def _scaled(u: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """u_s/‖u_s‖; what vanishes stays."""
    size = _lengths(u).clamp(min=torch.finfo(torch.float64).tiny)
    return {n: part / size.view(-1, *[1] * (part.ndim - 1)) for n, part in u.items()}
