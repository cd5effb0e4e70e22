"""S1, S2, S3 and S5 on runs of the optimiser itself: finite sums, every expectation enumerated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from amverify.families.loops.sums import (
    Batch,
    SumPath,
    SumRule,
    draw_batches,
    exact_symbols,
    sum_trace,
)
from amverify.families.sums import FiniteSum
from amverify.judge.audit import audit
from amverify.samt import SAMT
from amverify.samt.probe import predictability_probe
from amverify.samt.sweep import Sweep
from amverify.verdict import Evidence, Verdict

SWEEPS = 5


class Recorded:
    """A run of SAMT on a finite sum: where each block was updated, and with which step sizes."""

    def __init__(self, problem: FiniteSum, rule: SumRule, settings: dict[str, Any]) -> None:
        scale = 1 / float(problem.constants.L or 1)
        self.problem, self.rule = problem, rule
        self.bounds = rule.low * scale, rule.high * scale
        self.settings = {
            "lr": (self.bounds[0] * self.bounds[1]) ** 0.5, "bounds": self.bounds, "meta_lr": 0.3,
            "extrapolation": 0.0, "order": "forward", "resample": rule.fresh, **settings,
        }  # fmt: skip
        if rule.meta == "fixed":
            self.settings["meta_lr"] = 0.0

    def run(self, batches: Sequence[list[Batch]], patch: pytest.MonkeyPatch) -> SumPath:
        """The path along these batches."""
        problem, n, count = self.problem, self.problem.dimension, len(self.problem.blocks)
        start = torch.from_numpy(problem.x0)
        own = [list(block.index) for block in problem.blocks]
        parts = [torch.nn.Parameter(start[index].clone()) for index in own]
        optimiser = SAMT([{"params": [w]} for w in parts], **self.settings)
        rows, target = torch.from_numpy(problem.rows), torch.from_numpy(problem.target)
        visited, alpha = np.zeros((len(batches), count, n)), np.zeros((len(batches), count, n))
        trained = np.zeros((len(batches), count))
        points = [problem.x0.copy()]
        literal, at = Sweep._move, [0]

        def move(sweep: Sweep, block: Any, alphas: Any, *along: Any) -> Any:
            visited[at[0], block.number] = torch.cat([w.detach() for w in parts]).numpy()
            alpha[at[0], block.number, own[block.number]] = alphas[0].expand(
                len(own[block.number])).numpy()  # fmt: skip
            return literal(sweep, block, alphas, *along)

        patch.setattr(Sweep, "_move", move)
        drawn: list[Batch] = []
        stream: list[Batch] = []

        def draw() -> None:
            drawn[:] = [stream.pop(0)]

        def closure() -> Tensor:
            w = torch.cat(list(parts))
            chosen = list(drawn[0])
            return 0.5 * (rows[chosen] @ w - target[chosen]).square().mean()

        for k, batch in enumerate(batches):
            at[0], stream[:], drawn[:] = k, batch, [batch[0]]
            before = [a.clone() for a in optimiser.step_sizes().values()]
            optimiser.step(closure, draw if self.rule.fresh else None)
            after = optimiser.step_sizes().values()
            trained[k] = [float((b - a).abs().max()) for a, b in zip(before, after, strict=True)]
            points.append(torch.cat([w.detach() for w in parts]).numpy().copy())
        patch.setattr(Sweep, "_move", literal)
        return SumPath(
            np.array(points), visited, alpha, [list(b) for b in batches], trained, self.bounds,
            self.rule,
        )  # fmt: skip

    def probe(self, batches: list[list[Batch]], patch: pytest.MonkeyPatch) -> dict[str, int]:
        """Other batches from the middle on: the outcome for the trace."""
        choices = list(self.problem.batches(self.rule.size))
        others = [[choices[(choices.index(b) + 1) % len(choices)] for b in row] for row in batches]

        def used(stream: Sequence[list[Batch]]) -> list[list[float]]:
            return self.run(stream, patch).alpha.reshape(len(stream), -1).tolist()

        return predictability_probe(used, batches, others, len(batches) // 2).told()


def audited(
    seed: int, rule: SumRule, settings: dict[str, Any], claim: str, patch: pytest.MonkeyPatch
) -> Any:
    """The finding of one claim on one run."""
    problem = FiniteSum(seed, 2 + seed % 2)
    recorded = Recorded(problem, rule, settings)
    batches = draw_batches(problem, SWEEPS, rule, np.random.default_rng(seed))
    path = recorded.run(batches, patch)
    trace = sum_trace(problem, path, "SAMT")
    trace.header["settings"]["probe"] = recorded.probe(batches, patch)
    (finding,) = audit(trace, [claim], exact=exact_symbols(problem, path)).findings
    return finding


@pytest.mark.parametrize("kind", ["scalar", "element"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("claim", "rule"),
    [
        ("S1", SumRule(fresh=True)),
        ("S5", SumRule(fresh=True)),
        ("S2", SumRule(fresh=True, meta="fixed")),
        ("S3", SumRule(fresh=False)),
    ],
    ids=["S1", "S5", "S2", "S3"],
)
def test_the_theorems_hold_on_runs_of_the_optimiser(
    claim: str, rule: SumRule, kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = audited(seed, rule, {"kind": kind}, claim, monkeypatch)
    assert found.verdict is Verdict.HOLDS, (found.reason, found.hypotheses)
    assert found.counts.failed == 0
    assert Evidence.PROVED in found.evidence


def test_step_sizes_were_trained_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, rule = FiniteSum(1, 3), SumRule(fresh=True)
    batches = draw_batches(problem, SWEEPS, rule, np.random.default_rng(1))
    path = Recorded(problem, rule, {"kind": "element"}).run(batches, monkeypatch)
    assert len(np.unique(path.alpha[path.alpha > 0])) > 2
    assert path.trained.max() > 0


def test_training_on_the_same_batch_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """By construction and, were that not told, by the probe."""
    rule = SumRule(fresh=True)
    settings = {"kind": "scalar", "meta": "same", "hypergradient": "plain"}
    found = audited(0, rule, settings, "S1", monkeypatch)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "earlier step sizes changed" in found.reason


def test_a_run_with_steps_beyond_the_bound_breaks_s2(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = SumRule(fresh=True, meta="fixed", low=4.0, high=8.0)
    found = audited(0, rule, {"kind": "scalar"}, "S2", monkeypatch)
    assert found.verdict is Verdict.NOT_APPLICABLE
