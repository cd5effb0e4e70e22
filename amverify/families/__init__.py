r"""Random problems whose constants are known exactly, and loops that record runs on them.

    from amverify.families import quadratics

    problem = quadratics().draw(seed=7)                # by seed
    quadratics().strategy()                            # for hypothesis
    rebuild(problem.spec())                            # from JSON
    trace = gradient_descent(problem, steps=30, dtype="float32")

What is known of an instance is ``problem.constants``: L, μ, f*, x*, θ, c; ``None`` is unknown.

| function | instances | module |
|---|---|---|
| ``quadratics`` | convex, rank-deficient, nonconvex; with and without a box | ``quadratic`` |
| ``powers`` | \|x\|^p and mixed exponents | ``powers`` |
| ``sparse_least_squares`` | with ℓ1, ℓ0, SCAD and MCP | ``sparse`` |
| ``factorisations``, ``dictionaries``, ``deep_linear`` | products of matrices | ``factors`` |
| ``phase_retrieval`` | quartics with planted solutions | ``factors`` |
| ``logistic`` | logistic regression, ridge or bilinear | ``logistic`` |
| ``layered_relu`` | small layered ReLU objectives, both couplings | ``layered`` |
| ``finite_sums`` | least squares whose expectations are enumerated | ``sums`` |

``FAMILIES`` has all by name, a few more among them (``double_well``, ``flat_valley``, …);
``family`` and ``draw`` take a name. ``loops`` holds reference loops with complete traces.
"""

from __future__ import annotations

from amverify.families.catalogue import (
    FAMILIES,
    deep_linear,
    dictionaries,
    draw,
    factorisations,
    family,
    finite_sums,
    layered_relu,
    logistic,
    phase_retrieval,
    powers,
    quadratics,
    rebuild,
    sparse_least_squares,
)
from amverify.families.family import Family
from amverify.families.problem import Block, Constants, Problem

__all__ = [
    "FAMILIES",
    "Block",
    "Constants",
    "Family",
    "Problem",
    "deep_linear",
    "dictionaries",
    "draw",
    "factorisations",
    "family",
    "finite_sums",
    "layered_relu",
    "logistic",
    "phase_retrieval",
    "powers",
    "quadratics",
    "rebuild",
    "sparse_least_squares",
]
