"""``amverify kl``: what it prints, writes and returns, and one line for each bad input."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from judged import here

from amverify.command.cli import main
from amverify.subject import process

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
import sympy, torch
from torch import nn
from torch.nn import functional as F
import amverify as amv

w, v = sympy.symbols("w v", real=True)
deep = (w * v - 1) ** 2
net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
def network(x, y): return F.cross_entropy(net(x), y)
def pair(): return net, (torch.ones(2, 3),)
def ridge(): return sum((p ** 2).sum() for p in net.parameters())
def layered():
    x, y = torch.ones(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    return amv.LayeredProblem(x, y, (3, 4, 2), 1.0, mu=0.1, mu_bias=0.1)
class Wide(nn.Module):
    def __init__(self, width): super().__init__()
def wave(x): return torch.sin(x).sum()
def raises(): raise RuntimeError("not today")
def sleeps():
    import time
    time.sleep(60)
def shaped(x): return x.reshape(17, 23).sum()
number = 3
"""


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


ALONE = {"losses:network", "losses:raises", "losses:sleeps", "nowhere:loss"}
"""Subjects that the tests, too, give a process of their own, as users' are; others share one."""


@pytest.fixture
def kl(tmp_path, monkeypatch, capsys):
    """The command in this process; the loss has one of its own where it is in ``ALONE``."""
    (tmp_path / "losses.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{tmp_path}")

    monkeypatch.syspath_prepend(str(tmp_path))
    apart = process.watched

    def start(*arguments):
        shared = not ALONE & set(arguments)
        monkeypatch.setattr(process, "watched", here if shared else apart)
        for name in ("losses", "my_losses"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        status = main(["kl", *arguments])
        return Done(status, *capsys.readouterr())

    start.folder = tmp_path
    return start


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["losses:deep"], "θ = 1 − 1/(4·9^1)"),
        (["losses:network", "--input", "x=8,3", "--input", "y=8:int"], "ℝ_exp"),
        (["losses:pair"], "ℝ_exp"),
        (["losses:ridge"], "θ = 1/2"),
        (["losses:layered"], "by TB"),
        (["losses:wave", "--box", "-1,1"], "globally subanalytic"),
    ],
)
def test_certified(kl, arguments, said):
    done = kl(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "CERTIFIED" in done.stdout
    assert said in done.stdout


def test_undecided_is_three_and_names_the_place(kl):
    done = kl("losses:wave")
    assert done.returncode == 3
    assert done.stderr == ""
    assert "UNDECIDED" in done.stdout
    assert "sin (node sin) at losses.py, line 18: def wave(x): return" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["losses"], "write it as module:loss"),
        (["nowhere:loss"], "there is no module nowhere here"),
        (["losses:dep"], "did you mean deep"),
        (["losses:number"], "expected a sympy expression, a torch module or function"),
        (["losses:Wide"], "a class that needs arguments"),
        (["losses:raises"], "not today"),
        (["losses:sleeps", "--time-limit", "1"], "--time-limit"),
        (["losses:shaped"], "pass --input NAME=2,3"),
        (["losses:wave", "--box", "x"], "write it as NAME=LOW,HIGH"),
        (["losses:wave", "--box", "x=1,-1"], "low < high"),
        (["losses:wave", "--box", "u=0,1"], "no variable has that name; there are x"),
        (["losses:wave", "--input", "x=0"], "write it as NAME=2,3"),
        (["losses:network", "--input", "x=8,3"], "also give y"),
    ],
)
def test_bad_input_is_one_line(kl, arguments, said):
    done = kl(*arguments)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_json_in_a_file_and_on_standard_output(kl):
    file = kl.folder / "certificate.json"
    assert kl("losses:deep", "-q", "--json", str(file)).stdout == ""
    stored = json.loads(file.read_text(encoding="utf-8"))
    printed = json.loads(kl("losses:deep", "--json", "-").stdout)
    assert stored == printed
    assert stored["certified"] is True
    assert stored["structure"] == "semialgebraic"
    assert stored["exponent"]["kind"] == "known"
    undecided = json.loads(kl("losses:wave", "--json", "-").stdout)
    assert undecided["certified"] is False
    assert undecided["broken_at"]["place"].startswith("losses.py, line 18")


def test_the_page_shows_what_is_printed(kl):
    """docs/kl.md, its example."""
    page = (ROOT / "docs/kl.md").read_text(encoding="utf-8")
    source = page.split("```python\n")[1].split("```")[0]
    (kl.folder / "my_losses.py").write_text(source, encoding="utf-8")
    shown = page.split("```text\n")[1].split("```")[0]
    told = ""
    for line in shown.splitlines():
        if line.startswith("$ amverify kl "):
            told += f"{line}\n" + kl(*line.split()[3:]).stdout
    assert told == shown
