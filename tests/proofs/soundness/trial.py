"""Trials of a rule: random uses, what comes out evaluated in random models."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from proofs.kernel import checker, squares
from proofs.kernel.checker import Proved
from proofs.kernel.polynomial import Refused, require
from tests.proofs.soundness.models import Irrational, draw
from tests.proofs.soundness.uses import RULES, Draw

MODELS = 5
"""Models in which each theorem is evaluated."""


@dataclass
class Tally:
    """What became of the uses of one rule.

    Args:
        tried: uses.
        accepted: uses that the rule did not refuse.
        decided: theorems that some model tests, because all hypotheses hold in it.
        models: how many such models there were.
        unsound: the first theorem that is false in a model, and which use that was.
    """

    rule: str
    tried: int = 0
    accepted: int = 0
    decided: int = 0
    models: int = 0
    unsound: str = ""

    def __str__(self) -> str:
        share = 100 * self.accepted / max(1, self.tried)
        return (
            f"{self.rule:12s} {self.tried:7d} uses, {share:5.1f} % accepted, {self.decided:7d} "
            f"tested in {self.models:7d} models: {self.unsound or 'none unsound'}"
        )


def trial(
    rule: str,
    count: int,
    seed: int = 0,
    kernel: ModuleType = checker,
    progress: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Random uses of a rule, up to the first theorem that is false."""
    tally = Tally(rule)
    for i in range(count):
        rng = Random(f"{rule} {seed} {i}")
        tally.tried += 1
        progress(tally)
        try:
            found = RULES[rule](Draw(rng, kernel))
        except Refused:
            continue
        tally.accepted += 1
        for proved in found:
            if not _holds(rng, proved, tally):
                given = "; ".join(sorted(map(str, proved.hypotheses)))
                tally.unsound = f"use {i}: {given} ⊢ {proved.conclusion}"
                return tally
    return tally


def _holds(rng: Random, proved: Proved, tally: Tally) -> bool:
    seen = 0
    for _ in range(MODELS):
        model = draw(rng, proved.hypotheses)
        try:
            if model is None or not all(model.true(h) for h in proved.hypotheses):
                continue
            seen += 1
            if not model.true(proved.conclusion):
                return False
        except Irrational:
            continue
    tally.decided += seen > 0
    tally.models += seen
    return True


def sides() -> dict[str, str]:
    """Every side condition in the kernel's code, and the rule whose trial is to notice its loss."""
    text = "".join(Path(str(m.__file__)).read_text(encoding="utf-8") for m in (checker, squares))
    names = sorted(set(re.findall(r'"([A-Za-z]+ \d)"', text)))
    homes = {"Relation": "absolute", "multiplier": "certificate"}
    return {name: homes.get(name.split()[0], name.split()[0]) for name in names}


@contextmanager
def without(side: str) -> Iterator[None]:
    """The kernel with one side condition switched off."""

    def lenient(own: str, holds: object, why: str, *about: object) -> None:
        if own != side:
            require(own, holds, why, *about)

    with pytest.MonkeyPatch.context() as patch:
        for module in (checker, squares):
            patch.setattr(module, "require", lenient)
        yield


def edited(old: str, new: str) -> ModuleType:
    """A copy of checker.py's rules, with one piece of its text replaced; the classes are shared."""
    path = Path(str(checker.__file__))
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{old!r} stands {text.count(old)} times in {path.name}")
    copy = ModuleType("edited_checker")
    sys.modules["edited_checker"] = copy
    try:
        exec(compile(text.replace(old, new), "edited_checker", "exec"), copy.__dict__)
    finally:
        del sys.modules["edited_checker"]
    for shared in ("Relation", "Proved", "_KEY"):
        setattr(copy, shared, getattr(checker, shared))
    return copy
