"""Where a refusal begins, and constants of bounds: each from both sides, by arithmetic by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import mpmath
import pytest
import torch
from support.problems import draw, point, problem
from support.scalar import SCALAR

from amverify.errors import InvalidInput
from amverify.network.activations import ACTIVATIONS, activation, leaky_relu
from amverify.network.coupling import Band, Penalty
from amverify.network.entries import feasible
from amverify.network.initial import gaussian, replicated, start, torch_default
from amverify.network.layered import LayeredProblem
from amverify.network.losses import LOSSES, Loss, wright_omega
from amverify.network.residual import _band_distances

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
F32, F64 = torch.float32, torch.float64
EPS = torch.finfo(F64).eps
CE, SQUARED, LOGISTIC = (LOSSES[n] for n in ("cross_entropy", "squared_error", "logistic"))


def some(*values: float, dtype: torch.dtype = F64) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype)


def test_constants_of_the_activations() -> None:
    """Largest |intercept|, least positive slope, |h(0)|."""
    found = {n: (h.largest_intercept, h.flattest, h.at_zero) for n, h in ACTIVATIONS.items()}
    pieces = {"identity": (0, 1), "relu": (0, 1), "leaky_relu": (0, 0.01)}
    pieces |= {"hard_tanh": (1, 1), "relu6": (6, 1)}
    zero = {"softplus": math.log(2), "sigmoid": 0.5}
    for name, one in found.items():
        assert one == (*pieces.get(name, (0, 0)), pytest.approx(zero.get(name, 0), rel=1e-15))
    assert replace(leaky_relu(2.0), name="steep").flattest == 1.0


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_steepest_slopes_and_least_values_to_all_digits(name: str) -> None:
    """By 30 digits: no constant of Lipschitz may be too small, by however little."""
    h, steep, low = activation(name), SCALAR[name], {"gelu": -0.75, "silu": -1.28}[name]
    with mpmath.workdps(30):
        top = mpmath.findroot(lambda x: mpmath.diff(steep, x, 2), {"gelu": 1.4, "silu": 2.4}[name])
        bottom = mpmath.findroot(lambda x: mpmath.diff(steep, x), low)
        assert abs(h.lipschitz / mpmath.diff(steep, top) - 1) < 4 * EPS
        assert abs(h.lowest / steep(bottom) - 1) < 4 * EPS


def test_a_level_that_is_attained_is_not_looked_at() -> None:
    h = activation("relu")
    assert h.highest_preimage(some(-1.0, 2.0), attained=True).tolist() == [-1.0, 2.0]
    assert h.highest_preimage(some(-1.0, 2.0)).tolist() == [-math.inf, 2.0]


@pytest.mark.parametrize("dtype", [F32, F64])
def test_two_units_of_slack_around_the_band(dtype: torch.dtype) -> None:
    """σ, which saturates: z stays in its interval up to 2 units of |h| + |a| + ε beyond."""
    h, unit = activation("sigmoid"), torch.finfo(dtype).eps
    z = some(3.0, dtype=dtype)
    value, eps = h(z), 0.25
    for side in (-1, 1):
        for off, stays in ((1.0, True), (1.6, True), (2.5, False), (3.0, False)):
            at = value + side * eps
            a = at + side * off * unit * (value + at.abs() + eps)
            lower, upper = Band.interval(h, z, a, eps)
            end = upper if side < 0 else lower
            assert (bool(lower <= z) and bool(z <= upper)) == stays, (side, off, end)
            assert bool(feasible(h, z, a, eps)) == stays


@pytest.mark.parametrize("dtype", [F32, F64])
def test_a_side_is_active_within_two_units(dtype: torch.dtype) -> None:
    """Then a's own part (g_a < 0 at the upper side, g_a > 0 at the lower) costs nothing."""
    h, unit, eps = activation("relu"), torch.finfo(dtype).eps, 0.25
    z, none = some(3.0, dtype=F64), some(0.0)
    for side in (-1.0, 1.0):
        for off, active in ((0.0, True), (1.6, True), (2.5, False)):
            a = z + side * (eps - off * unit * (3 + 3 + side * eps + eps))
            found = _band_distances(h, z, a, none, some(-side), eps, dtype)
            assert float(found.a) == (0.0 if active else 1.0), (side, off)


def test_the_band_s_start_and_the_least_of_its_numbers() -> None:
    band = Band(8.0, factor=0.5, floor=1.0)
    assert [band.at(k) for k in (0, 1, 2, 4, 5)] == [8.0, 8.0, 4.0, 1.0, 1.0]
    assert band.constant_from() == 4
    assert Band(1.0, 1.0, 1.0).at(7) == 1.0
    for bad in ("1", True):
        with pytest.raises(InvalidInput):
            Band(1.0, factor=bad) if isinstance(bad, str) else Band(bad and "2")  # type: ignore[arg-type]
    z, a = some(3.0, -1.0).reshape(1, 1, 2), some(3.5, 0.5).reshape(1, 1, 2)
    assert Band.infeasibility(activation("relu"), z, a, 0.25).tolist() == [0.25]
    assert float(Penalty(4.0).value(activation("relu"), z, a)) == 2 * (0.25 + 0.25)


def test_widths_and_seeds_begin_and_end_where_they_say() -> None:
    for draws in (gaussian, torch_default):
        for seed in (-(2**63), 2**63 - 1):
            assert len(draws([1, 1], seed)[0]) == 1
        for seed in (-(2**63) - 1, 2**63, 0.5, "1"):
            with pytest.raises(InvalidInput, match="seed"):
                draws((2, 1), seed)  # type: ignore[arg-type]
        for widths in ((3,), (3, 0), (0, 3), (3, 1.5), "33", None):
            with pytest.raises(InvalidInput, match="widths"):
                draws(widths, 0)  # type: ignore[arg-type]
    assert float(gaussian((2, 2), 0, 0.0)[0][0].abs().max()) == 0.0
    for std in (-1e-9, math.inf, math.nan, True, "1"):
        with pytest.raises(InvalidInput, match="std"):
            gaussian((2, 2), 0, std)  # type: ignore[arg-type]


def test_the_first_weights_are_these() -> None:
    """A seed means the same start everywhere: the generator's numbers, times 0.1 or in ±1/√n."""
    numbers = torch.Generator().manual_seed(5)
    normal = torch.randn(2, 3, generator=numbers, dtype=F64)
    assert torch.equal(gaussian((3, 2), 5)[0][0], 0.1 * normal)
    numbers = torch.Generator().manual_seed(5)
    share = torch.rand(2, 4, generator=numbers, dtype=F64)
    weights, biases = torch_default((4, 2), 5)
    assert torch.equal(weights[0], (2 * share - 1) / 2)
    assert biases[0].shape == (1, 2)
    assert float(biases[0].abs().max()) <= 0.5


def test_a_start_that_is_not_finite_is_refused_by_its_name() -> None:
    p = problem((3, 2, 2), 4)
    for name, group in (("weights", 0), ("biases", 1)):
        spoilt = gaussian(p.widths, 0)
        spoilt[group][1][0, 0] = math.nan
        with pytest.raises(
            InvalidInput, match=f"{name} of layer 2 are not finite in torch.float64"
        ):
            start(p, spoilt)
    _, one = start(p, gaussian(p.widths, 0), label_output=True)
    assert torch.equal(one.z[-1], 2 * p.target - 1)
    _, two = start(p, replicated(lambda s: gaussian(p.widths, s), (0, 1)), label_output=True)
    assert two.z[-1].shape == (2, 4, 2)


def test_constants_are_normal_numbers_of_the_format_its_ends_included() -> None:
    held = torch.finfo(F32)
    x, y = draw(4, 3, seed=0), torch.tensor([0, 1, 0, 1])
    for rho in (held.tiny, held.max):
        assert LayeredProblem(x, y, (3, 2), rho, dtype=F32).rho == rho
    for rho in (held.tiny / 2, held.max * 2):
        with pytest.raises(InvalidInput, match=r"rho: .* no normal number of float32"):
            LayeredProblem(x, y, (3, 2), rho, dtype=F32)
    for name in ("mu", "mu_bias"):
        assert getattr(LayeredProblem(x, y, (3, 2), 1.0, **{name: 0.0}), name) == 0.0  # type: ignore[arg-type]
        for bad in (-1e-9, math.inf):
            with pytest.raises(InvalidInput, match=f"{name}: must be zero or positive"):
                LayeredProblem(x, y, (3, 2), 1.0, **{name: bad})  # type: ignore[arg-type]
    for flag in ("rho", "mu", "mu_bias"):
        with pytest.raises(InvalidInput, match=f"{flag}: expected a number, got bool"):
            LayeredProblem(x, y, **{"widths": (3, 2), "rho": 1.0, flag: True})  # type: ignore[arg-type]


def test_facts_of_a_problem() -> None:
    p = problem((3, 2, 2, 2), 4)
    assert (p.layers, p.samples, p.sparse) == (3, 4, False)
    assert p.input_size == pytest.approx(float((p.x**2).sum().sqrt()), rel=1e-14)
    assert p.averaging.tolist() == [[0.25] * 4]
    at = point(p, 1)
    assert p.inputs(at, 1) is p.space.inputs
    assert p.inputs(at, 3) is at.a[1]
    other = at.copy()
    other.a[0] = other.z[0]
    assert at.a[0] is not other.a[0]


def test_labels_and_rows_of_probabilities_begin_and_end_where_they_say() -> None:
    for loss in (CE, LOGISTIC):
        with pytest.raises(InvalidInput, match="all 2 samples are of class 0"):
            loss.targets(torch.tensor([0, 0]), 2, F64)
        assert loss.targets(torch.tensor([0]), 2, F64).tolist() == [[1.0, 0.0]]
        assert loss.targets(torch.tensor([0, 1]), 2, F64).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    for off, fits in ((2, True), (4, False), (-2, True), (-3, False)):
        rows = some(0.5, 0.5 + off * EPS).reshape(1, 2)
        if fits:
            assert torch.equal(CE.targets(rows, 2, F64), rows)
        else:
            with pytest.raises(InvalidInput, match="sum to 1"):
                CE.targets(rows, 2, F64)
    assert LOGISTIC.targets(some(0.0, 1.0).reshape(2, 1), 1, F64).tolist() == [[0.0], [1.0]]
    for value in (-EPS, 1 + EPS):
        with pytest.raises(InvalidInput, match="between 0 and 1"):
            LOGISTIC.targets(some(value).reshape(1, 1), 1, F64)


@pytest.mark.parametrize("loss", [CE, SQUARED, LOGISTIC], ids=lambda loss: loss.name)
def test_a_loss_is_told_sample_by_sample(loss: Loss) -> None:
    """Each as if it were alone: over classes, not over samples."""
    z, y = draw(5, 3, seed=1), torch.softmax(draw(5, 3, seed=2), -1)
    alone = [loss.value(z[i : i + 1], y[i : i + 1]) for i in range(5)]
    torch.testing.assert_close(loss.samplewise(z, y), torch.stack(alone))


def test_slopes_and_least_values_of_the_losses_are_their_formulas() -> None:
    target = some(0, 1, 1, 0, 1, 0).reshape(3, 2)
    assert CE.steepness(5.0, target) == math.sqrt(6)
    assert LOGISTIC.steepness(5.0, target) == math.sqrt(6)
    assert LOGISTIC.steepness(5.0, target[:, :1]) == math.sqrt(3)
    assert SQUARED.steepness(5.0, target) == pytest.approx(5 + math.sqrt(3), rel=1e-15)
    hot = target.bool()
    assert (CE.infimum, LOGISTIC.infimum, SQUARED.infimum) == (0.0, 0.0, 0.0)
    for loss, z in ((CE, 900.0 * hot), (LOGISTIC, 900.0 * (2.0 * hot - 1)), (SQUARED, target)):
        assert float(loss.value(z.to(F64), target)) == 0.0


def test_wright_s_function_below_the_least_exponents() -> None:
    x = some(-49.9, -50.1, -700.0)
    assert wright_omega(x).tolist() == pytest.approx(torch.exp(x).tolist(), rel=1e-13)
