"""What ``amverify theorems`` prints: all theorems, those about some words, or one in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from amverify.command.auditing import Request, constants_of, gathered
from amverify.command.usable import COMPUTED, Usable, usable
from amverify.console.screen import Screen
from amverify.errors import InvalidInput
from amverify.judge.constants import refuse_unknown
from amverify.shown.plain import clean
from amverify.theorems import CATALOGUE, Theorem
from amverify.theorems.catalogue import everything
from amverify.theorems.search import about, offered


def list_theorems(words: Sequence[str], quiet: bool = False, constants: Sequence[str] = ()) -> None:
    """Print what ``words`` ask for: ids in full, else the theorems that have all the words.

    Raises:
        InvalidInput: if no theorem has them, with what may have been meant; for constants, which
            belong to a run.
    """
    if constants:
        raise InvalidInput(f"--constant {constants[0]}: name the run with --for")
    there = CATALOGUE if words and all(word in CATALOGUE for word in words) else everything()
    named = [there[word] for word in words if word in there]
    whole = bool(words) and len(named) == len(words)
    found = tuple(named) if whole else about(words, there.values())
    if not words:
        found = tuple(there.values())
    if not found:
        raise InvalidInput(f"no theorem has {' '.join(words)!r} in its words{_hint(words)}")
    if quiet:
        print("\n".join(theorem.id for theorem in found))
    elif whole:
        for theorem in found:
            _show(theorem, Screen())
    else:
        _table(found, Screen())
        if words:
            print("\nOne in full: amverify theorems", found[0].id)


def list_usable(
    subject: str,
    words: Sequence[str],
    constants: Sequence[str],
    time_limit: float,
    quiet: bool = False,
) -> None:
    """Print which theorems a run can be judged by, and what to pass for the others.

    Args:
        subject: a trace file, or module:function.
        words: ids that are asked for; all theorems without any.
        constants: that would be declared, as NAME=NUMBER.
        time_limit: of a function, in seconds.
        quiet: only the ids of those that can be used as it is.

    Raises:
        InvalidInput: for no such run, an unknown id, or a constant that is none.
    """
    for word in words:
        if word not in CATALOGUE:
            raise InvalidInput(f"no theorem is called {word!r}{_hint([word])}")
    given = constants_of(constants)
    refuse_unknown(given, list(CATALOGUE.values()))
    request = Request(subject, (), (), time_limit, 1_000_000)
    trace, _ = gathered(request, lambda iteration, total: None)
    found = usable(trace, given)
    if quiet:
        print("\n".join(name for name in found.usable if not words or name in words))
    elif words:
        for word in words:
            print(clean(str(found[word])))
    else:
        _usable(found, Screen())


def _usable(found: Usable, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    for title in ("On this run", "Theorem", ""):
        table.add_column(title, overflow="fold", no_wrap=title == "On this run")
    for row in found.rows():
        table.add_row(*map(Text, row))
    console.print(Text(found.subject, style="bold"))
    console.print(table)
    for said in (*found.claims(), COMPUTED):
        console.print(Text(said), soft_wrap=True)


def _hint(words: Sequence[str]) -> str:
    near = {t.id: t.title for word in words for t in offered(word, CATALOGUE)}
    told = ", ".join(f"{name} ({title})" for name, title in near.items())
    return f"; nearest: {told}" if told else "; all of them: amverify theorems"


def _table(found: Iterable[Theorem], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Id", "Title", "Constants to declare"):
        table.add_column(title, overflow="fold")
    for theorem in found:
        declared = ", ".join(p.name for p in theorem.parameters)
        table.add_row(theorem.id, Text(theorem.title), Text(declared))
    console.print(table)


def _show(shown: Theorem, console: Console) -> None:
    """Everything that a theorem's object says."""

    def line(label: str, text: str) -> None:
        console.print(Text.assemble((f"{label:<12}", "bold"), text), soft_wrap=True)

    line(shown.id, shown.title)
    line("statement", shown.statement)
    line("source", shown.source)
    for part in shown.conclusions:
        line("conclusion", f"{part.inequality.name}: {part.inequality}")
        for condition in part.conditions:
            line("  if", f"{condition.text or condition.name}: {condition}")
    for fact in shown.facts:
        line("  if", fact.text)
    for said in shown.hypotheses:
        line("  if", said.text + ("" if said.monitored else " (not monitored)"))
    for name, formula in shown.constants.items():
        line("constant", f"{name} = {formula}")
    for parameter in shown.parameters:
        line("to declare", f"{parameter.name}: {parameter.meaning} ({parameter.sign})")
    for name, meaning in shown.symbols.items():
        line("where", f"{name}: {meaning}")
    line("LaTeX", shown.latex)
