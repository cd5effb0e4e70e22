"""Export to an nn.Module and back, and the evaluator, which must say the same."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from support.problems import draw, labels, parameters, problem
from support.rounding import assert_half_digits
from torch import nn

from amverify.errors import InvalidInput
from amverify.methods.base import Evaluator, Method, from_module
from amverify.methods.bcd import BCD
from amverify.methods.dladmm import DlADMM
from amverify.methods.gradient import gradient_method
from amverify.methods.tiam import TIAM
from amverify.network.activations import ACTIVATIONS, Activation, activation
from amverify.network.coupling import Band, Penalty
from amverify.network.layered import LayeredProblem

F64 = torch.float64
WIDTHS, SAMPLES, SWEEPS = (9, 4, 3, 3), 6, 4
FRESH = draw(11, WIDTHS[0], seed=70)
FRESH_LABELS = labels(11, WIDTHS[-1], seed=71)

CASES: dict[str, tuple[Method[Any], dict[str, Any]]] = {
    "tiam, dense": (TIAM(), {"coupling": Band(0.3), "representation": "dense"}),
    "tiam, spanned": (TIAM(), {"coupling": Band(0.3), "representation": "spanned"}),
    "dladmm, spanned": (DlADMM(), {"coupling": Penalty(1.0), "representation": "spanned"}),
    "bcd, spanned": (BCD(), {"coupling": Penalty(0.7), "representation": "spanned"}),
    "bcd, dense": (BCD(), {"coupling": Penalty(0.7), "representation": "dense"}),
    "adam": (gradient_method("adam", 0.01), {}),
}
every_method = pytest.mark.parametrize("case", CASES)


def trained(case: str, replicates: int = 0, seed: int = 3) -> tuple[Any, LayeredProblem, Any]:
    """Method, problem and the state after some sweeps."""
    method, options = CASES[case]
    p = problem(WIDTHS, SAMPLES, **options)
    state = method.initialise(p, parameters(p, seed, replicates))
    for _ in range(SWEEPS):
        state = method.sweep(p, state)
    return method, p, state


def outputs(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = module(x)
    return result


@every_method
def test_the_module_s_outputs_are_the_evaluator_s(case):
    method, p, state = trained(case)
    module = method.export(p, state)
    assert isinstance(module, nn.Sequential)
    for x, y in ((p.x, p.y), (FRESH, FRESH_LABELS)):
        evaluator = Evaluator.of(p, state, x, y)
        z = outputs(module, x)
        assert_half_digits(evaluator.outputs(state), z, "outputs")
        share = (z.argmax(-1) == y).double().mean()
        assert float(evaluator.accuracy(state)) == float(share)


@every_method
def test_the_module_is_linear_layers_with_the_activation_between(case):
    method, p, state = trained(case)
    module = method.export(p, state)
    assert len(module) == 2 * p.layers - 1
    for i, layer in enumerate(module):
        if i % 2:
            z = draw(4, 3, seed=i)
            assert torch.equal(layer(z), torch.relu(z))
            assert isinstance(layer, nn.ReLU)
        else:
            assert isinstance(layer, nn.Linear)
    clone = copy.deepcopy(module)
    assert torch.equal(outputs(clone, FRESH), outputs(module, FRESH))


def test_the_module_can_be_pickled_saved_whole_and_exported(tmp_path):
    method, p, state = trained("adam")
    module = method.export(p, state)
    wanted = outputs(module, FRESH)
    assert torch.equal(outputs(pickle.loads(pickle.dumps(module)), FRESH), wanted)
    torch.save(module, tmp_path / "network.pt")
    saved = torch.load(tmp_path / "network.pt", weights_only=False)
    assert torch.equal(outputs(saved, FRESH), wanted)
    assert torch.equal(outputs(torch.export.export(module, (FRESH,)).module(), FRESH), wanted)
    assert all(type(part).__module__.startswith("torch.nn") for part in module.modules())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_torch_s_layer_is_the_activation(name):
    h = activation(name)
    z = torch.linspace(-60, 60, 2001, dtype=F64)
    assert h.module is not None
    assert_half_digits(h.module()(z), h(z), name)


def test_an_activation_that_torch_has_no_layer_of_is_exported_all_the_same():
    h = Activation(
        "cube", lambda z: z**3, lambda z: 3 * z * z, 1.0, -math.inf, math.inf, torch.sign
    )
    p = replace(problem(WIDTHS, SAMPLES), activation=h)
    method = gradient_method("adam", 0.01)
    module = method.export(p, method.initialise(p, parameters(p, 3)))
    assert "cube" in repr(module)
    assert torch.equal(module[1](FRESH), FRESH**3)


@every_method
def test_the_module_does_not_follow_the_state(case):
    method, p, state = trained(case)
    module = method.export(p, state)
    before = outputs(module, FRESH)
    method.sweep(p, state)
    assert torch.equal(outputs(module, FRESH), before)


@every_method
def test_restore_starts_at_the_exported_weights(case):
    method, p, state = trained(case)
    module = method.export(p, state)
    again = method.restore(p, module)
    exported = method.export(p, again)
    for (name, u), v in zip(
        exported.state_dict().items(), module.state_dict().values(), strict=True
    ):
        assert_half_digits(u, v, name)
    evaluator = Evaluator.of(p, again, FRESH, FRESH_LABELS)
    assert_half_digits(evaluator.outputs(again), outputs(module, FRESH), "outputs")
    moved = method.export(p, method.sweep(p, again))
    assert not torch.equal(outputs(moved, FRESH), outputs(module, FRESH))


@every_method
def test_restore_leaves_the_module_alone(case):
    method, p, state = trained(case)
    module = method.export(p, state)
    before = outputs(module, FRESH)
    again = method.restore(p, module)
    method.sweep(p, again)
    assert torch.equal(outputs(module, FRESH), before)


@every_method
def test_the_index_picks_the_replicate(case):
    method, p, state = trained(case, replicates=3)
    evaluator = Evaluator.of(p, state, FRESH, FRESH_LABELS)
    z, accuracy = evaluator.outputs(state), evaluator.accuracy(state)
    assert z.shape == (3, len(FRESH), WIDTHS[-1])
    assert accuracy.shape == (3,)
    for r in range(3):
        module = method.export(p, state, r)
        assert_half_digits(outputs(module, FRESH), z[r], f"replicate {r}")
        _, _, single = trained(case, seed=3 + r)
        assert_half_digits(outputs(method.export(p, single), FRESH), z[r], f"single run {r}")
        share = (z[r].argmax(-1) == FRESH_LABELS).double().mean()
        assert float(accuracy[r]) == float(share)


@pytest.mark.parametrize(("replicates", "index"), [(3, 3), (3, -1), (0, 1)])
def test_refuses_a_replicate_that_is_not_there(replicates, index):
    method, p, state = trained("tiam, dense", replicates)
    with pytest.raises(InvalidInput, match=f"replicate {index}: there are {max(replicates, 1)}"):
        method.export(p, state, index)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("case", ["tiam, spanned", "bcd, dense"])
def test_a_diverged_replicate_has_no_accuracy(case, bad):
    _, p, state = trained(case, replicates=3)
    evaluator = Evaluator.of(p, state, FRESH, FRESH_LABELS)
    expected = evaluator.accuracy(state)
    state.point.b[-1][1, 0, 2] = bad
    accuracy = evaluator.accuracy(state)
    assert bool(torch.isnan(accuracy[1]))
    assert torch.equal(accuracy[::2], expected[::2])


def linears(*widths: int, bias: bool = True) -> nn.Sequential:
    pairs = pairwise(widths)
    layers = [nn.Linear(i, o, bias=bias, dtype=F64) for i, o in pairs]
    behind = [part for layer in layers for part in (layer, nn.ReLU())]
    return nn.Sequential(*behind[:-1])


def test_from_module_reads_weights_and_biases():
    p, module = problem(WIDTHS, SAMPLES), linears(*WIDTHS)
    weights, biases = from_module(p, module)
    for layer, w, b in zip(module[::2], weights, biases, strict=True):
        assert torch.equal(w, layer.weight)
        assert torch.equal(b, layer.bias[None])
        assert not w.requires_grad
        assert not b.requires_grad


@pytest.mark.parametrize("widths", [(9, 4, 3), (8, 4, 3, 3), (9, 4, 3, 3, 3), (9, 4, 5, 3)])
def test_from_module_refuses_other_widths(widths):
    p = problem(WIDTHS, SAMPLES)
    with pytest.raises(InvalidInput, match=r"module: widths .* but the problem has \(9, 4, 3, 3\)"):
        TIAM().restore(p, linears(*widths))


def test_from_module_refuses_a_module_without_linear_layers():
    with pytest.raises(InvalidInput, match="module: widths"):
        from_module(problem(WIDTHS, SAMPLES), nn.Sequential(nn.ReLU()))


def test_from_module_refuses_layers_without_bias():
    p = problem(WIDTHS, SAMPLES)
    with pytest.raises(InvalidInput, match="every Linear layer needs a bias"):
        TIAM().restore(p, linears(*WIDTHS, bias=False))


AROUND = {
    "another activation": lambda a, b: [a, nn.Tanh(), b],
    "no activation": lambda a, b: [a, b],
    "dropout": lambda a, b: [a, nn.ReLU(), nn.Dropout(), b],
    "batch norm": lambda a, b: [a, nn.BatchNorm1d(a.out_features, dtype=F64), nn.ReLU(), b],
    "a softmax at the end": lambda a, b: [a, nn.ReLU(), b, nn.Softmax(-1)],
    "an activation before": lambda a, b: [nn.ReLU(), a, nn.ReLU(), b],
}


def _two_layers() -> tuple[LayeredProblem, nn.Linear, nn.Linear]:
    p = problem(WIDTHS[:3], SAMPLES)
    first, second = (nn.Linear(i, o, dtype=F64) for i, o in pairwise(p.widths))
    return p, first, second


@pytest.mark.parametrize("name", AROUND)
def test_from_module_refuses_another_function(name):
    p, first, second = _two_layers()
    with pytest.raises(InvalidInput, match="Linear layer"):
        from_module(p, nn.Sequential(*AROUND[name](first, second)))


def test_from_module_reads_what_is_the_same_function():
    p, first, second = _two_layers()
    module = nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Dropout().eval(), second)
    weights, _ = from_module(p, module)
    assert torch.equal(weights[1], second.weight)
