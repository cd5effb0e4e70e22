"""Sparse inputs: the numbers of the dense ones, a bound that is one, and who refuses them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.problems import draw, labels
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.bcd import BCD
from amverify.methods.dladmm import DlADMM
from amverify.methods.gradient import gradient_method
from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, mdlam
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian, replicated
from amverify.network.layered import LayeredProblem
from amverify.network.losses import SquaredError
from amverify.network.sparse import norm_squared_above

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
METHODS: dict[str, Any] = {
    "tiam": TIAM(),
    "backtracking": TIAM(StepRule(Inertia(0.5, 0.5, 0.3), steps="backtracking")),
    "mdlam": mdlam(),
    "dladmm": DlADMM(),
    "adam": gradient_method("adam", 0.01),
}


def few(rows: int, columns: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """About a tenth of the entries is not 0; a row and a column have none."""
    x = draw(rows, columns, seed=seed) * (draw(rows, columns, seed=seed + 1) > 1.3)
    x[1], x[:, 2] = 0, 0
    return x.to(dtype)


def problems(method: Any, x: Tensor, **options: Any) -> tuple[LayeredProblem, LayeredProblem]:
    """The same one with sparse and with dense inputs, with the same bound for both."""
    coupling = Penalty(0.7) if isinstance(method, DlADMM) else Band(0.3)
    facts = {"rho": 0.4, "mu": 0.05, "coupling": coupling, "dtype": x.dtype, **options}
    y, widths = labels(len(x), 3, 1), (x.shape[1], 6, 5, 3)
    thin = LayeredProblem(x.to_sparse_csr(), y, widths, **facts)
    full = LayeredProblem(x, y, widths, representation="dense", **facts)
    vars(full)["input_norm_squared"] = thin.input_norm_squared
    return thin, full


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("shape", [(30, 50), (50, 30)], ids=str)
@pytest.mark.parametrize("name", METHODS)
def test_the_numbers_are_those_of_dense_inputs(name: str, shape: Any, dtype: torch.dtype) -> None:
    method = METHODS[name]
    thin, full = problems(method, few(*shape, seed=3, dtype=dtype))
    start = gaussian(thin.widths, 0, 0.5)
    one, other = method.initialise(thin, start), method.initialise(full, start)
    for _ in range(5):
        one, other = method.sweep(thin, one), method.sweep(full, other)
    tolerance = {"rtol": 0.0, "atol": 2**12 * torch.finfo(dtype).eps}
    torch.testing.assert_close(one.network, other.network, **tolerance)
    if one.point is not None:
        torch.testing.assert_close(one.point.z, other.point.z, **tolerance)
    torch.testing.assert_close(method.objective(thin, one), method.objective(full, other))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
@pytest.mark.parametrize("shape", [(60, 25), (25, 60), (40, 1), (1, 40)], ids=str)
def test_the_norm_is_bounded_closely_where_no_entry_is_negative(
    shape: tuple[int, int], scale: float, dtype: torch.dtype
) -> None:
    x = (scale * draw(*shape, seed=5) * (draw(*shape, seed=6) > 1)).to(dtype)
    x[0, 0] = scale
    bound = float(norm_squared_above(x.abs().to_sparse_csr()))
    exact = float(torch.linalg.matrix_norm(x.abs().double(), 2)) ** 2
    assert exact * (1 - 1e-14) <= bound <= exact * (1 + 2e-4)
    signed = float(torch.linalg.matrix_norm(x.double(), 2)) ** 2
    assert float(norm_squared_above(x.to_sparse_csr())) == bound >= signed * (1 - 1e-14)


def test_a_norm_of_two_parts_that_do_not_touch_and_of_nothing() -> None:
    """Power steps leave the smaller part's entries of v far behind; the bound stays one."""
    x = torch.block_diag(torch.full((4, 3), 2.0), torch.full((5, 6), 1.0)).double()
    assert float(norm_squared_above(x.to_sparse_csr())) == pytest.approx(48.0, rel=1e-6)
    assert float(norm_squared_above(torch.zeros(3, 4).to_sparse_csr())) == 0.0


@pytest.mark.parametrize(
    ("method", "coupling"),
    [(JointTIAM(), Band(0.3)), (BCD(), Penalty(0.7)), (TIAM(record=True), Band(0.3))],
    ids=str,
)
def test_who_needs_more_than_products_says_so(method: Any, coupling: Any) -> None:
    x = few(30, 50, seed=3)
    thin, _ = problems(method, x, coupling=coupling, loss=SquaredError())
    with pytest.raises(InvalidInput, match=r"takes dense inputs, x\.to_dense\(\)"):
        method.initialise(thin, gaussian(thin.widths, 0))


def test_what_is_wrong_with_sparse_inputs_is_said() -> None:
    x = few(30, 50, seed=3)
    thin, _ = problems(TIAM(), x)
    with pytest.raises(InvalidInput, match="without replicates"):
        TIAM().initialise(thin, replicated(lambda s: gaussian(thin.widths, s), range(2)))
    with pytest.raises(InvalidInput, match="CSR layout"):
        problems_of(x.to_sparse_coo())
    with pytest.raises(InvalidInput, match="not 'spanned'"):
        problems_of(x.to_sparse_csr(), representation="spanned")
    for value, said in ((torch.nan, "not finite"), (1e300, r"1e\+300")):
        bad = x.clone()
        bad[7, 11], bad[9, 3] = value, value
        with pytest.raises(InvalidInput, match=f"{said} at row 7, column 11"):
            problems_of(bad.to_sparse_csr(), dtype=torch.float32)


def problems_of(x: Tensor, **options: Any) -> LayeredProblem:
    return LayeredProblem(x, labels(30, 3, 1), (50, 4, 3), rho=0.4, **options)
