"""The methods of this package: TIAM, JointTIAM, SAMT."""

from __future__ import annotations

from functools import cache

import torch

from amverify.families.loops.ahead import AheadRule, ahead_trace
from amverify.families.loops.sums import same_batch
from amverify.families.sums import FiniteSum
from amverify.methods.inertia import Inertia
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.activations import activation
from amverify.network.coupling import Band
from amverify.network.initial import gaussian
from amverify.network.layered import LayeredProblem
from amverify.network.losses import CrossEntropy
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace
from repro.gallery.entry import Entry, false, true

OURS = "proved: python -m proofs show {}"


def network(mu_bias: float = 0.0) -> LayeredProblem:
    """Five samples, widths 4, 3, 3, ReLU, cross-entropy, ε = 0.3."""
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(5, 4, generator=draw, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0, 1])
    relu, loss = activation("relu"), CrossEntropy()
    return LayeredProblem(x, labels, (4, 3, 3), 0.4, 0.05, Band(0.3), relu, loss, mu_bias=mu_bias)


def _tiam(rule: StepRule, sweeps: int = 12) -> Trace:
    problem = network()
    start = gaussian(problem.widths, 3)
    return traced(TIAM(rule), problem, start, sweeps, measure_every=4)


@cache
def tiam() -> Trace:
    """TIAM with certified inertia."""
    return _tiam(StepRule(Inertia(0.5, 0.6, 0.3), scale=1.2))


@cache
def restless() -> Trace:
    """TIAM's sweeps with mDLAM's inertia, all of it: no safeguard, and steps of 1/(0.6 L)."""
    return _tiam(StepRule(Inertia(0.95, 0.0, 0.0), safeguard="none", scale=0.6), 30)


@cache
def joint() -> Trace:
    """JointTIAM with inertia."""
    problem = network(mu_bias=0.02)
    method = JointTIAM(scale=1.5, momentum=0.4, inertia=0.6)
    return traced(method, problem, gaussian(problem.widths, 3), 12, measure_every=4)


@cache
def samt() -> Trace:
    """SAMT's sweeps on a finite sum, all batches enumerated."""
    return ahead_trace(FiniteSum(11), 6, AheadRule(beta=0.5, most=0.06))[0]


@cache
def samt_same() -> Trace:
    """Step sizes trained on the batch that they serve, on S6's counterexample."""
    return same_batch()


ENTRIES = (
    Entry(
        "TIAM",
        "five samples, widths 4, 3, 3, ReLU, band; certified inertia",
        tiam,
        (
            true("T1", OURS.format("T1")),
            true("T2", OURS.format("T2")),
            true("T3", OURS.format("T3")),
            true("C1", OURS.format("C1")),
            false("T4", "needs a penalty; there is a band"),
        ),
    ),
    Entry(
        "TIAM, outside 𝓡",
        "the same network; p1 = 0.95, no safeguard, s = 0.6",
        restless,
        (
            false("M3", "mDLAM's Lemma 2 needs the safeguard that is left out"),
            false("T3", "outside the admissible region"),
        ),
    ),
    Entry(
        "JointTIAM",
        "the same network; s = 1.5, c = 0.4, p2 = 0.6",
        joint,
        (
            true("TM", OURS.format("TM")),
            true("TH", OURS.format("TH")),
            true("TJ", OURS.format("TJ")),
            true("TPsi", OURS.format("TPsi")),
            true("TB", OURS.format("TB")),
            true("TR", OURS.format("TR")),
            true("TK", OURS.format("TK")),
            false("value[k] <= q*value[k-1]", "no such rate: its rate is TK's", q=0.5),
        ),
    ),
    Entry(
        "SAMT",
        "a finite sum, expectations enumerated; β = 0.5",
        samt,
        (
            true("S8", OURS.format("S8")),
            false("S1", "asks for a fresh batch for every block"),
        ),
    ),
    Entry(
        "SAMT, same batch",
        "S6's finite sum",
        samt_same,
        (
            true("S6", OURS.format("S6")),
            false("S1", "asks for step sizes that are known before the batch; E f rises, says S6"),
        ),
    ),
)
