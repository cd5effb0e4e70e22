"""Runs of the engine as frames and as provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repro.engine import FinishedRun, Laboratory
from repro.spec import RunSpec

Runs = Mapping[RunSpec, FinishedRun]


@dataclass(frozen=True)
class Sources:
    """Where numbers come from: the laboratory's runs, and the folder of the tables' files."""

    laboratory: Laboratory
    results: Path


def provenance(runs: Runs) -> dict[str, Any]:
    """Every run with its specification, key, machine and code; whether it was kept is left out."""
    return {
        "runs": [
            {"spec": asdict(spec), "key": run.key, "notes": list(run.result.notes)}
            | dict(run.provenance)
            for spec, run in runs.items()
        ]
    }
