"""Where a table gets its data and its runs: data go down once, results come up once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from amverify.console.screen import Screen
from amverify.errors import AmverifyError, CorruptFile, DataUnavailable
from repro import data
from repro.data.dataset import Dataset
from repro.data.progress import download_bar
from repro.engine.run import run_all
from repro.engine.work import FinishedRun
from repro.spec import RunSpec


@dataclass
class Laboratory:
    """Loads each data set once and carries out runs on what it has loaded.

    ``data_dir`` and ``download`` say where data may come from (:func:`repro.data.load`), the
    others how runs are carried out (:func:`repro.engine.run_all`). ``results`` is the folder of the
    tables that were made before, for one that is made from them. ``datasets`` are the data at
    hand, ``failed`` says why others are not.
    """

    cache: Path
    data_dir: Path | None = None
    download: bool = True
    jobs: int = 1
    fresh: bool = False
    scheduler: str | None = None
    local_cluster: bool = False
    threads: int | None = None
    console: Console = field(default_factory=lambda: Screen(stderr=True))
    results: Path = Path("results")
    datasets: dict[str, Dataset] = field(default_factory=dict)
    failed: dict[str, AmverifyError] = field(default_factory=dict)

    def available(self, names: Sequence[str]) -> dict[str, Dataset]:
        """Those of ``names`` that can be had; why the others cannot goes into ``failed``.

        Raises the error of the first when not one can be had.
        """
        for name in names:
            try:
                self.need([name])
            except (DataUnavailable, CorruptFile) as error:
                self.failed[name] = error
        found = {name: self.datasets[name] for name in names if name in self.datasets}
        if not found:
            first, others = self.failed[names[0]], len(names) - 1
            also = f" (and {others} more could not be had: python -m repro list)" if others else ""
            raise type(first)(f"no row can be computed: {first}{also}")
        return found

    def need(self, names: Iterable[str]) -> None:
        """Load what is not at hand; raises what :meth:`load` does, again for what failed before."""
        for name in names:
            if name in self.failed:
                raise self.failed[name]
            if name not in self.datasets:
                self.datasets[name] = self.load(name)

    def load(self, name: str) -> Dataset:
        """As :func:`repro.data.load`; downloads are shown where the console is a terminal."""
        with ExitStack() as stack:
            shown = self.console.is_terminal
            hook = stack.enter_context(download_bar(self.console)) if shown else None
            return data.load(name, data_dir=self.data_dir, download=self.download, progress=hook)

    def run(self, specs: Sequence[RunSpec]) -> Mapping[RunSpec, FinishedRun]:
        """Every run of ``specs``, on the data at hand; raises what ``run_all`` does."""
        return run_all(
            specs,
            self.datasets,
            cache=self.cache,
            jobs=self.jobs,
            fresh=self.fresh,
            scheduler=self.scheduler,
            local_cluster=self.local_cluster,
            threads=self.threads,
            console=self.console,
        )
