"""B2, B3 and D2 of SAMT's notes in rational numbers: proved by hand alone, so looked at here.

Each instance is one sweep from any state (w, Δ, α) on quadratics, indefinite ones too, in blocks:
gradients, the step, the expectation over the batch and both sides of the inequality are fractions.

    python tests/controls/sweeps_by_hand.py [INSTANCES]
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

F = Fraction
Vector = list[Fraction]
BLOCKS = {1: 0, 2: 1, 5: 2}
"""√(B − 1), where it is rational."""


@dataclass(frozen=True)
class Quadratic:
    """½w′Hw − b′w, H symmetric with whole entries."""

    hessian: Sequence[Sequence[int]]
    linear: Sequence[int]

    def gradient(self, w: Vector) -> Vector:
        """∇ at w."""
        rows = zip(self.hessian, self.linear, strict=True)
        return [sum((h * x for h, x in zip(row, w, strict=True)), -F(b)) for row, b in rows]

    def value(self, w: Vector) -> Fraction:
        """At w."""
        bent = zip(self.gradient(w), self.linear, w, strict=True)
        return sum(((g - b) * x / 2 for g, b, x in bent), F(0))

    def modulus(self) -> Fraction:
        """An upper bound of ‖H‖: the largest absolute row sum."""
        return F(max(1, *(sum(map(abs, row)) for row in self.hessian)))


@dataclass(frozen=True)
class State:
    """Where a sweep begins, with its step sizes and constants."""

    samples: Sequence[Quadratic]
    w: Vector
    delta: Vector
    alpha: Vector
    blocks: int
    beta: Fraction
    rho: Fraction

    @property
    def y(self) -> Vector:
        """w + βΔ."""
        return [x + self.beta * d for x, d in zip(self.w, self.delta, strict=True)]

    @property
    def modulus(self) -> Fraction:
        """L̄."""
        return max(one.modulus() for one in self.samples)

    @property
    def p(self) -> Fraction:
        """L̄α_max."""
        return self.modulus * max(self.alpha)

    def swept(self, loss: Quadratic) -> Vector:
        """w⁺ on one batch."""
        point, n = list(self.y), len(self.w)
        cuts = [n * i // self.blocks for i in range(self.blocks + 1)]
        for low, high in pairwise(cuts):
            slope = loss.gradient(point)
            for j in range(low, high):
                point[j] -= self.alpha[j] * slope[j]
        return point


def drawn(draw: random.Random, samples: int, most: Fraction) -> State:
    """A state with L̄α_max a part of ``most``."""
    blocks = draw.choice(list(BLOCKS))
    n = draw.randint(blocks, blocks + 2)

    def loss() -> Quadratic:
        half = [[draw.randint(-2, 2) for _ in range(n)] for _ in range(n)]
        whole = [[half[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
        return Quadratic(whole, [draw.randint(-4, 4) for _ in range(n)])

    found = [loss() for _ in range(samples)]
    largest = most * F(draw.randint(1, 16), 16) / max(one.modulus() for one in found)
    alpha = [largest * F(draw.randint(1, 8), 8) for _ in range(n)]
    alpha[draw.randrange(n)] = largest
    w, delta = ([F(draw.randint(-8, 8), 4) for _ in range(n)] for _ in range(2))
    if draw.random() < 0.3:
        delta = [x * alpha[j] for j, x in enumerate(delta)]
    beta, rho = F(draw.randint(0, 19), 20), 1 + F(draw.choice([0, 1, 2, 8]), 20)
    return State(found, w, delta, alpha, blocks, beta, rho)


def _weighed(x: Vector, alpha: Vector) -> Fraction:
    return sum((v * v / a for v, a in zip(x, alpha, strict=True)), F(0))


def _minus(x: Vector, y: Vector) -> Vector:
    return [a - b for a, b in zip(x, y, strict=True)]


def _later(draw: random.Random, state: State) -> Vector:
    """D′: each step size at most ρ times as large or as small."""
    ends = (1 / state.rho, F(1), state.rho)
    return [a * draw.choice(ends) for a in state.alpha]


def b3(draw: random.Random) -> tuple[Fraction, Fraction]:
    """Ψ⁺ − Ψ and its bound, full batch."""
    s = drawn(draw, 1, F(2))
    f, after = s.samples[0], s.swept(s.samples[0])
    b, p, m = BLOCKS[s.blocks], s.p, 1 - s.beta
    step, moved = _minus(after, s.y), _minus(after, s.w)
    change = f.value(after) - f.value(s.w) + _weighed(moved, _later(draw, s)) / 2
    held, spent = _weighed(s.delta, s.alpha), _weighed(step, s.alpha)
    first = 1 - s.beta**2 - p * (s.beta**2 + s.beta * b) - (s.rho - 1) * s.beta
    second = 1 - p * (1 + s.beta * b) - (s.rho - 1) / m
    return change - held / 2, -(first * held + second * spent) / 2


def b2(draw: random.Random) -> tuple[Fraction, Fraction]:
    """E Ψ⁺ − Ψ and its bound, one batch of two or three samples, D′ told by the batch."""
    s = drawn(draw, draw.choice([2, 3]), F(2, 5))
    beta, rho, b, p, m = s.beta, s.rho, BLOCKS[s.blocks], s.p, 1 - s.beta
    tau, q, n = beta / m * F(draw.randint(0, 8), 8), p * b, len(s.samples)
    c = 1 - tau * m / beta if beta else F(1)
    whole = _mean(s.samples)

    def psi(w: Vector, delta: Vector, alpha: Vector) -> Fraction:
        bent = sum((g * d for g, d in zip(whole.gradient(w), delta, strict=True)), F(0))
        return whole.value(w) + tau * bent + c / 2 * _weighed(delta, alpha)

    after = [s.swept(one) for one in s.samples]
    mean = sum((psi(x, _minus(x, s.w), _later(draw, s)) for x in after), F(0)) / n
    slopes, pull = [one.gradient(s.y) for one in s.samples], whole.gradient(s.y)
    noise = sum(
        (a * (g[j] - pull[j]) ** 2 / n for g in slopes for j, a in enumerate(s.alpha)), F(0)
    )
    fall = c * (1 - beta**2) - p * (beta**2 + 3 * beta * tau) - c * beta * q - (rho - 1) * c * beta
    w = c / 2 * (1 + beta * q + (rho - 1) / m) + p / 2 + tau * p * (1 + beta / 2) + (1 + tau) * q**2
    w /= (1 - q) ** 2
    down = sum((a * g * g for a, g in zip(s.alpha, pull, strict=True)), F(0))
    bound = -fall / 2 * _weighed(s.delta, s.alpha) - (F(3, 4) * (1 + tau) - w) * down + w * noise
    return mean - psi(s.w, s.delta, s.alpha), bound


def _mean(samples: Sequence[Quadratic]) -> Quadratic:
    """The mean of the samples' losses; its entries are fractions, which serve as well."""
    n, size = len(samples), len(samples[0].linear)
    rows = [[F(sum(q.hessian[i][j] for q in samples), n) for j in range(size)] for i in range(size)]
    return Quadratic(rows, [F(sum(q.linear[i] for q in samples), n) for i in range(size)])  # type: ignore[arg-type]


def d2(draw: random.Random) -> tuple[Fraction, Fraction]:
    """(1 − αL)‖g‖² − ⟨g⁺, g⟩ ≤ 0, from which the trapping of a trained step size follows."""
    s = drawn(draw, 1, F(3))
    f, alpha = s.samples[0], max(s.alpha)
    slope = f.gradient(s.w)
    turned = f.gradient([x - alpha * g for x, g in zip(s.w, slope, strict=True)])
    product = sum((a * b for a, b in zip(slope, turned, strict=True)), F(0))
    return (1 - alpha * s.modulus) * sum((g * g for g in slope), F(0)), product


CLAIMS: dict[str, Callable[[random.Random], tuple[Fraction, Fraction]]] = {
    "B2": b2,
    "B3": b3,
    "D2": d2,
}


def decided(name: str, seeds: Sequence[int]) -> Counter[str]:
    """How many instances kept their bound, how many reached it, how many broke it."""
    found = Counter[str]()
    for seed in seeds:
        left, right = CLAIMS[name](random.Random(f"{name} {seed}"))
        found["violated" if left > right else "equal" if left == right else "kept"] += 1
    return found


def main() -> int:
    """All claims on as many instances as asked; 1 if one is violated."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    total = {name: decided(name, range(wanted)) for name in CLAIMS}
    for name, found in total.items():
        print(name, dict(found))
    return int(any(found["violated"] for found in total.values()))


if __name__ == "__main__":
    sys.exit(main())
