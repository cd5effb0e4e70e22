r"""Parameters of any library as one vector x ∈ ℝⁿ, and an objective's value and gradient there.

x is the concatenation of all parameters in float64: every float16, bfloat16 and float32 number
is one, so nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.numbers.roundoff import ETA, UNITS
from amverify.record.quiet.evaluation import quietly
from amverify.record.quiet.surroundings import Surroundings

Vector = NDArray[np.float64]


def unit_roundoff(dtype: str) -> float:
    """u of a format, by its name.

    Raises:
        InvalidInput: for a format that is not real floating point of at most 64 bits.
    """
    if dtype not in UNITS:
        raise InvalidInput(f"parameters (or computed_in): {dtype} is not one of {', '.join(UNITS)}")
    return UNITS[dtype]


_LEAST = {"tf32": 2.0**-149, "float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 2.0**-149}


def least(dtype: str) -> float:
    """η of a format: its smallest positive number."""
    return _LEAST.get(dtype, ETA)


def format_of(x: Any) -> str:
    """The format in which a number or an array is held; python's own is float64."""
    if isinstance(x, Tensor):
        kind = str(x.dtype).removeprefix("torch.")
    else:
        kind = np.asarray(x).dtype.name
    return kind if kind in UNITS else "float64"


def coarser(*formats: str) -> str:
    """The format with the largest unit roundoff."""
    return max(formats, key=unit_roundoff)


def flat(params: Any) -> tuple[Vector, str, tuple[tuple[int, ...], ...]]:
    """All parameters as one float64 vector, the coarsest of their formats, and their shapes.

    Args:
        params: an array, a tensor, a number, or an iterable of these.

    Raises:
        InvalidInput: if there are none, or one is not real.
    """
    if isinstance(params, Mapping):
        raise InvalidInput(
            "parameters: got a dictionary; pass its arrays in one order, list(params.values()), or "
            "jax.tree.leaves(params)"
        )
    alone = hasattr(params, "__array__") or isinstance(params, float | int)
    parts = [params] if alone else list(params)
    if not parts:
        raise InvalidInput("parameters: none were given")
    arrays, kinds, shapes = [], [], []
    for part in parts:
        if isinstance(part, Tensor):
            kinds.append(str(part.dtype).removeprefix("torch."))
            unit_roundoff(kinds[-1])
            array = part.detach().to("cpu", torch.float64).numpy()
        else:
            array = np.asarray(part)
            if array.dtype.kind in "iu":
                array = array.astype(np.float64)
            kinds.append(array.dtype.name)
            unit_roundoff(kinds[-1])
        shapes.append(tuple(array.shape))
        arrays.append(array.astype(np.float64).ravel())
    vector = np.concatenate(arrays)
    if not vector.size:
        raise InvalidInput("parameters: they hold no numbers")
    return vector, max(kinds, key=unit_roundoff), tuple(shapes)


def scalar(value: Any, what: str = "value") -> float:
    """A number out of whatever an objective returns.

    Raises:
        InvalidInput: unless it is one real number.
    """
    if isinstance(value, Tensor):
        if value.numel() != 1 or value.is_complex():
            raise InvalidInput(f"{what}: expected one number, got shape {tuple(value.shape)}")
        return float(value.detach())
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise InvalidInput(f"{what}: expected one number, got shape {array.shape} of {array.dtype}")
    return float(array.reshape(()))


def parameters_of(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """All parameters of all groups, in order.

    Raises:
        InvalidInput: if it holds none.
    """
    found: list[Tensor] = [p for group in optimizer.param_groups for p in group["params"]]
    if not found:
        raise InvalidInput(f"{type(optimizer).__name__}: it holds no parameters")
    return found


def evaluate(
    value: Callable[[], Any],
    params: Sequence[Tensor],
    gradient: bool,
    around: Surroundings | None = None,
) -> tuple[float, Vector | None]:
    """f and, by autograd, ∇f (0 where f does not depend on a parameter), evaluated quietly.

    Raises:
        InvalidInput: if ``value`` does not return one number, or it depends on no parameter.
    """
    with evaluating(value, params, gradient, around):
        result = value()
        number = scalar(result)
        if not gradient:
            return number, None
        if not (isinstance(result, Tensor) and result.requires_grad):
            raise InvalidInput(
                "value: it depends on no parameter that requires a gradient; "
                "return a tensor, or record with gradient=False"
            )
        slopes = torch.autograd.grad(result.reshape(()), params, allow_unused=True)
    return number, flat(filled(params, slopes))[0]


def numbers(
    value: Callable[[], Any], params: Sequence[Tensor], gradient: bool, times: int
) -> list[float]:
    """f several times in a row, with nothing put back in between."""
    with evaluating(value, params, gradient):
        return [scalar(value()) for _ in range(times)]


@contextmanager
def evaluating(
    value: Callable[[], Any],
    params: Sequence[Tensor],
    gradient: bool,
    around: Surroundings | None = None,
) -> Iterator[None]:
    """Quietly; all parameters, frozen ones too, have a gradient if one is wanted."""
    with quietly(params, value, around), torch.set_grad_enabled(gradient):
        for p in params if gradient else ():
            p.requires_grad_(True)
        yield


@contextmanager
def placed(params: Sequence[Tensor], where: Sequence[Tensor]) -> Iterator[None]:
    """Parameters are at another point inside; their own memory is not written to."""
    kept = [p.data for p in params]
    try:
        for p, there in zip(params, where, strict=True):
            p.data = there.clone()
        yield
    finally:
        for p, here in zip(params, kept, strict=True):
            p.data = here


def filled(params: Iterable[Tensor], slopes: Iterable[Tensor | None]) -> list[Tensor]:
    """Gradients, dense, 0 where there is none."""
    return [
        torch.zeros_like(p) if g is None else (g.to_dense() if g.is_sparse else g)
        for p, g in zip(params, slopes, strict=True)
    ]
