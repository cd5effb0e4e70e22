r"""Table 6's part on TIAM under a penalty, with ridges on weights and biases.

Wanted are (p1, p2, p3), as of TIAM under the band; ν, μ and μ_b are those of table 10. The chain
TΨ to TK asks for the certificate: where T2's region is left inertia is reduced and all of it has to
HOLD; without a safeguard the same parameters stand beside it. μ_b > 0 is what TBp asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from repro.engine import FinishedRun, Laboratory
from repro.full_batch.configurations import configuration
from repro.render import Cell, Table
from repro.spec import RunSpec, Setting
from repro.tables.parts.full_batch import rows_by_dataset, runs_of
from repro.tables.parts.measures import group, target_of
from repro.tables.parts.regions import triple_columns, triple_row
from repro.tables.parts.request import Request

METHOD = "tiam_penalty_ridge"
PENALTY, RIDGE = 1.0, 0.05
"""ν, and μ = μ_b."""
Wanted = tuple[tuple[float, float, float], str]
WANTED: tuple[Wanted, ...] = (
    ((0.0, 0.0, 0.0), "certified"),
    ((0.5, 0.0, 0.0), "certified"),
    ((0.5, 0.5, 0.3), "certified"),
    ((0.65, 0.65, 0.2), "certified"),
    ((0.3, 0.6, 0.6), "certified"),
    ((0.9, 0.9, 0.9), "certified"),
    ((0.9, 0.9, 0.9), "none"),
)
CLAIMS = ("T1", "T1p", "TPsi", "TBp", "TRp", "TC0", "TC", "TK", "M3")
COLUMNS = triple_columns(CLAIMS)
Specs = dict[tuple[str, Wanted], tuple[RunSpec, ...]]


def penalised(settings: Mapping[str, Setting], ridge: bool = True) -> dict[str, Setting]:
    """TIAM's ``settings`` with a penalty instead of the band, with ``ridge`` on biases as well."""
    kept = {name: value for name, value in settings.items() if name != "epsilon"}
    return kept | {"nu": PENALTY} | ({"mu": RIDGE, "mu_bias": RIDGE} if ridge else {})


def specifications(datasets: Mapping[str, object], request: Request) -> Specs:
    """The audited runs, by data set and what is wanted: nothing where another method was named."""
    return {
        (name, (triple, safeguard)): runs_of(
            request,
            name,
            "tiam",
            penalised(dict(configuration("tiam", name).settings))
            | dict(zip(("p1", "p2", "p3"), triple, strict=True))
            | {"steps": "exact", "safeguard": safeguard},
            claims=CLAIMS,
        )
        for name in datasets
        for triple, safeguard in WANTED
        if METHOD in request.methods
    }


def table(
    request: Request, laboratory: Laboratory, specs: Specs, runs: Mapping[RunSpec, FinishedRun]
) -> Table:
    """A row for each data set and what is wanted."""

    def rows_of(name: str) -> Iterator[tuple[Cell, ...]]:
        target = target_of(group(specs[name, WANTED[0]], runs))
        return (
            triple_row((name, *wanted), specs[name, wanted], runs, target, CLAIMS)
            for wanted in WANTED
        )

    return Table(
        name="penalty",
        title="Table 6: inertia of TIAM under a penalty, ridges on weights and biases",
        columns=COLUMNS,
        rows=rows_by_dataset(request, laboratory, len(COLUMNS), rows_of),
        caption=(
            f"TIAM under (ν/2)‖a − h(z)‖², ν = {PENALTY:g}, μ = μ_b = {RIDGE:g}; exact moduli, "
            "s = 1, float64, ρ of table 2; mean ± standard deviation over seeds "
            f"{', '.join(map(str, request.seeds))}. Third column: positive inside 𝓡. Target: the "
            "mean final test accuracy without inertia (first row). Residuals are measured after "
            "every sweep, as TK asks. M3: F does not increase; what falls with inertia is Ψ."
        ),
    )
