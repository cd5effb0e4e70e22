(** T5: finite length, for sequences of real numbers.

    E k = ‖e_k‖ = ‖x^k − x^{k−1}‖ and r k = Ψ^k − Ψ*. H1, H2 and KL give, for k ≥ K,
      E_{k+1}² ≤ (b/a)(φ(r_k) − φ(r_{k+1}))(E_k + E_{k−1}),
    √(uv) ≤ u/4 + v gives E_{k+1} ≤ (E_k + E_{k−1})/4 + (b/a)(φ(r_k) − φ(r_{k+1})), and the sum is
      Σ_{k=K}^{K+n−1} E_{k+1} ≤ E_K + E_{K−1}/2 + (2b/a)φ(r_K).
    Indices are shifted so that K = 1: sequences begin at K − 1. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums.
Open Scope R_scope.

Section AMGM.
  (** E 0 = ‖e_{K−1}‖, E 1 = ‖e_K‖, …; phi k = φ(r_{K+k}); q = b/a; asked for below n only. *)
  Variables (E phi : nat -> R) (q : R) (n : nat).
  Hypothesis q_nonneg : 0 <= q.
  Hypothesis E_nonneg : forall k, 0 <= E k.
  Hypothesis phi_nonneg : forall k, (k <= n)%nat -> 0 <= phi k.
  Hypothesis phi_falls : forall k, (k < n)%nat -> phi (S k) <= phi k.
  Hypothesis squared : forall k, (k < n)%nat ->
    E (S (S k)) ^ 2 <= q * (phi k - phi (S k)) * (E (S k) + E k).

  Lemma T5_one_step (k : nat) : (k < n)%nat ->
    E (S (S k)) <= (E (S k) + E k) / 4 + q * (phi k - phi (S k)).
  Proof.
    intros Hk. pose proof (squared k Hk) as H. pose proof (E_nonneg k).
    pose proof (E_nonneg (S k)). pose proof (phi_falls k Hk).
    apply weighted_am_gm; [lra | apply Rmult_le_pos; lra | lra].
  Qed.

  (** What is left, ‖e_{K+k}‖ + ½‖e_{K+k−1}‖ + 2qφ_{K+k}, pays for the steps to come. *)
  Lemma T5_potential (k : nat) : (k <= n)%nat ->
    sum k (fun i => E (S (S i))) + (E (S k) + E k / 2 + 2 * q * phi k) <=
    E 1%nat + E 0%nat / 2 + 2 * q * phi 0%nat.
  Proof.
    induction k as [|k IH]; intros Hk; simpl; [lra |].
    pose proof (IH ltac:(lia)). pose proof (T5_one_step k Hk). lra.
  Qed.

  Theorem T5_partial_sums :
    sum n (fun k => E (S (S k))) <= E 1%nat + E 0%nat / 2 + 2 * q * phi 0%nat.
  Proof.
    pose proof (T5_potential n (Nat.le_refl n)). pose proof (E_nonneg n).
    pose proof (E_nonneg (S n)). pose proof (phi_nonneg n (Nat.le_refl n)).
    assert (0 <= 2 * q * phi n) by (repeat apply Rmult_le_pos; lra). lra.
  Qed.
End AMGM.

(** φ is desingularising on [0, η): φ(0) = 0, φ' ≥ 0, and φ lies below its tangents, which is how
    concavity is used. A concave φ with derivative φ' does (concave_below_tangent). *)
Record desingularising (eta : R) (phi phi' : R -> R) : Prop := {
  phi_zero : phi 0 = 0;
  phi_slope : forall x, 0 < x < eta -> 0 <= phi' x;
  phi_tangent : forall x y, 0 < x < eta -> 0 <= y < eta -> phi y <= phi x + phi' x * (y - x)
}.

Lemma phi_increasing (eta : R) (phi phi' : R -> R) (x y : R) :
  desingularising eta phi phi' -> 0 <= x <= y -> y < eta -> phi x <= phi y.
Proof.
  intros [_ Hs Ht] Hxy Hy. destruct (Rle_lt_or_eq_dec x y (proj2 Hxy)) as [H|H].
  - pose proof (Hs y ltac:(lra)). pose proof (Ht y x ltac:(lra) ltac:(lra)).
    assert (0 <= phi' y * (y - x)) by (apply Rmult_le_pos; lra). lra.
  - subst. lra.
Qed.

Lemma phi_nonneg (eta : R) (phi phi' : R -> R) (x : R) :
  desingularising eta phi phi' -> 0 <= x < eta -> 0 <= phi x.
Proof.
  intros H Hx. rewrite <- (phi_zero _ _ _ H). apply (phi_increasing eta phi phi' 0 x H); lra.
Qed.

(** A concave function lies below the tangent at a point where it has a derivative. *)
Lemma concave_below_tangent (phi : R -> R) (x y slope : R) :
  (forall tau, 0 <= tau <= 1 ->
     (1 - tau) * phi x + tau * phi y <= phi (x + tau * (y - x))) ->
  derivable_pt_lim phi x slope -> phi y <= phi x + slope * (y - x).
Proof.
  intros Hc Hd. set (h := y - x) in *. destruct (Req_dec h 0) as [H0|H0].
  { unfold h in *. replace y with x by lra. lra. }
  apply Rnot_lt_le. intros Hlt.
  set (eps := phi y - phi x - slope * h). assert (Heps : 0 < eps) by (unfold eps; lra).
  pose proof (Rabs_pos_lt h H0) as Hh.
  destruct (Hd (eps / (2 * Rabs h))) as [[del Hdel] Hlim]; [apply Rdiv_lt_0_compat; lra |].
  set (tau := Rmin 1 (del / (2 * Rabs h))).
  assert (Htau : 0 < tau) by (apply Rmin_glb_lt; [lra | apply Rdiv_lt_0_compat; lra]).
  assert (Htau1 : tau <= 1) by apply Rmin_l.
  assert (Hsmall : Rabs (tau * h) < del).
  { rewrite Rabs_mult, (Rabs_pos_eq tau) by lra.
    assert (tau * Rabs h <= del / (2 * Rabs h) * Rabs h)
      by (apply Rmult_le_compat_r; [lra | apply Rmin_r]).
    replace (del / (2 * Rabs h) * Rabs h) with (del / 2) in * by (field; lra). lra. }
  assert (Hne : tau * h <> 0) by (apply Rmult_integral_contrapositive; split; lra).
  specialize (Hlim (tau * h) Hne Hsmall). specialize (Hc tau ltac:(lra)).
  set (rise := phi (x + tau * h) - phi x) in *.
  assert (Hbound : rise - slope * (tau * h) <= tau * (eps / 2)).
  { eapply Rle_trans; [apply Rle_abs |].
    replace (rise - slope * (tau * h)) with ((rise / (tau * h) - slope) * (tau * h))
      by (field; lra).
    rewrite Rabs_mult, (Rabs_mult tau), (Rabs_pos_eq tau) by lra.
    apply Rlt_le in Hlim. apply (Rmult_le_compat_r (tau * Rabs h)) in Hlim;
      [| apply Rmult_le_pos; lra].
    replace (eps / (2 * Rabs h) * (tau * Rabs h)) with (tau * (eps / 2)) in Hlim
      by (field; lra).
    exact Hlim. }
  assert (tau * eps <= tau * (eps / 2)) by (unfold eps, rise in *; lra).
  assert (0 < tau * eps) by (apply Rmult_lt_0_compat; assumption). lra.
Qed.

(** One step with H1, H2 and KL: a‖e_{k+1}‖² ≤ (φ(r_k) − φ(r_{k+1}))·b(‖e_k‖ + ‖e_{k−1}‖). Where
    r_k = 0 nothing moves any more. *)
Lemma T5_step_squared (eta a b r r1 e0 e1 e2 dist : R) (phi phi' : R -> R) :
  desingularising eta phi phi' -> 0 < a -> 0 <= b -> 0 <= e0 -> 0 <= e1 ->
  0 <= r < eta -> 0 <= r1 -> r1 <= r - a * e2 ^ 2 -> dist <= b * (e1 + e0) ->
  (0 < r -> 1 <= phi' r * dist) ->
  e2 ^ 2 <= b / a * (phi r - phi r1) * (e1 + e0).
Proof.
  intros Hphi Ha Hb He0 He1 Hr Hr1 H1 H2 KL.
  pose proof (pow2_ge_0 e2) as Hsq. set (x := e2 ^ 2) in *.
  assert (Hax : 0 <= a * x) by (apply Rmult_le_pos; lra).
  pose proof (phi_increasing eta phi phi' r1 r Hphi ltac:(lra) ltac:(lra)) as Hfall.
  assert (Hbe : 0 <= b * (e1 + e0)) by (apply Rmult_le_pos; lra).
  assert (Hgoal : a * x <= (phi r - phi r1) * (b * (e1 + e0))).
  { destruct (Rle_lt_or_eq_dec 0 r (proj1 Hr)) as [Hpos|Hzero].
    - pose proof (phi_tangent _ _ _ Hphi r r1 (conj Hpos (proj2 Hr)) ltac:(lra)) as Ht.
      pose proof (phi_slope _ _ _ Hphi r (conj Hpos (proj2 Hr))) as Hs.
      specialize (KL Hpos). set (m := phi' r) in *.
      assert (Hm : m * (a * x) <= phi r - phi r1).
      { assert (m * (a * x) <= m * (r - r1)) by (apply Rmult_le_compat_l; lra). lra. }
      assert (Hmd : 1 <= m * (b * (e1 + e0))).
      { assert (m * dist <= m * (b * (e1 + e0))) by (apply Rmult_le_compat_l; lra). lra. }
      apply (Rmult_le_compat_r _ _ _ Hbe) in Hm.
      apply (Rmult_le_compat_l _ _ _ Hax) in Hmd. lra.
    - assert (a * x <= 0) by lra.
      assert (0 <= (phi r - phi r1) * (b * (e1 + e0))) by (apply Rmult_le_pos; lra). lra. }
  apply (Rmult_le_reg_l a); [assumption |].
  replace (a * (b / a * (phi r - phi r1) * (e1 + e0)))
    with ((phi r - phi r1) * (b * (e1 + e0))) by (field; lra).
  exact Hgoal.
Qed.

(** The same for n steps, asked for along them only. *)
Theorem T5_length (eta a b : R) (phi phi' : R -> R) (E r dist : nat -> R) (n : nat) :
  desingularising eta phi phi' -> 0 < a -> 0 <= b -> (forall k, 0 <= E k) ->
  (forall k, 0 <= r k < eta) ->
  (forall k, r (S k) <= r k - a * E (S (S k)) ^ 2) ->
  (forall k, (k < n)%nat -> dist k <= b * (E (S k) + E k)) ->
  (forall k, (k < n)%nat -> 0 < r k -> 1 <= phi' (r k) * dist k) ->
  sum n (fun k => E (S (S k))) <= E 1%nat + E 0%nat / 2 + 2 * (b / a) * phi (r 0%nat).
Proof.
  intros Hphi Ha Hb HE Hr H1 H2 KL. apply (T5_partial_sums E (fun k => phi (r k))).
  - apply div_nonneg; lra.
  - exact HE.
  - intros k _. apply (phi_nonneg eta phi phi'); [assumption | apply Hr].
  - intros k Hk. pose proof (Hr k). pose proof (Hr (S k)). pose proof (H1 k) as Hfall.
    pose proof (pow2_ge_0 (E (S (S k)))).
    assert (0 <= a * E (S (S k)) ^ 2) by (apply Rmult_le_pos; lra).
    apply (phi_increasing eta phi phi'); [assumption | lra | lra].
  - intros k Hk. pose proof (Hr (S k)).
    apply (T5_step_squared eta a b _ _ _ _ _ (dist k) phi phi'); auto; lra.
Qed.

Section FiniteLength.
  Variables (E r dist : nat -> R) (phi phi' : R -> R) (eta a b : R).
  Hypothesis a_pos : 0 < a.
  Hypothesis b_pos : 0 < b.
  Hypothesis E_nonneg : forall k, 0 <= E k.
  Hypothesis r_range : forall k, 0 <= r k < eta.
  Hypothesis concave : desingularising eta phi phi'.
  (** H1: Ψ^{k+1} ≤ Ψ^k − a‖e_{k+1}‖²; H2: dist(0, ∂Ψ(x^k)) ≤ b(‖e_k‖ + ‖e_{k−1}‖);
      KL: φ'(r_k)·dist(0, ∂Ψ(x^k)) ≥ 1 where r_k > 0. E has one index more than r. *)
  Hypothesis H1 : forall k, r (S k) <= r k - a * E (S (S k)) ^ 2.
  Hypothesis H2 : forall k, dist k <= b * (E (S k) + E k).
  Hypothesis KL : forall k, 0 < r k -> 1 <= phi' (r k) * dist k.

  (** T5, every partial sum: Σ_{k≥K} ‖e_{k+1}‖ ≤ ‖e_K‖ + ½‖e_{K−1}‖ + (2b/a)φ(r_K). *)
  Theorem T5_every_partial_sum (n : nat) :
    sum n (fun k => E (S (S k))) <= E 1%nat + E 0%nat / 2 + 2 * (b / a) * phi (r 0%nat).
  Proof. apply (T5_length eta a b phi phi' E r dist); auto; lra. Qed.

  (** Hence a coordinate x of the iterates, moved by at most ‖e‖ each time, converges. *)
  Theorem T5_converges (x : nat -> R) :
    (forall k, Rabs (x (S k) - x k) <= E (S (S k))) -> exists limit, Un_cv x limit.
  Proof.
    intros Hx. set (total := sum_f_R0 (fun k => E (S (S k)))).
    assert (Hsum : forall n, total n = sum (S n) (fun k => E (S (S k)))).
    { intros n. unfold total. induction n as [|n IH]; [simpl; ring |].
      change (sum_f_R0 (fun k => E (S (S k))) (S n))
        with (sum_f_R0 (fun k => E (S (S k))) n + E (S (S (S n)))).
      rewrite IH. reflexivity. }
    assert (Hl : Cauchy_crit total).
    { apply CV_Cauchy, growing_cv.
      - intros n. rewrite !Hsum. simpl. pose proof (E_nonneg (S (S (S n)))). lra.
      - exists (E 1%nat + E 0%nat / 2 + 2 * (b / a) * phi (r 0%nat)).
        intros y (n & ->). rewrite Hsum. apply T5_every_partial_sum. }
    assert (Hstep : forall m n, Rabs (x (S (n + m)) - x (S n)) <= total (n + m)%nat - total n).
    { induction m as [|m IH]; intros n.
      - rewrite Nat.add_0_r, !Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
      - replace (n + S m)%nat with (S (n + m)) by lia.
        replace (x (S (S (n + m))) - x (S n))
          with ((x (S (S (n + m))) - x (S (n + m))) + (x (S (n + m)) - x (S n))) by ring.
        eapply Rle_trans; [apply Rabs_triang |].
        pose proof (Hx (S (n + m))). pose proof (IH n).
        rewrite !Hsum in *. change (sum (S (S (n + m))) (fun k => E (S (S k))))
          with (sum (S (n + m)) (fun k => E (S (S k))) + E (S (S (S (n + m))))). lra. }
    destruct (R_complete x) as [limit Hlimit]; [| exists limit; exact Hlimit].
    intros eps Heps. destruct (Hl eps Heps) as [N HN]. exists (S N). intros n m Hn Hm.
    assert (Hw : forall n m, (S N <= n)%nat -> (n <= m)%nat -> Rabs (x m - x n) < eps).
    { intros i j Hi Hij. destruct i as [|i]; [lia |].
      replace j with (S (i + (j - S i)))%nat by lia.
      eapply Rle_lt_trans; [apply Hstep |].
      eapply Rle_lt_trans; [apply Rle_abs |]. apply HN; lia. }
    unfold R_dist. destruct (le_ge_dec n m) as [H|H].
    - rewrite Rabs_minus_sym. apply Hw; lia.
    - apply Hw; lia.
  Qed.
End FiniteLength.
