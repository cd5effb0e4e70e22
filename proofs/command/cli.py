"""The command line of the proofs.

``python -m proofs [check | show | search | certify | recheck | record]``

| exit status | meaning |
|---|---|
| 0 | everything asked for is proved |
| 1 | a theorem or certificate is open: a step was refused, or z3 or Coq disagrees |
| 2 | bad input: an unknown id, no such file or no certificate in it; no place to write to |
| 3 | undecided: nothing was found, what is given contradicts itself, it takes too long, no Coq |
| 7 | a fault of the program |
| 130 | interrupted |
| 141 | whoever read the output went away |

Here is what can be asked for; :mod:`proofs.command.answers` is imported when a command is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from amverify.console.application import Quiet, Version, application, called, examples
from amverify.console.shell import run
from proofs.kernel.polynomial import Refused
from proofs.script.certificates import Malformed
from proofs.script.effort import TooLong

PROGRAM, MODULE = "amverify-proofs", "python -m proofs"
EXAMPLES = (
    "python -m proofs                      # every theorem, one line each",
    "python -m proofs check T1 T3          # exit 1 if anything is open",
    "python -m proofs show T2              # the proof, line by line",
    'python -m proofs certify "x**2 - 2*x + 1"        # any polynomial inequality',
)
STATUSES: dict[type[Exception], int] = {Refused: 1, TooLong: 3, Malformed: 2}
app = application(
    "The theorems' proofs, checked exactly from the formulas that the monitor evaluates.",
    EXAMPLES,
    PROGRAM,
)


def _ids(incomplete: str) -> list[str]:
    """Theorems with a proof, for a shell to complete."""
    from proofs.theorems import catalogue as groups

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


@app.callback(invoke_without_command=True)
def overview(context: typer.Context, version: Version = False) -> None:
    """The theorems' proofs, checked exactly from the formulas that the monitor evaluates."""
    if context.invoked_subcommand is None:
        from proofs.command.answers import checked

        raise typer.Exit(checked(None))


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
    from proofs.command.answers import checked

    raise typer.Exit(checked(ids, folder, z3, coq, json_, quiet))


@app.command(epilog=examples("python -m proofs show T2", "python -m proofs show T2 --latex"))
def show(
    name: Annotated[str, typer.Argument(metavar="ID", autocompletion=_ids)],
    latex: Annotated[bool, typer.Option("--latex", help="For a paper.")] = False,
) -> None:
    """Print a theorem's proof, line by line."""
    from proofs.command.answers import shown

    print(shown(name, latex))


@app.command(epilog=examples("python -m proofs record"))
def record(quiet: Quiet = False) -> None:
    """Check everything, with Coq, and write down what is proved for audit reports to show."""
    from proofs.command.answers import recorded

    raise typer.Exit(recorded(quiet))


@app.command(
    epilog=examples(
        "python -m proofs search T2",
        "python -m proofs search T2 --certificates elsewhere",
    )
)
def search(ids: Ids = None, folder: Folder = None, quiet: Quiet = False) -> None:
    """Find the multipliers anew and write the certificate files; each is checked again."""
    from proofs.command.answers import searched

    searched(ids, folder, quiet)


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
    from proofs.command.answers import certified

    raise typer.Exit(certified(formula, given, zero, strict, degree, out, quiet))


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
    from proofs.command.answers import rechecked

    raise typer.Exit(rechecked(files, quiet))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    return run(app, called(PROGRAM, MODULE), arguments, STATUSES)
