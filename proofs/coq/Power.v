(** Real powers x^y = Rpower x y = exp(y·ln x) of positive x. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar.
Open Scope R_scope.

Lemma power_pos (x y : R) : 0 < Rpower x y.
Proof. apply exp_pos. Qed.

Lemma power_le (x y q : R) : 0 <= q -> 0 < x -> x <= y -> Rpower x q <= Rpower y q.
Proof. intros Hq Hx Hxy. apply Rle_Rpower_l; lra. Qed.

Lemma power_opp_le (x y q : R) : 0 <= q -> 0 < x -> x <= y -> Rpower y (- q) <= Rpower x (- q).
Proof.
  intros Hq Hx Hxy. rewrite !Rpower_Ropp.
  apply Rinv_le_contravar; [apply power_pos | apply power_le; assumption].
Qed.

Lemma power_inverse (x q : R) : 0 < x -> q <> 0 -> Rpower (Rpower x q) (/ q) = x.
Proof.
  intros Hx Hq. rewrite Rpower_mult, Rinv_r, Rpower_1 by assumption. reflexivity.
Qed.

(** ln z ≤ z − 1. *)
Lemma ln_le_minus_one (z : R) : 0 < z -> ln z <= z - 1.
Proof.
  intros Hz. pose proof (exp_ineq1_le (ln z)) as H. rewrite exp_ln in H by assumption. lra.
Qed.

(** Bernoulli: z^{−p} ≥ 1 + p(1 − z). *)
Lemma power_opp_bernoulli (z p : R) : 0 < z -> 0 <= p -> 1 + p * (1 - z) <= Rpower z (- p).
Proof.
  intros Hz Hp. unfold Rpower.
  pose proof (exp_ineq1_le (- p * ln z)). pose proof (ln_le_minus_one z Hz).
  assert (p * ln z <= p * (z - 1)) by (apply Rmult_le_compat_l; lra). lra.
Qed.

(** x^{−p} − y^{−p} ≥ p(y − x)·y^{−(1+p)}: a convex function above its tangent at y. *)
Lemma power_opp_tangent (x y p : R) :
  0 < x -> 0 < y -> 0 <= p ->
  p * (y - x) * Rpower y (- (1 + p)) <= Rpower x (- p) - Rpower y (- p).
Proof.
  intros Hx Hy Hp.
  assert (Hz : 0 < x / y) by (apply Rdiv_lt_0_compat; assumption).
  pose proof (power_opp_bernoulli (x / y) p Hz Hp) as Hb.
  assert (Hxy : Rpower x (- p) = Rpower (x / y) (- p) * Rpower y (- p)).
  { rewrite Rpower_mult_distr by assumption. f_equal. field. lra. }
  assert (Hsplit : Rpower y (- (1 + p)) = / y * Rpower y (- p)).
  { replace (- (1 + p)) with (- (1) + - p) by ring.
    rewrite Rpower_plus, Rpower_Ropp, Rpower_1 by assumption. reflexivity. }
  rewrite Hxy, Hsplit. pose proof (power_pos y (- p)) as Hpos.
  apply (Rmult_le_compat_r (Rpower y (- p))) in Hb; [| lra].
  replace (p * (y - x) * (/ y * Rpower y (- p))) with (p * (1 - x / y) * Rpower y (- p))
    by (field; lra).
  lra.
Qed.

(** x^q for x > 0, and 0 at x = 0: how the monitor reads r^θ and r^{1−θ}. *)
Definition power0 (x q : R) : R := if Rlt_dec 0 x then Rpower x q else 0.

Lemma power0_pos (x q : R) : 0 < x -> power0 x q = Rpower x q.
Proof. intros Hx. unfold power0. destruct (Rlt_dec 0 x); [reflexivity | lra]. Qed.

Lemma power0_zero (q : R) : power0 0 q = 0.
Proof. unfold power0. destruct (Rlt_dec 0 0); [lra | reflexivity]. Qed.
