"""Which settings each method runs with on each data set, and where they come from.

Three sources, in this order:

1. *Published*: the hyperparameters of mDLAM's Table 3, read from ``published/mdlam.toml``.
2. *Completed*: what that table leaves open. mDLAM's ridge μ = 0.05 and trial modulus 1 are
   those of its authors' released code.
3. *Tuned*: everything else, in ``tuned.toml``, which ``python -m repro tune`` writes. Each
   compared method has five values per data set; TIAM has fifteen for one configuration that
   serves all three data sets, five per data set. The criterion is the training accuracy,
   averaged over the sweeps, over seeds that no table uses. No test set is read.

By another rule besides, one for all methods: cross-validation within the training sets, five
candidates on each data set (``crossed.toml``, written by ``python -m repro tune --crossed``).
``METHOD_crossed`` is what it chooses on the data set at hand, ``joint_tiam`` what it chooses for
the three together. A method is a row of its own where that file has a section for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from amverify.errors import InvalidInput
from repro.published import load
from repro.spec import Setting

SUFFIX = "_crossed"
ANY_DATASET = "all"
TUNED, CROSSED = "tuned.toml", "crossed.toml"
_LABELS = {
    "gd": "GD",
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "dladmm": "dlADMM",
    "mdlam": "mDLAM",
    "mdlam_exact": "mDLAM, exact moduli",
    "tiam": "TIAM",
    "joint_tiam": "JointTIAM, one for all",
}
MDLAM_MU = 0.05
MDLAM_COMPLETED = {"mu": MDLAM_MU, "trial": 1.0}
MDLAM_EPSILON = 100.0


@lru_cache
def tuned_settings(name: str = TUNED) -> dict[str, dict[str, dict[str, Setting]]]:
    """method → data set (or ``all``) → settings, as ``tuned.toml`` or ``crossed.toml`` has them."""
    file = resources.files("repro.full_batch").joinpath(name)
    if not file.is_file():
        return {}
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: section for name, section in document.items() if isinstance(section, dict)}


def _labels() -> dict[str, str]:
    """Every method of table 2, each followed by its cross-validated self where there is one."""
    crossed, found = tuned_settings(CROSSED), dict[str, str]()
    for method, label in _LABELS.items():
        found[method] = label
        if method in crossed:
            found[method + SUFFIX] = f"{label.partition(',')[0]}, cross-validated"
    return found


LABELS = _labels()
METHODS = tuple(LABELS)


@dataclass(frozen=True)
class Configuration:
    """A method's settings on a data set, and where they come from.

    ``method`` is the name that a ``RunSpec`` takes; ``settings`` are sorted by name.
    """

    method: str
    settings: tuple[tuple[str, Setting], ...]
    dtype: str
    source: str


def configuration(method: str, dataset: str) -> Configuration:
    """The configuration of ``method`` (one of ``METHODS``) on ``dataset``.

    Raises:
        InvalidInput: for an unknown method, or a data set that it was not tuned for.
    """
    if method not in METHODS:
        raise InvalidInput(f"unknown method {method!r}: one of {', '.join(METHODS)}")
    if method == "mdlam_exact":
        base = configuration("mdlam", dataset)
        settings = {k: v for k, v in base.settings if k != "trial"} | {"steps": "exact"}
        return _made("mdlam", settings, f"{base.source}; exact moduli instead of a trial of 1")
    if method.endswith(SUFFIX):
        return _crossed(method.removesuffix(SUFFIX), dataset)
    if method == "joint_tiam":
        return _crossed(method, ANY_DATASET)
    published = _published(method, dataset)
    tuned = _tuned(method, dataset)
    if published is not None:
        source, settings = published
        if method == "mdlam":
            settings = {**MDLAM_COMPLETED, **settings}
            source += "; μ and trial modulus of the released code"
        if tuned is not None:
            settings = {**settings, **tuned}
            source += "; " + ", ".join(tuned) + ": tuned"
        return _made(method, settings, source)
    if tuned is not None:
        return _made(method, tuned, "tuned (python -m repro tune)")
    raise InvalidInput(
        f"{method}: no published and no tuned settings on {dataset}: "
        "add the data set to repro/full_batch/tuning.py and run 'python -m repro tune'"
    )


def _crossed(method: str, section: str) -> Configuration:
    """What cross-validation chose on a data set; where it had none, and for all, on the three."""
    sections = tuned_settings(CROSSED)[method]
    section = section if section in sections else ANY_DATASET
    where = " for all data sets" if section == ANY_DATASET else ""
    source = f"cross-validated{where} (python -m repro tune --crossed)"
    return _made(method, sections[section], source)


def _made(method: str, settings: Mapping[str, Setting], source: str) -> Configuration:
    return Configuration(method, tuple(sorted(settings.items())), "float32", source)


def _published(method: str, dataset: str) -> tuple[str, dict[str, Setting]] | None:
    for entry in load().hyperparameters:
        if (entry.method, entry.dataset) == (method, dataset):
            return str(entry.source), dict(entry.settings)
    return None


def _tuned(method: str, dataset: str) -> dict[str, Setting] | None:
    sections = tuned_settings()
    own = sections.get(method, {})
    return own.get(dataset) or own.get(ANY_DATASET)
