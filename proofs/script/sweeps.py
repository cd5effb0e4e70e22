r"""Facts about a sweep on one batch, as templates: what its random vectors are, how far it drifts.

Vectors are random ones, ⟨x, y⟩ is E⟨x, y⟩ and ‖x‖² is E‖x‖² given the past
(``amverify.theorems.shared_batch``): coordinate j is that of one outcome, times the root of its
probability. What holds for every outcome holds for these sums, so facts that are licensed by a
modulus or by nothing (descent lemma, norms) serve as they are. A template here asks for the
hypothesis that says what the vectors are (``OneBatch``).
"""

from __future__ import annotations

import sympy as sp

from amverify.theorems.base import Hypothesis, Theorem
from amverify.theorems.batches import OneBatch, Shrinks
from amverify.theorems.expectation import alpha
from amverify.theorems.properties import Vector, entry
from amverify.theorems.quantities import Predictable, Smooth, Unbiased
from proofs.kernel.polynomial import Refused
from proofs.script.facts import Instance, fact, licence
from proofs.script.means import LINEAR, part
from proofs.script.translate import polynomial
from proofs.script.vectors import coordinate, inner, summed

By = tuple[Hypothesis, ...]


def _sweep(theorem: Theorem) -> tuple[OneBatch, By]:
    return licence(theorem, OneBatch, lambda _: True)


@fact("plain step", "D∇ℓ(y;ξ) = D(∇f(y) + n), coordinate by coordinate", "definition of n")
def PLAIN(theorem: Theorem) -> Instance:
    """(Dh)_j − α_j(∂_jf(y) + n_j) = 0."""
    said, by = _sweep(theorem)
    own = polynomial(alpha) * coordinate(said.slope + said.noise)
    return Instance(coordinate(said.plain) - own, "=", by)


@fact("drift of a step", "Dr = D·r, coordinate by coordinate", "D is diagonal")
def DRIFTED(theorem: Theorem) -> Instance:
    """(Dr)_j − α_jr_j = 0."""
    said, by = _sweep(theorem)
    own = polynomial(alpha) * coordinate(said.drift)
    return Instance(coordinate(said.drifted) - own, "=", by)


@fact(
    "drift of a block",
    "‖r_i‖² ≤ L̄²‖v_i − y‖², and v_i − y has parts of the step Dg in blocks other than i alone: "
    "‖v_i − y‖² ≤ ‖Dg‖² − ‖D_ig_i‖²",
    "definition of a Lipschitz modulus; Pythagoras; monotonicity of the expectation",
)
def OFF(theorem: Theorem) -> Instance:
    """L̄²(⟨Dg, Dg⟩ − ‖(Dg)_i‖²) − ‖r_i‖² ≥ 0."""
    said, by = _sweep(theorem)
    found, also = licence(theorem, Smooth, lambda p: p.function == "ℓ")
    step = said.plain + said.drifted
    modulus = polynomial(found.modulus)
    others = inner(step, step) - polynomial(part(step) ** 2)
    return Instance(modulus * modulus * others - polynomial(part(said.drift) ** 2), ">=", by + also)


@fact("unbiased sweep", "E⟨x, D^k n⟩ = ⟨x, D^k E n⟩ = 0 for x and D fixed before the draw", LINEAR)
def CENTRED(theorem: Theorem, x: Vector, power: int) -> Instance:
    """Σ_jα_j^k x_j n_j = 0, for an x that is said to be known before the draw, k = 1 or 2."""
    said, by = _sweep(theorem)
    if x not in said.known or power not in (1, 2):
        raise Refused(f"{x} is not said to be known before the batch is drawn")
    by += licence(theorem, Predictable, lambda _: True)[1]
    by += licence(theorem, Unbiased, lambda _: True)[1]
    return Instance(summed("j", alpha**power * entry(x) * entry(said.noise)), "=", by)


@fact("least step size of a sweep", "s_k ≤ α in sweep k", "definition of bounds")
def LOW(theorem: Theorem) -> Instance:
    """α_j − s_k ≥ 0."""
    found, by = licence(theorem, Shrinks, lambda _: True)
    return Instance(polynomial(alpha - found.low), ">=", by)


@fact("bound of a sweep", "0 < s_k", "definition of the bound")
def POSITIVE(theorem: Theorem) -> Instance:
    """s_k ≥ 0."""
    found, by = licence(theorem, Shrinks, lambda _: True)
    return Instance(polynomial(found.low), ">=", by)


@fact("largest step size of a sweep", "α ≤ ρs_k in sweep k", "definition of bounds")
def HIGH(theorem: Theorem) -> Instance:
    """ρs_k − α_j ≥ 0."""
    found, by = licence(theorem, Shrinks, lambda _: True)
    return Instance(polynomial(found.ratio * found.low - alpha), ">=", by)


def sums(formula: sp.Expr) -> sp.Expr:
    """Σ_j of a formula in coordinates, as a formula in the kernel's sums."""
    found = sp.Integer(0)
    for m, c in summed("j", formula).terms.items():
        names = (sp.Symbol(name, real=True) ** k for name, k in m)
        found += sp.Rational(c.numerator, c.denominator) * sp.Mul(*names)
    return found
