"""The command line: ``amverify audit``, ``theorems``, ``replay``, ``kl``, ``fit``, ``falsify`` …

| exit status | meaning |
|---|---|
| 0 | everything claimed HOLDS; for ``kl``: certified |
| 1 | something is VIOLATED; for ``falsify``: falsified |
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

from amverify.command import counterexamples
from amverify.command.completion import ids
from amverify.console.application import Quiet, Version, application, examples
from amverify.console.shell import run
from amverify.errors import CorruptFile, InvalidInput

EXAMPLES = (
    "amverify theorems                                  # what can be claimed",
    "amverify audit run.trace --theorem descent         # is it true of this run?",
    "amverify replay report.json                        # a report's witnesses again",
    "amverify kl my_losses:loss                         # does a loss have the KL property?",
    "amverify fit run.trace --constant fstar=0          # which exponent and rate does a run show?",
    "amverify doctor                                    # is all here that is needed?",
)
STATUS = (
    "Exit status: 0 holds, 1 violated, 2 bad input, 3 undecided, not applicable or vacuous, "
    "7 a fault of the program (no verdict), 130 interrupted, 141 closed pipe."
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


@app.command(
    "audit",
    epilog=examples(
        "amverify audit run.trace",
        "amverify audit run.trace --theorem descent --theorem T3",
        "amverify audit run.trace --theorem H1 --constant a=0.5 --html report.html",
        "amverify audit run.trace --claim 'value[k] <= q*value[k-1]' --constant q=0.9",
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
            autocompletion=ids,
        ),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="A claim as text, such as 'value[k] <= value[k-1]'; may be repeated.",
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A hypothesis of the claims that is monitored."),
    ] = None,
    trust: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A hypothesis of the claims that no run can check."),
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
    sarif: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report as SARIF, for code scanning."),
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
    """Judge what is claimed of a run; without a claim, all that it can be judged by as it is."""
    from amverify.command.auditing import Files, Request, judged

    limits = time_limit, iteration_limit
    written = tuple(claim or ()), tuple(given or ()), tuple(trust or ())
    request = Request(subject, tuple(theorem or ()), tuple(constant or ()), *limits, *written)
    raise typer.Exit(judged(request, Files(json, junit, html, sarif), verbose, quiet))


@app.command(
    "theorems",
    epilog=examples(
        "amverify theorems",
        "amverify theorems T3",
        "amverify theorems lyapunov",
        "amverify theorems linear rate",
        "amverify theorems --for run.trace",
        "amverify theorems --for my_module:my_run --constant L=10",
        "amverify theorems -q",
    ),
)
def theorems(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID | WORD...]",
            help="One theorem in full, or those that are about these words.",
            autocompletion=ids,
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="FILE.trace|module:function",
            help="Which of them this run can be judged by, and what to pass for the others.",
        ),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="With --for: a constant that would be declared."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="With --for: for it to end.")
    ] = 3600.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the ids, one a line.")] = False,
) -> None:
    """List the theorems, search them, or show one: statement, hypotheses, constants."""
    from amverify.command.listing import list_theorems, list_usable

    if subject is None:
        list_theorems(tuple(words or ()), quiet, tuple(constant or ()))
    else:
        list_usable(subject, tuple(words or ()), tuple(constant or ()), time_limit, quiet)


@app.command(
    "replay",
    epilog=examples("amverify replay report.json", "amverify replay counterexample.json -q"),
)
def replay(
    report: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.json", help="What amverify audit --json, or falsify --save, wrote."
        ),
    ],
    quiet: Quiet = False,
) -> None:
    """Evaluate the witnesses of a report, or a counterexample, again, exactly, from its file.

    Exit status 1 if one of them fails for certain.
    """
    from amverify.command.replay import replayed

    raise typer.Exit(replayed(report, quiet))


@app.command(
    "kl",
    epilog=examples(
        "amverify kl my_losses:huber",
        "amverify kl my_losses:network --input x=8,3 --input y=8:int",
        "amverify kl my_losses:siren --box -1,1",
        "amverify kl my_losses:siren --box 'x=-1,1' --box 'net.*=-10,10' --json certificate.json",
        "amverify kl my_losses:network --fixed x -q && echo definable",
        after="Exit status: 0 certified, 2 bad input, 3 undecided (the first operation that no "
        "rule covers is named, with its place); the others as for amverify audit.",
    ),
)
def kl(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="module:loss",
            help="A sympy expression, a torch module, a function of tensors, a LayeredProblem, a "
            "pair (loss, inputs), or a function without arguments that returns one of these.",
        ),
    ],
    input: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=2,3",
            help="The shape of an input, NAME=8:int for labels; may be repeated. Left out, shapes "
            "that its layers take are tried.",
        ),
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]LOW,HIGH",
            help="The domain of a variable, or of all; NAME may be a pattern; may be repeated. "
            "Left out, all of ℝ.",
        ),
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What is data, no variable; may be repeated."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the certificate as JSON (- prints it instead)."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="For module:loss to be traced.")
    ] = 600.0,
    quiet: Quiet = False,
) -> None:
    """Certify that a loss is definable in an o-minimal structure, so that KL holds."""
    from amverify.command.kl import Asked, certified

    asked = Asked(subject, tuple(box or ()), tuple(input or ()), tuple(fixed or ()))
    raise typer.Exit(certified(asked, time_limit, json, quiet))


@app.command(
    "fit",
    epilog=examples(
        "amverify fit run.trace --constant fstar=0",
        "amverify fit my_module:my_run --constant fstar=0 --constant theta=0.5 --constant c=2 "
        "--csv points.csv",
        "amverify fit run.trace --constant fstar=0 --json plot.json -q",
        after="What is printed is fitted to the run: it confirms no claim. Exit status: 0 done, "
        "2 bad input, too few resolved points among it; the others as for amverify audit.",
    ),
)
def fit(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="FILE.trace|module:function",
            help="A trace file, or a function that returns a trace.",
        ),
    ],
    constant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="fstar, unless the run has it; theta, c, a, b, memory add T5's and T6's bounds "
            "to the plot; may be repeated.",
        ),
    ] = None,
    replicate: Annotated[int, typer.Option(min=0, metavar="N", help="Which of several runs.")] = 0,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the KL plot's data as JSON.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the KL plot's columns as CSV.")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="For module:function to end.")
    ] = 3600.0,
    quiet: Quiet = False,
) -> None:
    """Estimate KL exponent, constant and rate of a run, with intervals; write a KL plot's data."""
    from amverify.command.fit import fitted

    raise typer.Exit(
        fitted(subject, tuple(constant or ()), replicate, time_limit, (json, csv), quiet)
    )


app.command("falsify", epilog=counterexamples.EXAMPLES)(counterexamples.falsify)


@app.command(
    "doctor",
    epilog=examples(
        "amverify doctor",
        "amverify doctor --json",
        after="Exit status: 0 all that is needed is here, 1 something is not.",
    ),
)
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    quiet: Quiet = False,
) -> None:
    """Look at this installation: versions, torch, extras, tools, cache, data, two known audits."""
    from amverify.command.doctor import examined

    raise typer.Exit(examined(json, quiet))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return run(app, "amverify", given, {CorruptFile: InvalidInput.exit_status})
