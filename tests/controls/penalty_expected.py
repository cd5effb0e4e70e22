"""What the theorems on a whole run answer to each mutant of TIAM under a penalty."""

from __future__ import annotations

EXPECTED: dict[str, str] = {
    "step doubled · TIAM, penalty, both ridges": "TPsi:V TBp:N",
    "block left stale · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "weight δ' × 1.1 · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "not certified · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "ΔF of the row before · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "ΔF of the wrong sign · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "NaN in the trace · TIAM, penalty, both ridges": "TPsi:I TBp:I",
    "L × 0.1 · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "δ' × 2.5 · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "δ recorded as 0 · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "‖u‖² × 10⁸ · TIAM, penalty, both ridges": "TPsi:H TBp:V",
    "Ψ × 10⁻¹⁰ · TIAM, penalty, both ridges": "TPsi:N TBp:N",
    "objective of the previous iterate · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "ϑ recorded as 0.9 · TIAM, penalty, both ridges": "TPsi:N TBp:H",
    "ridges recorded × 100 · TIAM, penalty, both ridges": "TPsi:H TBp:V",
    "no ridge on b, told · TIAM, penalty, both ridges": "TPsi:H TBp:N",
}
