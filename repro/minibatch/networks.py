"""The two networks: an MLP 784-256-128-10 and a CNN of two convolutions.

    mlp:  x → [linear → ReLU] for each hidden width → linear
    cnn:  x → [3×3 convolution of stride 2 → ReLU] for each number of channels → linear

Both are plain chains (``nn.Sequential``) with PyTorch's own initial weights, drawn from the
run's seed alone: every method starts from the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput

HIDDEN = {"mlp": (256, 128), "cnn": (16, 32)}
_KERNEL, _STRIDE = 3, 2


def network(
    name: str,
    hidden: Sequence[int],
    image: tuple[int, int, int],
    classes: int,
    seed: int,
) -> nn.Sequential:
    """The network ``name`` for images (channels, height, width), initialised from ``seed``.

    The MLP takes (n, channels·height·width), the CNN (n, channels, height, width); both give
    (n, classes). torch's own generator is left as it was.

    Raises:
        InvalidInput: for an unknown name.
    """
    if name not in HIDDEN:
        raise InvalidInput(f"unknown network {name!r}: one of {', '.join(HIDDEN)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (_mlp if name == "mlp" else _cnn)(hidden, image, classes)


def shaped(name: str, x: Tensor, image: tuple[int, int, int]) -> Tensor:
    """Rows of pixels (n, channels·height·width) as the network ``name`` takes them."""
    return x.reshape(-1, *image) if name == "cnn" else x


def _mlp(hidden: Sequence[int], image: tuple[int, int, int], classes: int) -> nn.Sequential:
    channels, height, width = image
    widths = (channels * height * width, *hidden)
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], classes))


def _cnn(hidden: Sequence[int], image: tuple[int, int, int], classes: int) -> nn.Sequential:
    channels, height, width = image
    layers: list[nn.Module] = []
    for before, after in pairwise((channels, *hidden)):
        layers += [nn.Conv2d(before, after, _KERNEL, _STRIDE, padding=_KERNEL // 2), nn.ReLU()]
        height, width = -(-height // _STRIDE), -(-width // _STRIDE)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(hidden[-1] * height * width, classes))
