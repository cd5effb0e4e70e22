"""Mutants for every theorem of the catalogue: each must cost at least one of its claims HOLDS.

A mutant is a fault in a program or in its records. It is caught where a theorem that its subject
claims no longer HOLDS; the same run without the fault gives HOLDS, so no control is vacuous.
(M1 leaves its constant to the run: VACUOUS is the best that it can get.)

``expected.EXPECTED`` says what each theorem of the subject answers, by the letters of ``LETTERS``.
An H there is a claim that is true of the faulty run as well: T1 holds whatever the inertia was, a
rate is far above an objective that rises once, T4 bounds the residual by the worst of a whole ball.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import faults
import joint_mutants
import metric_mutants
import penalty_mutants
import samt_mutants
from edits import FLIP, QUADRUPLE, column, lagging, not_a_number, rising, times, unset
from faults import (
    BOXED,
    CERTIFIED,
    NONCONVEX,
    PLAIN,
    QUADRATIC,
    SADDLE,
    UNCOUPLED,
    VALLEY,
    WIDE,
)
from test_sweep_mutants import (
    bias_never_moved,
    modulus_too_small,
    nan_accepted,
    stale_block,
    step_doubled,
    weight_too_large,
)

from amverify.errors import InvalidInput
from amverify.families.loops.blocks import Rule
from amverify.judge.audit import audit
from amverify.methods.tiam import TIAM, mdlam
from amverify.network.coupling import Band, Penalty
from amverify.theorems import CATALOGUE
from amverify.trace.trace import Trace

SUBJECTS = {
    **faults.SUBJECTS,
    **metric_mutants.SUBJECTS,
    **joint_mutants.SUBJECTS,
    **penalty_mutants.SUBJECTS,
    **samt_mutants.SUBJECTS,
}
"""Right runs; their theorems HOLD, but for M1, whose constant is fitted: VACUOUS at best."""
LETTERS = {
    "H": "HOLDS",
    "V": "VIOLATED",
    "N": "NOT_APPLICABLE",
    "E": "VACUOUS",
    "U": "UNDECIDED",
    "I": "InvalidInput",
}


@dataclass(frozen=True)
class Mutant:
    """A fault in a subject.

    Args:
        fault: which of audit.md's negative controls it is.
        subject: whose run it spoils.
        make: the faulty run.
        constants: declared constants that are wrong.
    """

    fault: str
    subject: str
    make: Callable[[], Trace]
    constants: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Fault and subject in words."""
        return f"{self.fault} · {self.subject}"


def verdict(trace: Trace, theorem: str, constants: Mapping[str, float]) -> str:
    """What the audit answers, InvalidInput included."""
    try:
        known = {n: v for n, v in constants.items() if n in CATALOGUE[theorem].declarable}
        return str(audit(trace, [theorem], known).verdict)
    except InvalidInput:
        return "InvalidInput"


def answers(mutant: Mutant) -> dict[str, str]:
    """What every theorem of the mutant's subject answers, as letters."""
    subject, letters = SUBJECTS[mutant.subject], {word: key for key, word in LETTERS.items()}
    try:
        trace = mutant.make()
    except InvalidInput:
        return dict.fromkeys(subject.theorems, "I")
    constants = {**subject.constants, **mutant.constants}
    return {name: letters[verdict(trace, name, constants)] for name in subject.theorems}


def caught(mutant: Mutant, found: Mapping[str, str]) -> bool:
    """Whether a theorem that its subject claims no longer HOLDS (M1: is no longer VACUOUS)."""
    right = SUBJECTS[mutant.subject].theorems
    return any(found[name] not in ("HE" if name == "M1" else "H") for name in right)


def _edited(fault: str, subject: str, edit: Callable[[Trace], Trace]) -> Mutant:
    return Mutant(fault, subject, lambda: edit(SUBJECTS[subject].trace()))


def _wrong(fault: str, subject: str, **constants: float) -> Mutant:
    return Mutant(fault, subject, SUBJECTS[subject].trace, constants)


BLOCK_LOOPS = (
    ("block descent", QUADRATIC, CERTIFIED),
    ("uncoupled inertia", QUADRATIC, UNCOUPLED),
    ("PALM", PLAIN, Rule(s=1.0625)),
    ("nonconvex block descent", SADDLE, NONCONVEX),
    ("wide region", QUADRATIC, WIDE),
    ("boxed block descent", BOXED, CERTIFIED),
)
PROGRAM_FAULTS: dict[str, faults.Wrong] = {
    "step doubled": faults.doubled,
    "block left stale": faults.stale,
    "sign flipped": faults.flipped,
    "block never updated": faults.dead,
    "NaN": faults.poisoned,
}
SWEEP_FAULTS: dict[str, faults.Patch] = {
    "step doubled": step_doubled,
    "block left stale": stale_block,
    "sign flipped": faults.weight_sign_flipped,
    "block never updated": bias_never_moved,
    "modulus × 0.9": modulus_too_small,
    "ΔF halved": faults.change_halved,
    "weight δ × 1.1": weight_too_large,
    "NaN": nan_accepted,
}


def _in_block_loops() -> Iterator[Mutant]:
    for subject, problem, rule in BLOCK_LOOPS:
        for fault, wrong in PROGRAM_FAULTS.items():
            yield Mutant(fault, subject, partial(faults.blocks, problem, rule, wrong))
        for factor in (0.5,) if problem is BOXED else (0.9, 0.5):  # its moduli are row sums
            make = partial(faults.blocks, problem, rule, faults.scaled_modulus(factor))
            yield Mutant(f"modulus × {factor}", subject, make)
        if rule.p2:
            make = partial(faults.without_inertia, problem, rule)
            yield Mutant("inertia zeroed", subject, make)
    make = partial(faults.blocks, BOXED, CERTIFIED, faults.leaky)
    yield Mutant("box violated", "boxed block descent", make)
    make = partial(faults.blocks, QUADRATIC, faults.OUTSIDE)
    yield Mutant("parameters outside the region", "block descent", make)
    make = partial(faults.blocks, QUADRATIC, faults.OUTSIDE)
    yield Mutant("parameters outside the region", "wide region", make)
    make = partial(faults.blocks, SADDLE, faults.OUTSIDE_NONCONVEX)
    yield Mutant("parameters outside the region", "nonconvex block descent", make)


def _in_optimisers() -> Iterator[Mutant]:
    loops = {
        "gradient descent": partial(faults.descent, QUADRATIC, 1.9),
        "heavy ball": partial(faults.descent, QUADRATIC, 0.95, beta=0.5),
        "Nesterov": partial(faults.accelerated, QUADRATIC),
        "trained step sizes": partial(faults.scaled, faults.PLAIN),
    }
    for subject, loop in loops.items():
        for fault, wrong in PROGRAM_FAULTS.items():
            if fault != "block never updated" or subject == "trained step sizes":
                yield Mutant(fault, subject, partial(loop, wrong=wrong))
    for factor in (0.9, 0.5):
        wrong = faults.scaled_modulus(factor)
        yield Mutant(
            f"modulus × {factor}",
            "trained step sizes",
            partial(faults.scaled, faults.PLAIN, wrong),
        )
    yield Mutant("η doubled", "gradient descent", partial(faults.doubled_eta, QUADRATIC, 1.9))
    yield Mutant("η doubled", "heavy ball", partial(faults.doubled_eta, QUADRATIC, 0.95, 0.5))
    lost = partial(faults.momentum_lost, QUADRATIC, 0.95, 0.5)
    yield Mutant("inertia zeroed", "heavy ball", lost)
    yield Mutant("inertia zeroed", "Nesterov, flat", partial(faults.unaccelerated, VALLEY))


def _in_methods() -> Iterator[Mutant]:
    couplings = {"TIAM, band": Band(0.3), "TIAM, penalty": Penalty(0.7)}
    for subject, coupling in couplings.items():
        for fault, patch in SWEEP_FAULTS.items():
            # with a penalty there is no box to be stale, and σ² times 0.9 is hidden by ν
            if not (patch in (stale_block, modulus_too_small) and isinstance(coupling, Penalty)):
                yield Mutant(fault, subject, partial(faults.tiam, coupling, patch=patch))
        forgets = {
            "inertia zeroed": faults.ForgetsDisplacements(faults.RULE),
            "weights δ forgotten": faults.ForgetsWeights(faults.RULE),
        }
        for fault, method in forgets.items():
            yield Mutant(fault, subject, partial(faults.tiam, coupling, method))
    wide = TIAM(faults.WIDE_RULE)
    for fault in ("step doubled", "block left stale", "sign flipped", "weight δ × 1.1"):
        make = partial(faults.tiam, Band(0.3), wide, SWEEP_FAULTS[fault])
        yield Mutant(fault, "TIAM, wide region", make)
    forgets = faults.ForgetsWeights(faults.WIDE_RULE)
    yield Mutant(
        "weights δ forgotten", "TIAM, wide region", partial(faults.tiam, Band(0.3), forgets)
    )
    still = faults.ForgetsDisplacements(mdlam().rule)
    yield Mutant("inertia zeroed", "mDLAM", partial(faults.tiam, Band(0.3), still))
    yield Mutant(
        "block never updated", "mDLAM", partial(faults.tiam, Band(0.3), mdlam(), bias_never_moved)
    )
    yield Mutant("safeguard left out", "mDLAM", partial(faults.restless, Band(0.3)))
    yield Mutant("ρ too small", "dlADMM", partial(faults.dladmm, 1e-3))
    yield Mutant("band active", "PALM, wide band", partial(faults.wide_band, 0.3))
    shrinking = Band(0.5, factor=0.5, floor=1e-3)
    yield Mutant(
        "ε shrinks", "PALM, wide band", partial(faults.tiam, shrinking, faults.palm(), sweeps=30)
    )


WITH_BLOCKS = (
    "block descent",
    "uncoupled inertia",
    "PALM",
    "nonconvex block descent",
    "wide region",
    "TIAM, band",
    "TIAM, penalty",
    "TIAM, wide region",
    "mDLAM",
)
WITH_VALUES = (
    "gradient descent",
    "heavy ball",
    "PALM",
    "block descent",
    "TIAM, band",
    "mDLAM",
    "PALM, wide band",
    "dlADMM",
)
STEPPED = ("gradient descent", "heavy ball", "trained step sizes")


def _in_traces() -> Iterator[Mutant]:
    for subject in WITH_BLOCKS:
        for fault, change in (
            ("ΔF of the row before", lagging),
            ("ΔF of the wrong sign", FLIP),
            ("NaN in the trace", not_a_number),
        ):
            yield _edited(fault, subject, column("blocks", "change", change))
        if subject != "mDLAM":
            yield _edited("‖e‖² × 4", subject, column("blocks", "step", QUADRUPLE))
        if subject not in ("PALM", "mDLAM", "nonconvex block descent"):
            crossed = column("blocks", "cross", times(-1.0))
            yield _edited("⟨Δ, e⟩ with the wrong sign", subject, crossed)
    for subject in WITH_VALUES:
        lag = column("sweeps", "value", lagging)
        yield _edited("objective of the previous iterate", subject, lag)
        rise = column("sweeps", "value", rising)
        yield _edited("objective rises once", subject, rise)
    for subject in STEPPED:
        if subject != "trained step sizes":
            yield _edited("‖e‖² × 4", subject, column("sweeps", "step", QUADRUPLE))
        yield _edited("NaN in the trace", subject, column("sweeps", "gradient", not_a_number))
    for subject in ("gradient descent", "trained step sizes"):
        yield _edited("‖∇f‖² × 100", subject, column("sweeps", "gradient", times(100.0)))
    for subject in ("PALM", "TIAM, band", "mDLAM", "dlADMM"):
        yield _edited("Σ ΔF rises once", subject, column("sweeps", "change", FLIP))
    for subject in ("block descent", "TIAM, band", "TIAM, wide region"):
        yield _edited("δ recorded as 0", subject, column("blocks", "delta", unset))
        yield _edited("weight δ' × 1.1", subject, column("blocks", "delta_next", times(1.1)))
    for subject in ("TIAM, band", "TIAM, penalty"):
        for name in ("residual_block", "weight_gradient"):
            yield _edited(f"{name} × 10⁶", subject, column("measures", name, times(1e6)))
    yield _edited(
        "joint residual halved", "TIAM, band", column("measures", "residual_joint", times(0.5))
    )
    yield _edited("γ × 4", "TIAM, penalty", column("blocks", "gamma", times(4.0)))
    for name, subject in (("slope", "trained step sizes"), ("weighted", "trained step sizes")):
        yield _edited(f"{name} × 1.1", subject, column("blocks", name, times(1.1)))
    yield _edited("modulus recorded × 1.5", "PALM", column("blocks", "modulus", times(1.5)))
    yield _edited(
        "modulus recorded × 1.5", "nonconvex block descent", column("blocks", "modulus", times(5.0))
    )
    for name, factor in (("rise", 4.0), ("turn", -100.0)):
        bent = column("blocks", name, times(factor))
        yield _edited(f"{name} × {factor:g}", "nonconvex block descent", bent)
    yield _edited("ΔF of the wrong sign", "trained step sizes", column("blocks", "change", FLIP))
    late, rise = (column("sweeps", "value", edit) for edit in (lagging, rising))
    yield _edited("objective of the previous iterate", "Nesterov", late)
    yield _edited("objective rises once", "Nesterov", rise)


def _in_constants() -> Iterator[Mutant]:
    gradient = SUBJECTS["gradient descent"].constants
    yield _wrong("L × 0.9", "gradient descent", L=0.9 * faults.L)
    yield _wrong("L × 0.9", "heavy ball", L=0.9 * faults.L)
    yield _wrong("a ÷ 0.9", "gradient descent", a=gradient["a"] / 0.9)
    yield _wrong("b × 0.9", "gradient descent", b=0.9 * gradient["b"])
    yield _wrong("f* raised", "gradient descent", fstar=float(QUADRATIC.constants.fstar or 0) + 1)
    yield _wrong("D × 0.1", "Nesterov, flat", D=0.1 * float(VALLEY.declared()["D"]["value"]))
    yield _wrong("C5 too large", "PALM, wide band", C5=1e12)


MUTANTS: tuple[Mutant, ...] = (
    *_in_block_loops(),
    *_in_optimisers(),
    *_in_methods(),
    *_in_traces(),
    *_in_constants(),
    *(Mutant(fault, subject, *rest) for fault, subject, *rest in metric_mutants.faults()),
    *(Mutant(fault, subject, *rest) for fault, subject, *rest in joint_mutants.faults()),
    *(Mutant(fault, subject, *rest) for fault, subject, *rest in penalty_mutants.faults()),
    *(Mutant(fault, subject, *rest) for fault, subject, *rest in samt_mutants.faults()),
)


def _uncatchable() -> Iterator[tuple[Mutant, str]]:
    yield (
        _wrong("M × 0.001", "trained step sizes", M=1e-3 * faults.L),
        "√B·M is a small part of √B·M + 1/α_min: the claim is true with a smaller M",
    )
    weak = partial(faults.tiam, Penalty(0.7), patch=modulus_too_small)
    yield (
        Mutant("modulus × 0.9", "TIAM, penalty", weak),
        "T1 asks for a modulus along e − p2Δ alone, and there it still is one",
    )
    crossed = column("blocks", "cross", times(-1.0))
    yield (
        _edited("⟨Δ, e⟩ with the wrong sign", "PALM", crossed),
        "without inertia ⟨Δ, e⟩ is multiplied by 0",
    )
    yield (
        _edited("⟨Δ, e⟩ with the wrong sign", "nonconvex block descent", crossed),
        "T2n and what it asks of H do not speak of ⟨Δ, e⟩",
    )


UNCATCHABLE: tuple[tuple[Mutant, str], ...] = tuple(_uncatchable())
"""Faults under which every claim of the subject is still true, and why."""
