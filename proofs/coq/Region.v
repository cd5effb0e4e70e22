(** T2 and T2n: the admissible region.

    With c = p1·s − p2, T1 bounds ΔF by −L[(s/t − ½)‖e‖² − c⟨Δ,e⟩ − (p2²/2)‖Δ‖²]. A weight δ adds
    (δ/2)(‖e‖² − ‖Δ‖²), and what remains is minus a quadratic form in (e, Δ).

    - In the region 2s/t − 1 − p2² > 2|c|, δ = L(s/t − ½ + p2²/2) makes the form
      (L/2)[m(‖e‖² + ‖Δ‖²) − 2c⟨Δ,e⟩] with m = s/t − ½ − p2²/2 > |c|: nonnegative.
    - Outside, e = 1, Δ = sign(c) has ‖e‖² = ‖Δ‖², every weight cancels, and T1's bound is
      (L/2)(2|c| + p2² + 1 − 2s/t) ≥ 0: no weight works. *)
Require Import Reals Lra Psatz.
From amverify Require Import Scalar Statements.
Open Scope R_scope.

Theorem T2_decrease_holds : T2_decrease_stmt.
Proof.
  intros dF e2 de d2 bend L s t p1 p2 HL He Hd Hcs _ H1 Hr.
  unfold T2_decrease, T2_decrease_lhs, T2_decrease_rhs.
  unfold T1_descent, T1_descent_lhs, T1_descent_rhs in H1.
  unfold T2_region, T2_region_lhs, T2_region_rhs in Hr.
  pose proof (twice_abs_le_sum de e2 d2 He Hd ltac:(nra)) as Hde.
  pose proof (mult_le_abs (p1 * s - p2) de) as Hc.
  set (q := s / t) in *. replace (2 * s / t) with (2 * q) in Hr by (unfold q, Rdiv; ring).
  set (c := p1 * s - p2) in *.
  pose proof (Rabs_pos c). pose proof (Rabs_pos de).
  assert (0 <= (q - 1 / 2 - p2 * p2 / 2) * ((e2 + d2) / 2) - c * de).
  { assert (Rabs c * Rabs de <= (q - 1 / 2 - p2 * p2 / 2) * ((e2 + d2) / 2));
      [apply Rmult_le_compat; lra | lra]. }
  nra.
Qed.

(** T1's bound, for real numbers e and Δ, with the weight's part added. *)
Definition weighted_bound (L s t p1 p2 delta e Delta : R) : R :=
  T1_descent_rhs 0 (e * e) (Delta * e) (Delta * Delta) 0 L s t p1 p2
  + delta / 2 * (e * e - Delta * Delta).

Definition sign (c : R) : R := if Rle_lt_dec 0 c then 1 else -1.

Lemma sign_square (c : R) : sign c * sign c = 1.
Proof. unfold sign; destruct (Rle_lt_dec 0 c); lra. Qed.

Lemma sign_times (c : R) : c * sign c = Rabs c.
Proof.
  unfold sign; destruct (Rle_lt_dec 0 c);
    [rewrite Rabs_pos_eq | rewrite Rabs_left]; lra.
Qed.

(** At e = 1, Δ = sign c every weight cancels. *)
Lemma weighted_bound_at_sign (L s t p1 p2 delta : R) :
  weighted_bound L s t p1 p2 delta 1 (sign (p1 * s - p2)) =
  L / 2 * (1 + p2 ^ 2 + 2 * Rabs (p1 * s - p2) - 2 * s / t).
Proof.
  unfold weighted_bound, T1_descent_rhs.
  rewrite <- (sign_times (p1 * s - p2)). pose proof (sign_square (p1 * s - p2)) as H.
  set (c := p1 * s - p2) in *. set (sg := sign c) in *.
  replace (sg * sg) with 1 by (symmetry; exact H).
  replace (2 * s / t) with (2 * (s / t)) by (unfold Rdiv; ring).
  set (q := s / t). field.
Qed.

(** Beyond the border: T1's bound itself is an increase, whatever the weight. *)
Theorem T2_no_weight_outside (L s t p1 p2 : R) :
  0 < L -> 2 * s / t < 1 + p2 ^ 2 + 2 * Rabs (p1 * s - p2) ->
  forall delta, exists e Delta, 0 < weighted_bound L s t p1 p2 delta e Delta.
Proof.
  intros HL H delta. exists 1, (sign (p1 * s - p2)).
  rewrite weighted_bound_at_sign. apply Rmult_lt_0_compat; lra.
Qed.

(** On the border: no weight makes it a strict decrease. *)
Theorem T2_no_strict_weight_outside (dF e2 de d2 bend L s t p1 p2 : R) :
  0 < L -> ~ T2_region dF e2 de d2 bend L s t p1 p2 ->
  forall delta, exists e Delta, 0 < e * e + Delta * Delta /\
    0 <= weighted_bound L s t p1 p2 delta e Delta.
Proof.
  unfold T2_region, T2_region_lhs, T2_region_rhs.
  intros HL H delta. exists 1, (sign (p1 * s - p2)). split.
  - rewrite sign_square. lra.
  - rewrite weighted_bound_at_sign. apply Rmult_le_pos; lra.
Qed.

(** T2 whole: a weight that makes T1 a strict decrease exists exactly in the region. *)
Theorem T2_region_exact (dF e2 de d2 bend L s t p1 p2 : R) : 0 < L ->
  (T2_region dF e2 de d2 bend L s t p1 p2 <->
   exists delta a, 0 < a /\
     forall e Delta,
       weighted_bound L s t p1 p2 delta e Delta <= - a * (e * e + Delta * Delta)).
Proof.
  intros HL. split.
  - unfold T2_region, T2_region_lhs, T2_region_rhs, weighted_bound, T1_descent_rhs.
    intros H. set (q := s / t) in *.
    replace (2 * s / t) with (2 * q) in H by (unfold q, Rdiv; ring).
    set (c := p1 * s - p2) in *.
    exists (L * (q - 1 / 2 + p2 ^ 2 / 2)), (L / 2 * (q - 1 / 2 - p2 ^ 2 / 2 - Rabs c)).
    split; [apply Rmult_lt_0_compat; lra |].
    intros e Delta.
    pose proof (twice_abs_le_sum (Delta * e) (e * e) (Delta * Delta)
                  ltac:(nra) ltac:(nra) ltac:(nra)) as Hde.
    pose proof (mult_le_abs c (Delta * e)) as Hc.
    assert (Rabs c * Rabs (Delta * e) <= Rabs c * ((e * e + Delta * Delta) / 2))
      by (apply Rmult_le_compat_l; [apply Rabs_pos | lra]).
    nra.
  - intros (delta & a & Ha & H).
    destruct (Rlt_dec (1 + p2 ^ 2 + 2 * Rabs (p1 * s - p2)) (2 * s / t)) as [|Hn];
      [assumption | exfalso].
    destruct (T2_no_strict_weight_outside dF e2 de d2 bend L s t p1 p2 HL Hn delta) as (e & Delta & Hp & Hw).
    specialize (H e Delta). nra.
Qed.
