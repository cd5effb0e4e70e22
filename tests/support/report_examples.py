"""A report such as an audit of TIAM on Cora gives: all five verdicts, a witness, 200 sweeps."""

from __future__ import annotations

import math

import numpy as np

from amverify.shown import Curve
from amverify.verdict import (
    Checked,
    Constant,
    Counts,
    Evidence,
    Finding,
    Report,
    Slack,
    Verdict,
    Witness,
)

SWEEPS = tuple(range(1, 201))


def example() -> Report:
    """One report with every kind of finding."""
    return Report(
        subject="TIAM on Cora, 2 layers of 64, interval coupling",
        header={
            "date": "2026-11-23T21:40:07+00:00",
            "versions": {"amverify": "0.1.0", "torch": "2.13.0+cpu", "numpy": "2.4.6"},
            "settings": {"sweeps": 200, "dtype": "float64", "nu": 1.0, "backtracking": True},
            "seeds": [0, 1, 2],
            "hashes": {
                "data": "9f2b6c0d4a1e8f7351c2d4b6a8e0f1923745566778899aabbccddeeff0011223",
                "trace": "17e4a9b2c3d5f6071829304a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e",
            },
        },
        findings=(descent(), lyapunov(), mdlam_rate(), relative_error(), accelerated()),
        notes=("Replicate 3 was stopped by its time limit after 140 sweeps.",),
        curves=curves(),
    )


def curves() -> tuple[Curve, ...]:
    """F and Ψ with the two sweeps that fail, and a KL plot's data."""
    value = [100 * math.exp(-k / 40) + (5 if k in (37, 53) else 0) for k in SWEEPS]
    gap = tuple(math.exp(-k / 20) for k in SWEEPS)
    slope = tuple(math.sqrt(g) for g in gap)
    return (
        Curve("objective", SWEEPS, tuple(value)),
        Curve("lyapunov", SWEEPS, tuple(1.2 * v for v in value)),
        Curve("gap", SWEEPS, gap),
        Curve("residual", SWEEPS, slope),
        Curve("declared", SWEEPS, tuple(2 * w**2 for w in slope)),
        Curve("envelope", SWEEPS, tuple(3 * g for g in gap)),
    )


def descent() -> Finding:
    """HOLDS: margins that shrink to the rounding floor."""
    margin = tuple(0.4 * math.exp(-k / 8) * (1.2 + math.sin(k)) + 1e-15 for k in SWEEPS)
    return Finding(
        theorem="T1",
        title="Block descent",
        statement="F(u⁺) ≤ F(u) − L[(s/t − ½)‖e‖² − (p1 s − p2)⟨Δ,e⟩ − (p2²/2)‖Δ‖²]",
        latex=r"F(u^{k+1}) \le F(u^k) - L\Bigl[\bigl(\tfrac{s}{t}-\tfrac12\bigr)\lVert e\rVert^2"
        r" - (p_1 s - p_2)\langle\Delta,e\rangle - \tfrac{p_2^2}{2}\lVert\Delta\rVert^2\Bigr]",
        source="amverify, theorem T1",
        verdict=Verdict.HOLDS,
        reason="All 2388 instances that could be decided satisfy the inequality.",
        evidence=(Evidence.PROVED, Evidence.EXACT, Evidence.FLOAT),
        hypotheses=(
            Checked("modulus", "⟨d, ∇²H d⟩ ≤ L‖d‖²", True, "least relative margin 0.031"),
            Checked("positive scale", "0 < s", True, "s = 1"),
            Checked("feasible start", "u⁰ lies in the box", True),
        ),
        constants=(
            Constant("s", "s", 1.0, 1.0, "declared"),
            Constant("L", "L", 0.0312845920175, 18.200000000000003, "measured"),
        ),
        counts=Counts(decided=2376, exact=12, floor=12),
        slack=Slack(SWEEPS, margin, tuple(3e-15 for _ in SWEEPS)),
    )


def lyapunov() -> Finding:
    """VIOLATED at two sweeps, with a witness."""
    margin = [0.02 / k for k in SWEEPS]
    margin[36], margin[52] = -4.125e-05, -1.5e-06
    values = {"Psi": (0.8123456789012345, 2.2e-16), "a": (0.45, 0.0), "e": (0.003, 1e-18)}
    return Finding(
        theorem="T3",
        title="Lyapunov decrease",
        statement="Ψ⁺ ≤ Ψ − Σ_i a_i‖e_i‖²",
        latex=r"\Psi^{k+1} \le \Psi^k - \sum_i a_i \lVert e_i\rVert^2",
        source="amverify, theorem T3",
        verdict=Verdict.VIOLATED,
        reason="2 of 200 sweeps fail, the first at sweep 37, block W2.",
        evidence=(Evidence.FLOAT,),
        hypotheses=(
            Checked("weights carried on", "δ_i⁺ of a sweep is δ_i of the next", True),
            Checked("constant interval", "ε does not change", True, "ε = 0.01 throughout"),
        ),
        constants=(Constant("a", "theta*L*(s/t - 1/2)", 0.125, 0.45, "computed"),),
        counts=Counts(decided=199, floor=1, failed=2),
        witness=Witness(
            theorem="T3",
            inequality="Psi_next <= Psi - a*e**2",
            sweep=37,
            block="W2",
            replicate=1,
            lhs=0.8124126789012345,
            rhs=0.8123416289012345,
            margin=-7.105000000000014e-05,
            bound=3.552713678800501e-15,
            decided="float",
            values=values,
            state={"W2": np.array([[1.5, -2.0], [0.25, np.inf]]), "sweep": 37},
        ),
        slack=Slack(SWEEPS, tuple(margin), tuple(2e-08 for _ in SWEEPS)),
        notes=("The state before the update was kept: the witness replays.",),
    )


def mdlam_rate() -> Finding:
    """NOT_APPLICABLE: a hypothesis is broken, and a constant was fitted."""
    return Finding(
        theorem="M2",
        title="Linear rate of mDLAM",
        statement="F^{k+1} − F* ≤ C1 (F^{k−1} − F*)",
        latex=r"F^{k+1} - F^* \le C_1\,(F^{k-1} - F^*)",
        source="Wang et al., mDLAM, Theorem 2",
        verdict=Verdict.NOT_APPLICABLE,
        reason="A hypothesis fails: the interval's clips are active.",
        evidence=(Evidence.FITTED,),
        hypotheses=(
            Checked("no clip is active", "ε ≥ max(D1, D2)", False, "ε = 0.001 < 0.3471, sweep 12"),
            Checked("strong convexity", "∇²F ≥ μ I near the limit", None, "no column 'bend'"),
        ),
        constants=(
            Constant("C1", "5*C4**2/(C5*mu**2 + 5*C4**2)", 0.99971, 0.99971),
            Constant("C5", "min(alpha)", 1e-09, 1e-09, "fitted"),
        ),
        counts=Counts(decided=198),
    )


def relative_error() -> Finding:
    """UNDECIDED: a column is missing."""
    return Finding(
        theorem="T4",
        title="Relative error",
        statement="‖w⁺‖ ≤ (B M + s L)‖e⁺‖ + (p2 M + s p1 L)‖e‖",
        latex=r"\lVert w^{k+1}\rVert \le (BM + sL)\lVert e^{k+1}\rVert"
        r" + (p_2M + sp_1L)\lVert e^k\rVert",
        source="amverify, theorem T4",
        verdict=Verdict.UNDECIDED,
        reason="The trace has no column 'residual'.",
        constants=(Constant("M", "M", 0.0, math.inf, "measured"),),
    )


def accelerated() -> Finding:
    """VACUOUS: the inertia never moved."""
    return Finding(
        theorem="A1",
        title="Accelerated mDLAM",
        statement="The extrapolation of the released script accelerates.",
        latex="",
        source="mDLAM, released script",
        verdict=Verdict.VACUOUS,
        reason="‖Δ‖ = 0 in all 600 extrapolations: no inertia ever moved.",
        evidence=(Evidence.EXACT,),
        hypotheses=(Checked("the inertia lives", "‖Δ‖ > 0 somewhere", False, "0 of 600"),),
        counts=Counts(exact=600),
        slack=Slack(SWEEPS, (0.0,) * 200, ()),
    )
