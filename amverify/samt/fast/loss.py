r"""Losses whose derivative by the outputs is written out: no graph for a sweep on a dense network.

    ℓ = cross_entropy(a, y),   ∂ℓ/∂a = (softmax(a) − 1_y)/n;        ℓ = mse_loss(a, y)

They come from the operators that autograd itself would run, with the same bits. Any other loss is
differentiated by autograd: it costs a graph of a few nodes for each block.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from amverify.samt.told import Loss

aten = torch.ops.aten
MEAN, IGNORED = 1, -100
"""As torch numbers the reduction and the class that does not count, by default."""


class CrossEntropy(NamedTuple):
    """``nll_loss`` of ``log_softmax``; ``by_logs`` is its derivative by these, the same for all a.

    Args:
        classes: of the samples.
        by_logs: of the outputs' shape.
    """

    classes: Tensor
    by_logs: Tensor

    def loss(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """ℓ, and what its derivative is made of: log softmax(a)."""
        logs = aten._log_softmax.default(a, 1, False)
        return aten.nll_loss_forward.default(logs, self.classes, None, MEAN, IGNORED)[0], logs

    def delta(self, logs: Tensor) -> Tensor:
        """∂ℓ/∂a."""
        found: Tensor = aten._log_softmax_backward_data.default(self.by_logs, logs, 1, logs.dtype)
        return found


class SquaredError(NamedTuple):
    """``mse_loss``; ``targets`` are of the outputs' shape."""

    targets: Tensor
    one: Tensor

    def loss(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """ℓ, and what its derivative is made of: a itself."""
        return aten.mse_loss.default(a, self.targets, MEAN), a

    def delta(self, a: Tensor) -> Tensor:
        """∂ℓ/∂a."""
        found: Tensor = aten.mse_loss_backward.default(self.one, a, self.targets, MEAN)
        return found


Known: TypeAlias = CrossEntropy | SquaredError


def known(loss: Loss, a: Tensor, targets: object) -> Known | None:
    """The loss on these targets, if its derivative is written out; a are outputs of their shape.

    Served are ``cross_entropy`` with a class for each sample and ``mse_loss``, by themselves.
    """
    if type(targets) is not Tensor or targets.device != a.device:
        return None
    if loss is cross_entropy and targets.dtype == torch.int64 and targets.shape == a.shape[:1]:
        return _cross_entropy(a, targets)
    plain = targets.dtype == a.dtype and not targets.requires_grad
    if loss is mse_loss and plain and targets.shape == a.shape:
        return SquaredError(targets, a.new_ones(()))
    return None


def _cross_entropy(a: Tensor, classes: Tensor) -> CrossEntropy:
    rest = classes, None, MEAN, IGNORED
    total = aten.nll_loss_forward.default(a, *rest)[1]
    return CrossEntropy(classes, aten.nll_loss_backward.default(a.new_ones(()), a, *rest, total))
