(** TC0, TK, TC, each with the generated statement as its type.

    With H1 at every sweep aΣ‖e‖² ≤ Ψ⁰ − Ψ^K ≤ Ψ⁰ − inf R. TK is Minkowski over the sweeps:
    Σ(b1‖e^k‖ + b2‖e^{k−1}‖)² ≤ (b1 + b2)(b1Σ‖e^k‖² + b2Σ‖e^{k−1}‖²), the last sum one index behind.
    TC's length of n sweeps is aΣ(‖e‖ − λ)² ≥ 0, its finite length T5's with ‖(w, v)‖ ≤ ‖w‖ + ‖v‖. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Power Statements RateStatements.
Open Scope R_scope.

(** H1 added up. *)
Lemma falls_together (Psi E : nat -> R) (a : R) (K : nat) :
  (forall k, (k < K)%nat -> Psi (S k) - Psi k <= - (a * E k ^ 2)) ->
  a * sum K (fun k => E k ^ 2) <= Psi 0%nat - Psi K.
Proof.
  induction K as [|K IH]; intros H; [simpl; lra |].
  change (sum (S K) (fun k => E k ^ 2)) with (sum K (fun k => E k ^ 2) + E K ^ 2).
  pose proof (IH ltac:(intros; apply H; lia)). pose proof (H K ltac:(lia)). lra.
Qed.

(** K times a square that is below each of K squares. *)
Lemma least_of_squares (q : nat -> R) (least : R) (K : nat) :
  (forall k, (k < K)%nat -> least ^ 2 <= q k) -> INR K * least ^ 2 <= sum K q.
Proof. intros H. rewrite <- sum_const. apply sum_le, H. Qed.

Lemma square_below (x y : R) : 0 <= x -> x <= y -> x ^ 2 <= y ^ 2.
Proof. intros. apply pow_incr. split; assumption. Qed.

Lemma root_above (x y : R) : 0 <= x -> x ^ 2 <= y -> x <= sqrt y.
Proof. intros Hx H. rewrite <- (sqrt_pow2 x Hx). apply sqrt_le_1_alt, H. Qed.

Theorem TC0_summable_tied : TC0_summable_stmt.
Proof.
  intros n K x Psi a low least Ha Hlow Hcond.
  pose proof (falls_together Psi (fun k => norm n (diff (x (S k)) (x k))) a K Hcond) as Hsum.
  unfold TC0_summable, TC0_summable_lhs, TC0_summable_rhs.
  apply (Rmult_le_reg_l a); [assumption |].
  replace (a * ((Psi 0%nat - low) / a)) with (Psi 0%nat - low) by (field; lra).
  pose proof (Hlow K). cbv beta in *. lra.
Qed.

Theorem TC0_least_tied : TC0_least_step_stmt.
Proof.
  intros n K x Psi a low least HK Ha Hlow Hleast Heach Hcond.
  pose proof (falls_together Psi (fun k => norm n (diff (x (S k)) (x k))) a K Hcond) as Hsum.
  assert (Hsq : INR K * least ^ 2 <= sum K (fun k => norm n (diff (x (S k)) (x k)) ^ 2))
    by (apply least_of_squares; intros; apply square_below; auto).
  pose proof (Hlow K). pose proof (lt_0_INR K HK) as HKpos.
  unfold TC0_least_step, TC0_least_step_lhs, TC0_least_step_rhs.
  apply root_above; [assumption |].
  apply (Rmult_le_reg_l (a * INR K)); [apply Rmult_lt_0_compat; assumption |].
  replace (a * INR K * ((Psi 0%nat - low) / INR K / a)) with (Psi 0%nat - low) by (field; lra).
  apply (Rmult_le_compat_l a) in Hsq; lra.
Qed.

(** (b1 p + b2 q)² ≤ (b1 + b2)(b1 p² + b2 q²). *)
Lemma square_of_two (b1 b2 p q : R) : 0 <= b1 -> 0 <= b2 ->
  (b1 * p + b2 * q) ^ 2 <= (b1 + b2) * (b1 * p ^ 2 + b2 * q ^ 2).
Proof.
  intros H1 H2. assert (0 <= b1 * b2 * (p - q) ^ 2); [| lra].
  apply Rmult_le_pos; [apply Rmult_le_pos; assumption | apply pow2_ge_0].
Qed.

(** The squares of the steps before: one index behind, the first being ‖e⁰‖. *)
Lemma behind (E before : nat -> R) (start : R) (K : nat) :
  before 0%nat = start -> (forall k, before (S k) = E k) ->
  sum K (fun k => before k ^ 2) <= start ^ 2 + sum K (fun k => E k ^ 2).
Proof.
  intros H0 HS. destruct K as [|K]; [simpl; pose proof (pow2_ge_0 start); simpl in *; lra |].
  assert (H : sum (S K) (fun k => before k ^ 2) = start ^ 2 + sum K (fun k => E k ^ 2)).
  { induction K as [|K IH]; [simpl; rewrite H0; ring |].
    change (sum (S (S K)) (fun k => before k ^ 2))
      with (sum (S K) (fun k => before k ^ 2) + before (S K) ^ 2).
    rewrite IH, HS. change (sum (S K) (fun k => E k ^ 2)) with (sum K (fun k => E k ^ 2) + E K ^ 2).
    ring. }
  rewrite H. change (sum (S K) (fun k => E k ^ 2)) with (sum K (fun k => E k ^ 2) + E K ^ 2).
  pose proof (pow2_ge_0 (E K)). lra.
Qed.

Theorem TK_complexity_tied : TK_complexity_stmt.
Proof.
  intros n K x w Psi a b1 b2 start low lowest HK Ha Hlow H1 H2 Hleast Hstart Heach Hcond.
  set (E := fun k => norm n (diff (x (S k)) (x k))) in *.
  set (before := fun k => match k with O => start | S j => E j end).
  assert (HE : forall k, 0 <= E k) by (intros; apply norm_nonneg).
  assert (Hfall : forall k, (k < K)%nat -> Psi (S k) - Psi k <= - (a * E k ^ 2))
    by (intros k Hk; exact (proj1 (Hcond k Hk))).
  pose proof (falls_together Psi E a K Hfall) as Hsum.
  pose proof (behind E before start K eq_refl (fun k => eq_refl)) as Hbehind.
  assert (Hsq : INR K * lowest ^ 2 <=
    sum K (fun k => (b1 + b2) * (b1 * E k ^ 2 + b2 * before k ^ 2))).
  { apply least_of_squares. intros k Hk.
    apply (Rle_trans _ ((b1 * E k + b2 * before k) ^ 2)); [| apply square_of_two; assumption].
    assert (Hw : norm n (w (S k)) <= b1 * E k + b2 * before k) by exact (proj2 (Hcond k Hk)).
    apply square_below; [assumption |]. pose proof (Heach k Hk). lra. }
  rewrite sum_scal, sum_plus, !sum_scal in Hsq.
  set (total := sum K (fun k => E k ^ 2)) in *.
  apply (Rmult_le_compat_l b2) in Hbehind; [| assumption].
  apply (Rmult_le_compat_l (b1 + b2)) in Hbehind; [| lra].
  assert (Hbudget : (b1 + b2) ^ 2 * (a * total) <= (b1 + b2) ^ 2 * (Psi 0%nat - low))
    by (apply Rmult_le_compat_l; [apply pow2_ge_0 | pose proof (Hlow K); lra]).
  pose proof (lt_0_INR K HK) as HKpos.
  unfold TK_complexity, TK_complexity_lhs, TK_complexity_rhs.
  apply root_above; [assumption |].
  apply (Rmult_le_reg_l (a * INR K)); [apply Rmult_lt_0_compat; assumption |].
  replace (a * INR K * (((b1 + b2) ^ 2 * (Psi 0%nat - low) / a + b2 * start ^ 2 * (b1 + b2)) / INR K))
    with ((b1 + b2) ^ 2 * (Psi 0%nat - low) + a * (b2 * start ^ 2 * (b1 + b2))) by (field; lra).
  apply (Rmult_le_compat_l a) in Hsq; [| lra].
  apply (Rmult_le_compat_l a) in Hbehind; [| lra]. lra.
Qed.

Theorem TC_length_tied : TC_length_of_n_sweeps_stmt.
Proof.
  intros n N x r tail phi dist rt w1 v1 a b c theta b1 b2 m lam Ha Hr Hlam Hcond.
  set (E := fun k => norm n (diff (x (S (S (S k)))) (x (S (S k))))) in *.
  assert (Hfall : forall k, (k < N)%nat -> r (S k) - r k <= - (a * E k ^ 2))
    by (intros k Hk; exact (proj1 (Hcond k Hk))).
  pose proof (falls_together r E a N Hfall) as Hsum.
  assert (Hsq : 2 * lam * sum N E <= sum N (fun k => E k ^ 2) + INR N * lam ^ 2).
  { rewrite <- sum_scal, <- sum_const, <- sum_plus. apply sum_le. intros k _.
    pose proof (pow2_ge_0 (E k - lam)). lra. }
  unfold TC_length_of_n_sweeps, TC_length_of_n_sweeps_lhs, TC_length_of_n_sweeps_rhs.
  fold E. apply (Rmult_le_reg_l (2 * (a * lam))); [repeat apply Rmult_lt_0_compat; lra |].
  replace (2 * (a * lam) * (1 / 2 * lam * INR N + 1 / 2 * r 0%nat / a / lam))
    with (a * lam ^ 2 * INR N + r 0%nat) by (field; lra).
  apply (Rmult_le_compat_l a) in Hsq; [| lra]. pose proof (Hr N). lra.
Qed.

Theorem TC_finite_tied : TC_finite_length_stmt.
Proof.
  intros n d N x w v r tail a b c theta b1 b2 m lam Ha Hb Hc Ht Hbm Hb2 Hr Hcond.
  set (E := fun k => norm n (diff (x (S k)) (x k))).
  set (dist := fun k => sqrt (norm n (w k) ^ 2 + norm d (v k) ^ 2)).
  assert (HE : forall k, 0 <= E k) by (intros; apply norm_nonneg).
  pose proof (T5_finite_length_holds E r dist a b c theta N Ha Hb Hc Ht HE Hr) as Hfinite.
  unfold T5_finite_length in Hfinite. unfold TC_finite_length.
  apply Hfinite. intros k t. destruct (Hcond k) as (H1 & Hw & Hv & Hkl & Hlt).
  split; [exact H1 | split; [| split; [exact Hkl | exact Hlt]]].
  pose proof (norm_nonneg n (w k)) as Hw0. pose proof (norm_nonneg d (v k)) as Hv0.
  assert (Hdist : dist k <= norm n (w k) + norm d (v k)).
  { unfold dist. rewrite <- (sqrt_pow2 (norm n (w k) + norm d (v k))) by lra.
    apply sqrt_le_1_alt. assert (0 <= norm n (w k) * norm d (v k)) by (apply Rmult_le_pos; assumption).
    lra. }
  assert (H1' : (b1 + m) * E (S k) <= b * E (S k)) by (apply Rmult_le_compat_r; auto).
  assert (H2' : b2 * E k <= b * E k) by (apply Rmult_le_compat_r; auto).
  unfold E in *. lra.
Qed.
