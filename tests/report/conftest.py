"""The example's page, and a headless Chromium to show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from amverify.report import to_html, write
from tests.support.chromium import chromium
from tests.support.report_examples import example

__all__ = ["chromium"]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The example's page in a file."""
    path = tmp_path / "report.html"
    write(path, to_html(example()))
    return path
