"""What an audit costs: a trace of 10⁶ rows, from its file to the verdict, in a process of its own.

The rows are those of one run, said to be of so many replicates; times and memory depend on their
number alone. ``make bench`` prints seconds and the greatest memory, interpreter and imports
included, for each theorem and for all of them in one call.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from support.problems import parameters, problem

from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band
from amverify.record.layered.run import traced
from amverify.trace.columns import Column
from amverify.trace.file import save_trace
from amverify.trace.trace import Trace

ROWS, SWEEPS = 1_000_000, 200
THEOREMS = ("T1", "T2", "T3", "T4", "C1")
FOUND: dict[str, tuple[float, float]] = {}


@pytest.fixture(scope="module")
def trace_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rule = StepRule(Inertia(0.5, 0.5, 0.3), steps="backtracking", safeguard="certified")
    p = problem((5, 4, 4, 3), 12, coupling=Band(0.1))
    alone = traced(TIAM(rule), p, parameters(p), SWEEPS)
    copies = -(-ROWS // alone.rows("blocks"))

    def repeated(table: dict[str, Column]) -> dict[str, Column]:
        if not table:
            return {}
        found: dict[str, Column] = {name: np.repeat(c, copies) for name, c in table.items()}
        count = len(next(iter(table.values())))
        replicates: NDArray[np.int64] = np.tile(np.arange(copies), count)
        return found | {"replicate": replicates}

    tables = (repeated(dict(alone.table(name))) for name in ("blocks", "sweeps", "measures"))
    path = tmp_path_factory.mktemp("audit") / "million.trace"
    save_trace(Trace(alone.header, *tables), path)
    return path


@pytest.fixture(scope="module", autouse=True)
def summary() -> Iterator[None]:
    """After the last benchmark of this file, all figures."""
    yield
    for what, (seconds, gibibytes) in FOUND.items():
        print(f"\n{what} on {ROWS:,} rows: {seconds:.1f} s, {gibibytes:.2f} GiB at most", end="")
    print()


AUDITED = """
import sys
from pathlib import Path
from amverify.command.cli import main
status = main(["audit", *sys.argv[1:]])
held = next(x for x in Path("/proc/self/status").read_text().splitlines() if x[:6] == "VmHWM:")
print(held.split()[1], file=sys.stderr)
sys.exit(status)
"""


def audited(path: Path, theorems: tuple[str, ...]) -> int:
    """Audit in a new process; its exit status, and in ``FOUND`` what it took."""
    claims = [word for name in theorems for word in ("--theorem", name)]
    started = time.perf_counter()
    command = [sys.executable, "-c", AUDITED, str(path), *claims]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    FOUND[" ".join(theorems)] = seconds, int(done.stderr.split()[-1]) / 2**20
    return done.returncode


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("theorems", [*((name,) for name in THEOREMS), THEOREMS], ids=" ".join)
def test_audit_of_a_million_rows(
    theorems: tuple[str, ...], trace_file: Path, benchmark: BenchmarkFixture
) -> None:
    status = benchmark.pedantic(  # type: ignore[no-untyped-call]
        audited, (trace_file, theorems), rounds=1
    )
    assert status in (0, 3)  # HOLDS, or margins at the floor; not an error
