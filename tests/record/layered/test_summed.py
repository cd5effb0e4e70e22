"""What a sweep's rows sum to: Ψ's change, lengths, the residual of Ψ; and T5 on a layered run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from amverify.judge.audit import audit
from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian, replicated
from amverify.network.layered import LayeredProblem
from amverify.record.layered.run import traced
from amverify.verdict import Verdict

JOINT = JointTIAM(scale=1.5, inertia=0.3, momentum=0.2)


def problem(coupling=None, dtype=torch.float64) -> LayeredProblem:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 4, generator=generator, dtype=torch.float64).to(dtype)
    y = torch.randint(2, (20,), generator=generator)
    coupling = coupling or Band(1e-2)
    return LayeredProblem(x, y, (4, 6, 2), rho=0.5, mu=1e-2, mu_bias=1e-2, coupling=coupling)


def run(method, p, sweeps=40):
    parameters = replicated(lambda seed: gaussian(p.widths, seed, 0.5), (0, 1))
    return traced(method, p, parameters, sweeps)


@pytest.fixture(scope="module")
def joint():
    """The run of JointTIAM over a band in float64 that three tests look at."""
    return run(JOINT, problem())


def of(trace, name):
    """A column of the sweeps table, a row a sweep, a column a replicate."""
    return trace.sweeps[name].reshape(-1, 2)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("method", [TIAM(), JOINT], ids=lambda m: m.name)
@pytest.mark.parametrize("coupling", [Band(1e-2), Penalty(1.0)], ids=lambda c: type(c).__name__)
def test_the_change_of_psi_is_that_of_its_values(request, method, coupling, dtype):
    if isinstance(method, JointTIAM) and isinstance(coupling, Penalty):
        pytest.skip("the joint blocks are those of a band")
    shared = method is JOINT and dtype is torch.float64
    trace = request.getfixturevalue("joint") if shared else run(method, problem(coupling, dtype))
    gap = np.abs(np.diff(of(trace, "lyapunov"), axis=0) - of(trace, "lyapunov_change")[1:])
    error = of(trace, "lyapunov_error")
    assert (gap <= error[1:] + error[:-1] + of(trace, "lyapunov_change_error")[1:]).all()
    if dtype is torch.float64:
        assert gap.max() < 1e-12


def test_inertia_is_the_step_before(joint):
    assert (of(joint, "inertia")[1:] == of(joint, "step")[:-1]).all()
    assert (of(joint, "inertia")[0] == 0).all()
    assert np.isinf(of(joint, "residual_error")[0]).all()


def test_the_residual_of_psi_has_the_displacements_share(joint):
    """dist(0, ∂F × {v})² = dist(0, ∂F)² + ‖v‖², ‖v‖² = 2(Ψ − F)."""
    squared = of(joint, "joint_residual") + 2 * (of(joint, "lyapunov") - of(joint, "value"))
    assert of(joint, "residual")[1:] ** 2 == pytest.approx(squared[1:], rel=1e-9)


CONSTANTS = {"a": 2.5e-5, "b": 50.0, "c": 50.0, "theta": 0.5}


def test_finite_length_of_a_layered_run_is_judged():
    """With declared constants T5 and K2 decide; c too small is no theorem's fault."""
    p = problem()
    trace = traced(JOINT, p, gaussian(p.widths, 0, 0.5), 120)
    least = float(trace.sweeps["value"].min()) - 1e-9
    said = CONSTANTS | {"fstar": least}
    assert [f.verdict for f in audit(trace, ["T5", "K2"], said).findings] == [Verdict.HOLDS] * 2
    wrong = audit(trace, ["T5", "K2"], said | {"c": 1e-3}).findings
    assert [f.verdict for f in wrong] == [Verdict.NOT_APPLICABLE, Verdict.VIOLATED]
