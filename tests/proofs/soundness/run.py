"""The full count: python -m tests.proofs.soundness.run [--uses N] [--seed S] [--rule NAME …]."""

from __future__ import annotations

import argparse
import sys
import time

from tests.proofs.soundness.trial import Tally, trial
from tests.proofs.soundness.uses import RULES


def main() -> int:
    """Try every rule; status 1 if one is unsound."""
    parser = argparse.ArgumentParser(description="random uses of the kernel's rules, evaluated")
    parser.add_argument("--uses", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rule", nargs="*", default=list(RULES), choices=list(RULES))
    asked = parser.parse_args()
    bad = 0
    for rule in asked.rule:
        began = time.monotonic()

        def show(tally: Tally, began: float = began) -> None:
            if tally.tried % 1000 == 0 and sys.stderr.isatty():
                print(f"\r{tally} {time.monotonic() - began:.0f} s", end="", file=sys.stderr)

        tally = trial(rule, asked.uses, asked.seed, progress=show)
        print(f"{tally}  ({time.monotonic() - began:.0f} s)", flush=True)
        bad += bool(tally.unsound)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
