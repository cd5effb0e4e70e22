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
from pathlib import Path
from typing import Annotated

import typer

from amverify.console.application import Version, application, called, examples
from amverify.console.shell import failed, run
from amverify.errors import InvalidInput
from repro.command.flags import (
    CACHE,
    OUT,
    SHIPPED,
    SITE,
    TUNED_STOCHASTIC,
    CacheOption,
    ClusterOption,
    DataDirOption,
    DataOption,
    FreshOption,
    JobsOption,
    MethodOption,
    NetworkOption,
    NoDownloadOption,
    OutOption,
    QuietOption,
    SchedulerOption,
    ThreadsOption,
)
from repro.command.tables import MODULE, add_tables
from repro.names import CONTENTS, check_names

PROGRAM = "amverify-repro"
EXAMPLES = (
    "python -m repro list                              # what can be made, from which data",
    "python -m repro table2                            # two seeds, minutes",
    "python -m repro table2 --profile paper --jobs 4   # ten seeds",
)
app = application("Make the tables again, beside the published numbers.", EXAMPLES, PROGRAM)


@app.callback()
def common(version: Version = False) -> None:
    """Make the tables again, from data to files, beside the published numbers."""


@app.command("list", epilog=examples("python -m repro list", "python -m repro list --data-dir ."))
def list_command(data_dir: DataDirOption = None) -> None:
    """Show the tables, the data sets (at hand here or not, and why) and the methods."""
    from amverify.console.screen import Screen
    from repro.command.listing import print_list

    print_list(data_dir, Screen())


add_tables(app)


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
    from amverify.console.screen import Screen
    from repro.command.score import print_score

    print_score(out, as_json, Screen())


@app.command(
    epilog=examples(
        "python -m repro report",
        "python -m repro report --results results --out site",
    )
)
def report(
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder with the tables' files.")
    ] = OUT,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the site; an old site is replaced.")
    ] = SITE,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="AMVERIFY_CACHE",
            help="Folder of finished runs.",
            show_default="cache in --results",
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Make a static site of what was made: tables, figures, verdicts, runs, proofs, score.

    It computes nothing; what was not made stands there with the command that makes it. Open
    index.html: it needs no network. Until the new site is whole the old one stays.
    """
    from amverify.console.screen import Screen
    from repro.command.report import make_report

    raise typer.Exit(make_report(results, out, cache or results / "cache", Screen(quiet=quiet)))


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
    from amverify.console.screen import Screen
    from repro.command.score import check_published

    raise typer.Exit(check_published(files, Screen(), Screen(stderr=True)))


@published.command("template", epilog=examples("python -m repro published template tiam mine.toml"))
def template_command(
    paper: Annotated[str, typer.Argument(metavar="NAME", help="bcd, mdlam, samt or tiam.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, to be filled in.")],
) -> None:
    """Copy the file of a paper's values to where you can fill it in.

    With AMVERIFY_PUBLISHED=FILE every table and the score use it in the place of the shipped one.
    """
    from rich.console import Console

    from repro.command.score import write_template

    write_template(paper, file, Console())


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
    from amverify.console.screen import Screen
    from repro.command.rerun import rerun_file

    raise typer.Exit(rerun_file(file, data_dir, main, Screen()))


cache_app = typer.Typer(
    help="The folder of finished runs.",
    epilog=examples("python -m repro cache status", "python -m repro cache prune"),
)
app.add_typer(cache_app, name="cache")


@cache_app.command("status", epilog=examples("python -m repro cache status --cache results/cache"))
def cache_status(cache: CacheOption = CACHE) -> None:
    """Show by data set how many runs are kept, of this version of the code and of others."""
    from amverify.console.screen import Screen
    from repro.command.cache import print_status

    print_status(cache, Screen())


@cache_app.command("prune", epilog=examples("python -m repro cache prune --cache results/cache"))
def cache_prune(cache: CacheOption = CACHE) -> None:
    """Remove the runs of other versions and what is damaged: files that are never read."""
    from amverify.console.screen import Screen
    from repro.command.cache import prune_cache

    prune_cache(cache, Screen())


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


@app.command(
    epilog=examples("python -m repro gpu", "python -m repro gpu --device cpu --seconds 60")
)
def gpu(
    device: Annotated[
        str, typer.Option(metavar="NAME", help="cuda, or cpu to try it out.")
    ] = "cuda",
    file: Annotated[
        Path, typer.Option(metavar="FILE", help="Where the figures go.", show_default=True)
    ] = Path("results/gpu.json"),
    seconds: Annotated[
        float, typer.Option(min=1, help="No part is begun after so many seconds.")
    ] = 480.0,
    quiet: QuietOption = False,
) -> None:
    """Run every check and benchmark of a GPU: same iterates, no waiting, graphs, times.

    On random data of the tables' shapes. Where there is no GPU it says so and ends with status 0;
    with status 1 if a check failed.
    """
    from rich.console import Console

    from repro.command.gpu import gpu_report

    raise typer.Exit(gpu_report(device, file, seconds, Console(quiet=quiet)))


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
    "gpu",
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
