r"""``scipy.optimize.minimize`` with a recorder beside it: whose points are the iterates.

The method is known here, so what each of them gives its callback is too:

* most call with the iterate after each iteration; one that comes again brought no step (a trial
  was rejected, a simplex shrank) and is no row;
* what scipy returns is the last row: where evaluations ran out, some methods call nobody;
* SLSQP calls with the first trial point of each line search, but asks for ∇f at its iterates and
  nowhere else: there they are recorded. Without ``jac`` it cannot be recorded.

f and ∇f are called with ``args``, as scipy calls them; ``jac=True`` says that f gives both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from amverify.errors import InvalidInput
from amverify.record.known.objectives import Paired
from amverify.record.points.vector import Vector

FINITE = ("2-point", "3-point", "cs")
"""Ways of scipy to do without a gradient."""
BY_GRADIENT = ("slsqp",)


class Problem:
    """f and ∇f of x alone, however scipy was told of them.

    Args:
        f: the objective of x and ``args``, or of both value and gradient.
        args: what it takes besides.
        jac: ∇f, ``True``, or one of scipy's differences.

    Raises:
        InvalidInput: for what is no function, or another ``jac``.
    """

    def __init__(self, f: Callable[..., Any], args: Any, jac: Any) -> None:
        if not callable(f):
            raise InvalidInput(f"minimize: f must be a function, got {type(f).__name__}")
        if not (jac in (None, False, True) or callable(jac) or jac in FINITE):
            raise InvalidInput(f"minimize: jac={jac!r} is none of True, a function, {FINITE}")
        self.f, self.jac = f, jac
        self.args = args if isinstance(args, tuple) else (args,)

    def both(self, x: Vector) -> Any:
        """What f gives: a value, or value and gradient."""
        return self.f(x, *self.args)

    @property
    def slope(self) -> Callable[[Vector], Any] | None:
        """∇f as a function of its own, where it is one."""
        jac = self.jac
        return (lambda x: jac(x, *self.args)) if callable(jac) else None

    @property
    def known(self) -> bool:
        """Whether there is a gradient."""
        return callable(self.jac) or self.jac is True

    def pair(self) -> Paired:
        """Value and gradient at a point, for the recorder."""
        return Paired(self.both, self.slope)


def minimize(
    problem: Problem,
    x0: Any,
    heard: Callable[..., None],
    method: Any,
    callback: Callable[..., Any] | None,
    more: dict[str, Any],
) -> Any:
    """What scipy returns; ``heard`` was given its iterates.

    Raises:
        InvalidInput: for a method whose iterates nobody is told of.
    """
    if callable(method):
        raise InvalidInput(
            "minimize: what a method of one's own calls back is not known; pass "
            "callback=recorder.scipy(f, x0=x0) if that is its iterates"
        )
    if str(method).lower() not in BY_GRADIENT:
        told = _both(heard, callback)
        more = {"args": problem.args, "jac": problem.jac, **more}
        found = scipy.optimize.minimize(problem.f, x0, method=method, callback=told, **more)
        heard(found.x)
        return found
    if not problem.known:
        raise InvalidInput(
            f"minimize: {method} tells nobody its iterates but by asking for a gradient there; "
            "pass jac"
        )
    return _by_gradient(problem, x0, heard, method, callback, more)


def _by_gradient(
    problem: Problem,
    x0: Any,
    heard: Callable[..., None],
    method: Any,
    callback: Callable[..., Any] | None,
    more: dict[str, Any],
) -> Any:
    """An iterate is where ∇f is asked for."""
    pair = problem.pair()

    def value(x: Vector, *_: Any) -> float:
        return pair.value(x)

    def slope(x: Vector, *_: Any) -> Any:
        heard(x)
        return np.asarray(pair(x)[1])

    more = {"args": problem.args, "jac": slope, **more}
    found = scipy.optimize.minimize(value, x0, method=method, callback=callback, **more)
    heard(found.x)
    return found


def _both(heard: Callable[..., None], callback: Callable[..., Any] | None) -> Callable[..., Any]:
    """A callback of scipy's newer form, and the user's own behind it.

    scipy looks at the name of the argument; what the user's takes is kept.
    """
    if callback is None:
        return heard

    def intermediate(intermediate_result: Any) -> Any:
        heard(intermediate_result)
        return callback(intermediate_result=intermediate_result)

    def point(xk: Any, *state: Any) -> Any:
        heard(xk)
        return callback(xk, *state)

    return intermediate if _newer(callback) else point


def _newer(callback: Callable[..., Any]) -> bool:
    """Whether a callback takes ``intermediate_result``, as scipy decides it."""
    try:
        return set(inspect.signature(callback).parameters) == {"intermediate_result"}
    except (TypeError, ValueError):
        return False
