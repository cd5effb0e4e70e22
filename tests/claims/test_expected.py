"""E[…] in claims: replayed steps of any optimiser, all batches or drawn; the run is as it was."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import amverify as amv
from amverify.claims.grammar import parsed
from amverify.claims.notation import LATEX, mathematics
from amverify.errors import InvalidInput
from amverify.verdict import Evidence, Verdict

CURVED = np.array([1.0, 2.0, 4.0])
SHIFTS = [-1.03, 0.51, 2.2, 3.3]
START = [1.97, 2.03, 2.21]
AT = (1, 3, 7)
KINDS = {
    "sgd": lambda x: torch.optim.SGD([x], lr=0.05),
    "momentum": lambda x: torch.optim.SGD([x], lr=0.05, momentum=0.9),
    "adam": lambda x: torch.optim.Adam([x], lr=0.05),
}


def loss(x, shift):
    d = torch.from_numpy(CURVED) if isinstance(x, torch.Tensor) else CURVED
    return 0.5 * (d * (x - shift) ** 2).sum()


def mean(x, shifts=SHIFTS):
    return sum(loss(x, s) for s in shifts) / len(shifts)


def replayed(kind, at=AT, shifts=SHIFTS, steps=7, **how):
    """A run of an optimiser on the finite sum, with its points."""
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = KINDS[kind](x)

    def step(shift):
        optimizer.zero_grad()
        loss(x, shift).backward()
        optimizer.step()

    recorder = amv.Recorder.attach(optimizer, lambda: mean(x, shifts))
    recorder.track("dist2", lambda x: (x * x).sum())
    step = recorder.replayed(step, **{"batches": shifts, "at": at} | how)
    points = [x.detach().numpy().copy()]
    for k in range(steps):
        step(shifts[k * 7 % len(shifts)])
        points.append(x.detach().numpy().copy())
    return recorder.trace(), points


def by_hand(kind, points, k, shifts=SHIFTS):
    """The points to which step k can lead, by the optimisers' own formulas."""
    used = [CURVED * (points[j] - shifts[j * 7 % len(shifts)]) for j in range(k - 1)]
    for shift in shifts:
        slopes = [*used, CURVED * (points[k - 1] - shift)]
        first = second = np.zeros(3)
        for g in slopes:
            if kind == "adam":
                first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
            else:
                first = (0.9 if kind == "momentum" else 0.0) * first + g
        if kind == "adam":
            root = np.sqrt(second / (1 - 0.999**k)) + 1e-8
            first = first / (1 - 0.9**k) / root
        yield points[k - 1] - 0.05 * first


def verdict(trace, text, **said):
    return amv.audit(trace, amv.claim(text), said).findings[0]


@pytest.mark.parametrize("kind", [
    "adam", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("sgd", "momentum")),
])  # fmt: skip
def test_an_enumerated_expectation_is_the_mean_over_all_batches(kind):
    trace, points = replayed(kind)
    for k in AT:
        ends = list(by_hand(kind, points, k))
        truth = {
            "value[k]": np.mean([mean(x) for x in ends]),
            "value[k]**2": np.mean([mean(x) ** 2 for x in ends]),
            "dist2[k] - value[k-1]": np.mean([(x * x).sum() for x in ends]) - mean(points[k - 1]),
            "sqrt(step2[k])": np.mean([np.linalg.norm(x - points[k - 1]) for x in ends]),
            "exp(-value[k])": np.mean([np.exp(-mean(x)) for x in ends]),
        }
        for side, number in truth.items():
            near, where = 1e-9 * (1 + abs(number)), f"for {k} <= k <= {k}: E[{side}]"
            held = verdict(trace, f"{where} <= {number + near:.17f}")
            assert held.verdict is Verdict.HOLDS, (side, held)
            assert held.counts.total == 1
            broken = verdict(trace, f"{where} <= {number - near:.17f}")
            assert broken.verdict is Verdict.VIOLATED, (side, broken)
            assert held.notes == ("E over 4 batches, all of them enumerated, at the steps 1, 3, 7",)


@pytest.mark.long
def test_the_newest_index_is_the_one_that_is_drawn():
    trace, _ = replayed("sgd")
    one = verdict(trace, "E[value[k] - value[k-1]] <= 0")
    other = verdict(trace, "for k >= 0: E[value[k+1] - value[k]] <= 0")
    assert (one.verdict, one.slack.margin) == (other.verdict, other.slack.margin)
    assert len(one.slack.margin) == len(AT)


@pytest.mark.long
@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=5),
    st.sampled_from(sorted(KINDS)),
    st.integers(0, 99),
)
def test_draws_agree_with_all_batches(shifts, kind, seed):
    """Where both are decided they say the same; drawn ones are wider, by a declared chance."""
    at, generator = (2,), torch.Generator().manual_seed(seed)
    whole, points = replayed(kind, at, shifts, steps=2)
    most = max(mean(x, shifts) for x in by_hand(kind, points, 2, shifts))

    def draw():
        return shifts[int(torch.randint(len(shifts), (), generator=generator))]

    some, same = replayed(
        kind, at, shifts, steps=2, batches=draw, draws=60, bounds={"value": (0, 1.5 * most + 1)}
    )
    assert np.array_equal(points[-1], same[-1])
    for off in (-1.0, -0.1, 0.1, 1.0):
        text = f"E[value[k]] <= value[k-1] + {off} * (value[k-1] + 1)".replace("+ -", "- ")
        exactly, drawn = verdict(whole, text), verdict(some, text, alpha=1e-6)
        assert drawn.verdict in (exactly.verdict, Verdict.UNDECIDED), text
        if drawn.verdict is not Verdict.UNDECIDED:
            assert Evidence.STATISTICAL in drawn.evidence
        assert "missed anywhere with probability 1e-06 at most" in drawn.notes[0]


@pytest.mark.long
def test_draws_decide_what_is_far_enough_and_bounds_are_monitored():
    generator = random.Random(0)
    how = {"batches": lambda: generator.choice(SHIFTS), "draws": 60, "at": (2,)}
    trace, _ = replayed("sgd", steps=2, bounds={"value": lambda: (0, 20)}, **how)
    assert verdict(trace, "E[value[k]] <= value[k-1] + 8").verdict is Verdict.HOLDS
    assert verdict(trace, "E[value[k]] <= value[k-1] - 8").verdict is Verdict.VIOLATED
    assert verdict(trace, "E[value[k]] <= value[k-1] + 8", alpha=1e-9).verdict is Verdict.HOLDS
    unknown = verdict(trace, "E[dist2[k]] <= 1e9")
    assert unknown.verdict is Verdict.UNDECIDED
    assert 'recorder.replayed(…, bounds={"dist2": (low, high)})' in unknown.reason
    narrow, _ = replayed("sgd", steps=2, **how | {"draws": 3, "bounds": {"value": (0, 0.5)}})
    broken = verdict(narrow, "E[value[k]] <= value[k-1] + 8")
    assert broken.verdict is Verdict.NOT_APPLICABLE
    assert "declared in [0, 0.5]" in broken.reason


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))

    def forward(self, x):
        return self.inner(x)


def trained(replay, make):
    """All that a run leaves behind, with replays and without; it draws, and keeps statistics."""
    torch.manual_seed(3)
    random.seed(3)
    net = Net()
    data = torch.randn(12, 3)
    optimizer = make(net.parameters())
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses = []

    def step(chosen):
        optimizer.zero_grad(set_to_none=False)
        found = (net(data[chosen]) ** 2).mean()
        found.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(found.detach()))

    if replay:
        net.eval()
        recorder = amv.Recorder.attach(optimizer, lambda: (net(data) ** 2).mean())
        net.train()
        batches = [list(range(i, i + 4)) for i in range(9)]
        draw = lambda: [random.randrange(12) for _ in range(4)]  # noqa: E731
        how = {"batches": draw, "draws": 3} if replay == "drawn" else {"batches": batches}
        step = recorder.replayed(step, at=(1, 2, 4), **how)
    for _ in range(5):
        step(torch.randint(12, (4,)).tolist())
    left = [*net.state_dict().values(), torch.get_rng_state()]
    left += [p.grad for p in net.parameters()]
    for own in optimizer.state.values():
        left += [v for v in own.values() if isinstance(v, torch.Tensor)]
    rest = (random.random(), losses, schedule.last_epoch, optimizer.param_groups[0]["lr"])
    assert not replay or recorder.trace().rows("replays") == (9 if replay == "drawn" else 27)
    return left, rest


@pytest.mark.parametrize("replay", ["enumerated", "drawn"])
@pytest.mark.parametrize("make", [
    lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    pytest.param(lambda p: torch.optim.Adam(p, lr=0.1, amsgrad=True), marks=pytest.mark.long),
    pytest.param(lambda p: torch.optim.NAdam(p, lr=0.1), marks=pytest.mark.long),
], ids=["momentum", "amsgrad", "nadam"])  # fmt: skip
def test_a_replayed_run_is_the_run_itself(make, replay):
    """Parameters, gradients, buffers, momentum, schedules, generators, names: bit for bit."""
    with_, without = trained(replay, make), trained(None, make)
    assert len(with_[0]) == len(without[0])
    assert all(torch.equal(a, b) for a, b in zip(with_[0], without[0], strict=True))
    assert with_[1] == without[1]


def test_a_replay_that_is_not_finite_leaves_the_claim_open():
    trace, _ = replayed("sgd", (2,), [0.1], 2, batches=[0.1, 1e200])
    found = verdict(trace, "E[value[k]] >= 0")
    assert found.verdict is Verdict.UNDECIDED
    assert "the expectation at step 2 is unknown" in found.reason


def test_a_step_that_was_skipped_or_is_another_leaves_the_claim_open():
    """What no trial before the run can show: found at the replayed step itself."""
    for late, why in ((lambda o, x: None, "made 0 steps"), (_elsewhere, "leads elsewhere")):
        x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([x], lr=0.05)
        calls = np.random.default_rng(0).bit_generator.seed_seq

        def step(shift, x=x, optimizer=optimizer, late=late, calls=calls):
            optimizer.zero_grad()
            loss(x, shift).backward()
            if calls.spawn(1)[0].spawn_key[-1] == 8:  # 2 trials, step 1, 4 replays, 1 trial
                late(optimizer, x)
            else:
                optimizer.step()

        recorder = amv.Recorder.attach(optimizer, lambda x=x: mean(x))
        step = recorder.replayed(step, batches=SHIFTS, at=(2,))
        for _ in range(3):
            step(SHIFTS[0])
        found = verdict(recorder.trace(), "E[value[k]] <= value[k-1] + 100")
        assert found.verdict is Verdict.UNDECIDED
        assert why in found.reason


def test_gradients_that_a_loop_keeps_are_there_in_the_replays():
    """A step that adds to the gradients of the step before, as one without zero_grad does."""
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.01)

    def step(shift):
        loss(x, shift).backward()
        optimizer.step()

    recorder = amv.Recorder.attach(optimizer, lambda: mean(x))
    step = recorder.replayed(step, batches=SHIFTS, at=(2,))
    step(SHIFTS[0])
    first = x.detach().numpy().copy()
    step(SHIFTS[1])
    held = CURVED * (np.array(START) - SHIFTS[0])
    ends = [first - 0.01 * (held + CURVED * (first - s)) for s in SHIFTS]
    truth = np.mean([mean(end) for end in ends])
    trace = recorder.trace()
    assert verdict(trace, f"E[value[k]] <= {truth + 1e-9:.17f}").verdict is Verdict.HOLDS
    assert verdict(trace, f"E[value[k]] >= {truth - 1e-9:.17f}").verdict is Verdict.HOLDS


def _elsewhere(optimizer, x):
    optimizer.step()
    with torch.no_grad():
        x += 1


def test_replays_are_in_the_trace_s_file(tmp_path):
    trace, _ = replayed("sgd", at=(2,), steps=2)
    amv.save_trace(trace, tmp_path / "run.trace")
    again = amv.load_trace(tmp_path / "run.trace")
    text = "E[value[k]] <= value[k-1] + 100"
    assert str(verdict(again, text)) == str(verdict(trace, text))
    assert verdict(again, text).verdict is Verdict.HOLDS


def test_a_claim_without_replays_says_what_to_call():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    recorder = amv.Recorder.attach(torch.optim.SGD([x], lr=0.1), lambda: (x * x).sum())
    recorder._listener._optimizer.step()
    found = verdict(recorder.trace(), "E[value[k]] <= value[k-1]")
    assert found.verdict is Verdict.UNDECIDED
    assert "recorder.replayed(step, batches=…, at=…)" in found.reason
    with pytest.raises(InvalidInput, match="replayed: say it once, before the first step"):
        recorder.replayed(lambda _: None, batches=[1], at=[1])
    with pytest.raises(InvalidInput, match="comes before"):
        amv.Recorder().replayed(lambda _: None, batches=[1], at=[1])
    with pytest.raises(InvalidInput, match=r"recorder takes them: recorder\.replayed"):
        amv.claim("E[value[k]] <= 1", batches=[1])
    with pytest.raises(InvalidInput, match="alpha is the probability"):
        amv.claim("E[value[k]] <= alpha", alpha=1)


WRONG = {
    "not one": {"step": lambda x, o: lambda b: None},
    "draws random numbers itself": {"step": lambda x, o: lambda b: (torch.rand(1), o.step())},
    "at is some numbers": {"at": [0]},
    "a function that draws one; got int": {"batches": 3},
    "which only moves on": {"batches": (lambda it: lambda: next(it))(iter([1]))},
    "draws is 1 or more": {"batches": lambda: 1, "draws": 0},
    "no quantity valeu; there are": {"bounds": {"valeu": (0, 1)}},
    "is no interval": {"bounds": {"value": (1, 0)}},
    "are (low, high)": {"bounds": {"value": 3}},
    "ValueError: no": {"step": lambda x, o: lambda b: (_ for _ in ()).throw(ValueError("no"))},
}


@pytest.mark.parametrize("why", WRONG)
def test_what_cannot_be_replayed_is_refused_at_once(why):
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = amv.Recorder.attach(optimizer, lambda: (x * x).sum())
    given = {"step": lambda x, o: lambda b: o.step(), "batches": [1], "at": [1]} | WRONG[why]
    step = given.pop("step")(x, optimizer)
    with pytest.raises(InvalidInput) as caught:
        recorder.replayed(step, **given)
    assert why in str(caught.value)


def test_a_step_that_cannot_be_undone_is_refused():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = amv.Recorder.attach(optimizer, lambda: (x * x).sum())
    calls = np.random.default_rng(0).bit_generator.seed_seq

    def step(_):
        x.grad = torch.full_like(x, float(calls.spawn(1)[0].spawn_key[-1]))
        optimizer.step()

    with pytest.raises(InvalidInput, match="two points from one state"):
        recorder.replayed(step, batches=[1], at=[1])


def test_a_search_over_instances_does_not_judge_expectations():
    with pytest.raises(InvalidInput, match="falsify judges no E"):
        amv.falsify(
            "E[value[k]] <= value[k-1]",
            "gradient_descent",
            "quadratic",
            parameters={"eta": "0.1/L..1/L"},
            examples=1,
        )


def test_it_prints_back():
    said = parsed("E[value[k+1]] <= value[k] - c*grad2[k]")
    shown = "E[f(x_{k+1}) | the past to x_k] ≤ f(x_k) − c·‖∇f(x_k)‖², for every k ≥ 1"
    assert mathematics(said) == shown
    tex = r"\mathbb E[f(x_{k+1})\mid\mathcal F_{k}]\le f(x_{k})-c\,\lVert\nabla f(x_{k})\rVert^2"
    assert mathematics(said, LATEX) == tex


def test_draws_that_begin_anew_at_each_call_are_no_draws():
    """A sampler that seeds itself gives one batch: no number of draws shows its mean."""

    def anew():
        return random.Random(0).choice(SHIFTS)

    how = {"batches": anew, "draws": 8, "at": (2,), "bounds": {"value": (0, 20)}}
    trace, _ = replayed("sgd", steps=2, **how)
    found = verdict(trace, "E[value[k]] <= value[k-1] + 30")
    assert found.verdict is Verdict.UNDECIDED
    assert "as if batches began anew at each call" in found.reason
    one, _ = replayed("sgd", steps=2, batches=[SHIFTS[0]], at=(2,))
    assert verdict(one, "E[value[k]] <= value[k-1] + 30").verdict is Verdict.HOLDS


@pytest.mark.parametrize("alpha", [0, -1, 1, 2])
def test_a_probability_lies_between_0_and_1(alpha):
    generator = random.Random(0)
    how = {"batches": lambda: generator.choice(SHIFTS), "draws": 3, "at": (1, 2)}
    trace, _ = replayed("sgd", steps=2, bounds={"value": (0, 20)}, **how)
    with pytest.raises(InvalidInput, match="a probability between 0 and 1"):
        verdict(trace, "E[value[k]] <= 1", alpha=alpha)
