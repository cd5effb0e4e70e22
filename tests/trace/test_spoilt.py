"""What somebody else's file may say wrongly, its checksums being right: one line names it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amverify.errors import CorruptFile, InvalidInput
from amverify.trace import header
from amverify.trace.file import TraceWriter, load_trace
from amverify.trace.reading import CRC, HEAD, HEADER, ITERATE, MAGIC, TAGS
from amverify.trace.sources import can_have, kind_of, lacking, source
from amverify.trace.trace import Trace

GOOD: dict[Callable[[Any], bool], tuple[Any, ...]] = {
    header.is_number: (0, -1.5, 1e308, 2**1000),
    header._whole: (0, 7, 2**61),
    header._text: ("", "x" * header.LONGEST),
    header._object: ({}, {"any": [1]}),
    header._texts: ([], ["a", "b"]),
    header._listed: ([], [1, 2.5], (3,)),
    header._named: ({}, {"W": 1.0}),
    header._pair: ([0, 1], (0.5, 2)),
    header._flag: (True, False),
    header._probe: ({}, {"every": 3, "seed": None}),
    header._end: ({"sweep": 3, "what": "the value"},),
    header._iteration: ("step", "sweep"),
}
BAD: dict[Callable[[Any], bool], tuple[Any, ...]] = {
    header.is_number: (True, "1", None, [1.0], 10**400, float("nan"), float("inf")),
    header._whole: (-1, 1.0, True, "3", 2**62),
    header._text: (1, None, ["a"], "x" * (header.LONGEST + 1)),
    header._object: ([], "a", 3),
    header._texts: ("ab", [1], {"a": "b"}, [["a"]]),
    header._listed: ({"a": 1.0}, 1.0, ["1"], [True], [float("nan")]),
    header._named: ([1.0], {"a": "1"}, {"a": None}),
    header._pair: ([1], [1, 2, 3], {"a": 1, "b": 2}, ["a", "b"], 1),
    header._flag: (0, 1, "true", None),
    header._probe: ([1], {"every": -1}, {"every": "3"}),
    header._end: ([], {"sweep": -1, "what": "x"}, {"sweep": 1}, {"sweep": 1, "what": 2}),
    header._iteration: ("epoch", 1, None),
}
EACH = [(name, False) for name in header.FIELDS] + [(name, True) for name in header.SETTINGS]


def said(name: str, value: Any, setting: bool) -> dict[str, Any]:
    return {"settings": {name: value}} if setting else {name: value}


@pytest.mark.parametrize(("name", "setting"), EACH)
def test_every_field_that_is_read_has_its_form(name: str, setting: bool) -> None:
    form = (header.SETTINGS if setting else header.FIELDS)[name]
    where = f"header, {'settings.' if setting else ''}{name}: "
    for value in GOOD[form] if name not in ("constants", "settings") else ({},):
        header.checked(said(name, value, setting))
    for value in BAD[form]:
        with pytest.raises(InvalidInput) as refused:
            header.checked(said(name, value, setting))
        assert str(refused.value).startswith(where)
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("1", "value '1' is no such number"),
        ({"value": None}, "value None is no such number"),
        ({"value": 1.0, "error": -1e-9}, "error -1e-09 is no such number"),
        ({"value": 10**400}, "value an integer of 1329 bits is no such number"),
        ({"value": 1.0, "origin": "guessed"}, "origin 'guessed' is none of declared, computed"),
    ],
)
def test_constants_of_a_header(given: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=r"header, constants\.L: ") as refused:
        header.checked({"constants": {"L": given}})
    assert told in str(refused.value)


def test_what_cannot_be_shown_is_called_by_its_kind() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert header.shown(deep) == "list"
    while deep:
        deep = deep.pop()


def rows(**changed: Any) -> dict[str, Any]:
    sweep = np.arange(3)
    return {"sweep": sweep, "replicate": np.zeros_like(sweep), "value": np.ones(3), **changed}


def layout(kind: str = "<f8") -> bytes:
    return json.dumps([["sweep", "<i8"], ["replicate", "<i8"], ["value", kind]]).encode()


ROW = np.zeros(3, dtype="<i8").tobytes()
SPOILT: dict[str, tuple[Callable[[TraceWriter], None], str]] = {
    "a chunk of no kind": (lambda w: w._chunk(b"?", 0, b""), "unknown chunk b'?'"),
    "a second header": (lambda w: w._chunk(HEADER, 0, b"{}"), "unknown chunk b'H'"),
    "fewer rows than said": (
        lambda w: w._chunk(TAGS["sweeps"], 2, layout() + b"\n" + ROW),
        "a chunk says 2 rows and holds 24 bytes of them",
    ),
    "columns that change": (
        lambda w: [
            w._chunk(TAGS["sweeps"], 1, layout() + b"\n" + ROW),
            w._chunk(TAGS["sweeps"], 1, layout("<i8") + b"\n" + ROW),
        ][0],
        "the columns of sweeps change inside the file",
    ),
    "a layout that is cut off": (
        lambda w: w._chunk(TAGS["sweeps"], 1, b'[["sweep"'), "bad JSON"
    ),
    "a layout of numbers": (
        lambda w: w._chunk(TAGS["sweeps"], 0, b"[1, 2]\n"), "bad column layout"
    ),
    "a type that is none": (
        lambda w: w._chunk(TAGS["sweeps"], 0, layout("|O8") + b"\n"), "bad column layout"
    ),
    "no columns": (lambda w: w._chunk(TAGS["sweeps"], 0, b"[]\n"), "bad column layout"),
    "a column twice": (
        lambda w: w._chunk(TAGS["sweeps"], 0, b'[["a", "<f8"], ["a", "<f8"]]\n'),
        "bad column layout",
    ),
    "NaN in JSON": (lambda w: w._chunk(ITERATE, 1, b'{"sweep": NaN}\n'), "NaN is no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_chunk_is_refused_and_named(what: str, tmp_path: Path) -> None:
    spoil, told = SPOILT[what]
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, {"subject": "a run"})
    spoil(writer)
    writer.close()
    with pytest.raises(CorruptFile) as refused:
        load_trace(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_chunks_without_rows_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    writer = TraceWriter(path, {"subject": "a run"})
    writer._chunk(TAGS["sweeps"], 0, layout() + b"\n")
    writer.append("sweeps", rows())
    writer._chunk(TAGS["sweeps"], 0, layout() + b"\n")
    writer.close()
    found = load_trace(path)
    assert found.complete
    assert found.sweeps["sweep"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("line", [b"[1]", b"3", b'"run"', b"null"])
def test_a_header_is_an_object(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    head = HEAD.pack(HEADER, 0, len(line))
    crc = CRC.pack(zlib.crc32(line, zlib.crc32(head)))
    path.write_bytes(MAGIC + head + crc + line)
    with pytest.raises(CorruptFile, match="its header is not a JSON object"):
        load_trace(path)


def test_what_no_header_can_hold_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    for bad in ({"a": float("nan")}, {"a": object()}):
        with pytest.raises(InvalidInput, match="trace header: not plain finite JSON"):
            TraceWriter(tmp_path / "run.trace", bad)
    assert list(tmp_path.iterdir()) == []


def test_a_trace_shows_its_tables() -> None:
    trace = Trace({"subject": "a run"}, sweeps=rows())
    assert repr(trace) == "<Trace of a run: 2 sweeps>"
    page = trace._repr_html_()
    assert "sweeps" in page
    assert "value" in page
    with pytest.raises(InvalidInput, match="table 'rows': a trace has blocks, sweeps"):
        trace.to_pandas("rows")


def test_the_kind_of_run_decides_what_can_be_had() -> None:
    assert kind_of(Trace({"settings": {"meta": "next"}}, sweeps=rows())) == "training"
    assert kind_of(Trace({"settings": {"meta": "next"}}, sweeps=rows(mean_slope=np.ones(3)))) == (
        "enumerated"
    )
    assert kind_of(Trace({}, sweeps=rows())) == "step"
    assert can_have("joint", "layered")
    assert can_have("enumerated", "training")
    assert not can_have("training", "enumerated")
    assert not can_have("step", "block")
    both = Trace({}, sweeps=rows(eta=np.ones(3), gradient=np.ones(3)))
    assert len(lacking(Trace({}, sweeps=rows()), "departure")) == 2
    assert len(lacking(both, "departure")) == 1
    assert source("replays", "draw").of == "training"
