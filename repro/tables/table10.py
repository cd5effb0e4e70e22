"""Table 10: every theorem on every method and data set: verdict, evidence, constants, slack.

Runs in float64, each traced and audited as it ends. TIAM stands with both couplings and with exact
and backtracking steps; a theorem about another method's updates says so by its verdict. T4 is
NOT_APPLICABLE with the band, one nonsmooth term shared by two blocks; JointTIAM moves the two
together and has a chain of its own, from each block's descent (TM to TJ) to convergence (TC, TC⁺)
and complexity (TK). It stands once more in the format that it trains in. T5, T6 and K2 ask for
constants of a Kurdyka–Łojasiewicz inequality; none is declared here, so they are UNDECIDED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from amverify.verdict import Verdict
from repro.engine import Laboratory
from repro.full_batch.configurations import LABELS, configuration
from repro.render import Cell, Column, Document, Number, Table, Text
from repro.spec import RunSpec, Setting
from repro.tables.parts.audits import pages
from repro.tables.parts.full_batch import (
    ALSO,
    DATASETS,
    SWEEPS,
    document,
    rows_by_dataset,
    runs_of,
)
from repro.tables.parts.penalty_inertia import PENALTY, RIDGE, penalised
from repro.tables.parts.request import Protocol, Request, notes_without_data
from repro.tables.parts.verdicts import SYMBOL, Judged, constants, judged, verdict_cells

DESCENT = ("TM", "TMG", "TMQ", "TH", "TJ")
CHAIN = ("TPsi", "TB", "TR", "TC0", "TC", "TCplus", "TK")
RATES = ("T5", "T6", "K2")
JOINT = (*DESCENT, *CHAIN, *RATES, "C1", "M3")
"""Those of blocks in a metric of their own, and what is asked of every method."""
LAYERED = ("T1", "T1p", "T2", "T2n", "T3", "T4", "C1", "G3", "M1", "M3", "M4")
PENALISED = ("T1", "T1p", "TPsi", "TBp", "TRp", "TC0", "TC", "TK", *RATES, "C1", "M3")
"""The same chain for the published scheme with a penalty, which needs μ_b > 0."""
GENERAL = ("descent",)
LIVE: dict[str, Setting] = {"s": 1.5, "p3": 0.0, "c": 0.4, "p2": 0.4}
SUBJECTS = {
    "tiam_exact": "TIAM, exact moduli",
    "tiam_backtracking": "TIAM, backtracking",
    "tiam_penalty": "TIAM, penalty, exact",
    "tiam_penalty_backtracking": "TIAM, penalty, backtracking",
    "tiam_penalty_ridge": "TIAM, penalty, ridge on biases",
    "palm": "PALM (no inertia)",
    "joint_tiam": "JointTIAM",
    "joint_tiam_live": "JointTIAM, live inertia",
    "joint_tiam_float32": "JointTIAM, float32",
    "mdlam": LABELS["mdlam"],
    "dladmm": LABELS["dladmm"],
    "gd": LABELS["gd"],
    "adam": LABELS["adam"],
}
PROTOCOL = Protocol(
    ("cora", "citeseer", "digits"), tuple(SUBJECTS), SWEEPS, also=(*DATASETS, *ALSO)
)
COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("theorem", "Theorem"),
    Column("verdict", "Verdict"),
    Column("evidence", "Evidence"),
    Column("counts", "Decided/exact/floor", right=True),
    Column("slack", "Least slack", right=True),
    Column("reason", "Reason"),
    Column("constants", "Constants"),
)


def specifications(subject: str, dataset: str, request: Request) -> tuple[RunSpec, ...]:
    """The runs of one subject on one data set, one a seed."""
    base = subject.removesuffix("_live").removesuffix("_float32")
    base = base if base in LABELS else "tiam"
    chosen = configuration(base, dataset)
    settings: dict[str, Setting] = dict(chosen.settings)
    if base == "tiam":
        settings["steps"] = "backtracking" if subject.endswith("backtracking") else "exact"
        if "penalty" in subject:
            settings = penalised(settings, subject.endswith("ridge"))
        if subject == "palm":
            settings |= {"p1": 0.0, "p2": 0.0, "p3": 0.0, "safeguard": "certified"}
    if subject == "joint_tiam_live":
        settings |= LIVE
    dtype = "float32" if subject.endswith("float32") else "float64"
    return runs_of(request, dataset, chosen.method, settings, dtype, _claims(subject, base))


def _claims(subject: str, base: str) -> tuple[str, ...]:
    if subject.endswith("ridge"):
        return PENALISED
    if base in ("gd", "adam"):
        return GENERAL
    return JOINT if base == "joint_tiam" else LAYERED


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 10."""
    datasets = laboratory.available(request.datasets)
    specs = {
        (name, subject): specifications(subject, name, request)
        for name in datasets
        for subject in request.methods
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some])

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        for subject in request.methods:
            for theorem, found in judged(specs[name, subject], runs).items():
                about = (Text(name), Text(SUBJECTS[subject]), Text(theorem))
                yield (*about, *verdict_cells(found), Text(constants(found)))

    table = Table(
        name="audit",
        title="Table 10: every theorem on every method and data set",
        columns=COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(COLUMNS), rows_of),
        caption=(
            f"Seeds {', '.join(map(str, request.seeds))}, {request.sweeps} sweeps; float64 "
            "but where a row says otherwise. "
            f"Penalty: ν = {PENALTY:g}; with a ridge on biases μ = μ_b = {RIDGE:g}. "
            f"Least slack: the smallest (rhs − lhs)/(|lhs| + |rhs|) over "
            "all instances. Of several seeds the weakest verdict stands."
        ),
        notes=tuple(notes_without_data(laboratory, request.datasets)),
        keys=3,
    )
    found = [
        (theorem, SUBJECTS[subject], name, own)
        for (name, subject), some in specs.items()
        for theorem, own in judged(some, runs).items()
    ]
    return document("table10", (table, _summary(found)), datasets, runs, pages=pages(runs))


def _summary(found: Sequence[tuple[str, str, str, Judged]]) -> Table:
    """A row a theorem: how many of its verdicts are which, and where it does not hold."""
    rows: list[tuple[Cell, ...]] = []
    for theorem in dict.fromkeys(own[0] for own in found):
        mine = [own for own in found if own[0] == theorem]
        counts = Counter(own[3].verdict for own in mine)
        violated = (f"{s} on {d}" for _, s, d, own in mine if own.verdict is Verdict.VIOLATED)
        places = list(violated)
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        numbers = (Number(counts[verdict] or None, "") for verdict in SYMBOL)
        rows.append((Text(theorem), *numbers, Text(f"{places[0]}{more}" if places else "")))
    return Table(
        name="summary",
        title="Table 10 in short: verdicts by theorem",
        columns=(
            Column("theorem", "Theorem"),
            *(Column(v.name.lower(), word.capitalize(), right=True) for v, word in SYMBOL.items()),
            Column("where", "Violated first"),
        ),
        rows=tuple(rows),
        caption="Of every method and data set above, the weakest verdict over the seeds.",
        keys=1,
    )
