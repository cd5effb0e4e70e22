(** S1 and S2: block descent with trained step sizes, a fresh batch for every block.

    A step is −D_i g_i, D_i diagonal and determined before the batch is drawn. Expectations are
    over finitely many outcomes ω; what a theorem says of one step holds given the past. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Expectation.
Open Scope R_scope.

Section OneBlock.
  (** S1. One block of n coordinates: f_next ω = f(w − UDg(ω)). *)
  Variables (N n : nat) (weight : nat -> R).
  Hypothesis weight_nonneg : forall w, (w < N)%nat -> 0 <= weight w.
  Hypothesis weight_total : sum N weight = 1.
  Variables (f L : R) (f_next : nat -> R) (D grad variance : nat -> R) (g : nat -> nat -> R).
  Let E := expect N weight.
  Let step (w : nat) : nat -> R := fun j => - (D j * g w j).
  Hypothesis L_nonneg : 0 <= L.
  Hypothesis modulus : forall w, (w < N)%nat ->
    f_next w <= f + dot n grad (step w) + L / 2 * dot n (step w) (step w).
  Hypothesis unbiased : forall j, (j < n)%nat -> E (fun w => g w j) = grad j.
  Hypothesis bounded_variance : forall j, (j < n)%nat ->
    E (fun w => (g w j - grad j) * (g w j - grad j)) <= variance j.

  (** E g_j² ≤ (∇f)_j² + σ_j². *)
  Lemma second_moment (j : nat) : (j < n)%nat ->
    E (fun w => g w j * g w j) <= grad j * grad j + variance j.
  Proof.
    intros Hj. pose proof (bounded_variance j Hj) as Hv. unfold E in *.
    rewrite (expect_ext _ _ _ (fun w => g w j * g w j + (- 2 * grad j * g w j + grad j * grad j)))
      in Hv by (intros; ring).
    rewrite !expect_plus, expect_scal, expect_const in Hv by assumption.
    rewrite (unbiased j Hj) in Hv. lra.
  Qed.

  Theorem S1_one_block :
    E f_next <= f - sum n (fun j => D j * (1 - L * D j / 2) * (grad j * grad j))
                + L / 2 * sum n (fun j => D j * D j * variance j).
  Proof.
    eapply Rle_trans; [apply (expect_le _ _ weight_nonneg _ _ modulus) |].
    rewrite !expect_plus, expect_scal, expect_const by assumption.
    unfold dot, step. rewrite !expect_sum.
    rewrite (sum_ext n (fun j => expect N weight (fun w => grad j * - (D j * g w j)))
               (fun j => - (D j * (grad j * grad j)))).
    2:{ intros j Hj. rewrite (expect_ext _ _ _ (fun w => - (D j * grad j) * g w j))
          by (intros; ring).
        rewrite expect_scal. fold E. rewrite (unbiased j Hj). ring. }
    assert (Hsq : sum n (fun j => expect N weight
                      (fun w => - (D j * g w j) * - (D j * g w j))) <=
                  sum n (fun j => D j * D j * (grad j * grad j + variance j))).
    { apply sum_le. intros j Hj.
      rewrite (expect_ext _ _ _ (fun w => D j * D j * (g w j * g w j))) by (intros; ring).
      rewrite expect_scal. apply Rmult_le_compat_l; [apply Rle_0_sqr | apply second_moment, Hj]. }
    apply (Rmult_le_compat_l (L / 2)) in Hsq; [| lra].
    rewrite (sum_ext n (fun j => D j * D j * (grad j * grad j + variance j))
               (fun j => D j * D j * (grad j * grad j) + D j * D j * variance j)) in Hsq
      by (intros; ring).
    rewrite sum_plus in Hsq.
    rewrite (sum_ext n (fun j => D j * (1 - L * D j / 2) * (grad j * grad j))
               (fun j => D j * (grad j * grad j) + - (L / 2) * (D j * D j * (grad j * grad j))))
      by (intros; field).
    rewrite sum_plus, sum_scal.
    rewrite (sum_ext n (fun j => - (D j * (grad j * grad j)))
               (fun j => -1 * (D j * (grad j * grad j)))) by (intros; ring).
    rewrite sum_scal. lra.
  Qed.

  (** With 0 < α_min ≤ D ≤ α_max ≤ 1/L: E f_next ≤ f − (α_min/2)‖∇f‖² + (L/2)α_max²σ². *)
  Theorem S1_short_steps (amin amax : R) :
    0 < amin -> (forall j, (j < n)%nat -> amin <= D j <= amax) -> L * amax <= 1 ->
    (forall j, (j < n)%nat -> 0 <= variance j) ->
    E f_next <= f - amin / 2 * dot n grad grad + L / 2 * (amax * amax * sum n variance).
  Proof.
    intros Ha HD Hshort Hv. eapply Rle_trans; [apply S1_one_block |].
    assert (H1 : amin / 2 * dot n grad grad <=
                 sum n (fun j => D j * (1 - L * D j / 2) * (grad j * grad j))).
    { unfold dot. rewrite <- sum_scal. apply sum_le. intros j Hj. pose proof (HD j Hj).
      apply Rmult_le_compat_r; [apply Rle_0_sqr |].
      assert (L * D j <= L * amax) by (apply Rmult_le_compat_l; lra).
      assert (D j * (1 / 2) <= D j * (1 - L * D j / 2)) by (apply Rmult_le_compat_l; lra).
      lra. }
    assert (H2 : sum n (fun j => D j * D j * variance j) <= amax * amax * sum n variance).
    { rewrite <- sum_scal. apply sum_le. intros j Hj. pose proof (HD j Hj).
      apply Rmult_le_compat_r; [auto | apply Rmult_le_compat; lra]. }
    apply (Rmult_le_compat_l (L / 2)) in H2; lra.
  Qed.
End OneBlock.

(** S2. Expected values f k i in sweep k before block i; G k i = E‖∇_i f(v_i)‖²:
    (1/K) Σ_k Σ_i G ≤ 2(f⁰ − inf f)/(α_min K) + (α_max²/α_min) Σ_i L_i σ_i². *)
Theorem S2_average (B K : nat) (f G : nat -> nat -> R) (L variance : nat -> R)
    (amin amax fstar : R) :
  0 < amin -> (0 < K)%nat ->
  (forall k i, (i < B)%nat ->
     f k (S i) <= f k i - amin / 2 * G k i + L i / 2 * (amax * amax * variance i)) ->
  (forall k, f k B = f (S k) 0%nat) -> (forall k, fstar <= f k 0%nat) ->
  sum K (fun k => sum B (G k)) / INR K <=
  2 * (f 0%nat 0%nat - fstar) / (amin * INR K)
  + amax ^ 2 / amin * sum B (fun i => L i * variance i).
Proof.
  intros Ha HK Hstep Hjoin Hlow. set (V := sum B (fun i => L i * variance i)).
  assert (Hsweep : forall k, f (S k) 0%nat <=
            f k 0%nat - amin / 2 * sum B (G k) + amax ^ 2 / 2 * V).
  { intros k. rewrite <- Hjoin. unfold V. clear V Hjoin.
    induction B as [|m IH]; simpl sum; [lra |].
    pose proof (IH (fun k i Hi => Hstep k i (Nat.lt_lt_succ_r _ _ Hi))).
    pose proof (Hstep k m (Nat.lt_succ_diag_r m)). lra. }
  assert (Hsum : amin / 2 * sum K (fun k => sum B (G k)) <=
                 f 0%nat 0%nat - f K 0%nat + INR K * (amax ^ 2 / 2 * V)).
  { clear HK. induction K as [|m IH]; [simpl; lra |].
    rewrite S_INR. simpl sum. pose proof (Hsweep m). lra. }
  pose proof (Hlow K). assert (HKpos : 0 < INR K) by (apply lt_0_INR; assumption).
  set (total := sum K (fun k => sum B (G k))) in *.
  apply (Rmult_le_reg_r (amin / 2 * INR K)); [apply Rmult_lt_0_compat; lra |].
  replace (total / INR K * (amin / 2 * INR K)) with (amin / 2 * total) by (field; lra).
  replace ((2 * (f 0%nat 0%nat - fstar) / (amin * INR K) + amax ^ 2 / amin * V)
           * (amin / 2 * INR K))
    with (f 0%nat 0%nat - fstar + INR K * (amax ^ 2 / 2 * V)) by (field; lra).
  lra.
Qed.
