"""Tables 6, 10 and 11: verdicts of audited runs, from real small runs and from made-up ones."""

from __future__ import annotations

import math
from dataclasses import replace

import fake_runs
import numpy as np
import pytest

from amverify.report import from_json
from amverify.verdict import Counts, Finding, Verdict
from repro.data import load
from repro.engine import FinishedRun
from repro.render import Table
from repro.run import execute
from repro.spec import RunSpec
from repro.tables import Request, table6, table10, table11
from repro.tables.parts import joint_inertia, penalty_inertia, regions
from repro.tables.parts.verdicts import Judged, constants, judged

SMALL = {"tiam": {"p1": 0.5, "p2": 0.5, "p3": 0.3, "s": 1.0, "rho": 1e-3, "mu": 0.05}}


def made(module, datasets=("cora",), seeds=(0, 1)) -> tuple[Table, list[RunSpec]]:
    laboratory = fake_runs.MadeUp(fake_runs.result_of, fake_runs.dataset)
    document = module.make(Request(datasets, module.PROTOCOL.methods, seeds, 3), laboratory)
    return document.tables[0], laboratory.asked


def column(table: Table, name: str) -> list[str]:
    place = [c.key for c in table.columns].index(name)
    return [row[place].plain() for row in table.rows]


def test_table6_crosses_inertia_and_safeguard():
    table, specs = made(table6)
    assert len(table.rows) == 3 * (len(table6.INERTIAS) - 1) + 1
    specs = [s for s in specs if s.method == "tiam"]
    assert {s.dtype for s in specs} == {"float64"}
    assert {dict(s.settings)["steps"] for s in specs} == {"exact"}
    outside = [r for r, t in zip(column(table, "region"), table.rows, strict=True) if r[0] != "+"]
    assert len(outside) >= 6
    assert set(column(table, "t3")) == {"VIOLATED (1 of 2)"}
    assert set(column(table, "t1")) == {"HOLDS"}
    assert set(column(table, "reason")) == {"T3: the reason of T3"}


def test_table6_has_joint_tiam_inside_and_outside_its_regions():
    laboratory = fake_runs.MadeUp(fake_runs.result_of, fake_runs.dataset)
    request = Request(("cora",), ("joint_tiam",), (0, 1), 3)
    (table,) = table6.make(request, laboratory).tables
    assert table.name == "joint"
    assert len(table.rows) == len(joint_inertia.WANTED)
    signs = {
        (a[0], p[0]) for a, p in zip(column(table, "alone"), column(table, "paired"), strict=True)
    }
    assert {("+", "+"), ("-", "-")} <= signs
    assert set(column(table, "tpsi")) == {"HOLDS"}
    assert {s.claims for s in laboratory.asked} == {joint_inertia.CLAIMS}
    wanted = {tuple(dict(s.settings)[n] for n in ("s", "p3", "c", "p2")) for s in laboratory.asked}
    assert wanted == set(joint_inertia.WANTED)


def test_table6_has_tiam_under_a_penalty_with_its_chain():
    laboratory = fake_runs.MadeUp(fake_runs.result_of, fake_runs.dataset)
    request = Request(("cora",), (penalty_inertia.METHOD,), (0, 1), 3)
    (table,) = table6.make(request, laboratory).tables
    assert table.name == "penalty"
    assert len(table.rows) == len(penalty_inertia.WANTED)
    assert {sign[0] for sign in column(table, "region")} == {"+", "-"}
    assert set(column(table, "tk")) == {"HOLDS"}
    assert {s.claims for s in laboratory.asked} == {penalty_inertia.CLAIMS}
    settings = [dict(s.settings) for s in laboratory.asked]
    assert all("epsilon" not in s and s["nu"] == 1.0 for s in settings)
    assert {(s["mu"], s["mu_bias"]) for s in settings} == {(0.05, 0.05)}
    assert {s["safeguard"] for s in settings} == {"certified", "none"}


def test_tk_is_decided_of_tiam_under_a_penalty_which_is_measured_every_sweep_for_it():
    own = {"nu": 1.0, "mu": 0.05, "mu_bias": 0.05, "steps": "exact", "safeguard": "certified"}
    settings = tuple(sorted({**SMALL["tiam"], **own}.items()))
    spec = RunSpec("digits", "tiam", settings, (6, 5), "relu", 5, 0, "float64", ("TK",))
    result = execute(spec, load("digits"), lambda k: None)
    report = from_json(result.report)
    assert np.isfinite(result.curves["residual_joint"]).all()
    assert report["TK"].verdict == "HOLDS", report["TK"].reason
    assert report["TK"].counts.decided == 5


def test_region_is_that_of_the_theorem():
    from amverify.theorems import theorem

    formula = theorem("T2").conclusions[0].inequality
    for p1, p2, p3 in table6.INERTIAS:
        values = {str(x): x for x in (formula.rhs - formula.lhs).free_symbols}
        exact = (formula.rhs - formula.lhs).subs(
            {values["p1"]: p1, values["p2"]: p2, values["t"]: 1 + p3, values["s"]: 1}
        )
        assert math.isclose(float(exact), regions.region(p1, p2, p3), abs_tol=2**-50)


@pytest.mark.parametrize("module", [table10, table11])
def test_every_claim_of_every_method_has_a_row(module):
    table, specs = made(module)
    per_run = {(s.method, s.settings, s.dtype): s.claims for s in specs}
    assert len(table.rows) == sum(map(len, per_run.values()))
    assert all("a note on" in reason for reason in column(table, "reason"))
    assert set(column(table, "verdict")) <= {"HOLDS", "VIOLATED (1 of 2)"}


def test_table10_ends_with_a_row_a_theorem_that_fits_a_screen():
    laboratory = fake_runs.MadeUp(fake_runs.result_of, fake_runs.dataset)
    methods = ("tiam_exact", "palm", "gd")
    request = Request(("cora", "citeseer"), methods, (0, 1), 3)
    whole, short = table10.make(request, laboratory).tables
    rows = {row[0].plain(): [cell.plain() for cell in row[1:]] for row in short.rows}
    assert set(rows) == {row[2].plain() for row in whole.rows}
    assert len(rows) <= 25
    order = [column.key for column in short.columns[1:]]
    assert dict(zip(order, rows["T1"], strict=True))["holds"] == "4"
    t3 = dict(zip(order, rows["T3"], strict=True))
    assert (t3["violated"], t3["where"]) == ("4", "TIAM, exact moduli on cora and 3 more")
    assert dict(zip(order, rows["descent"], strict=True))["holds"] == "2"


def test_table10_has_both_couplings_and_both_kinds_of_steps():
    _, specs = made(table10)
    tiam = [dict(s.settings) for s in specs if s.method == "tiam"]
    joint = {s.settings: s.claims for s in specs if s.method == "joint_tiam"}
    assert {dict(settings)["c"] for settings in joint} == {0.0, 0.4}
    chain = {"TM", "TMQ", "TH", "TJ", "TPsi", "TB", "TR", "TC0", "TC", "TCplus", "TK"}
    assert all(chain < set(claims) for claims in joint.values())
    assert {s.dtype for s in specs if s.method == "joint_tiam"} == {"float64", "float32"}
    assert {s.dtype for s in specs if s.method != "joint_tiam"} == {"float64"}
    assert {("nu" in s, s["steps"]) for s in tiam} == {
        (False, "exact"), (False, "backtracking"), (True, "exact"), (True, "backtracking")
    }  # fmt: skip


def test_table11_runs_the_released_script_once_in_its_own_precision():
    _, specs = made(table11, seeds=(0, 1, 2))
    script = [s for s in specs if s.method == "mdlam_released"]
    assert [(s.seed, s.dtype) for s in script] == [(0, "float32")]


def test_over_seeds_the_weakest_verdict_stands_and_ranges_are_joined():
    specs = [replace(fake_runs.spec("cora", seed=seed), claims=("T1", "T3")) for seed in range(4)]
    runs = {s: FinishedRun(fake_runs.result_of(s), {}, "", False) for s in specs}
    found = judged(specs, runs)
    assert found["T3"].verdict_text() == "VIOLATED (2 of 4)"
    assert found["T1"].verdict_text() == "HOLDS"
    assert found["T1"].counts() == "40/0/4"
    assert found["T1"].slack == 0.25
    assert constants(found["T1"]) == "a = 0.5 … 4"


def test_undecided_says_how_many_were_decided_in_the_runs_that_say_so():
    def finding(verdict: Verdict, counts: Counts) -> Finding:
        return Finding("T1", "", "", "", "", verdict, "", counts=counts)

    open_ = finding(Verdict.UNDECIDED, Counts(decided=3, exact=1, floor=5, open=7))
    holds = finding(Verdict.HOLDS, Counts(decided=10))
    missing = finding(Verdict.UNDECIDED, Counts())
    assert Judged("T1", (open_, open_)).verdict_text() == "UNDECIDED (8 of 32 decided)"
    assert Judged("T1", (holds, open_)).verdict_text() == "UNDECIDED (1 of 2; 4 of 16 decided)"
    assert Judged("T1", (missing,)).verdict_text() == "UNDECIDED (nothing to decide)"


@pytest.mark.parametrize(
    "extra",
    [
        {"epsilon": 100.0, "steps": "exact"},
        {"epsilon": 100.0, "steps": "backtracking"},
        {"nu": 1.0, "steps": "exact"},
        {"nu": 1.0, "steps": "backtracking"},
    ],
    ids=str,
)
def test_t1_and_t3_hold_on_tiam_runs(extra):
    """With `float` evidence, both couplings, exact and backtracking steps."""
    settings = tuple(sorted({**SMALL["tiam"], **extra}.items()))
    claims = ("T1", "T2", "T3", "T4", "C1", "M3")
    spec = RunSpec("digits", "tiam", settings, (12, 9), "relu", 40, 0, "float64", claims)
    report = from_json(execute(spec, load("digits"), lambda k: None).report)
    penalised = "nu" in extra
    assert (report["T4"].verdict == "NOT_APPLICABLE") is not penalised
    for claim in ("T1", "T2", "T3", *(("T4",) if penalised else ())):
        finding = report[claim]
        assert finding.verdict == "HOLDS", finding.reason
        assert "float" in finding.evidence
        assert finding.counts.decided > 10 * finding.counts.floor
    assert not penalised or np.isfinite(report["T4"].slack.margin).all()


def test_outside_the_region_nothing_holds_but_what_is_still_true():
    """T1 has no region; no weight is T2's; T3's weights do not carry."""
    base = {**SMALL["tiam"], "p1": 0.3, "p2": 0.6, "p3": 0.6, "epsilon": 100.0, "steps": "exact"}
    verdicts = {}
    for safeguard in ("none", "certified"):
        settings = tuple(sorted({**base, "safeguard": safeguard}.items()))
        spec = RunSpec(
            "digits", "tiam", settings, (12, 9), "relu", 30, 0, "float64", ("T1", "T2", "T3")
        )
        report = from_json(execute(spec, load("digits"), lambda k: None).report)
        verdicts[safeguard] = {f.theorem: str(f.verdict) for f in report.findings}
    assert verdicts["none"] == {"T1": "HOLDS", "T2": "NOT_APPLICABLE", "T3": "NOT_APPLICABLE"}
    assert verdicts["certified"]["T1"] == verdicts["certified"]["T3"] == "HOLDS"


def test_the_released_script_is_vacuous_by_its_own_trace(cora):
    spec = RunSpec(
        "cora", "mdlam_released", (), (100, 100), "relu", 25, 0, "float32", ("A1", "M2", "descent")
    )
    report = from_json(execute(spec, cora, lambda k: None).report)
    assert report["A1"].verdict == "VACUOUS"
    assert "b_2 never changed" in report["A1"].reason
    assert "inertia is identically 0" in report["A1"].reason
    assert report["M2"].verdict == "NOT_APPLICABLE"
    assert "ε falls from 100" in report["M2"].reason


def test_dladmm_on_its_published_setting_is_not_covered_by_its_theorem(cora):
    chosen = table11.specifications("dladmm", "cora", Request((), (), (0,), 4))[0]
    report = from_json(execute(chosen, cora, lambda k: None).report)
    assert report["D1"].verdict == "NOT_APPLICABLE"
    assert "1 against 1e-06" in report["D1"].reason
