r"""∂(meta-loss)/∂α of a block: in closed form through one step, by adjoints through n.

One inner step is Δ^{(t)} = −α ⊙ d^{(t−1)} + βΔ^{(t−1)}, w^{(t)} = w^{(t−1)} + Δ^{(t)}, with
d = d(w) the direction: the gradient g, clipped if it is to be, of ℓ with its weight decay.

**Closed form.** w^{(t−1)} and Δ^{(t−1)} do not depend on this step's α, so

    ∂ℓ(w^{(t)})/∂α = −reduce(g^{(t)} ⊙ d^{(t−1)}):

both gradients are there anyway. No second-order autograd, no extra gradient.

**Unrolled.** For Σ_t ω_t ℓ(w^{(t)}), t = 1…n, with adjoints λ of w^{(t)} and q of Δ^{(t)}, from
λ = q = 0 downwards over t = n…1:

    λ ← λ + ω_t g^{(t)};   p = λ + q;   ∂/∂α ← ∂/∂α − reduce(p ⊙ d^{(t−1)});
    λ ← λ − (∂d/∂w)(w^{(t−1)})ᵀ(α ⊙ p);   q ← βp.

The product with the Hessian needs one gradient with its graph at each w^{(t−1)}, t ≥ 2; n = 1
is the closed form. Divided by Σ_t √(reduce(p²) reduce(d²)) it is a cosine (Cauchy–Schwarz).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from amverify.samt.kinds import broadcast, reduce
from amverify.samt.stepsizes import Hypergradient

Tensors = list[Tensor]


def inner(x: Tensor, y: Tensor, shape: tuple[int, ...]) -> Tensor:
    """reduce(x ⊙ y) for step sizes of ``shape``, in float32 at least.

    Where all is summed and in order, the product is not stored.
    """
    summed = len(broadcast(x.shape, shape)) == x.ndim and x.dtype == y.dtype
    if summed and x.dtype.itemsize >= 4 and x.is_contiguous() and y.is_contiguous():
        return (torch.dot(x, y) if x.ndim == 1 else torch.dot(x.view(-1), y.view(-1))).view(shape)
    found = reduce(x * y, shape)
    return found.float() if found.dtype.itemsize < 4 else found


class Known(NamedTuple):
    """What need not be formed again: reduce(g ⊙ d), reduce(g²), reduce(d²)."""

    product: Tensor | None = None
    own: Tensor | None = None
    before: Tensor | None = None


def closed_form(
    gradient: Tensor,
    direction: Tensor,
    shape: tuple[int, ...],
    cosine: bool,
    known: Known = Known(),
) -> Hypergradient:
    """−∂/∂α = reduce(g^{(t)} ⊙ d^{(t−1)}) for step sizes of ``shape``.

    Args:
        gradient: g^{(t)}, of the parameter's shape.
        direction: d^{(t−1)}, that of the step that led there.
        shape: that of α.
        cosine: whether the bound of Cauchy and Schwarz is wanted too.
        known: what was measured before.
    """
    descent, own, before = known
    descent = inner(gradient, direction, shape) if descent is None else descent
    if not cosine:
        return Hypergradient(descent, ())
    if shape == gradient.shape:
        return Hypergradient(descent, (descent.abs(),))
    own = inner(gradient, gradient, shape) if own is None else own
    before = inner(direction, direction, shape) if before is None else before
    return Hypergradient(descent, (own, before))


class Trial(NamedTuple):
    """What the unrolled derivative needs of a block.

    Args:
        parameters: w, moved and put back.
        alphas: α of each parameter.
        displacements: Δ^{(0)} of each, None without momentum.
        momentum: β.
        value: ℓ at the present w, with its graph: its gradients g by w, and d.
        changed: to be told whenever w was moved.
    """

    parameters: Tensors
    alphas: Tensors
    displacements: Sequence[Tensor | None]
    momentum: float
    gradients: Callable[[bool], tuple[Tensors, Tensors]]
    changed: Callable[[], None]


def unrolled(trial: Trial, weights: Sequence[float], cosine: bool) -> list[Hypergradient]:
    """∂/∂α of Σ_t ω_t ℓ(w^{(t)}), through n = len(weights) steps; w is as before afterwards.

    It costs n + 1 gradients, and n − 1 with a second derivative.
    """
    steps = len(weights)
    start = [w.detach().clone() for w in trial.parameters]
    try:
        points, gradients, directions = _path(trial, steps)
        return _adjoint(trial, weights, (points, gradients, directions), cosine)
    finally:
        _move(trial, start)


def _move(trial: Trial, to: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for w, there in zip(trial.parameters, to, strict=True):
            w.copy_(there)
    trial.changed()


Path = tuple[list[Tensors], list[Tensors], list[Tensors]]


def _path(trial: Trial, steps: int) -> Path:
    """w^{(0…n)}, g^{(0…n)}, d^{(0…n)}."""
    points, gradients, directions = [], [], []
    moving = [
        torch.zeros_like(w) if old is None else old
        for w, old in zip(trial.parameters, trial.displacements, strict=True)
    ]
    point = [w.detach().clone() for w in trial.parameters]
    for t in range(steps + 1):
        g, d = trial.gradients(False)
        points.append(point)
        gradients.append(g)
        directions.append(d)
        if t < steps:
            rows = zip(moving, trial.alphas, d, strict=True)
            moving = [trial.momentum * old - alpha * by for old, alpha, by in rows]
            point = [w + e for w, e in zip(point, moving, strict=True)]
            _move(trial, point)
    return points, gradients, directions


def _adjoint(
    trial: Trial, weights: Sequence[float], path: Path, cosine: bool
) -> list[Hypergradient]:
    points, gradients, directions = path
    by_w = [torch.zeros_like(w) for w in trial.parameters]
    by_move = [torch.zeros_like(w) for w in trial.parameters]
    found: list[Hypergradient] = []
    for t in range(len(weights), 0, -1):
        by_w = [a.add(g, alpha=weights[t - 1]) for a, g in zip(by_w, gradients[t], strict=True)]
        p = [a + b for a, b in zip(by_w, by_move, strict=True)]
        rows = zip(p, directions[t - 1], trial.alphas, strict=True)
        parts = [closed_form(x, d, tuple(alpha.shape), cosine) for x, d, alpha in rows]
        found = [a.plus(b, 1.0) for a, b in zip(found, parts, strict=True)] if found else parts
        if t > 1:
            _move(trial, points[t - 1])
            by_w = [a - b for a, b in zip(by_w, _through_direction(trial, p), strict=True)]
            by_move = [trial.momentum * x for x in p]
    return found


def _through_direction(trial: Trial, p: Tensors) -> Tensors:
    """(∂d/∂w)ᵀ(α ⊙ p) at the present w."""
    _, directions = trial.gradients(True)
    outer = [alpha * x for alpha, x in zip(trial.alphas, p, strict=True)]
    rows = [(d, x.to(d.dtype)) for d, x in zip(directions, outer, strict=True) if d.requires_grad]
    if not rows:  # the loss is linear in the block
        return [torch.zeros_like(w) for w in trial.parameters]
    found = torch.autograd.grad(
        [d for d, _ in rows],
        trial.parameters,
        [x for _, x in rows],
        allow_unused=True,
        materialize_grads=True,
    )
    return list(found)
