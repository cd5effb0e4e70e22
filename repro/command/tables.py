"""The commands that make tables: one a table, and ``all``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import typer

from amverify.console.application import examples
from repro.command.flags import (
    CACHE,
    OUT,
    CacheOption,
    ClusterOption,
    DataDirOption,
    DataOption,
    DryRunOption,
    FreshOption,
    JobsOption,
    MethodOption,
    NetworkOption,
    NoDownloadOption,
    OutOption,
    ProfileOption,
    QuietOption,
    SchedulerOption,
    SeedsOption,
    SweepsOption,
    ThreadsOption,
)
from repro.names import CONTENTS

MODULE = "python -m repro"
WITHOUT_RUNS = {
    "table1": (
        "Counts of the data sets beside the published ones; without runs, it takes data alone.",
        ("", "--data digits --no-download --out counts"),
    ),
    "table12": (
        "Claims of the TIAM and SAMT papers, a verdict each, from the JSON files in --out of "
        "tables 2, 5, 7, 8 and 10; what was not made is undecided.",
        ("", "--out results"),
    ),
}
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


def add_tables(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for name, (about, shown) in WITHOUT_RUNS.items():
        _without_runs(app, name, about, _examples(name, shown))
    for name, contents in CONTENTS.items():
        if name not in WITHOUT_RUNS:
            _with_runs(app, name, [name], f"{contents}.", _examples(name, SHOWN.get(name, USUAL)))
    _with_runs(app, "all", list(CONTENTS), "Every table.", _examples("all", SHOWN["all"]))


def _examples(name: str, options: Sequence[str]) -> list[str]:
    return [f"{MODULE} {name} {given}".rstrip() for given in options]


def _without_runs(app: typer.Typer, name: str, about: str, shown: Sequence[str]) -> None:
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


def _with_runs(
    app: typer.Typer, name: str, tables: Sequence[str], about: str, shown: Sequence[str]
) -> None:
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
