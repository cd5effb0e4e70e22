(** T4 and S4's second half: condition H2, the relative error.

    B blocks of n i entries; ‖e‖ = √(Σ_i ‖e_i‖²). Block i's residual is at most
      M‖x^{k+1} − (the point where its gradient was taken)‖ + ‖the step over its step size‖,
    and the norm over blocks obeys the triangle inequality, so M‖e‖ counts √B times. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Projection Statements.
Open Scope R_scope.

(** T4, one coordinate: the multiplier λ = −(h + sL(u⁺ − ũ)) of u⁺ is one of u^{k+1} as well, so
    that w = ∇H(x^{k+1}) − h − sL(u⁺ − ũ) lies in the partial subdifferential at x^{k+1}. *)
Theorem T4_multiplier_kept (C : R -> Prop) (u uplus u1 centre h sigma p3 : R) :
  0 < sigma -> 0 <= p3 -> C u ->
  is_projection C (centre - h / sigma) uplus ->
  is_projection C (uplus + p3 * (uplus - u)) u1 ->
  forall v, C v -> - (h + sigma * (uplus - centre)) * (v - u1) <= 0.
Proof.
  intros Hs Hp Hu (Hplus & Hopt) Hclip v Hv.
  set (lambda := - (h + sigma * (uplus - centre))).
  assert (Hnormal : forall w, C w -> lambda * (w - uplus) <= 0).
  { intros w Hw. pose proof (Hopt w Hw) as H. apply (Rmult_le_compat_l sigma) in H; [| lra].
    replace (sigma * ((uplus - (centre - h / sigma)) * (w - uplus)))
      with (- (lambda * (w - uplus))) in H by (unfold lambda; field; lra).
    lra. }
  destruct (clipping_shortens C u uplus u1 p3 Hp Hu Hplus Hclip) as (tj & Ht & He).
  pose proof (Hnormal u Hu). pose proof (Hnormal u1 (proj1 Hclip)). pose proof (Hnormal v Hv).
  assert (Hsame : lambda * (u1 - uplus) = (tj - 1) * (- (lambda * (u - uplus)))).
  { replace (u1 - uplus) with ((u1 - u) - (uplus - u)) by ring. rewrite He. ring. }
  assert (0 <= (tj - 1) * (- (lambda * (u - uplus)))) by (apply Rmult_le_pos; lra).
  lra.
Qed.

(** |d_j| ≤ |e_j|: the proximal step is no longer than the whole one. *)
Lemma proximal_step_shorter (C : R -> Prop) (u uplus u1 p3 : R) :
  0 <= p3 -> C u -> C uplus -> is_projection C (uplus + p3 * (uplus - u)) u1 ->
  Rabs (uplus - u) <= Rabs (u1 - u).
Proof.
  intros Hp Hu Hplus Hclip.
  destruct (clipping_shortens C u uplus u1 p3 Hp Hu Hplus Hclip) as (tj & Ht & He).
  rewrite He, Rabs_mult, (Rabs_pos_eq tj) by lra.
  rewrite <- (Rmult_1_l (Rabs (uplus - u))) at 1.
  apply Rmult_le_compat_r; [apply Rabs_pos | lra].
Qed.

(** The penalty's entry: z_l's subgradient was −νpξ, p = a − h(z), and is to be one of −ν(p + e_a)k,
    k ∈ {ξ, κ}. Where p keeps its sign, k = ξ; where it changes, some slope κ of ξ's sign serves. *)
Theorem penalty_kept (nu lip p ea xi kappa : R) :
  0 <= nu -> Rabs xi <= lip -> Rabs kappa <= lip -> (p * (p + ea) <= 0 -> 0 <= xi * kappa) ->
  exists k, (k = xi \/ k = kappa) /\ (0 < p * (p + ea) -> k = xi) /\
    Rabs (- nu * p * xi - - nu * (p + ea) * k) <= nu * lip * Rabs ea.
Proof.
  intros Hnu Hxi Hkappa Hsign. destruct (Rlt_le_dec 0 (p * (p + ea))) as [Hp | Hp].
  - exists xi. split; [left; reflexivity | split; [reflexivity |]].
    replace (- nu * p * xi - - nu * (p + ea) * xi) with (nu * (xi * ea)) by ring.
    rewrite Rabs_mult, Rabs_mult, (Rabs_pos_eq nu) by assumption. rewrite Rmult_assoc.
    apply Rmult_le_compat_l; [assumption |].
    apply Rmult_le_compat_r; [apply Rabs_pos | assumption].
  - exists kappa. split; [right; reflexivity | split; [lra |]]. specialize (Hsign Hp).
    replace (- nu * p * xi - - nu * (p + ea) * kappa) with (nu * ((p + ea) * kappa - p * xi))
      by ring.
    rewrite Rabs_mult, (Rabs_pos_eq nu), Rmult_assoc by assumption.
    apply Rmult_le_compat_l; [assumption |].
    assert (Hea : Rabs ea = Rabs (p + ea) + Rabs p).
    { replace ea with ((p + ea) - p) at 1 by ring.
      destruct (Rle_lt_dec 0 p) as [H0 | H0]; destruct (Rle_lt_dec 0 (p + ea)) as [H1 | H1];
        unfold Rabs; repeat destruct Rcase_abs; nra. }
    rewrite Hea, Rmult_plus_distr_l.
    eapply Rle_trans; [apply Rabs_triang |]. rewrite Rabs_Ropp, !Rabs_mult.
    apply Rplus_le_compat; rewrite Rmult_comm;
      (apply Rmult_le_compat_r; [apply Rabs_pos | assumption]).
Qed.

Section Blocks.
  Variables (B : nat) (n : nat -> nat) (e Delta : nat -> nat -> R).
  Let length (x : nat -> nat -> R) : R := norm B (fun i => norm (n i) (x i)).

  Lemma length_nonneg (x : nat -> nat -> R) : 0 <= length x.
  Proof. apply norm_nonneg. Qed.

  (** A bound M‖e‖ + p‖e_i‖ + q‖Δ_i‖ in each block, over all blocks. *)
  Lemma joined_bound (r : nat -> R) (M p q : R) :
    0 <= M -> 0 <= p -> 0 <= q -> (forall i, (i < B)%nat -> 0 <= r i) ->
    (forall i, (i < B)%nat ->
       r i <= M * length e + (p * norm (n i) (e i) + q * norm (n i) (Delta i))) ->
    norm B r <= sqrt (INR B) * (M * length e) + (p * length e + q * length Delta).
  Proof.
    intros HM Hp Hq Hr H.
    eapply Rle_trans; [apply (norm_monotone B r
      (fun i => M * length e + (p * norm (n i) (e i) + q * norm (n i) (Delta i)))) |].
    { intros i Hi. pose proof (Hr i Hi). pose proof (H i Hi).
      rewrite !Rabs_pos_eq by lra. assumption. }
    eapply Rle_trans; [apply norm_triangle |].
    rewrite norm_const by (apply Rmult_le_pos; [assumption | apply length_nonneg]).
    apply Rplus_le_compat_l. eapply Rle_trans; [apply norm_triangle |].
    rewrite !norm_scaled by assumption. apply Rle_refl.
  Qed.

  (** T4. In block i: the gradient's points differ by at most ‖e‖ + p2‖Δ_i‖, and
      ‖sL(u⁺ − ũ)‖ ≤ sL(‖e_i‖ + p1‖Δ_i‖); ``extra`` is z_L's Lip(∇R)(t − 1)/t. ``later i`` is ‖e_a‖
      of the a_l that shares the penalty with block i = z_l and moves after it, 0 elsewhere
      ([penalty_kept] is its entry). *)
  Theorem T4_blocks (w : nat -> nat -> R) (later : nat -> R) (M L s p1 p2 extra nu lip : R) :
    0 <= M -> 0 <= L -> 0 <= s -> 0 <= p1 -> 0 <= p2 -> 0 <= extra -> 0 <= nu -> 0 <= lip ->
    (forall i, (i < B)%nat -> 0 <= later i) ->
    (forall i, (i < B)%nat ->
       norm (n i) (w i) <=
       M * (length e + p2 * norm (n i) (Delta i))
       + s * L * (norm (n i) (e i) + p1 * norm (n i) (Delta i)) + extra * norm (n i) (e i)
       + nu * lip * later i) ->
    T4_relative_error (length w) (length e) (length Delta) (norm B later) (INR B) M L s p1 p2
      extra nu lip.
  Proof.
    intros HM HL Hs Hp1 Hp2 Hx Hnu Hlip Hlater H. unfold T4_relative_error,
      T4_relative_error_lhs, T4_relative_error_rhs.
    assert (HsL : 0 <= s * L) by (apply Rmult_le_pos; assumption).
    assert (Hc : 0 <= nu * lip) by (apply Rmult_le_pos; assumption).
    assert (Hq : 0 <= M * p2 + s * L * p1)
      by (apply Rplus_le_le_0_compat; apply Rmult_le_pos; assumption).
    assert (HMe : 0 <= M * length e) by (apply Rmult_le_pos; [| apply length_nonneg]; assumption).
    set (own := fun i => M * length e + ((s * L + extra) * norm (n i) (e i)
                                         + (M * p2 + s * L * p1) * norm (n i) (Delta i))).
    assert (Hown : forall i, (i < B)%nat -> 0 <= own i).
    { intros i _. unfold own. pose proof (norm_nonneg (n i) (e i)).
      pose proof (norm_nonneg (n i) (Delta i)).
      assert (0 <= (s * L + extra) * norm (n i) (e i)) by (apply Rmult_le_pos; lra).
      assert (0 <= (M * p2 + s * L * p1) * norm (n i) (Delta i)) by (apply Rmult_le_pos; lra).
      lra. }
    pose proof (joined_bound own M (s * L + extra) (M * p2 + s * L * p1)
                  HM ltac:(lra) Hq Hown ltac:(intros; apply Rle_refl)) as Hj.
    assert (Hroot : sqrt (INR B) <= INR B).
    { destruct B as [|m]; [simpl; rewrite sqrt_0; lra |].
      rewrite <- (sqrt_square (INR (S m))) at 2 by apply pos_INR. apply sqrt_le_1_alt.
      rewrite S_INR. pose proof (pos_INR m). nra. }
    apply (Rmult_le_compat_r _ _ _ HMe) in Hroot.
    assert (Hw : length w <= norm B own + nu * lip * norm B later).
    { rewrite <- norm_scaled by assumption.
      eapply Rle_trans; [| apply norm_triangle]. apply norm_monotone. intros i Hi.
      pose proof (Hown i Hi). pose proof (Hlater i Hi). pose proof (H i Hi) as Hi'.
      assert (0 <= nu * lip * later i) by (apply Rmult_le_pos; assumption).
      rewrite !Rabs_pos_eq by (try apply norm_nonneg; lra). unfold own. lra. }
    lra.
  Qed.

  (** S4: ‖∇f(w^{k+1})‖ ≤ (√B·M + 1/α_min)‖e‖ with e_i = −α_i∇_if(v_i). *)
  Theorem S4_relative_error_blocks (grad_used grad_next alpha : nat -> nat -> R)
      (dF w2 slope L amin M ahigh : R) :
    0 <= M ->
    S4_relative_error_conditions dF 0 w2 slope L 0 amin M (INR B) ahigh ->
    (forall i j, (i < B)%nat -> (j < n i)%nat ->
       amin <= alpha i j /\ e i j = - (alpha i j * grad_used i j)) ->
    (forall i, (i < B)%nat ->
       norm (n i) (fun j => grad_next i j - grad_used i j) <= M * length e) ->
    S4_relative_error dF (sum B (fun i => dot (n i) (e i) (e i))) w2 slope L
      (sum B (fun i => dot (n i) (grad_next i) (grad_next i))) amin M (INR B) ahigh.
  Proof.
    unfold S4_relative_error_conditions. intros HM Ha Hstep Hlip.
    unfold S4_relative_error, S4_relative_error_lhs, S4_relative_error_rhs.
    rewrite <- !norm_of_norms. fold (length e). fold (length grad_next).
    assert (Hia : 0 <= / amin) by (left; apply Rinv_0_lt_compat; assumption).
    pose proof (joined_bound (fun i => norm (n i) (grad_next i)) M (/ amin) 0
                  HM Hia ltac:(lra) ltac:(intros; apply norm_nonneg)) as Hj.
    fold (length grad_next) in Hj.
    assert (length grad_next <=
            sqrt (INR B) * (M * length e) + (/ amin * length e + 0 * length Delta)).
    { apply Hj. intros i Hi. pose proof (Hlip i Hi) as Hd.
      assert (Hused : norm (n i) (grad_used i) <= / amin * norm (n i) (e i)).
      { rewrite <- norm_scaled by assumption. apply norm_monotone. intros j Hj1.
        destruct (Hstep i j Hi Hj1) as (Hal & ->).
        rewrite !Rabs_mult, Rabs_Ropp, Rabs_mult, (Rabs_pos_eq (/ amin)), (Rabs_pos_eq (alpha i j))
          by lra.
        rewrite <- Rmult_assoc. rewrite <- (Rmult_1_l (Rabs (grad_used i j))) at 1.
        apply Rmult_le_compat_r; [apply Rabs_pos |].
        apply (Rmult_le_reg_l amin); [assumption |].
        rewrite <- Rmult_assoc, Rinv_r; lra. }
      pose proof (norm_triangle (n i) (fun j => grad_next i j - grad_used i j) (grad_used i)) as Ht.
      cbv beta in Ht.
      assert (Hsame : norm (n i) (grad_next i) =
                norm (n i) (fun j => grad_next i j - grad_used i j + grad_used i j)).
      { unfold norm. f_equal. apply dot_ext; intros; ring. }
      rewrite <- Hsame in Ht. lra. }
    lra.
  Qed.
End Blocks.
