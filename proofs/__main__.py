"""The command line of the proofs.

``python -m proofs [check | show | search | certify | recheck | record]``

| exit status | meaning |
|---|---|
| 0 | everything asked for is proved |
| 1 | a theorem is open: a step was refused, or z3 or Coq disagrees |
| 2 | bad input: unknown id, no such file, no formula |
| 3 | ``certify`` found nothing: undecided |
| 5 | a certificate file is not what it should be |
| 6 | a result could not be written |
| 130 | interrupted |
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from amverify.commandline import run
from amverify.files import write
from amverify.theorems import standing
from amverify.theorems.standing import fingerprint
from proofs import checker, coqrun, groups, necessity, opinion, sos, sos_io
from proofs import search as search_
from proofs.certificates_io import load, save
from proofs.formulas import parse
from proofs.polynomial import Refused
from proofs.show import as_latex, as_text

EPILOG = """Examples:

\b
python -m proofs                      every theorem, one line each
python -m proofs check T1 T3          exit 1 if anything is open
python -m proofs check --coq          with Coq as well
python -m proofs show T2              the proof, line by line
python -m proofs show T2 --latex
python -m proofs search T2            find the multipliers again
python -m proofs certify "x**4 + y**4 - 2*x*x*y*y"        any polynomial inequality
python -m proofs certify "1 - x*x" --given "1 - x" --given "1 + x" --save square.json
python -m proofs recheck square.json
python -m proofs record               what audit reports show as “proved”
"""
NAME = "python -m proofs"
STATUSES: dict[type[Exception], int] = {Refused: 1}
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The theorems' proofs, checked exactly from the formulas that the monitor evaluates.",
    epilog=EPILOG,
)
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Theorems; else all.")]
Folder = Annotated[
    Path | None, typer.Option("--certificates", metavar="DIR", help="Not proofs/certificates.")
]
Z3 = Annotated[bool, typer.Option("--z3/--no-z3", help="Ask z3 about every certificate too.")]
Coq = Annotated[bool, typer.Option("--coq", help="Compile the Coq proofs too (a minute).")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result.")]


def _row(name: str, folder: Path | None, z3: bool) -> dict[str, Any]:
    """What is known of a theorem after the kernel has seen it."""
    try:
        made = groups.prove(name, folder)
    except Refused as why:
        return {"theorem": name, "kernel": "open", "why": str(why)}
    second = opinion.ask(made.obligations) if z3 else None
    return {
        "theorem": name,
        "title": made.theorem.title,
        "kernel": "proved",
        "steps": made.steps,
        "certificates": made.certificates,
        "assumptions": [{"text": f.text, "source": f.source} for f in made.facts],
        "z3": "not run" if second is None else str(second),
        "seconds": made.seconds,
    }


def _table(rows: Sequence[dict[str, Any]], seconds: float) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("", "steps", "certificates", "kernel", "z3", "Coq", "from analysis", "ms"):
        table.add_column(name, justify="left" if name in ("", "kernel", "z3", "Coq") else "right")
    for row in rows:
        if row["kernel"] == "open":
            table.add_row(row["theorem"], "", "", "OPEN", "", row.get("coq", "not run"), "", "")
            continue
        table.add_row(
            row["theorem"],
            str(row["steps"]),
            str(row["certificates"]),
            row["kernel"],
            row["z3"],
            row.get("coq", "not run"),
            str(len(row["assumptions"])),
            f"{1e3 * row['seconds']:.0f}",
        )
    proved = sum(row["kernel"] == "proved" for row in rows)
    facts = {f["text"] for row in rows for f in row.get("assumptions", ())}
    table.caption = (
        f"{proved} of {len(rows)} proved, {len(facts)} facts taken from analysis, {seconds:.1f} s"
    )
    return table


def _checked(
    ids: Sequence[str] | None, folder: Path | None, z3: bool, coq: bool
) -> list[dict[str, Any]]:
    names = [groups.known(name).id for name in ids] if ids else list(groups.ORDER)
    rows = [_row(name, folder, z3) for name in names]
    if coq:
        with Console(stderr=True).status("Coq compiles from clean (about a minute)"):
            results = coqrun.status(coqrun.COQ)
        for row in rows:
            found = results.get(row["theorem"])
            row["coq"] = "not run" if found is None else found.status
    return rows


def _run(
    ids: Sequence[str] | None, folder: Path | None, z3: bool, coq: bool, out: Path | None
) -> int:
    began = time.perf_counter()
    rows = _checked(ids, folder, z3, coq)
    Console().print(_table(rows, time.perf_counter() - began))
    if any(row["theorem"] == "T2" for row in rows):
        outside, on = necessity.sample()
        print(
            f"T2's region is exact: {len(outside)} rational counterexamples outside it, "
            f"{len(on)} on its border"
        )
    for row in rows:
        if row["kernel"] == "open":
            print(f"open: {row['why']}", file=sys.stderr)
    if out is not None:
        write(out, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    disagree = any("DISAGREES" in row.get("z3", "") or row.get("coq") == "failed" for row in rows)
    return int(disagree or any(row["kernel"] == "open" for row in rows))


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """All theorems, one line each."""
    if context.invoked_subcommand is None:
        raise typer.Exit(_run(None, None, True, False, None))


@app.command()
def check(
    ids: Ids = None, z3: Z3 = True, coq: Coq = False, json_: Json = None, folder: Folder = None
) -> None:
    """Check theorems; exit 1 if anything is open."""
    raise typer.Exit(_run(ids, folder, z3, coq, json_))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID")],
    latex: Annotated[bool, typer.Option("--latex", help="For a paper.")] = False,
) -> None:
    """Print a theorem's proof, line by line."""
    made = groups.prove(groups.known(name).id)
    print(as_latex(made) if latex else as_text(made))


@app.command()
def record() -> None:
    """Check everything, with Coq, and write down what is proved for audit reports to show."""
    rows = _checked(None, None, False, True)
    Console().print(_table(rows, sum(row.get("seconds", 0.0) for row in rows)))
    missing = [row["theorem"] for row in rows if row["kernel"] == "open"]
    if missing:
        raise Refused(f"nothing is written: {', '.join(missing)} open")
    if all(row["coq"] == "not run" for row in rows):
        raise Refused("nothing is written: Coq could not be run (Debian: apt install coq)")
    said = {
        row["theorem"]: {
            "formulas": fingerprint(groups.known(row["theorem"])),
            "coq": row["coq"] == "proved",
        }
        for row in rows
    }
    write(standing.FILE, json.dumps(said, indent=1, sort_keys=True) + "\n")
    print(f"written: {standing.FILE}")


@app.command()
def search(ids: Ids = None, folder: Folder = None) -> None:
    """Find the multipliers anew and write the certificate files; each is checked again."""
    for name in [groups.known(n).id for n in ids] if ids else groups.ORDER:
        made = groups.prove(name, folder, seek=True)
        path = save(name, made.found, folder)
        load(name, folder)
        groups.prove(name, folder)
        print(f"{name}: {path}")


@app.command()
def certify(
    formula: Annotated[str, typer.Argument(metavar="FORMULA", help="p; the claim is p ≥ 0.")],
    given: Annotated[
        list[str] | None, typer.Option("--given", metavar="FORMULA", help="Known to be ≥ 0.")
    ] = None,
    zero: Annotated[
        list[str] | None, typer.Option("--zero", metavar="FORMULA", help="Known to be 0.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Claim p > 0.")] = False,
    degree: Annotated[int | None, typer.Option(min=2, max=12, help="Of every term.")] = None,
    out: Annotated[Path | None, typer.Option("--save", metavar="FILE")] = None,
) -> None:
    """Search for an exact certificate of a polynomial inequality; exit 3 if none was found."""
    goal = checker.Relation(parse(formula), ">" if strict else ">=")
    above, equal = ([parse(x) for x in found or ()] for found in (given, zero))
    try:
        with Console(stderr=True).status("looking for a certificate"):
            found = sos.find(goal, above, equal, degree)
    except search_.Undecided as why:
        print(f"undecided: {why}; that says nothing about the claim")
        raise typer.Exit(3) from None
    print(f"proved: {found.check().conclusion}")
    for line in sos.lines(found):
        print(f"  {line}")
    if out is not None:
        sos_io.save(found, out)


@app.command()
def recheck(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="From certify --save.")],
) -> None:
    """Check certificate files again; needs neither cvxpy nor a search."""
    for file in files:
        print(f"{file}: proved: {sos_io.load(file).check().conclusion}")


if __name__ == "__main__":
    sys.exit(run(app, NAME, statuses=STATUSES))
