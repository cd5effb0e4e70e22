r"""Symbols that stand for 1/q, |q|, √q or Σ_j(m): variables named after what they are made from.

Nothing is known of them but what the kernel's rules ``inverse``, ``absolute``, ``root`` and
``summation`` say. Part of the trusted kernel; standard library only.
"""

from __future__ import annotations

from typing import Literal

from proofs.polynomial import Poly, Refused, var

ATOMS: dict[str, Poly] = {}
"""What is inside a symbol such as 1/(q): its name is made from q, so it means one thing."""


def atom(form: Literal["1/({})", "|{}|", "√({})"], q: Poly) -> Poly:
    """The variable that stands for 1/q, |q| or √q."""
    return named(form.format(q), q)


def inside(name: str) -> Poly:
    """What an atom was made from."""
    return ATOMS[name]


def named(name: str, inside: Poly) -> Poly:
    """The variable of that name, which means ``inside`` from now on."""
    if ATOMS.setdefault(name, inside) != inside:
        raise Refused(f"{name} means two things")
    return var(name)


def deep(poly: Poly) -> frozenset[str]:
    """The variables of a polynomial and of what its atoms stand for."""
    return poly.names.union(*(deep(ATOMS[n]) for n in poly.names if n in ATOMS))
