"""The presets as values of one family, the schedules, and what the rules refuse."""

from __future__ import annotations

import math

import pytest
from support.checks import check_value
from support.problems import parameters, problem

from amverify.errors import InvalidInput
from amverify.methods.inertia import Inertia, nesterov, ratio
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, gauss_seidel, ipalm, mdlam, palm


def test_nesterov_s_sequence():
    """s_{k+1} = (1 + √(1 + 4s_k²))/2 from s_0 = 0, ω_k = (s_{k−1} − 1)/s_k, not below 0."""
    s = [0.0]
    for _ in range(300):
        s.append((1 + math.sqrt(1 + 4 * s[-1] ** 2)) / 2)
    for k in range(1, 300):
        assert nesterov(k) == pytest.approx(max((s[k - 1] - 1) / s[k], 0.0), abs=1e-15)
    assert nesterov(1) == nesterov(2) == 0
    assert 0.95 < nesterov(299) < 1


def test_ratio():
    assert [ratio(k) for k in (1, 2, 4)] == [0, 1 / 4, 1 / 2]


def test_presets_are_values_of_the_family():
    assert palm().rule == StepRule(Inertia(), safeguard="none")
    assert mdlam().rule == StepRule(Inertia(nesterov, nesterov), safeguard="monotone")
    assert ipalm(0.3, 0.7).rule == StepRule(Inertia(0.3, 0.7), safeguard="none")
    assert gauss_seidel(0.4).rule == StepRule(Inertia(p3=0.4), safeguard="none")
    assert mdlam(biases=False).biases is False


def test_mdlam_s_extrapolations_are_its_momentum():
    """On record: p1 = p2 = ω_k, or 0 where the step was redone; nothing else."""
    p, method = problem((4, 3, 3), 6, seed=2), mdlam(record=True)
    state = method.initialise(p, parameters(p))
    for k in range(1, 15):
        state = method.sweep(p, state)
        assert {float(r.p1) for r in state.records} <= {0.0, nesterov(k)}
        assert all(float(r.p1) == float(r.p2) and float(r.t) == 1 for r in state.records)


def test_schedules_are_asked_for_each_sweep():
    asked = []

    def schedule(k):
        asked.append(k)
        return 0.1 * k

    p, method = problem((4, 3), 5), TIAM(StepRule(Inertia(schedule), safeguard="none"), record=True)
    state = method.initialise(p, parameters(p))
    for k in range(1, 4):
        state = method.sweep(p, state)
        assert {float(r.p1) for r in state.records} == {0.1 * k}
    assert set(asked) == {1, 2, 3}


def test_objective_and_lyapunov_are_those_of_the_present_point():
    p, method = problem((4, 3, 3), 6, seed=2), TIAM()
    state = method.initialise(p, parameters(p))
    for _ in range(6):
        state = method.sweep(p, state)
        check_value(p, method.objective(p, state), state.point)
    total = float(method.objective(p, state))
    for (kind, layer), weight in state.delta.items():
        moved = {"W": "w"}.get(kind, kind)
        d = getattr(state.displacement, moved)[layer - 1]
        total += 0.5 * float(weight) * float(d.pow(2).sum())
    assert float(method.lyapunov(p, state)) == pytest.approx(total, rel=1e-13)


@pytest.mark.parametrize("name", ["p1", "p2", "p3"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "a"])
def test_inertia_refuses_what_is_not_finite(name, value):
    with pytest.raises(InvalidInput, match=f"{name} must be finite"):
        Inertia(**{name: value})


def test_inertia_refuses_a_negative_third():
    with pytest.raises(InvalidInput, match="p3 must not be negative"):
        Inertia(p3=-0.1)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("safeguard", ["none", "certified"])
def test_step_scale_refused(scale, safeguard):
    with pytest.raises(InvalidInput, match="step scale s: must be positive and finite"):
        StepRule(scale=scale, safeguard=safeguard)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": "guess"}, "'exact' or 'backtracking', got 'guess'"),
        ({"safeguard": "seatbelt"}, "got 'seatbelt'"),
        ({"margin": 0.0}, "margin ϑ"),
        ({"margin": 1.0}, "margin ϑ"),
        ({"margin": math.nan}, "margin ϑ"),
        ({"trial": 0.0}, "trial modulus"),
        ({"trial": math.inf}, "trial modulus"),
        ({"scale": 0.5}, "'certified' needs s > 1/2"),
    ],
)
def test_step_rule_refuses(options, words):
    with pytest.raises(InvalidInput, match=words) as refusal:
        StepRule(**options)
    assert "\n" not in str(refusal.value)


def test_small_steps_without_certificate_are_admitted():
    assert StepRule(scale=0.5, safeguard="none").scale == 0.5
