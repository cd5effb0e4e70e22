"""The gradient and the values that a run's own format showed to its steps, beside the true ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from amverify.judge.audit import audit
from amverify.numbers.balls import Ball
from amverify.record.heard.digits import Digits, explained
from amverify.record.recorder import Recorder
from amverify.verdict import Verdict
from tests.support.long import few


def regression(rows=48, columns=4, seed=0):
    source = torch.Generator().manual_seed(seed)
    data = torch.randn(rows, columns, generator=source, dtype=torch.float64).float()
    target = torch.randn(rows, generator=source, dtype=torch.float64).float()
    return data, target, float(torch.linalg.svdvals(data.double())[0] ** 2) * (1 + 1e-9)


def trained(optimizer, loss, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()


def under_autocast(value_in=torch.float64, steps=250, **declared):
    """Least squares trained under autocast to where only its rounding is left."""
    data, target, _ = regression()
    torch.manual_seed(0)
    layer = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)

    def loss():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return functional.mse_loss(layer(data)[:, 0].float(), target)

    def value():
        out = data.to(value_in) @ layer.weight.to(value_in).T + layer.bias.to(value_in)
        return functional.mse_loss(out[:, 0], target.to(value_in))

    recorder = Recorder.attach(optimizer, value, **declared)
    trained(optimizer, loss, steps)
    return recorder.trace()


@pytest.mark.parametrize("value_in", few([torch.float32, torch.float64], keep=1))
def test_training_under_autocast_is_seen_and_the_argument_is_named(value_in):
    trace = under_autocast(value_in)
    finding = audit(trace, ["descent"])["descent"]
    assert finding.verdict is Verdict.UNDECIDED
    assert 'computed_in="bfloat16"' in " ".join(trace.header["notes"])


def test_without_gradients_it_is_seen_by_their_digits_alone():
    assert audit(under_autocast(gradient=False), ["descent"]).verdict is Verdict.UNDECIDED


def test_a_format_that_is_named_bounds_its_steps():
    trace = under_autocast(computed_in="bfloat16")
    finding = audit(trace, ["descent"])["descent"]
    assert finding.verdict in (Verdict.HOLDS, Verdict.UNDECIDED)
    assert np.isfinite(trace.sweeps["execution"]).all()
    assert "notes" not in trace.header


def test_a_half_precision_copy_of_the_weights_is_seen():
    data, target, modulus = regression()
    x = torch.ones(4, requires_grad=True)
    half = x.detach().half().requires_grad_(True)
    optimizer = torch.optim.SGD([x], lr=1 / modulus)
    recorder = Recorder.attach(optimizer, lambda: 0.5 * ((data @ x - target) ** 2).sum())
    for _ in range(120):
        half.grad = None
        (0.5 * ((data @ half.float() - target) ** 2).sum()).backward()
        x.grad = half.grad.float()
        optimizer.step()
        with torch.no_grad():
            half.copy_(x)
    report = audit(recorder.trace(), ["descent"])
    assert report.verdict is Verdict.UNDECIDED
    assert any('computed_in="float16"' in note for note in report.notes)


def with_gradient(*entries, dtype=torch.float32):
    p = torch.zeros(len(entries), dtype=dtype, requires_grad=True)
    p.grad = torch.tensor(entries, dtype=dtype)
    return [p]


THIRDS = [1 / 3, -2 / 7, 5 / 11]


def near(entries, by=1e-9, rad=1e-17):
    return [Ball(np.array(entries) * (1 + by), np.full(len(entries), rad))]


def test_few_digits_that_differ_are_a_coarser_format():
    short = torch.tensor(THIRDS).bfloat16().double().tolist()
    assert Digits().coarse(with_gradient(*short), near(THIRDS)) == "bfloat16"
    sums = [3 * entry + 2 * entry * 2**-6 for entry in short]
    assert Digits().coarse(with_gradient(*sums), near([3 * t for t in THIRDS])) == "bfloat16"
    single = torch.tensor(THIRDS).double().tolist()
    found = Digits().coarse(with_gradient(*single, dtype=torch.float64), near(THIRDS, 1e-7))
    assert found == "float32"


def test_few_digits_that_agree_are_integers_or_cancellation():
    whole = [3.0, -5.0, 12.0]
    assert Digits().coarse(with_gradient(*whole), near(whole)) is None
    cancelled = [3 * 2.0**-24, -7 * 2.0**-24, 2.0**-23]
    assert Digits().coarse(with_gradient(*cancelled), near(cancelled, 0.3, 1e-16)) is None


def test_many_digits_that_differ_are_another_batch():
    assert Digits().coarse(with_gradient(*THIRDS), near(THIRDS, 0.1)) is None
    used, g = np.array(THIRDS), near(THIRDS, 0.1)[0]
    assert (explained(used, g, "float32") < 1e-7).all()
    assert (explained(used, g, "float64") < 1e-16).all()


def test_a_method_that_compares_values_compares_rounded_ones():
    """Backtracking by float32 values that differ in their last digits: by them it never rises."""
    data, target, modulus = regression()
    x = torch.ones(4, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=1.0)

    def loss():
        return 0.5 * ((data @ x - target) ** 2).sum() + 1000

    recorder = Recorder.attach(optimizer, loss)
    for _ in range(80):
        optimizer.zero_grad()
        value, start = loss(), x.detach().clone()
        value.backward()
        for halvings in range(12):
            optimizer.param_groups[0]["lr"] = 3 / modulus / 2**halvings
            with torch.no_grad():
                x.copy_(start)
            optimizer.step()
            if loss() <= value:
                break
        else:
            with torch.no_grad():
                x.copy_(start)
    recorder.detach()
    trace = recorder.trace()
    assert (np.diff(trace.sweeps["value"]) > 1e-6).any()
    assert audit(trace, ["descent"]).verdict is not Verdict.VIOLATED


def test_the_gradient_that_steps_used_is_off_by_more_than_their_points():
    """Far residuals, x near 0, weight decay: ‖∇f‖ ≤ b‖e‖ but for the rounding of the gradient."""
    data, target, modulus = regression()
    far = 1e5 * target.double()
    far = (far - data.double() @ torch.linalg.lstsq(data.double(), far).solution).float()
    x = torch.ones(4, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=1 / modulus, weight_decay=0.1)
    wide = data.double(), far.double()

    def value():
        y = x.double()
        return 0.5 * ((wide[0] @ y - wide[1]) ** 2).sum() + 0.05 * (y * y).sum()

    recorder = Recorder.attach(optimizer, value)
    trained(optimizer, lambda: 0.5 * ((data @ x - far) ** 2).sum(), 300)
    report = audit(recorder.trace(), ["H2", "descent"], {"b": 2.2 * modulus})
    assert report["H2"].verdict is not Verdict.VIOLATED
    assert report["descent"].verdict is not Verdict.VIOLATED


def test_a_format_that_overflows_where_f_does_not_accuses_nobody():
    x = torch.tensor([60.0, 80.0], requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=1.0)

    def loss():
        return torch.exp(x).sum().log() - 2 * x[1]

    recorder = Recorder.attach(optimizer, loss)
    trained(optimizer, loss, 14)
    report = audit(recorder.trace(), ["descent"])
    assert report.verdict is Verdict.UNDECIDED
    assert "float32 overflowed" in report["descent"].reason


def test_an_objective_that_raises_on_what_is_not_finite_hides_nothing():
    x = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)

    def value():
        if not torch.isfinite(x.detach().clone()).all():
            raise RuntimeError("no number")
        return (x * x).sum()

    recorder = Recorder.attach(optimizer, value, value_error=1e-6)
    for k in range(6):
        x.grad = torch.full_like(x, float("nan")) if k == 4 else 2 * x.detach()
        optimizer.step()
    report = audit(recorder.trace(), ["descent"])
    assert report.verdict is Verdict.UNDECIDED
    assert "no number" in report["descent"].reason


def test_a_record_that_ends_before_the_run_holds_nothing():
    x, late = torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)

    def loss():
        return (x * x).sum() + (late * late).sum()

    recorder = Recorder.attach(optimizer, loss)
    trained(optimizer, loss, 5)
    optimizer.add_param_group({"params": [late], "lr": 5.0})
    trained(optimizer, loss, 5)
    report = audit(recorder.trace(), ["descent"])
    assert report.verdict is Verdict.UNDECIDED
    assert "the record ended before the run did: parameter group 1" in report["descent"].reason


def test_sparse_gradients_are_recorded():
    torch.manual_seed(0)
    table = nn.Embedding(20, 4, sparse=True)
    weights, rows = torch.randn(4), torch.arange(0, 20, 2)
    optimizer = torch.optim.SparseAdam(list(table.parameters()), lr=1e-3)

    def loss():
        return (table(rows) @ weights - 1).pow(2).sum()

    recorder = Recorder.attach(optimizer, loss)
    trained(optimizer, loss, 10)
    trace = recorder.trace()
    assert trace.rows("sweeps") == 11
    assert "a sparse gradient" in " ".join(trace.header["notes"])
    assert audit(trace, ["descent"]).verdict is Verdict.HOLDS


def test_attention_is_followed():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    words = torch.randn(3, 5, 8)
    optimizer = torch.optim.SGD(layer.parameters(), lr=1e-3)

    def loss():
        return (layer(words) - 1).pow(2).mean()

    recorder = Recorder.attach(optimizer, loss)
    trained(optimizer, loss, 5)
    trace = recorder.trace()
    assert (trace.sweeps["value_error"] < 1e-9 * trace.sweeps["value"]).all()
    assert audit(trace, ["descent"]).verdict is Verdict.HOLDS
