"""The command line: ``python -m repro list | table1 | table2 | all | tune``.

What a user can get wrong is answered in one line on standard error and a distinct exit
status (:mod:`amverify.errors`); AMVERIFY_DEBUG=1 shows the traceback as well. Tables go to
standard output and to files, everything else to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from amverify.command.shell import failed, run
from amverify.errors import InvalidInput
from repro.command.make import Options, print_list, seeds_of
from repro.command.make import make_tables as make
from repro.command.make import tune as tune_settings
from repro.command.make import tune_stochastic as tune_minibatches
from repro.full_batch.configurations import CROSSED, TUNED
from repro.names import check_names
from repro.tables import TABLES

EPILOG = """Examples:

\b
python -m repro list
python -m repro table2                            (two seeds, minutes)
python -m repro table2 --profile paper --jobs 4   (ten seeds)
python -m repro table2 --data cora --method tiam --method mdlam --seeds 0-4
"""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Make the tables again, from data to files, beside the published numbers.",
    epilog=EPILOG,
)


class Profile(StrEnum):
    """How much is computed."""

    quick = "quick"
    paper = "paper"


DataOption = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="NAME", help="A data set; may be repeated. See 'list'."),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder with the data files, before AMVERIFY_DATA."),
]
NoDownloadOption = Annotated[
    bool, typer.Option("--no-download", help="Use only data that are on this machine.")
]
OutOption = Annotated[Path, typer.Option(metavar="DIR", help="Folder for the tables' files.")]
ProfileOption = Annotated[
    Profile, typer.Option(help="quick: two seeds, minutes; paper: ten seeds, all networks.")
]
MethodOption = Annotated[
    list[str] | None,
    typer.Option("--method", metavar="NAME", help="A method; may be repeated. See 'list'."),
]
NetworkOption = Annotated[
    list[str] | None,
    typer.Option("--network", metavar="NAME", help="Tables 7 and 8: mlp or cnn; may be repeated."),
]
SeedsOption = Annotated[
    str | None,
    typer.Option(metavar="LIST", help="Seeds instead of the profile's: '0-4', '0,3,7', '5'."),
]
SweepsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Sweeps (tables 7 and 8: epochs) of each run, not the usual ones."),
]
CacheOption = Annotated[
    Path,
    typer.Option(metavar="DIR", envvar="AMVERIFY_CACHE", help="Folder of finished runs."),
]
JobsOption = Annotated[int, typer.Option(min=1, help="Processes on this machine.")]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Compute also the runs that are kept in the cache.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on the Dask cluster of this scheduler instead."),
]

OUT = Path("results")
CACHE = Path("results/cache")
SHIPPED = "the package's own tuned.toml, or crossed.toml"
TUNED_STOCHASTIC = Path(__file__).parents[1] / "minibatch" / "tuned.toml"


@app.command("list")
def list_command(data_dir: DataDirOption = None) -> None:
    """Show the tables, the data sets (at hand here or not, and why) and the methods."""
    print_list(data_dir, Console())


@app.command()
def table1(
    data: DataOption = None,
    data_dir: DataDirOption = None,
    no_download: NoDownloadOption = False,
    out: OutOption = OUT,
) -> None:
    """Counts of the data sets beside the published ones."""
    options = Options(data=data, data_dir=data_dir, download=not no_download, out=out)
    raise typer.Exit(make(["table1"], options))


WITHOUT_RUNS = ("table1",)


def runs_command(name: str, tables: Sequence[str], about: str) -> None:
    """Add the command ``name``, which makes ``tables``, all with the options of runs."""

    def command(
        profile: ProfileOption = Profile.quick,
        data: DataOption = None,
        method: MethodOption = None,
        network: NetworkOption = None,
        seeds: SeedsOption = None,
        sweeps: SweepsOption = None,
        jobs: JobsOption = 1,
        scheduler: SchedulerOption = None,
        fresh: FreshOption = False,
        data_dir: DataDirOption = None,
        no_download: NoDownloadOption = False,
        out: OutOption = OUT,
        cache: CacheOption = CACHE,
    ) -> None:
        options = Options(
            data=data,
            data_dir=data_dir,
            download=not no_download,
            out=out,
            methods=method,
            seeds=None if seeds is None else seeds_of(seeds),
            profile=profile.value,
            sweeps=sweeps,
            cache=cache,
            jobs=jobs,
            fresh=fresh,
            scheduler=scheduler,
            networks=network,
        )
        raise typer.Exit(make(tables, options))

    app.command(name, help=about, epilog=EPILOG)(command)


for table, entry in TABLES.items():
    if table not in WITHOUT_RUNS:
        runs_command(table, [table], f"{entry.contents[0].upper()}{entry.contents[1:]}.")
runs_command("all", list(TABLES), "Every table.")


@app.command()
def tune(
    crossed: Annotated[
        bool, typer.Option("--crossed", help="TIAM by cross-validation, for its second row.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the chosen settings go.", show_default=SHIPPED),
    ] = None,
    jobs: JobsOption = 1,
    scheduler: SchedulerOption = None,
    fresh: FreshOption = False,
    data_dir: DataDirOption = None,
    no_download: NoDownloadOption = False,
    cache: CacheOption = CACHE,
) -> None:
    """Choose the settings that nobody published (repro/full_batch/tuning.py).

    On training accuracy, or with --crossed by cross-validation within the training sets.
    """
    options = Options(
        data=None,
        data_dir=data_dir,
        download=not no_download,
        out=OUT,
        cache=cache,
        jobs=jobs,
        fresh=fresh,
        scheduler=scheduler,
    )
    shipped = Path(__file__).parents[1] / "full_batch" / (CROSSED if crossed else TUNED)
    tune_settings(options, file or shipped, crossed)


TUNE_EPILOG = """Examples:

\b
python -m repro tune-stochastic --jobs 4
python -m repro tune-stochastic --data digits --network cnn --method samt_row
"""


@app.command("tune-stochastic", epilog=TUNE_EPILOG)
def tune_stochastic(
    data: DataOption = None,
    network: NetworkOption = None,
    method: MethodOption = None,
    file: Annotated[
        Path, typer.Option(metavar="FILE", help="Where the chosen settings go.")
    ] = TUNED_STOCHASTIC,
    jobs: JobsOption = 1,
    scheduler: SchedulerOption = None,
    fresh: FreshOption = False,
    data_dir: DataDirOption = None,
    no_download: NoDownloadOption = False,
    cache: CacheOption = CACHE,
) -> None:
    """Choose tables 7 and 8's step sizes, on a validation split (repro/minibatch/tuning.py).

    With --data, --network or --method only those; what the file has of others stays.
    """
    options = Options(
        data=data,
        methods=method,
        data_dir=data_dir,
        download=not no_download,
        out=OUT,
        cache=cache,
        jobs=jobs,
        fresh=fresh,
        scheduler=scheduler,
        networks=network,
    )
    tune_minibatches(options, file)


COMMANDS = ("list", *TABLES, "all", "tune", "tune-stochastic")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        if not given[0].startswith("-"):
            check_names("table or command", given[:1], COMMANDS)
    except InvalidInput as error:
        return failed(error, error.exit_status)
    return run(app, "python -m repro", given)
