"""Every theorem: statement, what it takes, its proof line by line, and what audits said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from amverify.report.words import MARKS
from amverify.shown import mathml
from amverify.theorems import CATALOGUE, Theorem
from amverify.theorems.standing import standing
from proofs.kernel.polynomial import Refused
from proofs.script.ledger import Line
from proofs.theorems.catalogue import ORDER, Outcome, prove
from proofs.theorems.show import reason
from proofs.theorems.typeset import plain, typeset
from repro.site.tables import Place
from repro.tables.parts.verdicts import SYMBOL


@dataclass(frozen=True)
class Step:
    """A line of a proof."""

    how: str
    name: str
    claim: Markup
    uses: str


@dataclass(frozen=True)
class Proof:
    """A proof for print: ``rests`` in words, its leaves, the facts, its lines by part."""

    rests: str
    leaves: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, tuple[Step, ...]], ...]
    steps: int
    certificates: int


@dataclass(frozen=True)
class TheoremPage:
    """A theorem as its page has it; ``open`` says why there is no proof."""

    theorem: Theorem
    page: str
    formula: Markup
    standing: tuple[str, ...]
    proof: Proof | None
    open: str
    verdicts: tuple[tuple[Place, str, str, str], ...]
    tally: tuple[tuple[str, str, str, int], ...]


def pages(judged: Mapping[str, Sequence[tuple[Place, str]]]) -> list[TheoremPage]:
    """A page a theorem; ``judged`` has by id the places of verdicts on it and their texts."""
    return [_page(theorem, judged.get(name.upper(), ())) for name, theorem in CATALOGUE.items()]


def addresses() -> dict[str, str]:
    """By theorem, its page."""
    return {name: address(name) for name in CATALOGUE}


def address(name: str) -> str:
    """The page of the theorem of that id."""
    return f"theorems/{name}.html"


def _page(theorem: Theorem, judged: Sequence[tuple[Place, str]]) -> TheoremPage:
    proof, why = _proof(theorem.id)
    verdicts = tuple((place, text, *_word(text)) for place, text in judged)
    counts = Counter(word for *_, word in verdicts)
    tally = tuple(
        (word.replace("_", " "), word, MARKS[v], counts[word])
        for v in SYMBOL
        if (word := v.value) in counts
    )
    return TheoremPage(
        theorem,
        address(theorem.id),
        Markup(mathml(theorem.latex) or ""),
        tuple(map(str, standing(theorem))),
        proof,
        why,
        verdicts,
        tally,
    )


def _word(text: str) -> tuple[str, str]:
    """The sign and the class of a verdict's text."""
    word = text.partition(" (")[0]
    verdict = next((v for v, said in SYMBOL.items() if said == word), None)
    return (MARKS[verdict], verdict.value) if verdict else ("", "")


@cache
def _proof(name: str) -> tuple[Proof | None, str]:
    if name not in ORDER:
        return None, "No proof of it is here; a verdict on it rests on the run alone."
    try:
        return _told(prove(name)), ""
    except Refused as error:
        return None, f"Open: {error}"


def _told(made: Outcome) -> Proof:
    leaves = dict.fromkeys((leaf.reason, reason(leaf)) for leaf in made.leaves)
    return Proof(
        ", ".join(f"{n} {what}" for what, n in made.rests.items() if n) or "nothing granted",
        tuple(leaves),
        tuple((fact.text, fact.source) for fact in made.facts),
        tuple((name, tuple(map(_step, lines))) for name, lines in made.parts.items()),
        made.steps,
        made.certificates,
    )


def _step(line: Line) -> Step:
    claim = Markup("")
    if line.claim:
        claim = Markup(mathml(typeset(line.claim), "inline") or Markup.escape(plain(line.claim)))
    return Step(line.how, plain(line.name), claim, plain(", ".join(line.uses)))
