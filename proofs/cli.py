"""The command line of the proofs.

``python -m proofs [check | show | search | certify | recheck | record]``

| exit status | meaning |
|---|---|
| 0 | everything asked for is proved |
| 1 | a theorem or certificate is open: a step was refused, or z3 or Coq disagrees |
| 2 | bad input: unknown id, no such file, no formula |
| 3 | undecided: nothing was found, what is given contradicts itself, it takes too long, no Coq |
| 5 | a certificate file is not what it should be |
| 6 | a result could not be written, or the output |
| 7 | a fault of the program |
| 130 | interrupted |
| 141 | whoever read the output went away |
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

from amverify.command.application import Quiet, Version, application, called, examples
from amverify.command.shell import run
from amverify.files import write
from amverify.theorems import standing
from amverify.theorems.standing import fingerprint
from proofs.coq import asked as coqasked
from proofs.coq import statements
from proofs.kernel import checker
from proofs.kernel.polynomial import Refused
from proofs.script.certificates import Malformed, load, save
from proofs.script.effort import TooLong
from proofs.script.multipliers import Undecided
from proofs.search import scaling, sos, sos_io
from proofs.search import z3 as opinion
from proofs.search.formulas import parse
from proofs.search.told import contradiction, plain, sequent
from proofs.table import row, table, trusted
from proofs.theorems import catalogue as groups
from proofs.theorems import necessity
from proofs.theorems.show import as_latex, as_text

PROGRAM, MODULE = "amverify-proofs", "python -m proofs"
EXAMPLES = (
    "python -m proofs                      # every theorem, one line each",
    "python -m proofs check T1 T3          # exit 1 if anything is open",
    "python -m proofs show T2              # the proof, line by line",
    'python -m proofs certify "x**2 - 2*x + 1"        # any polynomial inequality',
)
STATUSES: dict[type[Exception], int] = {Refused: 1, TooLong: 3, Malformed: 5}
app = application(
    "The theorems' proofs, checked exactly from the formulas that the monitor evaluates.",
    EXAMPLES,
    PROGRAM,
)


def _ids(incomplete: str) -> list[str]:
    """Theorems with a proof, for a shell to complete."""
    return [name for name in groups.ORDER if name.startswith(incomplete)]


Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Theorems; else all.", autocompletion=_ids),
]
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
    return row(name, made, "not run" if second is None else str(second))


def _checked(
    ids: Sequence[str] | None, folder: Path | None, z3: bool, coq: bool
) -> list[dict[str, Any]]:
    names = [groups.known(name).id for name in ids] if ids else list(groups.ORDER)
    rows = [_row(name, folder, z3) for name in names]
    if coq:
        with Console(stderr=True).status("Coq compiles from clean (about a minute)"):
            answers = coqasked.ask([groups.known(name) for name in names])
        for one in rows:
            answer = answers[one["theorem"]]
            one["coq"], one["coq says"] = answer.status, answer.why
    return rows


def _print(rows: Sequence[dict[str, Any]], seconds: float, coq: bool) -> None:
    """The table, and what has to be trusted."""
    # Without a terminal rich cuts at 80 columns, and a cut number is another number.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table(rows, seconds))
    for line in trusted(coq):
        print(line)


def _disagreements(rows: Sequence[dict[str, Any]], coq: bool) -> None:
    """A line on standard error for what is not proved."""
    for one in rows:
        if one["kernel"] == "open":
            print(f"open: {one['why']}", file=sys.stderr)
        if one.get("coq says"):
            print(f"Coq, {one['theorem']}: {one['coq']}: {one['coq says']}", file=sys.stderr)
    for name in statements.stale() if coq else ():
        print(f"{name}: {STALE}", file=sys.stderr)


STALE = (
    "proofs/coq/Statements.v does not say what its formulas say today; "
    "python -m proofs.coq.statements writes it anew (Coq was asked about today's)"
)


def _status(rows: Sequence[dict[str, Any]]) -> int:
    """0 if everything asked for is proved, 1 if not, 3 if Coq was asked and could not be run."""
    coq = {one.get("coq", "") for one in rows}
    disagree = "failed" in coq or "not tied" in coq
    disagree |= any("DISAGREES" in one.get("z3", "") for one in rows)
    if disagree or any(one["kernel"] == "open" for one in rows):
        return 1
    return 3 if "not run" in coq else 0


def _run(
    ids: Sequence[str] | None,
    folder: Path | None = None,
    z3: bool = True,
    coq: bool = False,
    out: Path | None = None,
    quiet: bool = False,
) -> int:
    began = time.perf_counter()
    rows = _checked(ids, folder, z3, coq)
    if not quiet:
        _print(rows, time.perf_counter() - began, coq)
    if any(one["theorem"] == "T2" for one in rows):
        outside, on = necessity.sample()
        told = f"{len(outside)} rational counterexamples outside it, {len(on)} on its border"
        if not quiet:
            print(f"T2's region is exact: {told}")
    _disagreements(rows, coq)
    if out is not None:
        write(out, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    return _status(rows)


@app.callback(invoke_without_command=True)
def overview(context: typer.Context, version: Version = False) -> None:
    """The theorems' proofs, checked exactly from the formulas that the monitor evaluates."""
    if context.invoked_subcommand is None:
        raise typer.Exit(_run(None))


@app.command(
    epilog=examples(
        "python -m proofs check T1 T3",
        "python -m proofs check --no-z3 --json proofs.json",
        "python -m proofs check T1 --coq       # and by Coq, from clean",
        "python -m proofs check T1 -q && echo proved",
    )
)
def check(
    ids: Ids = None,
    z3: Z3 = True,
    coq: Coq = False,
    json_: Json = None,
    folder: Folder = None,
    quiet: Quiet = False,
) -> None:
    """Check theorems; exit 1 if anything is open."""
    raise typer.Exit(_run(ids, folder, z3, coq, json_, quiet))


@app.command(epilog=examples("python -m proofs show T2", "python -m proofs show T2 --latex"))
def show(
    name: Annotated[str, typer.Argument(metavar="ID", autocompletion=_ids)],
    latex: Annotated[bool, typer.Option("--latex", help="For a paper.")] = False,
) -> None:
    """Print a theorem's proof, line by line."""
    made = groups.prove(groups.known(name).id)
    print(as_latex(made) if latex else as_text(made))


@app.command(epilog=examples("python -m proofs record"))
def record(quiet: Quiet = False) -> None:
    """Check everything, with Coq, and write down what is proved for audit reports to show."""
    if stale := statements.stale():
        raise Refused(f"nothing is written: {', '.join(stale)}: {STALE}")
    rows = _checked(None, None, False, True)
    if not quiet:
        _print(rows, sum(one.get("seconds", 0.0) for one in rows), True)
    _disagreements(rows, True)
    missing = [one["theorem"] for one in rows if one["kernel"] == "open"]
    if missing:
        raise Refused(f"nothing is written: {', '.join(missing)} open")
    if any(one["coq"] == "not run" for one in rows):
        raise Refused("nothing is written: Coq could not be run (Debian: apt install coq)")
    said = {
        one["theorem"]: {
            "formulas": fingerprint(groups.known(one["theorem"])),
            "coq": one["coq"] == "proved",
        }
        for one in rows
    }
    write(standing.FILE, json.dumps(said, indent=1, sort_keys=True) + "\n")
    _say(f"written: {standing.FILE}", quiet)


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text)


@app.command(
    epilog=examples(
        "python -m proofs search T2",
        "python -m proofs search T2 --certificates elsewhere",
    )
)
def search(ids: Ids = None, folder: Folder = None, quiet: Quiet = False) -> None:
    """Find the multipliers anew and write the certificate files; each is checked again."""
    for name in [groups.known(n).id for n in ids] if ids else groups.ORDER:
        made = groups.prove(name, folder, seek=True)
        path = save(name, made.found, folder)
        load(name, folder)
        groups.prove(name, folder)
        _say(f"{name}: {path}", quiet)


@app.command(
    epilog=examples(
        'python -m proofs certify "x**4 + y**4 - 2*x*x*y*y"',
        'python -m proofs certify "1 - x*x" --given "1 - x" --given "1 + x" --save square.json',
        'python -m proofs certify "x + 1" --given x --strict -q && echo proved',
    )
)
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
    out: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the certificate.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Search for an exact certificate of a polynomial inequality; exit 3 if none was found.

    What is proved is printed behind what was given; exit 3 too if that contradicts itself.
    """
    goal = checker.Relation(parse(formula), ">" if strict else ">=")
    above, equal = ([parse(x) for x in found or ()] for found in (given, zero))
    try:
        with Console(stderr=True).status("looking for a certificate"):
            found = scaling.find(goal, above, equal, degree)
    except Undecided as why:
        _say(f"undecided: {why}; that says nothing about the claim", quiet)
        raise typer.Exit(3) from None
    status = _tell(found, quiet=quiet)
    for line in sos.lines(found):
        _say(f"  {line}", quiet)
    if out is not None:
        sos_io.save(found, out)
    raise typer.Exit(status)


def _tell(found: sos.Certificate, before: str = "", quiet: bool = False) -> int:
    """Print what the kernel makes of a certificate; 3 if what is given contradicts itself."""
    found.check()
    _say(f"{before}proved: {sequent(found)}", quiet)
    if why := contradiction(found.given, found.zero):
        _say(f"{before}vacuous: {why}, so that anything follows", quiet)
    return 3 if why else 0


@app.command(
    epilog=examples(
        "python -m proofs recheck square.json", "python -m proofs recheck a.json b.json"
    )
)
def recheck(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="From certify --save.")],
    quiet: Quiet = False,
) -> None:
    """Check certificate files again; needs neither cvxpy nor a search.

    Exit 3 if what a file takes as given contradicts itself.
    """
    raise typer.Exit(max(_tell(sos_io.load(file), f"{plain(file)}: ", quiet) for file in files))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    return run(app, called(PROGRAM, MODULE), arguments, STATUSES)
