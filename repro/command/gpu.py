"""``gpu``: every check and benchmark that wants a GPU, and a JSON file with the card's name."""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.markup import escape

from amverify.errors import InvalidInput
from amverify.files import write
from repro.command.options import interruptible
from repro.engine.provenance import commit, hardware, versions
from repro.gpu.checks import CHECKS
from repro.gpu.plan import Outcome, outcomes
from repro.gpu.times import TIMES

COLOURS = {"passed": "green", "failed": "red", "skipped": "yellow", "measured": "cyan"}
NO_CARD = (
    "skipped: torch sees no CUDA device ({}); run this where there is one, "
    "or try the parts out with --device cpu"
)


@interruptible()
def gpu_report(device: str, file: Path, seconds: float, screen: Console) -> int:
    """Carry out every part; returns 1 if a check failed, 0 otherwise, also where none is at hand.

    Raises:
        InvalidInput: for a device that torch does not have.
        CannotWrite: if the file cannot be written.
    """
    place = _device(device)
    if place is None:
        build = "a CPU build" if torch.version.cuda is None else f"CUDA {torch.version.cuda}"
        screen.print(NO_CARD.format(build), soft_wrap=True)
        return 0
    card = torch.cuda.get_device_name(place) if place.type == "cuda" else "CPU"
    screen.print(f"{escape(card)}, torch {torch.__version__}", soft_wrap=True)
    found: list[Outcome] = []
    for outcome in outcomes((*CHECKS, *TIMES), place, seconds):
        found.append(outcome)
        said = f"[{COLOURS[outcome.state]}]{outcome.state:>8}[/]  {outcome.name}: "
        screen.print(said + escape(outcome.said), soft_wrap=True)
        write(file, _json(card, found))
    screen.print(f"written: {file}", soft_wrap=True)
    return int(any(outcome.state == "failed" for outcome in found))


def _device(device: str) -> torch.device | None:
    """The device asked for; None where it is a GPU and there is none."""
    if device not in ("cuda", "cpu"):
        raise InvalidInput(f"--device: cuda or cpu, got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        return None
    return torch.device(device)


def _json(card: str, found: list[Outcome]) -> str:
    head = {
        "device": card,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cuda": torch.version.cuda,
        "commit": commit(),
        "versions": versions(),
        "hardware": hardware(),
        "threads": torch.get_num_threads(),
    }
    body = head | {"parts": [outcome.as_json() for outcome in found]}
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"
