r"""What ``python -m proofs check`` prints: a row for each theorem, and what has to be trusted.

The line counts are taken from the files as they are: a module's imports are followed, so that a
module on which the kernel comes to depend is counted from that day on.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from proofs.theorems.catalogue import Outcome

FOLDER = Path(__file__).parents[1]
KERNEL = ("kernel/checker",)
"""Nothing but these, and what they import, makes a theorem."""
SCRIPT = (
    *(
        "grants",
        "facts",
        "steps",
        "powers",
        "means",
        "ledger",
        "chains",
        "proving",
        "links",
        "whole",
        "ground",
        "sequences",
    ),
    *("bound", "translate", "lengths", "cited", "sweeps"),
)
GRANTS = (*(f"script/{name}" for name in SCRIPT), "theorems/catalogue")
"""What says which hypotheses may be granted, and that a theorem of the kernel is the object's."""
SETTINGS = ("settings", "settings_blocks", "settings_metric", "settings_run", "settings_sequences")
COQ = tuple(f"coq/{name}" for name in ("statements", "gallina", *SETTINGS, "run"))
"""What says to Coq what is to be proved, and reads its answer."""
COLUMNS = {
    "conditions": "conditions",
    "hypotheses": "hypotheses",
    "definitions": "definitions",
    "facts": "facts",
    "instances": "instances",
}
"""Keys of ``Outcome.rests``, and how they are headed."""


def row(name: str, made: Outcome, z3: str) -> dict[str, Any]:
    """What is known of a theorem that the kernel accepted."""
    return {
        "theorem": name,
        "title": made.theorem.title,
        "kernel": "proved",
        "steps": made.steps,
        "certificates": made.certificates,
        "rests on": dict(made.rests),
        "assumptions": [{"text": f.text, "source": f.source} for f in made.facts],
        "not monitored": [said.text for said in made.theorem.unmonitored],
        "z3": z3,
        "seconds": made.seconds,
    }


def table(rows: Sequence[Mapping[str, Any]], seconds: float) -> Table:
    """The rows for print."""
    found = Table(box=None, pad_edge=False)
    for name in ("", "kernel", "z3", "Coq"):
        found.add_column(name, no_wrap=True)
    for name in ("steps", "certificates", *COLUMNS.values(), "ms"):
        found.add_column(name, justify="right")
    for one in rows:
        found.add_row(*_cells(one))
    proved = sum(one["kernel"] == "proved" for one in rows)
    facts = {f["text"] for one in rows for f in one.get("assumptions", ())}
    found.caption = (
        f"{proved} of {len(rows)} proved, {len(facts)} facts taken from analysis, {seconds:.1f} s"
    )
    return found


def _cells(one: Mapping[str, Any]) -> list[str]:
    if one["kernel"] == "open":
        return [one["theorem"], "OPEN", "", one.get("coq", "not run")]
    counts = [one["steps"], one["certificates"], *(one["rests on"][key] for key in COLUMNS)]
    return [
        *(one["theorem"], one["kernel"], one["z3"], one.get("coq", "not run")),
        *map(str, counts),
        f"{1e3 * one['seconds']:.0f}",
    ]


def trusted(coq: bool) -> list[str]:
    """Lines on what has to be believed, with counts from the files."""
    kernel = reached(KERNEL)
    grants = [*GRANTS, *sorted(reached(("script/grants", "script/facts")) - kernel - set(GRANTS))]
    said = [
        f"to be trusted: the kernel ({_counted(sorted(kernel))}),",
        f"what may be granted ({_counted(grants)}),",
        "and, theorem by theorem, the hypotheses and facts in the columns above",
    ]
    if coq:
        said.append(f"for Coq: its own kernel, and what it is asked ({_counted(COQ)})")
    return said


def _counted(names: Sequence[str]) -> str:
    lines = sum(len(_text(name).splitlines()) for name in names)
    return f"{lines} lines: {', '.join(names)}"


def _text(name: str) -> str:
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8")


def reached(names: Sequence[str]) -> set[str]:
    """Modules of this folder, and those of it that they import, directly or not."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _imported(name)
    return found


def _imported(name: str) -> list[str]:
    modules = []
    for node in ast.walk(ast.parse(_text(name))):
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            whole = [alias.name for alias in node.names]
        else:
            continue
        ours = [m.removeprefix("proofs.") for m in whole if m.startswith("proofs.")]
        modules += [m.replace(".", "/") for m in ours]
    return [m for m in modules if (FOLDER / f"{m}.py").is_file()]
