"""True claims on problems whose constants are known: none may be VIOLATED or NOT_APPLICABLE.

An *example* is a run of a loop or of TIAM on a problem drawn from a seed, in float32 or float64,
for a handful of steps or for hundreds, until every margin lies at the rounding floor. Its claims
are theorems whose hypotheses hold by construction. UNDECIDED and VACUOUS are no accusations: a
problem of one eigenvalue makes gradient descent an equality, and a block may start at its optimum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import torch
from support.problems import parameters
from support.problems import problem as layered

from amverify.families import draw
from amverify.families.loops.ahead import AheadRule, ahead_trace
from amverify.families.loops.blocks import Rule, block_descent
from amverify.families.loops.gradient import (
    Format,
    gradient_descent,
    heavy_ball,
    nesterov,
    step_size,
)
from amverify.families.loops.scaled import scaled_descent, scaled_momentum
from amverify.families.loops.sums import SumRule, stochastic_descent
from amverify.families.problem import Problem
from amverify.families.sums import FiniteSum
from amverify.judge.audit import audit
from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, mdlam, palm
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace
from amverify.verdict import Verdict

SMOOTH = ("quadratic", "least_squares", "finite_sum")
CONVEX = ("quadratic", "least_squares", "power", "mixed_power", "flat_valley", "sparse_l1")
CONVEX_BLOCKS = (
    *("quadratic", "quadratic_box", "least_squares", "factorisation", "dictionary"),
    *("deep_linear", "bilinear_logistic", "scalar_product", "finite_sum", "layered_band"),
)
COUPLED = ("quadratic", "least_squares", "finite_sum")
KNOWN_KL = ("quadratic", "least_squares", "power", "mixed_power", "flat_valley", "double_well")
SUMS = ("finite_sum", "finite_sum_3")
DTYPES: tuple[Format, ...] = ("float32", "float64")
CLEAR = 2.0**-30
"""A declared constant is this much on the safe side of the exact one, relatively."""
ACCUSED = (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)

Claimed = tuple[Trace, tuple[str, ...], Mapping[str, float]]
Loop = Callable[[Problem, int, Format, int], Claimed]


def _gradient(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    """Gradient descent with ηL near 0.3, 1 and 1.9; constants of H1 and H2 are the tight ones."""
    share = (0.3, 1.0, 1.9)[seed % 3]
    eta = step_size(problem, share)
    modulus = float(problem.constants.L or 0)
    claims = ["G1", "descent", "H1", "H2"] + ["G2"] * (problem.constants.mu is not None)
    constants = {
        "a": (1 / eta - modulus / 2) * (1 - CLEAR),
        "b": (1 / eta + modulus) * (1 + CLEAR),
    }
    return gradient_descent(problem, steps, eta, dtype), tuple(claims), constants


def _heavy(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    return heavy_ball(problem, steps, beta=(0.25, 0.5, 0.9)[seed % 3], dtype=dtype), ("G4",), {}


def _nesterov(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    return nesterov(problem, steps, dtype=dtype), ("G5",), {}


def _palm(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    rule = Rule(s=(1.0, 1.25)[seed % 2])
    return block_descent(problem, steps, rule, dtype), ("T1", "G3", "M3"), {}


def _inertial(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    rules = (
        (Rule(p1=0.5, p2=0.5, p3=0.25), ("T1", "T2", "T2z")),
        (Rule(s=1.5, p1=-0.25, p2=0.75), ("T1",)),
        (Rule(p1=0.4), ("T1", "T2", "T2z")),
        (Rule(p1=0.25, p2=0.625), ("T1", "T2z")),
    )
    rule, claims = rules[seed % 4]
    return block_descent(problem, steps, rule, dtype), claims, {}


def _certified(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    rule = Rule(s=1.2, p1=0.5, p2=0.7, p3=0.3, certified=True)
    return block_descent(problem, steps, rule, dtype), ("T1", "T2", "T3"), {}


def _nonconvex(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    rule = Rule(s=1.25, p1=(0.25, -0.25)[seed % 2], p2=0.25)
    return block_descent(problem, steps, rule, dtype), ("T2n",), {}


def _sparse(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    """g = λ‖x‖₁ is convex: T1 holds with p3 = 0."""
    rule = (Rule(), Rule(s=1.25, p1=0.4, p2=0.5))[seed % 2]
    return block_descent(problem, steps, rule, dtype), ("T1",), {}


def _trained(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    return scaled_descent(problem, steps, dtype=dtype), ("S4",), {}


def _momentum(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    return scaled_momentum(problem, steps, dtype), ("S4m",), {}


def _length(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    """Gradient descent with the KL constants that the family knows."""
    known = problem.constants
    eta = step_size(problem, (0.5, 1.0)[seed % 2])
    modulus, theta = float(known.L or 0), Fraction(known.theta or 0)
    exact = Fraction(float(theta)) == theta
    constants: dict[str, Any] = {
        "a": (1 / eta - modulus / 2) * (1 - CLEAR),
        "b": (1 / eta + modulus) * (1 + CLEAR),
        "c": float(known.c or 0) * (1 + CLEAR),
        "theta": {"value": float(theta), "error": 0.0 if exact else 2.0**-53},
        "memory": 1 + seed % 2,
        "tau": 2.0**20,
        "omega": 2.0**20,
    }
    return gradient_descent(problem, steps, eta, dtype), ("T5", "T5e", "T6", "T6e", "K2"), constants


def _fresh(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    rule = (SumRule(), SumRule(meta="fixed"), SumRule(size=2))[seed % 3]
    claims = ("S1", "S2", "S5") if rule.meta == "fixed" else ("S1", "S5")
    assert isinstance(problem, FiniteSum)
    return stochastic_descent(problem, 5, rule, seed), claims, {}


def _one_batch(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    narrow = SumRule(fresh=False, meta="fixed", low=2.0**-9, high=2.0**-5)
    assert isinstance(problem, FiniteSum)
    rule = (SumRule(fresh=False), narrow)[seed % 2]
    return stochastic_descent(problem, 5, rule, seed), ("S3", "S5"), {}


def _ahead(problem: Problem, steps: int, dtype: Format, seed: int) -> Claimed:
    """One batch a sweep, with and without extrapolation; all pasts of the first sweeps."""
    assert isinstance(problem, FiniteSum)
    rule = (
        AheadRule(most=0.07),
        AheadRule(beta=0.5, most=0.06),
        AheadRule(most=0.04, rate=0.5, least=0.01, size=2),
        AheadRule(beta=0.9, most=0.0024),
    )[seed % 4]
    trace, _ = ahead_trace(problem, 3, rule, seed, pasts=3)
    return trace, ("S7",) if rule.beta == 0 else ("S8",), {}


LOOPS: Mapping[str, tuple[Loop, tuple[str, ...]]] = {
    "gradient descent": (_gradient, SMOOTH),
    "heavy ball": (_heavy, SMOOTH),
    "Nesterov": (_nesterov, CONVEX),
    "PALM": (_palm, CONVEX_BLOCKS),
    "inertial blocks": (_inertial, CONVEX_BLOCKS),
    "certified blocks": (_certified, CONVEX_BLOCKS),
    "nonconvex blocks": (_nonconvex, ("nonconvex_quadratic",)),
    "sparse blocks": (_sparse, ("sparse_l1",)),
    "trained step sizes": (_trained, COUPLED),
    "momentum in the block": (_momentum, COUPLED),
    "finite length": (_length, KNOWN_KL),
    "fresh batches": (_fresh, SUMS),
    "one batch a sweep": (_one_batch, SUMS),
    "extrapolated sweeps": (_ahead, SUMS),
}
COUPLINGS: tuple[Coupling, ...] = (Band(0.3), Penalty(0.7), Band(1.0, factor=0.7, floor=0.1))
TORCH = {"float32": torch.float32, "float64": torch.float64}


def _tiam(seed: int, steps: int, dtype: Format) -> Claimed:
    """TIAM on a layered problem: couplings, moduli, safeguards and replicates in turn."""
    coupling = COUPLINGS[seed % 3]
    safeguard = ("none", "monotone", "certified")[seed // 3 % 3]
    moduli = ("exact", "backtracking")[seed // 9 % 2]
    copies = (0, 2)[seed // 18 % 2]
    p = layered((4, 3, 3), 5, seed=seed, coupling=coupling, dtype=TORCH[dtype])
    rule = StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2, safeguard=safeguard, steps=moduli)  # type: ignore[arg-type]
    trace = traced(TIAM(rule), p, parameters(p, seed, copies), steps)
    claims = ["T1", "T2", "C1", "M4"]
    claims += ["T3"] * (safeguard == "certified")
    claims += ["T1p", "T4"] * isinstance(coupling, Penalty)
    return trace, tuple(claims), {}


def _relatives(seed: int, steps: int, dtype: Format) -> Claimed:
    """PALM and mDLAM: F falls in every sweep in which ε stays."""
    method = (palm(), mdlam(), mdlam("backtracking"))[seed % 3]
    p = layered((4, 3, 3), 5, seed=seed, coupling=COUPLINGS[seed // 3 % 3], dtype=TORCH[dtype])
    trace = traced(method, p, parameters(p, seed), steps)
    claims = ("T1", "M3", "A1", "M4", "C1")
    return trace, claims + ("T4",) * isinstance(p.coupling, Penalty), {}


def _wide(seed: int, steps: int, dtype: Format) -> Claimed:
    """TIAM certified with the larger region, p1·s below p2: couplings and moduli in turn."""
    coupling = COUPLINGS[seed % 3]
    moduli = ("exact", "backtracking")[seed // 3 % 2]
    p = layered((4, 3, 3), 5, seed=seed, coupling=coupling, dtype=TORCH[dtype])
    rule = StepRule(Inertia(0.2, 0.6, 0.1), steps=moduli, region="wide")  # type: ignore[arg-type]
    trace = traced(TIAM(rule), p, parameters(p, seed), steps)
    return trace, ("T2z", "T3z") + ("T4",) * isinstance(coupling, Penalty), {}


def _joint(seed: int, steps: int, dtype: Format) -> Claimed:
    """JointTIAM: bands, inertia of either sign, scales and replicates in turn."""
    coupling = (COUPLINGS[0], COUPLINGS[2])[seed % 2]
    c, p2, scale = ((0.0, 0.0, 1.05), (0.4, 0.6, 1.5), (-0.4, 0.9, 2.0))[seed // 2 % 3]
    copies = (0, 2)[seed // 6 % 2]
    p = layered(
        (4, 3, 3), 5, seed=seed, coupling=coupling, dtype=TORCH[dtype], mu=0.05, mu_bias=0.02
    )
    method = JointTIAM(scale=scale, momentum=c, inertia=p2, relaxation=0.3 * (seed % 3))
    return traced(method, p, parameters(p, seed, copies), steps), METRIC, {}


METRIC = ("TM", "TMG", "TMQ", "TH", "TJ")
LAYERED: Mapping[str, Callable[[int, int, Format], Claimed]] = {
    "TIAM": _tiam,
    "TIAM, wide region": _wide,
    "JointTIAM": _joint,
    "PALM and mDLAM, layered": _relatives,
}


@dataclass(frozen=True)
class Example:
    """One run to be made: everything that it depends on."""

    loop: str
    family: str
    seed: int
    dtype: Format
    steps: int

    def claimed(self) -> Claimed:
        """The run, what holds of it, and the constants declared for it."""
        if self.loop in LAYERED:
            return LAYERED[self.loop](self.seed, self.steps, self.dtype)
        loop, _ = LOOPS[self.loop]
        return loop(draw(self.family, self.seed), self.steps, self.dtype, self.seed)


@dataclass
class Tally:
    """What came out of many examples."""

    runs: int = 0
    steps: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    instances: Counter[str] = field(default_factory=Counter)
    alarms: list[tuple[Example, str, str, str]] = field(default_factory=list)

    @property
    def examples(self) -> int:
        """True claims that were judged: one a theorem and run."""
        return sum(self.verdicts.values())

    def add(self, other: Tally) -> None:
        """Take in another tally."""
        self.runs, self.steps = self.runs + other.runs, self.steps + other.steps
        self.verdicts.update(other.verdicts)
        self.instances.update(other.instances)
        self.alarms += other.alarms


def judged(example: Example) -> Tally:
    """One example's claims, judged."""
    trace, claims, constants = example.claimed()
    report = audit(trace, claims, constants)
    tally = Tally(runs=1, steps=example.steps)
    for finding in report.findings:
        tally.verdicts[finding.theorem, str(finding.verdict)] += 1
        for name in ("decided", "exact", "floor", "failed"):
            tally.instances[name] += getattr(finding.counts, name)
        if finding.verdict in ACCUSED:
            alarm = (example, finding.theorem, str(finding.verdict), finding.reason)
            tally.alarms.append(alarm)
    return tally


FEW, MANY = 20, 300
"""Steps of a short run, and of one that converges."""


def examples(seed: int) -> Iterator[Example]:
    """The examples of a seed: each loop on each of its families, both formats in turn.

    Every fifth seed runs to convergence; the layered methods take one run a seed.
    """
    steps = MANY if seed % 5 == 4 else FEW
    for i, (loop, (_, families)) in enumerate(LOOPS.items()):
        for j, family in enumerate(families):
            yield Example(loop, family, seed, DTYPES[(seed + i + j + seed // 5) % 2], steps)
    for loop in LAYERED:
        sweeps = MANY if seed % 36 == 31 else FEW
        yield Example(loop, "layered", seed, DTYPES[(seed + seed // 5) % 2], sweeps)


def sample(seeds: Any) -> list[Example]:
    """The examples of several seeds."""
    return [example for seed in seeds for example in examples(seed)]
