"""A report as SARIF 2.1.0, for code scanning: a rule a theorem, a result a violated one.

| verdict | SARIF |
|---|---|
| HOLDS | its rule alone |
| VIOLATED | a result of kind *fail*, level *error*, at the subject's own file |
| NOT_APPLICABLE, UNDECIDED, VACUOUS | a notification: the claim was not tested |

Results have what GitHub's code scanning asks for: a location with a line, a fingerprint that stays
as long as subject and claim do, descriptions of the rule. Source: OASIS, *Static Analysis Results
Interchange Format (SARIF) Version 2.1.0* (2020), and GitHub, *SARIF support for code scanning*.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from amverify.errors import InvalidInput, expect
from amverify.report import words
from amverify.verdict import HOW_TO_GET_A_REPORT, Finding, Report, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
Lines = int | Mapping[str, int]


def to_sarif(report: Report, file: str | Path | None = None, line: Lines = 1) -> str:
    """``report`` as a SARIF log.

    Args:
        report: what an audit gave.
        file: where a reader should look: the source of the run, or the file of claims. Below the
            working directory it is named from there, as code scanning wants it.
        line: in that file, from 1; or a line for each theorem's id.

    Raises:
        InvalidInput: if ``report`` is none, or a line is below 1.
    """
    expect("to_sarif", report, Report, HOW_TO_GET_A_REPORT)
    findings = {finding.theorem: finding for finding in report.findings}
    ids, iteration = list(findings), words.iteration(report)
    failed = [f for f in report.findings if f.verdict is Verdict.VIOLATED]
    open_ = [f for f in report.findings if f.verdict not in (Verdict.VIOLATED, Verdict.HOLDS)]
    results = [
        {**_result(f, iteration), "ruleIndex": ids.index(f.theorem),
         "locations": [_location(report, f, file, line)],
         "partialFingerprints": {"amverify/v1": _fingerprint(report, f)}}
        for f in failed
    ]  # fmt: skip
    driver = {
        "name": "amverify",
        "version": metadata.version("amverify"),
        "rules": [_rule(finding) for finding in findings.values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"amverify/{words.one_line(report.subject)}/"},
        "invocations": [{
            "executionSuccessful": True,
            "toolExecutionNotifications": [_notification(f) for f in open_],
        }],
        "results": results,
    }  # fmt: skip
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, allow_nan=False) + "\n"


def _text(text: str) -> dict[str, str]:
    return {"text": words.one_line(text)}


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": words.one_line(finding.theorem),
        "shortDescription": _text(f"{finding.theorem}: {finding.title}"),
        "fullDescription": _text(finding.statement),
        "help": _text(f"{finding.statement} Source: {finding.source}."),
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["convergence"], "problem.severity": "error"},
    }


def _result(finding: Finding, iteration: str) -> dict[str, Any]:
    witness = finding.witness
    found = () if witness is None else words.witness(witness, iteration)
    return {
        "ruleId": words.one_line(finding.theorem),
        "kind": "fail",
        "level": "error",
        "message": _text(f"VIOLATED: {finding.reason}"),
        "properties": {"statement": words.one_line(finding.statement), "witness": dict(found)},
    }


def _notification(finding: Finding) -> dict[str, Any]:
    """What was not tested, and why."""
    said = f"{finding.verdict}: {finding.theorem}: {finding.reason}"
    return {"level": "note", "message": _text(said), "descriptor": {"id": str(finding.verdict)}}


def _location(
    report: Report, finding: Finding, file: str | Path | None, line: Lines
) -> dict[str, Any]:
    subject = {"fullyQualifiedName": words.one_line(report.subject)}
    if file is None:
        return {"logicalLocations": [subject]}
    number = line if isinstance(line, int) else line.get(finding.theorem, 1)
    if number < 1:
        raise InvalidInput(f"to_sarif, line: lines are counted from 1, got {number}")
    place = {"artifactLocation": _artifact(Path(file)), "region": {"startLine": number}}
    return {"physicalLocation": place, "logicalLocations": [subject]}


def _artifact(file: Path) -> dict[str, str]:
    """A file from the working directory, the root of a checkout; others by their full address."""
    whole, root = file.absolute(), Path.cwd()
    if whole.is_relative_to(root):
        relative = whole.relative_to(root).as_posix()
        return {"uri": quote(relative, errors="replace"), "uriBaseId": "%SRCROOT%"}
    return {"uri": "file://" + quote(whole.as_posix(), errors="replace")}


def _fingerprint(report: Report, finding: Finding) -> str:
    """The same for one claim, with its declared constants, on one subject, whatever the run."""
    declared = [f"{c.name}={c.low!r}" for c in finding.constants if c.origin == "declared"]
    said = "\0".join([report.subject, finding.theorem, *declared])
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()
