r"""What an audit says: a verdict, the evidence for it, and a witness where a claim fails.

| verdict | meaning | exit status |
|---|---|---|
| HOLDS | the hypotheses hold and every instance that could be decided satisfies the claim | 0 |
| VIOLATED | some instance fails by more than its rounding bound; a witness says which | 1 |
| NOT_APPLICABLE | a hypothesis fails on this run: which, where, by how much | 3 |
| VACUOUS | nothing was tested: no inertia felt, a block never changed, a constant was fitted | 3 |
| UNDECIDED | data are missing, or too few instances could be decided | 3 |

Hypotheses have three values on an instance: met, failed, or *open* (inside the rounding ball, or
unknown). An open one neither confirms nor accuses: it leaves the instance undecided. HOLDS says
which share of the instances was decided.

A VIOLATED theorem that is proved means that a hypothesis which nothing checks has failed, or that
the theorem is wrong: the finding lists what is *not monitored*.

Combined, the weakest wins, in the order of the exit statuses: one violation is a violation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from amverify import shown
from amverify.files import write


class Verdict(StrEnum):
    """What is said of one theorem on one run; the weakest of several wins (``combine``)."""

    HOLDS = "HOLDS"
    VIOLATED = "VIOLATED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    VACUOUS = "VACUOUS"
    UNDECIDED = "UNDECIDED"

    @property
    def exit_status(self) -> int:
        """What the command line returns."""
        return {Verdict.HOLDS: 0, Verdict.VIOLATED: 1}.get(self, 3)


_WEAKEST_FIRST = (
    Verdict.VIOLATED,
    Verdict.NOT_APPLICABLE,
    Verdict.UNDECIDED,
    Verdict.VACUOUS,
    Verdict.HOLDS,
)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The weakest of several verdicts; of none, UNDECIDED."""
    found = set(verdicts)
    return next((v for v in _WEAKEST_FIRST if v in found), Verdict.UNDECIDED)


class Evidence(StrEnum):
    """How a verdict is known; ``EVIDENCE_MEANING`` says it in a sentence each."""

    PROVED = "proved"
    KERNEL = "kernel"
    EXACT = "exact"
    FLOAT = "float"
    MEASURED = "measured"
    STATISTICAL = "statistical"
    FITTED = "fitted"


EVIDENCE_MEANING: Mapping[Evidence, str] = {
    Evidence.PROVED: "the exact checker discharged every step of the theorem's proof, but for "
    "the facts of analysis that `python -m proofs show` lists",
    Evidence.KERNEL: "the theorem was also proved in Coq",
    Evidence.EXACT: "instances at the rounding floor were decided in rational or ball arithmetic",
    Evidence.FLOAT: "decided in floating point, beyond a computed bound on rounding",
    Evidence.MEASURED: "decided in floating point; what rounding in the method's own steps can do "
    "was taken from the run (a probe of f, or the change of ∇f over a step), not bounded",
    Evidence.STATISTICAL: "a confidence sequence, valid at any stopping time",
    Evidence.FITTED: "a constant was fitted to this run: it supports no HOLDS",
}

Origin = Literal["declared", "computed", "measured", "fitted"]


@dataclass(frozen=True)
class Constant:
    """A constant of a theorem as an audit used it.

    ``formula`` is the sympy expression as text; ``low`` and ``high`` its range over the run
    (equal for a number). ``origin``: *declared* before the run, *computed* from the run's own
    settings, *measured* on the run (a radius, say) or *fitted* to the conclusion.
    """

    name: str
    formula: str
    low: float
    high: float
    origin: Origin = "computed"


@dataclass(frozen=True)
class Checked:
    """One hypothesis on one run: ``True``, ``False``, or ``None`` where it could not be seen."""

    name: str
    text: str
    holds: bool | None
    detail: str = ""


@dataclass(frozen=True)
class Witness:
    """An instance that fails: where, both sides, by how much, and what rounding could do.

    ``margin`` = rhs − lhs < −``bound``. ``values`` are the symbols of the inequality there,
    mid-point and radius. ``state`` holds the full iterates around it, if the run kept them:
    the last three, for displacements too.
    """

    theorem: str
    inequality: str
    sweep: int
    block: str
    replicate: int
    lhs: float
    rhs: float
    margin: float
    bound: float
    decided: Literal["float", "exact"]
    values: Mapping[str, tuple[float, float]]
    state: Mapping[str, Any] | None = None

    def where(self, iteration: str) -> str:
        """Step or sweep (``iteration``), block and replicate in words."""
        words = [f"{iteration} {self.sweep}"] + ([f"block {self.block}"] if self.block else [])
        return ", ".join(words + ([f"replicate {self.replicate}"] if self.replicate else []))

    def __str__(self) -> str:
        return (
            f"{self.theorem}, {self.where('iteration')}: {self.inequality} fails "
            f"by {-self.margin:.3g}, rounding explains {self.bound:.3g}"
        )

    def __repr__(self) -> str:
        return f"<Witness {self}>"

    def _repr_html_(self) -> str:
        rows = [(name, f"{mid!r}", f"{rad:.3g}") for name, (mid, rad) in self.values.items()]
        return shown.table(("symbol", "value", "±"), rows, str(self))

    def to_pandas(self) -> Any:
        """A data frame: symbol, value, radius of its ball.

        Raises:
            InvalidInput: if pandas is not installed.
        """
        balls = self.values.values()
        columns = {"value": [mid for mid, _ in balls], "radius": [rad for _, rad in balls]}
        return shown.frame({"symbol": list(self.values), **columns})


@dataclass(frozen=True)
class Counts:
    """How many instances were decided in floating point, exactly, and not at all.

    ``floor``: the conclusion lies inside its rounding; ``open``: a hypothesis does, or is unknown.
    """

    decided: int = 0
    exact: int = 0
    floor: int = 0
    failed: int = 0
    open: int = 0

    @property
    def settled(self) -> int:
        """Instances that were decided, either way."""
        return self.decided + self.exact

    @property
    def total(self) -> int:
        """All instances."""
        return self.settled + self.floor + self.open

    @property
    def share(self) -> float:
        """The share of the instances that were decided; 1 of none."""
        return self.settled / self.total if self.total else 1.0


@dataclass(frozen=True)
class Slack:
    """How far the claim was from failing, sweep by sweep: the least relative margin.

    ``margin`` is min over the sweep's instances of (rhs − lhs)/(|lhs| + |rhs|), in [−1, 1];
    ``floor`` the rounding bound relative to the same size.
    """

    sweeps: tuple[int, ...] = ()
    margin: tuple[float, ...] = ()
    floor: tuple[float, ...] = ()


_SEEN = {True: "holds", False: "fails", None: "not seen"}


@dataclass(frozen=True)
class Finding:
    """What an audit says of one theorem on one run.

    ``unmonitored``: hypotheses that the theorem uses and nothing checks on a run, in words.
    """

    theorem: str
    title: str
    statement: str
    latex: str
    source: str
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()
    hypotheses: tuple[Checked, ...] = ()
    constants: tuple[Constant, ...] = ()
    counts: Counts = field(default_factory=Counts)
    witness: Witness | None = None
    slack: Slack = field(default_factory=Slack)
    notes: tuple[str, ...] = ()
    unmonitored: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verdict:<14} {self.theorem} {self.title}: {self.reason}"

    def __repr__(self) -> str:
        return f"<Finding {self.theorem}: {self.verdict}>"

    def _repr_html_(self) -> str:
        rows = [("statement", self.statement), ("reason", self.reason)]
        rows += [("evidence", ", ".join(self.evidence)), ("source", self.source)]
        rows += [(f"hypothesis {h.name}", _SEEN[h.holds]) for h in self.hypotheses]
        rows += [("not monitored", text) for text in self.unmonitored]
        rows += [("witness", str(self.witness))] if self.witness else []
        return shown.table((self.theorem, str(self.verdict)), rows, self.title)

    def to_pandas(self) -> Any:
        """Its slack as a data frame: sweep, least relative margin in [−1, 1], rounding floor.

        Raises:
            InvalidInput: if pandas is not installed.
        """
        slack = self.slack
        floor = slack.floor or (0.0,) * len(slack.sweeps)
        return shown.frame({"sweep": slack.sweeps, "margin": slack.margin, "floor": floor})


HOW_TO_GET_A_REPORT = "audit(trace, claims) gives one, from_json(text) reads one"


@dataclass(frozen=True)
class Report:
    """All findings on one run, and the run's own header (subject, versions, settings, hashes).

    ``curves``: what of the run is drawn beside them.
    """

    subject: str
    header: Mapping[str, Any]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    curves: tuple[shown.Curve, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The weakest of the findings."""
        return combine(f.verdict for f in self.findings)

    @property
    def exit_status(self) -> int:
        """What the command line returns for it."""
        return self.verdict.exit_status

    def __getitem__(self, theorem: str) -> Finding:
        """The finding on one theorem.

        Raises:
            KeyError: if it was not audited.
        """
        for finding in self.findings:
            if finding.theorem == theorem:
                return finding
        raise KeyError(theorem)

    def __str__(self) -> str:
        return "\n".join([f"{self.verdict}: {self.subject}", *(f"  {f}" for f in self.findings)])

    def __repr__(self) -> str:
        found = ", ".join(f"{f.theorem} {f.verdict}" for f in self.findings)
        return f"<Report on {self.subject!r}: {found}>"

    def _repr_html_(self) -> str:
        rows = [(f.theorem, f.title, str(f.verdict), f.reason) for f in self.findings]
        title = f"{self.subject}: {self.verdict}"
        return shown.table(("theorem", "title", "verdict", "why"), rows, title)

    def to_pandas(self) -> Any:
        """A data frame, one row a finding; counts are instances, ``share`` lies in [0, 1].

        Raises:
            InvalidInput: if pandas is not installed.
        """
        names = ("theorem", "title", "reason")
        columns: dict[str, list[Any]] = {n: [getattr(f, n) for f in self.findings] for n in names}
        columns["verdict"] = [str(f.verdict) for f in self.findings]
        columns["evidence"] = [", ".join(f.evidence) for f in self.findings]
        for name in ("decided", "exact", "floor", "failed", "open", "share"):
            columns[name] = [getattr(f.counts, name) for f in self.findings]
        return shown.frame(columns)

    def to_html(self, path: str | Path) -> None:
        """Write it as one page that opens offline.

        Raises:
            CannotWrite: if the file cannot be written.
            InvalidInput: if ``amverify.report`` was never imported.
        """
        write(Path(path), shown.rendered("page", self))

    def plot(self) -> Any:
        """The slack of its findings over the sweeps, as a matplotlib figure.

        Raises:
            InvalidInput: if matplotlib is not installed, or no finding has a margin.
        """
        return shown.rendered("figure", self)
