(** Instances: the hypotheses of the longer theorems can be met, by numbers that move. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Power Projection Descent Lyapunov Expectation OneBatch
  FiniteLength Rates RateStatements Statements.
Open Scope R_scope.

(** T1: H(v) = v²/2 on [−1, 1], u = Δ = 1, s = L = 1, p1 = p2 = ½, p3 = ⅒: u⁺ = 0, e = −11/10. *)
Example T1_box_applies :
  let e := -11 / 10 in
  T1_descent ((1 / 10) ^ 2 / 2 - 1 / 2) (e * e) e 1 ((e - 1 / 2) ^ 2) 1 1 (1 + 1 / 10)
    (1 / 2) (1 / 2).
Proof.
  intros e.
  pose proof (T1_box 1 (fun _ => 1) (fun _ => 1) (fun _ => - (1 / 10))
                (fun v => v 0%nat ^ 2 / 2) (fun _ => 3 / 2) (fun _ => 0)
                (fun _ => Some (-1)) (fun _ => Some 1)
                ((e - 1 / 2) ^ 2) 1 1 (1 / 2) (1 / 2) (1 / 10)) as H.
  unfold dot, diff, move, inside, above, below, clip in H. simpl sum in H. cbv beta in H.
  replace (0 + (- (1 / 10) - 1) * (- (1 / 10) - 1)) with (e * e) in H by (unfold e; field).
  replace (0 + 1 * (- (1 / 10) - 1)) with e in H by (unfold e; field).
  replace (0 + 1 * 1) with 1 in H by ring.
  replace ((- (1 / 10)) ^ 2 / 2 - 1 ^ 2 / 2) with ((1 / 10) ^ 2 / 2 - 1 / 2) in H by field.
  apply H; try lra; try (intros; lra).
  - intros j _. rewrite Rmin_right, Rmax_right; lra.
  - intros j _. rewrite Rmin_right, Rmax_right; lra.
  - unfold e. lra.
  - unfold T1_descent_conditions, e. lra.
Qed.

(** T5: r_k = 4^{−k}, ‖e‖ = 2^{−k}, θ = ½, a = b = c = 1. *)
Example T5_applies (n : nat) :
  let E := fun k => (1 / 2) ^ k in
  sum n (fun k => E (S (S k))) <= E 0%nat / 2 + E 1%nat + 4.
Proof.
  intros E. set (r := fun k => (1 / 2) ^ k * (1 / 2) ^ k).
  assert (HE : forall k, 0 < E k) by (intros; apply pow_lt; lra).
  assert (Hroot : forall k, power0 (r k) (1 / 2) = E k).
  { intros k. assert (0 < r k) by (unfold r; apply Rmult_lt_0_compat; apply HE).
    rewrite power0_pos by assumption. replace (1 / 2) with (/ 2) at 1 by field.
    rewrite Rpower_sqrt by assumption. apply sqrt_square. left. apply HE. }
  pose proof (T5_finite_length_holds E r E 1 1 1 (1 / 2) n ltac:(lra) ltac:(lra) ltac:(lra)
                ltac:(lra) ltac:(intros; left; apply HE)) as H.
  unfold T5_finite_length, T5_finite_length_lhs, T5_finite_length_rhs in H.
  replace (1 - 1 / 2) with (1 / 2) in H by field. rewrite (Hroot 0%nat) in H.
  eapply Rle_trans; [apply H |].
  - intros k. unfold r. apply Rmult_le_pos; left; apply HE.
  - intros k tail. pose proof (HE k). rewrite Hroot.
    unfold T5_finite_length_conditions, r, E in *. simpl. repeat split; try lra. nra.
  - unfold E. simpl. lra.
Qed.

(** T6: s_j = 2^{−j} has s_{j+1}^{2θ} ≤ s_j − s_{j+1} for every θ ≥ ½; so it is below the rates. *)
Lemma halving_recurrence (theta : R) (j : nat) : 1 / 2 <= theta ->
  Rpower ((1 / 2) ^ S j) (2 * theta) <= 1 * ((1 / 2) ^ j - (1 / 2) ^ S j).
Proof.
  intros Ht. set (x := (1 / 2) ^ S j).
  assert (Hx : 0 < x) by (apply pow_lt; lra).
  assert (Hx1 : x <= 1).
  { apply (Rle_trans _ (1 ^ S j)); [apply pow_incr; lra | rewrite pow1; lra]. }
  replace (1 * ((1 / 2) ^ j - x)) with x
    by (change x with (1 / 2 * (1 / 2) ^ j); field).
  replace (2 * theta) with (1 + (2 * theta - 1)) by ring.
  rewrite Rpower_plus, Rpower_1 by assumption.
  pose proof (power_le x 1 (2 * theta - 1) ltac:(lra) Hx Hx1) as H.
  rewrite <- (Rmult_1_r x) at 3. apply Rmult_le_compat_l; [lra |].
  eapply Rle_trans; [exact H |]. unfold Rpower. rewrite ln_1, Rmult_0_r, exp_0. lra.
Qed.

Example T6_above_half_applies (j : nat) :
  let s := fun j => (1 / 2) ^ j in
  s j <= Rpower (Rpower (s 0%nat) (- (1 / 2)) + INR j * nu s 1 (1 / 2)) (- / (1 / 2)).
Proof.
  intros s. apply (T6_above_half s (3 / 4) 1); try lra.
  - intros k. left. apply pow_lt. lra.
  - intros k _. apply halving_recurrence. lra.
  - unfold s. simpl. lra.
Qed.

Example T6_half_applies (j : nat) : (1 / 2) ^ j <= (1 / (1 + 1)) ^ j * (1 / 2) ^ 0.
Proof.
  apply (T6_half_from_start (fun j => (1 / 2) ^ j) (1 / 2) 1); try lra.
  - intros k. left. apply pow_lt. lra.
  - intros k _. apply halving_recurrence. lra.
Qed.

(** S3: ℓ(w; ±) = (w₁ + w₂ ± 1)²/2 with weight ½ each, at w = 0, α = ¼, in one coordinate a block:
    g_1 = ±1, g_2 = ±¾, ∇f(0) = 0, L̄ = 2, G = 1: E f(w⁺) rises by 49/512 ≤ L̄(B²/2)α²G² = ¼. *)
Example S3_applies :
  let f := 1 / 2 in
  let f_next := fun _ : nat => 1 / 2 + (7 / 16) * (7 / 16) / 2 in
  expect 2 (fun _ => 1 / 2) f_next - f <= 1 / 4.
Proof.
  intros f f_next.
  set (sg := fun w : nat => match w with O => 1 | _ => -1 end).
  set (g := fun w i (_ : nat) => match i with O => sg w | _ => 3 / 4 * sg w end).
  assert (Hsg : forall w, sg w * sg w = 1) by (intros [|w]; unfold sg; lra).
  pose proof (S3_sharper_holds 2 2 (fun _ => 1%nat) (fun _ => 1 / 2)
    ltac:(intros; lra) ltac:(simpl; lra) f 2 (1 / 4) (1 / 4) 1 f_next
    (fun _ _ => 1 / 4) (fun _ _ => 0) g (fun w _ _ => sg w)) as H.
  unfold S3_expected_descent_sharper, S3_expected_descent_sharper_lhs,
    S3_expected_descent_sharper_rhs in H.
  eapply Rle_trans; [apply H |]; try exact 0.
  all: try lra; try (intros; lra).
  - intros w Hw. unfold f, f_next, dot, g. simpl sum. pose proof (Hsg w). nra.
  - intros i j Hi Hj. unfold expect. simpl sum. unfold sg. lra.
  - intros w i Hw Hi. destruct i as [|i].
    + apply norm_le; [apply Rmult_le_pos; [lra | apply norm_nonneg] |].
      unfold dot, g. simpl sum. nra.
    + destruct i; [| lia].
      assert (Hn : norm 1 (fun k => norm 1 (fun j => 1 / 4 * g w k j)) = 1 / 4).
      { unfold norm at 1, dot at 1. simpl sum. unfold g. rewrite norm_square.
        unfold dot. simpl sum.
        replace (0 + (0 + 1 / 4 * sg w * (1 / 4 * sg w))) with (1 / 4 * (1 / 4))
          by (pose proof (Hsg w); lra).
        apply sqrt_square. lra. }
      rewrite Hn. apply norm_le; [lra |]. unfold dot, g. simpl sum.
      pose proof (Hsg w). nra.
  - intros i Hi. pose proof (Hsg 0%nat). pose proof (Hsg 1%nat).
    unfold expect, dot, g. simpl sum. destruct i; lra.
  - intros i Hi. apply norm_le; [lra |]. unfold dot. simpl sum. lra.
  - unfold dot. simpl. lra.
Qed.
