"""How the parameters of a block are moved, as far as it is not the same for each."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from amverify.samt.blocks import Group
from amverify.samt.values import decay_of

State = dict[str, Any]


class Rule(NamedTuple):
    """How the parameters of a block are moved.

    Args:
        group: the block's settings.
        train: whether α is trained by what is measured on the way.
        cosine: whether squares of gradients are needed for that.
        decays: whether decay is yet to be added, not in the gradients already.
        factor: of clipping, if there is any.
    """

    group: Group
    train: bool
    cosine: bool
    decays: bool
    factor: Tensor | None = None

    @property
    def lean(self) -> bool:
        """Whether a step is w ← w − α ⊙ g, and cosines are measured on the way, if anything is."""
        plain = self.factor is None and not self.group["momentum"]
        return plain and (self.cosine or not self.train)

    @property
    def displaces(self) -> bool:
        """Whether the block needs a Δ."""
        return bool(self.group["momentum"] or self.group["extrapolation"])

    def decay(self, w: Tensor) -> float:
        """λ of a parameter, as far as it is yet to be added."""
        return decay_of(self.group, w) if self.decays else 0.0

    def clipped(self, factor: Tensor | None) -> Rule:
        """The same for gradients that have their decay, and are to be scaled."""
        return self._replace(decays=False, factor=factor)

    def shift(self, w: Tensor, alpha: Tensor, d: Tensor, displacement: Tensor | None) -> None:
        """w ← w − α ⊙ d, with momentum; Δ is renewed. All may be rows of the parameter's."""
        if displacement is not None and self.group["momentum"]:
            displacement.mul_(self.group["momentum"]).addcmul_(d, alpha, value=-1)
            w.add_(displacement)
            return
        w.addcmul_(d, alpha, value=-1)
        if displacement is not None:
            displacement.addcmul_(d, alpha, value=-1)
