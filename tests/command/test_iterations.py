"""A user's optimiser makes steps, a method of ours sweeps: every form of a report says which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from judged import falling, layered

from amverify.command.cli import main
from amverify.network.coupling import Band
from amverify.record.recorder import Recorder
from amverify.trace.file import save_trace
from amverify.trace.trace import Trace


def of_an_optimiser() -> Trace:
    """SGD that climbs from its third step on."""
    x = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, lambda: (x * x).sum())
    for k in range(6):
        optimizer.zero_grad()
        (x * x).sum().backward()
        for group in optimizer.param_groups:
            group["lr"] = 0.1 if k < 3 else -0.1
        optimizer.step()
    return recorder.trace()


def told(folder: Path, capsys: pytest.CaptureFixture[str], trace: Trace, *more: str) -> list[str]:
    """The report in all its forms, beside the header's own JSON."""
    save_trace(trace, folder / "run.trace")
    names = ("r.json", "r.xml", "r.html")
    files = [w for n in names for w in (f"--{n[2:].replace('xml', 'junit')}", str(folder / n))]
    main(["audit", str(folder / "run.trace"), *more, "-v", *files])
    printed = capsys.readouterr().out
    main(["replay", str(folder / "r.json")])
    replayed = capsys.readouterr().out
    findings = json.loads((folder / "r.json").read_text(encoding="utf-8"))["report"]["findings"]
    reasons = [finding["reason"] for finding in findings]
    texts = [(folder / name).read_text(encoding="utf-8") for name in names[1:]]
    return [printed, replayed, *reasons, *texts]


def test_steps_of_an_optimiser(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forms = told(tmp_path, capsys, of_an_optimiser(), "--theorem", "descent")
    assert all("step " in text for text in forms)
    assert not any("sweep" in text for text in forms)


def test_a_hypothesis_that_fails_at_a_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--theorem", "G1", "--constant", "L=100")
    printed = told(tmp_path, capsys, of_an_optimiser(), *given)[0]
    assert "NOT_APPLICABLE" in printed
    assert "step " in printed
    assert "sweep" not in printed


def test_sweeps_of_a_method(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = layered(Band(0.1))
    assert trace.iteration == "sweep"
    forms = told(tmp_path, capsys, trace, "--theorem", "M3")
    assert "sweep" in forms[0]
    assert " step " not in forms[0].partition("least relative slack:")[2]


@pytest.mark.parametrize("given", ["epoch", "", 3, None, ["step"]])
def test_another_word_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Any
) -> None:
    trace = falling([2.0, 1.0])
    save_trace(
        Trace({**trace.header, "iteration": given}, sweeps=trace.sweeps), tmp_path / "x.trace"
    )
    assert main(["audit", str(tmp_path / "x.trace"), "--theorem", "descent"]) == 2
    assert "header, iteration" in capsys.readouterr().err
