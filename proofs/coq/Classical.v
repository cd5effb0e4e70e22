(** G1–G4: the descent lemma with what the step is.

    f(x + e) ≤ f(x) + ⟨g, e⟩ + (L/2)‖e‖², g = ∇f(x), and e = −ηg + βΔ exactly: the monitor's
    condition ``off`` = ‖e + ηg − βΔ‖ ≤ 0 says so. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Statements.
Open Scope R_scope.

Theorem G3_descent_holds : G3_descent_stmt.
Proof.
  intros dF e2 de d2 bend L s t p1 p2 Ht (_ & Hp1 & Hp2 & Ht1 & _) H1.
  unfold G3_descent, G3_descent_lhs, G3_descent_rhs.
  unfold T1_descent, T1_descent_lhs, T1_descent_rhs in H1.
  assert (Hzero : forall p, Rabs p <= 0 -> p = 0).
  { intros p Hp. unfold Rabs in Hp. destruct (Rcase_abs p); lra. }
  rewrite (Hzero p1 Hp1), (Hzero p2 Hp2) in H1. replace t with 1 in H1 by lra.
  replace (s / 1) with s in H1 by field. nra.
Qed.

Section Steps.
  Variables (n : nat) (g e Delta : nat -> R) (df eta beta L : R).
  Let off := norm n (fun j => e j + (eta * g j - beta * Delta j)).
  Hypothesis descent_lemma : df <= dot n g e + L / 2 * dot n e e.

  (** off ≤ 0: every entry is e_j = −ηg_j + βΔ_j. *)
  Lemma entries : off <= 0 -> forall j, (j < n)%nat -> e j = - eta * g j + beta * Delta j.
  Proof.
    intros Hoff j Hj. unfold off in Hoff.
    pose proof (norm_square n (fun j => e j + (eta * g j - beta * Delta j))) as Hsq.
    pose proof (norm_nonneg n (fun j => e j + (eta * g j - beta * Delta j))) as Hn.
    assert (Hz : dot n (fun j => e j + (eta * g j - beta * Delta j))
                   (fun j => e j + (eta * g j - beta * Delta j)) <= 0).
    { rewrite <- Hsq. replace (norm n _) with 0 by lra. lra. }
    pose proof (dot_zero n _ Hz j Hj) as H. cbv beta in H. lra.
  Qed.

  (** η⟨g, e⟩ = β⟨Δ, e⟩ − ‖e‖². *)
  Lemma slope_of_step : off <= 0 -> eta * dot n g e = beta * dot n Delta e - dot n e e.
  Proof.
    intros Hoff. unfold dot. rewrite <- !sum_scal, <- sum_minus. apply sum_ext.
    intros j Hj. rewrite (entries Hoff j Hj). ring.
  Qed.

  (** G1, and H1 with a = 1/η − L/2. *)
  Theorem G1_vector : beta = 0 ->
    G1_descent_conditions df (dot n e e) eta L off -> G1_descent df (dot n e e) eta L off.
  Proof.
    intros Hb (Heta & _ & Hoff). unfold G1_descent, G1_descent_lhs, G1_descent_rhs.
    pose proof (slope_of_step Hoff) as Hs. rewrite Hb in Hs.
    replace (dot n g e) with (- (dot n e e / eta)) in descent_lemma.
    - unfold Rdiv in *. lra.
    - apply (Rmult_eq_reg_l eta); [| lra]. rewrite Hs. field. lra.
  Qed.

  (** G2: the linear rate under ‖∇f‖² ≥ 2μ(f − f_inf). *)
  Theorem G2_vector (f0 mu fstar : R) : beta = 0 ->
    G2_rate_conditions f0 df (dot n e e) (dot n g g) eta L mu fstar off ->
    G2_rate f0 df (dot n e e) (dot n g g) eta L mu fstar off.
  Proof.
    intros Hb (Heta & Hshort & Hoff & Hpl). unfold G2_rate, G2_rate_lhs, G2_rate_rhs.
    assert (He : dot n e e = eta * eta * dot n g g).
    { unfold dot. rewrite <- sum_scal. apply sum_ext. intros j Hj.
      rewrite (entries Hoff j Hj), Hb. ring. }
    assert (Hge : dot n g e = - eta * dot n g g).
    { unfold dot. rewrite <- sum_scal. apply sum_ext. intros j Hj.
      rewrite (entries Hoff j Hj), Hb. ring. }
    rewrite He, Hge in descent_lemma. set (g2 := dot n g g) in *.
    assert (Hfactor : 0 <= eta * (1 - 1 / 2 * L * eta)) by (apply Rmult_le_pos; lra).
    apply (Rmult_le_compat_l _ _ _ Hfactor) in Hpl. lra.
  Qed.

  (** G4: heavy ball. *)
  Theorem G4_vector :
    G4_Lyapunov_decrease_conditions df (dot n e e) (dot n Delta Delta) eta beta L off ->
    G4_Lyapunov_decrease df (dot n e e) (dot n Delta Delta) eta beta L off.
  Proof.
    intros (Heta & Hb & _ & _ & Hoff).
    unfold G4_Lyapunov_decrease, G4_Lyapunov_decrease_lhs, G4_Lyapunov_decrease_rhs.
    pose proof (slope_of_step Hoff) as Hs.
    assert (Hcs : 2 * dot n Delta e <= dot n e e + dot n Delta Delta).
    { pose proof (dot_nonneg n (fun j => e j + -1 * Delta j)) as H.
      rewrite square_linear, (dot_comm n e Delta) in H. lra. }
    set (e2 := dot n e e) in *. set (d2 := dot n Delta Delta) in *.
    set (de := dot n Delta e) in *.
    apply (Rmult_le_compat_l beta) in Hcs; [| assumption].
    apply (Rmult_le_reg_l eta); [assumption |].
    apply (Rmult_le_compat_l eta) in descent_lemma; [| lra].
    replace (eta * (df + 1 / 2 * beta * (e2 - d2) / eta))
      with (eta * df + 1 / 2 * (beta * (e2 - d2))) by (field; lra).
    replace (eta * (e2 * (1 / 2 * L - (1 - beta) / eta)))
      with (eta * (L / 2 * e2) - (1 - beta) * e2) by (field; lra).
    lra.
  Qed.
End Steps.
