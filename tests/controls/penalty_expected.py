"""What the theorems on a whole run answer to each mutant of TIAM under a penalty."""

from __future__ import annotations

EXPECTED: dict[str, str] = {
    "step doubled · TIAM, ridges": "TPsi:V TBp:N TRp:N TC0:N TK:N TC:N",
    "block left stale · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:H TK:H TC:H",
    "weight δ' × 1.1 · TIAM, ridges": "TPsi:N TBp:H TRp:N TC0:H TK:N TC:N",
    "not certified · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:H TK:H TC:H",
    "ΔF of the row before · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:H TK:H TC:H",
    "ΔF of the wrong sign · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:N TK:N TC:H",
    "NaN in the trace · TIAM, ridges": "TPsi:I TBp:I TRp:I TC0:I TK:I TC:I",
    "L × 0.1 · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:N TK:N TC:N",
    "δ' × 2.5 · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:N TK:N TC:N",
    "δ recorded as 0 · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:H TK:H TC:H",
    "‖u‖² × 10⁸ · TIAM, ridges": "TPsi:H TBp:V TRp:N TC0:H TK:H TC:H",
    "residuals × 3 · TIAM, ridges": "TPsi:H TBp:H TRp:V TC0:H TK:H TC:H",
    "residuals × 10¹⁰ · TIAM, ridges": "TPsi:H TBp:H TRp:V TC0:H TK:N TC:N",
    "γ recorded × ½ · TIAM, ridges": "TPsi:N TBp:H TRp:V TC0:H TK:H TC:H",
    "s recorded × 2 · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:N TK:N TC:N",
    "p3 recorded as 0 · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:N TK:N TC:N",
    "p1 and p2 recorded as 0 · TIAM, ridges": "TPsi:H TBp:H TRp:N TC0:H TK:N TC:N",
    "ν recorded × 10⁻⁶ · TIAM, ridges": "TPsi:H TBp:H TRp:V TC0:H TK:H TC:H",
    "ρ recorded × 10⁻⁶ · TIAM, ridges": "TPsi:H TBp:H TRp:N TC0:H TK:H TC:H",
    "c of KL × 10⁻⁹ · TIAM, ridges": "TPsi:H TBp:H TRp:H TC0:H TK:H TC:N",
    "Ψ × 10⁻¹⁰ · TIAM, ridges": "TPsi:N TBp:N TRp:N TC0:V TK:V TC:V",
    "objective of the previous iterate · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:H TK:H TC:H",
    "ϑ recorded as 0.9 · TIAM, ridges": "TPsi:N TBp:H TRp:H TC0:N TK:N TC:N",
    "ridges recorded × 100 · TIAM, ridges": "TPsi:H TBp:V TRp:N TC0:H TK:H TC:H",
    "no ridge on b, told · TIAM, ridges": "TPsi:H TBp:N TRp:N TC0:N TK:N TC:N",
}
