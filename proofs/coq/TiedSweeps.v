(** S1–S3, each with the generated statement as its type.

    Statements.v says which numbers of the monitor's formula are which sums of which vectors; the
    proofs are those of the other files. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Expectation Statements Samt OneBatch SamtStatements.
Open Scope R_scope.

Theorem S1_tied : S1_expected_descent_stmt.
Proof.
  intros N n weight f L alow f_next D grad variance g Hw Htotal HL Hmod Hmean Hvar _.
  apply (S1_holds N n weight f L alow f_next D grad variance g); assumption.
Qed.

Theorem S2_tied : S2_rate_stmt.
Proof.
  intros B K f G L variance amin amax fstar Lmax HK Hstep Hjoin Hlow Hcond.
  exact (S2_holds B K f G L variance amin amax fstar Lmax HK Hstep Hjoin Hlow Hcond).
Qed.

Theorem S3_descent_tied : S3_expected_descent_stmt.
Proof.
  intros N B n weight f L amin amax G f_next D grad g g0 bias earlier lowest first fstar K
    Hw Htotal (HL & HG & Hamax) HD Hmod Hmean Hlip Hb Hhere Ha.
  unfold S3_expected_descent_conditions in Ha.
  eapply S3_descent_holds; try eassumption. lra.
Qed.

Theorem S3_sharper_tied : S3_expected_descent_sharper_stmt.
Proof.
  intros N B n weight f L amin amax G f_next D grad g g0 bias earlier lowest first fstar K
    Hw Htotal (HL & HG & Hamax) HD Hmod Hmean Hlip Hb Hhere Ha.
  unfold S3_expected_descent_sharper_conditions in Ha.
  eapply S3_sharper_holds; try eassumption. lra.
Qed.

Theorem S3_bias_tied : S3_bias_stmt.
Proof.
  intros i dE g2 N B n weight f L amin amax G f_next D grad g g0 grad_at lowest first fstar K
    Hw Htotal (HL & HG & Hamax) HD Hmod Hmean Hlip Hb Hhere Hi Ha Hlipf _.
  eapply S3_bias_holds; eassumption.
Qed.

Theorem S3_rate_tied : S3_rate_stmt.
Proof.
  intros K f g2 dE g0 amin amax Lbar B G2 bias earlier lowest fstar HK Hstep Hlow Hleast Hcond.
  eapply S3_rate_holds; eassumption.
Qed.
