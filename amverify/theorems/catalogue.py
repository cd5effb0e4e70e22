"""All theorems by id, in the order of the specification."""

from __future__ import annotations

from collections.abc import Iterable

from amverify import plugins
from amverify.errors import InvalidInput, expect
from amverify.theorems.base import Theorem
from amverify.theorems.classical import DESCENT, G1, G2, G3, G4, H1, H2
from amverify.theorems.complexity import TC0, TK
from amverify.theorems.convergence import TC
from amverify.theorems.criticality import C1
from amverify.theorems.expectation import S1, S2, S3, S6
from amverify.theorems.extrapolated import S8
from amverify.theorems.inexact import T5E
from amverify.theorems.inexact_rates import T6E
from amverify.theorems.joint import TJ
from amverify.theorems.levels import TB
from amverify.theorems.levels_penalty import TBp
from amverify.theorems.lyapunov import TPsi
from amverify.theorems.metric import TH, TM, TMG, TMQ
from amverify.theorems.minimisers import TCplus
from amverify.theorems.nesterov import G5
from amverify.theorems.nonconvex import T2n
from amverify.theorems.published import A1, D1, M1, M2, M3, M4
from amverify.theorems.rates import K2, T5, T6
from amverify.theorems.relative import T4
from amverify.theorems.residuals import TR
from amverify.theorems.residuals_penalty import TRp
from amverify.theorems.samt import S4, S5, S4m
from amverify.theorems.search import offered
from amverify.theorems.shared_batch import S7
from amverify.theorems.tiam import T1, T2, T3, T1p
from amverify.theorems.wide import T2z, T3z

CATALOGUE: dict[str, Theorem] = {
    theorem.id: theorem
    for theorem in (
        *(T1, T1p, T2, T2n, T2z, T3, T3z, T4, T5, T5E, T6, T6E, K2, C1),
        *(TM, TMG, TMQ, TH, TJ),
        *(TPsi, TB, TBp, TR, TRp, TC0, TK, TC, TCplus),
        *(M1, M2, M3, M4, D1, A1),
        *(S1, S2, S3, S4, S4m, S5, S6, S7, S8),
        *(DESCENT, H1, H2, G1, G2, G3, G4, G5),
    )
}


def known(name: str) -> Theorem | None:
    """The theorem of an id, ours or a plugin's; None if there is none.

    Raises:
        InvalidInput: for a plugin that is broken.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    found: Theorem | None = plugins.asked(plugins.THEOREMS, name, Theorem, "id")
    return found


def everything() -> dict[str, Theorem]:
    """All theorems by id, those of plugins last."""
    return CATALOGUE | dict(plugins.everything(plugins.THEOREMS, Theorem, "id", CATALOGUE))


def theorem(name: str) -> Theorem:
    """A theorem by its id: one of ours, or of a package with entry points (``plugins``).

    Raises:
        InvalidInput: if there is none, with those whose ids or words are nearest; for a plugin
            that is broken.
    """
    expect("theorem", name, str, "the ids are those of amverify theorems")
    found = known(name)
    if found is not None:
        return found
    if any(sign in name for sign in ("<", ">", "==")):
        raise InvalidInput(f"unknown theorem {name!r}; a claim as text is amv.claim({name!r})")
    near = ", ".join(f"{t.id} ({t.title})" for t in offered(name, CATALOGUE))
    hint = f"; nearest: {near}" if near else ""
    raise InvalidInput(f"unknown theorem {name!r}{hint} (all: {', '.join(CATALOGUE)})")


def theorems(names: str | Theorem | Iterable[str | Theorem]) -> tuple[Theorem, ...]:
    """Theorems, given by id or as they are; one of them stands for itself.

    Raises:
        InvalidInput: for an unknown id, none at all, or what is neither an id nor a theorem.
    """
    names = names if isinstance(names, Iterable) and not isinstance(names, str) else (names,)
    found = tuple(theorem(n) if isinstance(n, str) else n for n in names)
    for other in found:
        if not isinstance(other, Theorem):
            kind = type(other).__name__
            raise InvalidInput(f"claims: expected theorems or their ids, got {kind}")
    if not found:
        raise InvalidInput("no theorem named")
    return found
