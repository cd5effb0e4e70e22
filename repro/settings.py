"""A run's settings, read by name, each once."""

from __future__ import annotations

from amverify.errors import InvalidInput
from repro.spec import RunSpec, Setting


class Settings:
    """A run's settings, each read once; one that nobody reads is an error.

    Raises:
        InvalidInput: for a missing or an unused setting, or one of the wrong type.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.method, self.left = spec.method, dict(spec.settings)

    def number(self, name: str, default: float | None = None) -> float:
        """A real number."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInput(f"{self.method}: setting {name} must be a number, got {value!r}")
        return float(value)

    def word(self, name: str, default: str) -> str:
        """A word."""
        return str(self._take(name, default))

    def close(self) -> None:
        """Refuse what was not read."""
        if self.left:
            names = ", ".join(sorted(self.left))
            raise InvalidInput(f"{self.method}: no such setting: {names}")

    def _take(self, name: str, default: Setting | None) -> Setting:
        value = self.left.pop(name, default)
        if value is None:
            raise InvalidInput(f"{self.method}: the setting {name} is missing")
        return value
