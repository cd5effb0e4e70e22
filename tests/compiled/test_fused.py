"""The sums of recorded rows: one compiled loop or torch's products, the same numbers."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from amverify import methods
from amverify.compiled import available as kernels
from amverify.methods.inertia import Inertia
from amverify.methods.rows import journal
from amverify.methods.rows import sums as fused
from amverify.methods.rows import sweep as swept
from amverify.methods.rows.sums import Sums, sums_of
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from tests.record.layered.test_method_recorder import traced
from tests.support.problems import parameters, problem


class Terms(NamedTuple):
    """What is summed, by name."""

    x: Tensor
    y: Tensor | None
    z: Tensor
    v: Tensor
    c: float | Tensor = 0.0


compiled = pytest.mark.skipif(kernels.compiled() is None, reason="numba is not installed")


def exact(terms: Terms) -> Sums:
    """Of one replicate, in fractions."""
    x, y, z, v = (
        None if u is None else [Fraction(e) for e in u.flatten().tolist()] for u in terms[:4]
    )
    c = Fraction(float(terms.c)) if y is not None else 0

    def dot(p, q):
        return sum((i * j for i, j in zip(p, q, strict=True)), Fraction(0))

    turned = x if y is None else [i - c * j for i, j in zip(x, y, strict=True)]
    return Sums(
        dot(x, x),
        0 if y is None else dot(x, y),
        dot(x, z),
        dot(z, z),
        dot(v, v),
        dot(turned, turned),
    )


def blocks(shape, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype) for _ in range(4)
    ]


@compiled
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("inertia", [True, False])
def test_every_sum_is_right_to_float64(dtype, inertia):
    """Of blocks of several sizes at once, one of them not contiguous."""
    terms = []
    for seed, shape in enumerate([(1, 1), (3, 5), (1, 7), (17, 9)]):
        x, y, z, v = blocks(shape, dtype, seed)
        terms.append(Terms(x, y if inertia else None, z, v, 0.37))
    x, y, z, v = blocks((6, 4), dtype, 9)
    terms.append(Terms(x.mT.contiguous(), None, z.mT, v.mT))
    for mine, row in zip(sums_of(terms), terms, strict=True):
        n = row.x.numel()
        for name, found, true in zip(Sums._fields, mine, exact(row), strict=True):
            size = math.sqrt(exact(row).xx * max(exact(row).zz, exact(row).vv, exact(row).xx, 1))
            size = max(size, float(abs(true)), 4.0 * n)
            assert isinstance(found, float), name
            assert abs(found - float(true)) <= 4 * n * 2.0**-53 * size, name


@compiled
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("replicates", [(3,), (2, 2)])
def test_replicates_are_summed_one_by_one(dtype, replicates):
    x, y, z, v = blocks((*replicates, 5, 4), dtype)
    c = torch.rand(replicates, dtype=torch.float64)
    both = sums_of([Terms(x, y, z, v, c), Terms(x, None, z, z)])
    for place in np.ndindex(replicates):
        alone = sums_of([Terms(x[place], y[place], z[place], v[place], float(c[place]))])
        for found, expected in zip(both[0], alone[0], strict=True):
            assert found.dtype is torch.float64
            assert float(found[place]) == expected
    assert both[1].xy == 0.0
    assert torch.equal(both[1].turned, both[1].xx)


@compiled
def test_what_is_not_finite_is_seen():
    x, y, z, v = blocks((4, 8), torch.float32)
    z[2, 3], v[0, 0] = torch.nan, torch.inf
    (found,) = sums_of([Terms(x, y, z, v, 0.5)])
    assert math.isnan(found.xz)
    assert found.vv == math.inf
    assert math.isfinite(found.xx)


@compiled
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("replicates", [0, 2])
@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=["band", "penalty"])
def test_rows_without_numba_say_the_same(coupling, replicates, dtype, monkeypatch):
    p = problem((9, 4, 3, 3), 6, coupling=coupling, dtype=dtype)
    rule = StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2, safeguard="monotone", steps="backtracking")
    start = parameters(p, 5, replicates) if replicates else parameters(p, 5)
    loop = traced(TIAM(rule), p, start, 10).blocks
    for module in (fused, swept, journal):
        monkeypatch.setattr(module, "compiled", lambda: None)
    torchs = traced(TIAM(rule), p, start, 10).blocks
    assert loop.keys() == torchs.keys()
    for name, column in torchs.items():
        if f"{name}_error" in torchs:
            off = np.abs(loop[name] - column)
            assert (off <= loop[f"{name}_error"] + torchs[f"{name}_error"]).all(), name
        elif column.dtype.kind == "f":
            np.testing.assert_allclose(loop[name], column, 1e-5, 1e-12, err_msg=name)
        else:
            assert (loop[name] == column).all(), name


def test_numba_may_be_absent(monkeypatch):
    monkeypatch.delitem(sys.modules, "amverify.compiled.loops", raising=False)
    monkeypatch.delattr(methods, "compiled", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert kernels.compiled.__wrapped__() is None


@compiled
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("steps", ["exact", "backtracking"])
def test_rows_made_column_by_column_are_the_rows(steps, biases, dtype, monkeypatch):
    """Bounds included: they need the norms around each block as the sweep went."""
    p = problem((9, 4, 3, 3), 6, coupling=Band(0.3), dtype=dtype)
    rule = StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2, safeguard="certified", steps=steps)
    method, start = TIAM(rule, biases=biases), parameters(p, 5)
    columns = traced(method, p, start, 12).blocks
    monkeypatch.setattr(swept.SweepRows, "of", lambda *_: None)
    alone = traced(method, p, start, 12).blocks
    assert columns.keys() == alone.keys()
    for name, column in alone.items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(columns[name], column, 1e-12, 1e-300, err_msg=name)
        else:
            assert (columns[name] == column).all(), name


@compiled
def test_a_sweep_of_another_problem_does_not_take_over_what_was_known():
    """Its rows are measured afresh, and may be read one by one."""
    p, q = (problem((5, 4, 3), 6, rho=rho) for rho in (0.4, 0.7))
    method = TIAM(record=True)
    state = method.initialise(p, parameters(p, 1))
    for _ in range(3):
        state = method.sweep(p, state)
    assert isinstance(state.rows, swept.SweepRows)
    assert [(row.kind, row.layer) for row in state.rows][:2] == [("W", 1), ("b", 1)]
    assert next(iter(state.rows)).step == pytest.approx(
        float(state.displacement.w[0].square().sum())
    )
    state = method.sweep(q, state)
    assert state.rows.layout.problem is q
    assert next(iter(state.rows)).facts.weight == 0.7
    assert isinstance(method.sweep(q, state).rows, swept.SweepRows)
