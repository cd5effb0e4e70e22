(** G1, G2, G4, each with the generated statement as its type.

    Statements.v says which numbers of the monitor's formula are which sums of which vectors; the
    proofs are those of the other files. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Statements Classical.
Open Scope R_scope.

Theorem G1_tied : G1_descent_stmt.
Proof. intros n g e Delta df eta beta L Hl Hb Hc. apply G1_vector with (beta := beta); assumption. Qed.

Theorem G2_tied : G2_rate_stmt.
Proof.
  intros n g e Delta df eta beta L f0 mu fstar Hl Hb Hc. eapply G2_vector; eassumption.
Qed.

Theorem G4_tied : G4_Lyapunov_decrease_stmt.
Proof. intros n g e Delta df eta beta L Hl Hc. eapply G4_vector; eassumption. Qed.
