"""What a folder of finished runs holds: of this code, of another, damaged; and clearing it.

A run of another version is never read (its key is another), so it takes room and nothing else. What
is no run's file, and has no run's name, is nobody's business here and stays.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from amverify.errors import InvalidInput
from amverify.files import DOCUMENT, UNFINISHED, cannot_write, read_text
from repro.engine.cache import FORMAT, MISSHAPEN, spec_of
from repro.engine.keys import deciding
from repro.engine.provenance import SAMT, STOCHASTIC, code_version, versions
from repro.engine.storage import unseal
from repro.minibatch.names import PACKAGES
from repro.spec import RunSpec

STATES = ("of this version", "of another version", "damaged")
CURRENT, OTHER, DAMAGED = STATES
ABANDONED = 3600.0
"""Seconds after which a file half written is one that a kill left."""
_NAME = re.compile(r".+-seed\d+-[0-9a-f]{24}\.json")


@dataclass(frozen=True)
class Kept:
    """A file of the cache: what it is of (None where it is damaged), seconds that the run took."""

    path: Path
    size: int
    state: str
    spec: RunSpec | None = None
    seconds: float = 0.0


def kept_in(folder: Path) -> list[Kept]:
    """Every run's file below ``folder``, by name, and what a kill left of one half written.

    Raises :class:`InvalidInput` where there is no such folder.
    """
    if not folder.is_dir():
        raise InvalidInput(f"--cache {folder}: no such folder; name that of the finished runs")
    return [_kept(path) for path in sorted(folder.glob("*/*")) if _ours(path)]


def prune(folder: Path) -> list[Kept]:
    """Remove what no run under this code reads; returns what is gone.

    Raises :class:`amverify.errors.CannotWrite` where a file cannot be removed.
    """
    gone = [own for own in kept_in(folder) if own.state != CURRENT]
    for own in gone:
        try:
            own.path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(own.path, error) from error
    return gone


def _ours(path: Path) -> bool:
    """Whether it is a run's file, or one half written and not being written any more."""
    if not path.is_file() or path.is_symlink():
        return False
    if UNFINISHED.fullmatch(path.name):
        return time.time() - path.stat().st_mtime > ABANDONED
    return bool(_NAME.fullmatch(path.name))


def _kept(path: Path) -> Kept:
    size = path.stat().st_size
    try:
        body: dict[str, Any] = unseal(read_text(path, DOCUMENT))
        if body["format"] != FORMAT:
            return Kept(path, size, OTHER)
        seconds = float(body["provenance"]["wall_time"])
        spec = spec_of(body["spec"])
        state = CURRENT if _of_this_code(body, spec) else OTHER
        return Kept(path, size, state, spec, seconds)
    except (OSError, *MISSHAPEN):
        return Kept(path, size, DAMAGED)


def _of_this_code(body: dict[str, Any], spec: RunSpec) -> bool:
    """Whether the code that decided the run is the present one; of older files, as far as they say.

    They say nothing of the code that judged claims: what may still be read is not called another's.
    """
    theirs: dict[str, Any] = body["provenance"]
    if theirs["versions"]["torch"] != str(torch.__version__):
        return False
    package = PACKAGES.get(spec.method)
    if package is not None and theirs["versions"].get(package) != versions()[package]:
        return False
    if "code" in body:
        return bool(body["code"] == code_version(deciding(spec)))
    if spec.minibatch is None:
        return bool(theirs["code_version"] == code_version())
    return bool(theirs["stochastic_code_version"] == code_version(STOCHASTIC + SAMT))


def similar(spec: RunSpec, kept: list[Kept]) -> Iterator[float]:
    """Seconds a sweep of the kept runs most like ``spec``, of whatever version; none without any.

    Alike first: all but the seed and the sweeps; else method, data set and shape; else the method.
    """
    for alike in (_configuration, _shape, _kind):
        found = [own for own in kept if own.spec and alike(own.spec) == alike(spec)]
        if found:
            yield from (own.seconds / own.spec.sweeps for own in found if own.spec)
            return


def _configuration(spec: RunSpec) -> tuple[object, ...]:
    return (*_shape(spec), spec.settings, spec.claims)


def _shape(spec: RunSpec) -> tuple[object, ...]:
    network = spec.minibatch and spec.minibatch.network
    return (spec.method, spec.dataset, spec.hidden, spec.samples, bool(spec.claims), network)


def _kind(spec: RunSpec) -> tuple[object, ...]:
    return (spec.method, bool(spec.claims))
