"""meta="lagged" is predictable and "same" is not: by the probe; S6's example by a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import nn

from amverify.samt import KINDS, SAMT
from amverify.samt.probe import predictability_probe
from amverify.samt.sweep import Sweep
from tests.samt.nets import Batch, batches, dense, told


def used_by(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run that returns, step by step, the step sizes that were used."""
    literal = Sweep._move
    used: list[list[float]] = []

    def move(self: Sweep, block: Any, alphas: Any, *along: Any) -> Any:
        used[-1] += [float(x) for alpha in alphas for x in alpha.flatten()]
        return literal(self, block, alphas, *along)

    monkeypatch.setattr(Sweep, "_move", move)

    def run(stream: Sequence[Batch]) -> list[list[float]]:
        used.clear()
        model = dense()
        optimiser = SAMT(model, **settings)
        for batch in stream:
            used.append([])
            optimiser.step(**told(batch))
        return [list(step) for step in used]

    return run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {"meta": "lagged"},
        {"meta": "lagged", "inner": 3},
        {"meta": "lagged", "unroll": 2, "extrapolation": 0.0},
        {"meta": "lagged", "order": "random"},
    ],
    ids=str,
)
def test_lagged_step_sizes_are_predictable(
    kind: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = used_by({"kind": kind, **settings}, monkeypatch)
    for cut in (0, 3, 5):
        found = predictability_probe(run, batches(6), batches(6, seed=11), cut)
        assert found.predictable, (cut, found)


@pytest.mark.parametrize("kind", KINDS)
def test_same_is_found_not_to_be(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain hypergradients: an element's cosine is its sign, often the same for any batch."""
    settings = {"kind": kind, "meta": "same", "hypergradient": "plain", "extrapolation": 0.0}
    run = used_by(settings, monkeypatch)
    found = predictability_probe(run, batches(6), batches(6, seed=11), 3)
    assert found.compared
    assert found.earlier_changed
    assert not found.predictable


def _increase(meta: Any, beta: float) -> float:
    """Mean of f(w⁺) − f(0) over the four samples ½(w + s)², s = 2, 2, 2, −5."""
    changes = []
    samples = (2.0, 2.0, 2.0, -5.0)
    for s in samples:
        model = nn.Linear(1, 1, bias=False).to(torch.float64)
        with torch.no_grad():
            model.weight.zero_()
        optimiser = SAMT(
            model, lr=1e-3, kind="scalar", meta=meta, meta_lr=beta, hypergradient="plain",
            extrapolation=0.0, bounds=(1e-4, 0.999),
        )  # fmt: skip
        shift = torch.tensor([[s]], dtype=torch.float64)
        optimiser.step(lambda: (0.5 * (model.weight + shift) ** 2).sum())  # noqa: B023
        w = float(model.weight.detach())
        changes.append(sum(0.5 * (w + z) ** 2 - 0.5 * z**2 for z in samples) / 4)
    return sum(changes) / 4


def test_s6_s_example_by_a_run_of_the_optimiser() -> None:
    """With α trained on the very sample E f increases; with a predictable one it falls.

    E s = ¼: the sample −5 has the largest gradient, so α grows most where the step goes wrong.
    """
    assert _increase("same", 20.0) > 0
    assert _increase("lagged", 20.0) < 0
