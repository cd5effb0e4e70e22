"""What torch shows under no public name, all that is read of it: what is asked, and why.

* ``Tensor._version``: the counter by which autograd sees writes to a tensor (torch's notes on
  autograd, *In-place correctness checks*). There is ``increment_version``, and nothing to read it.
* ``Node._sequence_nr``: whether a loss is older than the step. A node has no other time.
* Hooks of modules, of all modules, of tensors: ``register_…`` adds one and its handle removes it;
  nothing lists them.

Each has a test against torch's public side (``tests/samt/test_unlisted.py``), so that a torch
that renames one is seen there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules import module as nn_module


def version(tensor: Tensor) -> int:
    """How often it was written to in place, or another view of its memory."""
    return tensor._version


def number(loss: Tensor) -> int | None:
    """The number of the operation that made it, in its thread; None if none did."""
    node = loss.grad_fn
    return None if node is None else int(node._sequence_nr())


def next_number() -> int:
    """What torch numbers its next operation with, in this thread."""
    with torch.enable_grad():
        found = number(torch.zeros((), requires_grad=True).add(0.0))
    assert found is not None, "grad is enabled"
    return found


def is_hooked(module: nn.Module) -> bool:
    """Whether a call of the module, or the pass back through it, runs hooks."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


def has_hooks(tensor: Tensor) -> bool:
    """Whether its gradient is handed to hooks."""
    return bool(tensor._backward_hooks)


def all_hooked() -> bool:
    """Whether hooks are registered for all modules."""
    return bool(nn_module._has_any_global_hook())  # type: ignore[no-untyped-call]
