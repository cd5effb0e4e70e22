(** S1–S4m in the monitor's own formulas (Statements.v): what Samt.v proves, with its sums named. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Expectation Samt OneBatch Statements.
Open Scope R_scope.

(** S1: pull = Σ D_j(∇f)_j², square = Σ D_j²(∇f)_j², noise = Σ D_j²σ_j². *)
Theorem S1_holds (N n : nat) (weight : nat -> R) (f L alow : R) (f_next D grad variance : nat -> R)
    (g : nat -> nat -> R) :
  (forall w, (w < N)%nat -> 0 <= weight w) -> sum N weight = 1 -> 0 <= L ->
  (forall w, (w < N)%nat ->
     f_next w <= f + dot n grad (fun j => - (D j * g w j))
       + L / 2 * dot n (fun j => - (D j * g w j)) (fun j => - (D j * g w j))) ->
  (forall j, (j < n)%nat -> expect N weight (fun w => g w j) = grad j) ->
  (forall j, (j < n)%nat ->
     expect N weight (fun w => (g w j - grad j) * (g w j - grad j)) <= variance j) ->
  S1_expected_descent (expect N weight f_next - f)
    (sum n (fun j => D j * (grad j * grad j))) (sum n (fun j => D j * D j * (grad j * grad j)))
    (sum n (fun j => D j * D j * variance j)) L alow.
Proof.
  intros Hw Htotal HL Hmod Hmean Hvar.
  unfold S1_expected_descent, S1_expected_descent_lhs, S1_expected_descent_rhs.
  pose proof (S1_one_block N n weight Hw Htotal f L f_next D grad variance g
                HL Hmod Hmean Hvar) as H.
  rewrite (sum_ext n (fun j => D j * (1 - L * D j / 2) * (grad j * grad j))
             (fun j => D j * (grad j * grad j) + - (L / 2) * (D j * D j * (grad j * grad j)))) in H
    by (intros; field).
  rewrite sum_plus, sum_scal in H. lra.
Qed.

(** S2: the average over K sweeps, from S1_short_steps in every block. *)
Theorem S2_holds (B K : nat) (f G : nat -> nat -> R) (L variance : nat -> R)
    (amin amax fstar Lmax : R) :
  (0 < K)%nat ->
  (forall k i, (i < B)%nat ->
     f k (S i) <= f k i - amin / 2 * G k i + L i / 2 * (amax * amax * variance i)) ->
  (forall k, f k B = f (S k) 0%nat) -> (forall k, fstar <= f k 0%nat) ->
  let average := sum K (fun k => sum B (G k)) / INR K in
  let level := sum B (fun i => L i * variance i) in
  S2_rate_conditions average (f 0%nat 0%nat) fstar (INR K) level amin amax Lmax ->
  S2_rate average (f 0%nat 0%nat) fstar (INR K) level amin amax Lmax.
Proof.
  intros HK Hstep Hjoin Hlow average level (Ha & _).
  unfold S2_rate, S2_rate_lhs, S2_rate_rhs, average, level.
  pose proof (S2_average B K f G L variance amin amax fstar Ha HK Hstep Hjoin Hlow) as H.
  assert (HKpos : 0 < INR K) by (apply lt_0_INR; assumption).
  replace ((2 * f 0%nat 0%nat - 2 * fstar) / INR K / amin)
    with (2 * (f 0%nat 0%nat - fstar) / (amin * INR K)) by (field; lra).
  replace (amax ^ 2 * sum B (fun i => L i * variance i) / amin)
    with (amax ^ 2 / amin * sum B (fun i => L i * variance i)) by (field; lra).
  exact H.
Qed.

(** S3's rate, from either descent with V = L̄B(B − ½)α_max²G². *)
Theorem S3_rate_holds (K : nat) (f g2 : nat -> R)
    (dE g0 amin amax Lbar B G2 bias earlier lowest fstar : R) :
  (0 < K)%nat ->
  (forall k, S3_expected_descent (f (S k) - f k) (g2 k) amin amax Lbar B G2
               bias earlier lowest (f 0%nat) fstar (INR K)) ->
  (forall k, fstar <= f k) -> (forall k, (k < K)%nat -> lowest <= g2 k) ->
  S3_rate_conditions dE g0 amin amax Lbar B G2 bias earlier lowest (f 0%nat) fstar (INR K) ->
  S3_rate dE g0 amin amax Lbar B G2 bias earlier lowest (f 0%nat) fstar (INR K).
Proof.
  intros HK Hstep Hlow Hleast Ha. unfold S3_rate_conditions in Ha.
  unfold S3_expected_descent, S3_expected_descent_lhs, S3_expected_descent_rhs in Hstep.
  unfold S3_rate, S3_rate_lhs, S3_rate_rhs.
  set (V := B * G2 * Lbar * amax ^ 2 * (B - 1 / 2)) in *.
  destruct (S3_best_sweep K f g2 amin V fstar Ha HK) as (k & Hk & Hg);
    [intros k; pose proof (Hstep k); lra | assumption |].
  pose proof (Hleast k Hk). assert (HKpos : 0 < INR K) by (apply lt_0_INR; assumption).
  replace ((f 0%nat - fstar) / INR K / amin) with ((f 0%nat - fstar) / (amin * INR K))
    by (field; lra).
  lra.
Qed.

(** What the step's formula, |⟨∇f, e⟩ + Σe²/α| ≤ bound, says of the slope ⟨∇f, e⟩. *)
Lemma slope_bound (slope w bound : R) : Rabs (slope + w) <= bound -> slope <= bound - w.
Proof. intros H. pose proof (Rle_abs (slope + w)). lra. Qed.

Theorem S4_descent_holds : S4_descent_stmt.
Proof.
  intros dF e2 w2 slope L g1 amin M B ahigh Hlemma Hformula. apply slope_bound in Hformula.
  unfold S4_descent, S4_descent_lhs, S4_descent_rhs. lra.
Qed.

Theorem S4_sufficient_holds : S4_sufficient_decrease_stmt.
Proof.
  intros dF e2 w2 slope L g1 amin M B ahigh Hlemma Hweighted (Hformula & Ha & _).
  apply slope_bound in Hformula.
  unfold S4_sufficient_decrease, S4_sufficient_decrease_lhs, S4_sufficient_decrease_rhs.
  assert (/ ahigh * e2 <= w2).
  { apply (Rmult_le_reg_l ahigh); [assumption |]. rewrite <- Rmult_assoc, Rinv_r; lra. }
  lra.
Qed.

Theorem S4m_descent_holds : S4m_descent_stmt.
Proof.
  intros dF e2 w2 slope L beta i2 carried left a Hlemma (_ & Hformula).
  apply slope_bound in Hformula. unfold S4m_descent, S4m_descent_lhs, S4m_descent_rhs. lra.
Qed.

Theorem S4m_lyapunov_holds : S4m_Lyapunov_decrease_stmt.
Proof.
  intros dF e2 w2 slope L beta i2 carried left a Hlemma (_ & Hformula & Hcarried & Hleft).
  apply slope_bound in Hformula.
  unfold S4m_Lyapunov_decrease, S4m_Lyapunov_decrease_lhs, S4m_Lyapunov_decrease_rhs. lra.
Qed.
