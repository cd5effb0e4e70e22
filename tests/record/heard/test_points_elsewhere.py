"""Points other than those at which steps are made: each beside a loop by hand."""

import copy
import importlib.util
import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import amverify as amv
from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder
from amverify.verdict import Verdict
from tests.support.long import few

D = torch.tensor([1.0, 4.0, 10.0], dtype=torch.float64)
STEPS = 12


def f(x):
    return 0.5 * (D.to(x.dtype) * x * x).sum()


def start(dtype=torch.float64):
    return torch.tensor([1.0, -1.0, 0.5], dtype=dtype, requires_grad=True)


def steps(x, optimizer, many=STEPS, after=None):
    """The training loop; the points at which steps start, and the last."""
    points = [x.detach().clone()]
    for _ in range(many):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        points.append(x.detach().clone())
        if after is not None:
            after()
    return points


def columns(points):
    """value, ‖∇f‖², ‖e‖² of points, computed here."""
    x = torch.stack(list(points)).double()
    e = torch.diff(x, dim=0, prepend=x[:1])
    value = 0.5 * (D * x * x).sum(1)
    return {"value": value, "gradient": ((D * x) ** 2).sum(1), "step": (e * e).sum(1)}


def agrees(trace, points):
    for name, column in columns(points).items():
        off = np.abs(trace.sweeps[name] - column.numpy())
        assert (off <= trace.sweeps[f"{name}_error"] + 1e-13 * column.numpy()).all(), name


def test_the_average_is_that_of_the_points_so_far():
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.15)
    recorder = Recorder.attach(optimizer, lambda: f(x), point="average")
    recorder.track("dist2", lambda x: (x * x).sum())
    points = torch.stack(steps(x, optimizer))
    means = torch.cumsum(points, 0) / torch.arange(1, STEPS + 2).unsqueeze(1)
    trace = recorder.trace(L=10, fstar=0)
    agrees(trace, means)
    assert np.allclose(trace.sweeps["dist2"], (means**2).sum(1))
    assert trace.sweeps["eta"][1:].tolist() == [0.15] * STEPS
    assert trace.header["settings"]["point"] == "the average of the points so far"
    again = recorder.trace()
    assert (again.sweeps["value"] == trace.sweeps["value"]).all()


@pytest.mark.parametrize("kind", ["mean", "exponential"])
def test_a_module_that_averages(kind):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3), nn.Linear(3, 1))
    ema = None if kind == "mean" else get_ema_multi_avg_fn(0.9)
    averaged = AveragedModel(net, multi_avg_fn=ema)
    rows, targets = torch.randn(8, 3), torch.randn(8, 1)

    def loss(of):
        return ((of(rows) - targets) ** 2).mean()

    params = list(net.parameters())[::-1]  # the optimiser's order is not the module's
    optimizer = torch.optim.SGD(params, lr=0.05, momentum=0.5)
    recorder = Recorder.attach(optimizer, lambda: loss(net), point=averaged)
    values = [loss(averaged).item()]
    alone, plain = copy.deepcopy(net), [loss(net).item()]
    for _ in range(6):
        optimizer.zero_grad()
        loss(net).backward()
        optimizer.step()
        averaged.update_parameters(net)
        values.append(loss(averaged).item())
        plain.append(loss(net).item())
    trace = recorder.trace()
    assert np.allclose(trace.sweeps["value"], values, rtol=1e-5)
    assert not np.allclose(trace.sweeps["value"], plain, rtol=1e-3)
    assert "AveragedModel" in str(amv.audit(trace, "descent").notes)
    optimizer = torch.optim.SGD(list(alone.parameters())[::-1], lr=0.05, momentum=0.5)
    for _ in range(6):
        optimizer.zero_grad()
        loss(alone).backward()
        optimizer.step()
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), alone.parameters(), strict=True))


SCHEDULE_FREE = pytest.mark.skipif(
    importlib.util.find_spec("schedulefree") is None, reason="schedulefree is not installed"
)


def schedule_free(x, **settings):
    import schedulefree

    optimizer = schedulefree.SGDScheduleFree([x], lr=0.15, momentum=0.9, **settings)
    optimizer.train()
    return optimizer


@SCHEDULE_FREE
@pytest.mark.parametrize("way", ["eval", "function"])
def test_schedule_free_s_x_beside_its_y(way):
    x = start()
    optimizer = schedule_free(x)

    def average():
        z = optimizer.state[x].get("z", x)
        return torch.lerp(x, z, 1 - 1 / 0.9)

    recorder = Recorder.attach(optimizer, lambda: f(x), point=way if way == "eval" else average)
    trained = steps(x, optimizer)
    averaged, z, y = [start().detach()], start().detach(), start().detach()
    for k in range(1, STEPS + 1):  # Defazio et al. (2024), by hand
        z = z - 0.15 * D * y
        averaged.append(averaged[-1] + (z - averaged[-1]) / k)
        y = 0.1 * z + 0.9 * averaged[-1]
        assert torch.allclose(y, trained[k])
    trace = recorder.trace()
    there = torch.stack(averaged)
    assert np.allclose(trace.sweeps["value"], columns(there)["value"], rtol=1e-11)
    assert np.allclose(trace.sweeps["step"], columns(there)["step"], rtol=1e-9)
    assert optimizer.param_groups[0]["train_mode"]
    alone = start()
    assert torch.equal(steps(alone, schedule_free(alone))[-1], trained[-1])


@pytest.mark.parametrize("theorem", ["G1", "G2", "G4", "G5"])
def test_a_theorem_on_steps_is_not_for_other_points(theorem):
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.05, momentum=0.0)
    recorder = Recorder.attach(optimizer, lambda: f(x), point="average")
    steps(x, optimizer)
    trace = recorder.trace(L=10, mu=1, fstar=0, D=1.5)
    finding = amv.audit(trace, theorem).findings[0]
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert "rows are the points at which steps are made" in finding.reason
    assert amv.usable(trace)[theorem].status == "never"


def test_claims_are_about_the_point():
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.19)  # 1.9/L: the stiff entry swings, its mean does not
    here = Recorder.attach(optimizer, lambda: f(x))
    there = Recorder.attach(optimizer, lambda: f(x), point="average")
    for recorder in (here, there):
        recorder.track("stiff", lambda x: x[2])
    steps(x, optimizer, 40)
    swings = amv.claim("stiff[k] >= 0")
    assert amv.audit(here.trace(), swings).verdict is Verdict.VIOLATED
    assert amv.audit(there.trace(), swings).verdict is Verdict.HOLDS
    bound = amv.claim("value[k] - fstar <= D**2/(2*eta[k]*(k+1))", D=1.5)
    assert amv.audit(there.trace(fstar=0), bound).verdict is Verdict.HOLDS


@pytest.mark.parametrize("dtype", few([torch.bfloat16, torch.float32], keep=1))
@pytest.mark.parametrize("point", few(["average", "ema"], keep=1))
def test_what_rounding_does_to_averages_accuses_nobody(dtype, point):
    """f falls along both: every entry of x, and so of its means, shrinks and keeps its sign."""
    x = start(dtype)
    optimizer = torch.optim.SGD([x], lr=0.05)
    kept = [start(dtype).detach()]
    given = point if point == "average" else lambda: kept[0]
    recorder = Recorder.attach(optimizer, lambda: f(x), point=given)
    recorder.track("dist2", lambda x: (x * x).sum())

    def average():
        kept[0] = torch.lerp(kept[0], x.detach(), 0.125)

    steps(x, optimizer, 40, average)
    claims = ["value[k] <= value[k-1]", "dist2[k] <= dist2[k-1]", "grad2[k] <= grad2[k-1]"]
    report = amv.audit(recorder.trace(), [amv.claim(text) for text in claims])
    assert Verdict.VIOLATED not in {finding.verdict for finding in report.findings}
    assert Verdict.HOLDS in {finding.verdict for finding in report.findings}


def _moving():
    numbers = itertools.count()
    return lambda: torch.full((3,), float(next(numbers)))


def _other(x):
    return nn.ParameterList([nn.Parameter(x.detach().clone()), nn.Parameter(x.detach().clone())])


@pytest.mark.parametrize(
    ("point", "words"),
    [
        (lambda x: "mean", "got 'mean'"),
        (lambda x: 3.0, "expected a module, a function"),
        (lambda x: "eval", r"SGD has no eval\(\) and train\(\)"),
        (lambda x: lambda: x, "gives the optimiser's own parameters; leave point out"),
        (lambda x: lambda: torch.zeros(2), r"has shapes \[\(2,\)\], the optimiser's"),
        (lambda x: lambda: None, "returns NoneType, no parameters"),
        (lambda x: lambda: ["a"], "holds str, no parameter"),
        (lambda x: _moving(), "is another point when it is read again"),
        (_other, "pass a function that returns them in the optimiser's order"),
    ],
)
def test_what_is_no_point_is_refused_at_attach(point, words):
    x = start()
    with pytest.raises(InvalidInput, match=words):
        Recorder.attach(torch.optim.SGD([x], lr=0.1), lambda: f(x), point=point(x))


def test_a_point_that_is_lost_ends_the_record_and_not_the_loop():
    x = start()
    kept = [start().detach()]
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, lambda: f(x), point=lambda: kept[0])

    def lose():
        kept[0] = torch.zeros(2)

    steps(x, optimizer, 4, lose)
    assert recorder.steps == 0
    assert "has shapes" in str(recorder.trace().header["stopped"])
    assert amv.audit(recorder.trace(), "descent").verdict is not Verdict.HOLDS


def test_what_is_expected_of_a_step_is_not_for_other_points():
    x = start()
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, lambda: f(x), point="average")
    with pytest.raises(InvalidInput, match=r"rows are at the average .*; attach another recorder"):
        recorder.replayed(lambda batch: None, batches=[1, 2], at=[1])
