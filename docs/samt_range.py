"""How far table 7's step sizes are from S8's range, on a smooth stand-in for its network.

    python docs/samt_range.py

The MLP 64-256-128-10 on the digits, in float64, trained as table 7 trains it (scalar step sizes,
α₀ = 0.03162, β₀ = 0.05, extrapolation 0.9, forward, cosine, batches of 16, ten epochs) but for two
things: batches are drawn with replacement, as S8 asks, and ReLU, whose gradient jumps, is replaced.
L̄ is bounded from *below*: the largest curvature of every ninth sample's loss at the present point.
"""

from __future__ import annotations

from functools import partial

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

from amverify.expectation.curvature import largest
from amverify.expectation.sweeps import ReplayedSweeps
from amverify.samt import SAMT
from repro.minibatch.samt import BOUNDS, SamtStepper, cosine

EPOCHS, BATCH, SWEEPS = 10, 16, 90
LOSSES = partial(cross_entropy, reduction="none")


def run(activation: type[nn.Module]) -> None:
    """One training, with a line at four of its sweeps."""
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16), torch.tensor(digits.target)
    torch.manual_seed(0)
    widths = (64, 256, 128, 10)
    layers = [nn.Linear(widths[i], widths[i + 1]) for i in range(3)]
    net = nn.Sequential(layers[0], activation(), layers[1], activation(), layers[2]).double()
    optimiser = SAMT(
        net, lr=0.03162, kind="scalar", meta_lr=0.05, extrapolation=0.9, order="forward",
        bounds=BOUNDS,
    )  # fmt: skip
    stepper = SamtStepper(net, optimiser, partial(cosine, steps=EPOCHS * SWEEPS))
    generator = torch.Generator().manual_seed(1)
    some = torch.arange(0, len(x), 9)
    for k in range(EPOCHS * SWEEPS):
        if k in (0, SWEEPS, 5 * SWEEPS, 10 * SWEEPS - 10):
            plain = SAMT(net, lr=0.01, extrapolation=0.0)
            state = ReplayedSweeps(net, plain, x[some], y[some], LOSSES, batch=BATCH)
            modulus = largest(state, [*net.parameters()], generator)
            alpha = max(float(a.max()) for a in optimiser.step_sizes().values())
            print(
                f"{activation.__name__:8} sweep {k:3}: L̄ ≥ {modulus:6.1f}, α_max {alpha:.4f}, "
                f"p ≥ {modulus * alpha:.2f}"
            )
        chosen = torch.randint(len(x), (BATCH,), generator=generator)
        stepper.step(x[chosen], y[chosen])


if __name__ == "__main__":
    for kind in (nn.Tanh, nn.Softplus):
        run(kind)
