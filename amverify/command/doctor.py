"""What ``amverify doctor`` looks at: everything here that an audit or a table may stumble over."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from amverify.console.screen import Screen
from amverify.console.version import version

if TYPE_CHECKING:
    from torch import Tensor

EXTRAS = {
    "numba": ("fast", "compiled loops; without it torch does the same, slower"),
    "hypothesis": ("testing", "families as strategies"),
    "pandas": ("notebook", "to_pandas()"),
    "pyarrow": ("parquet", "to_parquet()"),
    "matplotlib": ("figures", "figures, report.plot()"),
    "z3-solver": ("proofs", "a second opinion on certificates"),
    "cvxpy": ("proofs", "python -m proofs certify, search"),
    "clarabel": ("proofs", "python -m proofs certify, search"),
    "PEPit": ("pep", "our performance estimation compared with PEPit's"),
    "prodigyopt": ("rivals", "Prodigy in table 7"),
    "schedulefree": ("rivals", "Schedule-Free AdamW in table 7"),
    "distributed": ("cluster", "tables on a Dask cluster"),
    "mkdocs-material": ("docs", "make docs"),
}
"""Packages that something here can do without, by the extra that brings them, and what for."""
TOOLS = {
    "git": "the commit in tables and reports",
    "coqc": "python -m proofs check --coq",
    "pdflatex": "the test that tables compile",
    "chromedriver": "the test that pages show",
}
"""Programs that something here can do without."""
BOUND = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?>=([\d.]+)$")


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Args:
        about: python, package, extra, tool, folder, data or audit.
        name: of the thing.
        found: what is there.
        ok: whether that will do; None where it is missing and nothing needs it.
        advice: what to do, or what one goes without.
    """

    about: str
    name: str
    found: str
    ok: bool | None
    advice: str = ""


def examined(as_json: bool, quiet: bool) -> int:
    """Look at everything, say it; the exit status: 1 if something will not do."""
    checks = list(everything())
    fit = all(check.ok is not False for check in checks)
    if as_json:
        found = {"ok": fit, "checks": [asdict(check) for check in checks]}
        print(json.dumps(found, indent=1, ensure_ascii=False))
    elif not quiet:
        _show(checks, fit)
    return 0 if fit else 1


def everything() -> Iterator[Check]:
    """All checks in their order; what is dear comes last."""
    enough = sys.version_info >= (3, 11)
    yield Check(
        "python", platform.python_version(), sys.executable, enough, "" if enough else "3.11"
    )
    yield Check("amverify", "amverify", f"{version()}, {Path(__file__).parents[1]}", True)
    yield from _packages()
    yield from map(_extra, EXTRAS)
    for tool, use in TOOLS.items():
        where = shutil.which(tool)
        yield Check(
            "tool", tool, where or "not here", True if where else None, "" if where else use
        )
    yield from (_cache(), _data())
    try:
        yield from _torch()
    except (ImportError, OSError) as error:
        yield Check("torch", "build", _line(error), False, "install torch again")
        return
    if installed("numba"):
        yield _loops()
    yield from _audits()


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def _packages() -> Iterator[Check]:
    """What amverify needs, each against the least version that it names."""
    try:
        needed = [text.partition(";") for text in metadata.requires("amverify") or ()]
    except metadata.PackageNotFoundError:
        yield Check(
            "package", "amverify", "not installed: run from its sources", None, "pip install ."
        )
        return
    for text, _, marker in needed:
        bound = BOUND.match(text.replace(" ", ""))
        if bound and "extra" not in marker:
            yield _package(bound[1], bound[2])


def _package(name: str, least: str) -> Check:
    found = installed(name)
    if found is None:
        return Check("package", name, "not here", False, f"pip install '{name}>={least}'")
    enough = release(found) >= release(least)
    return Check("package", name, found, enough, "" if enough else f"pip install '{name}>={least}'")


def installed(name: str) -> str | None:
    """The version of a package, None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def release(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with, without zeros at the end: 2.13.0+cpu is (2, 13)."""
    found = re.match(r"[\d.]*", text)
    numbers = [int(part) for part in (found[0] if found else "").split(".") if part]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _extra(name: str) -> Check:
    extra, use = EXTRAS[name]
    found = installed(name)
    advice = "" if found else f"{use}: pip install 'amverify[{extra}]'"
    return Check("extra", name, found or "not here", True if found else None, advice)


def _cache() -> Check:
    """Whether the folder of downloaded data can be written, or made."""
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("amverify"))
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return Check("folder", "cache", str(folder), True)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        return Check("folder", "cache", f"{folder}: {reason}", None, "downloads are not kept")


def _data() -> Check:
    given, which = os.environ.get("AMVERIFY_DATA"), "which sets are here: python -m repro list"
    if not given:
        return Check("data", "AMVERIFY_DATA", "not set", None, which)
    if not Path(given).expanduser().is_dir():
        return Check("data", "AMVERIFY_DATA", f"{given}: no such folder", False, "correct the path")
    return Check("data", "AMVERIFY_DATA", given, True, which)


def _torch() -> Iterator[Check]:
    """Which build of torch, and on how many threads."""
    import torch

    build = "CPU only" if torch.version.cuda is None else f"CUDA {torch.version.cuda}"
    yield Check("torch", "build", f"{torch.__version__}, {build}", True)
    cores = os.cpu_count() or 1
    threads = f"{torch.get_num_threads()} of {cores} cores"
    yield Check("torch", "threads", threads, True, "OMP_NUM_THREADS sets them")


def _loops() -> Check:
    from amverify.compiled.available import compiled

    if compiled() is not None:
        return Check("extra", "compiled loops", "used", True)
    return Check("extra", "compiled loops", "not used", None, "numba finds no place to keep them")


def _audits() -> Iterator[Check]:
    """Two runs with verdicts that are known: gradient descent with a short step and a long one."""
    import torch

    from amverify.judge.audit import audit
    from amverify.record.recorder import Recorder

    for rate, expected in ((0.5, "HOLDS"), (2.5, "VIOLATED")):
        x = torch.ones(3, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([x], lr=rate)
        recorder = Recorder.attach(optimizer, partial(_half_square, x))
        for _ in range(5):
            x.grad = x.detach().clone()
            optimizer.step()
        found = str(audit(recorder.trace(), "descent").verdict)
        advice = "" if found == expected else f"expected {expected}: please report this"
        yield Check("audit", f"step {rate}", found, found == expected, advice)


def _half_square(x: Tensor) -> Tensor:
    return 0.5 * (x * x).sum()


MARKS = {True: ("yes", "green"), None: ("–", "dim"), False: ("NO", "bold red")}


def _show(checks: list[Check], fit: bool) -> None:
    console = Screen()
    for check in checks:
        mark, style = MARKS[check.ok]
        place = f"{check.about:<9} {check.name:<16} "
        said = f"{check.found}  {check.advice}".strip()
        console.print(Text.assemble((f"{mark:<4}", style), place, said), soft_wrap=True)
    missing = ", ".join(check.name for check in checks if check.ok is False)
    console.print("fit to work" if fit else Text(f"will not do: {missing}", "bold red"))
