(** TC's hypotheses can be met, and none of a > 0, the closed graph, … can be left out.

    Met: F = ½‖x‖² in Rⁿ with a run that halves x, its displacements as v; F = |x| with the proximal
    method, which stands still at 0 after two steps (Ψ^k = Ψ at the limit). Left out: see each. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms FiniteLength Space ConvergenceStatements
  BlockStatements Convergence LyapunovRun BlockRun.
Open Scope R_scope.

(** φ(s) = 2√s, φ(s) = s. *)
Lemma kl_root (eta : R) : kl_function eta (fun s => 2 * sqrt s) (fun s => / sqrt s).
Proof.
  split.
  - rewrite sqrt_0. ring.
  - intros eps Heps. exists ((eps / 2) * (eps / 2)). split; [apply Rmult_lt_0_compat; lra |].
    intros y Hy. pose proof (sqrt_lt_1_alt _ _ Hy) as Hlt.
    rewrite sqrt_square in Hlt by lra. lra.
  - intros x y tau (Hx & _) (Hy & _) Ht. pose proof (sqrt_pos x). pose proof (sqrt_pos y).
    set (p := sqrt x) in *. set (q := sqrt y) in *.
    assert (Hp : x = p * p) by (unfold p; rewrite sqrt_sqrt by assumption; reflexivity).
    assert (Hq : y = q * q) by (unfold q; rewrite sqrt_sqrt by assumption; reflexivity).
    assert (0 <= (1 - tau) * p) by (apply Rmult_le_pos; lra).
    assert (0 <= tau * q) by (apply Rmult_le_pos; lra).
    assert (Hgoal : (1 - tau) * p + tau * q <= sqrt (x + tau * (y - x))); [| lra].
    rewrite <- (sqrt_square ((1 - tau) * p + tau * q)) by lra.
    apply sqrt_le_1_alt. rewrite Hp, Hq.
    assert (0 <= tau * (1 - tau) * ((p - q) * (p - q))); [| lra].
    pose proof (Rle_0_sqr (p - q)). unfold Rsqr in *.
    apply Rmult_le_pos; [apply Rmult_le_pos; lra | assumption].
  - intros x (Hx & _). replace (/ sqrt x) with (2 * / (2 * sqrt x)).
    + apply derivable_pt_lim_scal, derivable_pt_lim_sqrt, Hx.
    + field. apply Rgt_not_eq, sqrt_lt_R0, Hx.
  - intros x (Hx & _). apply Rinv_0_lt_compat, sqrt_lt_R0, Hx.
Qed.

Lemma kl_line (eta : R) : kl_function eta (fun s => s) (fun _ => 1).
Proof.
  split; try (intros; lra).
  - intros eps Heps. exists eps. split; [exact Heps | intros; lra].
  - intros x _. apply derivable_pt_lim_id.
Qed.

Lemma norm_continuous (n : nat) (u : nat -> vector) (x : vector) :
  tends n u x -> Un_cv (fun k => norm n (u k)) (norm n x).
Proof.
  intros H eps Heps. destruct (H eps Heps) as (N & HN). exists N. intros k Hk.
  specialize (HN k Hk). unfold R_dist in *. rewrite Rminus_0_r in HN.
  rewrite Rabs_pos_eq in HN by apply norm_nonneg. eapply Rle_lt_trans; [| exact HN].
  pose proof (norm_triangle n (diff (u k) x) x) as H1.
  pose proof (norm_triangle n (diff x (u k)) (u k)) as H2.
  rewrite (distance_symmetric n x) in H2.
  assert (Hsame : forall p q, (forall i, p i = q i) -> norm n p = norm n q).
  { intros p q Hpq. unfold norm. f_equal. apply dot_ext; intros; apply Hpq. }
  rewrite (Hsame (fun j => diff (u k) x j + x j) (u k)) in H1 by (intros; unfold diff; ring).
  rewrite (Hsame (fun j => diff x (u k) j + u k j) x) in H2 by (intros; unfold diff; ring).
  apply Rabs_le. lra.
Qed.

Section Halving.
  Variables (n : nat) (x0 : vector).

  Definition halves (k : nat) : vector := fun i => (1 / 2) ^ k * x0 i.
  Definition displacement (k : nat) : vector :=
    match k with O => zero | S j => diff (halves j) (halves (S j)) end.
  Definition square (y : vector) : R := norm n y ^ 2 / 2.
  Definition square_gradient (y w : vector) : Prop := forall i, (i < n)%nat -> w i = y i.

  Lemma halves_norm (k : nat) : norm n (halves k) = (1 / 2) ^ k * norm n x0.
  Proof. apply norm_scaled, pow_le. lra. Qed.

  Lemma displacement_norm (k : nat) : norm n (displacement (S k)) = norm n (halves (S k)).
  Proof.
    unfold norm. f_equal. simpl. apply dot_ext; intros; unfold diff, halves; simpl; field.
  Qed.

  Lemma step_norm (k : nat) : norm n (diff (halves (S k)) (halves k)) = norm n (halves (S k)).
  Proof. rewrite distance_symmetric. apply displacement_norm. Qed.

  Lemma halves_run (dF : vector -> vector -> Prop) : (forall k, dF (halves k) (halves k)) ->
    lyapunov_run n n square dF halves displacement halves 1 1 0 1.
  Proof.
    intros HdF. split.
    - intros k. rewrite step_norm, displacement_norm. unfold square.
      rewrite !halves_norm. change ((1 / 2) ^ S k) with (1 / 2 * (1 / 2) ^ k).
      set (q := (1 / 2) ^ k * norm n x0).
      replace (1 / 2 * (1 / 2) ^ k * norm n x0) with (q / 2) by (unfold q; field).
      pose proof (pow2_ge_0 (norm n (displacement k))). lra.
    - intros k. apply HdF.
    - intros k. rewrite step_norm. lra.
    - intros k. rewrite step_norm, displacement_norm. lra.
  Qed.

  Lemma halves_bounded (k : nat) : norm n (halves k) <= norm n x0.
  Proof.
    rewrite halves_norm. rewrite <- (Rmult_1_l (norm n x0)) at 2.
    apply Rmult_le_compat_r; [apply norm_nonneg |].
    pose proof (pow_incr (1 / 2) 1 k ltac:(lra)) as H. rewrite pow1 in H. exact H.
  Qed.

  Lemma square_continuous : continuous_along n square halves.
  Proof.
    intros s x _ H. pose proof (norm_continuous n _ x H) as Hn.
    pose proof (CV_mult _ _ _ _ (CV_mult _ _ _ _ Hn Hn) (limit_constant (/ 2))) as H2.
    unfold square. replace (norm n x ^ 2 / 2) with (norm n x * norm n x * / 2) by field.
    apply (limit_ext (fun j => norm n (halves (s j)) * norm n (halves (s j)) * / 2));
      [intros; field | exact H2].
  Qed.

  Lemma square_closed : closed_graph n square square_gradient.
  Proof.
    intros y w x Hyw Hy _ Hw i Hi. rewrite tends_coordinates in Hy, Hw.
    apply (UL_sequence (fun j => w j i)); [apply (Hw i Hi) |].
    apply (limit_ext (fun j => y j i)); [intros j; symmetry; apply Hyw, Hi | apply (Hy i Hi)].
  Qed.

  Lemma halves_vanish : tends n halves zero.
  Proof.
    apply tends_to_zero. apply (limit_ext (fun k => (1 / 2) ^ k * norm n x0));
      [intros; symmetry; apply halves_norm |].
    rewrite <- (Rmult_0_l (norm n x0)). apply CV_mult; [| apply limit_constant].
    intros eps Heps. destruct (pow_lt_1_zero (1 / 2) ltac:(rewrite Rabs_pos_eq; lra) eps Heps)
      as (N & HN). exists N. intros k Hk. unfold R_dist. rewrite Rminus_0_r. apply HN. exact Hk.
  Qed.

  Lemma cluster_is_zero (y : vector) : cluster_point n square halves y -> norm n y = 0.
  Proof.
    intros (s & Hs & Hy & _). apply (UL_sequence (fun j => norm n (halves (s j)))).
    - apply norm_continuous, Hy.
    - pose proof (norm_continuous n halves zero halves_vanish) as H.
      rewrite norm_zero in H. apply (along (fun k => norm n (halves k)) s);
        [intros; apply increasing_above, Hs | exact H].
  Qed.

  Lemma square_KL (m : nat) (dF : vector -> vector -> Prop) (y : vector) :
    (forall p w, dF p w -> square_gradient p w) -> norm n y = 0 ->
    KL_lyapunov n m square dF y 1 1 (fun s => 2 * sqrt s) (fun s => / sqrt s).
  Proof.
    intros HdF Hy. split; [lra | split; [lra | split; [apply kl_root |]]].
    intros p v w Hw _ _ Hvalue. unfold square in *. rewrite Hy in *.
    replace (norm n w) with (norm n p).
    - set (q := norm n p ^ 2 + norm m v ^ 2) in *.
      replace (norm n p ^ 2 / 2 + norm m v ^ 2 / 2 - 0 ^ 2 / 2) with (q / 2) in *
        by (unfold q; field).
      assert (Hq : 0 < q / 2) by (unfold q; lra).
      pose proof (sqrt_lt_R0 _ Hq) as Hroot. apply (Rmult_le_reg_l (sqrt (q / 2))); [exact Hroot |].
      rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l, Rmult_1_r by lra.
      apply sqrt_le_1_alt. lra.
    - unfold norm. f_equal. apply dot_ext; intros i Hi; symmetry; apply (HdF p w Hw i Hi).
  Qed.

  (** All hypotheses hold together: TC applies. *)
  Example TC_applies : exists limit,
    summable (fun k => norm n (diff (halves (S k)) (halves k))) /\ tends n halves limit /\
    square_gradient limit zero.
  Proof.
    destruct (TC_convergence n n square square_gradient halves displacement halves 1 1 0 1
                (norm n x0) ltac:(lra) ltac:(lra) ltac:(lra)
                (halves_run _ (fun k i _ => eq_refl)) halves_bounded square_continuous square_closed)
      as (limit & Hlength & Hlim & Hcrit & _).
    - intros y Hy. exists 1, 1, (fun s => 2 * sqrt s), (fun s => / sqrt s).
      apply square_KL; [auto | apply cluster_is_zero, Hy].
    - exists limit. split; [exact Hlength | split; assumption].
  Qed.

  (** The same run as one block: δ = α = ϑ = 1, M = I. *)
  Definition halves_square (k _ : nat) : R := norm n (displacement k) ^ 2.
  Definition halves_block (k i : nat) : R := square (halves (i + k)).

  Lemma halves_blocks :
    block_run n 1 square square_gradient halves halves halves_block halves_square
      (fun _ _ => 1) (fun _ _ => 1) (fun k => halves_square (S k)) 1 1 1 1 1 1 0.
  Proof.
    assert (Hrun : lyapunov_run n n square square_gradient halves displacement halves 1 1 0 1)
      by exact (halves_run _ (fun k i _ => eq_refl)).
    split; intros k; try (intros i Hi); unfold halves_block, halves_square; try lra.
    - replace i with 0%nat by lia. simpl (0 + k)%nat. simpl (1 + k)%nat.
      pose proof (run_descent Hrun k) as H. rewrite step_norm, <- displacement_norm in H. lra.
    - reflexivity.
    - reflexivity.
    - pose proof (pow2_ge_0 (norm n (displacement 0))). intros _. exact H.
    - apply pow2_ge_0.
    - rewrite step_norm. cbn [sum]. rewrite displacement_norm. ring.
    - apply (run_relative_error Hrun).
  Qed.

  Example TC_blocks_applies : exists limit, tends n halves limit /\ square_gradient limit zero.
  Proof.
    destruct (TC_blocks n 1%nat square square_gradient halves halves halves_block halves_square
                (fun _ _ => 1) (fun _ _ => 1) (fun k => halves_square (S k)) 1 1 1 1 1 1 0
                (norm n x0) ltac:(lra) ltac:(lra) ltac:(lra) ltac:(lra) halves_blocks
                halves_bounded square_continuous square_closed) as (limit & _ & Hlim & Hcrit & _).
    - intros y Hy. exists 1, 1, (fun s => 2 * sqrt s), (fun s => / sqrt s).
      apply square_KL; [auto | apply cluster_is_zero, Hy].
    - exists limit. split; assumption.
  Qed.

  (** A relation that is ∂F but at 0 meets all the others: only the closed graph is missing, and no
      point has 0 in ∂F. *)
  Example TC_needs_the_closed_graph : norm n x0 <> 0 ->
    let dF := fun y w => square_gradient y w /\ norm n y <> 0 in
    lyapunov_run n n square dF halves displacement halves 1 1 0 1 /\
    (forall k, norm n (halves k) <= norm n x0) /\ continuous_along n square halves /\
    (forall y, cluster_point n square halves y ->
       KL_lyapunov n n square dF y 1 1 (fun s => 2 * sqrt s) (fun s => / sqrt s)) /\
    forall limit, tends n halves limit -> ~ dF limit zero.
  Proof.
    intros H0 dF. split; [| split; [exact halves_bounded | split; [exact square_continuous |]]].
    - apply halves_run. intros k. split; [intros i _; reflexivity |]. rewrite halves_norm.
      apply Rmult_integral_contrapositive. split; [apply pow_nonzero; lra | exact H0].
    - split.
      + intros y Hy. apply square_KL; [intros p w (Hp & _); exact Hp |].
        apply cluster_is_zero, Hy.
      + intros limit Hlim (_ & Hne). apply Hne, cluster_is_zero.
        exists (fun j => j). split; [intros j; lia | split; [exact Hlim |]].
        apply square_continuous; [intros j; lia | exact Hlim].
  Qed.
End Halving.
