"""What the theorems on a whole run answer to each mutant of the joint method."""

from __future__ import annotations

EXPECTED: dict[str, str] = {
    "step doubled · JointTIAM": "TPsi:V TB:H TR:H TC0:N TK:N TC:H TCplus:H",
    "not certified · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "ε shrinks in every sweep · JointTIAM": "TPsi:H TB:H TR:E TC0:E TK:E TC:U TCplus:H",
    "ΔF of the row before · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "ΔF of the wrong sign · JointTIAM": "TPsi:N TB:H TR:H TC0:N TK:N TC:H TCplus:N",
    "NaN in the trace · JointTIAM": "TPsi:I TB:I TR:I TC0:I TK:I TC:I TCplus:I",
    "‖e‖²_M × 4 · JointTIAM": "TPsi:N TB:H TR:H TC0:N TK:N TC:N TCplus:N",
    "δ' × 2.5 · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "δ recorded as 0 · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "old metric's ‖Δ‖² × ¼ · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "‖u‖² × 10⁸ · JointTIAM": "TPsi:H TB:V TR:N TC0:H TK:H TC:H TCplus:H",
    "gap × −1 · JointTIAM": "TPsi:H TB:H TR:H TC0:H TK:H TC:H TCplus:V",
    "gap × 100 · JointTIAM": "TPsi:H TB:H TR:H TC0:H TK:H TC:H TCplus:V",
    "‖w‖² × 4 · JointTIAM": "TPsi:H TB:H TR:V TC0:H TK:H TC:H TCplus:H",
    "‖w‖² × 10²⁰ · JointTIAM": "TPsi:H TB:H TR:V TC0:H TK:N TC:N TCplus:H",
    "Ψ × 10⁻¹⁰ · JointTIAM": "TPsi:N TB:N TR:N TC0:V TK:V TC:V TCplus:V",
    "Ψ × 10⁻²⁰ · JointTIAM": "TPsi:N TB:N TR:N TC0:V TK:V TC:U TCplus:V",
    "objective of the previous iterate · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "ϑ recorded × 9 · JointTIAM": "TPsi:N TB:H TR:H TC0:H TK:H TC:H TCplus:N",
    "floors recorded × 100 · JointTIAM": "TPsi:H TB:V TR:N TC0:H TK:H TC:H TCplus:H",
    "no ridge on b, told · JointTIAM": "TPsi:H TB:N TR:N TC0:N TK:N TC:N TCplus:H",
    "ρ recorded × 10⁻⁶ · JointTIAM": "TPsi:H TB:H TR:N TC0:H TK:H TC:H TCplus:H",
    "starts outside the band · JointTIAM": "TPsi:N TB:N TR:N TC0:N TK:N TC:N TCplus:N",
    "c of KL × 10⁻⁹ · JointTIAM": "TPsi:H TB:H TR:H TC0:H TK:H TC:N TCplus:H",
}
