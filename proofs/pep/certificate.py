r"""An exact upper bound: multipliers λ ≥ 0 of the Q_ij, and what is left, a semidefinite form.

    ω(‖e‖² + ‖Δ‖²) − ΔH − (δ/2)(‖e‖² − ‖Δ‖²) = Σ λ_ij Q_ij + Σ_j mᵀGm,      m = (Δ_j, e_j, …).

λ, δ and ω fix G; the kernel checks G ⪰ 0 over ℚ, sums over the coordinates and expands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from proofs.kernel import checker
from proofs.kernel.checker import Proved, Relation
from proofs.kernel.polynomial import Monomial, Poly, Refused, const
from proofs.kernel.squares import Gram, Term
from proofs.pep.interpolation import Step, basis, claim, inequalities

ONE = Fraction(1)


@dataclass(frozen=True)
class Bound:
    """ΔH + (δ/2)(‖e‖² − ‖Δ‖²) ≤ ω(‖e‖² + ‖Δ‖²) for every convex H with modulus 1."""

    step: Step
    delta: Fraction
    omega: Fraction
    multipliers: Mapping[str, Fraction]

    def check(self) -> Proved:
        """The bound as a theorem of the kernel, from the interpolation inequalities.

        Raises:
            Refused: if a multiplier is negative, the form indefinite, or the identity fails.
        """
        goal, left = claim(self.step, self.delta, self.omega)
        premises: list[Proved] = []
        terms: list[Term] = []
        known = {name: (relation, own) for name, relation, own, _ in inequalities(self.step)}
        for name, factor in self.multipliers.items():
            if name not in known:
                raise Refused(f"there is no interpolation inequality {name!r}")
            relation, own = known[name]
            terms.append(Term((len(premises),), ((factor, const(1)),)))
            premises.append(checker.assume(relation))
            left = left - const(factor) * own
        form = checker.certificate(
            [], Relation(left, ">="), [Term((), (), _gram(left, basis(self.step)))]
        )
        total = checker.summation(form, [n for m in basis(self.step) for n in m.names], "j")
        terms.append(Term((len(premises),)))
        return checker.certificate([*premises, total], goal, terms)


def _gram(form: Poly, vectors: tuple[Poly, ...]) -> Gram:
    """A quadratic form's matrix; what is not quadratic in the vectors fails the identity."""
    names = [next(iter(v.names)) for v in vectors]

    def entry(i: int, j: int) -> Fraction:
        key: Monomial = ((names[i], 2),) if i == j else tuple(
            sorted([(names[i], 1), (names[j], 1)])
        )  # fmt: skip
        return form.terms.get(key, Fraction(0)) / (1 if i == j else 2)

    n = len(names)
    return Gram(vectors, tuple(tuple(entry(i, j) for j in range(n)) for i in range(n)))
