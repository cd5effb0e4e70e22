"""``assert_holds``: a claim of a run as an assertion."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from amverify.claims import claim, is_written
from amverify.errors import AmverifyError, InvalidInput
from amverify.judge.audit import audit
from amverify.numbers.exact import Exact
from amverify.testing.message import message
from amverify.theorems import Theorem, theorems
from amverify.trace.trace import HOW_TO_GET_ONE, Trace
from amverify.verdict import Report, Verdict

Claims = str | Theorem | Iterable[str | Theorem]

_ALLOWED = (Verdict.UNDECIDED, Verdict.NOT_APPLICABLE, Verdict.VACUOUS)


def assert_holds(
    run: Any,
    claims: Claims | None = None,
    /,
    *,
    allow: Collection[str] = (),
    given: str | Iterable[str] = (),
    trust: str | Iterable[str] = (),
    exact: Exact | None = None,
    **constants: Any,
) -> Report:
    """That every claim HOLDS of a run; the report.

        assert_holds(trace, "value[k] <= value[k-1] - a*step2[k]", a=0.5)
        assert_holds(recorder, ["T1", "T3"], allow={"UNDECIDED"})
        assert_holds(amv.audit(trace, "G1"))

    The error's text has the verdict, where and by how much the claim fails, the witness, and the
    path of a file that ``amverify replay`` reads; the trace is kept beside it.

    Args:
        run: a trace, a recorder (what it recorded so far), or a report.
        claims: theorems, their ids, or claims as text; of a report, which of its findings count
            (all of them, unless it is said).
        allow: verdicts that are good enough besides HOLDS: UNDECIDED, NOT_APPLICABLE, VACUOUS.
        given: monitored hypotheses of the claims that are texts.
        trust: unmonitored hypotheses of the claims that are texts.
        exact: as for ``amverify.audit``.
        constants: of the claims, by name; numbers or ``amv.within(value, error)``.

    Raises:
        AssertionError: if one does not hold.
        InvalidInput: for what is no run, no claim, no verdict; see ``amverify.audit``.
    """
    __tracebackhide__ = True
    try:
        good = _verdicts(allow)
        report, trace = _judged(run, claims, _several(given), _several(trust), exact, constants)
    except AmverifyError as error:
        raise error.with_traceback(None) from None
    failed = [finding for finding in report.findings if finding.verdict not in good]
    if failed:
        raise AssertionError(message(report, failed, trace))
    return report


def _several(said: str | Iterable[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _verdicts(allow: Collection[str]) -> set[Verdict]:
    if isinstance(allow, str):
        allow = (allow,)
    for name in allow:
        if name not in _ALLOWED:
            raise InvalidInput(f"allow: expected some of {', '.join(_ALLOWED)}, got {name!r}")
    return {Verdict.HOLDS, *(Verdict(name) for name in allow)}


def _judged(
    run: Any,
    claims: Claims | None,
    given: tuple[str, ...],
    trust: tuple[str, ...],
    exact: Exact | None,
    constants: dict[str, Any],
) -> tuple[Report, Trace | None]:
    if isinstance(run, Report):
        if given or trust or exact is not None or constants:
            raise InvalidInput("assert_holds: a report was judged already; pass the trace instead")
        return _chosen(run, claims), None
    trace = run if isinstance(run, Trace) else _recorded(run)
    if claims is None:
        raise InvalidInput('assert_holds: say which claim: assert_holds(trace, "descent")')
    several = (claims,) if isinstance(claims, str | Theorem) else tuple(claims)
    written = [isinstance(one, str) and is_written(one) for one in several]
    if (given or trust) and not all(written):
        raise InvalidInput("assert_holds: given and trust belong to claims that are texts")
    asked = [
        claim(str(one), given=given, trust=trust) if text else one
        for one, text in zip(several, written, strict=True)
    ]
    return audit(trace, theorems(asked), constants, exact), trace


def _recorded(run: Any) -> Trace:
    """The trace of a recorder."""
    found = run.trace() if callable(getattr(run, "trace", None)) else None
    if not isinstance(found, Trace):
        raise InvalidInput(
            f"assert_holds: expected a trace, a recorder or a report, got {type(run).__name__}; "
            f"{HOW_TO_GET_ONE}"
        )
    return found


def _chosen(report: Report, claims: Claims | None) -> Report:
    """The report with the findings that are asked for."""
    if claims is None:
        return report
    several = (claims,) if isinstance(claims, str | Theorem) else tuple(claims)
    ids = [one.id if isinstance(one, Theorem) else one for one in several]
    if not ids:
        raise InvalidInput("assert_holds: no claim named; leave the argument out for all of them")
    for name in ids:
        if name not in [f.theorem for f in report.findings]:
            has = ", ".join(f.theorem for f in report.findings) or "nothing"
            raise InvalidInput(f"assert_holds: the report is not about {name!r}; it has {has}")
    findings = tuple(f for f in report.findings if f.theorem in ids)
    return replace(report, findings=findings)
