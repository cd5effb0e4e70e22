"""The audit's negative controls and its false alarms, with counts.

    python tests/controls/run.py [--instances N] [--strangers N] [--sweeps N] [--jobs J]

Every mutant must cost a claim HOLDS, as ``expected.py`` says; no true claim may be VIOLATED or
NOT_APPLICABLE, of our own families and methods as little as of loops that strangers write and
record. An *instance* is a true claim judged on a run. Exit status 1 if a mutant or a stranger's
false claim escapes, an answer is not the expected one, or a false alarm occurs.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import multiprocessing.pool
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from expected import EXPECTED  # noqa: E402
from finite_sums import Enumerated, of_seed  # noqa: E402
from finite_sweeps import of_seed as sweeps_of_seed  # noqa: E402
from strangers import tally as strangers  # noqa: E402
from theorem_mutants import LETTERS, MUTANTS, SUBJECTS, UNCATCHABLE, answers, caught  # noqa: E402
from true_claims import Tally, judged, sample  # noqa: E402

from amverify.theorems import CATALOGUE  # noqa: E402


def _quietly() -> None:
    """One thread a worker; a mutant that overflows is meant to."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", RuntimeWarning)


def _mutant(index: int) -> dict[str, str]:
    return answers(MUTANTS[index])


def _uncatchable(index: int) -> dict[str, str]:
    return answers(UNCATCHABLE[index][0])


def _finite_sums(seed: int) -> Enumerated:
    return of_seed(seed)


def _seed(seed: int) -> Tally:
    tally = Tally()
    for example in sample([seed]):
        tally.add(judged(example))
    return tally


def bar(console: Console) -> Progress:
    """A progress bar with counts and time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)


def spelt(found: dict[str, str]) -> str:
    """Answers as ``expected.py`` writes them."""
    return " ".join(f"{name}:{letter}" for name, letter in found.items())


def mutants(pool: multiprocessing.pool.Pool, console: Console) -> bool:
    """All mutants, one line each; True if each is caught as expected."""
    with bar(console) as progress:
        task = progress.add_task("mutants", total=len(MUTANTS))
        found = []
        for answer in pool.imap(_mutant, range(len(MUTANTS))):
            found.append(answer)
            progress.advance(task)
    table = Table(title="Mutants: what each theorem answers", title_justify="left")
    for name in ("Fault", "Subject", "Answers", "Caught"):
        table.add_column(name, overflow="fold")
    good = True
    for mutant, answer in zip(MUTANTS, found, strict=True):
        right, out = spelt(answer) == EXPECTED.get(mutant.name), caught(mutant, answer)
        good = good and right and out
        told = "yes" if out else "ESCAPES"
        told += "" if right else f"; expected {EXPECTED.get(mutant.name)}"
        table.add_row(mutant.fault, mutant.subject, Text(spelt(answer)), told)
    console.print(table)
    console.print(Text("  ".join(f"{letter} {word}" for letter, word in LETTERS.items())))
    count = sum(caught(m, a) for m, a in zip(MUTANTS, found, strict=True))
    _by_theorem(found, console)
    console.print(
        f"Detection: {count} of {len(MUTANTS)} mutants ({100 * count / len(MUTANTS):.4g} %)"
    )
    return good


def _by_theorem(found: list[dict[str, str]], console: Console) -> None:
    table = Table(title="Answers by theorem", title_justify="left")
    for name in ("Theorem", "Mutants", *LETTERS.values()):
        table.add_column(name, justify="left" if name == "Theorem" else "right")
    for theorem in CATALOGUE:
        letters = Counter(answer[theorem] for answer in found if theorem in answer)
        row = [str(letters[letter]) for letter in LETTERS]
        table.add_row(theorem, str(letters.total()), *row)
    console.print(table)


def still_true(pool: multiprocessing.pool.Pool, console: Console) -> bool:
    """The faults that leave every claim true, and why."""
    table = Table(title="Faults that leave every claim true", title_justify="left")
    for name in ("Fault", "Subject", "Answers", "Why"):
        table.add_column(name, overflow="fold")
    good = True
    found = pool.map(_uncatchable, range(len(UNCATCHABLE)))
    for (mutant, why), answer in zip(UNCATCHABLE, found, strict=True):
        good = good and not caught(mutant, answer)
        table.add_row(mutant.fault, mutant.subject, Text(spelt(answer)), why)
    console.print(table)
    return good


def false_alarms(pool: multiprocessing.pool.Pool, instances: int, console: Console) -> bool:
    """True claims until there are enough of them; True if none is accused."""
    total = Tally()
    with bar(console) as progress:
        task = progress.add_task("true claims", total=instances)
        for tally in _until(pool, instances):
            total.add(tally)
            progress.update(task, completed=min(total.examples, instances))
    _verdicts(total, console)
    n = total.instances
    console.print(
        f"True claims: {total.examples} on {total.runs} runs of {total.steps} steps or sweeps; "
        f"{n['decided']} inequalities decided in floating point, {n['exact']} exactly, "
        f"{n['floor']} at the rounding floor"
    )
    for example, theorem, verdict, reason in total.alarms[:20]:
        console.print(Text(f"FALSE ALARM {theorem} {verdict}: {example}: {reason}"))
    share = len(total.alarms) / max(total.examples, 1)
    console.print(f"False alarms: {len(total.alarms)} of {total.examples} ({100 * share:.3g} %)")
    return not total.alarms


def _until(pool: multiprocessing.pool.Pool, instances: int) -> Iterator[Tally]:
    """Seed after seed, until their claims are enough."""
    seen = 0
    seeds = itertools.count()
    while seen < instances:
        batch = list(itertools.islice(seeds, 8))
        for tally in pool.imap_unordered(_seed, batch):
            seen += tally.examples
            yield tally


def _verdicts(total: Tally, console: Console) -> None:
    words = [w for w in LETTERS.values() if w != "InvalidInput"]
    table = Table(title="True claims by theorem", title_justify="left")
    for name in ("Theorem", *words):
        table.add_column(name, justify="left" if name == "Theorem" else "right")
    for theorem in CATALOGUE:
        row = [str(total.verdicts[theorem, word]) for word in words]
        if any(x != "0" for x in row):
            table.add_row(theorem, *row)
    console.print(table)


def recorded(pool: multiprocessing.pool.Pool, instances: int, console: Console) -> bool:
    """Strangers' loops until there are enough; True if none is accused and none escapes."""
    true, false = strangers.Judged(), strangers.Judged()
    with bar(console) as progress:
        task, seeds = progress.add_task("strangers' loops", total=instances), itertools.count()
        while true.claims < instances:
            batch = list(itertools.islice(seeds, 4))
            for held, caught_ in pool.imap_unordered(strangers.of_seed, batch):
                true.add(held)
                false.add(caught_)
            progress.update(task, completed=min(true.claims, instances))
    _loops(true, console)
    for alarm in (*true.alarms, *false.alarms)[:20]:
        console.print(Text(f"WRONG {alarm}"))
    console.print(
        f"Strangers' loops: {len(true.alarms)} false alarms in {true.claims} true claims; "
        f"{false.claims - len(false.alarms)} of {false.claims} false claims caught"
    )
    return not (true.alarms or false.alarms)


def _loops(found: strangers.Judged, console: Console) -> None:
    words = [w for w in LETTERS.values() if w != "InvalidInput"]
    table = Table(title="Strangers' loops", title_justify="left")
    for name in ("Loop", "Because", *words):
        table.add_column(name, justify="left" if name in ("Loop", "Because") else "right")
    for stranger in strangers.STRANGERS:
        row = [
            sum(
                n
                for (loop, _, v), n in found.verdicts.items()
                if (loop, v) == (stranger.name, word)
            )
            for word in words
        ]
        table.add_row(Text(stranger.name), Text(stranger.because), *map(str, row))
    console.print(table)


def enumerated(pool: multiprocessing.pool.Pool, instances: int, console: Console) -> bool:
    """S1 and S3 on finite sums until each was decided often enough; True if none is violated."""
    total, seeds = Enumerated(), itertools.count()
    with bar(console) as progress:
        task = progress.add_task("finite sums", total=instances)
        while min(total.instances["S1"], total.instances["S3"]) < instances:
            for found in pool.imap_unordered(_finite_sums, itertools.islice(seeds, 16)):
                total.add(found)
            seen = min(total.instances["S1"], total.instances["S3"])
            progress.update(task, completed=min(seen, instances))
    for failure in total.failures[:20]:
        console.print(Text(f"VIOLATED {failure}"))
    counts = ", ".join(f"{name} on {n}" for name, n in sorted(total.instances.items()))
    console.print(
        f"Finite sums, expectations enumerated: {counts} instances decided, {total.floor} open, "
        f"{len(total.failures)} violated"
    )
    return not total.failures


def sweeps(pool: multiprocessing.pool.Pool, instances: int, console: Console) -> bool:
    """S7 and S8 on finite sums until each was decided often enough; True if none is violated."""
    decided, floor, failures = Counter[str](), Counter[str](), list[str]()
    with bar(console) as progress:
        task, seeds = progress.add_task("finite sweeps", total=instances), itertools.count()
        while min(decided["S7"], decided["S8"]) < instances:
            for found in pool.imap_unordered(sweeps_of_seed, itertools.islice(seeds, 4)):
                decided.update(found[0])
                floor.update(found[1])
                failures += found[2]
            seen = min(decided["S7"], decided["S8"])
            progress.update(task, completed=min(seen, instances))
    for failure in failures[:20]:
        console.print(Text(f"VIOLATED {failure}"))
    console.print(
        f"Finite sums, one batch a sweep, expectations enumerated: S7 on {decided['S7']}, S8 on "
        f"{decided['S8']} instances decided, {floor.total()} open, {len(failures)} violated"
    )
    return not failures


def main() -> int:
    """Both halves; the exit status."""
    parser = argparse.ArgumentParser(description="Negative controls and false alarms of the audit.")
    parser.add_argument("--instances", type=int, default=10_000, help="true claims to judge")
    parser.add_argument("--strangers", type=int, default=2_000, help="true claims of theirs")
    parser.add_argument("--sweeps", type=int, default=800, help="sweeps on finite sums, by theorem")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    given = parser.parse_args()
    if min(given.instances, given.strangers, given.sweeps, given.jobs) < 1:
        parser.error("--instances, --strangers, --sweeps and --jobs: at least 1")
    console = Console()
    console.print(f"{len(SUBJECTS)} subjects, {len(MUTANTS)} mutants, {len(CATALOGUE)} theorems")
    with multiprocessing.get_context("spawn").Pool(given.jobs, _quietly) as pool:
        good = mutants(pool, console)
        good = still_true(pool, console) and good
        good = enumerated(pool, given.instances, console) and good
        good = sweeps(pool, given.sweeps, console) and good
        good = false_alarms(pool, given.instances, console) and good
        good = recorded(pool, given.strangers, console) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
