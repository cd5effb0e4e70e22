r"""From what a user gives to a question: everything that can be refused is refused here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from amverify.claims import claim as written
from amverify.claims import is_written
from amverify.errors import InvalidInput
from amverify.falsification.audited import Audited, weakened
from amverify.falsification.expected import EXPECTED
from amverify.falsification.loops import LOOPS
from amverify.falsification.methods import OURS, method
from amverify.falsification.parameters import parameters as read_parameters
from amverify.falsification.question import Question
from amverify.falsification.stepping import accepted, asked, takes_all
from amverify.families.catalogue import family as family_of
from amverify.families.family import Family
from amverify.theorems import theorem
from amverify.theorems.base import Theorem


@dataclass(frozen=True)
class Wording:
    """A claim as it is given: text, theorem or id, with hypotheses and constants."""

    claim: str | Theorem
    given: str | Iterable[str] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    without: str | Iterable[str] = ()

    @property
    def text(self) -> str:
        """The text of a claim, or a theorem's id.

        Raises:
            InvalidInput: if it is neither.
        """
        found = getattr(self.claim, "id", self.claim)
        if not isinstance(found, str):
            raise InvalidInput(f"claim: expected a text or a theorem, got {type(found).__name__}")
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the hypotheses that are left out."""
        return (self.without,) if isinstance(self.without, str) else tuple(self.without)


def question_of(
    said: Wording,
    given: Any,
    family: str | Family,
    parameters: Mapping[str, Any],
    steps: int,
    step_seconds: float,
    seed: int,
) -> Question | Audited:
    """The question.

    Raises:
        InvalidInput: for a claim, method, family or parameter that is none, or that do not fit.
    """
    if steps < 1:
        raise InvalidInput(f"steps: at least 1, got {steps}")
    found = family_of(family) if isinstance(family, str) else family
    if not isinstance(found, Family):
        raise InvalidInput("family: expected one of amverify.families, such as quadratics()")
    twice = [name for name in said.constants if name in parameters]
    if twice:
        raise InvalidInput(
            f"constant {twice[0]}: it is a parameter of the method too; declare it once"
        )
    if not is_written(said.text):
        return _of_theorem(said, given, found, parameters, steps)
    if said.left_out:
        raise InvalidInput("without: only a theorem has hypotheses to leave out; see given")
    name, step = method(given)
    read = read_parameters(parameters)
    if not takes_all(step):
        _known([one.name for one in read], name, accepted(step), asked(step))
    return Question(_claim(said), name, step, found, read, steps, step_seconds, seed)


def _known(names: Iterable[str], method: str, has: Iterable[str], needs: Iterable[str]) -> None:
    for name in names:
        if name not in has:
            told = ", ".join(needs) or "none"
            raise InvalidInput(f"parameter {name}: {method} has none of this name; it has {told}")


def _claim(said: Wording) -> Theorem:
    if isinstance(said.claim, str):
        return written(said.claim, given=said.given, **said.constants)
    if said.constants or said.given:
        raise InvalidInput("claim: what amv.claim made has its given and constants already")
    return said.claim


def _of_theorem(
    said: Wording, given: Any, family: Family, parameters: Mapping[str, Any], steps: int
) -> Audited:
    known = {EXPECTED.id: EXPECTED}
    claim = known.get(said.text) or (
        theorem(said.claim) if isinstance(said.claim, str) else said.claim
    )
    if said.given:
        raise InvalidInput(f"given: {claim.id} has its own hypotheses; see without")
    if given not in LOOPS:
        shown = given if isinstance(given, str) else getattr(given, "__name__", "a function")
        hint = "" if shown not in OURS else " (that one is for claims as text)"
        raise InvalidInput(
            f"method {shown!r}: theorems are looked at on {', '.join(LOOPS)}{hint}; a method of "
            "your own takes a claim as text: 'value[k] <= value[k-1]'"
        )
    loop, has = LOOPS[given]
    _known(parameters, given, has, has)
    unknown = [name for name in said.constants if name not in claim.declarable]
    if unknown:
        told = ", ".join(claim.declarable) or "none"
        raise InvalidInput(
            f"constant {unknown[0]}: {claim.id} has none of this name; it has {told}"
        )
    read, lean = read_parameters(parameters), weakened(claim, said.left_out)
    return Audited(lean, given, loop, family, read, said.constants, steps, claim, said.left_out)


def worded(question: Question | Audited) -> dict[str, Any]:
    """The claim of a question in JSON."""
    if isinstance(question, Audited):
        whole = question.claim if question.whole is None else question.whole
        return {
            "theorem": whole.id,
            "without": list(question.without),
            "constants": dict(question.constants or {}),
        }
    claim = question.claim
    return {
        "text": claim.id,
        "given": [one.text for one in question.given],
        "trust": [one.text for one in claim.hypotheses],
        "constants": {p.name: p.value for p in claim.parameters if p.value is not None},
    }
