(** Euclidean norms ‖x‖ = √⟨x, x⟩ of vectors nat → R with n entries. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums.
Open Scope R_scope.

Definition norm (n : nat) (x : nat -> R) : R := sqrt (dot n x x).

Lemma norm_nonneg (n : nat) (x : nat -> R) : 0 <= norm n x.
Proof. apply sqrt_pos. Qed.

Lemma norm_square (n : nat) (x : nat -> R) : norm n x * norm n x = dot n x x.
Proof. apply sqrt_sqrt, dot_nonneg. Qed.

Lemma norm_le (n : nat) (x : nat -> R) (c : R) : 0 <= c -> dot n x x <= c * c -> norm n x <= c.
Proof.
  intros Hc H. unfold norm. rewrite <- (sqrt_square c Hc). apply sqrt_le_1_alt. exact H.
Qed.

(** |⟨x, y⟩| ≤ ‖x‖‖y‖. *)
Lemma dot_le_norms (n : nat) (x y : nat -> R) : Rabs (dot n x y) <= norm n x * norm n y.
Proof.
  apply abs_le_of_square; [apply Rmult_le_pos; apply norm_nonneg |].
  replace (norm n x * norm n y * (norm n x * norm n y))
    with ((norm n x * norm n x) * (norm n y * norm n y)) by ring.
  rewrite !norm_square. apply cauchy_schwarz.
Qed.

(** ‖Dx‖ ≤ α‖x‖ for a diagonal D with 0 ≤ D_j ≤ α. *)
Lemma diagonal_square (n : nat) (D x : nat -> R) (alpha : R) :
  (forall j, (j < n)%nat -> 0 <= D j <= alpha) ->
  dot n (fun j => D j * x j) (fun j => D j * x j) <= alpha * alpha * dot n x x.
Proof.
  intros H. unfold dot. rewrite <- sum_scal. apply sum_le. intros j Hj.
  pose proof (H j Hj) as Hd. pose proof (Rle_0_sqr (x j)) as Hx. unfold Rsqr in Hx.
  assert (D j * D j <= alpha * alpha) by (apply Rmult_le_compat; lra).
  replace (D j * x j * (D j * x j)) with (D j * D j * (x j * x j)) by ring.
  apply Rmult_le_compat_r; assumption.
Qed.

Lemma diagonal_norm (n : nat) (D x : nat -> R) (alpha : R) :
  0 <= alpha -> (forall j, (j < n)%nat -> 0 <= D j <= alpha) ->
  norm n (fun j => D j * x j) <= alpha * norm n x.
Proof.
  intros Ha H. pose proof (norm_nonneg n x).
  apply norm_le; [apply Rmult_le_pos; assumption |].
  replace (alpha * norm n x * (alpha * norm n x))
    with (alpha * alpha * (norm n x * norm n x)) by ring.
  rewrite norm_square. apply diagonal_square, H.
Qed.

(** √(Σ x_i²) ≤ Σ x_i for x ≥ 0. *)
Lemma norm_le_sum (n : nat) (x : nat -> R) :
  (forall i, (i < n)%nat -> 0 <= x i) -> norm n x <= sum n x.
Proof.
  intros H. apply norm_le; [apply sum_nonneg, H |].
  unfold dot. induction n as [|n IH]; simpl; [lra |].
  pose proof (IH (fun i Hi => H i (Nat.lt_lt_succ_r _ _ Hi))) as Hn.
  pose proof (H n (Nat.lt_succ_diag_r n)) as Hx.
  assert (0 <= sum n x) by (apply sum_nonneg; intros i Hi; apply H; lia).
  assert (0 <= sum n x * x n) by (apply Rmult_le_pos; assumption). lra.
Qed.

(** ‖x + y‖ ≤ ‖x‖ + ‖y‖. *)
Lemma norm_triangle (n : nat) (x y : nat -> R) :
  norm n (fun j => x j + y j) <= norm n x + norm n y.
Proof.
  pose proof (norm_nonneg n x). pose proof (norm_nonneg n y).
  apply norm_le; [lra |].
  rewrite (dot_ext n _ _ (fun j => x j + 1 * y j) (fun j => x j + 1 * y j)) by (intros; ring).
  rewrite square_linear, <- !norm_square.
  pose proof (dot_le_norms n x y). pose proof (Rle_abs (dot n x y)). lra.
Qed.

Lemma norm_scaled (n : nat) (c : R) (x : nat -> R) :
  0 <= c -> norm n (fun j => c * x j) = c * norm n x.
Proof.
  intros Hc. unfold norm.
  replace (dot n (fun j => c * x j) (fun j => c * x j)) with (c * c * dot n x x).
  - rewrite sqrt_mult_alt by apply Rle_0_sqr. rewrite sqrt_square by assumption. reflexivity.
  - unfold dot. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.

Lemma norm_monotone (n : nat) (x y : nat -> R) :
  (forall j, (j < n)%nat -> Rabs (x j) <= Rabs (y j)) -> norm n x <= norm n y.
Proof.
  intros H. apply sqrt_le_1_alt, sum_le. intros j Hj. apply Rsqr_le_abs_1, H, Hj.
Qed.

Lemma norm_const (n : nat) (c : R) : 0 <= c -> norm n (fun _ => c) = sqrt (INR n) * c.
Proof.
  intros Hc. unfold norm, dot. rewrite sum_const, sqrt_mult_alt by apply pos_INR.
  rewrite sqrt_square by assumption. reflexivity.
Qed.

(** Blocks' norms together: √(Σ_i ‖x_i‖²). *)
Lemma norm_of_norms (B : nat) (n : nat -> nat) (x : nat -> nat -> R) :
  norm B (fun i => norm (n i) (x i)) = sqrt (sum B (fun i => dot (n i) (x i) (x i))).
Proof. unfold norm at 1, dot at 1. f_equal. apply sum_ext. intros. apply norm_square. Qed.
