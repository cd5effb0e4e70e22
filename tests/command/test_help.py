"""--help, --version, completion, -q: of all three commands, and every example in the help runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from judged import ROOT, Process, here
from typer.main import get_command

import amverify.command.cli
import paper_figures.command.cli
import proofs.command.cli
import repro.command.cli
from amverify.console.shell import run
from amverify.falsification import falsify
from amverify.families import draw
from amverify.families.loops.gradient import gradient_descent
from amverify.subject import process
from amverify.theorems.catalogue import CATALOGUE
from amverify.trace.file import save_trace
from repro.names import CONTENTS
from repro.tables import TABLES

APPS = {
    "amverify": amverify.command.cli,
    "python -m proofs": proofs.command.cli,
    "python -m repro": repro.command.cli,
}
HELPED = {**APPS, "python -m paper_figures": paper_figures.command.cli}
MODULES = ("amverify", "proofs", "repro")


def commands() -> Iterator[tuple[str, str, str]]:
    """Program, command and epilog of every help."""
    for program, module in APPS.items():
        group = get_command(module.app)
        yield program, "", group.epilog or ""
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            yield program, name, command.epilog or ""


def examples() -> list[tuple[str, str, list[str]]]:
    """Program, command and the arguments of every example in a help, after the program's name."""
    found = []
    for program, command, epilog in commands():
        lines = [line for line in epilog.splitlines() if line.startswith(("amverify ", "python "))]
        assert lines, f"{program} {command} has no example"
        for line in lines:
            assert line.startswith(program), line
            said = line.partition(" &&")[0].removeprefix(program)
            found.append((program, command, shlex.split(said, comments=True)))
    return found


@pytest.mark.parametrize(("program", "command", "arguments"), examples(), ids=str)
def test_an_example_belongs_to_its_command_and_parses(
    program: str, command: str, arguments: list[str]
) -> None:
    assert arguments[:1] == [command] or (command == "" and program != "")
    group = get_command(APPS[program].app)
    with group.make_context(program, list(arguments)) as context:
        if not arguments:
            return
        name, found, rest = group.resolve_command(context, list(arguments))  # type: ignore[attr-defined]
        if hasattr(found, "commands"):  # a group within the group
            name, found, rest = found.resolve_command(context, rest)
        with found.make_context(name, rest, parent=context) as inner:
            assert not inner.args


def cheap() -> list[tuple[str, list[str]]]:
    """The examples that take no minutes, no Coq, no solver and write nothing of the package."""
    slow = ("record", "search", "tune", "tune-stochastic", "all")
    found = []
    for program, _, arguments in examples():
        words = set(arguments)
        if program == "python -m repro":
            quick = arguments[:1] == ["list"] or ("--no-download" in words and "digits" in words)
        else:
            quick = bool(arguments) and arguments[0] not in slow and "--coq" not in words
        if quick:
            found.append((program, arguments))
    return found


SUBJECT = """
from pathlib import Path
from amverify.trace.file import load_trace
def my_run(): return load_trace(Path("run.trace"))
"""
LOSSES = """
import torch
from torch import nn
from torch.nn import functional as F
net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
def loss(w): return (w ** 2).sum()
def huber(r): return F.huber_loss(r, torch.zeros_like(r))
def network(x, y): return F.cross_entropy(net(x), y)
class Siren(nn.Module):
    def __init__(self): super().__init__(); self.net = nn.Linear(2, 4)
    def forward(self, x): return torch.sin(30 * self.net(x)).sum()
siren = Siren()
"""
STEPS = "def step(x, grad, state, *, L): return x - 2.05 * grad(x) / L\n"
CLAIMS = 'trace = "run.trace"\n[[claim]]\ntheorem = "H1"\nconstants = { a = 0.5 }\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, traces: Path) -> Path:
    """A folder with what the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    save_trace(gradient_descent(draw("flat_valley", 0), 600), folder / "run.trace")
    (folder / "my_module.py").write_text(SUBJECT, encoding="utf-8")
    (folder / "my_losses.py").write_text(LOSSES, encoding="utf-8")
    (folder / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    (folder / "my_steps.py").write_text(STEPS, encoding="utf-8")
    found = falsify("value[k] <= value[k-1]", "gradient_descent", "quadratic",
                    parameters={"eta": "2.05/L"}, examples=20)  # fmt: skip
    found.save(folder / "counterexample.json")
    audited = ["audit", str(traces / "bad.trace"), "--theorem", "descent", "-q", "--json"]
    assert run(APPS["amverify"].app, "amverify", [*audited, str(folder / "report.json")]) == 1
    for name in ("square", "a", "b"):
        given = ["certify", "x**2", "-q", "--save", str(folder / f"{name}.json")]
        assert run(APPS["python -m proofs"].app, "proofs", given) == 0
    return folder


FIRST_KL = next(arguments for _, arguments in cheap() if arguments[0] == "kl")


@pytest.mark.parametrize(("program", "arguments"), cheap(), ids=str)
def test_an_example_runs(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: str,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{place}")
    if arguments[0] == "kl" and arguments != FIRST_KL:  # test_kl.py has the processes
        monkeypatch.syspath_prepend(str(place))
        monkeypatch.setattr(process, "watched", here)
    status = APPS[program].main(arguments)
    printed = capsys.readouterr()
    assert status in ((0, 1, 3) if program == "amverify" else (0,)), printed
    assert not printed.err


def test_contents_are_those_of_the_tables() -> None:
    assert list(CONTENTS) == list(TABLES)
    assert all(entry.contents == CONTENTS[name] for name, entry in TABLES.items())


WITHOUT = """
import sys
from {module} import main
status = main({arguments!r})
heavy = [name for name in {modules!r} if name in sys.modules]
sys.exit(str(heavy) if heavy else status)
"""
TELLING = ("torch", "scipy", "sklearn", "matplotlib", "pandas", "numba", "z3", "cvxpy")
"""Modules that no command needs that only tells what there is."""
HELPING = (*TELLING, "sympy", "numpy")
"""Those that no help needs: each takes longer to import than the help to show."""


def alone(text: str) -> subprocess.CompletedProcess[bytes]:
    """What an interpreter of its own says to this."""
    return subprocess.run(
        [sys.executable, "-c", text], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("program", HELPED)
def test_help_needs_nothing_heavy(program: str) -> None:
    module = HELPED[program]
    for arguments in (["--help"], ["--version"], ["nonsense"]):
        text = WITHOUT.format(module=module.__name__, arguments=arguments, modules=HELPING)
        done = alone(text)
        assert done.returncode == (2 if arguments == ["nonsense"] else 0), done.stderr


@pytest.mark.parametrize("program", HELPED)
def test_every_command_has_help_without_what_is_heavy(program: str) -> None:
    """In one process, since each import costs a second."""
    own = list(get_command(HELPED[program].app).commands)  # type: ignore[attr-defined]
    text = WITHOUT.replace(
        "main({arguments!r})", "max(main([name, '--help']) for name in {arguments!r})"
    ).format(module=HELPED[program].__name__, arguments=own, modules=HELPING)
    done = alone(text)
    assert done.returncode == 0, done.stderr
    told = done.stdout.decode()
    assert all(f"{program} {name} " in told for name in own)


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("python -m repro", ["list"]), ("python -m repro", ["published", "check"]),
     ("python -m paper_figures", ["list"]), ("amverify", ["theorems"])],
    ids=str,
)  # fmt: skip
def test_what_only_tells_computes_nothing(program: str, arguments: list[str]) -> None:
    if arguments[-1] == "check":
        arguments = [*arguments, str(ROOT / "repro" / "published" / "tiam.toml")]
    module = HELPED[program].__name__
    text = WITHOUT.format(module=module, arguments=arguments, modules=TELLING)
    done = alone(text)
    assert done.returncode == 0, done.stderr


def test_the_version_and_the_commit_of_a_checkout(process: Process) -> None:
    for module in MODULES:
        done = process(module, "--version")
        told = done.stdout.decode()
        assert done.returncode == 0
        assert re.fullmatch(r"amverify \d+\.\d+\.\d+( \(commit [0-9a-f]{12}.*\))?\n", told)
        assert ("commit" in told) == (ROOT / ".git").exists()


def as_program(name: str, module: str, *arguments: str, **shell: str) -> tuple[int, str, str]:
    """What an installed program does: ``(status, output, errors)``."""
    text = f"import sys; sys.argv[0] = {name!r}; from {module}.__main__ import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **shell},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


PROGRAMS = {
    "amverify": ("amverify", "audit"),
    "amverify-proofs": ("proofs", "certify"),
    "amverify-repro": ("repro", "mdlam_setting"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_shell_completes_commands(program: str) -> None:
    module, command = PROGRAMS[program]
    variable = f"_{program}_COMPLETE".replace("-", "_").upper()
    words = {"COMP_WORDS": f"{program} {command[:-2]}", "COMP_CWORD": "1"}
    status, out, err = as_program(program, module, **{variable: "complete_bash"}, **words)
    assert (status, out.split(), err) == (0, [command], "")
    assert "--install-completion" in as_program(program, module, "--help")[1]


def test_a_shell_completes_theorems() -> None:
    words = {"COMP_WORDS": "amverify audit x.trace --theorem T", "COMP_CWORD": "4"}
    status, out, _ = as_program("amverify", "amverify", _AMVERIFY_COMPLETE="complete_bash", **words)
    assert status == 0
    assert set(out.split()) == {name for name in CATALOGUE if name.startswith("T")}


def test_a_script_for_a_shell_and_a_shell_that_is_none() -> None:
    told = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    status, out, _ = as_program("amverify", "amverify", "--show-completion", "bash", **told)
    assert status == 0
    assert "_AMVERIFY_COMPLETE=complete_bash" in out
    status, out, err = as_program("amverify", "amverify", "--show-completion", "tcl", **told)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_as_a_module_no_completion_is_installed_for_python() -> None:
    for module in MODULES[1:]:
        text = subprocess.run(
            [sys.executable, "-m", module, "--help"],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
        assert f"amverify-{module} --install-completion" in " ".join(text.split())
        assert "--show-completion" not in text


@pytest.mark.parametrize(("name", "status"), [("good", 0), ("bad", 1), ("absent", 2)])
def test_quiet_leaves_the_status_and_the_files(
    traces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, status: int
) -> None:
    file = tmp_path / "r.json"
    given = ["audit", str(traces / f"{name}.trace"), "--theorem", "descent", "-q"]
    assert APPS["amverify"].main([*given, "--json", str(file)]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert bool(printed.err) == (status == 2)
    assert file.exists() == (status != 2)
    if file.exists():
        assert APPS["amverify"].main(["replay", str(file), "-q"]) == status
        assert capsys.readouterr().out == ""


def test_quiet_of_proofs_and_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert APPS["python -m proofs"].main(["check", "T1", "--no-z3", "--quiet"]) == 0
    words = ["table1", "--data", "digits", "--no-download", "--out", str(tmp_path), "-q"]
    assert APPS["python -m repro"].main(words) == 0
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""
    assert (tmp_path / "table1.md").exists()
