"""What other repositories call: the pre-commit hook, and lines of the workflows in the pages."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import torch
from pages import ROOT, blocks
from test_names_in_docs import fault

import amverify as amv
from amverify.command.cli import main

yaml = pytest.importorskip("yaml", reason="the extra docs is not installed")
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
COMMAND = [*shlex.split(HOOK["entry"]), *HOOK["args"]]


def repository(folder: Path, lr: float) -> None:
    """A run, and a file that claims descent of it."""
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr)
    recorder = amv.Recorder.attach(optimizer, lambda: 0.5 * (x * x).sum())
    for _ in range(5):
        x.grad = x.detach().clone()
        optimizer.step()
    amv.save_trace(recorder.trace(), folder / "run.trace")
    (folder / "claims.toml").write_text(
        'trace = "run.trace"\n\n[[claim]]\nholds = "value[k] <= value[k-1]"\n'
    )


@pytest.mark.parametrize(("lr", "status"), [(0.5, 0), (2.5, 1)])
def test_the_hook_fails_where_a_claim_does(lr: float, status: int, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    repository(tmp_path, lr)
    assert fault(COMMAND) == ""
    assert main(COMMAND[1:]) == status


def test_the_page_names_the_hook():
    text = "".join(block.text for block in blocks("yaml"))
    assert f"id: {HOOK['id']}" in text


def test_commands_in_workflows_exist():
    lines = [line for b in blocks("yaml") for line in re.findall(r"(?:run|entry): (.+)", b.text)]
    assert len(lines) >= 3
    assert {line: said for line in lines if (said := fault(shlex.split(line)))} == {}
