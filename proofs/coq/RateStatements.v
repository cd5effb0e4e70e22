(** T5 and T6 in the monitor's own formulas (Statements.v).

    φ(r) = c·r^{1−θ}/(1−θ), φ(0) = 0, is desingularising for 0 ≤ θ < 1, and r^θ ≤ c·dist is
    φ'(r)·dist ≥ 1: T5 then is the general finite length with this φ. T6's recursion and three of
    its regimes are statements about the numbers of one step; the fourth is about a sequence. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Power FiniteLength Rates Statements.
Open Scope R_scope.

(** z^q ≤ 1 + q(z − 1) for 0 ≤ q ≤ 1: ln lies below its tangent at m = 1 + q(z − 1). *)
Lemma power_below_tangent_at_one (z q : R) :
  0 < z -> 0 <= q <= 1 -> Rpower z q <= 1 + q * (z - 1).
Proof.
  intros Hz Hq. set (m := 1 + q * (z - 1)).
  assert (Hm : 0 < m).
  { unfold m. destruct (Req_dec q 0) as [->|]; [lra |].
    assert (0 < q * z) by (apply Rmult_lt_0_compat; lra). lra. }
  assert (Htan : forall x, 0 < x -> ln x <= ln m + (x - m) / m).
  { intros x Hx. pose proof (ln_le_minus_one (x / m) ltac:(apply Rdiv_lt_0_compat; assumption)).
    unfold Rdiv in H at 1. rewrite ln_mult, ln_Rinv in H
      by (try apply Rinv_0_lt_compat; assumption).
    replace ((x - m) / m) with (x / m - 1) by (field; lra). lra. }
  pose proof (Htan z Hz) as H1. pose proof (Htan 1 Rlt_0_1) as H0. rewrite ln_1 in H0.
  apply (Rmult_le_compat_l q) in H1; [| lra].
  apply (Rmult_le_compat_l (1 - q)) in H0; [| lra].
  assert (Hsum : q * ((z - m) / m) + (1 - q) * ((1 - m) / m) = 0).
  { unfold m. field. exact (Rgt_not_eq _ _ Hm). }
  unfold Rpower. rewrite <- (exp_ln m Hm).
  destruct (Rle_lt_or_eq_dec (q * ln z) (ln m) ltac:(lra)) as [H|H];
    [left; apply exp_increasing; assumption | rewrite H; lra].
Qed.

(** y^q ≤ x^q + q·x^{q−1}(y − x). *)
Lemma power_below_tangent (x y q : R) :
  0 < x -> 0 < y -> 0 <= q <= 1 ->
  Rpower y q <= Rpower x q + q * Rpower x (q - 1) * (y - x).
Proof.
  intros Hx Hy Hq.
  pose proof (power_below_tangent_at_one (y / x) q
                ltac:(apply Rdiv_lt_0_compat; assumption) Hq) as H.
  pose proof (power_pos x q) as Hp. apply (Rmult_le_compat_r (Rpower x q)) in H; [| lra].
  rewrite Rpower_mult_distr in H by (try apply Rdiv_lt_0_compat; assumption).
  replace (y / x * x) with y in H by (field; lra).
  replace (q - 1) with (q + - (1)) by ring. rewrite Rpower_plus, Rpower_Ropp, Rpower_1 by assumption.
  replace (Rpower x q + q * (Rpower x q * / x) * (y - x))
    with ((1 + q * (y / x - 1)) * Rpower x q) by (field; lra).
  exact H.
Qed.

Lemma power_desingularising (eta c theta : R) :
  0 < c -> 0 <= theta < 1 ->
  desingularising eta (fun x => c * power0 x (1 - theta) / (1 - theta))
    (fun x => c * Rpower x (- theta)).
Proof.
  intros Hc Ht. split.
  - rewrite power0_zero. field. lra.
  - intros x _. pose proof (power_pos x (- theta)). apply Rmult_le_pos; lra.
  - intros x y (Hx & _) (Hy & _). rewrite (power0_pos x) by assumption.
    apply (Rmult_le_reg_r ((1 - theta) / c)); [apply Rdiv_lt_0_compat; lra |].
    replace (c * power0 y (1 - theta) / (1 - theta) * ((1 - theta) / c))
      with (power0 y (1 - theta)) by (field; lra).
    replace ((c * Rpower x (1 - theta) / (1 - theta) + c * Rpower x (- theta) * (y - x))
             * ((1 - theta) / c))
      with (Rpower x (1 - theta) + (1 - theta) * Rpower x (1 - theta - 1) * (y - x))
      by (replace (1 - theta - 1) with (- theta) by ring; field; lra).
    destruct (Rle_lt_or_eq_dec 0 y Hy) as [Hpos|<-].
    + rewrite power0_pos by assumption. apply power_below_tangent; lra.
    + rewrite power0_zero. pose proof (power_pos x (1 - theta)) as Hp.
      replace (1 - theta - 1) with (1 - theta + - (1)) by ring.
      rewrite Rpower_plus, Rpower_Ropp, Rpower_1 by assumption.
      replace ((1 - theta) * (Rpower x (1 - theta) * / x) * (0 - x))
        with (- ((1 - theta) * Rpower x (1 - theta))) by (field; lra).
      assert (0 <= theta * Rpower x (1 - theta)) by (apply Rmult_le_pos; lra). lra.
Qed.

(** T5, the monitor's formula for every partial sum: E 0 = ‖e_{K−1}‖, E 1 = ‖e_K‖, r 0 = r_K. *)
Theorem T5_finite_length_holds (E r dist : nat -> R) (a b c theta : R) (n : nat) :
  0 < a -> 0 < b -> 0 < c -> 0 <= theta ->
  (forall k, 0 <= E k) -> (forall k, 0 <= r k) ->
  (forall k tail, T5_finite_length_conditions tail (E (S k)) (E k) (E (S (S k)) ^ 2)
     (power0 (r k) (1 - theta)) (dist k) (power0 (r k) theta) (r (S k) - r k) a b c theta) ->
  T5_finite_length (sum n (fun k => E (S (S k)))) (E 1%nat) (E 0%nat) (E 2%nat ^ 2)
    (power0 (r 0%nat) (1 - theta)) (dist 0%nat) (power0 (r 0%nat) theta) (r 1%nat - r 0%nat)
    a b c theta.
Proof.
  intros Ha Hb Hc Ht HE Hr H.
  assert (Hone : theta < 1) by (destruct (H 0%nat 0) as (_ & _ & _ & Hone); exact Hone).
  unfold T5_finite_length, T5_finite_length_lhs, T5_finite_length_rhs.
  assert (Hfall : forall k, r (S k) <= r k).
  { intros k. destruct (H k 0) as (H1 & _). pose proof (pow2_ge_0 (E (S (S k)))).
    assert (0 <= a * E (S (S k)) ^ 2) by (apply Rmult_le_pos; lra). lra. }
  assert (Hrange : forall k, 0 <= r k < r 0%nat + 1).
  { intros k. split; [apply Hr |]. induction k as [|k IH]; [lra | pose proof (Hfall k); lra]. }
  pose proof (T5_every_partial_sum E r dist _ _ (r 0%nat + 1) a b Ha Hb HE Hrange
                (power_desingularising (r 0%nat + 1) c theta Hc (conj Ht Hone))) as Hfinite.
  cbv beta in Hfinite.
  replace (1 / 2 * E 0%nat + E 1%nat + 2 * b * c * power0 (r 0%nat) (1 - theta) / a / (1 - theta))
    with (E 1%nat + E 0%nat / 2
          + 2 * (b / a) * (c * power0 (r 0%nat) (1 - theta) / (1 - theta))) by (field; lra).
  apply Hfinite.
  - intros k. destruct (H k 0) as (H1 & _). lra.
  - intros k. destruct (H k 0) as (_ & H2 & _). lra.
  - intros k Hk. destruct (H k 0) as (_ & _ & Hkl & _). rewrite power0_pos in Hkl by assumption.
    rewrite Rpower_Ropp. pose proof (power_pos (r k) theta) as Hp.
    apply (Rmult_le_reg_l (Rpower (r k) theta)); [assumption |].
    replace (Rpower (r k) theta * (c * / Rpower (r k) theta * dist k)) with (c * dist k)
      by (field; lra).
    lra.
Qed.

(** T6's recursion: (u + mv)² ≤ (1 + m)(u² + mv²) with m = κ − 1. *)
Theorem T6_recursion_holds : T6_recursion_stmt.
Proof.
  intros e1 e0 step2 step02 dist rt dpsi dpsi0 r1 r0 A0 Aj j two kappa a b c theta
    Ha Hb Hc Hk Hrt He1 He0 Hpath (H1 & H1b & H2 & Hkl & _).
  unfold T6_recursion, T6_recursion_lhs, T6_recursion_rhs.
  set (m := kappa - 1) in *. assert (Hm : 0 <= m) by (unfold m; lra).
  assert (Hdist : rt <= c * (b * (e1 + e0 * m))).
  { assert (c * dist <= c * (b * (e1 + e0 * m))) by (apply Rmult_le_compat_l; lra). lra. }
  assert (Hsq : rt ^ 2 <= c ^ 2 * b ^ 2 * (e1 + e0 * m) ^ 2).
  { replace (c ^ 2 * b ^ 2 * (e1 + e0 * m) ^ 2)
      with ((c * (b * (e1 + e0 * m))) * (c * (b * (e1 + e0 * m)))) by ring.
    replace (rt ^ 2) with (rt * rt) by ring. apply Rmult_le_compat; lra. }
  assert (Hpay : a * (e1 ^ 2 + m * e0 ^ 2) <= r0 - r1).
  { assert (a * e1 ^ 2 <= a * step2) by (apply Rmult_le_compat_l; lra).
    assert (a * m * e0 ^ 2 <= a * m * step02)
      by (apply Rmult_le_compat_l; [apply Rmult_le_pos |]; lra).
    replace (a * step02 * (1 - kappa)) with (- (a * m * step02)) in H1b by (unfold m; ring).
    lra. }
  assert (Hjensen : (e1 + e0 * m) ^ 2 <= kappa * (e1 ^ 2 + m * e0 ^ 2)).
  { replace kappa with (1 + m) by (unfold m; ring).
    pose proof (pow2_ge_0 (e1 - e0)) as Hd. apply (Rmult_le_compat_l m) in Hd; [| lra]. lra. }
  apply (Rmult_le_reg_r a); [assumption |].
  replace (b ^ 2 * c ^ 2 * kappa * (r0 - r1) / a * a)
    with (c ^ 2 * b ^ 2 * (kappa * (r0 - r1))) by (field; lra).
  apply (Rmult_le_compat_r a) in Hsq; [| lra].
  eapply Rle_trans; [exact Hsq |]. rewrite Rmult_assoc.
  apply Rmult_le_compat_l; [apply Rmult_le_pos; apply pow2_ge_0 |].
  apply (Rmult_le_compat_r a) in Hjensen; [| lra].
  apply (Rmult_le_compat_l kappa) in Hpay; lra.
Qed.

Lemma constant_positive (a b c kappa : R) :
  0 < a -> 0 < b -> 0 < c -> 1 <= kappa -> 0 < b ^ 2 * c ^ 2 * kappa / a.
Proof.
  intros. apply Rdiv_lt_0_compat; [| assumption].
  repeat apply Rmult_lt_0_compat; try apply pow_lt; lra.
Qed.

Theorem T6_linear_holds : T6_linear_stmt.
Proof.
  intros e1 e0 step2 step02 dist rt dpsi dpsi0 r1 r0 A0 Aj j two kappa a b c theta
    Ha Hb Hc Hk Hrt _ H.
  unfold T6_recursion, T6_recursion_lhs, T6_recursion_rhs in H.
  unfold T6_linear, T6_linear_lhs, T6_linear_rhs.
  pose proof (constant_positive a b c kappa Ha Hb Hc Hk) as HC.
  set (C := b ^ 2 * c ^ 2 * kappa / a) in *.
  replace (b ^ 2 * c ^ 2 * kappa * (r0 - r1) / a) with (C * (r0 - r1)) in H
    by (unfold C; field; lra).
  replace (b ^ 2 * c ^ 2 * kappa * r0 / a) with (C * r0) by (unfold C; field; lra).
  apply (Rmult_le_reg_r (1 + C)); [lra |].
  replace (C * r0 / (1 + C) * (1 + C)) with (C * r0) by (field; lra). lra.
Qed.

Theorem T6_superlinear_holds : T6_superlinear_stmt.
Proof.
  intros e1 e0 step2 step02 dist rt dpsi dpsi0 r1 r0 A0 Aj j two kappa a b c theta
    Ha Hb Hc Hk Hr _ H.
  unfold T6_recursion, T6_recursion_lhs, T6_recursion_rhs in H.
  unfold T6_superlinear, T6_superlinear_lhs, T6_superlinear_rhs.
  pose proof (constant_positive a b c kappa Ha Hb Hc Hk) as HC.
  set (C := b ^ 2 * c ^ 2 * kappa / a) in *.
  replace (b ^ 2 * c ^ 2 * kappa * (r0 - r1) / a) with (C * r0 - C * r1) in H
    by (unfold C; field; lra).
  replace (b ^ 2 * c ^ 2 * kappa * r0 / a) with (C * r0) by (unfold C; field; lra).
  assert (0 <= C * r1) by (apply Rmult_le_pos; lra). lra.
Qed.

Theorem T6_finite_holds : T6_finite_0_stmt.
Proof.
  intros e1 e0 step2 step02 dist rt dpsi dpsi0 r1 r0 A0 Aj j two kappa a b c theta
    Ha Hb Hc Hk Hrt _ H.
  unfold T6_recursion, T6_recursion_lhs, T6_recursion_rhs in H.
  unfold T6_finite_0, T6_finite_0_lhs, T6_finite_0_rhs. lra.
Qed.

(** θ > ½, along s_j = r_{κj}: s_0^{−p} + jν ≤ s_j^{−p} from the recursion at each index. *)
Theorem T6_sublinear_holds (s : nat -> R) (e1 e0 step2 step02 dist rt dpsi dpsi0 : R)
    (kappa a b c theta A0 Aj x two : R) :
  0 < a -> 0 < b -> 0 < c -> 1 <= kappa -> 1 / 2 < theta ->
  (forall j, 0 <= s j) ->
  (forall j, 0 < s (S j) ->
     T6_recursion e1 e0 step2 step02 dist (Rpower (s (S j)) theta) dpsi dpsi0 (s (S j)) (s j)
       A0 Aj x two kappa a b c theta) ->
  forall j, 0 < s j ->
  let p := 2 * theta - 1 in
  T6_sublinear e1 e0 step2 step02 dist rt dpsi dpsi0 (s j) (s 0%nat)
    (Rpower (s 0%nat) (- p)) (Rpower (s j) (- p)) (INR j) (Rpower 2 (p / (1 + p)))
    kappa a b c theta.
Proof.
  intros Ha Hb Hc Hk Ht Hs Hrec j Hj p.
  unfold T6_sublinear, T6_sublinear_lhs, T6_sublinear_rhs.
  pose proof (constant_positive a b c kappa Ha Hb Hc Hk) as HC.
  set (C := b ^ 2 * c ^ 2 * kappa / a) in *.
  assert (Hr : forall i, 0 < s (S i) -> Rpower (s (S i)) (2 * theta) <= C * (s i - s (S i))).
  { intros i Hi. pose proof (Hrec i Hi) as H.
    unfold T6_recursion, T6_recursion_lhs, T6_recursion_rhs in H.
    replace (2 * theta) with (theta + theta) by ring. rewrite Rpower_plus.
    replace (b ^ 2 * c ^ 2 * kappa * (s i - s (S i)) / a) with (C * (s i - s (S i))) in H
      by (unfold C; field; lra).
    lra. }
  pose proof (T6_above_half_inverse s theta C HC Hs Hr j p eq_refl ltac:(unfold p; lra) Hj) as H.
  unfold nu in H. rewrite Rmin_comm in H. fold p.
  replace (1 / 2 * a * p / b ^ 2 / c ^ 2 / kappa) with (p / (2 * C)).
  - rewrite (Rmult_comm (Rpower (s 0%nat) (- p))). exact H.
  - unfold C. field. repeat split; lra.
Qed.
