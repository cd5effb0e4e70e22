"""Mutation testing of a room: how many small faults do the tests notice, and which do they not?

    python -m tests.controls.mutation.measure SEEN judge tests/judge    # once, for each part
    python -m tests.controls.mutation.run amverify/judge --seen SEEN --sheet judge.jsonl
    python -m tests.controls.mutation.run --again judge.jsonl --with tests/judge/test_sides.py

Draws faults from a room's modules (``sites.py``), puts each into a copy of the tree and runs there
the tests that run its lines, the quickest first, until one fails. A fault that none notices is
printed: it is to be killed by a test, or to be shown to change nothing. The share comes with a 95 %
interval (Clopper and Pearson's). ``--again`` tries those that were left once more, with tests that
are named.
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

from scipy.stats import binomtest

from tests.controls.mutation import trial
from tests.controls.mutation.bench import LEFT, Bench, Outcome, Task, noted
from tests.controls.mutation.choice import ROOT, Seen, chosen, outside
from tests.controls.mutation.sites import Fault, faults


def drawn(room: str, number: int, seed: int) -> list[tuple[str, Fault]]:
    """Faults of a room's modules (or of one module), drawn without repetition; 0 for all."""
    place = ROOT / room
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    every = [(str(f.relative_to(ROOT)), fault) for f in files for fault in faults(f.read_text())]
    draw = random.Random(seed).sample(every, len(every))
    return draw[:number] if number else draw


def written(module: str, fault: Fault) -> str | None:
    """The module's text with the fault; None if that is no Python, or says the same."""
    text = (ROOT / module).read_text()
    changed = fault.of(text)
    try:
        same = ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))
    except SyntaxError:
        return None
    return None if same else changed


def tasks(asked: argparse.Namespace) -> list[Task]:
    """What is to be tried: faults drawn, or those that an earlier run left where they still fit."""
    if asked.again:
        left = [o for o in noted(asked.again) if o.outcome in LEFT]
        fit = [o for o in left if o.fault.stands((ROOT / o.module).read_text())]
        made = [(o.module, o.fault, asked.tests, 1200.0, False) for o in fit]
    else:
        seen, made = Seen(asked.seen), []
        for module, fault in drawn(asked.room, asked.faults, asked.seed):
            tests, seconds = chosen(seen, module, fault, asked.watch, asked.seconds / 3)
            allowed = max(min(asked.seconds, 20 + 5 * seconds), 20 + 2 * seconds)
            made.append((module, fault, tests, allowed, not seen.at_import(module, fault)))
    texts = [written(*one[:2]) for one in made]
    return [
        Task(module, fault, text, tuple(tests), seconds, _of_a_function(module, fault), known)
        for (module, fault, tests, seconds, known), text in zip(made, texts, strict=True)
        if text is not None
    ]


def _of_a_function(module: str, fault: Fault) -> bool:
    return outside(module, fault.lines[0]) is None


def told(found: list[Outcome]) -> str:
    """The share of killed faults, with its interval."""
    count = len(found)
    killed = sum(o.outcome not in LEFT for o in found)
    between = binomtest(killed, count).proportion_ci(method="exact")
    kinds = {w: sum(o.outcome == w for o in found) for w in ("endless", *LEFT)}
    rest = ", ".join(f"{n} {word}" for word, n in kinds.items() if n)
    share = f"{100 * killed / count:.1f} % ({100 * between.low:.0f} to {100 * between.high:.0f})"
    return f"{killed} of {count} faults noticed, {share}; {rest}"


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="small faults that the tests have to notice")
    parser.add_argument("room", nargs="?", help="a folder or a module, amverify/judge")
    parser.add_argument("--seen", type=Path, help="what measure left")
    parser.add_argument("--faults", type=int, default=60, help="how many; 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=90, help="of a processor, for a fault")
    parser.add_argument("--watch", nargs="*", default=[], help="tests for lines run by an import")
    parser.add_argument("--again", type=Path, help="the sheet of before: those left, once more")
    parser.add_argument("--with", dest="tests", nargs="*", default=[], help="tests for --again")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="a file for the outcomes, to read again")
    asked = parser.parse_args()
    if not (asked.again and asked.tests) and not (asked.seen and asked.room):
        parser.error("ROOM --seen FOLDER of measure, or --again FILE --with TESTS")
    return asked


def _begin(name: str, sheet: Path, share: list[Task]) -> None:
    Bench(Path(name), sheet).work(share)


def main() -> int:
    """Tries them; status 1 if one survives."""
    asked = arguments()
    todo = tasks(asked)
    with tempfile.TemporaryDirectory() as name:
        sheet = asked.sheet.resolve() if asked.sheet else Path(name) / "sheet.jsonl"
        sheet.write_text("")
        trial.imported()
        fork = get_context("fork")
        parts = [(f"{name}/{i}", sheet, todo[i :: asked.jobs]) for i in range(asked.jobs)]
        workers = [fork.Process(target=_begin, args=part) for part in parts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        found = noted(sheet)
    where = asked.again or f"{asked.room}, seed {asked.seed}"
    print(f"{where}: {told(found)}" if found else "no faults")
    return int(any(o.outcome in LEFT for o in found))


if __name__ == "__main__":
    sys.exit(main())
