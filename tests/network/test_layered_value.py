"""F, its forward pass and its gaps against plain loops."""

from __future__ import annotations

import math

import pytest
import torch
from support.exact import exact_objective
from support.objective import MODULES, loss_value, objective
from support.problems import COUPLINGS, parameters, point, problem, replicate
from support.rounding import assert_within, gamma

from amverify.network.coupling import Band, Penalty
from amverify.network.initial import gaussian, replicated, start, torch_default
from amverify.network.layered import LayeredProblem
from amverify.network.losses import Logistic


@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("widths", [(3, 2), (1, 1, 2), (4, 3, 2, 2)])
def test_value_is_the_sum_of_its_terms(widths, coupling):
    p = problem(widths, 3, seed=3, coupling=coupling)
    at = point(p, 5)
    exact = float(exact_objective(p, at)) + float(loss_value(p, at.z[-1]))
    size = float(exact_objective(p, at, absolute=True)) + float(loss_value(p, at.z[-1]))
    assert abs(float(p.value(at)) - exact) <= gamma(50, p.dtype) * size


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error", "logistic"])
@pytest.mark.parametrize("coupling", COUPLINGS, ids=type)
@pytest.mark.parametrize("replicates", [(2,), (2, 3)])
def test_value_of_each_replicate_is_that_of_the_replicate_alone(loss, coupling, replicates):
    p = problem(loss=loss, coupling=coupling)
    at = point(p, 1, replicates)
    value = p.value(at)
    assert value.shape == replicates
    for index in torch.cartesian_prod(*(torch.arange(r) for r in replicates)).reshape(
        -1, len(replicates)
    ):
        key = tuple(index.tolist())
        alone = objective(p, replicate(at, key))
        assert_within(value[key], alone, gamma(200, p.dtype) * float(alone), "value")


@pytest.mark.parametrize("act", ["relu", "tanh", "gelu"])
def test_forward_is_the_network(act):
    coupling = Penalty(1.0) if act == "relu" else Band(1.0)
    p = problem(act="relu" if act == "gelu" else act, coupling=coupling)
    at = point(p, 2)
    a = p.x
    for z, w, b in zip(p.forward(at), at.w, at.b, strict=True):
        expected = torch.nn.functional.linear(a, w, b[0])
        torch.testing.assert_close(z, expected)
        a = MODULES[p.activation.name](z)


def test_infeasibility_and_gap_by_loops():
    p = problem(act="tanh")
    at = point(p, 4, (2,))
    at.a = [a + 0.2 for a in at.a]
    for r in range(2):
        gaps = [
            abs(float(x) - math.tanh(float(y)))
            for a, z in zip(at.a, at.z, strict=False)
            for x, y in zip(a[r].flatten(), z[r].flatten(), strict=True)
        ]
        assert float(p.infeasibility(at, 0.3)[r]) == pytest.approx(max(max(gaps) - 0.3, 0))
        assert float(p.coupling_gap(at)[r]) == pytest.approx(sum(g * g for g in gaps))
    assert float(p.infeasibility(at, 10.0).max()) == 0


def test_penalty_has_no_infeasibility():
    p = problem(coupling=Penalty(1.0))
    assert float(p.infeasibility(point(p), 0.0)) == 0


def test_one_layer_has_neither_gap():
    p = problem((5, 3))
    at = point(p)
    assert float(p.infeasibility(at, 0.1)) == 0
    assert float(p.coupling_gap(at)) == 0


def test_reweighted_changes_only_the_weights():
    p = problem(coupling=Penalty(0.7))
    at, other = point(p), p.reweighted(2.0, 3.0)
    expected = objective(problem(coupling=Penalty(3.0), rho=2.0), at)
    torch.testing.assert_close(other.value(at), expected)
    assert (p.rho, p.coupling) == (0.4, Penalty(0.7))
    assert other.space is p.space


def test_start_is_a_forward_pass_with_labels():
    p = problem((5, 4, 3))
    _, at = start(p, parameters(p), label_output=True)
    torch.testing.assert_close(at.z[0], p.forward(at)[0])
    torch.testing.assert_close(at.a[0], torch.relu(at.z[0]))
    assert torch.equal(at.z[-1].argmax(-1), p.y)
    assert set(at.z[-1].flatten().tolist()) == {-1.0, 1.0}


def test_start_without_labels_has_no_residual():
    p = problem((5, 4, 3), mu=0.0)
    _, at = start(p, parameters(p))
    torch.testing.assert_close(p.value(at), loss_value(p, at.z[-1]))


def test_initial_weights():
    weights, biases = gaussian((400, 300, 5), 7)
    assert [w.shape for w in weights] == [(300, 400), (5, 300)]
    assert [b.shape for b in biases] == [(1, 300), (1, 5)]
    assert float(weights[0].std()) == pytest.approx(0.1, rel=0.02)
    assert float(weights[0].mean().abs()) < 0.001
    assert torch.equal(weights[0], gaussian((400, 300, 5), 7)[0][0])
    assert not torch.equal(weights[0], gaussian((400, 300, 5), 8)[0][0])
    uniform, offsets = torch_default((400, 300, 5), 7)
    for u in (uniform[0], offsets[0]):
        assert float(u.abs().max()) <= 1 / 20
    assert float(uniform[0].std()) == pytest.approx(0.05 / math.sqrt(3), rel=0.02)


def test_replicated_stacks_the_seeds():
    weights, biases = replicated(lambda s: gaussian((3, 2), s), [4, 9])
    for i, seed in enumerate((4, 9)):
        alone = gaussian((3, 2), seed)
        assert torch.equal(weights[0][i], alone[0][0])
        assert torch.equal(biases[0][i], alone[1][0])


def test_soft_targets_are_those_between_0_and_1():
    assert not problem(loss="cross_entropy").soft_targets
    assert problem(loss="squared_error").soft_targets
    shares = torch.tensor([[0.0, 1.0], [0.25, 0.75]], dtype=torch.float64)
    assert LayeredProblem(torch.ones(2, 3), shares, (3, 2), 0.4, loss=Logistic()).soft_targets


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error", "logistic"])
def test_the_size_of_a_loss_is_its_formula_in_absolute_values(loss):
    """Reached where all count alike: one entry of ±3 a row, all entries ±3, z = −3y."""
    p = problem(loss=loss)
    target, (samples, classes) = p.target, p.target.shape
    z = -3 * target if loss != "logistic" else 3 - 6 * target
    each = {"cross_entropy": samples * (7 + math.log(classes)), "logistic": samples * classes * 7}
    wanted = each.get(loss, 8 * float((target**2).sum()))
    assert p.loss.size(float(z.norm()), target) == pytest.approx(wanted, rel=1e-14)
    assert float(p.loss.gradient(z, target).norm()) <= p.loss.steepness(float(z.norm()), target)
