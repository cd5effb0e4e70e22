r"""Table 5: activations, for TIAM, its convergent variant, mDLAM and Adam.

TIAM is said to work "particularly for ReLU and its variants". Read as something to measure, on one
data set, with the family of ReLU (LeakyReLU, ELU, SELU, ReLU6) on one side and the other
activations on the other: a method's claim

* HOLDS if with every activation of the family its mean test accuracy is greater than with every
  other one, by Welch's t test at 5 % for each pair;
* is VIOLATED if with some other activation it is greater than with *every* one of the family, by
  the same test at 5 % over the number of the others (that activation is the counterexample);
* is NOT APPLICABLE where one side is empty, and UNDECIDED in all other cases, a single seed among
  them.

The settings are those of table 2, chosen with ReLU. JointTIAM's joint block has a closed form for
piecewise-linear activations only; hard tanh and ReLU6 stand here so that it has two sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from repro.engine import Laboratory
from repro.full_batch.configurations import LABELS, configuration
from repro.render import Cell, Column, Document, Estimate, Table, Text
from repro.spec import RunSpec
from repro.tables.parts.full_batch import ALSO, HIDDEN, document, rows_by_dataset
from repro.tables.parts.means import LEVEL, greater
from repro.tables.parts.measures import final, group
from repro.tables.parts.request import Protocol, Request, notes_without_data

METHODS = ("tiam", "joint_tiam", "mdlam", "adam")
SWEEPS = 100
PROTOCOL = Protocol(
    ("digits",), METHODS, SWEEPS, also=("cora", "citeseer", "pubmed", "coauthor_cs", *ALSO)
)
FAMILY = ("relu", "leaky_relu", "relu6", "elu", "selu")
OTHERS = ("hard_tanh", "tanh", "sigmoid", "softplus")
PIECEWISE = ("relu", "leaky_relu", "relu6", "hard_tanh")
CLAIM_COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("verdict", "Particularly ReLU and its variants"),
    Column("reason", "Why"),
)
Ends = Mapping[str, Estimate]


def admitted(method: str) -> tuple[str, ...]:
    """The activations that a method takes."""
    every = (*FAMILY, *OTHERS)
    return tuple(a for a in every if a in PIECEWISE) if method == "joint_tiam" else every


def specifications(
    method: str, dataset: str, activation: str, request: Request
) -> tuple[RunSpec, ...]:
    """The runs of one cell, one a seed."""
    own = configuration(method, dataset)
    return tuple(
        RunSpec(
            dataset,
            own.method,
            own.settings,
            HIDDEN,
            activation,
            request.sweeps,
            seed,
            own.dtype,
            every=request.sweeps,
        )
        for seed in request.seeds
    )


def make(request: Request, laboratory: Laboratory) -> Document:
    """The document of table 5: accuracies, and the claim's verdicts."""
    datasets = laboratory.available(request.datasets)
    specs = {
        (d, m, a): specifications(m, d, a, request)
        for d in datasets
        for m in request.methods
        for a in admitted(m)
    }
    runs = laboratory.run([spec for some in specs.values() for spec in some])
    ends = {key: final(group(own, runs), "test_accuracy") for key, own in specs.items()}
    tables = (_accuracies(request, laboratory, ends), _claims(request, laboratory, ends))
    return document("table5", tables, datasets, runs)


def _accuracies(
    request: Request, laboratory: Laboratory, ends: Mapping[tuple[str, str, str], Estimate]
) -> Table:
    columns = (
        Column("dataset", "Data set"),
        Column("activation", "Activation"),
        Column("family", "ReLU's family"),
        *(Column(m, LABELS[m].partition(",")[0], right=True) for m in request.methods),
    )

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        for activation in (*FAMILY, *OTHERS):
            found = [ends.get((name, m, activation), Text("refused")) for m in request.methods]
            side = "yes" if activation in FAMILY else "no"
            yield (Text(name), Text(activation), Text(side), *found)

    return Table(
        name="activations",
        title=f"Table 5: test accuracy by activation after {request.sweeps} sweeps",
        columns=columns,
        rows=rows_by_dataset(request, laboratory, len(columns), rows_of),
        caption=(
            f"Mean ± standard deviation over seeds {', '.join(map(str, request.seeds))}; the "
            "settings of table 2, chosen with ReLU. Refused: JointTIAM's joint block has a closed "
            "form for piecewise-linear activations only."
        ),
        notes=tuple(notes_without_data(laboratory, request.datasets)),
    )


def _claims(
    request: Request, laboratory: Laboratory, ends: Mapping[tuple[str, str, str], Estimate]
) -> Table:
    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        for method in request.methods:
            own = {a: ends[name, method, a] for a in admitted(method)}
            yield (Text(name), Text(LABELS[method].partition(",")[0]), *map(Text, verdict(own)))

    return Table(
        name="claim",
        title="The claim “particularly for ReLU and its variants”",
        columns=CLAIM_COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(CLAIM_COLUMNS), rows_of),
        caption=(
            "HOLDS: every activation of ReLU's family above every other one; VIOLATED: some other "
            f"one above all of the family; Welch's t test at {LEVEL:g}, over the number of others "
            "for VIOLATED. Else UNDECIDED."
        ),
    )


def verdict(ends: Ends) -> tuple[str, str]:
    """The claim's verdict on one method and data set, and why."""
    family = {a: end for a, end in ends.items() if a in FAMILY}
    others = {a: end for a, end in ends.items() if a not in FAMILY}
    if not family or not others:
        return "NOT APPLICABLE", "no activation to compare with"
    if min(end.n for end in ends.values()) < 2:
        return "UNDECIDED", "it takes two seeds or more of every activation"
    if all(greater(ours, end) for ours in family.values() for end in others.values()):
        return "HOLDS", f"least of the family: {_least(family)}; best other: {_best(others)}"
    level = LEVEL / len(others)
    above = {
        a: end
        for a, end in others.items()
        if all(greater(end, ours, level) for ours in family.values())
    }
    if above:
        return "VIOLATED", f"counterexample: {_best(above)}; best of the family: {_best(family)}"
    return "UNDECIDED", (
        f"family: {_least(family)} to {_best(family)}; others: {_least(others)} to {_best(others)}"
    )


def _best(ends: Ends) -> str:
    return _told(max(ends.items(), key=lambda own: own[1].mean))


def _least(ends: Ends) -> str:
    return _told(min(ends.items(), key=lambda own: own[1].mean))


def _told(own: tuple[str, Estimate]) -> str:
    return f"{own[0]} {own[1].mean:.3f}"
