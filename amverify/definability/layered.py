r"""The layered objective F itself: R, quadratic terms, ridge, and a band's indicator or a penalty.

F is traced as a function of all blocks W_l, b_l, z_l, a_l; data and targets are fixed. A band's
indicator is that of {|a_l − h(z_l)| ≤ ε}, closed where h is continuous and definable where h is.
With ridge on weights and biases (μ, μ_b > 0) TB bounds the level sets, so that a run stays in a
compact set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as tf

from amverify.definability.certificate import Certificate
from amverify.definability.domain import Domain
from amverify.definability.ledger import Refused
from amverify.definability.modules import certified
from amverify.definability.tracing import traced
from amverify.network.coupling import Penalty
from amverify.network.layered import LayeredProblem

_ONE_PIECE: dict[str, Callable[[Tensor], Tensor]] = {
    "elu": tf.elu,
    "selu": tf.selu,
    "celu": tf.celu,
}
"""Written as one operation, so that no case is seen that might jump; α > 0 changes nothing."""
_SAMPLES = 3


def of_problem(problem: LayeredProblem, domain: Domain, name: str) -> Certificate:
    """The certificate of F."""
    names, blocks = _blocks(problem)
    bounded = ""
    if problem.mu > 0 and problem.mu_bias > 0:
        bounded = "by TB (μ, μ_b > 0) level sets are bounded"
    try:
        program = traced(_objective(problem, len(blocks)), blocks)
    except Refused as refused:
        return Certificate(name, None, "", (), refused.at(refused.operation, ""), None)
    band = not isinstance(problem.coupling, Penalty)
    made = certified(program, domain, name, names, bounded, (), band)
    told = "band: the indicator of |a − h(z)| ≤ ε" if band else "penalty (ν/2)‖a − h(z)‖²"
    return replace(made, notes=(f"F = R(z_L) + quadratic terms + ridge + {told}", *made.notes))


def _blocks(problem: LayeredProblem) -> tuple[tuple[str, ...], tuple[Tensor, ...]]:
    """Blocks by name, with few samples: how many there are changes nothing."""
    layers, names, blocks = len(problem.widths) - 1, [], []
    rows = min(len(problem.x), _SAMPLES)
    for layer in range(1, layers + 1):
        before, after = problem.widths[layer - 1], problem.widths[layer]
        shapes = {"W": (after, before), "b": (1, after), "z": (rows, after), "a": (rows, after)}
        if layer == layers:
            del shapes["a"]
        names += [f"{block}{layer}" for block in shapes]
        blocks += [torch.ones(shape, dtype=problem.dtype) for shape in shapes.values()]
    return tuple(names), tuple(blocks)


def _objective(problem: LayeredProblem, count: int) -> Callable[..., Any]:
    x, target = problem.x[:_SAMPLES].to(problem.dtype), problem.target[:_SAMPLES]
    h = _ONE_PIECE.get(problem.activation.name, problem.activation.function)
    coupling, layers = problem.coupling, (count + 1) // 4

    def objective(*blocks: Tensor) -> tuple[Tensor, ...]:
        total, a = torch.zeros((), dtype=problem.dtype), x
        away = []
        for layer in range(layers):
            w, b, z = blocks[4 * layer : 4 * layer + 3]
            fit = z - a @ w.T - b
            total = total + 0.5 * problem.rho * (fit * fit).sum()
            total = total + 0.5 * problem.mu * (w * w).sum()
            total = total + 0.5 * problem.mu_bias * (b * b).sum()
            if layer < layers - 1:
                a = blocks[4 * layer + 3]
                away.append(a - h(z))
        total = total + problem.loss.value(blocks[-1], target)
        if isinstance(coupling, Penalty):
            return (total + sum(0.5 * coupling.nu * (d * d).sum() for d in away),)
        return (total, *(d.abs() for d in away))

    return objective
