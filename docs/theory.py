"""Pages on the theorems, made from the theorem objects and their checked proofs.

    python docs/theory.py theory        # the pages as Markdown, into the folder theory/

The site makes them anew at every build (``docs/hooks.py``). Nothing is written by hand: statement,
formulas, hypotheses and sources are the objects' own; steps, certificates and facts are counted by
the exact checker while the page is made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from amverify.files import write
from amverify.shown.mathml import mathml
from amverify.theorems import CATALOGUE, Theorem
from amverify.theorems.base import Conclusion, Hypothesis
from amverify.theorems.standing import standing
from proofs.pep import __main__ as pep
from proofs.pep.table import load
from proofs.theorems import catalogue as proved

GROUPS = {
    "inertia": ("Inertia in a block", "T1 T1p T2 T2n T2z T3 T3z T4 C1"),
    "rates": ("From descent to rates", "T5 T5e T6 K2"),
    "metric": ("Joint blocks in a metric", "TM TMG TMQ TH TJ"),
    "convergence": ("Convergence of JointTIAM and of TIAM", "TPsi TB TBp TR TRp TC0 TK TC TCplus"),
    "published": ("Claims of the papers", "M1 M2 M3 M4 D1 A1"),
    "samt": ("Stochastic alternating minimisation", "S1 S2 S3 S4 S4m S5 S6 S7 S8"),
    "classical": ("Classical claims", "descent H1 H2 G1 G2 G3 G4 G5"),
}
REST = ("others", "Other theorems")
SLACK = {"T2": lambda: pep.summary(load())}
"""Where performance estimation says how far a bound is from the worst case."""


def pages() -> dict[str, str]:
    """Each page's Markdown by its name; a theorem of no group stands on the last one."""
    found, placed = {}, set()
    for name, (title, ids) in GROUPS.items():
        placed |= set(ids.split())
        found[name] = _page(title, [CATALOGUE[i] for i in ids.split()])
    left = [theorem for theorem in CATALOGUE.values() if theorem.id not in placed]
    return found | ({REST[0]: _page(REST[1], left)} if left else {})


def _page(title: str, theorems: list[Theorem]) -> str:
    lines = [f"# {title}", "", "Made from the theorem objects; `amverify theorems ID` prints one."]
    for theorem in theorems:
        lines += ["", *section(theorem)]
    return "\n".join(lines) + "\n"


def section(theorem: Theorem) -> Iterator[str]:
    """One theorem as Markdown, line by line."""
    yield from (f"## {theorem.id}: {literal(theorem.title)}", "", literal(theorem.statement), "")
    yield from (f'<div class="formula">{mathml(theorem.latex) or literal(theorem.latex)}</div>', "")
    yield from (f"**Source.** {literal(theorem.source)}", "")
    yield from _proof(theorem)
    if theorem.id in SLACK:
        yield from ("**Slack** (`python -m proofs.pep`).", "", "```text", SLACK[theorem.id]())
        yield from ("```", "")
    for part in theorem.conclusions:
        yield from _conclusion(part)
    yield from _hypotheses(theorem)
    yield from _table("To declare", {p.name: f"{p.meaning} ({p.sign})" for p in theorem.parameters})
    yield from _table(
        "Constants", {name: f"`{value}`" for name, value in theorem.constants.items()}
    )
    yield from _table("Symbols", theorem.symbols)


def _proof(theorem: Theorem) -> Iterator[str]:
    """How it is known: the checker is asked now, Coq was when ``proofs record`` was run."""
    if theorem.id not in proved.ORDER:
        yield from ("**Proof.** None here: audits of it are *float*, never *proved*.", "")
        return
    made = proved.prove(theorem.id)
    rests = ", ".join(f"{n} {what}" for what, n in made.rests.items())
    kernel = "; accepted by Coq too" if "kernel" in {e.value for e in standing(theorem)} else ""
    yield (
        f"**Proof.** {made.steps} steps and {made.certificates} certificates "
        f"(`proofs/certificates/{theorem.id}.json`), accepted by the exact checker{kernel}. "
        f"It rests on {rests}. Line by line: `python -m proofs show {theorem.id}`."
    )
    yield ""
    if made.facts:
        yield from ("Taken from analysis:", "")
        yield from (f"- {literal(f.text)} [{literal(f.source)}]" for f in made.facts)
        yield ""


def _conclusion(part: Conclusion) -> Iterator[str]:
    yield from (f"**Monitored: {literal(part.inequality.name)}**", "")
    yield from ("```text", str(part.inequality), "```", "")
    if part.conditions:
        yield from ("where, on each instance:", "")
        yield from (f"- {literal(c.text or c.name)}: `{c}`" for c in part.conditions)
        yield ""


def _hypotheses(theorem: Theorem) -> Iterator[str]:
    checked = [literal(fact.text) for fact in theorem.facts]
    checked += [_said(h) for h in theorem.hypotheses if h.monitored]
    for title, some in (
        ("Hypotheses that are monitored", checked),
        ("Hypotheses that no run can check", [_said(h) for h in theorem.unmonitored]),
    ):
        if some:
            yield from (f"**{title}**", "", *(f"- {text}" for text in some), "")


def _said(hypothesis: Hypothesis) -> str:
    names = ", ".join(hypothesis.monitored)
    by = f" (by: {literal(names)})" if names and names != hypothesis.text else ""
    case = f" (case: {literal(hypothesis.case)})" if hypothesis.case else ""
    return f"{literal(hypothesis.text)}{case}{by}"


def _table(title: str, rows: object) -> Iterator[str]:
    if rows:
        yield from (f"| {title} | |", "|---|---|")
        yield from (f"| `{name}` | {literal(said)} |" for name, said in dict(rows).items())
        yield ""


def literal(text: str) -> str:
    """Text as it is: signs that Markdown would read are escaped, but for those of code."""
    if text.startswith("`") and text.endswith("`"):
        return text
    for sign in ("\\", "*", "_", "[", "]", "<", ">", "|", "`", "#"):
        text = text.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return text


if __name__ == "__main__":
    for page, text in pages().items():
        write(Path(sys.argv[1]) / f"{page}.md", text)
