"""Layered runs decided exactly: every value in its recorded ball, and what it adds to an audit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import torch
from support.exact import fractions
from support.problems import group, parameters, problem, replicate
from support.records import MEASURED, Exact, number

from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.judge.floor import MOST_EXACT, margin_of
from amverify.methods.bcd import BCD
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, palm
from amverify.network.blocks import Block
from amverify.network.coupling import Band, Penalty
from amverify.network.losses import SquaredError
from amverify.numbers.exact import rounded
from amverify.record.exact import run as rows
from amverify.record.exact import traced_exactly
from amverify.theorems import theorem
from amverify.trace.trace import Trace
from tests.support.long import few

SYMBOLS = {"dF": "change", "e2": "step", "de": "cross", "d2": "inertia", "bend": "bend"}
SMALL = (3, 3, 2)


def tiam(steps="exact", safeguard="certified", s=1.0):
    return TIAM(StepRule(Inertia(0.6, 0.6, 0.3), s, steps, safeguard))


def ends(value) -> tuple[Fraction, Fraction]:
    """A number that is known exactly, or as a ball, between two fractions."""
    if isinstance(value, Fraction):
        return value, value
    found = rounded(value)
    middle, radius = Fraction(float(found.mid)), Fraction(float(found.rad))
    return middle - radius, middle + radius


def assert_recorded(table, name, row, value) -> None:
    middle, bound = (Fraction(float(table[n][row])) for n in (name, f"{name}_error"))
    low, high = ends(value)
    assert low <= middle + bound, f"{name}, row {row}"
    assert high >= middle - bound, f"{name}, row {row}"


RUNS = [
    (tiam(), Band(0.3), "relu", "cross_entropy", "dense", 0),
    (tiam("backtracking", "monotone"), Band(0.3), "tanh", "logistic", "spanned", 2),
    (tiam(s=1.4), Penalty(0.7), "leaky_relu", "squared_error", "spanned", 0),
    (tiam(safeguard="none"), Penalty(20.0), "relu6", "cross_entropy", "dense", 2),
    (palm(biases=False), Penalty(0.7), "hard_tanh", "logistic", "dense", 0),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run[0].name}-{run[2]}-{run[3]}")
def test_every_exact_value_lies_in_its_recorded_ball(run, dtype):
    method, coupling, act, loss, representation, replicates = run
    options = {"coupling": coupling, "act": act, "loss": loss, "dtype": dtype}
    p = problem((4, 3, 3, 2), 3, representation=representation, **options)
    trace, exact = traced_exactly(method, p, parameters(p, 1, replicates), 6)
    table = trace.blocks
    places = zip(*(table[n].tolist() for n in ("sweep", "kind", "layer", "replicate")), strict=True)
    for row, (sweep, kind, layer, who) in enumerate(places):
        found = exact(sweep, f"{kind.decode()}_{layer}", who)
        assert found is not None
        for symbol, name in SYMBOLS.items():
            assert_recorded(table, name, row, found[symbol])
    for row, sweep in enumerate(trace.sweeps["sweep"].tolist()):
        found = exact(sweep, "", int(trace.sweeps["replicate"][row]))
        assert (found is None) == (sweep == 0)
        if found is not None:
            assert_recorded(trace.sweeps, "change", row, found["df"])
            assert_recorded(trace.sweeps, "step", row, found["e2"])


@pytest.mark.parametrize("index", [(), (1,)], ids=["one", "replicates"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy", "logistic"])
@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
def test_exact_values_are_those_of_two_values_of_f(coupling, loss, index):
    """Against F itself, entry by entry, and R to fifty digits."""
    act = "relu" if isinstance(coupling, Penalty) else "elu"
    p = problem((4, 3, 2), 3, act=act, loss=loss, coupling=coupling)
    weights = parameters(p, 1, 2 * len(index))
    _, exact = traced_exactly(tiam(), p, weights, 3)
    method = replace(tiam(), record=True)
    state = method.initialise(p, weights)
    for sweep in (1, 2, 3):
        before, state = state, method.sweep(p, state)
        at, moved, ended = (
            replicate(x, index) if index else x.copy()
            for x in (before.point, before.displacement, state.point)
        )
        for row in state.records:
            new, d = (group(x, row.kind)[row.layer - 1] for x in (ended, moved))
            slow = Exact(p, at, row, fractions(new), fractions(d), number(row.p2, index))
            found = exact(sweep, f"{row.kind}_{row.layer}", *(index or (0,)))
            for symbol, name in SYMBOLS.items():
                low, high = ends(found[symbol])
                slack = 0 if low == high else Fraction(1, 10**40)
                assert low - slack <= getattr(slow, name) <= high + slack, f"{name} of {row.kind}"
            group(at, row.kind)[row.layer - 1] = new
    assert set(MEASURED) == set(SYMBOLS.values())


def late(trace: Trace, sweep: int) -> Trace:
    """The trace with the block rows from a sweep on."""
    chosen = trace.blocks["sweep"] >= sweep
    blocks = {name: column[chosen] for name, column in trace.blocks.items()}
    return Trace(trace.header, blocks, trace.sweeps, trace.measures)


CONVERGED = [
    (torch.float64, Band(0.1), "cross_entropy", 700),
    (torch.float64, Penalty(1.0), "squared_error", 700),
    (torch.float32, Band(0.1), "squared_error", 250),
    (torch.float32, Penalty(1.0), "cross_entropy", 250),
]


@pytest.mark.parametrize(
    "case", few(CONVERGED), ids=lambda c: f"{c[0]}-{type(c[1]).__name__}-{c[2]}"
)
def test_little_is_left_at_the_floor_and_nothing_is_violated(case):
    """What is left is explained: T1 fails there exactly, by less than its rounded step may."""
    dtype, coupling, loss, sweeps = case
    p = problem(SMALL, 4, coupling=coupling, loss=loss, mu=0.5, rho=2.0, dtype=dtype)
    trace, exact = traced_exactly(tiam(), p, parameters(p), sweeps)
    claims = ["T1", "T2", "T3"] + ["T1p"] * isinstance(coupling, Penalty)
    before, after = audit(trace, claims), audit(trace, claims, exact=exact)
    for claim in claims:
        counts, left = before[claim].counts, after[claim].counts
        assert after[claim].verdict.name == "HOLDS", after[claim].reason
        assert left.total == counts.total
        assert left.decided == counts.decided
        assert left.exact + left.floor == counts.floor <= MOST_EXACT
        assert left.floor <= 0.1 * counts.floor + 2, f"{claim}: {left} of {counts}"


def ten_per_cent_more(name: str):
    """T1 with a right-hand side that is 10 % too good."""
    claim = theorem(name)
    (part,) = claim.conclusions
    inequality = replace(part.inequality, rhs=part.inequality.rhs * sp.Rational(11, 10))
    return replace(claim, conclusions=(replace(part, inequality=inequality),))


@pytest.mark.parametrize("coupling", [Band(0.1), Penalty(1.0)], ids=type)
def test_only_exact_values_refute_a_constant_that_is_off_at_convergence(coupling):
    """From the sweep on where floats see nothing, until rounding of the steps explains all."""
    p = problem(
        SMALL, 4, coupling=coupling, loss="squared_error", mu=0.5, rho=2.0, dtype=torch.float32
    )
    trace, exact = traced_exactly(palm(), p, parameters(p), 260)
    false = ten_per_cent_more("T1")
    first = 260
    while audit(late(trace, first - 1), [false])["T1"].counts.failed == 0:
        first -= 1
    assert first < 250
    tail = late(trace, first)
    unseen, seen = audit(tail, [false])["T1"], audit(tail, [false], exact=exact)["T1"]
    assert unseen.counts.failed == 0
    assert seen.verdict.name == "VIOLATED"
    assert seen.counts.failed >= 3
    witness = seen.witness
    assert witness is not None
    assert witness.decided == "exact"
    assert witness.margin < -witness.bound < 0
    assert audit(tail, ["T1"], exact=exact)["T1"].verdict.name == "HOLDS"
    found = exact(witness.sweep, witness.block, witness.replicate)
    assert found is not None
    assert witness.values["dF"][0] == float(found["dF"])
    (row,) = np.flatnonzero(
        (tail.blocks["sweep"] == witness.sweep)
        & (tail.blocks["kind"] == witness.block[:1].encode())
        & (tail.blocks["layer"] == int(witness.block[2:]))
    )
    assert witness.bound >= tail.blocks["execution"][row]
    used = {n: Fraction(float(tail.blocks[c][row])) for n, c in
            (("L", "modulus"), ("s", "s"), ("t", "t"), ("p1", "p1"), ("p2", "p2"))}  # fmt: skip
    claim = false.conclusions[0].inequality
    margin = margin_of(claim, {**found, **used})
    assert margin is not None
    assert witness.margin == float(margin.high)


def test_only_exact_values_see_a_wrong_sign_at_the_floor(monkeypatch):
    """b steps uphill in one last sweep, ever closer to the floor: floats lose sight of it first."""
    p = problem(
        SMALL, 4, coupling=Band(0.1), loss="squared_error", mu=0.5, rho=2.0, dtype=torch.float32
    )
    right = Block.descend

    def wrong(self, *args, **options):
        ended = right(self, *args, **options)
        return 2 * self.u - ended if self.kind == "b" else ended

    verdicts = []
    for k in range(344, 404, 4):
        with monkeypatch.context() as patch:

            def turn(sweep, k=k, patch=patch):
                if sweep == k:
                    patch.setattr(Block, "descend", wrong)

            trace, exact = traced_exactly(palm(), p, parameters(p), k + 1, on_sweep=turn)
        last = late(trace, k + 1)
        unseen, seen = audit(last, ["T1"])["T1"], audit(last, ["T1"], exact=exact)["T1"]
        verdicts.append((unseen.counts.failed > 0, seen.counts.failed > 0))
        if verdicts[-1] == (False, True):
            assert seen.verdict.name == "VIOLATED"
            assert seen.witness.decided == "exact"
            assert seen.witness.block[0] == "b"
            break
    assert verdicts[-1] == (False, True), verdicts


def test_what_is_no_row_has_no_values():
    p = problem(SMALL, 4)
    _, exact = traced_exactly(tiam(), p, parameters(p), 2)
    for where in ((0, "W_1", 0), (3, "W_1", 0), (1, "a_2", 0), (1, "W_1", 1), (0, "", 0)):
        assert exact(*where) is None


def test_a_run_that_stops_has_values_as_far_as_it_went():
    p = problem(SMALL, 4, rho=1.0)
    wild = TIAM(StepRule(Inertia(50.0, -50.0), safeguard="none"))
    trace, exact = traced_exactly(wild, p, parameters(p), 400, measure_every=1000)
    last = int(trace.blocks["sweep"].max())
    assert "stopped" in trace.header
    assert exact(last, "W_1", 0) is not None
    assert exact(last + 1, "W_1", 0) is None


def test_other_methods_are_refused():
    p = problem(SMALL, 4, coupling=Penalty(1.0))
    with pytest.raises(InvalidInput, match=r"TIAM and its relatives, not of bcd"):
        traced_exactly(BCD(), p, parameters(p), 2)


def test_what_is_too_large_is_refused_before_it_runs(monkeypatch):
    p = problem(SMALL, 4)
    monkeypatch.setattr(rows, "MOST_PRODUCTS", 4 * 3 * 3 - 1)
    with pytest.raises(InvalidInput, match=r"at most 35, here it is 36: take fewer samples"):
        traced_exactly(tiam(), p, parameters(p), 2)
    monkeypatch.undo()
    entries = 3 * 3 + 3 + 2 * 3 + 2 + 4 * (3 + 3 + 2)
    monkeypatch.setattr(rows, "MOST_KEPT", 2 * 2 * entries * 3)
    kept = traced_exactly(tiam(), p, parameters(p, 0, 2), 2)[1].kept
    groups = [group(half, kind) for state in kept for half in state for kind in "Wbza"]
    assert sum(u.numel() for tensors in groups for u in tensors) == rows.MOST_KEPT
    with pytest.raises(InvalidInput, match="at most 2 sweeps of this problem"):
        traced_exactly(tiam(), p, parameters(p, 0, 2), 3)


def test_a_loss_without_exact_values_is_refused():
    class Other(SquaredError):
        name = "other"

    p = replace(problem(SMALL, 4, loss="squared_error"), loss=Other())
    with pytest.raises(InvalidInput, match="loss other: exact values are known of squared_error"):
        traced_exactly(tiam(), p, parameters(p), 1)


def test_an_audit_says_how_many_it_looked_at(monkeypatch):
    p = problem(SMALL, 4, loss="squared_error", mu=0.5, rho=2.0, dtype=torch.float32)
    trace, exact = traced_exactly(tiam(), p, parameters(p), 120)
    monkeypatch.setattr("amverify.judge.conclusion.MOST_EXACT", 10)
    finding = audit(trace, ["T1"], exact=exact)["T1"]
    assert finding.counts.exact <= 10
    assert any(n.startswith("10 of ") and "were looked at exactly" in n for n in finding.notes)
    unseen = audit(trace, ["T1"])["T1"].notes
    assert not any("were looked at exactly" in note for note in unseen)
