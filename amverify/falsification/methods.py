r"""Methods by name, as step functions in the open: what ``amverify falsify --method NAME`` runs.

| name | step | parameters |
|---|---|---|
| ``gradient_descent`` | x − η∇f(x) | eta |
| ``heavy_ball`` | x − η∇f(x) + βΔ | eta, beta |
| ``nesterov`` | prox(y − η∇H(y)), y = x + ω_kΔ | eta |
| ``proximal_gradient`` | prox(x − η∇H(x)) | eta |
| ``adam``, ``amsgrad`` | x − (η/√k)·m/√v, clipped to the box | eta, beta1, beta2 |
| ``cyclic_adam`` | the same on one sample a step, in turn | eta, beta1, beta2 |

A torch optimiser's class is a method too (``torch_step``); it runs in floats alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np

from amverify import plugins
from amverify.errors import InvalidInput
from amverify.falsification.stepping import Step

Array = Any
"""Numbers (n,): of float64, or exact ones."""
Grad = Callable[[Array], Array]
State = dict[str, Any]


def gradient_descent(x: Array, grad: Grad, state: State, *, eta: Any) -> Array:
    """x − η∇f(x)."""
    return x - eta * grad(x)


def heavy_ball(x: Array, grad: Grad, state: State, *, eta: Any, beta: Any) -> Array:
    """x − η∇f(x) + β(x − what it was before)."""
    new = x - eta * grad(x) + beta * (x - state.get("before", x))
    state["before"] = x
    return new


def nesterov(x: Array, grad: Grad, state: State, *, eta: Any, prox: Any) -> Array:
    """Nesterov's method, with a proximal step where g ≠ 0 (FISTA)."""
    t = state.get("t", 1.0)
    following = (1 + math.sqrt(1 + 4 * t * t)) / 2
    y = x + ((t - 1) / following) * (x - state.get("before", x))
    state |= {"t": following, "before": x}
    return prox(y - eta * grad(y), eta)


def proximal_gradient(x: Array, grad: Grad, state: State, *, eta: Any, prox: Any) -> Array:
    """prox(x − η∇H(x))."""
    return prox(x - eta * grad(x), eta)


def _adaptive(
    x: Array, g: Array, state: State, scale: Any, weights: tuple[Any, Any], keep: bool
) -> Array:
    beta1, beta2 = weights
    m = beta1 * state.get("m", 0 * g) + (1 - beta1) * g
    v = beta2 * state.get("v", 0 * g) + (1 - beta2) * (g * g)
    most = np.maximum(state.get("most", v), v) if keep else v
    state |= {"m": m, "v": v, "most": most}
    return x - scale * m / np.sqrt(most)


def adam(
    x: Array, grad: Grad, state: State, *, eta: Any, beta1: Any, beta2: Any, k: int, prox: Any
) -> Array:
    """Adam with η/√k and no ε, as Reddi, Kale & Kumar (2018) state it, on ∇f."""
    return prox(_adaptive(x, grad(x), state, eta / math.sqrt(k), (beta1, beta2), False), eta)


def amsgrad(
    x: Array, grad: Grad, state: State, *, eta: Any, beta1: Any, beta2: Any, k: int, prox: Any
) -> Array:
    """AMSGrad: the largest v so far."""
    return prox(_adaptive(x, grad(x), state, eta / math.sqrt(k), (beta1, beta2), True), eta)


def cyclic_adam(
    x: Array, grad: Grad, state: State, *, eta: Any, beta1: Any, beta2: Any,
    k: int, prox: Any, sample: Any,
) -> Array:  # fmt: skip
    """Adam on the samples of a finite sum in turn."""
    g = sample(x, k - 1)
    return prox(_adaptive(x, g, state, eta / math.sqrt(k), (beta1, beta2), False), eta)


OURS: Mapping[str, Step] = {
    step.__name__: step
    for step in (
        *(gradient_descent, heavy_ball, nesterov, proximal_gradient),
        *(adam, amsgrad, cyclic_adam),
    )
}


def torch_step(kind: type[Any]) -> Step:
    """A torch optimiser's class as a step function; its arguments are parameters.

    Raises:
        InvalidInput: from the step, where the class does not take them.
    """
    import torch

    number = torch.nn.Parameter(torch.zeros(1))
    number.grad = torch.zeros(1)
    torch.optim.SGD([number], lr=1.0).step()  # what torch imports at the first step of all

    def step(x: Array, grad: Grad, state: State, *, f: Any, **arguments: Any) -> Array:
        if x.dtype == object:
            raise TypeError("a torch optimiser runs in floats alone")
        if not state:
            state["x"] = torch.nn.Parameter(torch.from_numpy(x.copy()))
            state["optimiser"] = kind([state["x"]], **arguments)
        parameter = state["x"]

        def closure() -> Any:
            here = parameter.detach().numpy().copy()
            parameter.grad = torch.from_numpy(np.array(grad(here)))
            return torch.tensor(f(here), dtype=torch.float64)

        with torch.enable_grad():
            state["optimiser"].step(closure)
        return np.array(parameter.detach().numpy())

    step.__name__ = kind.__name__
    return step


def method(given: Any) -> tuple[str, Step]:
    """A method's name and step: by name, a step function, a torch optimiser's class.

    Names are ours, and those of packages with entry points (``amverify.plugins``).

    Raises:
        InvalidInput: for anything else.
    """
    if isinstance(given, str):
        step = OURS.get(given) or plugins.asked(plugins.METHODS, given, Callable)
        if step is None:
            near = get_close_matches(given.casefold(), OURS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            known = f"not one of {', '.join(OURS)}"
            raise InvalidInput(f"method {given!r}: {known}, nor module:function{hint}")
        return given, step
    if isinstance(given, type):
        from torch.optim import Optimizer

        if issubclass(given, Optimizer):
            return f"{given.__module__}:{given.__qualname__}", torch_step(given)
    if not callable(given):
        raise InvalidInput(f"method: expected a step function, got a {type(given).__name__}")
    module, name = getattr(given, "__module__", "?"), getattr(given, "__qualname__", "step")
    return f"{module}:{name}", given
