r"""An objective evaluated without a trace.

``quietly`` keeps an evaluation from being noticed: gradients, the states of random generators,
and buffers of the modules that it calls (running means of batch normalisation, say) are
afterwards what they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook


@contextmanager
def quietly(params: Sequence[Tensor]) -> Iterator[None]:
    """Evaluate inside: gradients, random generators and module buffers are then restored."""
    grads = [p.grad for p in params]
    kept: dict[Tensor, Tensor] = {}

    def keep(module: nn.Module, _inputs: Any) -> None:
        for buffer in module.buffers(recurse=False):
            if buffer not in kept:
                kept[buffer] = buffer.detach().clone()

    for p in params:
        p.grad = None
    handle = register_module_forward_pre_hook(keep)
    try:
        devices = {p.device.index or 0 for p in params if p.device.type == "cuda"}
        with torch.random.fork_rng(devices=sorted(devices)):
            yield
    finally:
        handle.remove()
        with torch.no_grad():
            for buffer, before in kept.items():
                buffer.copy_(before)
        for p, grad in zip(params, grads, strict=True):
            p.grad = grad
