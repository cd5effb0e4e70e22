"""A report as JSON: back without loss, and one line for whatever is no report."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from reports import REPORTS

from amverify.errors import CorruptFile, InvalidInput
from amverify.report import from_json, to_json
from amverify.verdict import Report, Verdict
from tests.support.report_examples import example


@settings(deadline=None)
@given(REPORTS)
def test_what_is_written_is_read_back(report: Report) -> None:
    text = to_json(report)
    assert repr(from_json(text)) == repr(report)
    assert to_json(from_json(text)) == text


def test_the_text_is_strict_json_and_says_the_verdict() -> None:
    document = json.loads(to_json(example()), parse_constant=pytest.fail)
    assert (document["verdict"], document["exit_status"]) == ("VIOLATED", 1)
    assert document["report"]["findings"][3]["constants"][0]["high"] == "inf"


@pytest.mark.parametrize("special", ["nan", "inf", "-inf"])
def test_a_text_is_not_mistaken_for_a_number(special: str) -> None:
    header = {"text": special, "number": float(special), "$float": special}
    read = from_json(to_json(Report("a run", header, ())))
    assert read.header["text"] == read.header["$float"] == special
    assert repr(read.header["number"]) == special


def test_a_state_keeps_its_arrays() -> None:
    witness = from_json(to_json(example()))["T3"].witness
    assert witness is not None
    assert witness.state is not None
    assert witness.state["W2"].dtype == np.float64
    assert witness.state["W2"].tolist() == [[1.5, -2.0], [0.25, math.inf]]


def test_numpy_numbers_are_written_as_numbers() -> None:
    header = {"n": np.int64(3), "x": np.float32(0.1), "yes": np.bool_(True), "t": (1, 2)}
    read = from_json(to_json(Report("a run", header, ())))
    assert read.header == {"n": 3, "x": float(np.float32(0.1)), "yes": True, "t": [1, 2]}


@pytest.mark.parametrize("value", [object(), {1: 2}, 1j, np.array(["a"]), b"raw"])
def test_what_json_cannot_say_is_refused_by_place(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"report\.header\.here"):
        to_json(Report("a run", {"here": value}, ()))


def test_a_circle_is_refused() -> None:
    circle: dict[str, object] = {}
    circle["again"] = circle
    with pytest.raises(InvalidInput, match="nested too deeply"):
        to_json(Report("a run", circle, ()))


def change(*path: str | int, to: object) -> str:
    """The example's JSON with one entry changed."""
    document = json.loads(to_json(example()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(document)


FIRST = ("report", "findings", 0)
MALFORMED = {
    "nothing": ("", "no JSON at line 1"),
    "cut off": (to_json(example())[:5000], "no JSON at line"),
    "another document": ("[1, 2]", "does not say"),
    "a constant": ('{"format": NaN}', "NaN is no JSON"),
    "nested": ("[" * 100_000, "nested too deeply"),
    "a name twice": ('{"format": 1, "format": 2}', "stands twice"),
    "an endless number": ('{"format": ' + "9" * 5000 + "}", "out of range"),
    "another version": (change("version", to=1), "of version 1"),
    "another verdict": (change("verdict", to="HOLDS"), "findings combine to VIOLATED"),
    "no report": (change("report", to=None), "expected an object"),
    "a number for text": (change(*FIRST, "title", to=3), r"findings\[0\].title: expected text"),
    "text for a number": (change(*FIRST, "constants", 0, "low", to="1"), r"constants\[0\].low"),
    "a truth value for a count": (change(*FIRST, "counts", "floor", to=True), "counts.floor"),
    "a fraction for a count": (change(*FIRST, "counts", "exact", to=1.5), "a whole number"),
    "an unknown verdict": (change(*FIRST, "verdict", to="FINE"), "'FINE' is none of"),
    "an unknown origin": (change(*FIRST, "constants", 0, "origin", to="x"), "is none of declared"),
    "an unknown field": (change(*FIRST, "colour", to="red"), "'colour' is no field"),
    "a field missing": (change(*FIRST, to={"theorem": "T1"}), "'title' is missing"),
    "a list that is none": (change(*FIRST, "notes", to="note"), "expected a list"),
    "too large a number": (change(*FIRST, "constants", 0, "low", to=10**400), "expected a number"),
    "too large a count": (change(*FIRST, "counts", "floor", to=2**63), "beyond 64 bits"),
    "too large a sweep": (change(*FIRST, "slack", "sweeps", to=[1, 10**400]), "beyond 64 bits"),
    "an unknown mark": (change("report", "header", to={"a": {"$code": "x"}}), "no mark"),
    "an array of objects": (
        change("report", "header", "a", to={"$array": {"dtype": "|O", "shape": [], "values": []}}),
        "unknown type",
    ),
    "an array that is too short": (
        change(
            "report", "header", "a", to={"$array": {"dtype": "<f8", "shape": [9], "values": [1]}}
        ),
        "do not fill",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_text_is_one_line(case: str) -> None:
    text, said = MALFORMED[case]
    with pytest.raises(CorruptFile, match=said) as error:
        from_json(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_reading_does_not_change_the_verdict() -> None:
    held = replace(example(), findings=example().findings[:1])
    assert from_json(to_json(held)).verdict is Verdict.HOLDS


def test_a_report_of_the_version_before_has_no_curves() -> None:
    document = json.loads(to_json(example()))
    document["version"] = 2
    del document["report"]["curves"]
    assert to_json(from_json(json.dumps(document))) == to_json(replace(example(), curves=()))
