(** TM, TMG, TMQ, TH, TJ for vectors u : nat → R with n entries, in the coordinates M^{1/2}u.

    û = u + p2Δ, ũ = u + p1Δ, h = ∇H(û), e = u^{k+1} − u. With o = ⟨h, e⟩ + g(u^{k+1}) − g(u),
      g = 0:           o = −(s/t)‖e‖² + s·p1⟨Δ,e⟩, the model's slope at its minimiser being 0;
      g convex, t = 1: o ≤ that;
      any g, t = 1:    o ≤ −(s/2)‖e‖² + s·p1⟨Δ,e⟩, the model at u being no smaller.
    Convexity at û and the modulus from û to u^{k+1}, or H's expansion where H is quadratic, make
    the change of F of it; Cauchy–Schwarz pays for ⟨Δ,e⟩ with weights. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Projection Statements Descent.
Open Scope R_scope.

Lemma dot_scaled (n : nat) (c : R) (x y : vector) : dot n x (fun j => c * y j) = c * dot n x y.
Proof. unfold dot. rewrite <- sum_scal. apply sum_ext. intros. ring. Qed.

Lemma image_scaled (n : nat) (Q : nat -> nat -> R) (c : R) (x : vector) (i : nat) :
  image n Q (fun j => c * x j) i = c * image n Q x i.
Proof. unfold image. rewrite <- sum_scal. apply sum_ext. intros. ring. Qed.

Lemma image_symmetric (n : nat) (Q : nat -> nat -> R) (x y : vector) :
  (forall i j, Q i j = Q j i) -> dot n x (image n Q y) = dot n y (image n Q x).
Proof.
  intros HQ. unfold dot, image.
  rewrite (sum_ext n (fun j => x j * sum n (fun i => Q j i * y i))
                     (fun j => sum n (fun i => x j * (Q j i * y i))))
    by (intros; rewrite sum_scal; reflexivity).
  rewrite sum_swap. apply sum_ext. intros i Hi. rewrite <- sum_scal.
  apply sum_ext. intros j Hj. rewrite (HQ i j). ring.
Qed.

(** Along any direction the model does not fall at its minimiser. *)
Lemma model_slope (n : nat) (h x c w : vector) (s : R) :
  (forall v, dot n h x + s / 2 * dot n (diff x c) (diff x c)
             <= dot n h v + s / 2 * dot n (diff v c) (diff v c)) ->
  0 <= dot n h w + s * dot n (diff x c) w.
Proof.
  intros Hmin. apply (slope_nonneg _ (s / 2 * dot n w w)). intros tau _.
  pose proof (Hmin (move x tau w)) as H.
  assert (Hh : dot n h (move x tau w) = dot n h x + tau * dot n h w) by apply dot_linear.
  assert (Hc : dot n (diff (move x tau w) c) (diff (move x tau w) c) =
               dot n (diff x c) (diff x c) + 2 * tau * dot n (diff x c) w + tau * tau * dot n w w).
  { rewrite <- square_linear. apply dot_ext; intros; unfold diff, move; ring. }
  rewrite Hh, Hc in H. lra.
Qed.

Section Block.
  Variable n : nat.
  Variables (u Delta u1 : vector).
  Let e := diff u1 u.

  (** g = 0. *)
  Lemma smooth_step (h uplus : vector) (s t p1 : R) :
    1 <= t ->
    (forall v, dot n h uplus
               + s / 2 * dot n (diff uplus (move u p1 Delta)) (diff uplus (move u p1 Delta))
             <= dot n h v + s / 2 * dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))) ->
    (forall j, (j < n)%nat -> u1 j = u j + t * (uplus j - u j)) ->
    dot n h e = - (s / t) * dot n e e + s * p1 * dot n Delta e.
  Proof.
    intros Ht Hmin Hu1. set (d := diff uplus u).
    pose proof (model_slope n h uplus _ d s Hmin) as Hup.
    pose proof (model_slope n h uplus _ (fun j => -1 * d j) s Hmin) as Hdown.
    rewrite !dot_scaled in Hdown.
    assert (Hr : dot n (diff uplus (move u p1 Delta)) d = dot n d d - p1 * dot n Delta d).
    { replace (dot n d d - p1 * dot n Delta d) with (dot n d d + - p1 * dot n d Delta)
        by (rewrite (dot_comm n d Delta); ring).
      rewrite <- dot_linear, (dot_comm n d). apply dot_ext; intros; unfold d, diff, move; ring. }
    rewrite Hr in Hup, Hdown.
    assert (Hhe : dot n h e = t * dot n h d).
    { rewrite <- dot_scaled. apply dot_ext; intros j Hj; [reflexivity |].
      unfold e, d, diff. rewrite (Hu1 j Hj). ring. }
    assert (Hde : dot n Delta e = t * dot n Delta d).
    { rewrite <- dot_scaled. apply dot_ext; intros j Hj; [reflexivity |].
      unfold e, d, diff. rewrite (Hu1 j Hj). ring. }
    assert (Hee : dot n e e = t * (t * dot n d d)).
    { rewrite <- dot_scaled, (dot_comm n d), <- dot_scaled.
      apply dot_ext; intros j Hj; unfold e, d, diff; rewrite (Hu1 j Hj); ring. }
    rewrite Hhe, Hde, Hee.
    replace (- (s / t) * (t * (t * dot n d d))) with (- s * (t * dot n d d)) by (field; lra).
    assert (Hs : dot n h d = - s * (dot n d d - p1 * dot n Delta d)) by lra.
    rewrite Hs. ring.
  Qed.

  (** g convex. *)
  Lemma convex_step (g : vector -> R) (h : vector) (s p1 : R) :
    (forall tau, 0 < tau <= 1 ->
       g (move u1 tau (diff u u1)) <= (1 - tau) * g u1 + tau * g u) ->
    (forall v, g u1 + dot n h u1
         + s / 2 * dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta))
       <= g v + dot n h v
         + s / 2 * dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))) ->
    g u1 - g u + dot n h e <= - (s / 1) * dot n e e + s * p1 * dot n Delta e.
  Proof.
    intros Hg Hmin. pose proof (proximal_inner_product n u Delta u1 g h s 1 p1 Hg) as H.
    replace (s * 1 / 1) with (s / 1) in H by field. replace (s * 1 * p1) with (s * p1) in H by ring.
    apply H. intros v. replace (s * 1 / 2) with (s / 2) by field. apply Hmin.
  Qed.

  (** Any g. *)
  Lemma modelled_step (g : vector -> R) (h : vector) (s p1 : R) :
    (forall v, g u1 + dot n h u1
         + s / 2 * dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta))
       <= g v + dot n h v
         + s / 2 * dot n (diff v (move u p1 Delta)) (diff v (move u p1 Delta))) ->
    g u1 - g u + dot n h e <= - (s / 2) * dot n e e + s * p1 * dot n Delta e.
  Proof.
    intros Hmin. pose proof (Hmin u) as H.
    assert (Hh : dot n h e = dot n h u1 - dot n h u).
    { unfold dot. rewrite <- sum_minus. apply sum_ext. intros. unfold e, diff. ring. }
    assert (H1 : dot n (diff u1 (move u p1 Delta)) (diff u1 (move u p1 Delta)) =
                 dot n e e + 2 * (- p1) * dot n e Delta + - p1 * - p1 * dot n Delta Delta).
    { rewrite <- square_linear. apply dot_ext; intros; unfold e, diff, move; ring. }
    assert (H0 : dot n (diff u (move u p1 Delta)) (diff u (move u p1 Delta)) =
                 p1 * p1 * dot n Delta Delta).
    { unfold dot. rewrite <- sum_scal. apply sum_ext. intros. unfold diff, move. ring. }
    rewrite H1, H0, (dot_comm n e Delta) in H. rewrite Hh. lra.
  Qed.

  (** The step, convexity at û, the modulus from û: own is (s/t − ½) or (s − 1)/2, and ½. *)
  Lemma descends (H : vector -> R) (dg own : R) (h : vector) (bend s p1 p2 : R) :
    dg + dot n h e <= - own * dot n e e + s * p1 * dot n Delta e ->
    H (move u p2 Delta) + dot n h (diff u (move u p2 Delta)) <= H u ->
    H u1 <= H (move u p2 Delta) + dot n h (diff u1 (move u p2 Delta)) + bend / 2 ->
    bend <= dot n e e + dot n Delta Delta * p2 ^ 2 - 2 * dot n Delta e * p2 ->
    H u1 - H u + dg <= - (own - 1 / 2) * dot n e e + (p1 * s - p2) * dot n Delta e
                       + p2 ^ 2 / 2 * dot n Delta Delta.
  Proof.
    intros Hin Hconvex Hmodulus Hbend.
    assert (Hu : dot n h (diff u (move u p2 Delta)) = - p2 * dot n h Delta).
    { rewrite <- dot_scaled. apply dot_ext; intros; unfold diff, move; ring. }
    assert (Hu1 : dot n h (diff u1 (move u p2 Delta)) = dot n h e + - p2 * dot n h Delta).
    { rewrite <- dot_linear. apply dot_ext; intros; unfold e, diff, move; ring. }
    rewrite Hu in Hconvex. rewrite Hu1 in Hmodulus. lra.
  Qed.

  (** H quadratic: what it changes by. *)
  Lemma quadratic_change (H : vector -> R) (grad : vector -> vector) (Q : nat -> nat -> R)
      (p2 : R) :
    (forall i j, Q i j = Q j i) ->
    (forall x y, H y = H x + dot n (grad x) (diff y x) + dot n (diff y x) (image n Q (diff y x)) / 2)
    -> (forall x y j, (j < n)%nat -> grad y j = grad x j + image n Q (diff y x) j) ->
    H u1 - H u = dot n (grad (move u p2 Delta)) e + dot n e (image n Q e) / 2
                 - p2 * dot n Delta (image n Q e).
  Proof.
    intros HQ HH Hgrad. rewrite (HH u u1). fold e.
    assert (Ht : dot n (grad (move u p2 Delta)) e = dot n (grad u) e + p2 * dot n e (image n Q Delta)).
    { rewrite (dot_comm n (grad u) e), (dot_comm n _ e), <- dot_linear.
      apply dot_ext; intros j Hj; [reflexivity |]. rewrite (Hgrad u _ j Hj). f_equal.
      rewrite <- image_scaled. unfold image. apply sum_ext. intros. unfold diff, move. ring. }
    rewrite Ht, (image_symmetric n Q Delta e HQ). ring.
  Qed.

  (** Weights pay for ⟨Δ,e⟩. *)
  Lemma weights_pay (dF alpha c p2 Y X shift : R) :
    dF <= - alpha * dot n e e + c * dot n Delta e + p2 ^ 2 / 2 * dot n Delta Delta ->
    0 <= X -> 0 <= Y -> c ^ 2 * dot n Delta Delta <= Y * X ->
    shift = (2 * alpha - Y) / 2 * dot n e e - (X + p2 ^ 2 * dot n Delta Delta) / 2 ->
    dF + shift <= 0.
  Proof.
    intros Hfall HX HY Hpaid ->.
    pose proof (dot_nonneg n e) as He. pose proof (cauchy_schwarz n Delta e) as Hcs.
    set (e2 := dot n e e) in *. set (d2 := dot n Delta Delta) in *. set (de := dot n Delta e) in *.
    assert (Hsq : c * de * (c * de) <= Y * e2 * X).
    { assert (Hone : c ^ 2 * (de * de) <= c ^ 2 * (d2 * e2)).
      { apply Rmult_le_compat_l; [apply pow2_ge_0 | exact Hcs]. }
      assert (Htwo : c ^ 2 * d2 * e2 <= Y * X * e2) by (apply Rmult_le_compat_r; assumption).
      lra. }
    assert (HYe : 0 <= Y * e2) by (apply Rmult_le_pos; assumption).
    pose proof (twice_abs_le_sum (c * de) (Y * e2) X HYe HX Hsq) as Habs.
    pose proof (Rle_abs (c * de)). lra.
  Qed.
End Block.
