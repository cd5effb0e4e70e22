(** TM, TMG, TMQ, TH, TJ, each with the generated statement as its type. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Statements Metric.
Open Scope R_scope.

Lemma width (n : nat) (u u1 : vector) (eta : R) :
  0 <= eta -> 0 <= dot n (diff u1 u) (diff u1 u) * eta.
Proof. intros. apply Rmult_le_pos; [apply dot_nonneg | assumption]. Qed.

Theorem TM_smooth_tied : TM_descent_smooth_stmt.
Proof.
  intros n u Delta u1 uplus H h bend s t p1 p2 eta Heta Hmin Hu1 Hconvex Hsecond (_ & Ht & Hbend).
  pose proof (smooth_step n u Delta u1 h uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (descends n u Delta u1 H 0 (s / t) h bend s p1 p2 ltac:(lra) Hconvex Hsecond Hbend).
  pose proof (width n u u1 eta Heta).
  unfold TM_descent, TM_descent_lhs, TM_descent_rhs. lra.
Qed.

Theorem TM_convex_tied : TM_descent_convex_stmt.
Proof.
  intros n u Delta u1 H g h bend s p1 p2 eta Heta Hg Hmin Hconvex Hsecond (_ & _ & Hbend).
  pose proof (convex_step n u Delta u1 g h s p1 Hg Hmin) as Hstep.
  pose proof (descends n u Delta u1 H _ (s / 1) h bend s p1 p2 Hstep Hconvex Hsecond Hbend).
  pose proof (width n u u1 eta Heta).
  unfold TM_descent, TM_descent_lhs, TM_descent_rhs. lra.
Qed.

Theorem TMG_smooth_tied : TMG_no_more_smooth_stmt.
Proof.
  intros n u Delta u1 uplus H grad Q s t p1 p2 eta Heta HQ HH Hgrad Hmin Hu1 Ht.
  pose proof (smooth_step n u Delta u1 _ uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  pose proof (width n u u1 eta Heta).
  unfold TMG_no_more, TMG_no_more_lhs, TMG_no_more_rhs.
  replace (dot n (diff u1 u) (diff u1 u) * s / t) with (s / t * dot n (diff u1 u) (diff u1 u))
    by (unfold Rdiv; ring).
  lra.
Qed.

Theorem TMG_convex_tied : TMG_no_more_convex_stmt.
Proof.
  intros n u Delta u1 H g grad Q s p1 p2 eta Heta HQ HH Hgrad Hg Hmin _.
  pose proof (convex_step n u Delta u1 g _ s p1 Hg Hmin) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  pose proof (width n u u1 eta Heta).
  unfold TMG_no_more, TMG_no_more_lhs, TMG_no_more_rhs.
  replace (dot n (diff u1 u) (diff u1 u) * s / 1) with (s / 1 * dot n (diff u1 u) (diff u1 u))
    by (unfold Rdiv; ring).
  lra.
Qed.

Theorem TMG_below_tied : TMG_no_less_stmt.
Proof.
  intros n u Delta u1 uplus H grad Q s t p1 p2 eta Heta HQ HH Hgrad Hmin Hu1 Ht.
  pose proof (smooth_step n u Delta u1 _ uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  pose proof (width n u u1 eta Heta).
  unfold TMG_no_less, TMG_no_less_lhs, TMG_no_less_rhs.
  replace (dot n (diff u1 u) (diff u1 u) * s / t) with (s / t * dot n (diff u1 u) (diff u1 u))
    by (unfold Rdiv; ring).
  lra.
Qed.

Theorem TMQ_smooth_tied : TMQ_no_more_smooth_stmt.
Proof.
  intros n u Delta u1 uplus H grad Q s t p1 p2 eta Heta HQ HH Hgrad Hmin Hu1 (Ht & Hq & Hturn).
  pose proof (smooth_step n u Delta u1 _ uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  pose proof (width n u u1 eta Heta).
  unfold TMQ_no_more, TMQ_no_more_lhs, TMQ_no_more_rhs. lra.
Qed.

Theorem TMQ_convex_tied : TMQ_no_more_convex_stmt.
Proof.
  intros n u Delta u1 H g grad Q s p1 p2 eta Heta HQ HH Hgrad Hg Hmin (_ & Hq & Hturn).
  pose proof (convex_step n u Delta u1 g _ s p1 Hg Hmin) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  pose proof (width n u u1 eta Heta).
  unfold TMQ_no_more, TMQ_no_more_lhs, TMQ_no_more_rhs. lra.
Qed.

Theorem TMQ_below_tied : TMQ_no_less_stmt.
Proof.
  intros n u Delta u1 uplus H grad Q s t p1 p2 eta Heta HQ HH Hgrad Hmin Hu1 (Ht & Hq & Hturn).
  pose proof (smooth_step n u Delta u1 _ uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  pose proof (width n u u1 eta Heta).
  unfold TMQ_no_less, TMQ_no_less_lhs, TMQ_no_less_rhs. lra.
Qed.

Theorem TH_smooth_tied : TH_Lyapunov_decrease_smooth_stmt.
Proof.
  intros n u Delta u1 uplus H h before bend s t p1 p2 delta delta1 theta
    Hmin Hu1 Hconvex Hsecond (_ & Ht & _ & Hbend & Hold & Hnew & Hpaid).
  pose proof (smooth_step n u Delta u1 h uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (descends n u Delta u1 H 0 (s / t) h bend s p1 p2 ltac:(lra) Hconvex Hsecond Hbend)
    as Hfall.
  unfold TH_Lyapunov_decrease, TH_Lyapunov_decrease_lhs, TH_Lyapunov_decrease_rhs.
  pose proof (weights_pay n u Delta u1 (H u1 - H u + 0) (s / t - 1 / 2) (p1 * s - p2) p2 _ _ _
    Hfall Hold Hnew ltac:(lra) eq_refl). lra.
Qed.

Theorem TH_convex_tied : TH_Lyapunov_decrease_convex_stmt.
Proof.
  intros n u Delta u1 H g h before bend s p1 p2 delta delta1 theta
    Hg Hmin Hconvex Hsecond (_ & _ & _ & Hbend & Hold & Hnew & Hpaid).
  pose proof (convex_step n u Delta u1 g h s p1 Hg Hmin) as Hstep.
  pose proof (descends n u Delta u1 H _ (s / 1) h bend s p1 p2 Hstep Hconvex Hsecond Hbend)
    as Hfall.
  unfold TH_Lyapunov_decrease, TH_Lyapunov_decrease_lhs, TH_Lyapunov_decrease_rhs.
  pose proof (weights_pay n u Delta u1 _ (s / 1 - 1 / 2) (p1 * s - p2) p2 _ _ _
    Hfall Hold Hnew ltac:(lra) eq_refl). lra.
Qed.

Theorem TJ_descent_tied : TJ_descent_stmt.
Proof.
  intros n u Delta u1 H g h before bend s p1 p2 delta delta1 theta
    Hmin Hconvex Hsecond (_ & _ & _ & Hbend).
  pose proof (modelled_step n u Delta u1 g h s p1 Hmin) as Hstep.
  pose proof (descends n u Delta u1 H _ (s / 2) h bend s p1 p2 Hstep Hconvex Hsecond Hbend).
  unfold TJ_descent, TJ_descent_lhs, TJ_descent_rhs. lra.
Qed.

Theorem TJ_Lyapunov_tied : TJ_Lyapunov_decrease_stmt.
Proof.
  intros n u Delta u1 H g h before bend s p1 p2 delta delta1 theta
    Hmin Hconvex Hsecond (_ & _ & _ & Hbend & Hold & Hnew & Hpaid).
  pose proof (modelled_step n u Delta u1 g h s p1 Hmin) as Hstep.
  pose proof (descends n u Delta u1 H _ (s / 2) h bend s p1 p2 Hstep Hconvex Hsecond Hbend)
    as Hfall.
  unfold TJ_Lyapunov_decrease, TJ_Lyapunov_decrease_lhs, TJ_Lyapunov_decrease_rhs.
  pose proof (weights_pay n u Delta u1 _ (s / 2 - 1 / 2) (p1 * s - p2) p2 _ _ _
    Hfall Hold Hnew ltac:(lra) eq_refl). lra.
Qed.
