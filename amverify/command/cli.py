"""The command line: ``amverify audit``, ``amverify theorems``, ``amverify replay``.

| exit status | meaning |
|---|---|
| 0 | everything claimed HOLDS |
| 1 | something is VIOLATED |
| 2 | bad input, in one line on standard error |
| 3 | something is UNDECIDED, NOT_APPLICABLE or VACUOUS, and nothing is violated |
| 6 | a report, or the output, could not be written |
| 7 | a fault of the program: no verdict |
| 130 | interrupted |
| 141 | whoever read the output went away |
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from amverify.command.replay import replay_report
from amverify.command.shell import run
from amverify.command.specification import read_specification
from amverify.command.subject import Claim, run_subject
from amverify.errors import CorruptFile, InvalidInput
from amverify.judge.audit import audit
from amverify.report import render, to_html, to_json, to_junit, write
from amverify.theorems import CATALOGUE, Theorem, theorem
from amverify.trace.file import load_trace
from amverify.trace.trace import Trace
from amverify.verdict import Report

EPILOG = """Examples:

\b
amverify audit my_module:my_run --theorem descent --html report.html
amverify audit run.trace --theorem T1 --theorem T3
amverify audit run.trace --theorem H1 --constant a=0.5 --json report.json
amverify audit claims.toml --junit results.xml
amverify theorems T3
amverify replay report.json

Exit status: 0 holds, 1 violated, 2 bad input, 3 undecided, not applicable or vacuous,
6 cannot be written, 7 a fault of the program (no verdict), 130 interrupted, 141 closed pipe.
"""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Is a convergence claim true of a run? Theorem + trace = verdict with evidence.",
    epilog=EPILOG,
)

FileOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report there.")]


@app.command("audit", epilog=EPILOG)
def audit_command(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SPEC.toml|FILE.trace|module:function",
            help="A specification, a trace file, or a function that returns a trace.",
        ),
    ],
    theorem_: Annotated[
        list[str] | None,
        typer.Option("--theorem", metavar="ID", help="A theorem; may be repeated. See 'theorems'."),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="A declared constant; may be repeated."),
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as JUnit XML.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report as one page that opens offline."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="For module:function to end.")
    ] = 3600.0,
    iteration_limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="That module:function may record.")
    ] = 1_000_000,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every theorem's details.")
    ] = False,
) -> None:
    """Judge what is claimed of a run."""
    trace, claims = _gathered(subject, time_limit, iteration_limit)
    declared = _constants(constant or [])
    if theorem_:
        claims = tuple(Claim(name, declared) for name in theorem_)
    elif declared:
        claims = tuple(Claim(c.theorem, {**c.constants, **declared}) for c in claims)
    if not claims:
        raise InvalidInput(f"{subject}: nothing is claimed of it; name theorems with --theorem")
    report = audited(trace, claims)
    for path, text in ((json_, to_json), (junit, to_junit), (html, to_html)):
        if path is not None:
            write(path, text(report))
    render(report, Console(), verbose=verbose)
    raise typer.Exit(report.exit_status)


def audited(trace: Trace, claims: Sequence[Claim]) -> Report:
    """One report on all claims, each with its own constants."""
    reports = [audit(trace, [claim.theorem], claim.constants) for claim in claims]
    findings = tuple(finding for report in reports for finding in report.findings)
    return Report(reports[0].subject, reports[0].header, findings, reports[0].notes)


def _gathered(subject: str, seconds: float, iterations: int) -> tuple[Trace, tuple[Claim, ...]]:
    path = Path(subject)
    if path.suffix == ".toml":
        file, claims = read_specification(path)
        return load_trace(file), claims
    if ":" in subject and not path.exists():
        return run_subject(subject, seconds, iterations)
    return load_trace(path), ()


def _constants(given: Sequence[str]) -> dict[str, float]:
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        try:
            if not (name.strip() and sign):
                raise ValueError
            found[name.strip()] = float(value)
        except ValueError:
            raise InvalidInput(f"--constant {text}: write it as NAME=NUMBER") from None
    return found


@app.command("theorems", epilog=EPILOG)
def theorems_command(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One theorem in full.")] = None,
) -> None:
    """List the theorems, or show one: statement, hypotheses, constants, columns."""
    console = Console()
    if id is not None:
        _show(theorem(id), console)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Id", "Title", "Constants to declare"):
        table.add_column(title, overflow="fold")
    for found in CATALOGUE.values():
        declared = ", ".join(p.name for p in found.parameters)
        table.add_row(found.id, Text(found.title), Text(declared))
    console.print(table)


def _show(shown: Theorem, console: Console) -> None:
    """Everything that a theorem's object says."""

    def line(label: str, text: str) -> None:
        console.print(Text.assemble((f"{label:<12}", "bold"), text), soft_wrap=True)

    line(shown.id, shown.title)
    line("statement", shown.statement)
    line("source", shown.source)
    for part in shown.conclusions:
        line("conclusion", f"{part.inequality.name}: {part.inequality}")
        for condition in part.conditions:
            line("  if", f"{condition.text or condition.name}: {condition}")
    for fact in shown.facts:
        line("  if", fact.text)
    for said in shown.hypotheses:
        line("  if", said.text + ("" if said.monitored else " (not monitored)"))
    for name, formula in shown.constants.items():
        line("constant", f"{name} = {formula}")
    for parameter in shown.parameters:
        line("to declare", f"{parameter.name}: {parameter.meaning} ({parameter.sign})")
    for name, meaning in shown.symbols.items():
        line("where", f"{name}: {meaning}")
    line("LaTeX", shown.latex)


@app.command("replay", epilog=EPILOG)
def replay_command(
    report: Annotated[Path, typer.Argument(metavar="REPORT.json", help="What --json wrote.")],
) -> None:
    """Evaluate the witnesses of a report again, exactly, from the file alone."""
    console, failing = Console(), 0
    lines = replay_report(report)
    if not lines:
        console.print(Text("no witness in this report: nothing to replay"))
    for text, fails in lines:
        console.print(Text(text), soft_wrap=True)
        failing += fails
    raise typer.Exit(1 if failing else 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return run(app, "amverify", given, {CorruptFile: InvalidInput.exit_status})
