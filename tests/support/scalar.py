"""Activations of one number, in Python's own floats or in mpmath's."""

from __future__ import annotations

import math

import mpmath

_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717

SCALAR = {
    "identity": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else mpmath.mpf(0.01) * z,
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "selu": lambda z: _SCALE * z if z > 0 else _SCALE * _ALPHA * mpmath.expm1(z),
    "celu": lambda z: z if z > 0 else mpmath.expm1(z),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(-abs(z))) + max(z, 0.0),
    "tanh": mpmath.tanh,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-mpmath.mpf(z))),
    "hard_tanh": lambda z: min(max(z, -1.0), 1.0),
    "relu6": lambda z: min(max(z, 0.0), 6.0),
    "gelu": lambda z: z * (1 + mpmath.erf(z / mpmath.sqrt(2))) / 2,
    "silu": lambda z: z / (1 + mpmath.exp(-mpmath.mpf(z))),
}


def supremum(name: str) -> float:
    """sup h."""
    return {"tanh": 1.0, "sigmoid": 1.0, "hard_tanh": 1.0, "relu6": 6.0}.get(name, math.inf)


def infimum(name: str) -> float:
    """inf h, of the monotone ones."""
    bounded = {"relu": 0.0, "relu6": 0.0, "softplus": 0.0, "sigmoid": 0.0}
    bounded |= {
        "elu": -1.0,
        "celu": -1.0,
        "selu": -_SCALE * _ALPHA,
        "tanh": -1.0,
        "hard_tanh": -1.0,
    }
    return bounded.get(name, -math.inf)


ATTAINS_INFIMUM = ("relu", "relu6", "hard_tanh")
ATTAINS_SUPREMUM = ("relu6", "hard_tanh")
