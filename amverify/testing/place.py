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
    _used: tuple[Callable[[], Path], str, Path] | None = None

    def of_test(self) -> Path:
        """A folder for the present test: one, however often it fails while it is made simpler."""
        test = os.environ.get("PYTEST_CURRENT_TEST", "")
        if not test or self._used is None or self._used[:2] != (self.folder, test):
            self._used = self.folder, test, self.folder()
        return self._used[2]


PLACE = Place()


def current_test() -> str:
    """The name of the test that is running, fit for a file: pytest tells it in the environment."""
    told = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0].rpartition("::")[2]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", told).strip("-.")[:_LONGEST] or "run"


def file_of(suffix: str) -> Path:
    """A file for what the present test leaves; it takes the place of an earlier one."""
    return PLACE.of_test() / f"{current_test()}{suffix}"
