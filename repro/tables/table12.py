"""Table 12: the claims of the two seed papers, one row each, with a verdict and what it rests on.

No verdict stands in this file. Each is read from the JSON files that other tables' commands left
in the folder of the results (:mod:`repro.tables.parts.evidence`): an audit's verdict, or that of a
test on the seeds. A claim is read as something to measure; the reading stands beside it. Where the
public record says too little for a reading, or the table is not there, it is UNDECIDED.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from amverify.verdict import Verdict
from repro.engine import Laboratory
from repro.minibatch.names import LABELS, TRAINED
from repro.render import Column, Document, Table, Text
from repro.tables.parts.evidence import (
    Documents,
    Row,
    Said,
    audited,
    estimate,
    joined,
    most_accurate,
    not_made,
    soonest,
    text,
    verdict_in,
)
from repro.tables.parts.means import LEVEL, greater
from repro.tables.parts.request import Protocol, Request
from repro.tables.parts.verdicts import SYMBOL

PROTOCOL = Protocol((), seeds={})
CLASSICAL = ("T3", "T4", "T5")
PREMISES = "T5 by T3 and T4"
CHAIN = ("TPsi", "TB", "TR", "TC0", "TC", "TCplus", "TK")
PENALISED = ("T1", "T1p", "TPsi", "TBp", "TRp", "TC0", "TC")
COLUMNS = (
    Column("paper", "Paper"),
    Column("claim", "Claim"),
    Column("method", "Read as"),
    Column("verdict", "Verdict"),
    Column("evidence", "Evidence"),
    Column("command", "Command"),
)
Judge = Callable[[Sequence[Row]], Said]


@dataclass(frozen=True)
class Claim:
    """A claim of a paper, how it is read, and how a table decides it.

    ``document`` and ``table`` name the rows that ``judge`` reads; without a judge the public record
    says too little.
    """

    paper: str
    claim: str
    reading: str
    document: str = ""
    table: str = ""
    judge: Judge | None = None

    def said(self, documents: Documents) -> Said:
        """The verdict by what was made."""
        if self.judge is None:
            return Said(Verdict.UNDECIDED, "the public record states nothing to measure")
        rows = documents.rows(self.document, self.table)
        return not_made(self.document) if rows is None else self.judge(rows)


def _audit(method: str, *theorems: str) -> Judge:
    return lambda rows: audited(rows, method, theorems)


def _accurate(method: str) -> Judge:
    return lambda rows: most_accurate(rows, method)


def _soon(method: str, *keys: str) -> Judge:
    return lambda rows: soonest(rows, method, keys)


def _quick(method: str) -> Judge:
    """By seconds: a mean of timings has no spread to test, so it decides neither way."""

    def judge(rows: Sequence[Row]) -> Said:
        return Said(Verdict.UNDECIDED, soonest(rows, method, ["seconds_to_target"]).evidence)

    return judge


def _activations(method: str) -> Judge:
    """Table 5's verdicts on a method, over the data sets that it has."""

    def judge(rows: Sequence[Row]) -> Said:
        own = [row for row in rows if text(row, "method") == method]
        if not own:
            return Said(Verdict.UNDECIDED, f"not in the table: {method}")
        return joined(
            Said(verdict_in(text(r, "verdict")), f"{text(r, 'dataset')}: {text(r, 'reason')}")
            for r in own
        )

    return judge


def _fewer_updates(rows: Sequence[Row]) -> Said:
    """SAMT beside Adam in table 7, on every data set: some kind has to be above it."""
    workloads = dict.fromkeys(text(row, "workload") for row in rows)
    found = [_beside_adam(w, {text(r, "method"): r for r in rows if text(r, "workload") == w})
             for w in workloads]  # fmt: skip
    return joined(found) if found else Said(Verdict.UNDECIDED, "no row")


def _beside_adam(workload: str, rows: Mapping[str, Row]) -> Said:
    """HOLDS with a kind above Adam that updates no more; VIOLATED where Adam is above every kind.

    By Welch's test, for HOLDS at 5 % over the number of kinds.
    """
    kinds = [LABELS[kind] for kind in TRAINED if LABELS[kind] in rows]
    if LABELS["adam"] not in rows or len(kinds) < len(TRAINED):
        return Said(Verdict.UNDECIDED, f"{workload}: Adam or a kind is not in the table")
    adam = rows[LABELS["adam"]]
    theirs = estimate(adam, "test_accuracy")
    ours = {kind: estimate(rows[kind], "test_accuracy") for kind in kinds}
    for kind, end in ours.items():
        if _no_more(rows[kind], adam) and greater(end, theirs, LEVEL / len(kinds)):
            return Said(Verdict.HOLDS, f"{workload}: {kind} {end.plain()}, Adam {theirs.plain()}")
    best = max(ours, key=lambda kind: ours[kind].mean)
    told = f"{workload}: Adam {theirs.plain()}, best kind {best} {ours[best].plain()}"
    if all(greater(theirs, end) for end in ours.values()):
        return Said(Verdict.VIOLATED, f"counterexample: {told}, n = {theirs.n}")
    return Said(Verdict.UNDECIDED, told)


def _no_more(row: Row, other: Row) -> bool:
    """Whether ``row`` changed no more scalars; not where either diverged with every seed."""
    spent, allowed = row["parameter_updates"]["value"], other["parameter_updates"]["value"]
    return spent is not None and allowed is not None and spent <= allowed


def _kinds(rows: Sequence[Row]) -> Said:
    """Whether each kind of step size was trained on every data set of table 8."""
    kinds = {LABELS[kind] for kind in TRAINED}
    sound = {text(r, "method") for r in rows if r["test_accuracy"]["n"] and text(r, "learned")}
    lost = [text(r, "method") for r in rows if r["test_accuracy"].get("diverged")]
    if lost or not kinds <= sound:
        missing = ", ".join(sorted((kinds - sound) | set(lost)))
        return Said(Verdict.UNDECIDED, f"not trained, or diverged from a seed: {missing}")
    return Said(Verdict.HOLDS, f"all {len(kinds)} kinds were trained, and step sizes learned")


BAND, PENALTY, JOINT = "TIAM, exact moduli", "TIAM, penalty, exact", "JointTIAM"
RIDGE = "TIAM, penalty, ridge on biases"
JOINT_ROW = "JointTIAM, cross-validated"
SWEEPS = ("sweeps_to_target", "median_sweeps")
GLOBAL, RATE = "converges globally", "has a rate"
CLAIMS = (
    Claim("TIAM", GLOBAL, f"{BAND}: {PREMISES}", "table10", "audit", _audit(BAND, *CLASSICAL)),
    Claim(
        "TIAM", GLOBAL, f"{PENALTY}: {PREMISES}", "table10", "audit", _audit(PENALTY, *CLASSICAL)
    ),
    Claim("TIAM", GLOBAL, f"{RIDGE}: T1 to TC", "table10", "audit", _audit(RIDGE, *PENALISED)),
    Claim("TIAM", GLOBAL, "JointTIAM: TΨ to TK", "table10", "audit", _audit(JOINT, *CHAIN)),
    Claim("TIAM", RATE, f"{BAND}: T6 by T4", "table10", "audit", _audit(BAND, "T4", "T6")),
    Claim("TIAM", RATE, "JointTIAM: T6", "table10", "audit", _audit(JOINT, "T6")),
    Claim("TIAM", RATE, "JointTIAM: complexity TK", "table10", "audit", _audit(JOINT, "TK")),
    Claim(
        "TIAM",
        "fewer iterations",
        "TIAM: sweeps to mDLAM's final accuracy, on every data set",
        "table2",
        "accuracy",
        _soon("TIAM", *SWEEPS),
    ),
    Claim(
        "TIAM",
        "fewer iterations",
        "JointTIAM: the same",
        "table2",
        "accuracy",
        _soon(JOINT_ROW, *SWEEPS),
    ),
    Claim(
        "TIAM",
        "better generalisation",
        "TIAM: test accuracy above every other method's",
        "table2",
        "accuracy",
        _accurate("TIAM"),
    ),
    Claim(
        "TIAM",
        "better generalisation",
        "JointTIAM: the same",
        "table2",
        "accuracy",
        _accurate(JOINT_ROW),
    ),
    Claim(
        "TIAM",
        "computational efficiency",
        "TIAM: seconds to mDLAM's final accuracy",
        "table2",
        "accuracy",
        _quick("TIAM"),
    ),
    Claim(
        "TIAM",
        "computational efficiency",
        "JointTIAM: the same",
        "table2",
        "accuracy",
        _quick(JOINT_ROW),
    ),
    Claim(
        "TIAM",
        "particularly ReLU and its variants",
        "TIAM: test accuracy by activation",
        "table5",
        "claim",
        _activations("TIAM"),
    ),
    Claim(
        "TIAM",
        "particularly ReLU and its variants",
        "JointTIAM: the same",
        "table5",
        "claim",
        _activations("JointTIAM"),
    ),
    Claim("SAMT", "lower per-step overhead", "than what, by what measure, is not said"),
    Claim("SAMT", "stability in the nonconvex setting", "of what, is not said"),
    Claim(
        "SAMT",
        "step sizes scalar, element, row, column",
        "each kind is trained and learns",
        "table8",
        "kinds",
        _kinds,
    ),
    Claim("SAMT", "convergence guarantee", "its hypotheses are not in the record at hand"),
    Claim(
        "SAMT",
        "better generalisation with fewer parameter updates",
        "some kind above tuned Adam with no more updates, on every data set",
        "table7",
        "accuracy",
        _fewer_updates,
    ),
)


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 12, from the files in ``laboratory.results``."""
    documents = Documents(laboratory.results)
    rows = []
    for claim in CLAIMS:
        said = claim.said(documents)
        command = f"python -m repro {claim.document}" if claim.document else ""
        cells = (claim.paper, claim.claim, claim.reading, SYMBOL[said.verdict], said.evidence)
        rows.append((*map(Text, cells), Text(command)))
    table = Table(
        name="claims",
        title="Table 12: claims of the seed papers",
        columns=COLUMNS,
        rows=tuple(rows),
        caption=(
            "Verdicts of audits (the weakest over data sets and seeds) and of tests on the seeds "
            "of other tables, as their files say; none is written down by hand. A measured claim "
            "is VIOLATED only with a counterexample that the seeds tell apart."
        ),
    )
    return Document("table12", (table,), {"made_from": str(laboratory.results)})
