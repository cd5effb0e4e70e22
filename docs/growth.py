"""How an audit grows with a run: ``python docs/growth.py`` prints the lines of docs/scaling.md.

Processor time and memory of ``amverify audit FILE --theorem T1 --theorem T3`` in a process of its
own, imports included, on block rows of one run repeated as replicates.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

import amverify as amv
from amverify.trace.columns import Table

ROWS = (10_000, 100_000, 1_000_000)


def run() -> amv.Trace:
    """200 sweeps of TIAM on 12 samples, recorded in float64."""
    torch.manual_seed(0)
    x, y = torch.randn(12, 5, dtype=torch.float64), torch.arange(12) % 3
    problem = amv.LayeredProblem(x, y, (5, 4, 4, 3), rho=1.0, mu=0.1, coupling=amv.Band(0.1))
    return amv.traced(amv.TIAM(), problem, amv.gaussian(problem.widths, 0), 200)


def repeated(table: Table, copies: int) -> Table:
    """Each row so many times, as that many replicates."""
    if not table:
        return {}
    rows = len(next(iter(table.values())))
    found = {name: np.repeat(column, copies) for name, column in table.items()}
    return found | {"replicate": np.tile(np.arange(copies), rows)}


def cost(trace: amv.Trace) -> tuple[float, float, int]:
    """Seconds of processor time, MiB at most, and how many block rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.trace"
        amv.save_trace(trace, file)
        command = [sys.executable, "-m", "amverify", "audit", str(file), "-q"]
        process = subprocess.Popen([*command, "--theorem", "T1", "--theorem", "T3"])
        _, status, used = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 3):
            raise SystemExit("the audit ended with an error")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, trace.rows("blocks")


def main() -> None:
    """Measure and print."""
    alone = run()
    before: tuple[float, int] | None = None
    for rows in ROWS:
        copies = -(-rows // alone.rows("blocks"))
        tables = (repeated(alone.table(name), copies) for name in ("blocks", "sweeps", "measures"))
        seconds, mebibytes, count = cost(amv.Trace(alone.header, *tables))
        grown = ""
        if before is not None:
            exponent = math.log(seconds / before[0]) / math.log(count / before[1])
            grown = f", exponent {exponent:.2f}"
        print(f"{count:,} rows: {seconds:.1f} s, {mebibytes:.0f} MiB at most{grown}")
        before = seconds, count


if __name__ == "__main__":
    main()
