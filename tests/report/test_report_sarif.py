"""A report as SARIF: what the standard requires, what code scanning asks for, whom it accuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from reports import REPORTS

from amverify.errors import InvalidInput
from amverify.report import to_sarif
from amverify.verdict import Report, Verdict
from tests.support.report_examples import example


def run_of(report, *where):
    log = json.loads(to_sarif(report, *where))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def check(run) -> None:
    """What SARIF 2.1.0 requires of the objects that are used, and GitHub besides."""
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert all(isinstance(rule[name]["text"], str) for name in
                   ("shortDescription", "fullDescription", "help"))  # fmt: skip
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert (result["kind"], result["level"]) == ("fail", "error")
        assert result["message"]["text"]
        assert len(result["locations"]) == 1
        assert all(isinstance(mark, str) for mark in result["partialFingerprints"].values())
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)


def test_only_what_is_violated_is_a_result():
    run = run_of(example())
    check(run)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["T1", "T3", "M2", "T4", "A1"]
    assert [result["ruleId"] for result in run["results"]] == ["T3"]
    (result,) = run["results"]
    assert "0.8124126789012345" in json.dumps(result["properties"]["witness"])
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [one["descriptor"]["id"] for one in told] == ["NOT_APPLICABLE", "UNDECIDED", "VACUOUS"]


def test_a_result_points_at_the_subject_s_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def where(file, line=1):
        return run_of(example(), file, line)["results"][0]["locations"][0]["physicalLocation"]

    assert where("src/my run.py", 7) == {
        "artifactLocation": {"uri": "src/my%20run.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert where(tmp_path / "a.py")["artifactLocation"]["uri"] == "a.py"
    assert where(Path("/elsewhere/b.py"))["artifactLocation"] == {"uri": "file:///elsewhere/b.py"}
    assert where("c.toml", {"T3": 4})["region"] == {"startLine": 4}
    assert where("c.toml", {"T1": 4})["region"] == {"startLine": 1}
    with pytest.raises(InvalidInput, match="counted from 1"):
        where("c.toml", 0)


def test_a_fingerprint_is_of_the_claim_not_of_the_run():
    def mark(report):
        return run_of(report)["results"][0]["partialFingerprints"]

    first = example()
    failed = next(f for f in first.findings if f.verdict is Verdict.VIOLATED)
    later = tuple(replace(f, reason="at another step") for f in first.findings)
    assert mark(first) == mark(replace(first, findings=later))
    assert mark(first) != mark(replace(first, subject="another"))
    other = tuple(replace(f, theorem="T9") if f == failed else f for f in first.findings)
    assert mark(first) != mark(replace(first, findings=other))


@given(REPORTS)
@settings(max_examples=25)
def test_any_report_is_a_log(report: Report) -> None:
    run = run_of(report, "a\ud800\x00.py")
    check(run)
    failed = [f.verdict for f in report.findings].count(Verdict.VIOLATED)
    assert len(run["results"]) == failed
