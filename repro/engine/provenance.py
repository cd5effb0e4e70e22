"""Where a number comes from: code, versions, machine.

Two notions of "the code". The *commit* (and whether the working tree differed from it) is
for a reader who wants to look the code up. The *code version* is the hash of the sources
that decide what a run computes, and of nothing else; cached runs are found by it, so that
an edited README makes nobody compute again and an edited step size does.
"""

from __future__ import annotations

import hashlib
import os
import platform
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import torch

from amverify.console.version import commit_of

# What a run computes is decided in these packages; the data enter the key by their content.
DECIDING = (
    "amverify.compiled",
    "amverify.methods",
    "amverify.network",
    "repro.full_batch",
    "repro.run",
    "repro.spec",
)
# For a run with mini-batches it is decided here instead, for SAMT's also by the last.
STOCHASTIC = ("repro.minibatch", "repro.run", "repro.spec")
SAMT = ("amverify.compiled", "amverify.samt")
# The verdicts of a run with claims are by these besides.
JUDGING = (
    "amverify.judge",
    "amverify.numbers",
    "amverify.plugins",
    "amverify.record",
    "amverify.report",
    "amverify.theorems",
    "amverify.trace",
    "amverify.verdict",
)
DATA = (".json",)
"""Files beside the sources that decide as well: what is proved. Tuned settings are none of them:
a run has its own in its specification."""
VERSIONS_OF = (
    "amverify",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "numba",
    "prodigyopt",
    "schedulefree",
)


@lru_cache
def code_version(modules: tuple[str, ...] | None = None) -> str:
    """SHA-256 over the names and contents of the source files of ``modules`` (``DECIDING``)."""
    digest = hashlib.sha256()
    for module in DECIDING if modules is None else modules:
        for name, path in source_files(module):
            content = path.read_bytes()
            digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def source_files(module: str) -> list[tuple[str, Path]]:
    """(name inside the module, path) of every file of ``module`` that decides, sorted by name."""
    spec = find_spec(module)
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        return [(module, Path(str(spec.origin)))]
    return sorted(
        (f"{module}/{path.relative_to(root).as_posix()}", path)
        for root in map(Path, spec.submodule_search_locations)
        for path in root.rglob("*")
        if path.suffix in (".py", *DATA)
    )


@lru_cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the numbers depend on."""
    found = {"python": platform.python_version()}
    for package in VERSIONS_OF:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache
def hardware() -> dict[str, object]:
    """Processor, cores that may be used, memory in bytes (None where it is not told)."""
    return {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": cores(),
        "memory": memory(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def processor() -> str:
    """The processor's marketing name where Linux tells it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def memory() -> int | None:
    """Physical memory in bytes, None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


@lru_cache
def commit() -> dict[str, object]:
    """The commit of this file's repository, and whether files differ from it."""
    return commit_of(Path(__file__))


def environment() -> dict[str, object]:
    """All of the above for this process, ready for JSON."""
    return {
        "versions": versions(),
        "hardware": hardware(),
        **commit(),
        "code_version": code_version(),
        "stochastic_code_version": code_version(STOCHASTIC + SAMT),
        "threads": torch.get_num_threads(),
    }
