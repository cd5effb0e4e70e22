r"""How often K3's intervals hold what they estimate: 200 seeded runs of families with known truth.

    python -m amverify.families.coverage               # the table of docs/kl.md
    python -m amverify.families.coverage --seeds 20 --family lasso

The runs are deterministic; what is random is the instance, its start and its step size (or the
parameter of its rule), all drawn by the seed. Truth: θ of the family; for c and the rate the limits
along the run, where they are known in closed form.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from amverify.errors import InvalidInput
from amverify.families import draw
from amverify.families.loops.blocks import Rule, block_path
from amverify.families.loops.gradient import heavy_ball_path
from amverify.families.problem import Problem
from amverify.fitted.exponent import Estimate, Points, of_points, resolved
from amverify.numbers.balls import Ball

OFFSET = 0
"""Seeds 0 … 199 are those of the table; others were used to develop the method."""


@dataclass(frozen=True)
class Truth:
    """θ, and c and the rate where they are known."""

    theta: float
    c: float | None = None
    rate: float | None = None


Case = tuple[Points, Truth]


def _share(seed: int) -> float:
    return float(np.random.default_rng([seed, 77]).uniform(0.1, 0.6))


def _descent(problem: Problem, steps: int, share: float) -> tuple[Points, float]:
    """Gradient descent with η = share/L; and η."""
    eta = share / float(problem.constants.L or 1)
    x = heavy_ball_path(problem, steps, eta, 0.0, "float64").x
    return _of(problem, x), eta


def _of(problem: Problem, x: np.ndarray[Any, Any]) -> Points:
    gap = problem.value(x) - _ball(problem.constants.fstar)
    g = problem.gradient(x)
    slope = _thresholded(problem, x, g) if problem.family == "sparse_l1" else g
    squares = slope * slope
    total = Ball.of(squares.mid.sum(1), squares.rad.sum(1) + 2.0**-48 * squares.mid.sum(1))
    return resolved(np.arange(len(x), dtype=np.float64), gap, total.sqrt())


def _ball(star: Fraction | None) -> Ball:
    value = float(star or 0)
    return Ball.of(value, 2.0**-53 * abs(value))


def _thresholded(problem: Any, x: np.ndarray[Any, Any], g: Ball) -> Ball:
    """The shortest element of g + λ∂‖·‖₁."""
    at_zero = np.sign(g.mid) * np.maximum(np.abs(g.mid) - problem.weight, 0)
    return Ball.of(np.where(x == 0, at_zero, g.mid + problem.weight * np.sign(x)), g.rad)


def power(seed: int) -> Case:
    """Σ a_i|x_i|^p/p: gradient descent has x_i ~ (a_i(p − 2)ηk)^{−1/(p−2)} for p > 2."""
    problem: Any = draw("power", seed)
    p, weights = int(problem.exponents[0]), problem.weights
    found, eta = _descent(problem, 400 if p == 2 else 4000, _share(seed))
    if p == 2:
        factor = float(np.max(np.abs(1 - eta * weights)))
        slow = float(weights[np.argmax(np.abs(1 - eta * weights))])
        return found, Truth(0.5, 1 / np.sqrt(2 * slow), factor**2)
    sizes = weights ** (-1 / (p - 2)) * (problem.x0 != 0)
    f, g = (
        float((weights * sizes**p).sum() / p),
        float(np.sqrt(((weights * sizes ** (p - 1)) ** 2).sum())),
    )
    return found, Truth(1 - 1 / p, f ** (1 - 1 / p) / g, p / (p - 2))


def valley(seed: int) -> Case:
    """x⁴ + y²: y dies out first; r^{3/4}/w = ¼, r_k ~ k^{−2}."""
    found, _ = _descent(draw("flat_valley", seed), 4000, _share(seed))
    return found, Truth(0.75, 0.25, 2.0)


def least_squares(seed: int) -> Case:
    """Rank-deficient: the slowest mode remains."""
    problem = draw("least_squares", seed)
    found, eta = _descent(problem, 400, _share(seed))
    values: Any = problem
    moving = [float(s) for s in values.spectrum if s]
    slow = max(moving, key=lambda s: abs(1 - eta * s))
    return found, Truth(0.5, 1 / np.sqrt(2 * slow), (1 - eta * slow) ** 2)


def lasso(seed: int) -> Case:
    """Proximal gradient."""
    return _blocks("sparse_l1", seed)


def _blocks(family: str, seed: int) -> Case:
    problem = draw(family, seed)
    path = block_path(problem, 600, Rule(s=len(problem.blocks) / _share(seed)))
    count = len(problem.blocks)
    x = np.concatenate((path.before[:1], path.after[count - 1 :: count]))
    return _of(problem, x), Truth(0.5)


def factorisation(seed: int) -> Case:
    """½‖M − UV‖² by alternating steps with s = 2/share."""
    return _blocks("factorisation", seed)


def product(seed: int) -> Case:
    """(w₁⋯w_L − 1)² by alternating steps with s = L/share, or a few sweeps would end the run."""
    return _blocks("scalar_product", seed)


CASES: dict[str, Callable[[int], Case]] = {
    "power": power,
    "valley": valley,
    "least_squares": least_squares,
    "lasso": lasso,
    "factorisation": factorisation,
    "product": product,
}


@dataclass
class Tally:
    """Of one quantity: how many intervals held it, their widths, and how many there were."""

    held: int = 0
    widths: list[float] | None = None

    def add(self, held: bool, width: float) -> None:
        """One interval more."""
        self.widths = [*(self.widths or []), width]
        self.held += held

    def __str__(self) -> str:
        if not self.widths:
            return "–"
        return f"{self.held}/{len(self.widths)}, {np.median(self.widths):.1e}"


def covered(family: str, seeds: Sequence[int]) -> tuple[dict[str, Tally], list[int]]:
    """The tallies of a family, and the seeds whose runs gave too few points."""
    tallies, few = {name: Tally() for name in ("theta", "c", "rate")}, []
    for seed in seeds:
        found, truth = CASES[family](seed)
        try:
            made: Estimate = of_points(found)
        except InvalidInput:
            few.append(seed)
            continue
        for name, tally in tallies.items():
            said, true = getattr(made, name), getattr(truth, name)
            if said is not None and true is not None:
                tally.add(true in said, said.width)
    return tallies, few


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=OFFSET)
    parser.add_argument("--family", choices=list(CASES), action="append")
    chosen = parser.parse_args(arguments)
    print("| family | θ: held, median width | c | rate | too few points |")
    print("|---|---|---|---|---|")
    for family in chosen.family or CASES:
        tallies, few = covered(family, range(chosen.first, chosen.first + chosen.seeds))
        print(f"| {family} | {' | '.join(map(str, tallies.values()))} | {len(few)} |")


if __name__ == "__main__":
    main()
