"""A report as JUnit XML, read back by an XML parser."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from hypothesis import given, settings
from reports import REPORTS

from amverify.report import to_junit
from amverify.verdict import Report, Verdict
from tests.support.report_examples import example


def suite(report: Report) -> ET.Element:
    root = ET.fromstring(to_junit(report).encode("utf-8"))
    found = root.find("testsuite")
    assert root.tag == "testsuites"
    assert found is not None
    return found


def test_each_theorem_is_a_case_with_its_outcome() -> None:
    found = suite(example())
    cases = {c.get("name", "")[:2]: [part.tag for part in c] for c in found.iter("testcase")}
    assert cases == {
        "T1": ["system-out"],
        "T3": ["failure"],
        "M2": ["skipped"],
        "T4": ["skipped"],
        "A1": ["skipped"],
    }
    numbers = {name: found.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert numbers == {"tests": "5", "failures": "1", "errors": "0", "skipped": "3"}


def test_a_failure_tells_its_witness_and_a_skip_its_verdict() -> None:
    found = suite(example())
    failure = next(found.iter("failure"))
    assert "0.8124126789012345" in (failure.text or "")
    assert "sweep 37, block W2, replicate 1" in (failure.text or "")
    skipped = next(found.iter("skipped")).text or ""
    assert "hypothesis fails: no clip is active: ε ≥ max(D1, D2)" in skipped
    assert "hypothesis not seen: strong convexity" in skipped
    messages = [part.get("message", "") for part in found.iter("skipped")]
    verdicts = [Verdict.NOT_APPLICABLE, Verdict.UNDECIDED, Verdict.VACUOUS]
    assert [m.partition(":")[0] for m in messages] == verdicts


def test_the_header_and_the_notes_stand_as_properties() -> None:
    found = {p.get("name"): p.get("value") for p in suite(example()).iter("property")}
    assert found["versions"] == "amverify 0.1.0, torch 2.13.0+cpu, numpy 2.4.6"
    assert found["note"] == example().notes[0]


def test_markup_and_characters_that_xml_forbids_do_no_harm() -> None:
    subject = "<script>&\"' \x00\x1b[31m\ud800 ]]>\ufffe\n end"
    found = suite(replace(example(), subject=subject))
    assert found.get("name") == "<script>&\"' \ufffd\ufffd[31m\ufffd ]]>\ufffd end"


@settings(deadline=None)
@given(REPORTS)
def test_every_report_is_well_formed_and_counts_itself(report: Report) -> None:
    found = suite(report)
    assert len(list(found.iter("testcase"))) == len(report.findings)
    for kind, attribute in (("failure", "failures"), ("skipped", "skipped")):
        assert found.get(attribute) == str(len(list(found.iter(kind))))
