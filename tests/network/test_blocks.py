"""Each block's gradient, modulus and change of F against autograd and exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from support.checks import (
    check_changes,
    check_gradients,
    check_moduli,
    make_block,
)
from support.exact import exact_objective
from support.objective import blocks_of, loss_value, objective
from support.problems import (
    COUPLINGS,
    PIECEWISE_LINEAR,
    draw,
    group,
    point,
    problem,
    replaced,
    replicate,
)
from support.rounding import assert_within, gamma

from amverify.network.blocks import auxiliary_change, auxiliary_prox, spectral_norm_squared
from amverify.network.coupling import Band, Penalty

WIDTHS = [(4, 3), (1, 1, 2), (5, 4, 3, 3), (2, 3, 1, 4, 2)]


@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("samples", [1, 6])
def test_gradients(widths, samples, coupling):
    p = problem(widths, samples, coupling=coupling)
    check_gradients(p, point(p, 3))


@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("mu", [0.0, 0.3])
def test_moduli(widths, coupling, mu):
    p = problem(widths, 6, coupling=coupling, mu=mu)
    check_moduli(p, point(p, 3))


@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error", "logistic"])
def test_changes_are_differences_of_the_objective(coupling, loss):
    p = problem((5, 4, 3, 3), 6, coupling=coupling, loss=loss)
    check_changes(p, point(p, 3))


@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("replicates", [(3,), (2, 2)])
def test_replicates_are_the_blocks_of_each_alone(coupling, replicates):
    p = problem(coupling=coupling)
    at = point(p, 6, replicates)
    for kind, layer in blocks_of(at):
        if kind == "z" and layer < p.layers and isinstance(coupling, Penalty):
            continue
        block = make_block(p, at, kind, layer)
        d = 0.1 * point(p, 8, replicates).copy().z[0].new_ones(block.u.shape)
        for index in torch.cartesian_prod(*(torch.arange(r) for r in replicates)):
            key = tuple(index.reshape(-1).tolist())
            alone = make_block(p, replicate(at, key), kind, layer)
            torch.testing.assert_close(block.gradient(d)[key], alone.gradient(d[key]))
            torch.testing.assert_close(block.change(d)[key], alone.change(d[key]))
            torch.testing.assert_close(block.curvature(d)[key], alone.curvature(d[key]))
            modulus, other = block.modulus(), alone.modulus()
            if isinstance(modulus, torch.Tensor) and modulus.ndim:
                modulus = modulus[key]
            assert float(modulus) == pytest.approx(float(other), rel=1e3 * gamma(1, p.dtype))


@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("size", [1.0, 1e-5, 1e-10, 1e-15])
def test_change_loses_no_digits(coupling, size):
    """A step of 1e-10 changes F by 1e-10, with an error 1e-16 times that: no cancellation.

    A difference of two values of F would be off by 1e-16 times F.
    """
    p = problem((2, 2, 2), 3, coupling=coupling, mu=0.3)
    at = point(p, 1)
    for kind, layer in blocks_of(at):
        if kind == "z" and (layer == p.layers or isinstance(coupling, Penalty)):
            continue
        block = make_block(p, at, kind, layer)
        new = block.u + size * draw(*block.u.shape, seed=9)
        e = new - block.u
        moved = replaced(at, kind, layer, block.u + e)
        fractions = exact_change_along(p, at, kind, layer, e)
        scale = change_scale(p, at, moved, block, e)
        assert abs(float(fractions - Fraction(float(block.change(e))))) <= gamma(40, p.dtype) * scale
        assert scale <= 1e3 * size


def exact_change_along(p, at, kind, layer, e):
    """F(u + e) − F(u) in fractions; u + e is not rounded, as F is a quadratic in t of u + te."""
    values = []
    for t in (1, -1):  # u ± 2^m e is exact for a power of two that makes e comparable with u
        power = 2.0 ** (-int(torch.log2(e.abs().max())))
        step = t * power * e
        u = group(at, kind)[layer - 1]
        coarse = (u + step) - u
        assert (coarse - step).abs().max() <= 1e-14
        values.append((coarse, power))
    del values
    return _quadratic_change(p, at, kind, layer, e)


def _quadratic_change(p, at, kind, layer, e):
    from support.exact import exact_change

    return exact_change(p, at, kind, layer, e)


def change_scale(p, at, moved, block, e):
    """The difference form's sum of absolute values."""
    a = p.space.inputs if block.layer == 1 else at.a[block.layer - 2]
    pre = a.abs() @ at.w[block.layer - 1].abs().mT + at.b[block.layer - 1].abs()
    size = pre + at.z[block.layer - 1].abs()
    if block.kind == "a":
        size = at.a[block.layer - 1].abs() @ at.w[block.layer].abs().mT
        size = size + at.b[block.layer].abs() + at.z[block.layer].abs()
        image = e.abs() @ at.w[block.layer].abs().mT
    elif block.kind == "W":
        image = a.abs() @ e.abs().mT
    else:
        image = e.abs().expand(size.shape)
    total = p.rho * ((size + image) * image).sum()
    ridge = block.ridge * ((block.u.abs() + 2 + e.abs()) * e.abs()).sum()
    return float(total + ridge)
