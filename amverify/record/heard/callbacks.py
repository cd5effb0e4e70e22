"""A callback for scipy's optimisers: which of the points that it is given are iterates.

* An iterate that comes again brought no step: trust regions and direct searches call after a
  rejected trial too.
* ``basinhopping`` says of every minimum whether it was accepted; only those are rows.
* SLSQP calls with the first trial point of each line search, and never says where it ended.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from amverify.errors import InvalidInput
from amverify.record.points.vector import Vector
from amverify.record.quiet.evaluation import quietly

Step = Callable[[Vector, Any, Any], None]


class ScipyCallback:
    """Called by scipy with a point, it records it.

    Args:
        step: takes x, f(x) and ∇f(x) or ``None``.
        pair: gives f(x) and ∇f(x) or ``None``.
        calls: the functions that it calls, whose state is put back.
        x0: the start; a number is a vector of one.

    Raises:
        InvalidInput: if f is no function of x.
    """

    def __init__(
        self,
        step: Step,
        pair: Callable[[Vector], tuple[Any, Any]],
        calls: Any,
        x0: Any,
    ) -> None:
        self._step, self._pair, self._calls = step, pair, calls
        self._last: Vector | None = None
        if x0 is not None:
            self._at(x0)

    def __call__(self, *args: Any, **more: Any) -> None:
        """Understands ``callback(xk, …)`` and ``callback(intermediate_result=…)``.

        Raises:
            InvalidInput: in SLSQP, naming what to do instead.
        """
        if _caller().endswith("_slsqp_py"):
            raise InvalidInput(
                "SLSQP gives its callback trial points of its line search, not its iterates; "
                "it asks for gradients at iterates only: call recorder.step in your jac"
            )
        self.at(*args, **more)

    def at(self, *args: Any, **more: Any) -> None:
        """The same, of a method whose callbacks are iterates."""
        if len(args) == 3 and isinstance(args[2], bool | np.bool_) and not args[2]:
            return
        found = args[0] if args else next(iter(more.values()))
        self._at(getattr(found, "x", found))

    def _at(self, given: Any) -> None:
        x = np.array(given, dtype=np.float64, ndmin=1)
        if self._last is not None and np.array_equal(x, self._last):
            return
        with quietly((), self._calls):
            value, slope = self._pair(x.copy())
        self._last = x
        self._step(x, value, slope)


def _caller() -> str:
    """The module that calls back, past scipy's own wrappers of callbacks."""
    frame = inspect.currentframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("scipy.optimize.") and "callback" not in frame.f_code.co_name:
            return name
        frame = frame.f_back
    return ""
