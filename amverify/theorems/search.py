r"""Theorems by what they are about, for who does not know their ids.

A word is looked for in ids, titles, statements, sources, hypotheses and the meanings of symbols;
it meets every word that begins like it (*rate* meets *rates*) and every word of at least four
letters with which it begins (*distance* meets *dist*). Case, accents and Łojasiewicz's Ł do not
matter. Theorems that have it in their id or title come first.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from amverify.theorems.base import Theorem

_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "–": " "})
_SHORTEST = 4
"""Letters of a word that another one may begin with."""


def about(words: Sequence[str], among: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """The theorems that have all ``words``, those whose id or title has them first."""
    asked = [word for text in words for word in _words(text)]
    found = [(score, t) for t in among if asked and (score := _score(asked, t))]
    return tuple(t for _, t in sorted(found, key=lambda pair: -pair[0]))


def offered(name: str, catalogue: Mapping[str, Theorem], most: int = 4) -> tuple[Theorem, ...]:
    """What may have been meant by an id that is none: like it, or about it."""
    folded = {key.casefold(): theorem for key, theorem in catalogue.items()}
    if name.casefold() in folded:
        return (folded[name.casefold()],)
    subject = about([name], catalogue.values()) or _misspelt(name, catalogue.values())
    near = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.3)
    return (subject or tuple(folded[key] for key in near))[:most]


def _misspelt(name: str, among: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """Those whose title has a word that is spelt nearly like it."""
    among = tuple(among)
    titles = sorted({word for theorem in among for word in _words(theorem.title)})
    near = difflib.get_close_matches(" ".join(_words(name)), titles, n=1, cutoff=0.7)
    return about(near, among) if near else ()


def _score(asked: Sequence[str], theorem: Theorem) -> int:
    """The sum over the words of where each is found; 0 where one is not."""
    parts = ((8, {theorem.id.casefold()}), (4, _words(theorem.title)), (1, _rest(theorem)))
    scores = [
        max((weight for weight, words in parts if any(_meets(a, w) for w in words)), default=0)
        for a in asked
    ]
    return sum(scores) if all(scores) else 0


def _rest(theorem: Theorem) -> set[str]:
    said = [theorem.statement, theorem.source, *theorem.symbols.values()]
    said += [p.meaning for p in theorem.parameters] + [f.text for f in theorem.facts]
    said += [h.text for h in theorem.hypotheses]
    return _words(" ".join(said))


def _meets(asked: str, word: str) -> bool:
    return word.startswith(asked) or (len(word) >= _SHORTEST and asked.startswith(word))


def _words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold()
    return set(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))
