"""Where a failing run is kept, and how long a property test may search: told by the plugin.

Without pytest it is a new folder of the system's for temporary files, and the profile is ``ci``.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LONGEST = 60


def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="amverify-"))


@dataclass
class Place:
    """What the plugin sets.

    ``folder`` makes a new folder; ``profile`` is a name of ``PROFILES`` in
    ``amverify.testing.properties``.
    """

    folder: Callable[[], Path] = _temporary
    profile: str = "ci"


PLACE = Place()


def current_test() -> str:
    """The name of the test that is running, fit for a file: pytest tells it in the environment."""
    told = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0].rpartition("::")[2]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", told).strip("-.")[:_LONGEST] or "run"


def file_of(suffix: str) -> Path:
    """A file for what the present test leaves, in a new folder."""
    return PLACE.folder() / f"{current_test()}{suffix}"
