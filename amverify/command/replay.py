r"""A witness again, from its file alone: the same formula, in rational arithmetic.

A witness holds the inequality's name and each symbol's value with its error radius. Replayed, the
theorem's own formula is evaluated exactly: at the recorded values, and over every value that the
radii admit (in balls of 200 bits, Arb). It fails *for certain* if rhs − lhs is negative over the
whole box.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from pathlib import Path

import flint

from amverify.errors import CorruptFile, InvalidInput
from amverify.judge.floor import ARB, rational
from amverify.numbers.balls import evaluate
from amverify.report import from_json
from amverify.report.words import one_line
from amverify.theorems import theorem
from amverify.theorems.base import Inequality
from amverify.verdict import Witness

BITS = 200
LARGEST = 1 << 26
"""Bytes of a report that is read."""


def exactly(value: float) -> flint.arb:
    """A float as the rational number that it is."""
    return rational(Fraction(value))


def replay(witness: Witness) -> tuple[flint.arb, flint.arb, flint.arb]:
    """lhs, rhs and rhs − lhs of a witness's inequality, as Arb balls over its box of values.

    Raises:
        InvalidInput: if the theorem has no such inequality, or a value is missing.
    """
    found = _inequality(witness)
    flint.ctx.prec = BITS
    values = {}
    for name, (mid, rad) in witness.values.items():
        if rad == float("inf"):
            raise InvalidInput(f"witness: {name} has no finite error bound")
        ball = exactly(mid) + flint.arb(0, exactly(rad).upper())
        values[name] = ball
    try:
        lhs = evaluate(found.lhs, values, ARB)
        rhs = evaluate(found.rhs, values, ARB)
        return lhs, rhs, evaluate(found.rhs - found.lhs, values, ARB)
    except KeyError as lack:
        raise InvalidInput(f"witness: the value of {lack} is missing") from None


def _inequality(witness: Witness) -> Inequality:
    for part in theorem(witness.theorem).conclusions:
        if witness.inequality.startswith(f"{part.inequality.name}: "):
            return part.inequality
    raise InvalidInput(f"witness: {witness.theorem} has no conclusion {witness.inequality!r}")


def replay_report(path: Path) -> list[tuple[str, bool]]:
    """Each witness of a report, in words, and whether it fails for certain.

    Raises:
        InvalidInput: if there is no such file, or a witness does not fit its theorem.
        CorruptFile: if it is not a report.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInput(f"{path}: larger than {LARGEST} bytes; that is no report")
        report = from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CorruptFile(f"{path}: not UTF-8 text") from None
    return [_told(finding.witness) for finding in report.findings if finding.witness is not None]


def _told(witness: Witness) -> tuple[str, bool]:
    if not isfinite(witness.lhs):
        return f"{witness.theorem} at {witness.where}: the value there is not finite", True
    lhs, rhs, margin = replay(witness)
    fails = bool(margin < 0)
    told = "fails for certain" if fails else "is not refuted by these values"
    values = ", ".join(f"{name} = {mid!r}" for name, (mid, _) in sorted(witness.values.items()))
    return (
        one_line(
            f"{witness.theorem} at {witness.where}: {witness.inequality} {told}: "
            f"lhs = {lhs.str(17)}, rhs = {rhs.str(17)}, rhs - lhs = {margin.str(17)}; {values}"
        ),
        fails,
    )
