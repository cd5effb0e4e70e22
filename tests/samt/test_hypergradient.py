"""∂(meta-loss)/∂α: the closed form, adjoints through n steps, autograd and finite differences."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from amverify.samt.hypergradient import Trial, closed_form, unrolled
from amverify.samt.kinds import KINDS
from tests.samt.nets import Batch, batches, convolutional, dense, loss

MODELS: dict[str, tuple[Callable[[], nn.Sequential], tuple[int, ...]]] = {
    "dense": (dense, (6,)),
    "convolutional": (convolutional, (1, 6, 6)),
}
CASES = [(m, k) for m in MODELS for k in KINDS]


def _case(model: str, kind: str) -> tuple[nn.Sequential, Batch, dict[str, Tensor]]:
    make, shape = MODELS[model]
    net = make()
    (batch,) = batches(1, shape)
    sizes = {
        name: 0.1 + 0.2 * torch.rand(KINDS[kind](tuple(w.shape)), dtype=torch.float64)
        for name, w in net.named_parameters()
    }
    return net, batch, sizes


def _loss_after(
    net: nn.Sequential, batch: Batch, alphas: dict[str, Tensor], steps: int, beta: float,
    omega: tuple[float, ...],
) -> Tensor:  # fmt: skip
    """Σ ω_t ℓ(w^{(t)}) with α in the graph: the whole path by autograd."""
    w = {name: p.detach().clone().requires_grad_() for name, p in net.named_parameters()}
    moved = {name: torch.zeros_like(p) for name, p in w.items()}
    total = torch.zeros((), dtype=torch.float64)

    def value(at: dict[str, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(functional_call(net, at, (batch[0],)), batch[1])

    for t in range(steps):
        g = torch.autograd.grad(value(w), list(w.values()), create_graph=True)
        grads = dict(zip(w, g, strict=True))
        moved = {name: beta * moved[name] - alphas[name] * grads[name] for name in w}
        w = {name: w[name] + moved[name] for name in w}
        total = total + omega[t] * value(w)
    return total


def _by_autograd(
    net: nn.Sequential, batch: Batch, alphas: dict[str, Tensor], steps: int, beta: float,
    omega: tuple[float, ...],
) -> list[Tensor]:  # fmt: skip
    own = {name: a.clone().requires_grad_() for name, a in alphas.items()}
    total = _loss_after(net, batch, own, steps, beta, omega)
    return list(torch.autograd.grad(total, list(own.values())))


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_the_closed_form_is_autograd_through_one_step(model: str, kind: str) -> None:
    net, batch, alphas = _case(model, kind)
    wanted = _by_autograd(net, batch, alphas, 1, 0.0, (1.0,))
    before = torch.autograd.grad(loss(net, batch), list(net.parameters()))
    with torch.no_grad():
        for (name, w), g in zip(net.named_parameters(), before, strict=True):
            w.sub_(alphas[name] * g)
    after = torch.autograd.grad(loss(net, batch), list(net.parameters()))
    rows = zip(after, before, alphas.values(), wanted, strict=True)
    for g, d, alpha, exact in rows:
        found = closed_form(g, d, tuple(alpha.shape), cosine=True)
        assert found.by_alpha.shape == alpha.shape
        torch.testing.assert_close(found.by_alpha, exact, rtol=1e-12, atol=1e-15)
        assert found.most is not None
        assert (found.by_alpha.abs() <= found.most * (1 + 1e-12)).all()


def _trial(net: nn.Sequential, batch: Batch, alphas: dict[str, Tensor], beta: float) -> Trial:
    parameters: list[Tensor] = list(net.parameters())

    def gradients(graph: bool) -> tuple[list[Tensor], list[Tensor]]:
        with torch.enable_grad():
            found = list(torch.autograd.grad(loss(net, batch), parameters, create_graph=graph))
        return found, found

    nothing = [None] * len(parameters)
    return Trial(parameters, list(alphas.values()), nothing, beta, gradients, lambda: None)


@pytest.mark.parametrize(("model", "kind"), CASES)
@pytest.mark.parametrize(("steps", "beta"), [(1, 0.0), (3, 0.0), (3, 0.7)])
def test_the_unrolled_form_is_autograd_through_n_steps(
    model: str, kind: str, steps: int, beta: float
) -> None:
    net, batch, alphas = _case(model, kind)
    omega = (0.5, 1.0, 2.0)[:steps]
    wanted = _by_autograd(net, batch, alphas, steps, beta, omega)
    start = [w.detach().clone() for w in net.parameters()]
    found = unrolled(_trial(net, batch, alphas, beta), omega, cosine=True)
    for own, exact in zip(found, wanted, strict=True):
        torch.testing.assert_close(own.by_alpha, exact, rtol=1e-11, atol=1e-14)
        assert own.most is not None
        assert (own.by_alpha.abs() <= own.most * (1 + 1e-12)).all()
    assert all(torch.equal(a, b) for a, b in zip(start, net.parameters(), strict=True))


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_finite_differences_agree(model: str, kind: str) -> None:
    """Central differences of order h² along a random direction of α."""
    net, batch, alphas = _case(model, kind)
    found = unrolled(_trial(net, batch, alphas, 0.5), (1.0, 1.0), cosine=False)
    along = {name: torch.randn_like(a) for name, a in alphas.items()}
    slope = sum(
        float((own.by_alpha * v).sum()) for own, v in zip(found, along.values(), strict=True)
    )
    errors = []
    for h in (1e-3, 5e-4):
        moved = ({n: a + s * h * along[n] for n, a in alphas.items()} for s in (1, -1))
        values = [_loss_after(net, batch, at, 2, 0.5, (1.0, 1.0)) for at in moved]
        up, down = (float(value.detach()) for value in values)
        errors.append(abs((up - down) / (2 * h) - slope))
    assert errors[1] < 0.35 * errors[0]
    assert errors[1] < 1e-4 * (1 + abs(slope))
