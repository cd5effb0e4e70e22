"""Traces with the shape of a right run and made-up numbers, and what every view makes of them.

In a right run most terms of an allowance are far below the largest, whole columns are 0, and a
coefficient that is wrong by one changes no verdict. Here every number is between ½ and 2, so that
each term of each formula counts: ``views.json`` has what the views make of them, as it was when
somebody last looked, and ``python tests/controls/made_up.py`` writes it anew. The numbers follow
from the names of their columns alone; of a run only keys, kinds of update and settings in words
are taken, so that no other machine's arithmetic is in them.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[i]) for i in (2, 1, 0)]

from theorem_mutants import SUBJECTS

from amverify.errors import InvalidInput
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context, Instances, Missing, Theorem
from amverify.theorems.standing import fingerprint
from amverify.trace.columns import KEYS
from amverify.trace.trace import Trace

FILE = Path(__file__).with_name("views.json")
SWEEPS = 4
"""So many are kept of a run, and the start."""


def number(name: str) -> float:
    """A number between ½ and 2 that follows from a name."""
    return float(numbers(name, 1)[0])


def numbers(name: str, count: int) -> np.ndarray:
    """So many of them; those of an error are a thousandth, and t ≥ 1 as it always is."""
    found = np.random.default_rng(crc32(name.encode())).uniform(0.5, 2.0, count)
    if name.endswith("_error"):
        return found / 1024
    return found + 0.5 if name == "blocks.t" else found


def invented(value: Any, name: str) -> Any:
    """Settings with a made-up number for each that is no whole one."""
    if isinstance(value, float):
        return number(name)
    if isinstance(value, Mapping):
        return {key: invented(v, f"{name}.{key}") for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [invented(v, f"{name}.{i}") for i, v in enumerate(value)]
    return value


def begun(trace: Trace, copies: int = 1, sweeps: int = SWEEPS) -> dict[str, dict[str, Any]]:
    """The tables of the first sweeps of a run, so many times over as replicates."""
    tables = {}
    for name in KEYS:
        if table := trace.table(name):
            kept = np.flatnonzero(np.asarray(table["sweep"]) <= sweeps)
            own = {c: np.repeat(values[kept], copies) for c, values in table.items()}
            own["replicate"] = own["replicate"] + np.tile(np.arange(copies), len(kept))
            tables[name] = own
    return tables


def made_up(trace: Trace) -> Trace:
    """The first sweeps of a run with made-up numbers: two replicates, but of a stochastic run."""
    tables = begun(trace, 1 if "resample" in trace.settings else 2)
    for name, own in tables.items():
        for column, values in own.items():
            if values.dtype.kind == "f":
                own[column] = numbers(f"{name}.{column}", len(values))
        for column, from_rest in (("inertia", 0), ("inertia_error", 0), ("displacement", 1)):
            if name == "sweeps" and column in own:
                own[column][own["sweep"] <= from_rest] = 0.0
    settings = invented(trace.settings, "settings")
    constants = {n: {"value": number(n)} for n in trace.constants}
    header = {**trace.header, "settings": settings, "constants": constants}
    return Trace(header, **tables)


def seen(subject: str) -> dict[str, dict[str, Any]]:
    """What the view of every conclusion sees that this subject claims; by theorem and name."""
    right, found = SUBJECTS[subject], {}
    trace = made_up(right.trace())
    for name in right.theorems:
        theorem = CATALOGUE[name]
        declared = {n: constant(n) for n in theorem.declarable if n in right.constants}
        for part in theorem.conclusions:
            try:
                said = told(part.view(Context(trace, declared)))
            except (Missing, InvalidInput) as lack:
                said = {"lacks": str(lack)}
            found[f"{name} · {part.inequality.name}"] = said
    return found


def besides(theorem: Theorem) -> dict[str, str]:
    """What a theorem says, proved or not, with what no fingerprint has: costs, what has to move."""
    formulas = [f for part in theorem.conclusions for f in (part.inequality, *part.conditions)]
    return {
        "says": "; ".join(f"{f.name}: {f}" for f in formulas),
        "fingerprint": fingerprint(theorem),
        "costs": ", ".join(f"{f.name}: {c}" for f in formulas for c in f.costs),
        "constants": ", ".join(f"{n} = {c}" for n, c in theorem.constants.items()),
        "moves": " ".join((*theorem.liveness, "fitted" * theorem.fitted)),
        "declared": " ".join(theorem.declarable),
        "given": ", ".join(f"{p.name} = {p.value}" for p in theorem.parameters),
        "unmonitored": ", ".join(said.name for said in theorem.unmonitored),
    }


def constant(name: str) -> float:
    """A declared constant; a memory is a whole number of steps, θ < 1."""
    return {"memory": 2.0, "theta": 0.625}.get(name, number(f"constant {name}"))


def told(found: Instances) -> dict[str, Any]:
    """What is seen, in a few numbers: each depends on every row and on where it stands."""
    at = [found.sweep, found.replicate]
    if found.blocks is not None:
        at += [found.blocks.codes]
    return {
        "rows": len(found),
        "keys": [summed(x) for x in at],
        "allowance": summed(found.allowance),
        "notes": [*found.notes, found.unseen, found.until, found.statistical],
        "named": dict(found.named),
        "values": {n: [summed(b.mid), summed(b.rad)] for n, b in sorted(found.values.items())},
    }


def summed(column: Any) -> list[float]:
    """How many numbers are not finite, and the sum of the others, each with a weight of its own."""
    x = np.atleast_1d(np.asarray(column, dtype=np.float64))
    known = np.isfinite(x)
    weights = 1 + np.arange(len(x)) % 7 / 8
    return [int((~known).sum()), math.fsum((weights * x)[known].tolist())]


def record() -> None:
    """Writes down what is seen now."""
    found = {"seen": {n: seen(n) for n in SUBJECTS}}
    found["theorems"] = {n: besides(CATALOGUE[n]) for n in CATALOGUE}
    FILE.write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
