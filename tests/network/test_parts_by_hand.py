"""Parts of the layered objective by hand: products, slacks of bounds, lengths of sums, shapes."""

from __future__ import annotations

import math

import pytest
import torch
from support.problems import draw, point, problem

from amverify.errors import InvalidInput
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.blocks import (
    activation_block,
    axpy,
    bias_block,
    blockwise,
    by_powers,
    output_block,
    weight_block,
)
from amverify.network.entries import joint_minimiser
from amverify.network.initial import gaussian, replicated, start
from amverify.network.layered import LayeredProblem
from amverify.network.losses import LOSSES
from amverify.network.residual import residual
from amverify.network.scalars import PART, absolute, dot, finite, plain, product, root, square, wide
from amverify.network.sparse import csr, entries, norm_squared_above, place
from amverify.network.weights import input_space

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
F32, F64 = torch.float32, torch.float64
EPS = torch.finfo(F64).eps
CE, SQUARED, LOGISTIC = (LOSSES[n] for n in ("cross_entropy", "squared_error", "logistic"))


def some(*values: float, dtype: torch.dtype = F64) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype)


def units(found: object, exact: float, dtype: torch.dtype = F64) -> float:
    """By how many units in the last place of 1 it is above, relatively."""
    return (float(found) / exact - 1) / torch.finfo(dtype).eps  # type: ignore[arg-type]


def test_scalars_with_replicates_and_without() -> None:
    each = some(4.0, 9.0, dtype=F32)
    assert (root(4.0), absolute(-3.0), wide(2.0)) == (2.0, 3.0, 2.0)
    assert root(each).tolist() == [2.0, 3.0]  # type: ignore[union-attr]
    assert absolute(-each).tolist() == [4.0, 9.0]  # type: ignore[union-attr]
    assert wide(each).dtype is F64  # type: ignore[union-attr]
    assert [finite(v) for v in (1, 2.5, math.inf, math.nan, "1", None)] == [True] * 2 + [False] * 4
    assert [plain(torch.zeros(s)) for s in ((2,), (2, 2), (1, 2, 2))] == [False, True, False]
    block = draw(3, 2, seed=0)
    assert product(block)(block.reshape(-1), block.reshape(-1)) == pytest.approx(square(block))
    assert blockwise(some(1.0, 2.0)).shape == (2, 1, 1)
    assert axpy(block, 0.0, block) is block
    assert torch.equal(axpy(block, 2.0, block), 3 * block)
    two = torch.stack((block, block))
    assert torch.equal(axpy(two, some(1.0, 2.0), two)[1], 3 * block)


def test_a_block_of_one_part_is_summed_at_once() -> None:
    """2¹⁶ entries are one part: the sum is torch's own, bit for bit; of one more, two parts'."""
    for rows, parts in ((PART, 1), (PART + 1, 2)):
        u, v = draw(rows, 1, seed=1).float(), draw(rows, 1, seed=2).float()
        x, y = u.reshape(-1).double(), v.reshape(-1).double()
        cuts = [slice(i * PART, (i + 1) * PART) for i in range(parts)]
        assert dot(u, v) == sum(torch.dot(x[c], y[c]).item() for c in cuts)


def test_the_slack_of_a_bound_by_powers_is_its_formula() -> None:
    """λ = 1 of order 1: 2(1 + 2¹²) units for rounding, one of the format, the next number."""
    assert units(by_powers(torch.ones(1, 1, dtype=F64)), 1.0) == pytest.approx(8196, abs=1)
    assert units(by_powers(torch.ones(1, 1, dtype=F32)), 1.0, F32) == pytest.approx(2, abs=0.5)
    assert units(by_powers(torch.eye(2, dtype=F64)[:1, :1] * 9), 9.0) == pytest.approx(8196, abs=4)
    many = torch.eye(32, dtype=F64)  # 32^(1/2¹³) above
    assert float(by_powers(many)) == pytest.approx(32 ** (0.5**13), rel=3e-12)
    assert by_powers(torch.zeros(2, 3, 3, dtype=F64)).tolist() == [0.0, 0.0]
    tiny = torch.full((1, 1), 2.0**-1070, dtype=F64)
    assert float(by_powers(tiny)) > 2.0**-1070


def test_the_slack_of_a_sparse_bound_is_its_formula() -> None:
    """A matrix of ones, whose Perron vector is the first guess: 4(3 + 5 + 16) units and 2 more."""
    for dtype, wanted, near in ((F64, 98, 2), (F32, 2, 0.6)):
        ones = torch.ones(3, 5, dtype=dtype).to_sparse_csr()
        assert units(norm_squared_above(ones), 15.0, dtype) == pytest.approx(wanted, abs=near)
    assert float(norm_squared_above(torch.ones(3, 5).to_sparse_csr() * 0)) == 0.0


def test_places_of_entries_dense_and_sparse() -> None:
    x = torch.zeros(4, 5)
    x[1, 2], x[3, 4] = 7.0, 9.0
    for one in (x, x.to_sparse_csr()):
        assert place(one, entries(one) > 8) == (3, 4)
        assert place(one, entries(one) > 6) == (1, 2)
    with pytest.raises(RuntimeError):
        csr(torch.tensor([0, 1]), torch.tensor([9]), some(1.0), (1, 2))


def test_terms_are_the_lengths_of_the_sums() -> None:
    p = problem((3, 4, 2), 6, mu=0.3)
    at = point(p, 1)
    for layer, width in ((1, 3), (2, 4)):
        block = weight_block(p, at, p.affine(at, layer), layer)
        assert block.terms == (width, 6)
        assert block.ridge == 0.3
        assert not block.isotropic
        bias = bias_block(p, at, p.affine(at, layer), layer)
        assert (bias.terms, bias.isotropic, bias.ridge) == ((1, 1), True, 0.0)
    last = output_block(p, at, p.affine(at, 2))
    assert (last.terms, last.isotropic, last.layer, last.kind) == ((1, 1), True, 2, "z")


def test_adjoints_are_added_onto_what_they_are_given() -> None:
    """β·onto + α·A*r, with and without replicates; A*r itself, and onto + A*r, by default."""
    for replicates in ((), (2,)):
        p = problem((3, 4, 2), 6)
        at = point(p, 1, replicates)
        pre = [p.affine(at, 1), p.affine(at, 2)]
        for block in (
            weight_block(p, at, pre[0], 1),
            bias_block(p, at, pre[0], 1),
            activation_block(p, at, pre[1], 1, 0.1),
        ):
            plainly, onto = block.adjoint(block.residual), 0.0 * block.u + 3.0
            torch.testing.assert_close(block.adjoint(block.residual, onto), onto + plainly)
            for beta in (1.0, 2.0):
                found = block.adjoint(block.residual, onto, beta, -0.5)
                torch.testing.assert_close(found, beta * onto - 0.5 * plainly)


def test_clipping_leaves_what_it_was_given_unless_that_is_fresh() -> None:
    p = problem((3, 4, 2), 6)
    at = point(p, 1)
    block = activation_block(p, at, p.affine(at, 2), 1, 0.1)
    v = draw(6, 4, seed=3, scale=9.0)
    kept = v.clone()
    clipped = block.project(v)
    assert torch.equal(v, kept)
    assert not torch.equal(clipped, v)
    assert block.project(v, fresh=True) is v
    assert torch.equal(v, clipped)
    assert block.terms == (4, 2)


def test_the_first_of_equal_minimisers_is_taken() -> None:
    """The relu corner of the specification, of which both minimisers cost ½: the flat piece's."""
    h, c, d = activation("relu"), some(-1.0), some(2.0)
    z, a = joint_minimiser(h, c, d, 2.0, 1.0, 1.0)
    assert (float(z), float(a)) == (-1.0, 1.0)


def test_residuals_of_replicates_are_those_of_each_alone() -> None:
    p = problem((3, 4, 2), 6)
    at = point(p, 1, (2,))
    both = residual(p, at, 0.3)
    for r in range(2):
        alone = type(at)(*([u[r] for u in g] for g in (at.w, at.b, at.z, at.a)))
        one = residual(p, alone, 0.3)
        assert float(both.blockwise[r]) == pytest.approx(float(one.blockwise), rel=1e-12)
        assert float(both.joint[r]) == pytest.approx(float(one.joint), rel=1e-12)
    assert list(both.blocks) == [(k, i) for i, ks in ((1, "Wbza"), (2, "Wbz")) for k in ks]


def test_a_span_is_taken_only_where_it_is_smaller() -> None:
    for rows, columns, spans in ((4, 5, True), (5, 5, False), (6, 5, False)):
        space = input_space(draw(rows, columns, seed=1), "auto", F64)
        assert (space.basis is not None) == spans
    tall = input_space(draw(6, 5, seed=1), "spanned", F64)
    assert tall.inputs.shape == (6, 6)
    assert float(tall.inputs[:, -1].abs().max()) == 0.0
    square_ = input_space(draw(5, 5, seed=1), "spanned", F64)
    assert square_.inputs.shape == (5, 6)


def test_replicated_weights_and_sparse_inputs() -> None:
    x = draw(6, 3, seed=0).to_sparse_csr()
    p = LayeredProblem(x, torch.tensor([0, 1] * 3), (3, 2), 1.0)
    assert p.sparse
    assert TIAM().initialise(p, gaussian(p.widths, 0)) is not None
    with pytest.raises(InvalidInput, match="one run at a time"):
        start(p, replicated(lambda s: gaussian(p.widths, s), (0,)), takes_sparse=True)
    with pytest.raises(InvalidInput, match="takes dense inputs"):
        start(p, gaussian(p.widths, 0))
