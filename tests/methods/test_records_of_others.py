"""The rows of dlADMM, BCD and the gradient methods, against exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from support.exact import EXACT_ACTIVATIONS, exact_objective, fractions
from support.problems import group, parameters, problem, replaced
from support.records import combined, exact_loss, inner, number, product
from support.rounding import assert_half_digits

from amverify.methods import dladmm
from amverify.methods.bcd import BCD
from amverify.methods.dladmm import DlADMM
from amverify.methods.gradient import GradientMethod, gradient_method
from amverify.methods.rows.gradient import GradientRow
from amverify.methods.rows.record import BlockRecord
from amverify.network.coupling import Penalty

DTYPES = (torch.float32, torch.float64)
LOSSES = ("cross_entropy", "squared_error", "logistic")
ACTS = ("relu", "leaky_relu", "hard_tanh")


def gap(at):
    """z_L − pre_L, exactly."""
    z, x = (fractions(u) for u in (at.z[-1], at.a[-1]))
    pre = product(x, fractions(at.w[-1]))
    (bias,) = fractions(at.b[-1])
    return [
        [c - a - b for c, a, b in zip(r, s, bias, strict=True)] for r, s in zip(z, pre, strict=True)
    ]


def lagrangian(p, at, dual):
    total = exact_objective(p, at) + exact_loss(p, fractions(at.z[-1]))
    return total + inner(fractions(dual), gap(at))


def check(row: BlockRecord, change: Fraction, old, new) -> None:
    """ΔF and ‖e‖² within their bounds; T1 or T1p without inertia, by ``execution`` alone."""
    e = combined(fractions(new), Fraction(-1), fractions(old))
    where = f"{row.kind}_{row.layer}"
    assert abs(number(row.change, ()) - change) <= number(row.change_error, ()), where
    assert abs(number(row.step, ()) - inner(e, e)) <= number(row.step_error, ()), where
    if row.update == "other":
        return
    factor = Fraction(row.gamma) / 2
    if row.update == "gradient":
        factor = number(row.modulus, ()) * (Fraction(row.s) - Fraction(1, 2))
    assert change <= -factor * inner(e, e) + number(row.execution, ()), where


@pytest.fixture
def snapshots(monkeypatch):
    """The points after each update of dlADMM's sweeps."""
    seen = []
    right = dladmm._Sweep.update

    def update(self, kind, layer):
        before = self.point.copy()
        right(self, kind, layer)
        seen.append((before, self.point.copy()))

    monkeypatch.setattr(dladmm._Sweep, "update", update)
    return seen


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_dladmm(loss, act, dtype, snapshots):
    p = problem((3, 3, 2, 2), 4, 1, act=act, loss=loss, coupling=Penalty(1.0), dtype=dtype, rho=0.6)
    method = DlADMM(trial=0.05, record=True)
    state = method.initialise(p, parameters(p, 1))
    for _ in range(6):
        before, state = state, method.sweep(p, state)
        q = p.reweighted(before.rho, before.rho)
        rows, total = state.records, Fraction(0)
        assert len(rows) == len(snapshots) + 1
        for row, (old, new) in zip(rows, snapshots, strict=False):
            change = lagrangian(q, new, before.dual) - lagrangian(q, old, before.dual)
            u, v = (group(x, row.kind)[row.layer - 1] for x in (old, new))
            check(row, change, u, v)
            total += number(row.change, ())
        rise = lagrangian(q, state.point, state.dual) - lagrangian(q, state.point, before.dual)
        assert (rows[-1].kind, rows[-1].update) == ("u", "other")
        check(rows[-1], rise, before.dual, state.dual)
        whole = lagrangian(q, state.point, state.dual) - lagrangian(q, before.point, before.dual)
        error = sum(number(r.change_error, ()) for r in rows)
        assert abs(total + number(rows[-1].change, ()) - whole) <= error
        assert {r.update for r in rows} == {"gradient", "proximal", "other"}
        snapshots.clear()


def test_bounds_know_that_the_last_residual_holds_the_dual_variable():
    """z_L − pre_L + u/ρ: what rounding does to it is of u/ρ's size too, however small the rest."""
    p = problem((3, 3, 2), 4, coupling=Penalty(1.0), rho=0.6)
    method = DlADMM(trial=0.05, record=True)
    before = method.sweep(p, method.initialise(p, parameters(p, 1)))
    size = float((before.dual / before.rho).norm())
    assert size > 0
    steps = [row for row in method.sweep(p, before).rows if isinstance(row, GradientRow)]
    held = {(row.kind, row.layer): row.values[-1] for row in steps}
    last = {("W", 2), ("b", 2), ("z", 2), ("a", 1)}
    assert {key for key, shift in held.items() if shift} == last
    assert [held[key] for key in last] == pytest.approx([size] * 4)


def bcd_objective(p, at, output):
    split = combined(fractions(output), Fraction(-1), fractions(at.z[-1]))
    total = exact_objective(p, at) + exact_loss(p, fractions(output))
    return total + Fraction(p.coupling.nu) / 2 * inner(split, split)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("representation", ["dense", "spanned"])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_bcd(loss, act, representation, dtype):
    p = problem(
        (6, 3, 2, 2), 4, 1, act=act, loss=loss, coupling=Penalty(0.7), dtype=dtype,
        representation=representation,
    )  # fmt: skip
    method = BCD(1.5, record=True)
    state = method.initialise(p, parameters(p, 1))
    for _ in range(6):
        before, state = state, method.sweep(p, state)
        at, output, total = before.point.copy(), before.output, Fraction(0)
        assert [(r.kind, r.layer) for r in state.records[:4]] == [
            ("a", 3), ("z", 3), ("W", 3), ("b", 3)
        ]  # fmt: skip
        for row in state.records:
            value = bcd_objective(p, at, output)
            if (row.kind, row.layer) == ("a", p.layers):
                old, new, output = output, state.output, state.output
            else:
                old = group(at, row.kind)[row.layer - 1]
                new = group(state.point, row.kind)[row.layer - 1]
                at = replaced(at, row.kind, row.layer, new)
            assert row.update == "proximal"
            check(row, bcd_objective(p, at, output) - value, old, new)
            total += number(row.change, ())
        whole = bcd_objective(p, at, output)
        whole -= bcd_objective(p, before.point, before.output)
        assert abs(total - whole) <= sum(number(r.change_error, ()) for r in state.records)


def network_loss(p, weights, biases):
    """R of the network, exactly but for R."""
    h, z = EXACT_ACTIVATIONS[p.activation.name], None
    for w, b in zip(weights, biases, strict=True):
        a = fractions(p.x.to(p.dtype)) if z is None else [[h(x) for x in row] for row in z]
        (bias,) = fractions(b)
        z = [[x + y for x, y in zip(r, bias, strict=True)] for r in product(a, fractions(w))]
    return exact_loss(p, z)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["gd", "adam"])
def test_gradient_methods(name, loss, dtype):
    p = problem((3, 3, 2), 4, 1, loss=loss, dtype=dtype)
    method = GradientMethod(gradient_method(name, 0.01).factory, name, record=True)
    state = method.initialise(p, parameters(p, 1))
    last = None
    for _ in range(4):
        old = [[u.clone() for u in part] for part in state.network]
        state = method.sweep(p, state)
        (row,) = state.records
        assert (row.kind, row.update) == ("x", "other")
        change = network_loss(p, *state.network) - network_loss(p, *old)
        assert abs(number(row.change, ()) - change) <= number(row.change_error, ())
        flat = [
            torch.cat([u.reshape(-1) for part in x for u in part]) for x in (old, state.network)
        ]
        e = combined([fractions(flat[1][None])[0]], Fraction(-1), fractions(flat[0][None]))
        assert abs(number(row.step, ()) - inner(e, e)) <= number(row.step_error, ())
        if last is not None:
            assert abs(number(row.cross, ()) - inner(last, e)) <= number(row.cross_error, ())
            assert abs(number(row.inertia, ()) - inner(last, last)) <= number(row.inertia_error, ())
        last = e


@pytest.mark.parametrize(
    "make", [lambda r: DlADMM(record=r), lambda r: BCD(record=r)], ids=["dladmm", "bcd"]
)
def test_recording_changes_nothing(make):
    p = problem((3, 3, 2), 4, coupling=Penalty(1.0))
    states = []
    for record in (False, True):
        method = make(record)
        state = method.initialise(p, parameters(p))
        for _ in range(5):
            state = method.sweep(p, state)
        assert bool(state.records) is record
        states.append(state)
    for kind in "Wbza":
        for u, v in zip(*(group(s.point, kind) for s in states), strict=True):
            assert torch.equal(u, v)


def gradient_descent():
    return GradientMethod(gradient_method("gd", 0.01).factory, record=True)


@pytest.mark.parametrize(
    "method", [DlADMM(record=True), BCD(record=True), gradient_descent()], ids=lambda m: m.name
)
def test_rows_of_replicates_are_those_of_each_alone(method):
    p = problem((3, 3, 2), 4, coupling=Penalty(1.0))
    both, rows = parameters(p, 0, replicates=2), []
    alone = [tuple([u[i] for u in part] for part in both) for i in (0, 1)]
    for weights in (both, *alone):
        state = method.initialise(p, weights)
        for _ in range(2):
            state = method.sweep(p, state)
        rows.append(state.records)
    for i in (0, 1):
        for together, single in zip(rows[0], rows[i + 1], strict=True):
            for name in ("change", "step", "norm", "bend"):
                found = float(number(getattr(together, name), (i,)))
                expected = torch.tensor(float(getattr(single, name)), dtype=p.dtype)
                assert_half_digits(torch.tensor(found, dtype=p.dtype), expected, name)
