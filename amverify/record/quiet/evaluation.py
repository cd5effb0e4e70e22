r"""An objective evaluated without a trace in the run.

``quietly`` saves, and afterwards puts back, whatever an evaluation may change:

* gradients (``None`` stays ``None``) and ``requires_grad`` of everything that can be reached,
* generators of random numbers: torch's own on every device, numpy's and python's global ones,
  and explicit ones that the objective can reach (``reach``),
* buffers of modules, by name: an evaluation works on copies, so that the run's own tensors are
  not even touched. Modules that cannot be reached are met when they are called,
* names that the objective binds anew (a counter, a mode, an attribute), entries of its
  containers, and what is written into tensors and arrays of at most ``LARGE`` bytes,
* global switches of torch and numpy; an autocast cache is neither read nor filled, and compiled
  code runs uncompiled, so that nothing is compiled anew for it.

What hooks of modules do is theirs: they run as in any evaluation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

from amverify.record.quiet.surroundings import Surroundings

Restore = Callable[[], Any]


@contextmanager
def quietly(
    params: Sequence[Tensor], value: Any = None, around: Surroundings | None = None
) -> Iterator[None]:
    """Evaluate inside; see the module.

    Args:
        params: what the optimiser holds.
        value: the objective that will be called.
        around: what it can reach, if that has been looked at just now.
    """
    around = Surroundings(value, params) if around is None else around
    undo = [_switches(), _generators(around.found.generators.values()), _slopes(params, around)]
    buffers = _Buffers(around.found.modules.values())
    undo.append(_meeting(buffers))
    try:
        if torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda"):
            torch.set_autocast_cache_enabled(False)
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        buffers.restore()
        around.restore()
        for step in reversed(undo):
            step()


def _meeting(buffers: _Buffers) -> Restore:
    """Meet modules when they are called; not where compiled ones are, which warn of such hooks."""
    if any(type(module).__module__.startswith("torch._dynamo") for module in buffers.modules()):
        return lambda: None
    return register_module_forward_pre_hook(buffers.met).remove


def _switches() -> Restore:
    cudnn = torch.backends.cudnn
    mode, cache = torch.is_grad_enabled(), torch.is_autocast_cache_enabled()
    dtype, errors = torch.get_default_dtype(), np.geterr()
    certain, warn = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    flags = (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32)

    def restore() -> None:
        torch.set_grad_enabled(mode)
        torch.set_autocast_cache_enabled(cache)
        torch.set_default_dtype(dtype)
        torch.use_deterministic_algorithms(certain, warn_only=warn)
        np.seterr(**errors)
        cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = flags

    return restore


def states(explicit: Iterable[Any]) -> list[tuple[Callable[[Any], Any], Any]]:
    """How to set each generator, and its state: torch's, numpy's, python's own, and explicit."""
    steps: list[tuple[Callable[[Any], Any], Any]] = [
        (torch.set_rng_state, torch.get_rng_state()),
        (np.random.set_state, np.random.get_state()),  # noqa: NPY002
        (random.setstate, random.getstate()),
    ]
    if torch.cuda.is_available():
        steps.append((torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all()))
    for generator in explicit:
        steps.append(_explicit(generator))
    return steps


def _generators(explicit: Iterable[Any]) -> Restore:
    return _putting(states(explicit))


def restoring(explicit: Iterable[Any]) -> Restore:
    """How to put back these generators, and no other."""
    return _putting([_explicit(one) for one in explicit])


def _putting(steps: list[tuple[Callable[[Any], Any], Any]]) -> Restore:

    def restore() -> None:
        for put, state in steps:
            put(state)

    return restore


def _explicit(generator: Any) -> tuple[Callable[[Any], Any], Any]:
    match generator:
        case np.random.Generator():
            bits = generator.bit_generator

            def put(state: Any) -> None:
                bits.state = state

            return put, bits.state
        case random.Random():
            return generator.setstate, generator.getstate()
    return generator.set_state, generator.get_state()


def _slopes(params: Sequence[Tensor], around: Surroundings) -> Restore:
    """Gradients are taken off for the evaluation."""
    leaves = {id(p): p for p in (*params, *around.leaves())}
    kept = [(p, p.grad, p.requires_grad) for p in leaves.values()]
    for p, grad, _ in kept:
        if grad is not None:
            p.grad = None

    def restore() -> None:
        for p, grad, required in kept:
            if p.grad is not grad:
                p.grad = grad
            if p.requires_grad is not required:
                p.requires_grad_(required)

    return restore


class _Buffers:
    """Copies stand in for the buffers of modules."""

    def __init__(self, modules: Any) -> None:
        self._copies: dict[int, tuple[Tensor, Tensor]] = {}
        self._own: dict[int, tuple[nn.Module, dict[str, Tensor]]] = {}
        for module in modules:
            self.met(module)

    def met(self, module: nn.Module, _inputs: Any = None) -> None:
        """Put copies in place, before a module is called first."""
        if id(module) in self._own:
            return
        own = dict(module.named_buffers(recurse=False))
        self._own[id(module)] = (module, own)
        for name, buffer in own.items():
            if id(buffer) not in self._copies:
                self._copies[id(buffer)] = (buffer, buffer.detach().clone())
            setattr(module, name, self._copies[id(buffer)][1])

    def modules(self) -> list[nn.Module]:
        """Those that were met."""
        return [module for module, _ in self._own.values()]

    def restore(self) -> None:
        """The run's own buffers come back; one that was none is none again."""
        for module, own in self._own.values():
            for name in dict(module.named_buffers(recurse=False)).keys() - own.keys():
                setattr(module, name, None)
            for name, buffer in own.items():
                setattr(module, name, buffer)
