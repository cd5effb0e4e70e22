r"""Kinds of step size: the shape of α_i against the parameter that it multiplies.

    w_i ← w_i − α_i ⊙ g_i,        α_i broadcast over w_i

A parameter of two or more dimensions is seen as a matrix (out, rest), so that a convolution's
kernel is (out, in·kh·kw); a bias, or another vector, has a rule of its own:

| kind | matrix | vector | number |
|---|---|---|---|
| scalar | (1, 1) | (1,) | () |
| row | (out, 1) | (out,): a row has a bias of its own | () |
| column | (1, in·kh·kw) | (1,) | () |
| element | (out, in·kh·kw) | (out,) | () |

A new kind is a function from the parameter's shape to one that broadcasts over it, given as
``kind=``: ``lambda shape: (shape[0],) + (1,) * (len(shape) - 1)`` is ``row``. A plain shape serves
where the block's parameters all admit it.

The derivative by α of anything that depends on α ⊙ g is the derivative by α ⊙ g, times g, summed
over the dimensions along which α was broadcast: ``reduce``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from torch import Tensor

from amverify.errors import InvalidInput, brief

Shape: TypeAlias = tuple[int, ...]
Kind: TypeAlias = str | Shape | Callable[[Shape], Shape]


def scalar(shape: Shape) -> Shape:
    """One step size a parameter."""
    return (1,) * len(shape)


def row(shape: Shape) -> Shape:
    """One for all weights that lead to the same output, and for its bias."""
    return (*shape[:1], *(1,) * len(shape[1:]))


def column(shape: Shape) -> Shape:
    """One for all weights that come from the same input; one for all biases."""
    return (1,) * len(shape) if len(shape) < 2 else (1, *shape[1:])


def element(shape: Shape) -> Shape:
    """One for every entry."""
    return shape


KINDS: Mapping[str, Callable[[Shape], Shape]] = {
    "scalar": scalar,
    "row": row,
    "column": column,
    "element": element,
}


def step_size_shape(kind: Kind, shape: Shape, where: str) -> Shape:
    """The shape of α for a parameter of ``shape``.

    Args:
        kind: a name of ``KINDS``, a shape, or a function of the parameter's shape.
        shape: the parameter's.
        where: what an error calls the parameter.

    Raises:
        InvalidInput: for an unknown kind, or a shape that does not broadcast over ``shape``.
    """
    if isinstance(kind, str):
        if kind not in KINDS:
            raise InvalidInput(f"kind: one of {', '.join(KINDS)}, a shape or a function: {kind!r}")
        return KINDS[kind](shape)
    found = kind(shape) if callable(kind) else kind
    if not isinstance(found, Sequence):
        raise InvalidInput(f"kind: a name, a shape or a function of one, got {brief(kind)}")
    found = tuple(found)
    fits = len(found) == len(shape) and all(
        mine in (1, theirs) for mine, theirs in zip(found, shape, strict=True)
    )
    if not fits:
        raise InvalidInput(
            f"{where}: by its kind, step sizes of shape {found} do not broadcast over its shape "
            f"{shape}; give as many dimensions, each 1 or the parameter's own"
        )
    return found


@cache
def broadcast(whole: Shape, shape: Shape) -> list[int]:
    """The dimensions of ``whole`` along which step sizes of ``shape`` are broadcast."""
    return [d for d, (n, m) in enumerate(zip(whole, shape, strict=True)) if m == 1 != n]


def reduce(x: Tensor, shape: Shape) -> Tensor:
    """``x`` summed over the dimensions along which step sizes of ``shape`` are broadcast."""
    dims = broadcast(x.shape, shape)
    return x.sum(dims, keepdim=True) if dims else x
