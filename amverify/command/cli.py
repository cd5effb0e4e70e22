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

Here is what can be asked for; a command imports what does it when it is run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from amverify.command.application import Quiet, Version, application, examples
from amverify.command.shell import run
from amverify.errors import CorruptFile, InvalidInput

EXAMPLES = (
    "amverify theorems                                  # what can be claimed",
    "amverify audit run.trace --theorem descent         # is it true of this run?",
    "amverify replay report.json                        # a report's witnesses again",
)
STATUS = (
    "Exit status: 0 holds, 1 violated, 2 bad input, 3 undecided, not applicable or vacuous, "
    "6 cannot be written, 7 a fault of the program (no verdict), 130 interrupted, 141 closed pipe."
)
app = application(
    "Is a convergence claim true of a run? Theorem + trace = verdict with evidence.",
    EXAMPLES,
    "amverify",
    STATUS,
)


@app.callback()
def common(version: Version = False) -> None:
    """Is a convergence claim true of a run? Theorem + trace = verdict with evidence."""


def _ids(incomplete: str) -> list[tuple[str, str]]:
    """Theorems for a shell to complete, with their titles."""
    from amverify.theorems import CATALOGUE

    return [(t.id, t.title) for t in CATALOGUE.values() if t.id.startswith(incomplete)]


@app.command(
    "audit",
    epilog=examples(
        "amverify audit run.trace --theorem descent --theorem T3",
        "amverify audit run.trace --theorem H1 --constant a=0.5 --html report.html",
        "amverify audit my_module:my_run --theorem descent --json report.json",
        "amverify audit claims.toml --junit results.xml",
        "amverify audit run.trace --theorem descent -q && echo it holds",
        after=STATUS,
    ),
)
def audit(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SPEC.toml|FILE.trace|module:function",
            help="A specification, a trace file, or a function that returns a trace.",
        ),
    ],
    theorem: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="A theorem; may be repeated. See 'amverify theorems'.",
            autocompletion=_ids,
        ),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="A declared constant; may be repeated."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as JSON.")
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
    quiet: Quiet = False,
) -> None:
    """Judge what is claimed of a run."""
    from amverify.command.auditing import Request, judged

    request = Request(
        subject, tuple(theorem or ()), tuple(constant or ()), time_limit, iteration_limit
    )
    raise typer.Exit(judged(request, json, junit, html, verbose, quiet))


@app.command(
    "theorems",
    epilog=examples(
        "amverify theorems",
        "amverify theorems T3",
        "amverify theorems lyapunov",
        "amverify theorems linear rate",
        "amverify theorems -q",
    ),
)
def theorems(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID | WORD...]",
            help="One theorem in full, or those that are about these words.",
            autocompletion=_ids,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the ids, one a line.")] = False,
) -> None:
    """List the theorems, search them, or show one: statement, hypotheses, constants."""
    from amverify.command.listing import list_theorems

    list_theorems(tuple(words or ()), quiet)


@app.command(
    "replay",
    epilog=examples("amverify replay report.json", "amverify replay report.json -q"),
)
def replay(
    report: Annotated[Path, typer.Argument(metavar="REPORT.json", help="What --json wrote.")],
    quiet: Quiet = False,
) -> None:
    """Evaluate the witnesses of a report again, exactly, from the file alone.

    Exit status 1 if one of them fails for certain.
    """
    from amverify.command.replay import replayed

    raise typer.Exit(replayed(report, quiet))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return run(app, "amverify", given, {CorruptFile: InvalidInput.exit_status})
