r"""Subjects: what ``amverify audit`` runs, and how it keeps them on a leash.

A subject is a function without arguments, named ``module:function``, that returns a
:class:`~amverify.trace.trace.Trace`; or a :class:`Subject`, which says besides what it claims. It
runs in a process of its own: one that raises, never ends or takes the interpreter down with it ends
as one clear line. Its trace comes back through a file. Only what the user names on the command line
is ever imported; no file that is read can name code.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amverify.claims import claim, is_written
from amverify.errors import AmverifyError, InvalidInput
from amverify.numbers.given import plain
from amverify.record.limit import Heard, at_most
from amverify.subject.process import EVERY, PROGRESS, RAISED, in_a_process
from amverify.theorems import Theorem, theorem
from amverify.trace.file import load_trace, save_trace
from amverify.trace.trace import Trace

_START = "import sys; from amverify.subject.subject import child; sys.exit(child(*sys.argv[1:]))"
"""Not ``-m``: this module must be the one that the subject's own module imports."""


@dataclass(frozen=True)
class Claim:
    """What is to hold of a run, with the constants that its author declares.

        Claim("H1", {"a": 0.5})
        Claim("value[k] <= value[k-1] - a*step2[k]", {"a": 0.5}, given=("eta[k] <= 0.1",))

    Args:
        theorem: a theorem's id, or a claim as text (``amverify.claims``).
        constants: by name.
        given: of a claim as text, hypotheses that are monitored.
        trust: of a claim as text, hypotheses that no run can check.
    """

    theorem: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[str] = ()
    trust: Sequence[str] = ()


def claimed(said: Claim) -> Theorem:
    """The theorem that a claim names, or writes.

    Raises:
        InvalidInput: for an unknown id, a text that is no claim, or hypotheses of a theorem.
    """
    if is_written(said.theorem):
        return claim(said.theorem, given=said.given, trust=said.trust, **said.constants)
    if said.given or said.trust:
        raise InvalidInput(f"{said.theorem}: given and trust belong to a claim that is written")
    return theorem(said.theorem)


def declared(said: Claim) -> Mapping[str, Any]:
    """The constants that the audit is still to be told: a written claim has its own."""
    return {} if is_written(said.theorem) else said.constants


@dataclass(frozen=True)
class Subject:
    """A run and what is claimed of it.

        audited = Subject(run=my_run, claims=(Claim("H1", {"a": 0.5}),))

    Args:
        run: makes the trace.
        claims: what is to hold.
    """

    run: Callable[[], Trace]
    claims: tuple[Claim, ...] = ()


def run_subject(
    name: str, seconds: float, iterations: int, tell: Heard | None = None
) -> tuple[Trace, tuple[Claim, ...]]:
    """Run ``module:function`` in a process of its own, for at most so long.

    Args:
        name: of the subject.
        seconds: after which it is stopped.
        iterations: that it may record; a trace that it reads from a file is not counted.
        tell: told now and then which iteration it is at, and of how many, if that is known.

    Raises:
        InvalidInput: if there is no such subject, it raises, it takes longer, or what it
            returns is not a trace.
    """
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise InvalidInput(f"subject {name!r}: write it as module:function")
    with tempfile.TemporaryDirectory(prefix="amverify-") as folder:
        out = Path(folder)
        in_a_process(name, [_START, name, folder, str(iterations)], seconds, out, tell)
        try:
            claims = json.loads((out / "claims.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InvalidInput(f"subject {name}: it ended without leaving a trace") from None
        return load_trace(out / "run.trace"), tuple(Claim(*claim) for claim in claims)


def _noted(folder: Path) -> Heard:
    """Writes down how far the run is, twice a second at most."""
    last = 0.0

    def heard(iteration: int, total: int | None) -> None:
        nonlocal last
        moment = time.monotonic()
        if moment - last >= EVERY:
            last = moment
            (folder / PROGRESS).write_text(json.dumps([iteration, total]), encoding="utf-8")

    return heard


def found(name: str) -> Any:
    """What ``module:attribute`` names; importing the module runs it.

    Raises:
        InvalidInput: if the module has no such attribute, or is named as its file is.
    """
    module, _, attribute = name.partition(":")
    if module.endswith(".py"):
        plain_name = module.removesuffix(".py").removeprefix("./").replace("/", ".")
        raise InvalidInput(f"a module is named without .py: {plain_name}:{attribute}")
    holder = _imported(module)
    for part in attribute.split("."):
        if not hasattr(holder, part):
            raise InvalidInput(f"{module} has no {attribute}{_nearest(part, holder)}")
        holder = getattr(holder, part)
    return holder


def _imported(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or f"{module}.".startswith(f"{error.name}."):
            raise InvalidInput(
                f"there is no module {error.name} here, in {Path.cwd()}, nor is one installed"
            ) from None
        raise


def _load(name: str) -> Subject:
    subject = found(name)
    if isinstance(subject, Subject):
        return subject
    if callable(subject):
        _without_arguments(subject)
        return Subject(subject)
    raise InvalidInput(f"{name.partition(':')[2]} is neither a function nor a Subject")


def _without_arguments(function: Callable[..., Any]) -> None:
    """Refuse a function that asks for arguments: nobody gives it any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return
    varied = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    asked = [p.name for p in parameters if p.default is p.empty and p.kind not in varied]
    if asked:
        raise InvalidInput(
            f"it is called without arguments, and asks for {', '.join(asked)}: give defaults, or "
            "name a function that calls it"
        )


def _nearest(name: str, holder: object) -> str:
    public = [other for other in dir(holder) if not other.startswith("_")]
    near = difflib.get_close_matches(name, public, n=2)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _portable(constants: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(f"constant {name}", value) for name, value in constants.items()}


def child(name: str, folder: str, iterations: str) -> int:
    """Run the subject; what goes wrong becomes the last line on standard error."""
    try:
        subject = _load(name)
        with at_most(int(iterations), _noted(Path(folder))):
            trace = subject.run()
        if not isinstance(trace, Trace):
            kind = type(trace).__name__
            raise InvalidInput(f"it returned a {kind}, not a Trace: return recorder.trace()")
        save_trace(trace, Path(folder) / "run.trace")
        claims = json.dumps(
            [
                [c.theorem, _portable(c.constants), list(c.given), list(c.trust)]
                for c in subject.claims
            ]
        )
        (Path(folder) / "claims.json").write_text(claims, encoding="utf-8")
    except (Exception, SystemExit) as error:
        return raised(error)
    return 0


def raised(error: BaseException) -> int:
    """Tell an error in one line, for the parent; returns the status of a subject at fault."""
    place = ""
    every = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in every if not frame.filename.startswith("<")]
    kind = "" if isinstance(error, AmverifyError) else f"{type(error).__name__}: "
    if frames and kind and not isinstance(error, SyntaxError):
        place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
    text = " ".join(str(error).split())
    print(f"{kind}{text}{place}", file=sys.stderr)
    return RAISED
