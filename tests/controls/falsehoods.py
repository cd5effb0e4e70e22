"""Known falsehoods, which a search has to find, and known truths, which have to survive one.

    python tests/controls/falsehoods.py                      # falsehoods: a table, minutes
    python tests/controls/falsehoods.py --truths 10000       # truths: an hour

The tables stand in docs/falsify.md. Exit status 1 if a falsehood survives, a truth is falsified, or
a counterexample's file does not decide again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amverify.falsification import Result, falsify, replayed

SECONDS = 60.0
DESCENT = "value[k] <= value[k-1]"


@dataclass(frozen=True)
class Case:
    """What is claimed of what, in words and as ``falsify`` takes it."""

    title: str
    claim: str
    method: str
    family: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[str] = ()
    without: Sequence[str] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 10

    def searched(self, **budget: Any) -> Result:
        """The end of a search."""
        return falsify(
            self.claim, self.method, self.family, parameters=self.parameters, given=self.given,
            without=self.without, constants=self.constants, steps=self.steps, **budget,
        )  # fmt: skip


INERTIA = {"p1": "0.5..0.95", "p2": "0.5..0.95"}
PLAIN_PSI = ("δ covers p2", "c is paid")
WHOLE = {"s": "1..2", "p1": "0..0.9", "p2": "0..0.9"}
FALSEHOODS = (
    Case("gradient descent with η = 2.05/L descends", DESCENT, "gradient_descent", "quadratic",
         {"eta": "2.05/L"}),
    Case("heavy ball is monotone", DESCENT, "heavy_ball", "quadratic",
         {"eta": "0.1/L..1/L", "beta": "0..0.95"}),
    Case("iPALM outside 𝓡 decreases Ψ", "T3", "blocks", "quadratic", INERTIA, (), PLAIN_PSI),
    Case("TIAM outside 𝓡 decreases Ψ", "T3", "blocks", "quadratic", INERTIA | {"p3": "0.1..0.5"},
         (), PLAIN_PSI),
    Case("T1 with 0.9 L", "T1", "blocks", "quadratic", {"modulus": 0.9}, (), ("modulus",)),
    Case("Adam converges on Reddi et al.'s problem: half the gap is gone by k = 30",
         "exists k <= 30: value[k] - fstar <= 0.5*(value[0] - fstar)", "cyclic_adam",
         "cyclic_linear", {"eta": 0.5, "beta1": 0, "beta2": "0.01..0.1"}, steps=30),
    Case("same-batch step sizes decrease E f", "expected", "same_batch", "same_batch",
         {"low": "0.0001..0.01"}, steps=3),
    Case("M2's contraction with an active band (F* = 0 = inf F without it)", "M2", "palm_band",
         "layered_band", {}, (), ("no clip",), {"mu": 0.25, "fstar": 0, "C5": 0.25, "C4": 4}, 18),
    Case("T4 under the band", "T4", "palm_band", "band_edge", {}, (), ("separable",), steps=16),
)  # fmt: skip
TRUTHS = (
    Case("gradient descent with η ≤ 1/L descends", DESCENT, "gradient_descent", "quadratic",
         {"eta": "0.02/L..1/L"}),
    Case("its gap is at most D²/(2ηk)", "value[k] - fstar <= D**2/(2*eta*k)", "gradient_descent",
         "quadratic", {"eta": "0.02/L..1/L"}),
    Case("heavy ball's Ψ decreases (G4)",
         "value[k] + beta/(2*eta)*step2[k] <= value[k-1] + beta/(2*eta)*step2[k-1]",
         "heavy_ball", "quadratic", {"eta": "0.05/L..1/L", "beta": "0..0.5"}),
    Case("Nesterov's gap is at most 2D²/(η(k + 1)²) (G5)",
         "value[k] - fstar <= 2*D**2/(eta*(k+1)**2)", "nesterov", "quadratic",
         {"eta": "0.05/L..1/L"}),
    Case("proximal gradient with η ≤ 1/L descends, LASSO", DESCENT, "proximal_gradient",
         "sparse_l1", {"eta": "0.05/L..1/L"}),
    Case("T1 with L, any inertia", "T1", "blocks", "quadratic", WHOLE | {"p3": "0..0.4"}),
    Case("T3 inside 𝓡", "T3", "blocks", "quadratic", WHOLE | {"certified": 1}),
    Case("PALM descends", "descent", "blocks", "quadratic", {"s": "1..2"}),
    Case("PALM descends in a box", "descent", "blocks", "quadratic_box", {"s": "1..2"}),
)  # fmt: skip


def found(case: Case, folder: Path) -> bool:
    """One row of the falsehoods' table; whether it was found and its file decides again."""
    began = time.monotonic()
    result = case.searched(seconds=SECONDS)
    spent = time.monotonic() - began
    if result.counterexample is None:
        print(f"| {case.title} | **survived** {result.examples} | | | {spent:.0f} |", flush=True)
        return False
    file = folder / "counterexample.json"
    result.save(file)
    again = replayed(file).falsified
    at = result.counterexample
    margin = float(at.found.margin)
    print(
        f"| {case.title} | {result.examples} | {at.found.decided} | n = {at.problem.dimension}, "
        f"k = {at.found.k}, rhs − lhs ≤ {margin:.2g} | {spent:.0f} |",
        flush=True,
    )
    return again and spent <= SECONDS


def survives(case: Case, examples: int, seed: int) -> bool:
    """One row of the truths' table; whether nothing was found."""
    result = case.searched(examples=examples, seed=seed)
    told = f"{result.examples} | {result.tested} | {result.least:.2g} | {result.seconds:.0f}"
    print(f"| {case.title} | {told} |", flush=True)
    return not result.falsified


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--truths", type=int, metavar="N", help="N instances of every truth")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*", help="rows, from 0")
    given = parser.parse_args(arguments)
    cases = FALSEHOODS if given.truths is None else TRUTHS
    chosen = [case for i, case in enumerate(cases) if not given.only or i in given.only]
    if given.truths is not None:
        print(
            "| true | instances | of which it speaks | least relative margin | s |\n|" + "---|" * 5
        )
        return int(not all([survives(case, given.truths, given.seed) for case in chosen]))
    print("| false | found at instance | decided in | counterexample | s |\n|" + "---|" * 5)
    with tempfile.TemporaryDirectory() as folder:
        return int(not all([found(case, Path(folder)) for case in chosen]))


if __name__ == "__main__":
    sys.exit(main())
