"""Constants that nobody asked for: a mistyped name may not go unseen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from amverify.errors import InvalidInput
from amverify.theorems import CATALOGUE, Theorem


def refuse_unknown(names: Iterable[str], claimed: Sequence[Theorem]) -> None:
    """Refuse a constant that none of these theorems has.

    Raises:
        InvalidInput: with the nearest name, or all that there are.
    """
    known = sorted({name for theorem in claimed for name in theorem.declarable})
    for name in names:
        if name not in known:
            ids = ", ".join(theorem.id for theorem in claimed)
            hint = _hint(name, known)
            raise InvalidInput(f"constant {name!r}: {ids} has no such constant to declare; {hint}")


def refuse_misspelt(
    run: Iterable[str], declared: Iterable[str], claimed: Sequence[Theorem]
) -> None:
    """Refuse a run's constant that no theorem has where one that is wanted has nearly its name.

    Args:
        run: names that the run declares.
        declared: names that were declared for the claims.
        claimed: the theorems that were asked for.

    Raises:
        InvalidInput: with the name that was meant.
    """
    names = set(run)
    wanted = {n for one in claimed for n in one.declarable} - names - set(declared)
    known = {n for one in CATALOGUE.values() for n in one.declarable} | wanted
    for name in sorted(names - known):
        plain = {_plain(other): other for other in sorted(wanted)}
        near = get_close_matches(_plain(name), plain, n=1, cutoff=0.85)
        if near:
            raise InvalidInput(
                f"constant {name!r}: the run declares it, and no theorem has it; did you mean "
                f"{plain[near[0]]!r}?"
            )


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


def unread(names: Iterable[str], claimed: Sequence[Theorem]) -> tuple[str, ...]:
    """A line for each constant that came with a run and that no theorem has, known or claimed."""
    known = sorted({n for one in (*CATALOGUE.values(), *claimed) for n in one.declarable})
    return tuple(
        f"the run declares the constant {name!r}, which no theorem has; {_hint(name, known)}"
        for name in names
        if name not in known
    )


def _hint(name: str, known: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.4)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    return f"it has {', '.join(known)}" if known else "there is none to declare"
