(** The theorems on vectors and sequences, each with the generated statement as its type.

    What is generated (Statements.v) says which numbers of the monitor's formula are which sums of
    which vectors; the proofs are those of the other files. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms Power Projection Expectation Statements Region
  FiniteLength Rates RateStatements Descent Samt OneBatch SamtStatements Classical RelativeError.
Open Scope R_scope.

Theorem T1_box_tied : T1_descent_box_stmt.
Proof.
  intros n u Delta u1 H h uplus lo hi bend L s p1 p2 p3 HL Hu Hplus Hu1 Hconvex Hsecond Hcond.
  pose proof Hcond as (Hs & Ht & _).
  apply (T1_box n u Delta u1 H h uplus lo hi); try assumption. lra.
Qed.

Theorem T1_convex_tied : T1_descent_convex_stmt.
Proof.
  intros n u Delta u1 H g h bend L s p1 p2. intros. eapply T1_convex_g; eassumption.
Qed.

Theorem T1p_tied : T1p_descent_stmt.
Proof. intros n u Delta u1 F p1 gamma Hmin _. apply T1p_vector, Hmin. Qed.

Theorem T2_region_tied : T2_region_exact_stmt.
Proof.
  intros dF e2 de d2 bend L s t p1 p2 HL.
  pose proof (T2_region_exact dF e2 de d2 bend L s t p1 p2 HL) as H. exact H.
Qed.

Theorem T2n_tied : T2n_decrease_stmt.
Proof.
  intros n u Delta u1 H g h h0 bend L s t p1 p2 HL Ht Hg Hmin Habove Hlip Hregion (Hs & H1 & _).
  apply (T2n_vector n u Delta u1 H g h h0 bend L s t p1 p2); try assumption. split; assumption.
Qed.

Theorem T4_tied : T4_relative_error_stmt.
Proof.
  intros B n w e Delta M L s p1 p2 extra (HM & HL & Hs & Hp1 & Hp2 & Hx) Hw _.
  apply T4_blocks; assumption.
Qed.

Theorem T5_tied : T5_finite_length_stmt.
Proof.
  intros E r dist a b c theta m (Ha & Hb & Hc) Ht HE Hr Hcond.
  apply T5_finite_length_holds; assumption.
Qed.

(** The conditions at each index give the recursion, and the recursion the rate. *)
Theorem T6_sublinear_tied : T6_sublinear_stmt.
Proof.
  intros s e1 e0 step2 step02 dist dpsi dpsi0 A0 Aj j two rt kappa a b c theta
    (Ha & Hb & Hc) Hk Ht Hs Hsq Hpath Hcond m Hm.
  set (p := 2 * theta - 1) in *.
  pose proof (T6_sublinear_holds s (e1 O) (e0 O) (step2 O) (step02 O) (dist O) rt (dpsi O) (dpsi0 O)
                kappa a b c theta A0 Aj j two Ha Hb Hc Hk Ht Hs) as H.
  apply H; [| assumption].
  intros i Hi. pose proof (Hsq i) as (H1 & H0). pose proof (Hpath i) as Hp.
  pose proof (power_pos (s (S i)) theta) as Hpow.
  assert (Hrec : T6_recursion (e1 i) (e0 i) (step2 i) (step02 i) (dist i) (Rpower (s (S i)) theta)
    (dpsi i) (dpsi0 i) (s (S i)) (s i) A0 Aj j two kappa a b c theta).
  { apply T6_recursion_holds; try assumption; [lra |]. apply (Hcond i Hi). }
  exact Hrec.
Qed.

Theorem S1_tied : S1_expected_descent_stmt.
Proof.
  intros N n weight f L alow f_next D grad variance g Hw Htotal HL Hmod Hmean Hvar _.
  apply (S1_holds N n weight f L alow f_next D grad variance g); assumption.
Qed.

Theorem S2_tied : S2_rate_stmt.
Proof.
  intros B K f G L variance amin amax fstar Lmax HK Hstep Hjoin Hlow Hcond.
  exact (S2_holds B K f G L variance amin amax fstar Lmax HK Hstep Hjoin Hlow Hcond).
Qed.

Theorem S3_descent_tied : S3_expected_descent_stmt.
Proof.
  intros N B n weight f L amin amax G f_next D grad g g0 bias earlier lowest first fstar K
    Hw Htotal (HL & HG & Hamax) HD Hmod Hmean Hlip Hb Hhere Ha.
  unfold S3_expected_descent_conditions in Ha.
  eapply S3_descent_holds; try eassumption. lra.
Qed.

Theorem S3_sharper_tied : S3_expected_descent_sharper_stmt.
Proof.
  intros N B n weight f L amin amax G f_next D grad g g0 bias earlier lowest first fstar K
    Hw Htotal (HL & HG & Hamax) HD Hmod Hmean Hlip Hb Hhere Ha.
  unfold S3_expected_descent_sharper_conditions in Ha.
  eapply S3_sharper_holds; try eassumption. lra.
Qed.

Theorem S3_bias_tied : S3_bias_stmt.
Proof.
  intros i dE g2 N B n weight f L amin amax G f_next D grad g g0 grad_at lowest first fstar K
    Hw Htotal (HL & HG & Hamax) HD Hmod Hmean Hlip Hb Hhere Hi Ha Hlipf _.
  eapply S3_bias_holds; eassumption.
Qed.

Theorem S3_rate_tied : S3_rate_stmt.
Proof.
  intros K f g2 dE g0 amin amax Lbar B G2 bias earlier lowest fstar HK Hstep Hlow Hleast Hcond.
  eapply S3_rate_holds; eassumption.
Qed.

Theorem S4_relative_error_tied : S4_relative_error_stmt.
Proof.
  intros B n e grad_used grad_next alpha dF w2 slope L amin M HM Hstep Hlip Ha.
  unfold S4_relative_error_conditions in Ha.
  apply (S4_relative_error_blocks B n e e grad_used grad_next alpha); assumption.
Qed.

Theorem G1_tied : G1_descent_stmt.
Proof. intros n g e Delta df eta beta L Hl Hb Hc. apply G1_vector with (beta := beta); assumption. Qed.

Theorem G2_tied : G2_rate_stmt.
Proof.
  intros n g e Delta df eta beta L f0 mu fstar Hl Hb Hc. eapply G2_vector; eassumption.
Qed.

Theorem G4_tied : G4_Lyapunov_decrease_stmt.
Proof. intros n g e Delta df eta beta L Hl Hc. eapply G4_vector; eassumption. Qed.
