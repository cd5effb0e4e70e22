"""The theorems on a whole run of TIAM under a penalty, on random small networks.

python tests/theorems/test_penalty_run.py 1000        # that many networks, from seed 0 on
"""

from __future__ import annotations

import random
import sys
from collections import Counter

import pytest
import torch
from support.problems import parameters
from support.problems import problem as layered

from amverify.judge.audit import audit
from amverify.methods.inertia import Inertia
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Penalty
from amverify.record.layered.run import traced
from amverify.trace.trace import Trace
from amverify.verdict import Finding, Verdict

WHOLE_RUN = ("TPsi", "TBp", "TRp", "TC0", "TK", "TC")
ACCUSED = (Verdict.VIOLATED, Verdict.NOT_APPLICABLE)
ACTIVATIONS = ("relu", "identity", "hard_tanh", "relu6", "leaky_relu")


def recorded(seed: int, sweeps: int = 12) -> Trace:
    """A network, a method and a run, all drawn from a seed; every sweep measured."""
    chance = random.Random(seed)
    layers = chance.randint(1, 4)
    widths = (*(chance.randint(1, 6) for _ in range(layers)), chance.randint(2, 4))
    p = layered(
        widths, chance.randint(2, 12), seed, act=chance.choice(ACTIVATIONS),
        loss=chance.choice(["cross_entropy", "squared_error"]), rho=10 ** chance.uniform(-2, 0.5),
        mu=10 ** chance.uniform(-2, 0), mu_bias=10 ** chance.uniform(-2, 0),
        coupling=Penalty(10 ** chance.uniform(-2, 1)),
        dtype=chance.choice([torch.float64, torch.float32]),
        representation=chance.choice(["dense", "auto"]),
    )  # fmt: skip
    inertia = Inertia(
        chance.choice([0.0, 0.3, 0.5, -0.4, 2.0]), chance.choice([0.0, 0.3, 0.5, 0.9]),
        chance.choice([0.0, 0.3, 1.0, 5.0]),
    )  # fmt: skip
    rule = StepRule(
        inertia, scale=chance.choice([0.6, 1.0, 1.5, 3.0]), margin=chance.choice([0.01, 0.1, 0.5])
    )
    copies = chance.choice([0, 2])
    return traced(TIAM(rule), p, parameters(p, seed, copies), sweeps, measure_every=1)


def findings(seed: int) -> tuple[Finding, ...]:
    """What is said of a run; KL with a constant that no run exceeds."""
    return audit(recorded(seed), WHOLE_RUN, {"theta": 0.5, "c": 1e9, "fstar": 0.0}).findings


@pytest.mark.parametrize("seed", range(12))
def test_each_holds(seed: int) -> None:
    for found in findings(seed):
        assert found.verdict is Verdict.HOLDS, (found.theorem, found.reason)


def test_a_ridge_of_zero_names_what_is_lost() -> None:
    p = layered(mu=0.05, mu_bias=0.0, coupling=Penalty(0.7))
    report = audit(traced(TIAM(), p, parameters(p, 0), 8, measure_every=1), WHOLE_RUN)
    assert report["TPsi"].verdict is Verdict.HOLDS
    for name in WHOLE_RUN[1:]:
        assert report[name].verdict is Verdict.NOT_APPLICABLE
    assert "μ_b > 0 (mu_bias of the problem)" in report["TBp"].reason


def test_other_methods_and_rules_are_no_case_of_it() -> None:
    p = layered(mu=0.05, mu_bias=0.03)
    band = audit(traced(TIAM(), p, parameters(p, 0), 3), WHOLE_RUN)
    assert {found.verdict for found in band.findings} == {Verdict.NOT_APPLICABLE}
    p = layered(mu=0.05, mu_bias=0.03, coupling=Penalty(0.7))
    free = TIAM(StepRule(Inertia(0.5, 0.5, 0.3), safeguard="none"))
    assert audit(traced(free, p, parameters(p, 0), 6), ["TPsi"])["TPsi"].verdict in ACCUSED


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
