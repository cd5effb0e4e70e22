"""What Coq proves of each theorem of the specification: names in ``proofs/coq``.

``Module.name`` with the generated statement (``Statements.v``) that Coq has to accept as its type.
A theorem counts as proved by Coq only if each of its conclusions has such a statement and each
statement its proof (``statements.untied``). Theorems without one say more than the object does, or
that the hypotheses can be met; where more than a run can show is said (every point of Rⁿ, a limit),
the statement is written by hand, in a file of its own, and named as ``Module.name``. Standard
library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Proof:
    """A Coq theorem and what it says.

    Args:
        name: ``Module.name``.
        statement: the generated statement (of ``Statements.v``) that is its type, if any.
        written: the statement written by hand that is its type, ``Module.name``, if any.
    """

    name: str
    statement: str = ""
    written: str = ""

    @property
    def module(self) -> str:
        """The file it is in, without the ending."""
        return self.name.partition(".")[0]

    @property
    def type(self) -> str:
        """The statement that is its type, ``Module.name``; empty if none is named."""
        return f"Statements.{self.statement}" if self.statement else self.written


_WRITTEN = "ConvergenceStatements"

CONVERGENCE: tuple[Proof, ...] = (
    Proof("Convergence.convergence", written=f"{_WRITTEN}.convergence_stmt"),
    Proof("LyapunovRun.TC_convergence", written=f"{_WRITTEN}.TC_convergence_stmt"),
    Proof("BlockRun.TC_blocks", written="BlockStatements.TC_blocks_stmt"),
    Proof("LyapunovRun.limit_at_cluster_point"),
    Proof("Space.tends_coordinates"),
    Proof("Space.bounded_subsequence"),
    Proof("ConvergenceExamples.TC_applies"),
    Proof("ConvergenceExamples.TC_blocks_applies"),
    Proof("ConvergenceExamples.TC_needs_the_closed_graph"),
    Proof("ConvergenceNeeded.TC_applies_nonsmooth"),
    Proof("ConvergenceNeeded.TC_needs_descent"),
    Proof("ConvergenceNeeded.TC_needs_KL"),
)
"""The abstract convergence theorem in Rⁿ: H1, two-step H2, H3 and KL give a critical limit."""


PROOFS: Mapping[str, tuple[Proof, ...]] = {
    "T1": (
        Proof("TiedBlocks.T1_box_tied", "T1_descent_box_stmt"),
        Proof("TiedBlocks.T1_convex_tied", "T1_descent_convex_stmt"),
        Proof("Examples.T1_box_applies"),
    ),
    "T1p": (Proof("TiedBlocks.T1p_tied", "T1p_descent_stmt"),),
    "T2": (
        Proof("Region.T2_decrease_holds", "T2_decrease_stmt"),
        Proof("TiedBlocks.T2_region_tied", "T2_region_exact_stmt"),
        Proof("Region.T2_no_weight_outside"),
        Proof("Region.T2_no_strict_weight_outside"),
    ),
    "T2n": (Proof("TiedBlocks.T2n_tied", "T2n_decrease_stmt"),),
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
    "T4": (
        Proof("TiedResiduals.T4_tied", "T4_relative_error_stmt"),
        Proof("RelativeError.T4_multiplier_kept"),
        Proof("RelativeError.penalty_kept"),
    ),
    "TM": (
        Proof("TiedMetric.TM_smooth_tied", "TM_descent_smooth_stmt"),
        Proof("TiedMetric.TM_convex_tied", "TM_descent_convex_stmt"),
    ),
    "TMG": (
        Proof("TiedMetric.TMG_smooth_tied", "TMG_no_more_smooth_stmt"),
        Proof("TiedMetric.TMG_convex_tied", "TMG_no_more_convex_stmt"),
        Proof("TiedMetric.TMG_below_tied", "TMG_no_less_stmt"),
    ),
    "TMQ": (
        Proof("TiedMetric.TMQ_smooth_tied", "TMQ_no_more_smooth_stmt"),
        Proof("TiedMetric.TMQ_convex_tied", "TMQ_no_more_convex_stmt"),
        Proof("TiedMetric.TMQ_below_tied", "TMQ_no_less_stmt"),
    ),
    "TH": (
        Proof("TiedMetric.TH_smooth_tied", "TH_Lyapunov_decrease_smooth_stmt"),
        Proof("TiedMetric.TH_convex_tied", "TH_Lyapunov_decrease_convex_stmt"),
    ),
    "TJ": (
        Proof("TiedMetric.TJ_descent_tied", "TJ_descent_stmt"),
        Proof("TiedMetric.TJ_Lyapunov_tied", "TJ_Lyapunov_decrease_stmt"),
    ),
    "TPsi": (
        Proof("TiedBlocksRun.TPsi_alone_tied", "TPsi_block_alone_stmt"),
        Proof("TiedBlocksRun.TPsi_output_tied", "TPsi_block_output_stmt"),
        Proof("TiedBlocksRun.TPsi_joint_tied", "TPsi_block_joint_stmt"),
        Proof("TiedBlocksRun.TPsi_sweep_tied", "TPsi_sweep_stmt"),
        Proof("TiedBlocksRun.TPsi_H1_tied", "TPsi_H1_stmt"),
        Proof("BlockRun.TPsi_run", written="BlockStatements.TPsi_run_stmt"),
    ),
    "TC0": (
        Proof("TiedRun.TC0_summable_tied", "TC0_summable_stmt"),
        Proof("TiedRun.TC0_least_tied", "TC0_least_step_stmt"),
        Proof("LyapunovRun.TC0_criticality", written=f"{_WRITTEN}.TC0_criticality_stmt"),
    ),
    "TK": (
        Proof("TiedRun.TK_complexity_tied", "TK_complexity_stmt"),
        Proof("BlockRun.TK_complexity", written="BlockStatements.TK_complexity_stmt"),
    ),
    "TC": (
        Proof("TiedRun.TC_length_tied", "TC_length_of_n_sweeps_stmt"),
        Proof("TiedRun.TC_finite_tied", "TC_finite_length_stmt"),
        *CONVERGENCE,
    ),
    "T5": (
        Proof("TiedRates.T5_tied", "T5_finite_length_stmt"),
        Proof("FiniteLength.T5_every_partial_sum"),
        Proof("FiniteLength.concave_below_tangent"),
        Proof("FiniteLength.T5_converges"),
        Proof("Examples.T5_applies"),
    ),
    "T6": (
        Proof("RateStatements.T6_recursion_holds", "T6_recursion_stmt"),
        Proof("RateStatements.T6_linear_holds", "T6_linear_stmt"),
        Proof("TiedRates.T6_sublinear_tied", "T6_sublinear_stmt"),
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
    "S1": (Proof("TiedSweeps.S1_tied", "S1_expected_descent_stmt"),),
    "S2": (Proof("Samt.S1_short_steps"), Proof("TiedSweeps.S2_tied", "S2_rate_stmt")),
    "S3": (
        Proof("TiedSweeps.S3_descent_tied", "S3_expected_descent_stmt"),
        Proof("TiedSweeps.S3_sharper_tied", "S3_expected_descent_sharper_stmt"),
        Proof("TiedSweeps.S3_bias_tied", "S3_bias_stmt"),
        Proof("TiedSweeps.S3_rate_tied", "S3_rate_stmt"),
        Proof("Examples.S3_applies"),
    ),
    "S4": (
        Proof("SamtStatements.S4_descent_holds", "S4_descent_stmt"),
        Proof("SamtStatements.S4_sufficient_holds", "S4_sufficient_decrease_stmt"),
        Proof("TiedResiduals.S4_relative_error_tied", "S4_relative_error_stmt"),
    ),
    "S4m": (
        Proof("SamtStatements.S4m_descent_holds", "S4m_descent_stmt"),
        Proof("SamtStatements.S4m_lyapunov_holds", "S4m_Lyapunov_decrease_stmt"),
    ),
    "G1": (Proof("TiedSteps.G1_tied", "G1_descent_stmt"),),
    "G2": (Proof("TiedSteps.G2_tied", "G2_rate_stmt"),),
    "G3": (Proof("Classical.G3_descent_holds", "G3_descent_stmt"),),
    "G4": (Proof("TiedSteps.G4_tied", "G4_Lyapunov_decrease_stmt"),),
}
