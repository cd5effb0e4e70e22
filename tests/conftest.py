"""What every test may ask for: real data where it is at hand, a skip with the reason where not.

Hypothesis measures no time here: how long a draw takes is the machine's affair.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from amverify.errors import DataUnavailable
from repro.data import load
from repro.data.dataset import Dataset

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _data_dir() -> Path | None:
    given = os.environ.get("AMVERIFY_DATA")
    folder = Path(given) if given else SHARED / "data"
    return folder if folder.is_dir() else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Two workers give a test one name: none may have an address in it."""
    if re.search(r" at 0x[0-9a-f]{6}", item.nodeid):
        raise pytest.UsageError(f"{item.nodeid}: its name is another one in each process")


@pytest.fixture(scope="session")
def cora() -> Dataset:
    """Cora, or a skip."""
    return _real("cora")


@pytest.fixture(scope="session")
def citeseer() -> Dataset:
    """Citeseer, or a skip."""
    return _real("citeseer")


def _real(name: str) -> Dataset:
    folder = _data_dir()
    if folder is None:
        pytest.skip(f"{name}: no files; set AMVERIFY_DATA to the folder that holds them")
    try:
        return load(name, data_dir=folder, download=False)
    except DataUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def reference() -> list[dict[str, float]]:
    """The record of the released mDLAM script on Cora, or a skip."""
    file = SHARED / "reference" / "cora_mdlam_release.json"
    if not file.is_file():
        pytest.skip(f"no reference figures at {file}")
    records: list[dict[str, float]] = json.loads(file.read_text())
    return records
