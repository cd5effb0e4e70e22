"""What the README promises: short, one program, two commands, and what .ci/run calls."""

from __future__ import annotations

import re

from pages import ROOT, blocks_of

from amverify.verdict import Evidence, Verdict

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_it_is_short():
    assert len(TEXT.splitlines()) <= 120


def test_one_program_with_one_import_of_ours():
    (program,) = (block.text for block in blocks_of(README) if block.language == "python")
    ours = re.findall(r"^(?:import|from) (?:amverify|repro|proofs).*$", program, re.MULTILINE)
    assert ours == ["import amverify as amv"]


def test_the_two_commands_and_the_test_command():
    commands = "".join(block.text for block in blocks_of(README) if block.language == "sh")
    for command in ("pip install", "amverify audit ", "python -m repro ", "make test "):
        assert re.search(rf"^{command}", commands, re.MULTILINE), command
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)


def test_every_verdict_with_its_exit_status():
    rows = re.findall(r"^\| ([A-Z_]+) \|.*\| (\d) \|$", TEXT, re.MULTILINE)
    assert {name: int(status) for name, status in rows} == {v: v.exit_status for v in Verdict}


def test_every_evidence_is_named():
    assert {kind for kind in Evidence if f"**{kind}**" not in TEXT} == set()
