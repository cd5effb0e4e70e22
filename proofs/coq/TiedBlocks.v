(** T1, T1p, T2, T2n, each with the generated statement as its type.

    Statements.v says which numbers of the monitor's formula are which sums of which vectors; the
    proofs are those of the other files. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Projection Statements Region Descent.
Open Scope R_scope.

Theorem T1_box_tied : T1_descent_box_stmt.
Proof.
  intros n u Delta u1 H h uplus lo hi bend L s p1 p2 p3 HL Hu Hplus Hu1 Hconvex Hsecond Hcond.
  pose proof Hcond as (Hs & Ht & _).
  apply (T1_box n u Delta u1 H h uplus lo hi); try assumption. lra.
Qed.

Theorem T1_convex_tied : T1_descent_convex_stmt.
Proof.
  intros n u Delta u1 H g h bend L s p1 p2. intros. eapply T1_convex_g; eassumption.
Qed.

Theorem T1p_tied : T1p_descent_stmt.
Proof. intros n u Delta u1 F p1 gamma Hmin _. apply T1p_vector, Hmin. Qed.

Theorem T2_region_tied : T2_region_exact_stmt.
Proof.
  intros dF e2 de d2 bend L s t p1 p2 HL.
  pose proof (T2_region_exact dF e2 de d2 bend L s t p1 p2 HL) as H. exact H.
Qed.

Theorem T2n_tied : T2n_decrease_stmt.
Proof.
  intros n u Delta u1 H g h h0 L s t p1 p2 HL Ht Hg Hmin Hconditions.
  pose proof Hconditions as (_ & H1 & _).
  apply (T2n_vector n u Delta u1 H g h h0 L s t p1 p2); try assumption. lra.
Qed.
