"""Full-batch gradient methods against torch.optim on an nn.Sequential, as a user writes it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from support.objective import MODULES
from support.problems import parameters, problem
from support.rounding import assert_half_digits
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from amverify.errors import InvalidInput
from amverify.methods.gradient import GradientMethod, gradient_method
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem

OPTIMISERS = {
    "gd": (torch.optim.SGD, 0.03),
    "adagrad": (torch.optim.Adagrad, 0.05),
    "adadelta": (torch.optim.Adadelta, 1.0),
    "rmsprop": (torch.optim.RMSprop, 0.01),
    "adam": (torch.optim.Adam, 0.01),
}
STEPS = 10


def sequential(p: LayeredProblem, weights: Parameters) -> nn.Sequential:
    modules: list[nn.Module] = []
    for (n_in, n_out), w, b in zip(pairwise(p.widths), *weights, strict=True):
        linear = nn.Linear(n_in, n_out, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(w)
            linear.bias.copy_(b[0])
        modules += [linear, MODULES[p.activation.name]]
    return nn.Sequential(*modules[:-1])


@pytest.mark.parametrize("act", ["relu", "tanh"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_same_as_torch(name, act):
    p = problem(act=act)
    weights = parameters(p, 2)
    make, lr = OPTIMISERS[name]
    module = sequential(p, weights)
    optimiser = make(module.parameters(), lr=lr)
    method = gradient_method(name, lr)
    state = method.initialise(p, weights)
    start = float(method.objective(p, state))
    assert method.name == name
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(module(p.x), p.y, reduction="sum")
        assert_half_digits(method.objective(p, state), loss.detach(), "summed loss")
        loss.backward()
        optimiser.step()
        state = method.sweep(p, state)
        linears = [m for m in module if isinstance(m, nn.Linear)]
        for linear, w, b in zip(linears, *state.network, strict=True):
            assert_half_digits(w, linear.weight.detach(), "W")
            assert_half_digits(b[0], linear.bias.detach(), "b")
    assert float(method.objective(p, state)) < start


@pytest.mark.parametrize("loss", ["squared_error", "logistic"])
def test_other_losses_are_sums_over_the_samples(loss):
    widths = (5, 4, 1) if loss == "logistic" else (5, 4, 3)
    p = problem(widths, loss=loss)
    weights = parameters(p, 2)
    z = sequential(p, weights)(p.x)
    if loss == "logistic":
        summed = nn.functional.binary_cross_entropy_with_logits(z, p.target, reduction="sum")
    else:
        summed = 0.5 * nn.functional.mse_loss(z, p.target, reduction="sum")
    method = gradient_method("gd", 0.1)
    value = method.objective(p, method.initialise(p, weights))
    assert_half_digits(value, summed.detach(), loss)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_replicates_are_single_runs(name):
    p = problem()
    method = gradient_method(name, OPTIMISERS[name][1])
    together = method.initialise(p, parameters(p, 5, replicates=3))
    alone = [method.initialise(p, parameters(p, 5 + r)) for r in range(3)]
    for _ in range(STEPS):
        together = method.sweep(p, together)
        alone = [method.sweep(p, state) for state in alone]
    value = method.objective(p, together)
    assert value.shape == (3,)
    for r, single in enumerate(alone):
        for stacked, own in zip(together.network, single.network, strict=True):
            for u, v in zip(stacked, own, strict=True):
                assert_half_digits(u[r], v, f"{name}, replicate {r}")
        assert_half_digits(value[r], method.objective(p, single), "summed loss")


def test_the_given_weights_are_copied():
    p = problem()
    weights = parameters(p, 2)
    kept = [u.clone() for side in weights for u in side]
    method = gradient_method("gd", 0.1)
    method.sweep(p, method.initialise(p, weights))
    for u, v in zip(kept, (u for side in weights for u in side), strict=True):
        assert torch.equal(u, v)
        assert not v.requires_grad


def test_the_spanned_representation_changes_nothing():
    method = gradient_method("adam", 0.01)
    final = []
    for representation in ("dense", "spanned"):
        p = problem((9, 4, 3), 5, representation=representation)
        state = method.initialise(p, parameters(p, 1))
        for _ in range(STEPS):
            state = method.sweep(p, state)
        final.append(state.first.decode(state.network[0][0]))
    assert torch.equal(*final)


def test_runs_in_the_problem_s_dtype():
    p = problem(dtype=torch.float32)
    method = gradient_method("adam", 0.01)
    state = method.sweep(p, method.initialise(p, parameters(p)))
    assert {u.dtype for side in state.network for u in side} == {torch.float32}
    assert not any(u.requires_grad for side in state.network for u in side)


def test_any_factory():
    p = problem()
    method = GradientMethod(lambda tensors: torch.optim.SGD(tensors, lr=0.1, momentum=0.9))
    state = method.initialise(p, parameters(p))
    before = float(method.objective(p, state))
    for _ in range(STEPS):
        state = method.sweep(p, state)
    assert float(method.objective(p, state)) < before


def test_refuses_an_unknown_name():
    with pytest.raises(InvalidInput, match=r"unknown optimiser 'adamax': one of gd, adagrad"):
        gradient_method("adamax", 0.1)


@pytest.mark.parametrize("lr", [0.0, -0.1, math.nan, math.inf])
def test_refuses_a_learning_rate(lr):
    with pytest.raises(InvalidInput, match="adam: the learning rate must be positive and finite"):
        gradient_method("adam", lr)


class Copies(TorchDispatchMode):
    """Counts the copies of tensors into another format."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._to_copy.default
        return func(*args, **kwargs or {})


def test_no_step_pays_for_a_conversion_of_the_samples():
    p = replace(problem(), dtype=torch.float32)
    method = gradient_method("adam", 0.01)
    assert p.x.dtype == torch.float64
    with Copies() as copies:
        state = method.initialise(p, parameters(p, 2))
    assert copies.count
    with Copies() as copies:
        method.sweep(p, state)
    assert not copies.count
