r"""Exact polynomials over ℚ in named real variables: the arithmetic of the trusted kernel.

A polynomial is a sum of monomials with ``Fraction`` coefficients, expanded and collected, so that
two are equal as functions exactly if they are equal as dictionaries. Standard library only; a
float is refused, like anything else that is not a rational.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

Monomial = tuple[tuple[str, int], ...]
LARGEST = 20_000
"""More terms than this, in any polynomial, are refused."""


class Refused(Exception):
    """A step that does not follow."""


def require(side: str, holds: object, why: str, *about: object) -> None:
    """A side condition: ``side`` is its rule and its number at the rule's head.

    Raises:
        Refused: unless it holds.
    """
    if not holds:
        raise Refused(why.format(*about))


def rational(x: object) -> Fraction:
    """A rational number, from int or Fraction and nothing else."""
    if type(x) is Fraction:
        return x
    if type(x) is int:
        return Fraction(x)
    raise Refused(f"{x!r} is not a rational number")


@dataclass(frozen=True, slots=True)
class Poly:
    """A polynomial: coefficients by monomial, zero coefficients left out."""

    terms: Mapping[Monomial, Fraction]

    def __init_subclass__(cls) -> None:
        raise Refused("a polynomial computes as this class does, and no other way")

    def __post_init__(self) -> None:
        if len(self.terms) > LARGEST:
            raise Refused(f"a polynomial of {len(self.terms)} terms is too large")
        given = [(_monomial(m), c) for m, x in self.terms.items() if (c := rational(x))]
        checked = dict(given)
        if len(checked) < len(given):
            raise Refused("a polynomial has one monomial twice")
        object.__setattr__(self, "terms", MappingProxyType(checked))

    def __add__(self, other: Poly) -> Poly:
        _own(other)
        total = dict(self.terms)
        for m, c in other.terms.items():
            total[m] = total.get(m, Fraction(0)) + c
        return Poly(total)

    def __neg__(self) -> Poly:
        return Poly({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Poly) -> Poly:
        return self + -other

    def __mul__(self, other: Poly) -> Poly:
        _own(other)
        if len(self.terms) * len(other.terms) > 100 * LARGEST:
            raise Refused("a product of polynomials is too large")
        total: dict[Monomial, Fraction] = {}
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                key = _monomial(m + n)
                total[key] = total.get(key, Fraction(0)) + c * d
        return Poly(total)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __str__(self) -> str:
        """Without spaces: names of atoms are made of it."""
        text = ""
        for m, c in sorted(self.terms.items()):
            size = [str(abs(c))] if abs(c) != 1 or not m else []
            factors = [name if k == 1 else f"{name}^{k}" for name, k in m]
            text += ("-" if c < 0 else "+" if text else "") + "·".join(size + factors)
        return text or "0"

    @property
    def names(self) -> frozenset[str]:
        """The variables that occur in it."""
        return frozenset(v for m in self.terms for v, _ in m)


def _own(other: object) -> None:
    """A lookalike's own arithmetic is not asked."""
    if type(other) is not Poly:
        raise Refused(f"{other!r} is no polynomial")


def _monomial(factors: Iterable[tuple[str, int]]) -> Monomial:
    powers: dict[str, int] = {}
    for name, power in factors:
        if type(name) is not str or type(power) is not int or power <= 0:
            raise Refused(f"{name!r} to the power {power!r} is not part of a monomial")
        powers[name] = powers.get(name, 0) + power
        if powers[name] > 64:
            raise Refused(f"{name!r} to the power {powers[name]} is not part of a monomial")
    return tuple(sorted(powers.items()))


def const(c: object) -> Poly:
    """A constant."""
    return Poly({(): rational(c)})


def var(name: str) -> Poly:
    """A variable."""
    return Poly({((name, 1),): Fraction(1)})
