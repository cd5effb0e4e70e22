(** Expectations over finitely many outcomes: E X = Σ_ω π_ω X_ω, π ≥ 0, Σ π = 1. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms.
Open Scope R_scope.

Section Expectation.
  Variable N : nat.
  Variable weight : nat -> R.
  Hypothesis weight_nonneg : forall w, (w < N)%nat -> 0 <= weight w.
  Hypothesis weight_total : sum N weight = 1.

  Definition expect (X : nat -> R) : R := sum N (fun w => weight w * X w).

  Lemma expect_le (X Y : nat -> R) :
    (forall w, (w < N)%nat -> X w <= Y w) -> expect X <= expect Y.
  Proof. intros H. apply sum_le. intros w Hw. apply Rmult_le_compat_l; auto. Qed.

  Lemma expect_ext (X Y : nat -> R) :
    (forall w, (w < N)%nat -> X w = Y w) -> expect X = expect Y.
  Proof. intros H. apply sum_ext. intros w Hw. rewrite H by assumption. reflexivity. Qed.

  Lemma expect_plus (X Y : nat -> R) : expect (fun w => X w + Y w) = expect X + expect Y.
  Proof. unfold expect. rewrite <- sum_plus. apply sum_ext. intros. ring. Qed.

  Lemma expect_scal (c : R) (X : nat -> R) : expect (fun w => c * X w) = c * expect X.
  Proof. unfold expect. rewrite <- sum_scal. apply sum_ext. intros. ring. Qed.

  Lemma expect_const (c : R) : expect (fun _ => c) = c.
  Proof.
    unfold expect. rewrite (sum_ext N _ (fun w => c * weight w)) by (intros; ring).
    rewrite sum_scal, weight_total. ring.
  Qed.

  Lemma expect_sum (n : nat) (X : nat -> nat -> R) :
    expect (fun w => sum n (X w)) = sum n (fun j => expect (fun w => X w j)).
  Proof.
    unfold expect. rewrite <- sum_swap. apply sum_ext. intros. symmetry. apply sum_scal.
  Qed.

  (** (E X)² ≤ E X². *)
  Lemma expect_jensen (X : nat -> R) : expect X * expect X <= expect (fun w => X w * X w).
  Proof.
    set (m := expect X).
    assert (H : 0 <= expect (fun w => (X w - m) * (X w - m))).
    { rewrite <- (Rmult_0_r 0), <- (expect_const (0 * 0)). apply expect_le.
      intros w _. rewrite Rmult_0_l. apply Rle_0_sqr. }
    rewrite (expect_ext _ (fun w => X w * X w + (- 2 * m * X w + m * m))) in H
      by (intros; ring).
    rewrite !expect_plus, expect_scal, expect_const in H. fold m in H. lra.
  Qed.

  (** ‖E X‖ ≤ E‖X‖: ‖E X‖² = E⟨E X, X⟩ ≤ ‖E X‖·E‖X‖. *)
  Lemma expect_norm (n : nat) (X : nat -> nat -> R) :
    norm n (fun j => expect (fun w => X w j)) <= expect (fun w => norm n (X w)).
  Proof.
    set (m := fun j => expect (fun w => X w j)).
    assert (Hnonneg : 0 <= expect (fun w => norm n (X w))).
    { rewrite <- (expect_const 0). apply expect_le. intros. apply norm_nonneg. }
    assert (H : norm n m * norm n m <= norm n m * expect (fun w => norm n (X w))).
    { rewrite norm_square, <- expect_scal.
      eapply Rle_trans with (expect (fun w => dot n m (X w))).
      - right. unfold dot. rewrite expect_sum. apply sum_ext. intros j _.
        rewrite expect_scal. reflexivity.
      - apply expect_le. intros w _. eapply Rle_trans; [apply Rle_abs | apply dot_le_norms]. }
    destruct (Rle_lt_or_eq_dec 0 (norm n m) (norm_nonneg n m)) as [Hpos|Hzero].
    - apply (Rmult_le_reg_l (norm n m)); assumption.
    - rewrite <- Hzero. exact Hnonneg.
  Qed.
End Expectation.
