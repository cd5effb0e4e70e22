r"""Names with a meaning: 1/(q), |q|, √(q) and Σ_j(q) are variables named after what they contain.

A *plain* name (letters, digits, _) is a variable. Any other name is that of an atom: the text of
its form around the text of a polynomial, which names plain variables and other atoms. The meaning
is read off the name and nowhere else, so that it depends on nothing that was done before; a name
that isn't, letter for letter, what its meaning is written as ("|y+x|", "x^2", "1/x") is refused.
Written polynomials are told apart by their text: terms are ordered, a plain name holds no sign,
and after a complete factor | can only close. Of the atoms nothing is known but what the kernel's
rules ``inverse``, ``absolute``, ``root`` and ``summation`` say. Part of the trusted kernel;
standard library only.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import Literal

from proofs.kernel.polynomial import Poly, Refused, const, var

_PLAIN = r"[^\W\d]\w*"
_OPEN = rf"1/\(|√\(|\||Σ_{_PLAIN}\("
_TOKEN = re.compile(rf"(?P<open>{_OPEN})|(?P<number>\d+(?:/\d+)?)|(?P<name>{_PLAIN})|[-+·)]|\^\d+")


def plain(name: object) -> bool:
    """Whether this is a variable's name, and not an atom's or no name at all."""
    return type(name) is str and re.fullmatch(_PLAIN, name) is not None


def atom(form: Literal["1/({})", "|{}|", "√({})"], q: Poly) -> Poly:
    """The variable that stands for 1/q, |q| or √q."""
    if type(q) is not Poly:
        raise Refused(f"{q!r} is no polynomial")
    return var(form.format(q))


@cache
def inside(name: str) -> Poly:
    """What an atom contains.

    Raises:
        Refused: if the name is not that of an atom.
    """
    opening = re.match(_OPEN, name)
    if opening is not None and name[-1] == (closing := "|" if name[0] == "|" else ")"):
        text = name[opening.end() : -1]
        tokens = [t for t in _TOKEN.finditer(text)][::-1]
        found = _sum(tokens)
        if not tokens and f"{opening[0]}{found}{closing}" == name:
            return found
    raise Refused(f"{name!r} is neither a variable nor an atom")


@cache
def speaks(name: str) -> frozenset[str]:
    """A name and all names inside it, the coordinates of a sum among them.

    Raises:
        Refused: if it is no name.
    """
    return frozenset({name}) | (frozenset() if plain(name) else deep(inside(name)))


def deep(poly: Poly) -> frozenset[str]:
    """The names in a polynomial and, at every depth, in its atoms."""
    return frozenset().union(*(speaks(n) for n in poly.names))


Tokens = list[re.Match[str]]


def _sum(tokens: Tokens) -> Poly:
    """A polynomial from its text; ``tokens`` are used up from the end."""
    total = const(0)
    while True:
        sign = tokens.pop()[0] if tokens and tokens[-1][0] in "+-" else "+"
        product = _factor(tokens)
        while tokens and tokens[-1][0] == "·":
            tokens.pop()
            product = product * _factor(tokens)
        total += -product if sign == "-" else product
        if not tokens or tokens[-1][0] not in "+-":
            return total


def _factor(tokens: Tokens) -> Poly:
    if not tokens:
        raise Refused("a polynomial's text ends too early")
    head = tokens.pop()
    if head["number"]:
        return const(Fraction(head[0]))
    name = head[0]
    if head["open"]:
        name += str(_sum(tokens)) + (tokens.pop()[0] if tokens else "")
    power = int(tokens.pop()[0][1:]) if tokens and tokens[-1][0][0] == "^" else 1
    return Poly({((name, power),): Fraction(1)})
