(** A run that comes near a point where the KL inequality holds is trapped there: the numbers.

    Local KL, asked for within rad of *one* cluster point u*, is enough. Of the run count
      r k = Ψ(u^k) − Ψ*,  E k = ‖x^{k+1} − x^k‖,  D k = ‖u^k − u*‖,  g k = ‖w^k‖, w^k ∈ ∂Ψ(u^k).
    Near a cluster point D, r, E and φ(r) are small at once. As long as the run is within ρ ≤ rad
    of u*, T5 bounds the length of the path by ‖e_K‖ + ½‖e_{K−1}‖ + (2b/a)φ(r_K), which is too
    short to leave: so it never leaves. This for every ρ is convergence. (Attouch, Bolte, Svaiter,
    Math. Program. 137, 2013, Lemma 2.6, there with a one-step relative error.) *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums FiniteLength.
Open Scope R_scope.

Lemma sum_split (m n : nat) (f : nat -> R) :
  sum (m + n) f = sum m f + sum n (fun i => f (m + i)%nat).
Proof.
  induction n as [|n IH]; simpl; [rewrite Nat.add_0_r; ring |].
  rewrite Nat.add_succ_r. simpl. rewrite IH. ring.
Qed.

Section Trapped.
  Variables (r E D g : nat -> R) (phi phi' : R -> R) (eta rad a b c : R).
  Hypothesis a_pos : 0 < a.
  Hypothesis b_nonneg : 0 <= b.
  Hypothesis c_nonneg : 0 <= c.
  Hypothesis E_nonneg : forall k, 0 <= E k.
  Hypothesis H1 : forall k, r (S k) <= r k - a * E k ^ 2.
  Hypothesis H2 : forall k, g (S (S k)) <= b * (E (S k) + E k).
  Hypothesis moves : forall k, D (S (S k)) <= D (S k) + c * (E (S k) + E k).
  Hypothesis cluster : forall eps N, 0 < eps ->
    exists k, (N <= k)%nat /\ D k < eps /\ Rabs (r k) < eps.
  Hypothesis eta_pos : 0 < eta.
  Hypothesis concave : desingularising eta phi phi'.
  Hypothesis continuous : forall eps, 0 < eps ->
    exists del, 0 < del /\ forall y, 0 <= y < del -> phi y < eps.
  Hypothesis KL : forall k, D (S k) < rad -> 0 < r (S k) < eta ->
    1 <= phi' (r (S k)) * g (S k).

  Lemma values_fall (j k : nat) : (j <= k)%nat -> r k <= r j.
  Proof.
    intros H. induction H as [|k _ IH]; [lra |].
    pose proof (H1 k). pose proof (pow2_ge_0 (E k)).
    assert (0 <= a * E k ^ 2) by (apply Rmult_le_pos; lra). lra.
  Qed.

  (** Ψ* is a lower bound, nothing else is assumed to be one. *)
  Lemma values_nonneg (k : nat) : 0 <= r k.
  Proof.
    apply Rnot_lt_le. intros Hk. destruct (cluster (- r k) k ltac:(lra)) as (j & Hj & _ & Hr).
    pose proof (values_fall k j Hj). rewrite Rabs_left in Hr by lra. lra.
  Qed.

  Lemma values_vanish (eps : R) : 0 < eps -> exists N, forall k, (N <= k)%nat -> r k < eps.
  Proof.
    intros Heps. destruct (cluster eps 0 Heps) as (N & _ & _ & Hr). exists N. intros k Hk.
    pose proof (values_fall N k Hk). pose proof (Rle_abs (r N)). lra.
  Qed.

  Lemma steps_vanish (eps : R) : 0 < eps -> exists N, forall k, (N <= k)%nat -> E k < eps.
  Proof.
    intros Heps. assert (Hpos : 0 < a * (eps * eps)) by (repeat apply Rmult_lt_0_compat; lra).
    destruct (values_vanish _ Hpos) as (N & HN). exists N. intros k Hk.
    specialize (HN k Hk). pose proof (H1 k). pose proof (values_nonneg (S k)).
    apply Rnot_le_lt. intros Hle.
    assert (a * (eps * eps) <= a * E k ^ 2); [| lra].
    apply Rmult_le_compat_l; [lra |]. simpl. rewrite Rmult_1_r.
    apply Rmult_le_compat; lra.
  Qed.

  (** Where r k = 0 once, no step moves any more. *)
  Lemma standstill (j k : nat) : r j = 0 -> (j <= k)%nat -> E k = 0.
  Proof.
    intros Hj Hk. pose proof (values_fall j k Hk). pose proof (values_nonneg (S k)).
    pose proof (H1 k). pose proof (values_nonneg k). pose proof (E_nonneg k).
    assert (Ha : a * E k ^ 2 <= 0) by lra.
    destruct (Rle_lt_or_eq_dec 0 (E k) (E_nonneg k)) as [Hpos|Hzero]; [exfalso | auto].
    assert (0 < a * E k ^ 2) by (apply Rmult_lt_0_compat; [| apply pow_lt]; assumption). lra.
  Qed.

  (** The bound on the path from K = J + 2 on. *)
  Definition path (J : nat) : R := E (S J) + E J / 2 + 2 * (b / a) * phi (r (S (S J))).

  Lemma length_below_path (J n : nat) : r (S (S J)) < eta ->
    (forall i, (i < n)%nat -> D (S (S (J + i))) < rad) ->
    sum n (fun i => E (S (S (J + i)))) <= path J.
  Proof.
    intros Heta Hin. unfold path.
    pose proof (T5_length eta a b phi phi' (fun i => E (J + i)%nat)
                  (fun i => r (S (S (J + i)))) (fun i => g (S (S (J + i)))) n concave a_pos
                  b_nonneg) as H.
    cbv beta in H. rewrite !Nat.add_0_r, Nat.add_1_r in H.
    rewrite (sum_ext n _ (fun i => E (S (S (J + i))))) in H
      by (intros; rewrite !Nat.add_succ_r; reflexivity).
    apply H.
    - intros k. apply E_nonneg.
    - intros k. pose proof (values_nonneg (S (S (J + k)))).
      pose proof (values_fall (S (S J)) (S (S (J + k))) ltac:(lia)). lra.
    - intros k. rewrite !Nat.add_succ_r. apply H1.
    - intros k _. rewrite Nat.add_succ_r. apply H2.
    - intros k Hk Hr. apply KL; [apply Hin, Hk | split; [assumption |]].
      pose proof (values_fall (S (S J)) (S (S (J + k))) ltac:(lia)). lra.
  Qed.

  Lemma travelled (J n : nat) :
    D (S (S (J + n))) <=
    D (S (S J)) + c * (2 * sum n (fun i => E (S (S (J + i)))) + E (S J) - E (S (J + n))).
  Proof.
    induction n as [|n IH]; simpl; [rewrite Nat.add_0_r; lra |].
    rewrite !Nat.add_succ_r. pose proof (moves (S (J + n))). lra.
  Qed.

  (** Once the path is short enough, the run is within rho for good. *)
  Lemma never_leaves (J : nat) (rho : R) : rho <= rad -> r (S (S J)) < eta ->
    D (S (S J)) + c * (2 * path J + E (S J)) < rho ->
    forall n i, (i <= n)%nat -> D (S (S (J + i))) < rho.
  Proof.
    intros Hrho Heta Hshort n. induction n as [|n IH]; intros i Hi.
    - assert (i = 0)%nat as -> by lia. rewrite Nat.add_0_r.
      assert (0 <= path J).
      { pose proof (length_below_path J 0 Heta ltac:(intros; lia)). simpl in *. lra. }
      pose proof (E_nonneg (S J)).
      assert (0 <= c * (2 * path J + E (S J))) by (apply Rmult_le_pos; lra). lra.
    - destruct (Nat.eq_dec i (S n)) as [->|Hne]; [| apply IH; lia].
      pose proof (length_below_path J (S n) Heta) as Hlen. pose proof (travelled J (S n)) as Htr.
      pose proof (E_nonneg (S (J + S n))).
      assert (Hin : forall i, (i < S n)%nat -> D (S (S (J + i))) < rad).
      { intros j Hj. pose proof (IH j ltac:(lia)). lra. }
      specialize (Hlen Hin).
      assert (c * (2 * sum (S n) (fun i => E (S (S (J + i)))) + E (S J) - E (S (J + S n)))
              <= c * (2 * path J + E (S J))) by (apply Rmult_le_compat_l; lra).
      lra.
  Qed.

  (** For every rho there is such an index. *)
  Lemma short_enough (rho : R) : 0 < rho -> exists J,
    r (S (S J)) < eta /\ D (S (S J)) + c * (2 * path J + E (S J)) < rho.
  Proof.
    intros Hrho. set (sigma := rho / (12 * (c + 1))).
    assert (Hs : 0 < sigma) by (apply Rdiv_lt_0_compat; lra).
    set (tau := sigma * a / (2 * (b + 1))).
    assert (Ht : 0 < tau) by (apply Rdiv_lt_0_compat; [apply Rmult_lt_0_compat |]; lra).
    destruct (continuous tau Ht) as (del & Hdel & Hphi).
    destruct (steps_vanish sigma Hs) as (N1 & HN1).
    destruct (values_vanish (Rmin eta del) ltac:(apply Rmin_glb_lt; lra)) as (N2 & HN2).
    destruct (cluster (rho / 2) (S (S (N1 + N2))) ltac:(lra)) as (k & Hk & HD & _).
    destruct k as [|[|J]]; [lia | lia |]. exists J.
    pose proof (HN2 (S (S J)) ltac:(lia)) as Hr. pose proof (Rmin_l eta del).
    pose proof (Rmin_r eta del). pose proof (values_nonneg (S (S J))). split; [lra |].
    pose proof (HN1 J ltac:(lia)) as HJ. pose proof (HN1 (S J) ltac:(lia)) as HJ1.
    pose proof (Hphi (r (S (S J))) ltac:(lra)) as Hp.
    assert (Hphi_path : 2 * (b / a) * phi (r (S (S J))) <= sigma).
    { apply (Rle_trans _ (2 * (b / a) * tau)).
      - apply Rmult_le_compat_l; [| lra].
        pose proof (div_nonneg b a b_nonneg a_pos). lra.
      - unfold tau. replace (2 * (b / a) * (sigma * a / (2 * (b + 1))))
          with (sigma * (b / (b + 1))) by (field; lra).
        rewrite <- (Rmult_1_r sigma) at 2. apply Rmult_le_compat_l; [lra |].
        apply (Rmult_le_reg_r (b + 1)); [lra |].
        replace (b / (b + 1) * (b + 1)) with b by (field; lra). lra. }
    assert (Htotal : c * (2 * path J + E (S J)) <= c * (6 * sigma)).
    { apply Rmult_le_compat_l; [lra |]. unfold path. lra. }
    assert (c * (6 * sigma) <= rho / 2); [| lra].
    unfold sigma. replace (c * (6 * (rho / (12 * (c + 1))))) with (rho / 2 * (c / (c + 1)))
      by (field; lra).
    rewrite <- (Rmult_1_r (rho / 2)) at 2. apply Rmult_le_compat_l; [lra |].
    apply (Rmult_le_reg_r (c + 1)); [lra |].
    replace (c / (c + 1) * (c + 1)) with c by (field; lra). lra.
  Qed.

  Hypothesis rad_pos : 0 < rad.

  (** Finite length, with its constant. *)
  Theorem trapped_length : exists J, r (S (S J)) < eta /\
    forall n, sum n (fun i => E (S (S (J + i)))) <= path J.
  Proof.
    destruct (short_enough rad rad_pos) as (J & Heta & Hshort). exists J. split; [assumption |].
    intros n. apply length_below_path; [assumption |]. intros i Hi.
    apply (never_leaves J rad (Rle_refl _) Heta Hshort n). lia.
  Qed.

  Theorem trapped_total : exists total, forall n, sum n E <= total.
  Proof.
    destruct trapped_length as (J & _ & H). exists (sum (S (S J)) E + path J). intros n.
    apply (Rle_trans _ (sum (S (S J) + n) E)).
    - rewrite (Nat.add_comm (S (S J)) n), sum_split.
      assert (0 <= sum (S (S J)) (fun i => E (n + i)%nat)); [| lra].
      apply sum_nonneg. intros. apply E_nonneg.
    - rewrite sum_split. pose proof (H n) as Hn. simpl in *. lra.
  Qed.

  (** The cluster point is the limit. *)
  Theorem trapped_converges (eps : R) : 0 < eps ->
    exists N, forall k, (N <= k)%nat -> D k < eps.
  Proof.
    intros Heps. pose proof (Rmin_l eps rad). pose proof (Rmin_r eps rad).
    destruct (short_enough (Rmin eps rad) ltac:(apply Rmin_glb_lt; lra)) as (J & Heta & Hshort).
    exists (S (S J)). intros k Hk. replace k with (S (S (J + (k - S (S J))))) by lia.
    pose proof (never_leaves J (Rmin eps rad) ltac:(lra) Heta Hshort (k - S (S J))
                  (k - S (S J)) (Nat.le_refl _)). lra.
  Qed.

  (** All together: the path is short, u^k → u, Ψ^k → Ψ(u) from above, e^k → 0. *)
  Theorem trapped :
    (exists J, forall n, sum n (fun i => E (S (S (J + i)))) <= path J) /\
    (exists total, forall n, sum n E <= total) /\
    (forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> D k < eps) /\
    (forall k, 0 <= r k) /\
    (forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> r k < eps) /\
    (forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> E k < eps).
  Proof.
    destruct trapped_length as (J & _ & H). split; [exists J; exact H |].
    split; [exact trapped_total | split; [exact trapped_converges |]].
    split; [exact values_nonneg | split; [exact values_vanish | exact steps_vanish]].
  Qed.
End Trapped.
