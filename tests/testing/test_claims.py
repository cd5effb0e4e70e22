"""``@claims`` in a stranger's suite: what holds passes, what fails is small, exact and kept."""

from __future__ import annotations

import pytest

from amverify.command.cli import main
from amverify.errors import InvalidInput
from amverify.families import quadratics
from amverify.testing import claims
from amverify.testing.properties import PROFILES, Profile
from amverify.testing.warm import warm

pytest_plugins = "pytester"
LOADED = ("-p", "no:amverify", "-p", "amverify.testing.plugin", "-p", "no:cacheprovider")
SUITE = """
    from amverify.families import quadratics
    from amverify.testing import claims

    @claims("value[k] <= value[k-1]", "value[k] <= q*value[0]", family=quadratics(), q=1)
    def test_short_steps(x, grad, state, *, L):
        return x - grad(x) / L

    @claims("value[k] <= value[k-1]", family=quadratics())
    def test_long_steps(x, grad, state, *, L):
        return x - 3 * grad(x) / L

    @claims("value[k] <= value[k-1]", family=quadratics(), parameters={"eta": "1/L..4/L"})
    def test_some_steps(x, grad, state, *, eta):
        return x - eta * grad(x)

    @claims("value[k] <= value[k-1]", family=quadratics())
    def test_in_place(x, grad, state, *, L):
        x -= grad(x)
        return x

    def test_the_step_is_still_there():
        assert test_short_steps.step(3.0, lambda x: x, {}, L=1) == 0
"""
TOLD = [
    "E*AssertionError: FALSIFIED: f(x_k) ≤ f(x_{k−1}), for every k ≥ 1, for "
    "test_*:test_long_steps on quadratic. On quadratic * (n = 2, L = *), from x⁰ = (*), at k = 1: "
    "lhs = *, rhs = *, so rhs − lhs ≤ -* < 0. The method was run again in fractions, *exact.*",
    "*replay: amverify falsify --replay *test_long_steps.json",
]


@pytest.fixture(autouse=True, scope="module")
def _loaded():
    warm()


def test_a_strangers_suite(pytester, monkeypatch, capsys):
    monkeypatch.setitem(PROFILES, "ci", Profile(6, 60.0))
    pytester.makepyfile(SUITE)
    done = pytester.runpytest_inprocess(*LOADED)
    done.assert_outcomes(passed=2, failed=3)
    done.stdout.fnmatch_lines(TOLD, consecutive=True)
    done.stdout.fnmatch_lines(["E*InvalidInput: step, at k = 1 on *: it changes its argument x;*"])
    assert len([line for line in done.outlines if line.startswith("E ")]) == 3
    (file,) = pytester.path.parent.rglob("test_long_steps.json")
    assert main(["falsify", "--replay", str(file)]) == 1
    assert "FALSIFIED again" in capsys.readouterr().out


def test_the_profile_says_how_long(pytester, monkeypatch):
    monkeypatch.setitem(PROFILES, "ci", Profile(1, 60.0))
    monkeypatch.setitem(PROFILES, "nightly", Profile(12, 60.0))
    pytester.makepyfile(SUITE)
    rare = "test_some_steps"
    pytester.runpytest_inprocess(*LOADED, "-k", rare).assert_outcomes(passed=1)
    done = pytester.runpytest_inprocess(*LOADED, "-k", rare, "--amverify-profile", "nightly")
    done.assert_outcomes(failed=1)


def test_profiles():
    assert PROFILES["ci"].seconds <= 30
    assert PROFILES["nightly"].examples >= 50 * PROFILES["ci"].examples


def test_ctrl_c_is_no_success(monkeypatch):
    """The search ends early and keeps its best; the test has not passed."""

    @claims("value[k] <= value[k-1]", family=quadratics(), examples=3)
    def step(x, grad, state, *, L):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step()


@pytest.mark.parametrize(
    ("said", "more", "why"),
    [
        ((), {}, "claims: say which"),
        (("value[k] <= q",), {"p": 1}, "no constant p in"),
        (("value[j] <= 1",), {}, "column 7"),
    ],
)
def test_bad_input_is_seen_when_tests_are_collected(said, more, why):
    with pytest.raises(InvalidInput, match=why):
        claims(*said, family=quadratics(), **more)


def test_a_step_that_ends_in_nan_passes_no_test():
    @claims("value[k] <= value[k-1]", family=quadratics(), examples=4)
    def step(x, grad, state, *, L):
        state["made"] = state.get("made", 0) + 1
        return x - grad(x) / L * (float("nan") if state["made"] > 3 else 1.0)

    with pytest.raises(AssertionError, match=r"UNDECIDED: .* runs of .* ended in NaN or ±inf"):
        step()


def test_claims_without_a_family_says_what_to_write():
    with pytest.raises(InvalidInput, match=r"family=quadratics\(\)"):
        claims("value[k] <= value[k-1]")
