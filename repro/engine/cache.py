"""Finished runs on disk: one JSON file each, sealed by a checksum.

    FOLDER/cora/tiam-seed0-3f2a9c….json

The name begins so that a person finds it; the key in it (first 24 digits in the name, whole
inside) decides. A file that is not what was written is said and computed again.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from amverify.errors import CannotWrite, one_line
from amverify.files import DOCUMENT, read_text, write
from repro.engine.keys import deciding
from repro.engine.provenance import code_version
from repro.engine.storage import (
    canonical_json,
    check_writable,
    seal,
    unseal,
)
from repro.engine.work import FinishedRun, check_lengths
from repro.spec import Minibatch, RunResult, RunSpec

NO_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
FORMAT = "amverify run 2"
MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What reading a document raises that is not of the shape in which it was written."""


@dataclass(frozen=True)
class Cache:
    """A folder of finished runs; ``writable`` is False where nothing can be added."""

    folder: Path
    writable: bool
    say: Callable[[str], None]


def open_cache(folder: Path, say: Callable[[str], None]) -> Cache:
    """The cache in ``folder``; without permission to write, one line says what that means.

    Raises :class:`CannotWrite` when the disk is full or a file is in the folder's place.
    """
    try:
        check_writable(folder)
    except CannotWrite as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in NO_PERMISSION:
            raise
        say(
            f"warning: the cache {folder} cannot be written ({cause.strerror}): runs found there "
            "are used, new ones are not kept; name another with --cache"
        )
        return Cache(folder, False, say)
    return Cache(folder, True, say)


def path_of(cache: Cache, spec: RunSpec, key: str) -> Path:
    """Where the run is kept."""
    return cache.folder / spec.dataset / f"{spec.method}-seed{spec.seed}-{key[:24]}.json"


def store(cache: Cache, spec: RunSpec, run: FinishedRun) -> None:
    """Keep ``run``; raises :class:`CannotWrite` (disk full). Does nothing where not writable."""
    if not cache.writable:
        return
    body = {
        "format": FORMAT,
        "key": run.key,
        "code": code_version(deciding(spec)),
        "spec": asdict(spec),
        "curves": {name: [number(v) for v in curve] for name, curve in run.result.curves.items()},
        "notes": list(run.result.notes),
        "report": run.result.report,
        "provenance": run.provenance,
    }
    write(path_of(cache, spec, run.key), seal(body))


def look_up(cache: Cache, spec: RunSpec, key: str) -> FinishedRun | None:
    """The run kept under ``key``; None when there is none or it is damaged (which is said)."""
    path = path_of(cache, spec, key)
    try:
        return restored(read_text(path, DOCUMENT), spec, key)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, *MISSHAPEN) as error:
        reason = error.strerror if isinstance(error, OSError) else one_line(error)
        cache.say(f"warning: {path} is damaged ({reason}); that run is computed again")
        return None


def restored(text: str, spec: RunSpec, key: str) -> FinishedRun:
    """The run that ``text`` holds; ValueError and its like when it is not that of ``spec``."""
    body: dict[str, Any] = unseal(text)
    if body["format"] != FORMAT or body["key"] != key:
        raise ValueError("it holds another run than its name says")
    if canonical_json(body["spec"]) != canonical_json(asdict(spec)):
        raise ValueError("it holds another specification than its name says")
    curves = {name: [float(v) for v in curve] for name, curve in body["curves"].items()}
    notes = tuple(str(note) for note in body["notes"])
    result = RunResult(curves, notes, str(body["report"]))
    check_lengths(spec, result)
    return FinishedRun(result, dict(body["provenance"]), key, cached=True)


def spec_of(body: dict[str, Any]) -> RunSpec:
    """The specification that was written as ``body``; KeyError and its like where it is none."""
    minibatch = body["minibatch"]
    return RunSpec(
        **{
            **body,
            "settings": tuple((str(name), value) for name, value in body["settings"]),
            "hidden": tuple(body["hidden"]),
            "claims": tuple(body["claims"]),
            "minibatch": None if minibatch is None else Minibatch(**minibatch),
        }
    )


def number(value: float) -> float | str:
    """``value`` for JSON, which knows no NaN and no infinity: these as text."""
    return float(value) if math.isfinite(value) else str(float(value))
