"""Random problems whose constants are known exactly, and loops that record runs on them.

    problem = draw("quadratic", seed=7)
    trace = gradient_descent(problem, steps=30, dtype="float32")

``FAMILIES`` lists them; ``rebuild(problem.spec())`` gives a problem back from JSON.

| module | families |
|---|---|
| ``quadratic`` | convex, rank-deficient and nonconvex quadratics, with and without a box |
| ``powers`` | \\|x\\|^p and mixed exponents, x⁴ + y², (x² − 1)², deep scalar products |
| ``sparse`` | least squares with ℓ1, ℓ0, SCAD and MCP |
| ``factors`` | factorisation, dictionary with a box, phase retrieval, deep linear networks |
| ``logistic`` | bilinear logistic regression |
| ``layered`` | small layered ReLU objectives, both couplings |
| ``sums`` | finite sums whose expectations are enumerated |
| ``loops``, ``block_loops`` | reference loops with complete traces |
| ``sum_loops`` | stochastic sweeps on finite sums, every expectation enumerated |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from amverify.errors import InvalidInput
from amverify.families.factors import Chain, PhaseRetrieval
from amverify.families.layered import LayeredReLU
from amverify.families.logistic import BilinearLogistic
from amverify.families.powers import DoubleWell, FlatValley, Power, ScalarProduct
from amverify.families.problem import Block, Constants, Problem
from amverify.families.quadratic import Quadratic
from amverify.families.sparse import SparseLeastSquares
from amverify.families.sums import FiniteSum, SameBatch

__all__ = ["FAMILIES", "Block", "Constants", "Problem", "draw", "rebuild"]

FAMILIES: Mapping[str, Callable[[int], Problem]] = {
    "quadratic": Quadratic,
    "quadratic_box": partial(Quadratic, boxed=True),
    "least_squares": partial(Quadratic, kind="deficient"),
    "nonconvex_quadratic": partial(Quadratic, kind="saddle"),
    "power": Power,
    "mixed_power": partial(Power, mixed=True),
    "flat_valley": FlatValley,
    "double_well": DoubleWell,
    "scalar_product": ScalarProduct,
    "sparse_l1": SparseLeastSquares,
    "sparse_l0": partial(SparseLeastSquares, penalty="l0"),
    "sparse_mcp": partial(SparseLeastSquares, penalty="mcp"),
    "sparse_scad": partial(SparseLeastSquares, penalty="scad"),
    "factorisation": Chain,
    "dictionary": partial(Chain, kind="dictionary"),
    "deep_linear": partial(Chain, kind="deep_linear"),
    "phase": PhaseRetrieval,
    "bilinear_logistic": BilinearLogistic,
    "layered_penalty": LayeredReLU,
    "layered_band": partial(LayeredReLU, coupling="band"),
    "finite_sum": FiniteSum,
    "finite_sum_3": partial(FiniteSum, parts=3),
    "same_batch": SameBatch,
}
"""Every family by name: a function of the seed."""


def draw(family: str, seed: int) -> Problem:
    """An instance of a family.

    Raises:
        InvalidInput: for an unknown family, or a seed that is not an integer ≥ 0.
    """
    if family not in FAMILIES:
        raise InvalidInput(f"family {family!r}: not one of {', '.join(FAMILIES)}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidInput(f"seed: expected an integer of 0 or more, got {seed!r}")
    return FAMILIES[family](seed)


def rebuild(spec: Mapping[str, Any]) -> Problem:
    """The problem of a ``spec()``.

    Raises:
        InvalidInput: if the specification lacks its family or seed, or names another.
    """
    missing = [key for key in ("family", "seed") if key not in spec]
    if missing:
        raise InvalidInput(f"problem: {missing[0]!r} is missing")
    return draw(spec["family"], spec["seed"])
