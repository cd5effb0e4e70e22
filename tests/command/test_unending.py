"""What never ends, or nobody writes to, is refused before it is read."""

from __future__ import annotations

import os

import pytest

from amverify.command.cli import main
from amverify.files import TooLarge, read, read_text
from proofs.command.cli import main as prove

COMMANDS = (
    (main, "audit", "a.trace"),
    (main, "audit", "a.toml"),
    (main, "replay", "a.json"),
    (main, "theorems", "--for", "a.trace"),
    (prove, "recheck", "a.json"),
)
MADE = {"pipe": os.mkfifo, "device": lambda name: os.symlink("/dev/zero", name)}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[1:]))
def test_a_pipe_and_a_device_are_no_files(words, kind, tmp_path, monkeypatch, capsys):
    program, *given = words
    monkeypatch.chdir(tmp_path)
    MADE[kind](given[-1])
    assert program(given) == 2
    said = capsys.readouterr().err
    assert said == f"error: {given[-1]}: not an ordinary file\n"


def test_a_budget_is_one_of_bytes(tmp_path):
    file = tmp_path / "text"
    file.write_text("éé", encoding="utf-8")
    assert read_text(file, 4) == "éé"
    with pytest.raises(TooLarge, match="more than 3 bytes"):
        read(file, 3)
    with pytest.raises(IsADirectoryError):
        read(tmp_path, 3)


@pytest.mark.parametrize("number", ["1e999999999", "x + 1e-321", "2E+0400*y"])
def test_a_number_of_a_billion_digits_is_refused(number, capsys):
    assert prove(["certify", number]) == 2
    assert "exponents from -320 to 320 only" in capsys.readouterr().err
