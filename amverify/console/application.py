r"""What all command lines here have in common: ``--version``, completion, ``-q``, examples.

    app = application("Is a claim true of a run?", ["amverify audit run.trace --theorem T1"])

    @app.command(epilog=examples("amverify theorems T3"))
    def theorems(quiet: Quiet = False) -> None: ...

An example stands in the help of the command that it shows, and runs as it is written: the tests
read the examples from the help and run them.

A shell completes the arguments of a program, not of ``python -m proofs``. So each module is
installed as a program too, and the module's help names it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from amverify.console.version import version


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(version())
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_tell_version,
        is_eager=True,
        help="Show the version, and the commit if this is a checkout.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print nothing but errors: the exit status says it."),
]


def examples(*lines: str, after: str = "") -> str:
    """An epilog with these examples, one a line, and a paragraph below them."""
    head = "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join([head, "", "\b", *lines, "", after])


def application(about: str, shown: Sequence[str], program: str, after: str = "") -> typer.Typer:
    """An app without commands yet.

    Args:
        about: one line of help.
        shown: its examples.
        program: that is installed for it; a shell completes this one's arguments.
        after: a paragraph of help below the examples.
    """
    installed = called(program, "") == program
    told = "" if installed else f"Shell completion: {program} --install-completion."
    return typer.Typer(
        add_completion=installed,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help=about,
        epilog=examples(*shown, after=" ".join(filter(None, (after, told)))),
    )


def called(program: str, module: str) -> str:
    """What the user calls this process: the installed program, or ``python -m`` a module."""
    return program if Path(sys.argv[0]).stem == program else module
