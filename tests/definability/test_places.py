"""Where places, classes and masks depend on variables a loss may jump; KL is not claimed then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from amverify.definability import definable
from amverify.errors import InvalidInput

X = torch.linspace(-1, 1, 20).reshape(4, 5)
TABLE = torch.arange(20.0).reshape(4, 5)


def one_hot(x: Tensor) -> Tensor:
    return F.one_hot(x.argmax(-1), 5).float().mul(TABLE).sum()


def gathered(x: Tensor) -> Tensor:
    return torch.take_along_dim(TABLE, x.argsort(-1), -1).mul(TABLE).sum()


def selected(x: Tensor) -> Tensor:
    return TABLE.index_select(0, x[:, 0].argsort()).mul(TABLE).sum()


def embedded(x: Tensor) -> Tensor:
    return F.embedding(x.argmax(-1), TABLE.T).square().sum()


def put(x: Tensor) -> Tensor:
    made = x.square()
    made[x > 0] = -1.0
    return made.sum()


def scattered(x: Tensor) -> Tensor:
    return torch.zeros(4, 5).masked_scatter(x > 0, -TABLE).sum()


def pseudo_labels(x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(x, y.argmax(-1))


def sorted_places(x: Tensor) -> Tensor:
    return torch.sort(x, -1).indices.float().sum()


@pytest.mark.parametrize(
    "loss",
    [one_hot, gathered, selected, embedded, put, scattered, pseudo_labels, sorted_places],
    ids=lambda f: f.__name__,
)
def test_a_loss_that_may_jump_is_promised_nothing(loss: Callable[..., Tensor]) -> None:
    inputs = (X, X) if loss is pseudo_labels else (X,)
    assert definable(loss, inputs).exponent.kind == "unshown"


def fixed_classes(x: Tensor) -> Tensor:
    return (F.one_hot(torch.arange(4), 5).float() - x).square().sum()


def fixed_places(x: Tensor) -> Tensor:
    return x.gather(1, torch.arange(4)[:, None]).square().sum()


def nonzeros(x: Tensor) -> Tensor:
    return (x != 0).sum().float()


@pytest.mark.parametrize(
    ("loss", "kind"), [(fixed_classes, "known"), (fixed_places, "known"), (nonzeros, "some")]
)
def test_fixed_places_and_the_count_of_nonzeros_are_as_before(
    loss: Callable[..., Tensor], kind: str
) -> None:
    assert definable(loss, (X,)).exponent.kind == kind


def positive(x: Tensor) -> Tensor:
    return x[x > 0].sum()


def differentiated(x: Tensor) -> Tensor:
    return torch.func.grad(lambda z: (z**3).sum())(x).sum()


@pytest.mark.parametrize(
    ("loss", "why"),
    [(positive, "a size depends on the values of tensors"), (differentiated, "by torch.func")],
)
def test_what_cannot_be_walked_is_undecided_in_one_line(
    loss: Callable[..., Tensor], why: str
) -> None:
    found = definable(loss, (X,))
    assert found.structure is None
    assert why in str(found.broken_at)


def test_inputs_by_name_are_refused_with_how_they_are_given() -> None:
    with pytest.raises(InvalidInput, match="in the order of the arguments, got a mapping"):
        definable(positive, {"x": X})  # type: ignore[arg-type]
