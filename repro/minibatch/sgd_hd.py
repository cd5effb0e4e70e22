r"""SGD-HD: stochastic gradient descent whose step size descends its own hypergradient.

$$α_t = α_{t-1} + β ⟨∇f_t(w_{t-1}), ∇f_{t-1}(w_{t-2})⟩, \qquad w_t = w_{t-1} - α_t ∇f_t(w_{t-1}).$$

One step size for all weights; −⟨∇f_t, ∇f_{t−1}⟩ is the derivative of f_t(w_{t−1}) by the step
size that led there. As published, nothing keeps α positive.

Source: Baydin, Cornish, Martínez Rubio, Schmidt & Wood, "Online learning rate adaptation with
hypergradient descent" (ICLR 2018), Algorithm 4 (SGD-HD).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from amverify.errors import InvalidInput


class SGDHD(Optimizer):
    """SGD-HD with initial step size ``lr`` and hypergradient step size ``hyper_lr``.

    Every parameter must have a gradient when ``step`` is called, as it has after a backward
    pass through the whole network. The present step size is ``param_groups[0]["lr"]``.

    Raises:
        InvalidInput: for step sizes that are not positive (``lr``), negative or not finite.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, hyper_lr: float) -> None:
        if not 0 < lr < math.inf or not 0 <= hyper_lr < math.inf:
            raise InvalidInput(
                f"sgd_hd: lr must be positive, beta at least 0, both finite; got {lr}, {hyper_lr}"
            )
        super().__init__(params, {"lr": lr, "hyper_lr": hyper_lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step from the gradients that the parameters have; ``closure`` is not called."""
        for group in self.param_groups:
            gradients = [w.grad.detach() for w in group["params"]]
            before = [self.state[w].get("gradient") for w in group["params"]]
            if before[0] is not None:
                agreement = sum(
                    float(torch.dot(g.flatten(), last.flatten()))
                    for g, last in zip(gradients, before, strict=True)
                )
                group["lr"] += group["hyper_lr"] * agreement
            for w, g in zip(group["params"], gradients, strict=True):
                w.add_(g, alpha=-group["lr"])
                self.state[w]["gradient"] = g.clone()
