"""A recorder of scipy's optimisers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amverify.record.heard import minimizing
from amverify.record.heard.callbacks import ScipyCallback
from amverify.record.known.objectives import Paired
from amverify.record.loop import Loop
from amverify.record.points.vector import Vector


class Minimised(Loop):
    """``Recorder.scipy`` and ``Recorder.minimize``."""

    def scipy(
        self,
        f: Callable[[Vector], Any],
        grad: Callable[[Vector], Any] | None = None,
        x0: Any = None,
    ) -> Callable[..., None]:
        """A callback for ``scipy.optimize.minimize``, ``basinhopping`` and others.

        It understands both of scipy's forms, ``callback(xk)`` and
        ``callback(intermediate_result=…)``; an iterate that comes again, or was not accepted, is
        no row. f is evaluated as quietly as for ``attach``. What rounding can do to f is not
        known to numpy's functions: declare it (``value_error``, ``operations``); what it does to
        the steps is measured.

        Args:
            f: the objective; it may return value and gradient (scipy's ``jac=True``).
            grad: the gradient.
            x0: row 0, for scipy does not call at the start; else the first iterate is row 0.

        Raises:
            InvalidInput: if f gives two values at the first point; from within SLSQP, whose
                callbacks are no iterates.
        """
        pair = Paired(f, grad)
        self._record.objective = pair.value
        return ScipyCallback(self.step, pair, (f, grad), x0)

    def minimize(
        self,
        f: Callable[..., Any],
        x0: Any,
        args: Any = (),
        method: str | None = None,
        jac: Any = None,
        callback: Callable[..., Any] | None = None,
        **more: Any,
    ) -> Any:
        """``scipy.optimize.minimize`` with the same arguments, recorded: row 0 is ``x0``.

        What is no step of the method (a rejected trial, an iterate that comes again) is no row.
        What rounding can do to f is declared as for ``scipy``.

        Args:
            f: the objective of x and ``args``; with ``jac=True`` it gives value and gradient.
            x0: the start.
            args: what f and ``jac`` take besides x.
            method: scipy's name of it.
            jac: the gradient, ``True``, or nothing: then no gradients are recorded.
            callback: the run's own, called after the recorder.
            more: what else scipy takes.

        Returns:
            Scipy's result.

        Raises:
            InvalidInput: for an f that gives two values at one point, a method of one's own, and
                SLSQP without ``jac``: nobody is told its iterates.
        """
        problem = minimizing.Problem(f, args, jac)
        pair = problem.pair()
        self._record.objective = pair.value
        self.subject = self.subject if self.subject != "run" else method or "scipy's minimize"
        heard = ScipyCallback(self.step, pair, (f, jac), x0)
        return minimizing.minimize(problem, x0, heard.at, method, callback, more)
