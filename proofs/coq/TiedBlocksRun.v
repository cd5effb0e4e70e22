(** TPsi, with the generated statements as types: a block, from its step, and sums over a sweep.

    V_l and z_L are quadratic and move in M = Q, so that ΔF is −(s/t − ½)‖e‖² + c⟨Δ,e⟩, at most
    (TMQ); (z_l, a_l) minimises its model (TJ). What is left of c⟨Δ,e⟩ the weights pay. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Statements Metric.
Open Scope R_scope.

Lemma own_metric (n : nat) (Q : nat -> nat -> R) (x y : vector) :
  (forall z i, (i < n)%nat -> image n Q z i = z i) -> dot n x (image n Q y) = dot n x y.
Proof. intros HQ. apply dot_ext; intros; [reflexivity | apply HQ; assumption]. Qed.

(** What the weights of one block pay, whatever its step: ½(Y‖e‖² − 2c⟨Δ,e⟩ + X) ≥ 0. *)
Lemma block_falls (n : nat) (e Delta : vector) (dF alpha c q Y X : R) :
  dot n Delta Delta * c ^ 2 <= Y * X -> 0 <= X -> 0 <= Y ->
  dF <= - alpha * dot n e e + c * dot n Delta e + q / 2 * dot n Delta Delta ->
  dF + (2 * alpha - Y) / 2 * dot n e e - (X + q * dot n Delta Delta) / 2 <= 0.
Proof.
  intros Hpaid HX HY Hfall.
  pose proof (dot_nonneg n e) as He. pose proof (cauchy_schwarz n Delta e) as Hcs.
  set (e2 := dot n e e) in *. set (d2 := dot n Delta Delta) in *. set (de := dot n Delta e) in *.
  assert (Hsq : c * de * (c * de) <= Y * e2 * X).
  { assert (Hone : c ^ 2 * (de * de) <= c ^ 2 * (d2 * e2))
      by (apply Rmult_le_compat_l; [apply pow2_ge_0 | exact Hcs]).
    assert (Htwo : d2 * c ^ 2 * e2 <= Y * X * e2) by (apply Rmult_le_compat_r; assumption).
    lra. }
  assert (HYe : 0 <= Y * e2) by (apply Rmult_le_pos; assumption).
  pose proof (twice_abs_le_sum (c * de) (Y * e2) X HYe HX Hsq) as Habs.
  pose proof (Rle_abs (c * de)). lra.
Qed.

Theorem TPsi_alone_tied : TPsi_block_alone_stmt.
Proof.
  intros n u Delta u1 uplus H grad Q s t p1 p2 before delta delta1 theta n2 dpsi fall step2 amin low
    Ht HQ HH Hgrad Hown Hmin Hu1 (Hold & Hnew & Hpaid).
  pose proof (smooth_step n u Delta u1 _ uplus s t p1 Ht Hmin Hu1) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  rewrite !own_metric in Hchange by assumption.
  pose proof (block_falls n (diff u1 u) Delta (H u1 - H u) (s / t - 1 / 2) (p1 * s - p2) 0 _ _
    Hpaid ltac:(lra) ltac:(lra) ltac:(lra)) as Hfall.
  unfold TPsi_block, TPsi_block_lhs, TPsi_block_rhs. lra.
Qed.

Theorem TPsi_output_tied : TPsi_block_output_stmt.
Proof.
  intros n u Delta u1 H g grad Q s p1 p2 before delta delta1 theta n2 dpsi fall step2 amin low
    HQ HH Hgrad Hown Hg Hmin (Hold & Hnew & Hpaid).
  pose proof (convex_step n u Delta u1 g _ s p1 Hg Hmin) as Hstep.
  pose proof (quadratic_change n u Delta u1 H grad Q p2 HQ HH Hgrad) as Hchange.
  rewrite !own_metric in Hchange by assumption.
  pose proof (block_falls n (diff u1 u) Delta (H u1 - H u + (g u1 - g u)) (s / 1 - 1 / 2)
    (p1 * s - p2) 0 _ _ Hpaid ltac:(lra) ltac:(lra) ltac:(lra)) as Hfall.
  unfold TPsi_block, TPsi_block_lhs, TPsi_block_rhs. lra.
Qed.

Theorem TPsi_joint_tied : TPsi_block_joint_stmt.
Proof.
  intros n u Delta u1 H g h bend s p1 p2 before delta delta1 theta n2 dpsi fall step2 amin low
    Hmin Hconvex Hsecond Hbend (Hold & Hnew & Hpaid).
  pose proof (modelled_step n u Delta u1 g h s p1 Hmin) as Hstep.
  pose proof (descends n u Delta u1 H _ (s / 2) h bend s p1 p2 Hstep Hconvex Hsecond ltac:(lra))
    as Hdescent.
  pose proof (block_falls n (diff u1 u) Delta (H u1 - H u + (g u1 - g u)) ((s - 1) / 2)
    (p1 * s - p2) (p2 ^ 2) _ _ Hpaid ltac:(lra) ltac:(lra) ltac:(lra)) as Hfall.
  unfold TPsi_block, TPsi_block_lhs, TPsi_block_rhs. lra.
Qed.

Theorem TPsi_sweep_tied : TPsi_sweep_stmt.
Proof.
  intros B i0 n e Delta dF old n2 s p1 p2 alpha q delta delta1 theta dpsi fall step2 amin low
    Hfall Hcond _.
  unfold TPsi_sweep, TPsi_sweep_lhs, TPsi_sweep_rhs.
  rewrite Rmult_comm, <- Ropp_mult_distr_l_reverse, <- sum_scal.
  apply sum_le. intros i Hi. destruct (Hcond i Hi) as (Hold & Hnew & Hpaid).
  pose proof (block_falls (n i) (e i) (Delta i) (dF i) (alpha i) _ (q i) _ _ Hpaid
    ltac:(lra) ltac:(lra) (Hfall i Hi)) as H. lra.
Qed.

Theorem TPsi_H1_tied : TPsi_H1_stmt.
Proof.
  intros B i0 n e Delta dF old n2 s p1 p2 alpha q delta delta1 theta dpsi fall step2 amin low
    Hfall Hcond Hshare Hmetric Htheta Hamin _.
  unfold TPsi_H1, TPsi_H1_lhs, TPsi_H1_rhs.
  replace (- (amin * low * sum B n2 * theta)) with (- (theta * amin * low) * sum B n2) by ring.
  rewrite <- sum_scal.
  apply sum_le. intros i Hi. destruct (Hcond i Hi) as (Hold & Hnew & Hpaid).
  pose proof (block_falls (n i) (e i) (Delta i) (dF i) (alpha i) _ (q i) _ _ Hpaid
    ltac:(lra) ltac:(lra) (Hfall i Hi)) as H.
  pose proof (dot_nonneg (n i) (e i)) as He. pose proof (Hshare i Hi). pose proof (Hmetric i Hi).
  set (e2 := dot (n i) (e i) (e i)) in *.
  assert (Hfirst : theta * (amin * (low * n2 i)) <= theta * (amin * e2))
    by (apply Rmult_le_compat_l; [| apply Rmult_le_compat_l]; assumption).
  assert (Hsecond : theta * (amin * e2) <= theta * (alpha i * e2))
    by (apply Rmult_le_compat_l; [| apply Rmult_le_compat_r]; assumption).
  lra.
Qed.
