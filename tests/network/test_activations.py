"""Activations against mpmath, the band's interval and the penalty's minimiser by definition."""

from __future__ import annotations

import math

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from support.objective import MODULES
from support.problems import MONOTONE, PIECEWISE_LINEAR
from support.rounding import assert_within, gamma, half_digits, unit
from support.scalar import ATTAINS_INFIMUM, ATTAINS_SUPREMUM, SCALAR, infimum, supremum

from amverify.errors import InvalidInput
from amverify.network.activations import ACTIVATIONS, activation, celu, elu, leaky_relu
from amverify.network.coupling import Band, Penalty, check_coupling

ALL = tuple(SCALAR)
GRID = [*[x / 8 for x in range(-320, 321)], -1e3, 1e3, -1e-9, 1e-9, -1e-20, 1e-20]
INTERVALS = settings(deadline=None, max_examples=40)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_value(name, dtype):
    z = torch.tensor(GRID, dtype=dtype)
    values = [float(SCALAR[name](mpmath.mpf(x))) for x in z.tolist()]
    exact = torch.tensor(values, dtype=torch.float64)
    # absolute near 0 too: GELU's 1 + erf cancels there, in torch itself
    bound = gamma(20, dtype) * (exact.abs() + (name in ("gelu", "silu")) * z.abs().double())
    assert_within(activation(name)(z).double(), exact, bound, name)


@pytest.mark.parametrize("name", ALL)
def test_value_is_torch_nn(name):
    z = torch.tensor(GRID, dtype=torch.float64)
    bound = gamma(20, z.dtype) * (1 + z.abs())
    assert_within(activation(name)(z), MODULES[name](z), bound, name)


@pytest.mark.parametrize("name", ALL)
def test_derivative_is_autograd(name):
    h = activation(name)
    z = torch.tensor([x for x in GRID if x not in h.kinks], dtype=torch.float64).requires_grad_()
    (exact,) = torch.autograd.grad(MODULES[name](z).sum(), z)
    assert_within(h.derivative(z.detach()), exact, gamma(60, z.dtype) * 40, name)


@pytest.mark.parametrize("name", ALL)
def test_derivative_is_the_left_slope_at_a_kink(name):
    h = activation(name)
    for kink in h.kinks:
        step = 1e-6
        at = torch.tensor([kink], dtype=torch.float64)
        left = float((h(at) - h(at - step)) / step)
        right = float((h(at + step) - h(at)) / step)
        assert float(h.derivative(at)) == pytest.approx(left, abs=2 * step)
        assert abs(left - right) > 0.1  # it is a kink


@pytest.mark.parametrize("name", ALL)
def test_no_kink_is_missing(name):
    known = activation(name).kinks
    for x in (-1.0, 0.0, 1.0, 6.0):
        step = 1e-6
        at = torch.tensor([x], dtype=torch.float64)
        h = activation(name)
        jump = float((h(at + step) - 2 * h(at) + h(at - step)) / step)
        assert (abs(jump) > 1e-2) == (x in known)


@pytest.mark.parametrize("name", ALL)
def test_lipschitz_is_the_largest_slope(name):
    h = activation(name)
    z = torch.linspace(-12, 12, 24001, dtype=torch.float64)
    slopes = ((h(z[1:]) - h(z[:-1])) / (z[1:] - z[:-1])).abs()
    rounding = gamma(40, z.dtype) * float(h(z).abs().max()) / 1e-3
    assert float(slopes.max()) <= h.lipschitz + rounding
    assert float(slopes.max()) >= h.lipschitz * (1 - 1e-3)  # the step of the grid


@pytest.mark.parametrize("name", ALL)
def test_range(name):
    h = activation(name)
    values = h(torch.tensor(GRID, dtype=torch.float64))
    assert bool((values >= h.lowest).all())
    assert bool((values <= h.highest).all())
    assert h.highest == supremum(name)
    if name in MONOTONE:
        assert h.lowest == pytest.approx(infimum(name), rel=4 * unit(values.dtype))
    else:
        assert float(values.min()) == pytest.approx(h.lowest, abs=1e-2)
        found = minimize_scalar(lambda x: float(SCALAR[name](x)), bounds=(-3, 0), method="bounded")
        assert h.lowest == pytest.approx(float(found.fun), rel=half_digits(values.dtype))


@pytest.mark.parametrize("name", MONOTONE)
def test_inverse_undoes_the_function(name):
    h = activation(name)
    z = torch.linspace(-5, 5, 101, dtype=torch.float64)
    moving = h.derivative(z) > 0
    back = h.highest_preimage(h(z))
    # one rounding of h(z) moves the inverse by u(1 + |h|)/h'
    bound = gamma(40, z.dtype) * (1 + h(z).abs()) / h.derivative(z) + gamma(40, z.dtype) * z.abs()
    assert_within(back[moving], z[moving], bound[moving], name)


@pytest.mark.parametrize("name", MONOTONE)
def test_preimages_at_and_beyond_the_range(name):
    """The generalised inverses' three cases, as the module's docstring states them."""
    h = activation(name)
    for end, low in ((h.lowest, True), (h.highest, False)):
        if not math.isfinite(end):
            continue
        at = torch.tensor([end], dtype=torch.float64)
        outside = at - 1 if low else at + 1
        if low:
            assert float(h.highest_preimage(outside)) == -math.inf
            assert float(h.lowest_preimage(outside)) == -math.inf
            assert float(h.lowest_preimage(at)) == -math.inf
        else:
            assert float(h.lowest_preimage(outside)) == math.inf
            assert float(h.highest_preimage(outside)) == math.inf
            assert float(h.highest_preimage(at)) == math.inf


@pytest.mark.parametrize("name", MONOTONE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@INTERVALS
@given(data=st.data())
def test_interval_is_the_band_s_preimage(name, dtype, data):
    """z lies in the interval iff |h(z) − a| ≤ ε, up to the rounding of levels and ends."""
    h = activation(name)
    eps = data.draw(st.sampled_from([1e-3, 0.05, 0.4, 1.0, 3.0, 100.0]))
    anchor = data.draw(st.floats(-20, 20))
    offset = data.draw(st.sampled_from([0.0, 1.0, -1.0, 0.5, -0.999, 1.7, -2.5]))
    a = h(torch.tensor([anchor], dtype=dtype)) + offset * eps
    present = torch.tensor([data.draw(st.floats(-30, 30))], dtype=dtype)
    low, high = infimum(name), supremum(name)
    level_slack = 4 * unit(dtype) * (float(a.abs()) + eps)
    if float(a) + eps < low - level_slack:
        attained, beyond = name in ATTAINS_INFIMUM, low
    elif float(a) - eps > high + level_slack:
        attained, beyond = name in ATTAINS_SUPREMUM, high
    else:
        attained, beyond = False, None
    lower, upper = (float(end) for end in Band.interval(h, present, a, eps))
    assert lower <= upper
    reference, grid = MODULES[name], torch.tensor(GRID, dtype=torch.float64)
    if beyond is not None:
        if not attained:
            assert lower == upper == float(present)
            return
        assert torch.equal((lower <= grid) & (grid <= upper), reference(grid) == beyond)
        return
    at_the_range_s_end = min(abs(float(a) + eps - low), abs(float(a) - eps - high)) <= level_slack
    if at_the_range_s_end and lower == upper == float(present):
        return  # a rounding decides whether it is empty
    z = torch.cat((grid, torch.tensor([anchor, float(present)], dtype=torch.float64)))
    gap = (reference(z) - float(a)).abs()
    size = abs(float(a)) + eps + reference(z).abs() + z.abs() * h.derivative(z)
    slack = gamma(40, dtype) * size
    inside = (lower <= z) & (z <= upper)
    assert bool((gap <= eps + slack)[inside].all())
    assert bool((gap >= eps - slack)[~inside].all())


@pytest.mark.parametrize("name", MONOTONE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@INTERVALS
@given(z=st.floats(-40, 40), eps=st.sampled_from([1e-3, 0.3, 1.0, 100.0]), side=st.floats(-1, 1))
def test_interval_holds_the_feasible_present_point(name, dtype, z, eps, side):
    """However steep the inverse: a was clipped to z's box, then z is in a's interval.

    For piecewise-linear h, up to the one rounding of a ± ε; for the others, exactly.
    """
    h = activation(name)
    present = torch.tensor([z], dtype=dtype)
    box = Band.box(h, present, eps)
    a = torch.clamp(h(present) + side * eps, *box)
    for b in (a, *box):
        lower, upper = Band.interval(h, present, b, eps)
        slope_least = 0.01 if name == "leaky_relu" else 1.0
        slack = 4 * unit(dtype) * (float(b.abs()) + eps) / slope_least if h.piecewise_linear else 0
        assert float(lower) - slack <= float(present) <= float(upper) + slack


def test_interval_clips_an_infeasible_present_point_to_the_nearest_end():
    h = activation("tanh")
    z, a = torch.tensor([2.0]).double(), torch.tensor([0.0]).double()
    lower, upper = Band.interval(h, z, a, 0.5)
    assert float(upper) == pytest.approx(math.atanh(0.5))
    assert float(lower) == pytest.approx(-math.atanh(0.5))


@pytest.mark.parametrize("name", PIECEWISE_LINEAR)
def test_pieces_are_the_function(name):
    h = activation(name)
    ends = [piece.lower for piece in h.pieces] + [h.pieces[-1].upper]
    assert ends[0] == -math.inf
    assert ends[-1] == math.inf
    for before, after in zip(h.pieces, h.pieces[1:], strict=False):
        assert before.upper == after.lower
    for x in GRID:
        piece = next(q for q in h.pieces if q.lower <= x <= q.upper)
        assert piece.slope * x + piece.intercept == pytest.approx(float(SCALAR[name](x)))


@pytest.mark.parametrize("name", PIECEWISE_LINEAR)
@settings(deadline=None, max_examples=80)
@given(
    centre=st.floats(-15, 15),
    a=st.floats(-15, 15),
    rho=st.sampled_from([1e-3, 0.3, 1.0, 50.0]),
    nu=st.sampled_from([1e-3, 0.3, 1.0, 50.0]),
)
def test_penalty_minimiser_by_brute_force(name, centre, a, rho, nu):
    h = activation(name)

    def value(z):
        return 0.5 * rho * (z - centre) ** 2 + 0.5 * nu * (a - float(SCALAR[name](z))) ** 2

    c, level = (torch.tensor([x], dtype=torch.float64) for x in (centre, a))
    found = float(h.penalty_minimiser(c, level, rho, nu))
    candidates = [-16 + 32 * i / 200 for i in range(201)] + [-1.0, 0.0, 1.0, 6.0, centre]
    best = min(candidates, key=value)
    refined = minimize_scalar(value, bounds=(best - 0.2, best + 0.2), method="bounded")
    least = min(value(best), float(refined.fun))
    assert value(found) <= least + gamma(30, torch.float64) * (least + rho * centre**2 + nu * a * a)


@pytest.mark.parametrize(
    ("name", "centre", "a", "rho", "nu", "expected"),
    [
        ("relu", -1.0, 1.0, 1.0, 3.0, {-1.0, 0.5}),
        ("relu", 0.0, 0.0, 1.0, 1.0, {0.0}),
        ("relu", -2.0, -1.0, 1.0, 1.0, {-2.0}),
        ("hard_tanh", 1.0, 1.0, 1.0, 1.0, {1.0}),
        ("relu6", 9.0, 6.0, 1.0, 1.0, {9.0}),
    ],
)
def test_penalty_minimiser_at_special_points(name, centre, a, rho, nu, expected):
    found = activation(name).penalty_minimiser(
        torch.tensor([centre]).double(), torch.tensor([a]).double(), rho, nu
    )
    assert float(found) in expected


def test_penalty_minimiser_ties_go_to_the_smaller_distance():
    """ReLU, ρ = ν = 1, a = 2: on the left the cost at z = c is a² = 4, on the right
    (a − c)²/2; they tie at c = a − a√2 < 0. A rational tie: ρ = 1, ν = 3, a = 1, c = −1:
    left 3, right min_z (z + 1)² + 3(1 − z)² = 3 at z = 1/2. The left one does not move.
    """
    h = activation("relu")
    c, a = torch.tensor([-1.0]).double(), torch.tensor([1.0]).double()
    assert float(h.penalty_minimiser(c, a, 1.0, 3.0)) == -1.0
    mirrored = activation("relu6")  # at 6 − z the upper kink: c = 7, a = 5
    assert float(mirrored.penalty_minimiser(c + 8, a + 4, 1.0, 3.0)) == 7.0


@pytest.mark.parametrize("name", sorted(set(ALL) - set(MONOTONE)))
def test_band_refuses_what_is_not_monotone(name):
    with pytest.raises(InvalidInput, match=f"{name} is not monotone"):
        check_coupling(Band(1.0), activation(name))


@pytest.mark.parametrize("name", sorted(set(ALL) - set(PIECEWISE_LINEAR)))
def test_penalty_refuses_what_is_not_piecewise_linear(name):
    with pytest.raises(InvalidInput, match=f"activation {name}.*piecewise-linear"):
        check_coupling(Penalty(1.0), activation(name))


def test_unknown_name():
    with pytest.raises(InvalidInput, match="unknown activation 'swash': choose one of identity"):
        activation("swash")


@pytest.mark.parametrize("make", [leaky_relu, elu, celu])
@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
def test_bad_alpha(make, alpha):
    with pytest.raises(InvalidInput, match="alpha must be positive and finite"):
        make(alpha)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("make", [leaky_relu, elu, celu])
def test_other_parameters(make, alpha):
    h = make(alpha)
    module = {leaky_relu: torch.nn.LeakyReLU, elu: torch.nn.ELU, celu: torch.nn.CELU}[make](alpha)
    z = torch.linspace(-5, 5, 1001, dtype=torch.float64)
    torch.testing.assert_close(h(z), module(z))
    torch.testing.assert_close(h.highest_preimage(module(z)), z)
    slopes = (module(z[1:]) - module(z[:-1])) / (z[1:] - z[:-1])
    assert float(slopes.max()) == pytest.approx(h.lipschitz, rel=0.01)
    left, at, right = module(z[499:502])
    assert bool(h.kinks) == (abs(float(right - 2 * at + left) / 0.01) > 0.1)


def test_every_activation_of_the_model_is_there():
    assert set(ACTIVATIONS) == set(ALL)
