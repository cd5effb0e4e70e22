r"""How initial step sizes are chosen: validation accuracy over one grid, nine runs at most.

Every method gets its candidates on every workload and the same seeds:

* one step size, 10^{−4}, 10^{−3.5}, …, 10^0: the learning rate, or α of SAMT's fixed kind;
* SGD-HD has two, and nine pairs: lr ∈ {10^{−1.5}, 10^{−1}, 10^{−0.5}}, where SGD's best ones
  lie, and β ∈ {10^{−5}, 10^{−4}, 10^{−3}};
* SAMT's trained kinds have β₀ ∈ {0.003, 0.01, 0.05} at α₀ = 10^{−1.5}: three candidates, since
  order, extrapolation and schedule were chosen before, on Fashion-MNIST's validation part (seed
  100), in about six runs a kind; on the part of MNIST, where a run has a tenth of the steps, nine
  candidates, α₀ ∈ {10^{−1.5}, 10^{−1}, 10^{−0.5}} with each β₀.

The score is the accuracy on the held-out validation part after the last epoch (seeds 100 and 101
on the few digits, seed 100 elsewhere: no table uses them); a diverged run scores 0. The best score
wins, the first of the grid at a tie. No test set is read. The chosen settings and the scores are
in ``minibatch/tuned.toml``, which ``python -m repro tune-stochastic`` writes. A data set that is
not tuned on takes what was chosen for the same network on Fashion-MNIST, and the table says so.
MNIST is tuned as the quick profile has it, on its first 4,000 training images. Prodigy and
Schedule-Free AdamW are not tuned.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import product
from statistics import fmean

from amverify.errors import InvalidInput
from repro.chosen import as_toml as settings_as_toml
from repro.chosen import sections
from repro.minibatch.names import BASELINES, FIXED, LABELS, RIVALS, SAMT, TRAINED
from repro.minibatch.rivals import source_of
from repro.minibatch.workloads import REDUCED, Settings, Workload, specification
from repro.spec import RunResult, RunSpec

SEEDS = {"digits": (100, 101)}
USUAL_SEEDS = (100,)
RATES = tuple(float(f"{10 ** (-4 + k / 2):.4g}") for k in range(9))
HD_PAIRS = tuple(product((0.03162, 0.1, 0.3162), (1e-5, 1e-4, 1e-3)))
SAMT_PAIRS = tuple(product((0.03162,), (0.003, 0.01, 0.05)))
SAMT_PAIRS_OF_PARTS = tuple(product((0.03162, 0.1, 0.3162), (0.003, 0.01, 0.05)))
TUNED = (
    *(Workload(d, n) for d in ("digits", "fashion_mnist") for n in ("mlp", "cnn")),
    Workload("mnist", "mlp", REDUCED["mnist"]),
)
STANDS_IN = "fashion_mnist"  # for data sets that are not tuned on
SCORES = "validation_accuracy"  # the section of the best scores
HEAD = (
    "# Written by 'python -m repro tune-stochastic'; see repro/minibatch/tuning.py.",
    "# Scores: validation accuracy after the last epoch, mean over the tuning seeds.",
)


@dataclass(frozen=True)
class Choice:
    """What is to be chosen for ``method`` on ``workload``."""

    method: str
    workload: Workload

    @property
    def section(self) -> str:
        """Where in the file the choice stands."""
        return self.workload.section

    @property
    def named(self) -> dict[str, str]:
        """By kind of name, what it is called on the command line."""
        workload = self.workload
        return {"data set": workload.dataset, "method": self.method, "network": workload.network}

    @property
    def grid(self) -> tuple[Settings, ...]:
        """The candidates."""
        return grid(self.method, SAMT_PAIRS_OF_PARTS if self.workload.samples else SAMT_PAIRS)


def grid(method: str, pairs: Sequence[tuple[float, float]] = SAMT_PAIRS) -> tuple[Settings, ...]:
    """The candidates of ``method``, nine at most; ``pairs`` (α₀, β₀) of SAMT's trained kinds."""
    if method == "sgd_hd":
        return tuple((("beta", beta), ("lr", lr)) for lr, beta in HD_PAIRS)
    if method in TRAINED:
        return tuple((("alpha", alpha), ("beta", beta)) for alpha, beta in pairs)
    name = "alpha" if method == FIXED else "lr"
    return tuple(((name, rate),) for rate in RATES)


def choices(workloads: Sequence[Workload] = TUNED) -> Iterator[Choice]:
    """Everything that is tuned."""
    for workload in workloads:
        for method in (*BASELINES, *SAMT):
            yield Choice(method, workload)


def specs_of(choice: Choice, settings: Settings, epochs: int) -> list[RunSpec]:
    """The runs that one candidate is scored by."""
    return [
        specification(choice.workload, choice.method, settings, seed, epochs, validate=True)
        for seed in SEEDS.get(choice.workload.dataset, USUAL_SEEDS)
    ]


def score(result: RunResult) -> float:
    """Validation accuracy after the last epoch; a diverged run scores 0."""
    last = result.curves["validation_accuracy"][-1]
    return last if math.isfinite(last) else 0.0


def scores(
    choice: Choice, epochs: int, result_of: Callable[[RunSpec], RunResult]
) -> dict[Settings, float]:
    """The score of every candidate."""
    return {
        settings: fmean(score(result_of(spec)) for spec in specs_of(choice, settings, epochs))
        for settings in choice.grid
    }


def as_toml(found: Mapping[Choice, Mapping[Settings, float]]) -> str:
    """``tuned.toml``: for each choice the best candidate, and all scores."""
    best = {choice: max(own, key=lambda s: own[s]) for choice, own in found.items()}
    text = settings_as_toml([(c, best[c], own, {}) for c, own in found.items()], HEAD)
    for workload in dict.fromkeys(choice.workload for choice in found):
        text += f"\n[{SCORES}.{workload.section}]\n"
        text += "".join(
            f"{choice.method} = {own[best[choice]]:.4f}\n"
            for choice, own in found.items()
            if choice.workload == workload
        )
    return text


def merged(old: str, new: str) -> str:
    """``tuned.toml`` with the sections of ``new`` in place of old ones; scores line by line."""
    found = sections(old)
    for name, lines in sections(new).items():
        own = {line.split(" = ")[0]: line for line in (*found.get(name, ()), *lines)}
        scored = [own[method] for method in (*BASELINES, *SAMT) if method in own]
        found[name] = scored if name.startswith(SCORES) else lines
    order = [f"{choice.method}.{choice.section}" for choice in choices()]
    order += [f"{SCORES}.{workload.section}" for workload in TUNED]
    known = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
    parts = ["\n".join(HEAD)]
    parts += ["\n".join((f"[{name}]", *found[name])) for name in known]
    return "\n\n".join(parts) + "\n"


def configuration(method: str, workload: Workload) -> tuple[Settings, str]:
    """The settings of ``method`` on ``workload``, sorted by name, and where they come from.

    Rivals have none: they run with their packages' defaults.

    Raises:
        InvalidInput: for a method that was not tuned for it nor for its stand-in.
    """
    if method in RIVALS:
        return (), source_of(method)
    own = tuned().get(method, {})
    stand_in = Workload(STANDS_IN, workload.network)
    for source in (workload, stand_in):
        if source.section in own:
            settings = tuple(sorted(own[source.section].items()))
            borrowed = "" if source == workload else f" on {source}"
            return settings, f"tuned{borrowed} (python -m repro tune-stochastic)"
    raise InvalidInput(
        f"{LABELS[method]}: not tuned on {workload} nor on {stand_in}: run "
        "'python -m repro tune-stochastic'"
    )


def validation_scores(workload: Workload) -> dict[str, float]:
    """Each method's best score on ``workload``, else on its stand-in; {} without either."""
    own = tuned().get(SCORES, {})
    for source in (workload, Workload(STANDS_IN, workload.network)):
        if source.section in own:
            return {method: float(value) for method, value in own[source.section].items()}
    return {}


@lru_cache
def tuned() -> dict[str, dict[str, dict[str, float]]]:
    """Method → section of a workload → settings, as ``tuned.toml`` has them."""
    file = resources.files("repro.minibatch").joinpath("tuned.toml")
    if not file.is_file():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))
