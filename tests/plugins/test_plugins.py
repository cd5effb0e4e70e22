"""Plugins of others: found by name, imported late, and a broken one breaks nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

import amverify as amv
from amverify import plugins
from amverify.command.cli import main
from amverify.errors import InvalidInput
from amverify.falsification.methods import method
from amverify.families import Family, family
from amverify.plugins import points
from amverify.theorems.catalogue import everything

THEIRS = """
from dataclasses import replace
from amverify.theorems import CATALOGUE

X1 = replace(CATALOGUE["descent"], id="X1", title="theirs")
other = replace(CATALOGUE["descent"], id="other")
number = 3

def halving(x, grad, state):
    return x / 2
"""
BOWLS = """
from dataclasses import replace
from amverify.families import FAMILIES

bowls = replace(FAMILIES["quadratic"], name="bowls")
"""
POINTS = """
[amverify.theorems]
X1 = theirs:X1
X2 = theirs:missing
X3 = not_there:X3
X4 = theirs:number
X5 = theirs:other
T1 = theirs:X1

[amverify.families]
bowls = their_bowls:bowls

[amverify.methods]
halving = theirs:halving
wrong = theirs:number
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path, monkeypatch):
    """A package with entry points, as pip would install it."""
    told = tmp_path / "theirs-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(POINTS)
    (tmp_path / "theirs.py").write_text(THEIRS)
    (tmp_path / "their_bowls.py").write_text(BOWLS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(points, "_told", set())
    yield
    for name in ("theirs", "their_bowls"):
        sys.modules.pop(name, None)


def test_a_theorem_of_theirs_is_found_by_its_id():
    found = amv.theorem("X1")
    assert found.title == "theirs"
    assert amv.theorem("T1").title == "block descent", "ours come first"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("X2", "plugin 'X2' of theirs (amverify.theorems) cannot be loaded: AttributeError: "),
        ("X3", "plugin 'X3' of theirs (amverify.theorems) cannot be loaded: ModuleNotFoundError"),
        ("X4", "plugin 'X4' of theirs (amverify.theorems) is a int, not a Theorem"),
        ("X5", "plugin 'X5' of theirs (amverify.theorems) calls itself 'other'"),
        ("X6", "unknown theorem 'X6'"),
    ],
)
def test_a_broken_one_is_told_in_one_line(name, why):
    with pytest.raises(InvalidInput) as caught:
        amv.theorem(name)
    assert str(caught.value).startswith(why)
    assert "\n" not in str(caught.value)


def test_all_are_listed_and_each_broken_one_is_a_line_once(capsys):
    assert [name for name in everything() if name not in amv.CATALOGUE] == ["X1"]
    told = capsys.readouterr().err.splitlines()
    assert [line.split("'")[1] for line in told] == ["T1", "X2", "X3", "X4", "X5"]
    assert all(line.startswith("warning: plugin ") and "of theirs" in line for line in told)
    everything()
    assert not capsys.readouterr().err


def test_on_the_command_line(capsys):
    assert main(["theorems", "X1"]) == 0
    assert "theirs" in capsys.readouterr().out
    assert main(["theorems", "-q"]) == 0
    listed = capsys.readouterr()
    assert "X1" in listed.out.split()
    assert main(["theorems", "T1"]) == 0
    assert not capsys.readouterr().err, "who asks for one of ours hears nothing of others"


def test_a_family_of_theirs():
    assert isinstance(family("bowls"), Family)
    assert family("bowls").draw(3).dimension >= 2
    assert plugins.names(plugins.FAMILIES) == ["bowls"]
    with pytest.raises(InvalidInput, match="not one of"):
        family("cups")


def test_a_method_of_theirs():
    name, step = method("halving")
    assert (name, step(4.0, None, {})) == ("halving", 2.0)
    with pytest.raises(InvalidInput, match=r"plugin 'wrong' of theirs .* is a int, not a Callable"):
        method("wrong")
    with pytest.raises(InvalidInput, match="not one of gradient_descent"):
        method("doubling")


def test_nothing_is_imported_before_it_is_asked_for(tmp_path):
    code = (
        "import sys, amverify as amv; amv.theorem('T1'); assert 'theirs' not in sys.modules; "
        "amv.theorem('X1'); assert 'theirs' in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
