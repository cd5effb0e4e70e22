"""``assert_holds``: what it lets pass, what it refuses, and what its error says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import amverify as amv
from amverify.command.replay import replayed
from amverify.errors import InvalidInput
from amverify.testing import assert_holds
from amverify.testing.place import PLACE


def run(*values):
    """A run in one dimension whose values are known exactly."""
    recorder = amv.Recorder("a loop", value_error=0.0, gradient_error=0.0)
    for k, value in enumerate(values):
        recorder.step(np.array([float(k)]), value, np.array([1.0]))
    return recorder


RISES = run(3.0, 2.0, 2.5, 1.0)


def failure(*said, **more):
    with pytest.raises(AssertionError) as caught:
        assert_holds(*said, **more)
    return str(caught.value)


def test_what_holds_passes_and_gives_the_report():
    report = assert_holds(RISES, ["value[k] <= value[0]", "value[k] <= q"], q=2.5)
    assert report.verdict is amv.Verdict.HOLDS
    assert assert_holds(RISES.trace(), "value[k] <= q", q=2.5).findings[0].counts.settled == 3
    assert assert_holds(report) == report


TOLD = r"""VIOLATED: value\[k\] <= value\[k-1\]
  says: f\(x_k\) ≤ f\(x_\{k−1\}\), for every k ≥ 1\.
  why: claim: f\(x_k\) − f\(x_\{k−1\}\) <= 0 fails at step 2 by 0\.5, rounding accounts for \S+ at most \(1 of 3 instances fail\)
  at step 2: left side 0\.5, right side 0
  margin: -0\.5, of which rounding explains \S+ at most
  f\(x_k\) − f\(x_\{k−1\}\) = 0\.5
  not at fault: value\[k\] <= 3
  replay: amverify replay (\S+test_what_fails_is_told_in_a_dozen_lines\.json)
  trace: (\S+test_what_fails_is_told_in_a_dozen_lines\.trace)"""  # noqa: E501


def test_what_fails_is_told_in_a_dozen_lines(capsys):
    told = failure(RISES, ["value[k] <= value[k-1]", "value[k] <= 3"])
    found = re.fullmatch(TOLD, told)
    assert found, told
    assert replayed(Path(found[1])) == 1
    assert "fails for certain" in capsys.readouterr().out
    again = amv.load_trace(found[2])
    assert amv.audit(again, amv.claim("value[k] <= value[k-1]")).verdict is amv.Verdict.VIOLATED


@pytest.mark.parametrize(
    ("verdict", "claim", "more"),
    [
        ("UNDECIDED", "eta[k] <= 1", {}),
        ("NOT_APPLICABLE", "value[k] <= value[k-1]", {"given": "grad2[k] <= 0.5"}),
        ("VACUOUS", "for k >= 9: value[k] <= 1", {}),
    ],
)
def test_neither_is_what_was_not_tested_a_success(verdict, claim, more):
    assert failure(RISES, claim, **more).startswith(f"{verdict}: {claim}\n")
    assert assert_holds(RISES, claim, allow={verdict}, **more).verdict == verdict
    others = {"UNDECIDED", "NOT_APPLICABLE", "VACUOUS"} - {verdict}
    failure(RISES, claim, allow=others, **more)


def test_a_constant_that_is_missing_is_asked_for_by_its_name():
    told = failure(RISES, "value[k] <= q", allow={"VACUOUS"})
    assert "assert_holds(…, q=…)" in told
    assert "--constant" not in told


def test_of_a_report_what_is_asked_for_counts():
    report = amv.audit(
        RISES.trace(), [amv.claim("value[k] <= value[k-1]"), amv.claim("value[k] >= -1e9")]
    )
    assert failure(report).count("VIOLATED") == 1
    assert "trace:" not in failure(report)
    assert_holds(report, "value[k] >= -1e9")
    with pytest.raises(InvalidInput, match="not about 'T1'; it has"):
        assert_holds(report, "T1")
    with pytest.raises(InvalidInput, match="pass the trace"):
        assert_holds(report, "value[k] >= -1e9", a=1)


@pytest.mark.parametrize(
    ("said", "more", "why"),
    [
        (("x", "value[k] >= -1e9"), {}, "expected a trace, a recorder or a report, got str"),
        ((RISES,), {}, "say which claim"),
        (
            (RISES, "value[k] >= -1e9"),
            {"allow": {"VIOLATED"}},
            "expected some of UNDECIDED, NOT_APPLICABLE",
        ),
        ((RISES, "value[k] >= -1e9"), {"b": 1}, "no such constant"),
        ((RISES, "T99"), {}, "unknown theorem 'T99'"),
        ((RISES, "T1"), {"trust": "f is convex"}, "belong to claims that are texts"),
        ((RISES, "value[j] <= 1"), {}, "column 7"),
    ],
)
def test_bad_input_is_one_line(said, more, why):
    with pytest.raises(InvalidInput, match=re.escape(why)) as caught:
        assert_holds(*said, **more)
    assert "\n" not in str(caught.value)
    assert len(caught.traceback) <= 2, "no way through our own files"


def test_a_folder_that_cannot_be_written_hides_no_failure(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(PLACE, "folder", lambda: tmp_path / "file")
    told = failure(RISES, "value[k] <= value[k-1]")
    assert told.startswith("VIOLATED")
    assert "not kept: " in told


def test_of_a_report_no_claim_at_all_is_refused():
    report = amv.audit(run(3.0, 2.0, 1.0).trace(), "descent")
    with pytest.raises(InvalidInput, match="no claim named"):
        assert_holds(report, [])
