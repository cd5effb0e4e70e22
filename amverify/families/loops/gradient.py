r"""Reference loops that write complete traces: gradient descent, heavy ball, Nesterov's method.

    x^{k+1} = x^k − η∇f(x^k)                                        gradient descent
    x^{k+1} = x^k − η∇f(x^k) + β(x^k − x^{k−1})                     heavy ball
    x^{k+1} = prox(y − η∇H(y)),  y = x^k + ω_k(x^k − x^{k−1})        Nesterov, FISTA

Each loop is in two halves. ``*_path`` only steps, in float32 or float64. ``path_trace`` then
evaluates all points at once in float64 with bounds. So a trace of a *mutant* is the trace of a
mutated path, and nothing in this package can mutate.

**The gradient that a step used.** Evaluated in a format with unit roundoff u, the formula of ∇f
has at most 2u/U times the error that it has in float64 (its bound is a polynomial in u without
constant term, and its higher terms are below the first), and underflow adds less than 2⁻¹³⁰ in
float32: products and their sums err by 2⁻¹⁴⁹ each, and the data of the families are below 2¹⁵.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from amverify.families.problem import Problem, Vector
from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import U
from amverify.record.header import versions
from amverify.record.points.rows import Points, execution, step_columns
from amverify.trace.trace import Trace

Format = Literal["float32", "float64"]
UNITS: dict[str, float] = {"float32": 2.0**-24, "float64": U}
UNDERFLOW: dict[str, float] = {"float32": 2.0**-130, "float64": 0.0}


@dataclass(frozen=True)
class Path:
    """Points (K+1, n) that a loop visited, as float64, and what it used.

    Args:
        method: the loop's name.
        x: the points.
        dtype: the format in which the steps were computed.
        eta: η of each step, (K+1,); that of row 0 is not used.
        momentum: β of each step where the step is e = −η∇f + βΔ; ``None`` elsewhere.
        formula: whether the steps are that formula, so that a departure can be measured.
    """

    method: str
    x: NDArray[np.float64]
    dtype: Format
    eta: Vector
    momentum: Vector | None = None
    formula: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


def step_size(problem: Problem, share: float) -> float:
    """η just below share/L, with 16 binary digits: ηL is decidably below ``share``.

    Raises:
        ValueError: if the problem has no L.
    """
    if problem.constants.L is None:
        raise ValueError(f"{problem.name}: no modulus L is known")
    target = Fraction(share) / problem.constants.L
    mantissa, exponent = math.frexp(float(target))
    return math.ldexp(math.floor(mantissa * 2**16) - 1, exponent - 16)


def heavy_ball_path(
    problem: Problem,
    steps: int = 30,
    eta: float | None = None,
    beta: float = 0.0,
    dtype: Format = "float64",
) -> Path:
    """Gradient descent for β = 0."""
    kind = np.dtype(dtype).type
    eta_ = kind(step_size(problem, 1.0) if eta is None else eta)
    beta_ = kind(beta)
    x = problem.x0.astype(dtype)
    moved = np.zeros_like(x)
    path = np.empty((steps + 1, len(x)))
    path[0] = x
    for k in range(1, steps + 1):
        new = x - eta_ * problem.plain(x)
        if beta:
            new = new + beta_ * moved
        moved, x = new - x, new
        path[k] = x
    name = "heavy ball" if beta else "gradient descent"
    return Path(
        name, path, dtype, np.full(steps + 1, float(eta_)), np.full(steps + 1, float(beta_))
    )


def nesterov_path(
    problem: Problem,
    steps: int = 30,
    eta: float | None = None,
    dtype: Format = "float64",
) -> Path:
    """Nesterov's method, with a proximal step where g ≠ 0 (FISTA)."""
    kind = np.dtype(dtype).type
    eta_ = kind(step_size(problem, 1.0) if eta is None else eta)
    x = problem.x0.astype(dtype)
    before, t = x, 1.0
    path = np.empty((steps + 1, len(x)))
    path[0] = x
    for k in range(1, steps + 1):
        following = (1 + math.sqrt(1 + 4 * t * t)) / 2
        y = x + kind((t - 1) / following) * (x - before)
        before, t = x, following
        x = problem.prox(y - eta_ * problem.plain(y), float(eta_))
        path[k] = x
    return Path("Nesterov", path, dtype, np.full(steps + 1, float(eta_)), formula=False)


def path_trace(problem: Problem, path: Path) -> Trace:
    """The trace of a path: values, gradients and products at all its points, with bounds."""
    value, gradient = problem.value(path.x), problem.gradient(path.x)
    keys = {"sweep": np.arange(len(path.x)), "replicate": np.zeros(len(path.x), dtype=np.int64)}
    columns = {"value": np.array(value.mid), "value_error": np.array(value.rad)}
    columns |= step_columns(Points(path.x, gradient)) | {"eta": path.eta}
    used = Ball(gradient.mid, format_error(gradient.rad, path.dtype))
    unit = UNITS[path.dtype]
    points = Points(path.x, used, True, path.eta, path.momentum, unit)
    columns["execution"] = execution(points)
    if path.momentum is not None:
        columns["momentum"] = path.momentum
    if path.formula:
        steps = step_columns(points)
        columns |= {name: steps[name] for name in ("departure", "departure_error")}
    told = header(problem, path.method, path.dtype, path.settings)
    return Trace({**told, "iteration": "step"}, sweeps=keys | columns)


def format_error(radius: NDArray[np.float64], dtype: Format) -> NDArray[np.float64]:
    """What a formula errs by in another format than float64 (see the module)."""
    found: NDArray[np.float64] = radius * (2 * UNITS[dtype] / U) + UNDERFLOW[dtype]
    return found


def gradient_descent(
    problem: Problem, steps: int = 30, eta: float | None = None, dtype: Format = "float64"
) -> Trace:
    """Gradient descent with η (else just below 1/L)."""
    return path_trace(problem, heavy_ball_path(problem, steps, eta, 0.0, dtype))


def heavy_ball(
    problem: Problem,
    steps: int = 30,
    eta: float | None = None,
    beta: float = 0.5,
    dtype: Format = "float64",
) -> Trace:
    """Heavy ball with η (else just below (1 − β)/L) and β."""
    chosen = step_size(problem, 1.0 - beta) if eta is None else eta
    return path_trace(problem, heavy_ball_path(problem, steps, chosen, beta, dtype))


def nesterov(
    problem: Problem, steps: int = 30, eta: float | None = None, dtype: Format = "float64"
) -> Trace:
    """Nesterov's method (FISTA where g ≠ 0) with η (else just below 1/L)."""
    return path_trace(problem, nesterov_path(problem, steps, eta, dtype))


def nonsmooth_kind(problem: Problem) -> str:
    """What g is: ``none``, ``box``, ``convex`` or ``nonconvex``."""
    if problem.box is not None:
        return "box"
    if problem.nonsmooth(np.array([Fraction(float(x)) for x in problem.x0], dtype=object)) is None:
        return "none"
    return "convex" if problem.constants.convex else "nonconvex"


def header(
    problem: Problem, method: str, dtype: str, settings: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The header of a loop's trace."""
    return {
        "subject": f"{method} on {problem.name}",
        "seed": problem.seed,
        "settings": {
            "method": method,
            "dtype": dtype,
            "problem": problem.spec(),
            "coupling": "none",
            "layers": len(problem.blocks),
            "nonsmooth": nonsmooth_kind(problem),
            **(settings or {}),
        },
        "constants": problem.declared(),
        "versions": versions(),
    }
