"""The command line: ``python -m repro list | table1 | table2 | all | tune``.

What a user can get wrong is answered in one line on standard error and a distinct exit
status (:mod:`amverify.errors`); AMVERIFY_DEBUG=1 shows the traceback as well. Tables go to
standard output and to files, everything else to standard error.

Only a command that computes imports what computes: help, completion and refusals need no torch.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from amverify.console.application import Version, application, called, examples
from amverify.console.shell import failed, run
from amverify.errors import InvalidInput
from repro.names import CONTENTS, check_names

PROGRAM, MODULE = "amverify-repro", "python -m repro"
EXAMPLES = (
    "python -m repro list                              # what can be made, from which data",
    "python -m repro table2                            # two seeds, minutes",
    "python -m repro table2 --profile paper --jobs 4   # ten seeds",
)
app = application("Make the tables again, beside the published numbers.", EXAMPLES, PROGRAM)


@app.callback()
def common(version: Version = False) -> None:
    """Make the tables again, from data to files, beside the published numbers."""


class Profile(StrEnum):
    """How much is computed."""

    quick = "quick"
    paper = "paper"


class Cluster(StrEnum):
    """Which cluster is started."""

    local = "local"


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
    Profile | None,
    typer.Option(help="quick (usual): two seeds, minutes; paper: ten seeds, all networks."),
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
ClusterOption = Annotated[
    Cluster | None,
    typer.Option(help="Run on a Dask cluster of --jobs processes that is started here."),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Threads of each run, not as many as its products are worth."),
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Only say how many runs there are, how many kept, how long."),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only write the files; print nothing but warnings.")
]

OUT = Path("results")
CACHE = Path("results/cache")
SITE = Path("results/report")
SHIPPED = "the package's own tuned.toml, or crossed.toml"
TUNED_STOCHASTIC = Path(__file__).parents[1] / "minibatch" / "tuned.toml"


@app.command("list", epilog=examples("python -m repro list", "python -m repro list --data-dir ."))
def list_command(data_dir: DataDirOption = None) -> None:
    """Show the tables, the data sets (at hand here or not, and why) and the methods."""
    from rich.console import Console

    from repro.command.listing import print_list

    print_list(data_dir, Console())


def command_without_runs(name: str, about: str, shown: Sequence[str]) -> None:
    """Add the command of a table without runs; options of runs are refused in a line."""

    def command(
        profile: ProfileOption = None,
        data: DataOption = None,
        method: MethodOption = None,
        network: NetworkOption = None,
        seeds: SeedsOption = None,
        sweeps: SweepsOption = None,
        data_dir: DataDirOption = None,
        no_download: NoDownloadOption = False,
        out: OutOption = OUT,
        quiet: QuietOption = False,
    ) -> None:
        from repro.command.make import make_tables
        from repro.command.options import Options, wanted

        asked = wanted(data, method, network, seeds, sweeps, profile)
        options = Options(data_dir, not no_download, out, wanted=asked, quiet=quiet)
        raise typer.Exit(make_tables([name], options))

    app.command(name, help=about, epilog=examples(*shown))(command)


command_without_runs(
    "table1",
    "Counts of the data sets beside the published ones; without runs, it takes data alone.",
    (
        "python -m repro table1",
        "python -m repro table1 --data digits --no-download --out counts",
    ),
)
command_without_runs(
    "table12",
    "Claims of the TIAM and SAMT papers, a verdict each, from the JSON files in --out of tables "
    "2, 5, 7, 8 and 10; what was not made is undecided.",
    ("python -m repro table12", "python -m repro table12 --out results"),
)


def runs_command(name: str, tables: Sequence[str], about: str, shown: Sequence[str]) -> None:
    """Add the command ``name``, which makes ``tables``, all with the options of runs."""

    def command(
        profile: ProfileOption = None,
        data: DataOption = None,
        method: MethodOption = None,
        network: NetworkOption = None,
        seeds: SeedsOption = None,
        sweeps: SweepsOption = None,
        jobs: JobsOption = 1,
        scheduler: SchedulerOption = None,
        cluster: ClusterOption = None,
        threads: ThreadsOption = None,
        fresh: FreshOption = False,
        data_dir: DataDirOption = None,
        no_download: NoDownloadOption = False,
        out: OutOption = OUT,
        cache: CacheOption = CACHE,
        quiet: QuietOption = False,
        dry_run: DryRunOption = False,
    ) -> None:
        from repro.command.make import make_tables
        from repro.command.options import Options, wanted

        asked = wanted(data, method, network, seeds, sweeps, profile)
        load = not no_download
        run = Options(data_dir, load, out, cache, jobs, fresh, scheduler, asked, quiet, dry_run)
        run = replace(run, local_cluster=cluster is not None, threads=threads)
        raise typer.Exit(make_tables(tables, run))

    app.command(name, help=about, epilog=examples(*shown))(command)


WITHOUT_RUNS = ("table1", "table12")
USUAL = ("", "--profile paper --jobs 4", "--data digits --method tiam --seeds 0")
SHOWN = {
    "table2": ("", "--data cora --method tiam --method mdlam --seeds 0-4"),
    "table3": ("", "--data cora --method mdlam --seeds 0-4"),
    "table4": ("", "--data cora --method mdlam --seeds 0-4"),
    "table5": ("", "--data cora --method tiam --method joint_tiam --seeds 0-4"),
    "table6": ("", "--data digits --seeds 0"),
    "table7": ("--data digits", "--data digits --network mlp --method adam --seeds 0"),
    "table8": ("--data digits", "--data digits --network mlp --method samt_row --seeds 0"),
    "table9": ("", "--method tiam --method adam --seeds 0"),
    "table10": ("", "--data digits --seeds 0"),
    "table11": ("", "--seeds 0 --jobs 2"),
    "mdlam_setting": ("", "--data cora --seeds 0"),
    "bcd": ("", "--profile paper --seeds 10 --sweeps 5"),
    "all": ("--jobs 4", "--dry-run", "--profile paper --jobs 4 --no-download"),
}


def _shown(name: str) -> list[str]:
    return [f"{MODULE} {name} {options}".rstrip() for options in SHOWN.get(name, USUAL)]


for _name, _contents in CONTENTS.items():
    if _name not in WITHOUT_RUNS:
        runs_command(_name, [_name], f"{_contents}.", _shown(_name))
runs_command("all", list(CONTENTS), "Every table.", _shown("all"))


@app.command(
    epilog=examples(
        "python -m repro tune --jobs 2 --file tuned.toml",
        "python -m repro tune --crossed --method joint_tiam --no-download",
    )
)
def tune(
    crossed: Annotated[
        bool, typer.Option("--crossed", help="By cross-validation, for the rows that say so.")
    ] = False,
    method: MethodOption = None,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the chosen settings go.", show_default=SHIPPED),
    ] = None,
    jobs: JobsOption = 1,
    scheduler: SchedulerOption = None,
    cluster: ClusterOption = None,
    threads: ThreadsOption = None,
    fresh: FreshOption = False,
    data_dir: DataDirOption = None,
    no_download: NoDownloadOption = False,
    cache: CacheOption = CACHE,
    quiet: QuietOption = False,
) -> None:
    """Choose the settings that nobody published (repro/full_batch/tuning.py).

    On training accuracy, or with --crossed by cross-validation within the training sets. With
    --method only those; what the file has of others stays.
    """
    from repro.command.options import Options, wanted
    from repro.command.tune import tune as tune_settings
    from repro.full_batch.configurations import CROSSED, TUNED

    asked = wanted(method=method)
    options = Options(data_dir, not no_download, OUT, cache, jobs, fresh, scheduler, asked, quiet)
    options = replace(options, local_cluster=cluster is not None, threads=threads)
    shipped = Path(__file__).parents[1] / "full_batch" / (CROSSED if crossed else TUNED)
    tune_settings(options, file or shipped, crossed)


@app.command(
    "tune-stochastic",
    epilog=examples(
        "python -m repro tune-stochastic --jobs 4",
        "python -m repro tune-stochastic --data digits --network cnn --method samt_row",
    ),
)
def tune_stochastic(
    data: DataOption = None,
    network: NetworkOption = None,
    method: MethodOption = None,
    file: Annotated[
        Path, typer.Option(metavar="FILE", help="Where the chosen settings go.")
    ] = TUNED_STOCHASTIC,
    jobs: JobsOption = 1,
    scheduler: SchedulerOption = None,
    cluster: ClusterOption = None,
    threads: ThreadsOption = None,
    fresh: FreshOption = False,
    data_dir: DataDirOption = None,
    no_download: NoDownloadOption = False,
    cache: CacheOption = CACHE,
    quiet: QuietOption = False,
) -> None:
    """Choose tables 7 and 8's step sizes, on a validation split (repro/minibatch/tuning.py).

    With --data, --network or --method only those; what the file has of others stays.
    """
    from repro.command.options import Options, wanted
    from repro.command.tune import tune_stochastic as tune_minibatches

    asked = wanted(data, method, network)
    options = Options(data_dir, not no_download, OUT, cache, jobs, fresh, scheduler, asked, quiet)
    options = replace(options, local_cluster=cluster is not None, threads=threads)
    tune_minibatches(options, file)


@app.command(epilog=examples("python -m repro score", "python -m repro score --out results --json"))
def score(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder with the JSON files of the tables.")
    ] = OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Every cell, as JSON.")] = False,
) -> None:
    """Show, paper by paper, how many published cells were reproduced, and which were not.

    It reads the JSON files of the tables that were made and computes nothing. One seed never says
    that a cell differs.
    """
    from rich.console import Console

    from repro.command.score import print_score

    print_score(out, as_json, Console())


@app.command(
    epilog=examples(
        "python -m repro report",
        "python -m repro report --results results --out site --cache results/cache",
    )
)
def report(
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder with the tables' files.")
    ] = OUT,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the site; an old site is replaced.")
    ] = SITE,
    cache: CacheOption = CACHE,
    quiet: QuietOption = False,
) -> None:
    """Make a static site of what was made: tables, figures, verdicts, runs, proofs, score.

    It computes nothing; what was not made stands there with the command that makes it. Open
    index.html: it needs no network. Until the new site is whole the old one stays.
    """
    from rich.console import Console

    from repro.command.report import make_report

    raise typer.Exit(make_report(results, out, cache, Console(quiet=quiet)))


published = typer.Typer(
    help="Files of published values.",
    epilog=examples("python -m repro published check repro/published/tiam.toml"),
)
app.add_typer(published, name="published")


@published.command(
    "check", epilog=examples("python -m repro published check repro/published/tiam.toml")
)
def check_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to check.")],
) -> None:
    """Say what a file of published values holds, or each fault with its place (exit status 2).

    The format is described in repro/published/README.md. Of an entry the first fault is said.
    """
    from rich.console import Console

    from repro.command.score import check_published

    raise typer.Exit(check_published(files, Console(), Console(stderr=True)))


@app.command(
    epilog=examples(
        "python -m repro rerun results/table2.json",
        "python -m repro rerun results/table2.json --data-dir data",
    )
)
def rerun(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file of a table.")],
    data_dir: DataDirOption = None,
) -> None:
    """Make a table again from nothing, by the command in its JSON file, and compare all numbers.

    On the same machine, code and versions they are the same bit for bit (status 1 if not);
    elsewhere it says how far off they are. Times are not compared. Nothing is written.
    """
    from rich.console import Console

    from repro.command.rerun import rerun_file

    raise typer.Exit(rerun_file(file, data_dir, main, Console()))


cache_app = typer.Typer(
    help="The folder of finished runs.",
    epilog=examples("python -m repro cache status", "python -m repro cache prune"),
)
app.add_typer(cache_app, name="cache")


@cache_app.command("status", epilog=examples("python -m repro cache status --cache results/cache"))
def cache_status(cache: CacheOption = CACHE) -> None:
    """Show by data set how many runs are kept, of this version of the code and of others."""
    from rich.console import Console

    from repro.command.cache import print_status

    print_status(cache, Console())


@cache_app.command("prune", epilog=examples("python -m repro cache prune --cache results/cache"))
def cache_prune(cache: CacheOption = CACHE) -> None:
    """Remove the runs of other versions and what is damaged: files that are never read."""
    from rich.console import Console

    from repro.command.cache import prune_cache

    prune_cache(cache, Console())


@app.command(
    epilog=examples(
        "python -m repro gallery",
        "python -m repro gallery --method fista --method k-means --out shown",
    )
)
def gallery(
    method: Annotated[
        list[str] | None,
        typer.Option("--method", metavar="NAME", help="A method; may be repeated. Usually all."),
    ] = None,
    out: OutOption = OUT,
    quiet: QuietOption = False,
) -> None:
    """Judge known claims, true and false, about 20 methods; status 1 if a verdict is unexpected.

    A table, and an HTML page for each method in the folder gallery beside it.
    """
    from repro.command.gallery import make_gallery
    from repro.command.options import Options

    raise typer.Exit(make_gallery(method or (), Options(out=out, quiet=quiet)))


COMMANDS = (
    "list",
    *CONTENTS,
    "all",
    "score",
    "report",
    "published",
    "cache",
    "rerun",
    "gallery",
    "tune",
    "tune-stochastic",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        if not given[0].startswith("-"):
            check_names("table or command", given[:1], COMMANDS)
    except InvalidInput as error:
        return failed(error, error.exit_status)
    return run(app, called(PROGRAM, MODULE), given)
