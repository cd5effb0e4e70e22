"""What ``amverify audit`` does: a trace and claims, a report, and the files that were asked for."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.text import Text

from amverify.claims import is_written
from amverify.command.memory import keep
from amverify.command.place import place
from amverify.command.specification import read_specification
from amverify.console.pace import Pace, about
from amverify.console.screen import Screen
from amverify.console.version import version
from amverify.errors import InvalidInput
from amverify.judge.audit import audit
from amverify.judge.audit import audited as sharing
from amverify.judge.curves import curves
from amverify.numbers.given import plain
from amverify.record.limit import Heard
from amverify.report import page, render, to_json, to_junit, to_sarif, write
from amverify.subject.subject import Claim, claimed, declared, run_subject
from amverify.theorems import CATALOGUE, Theorem
from amverify.theorems.base import Context
from amverify.theorems.catalogue import known
from amverify.theorems.search import offered
from amverify.trace.file import load_trace
from amverify.trace.trace import Trace
from amverify.verdict import Report


@dataclass(frozen=True)
class Request:
    """What is to be judged: a subject, theorems by id, constants as NAME=NUMBER, two limits.

    Beside theorems there are claims as text, with hypotheses that are monitored (``given``) or
    printed (``trust``).
    """

    subject: str
    theorems: tuple[str, ...]
    constants: tuple[str, ...]
    time_limit: float
    iteration_limit: int
    claims: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()


@dataclass(frozen=True)
class Files:
    """Where the report is to be written, if at all."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    sarif: Path | None = None


def judged(request: Request, files: Files, verbose: bool, quiet: bool) -> int:
    """Judge, write the files, print the report unless ``quiet``; returns the exit status."""
    keep()
    known = _asked(request)
    given = constants_of(request.constants)
    with Screen(stderr=True, quiet=quiet).status("") as line:
        trace, claims = gathered(request, watching(request.subject, line.update))
        claims = known or claims
        if claims:
            report = audited(trace, _declared(claims, given), line.update)
        else:
            report = audit(trace, constants=given)
    _written(report, files, request.subject)
    if not quiet:
        render(report, Screen(), verbose=verbose)
    return report.exit_status


def _written(report: Report, files: Files, subject: str) -> None:
    forms = ((files.json, to_json), (files.junit, to_junit), (files.html, _page))
    for path, text in forms:
        if path is not None:
            write(path, text(report))
    if files.sarif is not None:
        write(files.sarif, to_sarif(report, *place(subject, report)))


def _page(report: Report) -> str:
    return page(report, version())


def watching(subject: str, show: Callable[[Text], None]) -> Heard:
    """Shows how far a subject is, and how long it still takes where it says how long it is."""
    pace = Pace()

    def heard(iteration: int, total: int | None) -> None:
        of, left = (
            ("", "") if total is None else (f" of {total}", about(pace.left(iteration, total)))
        )
        said = f"{subject}: iteration {iteration}{of}"
        show(Text(f"{said}, {left}" if left else said))

    return heard


def audited(
    trace: Trace, claims: Sequence[Claim], show: Callable[[Text], None] = lambda _: None
) -> Report:
    """One report on all claims, each with its own constants."""
    pace, reports, ctx = Pace(), [], Context(trace)
    for done, claim in enumerate(claims):
        left = about(pace.left(done, len(claims)))
        said = f"judging {claim.theorem}, {done + 1} of {len(claims)}"
        show(Text(f"{said}, {left}" if left else said))
        reports.append(sharing(ctx.given(declared(claim)), claimed(claim)))
    findings = tuple(finding for report in reports for finding in report.findings)
    whole = replace(reports[0], findings=findings)
    constants = {name: value for claim in claims for name, value in declared(claim).items()}
    return replace(whole, curves=curves(ctx.given(constants), findings))


def _asked(request: Request) -> tuple[Claim, ...]:
    """The claims that the command line names and writes.

    Raises:
        InvalidInput: for what is none, or hypotheses without a written claim.
    """
    if (request.given or request.trust) and not request.claims:
        raise InvalidInput("--given and --trust belong to a --claim")
    written = tuple(Claim(text, {}, request.given, request.trust) for text in request.claims)
    for one in written:
        if not is_written(one.theorem):
            raise InvalidInput(
                f"--claim {one.theorem}: it compares nothing; --theorem names a theorem"
            )
        claimed(one)
    return (*(Claim(_theorem(name).id) for name in request.theorems), *written)


def _theorem(name: str) -> Theorem:
    found = known(name)
    if found is not None:
        return found
    near = ", ".join(f"--theorem {t.id} ({t.title})" for t in offered(name, CATALOGUE))
    hint = f"nearest: {near}" if near else f"there are {', '.join(CATALOGUE)}"
    raise InvalidInput(f"unknown theorem {name!r}; {hint}")


def _declared(claims: Sequence[Claim], given: dict[str, Any]) -> tuple[Claim, ...]:
    """The claims, each with those of the given constants that its theorem has.

    Raises:
        InvalidInput: for a constant that none of them has, with the argument to pass instead.
    """
    has = {c.theorem: set(claimed(replace(c, constants={})).declarable) for c in claims}
    known = sorted(set().union(*has.values()))
    for name, value in given.items():
        if name not in known:
            raise InvalidInput(_no_such_constant(name, value, known, list(has)))
    return tuple(
        replace(c, constants={**c.constants, **{n: given[n] for n in given if n in has[c.theorem]}})
        for c in claims
    )


def _no_such_constant(name: str, value: Any, known: list[str], theorems: list[str]) -> str:
    folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.4)
    told = f"--constant {name}: {', '.join(theorems)} has no such constant to declare"
    if near:
        return f"{told}; did you mean --constant {folded[near[0]]}={value!r}?"
    return f"{told}; it has {', '.join(known) or 'none'}"


def gathered(request: Request, heard: Heard) -> tuple[Trace, tuple[Claim, ...]]:
    """The run of a subject, and what comes claimed with it."""
    subject, path = request.subject, Path(request.subject)
    if path.suffix == ".toml":
        file, claims = read_specification(path)
        return load_trace(file), claims
    if ":" in subject and not path.exists():
        return run_subject(subject, request.time_limit, request.iteration_limit, heard)
    if path.suffix == ".py":
        raise InvalidInput(f"{subject}: name a function of it that gives a trace: {path.stem}:NAME")
    if not os.path.lexists(path):
        raise InvalidInput(f"{subject}: no such file{_like(path)}")
    return load_trace(path), ()


def _like(path: Path) -> str:
    """A file beside it with nearly its name, or how a function is written."""
    try:
        beside = [p.name for p in path.parent.iterdir() if p.suffix in (".trace", ".toml")]
    except (OSError, ValueError):
        beside = []
    near = difflib.get_close_matches(path.name, sorted(beside), n=1)
    if near:
        return f"; did you mean {path.parent / near[0]}?"
    return "; a subject is FILE.trace, SPEC.toml or module:function"


def constants_of(given: Sequence[str]) -> dict[str, Any]:
    """Constants by name.

    Raises:
        InvalidInput: for what is not written as NAME=NUMBER, and a name with two values.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        try:
            if not (name.strip() and sign):
                raise ValueError
            number = plain(f"--constant {name}", value)
        except ValueError:
            raise InvalidInput(f"--constant {text}: write it as NAME=NUMBER") from None
        if found.setdefault(name.strip(), number) != number:
            raise InvalidInput(f"--constant {text}: {name.strip()} has another value already")
    return found
