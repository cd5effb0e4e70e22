"""A command keeps the memory that a column leaves for the next one."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from amverify.command.memory import keep
kept = "keep" in sys.argv and keep()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    a, b = np.ones(900_000), np.ones(900_000)
    del a, b
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*how: str) -> tuple[bool, int]:
    command = [sys.executable, "-c", FAULTS, *how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kept, count = map(int, done.stdout.split())
    return bool(kept), count


@pytest.mark.skipif(sys.platform != "linux", reason="page faults as Linux counts them")
def test_a_column_takes_the_pages_of_the_last_one():
    kept, fewer = faults("keep")
    if not kept:
        pytest.skip("this C library has no mallopt")
    assert fewer < faults()[1] / 3
