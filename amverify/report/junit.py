"""A report as JUnit XML, for continuous integration: a suite with one test case a theorem.

| verdict | JUnit | why |
|---|---|---|
| HOLDS | passed | |
| VIOLATED | failure | the claim is wrong, or the run does not do what it says |
| NOT_APPLICABLE, UNDECIDED, VACUOUS | skipped | the claim was not tested: neither right nor wrong |

A skipped case does not fail a build. Where it should, use the exit status of ``amverify audit``,
which is 3 for these. A message begins with the verdict and the reason; the text that follows has
the broken hypotheses and the witness. The header stands as properties.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from amverify.errors import expect
from amverify.report import words
from amverify.verdict import HOW_TO_GET_A_REPORT, Finding, Report, Verdict


def to_junit(report: Report) -> str:
    """``report`` as an XML document; characters that XML forbids become U+FFFD.

    Raises:
        InvalidInput: if ``report`` is none.
    """
    expect("to_junit", report, Report, HOW_TO_GET_A_REPORT)
    verdicts = [finding.verdict for finding in report.findings]
    numbers = {
        "tests": len(verdicts),
        "failures": verdicts.count(Verdict.VIOLATED),
        "errors": 0,
        "skipped": sum(v not in (Verdict.HOLDS, Verdict.VIOLATED) for v in verdicts),
    }
    attributes = {name: str(value) for name, value in numbers.items()}
    root = ET.Element("testsuites", attributes)
    suite = ET.SubElement(root, "testsuite", {"name": words.one_line(report.subject), **attributes})
    _properties(suite, report)
    for finding in report.findings:
        _case(suite, finding, words.iteration(report))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _properties(suite: ET.Element, report: Report) -> None:
    entries = [(name, ", ".join(values)) for name, values in words.header(report)]
    entries += [("note", words.one_line(note)) for note in report.notes]
    if not entries:
        return
    properties = ET.SubElement(suite, "properties")
    for name, value in entries:
        ET.SubElement(properties, "property", {"name": name, "value": value})


def _case(suite: ET.Element, finding: Finding, iteration: str) -> None:
    name = words.one_line(f"{finding.theorem} {finding.title}")
    case = ET.SubElement(suite, "testcase", {"classname": "amverify.judge.audit", "name": name})
    text = _text(finding, iteration)
    if finding.verdict is Verdict.HOLDS:
        ET.SubElement(case, "system-out").text = text
        return
    message = {"message": words.one_line(f"{finding.verdict}: {finding.reason}")}
    if finding.verdict is Verdict.VIOLATED:
        ET.SubElement(case, "failure", {**message, "type": "VIOLATED"}).text = text
    else:
        ET.SubElement(case, "skipped", message).text = text


def _text(finding: Finding, iteration: str) -> str:
    """Reason, counts, evidence, hypotheses that fail or were not seen, witness, a line each."""
    lines = [
        f"{finding.verdict}: {finding.reason}",
        f"statement: {finding.statement}",
        f"instances: {words.counts(finding.counts)}; decided: {words.share(finding.counts)}",
        f"evidence: {words.evidence(finding.evidence)}",
    ]
    lines += [f"hypothesis fails: {words.hypothesis(h)}" for h in words.broken(finding)]
    lines += [f"hypothesis not seen: {words.hypothesis(h)}" for h in words.unseen(finding)]
    lines += [f"not monitored: {text}" for text in finding.unmonitored]
    if finding.witness is not None:
        lines += [
            f"witness, {name}: {value}" for name, value in words.witness(finding.witness, iteration)
        ]
    lines += [f"note: {note}" for note in finding.notes]
    return "\n".join(words.one_line(line) for line in lines)
