"""The options of the command lines of tables and figures, and what they are unless given."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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
