(** T6: rates from a Kurdyka–Łojasiewicz exponent θ, for sequences of real numbers.

    r^θ ≤ c·dist, H1 and H2 give r_{k+1}^{2θ} ≤ C(r_{k−1} − r_{k+1}) with C = 2b²c²/a, asked for
    where r_{k+1} > 0 (there x^y = Rpower x y). Along every second index, s_j = r_{2j}, this is
      s_{j+1}^{2θ} ≤ C(s_j − s_{j+1}),
    which is also what one-step methods have for s = r and C = b²c²/a. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Power.
Open Scope R_scope.

Section Recurrence.
  (** E k = ‖x^k − x^{k−1}‖; KL, H1 and H2 along the sequence. *)
  Variables (r E dist : nat -> R) (theta a b c : R).
  Hypothesis a_pos : 0 < a.
  Hypothesis KL : forall k, 0 < r k -> Rpower (r k) theta <= c * dist k.
  Hypothesis H1 : forall k, r (S k) <= r k - a * E (S k) ^ 2.
  Hypothesis c_pos : 0 < c.

  Lemma squared_residual (k : nat) (bound : R) :
    0 < r k -> dist k <= bound -> Rpower (r k) (2 * theta) <= c ^ 2 * bound ^ 2.
  Proof.
    intros Hr Hd. pose proof (KL k Hr) as Hkl. pose proof (power_pos (r k) theta) as Hp.
    replace (2 * theta) with (theta + theta) by ring. rewrite Rpower_plus.
    assert (Rpower (r k) theta <= c * bound).
    { assert (c * dist k <= c * bound) by (apply Rmult_le_compat_l; lra). lra. }
    replace (c ^ 2 * bound ^ 2) with ((c * bound) * (c * bound)) by ring.
    apply Rmult_le_compat; lra.
  Qed.

  (** H2 with two steps: ‖∂Ψ(x^k)‖ ≤ b(‖e_k‖ + ‖e_{k−1}‖), C = 2b²c²/a. *)
  Theorem T6_recurrence_two_steps :
    (forall k, dist (S (S k)) <= b * (E (S (S k)) + E (S k))) ->
    forall k, 0 < r (S (S k)) ->
      Rpower (r (S (S k))) (2 * theta) <= 2 * b ^ 2 * c ^ 2 / a * (r k - r (S (S k))).
  Proof.
    intros H2 k Hr. pose proof (squared_residual _ _ Hr (H2 k)) as Hs.
    pose proof (H1 k) as Ha. pose proof (H1 (S k)) as Hb.
    set (x := E (S (S k))) in *. set (y := E (S k)) in *.
    assert (Hxy : a * ((x + y) ^ 2) <= 2 * (r k - r (S (S k)))).
    { pose proof (Rle_0_sqr (x - y)) as Hq. unfold Rsqr in Hq.
      assert (a * (x + y) ^ 2 <= a * (2 * (x ^ 2 + y ^ 2))) by (apply Rmult_le_compat_l; lra).
      lra. }
    eapply Rle_trans; [exact Hs |].
    replace (c ^ 2 * (b * (x + y)) ^ 2) with (b ^ 2 * c ^ 2 / a * (a * (x + y) ^ 2))
      by (field; lra).
    replace (2 * b ^ 2 * c ^ 2 / a * (r k - r (S (S k))))
      with (b ^ 2 * c ^ 2 / a * (2 * (r k - r (S (S k))))) by (field; lra).
    apply Rmult_le_compat_l; [| assumption].
    apply div_nonneg; [apply Rmult_le_pos; apply pow2_ge_0 | assumption].
  Qed.

  (** One-step methods: ‖∂Ψ(x^k)‖ ≤ b‖e_k‖, C = b²c²/a. *)
  Theorem T6_recurrence_one_step :
    (forall k, dist (S k) <= b * E (S k)) ->
    forall k, 0 < r (S k) ->
      Rpower (r (S k)) (2 * theta) <= b ^ 2 * c ^ 2 / a * (r k - r (S k)).
  Proof.
    intros H2 k Hr. pose proof (squared_residual _ _ Hr (H2 k)) as Hs.
    pose proof (H1 k) as Ha. eapply Rle_trans; [exact Hs |].
    replace (c ^ 2 * (b * E (S k)) ^ 2) with (b ^ 2 * c ^ 2 / a * (a * E (S k) ^ 2))
      by (field; lra).
    apply Rmult_le_compat_l; [| lra].
    apply div_nonneg; [apply Rmult_le_pos; apply pow2_ge_0 | assumption].
  Qed.
End Recurrence.

Section Regimes.
  Variables (s : nat -> R) (theta C : R).
  Hypothesis C_pos : 0 < C.
  Hypothesis s_nonneg : forall j, 0 <= s j.
  Hypothesis recurrence : forall j, 0 < s (S j) ->
    Rpower (s (S j)) (2 * theta) <= C * (s j - s (S j)).

  Lemma s_falls (j : nat) : s (S j) <= s j.
  Proof.
    destruct (Rle_lt_or_eq_dec 0 (s (S j)) (s_nonneg _)) as [H|H]; [| rewrite <- H; apply s_nonneg].
    pose proof (recurrence j H). pose proof (power_pos (s (S j)) (2 * theta)).
    assert (0 < C * (s j - s (S j))) by lra.
    apply Rlt_le, Rminus_lt. apply (Rmult_lt_reg_l C); lra.
  Qed.

  Lemma s_below_first (j : nat) : s j <= s 0%nat.
  Proof. induction j as [|j IH]; [lra | pose proof (s_falls j); lra]. Qed.

  (** Once zero, zero for good. *)
  Lemma s_stays_zero (j : nat) : s j = 0 -> s (S j) = 0.
  Proof. intros H. pose proof (s_falls j). pose proof (s_nonneg (S j)). lra. Qed.

  (** θ = ½: s_{j+1} ≤ C/(1+C)·s_j. *)
  Theorem T6_half (j : nat) : theta = 1 / 2 -> s (S j) <= C / (1 + C) * s j.
  Proof.
    intros ->. apply (Rmult_le_reg_l (1 + C)); [lra |].
    replace ((1 + C) * (C / (1 + C) * s j)) with (C * s j) by (field; lra).
    destruct (Rle_lt_or_eq_dec 0 (s (S j)) (s_nonneg _)) as [H|H].
    - pose proof (recurrence j H) as Hr.
      replace (2 * (1 / 2)) with 1 in Hr by field. rewrite Rpower_1 in Hr by assumption. lra.
    - rewrite <- H, Rmult_0_r. apply Rmult_le_pos; [lra | apply s_nonneg].
  Qed.

  Theorem T6_half_from_start (j : nat) :
    theta = 1 / 2 -> s j <= (C / (1 + C)) ^ j * s 0%nat.
  Proof.
    intros Ht. assert (Hq : 0 <= C / (1 + C)) by (apply div_nonneg; lra).
    induction j as [|j IH]; simpl; [lra |].
    pose proof (T6_half j Ht) as H. apply (Rmult_le_compat_l _ _ _ Hq) in IH. lra.
  Qed.

  (** θ ∈ (½, 1), p = 2θ − 1: s_j^{−p} grows by at least ν at each index. *)
  Definition nu (p : R) : R :=
    Rmin (p / (2 * C)) ((Rpower 2 (p / (1 + p)) - 1) * Rpower (s 0%nat) (- p)).

  Lemma two_power_above_one (p : R) : 0 < p -> 1 <= Rpower 2 (p / (1 + p)).
  Proof.
    intros Hp. apply (Rle_trans _ (Rpower 2 0)); [rewrite Rpower_O; lra |].
    apply Rle_Rpower; [lra | apply div_nonneg; lra].
  Qed.

  Lemma nu_nonneg (p : R) : 0 < p -> 0 <= nu p.
  Proof.
    intros Hp. apply Rmin_glb; [apply div_nonneg; lra |].
    pose proof (two_power_above_one p Hp). pose proof (power_pos (s 0%nat) (- p)).
    apply Rmult_le_pos; lra.
  Qed.

  (** If s_j^{1+p} ≤ 2 s_{j+1}^{1+p}, the tangent inequality gives p/(2C). *)
  Lemma T6_small_fall (p x y : R) :
    0 < p -> 0 < x -> x <= y -> Rpower x (1 + p) <= C * (y - x) ->
    Rpower y (1 + p) <= 2 * Rpower x (1 + p) ->
    p / (2 * C) <= Rpower x (- p) - Rpower y (- p).
  Proof.
    intros Hp Hx Hxy Hrec Hcase.
    eapply Rle_trans; [| apply power_opp_tangent; lra].
    rewrite Rpower_Ropp. set (X := Rpower x (1 + p)) in *. set (Y := Rpower y (1 + p)) in *.
    assert (HY : 0 < Y) by apply power_pos.
    apply (Rmult_le_reg_r (2 * C * Y)); [apply Rmult_lt_0_compat; lra |].
    replace (p / (2 * C) * (2 * C * Y)) with (p * Y) by (field; lra).
    replace (p * (y - x) * / Y * (2 * C * Y)) with (p * (2 * (C * (y - x)))) by (field; lra).
    apply Rmult_le_compat_l; lra.
  Qed.

  (** Otherwise s^{−p} grows by the factor 2^{p/(1+p)}. *)
  Lemma T6_large_fall (p x y : R) :
    0 < p -> 0 < x -> 0 < y -> 2 * Rpower x (1 + p) <= Rpower y (1 + p) ->
    (Rpower 2 (p / (1 + p)) - 1) * Rpower y (- p) <= Rpower x (- p) - Rpower y (- p).
  Proof.
    intros Hp Hx Hy Hcase.
    assert (H : Rpower 2 (p / (1 + p)) * Rpower x p <= Rpower y p).
    { assert (Hup : forall z, 0 < z -> Rpower z p = Rpower (Rpower z (1 + p)) (p / (1 + p))).
      { intros z Hz. rewrite Rpower_mult. f_equal. field. lra. }
      rewrite (Hup x Hx), (Hup y Hy), Rpower_mult_distr by (try apply power_pos; lra).
      pose proof (power_pos x (1 + p)).
      apply power_le; [apply div_nonneg; lra | lra | assumption]. }
    rewrite !Rpower_Ropp. pose proof (power_pos x p) as HX. pose proof (power_pos y p) as HY.
    set (X := Rpower x p) in *. set (Y := Rpower y p) in *. set (k := Rpower 2 (p / (1 + p))) in *.
    apply (Rmult_le_reg_r (X * Y)); [apply Rmult_lt_0_compat; assumption |].
    replace ((k - 1) * / Y * (X * Y)) with (k * X - X) by (field; lra).
    replace ((/ X - / Y) * (X * Y)) with (Y - X) by (field; lra). lra.
  Qed.

  Lemma T6_growth (j : nat) (p : R) :
    p = 2 * theta - 1 -> 0 < p -> 0 < s (S j) ->
    Rpower (s j) (- p) + nu p <= Rpower (s (S j)) (- p).
  Proof.
    intros Hp Hpos Hs. pose proof (recurrence j Hs) as Hr.
    replace (2 * theta) with (1 + p) in Hr by lra.
    pose proof (s_falls j) as Hf. pose proof (s_below_first j) as H0.
    destruct (Rle_lt_dec (Rpower (s j) (1 + p)) (2 * Rpower (s (S j)) (1 + p))) as [Hc|Hc].
    - pose proof (T6_small_fall p _ _ Hpos Hs Hf Hr Hc).
      pose proof (Rmin_l (p / (2 * C))
                    ((Rpower 2 (p / (1 + p)) - 1) * Rpower (s 0%nat) (- p))).
      unfold nu. lra.
    - pose proof (T6_large_fall p (s (S j)) (s j) Hpos Hs ltac:(lra) ltac:(lra)).
      pose proof (power_opp_le (s j) (s 0%nat) p ltac:(lra) ltac:(lra) H0) as Hm.
      pose proof (two_power_above_one p Hpos) as Hk.
      apply (Rmult_le_compat_l (Rpower 2 (p / (1 + p)) - 1)) in Hm; [| lra].
      pose proof (Rmin_r (p / (2 * C))
                    ((Rpower 2 (p / (1 + p)) - 1) * Rpower (s 0%nat) (- p))).
      unfold nu. lra.
  Qed.

  (** s_0^{−p} + jν ≤ s_j^{−p}, while s_j > 0. *)
  Theorem T6_above_half_inverse (j : nat) (p : R) :
    p = 2 * theta - 1 -> 0 < p -> 0 < s j ->
    Rpower (s 0%nat) (- p) + INR j * nu p <= Rpower (s j) (- p).
  Proof.
    intros Hp Hpos Hs. induction j as [|j IH]; [simpl; lra |].
    pose proof (s_falls j). rewrite S_INR.
    pose proof (IH ltac:(lra)). pose proof (T6_growth j p Hp Hpos Hs). lra.
  Qed.

  (** s_j ≤ (s_0^{−p} + jν)^{−1/p}. *)
  Theorem T6_above_half (j : nat) (p : R) :
    p = 2 * theta - 1 -> 0 < p -> 0 < s 0%nat ->
    s j <= Rpower (Rpower (s 0%nat) (- p) + INR j * nu p) (- / p).
  Proof.
    intros Hp Hpos H0.
    destruct (Rle_lt_or_eq_dec 0 (s j) (s_nonneg j)) as [Hs|Hs];
      [| rewrite <- Hs; left; apply power_pos].
    pose proof (T6_above_half_inverse j p Hp Hpos Hs) as Hgrow.
    rewrite <- (power_inverse (s j) (- p)) at 1 by lra.
    replace (/ - p) with (- / p) by (field; lra).
    apply power_opp_le; [left; apply Rinv_0_lt_compat; assumption | | assumption].
    pose proof (power_pos (s 0%nat) (- p)). pose proof (nu_nonneg p Hpos). pose proof (pos_INR j).
    assert (0 <= INR j * nu p) by (apply Rmult_le_pos; assumption). lra.
  Qed.

  (** θ ∈ (0, ½): s_{j+1} ≤ (C s_j)^{1/(2θ)}. *)
  Theorem T6_below_half (j : nat) :
    0 < theta -> 0 < s j -> s (S j) <= Rpower (C * s j) (/ (2 * theta)).
  Proof.
    intros Ht Hj.
    destruct (Rle_lt_or_eq_dec 0 (s (S j)) (s_nonneg _)) as [H|H];
      [| rewrite <- H; left; apply power_pos].
    rewrite <- (power_inverse (s (S j)) (2 * theta)) at 1 by lra.
    apply power_le; [left; apply Rinv_0_lt_compat; lra | apply power_pos |].
    pose proof (recurrence j H). assert (0 <= C * s (S j)) by (apply Rmult_le_pos; lra). lra.
  Qed.

  (** In the unit C^{−m}, m = 1/(1 − 2θ), ρ_j = C^m s_j: ρ_{j+1} ≤ ρ_j^{1/(2θ)}, exponent > 1;
      the order is superlinear as soon as ρ < 1, that is s < C^{−1/(1−2θ)}. *)
  Theorem T6_below_half_order (j : nat) :
    0 < theta < 1 / 2 -> 0 < s j ->
    let m := / (1 - 2 * theta) in
    Rpower C m * s (S j) <= Rpower (Rpower C m * s j) (/ (2 * theta)).
  Proof.
    intros Ht Hj m. pose proof (T6_below_half j ltac:(lra) Hj) as H.
    pose proof (power_pos C m) as Hm.
    apply (Rmult_le_compat_l (Rpower C m)) in H; [| lra].
    eapply Rle_trans; [exact H |]. right.
    rewrite <- !Rpower_mult_distr by (try apply power_pos; assumption).
    rewrite Rpower_mult, <- Rmult_assoc, <- Rpower_plus. do 2 f_equal.
    unfold m. field. lra.
  Qed.

  (** θ = 0: s_{j+1} > 0 only while s_j − s_{j+1} ≥ 1/C. *)
  Theorem T6_zero_step (j : nat) : theta = 0 -> 0 < s (S j) -> / C <= s j - s (S j).
  Proof.
    intros -> H. pose proof (recurrence j H) as Hr.
    rewrite Rmult_0_r, Rpower_O in Hr by assumption.
    apply (Rmult_le_reg_l C); [assumption |]. rewrite Rinv_r by lra. exact Hr.
  Qed.

  (** Hence s_j = 0 from j > C·s_0 on. *)
  Theorem T6_zero (j : nat) : theta = 0 -> C * s 0%nat < INR j -> s j = 0.
  Proof.
    intros Ht Hj. destruct (Rle_lt_or_eq_dec 0 (s j) (s_nonneg j)) as [H|H]; [exfalso | lra].
    assert (Hk : INR j * / C <= s 0%nat - s j).
    { clear Hj. induction j as [|j IH]; [simpl; lra |].
      pose proof (s_falls j). pose proof (IH ltac:(lra)).
      pose proof (T6_zero_step j Ht H). rewrite S_INR. lra. }
    assert (INR j * / C < s 0%nat) by lra.
    apply (Rmult_lt_compat_l C) in H0; [| assumption].
    replace (C * (INR j * / C)) with (INR j) in H0 by (field; lra). lra.
  Qed.
End Regimes.

(** Every second index: the hypothesis on r is the section's on s_j = r_{2j}. *)
Lemma every_second (r : nat -> R) (theta C : R) :
  (forall k, 0 < r (S (S k)) -> Rpower (r (S (S k))) (2 * theta) <= C * (r k - r (S (S k)))) ->
  forall j, 0 < r (2 * S j)%nat ->
    Rpower (r (2 * S j)%nat) (2 * theta) <= C * (r (2 * j)%nat - r (2 * S j)%nat).
Proof.
  intros H j. replace (2 * S j)%nat with (S (S (2 * j))) by lia. apply H.
Qed.
