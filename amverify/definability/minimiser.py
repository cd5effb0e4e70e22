r"""θ = ½ with a computed c, at a nondegenerate minimiser.

Definability gives no exponent with exp and log in a loss; a positive definite Hessian does. If
∇²f ⪰ λI on a ball B(x̂, ϱ), certified by enclosures, and ‖∇f(x̂)‖ < λϱ/2, then f has exactly one
minimiser x* in the ball, and for all x in it

    f(x) − f* ≤ ‖∇f(x)‖²/(2λ):        KL with θ = ½ and c = 1/√(2λ),        f* = f(x*).

(On the sphere f ≥ f(x̂) − ‖∇f(x̂)‖ϱ + λϱ²/2 > f(x̂): the least value is inside. Strong convexity on
the ball, which holds x and x*: minimise its lower bound over the whole space.) What a run has to
show is that it stays in the ball: ``tail`` looks at its recorded points.

    found = nondegenerate(expression, {"x": 0.9, "y": 0.1})
    trace = found.tail(recorder.trace())              # with keep_iterates=1
    audit(trace, "T6", {"a": …, "b": …, "memory": 1, **found.constants})
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import flint
import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.definability.intervals import (
    Undecided,
    around,
    enclosed,
    exact,
    positive_definite,
    whole_power,
)
from amverify.errors import InvalidInput, expect
from amverify.trace.trace import Trace

Vector = NDArray[np.float64]
SHARES = (0.9, 0.5, 0.1)
"""λ as a share of the least eigenvalue at x̂: the first for which some ball is certified."""
HALVINGS = 24
NEWTON = 60
MODULES: list[Any] = [{"DiracDelta": lambda x: 0.0 * x}, "scipy"]
"""Away from kinks; at one no ball is certified."""


@dataclass(frozen=True)
class Nondegenerate:
    """A minimiser x* within ``radius`` of ``point``, and what holds on that ball.

    Args:
        variables: names, in the order of ``point``.
        point: x̂, (n,).
        radius: ϱ, of a ball in the Euclidean norm.
        modulus: λ, a certified lower bound of ∇²f's eigenvalues on the ball.
        low, high: f* lies between them.
    """

    variables: tuple[str, ...]
    point: tuple[float, ...]
    radius: float
    modulus: float
    low: float
    high: float

    @property
    def c(self) -> float:
        """1/√(2λ), rounded up."""
        return math.nextafter(1 / math.sqrt(2 * self.modulus) * (1 + 2.0**-50), math.inf)

    @property
    def constants(self) -> dict[str, Any]:
        """θ, c and f* of KL on the ball, to be declared for T5, T6 and K2."""
        middle = self.low + (self.high - self.low) / 2
        error = max(self.high - middle, middle - self.low) * (1 + 2.0**-50)
        star = {"value": middle, "error": error, "origin": "computed"}
        return {"theta": 0.5, "c": {"value": self.c, "origin": "computed"}, "fstar": star}

    def inside(self, points: Any) -> NDArray[np.bool_]:
        """Which of the points (…, n) surely lie in the ball."""
        gap = np.asarray(points, dtype=np.float64) - np.array(self.point)
        size = np.sqrt((gap * gap).sum(-1)) * (1 + (gap.shape[-1] + 4) * 2.0**-52)
        found: NDArray[np.bool_] = size <= self.radius
        return found

    def tail(self, trace: Trace) -> Trace:
        """The rows from which on every recorded point lies in the ball.

        Raises:
            InvalidInput: unless every point was kept (``keep_iterates=1``), in the order of the
                variables, and the last one lies in the ball.
        """
        sweeps = trace.sweeps["sweep"]
        kept = [trace.iterates.get(int(k), {}).get("x") for k in sweeps]
        if any(x is None or np.shape(x) != (len(self.point),) for x in kept):
            raise InvalidInput(
                f"trace: every point x of {len(self.point)} numbers is needed: record with "
                "keep_iterates=1"
            )
        outside = np.flatnonzero(~self.inside(np.stack([x for x in kept if x is not None])))
        first = int(outside[-1]) + 1 if len(outside) else 0
        if first >= len(sweeps):
            raise InvalidInput(
                f"trace: its last point lies outside the ball of radius {self.radius:.3g}"
            )
        columns = {name: column[first:] for name, column in trace.sweeps.items()}
        return replace(trace, sweeps=columns)

    def __str__(self) -> str:
        return (
            f"nondegenerate minimiser within {self.radius:.3g} of {self.point}: ∇²f ⪰ "
            f"{self.modulus:.6g}·I there, so KL with θ = 1/2, c = {self.c:.6g}; "
            f"f* in [{self.low!r}, {self.high!r}]"
        )


def nondegenerate(
    expression: sp.Expr, near: Mapping[str, float] | Sequence[float]
) -> Nondegenerate:
    """Certify the minimiser that Newton's method finds from ``near``.

    Args:
        expression: f, of real symbols; twice differentiable around the minimiser.
        near: a start, by name, or in the order of the symbols' names.

    Raises:
        InvalidInput: if Newton's method finds no stationary point, the Hessian there is not
            positive definite, or no ball could be certified (a kink, or a degenerate minimiser).
    """
    expect("nondegenerate", expression, sp.Expr, "such as x**2 + y**2 of sympy symbols")
    f = expression
    names = tuple(sorted(f.free_symbols, key=lambda s: s.name))
    start = _start(names, near)
    slope = [sp.diff(f, x) for x in names]
    bend = [[sp.diff(g, x) for x in names] for g in slope]
    point, least = _stationary(names, slope, bend, start)
    scale = 1.0 + float(np.abs(point).max())
    for share in SHARES:
        modulus = share * least
        for k in range(HALVINGS):
            found = _certified(f, names, slope, bend, point, scale * 2.0**-k, modulus)
            if found is not None:
                return found
    raise InvalidInput(
        f"no ball around {point.tolist()} was certified: a kink, or a minimiser too flat"
    )


def _start(names: Sequence[sp.Symbol], near: Mapping[str, float] | Sequence[float]) -> Vector:
    if isinstance(near, Mapping):
        missing = [x.name for x in names if x.name not in near]
        if missing:
            raise InvalidInput(f"near: {missing[0]} is missing")
        near = [float(near[x.name]) for x in names]
    if len(near) != len(names) or not names:
        raise InvalidInput(f"near: {len(near)} numbers for the variables {[x.name for x in names]}")
    return np.array([float(v) for v in near])


def _stationary(
    names: Sequence[sp.Symbol], slope: list[Any], bend: list[list[Any]], start: Vector
) -> tuple[Vector, float]:
    """A point where the gradient all but vanishes, and the least eigenvalue there."""
    g = sp.lambdify(names, slope, MODULES)
    h = sp.lambdify(names, bend, MODULES)
    x = start
    try:
        with np.errstate(all="ignore"):
            for _ in range(NEWTON):
                step = np.linalg.solve(np.array(h(*x), float), np.array(g(*x), float))
                x = x - step
            least = float(np.linalg.eigvalsh(np.array(h(*x), float))[0])
            settled = bool(np.abs(step).max() <= 2.0**-30 * (1 + np.abs(x).max()))
    except (np.linalg.LinAlgError, NameError, TypeError, ValueError) as error:
        raise InvalidInput(f"near: Newton's method failed: {error}") from None
    if not (np.isfinite(x).all() and settled):
        raise InvalidInput("near: Newton's method found no stationary point from there")
    if not least > 0:
        raise InvalidInput(
            f"the Hessian at {x.tolist()} has the eigenvalue {least:.3g}: no nondegenerate "
            "minimiser, and no exponent from this"
        )
    return x, least


def _certified(
    f: sp.Expr, names: Sequence[sp.Symbol], slope: list[Any], bend: list[list[Any]],
    point: Vector, radius: float, modulus: float,
) -> Nondegenerate | None:  # fmt: skip
    box = {x: around(v, radius) for x, v in zip(names, point.tolist(), strict=True)}
    at = {x: exact(v) for x, v in zip(names, point.tolist(), strict=True)}
    try:
        enclosed(f, box)
        rows = [[enclosed(entry, box) for entry in row] for row in bend]
        if not positive_definite(rows, modulus):
            return None
        squares = sum((whole_power(enclosed(g, at), 2) for g in slope), flint.arb(0))
        value = enclosed(f, at)
    except Undecided:
        return None
    if not squares < whole_power(exact(modulus) * exact(radius) / 2, 2):
        return None
    least = value - squares / (2 * exact(modulus))
    low = math.nextafter(float(least.lower()), -math.inf)
    high = math.nextafter(float(value.upper()), math.inf)
    named = tuple(x.name for x in names)
    return Nondegenerate(named, tuple(point.tolist()), radius, modulus, low, high)
