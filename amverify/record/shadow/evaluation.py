"""f and ∇f at the present parameters, as balls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from amverify.numbers.balls import Ball
from amverify.record.shadow.balls import WIDE
from amverify.record.shadow.balls import Ball as Discs
from amverify.record.shadow.mode import Following, Leaving
from amverify.record.shadow.store import Store

UNBOUNDED = "no finite bound was found"


@dataclass(frozen=True)
class Shadowed:
    """What an evaluation gave.

    Args:
        result: what ``value`` returned.
        slopes: the run's own gradient by leaf, where asked for.
        value: f; ``None`` where it is unknown.
        gradient: ∇f, (n,); ``None`` where it is unknown or was not asked for.
        lack: why something is unknown.
        random: whether random numbers were drawn.
        coarsest: the coarsest real format of what depended on x.
    """

    result: Any
    slopes: tuple[Tensor | None, ...] | None
    value: Ball | None
    gradient: Ball | None
    lack: str | None
    random: bool
    coarsest: str = "float64"


def shadowed(
    value: Callable[[], Any],
    params: Sequence[Tensor],
    gradient: bool,
    at: Sequence[Tensor] | None = None,
) -> Shadowed:
    """Evaluate ``value`` and follow it; what it raises is raised.

    Args:
        value: the objective, at the present parameters.
        params: they form x, in this order.
        gradient: follow the backward pass too.
        at: x of the shadows, where the parameters hold other numbers.
    """
    store = Store(params)
    for p, there in zip(params, at, strict=True) if at is not None else ():
        store.write(p, Discs(there.detach().to(WIDE)), True)
    following = Following(store)
    slopes = None
    drawn = _generators(params)
    with _plain_kernels(), Leaving(following), following:
        if gradient:
            with torch.enable_grad():
                result = value()
                slopes = _backward(result, params)
        else:
            with torch.no_grad():
                result = value()
    f, lack = _value(store, result, following.lack)
    if _flushed():
        return Shadowed(result, slopes, None, None, "denormal numbers are flushed to 0", False)
    slope, missing = (None, None) if slopes is None or f is None else _slope(store, params, slopes)
    moved = not all(map(torch.equal, drawn, _generators(params)))
    drew = moved or following.random
    return Shadowed(result, slopes, f, slope, lack or missing, drew, following.coarsest)


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Compiled functions run operator by operator, products by their definition."""
    with ExitStack() as stack:
        stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        if torch.cuda.is_available():
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        yield


def _generators(params: Sequence[Tensor]) -> list[Tensor]:
    """The states of the generators that a value may draw from."""
    devices = sorted({p.device.index or 0 for p in params if p.device.type == "cuda"})
    return [torch.get_rng_state(), *(torch.cuda.get_rng_state(d) for d in devices)]


def _flushed() -> bool:
    """Whether the processor drops denormal numbers (``torch.set_flush_denormal``)."""
    return float(torch.tensor(2.0**-1074, dtype=WIDE) * 1.0) == 0.0


def _backward(result: Any, params: Sequence[Tensor]) -> tuple[Tensor | None, ...] | None:
    if not (isinstance(result, Tensor) and result.requires_grad and result.numel() == 1):
        return None
    leaves = [p for p in params if p.requires_grad]
    slopes = torch.autograd.grad(result.reshape(()), leaves, allow_unused=True)
    found = iter(None if g is None or g._is_zerotensor() else g for g in slopes)
    return tuple(next(found) if p.requires_grad else None for p in params)


def _value(store: Store, result: Any, lack: str | None) -> tuple[Ball | None, str | None]:
    if lack is not None:
        return None, lack
    if not isinstance(result, Tensor):
        return None, f"value returns a {type(result).__name__}, no tensor"
    if result.numel() != 1 or result.is_complex():
        return None, "value returns more than a number"
    known = store.of(result)
    if known.why is not None:
        return None, known.why
    ball = store.read(result)
    return _finite(ball.mid, ball.radius())


def _finite(mid: Tensor, rad: Tensor) -> tuple[Ball | None, str | None]:
    if not bool((torch.isfinite(mid) & torch.isfinite(rad)).all()):
        return None, UNBOUNDED
    m, r = (u.detach().cpu().reshape(-1).numpy() for u in (mid, rad))
    return (Ball(m[0], r[0]) if m.size == 1 else Ball(m, r)), None


def _slope(
    store: Store, params: Sequence[Tensor], slopes: Sequence[Tensor | None]
) -> tuple[Ball | None, str | None]:
    mids, rads = [], []
    for p, g in zip(params, slopes, strict=True):
        if g is None:
            mids.append(np.zeros(p.numel()))
            rads.append(np.zeros(p.numel()))
            continue
        if g.layout is not torch.strided:
            return None, "a sparse gradient"
        known = store.of(g)
        if known.why is not None:
            return None, known.why
        ball = store.read(g)
        mids.append(ball.mid.detach().cpu().reshape(-1).numpy())
        rads.append(ball.radius().detach().cpu().reshape(-1).numpy())
    mid, rad = np.concatenate(mids), np.concatenate(rads)
    if not (np.isfinite(mid) & np.isfinite(rad)).all():
        return None, UNBOUNDED
    return Ball(mid, rad), None
