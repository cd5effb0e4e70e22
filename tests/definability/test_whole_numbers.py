r"""Real numbers written into integers jump; sums and probabilities have all their terms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from amverify import definable
from amverify.definability import modules
from amverify.definability.graphs import Walk
from amverify.definability.values import Value

W = torch.rand(4)


def _copied(w: Tensor) -> Tensor:
    return torch.zeros(4, dtype=torch.long).copy_(w).double().sum()


def _set(w: Tensor) -> Tensor:
    made = torch.zeros(4, dtype=torch.bool)
    made[:2] = w[:2]
    return made.double().sum()


def _filled(w: Tensor) -> Tensor:
    return torch.zeros(3, dtype=torch.int32).fill_(w[0]).double().sum()


def _bits(w: Tensor) -> Tensor:
    return w.view(torch.int32).double().sum()


@pytest.mark.parametrize("loss", [_copied, _set, _filled, _bits])
def test_what_becomes_whole_has_no_exponent(loss: Callable[[Tensor], Tensor]) -> None:
    """Each was called quadratic, θ = 1/2; on ℝ its jumps are infinitely many."""
    found = definable(loss, (W,))
    assert not found.certified
    assert found.broken_at is not None
    assert "whole" in str(found.broken_at) or "bits" in str(found.broken_at)


def test_whole_numbers_stay_whole() -> None:
    """Integers copied into integers, and comparisons copied into truth values, are as before."""

    def loss(w: Tensor) -> Tensor:
        signs = torch.zeros(4, dtype=torch.bool).copy_(w > 0)
        return (signs * w.square()).sum() + torch.zeros(4, dtype=torch.long).copy_(signs).sum()

    assert definable(loss, (W,)).structure == "semialgebraic"


DATA = torch.linspace(-1, 1, 7)


def test_a_quantile_depends_on_its_level() -> None:
    """It was called quadratic, whatever the level was made of."""
    found = definable(lambda w: torch.quantile(DATA, torch.sigmoid(w)).sum(), (W,))
    assert found.structure == "ℝ_exp"
    assert found.exponent is not None
    assert found.exponent.kind == "phi"
    nearest = definable(
        lambda w: torch.quantile(DATA, torch.sigmoid(w), interpolation="nearest").sum(), (W,)
    )
    assert nearest.exponent is not None
    assert nearest.exponent.kind == "unshown"


def _range(
    monkeypatch: pytest.MonkeyPatch,
    loss: Callable[[Tensor], Tensor],
    w: Tensor,
    box: tuple[float, float] = (1, 2),
) -> tuple[float, float]:
    """What the walk says the loss lies between, with w in a box."""
    seen: list[Value] = []

    class Watched(Walk):
        def outputs(self) -> list[Value]:
            seen.extend(super().outputs())
            return seen

    monkeypatch.setattr(modules, "Walk", Watched)
    definable(loss, (w,), box=box)
    return seen[0].low, seen[0].high


def _divergence(w: Tensor) -> Tensor:
    return F.kl_div(-w, torch.full((6, 3), 2.0), reduction="sum")


def _products(w: Tensor) -> Tensor:
    return torch.linalg.vecdot(w, torch.ones(6, 4), dim=0).sum()


def _smoothed(w: Tensor) -> Tensor:
    return F.cross_entropy(w, torch.zeros(3, 2), label_smoothing=0.5)


@pytest.mark.parametrize(
    ("loss", "shape"), [(_divergence, (1, 3)), (_products, (4,)), (_smoothed, (3, 2))]
)
def test_sums_have_all_their_terms(
    monkeypatch: pytest.MonkeyPatch, loss: Callable[[Tensor], Tensor], shape: tuple[int, ...]
) -> None:
    """Broadcast entries are counted, and smoothed labels are no longer 0."""
    low, high = _range(monkeypatch, loss, torch.ones(shape))
    for w in (torch.ones(shape), torch.full(shape, 2.0), torch.full(shape, 1.5)):
        assert low <= float(loss(w)) * (1 + 1e-6)
        assert float(loss(w)) * (1 - 1e-6) <= high


@pytest.mark.parametrize("end", [1.1, 1.7, 2.3, 3.0])
@pytest.mark.parametrize("count", [2, 3, 7, 12])
def test_a_product_s_range_holds_the_exact_one(
    monkeypatch: pytest.MonkeyPatch, end: float, count: int
) -> None:
    low, high = _range(monkeypatch, torch.prod, torch.ones(count), (0.5, end))
    assert low <= 0.0
    assert Fraction(high) >= Fraction(end) ** count
    assert high <= end**count * (1 + 1e-14)
