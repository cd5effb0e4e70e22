"""What a file says reaches a terminal as text: no escape, and no markup, from any command."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from amverify.command.cli import main
from amverify.console.screen import Screen
from amverify.report import to_json, write
from amverify.trace.file import save_trace
from amverify.trace.trace import Trace
from proofs.command.cli import main as prove
from repro.command.cli import main as make
from tests.support.hand import descent
from tests.support.report_examples import example

EVIL = "[/x]\x1b[2J\x9b31m\u202eevil\x07"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def trace_file(folder: Path) -> Path:
    made = descent([1.0, 0.8, 0.9, 0.5])
    header = {**made.header, "subject": EVIL, "settings": {"dtype": "float64", EVIL: EVIL}}
    save_trace(Trace(header, sweeps=made.table("sweeps")), folder / "a.trace")
    return folder / "a.trace"


def report_file(folder: Path) -> Path:
    own = example()["T3"]
    witness = replace(
        own.witness, theorem="T3", block=EVIL, inequality=EVIL, values={EVIL: (1.0, 0)}
    )
    found = replace(own, title=EVIL, reason=EVIL, witness=witness, notes=(EVIL,))
    write(folder / "a.json", to_json(replace(example(), subject=EVIL, findings=(found,))))
    return folder / "a.json"


def toml_file(folder: Path) -> Path:
    text = f"trace = {json.dumps(EVIL)}\n[[claim]]\ntheorem = {json.dumps(EVIL)}\n"
    (folder / "a.toml").write_text(text.replace("\x7f", ""))
    return folder / "a.toml"


def certificate_file(folder: Path) -> Path:
    one = {"1": "1"}
    made = {"goal": {"kind": EVIL, "p": {EVIL: "1"}}, "given": [{EVIL: EVIL}], "zero": [],
            "slack": EVIL, "terms": [], "multipliers": [one]}  # fmt: skip
    (folder / "c.json").write_text(json.dumps(made))
    return folder / "c.json"


def published_file(folder: Path) -> Path:
    evil = json.dumps(EVIL)
    (folder / "p.toml").write_text(
        f"[paper]\nname = {evil}\ntitle = {evil}\nreference = {evil}\n[[series]]\n{evil} = {evil}\n"
    )
    return folder / "p.toml"


def table_file(folder: Path) -> Path:
    made = {"document": "table2", "provenance": {"command": [EVIL] * 4}, "tables": [
        {"name": EVIL, "title": EVIL, "rows": [{EVIL: {"kind": EVIL, "text": EVIL}}]}]}  # fmt: skip
    (folder / "table2.json").write_text(json.dumps(made))
    return folder / "table2.json"


COMMANDS = {
    "audit a trace": lambda f: main(["audit", str(trace_file(f)), "--verbose"]),
    "audit its claims": lambda f: main(["audit", str(trace_file(f)), "--claim", "value[k] <= 0"]),
    "theorems for it": lambda f: main(["theorems", "--for", str(trace_file(f))]),
    "one theorem for it": lambda f: main(["theorems", "H1", "--for", str(trace_file(f))]),
    "fit it": lambda f: main(["fit", str(trace_file(f)), "--constant", "fstar=0"]),
    "audit a specification": lambda f: main(["audit", str(toml_file(f))]),
    "replay": lambda f: main(["replay", str(report_file(f))]),
    "recheck": lambda f: prove(["recheck", str(certificate_file(f))]),
    "published check": lambda f: make(["published", "check", str(published_file(f))]),
    "score": lambda f: make(["score", "--out", str(table_file(f).parent)]),
    "rerun": lambda f: make(["rerun", str(report_file(f))]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_hands_on_an_escape_from_a_file(command, tmp_path, capsys):
    status = COMMANDS[command](tmp_path)
    out, err = capsys.readouterr()
    assert status in (0, 1, 2, 3, 4)
    assert out + err
    assert OBEYED.findall(out + err) == []


@given(st.text())
def test_whatever_is_printed_is_text(text):
    file = io.StringIO()
    screen = Screen(file=file, width=80, force_terminal=True, color_system=None)
    table = Table("head")
    table.add_row(Text(text))
    screen.print(table, Text(text))
    assert OBEYED.findall(file.getvalue()) == []


def test_colours_stay():
    file = io.StringIO()
    Screen(file=file, force_terminal=True, color_system="standard").print(Text("a\x1bb", "red"))
    assert file.getvalue() == "\x1b[31ma\ufffdb\x1b[0m\n"
