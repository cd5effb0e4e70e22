"""A quantity of a run by iteration, thinned, so that a report can be drawn without its trace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """*objective*, *lyapunov*, or of a KL plot *gap*, *residual*, *declared* and *envelope*.

    ``values`` are in the units of the objective (residual: of its subgradient), one for each of
    ``sweeps``, in order; NaN and infinities are what the run had.
    """

    name: str
    sweeps: tuple[int, ...]
    values: tuple[float, ...]
