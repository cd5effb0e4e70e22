r"""The dual semidefinite programme in floating point, and its rounding. Untrusted.

1. The least ω (with δ given, or free) for which λ ≥ 0 leaves a form G ⪰ 0.
2. ω is raised by :data:`RAISE`; among all (λ, δ) the most interior one is taken: the largest μ with
   G ⪰ μI and λ ≥ μ.
3. λ is rounded; two of them are then fixed by the values of H, whose coefficients must cancel.

The kernel decides; if it refuses, the point is *undecided*.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput
from proofs.kernel.polynomial import Poly, Refused
from proofs.pep.certificate import Bound
from proofs.pep.interpolation import HP, HU, D, E, Step, basis, inequalities
from proofs.script.multipliers import Undecided

RAISE = Fraction(1, 2**15)
"""ω is rounded up by this: 3·10⁻⁵."""
DENOMINATOR = 2**40


def _matrix(form: Poly, vectors: Sequence[Poly]) -> NDArray[np.float64]:
    names = [next(iter(v.names)) for v in vectors]
    found = np.zeros((len(names), len(names)))
    for monomial, c in form.terms.items():
        at = [names.index(name) for name, power in monomial for _ in range(power)]
        found[at[0], at[1]] += float(c) / 2
        found[at[1], at[0]] += float(c) / 2
    return found


def _programme(step: Step, delta: Fraction | None, omega: float | None) -> tuple[Any, ...]:
    """λ, δ and what is maximised: −ω, or the distance μ to the border."""
    import cvxpy

    cp: Any = cvxpy
    vectors = basis(step)
    known = list(inequalities(step))
    size = _matrix(E * E + D * D, vectors)
    drift = _matrix(E * E - D * D, vectors)
    factors = cp.Variable(len(known), nonneg=True)
    weight: Any = cp.Variable() if delta is None else float(delta)
    level = cp.Variable() if omega is None else omega
    margin = cp.Variable() if omega is not None else 0.0
    form = level * size - weight / 2 * drift
    for k, (_, _, own, _) in enumerate(known):
        form = form - factors[k] * _matrix(own, vectors)
    gram = cp.Variable((len(vectors), len(vectors)), symmetric=True)
    asked = [gram == form, gram - margin * np.eye(len(vectors)) >> 0]
    if omega is not None:
        asked += [factors >= margin, margin <= 1]
    names = sorted(set().union(*(v.names for _, _, _, v in known)))
    for name in names:
        shares = [float(values.terms.get(((name, 1),), 0)) for _, _, _, values in known]
        wanted = float((HU - HP).terms.get(((name, 1),), 0))
        asked.append(np.array(shares) @ factors == wanted)
    aim = cp.Minimize(level) if omega is None else cp.Maximize(margin)
    problem = cp.Problem(aim, asked)
    try:
        problem.solve(solver=cp.CLARABEL)
    except cp.error.SolverError:
        raise Undecided("the semidefinite solver gave up") from None
    if factors.value is None:
        raise Undecided(f"the semidefinite programme is {problem.status}")
    best = float(problem.value)
    return best, np.asarray(factors.value), float(weight.value) if delta is None else float(delta)


def worst_case(step: Step, delta: Fraction | None = None) -> Bound:
    """An upper bound that the kernel accepted, with T2's normalisation; δ free unless given.

    Raises:
        Undecided: if no rounding was accepted.
        InvalidInput: without cvxpy.
    """
    try:
        import cvxpy  # noqa: F401
    except ImportError:
        raise InvalidInput("the table needs cvxpy and Clarabel: pip install 'amverify[pep]'") \
            from None  # fmt: skip
    least = _programme(step, delta, None)[0]
    omega = Fraction(round(least * DENOMINATOR), DENOMINATOR) + RAISE
    _, factors, weight = _programme(step, delta, float(omega))
    own = delta if delta is not None else Fraction(round(weight * 2**20), 2**20)
    found = Bound(step, own, omega, _fitted(step, factors))
    try:
        found.check()
    except Refused as why:
        raise Undecided(f"rounding failed: {str(why)[:80]}") from None
    return found


def _fitted(step: Step, factors: NDArray[np.float64]) -> dict[str, Fraction]:
    """Rounded multipliers for which the values of H cancel exactly."""
    names = [name for name, *_ in inequalities(step)]
    found = {
        name: Fraction(round(max(float(x), 0.0) * DENOMINATOR), DENOMINATOR)
        for name, x in zip(names, factors, strict=True)
    }
    if "u^" in found:
        found["u^"] = 1 - found["u+"] + found["+u"] + found["^u"]
        found["^+"] = 1 - found["u+"] + found["+u"] + found["+^"]
    else:
        found["u+"] = 1 + found["+u"]
    return {name: factor for name, factor in found.items() if factor}


def floating(step: Step, delta: Fraction | None = None) -> float:
    """The programme's value in floating point, for comparison."""
    return float(_programme(step, delta, None)[0])
