(** T1, T1p and T2n for vectors u : nat → R with n entries.

    û = u + p2Δ, ũ = u + p1Δ, h = ∇H(û); u⁺ projects ũ − h/(sL) onto the box, u^{k+1} projects
    u⁺ + p3(u⁺ − u) onto it; e = u^{k+1} − u, t = 1 + p3. Coordinate by coordinate
      h_j e_j ≤ −(sL/t)e_j² + sLp1Δ_j e_j,
    convexity H(u) ≥ H(û) + ⟨h, u − û⟩ and the modulus H(u^{k+1}) ≤ H(û) + ⟨h, u^{k+1} − û⟩ +
    ½bend, bend ≤ L‖e − p2Δ‖², then give T1. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Projection Statements.
Open Scope R_scope.

(** One coordinate: optimality at u, times t_j in [1, t]. *)
Lemma coordinate_bound (C : R -> Prop) (u uplus u1 h Delta s L p1 p3 : R) :
  0 < L -> 0 < s -> 0 <= p3 -> C u ->
  is_projection C (u + p1 * Delta - h / (s * L)) uplus ->
  is_projection C (uplus + p3 * (uplus - u)) u1 ->
  h * (u1 - u) <=
  - (s * L / (1 + p3)) * ((u1 - u) * (u1 - u)) + s * L * p1 * (Delta * (u1 - u)).
Proof.
  intros HL Hs Hp Hu (Hplus & Hopt) Hclip.
  destruct (clipping_shortens C u uplus u1 p3 Hp Hu Hplus Hclip) as (tj & Ht & He).
  pose proof (Hopt u Hu) as H. rewrite He.
  set (d := uplus - u) in *. replace (u - uplus) with (- d) in H by (unfold d; ring).
  assert (HsL : 0 < s * L) by (apply Rmult_lt_0_compat; assumption).
  assert (Hd : h * d <= - (s * L) * (d * d) + s * L * p1 * (Delta * d)).
  { apply (Rmult_le_compat_l (s * L)) in H; [| lra].
    replace (s * L * ((uplus - (u + p1 * Delta - h / (s * L))) * - d))
      with (- (s * L * (d * d)) + s * L * p1 * (Delta * d) - h * d) in H
      by (unfold d; field; lra).
    lra. }
  apply (Rmult_le_compat_l tj) in Hd; [| lra].
  assert (Hq : tj * tj * / (1 + p3) <= tj).
  { apply (Rmult_le_reg_r (1 + p3)); [lra |].
    replace (tj * tj * / (1 + p3) * (1 + p3)) with (tj * tj) by (field; lra).
    apply Rmult_le_compat_l; lra. }
  assert (Hdd : 0 <= s * L * (d * d)) by (apply Rmult_le_pos; [lra | apply Rle_0_sqr]).
  apply (Rmult_le_compat_r _ _ _ Hdd) in Hq. unfold Rdiv.
  replace (- (s * L * / (1 + p3)) * (tj * d * (tj * d)))
    with (- (tj * tj * / (1 + p3) * (s * L * (d * d)))) by ring.
  lra.
Qed.

Section Block.
  Variable n : nat.
  Variables (u Delta u1 : vector).
  Let e := diff u1 u.

  (** From the inner product's bound to T1. *)
  Lemma T1_from_inner_product (H : vector -> R) (dg : R) (h : vector) (bend L s t p1 p2 : R) :
    dg + dot n h e <= - (s * L / t) * dot n e e + s * L * p1 * dot n Delta e ->
    H (move u p2 Delta) + dot n h (diff u (move u p2 Delta)) <= H u ->
    H u1 <= H (move u p2 Delta) + dot n h (diff u1 (move u p2 Delta)) + bend / 2 ->
    T1_descent_conditions (H u1 - H u + dg) (dot n e e) (dot n Delta e) (dot n Delta Delta)
      bend L s t p1 p2 ->
    T1_descent (H u1 - H u + dg) (dot n e e) (dot n Delta e) (dot n Delta Delta)
      bend L s t p1 p2.
  Proof.
    intros Hin Hconvex Hmodulus (_ & _ & Hbend).
    unfold T1_descent, T1_descent_lhs, T1_descent_rhs.
    assert (Hu : dot n h (diff u (move u p2 Delta)) = - p2 * dot n h Delta).
    { unfold dot. rewrite <- sum_scal. apply sum_ext. intros. unfold diff, move. ring. }
    assert (Hu1 : dot n h (diff u1 (move u p2 Delta)) = dot n h e - p2 * dot n h Delta).
    { unfold dot. rewrite <- sum_scal, <- sum_minus. apply sum_ext.
      intros. unfold e, diff, move. ring. }
    rewrite Hu in Hconvex. rewrite Hu1 in Hmodulus.
    replace (s / t) with (s * / t) by reflexivity. unfold Rdiv in Hin.
    replace (s * L * / t) with (L * (s * / t)) in Hin by ring. set (q := s * / t) in *. lra.
  Qed.

  (** T1 for a box (absent bounds: half-lines and the line). *)
  Theorem T1_box (H : vector -> R) (h uplus : vector) (lo hi : nat -> option R)
      (bend L s p1 p2 p3 : R) :
    0 < L -> 0 < s -> 0 <= p3 ->
    (forall j, (j < n)%nat -> inside (lo j) (hi j) (u j)) ->
    (forall j, (j < n)%nat ->
       uplus j = clip (lo j) (hi j) (move u p1 Delta j - h j / (s * L))) ->
    (forall j, (j < n)%nat ->
       u1 j = clip (lo j) (hi j) (uplus j + p3 * (uplus j - u j))) ->
    H (move u p2 Delta) + dot n h (diff u (move u p2 Delta)) <= H u ->
    H u1 <= H (move u p2 Delta) + dot n h (diff u1 (move u p2 Delta)) + bend / 2 ->
    T1_descent_conditions (H u1 - H u) (dot n e e) (dot n Delta e) (dot n Delta Delta)
      bend L s (1 + p3) p1 p2 ->
    T1_descent (H u1 - H u) (dot n e e) (dot n Delta e) (dot n Delta Delta)
      bend L s (1 + p3) p1 p2.
  Proof.
    intros HL Hs Hp Hu Hplus Hu1 Hconvex Hmodulus Hcond.
    replace (H u1 - H u) with (H u1 - H u + 0) in * by ring.
    apply (T1_from_inner_product H 0 h); try assumption.
    rewrite Rplus_0_l. unfold dot. rewrite <- !sum_scal, <- sum_plus. apply sum_le.
    intros j Hj. unfold e, diff.
    assert (Hne : exists v, inside (lo j) (hi j) v) by (exists (u j); auto).
    apply (coordinate_bound (inside (lo j) (hi j)) (u j) (uplus j)); auto.
    - rewrite (Hplus j Hj). apply clip_is_projection, Hne.
    - rewrite (Hu1 j Hj). apply clip_is_projection, Hne.
  Qed.

  (** A minimiser of g + ⟨h, ·⟩ + (sL/2)‖· − ũ‖², g convex: g(u^{k+1}) − g(u) + ⟨h, e⟩ is at most
      −sL‖e‖² + sLp1⟨Δ, e⟩. *)
  Lemma proximal_inner_product (g : vector -> R) (h : vector) (s L p1 : R) :
    (forall tau, 0 < tau <= 1 ->
       g (move u1 tau (diff u u1)) <= (1 - tau) * g u1 + tau * g u) ->
    (forall v, g u1 + dot n h u1
         + s * L / 2 * dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta))
       <= g v + dot n h v
         + s * L / 2 * dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))) ->
    g u1 - g u + dot n h e <= - (s * L / 1) * dot n e e + s * L * p1 * dot n Delta e.
  Proof.
    intros Hg Hmin.
    set (c := fun j => e j + (- p1) * Delta j).
    assert (Hslope : 0 <= g u - g u1 - dot n h e - s * L * dot n c e).
    { apply (slope_nonneg _ (s * L / 2 * dot n e e)). intros tau Htau.
      pose proof (Hg tau Htau) as Hgt. pose proof (Hmin (move u1 tau (diff u u1))) as Hm.
      set (v := move u1 tau (diff u u1)) in *.
      assert (Hv : dot n h v = dot n h u1 - tau * dot n h e).
      { unfold dot. rewrite <- sum_scal, <- sum_minus. apply sum_ext.
        intros. unfold v, move, e, diff. ring. }
      assert (Hc : dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta)) = dot n c c).
      { apply dot_ext; intros; unfold c, e, diff, move; ring. }
      assert (Hcv : dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))
                    = dot n c c + 2 * (- tau) * dot n c e + - tau * - tau * dot n e e).
      { rewrite <- square_linear.
        apply dot_ext; intros; unfold v, c, e, diff, move; ring. }
      rewrite Hv, Hcv, Hc in Hm. lra. }
    assert (Hce : dot n c e = dot n e e - p1 * dot n Delta e).
    { unfold c. rewrite dot_comm, dot_linear, (dot_comm n e Delta). ring. }
    rewrite Hce in Hslope. lra.
  Qed.

  (** T1 for convex g with p3 = 0: t = 1, F = H + g. *)
  Theorem T1_convex_g (H g : vector -> R) (h : vector) (bend L s p1 p2 : R) :
    (forall tau, 0 < tau <= 1 ->
       g (move u1 tau (diff u u1)) <= (1 - tau) * g u1 + tau * g u) ->
    (forall v, g u1 + dot n h u1
         + s * L / 2 * dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta))
       <= g v + dot n h v
         + s * L / 2 * dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))) ->
    H (move u p2 Delta) + dot n h (diff u (move u p2 Delta)) <= H u ->
    H u1 <= H (move u p2 Delta) + dot n h (diff u1 (move u p2 Delta)) + bend / 2 ->
    T1_descent_conditions (H u1 - H u + (g u1 - g u))
      (dot n e e) (dot n Delta e) (dot n Delta Delta) bend L s 1 p1 p2 ->
    T1_descent (H u1 - H u + (g u1 - g u))
      (dot n e e) (dot n Delta e) (dot n Delta Delta) bend L s 1 p1 p2.
  Proof.
    intros Hg Hmin Hconvex Hmodulus Hcond.
    apply (T1_from_inner_product H (g u1 - g u) h); try assumption.
    apply proximal_inner_product; assumption.
  Qed.

  (** T1p: u^{k+1} is no worse than u for F + (γ/2)‖· − ũ‖². *)
  Theorem T1p_vector (F : vector -> R) (p1 gamma : R) :
    F u1 + gamma / 2 * dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta)) <=
    F u + gamma / 2 * dot n (diff u (move u p1 Delta)) (diff u (move u p1 Delta)) ->
    T1p_descent (F u1 - F u) (dot n e e) (dot n Delta e) (dot n Delta Delta) p1 gamma.
  Proof.
    intros Hmin. unfold T1p_descent, T1p_descent_lhs, T1p_descent_rhs.
    assert (H1 : dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta)) =
                 dot n e e + 2 * (- p1) * dot n e Delta + - p1 * - p1 * dot n Delta Delta).
    { rewrite <- square_linear. apply dot_ext; intros; unfold e, diff, move; ring. }
    assert (H0 : dot n (diff u (move u p1 Delta)) (diff u (move u p1 Delta)) =
                 p1 * p1 * dot n Delta Delta).
    { unfold dot. rewrite <- sum_scal. apply sum_ext. intros. unfold diff, move. ring. }
    rewrite H1, H0, (dot_comm n e Delta) in Hmin. lra.
  Qed.

  (** T2n: H need not be convex; g convex, p3 = 0. What a Lipschitz gradient says of H from u and of
      ∇H from u to û are conditions on the run. *)
  Theorem T2n_vector (H g : vector -> R) (h h0 : vector) (L s t p1 p2 : R) :
    0 < L -> t = 1 ->
    (forall tau, 0 < tau <= 1 ->
       g (move u1 tau (diff u u1)) <= (1 - tau) * g u1 + tau * g u) ->
    (forall v, g u1 + dot n h u1
         + s * L / 2 * dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta))
       <= g v + dot n h v
         + s * L / 2 * dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))) ->
    let dF := H u1 - H u + (g u1 - g u) in
    let rise := H u1 - H u - dot n h0 e in
    let turn := dot n (diff h h0) e in
    T2n_decrease_conditions dF (dot n e e) (dot n Delta e) (dot n Delta Delta) rise turn L s t p1 p2
    -> T2n_decrease dF (dot n e e) (dot n Delta e) (dot n Delta Delta) rise turn L s t p1 p2.
  Proof.
    intros HL Ht Hg Hmin dF rise turn (Hs & _ & Hrise & Hturn & Hr).
    unfold T2n_decrease, T2n_decrease_lhs, T2n_decrease_rhs.
    pose proof (proximal_inner_product g h s L p1 Hg Hmin) as Hin.
    assert (Hsplit : dot n h e = dot n h0 e + turn).
    { unfold turn, dot. rewrite <- sum_plus. apply sum_ext. intros. unfold diff. ring. }
    pose proof (dot_nonneg n e) as He. pose proof (dot_nonneg n Delta) as Hd.
    pose proof (cauchy_schwarz n Delta e) as Hde.
    assert (Habove : H u1 - H u = dot n h0 e + rise) by (unfold rise; ring).
    set (e2 := dot n e e) in *. set (d2 := dot n Delta Delta) in *.
    set (de := dot n Delta e) in *. clearbody rise turn.
    pose proof (Rabs_pos p1) as Ha1. pose proof (Rabs_pos p2) as Ha2.
    pose proof (twice_abs_le_sum de d2 e2 Hd He Hde) as Hde2.
    pose proof (mult_le_abs p1 de) as Hp1.
    assert (Hp1' : s * L * (p1 * de) <= s * L * (Rabs p1 * ((d2 + e2) / 2))).
    { apply Rmult_le_compat_l; [apply Rmult_le_pos; lra |].
      assert (Rabs p1 * Rabs de <= Rabs p1 * ((d2 + e2) / 2))
        by (apply Rmult_le_compat_l; lra). lra. }
    assert (Hmargin : 0 <= L * (s - 1 / 2 - Rabs p1 * s - Rabs p2) * ((e2 + d2) / 2)).
    { apply Rmult_le_pos; [apply Rmult_le_pos; lra | lra]. }
    unfold dF. lra.
  Qed.
End Block.
