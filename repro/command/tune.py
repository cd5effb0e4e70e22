"""Choosing settings: every candidate is carried out, the best go to a file."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from amverify.files import write
from repro.chosen import as_toml, merged
from repro.command.options import Options, interruptible
from repro.engine.storage import check_writable
from repro.full_batch import grids, tuning
from repro.minibatch import tuning as stochastic_tuning
from repro.minibatch.workloads import EPOCHS
from repro.names import check_names
from repro.spec import RunResult, RunSpec


@interruptible()
def tune(options: Options, file: Path, crossed: bool) -> None:
    """Carry out every candidate of :mod:`repro.full_batch.grids`; the best go to ``file``.

    Where methods are named, what the file has of others stays.

    Raises :class:`InvalidInput` for a name that is not known.
    """
    check_writable(file.parent)
    everything = list(grids.crossed_choices() if crossed else grids.choices())
    named = options.wanted.names.get("method", ())
    check_names("method", named, list(dict.fromkeys(choice.method for choice in everything)))
    chosen = [choice for choice in everything if not named or choice.method in named]
    laboratory = options.laboratory()
    laboratory.need(name for choice in chosen for name in choice.datasets)
    if crossed:
        for whole in tuple(laboratory.datasets.values()):
            for split in (*tuning.FIRST, *tuning.AGAIN):
                laboratory.datasets |= tuning.folds_of(whole, split)
    runs = dict(
        laboratory.run(
            [
                spec
                for choice in chosen
                for settings in choice.grid
                for spec in tuning.specs_of(choice, settings, tuning.SWEEPS)
            ]
        )
    )

    def result_of(spec: RunSpec) -> RunResult:
        return runs[spec].result

    runs |= laboratory.run(
        [
            spec
            for choice in chosen
            for settings in tuning.near_best(choice, tuning.SWEEPS, result_of)
            for spec in tuning.specs_of(choice, settings, tuning.SWEEPS, tuning.AGAIN)
        ]
    )
    winners = [(choice, *tuning.best(choice, tuning.SWEEPS, result_of)) for choice in chosen]
    head = tuning.CROSSED_HEAD if crossed else tuning.HEAD
    text = as_toml(winners, head)
    if len(chosen) < len(everything) and file.is_file():
        text = merged(file.read_text(encoding="utf-8"), text, head)
    _written(options, file, text)


@interruptible()
def tune_stochastic(options: Options, file: Path) -> None:
    """Carry out the candidates of :mod:`repro.minibatch.tuning`, write the best to ``file``.

    Where data sets, methods or networks are named, what the file has of others stays.

    Raises :class:`InvalidInput` for names that are not known.
    """
    check_writable(file.parent)
    everything = chosen = list(stochastic_tuning.choices())
    for kind, given in options.wanted.names.items():
        check_names(kind, given, list(dict.fromkeys(choice.named[kind] for choice in everything)))
        chosen = [choice for choice in chosen if not given or choice.named[kind] in given]
    laboratory = options.laboratory()
    laboratory.need(choice.workload.dataset for choice in chosen)
    runs = laboratory.run(
        [
            spec
            for choice in chosen
            for settings in choice.grid
            for spec in stochastic_tuning.specs_of(choice, settings, EPOCHS)
        ]
    )
    text = stochastic_tuning.as_toml(
        {
            choice: stochastic_tuning.scores(choice, EPOCHS, lambda spec: runs[spec].result)
            for choice in chosen
        }
    )
    if len(chosen) < len(everything) and file.is_file():
        text = stochastic_tuning.merged(file.read_text(encoding="utf-8"), text)
    _written(options, file, text)


def _written(options: Options, file: Path, text: str) -> None:
    write(file, text)
    options.screen().print(Text(f"written: {file}"), soft_wrap=True)
