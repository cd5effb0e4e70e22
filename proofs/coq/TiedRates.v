(** T5, T6, each with the generated statement as its type.

    Statements.v says which numbers of the monitor's formula are which sums of which vectors; the
    proofs are those of the other files. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Power Statements FiniteLength Rates RateStatements.
Open Scope R_scope.

Theorem T5_tied : T5_finite_length_stmt.
Proof.
  intros E r dist a b c theta m (Ha & Hb & Hc) Ht HE Hr Hcond.
  apply T5_finite_length_holds; assumption.
Qed.

Theorem T6_sublinear_tied : T6_sublinear_stmt.
Proof.
  (* The conditions at each index give the recursion, and the recursion the rate. *)
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
