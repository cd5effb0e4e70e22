"""Provenance in words: commands without this machine's folders, facts, hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from repro.render.places import placeless
from repro.spec import RunSpec
from repro.tables.parts.full_batch import written

PLACES = ("--out", "--cache", "--data-dir", "--scheduler")
QUIET = ("--quiet", "-q")
WITHOUT_RUNS = ("table1", "table12", "gallery")


def command(document: Mapping[str, Any]) -> str:
    """The command of a document, without the folders of whoever gave it."""
    kept, skip = [], False
    for word in map(str, document["provenance"]["command"]):
        if skip or word in PLACES:
            skip = word in PLACES and not skip
        elif word not in QUIET and not word.startswith(tuple(f"{p}=" for p in PLACES)):
            kept.append(word)
    return placeless(" ".join(kept))


def again(document: Mapping[str, Any], folder: Path) -> str:
    """The command that makes its numbers anew and compares them; nothing without runs."""
    if document["document"] in WITHOUT_RUNS:
        return ""
    place = folder.name if folder.is_absolute() else folder.as_posix()
    return f"python -m repro rerun {place}/{document['document']}.json"


def settings(spec: RunSpec) -> Iterator[tuple[str, str]]:
    """What a configuration fixes, as (name, value)."""
    yield "data set", spec.dataset + (f", {spec.samples} samples" if spec.samples else "")
    yield "method", spec.method
    yield "settings", written(spec.settings) or "none"
    yield "hidden layers", ", ".join(map(str, spec.hidden)) or "none"
    yield "activation", spec.activation
    batch = spec.minibatch
    yield ("epochs" if batch else "sweeps"), str(spec.sweeps)
    if batch:
        yield "network", f"{batch.network}, batches of {batch.size}"
    yield "numbers", spec.dtype
    if spec.claims:
        yield "audited for", ", ".join(spec.claims)


def facts(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Code, versions and machine of a document or of a run, as (name, value)."""
    own = provenance.get("environment", provenance)
    yield "commit", commit(own)
    if isinstance(found := own.get("versions"), Mapping):
        yield "versions", ", ".join(f"{name} {version}" for name, version in found.items())
    if isinstance(machine := own.get("hardware"), Mapping):
        yield "machine", f"{machine.get('processor')}, {machine.get('system')}"
        yield "cores", f"{machine.get('cores')}, {own.get('threads', '?')} thread(s) a run"
    if begun := sorted(str(run.get("started", "")) for run in provenance.get("runs", ())):
        yield "runs", f"{len(begun)}, from {begun[0]} to {begun[-1]}"
    if "wall_time" in provenance:
        yield "seconds", f"{provenance['wall_time']}, with what the cache had"


def commit(own: Mapping[str, Any]) -> str:
    """The commit, and whether files differed from it."""
    found = own.get("commit")
    if not found:
        return "not from a checkout"
    return f"{found}{' and changes that were not committed' if own.get('dirty') else ''}"


def hashes(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of the code that decides runs, and of every file of data."""
    own = provenance.get("environment", provenance)
    for name in ("code_version", "stochastic_code_version"):
        if name in own:
            yield name.replace("_", " "), str(own[name])
    for dataset, files in _mapping(provenance.get("data_hashes")):
        if isinstance(files, Mapping):
            yield from ((f"{dataset}, {file}", str(value)) for file, value in files.items())
        else:
            yield dataset, str(files)


def _mapping(value: Any) -> Sequence[tuple[str, Any]]:
    return [(str(k), v) for k, v in value.items()] if isinstance(value, Mapping) else []
