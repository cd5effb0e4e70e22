"""What the commands of the proofs do: check, show, search, certify, recheck, record."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amverify.console.entry import say
from amverify.console.screen import Screen
from amverify.console.shell import failed
from amverify.files import write
from amverify.theorems import standing
from amverify.theorems.standing import fingerprint
from proofs.command.table import row, table, trusted
from proofs.coq import asked as coqasked
from proofs.coq import statements
from proofs.kernel import checker
from proofs.kernel.polynomial import Refused
from proofs.script.certificates import load, save
from proofs.script.multipliers import Undecided
from proofs.search import scaling, sos, sos_io
from proofs.search import z3 as opinion
from proofs.search.formulas import parse
from proofs.search.told import contradiction, plain, sequent
from proofs.theorems import catalogue as groups
from proofs.theorems import necessity
from proofs.theorems.show import as_latex, as_text


def _row(name: str, folder: Path | None, z3: bool) -> dict[str, Any]:
    """What is known of a theorem after the kernel has seen it."""
    try:
        made = groups.prove(name, folder)
    except Refused as why:
        return {"theorem": name, "kernel": "open", "why": str(why)}
    second = opinion.ask(made.obligations) if z3 else None
    return row(name, made, "not run" if second is None else str(second))


def _rows(
    ids: Sequence[str] | None, folder: Path | None, z3: bool, coq: bool
) -> list[dict[str, Any]]:
    names = [groups.known(name).id for name in ids] if ids else list(groups.ORDER)
    rows = [_row(name, folder, z3) for name in names]
    if coq:
        with Screen(stderr=True).status("Coq compiles from clean (about a minute)"):
            answers = coqasked.ask([groups.known(name) for name in names])
        for one in rows:
            answer = answers[one["theorem"]]
            one["coq"], one["coq says"] = answer.status, answer.why
    return rows


def _print(rows: Sequence[dict[str, Any]], seconds: float, coq: bool) -> None:
    """The table, and what has to be trusted."""
    # Without a terminal rich cuts at 80 columns, and a cut number is another number.
    console = Screen() if sys.stdout.isatty() else Screen(width=120)
    console.print(table(rows, seconds))
    for line in trusted(coq):
        print(line)


def _disagreements(rows: Sequence[dict[str, Any]], coq: bool) -> None:
    """A line on standard error for what is not proved."""
    for one in rows:
        if one["kernel"] == "open":
            say(f"open: {one['why']}")
        if one.get("coq says"):
            say(f"Coq, {one['theorem']}: {one['coq']}: {one['coq says']}")
    for name in statements.stale() if coq else ():
        say(f"{name}: {STALE}")


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


def checked(
    ids: Sequence[str] | None,
    folder: Path | None = None,
    z3: bool = True,
    coq: bool = False,
    out: Path | None = None,
    quiet: bool = False,
) -> int:
    """Check theorems, print and write what was found; the exit status."""
    began = time.perf_counter()
    rows = _rows(ids, folder, z3, coq)
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


def shown(name: str, latex: bool) -> str:
    """A theorem's proof, line by line."""
    made = groups.prove(groups.known(name).id)
    return as_latex(made) if latex else as_text(made)


def recorded(quiet: bool) -> int:
    """Write down what is proved; the exit status. Nothing is written unless it is 0.

    Raises:
        Refused: if the stored statements for Coq are stale.
    """
    if stale := statements.stale():
        raise Refused(f"nothing is written: {', '.join(stale)}: {STALE}")
    rows = _rows(None, None, False, True)
    if not quiet:
        _print(rows, sum(one.get("seconds", 0.0) for one in rows), True)
    _disagreements(rows, True)
    if status := _status(rows):
        return failed(f"nothing is written: {_lack(rows)}", status)
    said = {
        one["theorem"]: {
            "formulas": fingerprint(groups.known(one["theorem"])),
            "coq": one["coq"] == "proved",
        }
        for one in rows
    }
    write(standing.FILE, json.dumps(said, indent=1, sort_keys=True) + "\n")
    _say(f"written: {standing.FILE}", quiet)
    return 0


def _lack(rows: Sequence[dict[str, Any]]) -> str:
    """What keeps these from being recorded."""
    if missing := [one["theorem"] for one in rows if one["kernel"] == "open"]:
        return f"{', '.join(missing)} open"
    if against := [one["theorem"] for one in rows if one["coq"] in ("failed", "not tied")]:
        return f"Coq does not accept {', '.join(against)}"
    return "Coq could not be run (Debian: apt install coq)"


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text)


def searched(ids: Sequence[str] | None, folder: Path | None, quiet: bool) -> None:
    """Find multipliers anew, and check again what was written."""
    for name in [groups.known(n).id for n in ids] if ids else groups.ORDER:
        made = groups.prove(name, folder, seek=True)
        path = save(name, made.found, folder)
        load(name, folder)
        groups.prove(name, folder)
        _say(f"{name}: {path}", quiet)


def certified(
    formula: str,
    given: Sequence[str] | None,
    zero: Sequence[str] | None,
    strict: bool,
    degree: int | None,
    out: Path | None,
    quiet: bool,
) -> int:
    """Search for a certificate of p ≥ 0 or p > 0; the exit status."""
    goal = checker.Relation(parse(formula), ">" if strict else ">=")
    above, equal = ([parse(x) for x in found or ()] for found in (given, zero))
    try:
        with Screen(stderr=True).status("looking for a certificate"):
            found = scaling.find(goal, above, equal, degree)
    except Undecided as why:
        _say(f"undecided: {why}; that says nothing about the claim", quiet)
        return 3
    status = _told(found, quiet=quiet)
    for line in sos.lines(found):
        _say(f"  {line}", quiet)
    if out is not None:
        sos_io.save(found, out)
    return status


def _told(found: sos.Certificate, before: str = "", quiet: bool = False) -> int:
    """Print what the kernel makes of a certificate; 3 if what is given contradicts itself."""
    found.check()
    _say(f"{before}proved: {sequent(found)}", quiet)
    if why := contradiction(found.given, found.zero):
        _say(f"{before}vacuous: {why}, so that anything follows", quiet)
    return 3 if why else 0


def rechecked(files: Sequence[Path], quiet: bool) -> int:
    """Check certificate files again; the exit status."""
    return max(_told(sos_io.load(file), f"{plain(file)}: ", quiet) for file in files)
