"""Names that a user gives, checked against those that there are; what each table holds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from amverify.errors import AmverifyError, InvalidInput

CONTENTS = {
    "table1": "counts of the data sets beside the published ones",
    "table2": "test accuracy of TIAM and the compared methods; sweeps and seconds to a target "
    "accuracy",
    "table3": "what ρ does: mDLAM beside its published Table 4, and TIAM",
    "table4": "what ε⁰ does: mDLAM beside its published Table 5, and TIAM",
    "table5": "activations: TIAM, JointTIAM, mDLAM and Adam; the claim “particularly for ReLU”",
    "table6": "TIAM's and JointTIAM's inertia inside and outside the admissible region, audited",
    "table7": "SAMT beside SGD-type methods: accuracy, parameter updates, gradient "
    "evaluations, seconds",
    "table8": "SAMT's kinds of step size: learned ranges, and how the initial step size matters",
    "table9": "what a sweep costs beside the least that it must, and how that grows",
    "table10": "audit: every theorem on every method and data set, with evidence, constants and "
    "slack",
    "table11": "audit of published claims: mDLAM's, dlADMM's, and those of the released mDLAM "
    "script",
    "criticality": "residuals of runs to convergence: where the published scheme stops, and "
    "JointTIAM goes on",
    "mdlam_setting": "mDLAM: what its trial modulus and its inertia do to the published accuracies",
    "bcd": "BCD on MNIST beside the accuracies of its authors' notebook, a seed each",
    "table12": "claims of the TIAM and SAMT papers: a verdict each, from the tables made before",
}
"""The tables, in a line each: here, so that the command line's help need not import them."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` with the nearest known names, or all that there are."""
    names = list(known)
    close = [f"'{match}'" for match in difflib.get_close_matches(name, names, n=2)]
    return f"; did you mean {' or '.join(close)}?" if close else f"; known: {', '.join(names)}"


def check_names(kind: str, given: Iterable[str], known: Sequence[str], place: str = "") -> None:
    """Raise :class:`InvalidInput`, after ``place``, for the first of ``given`` not ``known``."""
    for name in given:
        if name not in known:
            raise InvalidInput(f"{place}unknown {kind} '{name}'{nearest(name, known)}")


def why(name: str, error: AmverifyError) -> str:
    """The reason that ``name`` cannot be had, without its name, which stands beside it."""
    return str(error).removeprefix(f"{name}: ")
