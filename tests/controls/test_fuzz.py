"""A few spoilt files to every parser; ``python tests/controls/fuzz.py`` makes any number."""

from __future__ import annotations

import json
import os

import fuzz
import pytest
from parser import Parser
from parsers import PARSERS, SPEC

from amverify.command.specification import read_specification
from amverify.errors import AmverifyError, InvalidInput
from repro.command.cli import main as repro
from repro.engine import cache


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("count", [20, pytest.param(2_000, marks=pytest.mark.long)])
def test_a_spoilt_file_ends_in_a_value_or_a_documented_error(name, count):
    tally = fuzz.fuzzed(name, count, seed=count)
    assert tally.faults == {}
    assert tally.refused + tally.read == count


@pytest.mark.parametrize("name", ["trace", "checkpoint", "counterexample", "cache entry"])
def test_what_is_sealed_again_is_read(name):
    parser = PARSERS[name]
    for whole in parser.seeds():
        assert parser.sealed(whole) == whole or json.loads(parser.sealed(whole)) == json.loads(
            whole
        )


def _other_error(content, folder):
    raise KeyError("x")


def _several_lines(content, folder):
    raise AmverifyError("a\nb")


def _started(content, folder):
    __import__("os").system("true")


def _waiting(content, folder):
    while True:
        pass


def _ending(content, folder):
    os._exit(3)


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (_other_error, "KeyError at test_fuzz.py"),
        (_several_lines, "a message of several lines"),
        (_started, "Executed at fuzz.py"),
        (_waiting, "Slow at fuzz.py"),
    ],
)
def test_a_fault_would_be_seen(read, told, tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "SECONDS", 0.05)
    _own(monkeypatch, read)
    tally = fuzz.fuzzed("own", 3, 0)
    (fault,) = [fault for fault in tally.faults if fault.startswith(told)]
    assert tally.examples[fault] != b"x"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_file_at_which_a_process_ends_is_known(monkeypatch):
    _own(monkeypatch, _ending)
    tally = fuzz.alone("own", 3, 0)
    files = list(fuzz.contents("own", 3, 0))
    first = next(number for number, content in enumerate(files) if content != b"x")
    assert tally.examples == {f"the process ended with 3 at {first}": files[first]}


def _own(monkeypatch, read):
    reader = Parser(
        lambda: [b"x"], lambda content, folder: content == b"x" or read(content, folder)
    )
    monkeypatch.setitem(PARSERS, "own", reader)


HUGE = f"{{ value = {10**400}, error = 1e-12 }}"
DEEP = '{"body":' * 20_000 + "1" + "}" * 20_000


@pytest.mark.parametrize("text", [DEEP, '{"body": {}}', "[1]", '{"tables": [{}]}', '{"tables": 1}'])
@pytest.mark.parametrize("words", [["rerun", "table2.json"], ["score", "--out", "."]])
def test_a_table_of_another_shape_is_a_corrupt_file(words, text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table2.json").write_text(text)
    assert repro(words) == 4
    said = capsys.readouterr().err
    assert said.startswith("error: table2.json: is no table's ")
    assert said.count("\n") == 1


def test_a_kept_run_that_is_nested_deeply_is_computed_again(tmp_path):
    told: list[str] = []
    kept = cache.Cache(tmp_path, False, told.append)
    path = cache.path_of(kept, SPEC, "key")
    path.parent.mkdir()
    path.write_text(DEEP)
    assert cache.look_up(kept, SPEC, "key") is None
    assert "nested too deeply" in told[0]


def test_a_constant_of_a_specification_may_be_known_up_to_an_error(tmp_path):
    file = tmp_path / "claims.toml"
    start = 'trace = "run.trace"\n[[claim]]\nholds = "value[k] >= fstar"\nconstants = { fstar = '
    file.write_text(start + "{ value = 0.1, error = 1e-12 } }")
    _, (found,) = read_specification(file)
    assert found.constants["fstar"] == {"value": 0.1, "error": 1e-12}
    for wrong in (
        "{ value = 0.1, error = -1 }",
        HUGE,
        "{ value = nan }",
        "{ more = 1 }",
    ):
        file.write_text(f"{start}{wrong} }}")
        with pytest.raises(InvalidInput, match="fstar"):
            read_specification(file)
