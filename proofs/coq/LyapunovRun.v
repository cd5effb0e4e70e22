(** TC0 and TC: runs with Ψ^k = F(x^k) + ½‖v^k‖², v the scaled displacements.

    H1 and H2 are in the steps of x alone; ‖v^{k+1}‖ ≤ c‖e^{k+1}‖ takes v to 0 with the steps. F at
    the cluster point bounds Ψ from below, so no lower bound of F is asked for. Then
      dist(0, ∂Ψ(x^{k+2}, v^{k+2})) ≤ ‖w‖ + ‖v‖ ≤ (max(b1, b2) + c)(‖e^{k+2}‖ + ‖e^{k+1}‖),
    and Trapped.v applies to (x, v) at (x, 0). *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms FiniteLength Space Trapped ConvergenceStatements
  Convergence.
Open Scope R_scope.

(** A function that falls by a‖e‖² and is bounded below: the steps vanish. *)
Lemma falling_steps_vanish (Psi E : nat -> R) (a lowest : R) : 0 < a -> (forall k, 0 <= E k) ->
  (forall k, Psi (S k) + a * E k ^ 2 <= Psi k) -> (forall k, lowest <= Psi k) -> Un_cv E 0.
Proof.
  intros Ha HE H1 Hlow.
  assert (Hsq : forall k, 0 <= a * E k ^ 2)
    by (intros k; apply Rmult_le_pos; [lra | apply pow2_ge_0]).
  destruct (decreasing_cv Psi) as (l & Hl).
  - intros k. pose proof (H1 k). pose proof (Hsq k). lra.
  - exists (- lowest). intros y (k & ->). pose proof (Hlow k). unfold opp_seq. lra.
  - apply tends_zero; [exact HE |]. intros eps Heps.
    assert (Hpos : 0 < a * (eps * eps) / 2) by (apply Rdiv_lt_0_compat; [repeat apply Rmult_lt_0_compat |]; lra).
    destruct (Hl _ Hpos) as (N & HN). exists N. intros k Hk.
    pose proof (HN k Hk) as Hn. pose proof (HN (S k) ltac:(lia)) as Hn1. unfold R_dist in *.
    pose proof (Rle_abs (Psi k - l)). pose proof (Rle_abs (- (Psi (S k) - l))) as Hm.
    rewrite Rabs_Ropp in Hm. pose proof (H1 k). apply Rnot_le_lt. intros Hle.
    assert (a * (eps * eps) <= a * E k ^ 2); [| lra].
    apply Rmult_le_compat_l; [lra |]. simpl. rewrite Rmult_1_r. apply Rmult_le_compat; lra.
Qed.

Section LyapunovRun.
  Variables (n m : nat) (F : vector -> R) (dF : vector -> vector -> Prop).
  Variables (x v w : nat -> vector) (a b1 b2 c : R) (y : vector) (s : nat -> nat).
  Hypothesis a_pos : 0 < a.
  Hypothesis b1_nonneg : 0 <= b1.
  Hypothesis c_nonneg : 0 <= c.
  Hypothesis run : lyapunov_run n m F dF x v w a b1 b2 c.
  Hypothesis subsequence : increasing s.
  Hypothesis near : tends n (fun j => x (s j)) y.
  Hypothesis value : Un_cv (fun j => F (x (s j))) (F y).
  Hypothesis closed : closed_graph n F dF.

  Let E (k : nat) : R := norm n (diff (x (S k)) (x k)).
  Let V (k : nat) : R := norm m (v k).
  Let Psi (k : nat) : R := F (x k) + V k ^ 2 / 2.
  Let b : R := Rmax b1 b2 + c.

  Lemma E_nonneg (k : nat) : 0 <= E k.
  Proof. apply norm_nonneg. Qed.

  Lemma Psi_descent (k : nat) : Psi (S k) + a * E k ^ 2 <= Psi k.
  Proof. exact (run_descent run k). Qed.

  Lemma Psi_falls (j k : nat) : (j <= k)%nat -> Psi k <= Psi j.
  Proof.
    intros H. induction H as [|k _ IH]; [lra |]. pose proof (Psi_descent k).
    assert (0 <= a * E k ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]). lra.
  Qed.

  (** F at the cluster point is below every Ψ^k: no other lower bound is asked for. *)
  Lemma Psi_above (k : nat) : F y <= Psi k.
  Proof.
    apply Rnot_lt_le. intros Hk. destruct (value (F y - Psi k) ltac:(lra)) as (N & HN).
    specialize (HN (N + k)%nat ltac:(lia)). unfold R_dist in HN.
    pose proof (increasing_above s (N + k) subsequence) as Hs.
    pose proof (Psi_falls k (s (N + k)%nat) ltac:(lia)) as Hfall.
    pose proof (pow2_ge_0 (V (s (N + k)%nat))). unfold Psi at 1 in Hfall.
    pose proof (Rle_abs (- (F (x (s (N + k)%nat)) - F y))) as Hm. rewrite Rabs_Ropp in Hm. lra.
  Qed.

  Lemma E_vanishes : Un_cv E 0.
  Proof. exact (falling_steps_vanish Psi E a (F y) a_pos E_nonneg Psi_descent Psi_above). Qed.

  Lemma V_vanishes : Un_cv V 0.
  Proof.
    apply tends_zero; [intros; apply norm_nonneg |]. intros eps Heps.
    pose proof (proj1 (tends_zero E E_nonneg) E_vanishes (eps / (c + 1))
                  ltac:(apply Rdiv_lt_0_compat; lra)) as (N & HN).
    exists (S N). intros [|k] Hk; [lia |]. specialize (HN k ltac:(lia)).
    pose proof (run_displacement run k) as Hv. fold (V (S k)) (E k) in Hv.
    apply (Rmult_lt_compat_r (c + 1)) in HN; [| lra].
    replace (eps / (c + 1) * (c + 1)) with eps in HN by (field; lra).
    pose proof (E_nonneg k). lra.
  Qed.

  Lemma half_square_vanishes : Un_cv (fun k => V k ^ 2 / 2) 0.
  Proof.
    pose proof (CV_mult _ _ _ _ V_vanishes V_vanishes) as H.
    apply (squeezed _ (fun k => V k * V k)); [| rewrite Rmult_0_l in H; exact H].
    intros k. pose proof (Rle_0_sqr (V k)) as Hs. unfold Rsqr in Hs. simpl. lra.
  Qed.

  (** w^{k+2} → 0, so 0 ∈ ∂F at the cluster point. *)
  Lemma critical : dF y zero.
  Proof.
    set (p := fun j => (s (S (S j)) - 2)%nat).
    assert (Hp : forall j, s (S (S j)) = S (S (p j))).
    { intros j. unfold p. pose proof (increasing_above s (S (S j)) subsequence). lia. }
    assert (Hlate : forall j, (j <= p j)%nat).
    { intros j. pose proof (increasing_above s (S (S j)) subsequence). pose proof (Hp j). lia. }
    apply (closed (fun j => x (S (S (p j)))) (fun j => w (S (S (p j))))).
    - intros j. apply (run_subgradient run).
    - apply (limit_ext (fun j => norm n (diff (x (s (S (S j)))) y))).
      + intros j. rewrite Hp. reflexivity.
      + apply (along (fun j => norm n (diff (x (s j)) y)) (fun j => S (S j)));
          [intros; lia | exact near].
    - apply (limit_ext (fun j => F (x (s (S (S j)))))); [intros j; rewrite Hp; reflexivity |].
      apply (along (fun j => F (x (s j))) (fun j => S (S j))); [intros; lia | exact value].
    - apply (tends_to_zero n (fun j => w (S (S (p j))))).
      apply (squeezed _ (fun j => Rmax b1 b2 * (E (S (p j)) + E (p j)))).
      + intros j. split; [apply norm_nonneg |].
        eapply Rle_trans; [apply (run_relative_error run) |].
        fold (E (S (p j))) (E (p j)). pose proof (E_nonneg (p j)). pose proof (E_nonneg (S (p j))).
        assert (b1 * E (S (p j)) <= Rmax b1 b2 * E (S (p j)))
          by (apply Rmult_le_compat_r; [assumption | apply Rmax_l]).
        assert (b2 * E (p j) <= Rmax b1 b2 * E (p j))
          by (apply Rmult_le_compat_r; [assumption | apply Rmax_r]). lra.
      + apply (along (fun k => Rmax b1 b2 * (E (S k) + E k)) p _ Hlate).
        apply two_steps_vanish; [| exact E_nonneg | exact E_vanishes].
        apply (Rle_trans _ b1); [assumption | apply Rmax_l].
  Qed.

  (** KL at this one cluster point: the run converges to it. *)
  Variables (rad eta : R) (phi phi' : R -> R).
  Hypothesis kl : KL_lyapunov n m F dF y rad eta phi phi'.

  Let D (k : nat) : R := norm n (diff (x k) y) + V k.
  Let r (k : nat) : R := Psi k - F y.
  Let g (k : nat) : R := sqrt (norm n (w k) ^ 2 + V k ^ 2).

  Lemma D_moves (k : nat) : D (S (S k)) <= D (S k) + (1 + c) * (E (S k) + E k).
  Proof.
    pose proof (distance_triangle n (x (S (S k))) (x (S k)) y) as Ht.
    pose proof (run_displacement run (S k)) as Hv.
    fold (V (S (S k))) (E (S k)) in *. unfold D.
    assert (0 <= V (S k)) by apply norm_nonneg. pose proof (E_nonneg k).
    assert (0 <= (1 + c) * E k) by (apply Rmult_le_pos; lra). lra.
  Qed.

  Lemma g_bound (k : nat) : g (S (S k)) <= b * (E (S k) + E k).
  Proof.
    pose proof (run_relative_error run k) as Hw.
    pose proof (run_displacement run (S k)) as Hv.
    fold (V (S (S k))) (E (S k)) (E k) in *.
    pose proof (pair_norm (norm n (w (S (S k)))) (V (S (S k))) (norm_nonneg _ _)
                  (norm_nonneg _ _)) as Hp.
    pose proof (E_nonneg k). pose proof (E_nonneg (S k)). unfold g, b.
    assert (b1 * E (S k) <= Rmax b1 b2 * E (S k))
      by (apply Rmult_le_compat_r; [assumption | apply Rmax_l]).
    assert (b2 * E k <= Rmax b1 b2 * E k)
      by (apply Rmult_le_compat_r; [assumption | apply Rmax_r]).
    assert (0 <= c * E k) by (apply Rmult_le_pos; assumption). lra.
  Qed.

  Lemma at_once (eps : R) (N : nat) : 0 < eps ->
    exists k, (N <= k)%nat /\ D k < eps /\ Rabs (r k) < eps.
  Proof.
    apply (near_at_once D r s subsequence).
    - intros k. apply Rplus_le_le_0_compat; apply norm_nonneg.
    - rewrite <- (Rplus_0_r 0). apply CV_plus; [exact near |].
      apply (along V s); [intros; apply increasing_above, subsequence | exact V_vanishes].
    - apply (limit_ext (fun j => (F (x (s j)) - F y) + V (s j) ^ 2 / 2));
        [intros; unfold r, Psi; ring |].
      rewrite <- (Rplus_0_r 0). apply CV_plus; [apply shifted_limit, value |].
      apply (along (fun k => V k ^ 2 / 2) s); [intros; apply increasing_above, subsequence |].
      exact half_square_vanishes.
  Qed.

  Theorem limit_at_cluster_point :
    path_bound E Psi (F y) a b phi /\ summable E /\ tends n x y /\
    Un_cv (fun k => F (x k)) (F y).
  Proof.
    destruct kl as (Hrad & Heta & Hphi & Hkl).
    assert (Hb : 0 <= b) by (unfold b; pose proof (Rmax_l b1 b2); lra).
    assert (HV : forall k, 0 <= V k) by (intros; apply norm_nonneg).
    assert (Hr1 : forall k, r (S k) <= r k - a * E k ^ 2)
      by (intros k; pose proof (Psi_descent k); unfold r; lra).
    assert (Hnear : forall k, D (S k) < rad -> 0 < r (S k) < eta ->
      1 <= phi' (r (S k)) * g (S k)).
    { intros k Hd Hrk. pose proof (HV (S k)). pose proof (norm_nonneg n (diff (x (S k)) y)).
      unfold D in Hd. unfold r, Psi in Hrk. apply Hkl; fold (V (S k)); try lra.
      apply (run_subgradient run). }
    destruct (trapped r E D g phi phi' eta rad a b (1 + c) a_pos Hb ltac:(lra) E_nonneg Hr1
                g_bound D_moves at_once Heta (kl_desingularising _ _ _ Hphi)
                (kl_continuous _ _ _ Hphi) Hnear Hrad)
      as (Hlength & Htotal & Hconv & Hr0 & Hvanish & _).
    split; [exact Hlength | split; [exact Htotal | split]].
    - apply tends_zero; [intros; apply norm_nonneg |]. intros eps Heps.
      destruct (Hconv eps Heps) as (N & HN). exists N. intros k Hk. specialize (HN k Hk).
      unfold D in HN. pose proof (HV k). lra.
    - apply (limit_ext (fun k => Psi k - V k ^ 2 / 2)); [intros; unfold Psi; ring |].
      rewrite <- (Rminus_0_r (F y)). apply CV_minus; [| exact half_square_vanishes].
      apply limit_shifted; assumption.
  Qed.
End LyapunovRun.

Theorem TC0_criticality : TC0_criticality_stmt.
Proof.
  intros n m F dF x v w a b1 b2 c y Ha Hb1 Hc Hrun (s & Hs & Hx & HF) Hclosed. split.
  - exact (E_vanishes n m F dF x v w a b1 b2 c y s Ha Hrun Hs HF).
  - exact (critical n m F dF x v w a b1 b2 c y s Ha Hb1 Hrun Hs Hx HF Hclosed).
Qed.

Theorem TC_convergence : TC_convergence_stmt.
Proof.
  intros n m F dF x v w a b1 b2 c M Ha Hb1 Hc Hrun HM Hcont Hclosed HKL E Psi.
  destruct (bounded_subsequence n x M HM) as (s & y & Hs & Hx).
  pose proof (Hcont s y Hs Hx) as HF.
  destruct (HKL y) as (rad & eta & phi & phi' & Hkl); [exists s; auto |].
  destruct (limit_at_cluster_point n m F dF x v w a b1 b2 c y s Ha Hb1 Hc Hrun Hs Hx HF
              rad eta phi phi' Hkl) as (_ & Htotal & Hlim & Hvalue).
  exists y. split; [exact Htotal | split; [exact Hlim | split; [| split; [exact Hvalue |]]]].
  - exact (critical n m F dF x v w a b1 b2 c y s Ha Hb1 Hrun Hs Hx HF Hclosed).
  - intros rad2 eta2 phi2 phi2' Hkl2.
    apply (limit_at_cluster_point n m F dF x v w a b1 b2 c y s Ha Hb1 Hc Hrun Hs Hx HF
             rad2 eta2 phi2 phi2' Hkl2).
Qed.
