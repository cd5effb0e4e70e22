(** S3: one batch for the whole sweep.

    B blocks of n i coordinates; g0 ω i = ∇_iℓ(w; ω), g ω i = ∇_iℓ(v_i; ω), v_i = w − Σ_{j<i} U_jD_jg_j
    so that ‖v_i − w‖ ≤ α_max Σ_{j<i}‖g_j‖. The descent lemma from w along the whole sweep gives
      f(w⁺) ≤ f − Σ_i ⟨∇_if(w), D_ig_i⟩ + (L̄/2)Σ_i‖D_ig_i‖²,
    and E⟨∇_if(w), D_ig_i⟩ is at least α_min‖∇_if(w)‖² − i·L̄α_max²G²: in total L̄α_max²G²·B²/2. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Expectation Statements.
Open Scope R_scope.

Section OneBatch.
  Variables (N B : nat) (n : nat -> nat) (weight : nat -> R).
  Hypothesis weight_nonneg : forall w, (w < N)%nat -> 0 <= weight w.
  Hypothesis weight_total : sum N weight = 1.
  Variables (f L amin amax G : R) (f_next : nat -> R) (D grad : nat -> nat -> R).
  Variables (g g0 : nat -> nat -> nat -> R).
  Let E := expect N weight.
  Let step (w i : nat) : nat -> R := fun j => D i j * g w i j.
  Hypothesis L_nonneg : 0 <= L.
  Hypothesis amin_nonneg : 0 <= amin.
  Hypothesis G_nonneg : 0 <= G.
  Hypothesis step_sizes : forall i j, (i < B)%nat -> (j < n i)%nat -> amin <= D i j <= amax.
  (** f has an L̄-Lipschitz gradient. *)
  Hypothesis modulus : forall w, (w < N)%nat ->
    f_next w <= f + sum B (fun i => - dot (n i) (grad i) (step w i))
                + L / 2 * sum B (fun i => dot (n i) (step w i) (step w i)).
  (** ∇f(w) = E ∇ℓ(w; ω). *)
  Hypothesis mean : forall i j, (i < B)%nat -> (j < n i)%nat -> E (fun w => g0 w i j) = grad i j.
  (** ‖∇_iℓ(v_i; ω) − ∇_iℓ(w; ω)‖ ≤ L̄‖v_i − w‖ = L̄√(Σ_{j<i}‖D_j g_j‖²). *)
  Hypothesis lipschitz : forall w i, (w < N)%nat -> (i < B)%nat ->
    norm (n i) (fun j => g w i j - g0 w i j) <=
    L * norm i (fun k => norm (n k) (step w k)).
  Hypothesis bounded : forall i, (i < B)%nat -> E (fun w => dot (n i) (g w i) (g w i)) <= G * G.
  Hypothesis bounded_here : forall i, (i < B)%nat -> norm (n i) (grad i) <= G.

  Lemma mean_norm (i : nat) : (i < B)%nat -> E (fun w => norm (n i) (g w i)) <= G.
  Proof.
    intros Hi. pose proof (expect_jensen N weight weight_nonneg weight_total
                             (fun w => norm (n i) (g w i))) as Hj.
    cbv beta in Hj.
    rewrite (expect_ext N weight (fun w => norm (n i) (g w i) * norm (n i) (g w i))
               (fun w => dot (n i) (g w i) (g w i))) in Hj by (intros; apply norm_square).
    pose proof (bounded i Hi) as Hb. unfold E in *.
    eapply Rle_trans; [apply Rle_abs |]. apply abs_le_of_square; [assumption | lra].
  Qed.

  Hypothesis amax_nonneg : 0 <= amax.

  (** ‖v_i − w‖ ≤ α_max Σ_{j<i}‖g_j‖. *)
  Lemma path_length (w i : nat) : (i < B)%nat ->
    norm i (fun k => norm (n k) (step w k)) <= amax * sum i (fun k => norm (n k) (g w k)).
  Proof.
    intros Hi. eapply Rle_trans; [apply norm_le_sum; intros; apply norm_nonneg |].
    rewrite <- sum_scal. apply sum_le. intros k Hk.
    apply diagonal_norm; [assumption |]. intros j Hj.
    pose proof (step_sizes k j ltac:(lia) Hj). lra.
  Qed.

  (** ‖g_i − ∇_iℓ(w; ω)‖ ≤ L̄α_max Σ_{j<i}‖g_j‖. *)
  Lemma deviation (w i : nat) : (w < N)%nat -> (i < B)%nat ->
    norm (n i) (fun j => g w i j - g0 w i j) <=
    L * amax * sum i (fun k => norm (n k) (g w k)).
  Proof.
    intros Hw Hi. eapply Rle_trans; [apply lipschitz; assumption |].
    rewrite Rmult_assoc. apply Rmult_le_compat_l; [assumption | apply path_length, Hi].
  Qed.

  (** One block, one outcome. *)
  Lemma block_outcome (w i : nat) : (w < N)%nat -> (i < B)%nat ->
    - dot (n i) (grad i) (step w i) <=
    - sum (n i) (fun j => D i j * grad i j * g0 w i j)
    + G * amax * (L * amax * sum i (fun k => norm (n k) (g w k))).
  Proof.
    intros Hw Hi. set (dev := fun j => g w i j - g0 w i j).
    assert (Hsplit : dot (n i) (grad i) (step w i) =
              sum (n i) (fun j => D i j * grad i j * g0 w i j)
              + dot (n i) (grad i) (fun j => D i j * dev j)).
    { unfold dot. rewrite <- sum_plus. apply sum_ext. intros. unfold step, dev. ring. }
    assert (Hdev : - dot (n i) (grad i) (fun j => D i j * dev j) <=
                   G * (amax * (L * amax * sum i (fun k => norm (n k) (g w k))))).
    { eapply Rle_trans; [apply Rle_abs |]. rewrite Rabs_Ropp.
      eapply Rle_trans; [apply dot_le_norms |].
      apply Rmult_le_compat; try apply norm_nonneg; [auto |].
      eapply Rle_trans; [apply (diagonal_norm _ _ _ amax); [assumption |] |].
      - intros j Hj. pose proof (step_sizes i j Hi Hj). lra.
      - apply Rmult_le_compat_l; [assumption | apply deviation; assumption]. }
    rewrite Hsplit. lra.
  Qed.

  (** One block in expectation: i blocks came before it. *)
  Lemma block_expected (i : nat) : (i < B)%nat ->
    E (fun w => - dot (n i) (grad i) (step w i)) <=
    - (amin * dot (n i) (grad i) (grad i)) + INR i * (L * amax ^ 2 * G ^ 2).
  Proof.
    intros Hi. unfold E.
    eapply Rle_trans; [apply (expect_le _ _ weight_nonneg _ _ (fun w Hw => block_outcome w i Hw Hi)) |].
    rewrite (expect_ext _ _ _ (fun w =>
       -1 * sum (n i) (fun j => D i j * grad i j * g0 w i j)
       + G * amax * (L * amax) * sum i (fun k => norm (n k) (g w k)))) by (intros; ring).
    rewrite expect_plus, !expect_scal, !expect_sum.
    rewrite (sum_ext (n i) (fun j => expect N weight (fun w => D i j * grad i j * g0 w i j))
               (fun j => D i j * (grad i j * grad i j))).
    2:{ intros j Hj. rewrite expect_scal. fold E. rewrite (mean i j Hi Hj). ring. }
    assert (H1 : amin * dot (n i) (grad i) (grad i) <=
                 sum (n i) (fun j => D i j * (grad i j * grad i j))).
    { unfold dot. rewrite <- sum_scal. apply sum_le. intros j Hj.
      pose proof (step_sizes i j Hi Hj). apply Rmult_le_compat_r; [apply Rle_0_sqr | lra]. }
    assert (H2 : sum i (fun k => expect N weight (fun w => norm (n k) (g w k))) <= INR i * G).
    { rewrite <- sum_const. apply sum_le. intros k Hk. apply mean_norm. lia. }
    apply (Rmult_le_compat_l (G * amax * (L * amax))) in H2;
      [| repeat apply Rmult_le_pos; assumption].
    lra.
  Qed.

  Lemma sum_of_indices (m : nat) : sum m INR = INR m * (INR m - 1) / 2.
  Proof. induction m as [|m IH]; [simpl; field | simpl sum; rewrite IH, S_INR; field]. Qed.

  (** Sharper than the specification: B²/2 for its B(B − ½). *)
  Theorem S3_one_batch_sharp :
    E f_next <= f - amin * sum B (fun i => dot (n i) (grad i) (grad i))
                + L * (INR B ^ 2 / 2) * amax ^ 2 * G ^ 2.
  Proof.
    eapply Rle_trans; [apply (expect_le _ _ weight_nonneg _ _ modulus) |].
    rewrite !expect_plus, expect_scal, expect_const, !expect_sum by assumption.
    assert (H1 : sum B (fun i => expect N weight
                     (fun w => - dot (n i) (grad i) (step w i))) <=
                 - (amin * sum B (fun i => dot (n i) (grad i) (grad i)))
                 + INR B * (INR B - 1) / 2 * (L * amax ^ 2 * G ^ 2)).
    { eapply Rle_trans; [apply sum_le; intros i Hi; apply block_expected, Hi |].
      rewrite sum_plus.
      rewrite (sum_ext B (fun i => - (amin * dot (n i) (grad i) (grad i)))
                 (fun i => - amin * dot (n i) (grad i) (grad i))) by (intros; ring).
      rewrite (sum_ext B (fun i => INR i * (L * amax ^ 2 * G ^ 2))
                 (fun i => L * amax ^ 2 * G ^ 2 * INR i)) by (intros; ring).
      rewrite !sum_scal, sum_of_indices. lra. }
    assert (H2 : sum B (fun i => expect N weight (fun w => dot (n i) (step w i) (step w i))) <=
                 INR B * (amax * amax * (G * G))).
    { rewrite <- sum_const. apply sum_le. intros i Hi.
      eapply Rle_trans with (expect N weight
        (fun w => amax * amax * dot (n i) (g w i) (g w i))).
      - apply expect_le; [assumption |]. intros w Hw. apply diagonal_square.
        intros j Hj. pose proof (step_sizes i j Hi Hj). lra.
      - rewrite expect_scal. apply Rmult_le_compat_l; [apply Rle_0_sqr |].
        apply (bounded i Hi). }
    apply (Rmult_le_compat_l (L / 2)) in H2; [| lra]. lra.
  Qed.

  (** S3: E f(w⁺) ≤ f(w) − α_min‖∇f(w)‖² + L̄B(B − ½)α_max²G². *)
  Theorem S3_one_batch :
    E f_next <= f - amin * sum B (fun i => dot (n i) (grad i) (grad i))
                + L * INR B * (INR B - 1 / 2) * amax ^ 2 * G ^ 2.
  Proof.
    eapply Rle_trans; [apply S3_one_batch_sharp |].
    assert (HB : INR B ^ 2 / 2 <= INR B * (INR B - 1 / 2)).
    { destruct B as [|m]; [simpl; lra |].
      rewrite S_INR. pose proof (pos_INR m). nra. }
    assert (HV : 0 <= L * amax ^ 2 * G ^ 2).
    { apply Rmult_le_pos; [apply Rmult_le_pos |]; try apply pow2_ge_0; assumption. }
    apply (Rmult_le_compat_l _ _ _ HV) in HB. lra.
  Qed.

  (** S3 in the monitor's formulas: dE = E f(w⁺) − f(w), g0 = ‖∇f(w)‖², G2 = G². *)
  Theorem S3_descent_holds (bias earlier lowest f0 fstar K : R) :
    S3_expected_descent (E f_next - f) (sum B (fun i => dot (n i) (grad i) (grad i)))
      amin amax L (INR B) (G ^ 2) bias earlier lowest f0 fstar K.
  Proof.
    unfold S3_expected_descent, S3_expected_descent_lhs, S3_expected_descent_rhs.
    pose proof S3_one_batch. lra.
  Qed.

  Theorem S3_sharper_holds (bias earlier lowest f0 fstar K : R) :
    S3_expected_descent_sharper (E f_next - f) (sum B (fun i => dot (n i) (grad i) (grad i)))
      amin amax L (INR B) (G ^ 2) bias earlier lowest f0 fstar K.
  Proof.
    unfold S3_expected_descent_sharper, S3_expected_descent_sharper_lhs,
      S3_expected_descent_sharper_rhs.
    pose proof S3_one_batch_sharp. lra.
  Qed.

  (** The bias of block i at v_i: ‖E[g_i − ∇_if(v_i)]‖ ≤ 2L̄α_max Σ_{j<i} E‖g_j‖; f's gradient is
      L̄-Lipschitz as well. *)
  Variable grad_at : nat -> nat -> nat -> R.
  Hypothesis lipschitz_f : forall w i, (w < N)%nat -> (i < B)%nat ->
    norm (n i) (fun j => grad i j - grad_at w i j) <= L * norm i (fun k => norm (n k) (step w k)).

  Theorem S3_bias_holds (i : nat) (dE g2 lowest f0 fstar K : R) : (i < B)%nat ->
    S3_bias dE g2 amin amax L (INR B) (G ^ 2)
      (norm (n i) (fun j => E (fun w => g w i j - grad_at w i j)))
      (sum i (fun k => E (fun w => norm (n k) (g w k)))) lowest f0 fstar K.
  Proof.
    intros Hi. unfold S3_bias, S3_bias_lhs, S3_bias_rhs.
    set (X := fun w j => (g w i j - g0 w i j) + (grad i j - grad_at w i j)).
    assert (Hsame : norm (n i) (fun j => E (fun w => g w i j - grad_at w i j)) =
                    norm (n i) (fun j => E (fun w => X w j))).
    { unfold norm. f_equal. apply dot_ext; intros j Hj; unfold E, X.
      all: rewrite (expect_ext N weight
             (fun w => (g w i j - g0 w i j) + (grad i j - grad_at w i j))
             (fun w => (g w i j - grad_at w i j) + (grad i j + -1 * g0 w i j)))
             by (intros; ring).
      all: rewrite !expect_plus, expect_scal, expect_const by assumption.
      all: fold E; rewrite (mean i j Hi Hj); ring. }
    rewrite Hsame. eapply Rle_trans; [apply expect_norm; assumption |].
    eapply Rle_trans; [apply (expect_le _ _ weight_nonneg _
      (fun w => 2 * L * amax * sum i (fun k => norm (n k) (g w k)))) |].
    - intros w Hw. eapply Rle_trans; [apply norm_triangle |].
      pose proof (deviation w i Hw Hi) as H1. pose proof (path_length w i Hi) as H3.
      pose proof (lipschitz_f w i Hw Hi) as H2.
      apply (Rmult_le_compat_l L) in H3; [| assumption]. lra.
    - rewrite expect_scal, expect_sum. apply Rle_refl.
  Qed.
End OneBatch.

(** S3's rate: some k < K has E‖∇f(w^k)‖² ≤ (f⁰ − inf f)/(α_min K) + V/α_min. *)
Theorem S3_best_sweep (K : nat) (f g2 : nat -> R) (amin V fstar : R) :
  0 < amin -> (0 < K)%nat ->
  (forall k, f (S k) <= f k - amin * g2 k + V) -> (forall k, fstar <= f k) ->
  exists k, (k < K)%nat /\ g2 k <= (f 0%nat - fstar) / (amin * INR K) + V / amin.
Proof.
  intros Ha HK Hstep Hlow.
  assert (Hsum : amin * sum K g2 <= f 0%nat - f K + INR K * V).
  { clear HK. induction K as [|m IH]; [simpl; lra |].
    rewrite S_INR. simpl sum. pose proof (Hstep m). lra. }
  destruct (some_term_below_mean K g2 HK) as (k & Hk & Hmin).
  exists k. split; [assumption |]. pose proof (Hlow K).
  assert (HKpos : 0 < INR K) by (apply lt_0_INR; assumption).
  apply (Rmult_le_reg_r (amin * INR K)); [apply Rmult_lt_0_compat; assumption |].
  replace (((f 0%nat - fstar) / (amin * INR K) + V / amin) * (amin * INR K))
    with (f 0%nat - fstar + INR K * V) by (field; lra).
  apply (Rmult_le_compat_l amin) in Hmin; lra.
Qed.
