r"""What a problem of a family offers: F = H + g, its value and gradient with bounds, exact values,
and constants that are known exactly.

    problem = draw("quadratic", seed=7)
    problem.value(x)                    # a ball: float64 with a bound on its rounding error
    problem.exact_value(fractions)      # a Fraction
    problem.constants.L                 # a Fraction; ``exact`` says that no smaller one will do
    rebuild(problem.spec())             # the same problem, from JSON

H is the smooth part and g has a simple proximal map (the indicator of a box, λ‖x‖₁, …); ``value``
is F, ``gradient`` that of H. An instance is drawn from a seed; its data are integers or dyadic
numbers, so that float64 holds them exactly.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify.families.arithmetic import Entries, rationals
from amverify.families.draws import Draws
from amverify.numbers.balls import Ball

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Constants:
    """What is known of F.

    Args:
        L: modulus of ∇H (on the set that ``radius`` or the box describes, if there is one).
        exact: whether L is the least such modulus, not just a bound.
        mu: ‖∇F‖² ≥ 2μ(F − F*), the Polyak–Łojasiewicz constant.
        fstar: F*, the infimum.
        xstar: a minimiser.
        theta: KL exponent at the minimisers, (F − F*)^θ ≤ c·dist(0, ∂F).
        c: a KL constant there, as float64 (rounded up) where it is irrational.
        radius: ‖x‖_∞ below which L, θ and c are meant; ``None`` is everywhere.
        convex: whether F is convex.
    """

    L: Fraction | None = None
    exact: bool = False
    mu: Fraction | None = None
    fstar: Fraction | None = None
    xstar: tuple[Fraction, ...] | None = None
    theta: Fraction | None = None
    c: float | None = None
    radius: Fraction | None = None
    convex: bool = False


@dataclass(frozen=True)
class Block:
    """A block of coordinates, in which H is convex (or not) with a modulus given the others.

    Args:
        kind: a letter, as in a trace.
        layer: its number.
        index: its coordinates.
        convex: whether H is convex in it.
        quadratic: whether H is quadratic in it, so that H's change has a difference form.
    """

    kind: str
    layer: int
    index: tuple[int, ...]
    convex: bool = True
    quadratic: bool = True


class Problem(ABC):
    """An instance of a family; see the module.

    ``family``, ``seed`` and ``x0`` say what it is and where to start; ``choices`` are the integers
    of an instance that was not drawn from a seed. ``box`` is ±∞ where g is not the indicator of a
    box.
    """

    family: str
    seed: int
    choices: tuple[int, ...] | None = None
    x0: Vector
    constants: Constants
    blocks: tuple[Block, ...] = ()
    box: tuple[Vector, Vector] | None = None

    @abstractmethod
    def smooth(self, x: Entries) -> Entries:
        """H, in whichever arithmetic x is."""

    @abstractmethod
    def slope(self, x: Entries) -> Entries:
        """∇H, in whichever arithmetic x is."""

    def nonsmooth(self, x: Entries) -> Entries | None:
        """g where it is finite; ``None`` stands for 0."""
        return None

    def prox(self, v: Vector, step: float) -> Vector:
        """argmin_u g(u) + ‖u − v‖²/(2·step), in v's own format."""
        if self.box is None:
            return v
        low, high = self.box
        found: Vector = np.clip(v, low.astype(v.dtype), high.astype(v.dtype))
        return found

    @property
    def dimension(self) -> int:
        """n."""
        return len(self.x0)

    @property
    def name(self) -> str:
        """Family and seed, or its integers, in words."""
        if self.choices is None:
            return f"{self.family} #{self.seed}"
        return f"{self.family} [{' '.join(map(str, self.choices))}]"

    def __repr__(self) -> str:
        return f"rebuild({self.spec()})"

    def value(self, x: Vector) -> Ball:
        """F at a point (n,) or a stack (…, n), with bounds."""
        entries = Ball.of(x)
        rough = self.nonsmooth(entries)
        smooth: Ball = self.smooth(entries)
        return smooth if rough is None else smooth + rough

    def gradient(self, x: Vector) -> Ball:
        """∇H at a point (n,) or a stack (…, n), entry by entry with bounds."""
        found: Ball = self.slope(Ball.of(x))
        return found

    def plain(self, x: NDArray[Any]) -> NDArray[Any]:
        """∇H as a step computes it: in the format of x, without bounds."""
        found: NDArray[Any] = self.slope(x)
        return found

    def modulus(self, block: int, x: Vector) -> float:
        """A modulus of ∇_iH in block i given the others at x, not below the least one.

        Raises:
            ValueError: if none is known.
        """
        if self.constants.L is None:
            raise ValueError(f"{self.name}: no modulus is known for block {block}")
        return above(float(self.constants.L))

    def exact_value(self, x: Sequence[Any] | Vector) -> Fraction:
        """F in rational arithmetic."""
        entries = rationals(np.asarray(x))
        found, rough = self.smooth(entries), self.nonsmooth(entries)
        return Fraction(found if rough is None else found + rough)

    def exact_gradient(self, x: Sequence[Any] | Vector) -> list[Fraction]:
        """∇H in rational arithmetic."""
        return list(self.slope(rationals(np.asarray(x))))

    def expression(self) -> tuple[sp.Expr, tuple[sp.Symbol, ...]]:
        """H as a sympy expression, with its symbols x1, …, xn."""
        names = sp.symbols(f"x1:{self.dimension + 1}", real=True)
        return sp.expand(self.smooth(np.array(names, dtype=object))), tuple(names)

    def spec(self) -> dict[str, Any]:
        """JSON that ``rebuild`` turns into this problem again."""
        if self.choices is None:
            return {"family": self.family, "seed": self.seed}
        return {"family": self.family, "choices": list(self.choices)}

    def declared(self) -> dict[str, Any]:
        """Its constants as the header of a trace has them: L, mu, fstar, D = ‖x⁰ − x*‖."""
        known = self.constants
        found: dict[str, Any] = {}
        for name, exact in (("L", known.L), ("mu", known.mu), ("fstar", known.fstar)):
            if exact is not None:
                found[name] = _entry(exact)
        if known.xstar is not None:
            start = [Fraction(float(v)) for v in self.x0]
            squared = sum(
                ((a - b) ** 2 for a, b in zip(start, known.xstar, strict=True)), Fraction(0)
            )
            ball = Ball.exact(squared).sqrt()
            found["D"] = _known(float(ball.mid), float(ball.rad))
        return found


@runtime_checkable
class Summed(Protocol):
    """A problem that is a mean of ``samples`` terms."""

    samples: int

    def sample_slope(self, x: Entries, i: int) -> Entries:
        """The gradient of term i (modulo their number), in whichever arithmetic x is."""


def _entry(exact: Fraction) -> dict[str, Any]:
    ball = Ball.exact(exact)
    return _known(float(ball.mid), float(ball.rad))


def _known(value: float, error: float) -> dict[str, Any]:
    entry: dict[str, Any] = {"value": value, "origin": "declared"}
    return entry | ({"error": error} if error else {})


def above(value: float) -> float:
    """The next float: more than any correctly rounded result can lie below."""
    return math.nextafter(math.nextafter(value, math.inf), math.inf)


def integers(
    rng: Draws | np.random.Generator, shape: int | tuple[int, ...], most: int = 4
) -> NDArray[np.float64]:
    """Random integers in [−most, most] as floats."""
    found: Vector = rng.integers(-most, most + 1, shape).astype(np.float64)
    return found


def dyadic(
    rng: Draws | np.random.Generator,
    shape: int | tuple[int, ...],
    most: int = 2,
    digits: int = 6,
) -> NDArray[np.float64]:
    """Random multiples of 2^−digits in [−most, most]."""
    scale = 2**digits
    found: Vector = rng.integers(-most * scale, most * scale + 1, shape) / scale
    return found
