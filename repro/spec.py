"""What fixes a run, what a run gives, and its settings read by name: without a method in sight."""

from __future__ import annotations

from dataclasses import dataclass

from amverify.errors import InvalidInput

Setting = float | int | str | bool


@dataclass(frozen=True)
class Minibatch:
    """What a run with mini-batches fixes besides; its sweeps are epochs.

    With ``validate`` it trains without the validation split and is measured on that, never on
    the test set (tuning); otherwise it trains on both and is measured on the test set.
    """

    network: str  # "mlp" | "cnn"
    size: int
    validate: bool = False


@dataclass(frozen=True)
class RunSpec:
    """All that fixes a run. Two equal specifications give the same result."""

    dataset: str
    method: str
    settings: tuple[tuple[str, Setting], ...]  # sorted by name
    hidden: tuple[int, ...]  # widths of the hidden layers
    activation: str
    sweeps: int
    seed: int
    dtype: str  # "float32" | "float64"
    claims: tuple[str, ...] = ()  # theorems to audit on the run, which is traced for that
    minibatch: Minibatch | None = None  # None: full batch
    every: int = 1  # full batch: measured after every so many sweeps and the last, NaN between
    samples: int = 0  # the first so many of training and validation part; 0: what is usual


@dataclass(frozen=True)
class RunResult:
    """What was measured: one number a sweep in each curve, ``sweeps`` numbers long.

    Curves: ``objective`` (the method's own objective), ``train_accuracy``,
    ``test_accuracy`` and ``seconds`` (cumulative time inside the method's sweeps alone,
    evaluation excluded). With mini-batches (:mod:`repro.minibatch`): ``objective`` is the
    mean loss of the epoch's batches, and there is no ``train_accuracy``.
    ``notes`` are facts that belong beside the numbers ("diverged at sweep 12"). ``report`` is
    the audit's report as JSON (``amverify.report.from_json`` reads it) where there were claims.
    """

    curves: dict[str, list[float]]
    notes: tuple[str, ...] = ()
    report: str = ""


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
