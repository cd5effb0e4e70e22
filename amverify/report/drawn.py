"""The run's own curves on an audit page: objective and Ψ with the failures marked, the KL plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amverify.report import slack, words
from amverify.report.chart import MOST_POINTS, Frame, Line, Mark, chart
from amverify.shown import Curve
from amverify.verdict import Finding, Report

NAMES = {"objective": "objective", "lyapunov": "Lyapunov function Ψ"}


@dataclass(frozen=True)
class Drawn:
    """A chart, in words, and the names of its lines for a legend."""

    svg: str
    told: str
    names: tuple[str, ...] = ()


def run(
    report: Report, findings: Sequence[Finding], name: str, most: int = MOST_POINTS
) -> Drawn | None:
    """Objective and Ψ, with the first and the worst failure of ``findings``; None without either.

    ``name`` begins the ids inside; each line has about ``most`` points.
    """
    by_name = {curve.name: curve for curve in reversed(report.curves)}
    own = [by_name[known] for known in NAMES if known in by_name]
    iteration = words.iteration(report)
    found = _failures(findings)
    said = " and ".join(NAMES[c.name] for c in own)
    told = f"{said[:1].upper()}{said[1:]} by {iteration}"
    told += "".join(f"; {which} at {iteration} {sweep}" for sweep, which in found) + "."
    lines = [_line(NAMES[c.name], c.sweeps, c.values) for c in own]
    frame = Frame(name, "The run", told, iteration)
    svg = chart(lines, frame, _marks(own[:1], found), most)
    names = tuple(line.name for line in lines) if len(lines) > 1 else ()
    return Drawn(svg, told, names) if svg else None


def _line(name: str, x: Sequence[float], y: Sequence[float], dots: bool = False) -> Line:
    """A line of as many points as both have."""
    count = min(len(x), len(y))
    return Line(name, x[:count], y[:count], dots)


def _failures(findings: Sequence[Finding]) -> list[tuple[int, str]]:
    """Where the first failure is, and the worst, with what to call them."""
    found = [(f, at) for f in findings if (at := slack.failures(f)) is not None]
    if not found:
        return []
    first, (early, _) = min(found, key=lambda own: own[1][0])
    worst, (_, late) = min(found, key=lambda own: _least(own[0]))
    several = len(findings) > 1
    one, other = (f"{said} failure" for said in ("first", "worst"))
    if several:
        one = f"{one} ({words.one_line(first.theorem)})"
        other = f"{other} ({words.one_line(worst.theorem)})"
    if early == late and first is worst:
        return [(early, one.replace("first", "first and worst", 1))]
    return [(early, one), (late, other)]


def _least(finding: Finding) -> float:
    least = words.least(finding)
    return 0.0 if least is None else least[1]


def _marks(curves: Sequence[Curve], found: Sequence[tuple[int, str]]) -> list[Mark]:
    """The failures on the curve; none at a sweep that it has no value of."""
    known = {k: v for curve in curves for k, v in zip(curve.sweeps, curve.values, strict=False)}
    return [Mark(sweep, known[sweep], said) for sweep, said in found if sweep in known]


def kl(report: Report) -> list[Drawn]:
    """Gap against residual with the declared line, and gap by iteration below T6's bound."""
    own = {curve.name: curve for curve in report.curves}
    if not {"gap", "residual"} <= set(own):
        return []
    gap, slope, iteration = own["gap"], own["residual"].values, words.iteration(report)
    left = [_line("run", slope, gap.values, dots=True)]
    if "declared" in own:
        left.append(_line("declared, K2", *_ordered(slope, own["declared"].values)))
    told = "Gap F − F* against the length of the gradient, both by logarithm"
    told += "; K2 says that no point lies above the line." if "declared" in own else "."
    frame = Frame("kl", "KL plot", told, "length of the gradient", "gap", True, True)
    found = [Drawn(chart(left, frame), told, tuple(line.name for line in left))]
    if "envelope" in own:
        both = {"gap": gap, "bound of T6": own["envelope"]}
        right = [_line(name, curve.sweeps, curve.values) for name, curve in both.items()]
        told = f"Gap by {iteration}, and what T6 bounds it by."
        frame = Frame("envelope", "Envelope", told, iteration, "gap", log_y=True)
        found.append(Drawn(chart(right, frame), told, tuple(line.name for line in right)))
    return [drawn for drawn in found if drawn.svg]


def _ordered(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    pairs = sorted(zip(x, y, strict=False))
    return [a for a, _ in pairs], [b for _, b in pairs]
