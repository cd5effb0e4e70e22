(** The abstract convergence theorem in Rⁿ: Σ‖e‖ < ∞, x^k → x, 0 ∈ ∂F(x), F(x^k) → F(x).

    From Trapped.v: near a cluster point the numbers are small, KL holds, and the path is too short
    to leave. All coordinates at once, since D k = ‖u^k − u*‖ is one number. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms FiniteLength Space Trapped ConvergenceStatements.
Open Scope R_scope.

Lemma kl_desingularising (eta : R) (phi phi' : R -> R) :
  kl_function eta phi phi' -> desingularising eta phi phi'.
Proof.
  intros [H0 _ Hconc Hder Hpos]. split; [assumption | |].
  - intros x Hx. left. apply Hpos, Hx.
  - intros x y Hx Hy. apply concave_below_tangent; [| apply Hder, Hx].
    intros tau Htau. apply Hconc; lra.
Qed.

(** ‖(w, v)‖ ≤ ‖w‖ + ‖v‖. *)
Lemma pair_norm (p q : R) : 0 <= p -> 0 <= q -> sqrt (p ^ 2 + q ^ 2) <= p + q.
Proof.
  intros Hp Hq. rewrite <- (sqrt_pow2 (p + q)) by lra. apply sqrt_le_1_alt.
  assert (0 <= p * q) by (apply Rmult_le_pos; assumption). lra.
Qed.

(** Along a subsequence everything that converges is near at once. *)
Lemma near_at_once (d r : nat -> R) (s : nat -> nat) : increasing s -> (forall k, 0 <= d k) ->
  Un_cv (fun j => d (s j)) 0 -> Un_cv (fun j => r (s j)) 0 ->
  forall eps N, 0 < eps -> exists k, (N <= k)%nat /\ d k < eps /\ Rabs (r k) < eps.
Proof.
  intros Hs Hd Hcd Hcr eps N Heps.
  destruct (Hcd eps Heps) as (N1 & HN1). destruct (Hcr eps Heps) as (N2 & HN2).
  set (j := (N + N1 + N2)%nat). exists (s j).
  specialize (HN1 j ltac:(unfold j; lia)). specialize (HN2 j ltac:(unfold j; lia)).
  unfold R_dist in *. rewrite Rminus_0_r in *. rewrite Rabs_pos_eq in HN1 by apply Hd.
  pose proof (increasing_above s j Hs). unfold j in *. split; [lia | split; assumption].
Qed.

Lemma shifted_limit (f : nat -> R) (l : R) : Un_cv f l -> Un_cv (fun j => f j - l) 0.
Proof.
  intros H eps Heps. destruct (H eps Heps) as (N & HN). exists N. intros k Hk.
  specialize (HN k Hk). unfold R_dist in *. rewrite Rminus_0_r. exact HN.
Qed.

Lemma limit_shifted (f : nat -> R) (l : R) :
  (forall k, 0 <= f k - l) ->
  (forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> f k - l < eps) -> Un_cv f l.
Proof.
  intros Hf H eps Heps. destruct (H eps Heps) as (N & HN). exists N. intros k Hk.
  unfold R_dist. rewrite Rabs_pos_eq by apply Hf. apply HN, Hk.
Qed.

Lemma limit_constant (c : R) : Un_cv (fun _ => c) c.
Proof.
  intros eps Heps. exists 0%nat. intros. unfold R_dist. rewrite Rminus_diag_eq, Rabs_R0
    by reflexivity. exact Heps.
Qed.

Lemma limit_ext (f g : nat -> R) (l : R) : (forall j, f j = g j) -> Un_cv f l -> Un_cv g l.
Proof.
  intros H Hf eps Heps. destruct (Hf eps Heps) as (N & HN). exists N. intros k Hk.
  rewrite <- H. apply HN, Hk.
Qed.

(** Two consecutive steps vanish with the steps. *)
Lemma two_steps_vanish (E : nat -> R) (b : R) : 0 <= b -> (forall k, 0 <= E k) ->
  Un_cv E 0 -> Un_cv (fun k => b * (E (S k) + E k)) 0.
Proof.
  intros Hb HE H. replace 0 with (b * (0 + 0)) by ring.
  apply CV_mult; [apply limit_constant |].
  apply CV_plus; [apply (along E S); [intros; lia | exact H] | exact H].
Qed.

Lemma tends_along (n : nat) (u : nat -> vector) (x : vector) (s : nat -> nat) :
  (forall j, (j <= s j)%nat) -> tends n u x -> tends n (fun j => u (s j)) x.
Proof. intros Hs H. exact (along (fun k => norm n (diff (u k) x)) s 0 Hs H). Qed.

Lemma tends_to_zero (n : nat) (w : nat -> vector) :
  Un_cv (fun k => norm n (w k)) 0 -> tends n w zero.
Proof.
  intros H. unfold tends. apply (squeezed _ (fun k => norm n (w k))); [| exact H].
  intros k. split; [apply norm_nonneg |]. right. unfold norm. f_equal.
  apply dot_ext; intros; unfold diff, zero; ring.
Qed.

Theorem convergence : convergence_stmt.
Proof.
  intros n Psi dPsi u w E x a b c rad eta phi phi' Ha Hb Hc HE H1 Hw H2 Hmove
    (s & Hs & Hx & HPsi) Hclosed (Hrad & Heta & Hphi & HKL).
  set (r := fun k => Psi (u k) - Psi x). set (D := fun k => norm n (diff (u k) x)).
  set (g := fun k => norm n (w k)).
  pose proof (kl_desingularising eta phi phi' Hphi) as Hdes.
  assert (Hr1 : forall k, r (S k) <= r k - a * E k ^ 2)
    by (intros k; pose proof (H1 k); unfold r; lra).
  assert (Hg : forall k, g (S (S k)) <= b * (E (S k) + E k)) by (intros k; apply H2).
  assert (HD : forall k, D (S (S k)) <= D (S k) + c * (E (S k) + E k)).
  { intros k. pose proof (Hmove k).
    pose proof (distance_triangle n (u (S (S k))) (u (S k)) x). unfold D. lra. }
  assert (Hcl : forall eps N, 0 < eps ->
    exists k, (N <= k)%nat /\ D k < eps /\ Rabs (r k) < eps).
  { apply (near_at_once D r s Hs); [intros; apply norm_nonneg | exact Hx |].
    exact (shifted_limit (fun j => Psi (u (s j))) (Psi x) HPsi). }
  assert (Hnear : forall k, D (S k) < rad -> 0 < r (S k) < eta ->
    1 <= phi' (r (S k)) * g (S k)).
  { intros k Hd Hrk. apply HKL; [apply Hw | exact Hd | unfold r in Hrk; lra]. }
  destruct (trapped r E D g phi phi' eta rad a b c Ha Hb Hc HE Hr1 Hg HD Hcl Heta Hdes
              (kl_continuous _ _ _ Hphi) Hnear Hrad)
    as (Hlength & Htotal & Hconv & Hr0 & Hvanish & Hsteps).
  assert (Hlim : tends n u x) by (apply tends_zero; [intros; apply norm_nonneg | exact Hconv]).
  assert (Hvalue : Un_cv (fun k => Psi (u k)) (Psi x)) by (apply limit_shifted; assumption).
  assert (HE0 : Un_cv E 0) by (apply tends_zero; assumption).
  split; [exact Hlength | split; [exact Htotal | split; [exact Hlim | split]]].
  - apply (Hclosed (fun k => u (S (S k))) (fun k => w (S (S k))) x).
    + intros k. apply Hw.
    + apply (tends_along n u x (fun k => S (S k))); [intros; lia | exact Hlim].
    + apply (along (fun k => Psi (u k)) (fun k => S (S k))); [intros; lia | exact Hvalue].
    + apply tends_to_zero. apply (squeezed _ (fun k => b * (E (S k) + E k))).
      * intros k. split; [apply norm_nonneg | apply H2].
      * apply two_steps_vanish; assumption.
  - exact Hvalue.
Qed.
