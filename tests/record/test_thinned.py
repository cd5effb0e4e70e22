"""``every``: of so many steps one is recorded, with both its ends, as the full record has it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import amverify as amv
from amverify.claims.quantities import quantity
from amverify.errors import InvalidInput
from amverify.record.heard import looks
from amverify.record.known.observed import observed
from amverify.record.points.rows import FROM_BEFORE
from amverify.theorems.base import Context
from amverify.theorems.catalogue import everything
from amverify.verdict import Verdict

DIAGONAL = torch.linspace(1, 10, 12)
OPTIMISERS = {
    "heavy ball": lambda p: torch.optim.SGD(p, lr=0.015, momentum=0.9),
    "descent": lambda p: torch.optim.SGD(p, lr=0.05),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
}
LEVELS = {"default": {}, "value": {"gradient": False}, "declared": {"operations": 200}}


class Run:
    """A run of so many steps, recorded or not."""

    def __init__(self, optimiser, dtype=torch.float64, **recorded):
        torch.manual_seed(1)
        self.x = torch.randn(12, dtype=dtype, requires_grad=True)
        self.d = DIAGONAL.to(dtype)
        self.optimizer = OPTIMISERS[optimiser]([self.x])
        self.recorder = None
        if recorded:
            self.recorder = amv.Recorder.attach(self.optimizer, self.loss, **recorded)
            self.recorder.track("moved", lambda x, old: ((x - old) ** 2).sum())

    def loss(self):
        return 0.5 * (self.d * self.x * self.x).sum()

    def step(self):
        self.optimizer.zero_grad()
        self.loss().backward()
        self.optimizer.step()

    def steps(self, many):
        for _ in range(many):
            self.step()
        return self


def due(every, last):
    return [k for k in range(last + 1) if k % every < 2 or k == last]


def agree(thin, full, every, last):
    """Every column is the full record's at these steps, but for what the point before tells."""
    sweep = thin.sweeps["sweep"]
    assert sweep.tolist() == due(every, last)
    alone = np.r_[False, np.diff(sweep) != 1]
    assert set(thin.sweeps) == set(full.sweeps)
    for name, column in thin.sweeps.items():
        wanted = full.sweeps[name][sweep]
        if name == "execution" and "gradient" not in full.sweeps:
            continue  # a probe, whose signs are drawn
        if name in ("slope", "departure", *FROM_BEFORE):
            np.testing.assert_array_equal(column[~alone], wanted[~alone], err_msg=name)
            if name in FROM_BEFORE[:-1]:
                assert np.isinf(column[alone]).all(), name
        elif name != "moved_execution":
            np.testing.assert_array_equal(column, wanted, err_msg=name)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize(
    ("level", "every", "last"),
    [("default", 3, 20), ("value", 10, 20), ("declared", 10, 21), ("default", 10, 29)],
)
def test_rows_are_those_of_the_full_record(optimiser, level, every, last):
    full = Run(optimiser, every=1, **LEVELS[level]).steps(last)
    thin = Run(optimiser, every=every, **LEVELS[level]).steps(last)
    agree(thin.recorder.trace(), full.recorder.trace(), every, last)
    assert torch.equal(thin.x, full.x)
    assert thin.recorder.steps == len(due(every, last)) - 1
    thin.recorder.detach()
    full.recorder.detach()
    agree(thin.recorder.trace(), full.recorder.trace(), every, last)


def test_a_trace_in_between_does_not_change_what_comes():
    full, thin = Run("heavy ball", every=1).steps(36), Run("heavy ball", every=5)
    for k in range(36):
        thin.step()
        assert thin.recorder.trace().sweeps["sweep"].tolist() == due(5, k + 1)
    agree(thin.recorder.trace(), full.recorder.trace(), 5, 36)


def test_the_objective_is_followed_at_recorded_points_alone(monkeypatch):
    calls = []

    def counted(*given):
        calls.append(1)
        return observed(*given)

    monkeypatch.setattr(looks, "observed", counted)
    Run("descent", dtype=torch.float32, every=50).steps(49)
    assert len(calls) <= 4


@pytest.mark.parametrize("every", [1, 7])
def test_a_loop_of_one_s_own(every):
    def told(every, last):
        torch.manual_seed(1)
        x = torch.randn(12, dtype=torch.float64)
        d = DIAGONAL.double()
        made = amv.Recorder(value=lambda x: 0.5 * (d * x * x).sum(), every=every, eta=0.05)
        made.track("moved", lambda x, old: ((x - old) ** 2).sum())
        for _ in range(last + 1):
            made.step(x)
            x -= 0.05 * d * x
        return made.trace()

    for last in (14, 15, 16, 20):
        agree(told(every, last), told(1, last), every, last)


def test_points_that_the_loop_moves_are_rows_where_steps_start():
    def run(every):
        made = Run("descent", every=every)
        for k in range(23):
            made.step()
            if k % 3:
                made.x.data.mul_(0.9)
        made.recorder.detach()
        return made.recorder.trace()

    agree(run(10), run(1), 10, 23)
    assert "after 15 of 23 steps" in " ".join(run(10).header["notes"])


def test_a_state_that_is_loaded_where_no_row_is_ends_nothing():
    run = Run("adam", every=10).steps(14)
    state = run.optimizer.state_dict()
    run.optimizer.load_state_dict(state)
    run.steps(10)
    assert run.recorder.stopped is None
    run.x.data += 1.0
    run.optimizer.load_state_dict(state)
    run.steps(2)
    assert "state was loaded" in run.recorder.stopped


def test_a_step_that_is_interrupted_is_made_again():
    full, thin = Run("heavy ball", every=1), Run("heavy ball", every=4)
    for run in (full, thin):
        run.steps(6)

        def stop():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run.optimizer.step(stop)
        run.steps(8)
    agree(thin.recorder.trace(), full.recorder.trace(), 4, 14)


def test_what_is_recorded_is_judged_and_nothing_else():
    claims = (
        ("value[k] <= value[k-1]", Verdict.HOLDS),
        ("value[k] <= value[0]", Verdict.HOLDS),
        ("value[k] <= 1000/(k+1)", Verdict.HOLDS),
        ("value[k] <= value[k-2]", Verdict.VACUOUS),
        ("sum(step2[1:k+1]) <= 1e9", Verdict.UNDECIDED),
    )
    trace = Run("descent", every=10).steps(60).recorder.trace(L=10)
    found = amv.audit(trace, [*(amv.claim(text) for text, _ in claims), "descent", "G1"])
    *written, descent, rate = found.findings
    assert [one.verdict for one in written] == [verdict for _, verdict in claims]
    assert [one.counts.total for one in written[:3]] == [6, 12, 12]
    assert "recorder.step" in written[-1].reason
    assert descent.verdict is rate.verdict is Verdict.HOLDS
    assert any("of every 10 steps one is recorded" in note for note in found.notes)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("every", [3, 11])
def test_what_holds_of_the_full_run_is_never_violated(optimiser, every):
    known = {"L": 10, "mu": 1, "fstar": 0.0, "D": 20.0}
    full, thin = (Run(optimiser, every=e).steps(60).recorder.trace(known) for e in (1, every))
    kept, found = (amv.audit(trace, list(everything())).findings for trace in (full, thin))
    for before, now in zip(kept, found, strict=True):
        if now.verdict is Verdict.VIOLATED:
            assert before.verdict is Verdict.VIOLATED, now.theorem


def test_a_step_s_rounding_is_that_of_both_its_ends_where_one_is_no_row():
    """‖x^{k−1}‖ is 1e6, and no row knows it: what rounding does to ‖e‖² is relative to it."""
    made = amv.Recorder(value_error=0.0, every=4)
    for k in range(9):
        made.step(np.array([1e6 if k in (3, 7) else 1.0]), 1.0)
    ctx = Context(made.trace(), {})
    moved = quantity(ctx, "step2", np.arange(5)).moved
    step = 1e6 - 1
    assert moved[2] >= 2 * step * 8 * 2.0**-53 * 1e6
    assert np.isfinite(moved).all()


def test_what_needs_every_step_is_refused():
    for every in (0, -1, 2.5, True, "10"):
        with pytest.raises(InvalidInput, match="every: expected"):
            amv.Recorder(every=every)
    x = torch.ones(2, requires_grad=True)
    optimizer, loss = torch.optim.SGD([x], lr=0.1), lambda: (x * x).sum()
    with pytest.raises(InvalidInput, match="leave one out"):
        amv.Recorder.attach(optimizer, loss, every=10, point="average")
    recorder = amv.Recorder.attach(optimizer, loss, every=10)
    with pytest.raises(InvalidInput, match="leave every out"):
        recorder.replayed(lambda _: optimizer.step(), batches=[1], at=[1])
    own = amv.Recorder(every=10)
    own.step(np.ones(2), 1.0)
    with pytest.raises(InvalidInput, match="leave every out"):
        own.block("U", np.ones(2), 1.0)


def test_a_network_that_overflows_ends_where_it_is_seen():
    torch.manual_seed(0)
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e3)
    x, y = torch.randn(20, 3), torch.randn(20, 1)
    loss = lambda: nn.functional.mse_loss(net(x), y)  # noqa: E731
    recorder = amv.Recorder.attach(optimizer, loss, every=10)
    for _ in range(60):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    last = int(recorder.trace().sweeps["sweep"][-1])
    assert (
        recorder.stopped == f"step {last + 9 if last % 10 else last + 1}: a parameter is not finite"
    )
