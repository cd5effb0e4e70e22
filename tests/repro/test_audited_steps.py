"""Table 7's own SAMT before S7 and S8, and inside of their range: repro/minibatch/audited.py."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.long
@pytest.mark.parametrize(
    ("subject", "status", "told"),
    [("digits", 3, "NOT_APPLICABLE: 2"), ("digits_inside", 0, "HOLDS: 1")],
)
def test_they_are_covered_where_the_step_sizes_are_in_range(
    subject: str, status: int, told: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "amverify", "audit", f"repro.minibatch.audited:{subject}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == status, ended.stderr
    assert told in ended.stdout
