"""A claim as text → a theorem object that ``audit`` judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from amverify.claims.expected import LAW
from amverify.claims.formula import (
    Atom,
    Atoms,
    Change,
    Comparison,
    comparisons,
    constants,
    divisors,
)
from amverify.claims.grammar import parsed
from amverify.claims.notation import UNICODE, mathematics, typeset, written
from amverify.claims.quantities import NUMBERS
from amverify.claims.remarks import beside
from amverify.claims.tree import (
    At,
    Constant,
    Index,
    Node,
    Range,
    Statement,
    expectations,
    quantities,
    slices,
)
from amverify.claims.view import LEAST, Claimed
from amverify.claims.whole import WHOLE
from amverify.errors import InvalidInput, brief
from amverify.numbers.given import plain
from amverify.theorems.base import Conclusion, Hypothesis, Inequality, Parameter, Theorem
from amverify.theorems.parameters import INFIMUM

_NONE = sp.Integer(0)
_ULPS = sp.Rational(1, 2**50)
_COMPARED = ("<", ">", "==")


def is_written(text: str) -> bool:
    """Whether a text is a claim; else it is a theorem's id."""
    return any(sign in text for sign in _COMPARED)


def within(value: Any, error: Any) -> dict[str, Any]:
    """A constant that is known up to an error: f* within 1e-12 of 0.1.

    Raises:
        InvalidInput: if the error is negative, or one of them is no number.
    """
    found: dict[str, Any] = plain("within", {"value": value, "error": error})
    if not found["error"] >= 0:
        raise InvalidInput(f"within: the error is to be 0 or more, got {error!r}")
    return found


def claim(
    text: str,
    *,
    given: str | Iterable[str] = (),
    trust: str | Iterable[str] = (),
    title: str = "a claim",
    **declared: Any,
) -> Theorem:
    """A claim on a run, written as text: ``amv.audit(trace, amv.claim("value[k] <= value[k-1]"))``.

        amv.claim("psi[k] <= psi[k-1] - a*step2[k]", a=0.5)
        amv.claim("value[k] - fstar <= 2*L*D**2/(k+1)**2", D=1.8, given="eta[k]*L <= 1",
                  trust="f is convex")
        amv.claim("E[value[k]] <= value[k-1] - c*grad2[k-1] + s", c=0.05, s=0.1)
        amv.claim("exists k <= 25: step2[k] == 0")

    Args:
        text: see ``amverify.claims.grammar``; the quantities are those of the trace, those that
            ``Recorder.track`` recorded included.
        given: hypotheses that are monitored: comparisons like the claim's own. Where one fails the
            verdict is NOT_APPLICABLE.
        trust: hypotheses that no run can check: printed beside every verdict.
        title: a few words for the report; its id is its text.
        declared: constants by name: numbers, or ``within(value, error)``. Those that are not
            declared here come with the run (``recorder.trace(constants=…)``) or with ``audit``.

    Raises:
        InvalidInput: for what is no claim, with the column; for a constant that it has not.
    """
    if "batches" in declared:
        raise InvalidInput(
            "claim: batches are drawn while the run goes on, so its recorder takes them: "
            "recorder.replayed(step, batches=…, at=…)"
        )
    said = parsed(text)
    conditions = tuple(_given(one, said) for one in _several("given", given))
    each = _each(said, conditions, declared)
    plain_ = {name: value for name, value in declared.items() if name not in each}
    parameters = _parameters(said, conditions, plain_)
    if said.over.exists and conditions:
        raise InvalidInput("claim: a claim that begins with 'exists' takes no given")
    parts = comparisons(said)
    _says_something(said, parts)
    hypotheses = tuple(_trusted(one) for one in _several("trust", trust))
    sides = [side for one in (said, *conditions) for side in (one.lhs, one.rhs)]
    replays = any(expectations(side) for side in sides)
    if replays and "alpha" in parameters:
        raise InvalidInput(
            "claim: alpha is the probability with which E[…] may be missed; call the constant "
            "otherwise"
        )
    return Theorem(
        id=said.text,
        title=title,
        statement=_statement(said, conditions, hypotheses),
        latex=typeset(said, conditions),
        source="a claim, not a theorem",
        symbols=_symbols(parts, conditions, parameters),
        conclusions=tuple(_conclusion(said, one, conditions, parameters, each) for one in parts),
        facts=(WHOLE,) if replays else (),
        hypotheses=(*hypotheses, LAW) if replays else hypotheses,
        parameters=tuple(parameters.values()),
        options=("alpha",) if replays else (),
        remarks=beside(replays, parameters.get(INFIMUM.name)),
    )


def _given(text: str, of: Statement) -> Statement:
    """A monitored hypothesis, for the k, or the updates of blocks, that its claim is about."""
    found = parsed(text)if not of.over.blocks or text.lstrip().startswith(("for", "exists")) else (
        parsed(f"for each block: {text}"))  # fmt: skip
    if found.over != (of.over if of.over.blocks else Range()):
        raise InvalidInput(f"claim, given: no quantifier may stand in {found.text!r}")
    return found


def _each(
    said: Statement, conditions: tuple[Statement, ...], declared: Mapping[str, Any]
) -> dict[str, Any]:
    """The declared constants that are one for each block: a[j]."""
    if not said.over.blocks:
        return {}
    sides = [side for one in (said, *conditions) for side in (one.lhs, one.rhs)]
    names = {one.name for side in sides for one in quantities(side)}
    alone = {name for side in sides for name in constants(side)}
    for name, value in declared.items():
        several = isinstance(value, list | tuple) or (
            isinstance(value, Mapping) and "value" not in value
        )
        if several and name in alone:
            raise InvalidInput(f"claim: {name} is one for each block: write {name}[j]")
    return {name: value for name, value in declared.items() if name in names}


def _says_something(said: Statement, parts: tuple[Comparison, ...]) -> None:
    """Refuse what no run can contradict: 1 ≤ 2, value[k] ≤ value[k]."""
    for part in parts:
        left = sp.expand(part.lhs - part.rhs).free_symbols
        atoms = [atom for name, atom in part.atoms.items() if sp.Symbol(name, real=True) in left]
        if not any(isinstance(a, Change) or _measured(a) for a in atoms):
            raise InvalidInput(
                f"claim: {said.text!r} says nothing of a run: no quantity such as value[k] is "
                "left when both sides are subtracted"
            )


def _measured(node: Node) -> bool:
    return any(True for found in (quantities, slices, expectations) for _ in found(node))


def _several(name: str, given: str | Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    if not all(isinstance(one, str) for one in found):
        raise InvalidInput(f"claim, {name}: expected a text, or several, got {brief(given)}")
    return found


def _trusted(text: str) -> Hypothesis:
    text = " ".join(text.split())
    if not text:
        raise InvalidInput("claim, trust: say what is trusted: trust='f is convex'")
    return Hypothesis(text, text)


def _parameters(
    said: Statement, conditions: tuple[Statement, ...], declared: Mapping[str, Any]
) -> dict[str, Parameter]:
    sides = [side for one in (said, *conditions) for side in (one.lhs, one.rhs)]
    names = list(dict.fromkeys(name for side in sides for name in constants(side)))
    unknown = [name for name in declared if name not in names]
    if unknown:
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise InvalidInput(f"claim: no constant {unknown[0]} in {said.text!r}; {has}")
    for side in sides:
        for read in _readings(side):
            if read in names:
                raise InvalidInput(
                    f"claim: the constant {read} reads like a quantity of {said.text!r} at an "
                    "index; call it otherwise"
                )
    return {
        name: Parameter(name, f"the claim's {name}", "any", plain(name, declared[name]))
        if name in declared
        else Parameter(name, f"the claim's {name}", "any")
        for name in names
    }


def _readings(side: Node) -> set[str]:
    """How the quantities of a side are printed at k and at small indices."""
    used = {one.name for one in quantities(side)} | {one.name for one in slices(side)}
    places = [Index(True, 0), *(Index(False, i) for i in range(10))]
    return {written(At(name, place), UNICODE) for name in used for place in places}


def _conclusion(
    said: Statement,
    part: Comparison,
    conditions: tuple[Statement, ...],
    parameters: Mapping[str, Parameter],
    each: Mapping[str, Any],
) -> Conclusion:
    atoms: Atoms = {}
    met = tuple(_condition(one, atoms) for one in conditions)
    divided = tuple(
        found for one in (said, *conditions) for side in (one.lhs, one.rhs)
        for found in divisors(side)
    )  # fmt: skip
    claimed = Claimed(said.text, part, said.over, atoms, divided, parameters, each)
    if said.over.exists:
        return Conclusion(Inequality("claim", LEAST, _NONE, strict=part.strict), claimed.some)
    return Conclusion(
        Inequality("claim", part.lhs, part.rhs, strict=part.strict), claimed.every, met
    )


def _condition(said: Statement, atoms: Atoms) -> Inequality:
    """A monitored hypothesis; one of numbers alone may fail by a few of their last places.

    With η = 1/L in floating point ηL ≤ 1 may fail so, and nobody means that. A constant that is
    known up to an error leaves it open where its error does.
    """
    found = comparisons(said)
    if len(found) > 1:
        raise InvalidInput(f"claim, given: write {said.text!r} as two inequalities")
    atoms |= found[0].atoms
    lhs, rhs = found[0].lhs, found[0].rhs
    if not found[0].strict and all(_number(atom) for atom in found[0].atoms.values()):
        rhs = rhs + _ULPS * (sp.Abs(lhs) + sp.Abs(rhs))
    text = mathematics(said).split(", for")[0]
    return Inequality(said.text, lhs, rhs, text, found[0].strict)


def _number(atom: Atom) -> bool:
    """What a method used, or k: no measured quantity."""
    return isinstance(atom, Constant) or (isinstance(atom, At) and atom.name in NUMBERS)


def _symbols(
    parts: tuple[Comparison, ...],
    conditions: tuple[Statement, ...],
    parameters: Mapping[str, Parameter],
) -> dict[str, str]:
    atoms: Atoms = {}
    for one in conditions:
        _condition(one, atoms)
    for part in parts:
        atoms |= part.atoms
    atoms[LEAST.name] = Constant("k")
    return {name: name for name in atoms} | {p.name: p.meaning for p in parameters.values()}


def _statement(
    said: Statement, conditions: tuple[Statement, ...], trusted: tuple[Hypothesis, ...]
) -> str:
    found = f"{mathematics(said)}."
    if conditions:
        found += f" Given {', '.join(mathematics(c).split(', for')[0] for c in conditions)}."
    if trusted:
        found += f" Trusting that {'; '.join(h.text for h in trusted)}."
    return found
