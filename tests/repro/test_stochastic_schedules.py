"""Cosine decay: the curve itself, and that SAMT and the Adam beside it follow it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from small_images import small_images, spec
from torch.nn.functional import cross_entropy

from repro.minibatch.networks import network
from repro.minibatch.optimisers import Stepper, stepper
from repro.minibatch.samt import LEAST, cosine
from repro.run import execute
from repro.spec import Settings

DATA = small_images()
X, Y = torch.from_numpy(DATA.test.x), torch.from_numpy(DATA.test.y)
STEPS = 5
FALLING = [cosine(k, STEPS) for k in range(STEPS)]


def made(method: str, **settings: float) -> tuple[torch.nn.Sequential, Stepper]:
    model = network("mlp", (7, 5), (1, 6, 6), 3, 0)
    return model, stepper(method, Settings(spec(method, **settings)), model, STEPS)


def test_it_falls_from_one_to_the_least() -> None:
    assert cosine(0, 10) == 1
    assert cosine(5, 10) == pytest.approx((1 + LEAST) / 2)
    assert cosine(10, 10) == pytest.approx(LEAST)
    assert all(a > b for a, b in pairwise(cosine(k, 10) for k in range(11)))


def test_a_runs_schedule_spans_all_its_epochs() -> None:
    """51 samples in batches of 8 are seven steps an epoch; the size told is the last used."""
    curves = execute(spec("adam_cosine", epochs=3, lr=0.01), DATA, lambda epoch: None).curves
    assert curves["step_size"] == pytest.approx([0.01 * cosine(7 * e - 1, 21) for e in (1, 2, 3)])


def test_adam_with_decay_is_adam_with_those_rates() -> None:
    ours, method = made("adam_cosine", lr=0.1)
    theirs, _ = made("sgd", lr=0.1)
    adam = torch.optim.Adam(theirs.parameters(), lr=0.1)
    for factor in FALLING:
        method.step(X, Y)
        adam.param_groups[0]["lr"] = 0.1 * factor
        adam.zero_grad()
        cross_entropy(theirs(X), Y).backward()  # type: ignore[no-untyped-call]
        adam.step()
    for ours_w, theirs_w in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(ours_w, theirs_w)


def test_a_sweep_extrapolates_all_blocks_then_steps_forward_with_decaying_sizes() -> None:
    ours, method = made("samt_fixed", alpha=0.1)
    theirs, _ = made("sgd", lr=0.1)
    before = [w.detach().clone() for w in theirs.parameters()]
    for factor in FALLING:
        method.step(X, Y)
        start = [w.detach().clone() for w in theirs.parameters()]
        with torch.no_grad():
            for w, old in zip(theirs.parameters(), before, strict=True):
                w.add_(w - old, alpha=0.9)
        before = start
        for layer in (0, 2, 4):
            weights = list(theirs[layer].parameters())
            gradients = torch.autograd.grad(cross_entropy(theirs(X), Y), weights)
            with torch.no_grad():
                for w, g in zip(weights, gradients, strict=True):
                    w.sub_(0.1 * factor * g)
    for ours_w, theirs_w in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(ours_w, theirs_w)


def test_the_meta_rate_decays_and_what_is_told_is_apart_from_the_schedule() -> None:
    """On one batch with tiny steps successive gradients agree: θ grows by β₀ s, its cosine 1."""
    _, method = made("samt_scalar", alpha=1e-4, beta=0.05)
    for _ in range(STEPS):
        method.step(X, Y)
    grown = torch.tensor(0.05 * sum(FALLING[1:])).exp()
    told = method.measured()
    for layer in (1, 2, 3):
        assert told[f"alpha_{layer}_median"] == pytest.approx(1e-4 * float(grown), rel=1e-3)
