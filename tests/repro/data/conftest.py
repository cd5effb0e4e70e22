from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_CHECKOUT = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(autouse=True)
def _no_ambient_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the user's own folder, cache and proxy out of the tests."""
    monkeypatch.delenv("AMVERIFY_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("repro.data.download._PAUSE_SECONDS", 0.0)


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder with the published Cora and Citeseer files."""
    folder = Path(os.environ.get("AMVERIFY_DATA") or _BESIDE_CHECKOUT)
    if not (folder / "planetoid" / "ind.cora.x").is_file():
        pytest.skip("AMVERIFY_DATA names no folder with planetoid/ind.cora.x")
    return folder
