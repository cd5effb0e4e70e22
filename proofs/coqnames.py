"""What Coq proves of each theorem of the specification: names in ``proofs/coq``.

``Module.name`` with the generated statement (``Statements.v``) that is its type, where the theorem
is a statement about numbers; theorems about vectors, expectations and sequences conclude the
generated formula of the monitor with those numbers in place (``Statements.T1_descent`` with
dF = H(u^{k+1}) − H(u^k), e2 = ⟨e, e⟩, …). Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Proof:
    """A Coq theorem, ``Module.name``, and the generated statement that is its type, if any."""

    name: str
    statement: str = ""

    @property
    def module(self) -> str:
        """The file it is in, without the ending."""
        return self.name.partition(".")[0]


PROOFS: Mapping[str, tuple[Proof, ...]] = {
    "T1": (
        Proof("Descent.T1_box"),
        Proof("Descent.T1_convex_g"),
        Proof("Examples.T1_box_applies"),
    ),
    "T1p": (Proof("Descent.T1p_vector"),),
    "T2": (
        Proof("Region.T2_decrease_holds", "T2_decrease_stmt"),
        Proof("Region.T2_region_exact"),
        Proof("Region.T2_no_weight_outside"),
        Proof("Region.T2_no_strict_weight_outside"),
    ),
    "T2n": (Proof("Descent.T2n_vector"),),
    "T3": (
        Proof("Lyapunov.T3_block_holds", "T3_Lyapunov_decrease_stmt"),
        Proof("Lyapunov.T3_proximal_block_holds", "T3_Lyapunov_decrease_proximal_stmt"),
        Proof("Lyapunov.T3_kappa_rule"),
        Proof("Lyapunov.T3_certified_rule"),
        Proof("Lyapunov.T3_lyapunov"),
        Proof("Lyapunov.T3_telescoped"),
        Proof("Lyapunov.T3_monotone"),
        Proof("Lyapunov.T3_best_sweep"),
        Proof("Lyapunov.T3_from_blocks"),
    ),
    "T4": (Proof("RelativeError.T4_multiplier_kept"), Proof("RelativeError.T4_blocks")),
    "T5": (
        Proof("RateStatements.T5_finite_length_holds"),
        Proof("FiniteLength.T5_every_partial_sum"),
        Proof("FiniteLength.concave_below_tangent"),
        Proof("FiniteLength.T5_converges"),
        Proof("Examples.T5_applies"),
    ),
    "T6": (
        Proof("RateStatements.T6_recursion_holds", "T6_recursion_stmt"),
        Proof("RateStatements.T6_linear_holds", "T6_linear_stmt"),
        Proof("RateStatements.T6_sublinear_holds"),
        Proof("RateStatements.T6_superlinear_holds", "T6_superlinear_stmt"),
        Proof("RateStatements.T6_finite_holds", "T6_finite_0_stmt"),
        Proof("Rates.T6_recurrence_two_steps"),
        Proof("Rates.T6_recurrence_one_step"),
        Proof("Rates.every_second"),
        Proof("Rates.T6_half"),
        Proof("Rates.T6_half_from_start"),
        Proof("Rates.T6_above_half"),
        Proof("Rates.T6_below_half"),
        Proof("Rates.T6_below_half_order"),
        Proof("Rates.T6_zero_step"),
        Proof("Rates.T6_zero"),
        Proof("Examples.T6_half_applies"),
        Proof("Examples.T6_above_half_applies"),
    ),
    "S1": (Proof("SamtStatements.S1_holds"),),
    "S2": (Proof("Samt.S1_short_steps"), Proof("SamtStatements.S2_holds")),
    "S3": (
        Proof("OneBatch.S3_descent_holds"),
        Proof("OneBatch.S3_sharper_holds"),
        Proof("OneBatch.S3_bias_holds"),
        Proof("SamtStatements.S3_rate_holds"),
        Proof("Examples.S3_applies"),
    ),
    "S4": (
        Proof("SamtStatements.S4_descent_holds", "S4_descent_stmt"),
        Proof("RelativeError.S4_relative_error_blocks"),
    ),
    "S4m": (
        Proof("SamtStatements.S4m_descent_holds", "S4m_descent_stmt"),
        Proof("SamtStatements.S4m_lyapunov_holds", "S4m_Lyapunov_decrease_stmt"),
    ),
    "G1": (Proof("Classical.G1_vector"),),
    "G2": (Proof("Classical.G2_vector"),),
    "G3": (Proof("Classical.G3_descent_holds", "G3_descent_stmt"),),
    "G4": (Proof("Classical.G4_vector"),),
}
