"""JointTIAM's theorems on random small networks: none accused in range, none kept outside.

    python tests/controls/small_networks.py [--kind inside|extreme|outside] [--networks N]
                                            [--seed S] [--tally FILE]

A *draw* is a data set, a network, the method's parameters and up to 16 starts (networks), recorded
for 5 to 40 sweeps and audited with all twelve theorems. ``--tally`` keeps the counts: what was
interrupted goes on from there. Exit status 1 on an alarm, 130 where interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from networks.tally import KINDS, REFUSED, THEOREMS, Tally  # noqa: E402

from amverify.errors import AmverifyError  # noqa: E402
from amverify.verdict import Verdict  # noqa: E402

EVERY = 20
"""The tally is saved, and a log gets a line, after so many draws."""


def count(tally: Tally, networks: int, path: Path | None, console: Console) -> bool:
    """Draw until there are enough networks; False where the user interrupted."""
    columns = (TextColumn(tally.kind), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("networks", total=networks, completed=tally.networks)
        try:
            while tally.networks < networks:
                tally.add(KINDS[tally.kind](tally.seed, tally.done))
                progress.update(task, completed=min(tally.networks, networks))
                if tally.done % EVERY == 0:
                    _keep(tally, path, networks, console)
        except KeyboardInterrupt:
            return False
        finally:
            if path is not None:
                tally.save(path)
    return True


def _keep(tally: Tally, path: Path | None, networks: int, console: Console) -> None:
    if path is not None:
        tally.save(path)
    if not console.is_terminal:
        console.print(f"{tally.networks} of {networks} networks, {len(tally.alarms)} alarms")


def show(tally: Tally, console: Console) -> None:
    """Verdicts by theorem, and every alarm."""
    table = Table(title=f"Small networks, {tally.kind}", title_justify="left")
    for name in ("Theorem", *Verdict, "instances decided", "open or at the floor"):
        table.add_column(name, justify="left" if name == "Theorem" else "right")
    for theorem in THEOREMS:
        open_ = tally.instances[f"{theorem} floor"] + tally.instances[f"{theorem} open"]
        row = [str(tally.count(theorem, verdict)) for verdict in Verdict]
        decided = tally.instances[f"{theorem} decided"]
        table.add_row(theorem, *row, str(decided), str(open_))
    console.print(table)
    for alarm in tally.alarms[:20]:
        console.print(Text(f"ALARM {alarm}"))
    console.print(
        f"{tally.networks} networks in {tally.done} draws of seed {tally.seed}, {tally.sweeps} "
        f"sweeps; {tally.verdicts[REFUSED]} draws refused; {len(tally.alarms)} alarms"
    )


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description="JointTIAM's theorems on random small networks.")
    parser.add_argument("--kind", choices=sorted(KINDS), default="inside")
    parser.add_argument("--networks", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")
    parser.add_argument(
        "--tally", type=Path, help="a JSON file to keep the counts in, and go on from"
    )
    given = parser.parse_args()
    if given.networks < 1 or given.seed < 0:
        parser.error("--networks: at least 1; --seed: at least 0")
    torch.set_num_threads(1)
    console = Console()
    try:
        tally = Tally.load(given.tally, given.kind, given.seed)
        whole = count(tally, given.networks, given.tally, console)
    except AmverifyError as told:
        parser.error(str(told))
    show(tally, console)
    if not whole:
        console.print("interrupted; the same command with --tally goes on" if given.tally else
                      "interrupted; with --tally FILE the counts would be kept")  # fmt: skip
        return 130
    return 1 if tally.alarms else 0


if __name__ == "__main__":
    sys.exit(main())
