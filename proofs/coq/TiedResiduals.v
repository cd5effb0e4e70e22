(** T4, S4, each with the generated statement as its type.

    Statements.v says which numbers of the monitor's formula are which sums of which vectors; the
    proofs are those of the other files. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Statements RelativeError.
Open Scope R_scope.

Theorem T4_tied : T4_relative_error_stmt.
Proof.
  intros B n w e Delta later M L s p1 p2 extra nu lip
    (HM & HL & Hs & Hp1 & Hp2 & Hx & Hnu & Hlip) Hlater Hw _.
  apply T4_blocks; assumption.
Qed.

Theorem S4_relative_error_tied : S4_relative_error_stmt.
Proof.
  intros B n e grad_used grad_next alpha dF w2 slope L amin M ahigh HM Hstep Hlip Ha.
  unfold S4_relative_error_conditions in Ha.
  apply (S4_relative_error_blocks B n e e grad_used grad_next alpha); assumption.
Qed.
