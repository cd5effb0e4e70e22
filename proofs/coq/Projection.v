(** Projection onto an interval, for one coordinate: the proximal step and the clipping.

    y is the projection of x onto C if y is in C and (y − x)(v − y) ≥ 0 for every v in C. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar.
Open Scope R_scope.

Definition is_projection (C : R -> Prop) (x y : R) : Prop :=
  C y /\ forall v, C v -> 0 <= (y - x) * (v - y).

(** A box's side: bounds that may be absent. *)
Definition above (lo : option R) (x : R) : Prop :=
  match lo with Some l => l <= x | None => True end.
Definition below (hi : option R) (x : R) : Prop :=
  match hi with Some h => x <= h | None => True end.
Definition inside (lo hi : option R) (x : R) : Prop := above lo x /\ below hi x.
Definition clip (lo hi : option R) (x : R) : R :=
  let y := match hi with Some h => Rmin h x | None => x end in
  match lo with Some l => Rmax l y | None => y end.

Lemma clip_is_projection (lo hi : option R) (x : R) :
  (exists v, inside lo hi v) -> is_projection (inside lo hi) x (clip lo hi x).
Proof.
  unfold is_projection, inside, clip, above, below, Rmax, Rmin.
  intros (w & Hlo & Hhi).
  assert (Hproduct : forall y v, (x <= y <= v \/ v <= y <= x) -> 0 <= (y - x) * (v - y)).
  { intros y v H. destruct H; nra. }
  destruct lo as [l|], hi as [h|];
    try destruct (Rle_dec h x);
    try match goal with |- context [Rle_dec ?a ?b] => destruct (Rle_dec a b) end;
    (split; [split; try exact I; lra |]); intros v (Hl & Hh);
    solve [apply Hproduct; lra | nra].
Qed.

(** Minimising h·v + (σ/2)(v − ũ)² over an interval is projecting ũ − h/σ. *)
Lemma minimiser_is_projection (C : R -> Prop) (h sigma centre y : R) :
  (forall v w tau, C v -> C w -> 0 <= tau <= 1 -> C (v + tau * (w - v))) ->
  0 < sigma -> C y ->
  (forall v, C v ->
     h * y + sigma / 2 * (y - centre) ^ 2 <= h * v + sigma / 2 * (v - centre) ^ 2) ->
  is_projection C (centre - h / sigma) y.
Proof.
  intros Hconvex Hs Hy Hmin. split; [assumption |]. intros v Hv.
  assert (0 <= (h + sigma * (y - centre)) * (v - y)).
  { apply (slope_nonneg _ (sigma / 2 * (v - y) ^ 2)). intros tau Htau.
    pose proof (Hmin _ (Hconvex y v tau Hy Hv ltac:(lra))). nra. }
  apply (Rmult_le_reg_l sigma); [assumption |].
  replace (sigma * ((y - (centre - h / sigma)) * (v - y)))
    with ((h + sigma * (y - centre)) * (v - y)) by (field; lra).
  lra.
Qed.

(** Clipping u⁺ + p3·d, d = u⁺ − u, to an interval that holds u and u⁺ shortens the extrapolation:
    e = t_j·d with 1 ≤ t_j ≤ 1 + p3. *)
Lemma clipping_shortens (C : R -> Prop) (u uplus u1 p3 : R) :
  0 <= p3 -> C u -> C uplus -> is_projection C (uplus + p3 * (uplus - u)) u1 ->
  exists tj, 1 <= tj <= 1 + p3 /\ u1 - u = tj * (uplus - u).
Proof.
  intros Hp Hu Hplus (_ & Hproj). pose proof (Hproj uplus Hplus) as H.
  set (d := uplus - u) in *.
  destruct (Req_dec d 0) as [Hd|Hd].
  - exists 1. split; [lra |]. rewrite Hd in *.
    assert (Hz : u1 - uplus = 0).
    { apply Rsqr_0_uniq, Rle_antisym; [unfold Rsqr; lra | apply Rle_0_sqr]. }
    unfold d in Hd. lra.
  - exists ((u1 - u) / d). split; [| field; assumption].
    assert (Hx : u1 - u = d * ((u1 - u) / d)) by (field; assumption).
    set (tj := (u1 - u) / d) in *.
    assert (Hplus_d : uplus = u + d) by (unfold d; ring).
    replace (u1 - (uplus + p3 * d)) with (d * (tj - (1 + p3))) in H by lra.
    replace (uplus - u1) with (d * (1 - tj)) in H by lra.
    assert (Hdd : 0 < d * d) by (apply Rlt_0_sqr; assumption).
    assert (0 <= (tj - (1 + p3)) * (1 - tj)).
    { apply (Rmult_le_reg_l (d * d)); [assumption | lra]. }
    split; nra.
Qed.
