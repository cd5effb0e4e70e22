r"""What an exponent may claim: of the inequality |F − F*|^θ ≤ c·dist(0, ∂F), near each point.

One of three, never more than is shown:

* *known*: θ with its source, only where the form of F gives it;
* *some*: F is globally subanalytic, at least on the bounded set in question, and lower
  semicontinuous: some θ ∈ [0, 1) exists (Bolte, Daniilidis, Lewis & Shiota 2007),
  unknown;
* *phi*: a desingularising φ only. ℝ_exp has no exponents: e^{−1/x²} has none at 0. Where F is
  analytic by pieces, exp and its kin are restricted analytic on a compact set, and *some* applies
  there.

A fourth, *unshown*, is said where F may fail to be lower semicontinuous: then KL is not claimed.
"""

from __future__ import annotations

from dataclasses import dataclass

from amverify.definability.ledger import Ledger
from amverify.definability.values import Shape, Value

KL = "Kurdyka 1998; Bolte, Daniilidis, Lewis & Shiota 2007"
SUBANALYTIC = "Łojasiewicz 1963; Bolte, Daniilidis & Lewis 2007; Bolte et al. 2007"


RATES = {
    "known": "T5 and T6 with θ = {}: c is to be declared, and holds near a point",
    "some": "none in numbers: θ and c are unknown; T5 and T6 hold with those that exist",
    "phi": "no rate: there need be no θ; convergence, by a φ that is not known",
    "unshown": "none",
}
"""What T5 and T6 may be asked for. At a nondegenerate minimiser θ = ½ whatever stands here."""


@dataclass(frozen=True)
class Exponent:
    """What may be claimed: ``kind`` is known, some, phi or unshown; ``value`` where it is known."""

    kind: str
    says: str
    source: str
    value: str | None = None

    @property
    def rates(self) -> str:
        """Which of T5's and T6's bounds it licenses, and what is left to be declared."""
        return RATES[self.kind].format(self.value)


def claimed(value: Value, ledger: Ledger, variables: int, bounded: str) -> Exponent:
    """Of a loss as it was walked.

    Args:
        value: of the loss.
        ledger: of the walk.
        variables: how many real variables there are.
        bounded: why a run stays in a compact set, empty if that is not known. (In a declared box
            the structure itself is that of ℝ_an already.)
    """
    if value.jumps and not value.semicontinuous:
        what = next(iter(ledger.jumps), "an index")
        return Exponent(
            "unshown",
            f"not shown to be lower semicontinuous ({what} may jump), which KL needs",
            KL,
        )
    form = known(value, variables)
    if form is not None:
        return form
    if value.structure.bounded_by_powers:
        return Exponent("some", "some θ in [0, 1) near every point, unknown", SUBANALYTIC)
    if ledger.wild:
        return Exponent(
            "phi", f"a φ only, no exponent, not even on compact sets: {ledger.wild[0]}", KL
        )
    there = "on each compact subset of the domain it is globally subanalytic"
    if bounded and not ledger.where:
        return Exponent("some", f"some θ in [0, 1), unknown: {bounded}, and {there}", SUBANALYTIC)
    return Exponent(
        "phi",
        f"a φ only, no exponent; but {there}: a run that stays in one (a declared box, or by TB) "
        "has some θ in [0, 1), unknown",
        f"{KL}; {SUBANALYTIC}",
    )


def known(value: Value, variables: int) -> Exponent | None:
    """Where the form of F gives an exponent."""
    if value.shape <= Shape.QUADRATIC:
        return Exponent(
            "known",
            "θ = 1/2: convex and piecewise linear-quadratic",
            "Li & Pong 2018; Bolte, Nguyen, Peypouquet & Suter 2017",
            "1/2",
        )
    degree = value.degree
    if degree is None:
        return None
    if degree <= 2:
        return Exponent(
            "known",
            "θ = 1/2: quadratic, f − f* = ½⟨d, Ad⟩ and ∇f = Ad",
            "elementary; Li & Pong 2018",
            "1/2",
        )
    power = f"·{3 * degree - 3}^{variables - 1}" if variables > 1 else ""
    theta = f"1 − 1/({degree}{power})"
    return Exponent(
        "known",
        f"θ = {theta}: a polynomial of degree {degree} in {variables} variable"
        f"{'s' * (variables > 1)} (a bound; the least θ may be smaller)",
        "D'Acunto & Kurdyka 2005" if variables > 1 else "elementary: order of a zero",
        theta,
    )
