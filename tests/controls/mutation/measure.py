"""Runs a part of the suite, and leaves which test ran which line, and how long each test took.

python -m tests.controls.mutation.measure FOLDER NAME PYTEST-ARGUMENTS…
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.controls.mutation.clock import Clock


def main(folder: Path, name: str, arguments: list[str]) -> int:
    """Measures, and writes ``NAME.coverage`` and ``NAME.seconds.json``; pytest's exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["COVERAGE_FILE"] = str(folder / f"{name}.coverage")
    clock = Clock()
    measured = ["--cov", "--cov-context=test", "--cov-report="]
    code = pytest.main(["-q", "-p", "no:cacheprovider", *measured, *arguments], plugins=[clock])
    (folder / f"{name}.seconds.json").write_text(json.dumps(clock.passed))
    return int(code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
