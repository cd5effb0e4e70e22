"""Which facts of a theorem notice that one entry of a run's columns, or one setting, is another.

For each fact of each theorem and each column that it reads: the answer where an entry in the middle
is four times as large, where the first is negated, and where the column is absent.
``python tests/controls/spoilt_facts.py`` writes the answers down in ``facts.json``: T, F, or U
where the fact is open, and what it says, but for the numbers in it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[i]) for i in (2, 1, 0)]

from made_up import begun
from theorem_mutants import SUBJECTS

from amverify.errors import InvalidInput
from amverify.theorems import CATALOGUE
from amverify.theorems.base import Context, Fact
from amverify.trace.columns import KEYS
from amverify.trace.trace import Trace

FILE = Path(__file__).with_name("facts.json")
NUMBER = re.compile(r"-?\d+\.\d+(e[-+]?\d+)?|-?\d+e[-+]?\d+|\binf\b|(?<== )-?\d+")


class Read(dict[str, Any]):
    """A table or settings that know what was read of them."""

    def __init__(self, own: Mapping[str, Any]) -> None:
        super().__init__(own)
        self.names: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        self.names[name] = None
        return super().__getitem__(name)


def read(fact: Fact, trace: Trace, constants: Mapping[str, float]) -> list[tuple[str, str]]:
    """The columns and settings that a fact reads, each with its table."""
    tables = {name: Read(trace.table(name)) for name in KEYS}
    settings = Read(trace.settings)
    watched = Trace({**trace.header, "settings": settings}, **tables)
    for table in (*tables.values(), settings):
        table.names.clear()
    answer(fact, watched, constants)
    of = {**tables, "settings": settings}
    return [(name, column) for name, table in of.items() for column in table.names]


def answer(fact: Fact, trace: Trace, constants: Mapping[str, float]) -> str:
    """T, F or U, and what the fact says."""
    try:
        found = fact.check(Context(trace, constants))
    except InvalidInput as refusal:
        return f"I {NUMBER.sub('x', str(refusal))}"
    letter = {True: "T", False: "F", None: "U"}[found.holds]
    return f"{letter} {NUMBER.sub('x', found.detail.partition(' recorded: ')[0])}"


def spoilt(trace: Trace, table: str, name: str) -> Iterator[tuple[str, Trace]]:
    """The run with one entry changed, in the ways that its kind admits."""
    if table == "settings":
        for how, value in others(trace.settings[name]):
            settings = {**trace.settings, name: value}
            yield how, replace(trace, header={**trace.header, "settings": settings})
        return
    column = trace.table(table)[name]
    for how, place, change in WAYS.get(column.dtype.kind, ()):
        new = column.copy()
        row = len(new) // 2 if place else 0
        new[row] = change(new[row])
        if not (name.endswith("_error") and new[row] < 0):
            yield how, replace(trace, **{table: {**trace.table(table), name: new}})


def without(trace: Trace, table: str, name: str) -> Trace:
    """The run without a column, or without a setting; keys stay."""
    if table == "settings":
        settings = {n: v for n, v in trace.settings.items() if n != name}
        return replace(trace, header={**trace.header, "settings": settings})
    if name in KEYS[table]:
        return trace
    return replace(trace, **{table: {n: c for n, c in trace.table(table).items() if n != name}})


WAYS: dict[str, tuple[tuple[str, int, Callable[[Any], Any]], ...]] = {
    "f": (("larger", 1, lambda x: 4 * abs(x) + 1), ("negated", 0, lambda x: -x - 1)),
    "i": (("next", 1, lambda x: x + 1),),
    "S": (("other", 1, lambda x: b"x"),),
}


def others(value: Any) -> Iterator[tuple[str, Any]]:
    """Other values of a setting."""
    if isinstance(value, bool):
        yield "not", not value
    elif isinstance(value, int):
        yield "next", value + 1
    elif isinstance(value, float):
        yield from (("larger", 4 * abs(value) + 1), ("zero", 0.0))
    elif isinstance(value, str):
        yield "other", "other"


def answers(subject: str) -> dict[str, dict[str, str]]:
    """Each fact that is asked of this subject's right run: the answers by what was changed."""
    right = SUBJECTS[subject]
    whole = right.trace()
    trace, own = replace(whole, **begun(whole, sweeps=3), iterates={}), right.constants
    found = {}
    for fact in ASKED[subject]:
        said = {"as it is": answer(fact, trace, own)}
        for table, column in read(fact, trace, own):
            said[f"{table}.{column} absent"] = answer(fact, without(trace, table, column), own)
            for how, other in spoilt(trace, table, column):
                said[f"{table}.{column} {how}"] = answer(fact, other, own)
        found[fact.name] = said
    return found


def _asked() -> dict[str, list[Fact]]:
    """The facts to ask of each subject: each of the first and of the last that claims it."""
    claimed: dict[Fact, list[str]] = {}
    for subject, right in SUBJECTS.items():
        for fact in dict.fromkeys(f for n in right.theorems for f in CATALOGUE[n].facts):
            claimed.setdefault(fact, []).append(subject)
    return {
        subject: list(
            {f.name: f for f, by in claimed.items() if subject in (by[0], by[-1])}.values()
        )
        for subject in SUBJECTS
    }


ASKED = _asked()


@np.errstate(all="ignore")
def record() -> None:
    """Writes the answers down."""
    lines = [
        f"{json.dumps(subject, ensure_ascii=False)}: "
        + json.dumps(answers(subject), ensure_ascii=False, indent=1)
        for subject in ASKED if ASKED[subject]
    ]  # fmt: skip
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    record()
