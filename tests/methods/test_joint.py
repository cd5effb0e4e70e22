"""TIAM with joint blocks: the descent that it is made for, and its representations."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.methods.curvature import certified_curvature
from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointState, JointTIAM
from amverify.methods.metric import metric
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation, leaky_relu
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian, replicated
from amverify.network.layered import LayeredProblem
from amverify.network.losses import SquaredError
from amverify.network.residual import residual
from amverify.record.layered.run import traced

PIECEWISE = [activation(n) for n in ("identity", "relu", "relu6", "hard_tanh")] + [leaky_relu(0.2)]


def problem(seed=0, samples=20, widths=(5, 7, 6, 3), **options) -> LayeredProblem:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(samples, widths[0], generator=generator, dtype=torch.float64)
    y = torch.randint(widths[-1], (samples,), generator=generator)
    y = options.pop("y", y)
    chosen = {"rho": 0.1, "mu": 1e-2, "mu_bias": 1e-2, "coupling": Band(1e-2)} | options
    return LayeredProblem(x, y, widths, **chosen)


def run(method, p: LayeredProblem, sweeps: int, seed: int = 0):
    states = [method.initialise(p, gaussian(p.widths, seed, 0.5))]
    for _ in range(sweeps):
        states.append(method.sweep(p, states[-1]))
    return states


def promised(method: JointTIAM, state: JointState) -> float:
    """ϑΣα‖e‖²_M of the last sweep."""
    factor = {"y": 0.5, "V": 1.0, "z": 1.0}  # δ = 2(1 − ϑ)α for y, (1 − ϑ)α else
    kept = method.margin / (1 - method.margin)
    return sum(
        kept * method.weight(kind) * factor[kind] * float(length)
        for (kind, _), length in state.length.items()
    )


METHODS = st.builds(
    JointTIAM,
    scale=st.sampled_from([1.05, 1.5, 2.0]),
    relaxation=st.sampled_from([0.0, 0.2, 0.8]),
    momentum=st.sampled_from([0.0, 0.3, 5.0, -5.0]),
    inertia=st.sampled_from([0.0, 0.5, 0.99]),
    margin=st.sampled_from([0.01, 0.1, 0.5]),
)


@settings(deadline=None, max_examples=60)
@given(METHODS, st.sampled_from(PIECEWISE), st.integers(0, 10**6), st.booleans())
def test_psi_falls_by_what_is_promised(method, h, seed, squared):
    """TΨ, whatever inertia is asked for; F alone may rise."""
    options = {"loss": SquaredError()} if squared else {}
    p = problem(seed, activation=h, **options)
    states = run(method, p, 15, seed)
    values = [float(method.lyapunov(p, s)) for s in states]
    for (before, after), state in zip(pairwise(values), states[1:], strict=True):
        rounding = 1e-12 * (1 + abs(before))
        assert after <= before - promised(method, state) + rounding
        assert float(p.infeasibility(state.point, 1e-2)) <= 1e-14


def test_uncertified_momentum_can_raise_psi():
    """So the bound TH is not idle: with the momentum merely taken, Ψ rises on some sweep."""

    class Reckless(JointTIAM):
        def weight(self, kind):
            return 50.0 if kind == "V" else super().weight(kind)

    method, p = Reckless(momentum=3.0), problem()
    values = [float(method.objective(p, s)) for s in run(method, p, 10)]
    assert any(after > before for before, after in pairwise(values))


@pytest.mark.parametrize("h", PIECEWISE, ids=lambda h: h.name)
def test_both_representations_of_the_first_layer(h):
    widths, sweeps = (30, 5, 4, 3), 25
    method = JointTIAM(scale=1.5, inertia=0.6, momentum=0.2)
    dense, spanned = (
        problem(3, 12, widths, representation=name, activation=h) for name in ("dense", "spanned")
    )
    one, other = run(method, dense, sweeps)[-1], run(method, spanned, sweeps)[-1]
    decoded = other.first.decode(other.point.w[0])
    torch.testing.assert_close(one.point.w[0], decoded, rtol=1e-9, atol=1e-10)
    for x, y in zip(one.point.z + one.point.b, other.point.z + other.point.b, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-9, atol=1e-10)


def test_replicates_are_single_runs():
    p, method = problem(), JointTIAM(scale=1.5, inertia=0.6, momentum=0.2)
    together = method.initialise(p, replicated(lambda s: gaussian(p.widths, s, 0.5), [0, 1, 2]))
    for _ in range(10):
        together = method.sweep(p, together)
    for seed in range(3):
        alone = run(method, p, 10, seed)[-1]
        for x, y in zip(alone.point.w, together.point.w, strict=True):
            torch.testing.assert_close(x, y[seed], rtol=1e-9, atol=1e-11)


def test_float32_follows_float64():
    method = JointTIAM()
    wide = run(method, problem(), 10)[-1]
    narrow = run(method, problem(dtype=torch.float32), 10)[-1]
    for x, y in zip(wide.point.w, narrow.point.w, strict=True):
        torch.testing.assert_close(x.float(), y, rtol=1e-2, atol=1e-3)


def test_export_and_restore():
    p, method = problem(), JointTIAM()
    state = run(method, p, 5)[-1]
    again = method.restore(p, method.export(p, state))
    for x, y in zip(state.point.w, again.point.w, strict=True):
        torch.testing.assert_close(x, y)


def test_it_goes_on_where_separate_blocks_stop():
    """Both fall; the published scheme stops where its blocks are balanced and the pair is not."""
    p = problem(loss=SquaredError(), samples=10, widths=(3, 3, 2))
    published = TIAM(StepRule(Inertia(0.5, 0.5), safeguard="certified"))
    ends = []
    for method in (JointTIAM(), published):
        states = run(method, p, 1000)
        ends.append([float(residual(p, s.point, 1e-2).joint) for s in (states[1], states[-1])])
    (first, joint), (_, separate) = ends
    assert joint < 1e-3 * first
    assert separate > 100 * joint


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from([torch.float32, torch.float64]),
    st.sampled_from([1.0, 1e-22, 1e20]),
)
def test_the_curvature_is_an_upper_bound(m, n, seed, deficient, dtype, scale):
    """σ_max², in exact arithmetic: κ − WᵀW is positive semidefinite."""
    import flint

    w = torch.randn(m, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    w = (scale * w).to(dtype)
    if deficient:
        w = w[:1].expand(m, n).contiguous()
    kappa = certified_curvature(w).bound
    rows = [[flint.fmpq(*float(x).as_integer_ratio()) for x in row] for row in w]
    gram = flint.fmpq_mat(rows).transpose() * flint.fmpq_mat(rows)
    bound = flint.fmpq(*float(kappa).as_integer_ratio())
    assert kappa <= 1.01 * float(torch.linalg.matrix_norm(w.double(), 2)) ** 2 + 1e-35
    rest = flint.fmpq_mat(n, n, [bound * (i == j) - gram[i, j] for i in range(n) for j in range(n)])
    coefficients = rest.charpoly().coeffs()
    # all eigenvalues ≥ 0: the characteristic polynomial's coefficients alternate
    assert all(c * (-1) ** (n - k) >= 0 for k, c in enumerate(coefficients))


def test_metric_without_ridge():
    p = problem(mu=0.0, mu_bias=0.0, samples=3, widths=(5, 7, 3), representation="dense")
    with pytest.raises(InvalidInput, match=r"mu: the metric of V_1 is singular"):
        JointTIAM().initialise(p, gaussian(p.widths, 0))
    assert metric(problem(mu=0.0, mu_bias=0.0), problem().space.inputs, 1).factor.shape == (6, 6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scale": 1.0}, r"scale: expected a finite s > 1"),
        ({"scale": float("inf")}, r"scale: expected a finite s > 1"),
        ({"relaxation": 1.0}, "relaxation"),
        ({"momentum": float("nan")}, "momentum"),
        ({"inertia": 1.0}, "inertia"),
        ({"margin": 0.0}, "margin"),
        ({"floor": 0.0}, "floor"),
    ],
)
def test_parameters_outside_their_range(wrong, message):
    with pytest.raises(InvalidInput, match=message):
        JointTIAM(**wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coupling": Penalty(1.0)}, "not of a Penalty"),
        ({"activation": activation("tanh")}, "piecewise-linear"),
        ({"activation": activation("gelu")}, "gelu is not monotone"),
        ({"samples": 0}, "no samples"),
        ({"mu_bias": -1.0}, "mu_bias"),
    ],
)
def test_problems_that_it_refuses(options, message):
    with pytest.raises(InvalidInput, match=message):
        JointTIAM().initialise(problem(**options), gaussian((5, 7, 6, 3), 0))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, []),
        ({"mu": 0.0}, ["mu = 0"]),
        ({"mu": 0.0, "mu_bias": 0.0}, ["mu = 0", "mu_bias = 0"]),
        ({"coupling": Band(1.0, 0.5, 0.3)}, ["ε shrinks until sweep 3"]),
    ],
)
def test_what_the_theorems_lose_is_said(options, said):
    """In the report of an audit too, by the trace's header."""
    p = problem(**options)
    notes = JointTIAM().notes(p)
    assert [note.partition(":")[0] for note in notes] == said
    trace = traced(JointTIAM(), p, gaussian(p.widths, 0, 0.5), 4)
    assert list(trace.header.get("notes", [])) == notes
    assert set(notes) <= set(audit(trace, ["TH"]).notes)


def test_one_sample():
    """Nothing is lost: the metrics are positive definite by their ridges, Ψ falls."""
    p = problem(samples=1, y=torch.tensor([1]), loss=SquaredError())
    method = JointTIAM(scale=1.5, inertia=0.9, momentum=0.4)
    values = [float(method.lyapunov(p, s)) for s in run(method, p, 10)]
    assert all(after <= before for before, after in pairwise(values))


@pytest.mark.parametrize("wanted", [5.0, -5.0])
def test_wanted_inertia_is_cut_to_what_is_certified_and_the_cut_is_on_record(wanted):
    p = problem()
    method = JointTIAM(scale=1.5, momentum=wanted, inertia=0.99)
    blocks = traced(method, p, gaussian(p.widths, 0, 0.5), 8).blocks
    alive = blocks["sweep"] > 1
    for kind in (b"V", b"z", b"y"):
        rows = alive & (blocks["kind"] == kind)
        ratio = blocks["metric_before"][rows] / blocks["metric_inertia"][rows]
        delta = blocks["delta"][rows]
        if kind == b"y":
            used = blocks["p2"][rows]
            assert (used**2 <= delta * ratio).all()
            assert (used > 0).all()
            assert (used < 0.99).any()
        else:
            used = blocks["p1"][rows]
            assert (used**2 <= delta**2 * ratio).all()
            assert (used * wanted > 0).all()
            assert (abs(used) < abs(wanted)).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_what_is_cut_is_certified_beyond_the_error_of_its_norms(dtype):
    """TH's condition c²‖Δ‖²_new ≤ δ²‖Δ‖²_old is met surely, not by luck of rounding."""
    p = problem(samples=60, widths=(20, 30, 25, 3), dtype=dtype)
    method = JointTIAM(momentum=5.0, inertia=0.99)
    blocks = traced(method, p, gaussian(p.widths, 0, 0.3), 12).blocks
    rows = (blocks["sweep"] > 1) & (blocks["kind"] != b"y")
    c, delta = blocks["p1"][rows], blocks["delta"][rows]
    new, old = (
        blocks[name][rows] + sign * blocks[f"{name}_error"][rows]
        for name, sign in (("metric_inertia", 1), ("metric_before", -1))
    )
    assert (c**2 * new <= delta**2 * old).all()
    assert (c > 0).all()
