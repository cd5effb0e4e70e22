"""The plugin in a stranger's suite: what passes, what fails and how, under xdist, what it costs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import amverify as amv
from amverify.testing.warm import warm

pytest_plugins = "pytester"

LOADED = ("-p", "no:amverify", "-p", "amverify.testing.plugin", "-p", "no:cacheprovider")
"""This tree's plugin, whether or not an installed one is loaded by its entry point."""


@pytest.fixture(autouse=True, scope="module")
def _loaded():
    """What an inner run imports first is forgotten, and torch cannot be imported twice."""
    warm()


SUITE = """
    import torch
    from amverify.testing import assert_holds

    def trained(amverify_recorder, lr):
        x = torch.ones(3, dtype=torch.float64, requires_grad=True)
        loss = lambda: (x * x).sum()
        optimizer = torch.optim.SGD([x], lr=lr)
        recorder = amverify_recorder(optimizer, loss)
        for _ in range(5):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        return recorder

    def test_small_steps(amverify_recorder):
        assert_holds(trained(amverify_recorder, 0.1), "value[k] <= value[k-1] - a*step2[k]", a=1)

    def test_large_steps(amverify_recorder):
        assert_holds(trained(amverify_recorder, 1.1), "value[k] <= value[k-1]")

    def test_a_loop(amverify_recorder):
        recorder = amverify_recorder(value=lambda x: (x * x).sum())
        for k in range(3):
            recorder.step(torch.full((2,), 0.5**k))
        assert_holds(recorder, "value[k] <= q*value[k-1]", q=0.26)
"""

TOLD = [
    "E*AssertionError: VIOLATED: value[[]k[]] <= value[[]k-1[]]",
    "E*says: f(x_k) ≤ f(x_{k−1}), for every k ≥ 1.",
    "E*why: claim: * fails at step 5 by *, rounding accounts for * at most (5 of 5 instances fail)",
    "E*at step 5: left side 5.67*, right side 0",
    "E*margin: -5.67*, of which rounding explains *e-1? at most",
    "E*f(x_k) − f(x_{k−1}) = 5.67*",
    "E*replay: amverify replay *amverify0/test_large_steps.json",
    "E*trace: *amverify0/test_large_steps.trace",
]


def test_a_strangers_suite(pytester):
    pytester.makepyfile(SUITE)
    done = pytester.runpytest_inprocess(*LOADED)
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(TOLD, consecutive=True)
    shown = [line for line in done.outlines if line.startswith("E ")]
    assert len(shown) == len(TOLD), "and no more than that"
    assert not any("holds.py" in line for line in done.outlines), "no way through our own files"
    (report,) = pytester.path.parent.rglob("test_large_steps.json")
    assert report.with_suffix(".trace").is_file()


def test_bad_input_in_a_strangers_suite_is_one_line(pytester):
    pytester.makepyfile(SUITE.replace("a*step2[k]", "a*step3[k]"))
    done = pytester.runpytest_inprocess(*LOADED, "-k", "small")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E*InvalidInput: claim*no quantity step3; did you mean step*"])
    assert len([line for line in done.outlines if line.startswith("E ")]) == 1


def test_it_is_light():
    """What everybody pays for at every start of pytest."""
    code = """
        import sys, time
        import pytest
        start = time.process_time()
        import amverify.testing.plugin
        spent = time.process_time() - start
        heavy = {"torch", "numpy", "sympy", "hypothesis", "rich"} & set(sys.modules)
        assert not heavy, heavy
        assert spent < 0.05, spent
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_it_is_installed_with_the_package():
    told = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    name = told["project"]["entry-points"]["pytest11"]["amverify"]
    assert import_module(name).__file__ == import_module("amverify.testing.plugin").__file__


def test_workers_of_xdist_keep_what_fails_each_in_its_own_folder(pytester):
    recorder = amv.Recorder(value_error=0.0, gradient_error=0.0)
    for value in (3.0, 2.0, 2.5):
        recorder.step(np.array([value]), value, np.ones(1))
    amv.save_trace(recorder.trace(), pytester.path / "run.trace")
    pytester.makepyfile("""
        import amverify as amv
        from amverify.testing import assert_holds

        def test_falls():
            assert_holds(amv.load_trace("run.trace"), "value[k] <= value[k-1]")

        def test_is_bounded():
            assert_holds(amv.load_trace("run.trace"), "value[k] <= 3")
    """)
    done = pytester.runpytest_inprocess(*LOADED, "-n", "1")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["E*replay: amverify replay *popen-gw0*test_falls.json"])


def test_before_a_property_test_everything_is_compiled(pytester, monkeypatch):
    """Else hypothesis counts the first import and compilation as the time of an example."""
    warmed = []
    monkeypatch.setattr("amverify.testing.warm.warm", lambda: warmed.append(True))
    pytester.makepyfile("""
        from hypothesis import given, strategies

        def test_plain():
            pass

        @given(strategies.booleans())
        def test_property(one):
            pass
    """)
    pytester.runpytest_inprocess(*LOADED, "-k", "plain").assert_outcomes(passed=1)
    assert not warmed
    pytester.runpytest_inprocess(*LOADED).assert_outcomes(passed=2)
    assert warmed == [True]


def test_a_property_test_keeps_its_simplest_failure_alone(pytester):
    """Hypothesis fails a test many times while it makes the failure simpler."""
    pytester.makepyfile("""
        import numpy as np
        import amverify as amv
        from amverify.testing import assert_holds
        from hypothesis import given, settings, strategies

        @settings(database=None, max_examples=20)
        @given(strategies.integers(0, 1000))
        def test_property(rise):
            recorder = amv.Recorder(value_error=0.0, gradient_error=0.0)
            recorder.step(np.zeros(1), 1.0, np.zeros(1))
            recorder.step(np.ones(1), float(rise), np.zeros(1))
            assert_holds(recorder, "value[k] <= 9")
    """)
    pytester.runpytest_inprocess(*LOADED).assert_outcomes(failed=1)
    (file,) = pytester.path.parent.rglob("test_property.json")
    assert amv.from_json(file.read_text("utf-8")).findings[0].witness.lhs == 10
