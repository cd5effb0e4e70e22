"""Algorithms that are known to be monotone in one value, written in numpy and recorded by hand.

Each yields its iterates; ``value`` is what must not rise. The recorder is given the function, so
that it can find out what rounding in a step does to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from amverify.record.recorder import Recorder
from strangers.subject import Run, Stranger

Vector = NDArray[np.floating]
Value = Callable[[Vector], float]
Algorithm = tuple[Value, Iterator[Vector]]


def _random(seed: int, dtype: str, *shape: int) -> Vector:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def gradient_descent(seed: int, dtype: str) -> Algorithm:
    """½‖Ax − y‖² with step 1/L."""
    a, y = _random(seed, dtype, 20, 6), _random(seed + 1, dtype, 20)
    modulus = np.linalg.norm(a, 2) ** 2 * np.asarray(1.001, dtype)

    def iterates() -> Iterator[Vector]:
        x = np.zeros(6, dtype)
        for _ in range(150):
            yield x
            x = x - (a.T @ (a @ x - y)) / modulus

    return lambda x: float(0.5 * np.sum((a @ x - y) ** 2)), iterates()


def coordinate_descent(seed: int, dtype: str) -> Algorithm:
    """Exact minimisation of ½‖Ax − y‖² in one coordinate after the other."""
    a, y = _random(seed, dtype, 15, 5), _random(seed + 1, dtype, 15)

    def iterates() -> Iterator[Vector]:
        x = np.zeros(5, dtype)
        for k in range(150):
            yield x.copy()
            j = k % 5
            x[j] -= a[:, j] @ (a @ x - y) / (a[:, j] @ a[:, j])

    return lambda x: float(0.5 * np.sum((a @ x - y) ** 2)), iterates()


def alternating_least_squares(seed: int, dtype: str) -> Algorithm:
    """‖M − uvᵀ‖² by exact steps in u and v in turn."""
    m = _random(seed, dtype, 6, 5)

    def iterates() -> Iterator[Vector]:
        u, v = _random(seed + 1, dtype, 6), _random(seed + 2, dtype, 5)
        for k in range(80):
            yield np.concatenate((u, v))
            u, v = (m @ v / (v @ v), v) if k % 2 else (u, m.T @ u / (u @ u))

    return lambda x: float(np.sum((m - np.outer(x[:6], x[6:])) ** 2)), iterates()


def mixture(seed: int, dtype: str) -> Algorithm:
    """EM for the means of two unit Gaussians with equal weights: −log likelihood falls."""
    data = np.concatenate((_random(seed, dtype, 15) - 2, _random(seed + 1, dtype, 15) + 2))

    def value(x: Vector) -> float:
        logs = -0.5 * (data[:, None] - x[None, :]) ** 2
        return float(-np.sum(np.logaddexp(logs[:, 0], logs[:, 1])))

    def iterates() -> Iterator[Vector]:
        x = np.array([-0.1, 0.2], dtype)
        for _ in range(60):
            yield x
            weight = 1 / (1 + np.exp(-(data * (x[1] - x[0]) - (x[1] ** 2 - x[0] ** 2) / 2)))
            one, two = np.sum(1 - weight), np.sum(weight)
            x = np.array([np.sum((1 - weight) * data) / one, np.sum(weight * data) / two], dtype)

    return value, iterates()


def nonnegative_factors(seed: int, dtype: str) -> Algorithm:
    """Lee & Seung's multiplicative updates of ‖V − WH‖²."""
    v = np.abs(_random(seed, dtype, 6, 5)) + np.asarray(0.1, dtype)

    def iterates() -> Iterator[Vector]:
        w = np.abs(_random(seed + 1, dtype, 6, 2)) + np.asarray(0.1, dtype)
        h = np.abs(_random(seed + 2, dtype, 2, 5)) + np.asarray(0.1, dtype)
        for k in range(80):
            yield np.concatenate((w.ravel(), h.ravel()))
            if k % 2:
                w = w * (v @ h.T) / (w @ h @ h.T)
            else:
                h = h * (w.T @ v) / (w.T @ w @ h)

    def value(x: Vector) -> float:
        return float(np.sum((v - x[:12].reshape(6, 2) @ x[12:].reshape(2, 5)) ** 2))

    return value, iterates()


def kaczmarz(seed: int, dtype: str) -> Algorithm:
    """Projections onto the rows of a consistent system: the distance to a solution falls."""
    a, solution = _random(seed, dtype, 6, 4), _random(seed + 1, dtype, 4)
    a, solution = np.round(a * 8) / 8, np.round(solution * 8) / 8
    y = a @ solution

    def iterates() -> Iterator[Vector]:
        x = np.zeros(4, dtype)
        for k in range(120):
            yield x
            row = a[k % 6]
            x = x - row * ((row @ x - y[k % 6]) / (row @ row)) if row.any() else x

    return lambda x: float(np.sum((x - solution) ** 2)), iterates()


def douglas_rachford(seed: int, dtype: str) -> Algorithm:
    """Two subspaces through 0: z ↦ (z + R_B R_A z)/2 is firmly nonexpansive, ‖z‖ falls."""
    one, two = (np.linalg.qr(_random(seed + i, dtype, 5, 2))[0].astype(dtype) for i in (0, 1))

    def reflected(basis: Vector, z: Vector) -> Vector:
        return 2 * (basis @ (basis.T @ z)) - z

    def iterates() -> Iterator[Vector]:
        z = _random(seed + 2, dtype, 5)
        for _ in range(80):
            yield z
            z = (z + reflected(two, reflected(one, z))) / 2

    return lambda z: float(np.sum(z * z)), iterates()


def reweighted(seed: int, dtype: str) -> Algorithm:
    """Iteratively reweighted least squares for Σ √(r² + ε²): majorise, minimise."""
    a, y = _random(seed, dtype, 15, 3), _random(seed + 1, dtype, 15)
    small = np.asarray(0.01, dtype)

    def iterates() -> Iterator[Vector]:
        x = np.zeros(3, dtype)
        for _ in range(50):
            yield x
            weight = 1 / np.sqrt((a @ x - y) ** 2 + small)
            x = np.linalg.solve(a.T @ (weight[:, None] * a), a.T @ (weight * y)).astype(dtype)

    return lambda x: float(np.sum(np.sqrt((a @ x - y) ** 2 + small))), iterates()


def means(seed: int, dtype: str) -> Algorithm:
    """Lloyd's algorithm: the sum of squared distances to the nearest centre."""
    data = _random(seed, dtype, 30, 2)

    def distances(x: Vector) -> Vector:
        return ((data[:, None, :] - x.reshape(3, 2)[None]) ** 2).sum(-1)

    def iterates() -> Iterator[Vector]:
        x = data[:3].ravel().copy()
        for _ in range(20):
            yield x
            near = distances(x).argmin(1)
            x = np.concatenate([
                data[near == j].mean(0) if (near == j).any() else x[2 * j : 2 * j + 2]
                for j in range(3)
            ])  # fmt: skip

    return lambda x: float(distances(x).min(1).sum()), iterates()


def power_method(seed: int, dtype: str) -> Algorithm:
    """−xᵀMx/xᵀx for M ⪰ 0: the Rayleigh quotient of the power method grows."""
    a = _random(seed, dtype, 6, 6)
    m = a.T @ a

    def iterates() -> Iterator[Vector]:
        x = _random(seed + 1, dtype, 6)
        for _ in range(80):
            x = x / np.linalg.norm(x)
            yield x
            x = m @ x

    return lambda x: float(-(x @ m @ x) / (x @ x)), iterates()


def frank_wolfe(seed: int, dtype: str) -> Algorithm:
    """½‖Ax − y‖² over the simplex, exact line search."""
    a, y = _random(seed, dtype, 10, 5), _random(seed + 1, dtype, 10)

    def iterates() -> Iterator[Vector]:
        x = np.full(5, 0.2, dtype)
        for _ in range(60):
            yield x
            vertex = np.eye(5, dtype=dtype)[np.argmin(a.T @ (a @ x - y))]
            way = a @ (vertex - x)
            length = -(way @ (a @ x - y)) / (way @ way) if way.any() else 0.0
            x = x + np.clip(length, 0, 1).astype(dtype) * (vertex - x)

    return lambda x: float(0.5 * np.sum((a @ x - y) ** 2)), iterates()


def exponentiated(seed: int, dtype: str) -> Algorithm:
    """Mirror descent on the simplex: smooth relative to entropy, L = max |AᵀA|_ij."""
    a, y = _random(seed, dtype, 10, 5), _random(seed + 1, dtype, 10)
    modulus = np.abs(a.T @ a).max()

    def iterates() -> Iterator[Vector]:
        x = np.full(5, 0.2, dtype)
        for _ in range(60):
            yield x
            x = x * np.exp(-(a.T @ (a @ x - y)) / modulus)
            x = x / x.sum()

    return lambda x: float(0.5 * np.sum((a @ x - y) ** 2)), iterates()


def backtracking(seed: int, dtype: str) -> Algorithm:
    """Gradient descent on Rosenbrock's function with Armijo's rule."""

    def value(x: Vector) -> float:
        return float((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2)

    def slope(x: Vector) -> Vector:
        off = x[1] - x[0] ** 2
        return np.array([-2 * (1 - x[0]) - 400 * x[0] * off, 200 * off], dtype)

    def iterates() -> Iterator[Vector]:
        x = _random(seed, dtype, 2)
        for _ in range(80):
            yield x
            g, step = slope(x), 1.0
            while step > 1e-12 and value(x - dtype_of(step) * g) > value(x) - 0.1 * step * (g @ g):
                step /= 2
            x = x - dtype_of(step) * g if step > 1e-12 else x

    dtype_of = partial(np.asarray, dtype=dtype)
    return value, iterates()


def _recorded(algorithm: Callable[[int, str], Algorithm], seed: int, dtype: str) -> Run:
    """The values are looked at in float64, whatever the loop computes in."""
    value, iterates = algorithm(seed, dtype)

    def wide(x: Vector) -> float:
        return value(np.asarray(x, dtype=np.float64))

    start, *later = iterates
    bound = 2.0**-42 * (1 + abs(wide(start)))
    recorder = Recorder(algorithm.__name__, value=wide, value_error=bound)
    for x in (start, *later):
        recorder.step(x)
    return Run(recorder.trace(), ("descent",), {})


_ALGORITHMS: tuple[tuple[Callable[[int, str], Algorithm], str], ...] = (
    (gradient_descent, "descent lemma"),
    (coordinate_descent, "each step minimises exactly"),
    (alternating_least_squares, "each step minimises exactly"),
    (mixture, "Dempster, Laird & Rubin (1977)"),
    (nonnegative_factors, "Lee & Seung (2001)"),
    (kaczmarz, "projections onto sets that hold the solution"),
    (douglas_rachford, "firmly nonexpansive, with a fixed point"),
    (reweighted, "majorisation"),
    (means, "both half steps minimise exactly"),
    (power_method, "Rayleigh quotients of M ⪰ 0"),
    (frank_wolfe, "exact line search"),
    (exponentiated, "relative smoothness (Bauschke, Bolte & Teboulle 2017)"),
    (backtracking, "Armijo's condition"),
)
MONOTONE = tuple(
    Stranger(algorithm.__name__, because, partial(_recorded, algorithm))
    for algorithm, because in _ALGORITHMS
)
