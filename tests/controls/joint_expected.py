"""What the theorems on a whole run answer to each mutant of the joint method."""

from __future__ import annotations

EXPECTED: dict[str, str] = {
    "step doubled · JointTIAM": "TPsi:V TB:H TR:H TC0:N TK:N TC:H",
    "not certified · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "ε shrinks in every sweep · JointTIAM": "TPsi:H TB:H TR:E TC0:E TK:E TC:U",
    "ΔF of the row before · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "ΔF of the wrong sign · JointTIAM": "TPsi:N TB:H TR:H TC0:N TK:N TC:H",
    "NaN in the trace · JointTIAM": "TPsi:I TB:I TR:I TC0:I TK:I TC:I",
    "‖e‖²_M × 4 · JointTIAM": "TPsi:N TB:H TR:H TC0:N TK:N TC:N",
    "δ' × 2.5 · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "δ recorded as 0 · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "old metric's ‖Δ‖² × ¼ · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "‖u‖² × 10⁸ · JointTIAM": "TPsi:H TB:V TR:N TC0:H TK:H TC:H",
    "‖w‖² × 4 · JointTIAM": "TPsi:H TB:H TR:V TC0:H TK:H TC:H",
    "‖w‖² × 10²⁰ · JointTIAM": "TPsi:H TB:H TR:V TC0:H TK:N TC:N",
    "Ψ × 10⁻¹⁰ · JointTIAM": "TPsi:N TB:N TR:N TC0:V TK:V TC:V",
    "Ψ × 10⁻²⁰ · JointTIAM": "TPsi:N TB:N TR:N TC0:V TK:V TC:U",
    "objective of the previous iterate · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "ϑ recorded × 9 · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H",
    "floors recorded × 100 · JointTIAM": "TPsi:H TB:V TR:N TC0:H TK:H TC:H",
    "no ridge on b, told · JointTIAM": "TPsi:H TB:N TR:N TC0:N TK:N TC:N",
    "ρ recorded × 10⁻⁶ · JointTIAM": "TPsi:H TB:H TR:N TC0:H TK:H TC:H",
    "starts outside the band · JointTIAM": "TPsi:N TB:N TR:N TC0:N TK:N TC:N",
    "c of KL × 10⁻⁹ · JointTIAM": "TPsi:H TB:H TR:H TC0:H TK:H TC:N",
}
