"""Sweeps until a run is done: so many, or F has settled, or the held-out part gets no better."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import nn

from amverify.errors import InvalidInput
from amverify.methods.base import Method
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem

SETTLED_OVER = 10
"""F has settled when it fell by less than ``tol``, relatively, over so many sweeps."""


@dataclass(frozen=True)
class Stopping:
    """When to stop, and whom to tell.

    Args:
        sweeps: at most so many.
        tol: relative fall of F over ten sweeps below which the run ends; 0: never.
        score: of a network on held-out samples, the larger the better; None: nothing is held out.
        patience: sweeps without a better score before the run ends.
        callback: called with the sweep and F; the run ends where it returns True.
        verbose: print F after every so many sweeps; 0: never.
        keeps: Ctrl-C ends the run, with a warning, and keeps its network; else it is passed on.
    """

    sweeps: int
    tol: float
    score: Callable[[nn.Sequential], float] | None = None
    patience: int = 20
    callback: Callable[[int, float], object] | None = None
    verbose: int = 0
    keeps: bool = True


@dataclass
class Trained:
    """A trained network and its run: F and, where samples are held out, scores, sweep by sweep."""

    network: nn.Sequential
    objective: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    best: int = 0


def begun(method: Method[Any], problem: LayeredProblem, start: Parameters | nn.Sequential) -> Any:
    """The state before the first sweep, from weights or from a network."""
    if isinstance(start, nn.Sequential):
        return method.restore(problem, start)
    return method.initialise(problem, start)


def states(
    method: Method[Any], problem: LayeredProblem, start: Parameters | nn.Sequential
) -> Iterator[tuple[Any, Any]]:
    """The states before and after sweep 1, 2, …, without end."""
    state = begun(method, problem, start)
    while True:
        before, state = state, method.sweep(problem, state)
        yield before, state


def train(
    method: Method[Any],
    problem: LayeredProblem,
    start: Parameters | nn.Sequential,
    stopping: Stopping,
    watch: Callable[[int, Any, Any], object] = lambda k, before, state: None,
) -> Trained:
    """Sweep from ``start``; ``watch(k, before, state)`` sees every sweep.

    Raises:
        InvalidInput: where F stops being finite in the first sweep.
    """
    trained, last = Trained(nn.Sequential()), None
    try:
        for k, (before, state) in enumerate(states(method, problem, start), 1):
            value = float(method.objective(problem, state))
            if not math.isfinite(value):
                _diverged(k)
                break
            watch(k, before, state)
            last = state
            trained.objective.append(value)
            if _enough(trained, stopping, k, partial(method.export, problem, state)):
                break
    except KeyboardInterrupt:
        if not trained.objective or not stopping.keeps:
            raise
        told = f"interrupted after sweep {len(trained.objective)}: what was trained is kept"
        warnings.warn(told, stacklevel=3)
    if stopping.score is None:
        trained.network = method.export(problem, last)
    return trained


def _enough(
    trained: Trained, stopping: Stopping, k: int, export: Callable[[], nn.Sequential]
) -> bool:
    """Whether sweep k was the last; the best network so far is kept where samples are held out."""
    values = trained.objective
    if stopping.verbose and k % stopping.verbose == 0:
        print(f"sweep {k}: F = {values[-1]:.6g}")
    ended = stopping.callback is not None and stopping.callback(k, values[-1]) is True
    if stopping.score is not None:
        network = export()
        trained.scores.append(stopping.score(network))
        if not trained.best or trained.scores[-1] > trained.scores[trained.best - 1]:
            trained.network, trained.best = network, k
        ended |= k - trained.best >= stopping.patience
    return ended or k >= stopping.sweeps or _settled(values, stopping.tol)


def _settled(values: list[float], tol: float) -> bool:
    if tol <= 0 or len(values) <= SETTLED_OVER:
        return False
    before, now = values[-1 - SETTLED_OVER], values[-1]
    return abs(before - now) <= tol * max(abs(before), abs(now))


def _diverged(k: int) -> None:
    told = f"F is not finite after sweep {k}"
    if k == 1:
        raise InvalidInput(f"{told}: scale the data, or take another method or a larger ridge")
    warnings.warn(f"{told}: the network is that of sweep {k - 1}", stacklevel=4)


def check_widths(network: nn.Sequential, widths: tuple[int, ...]) -> None:
    """Refuse to go on from a network of other widths.

    Raises:
        InvalidInput: in one line.
    """
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    found = (layers[0].in_features, *(layer.out_features for layer in layers))
    if found != widths:
        raise InvalidInput(
            f"warm_start: the network of the last fit has widths {found}, this one {widths}; "
            "set warm_start=False"
        )
