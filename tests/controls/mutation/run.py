"""Mutation testing of a room: how many small faults do the tests notice, and which do they not?

    python -m tests.controls.mutation.measure SEEN judge tests/judge    # once, for each part
    python -m tests.controls.mutation.run amverify/judge --seen SEEN --prefer tests/judge

Draws faults from a room's modules (``sites.py``), puts each into a copy of the tree and runs there
the tests that run its lines, until one fails. A fault that none notices is printed: it is to be
killed by a test, or to be shown to change nothing. The share comes with a 95 % interval (Wilson's).
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy.stats import binomtest

from tests.controls.mutation import trial
from tests.controls.mutation.choice import Seen
from tests.controls.mutation.sites import Fault, faults

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Outcome:
    """What became of a fault: *killed*, *survived*, *endless* (its time ran out), *untested*."""

    module: str
    fault: Fault
    outcome: str
    tests: int

    def __str__(self) -> str:
        return f"{self.outcome:9} {self.module}:{self.fault} ({self.tests} tests)"


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


def chosen(seen: Seen, module: str, fault: Fault, prefer: list[str], most: int) -> list[str]:
    """The tests to run: those of the line, of preferred folders first, or those of the module."""
    tests = seen.tests(module, fault.lines)
    if not tests and seen.ran(module, fault.lines):
        tests = seen.of_module(module)
    near = [t for t in tests if t.startswith(tuple(prefer))]
    return [*near, *(t for t in tests if t not in set(near))][:most]


def outcomes(asked: argparse.Namespace, tree: Path) -> Iterator[Outcome]:
    """One after the other."""
    seen = Seen(asked.seen)
    draw = drawn(asked.room, asked.faults, asked.seed)
    wanted = [chosen(seen, *one, asked.prefer, asked.tests) for one in draw]
    sound = trial.sound(sorted(set().union(*wanted)), tree / "trial.log")
    for (module, fault), near in zip(draw, wanted, strict=True):
        changed, tests = written(module, fault), [t for t in near if t in sound]
        if changed is None:
            continue
        if not tests:
            yield Outcome(module, fault, "untested", 0)
            continue
        allowed = 20 + 5 * sum(seen.seconds[t] for t in tests)
        with trial.instead(tree / module, changed):
            good = trial.passed(tests, allowed, tree / "trial.log")
        word = {True: "survived", False: "killed", None: "endless"}[good]
        yield Outcome(module, fault, word, len(tests))


def told(found: list[Outcome]) -> str:
    """The share of killed faults, with its interval."""
    count = len(found)
    killed = sum(o.outcome in ("killed", "endless") for o in found)
    between = binomtest(killed, count).proportion_ci(method="wilson")
    kinds = {w: sum(o.outcome == w for o in found) for w in ("endless", "survived", "untested")}
    rest = ", ".join(f"{n} {word}" for word, n in kinds.items() if n)
    share = f"{100 * killed / count:.1f} % ({100 * between.low:.0f} to {100 * between.high:.0f})"
    return f"{killed} of {count} faults noticed, {share}; {rest}"


def main() -> int:
    """Tries them; status 1 if one survives."""
    parser = argparse.ArgumentParser(description="small faults that the tests have to notice")
    parser.add_argument("room", help="a folder or a module, amverify/judge")
    parser.add_argument("--seen", type=Path, required=True, help="what measure left")
    parser.add_argument("--faults", type=int, default=60, help="how many; 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tests", type=int, default=150, help="at most so many for a fault")
    parser.add_argument("--prefer", nargs="*", default=[], help="folders whose tests come first")
    parser.add_argument("--json", type=Path, help="the outcomes, to read again")
    asked = parser.parse_args()
    asked.seen = asked.seen.resolve()
    asked.json = asked.json and asked.json.resolve()
    found = []
    with tempfile.TemporaryDirectory() as name:
        tree = trial.copied(ROOT, Path(name).resolve())
        trial.ready(tree)
        for outcome in outcomes(asked, tree):
            found.append(outcome)
            if outcome.outcome != "killed":
                print(outcome, flush=True)
            if asked.json:
                asked.json.write_text(json.dumps([asdict(o) for o in found]))
    print(f"{asked.room}, seed {asked.seed}: {told(found)}")
    return int(any(o.outcome in ("survived", "untested") for o in found))


if __name__ == "__main__":
    sys.exit(main())
