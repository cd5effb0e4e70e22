"""What sweeps do on an accelerator, without one: nothing waits, and the numbers are a CPU's.

On torch's ``meta`` device tensors have shapes and no values: whoever looks at one is refused, so
a sweep that runs there synchronises nowhere (LAPACK's eigenvalues, which wait inside, are
refused by hand). Their numbers are checked on a CPU that is told that it is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods import curvature, metric, step
from amverify.methods.base import Method
from amverify.methods.captured import Captured, leaves, rebuilt
from amverify.methods.inertia import Inertia, ratio
from amverify.methods.joint import JointTIAM
from amverify.methods.step import StepRule
from amverify.methods.tiam import TIAM, palm
from amverify.network import blocks, losses
from amverify.network.coupling import Band, Coupling, Penalty
from amverify.network.initial import gaussian, replicated
from amverify.network.layered import LayeredProblem
from tests.support.long import few
from tests.support.problems import problem

MONOTONE = TIAM(StepRule(Inertia(0.5, 0.5, 0.0), safeguard="monotone"))
WIDE = TIAM(StepRule(Inertia(0.5, 0.5, 0.3), region="wide"))
LIVE = JointTIAM(momentum=0.3, inertia=0.3)
SWEEPS: dict[str, tuple[Method[Any], Coupling]] = {
    "TIAM": (TIAM(), Band(0.3)),
    "TIAM, wide": (WIDE, Band(0.3)),
    "TIAM, penalty": (TIAM(), Penalty(0.7)),
    "monotone": (MONOTONE, Band(0.3)),
    "PALM": (palm(), Band(0.3)),
    "JointTIAM": (JointTIAM(), Band(0.3)),
    "JointTIAM, inertia": (LIVE, Band(0.3)),
}
CASES = pytest.mark.parametrize("name", SWEEPS)


def small(coupling: Coupling, dtype: torch.dtype = torch.float64) -> LayeredProblem:
    return problem(coupling=coupling, mu=0.1, mu_bias=0.1, samples=12, dtype=dtype)


def on_meta(given: LayeredProblem) -> LayeredProblem:
    """The problem without values; what is computed of it once is computed before."""
    _ = given.input_size, given.input_norm_squared, given.averaging
    away: Callable[[Tensor], Tensor] = lambda u: u.to("meta")  # noqa: E731
    space = {f.name: rebuilt(getattr(given.space, f.name), away) for f in fields(given.space)}
    moved = replace_facts(given, space=replace(given.space, **space))
    return replace_facts(moved, x=away(given.x), y=away(given.y), target=away(given.target))


def replace_facts(given: LayeredProblem, **facts: Any) -> LayeredProblem:
    other = given.reweighted(given.rho)
    vars(other).update(facts)
    for name in ("input_norm_squared", "averaging"):
        vars(other)[name] = vars(given)[name].to("meta")
    return other


@CASES
@pytest.mark.parametrize("record", [False, True], ids=["plain", "recorded"])
@pytest.mark.parametrize("replicates", few([0, 2], keep=1))
@pytest.mark.filterwarnings("ignore:.*does not have a deterministic.*")
def test_no_sweep_looks_at_a_value(
    name: str, record: bool, replicates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(*_: object, **__: object) -> Tensor:
        raise AssertionError("eigenvalues wait for the accelerator")

    monkeypatch.setattr(torch.linalg, "eigvalsh", waits)
    method, coupling = SWEEPS[name]
    here = small(coupling, torch.float32)
    start = gaussian(here.widths, 0)
    start = replicated(partial(gaussian, here.widths), range(replicates)) if replicates else start
    method = replace(method, record=record)  # type: ignore[type-var]
    state = rebuilt(method.initialise(here, start), lambda u: u.to("meta"))
    away = on_meta(here)
    for _ in range(3):
        state = method.sweep(away, state)
    assert all(u.is_meta for u in leaves(state.point))


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU that is told it is none."""
    for module in (blocks, losses, step, metric, curvature):
        monkeypatch.setattr(module, "on_host", lambda _: False)


@CASES
def test_an_accelerators_sweeps_are_a_cpus_to_rounding(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, coupling = SWEEPS[name]
    given = small(coupling)
    start = replicated(partial(gaussian, given.widths), (0, 1))

    def run() -> Any:
        state = method.initialise(given, start)
        for _ in range(8):
            state = method.sweep(given, state)
        return state

    one = run()
    elsewhere(monkeypatch)
    two = run()
    for u, v in zip(leaves(one.point), leaves(two.point), strict=True):
        torch.testing.assert_close(u, v, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("order", [1, 2, 7, 60])
def test_a_bound_by_powers_is_above_and_close(order: int, dtype: torch.dtype) -> None:
    torch.manual_seed(order)
    w = torch.randn(3, order + 5, order, dtype=dtype)
    gram = w.mT @ w
    exact = torch.linalg.eigvalsh(gram.double())[..., -1]
    bound = blocks.by_powers(gram)
    assert bound.dtype is dtype
    assert bool((bound.double() >= exact).all())
    assert bool((bound.double() <= exact * (1 + 1e-3)).all())


def test_a_bound_by_powers_at_its_worst_and_at_nothing() -> None:
    n = 50
    equal = 3e-200 * torch.eye(n, dtype=torch.float64)
    bound = float(blocks.by_powers(equal))
    assert 3e-200 <= bound <= 3e-200 * n ** (1 / 2**13) * (1 + 1e-9)
    assert float(blocks.by_powers(torch.zeros(2, 2))) == 0
    assert bool(blocks.by_powers(torch.full((2, 2), torch.nan)).isnan())


def test_a_singular_metric_is_refused_at_the_start_and_nan_after_it() -> None:
    given = problem(mu=0.0, mu_bias=0.0, samples=3, widths=(5, 7, 3))
    with pytest.raises(InvalidInput, match="mu: the metric of V_1 is singular"):
        JointTIAM().initialise(given, gaussian(given.widths, 0))
    assert bool(metric.metric(given, given.x, 1, looks=False).factor.isnan().all())


def again(work: Callable[[], None]) -> Callable[[], None]:
    """What stands in for a graph: the work itself, done at each replay and not before."""
    return work


@CASES
def test_a_captured_sweep_is_the_sweep(name: str) -> None:
    method, coupling = SWEEPS[name]
    given = small(coupling)
    state = method.initialise(given, replicated(partial(gaussian, given.widths), (0, 1)))
    for _ in range(2):
        state = method.sweep(given, state)
    before = [u.clone() for u in leaves(state)]
    sweeps: Captured[Any] = Captured(method, given, state, again)
    reached = sweeps.run(4)
    assert all(torch.equal(u, v) for u, v in zip(before, leaves(state), strict=True))
    for _ in range(4):
        state = method.sweep(given, state)
    assert reached.sweep == state.sweep == 6
    for u, v in zip(leaves(reached), leaves(state), strict=True):
        torch.testing.assert_close(u, v, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "coupling", "said"),
    [
        (TIAM(StepRule(Inertia(ratio, 0.1))), Band(0.3), "inertia: a graph repeats"),
        (TIAM(StepRule(steps="backtracking")), Band(0.3), "steps: backtracking looks"),
        (TIAM(record=True), Band(0.3), "record: a graph keeps no rows"),
        (TIAM(), Band(100.0, factor=0.5, floor=1e-3), "epsilon: changes until sweep"),
    ],
)
def test_sweeps_that_differ_are_refused(method: TIAM, coupling: Coupling, said: str) -> None:
    given = small(coupling)
    state = method.sweep(given, method.initialise(given, gaussian(given.widths, 0)))
    with pytest.raises(InvalidInput, match=said):
        Captured(method, given, state, again)


def test_the_first_sweep_is_not_captured() -> None:
    given = small(Band(0.3))
    with pytest.raises(InvalidInput, match="state: make one sweep before"):
        Captured(TIAM(), given, TIAM().initialise(given, gaussian(given.widths, 0)), again)
