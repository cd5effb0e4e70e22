"""A proof for print: statement, what it rests on and why, and every line with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from amverify.shown.latex import escaped
from proofs.script.grants import Leaf
from proofs.script.ledger import Line
from proofs.theorems.catalogue import Outcome
from proofs.theorems.typeset import plain, typeset


def as_text(made: Outcome) -> str:
    """As plain text."""
    t = made.theorem
    lines = [f"{t.id}  {t.title}", "", t.statement, "", f"source: {t.source}", ""]
    lines += _rests(made)
    if t.unmonitored:
        lines += ["not monitored on a run:", *(f"  {h.text}" for h in t.unmonitored), ""]
    for name, part in made.parts.items():
        lines.append(f"{name}:")
        for n, line in enumerate(part, 1):
            uses = f"  from {', '.join(line.uses)}" if line.uses else ""
            claim = f": {line.claim}" if line.claim else ""
            lines.append(f"  {n:3d}. [{line.how}] {line.name}{claim}{uses}")
        lines.append("")
    total = f"{made.steps} steps, {made.certificates} certificates, {len(made.facts)} facts"
    return "\n".join([*lines, f"{total} from analysis; accepted by proofs/kernel/checker.py"])


def _rests(made: Outcome) -> Iterator[str]:
    """Every leaf with its reason, and the facts of analysis with their sources."""
    if made.leaves:
        yield f"rests on ({', '.join(f'{n} {what}' for what, n in made.rests.items())}):"
        yield from dict.fromkeys(f"  [{leaf.reason}] {reason(leaf)}" for leaf in made.leaves)
        yield ""
    if made.facts:
        yield "taken from analysis:"
        yield from (f"  {i}. {f.text}  [{f.source}]" for i, f in enumerate(made.facts, 1))
        yield ""


def reason(leaf: Leaf) -> str:
    """What a leaf grants, and by what it may."""
    by = ", ".join(h.name for h in leaf.licences)
    said = f": {leaf.text}" if leaf.text else ""
    licensed = f"  (licensed by: {by})" if by else ""
    return f"{leaf.name}{said}  {leaf.relation}{licensed}"


PREAMBLE = r"""\documentclass[a4paper]{article}
\usepackage{amsmath,amssymb}
\begin{document}
\sloppy\raggedright
"""


def as_latex(made: Outcome) -> str:
    """As a document for pdfLaTeX: a summary for a reader, then every line."""
    t = made.theorem
    lines = [
        PREAMBLE + rf"\section*{{{t.id}: {escaped(t.title)}}}",
        escaped(t.statement) + "\n",
        rf"\begin{{quote}}$\displaystyle {_breakable(t.latex)}$\end{{quote}}",
        rf"\emph{{Source:}} {escaped(t.source)}.",
        *_latex_rests(made),
        r"\subsection*{The proof, line by line}",
    ]
    for name, part in made.parts.items():
        lines.append(rf"\paragraph{{{escaped(name)}}}\begin{{enumerate}}\small")
        lines += map(_latex_line, part)
        lines.append(r"\end{enumerate}")
    return "\n".join([*lines, r"\end{document}"])


def _latex_rests(made: Outcome) -> Iterator[str]:
    """What the proof rests on, in sentences and lists."""
    rests = ", ".join(f"{n} {what}" for what, n in made.rests.items()) or "nothing granted"
    yield (
        f"\n\\emph{{How it is known:}} {made.steps} steps and {made.certificates} certificates, "
        f"all accepted by an exact checker; it rests on {escaped(rests)}, and on "
        f"{len(made.facts)} facts from analysis.\n"
    )
    if made.facts:
        yield r"\emph{Taken from analysis:}\begin{itemize}\small"
        yield from (rf"\item {escaped(f.text)} [{escaped(f.source)}]" for f in made.facts)
        yield r"\end{itemize}"
    if made.theorem.unmonitored:
        yield r"\emph{Not monitored on a run:}\begin{itemize}\small"
        yield from (rf"\item {escaped(h.text)}" for h in made.theorem.unmonitored)
        yield r"\end{itemize}"


def _latex_line(line: Line) -> str:
    claim = f": ${typeset(line.claim)}$" if line.claim else ""
    uses = f" \\emph{{(from {escaped(plain(', '.join(line.uses)))})}}" if line.uses else ""
    return rf"\item \textsc{{{line.how}}} {escaped(plain(line.name))}{claim}{uses}"


def _breakable(formula: str) -> str:
    """A display formula that may be broken where it has room between its parts."""
    return formula.replace(r"\qquad", r"\qquad\allowbreak ").replace(r"\quad", r"\quad\allowbreak ")
