"""docs/testing.md: its tests do what the page says, and fail as it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amverify.testing.warm import warm

pytest_plugins = "pytester"
PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
LOADED = ("-p", "no:amverify", "-p", "amverify.testing.plugin", "-p", "no:cacheprovider")


def block(after: str) -> str:
    """The first fenced block after some words of the page."""
    found = re.search(r"```\w+\n(.*?)```", PAGE[PAGE.index(after) :], re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(autouse=True, scope="module")
def _loaded():
    warm()


def test_its_tests_fail_as_it_shows(pytester):
    pytester.makepyfile(test_momentum=block("stops listening"))
    done = pytester.runpytest_inprocess(*LOADED, "--basetemp=claims")
    done.assert_outcomes(passed=2, failed=1)
    said = [line[1:].strip() for line in done.outlines if line.startswith("E ")]
    shown = block("what the last test says").splitlines()
    folder = f"{pytester.path}/"
    assert [rounded(line.replace(folder, "")) for line in said] == [rounded(x) for x in shown]


def rounded(line: str) -> str:
    """Without the digits in which machines differ."""
    return re.sub(r"\d+\.\d+(e-\d+)?", lambda x: f"{float(x[0]):.0e}", line.strip())


def test_its_step_beyond_2_over_L_is_refuted(pytester):
    pytester.makepyfile(test_short_and_long=block("on a whole family of problems"))
    done = pytester.runpytest_inprocess(*LOADED, "-k", "up_to")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E*FALSIFIED: *(n = 2, *The method was run again in fractions*"])
