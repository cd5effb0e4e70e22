"""What a failing claim says: a dozen lines with all that one needs, no page of repr.

VIOLATED: value[k] <= value[k-1]
  says: f(x_k) ≤ f(x_{k−1}), for every k ≥ 1.
  why: it fails at step 2 by 0.5, rounding accounts for 2.8e-15 at most (1 of 3 instances fail)
  at step 2: left side 0.5, right side 0
  …
  replay: amverify replay /tmp/…/test_descent.json
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from amverify.errors import AmverifyError
from amverify.files import write
from amverify.report import to_json, words
from amverify.testing.place import file_of
from amverify.trace.file import save_trace
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Report, Witness

DECLARED = re.compile(r"recorder\.trace\((\w+)=…\) or --constant \1=…")
"""How a constant is declared elsewhere; a test passes it by name."""
MOST = 12
"""Symbols of a witness that are shown; its file has all."""


def message(report: Report, failed: Sequence[Finding], trace: Trace | None) -> str:
    """The text of the AssertionError.

    Args:
        report: all findings.
        failed: those that are no success.
        trace: the run, to be kept beside the report; None where only a report was given.
    """
    lines = [line for finding in failed for line in _finding(finding, words.iteration(report))]
    held = [f.theorem for f in report.findings if f not in failed]
    lines += [f"  not at fault: {', '.join(map(words.one_line, held))}"] if held else []
    lines += [f"  note: {note}" for note in report.notes]
    lines += [f"  {line}" for line in kept(report, failed, trace)]
    return "\n".join(words.clean(line) for line in lines)


def _finding(finding: Finding, iteration: str) -> Iterator[str]:
    """One claim: the verdict, what it says, why, the witness."""
    yield f"{finding.verdict}: {words.one_line(finding.theorem)}"
    yield f"  says: {words.one_line(finding.statement)}"
    why = DECLARED.sub(r"assert_holds(…, \1=…)", words.one_line(finding.reason))
    yield f"  why: {why}"
    if finding.witness is not None:
        yield from (f"  {line}" for line in _witness(finding.witness, iteration))
    yield from (f"  note: {words.one_line(note)}" for note in finding.notes)


def _witness(found: Witness, iteration: str) -> list[str]:
    """Where, both sides, the margin, and the symbols, as many as fit."""
    lines = [
        f"at {words.one_line(found.where(iteration))}: left side {words.number(found.lhs)}, "
        f"right side {words.number(found.rhs)}",
        f"margin: {words.number(found.margin)}, of which rounding explains "
        f"{words.number(found.bound)} at most",
    ]
    symbols = [f"{words.one_line(name)} = {words.ball(*v)}" for name, v in found.values.items()]
    lines += symbols[:MOST]
    if len(symbols) > MOST:
        lines.append(f"… and {len(symbols) - MOST} symbols more, in the report")
    return lines


def kept(report: Report, failed: Sequence[Finding], trace: Trace | None) -> Iterator[str]:
    """Write the report and the trace; a line for each, or why one could not be written."""
    try:
        file = file_of(".json")
        write(file, to_json(report))
        shown = shlex.quote(str(file))
        witnessed = any(f.witness is not None for f in failed)
        yield f"replay: amverify replay {shown}" if witnessed else f"report: {shown}"
        if trace is not None:
            save_trace(trace, file.with_suffix(".trace"))
            yield f"trace: {shlex.quote(str(file.with_suffix('.trace')))}"
    except (AmverifyError, OSError) as error:
        yield f"not kept: {words.one_line(str(error))}"
