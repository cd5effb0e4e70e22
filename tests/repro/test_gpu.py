"""``python -m repro gpu``, tried out on a CPU: its parts, what they find, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from repro.command.cli import main
from repro.gpu import checks
from repro.gpu.checks import CHECKS
from repro.gpu.plan import Failed, Figures, Named, Skipped, outcomes
from repro.gpu.times import TIMES
from tests.support.long import few

CPU = torch.device("cpu")


def test_without_a_card_it_says_so_and_ends_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["gpu", "--file", str(tmp_path / "gpu.json")]) == 0
    assert "skipped: torch sees no CUDA device" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_checks_on_a_cpu_pass_or_say_what_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("repro.command.gpu.TIMES", ())
    file = tmp_path / "gpu.json"
    assert main(["gpu", "--device", "cpu", "--file", str(file)]) == 0
    written: dict[str, Any] = json.loads(file.read_text())
    assert written["device"] == "CPU"
    assert written["versions"]["torch"] == torch.__version__
    states = {part["name"]: part["state"] for part in written["parts"]}
    assert states.pop("no synchronisation") == states.pop("CUDA graphs") == "skipped"
    assert set(states.values()) <= {"passed", "skipped"}
    assert states["same iterates"] == states["SAMT"] == "passed"
    assert "needs a CUDA device" in capsys.readouterr().out


def test_iterates_that_differ_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    true = checks._run
    made: list[int] = []

    def off(*given: Any) -> Any:
        made.append(1)
        return [u + 1e-3 * (len(made) % 2) for u in true(*given)]

    monkeypatch.setattr(checks, "_run", off)
    (outcome,) = outcomes(CHECKS[:1], CPU, 60)
    assert outcome.state == "failed"
    assert "of the largest entry (at most 1e-06)" in outcome.said


def test_a_part_that_raises_stops_no_other_and_a_spent_budget_stops_all() -> None:
    def raising(_: torch.device) -> tuple[str, Figures]:
        raise RuntimeError("CUDA error:\n out of memory")

    def lacking(_: torch.device) -> tuple[str, Figures]:
        raise Skipped("no such library")

    def wrong(_: torch.device) -> tuple[str, Figures]:
        raise Failed("off by 1")

    def fine(_: torch.device) -> tuple[str, Figures]:
        return "3 ms", {"s": 0.003}

    parts = [Named(part.__name__, part, check=True) for part in (raising, lacking, wrong, fine)]
    found = list(outcomes(parts, CPU, 60))
    assert [o.state for o in found] == ["failed", "skipped", "failed", "passed"]
    assert found[0].said == "RuntimeError: CUDA error: out of memory"
    assert [o.state for o in outcomes(parts, CPU, 0)] == ["skipped"] * 4


def test_a_device_that_torch_lacks_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpu", "--device", "tpu"]) == 2
    assert "--device: cuda or cpu, got 'tpu'" in capsys.readouterr().err


@pytest.mark.parametrize("name", few([named.name for named in TIMES], keep=3))
def test_times_are_measured(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.gpu.clock.REPEATS", 1)
    monkeypatch.setattr("repro.gpu.times.ON_CPU", 256)
    (outcome,) = outcomes([part for part in TIMES if part.name == name], CPU, 60)
    assert outcome.state == "measured", outcome.said
    assert outcome.figures
