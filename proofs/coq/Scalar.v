(** Facts about real numbers that several proofs use. *)
Require Import Reals Lra Psatz.
Open Scope R_scope.

(** |x| ≤ y from x² ≤ y² and y ≥ 0. *)
Lemma abs_le_of_square (x y : R) : 0 <= y -> x * x <= y * y -> Rabs x <= y.
Proof.
  intros Hy H. rewrite <- (Rabs_pos_eq y Hy). apply Rsqr_le_abs_0. exact H.
Qed.

(** Cauchy–Schwarz and AM–GM: 2|x| ≤ u + v from x² ≤ uv, u, v ≥ 0. *)
Lemma twice_abs_le_sum (x u v : R) :
  0 <= u -> 0 <= v -> x * x <= u * v -> 2 * Rabs x <= u + v.
Proof.
  intros Hu Hv H.
  assert (Rabs x <= (u + v) / 2); [apply abs_le_of_square | lra].
  - lra.
  - pose proof (Rle_0_sqr (u - v)) as Hs. unfold Rsqr in Hs. nra.
Qed.

(** -|c||x| ≤ cx ≤ |c||x|. *)
Lemma mult_le_abs (c x : R) : c * x <= Rabs c * Rabs x.
Proof. rewrite <- Rabs_mult. apply Rle_abs. Qed.

(** √u·√v ≤ u/4 + v is used squared: x² ≤ uv gives x ≤ u/4 + v. *)
Lemma weighted_am_gm (x u v : R) :
  0 <= u -> 0 <= v -> x * x <= u * v -> x <= u / 4 + v.
Proof.
  intros Hu Hv H.
  assert (Rabs x <= u / 4 + v).
  { apply abs_le_of_square; [lra |].
    pose proof (Rle_0_sqr (u / 4 - v)) as Hs. unfold Rsqr in Hs. nra. }
  pose proof (Rle_abs x). lra.
Qed.

(** a ≥ 0 from aτ + bτ² ≥ 0 for all τ in (0, 1]. *)
Lemma slope_nonneg (a b : R) :
  (forall tau, 0 < tau <= 1 -> 0 <= a * tau + b * (tau * tau)) -> 0 <= a.
Proof.
  intros H. destruct (Rle_lt_dec 0 a) as [|Ha]; [assumption | exfalso].
  set (tau := Rmin 1 (- a / (2 * (Rabs b + 1)))).
  pose proof (Rabs_pos b) as Hb. pose proof (Rle_abs b) as Hb0.
  assert (Hq : 0 < - a / (2 * (Rabs b + 1))) by (apply Rdiv_lt_0_compat; lra).
  assert (H1 : 0 < tau) by (apply Rmin_glb_lt; lra).
  assert (H2 : tau <= 1) by apply Rmin_l.
  assert (H3 : tau * (2 * (Rabs b + 1)) <= - a).
  { replace (- a) with (- a / (2 * (Rabs b + 1)) * (2 * (Rabs b + 1))) by (field; lra).
    apply Rmult_le_compat_r; [lra | apply Rmin_r]. }
  specialize (H tau (conj H1 H2)).
  assert (0 <= a + b * tau) by (apply (Rmult_le_reg_r tau); lra).
  nra.
Qed.

Lemma div_nonneg (x y : R) : 0 <= x -> 0 < y -> 0 <= x / y.
Proof. intros Hx Hy. apply Rmult_le_pos; [assumption | left; apply Rinv_0_lt_compat, Hy]. Qed.
