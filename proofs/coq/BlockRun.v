(** TΨ, TC from the blocks, and TK.

    TH and TJ give, block by block,
      f k (i+1) − f k i + (δ_{k+1,i}/2)D (k+1) i − (δ_{k,i}/2)D k i ≤ −ϑα_{k,i}D (k+1) i;
    their sum over the sweep is H1, since low·‖e_i‖² ≤ D (k+1) i. TK is Minkowski's inequality over k:
    Σ(b1 E_k + b2 E_{k−1})² ≤ (b1 + b2)²ΣE_k², and one term is below the mean. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Lyapunov Space ConvergenceStatements BlockStatements
  Convergence LyapunovRun.
Open Scope R_scope.

Section BlockRun.
  Variables (n B : nat) (F : vector -> R) (dF : vector -> vector -> Prop).
  Variables (x w : nat -> vector) (f D delta alpha e2 : nat -> nat -> R).
  Variables (theta alow low high dhigh b1 b2 : R).
  Hypothesis theta_pos : 0 < theta.
  Hypothesis alow_pos : 0 < alow.
  Hypothesis low_pos : 0 < low.
  Hypothesis run : block_run n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2.

  Let carried (k : nat) : R := sum B (fun i => delta k i * D k i).

  Lemma D_nonneg (k i : nat) : (i < B)%nat -> 0 <= D k i.
  Proof.
    intros Hi. destruct k as [|k]; [apply (blocks_first run Hi) |].
    destruct (blocks_metric run k Hi) as (Hl & _).
    pose proof (blocks_square run k Hi).
    assert (0 <= low * e2 k i) by (apply Rmult_le_pos; lra). lra.
  Qed.

  Lemma carried_nonneg (k : nat) : 0 <= carried k.
  Proof.
    apply sum_nonneg. intros i Hi. apply Rmult_le_pos; [| apply D_nonneg, Hi].
    apply (blocks_weight run k Hi).
  Qed.

  Lemma scaled_square (k : nat) : norm 1 (scaled B delta D k) ^ 2 = carried k.
  Proof.
    replace (norm 1 (scaled B delta D k) ^ 2) with (norm 1 (scaled B delta D k) * norm 1 (scaled B delta D k)) by ring.
    rewrite norm_square. unfold dot, scaled. simpl. rewrite Rplus_0_l.
    apply sqrt_sqrt, carried_nonneg.
  Qed.

  (** TΨ: F + ½v² falls by a‖e‖² in every sweep. *)
  Lemma blocks_fall (k : nat) :
    F (x (S k)) + norm 1 (scaled B delta D (S k)) ^ 2 / 2
      + theta * alow * low * norm n (diff (x (S k)) (x k)) ^ 2 <=
    F (x k) + norm 1 (scaled B delta D k) ^ 2 / 2.
  Proof.
    rewrite !scaled_square, <- (blocks_together run k).
    pose proof (T3_sweep B (f k) (delta k) (delta (S k)) (fun i => theta * alpha k i) (D (S k))
                  (D k) (fun i Hi => blocks_descent run k Hi))
      as H.
    rewrite (blocks_start run),
      (blocks_end run) in H.
    assert (Hhalf : forall j, sum B (fun i => delta j i / 2 * D j i) = carried j / 2).
    { intros j. unfold carried, Rdiv. rewrite (Rmult_comm _ (/ 2)), <- sum_scal. apply sum_ext.
      intros. ring. }
    rewrite !Hhalf in H.
    assert (theta * alow * low * sum B (e2 k) <= sum B (fun i => theta * alpha k i * D (S k) i));
      [| lra].
    rewrite <- sum_scal. apply sum_le. intros i Hi.
    destruct (blocks_metric run k Hi) as (Hl & _).
    destruct (blocks_weight run k Hi) as (Ha & _).
    pose proof (blocks_square run k Hi).
    replace (theta * alow * low * e2 k i) with (theta * (alow * (low * e2 k i))) by ring.
    rewrite (Rmult_assoc theta). apply Rmult_le_compat_l; [lra |].
    apply Rmult_le_compat; try lra. apply Rmult_le_pos; lra.
  Qed.

  Lemma scaled_follows (k : nat) :
    norm 1 (scaled B delta D (S k)) <= sqrt (dhigh * high) * norm n (diff (x (S k)) (x k)).
  Proof.
    pose proof (norm_nonneg n (diff (x (S k)) (x k))) as HE.
    assert (Hsq : norm 1 (scaled B delta D (S k)) ^ 2
                  <= dhigh * high * norm n (diff (x (S k)) (x k)) ^ 2).
    { rewrite scaled_square, <- (blocks_together run k).
      rewrite <- sum_scal. apply sum_le. intros i Hi.
      destruct (blocks_metric run k Hi) as (_ & Hh).
      destruct (blocks_weight run (S k) Hi) as (_ & Hd).
      pose proof (D_nonneg (S k) i Hi). rewrite Rmult_assoc. apply Rmult_le_compat; lra. }
    rewrite <- (sqrt_pow2 (norm 1 (scaled B delta D (S k)))) by apply norm_nonneg.
    eapply Rle_trans; [apply sqrt_le_1_alt, Hsq |].
    rewrite Rmult_comm, sqrt_mult_alt by apply pow2_ge_0. rewrite sqrt_pow2 by exact HE. lra.
  Qed.

  Lemma blocks_lyapunov_run :
    lyapunov_run n 1 F dF x (scaled B delta D) w (theta * alow * low) b1 b2 (sqrt (dhigh * high)).
  Proof.
    split.
    - exact blocks_fall.
    - exact (blocks_subgradient run).
    - exact (blocks_relative_error run).
    - exact scaled_follows.
  Qed.
End BlockRun.

Theorem TPsi_run : TPsi_run_stmt.
Proof.
  intros n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2 Ht Ha Hl Hrun.
  exact (blocks_lyapunov_run n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2
           Ht Ha Hl Hrun).
Qed.

Theorem TC_blocks : TC_blocks_stmt.
Proof.
  intros n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2 M Ht Ha Hl Hb1 Hrun HM
    Hcont Hclosed HKL.
  pose proof (TPsi_run n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2
                Ht Ha Hl Hrun) as Hlyapunov.
  assert (Hpos : 0 < theta * alow * low) by (repeat apply Rmult_lt_0_compat; assumption).
  destruct (TC_convergence n 1%nat F dF x _ w _ b1 b2 _ M Hpos Hb1 (sqrt_pos _) Hlyapunov HM Hcont
              Hclosed HKL) as (limit & Hsum & Hlim & Hcrit & Hvalue & _).
  exists limit. auto.
Qed.

(** (b1 p + b2 q)² ≤ (b1 + b2)(b1 p² + b2 q²). *)
Lemma weighted_square (b1 b2 p q : R) : 0 <= b1 -> 0 <= b2 ->
  (b1 * p + b2 * q) ^ 2 <= (b1 + b2) * (b1 * p ^ 2 + b2 * q ^ 2).
Proof.
  intros H1 H2. assert (0 <= b1 * b2 * (p - q) ^ 2); [| lra].
  apply Rmult_le_pos; [apply Rmult_le_pos; assumption | apply pow2_ge_0].
Qed.

Theorem TK_complexity : TK_complexity_stmt.
Proof.
  intros n m F dF x v w a b1 b2 c lowest K Ha Hb1 Hb2 HK Hrun Hv0 Hw1 Hlow.
  set (E := fun k => norm n (diff (x (S k)) (x k))).
  set (before := fun k => match k with O => 0 | S j => E j end).
  assert (HE : forall k, 0 <= E k) by (intros; apply norm_nonneg).
  assert (Hbefore : forall k, 0 <= before k) by (intros [|k]; simpl; [lra | apply HE]).
  assert (Hw : forall k, norm n (w (S k)) <= b1 * E k + b2 * before k).
  { intros [|k]; [simpl before; fold (E 0%nat) in Hw1; lra |]. apply (run_relative_error Hrun). }
  assert (Hfall : forall N, a * sum N (fun k => E k ^ 2) <=
    F (x 0%nat) - (F (x N) + norm m (v N) ^ 2 / 2)).
  { induction N as [|N IH]; [simpl; rewrite Hv0; lra |].
    change (sum (S N) (fun k => E k ^ 2)) with (sum N (fun k => E k ^ 2) + E N ^ 2).
    pose proof (run_descent Hrun N) as H1. unfold E in *. lra. }
  assert (Hshift : forall N, sum N (fun k => before k ^ 2) <= sum N (fun k => E k ^ 2)).
  { intros [|N]; [simpl; lra |].
    assert (Hs : sum (S N) (fun k => before k ^ 2) = sum N (fun k => E k ^ 2)).
    { clear. induction N as [|N IH]; [simpl; ring |].
      change (sum (S (S N)) (fun k => before k ^ 2))
        with (sum (S N) (fun k => before k ^ 2) + E N ^ 2). rewrite IH. reflexivity. }
    rewrite Hs. simpl. pose proof (pow2_ge_0 (E N)). simpl in *. lra. }
  destruct (some_term_below_mean K (fun k => norm n (w (S k)) ^ 2) HK) as (k & Hk & Hmean).
  exists (S k). split; [lia | split; [apply (run_subgradient Hrun) |]].
  assert (Hsum : sum K (fun k => norm n (w (S k)) ^ 2) <=
    (b1 + b2) ^ 2 * sum K (fun k => E k ^ 2)).
  { apply (Rle_trans _ (sum K (fun k => (b1 + b2) * (b1 * E k ^ 2 + b2 * before k ^ 2)))).
    - apply sum_le. intros j _. eapply Rle_trans; [| apply weighted_square; assumption].
      apply pow_incr. split; [apply norm_nonneg | apply Hw].
    - rewrite sum_scal, sum_plus, !sum_scal. pose proof (Hshift K).
      assert (b2 * sum K (fun k => before k ^ 2) <= b2 * sum K (fun k => E k ^ 2))
        by (apply Rmult_le_compat_l; assumption).
      replace ((b1 + b2) ^ 2 * sum K (fun k => E k ^ 2))
        with ((b1 + b2) * (b1 * sum K (fun k => E k ^ 2) + b2 * sum K (fun k => E k ^ 2))) by ring.
      apply Rmult_le_compat_l; lra. }
  pose proof (Hfall K) as HfK. pose proof (Hlow K). pose proof (pow2_ge_0 (norm m (v K))).
  assert (HKpos : 0 < INR K) by (apply lt_0_INR, HK).
  rewrite <- (sqrt_pow2 (norm n (w (S k)))) by apply norm_nonneg.
  rewrite <- (sqrt_pow2 (b1 + b2)) by lra.
  rewrite <- sqrt_mult_alt by apply pow2_ge_0. apply sqrt_le_1_alt.
  apply (Rmult_le_reg_l (a * INR K)); [apply Rmult_lt_0_compat; assumption |].
  replace (a * INR K * ((b1 + b2) ^ 2 * ((F (x 0%nat) - lowest) / (a * INR K))))
    with ((b1 + b2) ^ 2 * (F (x 0%nat) - lowest)) by (field; lra).
  apply (Rle_trans _ (a * ((b1 + b2) ^ 2 * sum K (fun k => E k ^ 2)))).
  - rewrite Rmult_assoc. apply Rmult_le_compat_l; lra.
  - replace (a * ((b1 + b2) ^ 2 * sum K (fun k => E k ^ 2)))
      with ((b1 + b2) ^ 2 * (a * sum K (fun k => E k ^ 2))) by ring.
    apply Rmult_le_compat_l; [apply pow2_ge_0 | lra].
Qed.
