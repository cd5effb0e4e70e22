"""A report as JSON, for programs: read back it is the same report.

    {"format": "amverify report", "version": 3, "verdict": "VIOLATED", "exit_status": 1,
     "report": {"subject": ..., "header": {...}, "findings": [...], "notes": [...],
                "curves": [...]}}

Floats are JSON numbers that read back as the same float; NaN and the infinities, which JSON
lacks, are the texts "nan", "inf" and "-inf" (see :mod:`amverify.report.freeform` for a header's
values). ``verdict`` and ``exit_status`` say for a reader's comfort what the findings combine to.
The text is ASCII: other characters stand as escapes.
"""

from __future__ import annotations

import json
from typing import Any

from amverify.errors import CorruptFile, InvalidInput, expect
from amverify.report import codec, words
from amverify.report.freeform import Malformed, shown
from amverify.verdict import HOW_TO_GET_A_REPORT, Report

FORMAT = "amverify report"
VERSION = 3
WITHOUT_CURVES = 2
"""A version that is still read: its reports have no curves."""


def to_json(report: Report) -> str:
    """``report`` as a JSON document, indented, with a line break at its end.

    Raises:
        InvalidInput: if ``report`` is none, or its header or a state holds what JSON cannot say,
            with the place.
    """
    expect("to_json", report, Report, HOW_TO_GET_A_REPORT)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "verdict": report.verdict.value,
        "exit_status": report.exit_status,
    }
    try:
        document["report"] = codec.encode(report, Report, "report")
        return json.dumps(document, indent=1, allow_nan=False) + "\n"
    except RecursionError as error:
        raise InvalidInput("report: a header or state nested too deeply for JSON") from error


def from_json(text: str) -> Report:
    """The report that ``to_json`` wrote.

    Raises:
        InvalidInput: if it is no text.
        CorruptFile: if ``text`` is no such document: not JSON, of another format or version, a
            field missing, unknown or of another type, a verdict that the findings do not give.
    """
    if not isinstance(text, str | bytes | bytearray):
        raise InvalidInput(f"from_json: expected a report's text, got {type(text).__name__}")
    try:
        return _read(json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique))
    except RecursionError as error:
        raise CorruptFile("not an audit's report: nested too deeply; write it anew") from error
    except Malformed as error:
        reason = words.one_line(str(error))
        raise CorruptFile(f"not an audit's report: {reason}; write it anew") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise CorruptFile(f"not an audit's report: no JSON at {place}; write it anew") from error
    except ValueError as error:
        raise CorruptFile("not an audit's report: a number out of range; write it anew") from error


def _refuse(name: str) -> Any:
    raise Malformed(f"{name} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("a name stands twice in one object")
    return found


def _read(document: Any) -> Report:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Malformed(f'it does not say "format": "{FORMAT}"')
    if document.get("version") == WITHOUT_CURVES and isinstance(document.get("report"), dict):
        document = {**document, "version": VERSION, "report": {**document["report"], "curves": []}}
    if document.get("version") != VERSION:
        found = shown(document.get("version"))
        raise Malformed(f"it is of version {found}, and this program reads version {VERSION}")
    report: Report = codec.decode(document.get("report"), Report, "report")
    if document.get("verdict") != report.verdict.value:
        raise Malformed(
            f"it says {shown(document.get('verdict'))}, but its findings combine to "
            f"{report.verdict}"
        )
    return report
