"""How a set of runs can end early; what was finished before is kept."""

from __future__ import annotations

from amverify.errors import AmverifyError
from repro.spec import RunSpec


class Interrupted(AmverifyError):
    """The user pressed Ctrl-C."""

    exit_status = 130


class RunFailed(AmverifyError):
    """A run could not be carried out: a fault in the code, no memory, a lost worker."""

    exit_status = 7


def described(spec: RunSpec) -> str:
    """A run in a few words, for messages."""
    return f"{spec.dataset}, {spec.method}, seed {spec.seed}"


def run_failed(spec: RunSpec, error: BaseException) -> AmverifyError:
    """``error``, which carrying out ``spec`` raised, with the run that it belongs to."""
    if isinstance(error, AmverifyError):
        located = type(error)(f"{described(spec)}: {error}")
        return located
    lines = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    hint = "AMVERIFY_DEBUG=1 shows where"
    if isinstance(error, MemoryError) or "allocat" in what:
        hint = "out of memory? try fewer --jobs"
    return RunFailed(f"{described(spec)}: the run failed ({what}; {hint})")
