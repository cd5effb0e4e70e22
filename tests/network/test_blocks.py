"""Each block's gradient, modulus and change of F against autograd and exact arithmetic."""

from __future__ import annotations

import pytest
import torch
from support.checks import (
    check_changes,
    check_gradients,
    check_moduli,
    convex_blocks,
    make_block,
)
from support.exact import exact_change
from support.objective import loss_value
from support.problems import COUPLINGS, PIECEWISE_LINEAR, draw, point, problem, replicate
from support.rounding import assert_within, gamma

from amverify.network.blocks import auxiliary_change, auxiliary_prox, spectral_norm_squared
from amverify.network.coupling import Penalty

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
    for kind, layer in convex_blocks(p, at):
        block = make_block(p, at, kind, layer)
        d = draw(*block.u.shape, seed=8)
        for index in torch.cartesian_prod(*(torch.arange(r) for r in replicates)):
            key = tuple(index.reshape(-1).tolist())
            alone = make_block(p, replicate(at, key), kind, layer)
            torch.testing.assert_close(block.gradient(d)[key], alone.gradient(d[key]))
            expected = torch.tensor(alone.change(d[key]), dtype=p.dtype)
            torch.testing.assert_close(block.change(d)[key], expected)
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
    for kind, layer in convex_blocks(p, at):
        if kind == "z" and layer == p.layers:
            continue
        block = make_block(p, at, kind, layer)
        e = size * draw(*block.u.shape, seed=9)
        exact = float(exact_change(p, at, kind, layer, e))
        scale = difference_scale(p, at, block, e)
        assert abs(float(block.change(e)) - exact) <= gamma(40, p.dtype) * scale
        assert scale <= 1e3 * size


def difference_scale(p, at, block, e):
    """The difference form, of absolute values: it is of the size of e, not of F."""
    layer = block.layer + (block.kind == "a")
    a = p.space.inputs if layer == 1 else at.a[layer - 2]
    w, b, z = at.w[layer - 1].abs(), at.b[layer - 1].abs(), at.z[layer - 1].abs()
    size, e = a.abs() @ w.mT + b + z, e.abs()
    image = {"W": lambda: a.abs() @ e.mT, "a": lambda: e @ w.mT}.get(block.kind, lambda: e)()
    centre = 0 if block.centre is None else block.centre.abs()
    ridge = block.ridge * ((block.u.abs() + centre + e) * e).sum()
    return float(p.rho * ((size + image) * image).sum() + ridge)


@pytest.mark.parametrize("act", PIECEWISE_LINEAR)
@pytest.mark.parametrize("size", [1.0, 1e-10])
def test_nonconvex_change_loses_no_digits(act, size):
    p = problem((2, 2, 2), 3, act=act, coupling=Penalty(0.7))
    at = point(p, 2)
    z = at.z[0]
    new = z + size * draw(*z.shape, seed=9)
    e = new - z  # exact: new is close to z or of its size
    exact = float(exact_change(p, at, "z", 1, e))
    pre = p.affine(at, 1)
    computed = float(auxiliary_change(p, at, pre, 1, z + e))
    sizes = z.abs() + pre.abs() + at.a[0].abs() + p.activation(z).abs() + e.abs()
    # z + e is rounded once, by unit·|z + e|, which counts as a change of e
    rounding = (e.abs() + (z + e).abs()) * sizes
    bound = gamma(40, p.dtype) * float(((p.rho + 0.7) * rounding).sum())
    assert abs(computed - exact) <= bound


def test_output_change_takes_sample_differences():
    """For R the bound is that of each sample's own loss, not of the whole of F."""
    p = problem((5, 4, 3, 3), 6)
    at = point(p, 2)
    at.w[0] = 1e8 * at.w[0]  # F is huge, z_L's change is not
    block = make_block(p, at, "z", 3)
    e = 1e-3 * draw(*block.u.shape, seed=5)
    quadratic = p.rho * ((block.residual + 0.5 * e) * e).sum()
    rest = loss_value(p, block.u + e) - loss_value(p, block.u)
    size = float(loss_value(p, block.u) + (p.rho * block.residual.abs() * e.abs()).sum())
    assert_within(
        torch.as_tensor(block.change(e), dtype=p.dtype),
        quadratic + rest,
        gamma(100, p.dtype) * size,
        "change",
    )


def test_curvature_and_gradient_take_a_known_image():
    p = problem()
    at = point(p)
    for kind, layer in convex_blocks(p, at):
        block = make_block(p, at, kind, layer)
        d = draw(*block.u.shape, seed=1)
        image = block.apply(d)
        assert torch.equal(block.curvature(d), block.curvature(d, image))
        assert torch.equal(block.gradient(d), block.gradient(d, image))
        assert block.change(d) == block.change(d, image)


@pytest.mark.parametrize("act", PIECEWISE_LINEAR)
@pytest.mark.parametrize("gamma_weight", [0.0, 0.5])
def test_auxiliary_prox_beats_every_point_of_a_grid(act, gamma_weight):
    p = problem((4, 3, 2), 5, act=act, coupling=Penalty(0.7))
    at = point(p, 3)
    near = draw(5, 3, seed=4, scale=3.0)
    pre = p.affine(at, 1)
    best = auxiliary_prox(p, at, pre, 1, near, gamma_weight)

    def value(z):
        square = p.rho * (z - pre) ** 2 + gamma_weight * (z - near) ** 2
        return square + 0.7 * (at.a[0] - p.activation(z)) ** 2

    found = value(best)
    for step in torch.linspace(-12, 12, 4001, dtype=torch.float64):
        assert bool((found <= value(step.expand_as(best)) + gamma(20, p.dtype) * found).all())


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (1, 5), (5, 1), (2, 3, 6, 4)])
def test_spectral_norm(shape):
    m = draw(*shape, seed=1)
    exact = torch.linalg.matrix_norm(m, 2).square()
    assert_within(spectral_norm_squared(m), exact, gamma(200, m.dtype) * float(exact.max()), "σ²")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_spectral_norm_of_a_diverged_replicate_is_not_an_error(bad):
    m = draw(2, 3, 4, seed=1)
    exact = torch.linalg.matrix_norm(m[0], 2).square()
    m[1, 0, 0] = bad
    found = spectral_norm_squared(m)
    torch.testing.assert_close(found[0], exact)
    assert not torch.isfinite(found[1])


def test_input_norm_is_that_of_the_features():
    for representation in ("dense", "spanned"):
        p = problem((9, 4, 3), 5, representation=representation)
        exact = torch.linalg.matrix_norm(p.x, 2).square()
        torch.testing.assert_close(p.input_norm_squared, exact)


def test_bounds_of_the_band():
    p = problem(act="tanh")
    at = point(p)
    block = make_block(p, at, "a", 1, 0.2)
    assert block.bounds is not None
    torch.testing.assert_close(block.bounds[1], torch.tanh(at.z[0]) + 0.2)
    torch.testing.assert_close(block.bounds[0], torch.tanh(at.z[0]) - 0.2)
    v = draw(*block.u.shape, seed=3, scale=4.0)
    lower, upper = block.bounds
    assert torch.equal(block.project(v), torch.minimum(torch.maximum(v, lower), upper))
    assert make_block(p, at, "W", 1).project(v) is v
