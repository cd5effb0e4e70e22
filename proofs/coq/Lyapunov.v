(** T3: Lyapunov decrease, for one block, for one sweep, and for all of them.

    With the weight δ carried and δ' left, T1 gives
      ΔF + (δ'/2)‖e‖² − (δ/2)‖Δ‖² + ϑL(s/t − ½)‖e‖² ≤ −½[n‖e‖² − 2Lc⟨Δ,e⟩ + o‖Δ‖²],
      n = 2(1−ϑ)L(s/t − ½) − δ',  o = δ − Lp2²,
    and the bracket is nonnegative if L²c² ≤ o·n, by Cauchy–Schwarz and AM–GM. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Statements.
Open Scope R_scope.

Theorem T3_block_holds : T3_Lyapunov_decrease_stmt.
Proof.
  intros dF e2 de d2 bend L s t p1 p2 delta delta1 gamma theta HL He Hd Hcs Hcond H1.
  destruct Hcond as (_ & _ & _ & _ & Ho & Hn & Hc).
  unfold T3_Lyapunov_decrease, T3_Lyapunov_decrease_lhs, T3_Lyapunov_decrease_rhs.
  unfold T1_descent, T1_descent_lhs, T1_descent_rhs in H1.
  set (q := s / t) in *. set (c := p1 * s - p2) in *.
  set (old := delta - L * p2 ^ 2) in *.
  set (new := L * (2 - 2 * theta) * (q - 1 / 2) - delta1) in *.
  assert (Hsq : (L * c * de) * (L * c * de) <= (new * e2) * (old * d2)).
  { replace ((L * c * de) * (L * c * de)) with ((L ^ 2 * c ^ 2) * (de ^ 2)) by ring.
    replace ((new * e2) * (old * d2)) with ((old * new) * (d2 * e2)) by ring.
    apply Rmult_le_compat; [nra | nra | assumption | assumption]. }
  pose proof (twice_abs_le_sum (L * c * de) (new * e2) (old * d2)
                ltac:(apply Rmult_le_pos; assumption) ltac:(apply Rmult_le_pos; assumption) Hsq).
  pose proof (Rle_abs (L * c * de)).
  unfold old, new in *. nra.
Qed.

Theorem T3_proximal_block_holds : T3_Lyapunov_decrease_proximal_stmt.
Proof.
  intros dF e2 de d2 bend L s t p1 p2 delta delta1 gamma theta Hg He Hd Hcs Hcond H1.
  destruct Hcond as (Hp & Hdelta & Hdelta1).
  unfold T3_Lyapunov_decrease_proximal, T3_Lyapunov_decrease_proximal_lhs,
    T3_Lyapunov_decrease_proximal_rhs.
  unfold T1p_descent, T1p_descent_lhs, T1p_descent_rhs in H1.
  pose proof (twice_abs_le_sum de e2 d2 He Hd ltac:(nra)) as Hde.
  pose proof (mult_le_abs p1 de) as Hc. pose proof (Rabs_pos p1).
  assert (Rabs p1 * Rabs de <= Rabs p1 * ((e2 + d2) / 2))
    by (apply Rmult_le_compat_l; lra).
  assert (gamma * (p1 * de) <= gamma * (Rabs p1 * ((e2 + d2) / 2)))
    by (apply Rmult_le_compat_l; lra).
  assert (delta1 * e2 <= 1 / 2 * gamma * e2) by (apply Rmult_le_compat_r; lra).
  assert (0 <= gamma * d2 * (1 - 2 * Rabs p1))
    by (repeat apply Rmult_le_pos; lra).
  nra.
Qed.

(** The specification's rule with κ implies "c is paid". *)
Theorem T3_kappa_rule (L s t p1 p2 delta delta1 theta kappa : R) :
  0 < L -> 0 < kappa ->
  L * (p2 ^ 2 + Rabs (p1 * s - p2) / kappa) <= delta ->
  delta1 = 2 * L * (s / t - 1 / 2) - L * Rabs (p1 * s - p2) * kappa
           - 2 * (theta * L * (s / t - 1 / 2)) ->
  0 <= delta - L * p2 ^ 2 /\
  0 <= 2 * (1 - theta) * L * (s / t - 1 / 2) - delta1 /\
  L ^ 2 * (p1 * s - p2) ^ 2 <=
    (delta - L * p2 ^ 2) * (2 * (1 - theta) * L * (s / t - 1 / 2) - delta1).
Proof.
  intros HL Hk Hd ->. set (c := p1 * s - p2) in *. set (q := s / t).
  pose proof (Rabs_pos c) as Hc.
  assert (Hck : 0 <= Rabs c / kappa) by (apply div_nonneg; lra).
  assert (Hold : L * (Rabs c / kappa) <= delta - L * p2 ^ 2) by lra.
  assert (0 <= L * (Rabs c / kappa)) by (apply Rmult_le_pos; lra).
  assert (Hnew : 0 <= L * Rabs c * kappa) by (repeat apply Rmult_le_pos; lra).
  match goal with |- _ /\ 0 <= ?n /\ _ => replace n with (L * Rabs c * kappa) by ring end.
  split; [lra | split; [assumption |]].
  replace (c ^ 2) with (Rabs c ^ 2) by (apply pow2_abs).
  replace (L ^ 2 * Rabs c ^ 2) with (L * (Rabs c / kappa) * (L * Rabs c * kappa)) by (field; lra).
  apply Rmult_le_compat_r; assumption.
Qed.

(** The certified rule: p2² ≤ δ/L, p1 = p2/s, δ' = (1−ϑ)L(2s/t − 1). *)
Theorem T3_certified_rule (L s t p1 p2 delta delta1 theta : R) :
  0 < L -> 0 < s -> 0 < t -> p2 ^ 2 <= delta / L -> p1 = p2 / s ->
  delta1 = (1 - theta) * L * (2 * s / t - 1) ->
  p1 * s - p2 = 0 /\ 0 <= delta - L * p2 ^ 2 /\
  2 * (1 - theta) * L * (s / t - 1 / 2) - delta1 = 0.
Proof.
  intros HL Hs Ht Hp -> ->. split; [field; lra | split; [| field; lra]].
  apply (Rmult_le_compat_l L) in Hp; [| lra].
  replace (L * (delta / L)) with delta in Hp by (field; lra). lra.
Qed.

(** One sweep: block i lowers F from f i to f (i+1), carries weight w i, leaves w' i. *)
Theorem T3_sweep (B : nat) (f w w' a e2 d2 : nat -> R) :
  (forall i, (i < B)%nat ->
     f (S i) - f i + w' i / 2 * e2 i - w i / 2 * d2 i <= - a i * e2 i) ->
  f B + sum B (fun i => w' i / 2 * e2 i) <=
  f 0%nat + sum B (fun i => w i / 2 * d2 i) - sum B (fun i => a i * e2 i).
Proof.
  intros H. induction B as [|B IH]; simpl; [lra |].
  pose proof (IH (fun i Hi => H i (Nat.lt_lt_succ_r _ _ Hi))).
  pose proof (H B (Nat.lt_succ_diag_r B)). lra.
Qed.

Section AllSweeps.
  (** F k i: the objective in sweep k before block i's update; D k i = ‖Δ_i^k‖²; δ k i. *)
  Variable B : nat.
  Variables (F D delta a : nat -> nat -> R).
  Hypothesis block_decrease : forall k i, (i < B)%nat ->
    F k (S i) - F k i + delta (S k) i / 2 * D (S k) i - delta k i / 2 * D k i
    <= - a k i * D (S k) i.
  Hypothesis sweeps_join : forall k, F k B = F (S k) 0%nat.

  Definition Psi (k : nat) : R := F k 0%nat + sum B (fun i => delta k i / 2 * D k i).
  Definition fall (k : nat) : R := sum B (fun i => a k i * D (S k) i).

  (** H1: Ψ^{k+1} ≤ Ψ^k − Σ_i a_i‖e_i‖². *)
  Theorem T3_lyapunov (k : nat) : Psi (S k) <= Psi k - fall k.
  Proof.
    unfold Psi, fall. rewrite <- sweeps_join.
    apply (T3_sweep B (F k) (delta k) (delta (S k)) (a k) (D (S k)) (D k)).
    apply block_decrease.
  Qed.

  (** Telescoped: Σ_{k<n} Σ_i a_i‖e_i‖² ≤ Ψ^0 − Ψ^n. *)
  Theorem T3_telescoped (n : nat) : sum n fall <= Psi 0 - Psi n.
  Proof.
    induction n as [|n IH]; simpl; [lra |]. pose proof (T3_lyapunov n). lra.
  Qed.

  Hypothesis steps_nonneg : forall k i, 0 <= D k i.
  Hypothesis a_nonneg : forall k i, 0 <= a k i.

  Theorem T3_monotone (m n : nat) : (m <= n)%nat -> Psi n <= Psi m.
  Proof.
    intros H. induction H as [|n _ IH]; [lra |].
    pose proof (T3_lyapunov n).
    assert (0 <= fall n).
    { apply sum_nonneg. intros i _. apply Rmult_le_pos; auto. }
    lra.
  Qed.

  (** F bounded below by F*: some sweep k < n has n·Σ_i a_i‖e_i‖² ≤ Ψ^0 − F*. *)
  Theorem T3_best_sweep (Fstar : R) (n : nat) :
    (0 < n)%nat -> (forall k i, 0 <= delta k i) -> (forall k, Fstar <= F k 0%nat) ->
    exists k, (k < n)%nat /\ INR n * fall k <= Psi 0 - Fstar.
  Proof.
    intros Hn Hw Hf.
    assert (Htail : sum n fall <= Psi 0 - Fstar).
    { pose proof (T3_telescoped n). specialize (Hf n).
      assert (0 <= sum B (fun i => delta n i / 2 * D n i)).
      { apply sum_nonneg. intros i _. pose proof (Hw n i). apply Rmult_le_pos; [lra | auto]. }
      unfold Psi in *. lra. }
    destruct (some_term_below_mean n fall Hn) as (k & Hk & Hle).
    exists k. split; [assumption | lra].
  Qed.
End AllSweeps.

(** The same from the monitor's formula for every block: a_i = ϑL_i(s_i/t_i − ½). *)
Theorem T3_from_blocks (B : nat) (F D delta L s t : nat -> nat -> R)
    (de bend p1 p2 gamma : nat -> nat -> R) (theta : R) :
  (forall k i, (i < B)%nat ->
     T3_Lyapunov_decrease (F k (S i) - F k i) (D (S k) i) (de k i) (D k i) (bend k i) (L k i)
       (s k i) (t k i) (p1 k i) (p2 k i) (delta k i) (delta (S k) i) (gamma k i) theta) ->
  (forall k, F k B = F (S k) 0%nat) ->
  forall k, Psi B F D delta (S k) <=
            Psi B F D delta k
            - sum B (fun i => theta * L k i * (s k i / t k i - 1 / 2) * D (S k) i).
Proof.
  intros H Hjoin k.
  apply (T3_lyapunov B F D delta (fun k i => theta * L k i * (s k i / t k i - 1 / 2))).
  - intros j i Hi. pose proof (H j i Hi) as Hd.
    unfold T3_Lyapunov_decrease, T3_Lyapunov_decrease_lhs, T3_Lyapunov_decrease_rhs in Hd. lra.
  - exact Hjoin.
Qed.
