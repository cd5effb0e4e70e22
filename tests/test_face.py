"""The face: what ``import amverify as amv`` offers, what it costs, and that it is documented."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from enum import EnumMeta
from pathlib import Path
from types import ModuleType

import pytest

import amverify as amv

HERE = Path(__file__).parent
SOURCE = ast.parse(Path(amv.__file__).read_text(encoding="utf-8"))
NAMES = [name for name in amv.__all__ if not isinstance(getattr(amv, name), (str, dict))]
BLOCKED = "import sys; sys.modules['torch'] = None; sys.argv[1:] = {arguments!r}; {start}"
AMVERIFY = "from amverify.__main__ import run; run()"
PROOFS = "import runpy; runpy.run_module('proofs', run_name='__main__')"


def alone(code: str) -> subprocess.CompletedProcess[str]:
    """``code`` in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_names_are_those_that_are_stored():
    """An API change is seen: who means it writes the new list."""
    stored = (HERE / "face_names.txt").read_text(encoding="utf-8").split()
    assert sorted(amv.__all__) == stored


def test_every_name_resolves_and_is_seen_by_dir():
    assert all(getattr(amv, name) is not None for name in amv.__all__)
    assert set(amv.__all__) <= set(dir(amv))
    assert amv.theorem("T1") is amv.theorems.CATALOGUE["T1"] is amv.CATALOGUE["T1"]


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'recorder'"):
        amv.recorder  # noqa: B018


def test_editors_and_mypy_see_the_same_names():
    """What is imported under TYPE_CHECKING is what is loaded when it is used, from there."""
    (block,) = (node for node in SOURCE.body if isinstance(node, ast.If))
    told = {
        alias.name: f"{node.module}".removeprefix("amverify").lstrip(".")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(told) | {"__version__"} == set(amv.__all__)
    assert told == amv._HOME | {"theorems": "", "families": ""}


def test_importing_it_loads_nothing():
    code = """
        import sys, time
        start = time.perf_counter()
        import amverify
        assert time.perf_counter() - start < 0.15, time.perf_counter() - start
        heavy = {"torch", "numpy", "sympy", "rich", "jinja2"} & set(sys.modules)
        assert not heavy, heavy
    """
    done = alone(textwrap.dedent(code))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["--help"], AMVERIFY),
        (["audit", "--help"], AMVERIFY),
        (["theorems"], AMVERIFY),
        (["theorems", "T1"], AMVERIFY),
        (["replay", "--help"], AMVERIFY),
        (["kl", "--help"], AMVERIFY),
        (["--help"], PROOFS),
        (["check", "T1"], PROOFS),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else given.split()[-1],
)
def test_without_torch(arguments, start):
    done = alone(BLOCKED.format(arguments=arguments, start=start))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_that_torch_is_blocked():
    """The test above would see an import of torch."""
    done = alone(BLOCKED.format(arguments=[], start="import amverify.samt"))
    assert done.returncode != 0
    assert "torch" in done.stderr


def parts(name: str) -> list[object]:
    """A public function; or a public class, with its own public methods."""
    found = getattr(amv, name)
    if not isinstance(found, type):
        return [found]
    own = [
        member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        for key, member in vars(found).items()
        if not key.startswith("_")
    ]
    return [found, *(member for member in own if inspect.isfunction(member))]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_documented(name):
    for part in parts(name):
        text = inspect.getdoc(part) or ""
        assert text.strip(), f"{name}: {part} has no docstring"
    assert len(inspect.getdoc(getattr(amv, name)) or "") > 40, f"{name}: too short to tell"


def raised(part: object) -> set[str]:
    """The exceptions that its own code raises by name."""
    code = part.__init__ if isinstance(part, type) else part
    post = getattr(part, "__post_init__", None) if isinstance(part, type) else None
    found = set()
    for function in filter(inspect.isfunction, (code, post)):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except OSError:  # a dataclass's own __init__
            continue
        found |= {
            node.exc.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and isinstance(node.exc.func, ast.Name)
        }
    return found


@pytest.mark.parametrize("name", NAMES)
def test_errors_are_documented(name):
    """An exception that a public function or constructor raises is in its docstring."""
    if isinstance(getattr(amv, name), ModuleType | EnumMeta):
        return
    for part in parts(name):
        for error in raised(part):
            assert error in (inspect.getdoc(part) or ""), f"{name}, {part}: {error} is not told"
