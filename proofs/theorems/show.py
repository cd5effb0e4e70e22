"""A proof for print: statement, what it rests on and why, and every line with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from proofs.script.grants import Leaf
from proofs.theorems.catalogue import Outcome


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


_ESCAPED = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def as_latex(made: Outcome) -> str:
    """As LaTeX (XeLaTeX or LuaLaTeX: formulas keep their Unicode symbols)."""
    t = made.theorem
    lines = [
        rf"\paragraph{{{t.id}: {_escaped(t.title)}}} \[ {t.latex} \]",
        r"\begin{enumerate}",
    ]
    for name, part in made.parts.items():
        lines.append(rf"\item \emph{{{_escaped(name)}}}\begin{{enumerate}}")
        for line in part:
            uses = f" ({_escaped(', '.join(line.uses))})" if line.uses else ""
            lines.append(rf"\item[{line.how}] {_escaped(line.name)}: {_escaped(line.claim)}{uses}")
        lines.append(r"\end{enumerate}")
    return "\n".join([*lines, r"\end{enumerate}"])
