"""Hundreds of command lines and hostile files: a documented status, one line, no traceback.

Status 0 and 1 are verdicts: they are allowed only beside the printed verdict. Status 7, a fault
of the program, is honest but is a fault: none of these may reach it.
"""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from judged import with_header

from amverify.command.cli import main
from amverify.theorems import CATALOGUE
from amverify.trace.file import load_trace
from amverify.trace.header import FIELDS, SETTINGS
from repro.command.cli import main as repro_main

VERDICTS = {0: ("HOLDS",), 1: ("VIOLATED",), 3: ("UNDECIDED", "NOT_APPLICABLE", "VACUOUS")}
REFUSED = (2,)
VALUES: tuple[Any, ...] = (
    None, True, 5, -1, 0, 10**400, 1e308, -0.0, 0.5, "", "x", "nan", "\x1b[2J", [], [1], {},
    {"a": 1}, [[[[]]]], {"value": "x"}, ["x", 1], "y" * 20_000,
)  # fmt: skip


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> int:
    """Run ``amverify audit``; its status, after everything that must be true of every ending."""
    status = main(["audit", *arguments])
    printed = capsys.readouterr()
    lines = printed.err.strip().splitlines()
    assert "Traceback" not in printed.err + printed.out
    assert "\x1b" not in printed.err + printed.out
    if status in VERDICTS:
        assert not lines, lines
        assert any(word in printed.out for word in VERDICTS[status]), printed.out
    else:
        assert status in REFUSED, (status, lines)
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        assert not printed.out
    return status


def some_theorems(chance: random.Random, count: int) -> list[str]:
    names = chance.sample(sorted(CATALOGUE), count)
    return [word for name in names for word in ("--theorem", name)]


@pytest.mark.parametrize("run", ["band", "penalty", "sum"])
def test_a_header_of_any_content(
    traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: str
) -> None:
    file = (traces / f"{run}.trace").read_bytes()
    header = dict(load_trace(traces / f"{run}.trace").header)
    chance, found = random.Random(run), set()
    places = [(None, name) for name in FIELDS] + [("settings", name) for name in SETTINGS]
    places += [("constants", name) for name in ("L", "a", "D")]
    lines = [(place, value) for place, value in itertools.product(places, VALUES)]
    for (group, name), value in chance.sample(lines, 90):
        changed = json.loads(json.dumps(header))
        (changed if group is None else changed.setdefault(group, {}))[name] = value
        path = tmp_path / "hostile.trace"
        path.write_bytes(with_header(file, changed))
        found.add(judged(capsys, str(path), *some_theorems(chance, 5)))
    assert found >= {2, 3}


@pytest.mark.parametrize("run", ["good", "band", "sum"])
def test_a_damaged_file(
    traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: str
) -> None:
    file = (traces / f"{run}.trace").read_bytes()
    chance = random.Random(run)
    for kind in ("flip", "cut", "swap", "grow") * 20:
        data = bytearray(file)
        at = chance.randrange(len(data))
        if kind == "flip":
            data[at] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del data[at:]
        elif kind == "swap":
            data[at:] = data[: len(data) - at]
        else:
            data[at:at] = chance.randbytes(9)
        path = tmp_path / "damaged.trace"
        path.write_bytes(bytes(data))
        status = judged(capsys, str(path), "--theorem", "descent", *some_theorems(chance, 1))
        assert status != 1


OPTIONS = (
    (), ("--theorem",), ("--theorem", "T99"), ("--theorem", ""), ("--theorem", "\x1b[2J"),
    ("--theorem", "descent"), ("--theorem", "H1"), ("--theorem", "H1", "--constant", "a=0.5"),
    ("--theorem", "H1", "--constant", "a"), ("--theorem", "H1", "--constant", "a=1e999"),
    ("--theorem", "H1", "--constant", "a=nan"), ("--theorem", "H1", "--constant", "a=-1"),
    ("--theorem", "H1", "--constant", f"a={'9' * 5000}"), ("--theorem", "descent", "--nonsense"),
    ("--theorem", "descent", "--time-limit", "-1"), ("--theorem", "descent", "--time-limit", "x"),
    ("--theorem", "descent", "--iteration-limit", "0"), ("--theorem", "descent", "-v"),
    ("--theorem", "descent", "--json", "/dev/full"), ("--theorem", "descent", "--json", "."),
    ("--theorem", "descent", "--html", "\ud800.html"), ("--theorem", "descent", "--junit", ""),
    ("--theorem", "descent", "extra"), ("--theorem", "K2", "--constant", "theta=2"),
)  # fmt: skip
SUBJECTS = (
    "good.trace", "bad.trace", "absent.trace", ".", "", "a\x00b", "nothing:here", ":", "x:",
    "os:getcwd", "builtins:exit", "\ud800", "/dev/null", "--", "a" * 5000,
)  # fmt: skip


def test_a_command_line_of_any_words(
    traces: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(traces)
    before = sorted(p.name for p in traces.iterdir())
    lines = list(itertools.product(SUBJECTS, OPTIONS))
    in_process = [line for line in lines if ":" not in line[0]]
    in_child = [line for line in lines if line[0] and ":" in line[0].strip(":")]
    for subject, options in in_process + in_child[:: len(in_child) // 4]:
        judged(capsys, subject, *options)
    assert sorted(p.name for p in traces.iterdir()) == before


SPECIFICATIONS = (
    "", "trace = 3", "[[claim]]", "x = " + "[" * 1900, "x = " + "[\n" * 20_000,
    "a" + ".a" * 900 + "=1",
    "trace = 'good.trace'\n[[claim]]\ntheorem = 'H1'\nconstants = { a = 9" + "9" * 1800 + " }",
    "trace = 'good.trace'\n[[claim]]\ntheorem = 'H1'\nconstants = { a = inf }",
    "trace = 'good.trace'\n[[claim]]\ntheorem = 'H1'\nconstants = { a = nan }",
    "trace = 'good.trace'\n[[claim]]\ntheorem = 'H1'\nconstants = [1]",
    "trace = 'good.trace'\n[[claim]]\ntheorem = ['H1']", "trace = 'good.trace'\nclaim = 3",
    "trace = 'good.trace'\nclaim = [1, 2]", "trace = '\\u0000'\n[[claim]]\ntheorem = 'H1'",
    "trace = 'good.trace'\n[[claim]]\ntheorem = 'descent'\n" * 2, "x" * 70_000, "\x00\xff",
    "trace = '.'\n[[claim]]\ntheorem = 'descent'", "trace = 'spec.toml'\n[[claim]]\ntheorem = 'T1'",
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(SPECIFICATIONS)))
def test_a_specification_of_any_content(
    traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    (tmp_path / "good.trace").write_bytes((traces / "good.trace").read_bytes())
    path = tmp_path / "spec.toml"
    path.write_text(SPECIFICATIONS[number], encoding="utf-8")
    assert judged(capsys, str(path)) == 2


def test_a_line_that_costs_a_parser_more_than_its_length(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spec.toml"
    path.write_text("trace = 'x'\na" + ".a" * 2000 + " = 1", encoding="utf-8")
    assert main(["audit", str(path)]) == 2
    assert "line 2: longer than" in capsys.readouterr().err


def test_a_report_that_would_write_to_the_terminal(
    traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    main(["audit", str(traces / "bad.trace"), "--theorem", "descent", "--json", str(path)])
    document = json.loads(path.read_text(encoding="utf-8"))
    document["report"]["findings"][0]["witness"]["block"] = "W_1\x1b[2J\x1b]0;owned\x07"
    path.write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()
    assert main(["replay", str(path)]) == 1
    printed = capsys.readouterr()
    assert "W_1" in printed.out
    assert printed.out.replace("\n", "").isprintable()


def test_a_report_of_any_content(
    traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, chance = tmp_path / "r.json", random.Random(0)
    main(["audit", str(traces / "bad.trace"), "--theorem", "descent", "--json", str(path)])
    assert main(["replay", str(path)]) == 1
    text = path.read_text(encoding="utf-8")
    capsys.readouterr()
    for _ in range(60):
        at, end = sorted(chance.sample(range(len(text)), 2))
        put = chance.choice(["", "\\u001b", "1e999", "null", "[", "9" * 5000, '"', text[:40]])
        path.write_text(text[:at] + put + text[min(end, at + 30) :], encoding="utf-8")
        status = main(["replay", str(path)])
        printed = capsys.readouterr()
        assert "\x1b" not in printed.out + printed.err
        assert status in (0, 1, 2), printed.err
        assert len(printed.err.strip().splitlines()) == (status == 2)


@pytest.mark.parametrize(
    "words",
    [
        ("table99",), ("",), ("--nonsense",), ("table2", "--seeds", "x"), ("table2", "--jobs", "0"),
        ("table2", "--data", "nothing"), ("table2", "--method", "nobody"),
        ("table1", "--sweeps", "3"), ("tune", "--file"), ("list", "more"),
        ("table2", "--profile", "huge"), ("\x1b[2J",),
        ("table2", "--seeds", "9" * 5000), ("table7", "--network", "rnn"),
    ],
)  # fmt: skip
def test_the_tables_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    places = ("--out", str(tmp_path), "--cache", str(tmp_path))
    status = repro_main([*words, *(places if words[0] in ("table2", "table7") else ())])
    printed = capsys.readouterr()
    assert status == 2
    assert len(printed.err.strip().splitlines()) == 1
    assert "\x1b" not in printed.err
