"""Why JointTIAM stands behind TIAM on Citeseer in table 2: a diagnosis, which chooses nothing.

    python docs/selection.py                 # ten seeds; writes its part of docs/results.md
    python docs/selection.py --seeds 2 --show

The candidates of both methods (repro/full_batch/grids.py) are compared by cross-validation as
``python -m repro tune --crossed`` compares them, and *after that* each is trained on the whole
training set and read on the **test set**: what the choice could not see. Runs are kept in
results/cache, as those of table 2 are.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev

from tables import head

from amverify.files import write
from repro.chosen import Settings
from repro.engine import Laboratory
from repro.full_batch import grids, tuning
from repro.full_batch.configurations import SUFFIX, configuration
from repro.spec import RunResult, RunSpec
from repro.tables.parts.full_batch import runs_of
from repro.tables.parts.request import Request

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- diagnosis: selection -->\n", "<!-- end -->"
METHODS = {"joint_tiam": "JointTIAM", "tiam": "TIAM"}
VARIES = ("rho", "mu", "s", "p3", "c", "p2")
"""What differs between candidates of either method."""
HEAD = (
    "| Method | Candidate | five folds | again, three other splits | Test accuracy | |\n"
    "|---|---|---:|---:|---:|---|"
)


class Bench:
    """The runs of one data set, each carried out once."""

    def __init__(self, dataset: str, seeds: int) -> None:
        self.dataset, self.seeds = dataset, tuple(range(seeds))
        self.laboratory = Laboratory(ROOT / "results" / "cache", download=False)
        self.laboratory.need([dataset])
        whole = self.laboratory.datasets[dataset]
        self.tests = len(whole.test)
        for split in (*tuning.FIRST, *tuning.AGAIN):
            self.laboratory.datasets |= tuning.folds_of(whole, split)

        self.runs: dict[RunSpec, RunResult] = {}

    def run(self, specs: Sequence[RunSpec]) -> None:
        """Carry out what has not been yet."""
        new = [spec for spec in specs if spec not in self.runs]
        self.runs |= {spec: run.result for spec, run in self.laboratory.run(new).items()}

    def result_of(self, spec: RunSpec) -> RunResult:
        """What a run gave."""
        return self.runs[spec]

    def tested(self, method: str, settings: Settings) -> list[float]:
        """Test accuracies after the last sweep, trained as table 2 trains, one a seed."""
        request = Request((self.dataset,), (method,), self.seeds, tuning.SWEEPS)
        specs = runs_of(request, self.dataset, method, dict(settings), "float32")
        self.run(specs)
        return [self.runs[spec].curves["test_accuracy"][-1] for spec in specs]

    def crossed(self, choice: grids.Choice) -> None:
        """Carry out both comparisons of a choice by cross-validation."""
        sweeps = tuning.SWEEPS
        for splits in (tuning.FIRST, tuning.AGAIN):
            again = splits == tuning.AGAIN
            near = tuning.near_best(choice, sweeps, self.result_of) if again else choice.grid
            self.run([s for own in near for s in tuning.specs_of(choice, own, sweeps, splits)])


def told(values: Sequence[float]) -> str:
    """Mean ± standard deviation."""
    return f"{fmean(values):.4f} ± {stdev(values):.4f}"


def candidates(bench: Bench, method: str) -> tuple[list[str], list[float], str]:
    """Rows, the near candidates' mean test accuracies, and what the folds leave open."""
    choice = next(
        own
        for own in grids.crossed_choices()
        if own.method == method and own.datasets == (bench.dataset,)
    )
    chosen = dict(configuration(method + SUFFIX, bench.dataset).settings)
    bench.crossed(choice)
    _, first, again = tuning.best(choice, tuning.SWEEPS, bench.result_of)
    rows, near = [], []
    for settings, mean in first.items():
        tests = bench.tested(method, settings)
        near += [fmean(tests)] * (settings in again)
        said = ", ".join(f"{n} = {v:g}" for n, v in settings if n in VARIES and _differs(choice, n))
        second = f"{again[settings]:.4f}" if settings in again else "—"
        mark = "**chosen**" if dict(settings) == chosen else ""
        rows.append(
            f"| {METHODS[method]} | {said} | {mean:.4f} | {second} | {told(tests)} | {mark} |"
        )
    best = max(first, key=lambda own: first[own])
    own = [
        tuning.score(bench.result_of(s), True) for s in tuning.specs_of(choice, best, tuning.SWEEPS)
    ]
    error = stdev(own) / math.sqrt(len(own))
    said = f"{METHODS[method]}'s {len(near)} of {len(first)} lie within it ({error:.4f})"
    return rows, near, said


def _differs(choice: grids.Choice, name: str) -> bool:
    return len({dict(settings)[name] for settings in choice.grid}) > 1


def difference(bench: Bench) -> list[str]:
    """The chosen ones beside each other, seed by seed."""
    ours, theirs = (
        bench.tested(method, configuration(method + SUFFIX, bench.dataset).settings)
        for method in METHODS
    )
    n, off = len(ours), [a - b for a, b in zip(ours, theirs, strict=True)]
    paired = stdev(off) / math.sqrt(n)
    apart = math.hypot(stdev(ours), stdev(theirs)) / math.sqrt(n)
    mean, share = fmean(off), fmean(ours)
    binomial = math.sqrt(share * (1 - share) / bench.tests)
    return [
        f"* Chosen, {n} seeds: {told(ours)} and {told(theirs)}; difference {mean:+.4f}. Its "
        f"standard error over the seeds is {apart:.4f} by √(s²/n + s′²/n), by which table 2 says "
        f"what is near the first ({_times(mean, apart)} of them), and {paired:.4f} with seeds "
        f"paired ({_times(mean, paired)}).",
        f"* Of {bench.tests} test samples: one standard error of a share of {share:.3f} is "
        f"{binomial:.4f}; the difference is {abs(mean) / binomial:.2f} of it, and "
        f"{abs(mean) * bench.tests:.1f} samples.",
    ]


def _times(gap: float, error: float) -> str:
    return f"{abs(gap) / error:.1f}" if error else "∞"


def section(bench: Bench) -> str:
    """All of it in Markdown."""
    parts = {method: candidates(bench, method) for method in METHODS}
    rows = [row for own in parts.values() for row in own[0]]
    spread = "; ".join(
        f"{METHODS[m]}'s of {min(near):.4f} to {max(near):.4f}, mean {fmean(near):.4f}"
        for m, (_, near, _) in parts.items()
        if near
    )
    open_ = "; ".join(said for *_, said in parts.values())
    bullets = [
        f"* One standard error of the best score over the five folds: {open_}.",
        f"* Those have test accuracies, {spread}.",
        *difference(bench),
    ]
    return "\n".join([HEAD, *rows, "", *bullets])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", default="citeseer", help="data set (citeseer)")
    parser.add_argument("--seeds", type=int, default=10, help="how many, at least 2 (10)")
    parser.add_argument("--show", action="store_true", help="print, and leave the page as it is")
    asked = parser.parse_args()
    if asked.seeds < 2:
        parser.error("--seeds: at least 2, a standard deviation is asked for")
    command = f"python docs/selection.py --data {asked.data} --seeds {asked.seeds}"
    body = section(Bench(asked.data, asked.seeds))
    if asked.show:
        print(body)
        return
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    own = f"`{command}` at commit {head()}:\n\n{body}\n"
    write(PAGE, before + BEGIN + own + END + rest.split(END, 1)[1])


if __name__ == "__main__":
    main()
