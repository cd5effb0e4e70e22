"""The command line: ``python -m paper_figures list | all | NAME``.

What a user can get wrong is answered in one line on standard error and a distinct exit status
(:mod:`amverify.errors`); AMVERIFY_DEBUG=1 shows the traceback as well. Help, completion and
refusals need neither torch nor matplotlib.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from amverify.console.application import Version, application, called, examples
from amverify.console.shell import failed, run
from amverify.errors import InvalidInput
from paper_figures.names import CONTENTS
from repro.command.flags import (
    CACHE,
    OUT,
    CacheOption,
    DataDirOption,
    DataOption,
    FreshOption,
    JobsOption,
    MethodOption,
    NoDownloadOption,
    OutOption,
    ProfileOption,
    QuietOption,
    SchedulerOption,
    SeedsOption,
    SweepsOption,
)
from repro.names import check_names

PROGRAM, MODULE = "amverify-figures", "python -m paper_figures"
EXAMPLES = (
    "python -m paper_figures list         # what can be drawn",
    "python -m paper_figures descent      # results/figures/descent.pdf, svg, png, csv and json",
    "python -m paper_figures all --jobs 2",
)
app = application("Draw the figures, each with its data beside it.", EXAMPLES, PROGRAM)


@app.callback()
def common(version: Version = False) -> None:
    """Draw the figures, each with its data beside it."""


@app.command("list", epilog=examples("python -m paper_figures list"))
def list_command() -> None:
    """Show the figures."""
    width = max(map(len, CONTENTS))
    for name, contents in CONTENTS.items():
        print(f"{name:{width}}  {contents}")


def figures_command(name: str, figures: Sequence[str], about: str, shown: Sequence[str]) -> None:
    """Add the command ``name``, which draws ``figures``."""

    def command(
        profile: ProfileOption = None,
        data: DataOption = None,
        method: MethodOption = None,
        seeds: SeedsOption = None,
        sweeps: SweepsOption = None,
        jobs: JobsOption = 1,
        scheduler: SchedulerOption = None,
        fresh: FreshOption = False,
        data_dir: DataDirOption = None,
        no_download: NoDownloadOption = False,
        out: OutOption = OUT,
        cache: CacheOption = CACHE,
        quiet: QuietOption = False,
    ) -> None:
        from paper_figures.command.make import make_figures
        from repro.command.options import Options, wanted

        asked = wanted(data, method, None, seeds, sweeps, profile)
        run = Options(data_dir, not no_download, out, cache, jobs, fresh, scheduler, asked, quiet)
        raise typer.Exit(make_figures(figures, run))

    app.command(name, help=about, epilog=examples(*shown))(command)


for _name, _contents in CONTENTS.items():
    figures_command(
        _name,
        [_name],
        f"{_contents[0].upper()}{_contents[1:]}.",
        (f"{MODULE} {_name}", f"{MODULE} {_name} --seeds 0 --out elsewhere"),
    )
figures_command(
    "all",
    list(CONTENTS),
    "Every figure.",
    (f"{MODULE} all --jobs 2", f"{MODULE} all --no-download"),
)

COMMANDS = ("list", *CONTENTS, "all")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        if not given[0].startswith("-"):
            check_names("figure or command", given[:1], COMMANDS)
    except InvalidInput as error:
        return failed(error, error.exit_status)
    return run(app, called(PROGRAM, MODULE), given)
