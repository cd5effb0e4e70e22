r"""A witness again, from its file alone: the same formula, in rational arithmetic.

A witness holds the inequality's name and each symbol's value with its error radius. Replayed, the
theorem's own formula is evaluated exactly: at the recorded values, and over every value that the
radii admit (in balls of 200 bits, Arb). It fails *for certain* if rhs − lhs is negative over the
whole box.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from rich.text import Text

from amverify.console.screen import Screen
from amverify.errors import CorruptFile, InvalidInput
from amverify.files import TooLarge, opened, read_text
from amverify.judge.witness import LARGEST, replay
from amverify.report import from_json
from amverify.report.words import one_line
from amverify.subject.subject import Claim, claimed
from amverify.verdict import Witness

COUNTEREXAMPLE = b'"format": "amverify counterexample'


def replay_report(path: Path) -> list[tuple[str, bool]]:
    """Each witness of a report, in words, and whether it fails for certain.

    Raises:
        InvalidInput: if there is no such file, or a witness does not fit its theorem.
        CorruptFile: if it is not a report.
    """
    try:
        report = from_json(read_text(path, LARGEST))
    except TooLarge:
        raise InvalidInput(f"{path}: larger than {LARGEST} bytes; that is no report") from None
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CorruptFile(f"{path}: not UTF-8 text") from None
    except CorruptFile as error:
        raise CorruptFile(f"{path}: {error}") from None
    iteration = str(report.header.get("iteration", "sweep"))
    return [
        _told(finding.witness, iteration)
        for finding in report.findings
        if finding.witness is not None
    ]


def _told(witness: Witness, iteration: str) -> tuple[str, bool]:
    if not isfinite(witness.lhs):
        return (
            f"{witness.theorem} at {witness.where(iteration)}: the value there is not finite",
            True,
        )
    lhs, rhs, margin = replay(witness, claimed(Claim(witness.theorem)))
    fails = bool(margin < 0)
    told = "fails for certain" if fails else "is not refuted by these values"
    values = ", ".join(f"{name} = {mid!r}" for name, (mid, _) in sorted(witness.values.items()))
    return (
        one_line(
            f"{witness.theorem} at {witness.where(iteration)}: {witness.inequality} {told}: "
            f"lhs = {lhs.str(17)}, rhs = {rhs.str(17)}, rhs - lhs = {margin.str(17)}; {values}"
        ),
        fails,
    )


def _is_counterexample(path: Path) -> bool:
    """Whether a file is what ``amverify falsify --save`` writes."""
    try:
        with opened(path) as file:
            return COUNTEREXAMPLE in file.read(200)
    except OSError:
        return False


def replayed(path: Path, quiet: bool = False) -> int:
    """Print what :func:`replay_report` says; 1 if a witness fails for certain."""
    if _is_counterexample(path):
        from amverify.command.falsifying import again

        return again(path, "", quiet)
    console, lines = Screen(quiet=quiet), replay_report(path)
    if not lines:
        console.print(Text("no witness in this report: nothing to replay"))
    for text, _ in lines:
        console.print(Text(text), soft_wrap=True)
    return int(any(fails for _, fails in lines))
