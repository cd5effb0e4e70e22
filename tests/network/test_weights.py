"""The spanned first layer: the same weight, norms and predictions as the dense one."""

from __future__ import annotations

import pytest
import torch
from support.problems import draw
from support.rounding import assert_within, gamma

from amverify.network.weights import input_space


def rank_two(rows, columns):
    return draw(rows, 2, seed=1) @ draw(2, columns, seed=2)


def with_zero_rows(rows, columns):
    x = draw(rows, columns, seed=1)
    x[::2] = 0
    return x


CASES = {
    "wide": draw(5, 12, seed=1),
    "one sample": draw(1, 6, seed=1),
    "square": draw(6, 6, seed=1),
    "tall": draw(9, 4, seed=1),
    "rank 2": rank_two(6, 11),
    "zero rows": with_zero_rows(6, 11),
    "all zero": torch.zeros(3, 8, dtype=torch.float64),
    "repeated rows": draw(2, 9, seed=1).repeat(3, 1),
    "badly scaled": draw(5, 12, seed=1) * torch.logspace(-8, 8, 12, dtype=torch.float64),
}
DTYPES = (torch.float32, torch.float64)


@pytest.fixture(params=CASES.values(), ids=CASES)
def x(request):
    return request.param


@pytest.mark.parametrize("replicates", [(), (2,), (2, 3)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_decode_undoes_encode(x, replicates, dtype):
    w = draw(*replicates, 4, x.shape[1], seed=3).to(dtype)
    layer, coordinates = input_space(x, "spanned", dtype).encode(w)
    bound = gamma(40 * sum(x.shape), dtype) * float(w.abs().max())
    assert_within(layer.decode(coordinates), w, bound, "decode(encode(W))")


@pytest.mark.parametrize("dtype", DTYPES)
def test_coordinates_are_an_isometry(x, dtype):
    """Norms and inner products of W and of the steps that a method takes from it."""
    space = input_space(x, "spanned", dtype)
    layer, v = space.encode(draw(4, x.shape[1], seed=3).to(dtype))
    gradient = draw(x.shape[0], 4, seed=4).to(dtype).mT @ space.inputs
    moved = 0.7 * v - 0.3 * gradient
    c = gamma(40 * sum(x.shape), dtype)
    for one, other in ((v, v), (v, moved), (moved, moved), (gradient, v)):
        inside = (one.double() * other.double()).sum()
        outside = (layer.decode(one).double() * layer.decode(other).double()).sum()
        size = one.double().norm() * other.double().norm()
        assert_within(inside, outside, c * float(size), "inner product")


@pytest.mark.parametrize("dtype", DTYPES)
def test_predictor_and_products(x, dtype):
    """XWᵀ from the coordinates, on the training inputs and on others, and Xᵀ's pull-back."""
    space = input_space(x, "spanned", dtype)
    w = draw(2, 4, x.shape[1], seed=3).to(dtype)
    layer, v = space.encode(w)
    v = 0.7 * v - 0.3 * draw(x.shape[0], 4, seed=4).to(dtype).mT @ space.inputs
    weight = layer.decode(v).double()
    for rows in (x, draw(7, x.shape[1], seed=5)):
        exact = rows.double() @ weight.mT
        size = float(rows.norm(dim=-1).max() * weight.norm(dim=-1).max())
        bound = gamma(40 * sum(x.shape), dtype) * size
        assert_within(layer.predictor(rows.to(dtype))(v), exact, bound, "xWᵀ")
        if rows is x:
            assert_within(space.inputs @ v.mT, exact, bound, "XWᵀ")


def test_the_start_s_part_that_the_data_cannot_see_only_shrinks(x):
    space = input_space(x, "spanned", torch.float64)
    _, v = space.encode(draw(4, x.shape[1], seed=3))
    gradient = draw(x.shape[0], 4, seed=4).mT @ space.inputs
    assert float(gradient[..., -1].abs().max()) == 0
    assert bool((v[..., -1] >= 0).all())


def test_auto_chooses_by_shape():
    assert input_space(CASES["wide"], "auto", torch.float64).basis is not None
    assert input_space(CASES["square"], "auto", torch.float64).basis is None
    assert input_space(CASES["tall"], "auto", torch.float64).basis is None
    assert input_space(CASES["wide"], "dense", torch.float64).basis is None
    assert input_space(CASES["tall"], "spanned", torch.float64).basis is not None


def test_dense_is_the_weight_itself():
    x = CASES["wide"]
    space = input_space(x, "dense", torch.float64)
    w = draw(4, 12, seed=3)
    layer, v = space.encode(w)
    assert torch.equal(layer.decode(v), w)
    assert torch.equal(layer.predictor(x)(v), x @ w.mT)
    assert torch.equal(space.inputs, x)


def test_spanned_is_small():
    assert input_space(draw(5, 1000, seed=1), "auto", torch.float64).inputs.shape == (5, 6)
