"""The theorems on a whole run, on random small networks: none is accused, none holds of nothing.

python tests/theorems/test_whole_run.py 1000        # that many networks, from seed 0 on
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter

import pytest
import torch
from support.problems import parameters
from support.problems import problem as layered

from amverify.judge.audit import audit
from amverify.methods.joint import JointTIAM
from amverify.network.coupling import Band
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Verdict

WHOLE_RUN = ("TPsi", "TB", "TR", "TC0", "TK", "TC", "TCplus")
ACCUSED = (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)
ACTIVATIONS = ("relu", "identity", "hard_tanh", "relu6", "leaky_relu")


def recorded(seed: int, sweeps: int = 12) -> Trace:
    """A network, a method and a run, all drawn from a seed."""
    chance = random.Random(seed)
    layers = chance.randint(1, 4)
    widths = (*(chance.randint(1, 6) for _ in range(layers)), chance.randint(2, 4))
    eps = 10 ** chance.uniform(-3, 0)
    band = chance.choice([Band(eps), Band(2 * eps, 0.5, eps)])
    p = layered(
        widths, chance.randint(2, 12), seed, act=chance.choice(ACTIVATIONS),
        loss=chance.choice(["cross_entropy", "squared_error"]), rho=10 ** chance.uniform(-2, 0.5),
        mu=10 ** chance.uniform(-2, 0), mu_bias=10 ** chance.uniform(-2, 0), coupling=band,
        dtype=chance.choice([torch.float64, torch.float32]),
        representation=chance.choice(["dense", "auto"]),
    )  # fmt: skip
    method = JointTIAM(
        scale=chance.choice([1.05, 1.5, 3.0]), relaxation=chance.choice([0.0, 0.2, 0.8]),
        momentum=chance.choice([0.0, 0.3, -0.4, 5.0]), inertia=chance.choice([0.0, 0.5, 0.99]),
        margin=chance.choice([0.01, 0.1, 0.5]), record=True,
    )  # fmt: skip
    return traced(method, p, parameters(p, seed, chance.choice([0, 2])), sweeps)


def findings(seed: int) -> tuple[Finding, ...]:
    """What is said of a run; KL with a constant that no run exceeds."""
    return audit(recorded(seed), WHOLE_RUN, {"theta": 0.5, "c": 1e9, "fstar": 0.0}).findings


SEEDS = (*range(40), 427)
"""In 427 κ of sweep k₀ is of weights before the bounds hold: once accused."""


@pytest.mark.parametrize("seed", SEEDS)
def test_none_is_accused(seed: int) -> None:
    for found in findings(seed):
        assert found.verdict not in ACCUSED, (found.theorem, found.reason)


def test_most_hold() -> None:
    held = Counter(
        f.theorem for seed in range(12) for f in findings(seed) if str(f.verdict) == "HOLDS"
    )
    assert min(held[name] for name in WHOLE_RUN) >= 9


def test_a_ridge_of_zero_names_what_is_lost() -> None:
    p = layered(mu=0.05, mu_bias=0.0)
    report = audit(traced(JointTIAM(record=True), p, parameters(p, 0), 8), WHOLE_RUN)
    assert report["TPsi"].verdict is Verdict.HOLDS
    for name in ("TB", "TR", "TC0", "TK", "TC"):
        assert report[name].verdict is Verdict.NOT_APPLICABLE
    assert "μ_b > 0: without a ridge on b level sets of F are unbounded" in report["TB"].reason


def test_without_a_declared_kl_inequality_the_bound_by_phi_is_not_asked() -> None:
    p = layered(mu=0.05, mu_bias=0.03)
    trace = traced(JointTIAM(record=True), p, parameters(p, 0), 8)
    alone, declared = (
        audit(trace, ["TC"]),
        audit(trace, ["TC"], {"theta": 0.5, "c": 1e9, "fstar": 0}),
    )
    assert any("was not asked" in note for note in alone["TC"].notes)
    assert not any("was not asked" in note for note in declared["TC"].notes)
    assert declared["TC"].counts.total == 2 * alone["TC"].counts.total
    assert any("K1" in said for said in alone["TC"].unmonitored)


def test_the_budget_is_the_spec_s() -> None:
    """TK's bound is (b1 + b2)√((F(x⁰) − inf R)/(aK)) where ε is constant."""
    p = layered(mu=0.05, mu_bias=0.03)
    trace = traced(JointTIAM(record=True), p, parameters(p, 0), 8)
    (both, bound) = audit(trace, ["TK"])["TK"].constants
    a = 0.1 * 0.025 * 1e-3
    assert math.isclose(bound.low, both.low * math.sqrt(trace.sweeps["value"][0] / (8 * a)))


def main(count: int) -> None:
    """Verdicts of many networks, counted."""
    tally: Counter[tuple[str, str]] = Counter()
    for seed in range(count):
        for found in findings(seed):
            tally[found.theorem, str(found.verdict)] += 1
            if found.verdict in ACCUSED:
                print(seed, found.theorem, found.verdict, found.reason, flush=True)
    print(dict(sorted(tally.items())))


if __name__ == "__main__":
    main(int(sys.argv[1]))
