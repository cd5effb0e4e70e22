"""TIAM's sweep against the slow autograd twin, for every way to set it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.checks import check_twin
from support.problems import MONOTONE, PIECEWISE_LINEAR, problem

from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, gauss_seidel, ipalm, mdlam, palm
from amverify.network.coupling import Band, Penalty

WIDTHS = [(4, 3), (4, 3, 3), (4, 1, 2), (1, 1, 1, 2), (3, 3, 2, 2, 3)]
SAFEGUARDS = ("none", "monotone", "certified")


def tiam(p1, p2, p3, s=1.0, safeguard="none", **options):
    return TIAM(StepRule(Inertia(p1, p2, p3), scale=s, safeguard=safeguard), **options)


@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
@pytest.mark.parametrize("safeguard", SAFEGUARDS)
@pytest.mark.parametrize("widths", WIDTHS)
def test_widths_and_depths(widths, safeguard, coupling):
    p = problem(widths, 4, seed=1, coupling=coupling)
    check_twin(tiam(0.5, 0.4, 0.3, 1.1, safeguard), p)


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
@pytest.mark.parametrize("act", MONOTONE)
def test_activations_with_the_band(act, safeguard):
    p = problem((3, 3, 2), 4, seed=2, act=act, coupling=Band(0.05))
    check_twin(tiam(0.6, 0.5, 0.4, 1.0, safeguard), p)


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
@pytest.mark.parametrize("act", PIECEWISE_LINEAR)
def test_activations_with_the_penalty(act, safeguard):
    p = problem((3, 3, 2), 4, seed=2, act=act, coupling=Penalty(1.5))
    check_twin(tiam(0.6, 0.5, 0.4, 1.0, safeguard), p)


@pytest.mark.parametrize("loss", ["squared_error", "logistic"])
@pytest.mark.parametrize("p3", [0.0, 0.6])
def test_losses(loss, p3):
    p = problem((3, 3, 2), 4, seed=2, loss=loss)
    check_twin(tiam(0.6, 0.5, p3), p)


@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
def test_without_biases(coupling):
    p = problem((4, 3, 3), 4, seed=3, coupling=coupling)
    check_twin(tiam(0.5, 0.4, 0.3, biases=False), p)


def test_shrinking_band():
    p = problem((4, 3, 3), 4, seed=3, act="tanh", coupling=Band(0.5, 0.5, 0.05))
    check_twin(tiam(0.5, 0.5, 0.3), p, sweeps=5)


@pytest.mark.parametrize("coupling", [Band(0.3), Penalty(0.7)], ids=type)
@settings(deadline=None, max_examples=12)
@given(
    p1=st.floats(-1, 1.5),
    p2=st.floats(-1, 1.5),
    p3=st.floats(0, 1.2),
    s=st.floats(0.55, 2),
    safeguard=st.sampled_from(SAFEGUARDS),
    seed=st.integers(0, 99),
)
def test_any_inertia(coupling, p1, p2, p3, s, safeguard, seed):
    p = problem((3, 2, 2), 3, seed=seed, coupling=coupling)
    check_twin(tiam(p1, p2, p3, s, safeguard), p, sweeps=3)


@pytest.mark.parametrize(
    "method", [palm(), mdlam(), ipalm(0.4, 0.7), gauss_seidel(0.5)], ids=lambda m: m.name
)
def test_presets_run_like_their_twin(method):
    check_twin(method, problem((4, 3, 3), 4, seed=4), sweeps=6)
