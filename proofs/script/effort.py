r"""How much work a certificate asks of the kernel, estimated before any of it is done.

A file of a few kilobytes can ask for hours: LDLᵀ over ℚ makes numbers as long as the minors that
they are quotients of, and a product of sums has as many terms as the product of their lengths. Two
numbers are estimated, from the sizes of what is in the file only:

* *expansion*: how often a term of a polynomial is touched while the identity is multiplied out;
* *elimination*: how often a word of a number is touched while G ⪰ 0 is decided; the k-th minor of a
  matrix with rows of b_i bits (over a common denominator each) has at most Σ_{i≤k} b_i bits.

What is above the limits (some seconds each) is refused. Nothing here is trusted: to be refused
says nothing of the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from proofs.kernel.polynomial import LARGEST, Poly, Refused
from proofs.kernel.squares import Gram, Term

EXPANSION = 1_000_000
ELIMINATION = 2_000_000_000
_WORD = 30
"""Bits of a digit of Python's integers."""
_OVERHEAD = 10_000
"""What one operation on two rationals costs, however small they are, in word operations."""
_LONG = 20_000
"""Bits of denominators beyond which their product stands for their common multiple."""


class TooLong(Refused):
    """A certificate that would take too long to check."""


def bounded(
    where: str,
    given: Sequence[Poly],
    zero: Sequence[Poly],
    terms: Sequence[Term],
    factors: Sequence[Poly],
) -> None:
    """Nothing, if the certificate can be checked within the limits.

    Args:
        where: the file, for the message.
        given: what is ≥ 0.
        zero: what is 0.
        terms: over ``given``.
        factors: of ``zero``.

    Raises:
        TooLong: with both numbers and the limits, if not.
    """
    expand = sum(expansion(given, term) for term in terms)
    expand += sum(len(q.terms) * len(h.terms) for q, h in zip(factors, zero, strict=False))
    if expand > EXPANSION:
        raise TooLong(
            f"{where}: multiplying it out takes about {expand:.1e} steps; "
            f"at most {EXPANSION:.1e} are made"
        )
    work = sum(elimination(term.gram.matrix) for term in terms if term.gram is not None)
    if work > ELIMINATION:
        raise TooLong(
            f"{where}: deciding whether its Gram matrices are semidefinite takes about "
            f"{work:.1e} steps, numbers getting longer from row to row; "
            f"at most {ELIMINATION:.1e} are made"
        )


def expansion(given: Sequence[Poly], term: Term) -> int:
    """Terms of polynomials touched while one term of a certificate is multiplied out."""
    steps, size = _squared(term.gram) if term.gram is not None else (0, 0)
    for _, q in term.squares:
        steps, size = steps + len(q.terms) ** 2, size + len(q.terms) ** 2
    for i in term.factors:
        steps += 1 + size * len(given[i].terms)
        size = min(LARGEST, size * len(given[i].terms))
    return steps


def _squared(gram: Gram) -> tuple[int, int]:
    """Steps for mᵀGm, row by row, and how many terms it has at most."""
    rows, whole = len(gram.basis), sum(len(m.terms) for m in gram.basis)
    size = min(LARGEST, whole**2)
    return rows * rows * whole + whole**2 + rows * size, size


def elimination(matrix: Sequence[Sequence[Fraction]]) -> int:
    """Words of numbers touched by LDLᵀ over ℚ."""
    total, bits = 0, 0
    for k, row in enumerate(matrix):
        bits += row_bits(row)
        left = len(matrix) - k - 1
        total += left * left * ((2 * bits // _WORD) ** 2 + _OVERHEAD)
    return total


def row_bits(row: Sequence[Fraction]) -> int:
    """Bits of a row's entries over their common denominator, at most."""
    above = max((abs(x.numerator).bit_length() for x in row), default=0)
    different = {x.denominator for x in row}
    most = sum(d.bit_length() for d in different)
    return above + (most if most > _LONG else lcm(*different).bit_length())
