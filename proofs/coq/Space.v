(** The space Rⁿ: convergence in the norm, coordinates, bounded sequences have cluster points.

    A point is a vector nat → R of which the first n entries count. Nothing is said of the others:
    two vectors that agree on the first n entries are at distance 0. *)
Require Import Reals Rtopology Lra Lia Psatz ConstructiveEpsilon.
From amverify Require Import Scalar Sums Norms.
Open Scope R_scope.

(** u_k → x in Rⁿ: ‖u_k − x‖ → 0, every coordinate at once. *)
Definition tends (n : nat) (u : nat -> vector) (x : vector) : Prop :=
  Un_cv (fun k => norm n (diff (u k) x)) 0.

Definition increasing (s : nat -> nat) : Prop := forall j, (s j < s (S j))%nat.

Definition zero : vector := fun _ => 0.

(** A sequence of numbers ≥ 0 tends to 0. *)
Lemma tends_zero (d : nat -> R) : (forall k, 0 <= d k) ->
  (Un_cv d 0 <-> forall eps, 0 < eps -> exists N, forall k, (N <= k)%nat -> d k < eps).
Proof.
  intros Hd. split; intros H eps Heps; destruct (H eps Heps) as (N & HN); exists N;
    intros k Hk; specialize (HN k Hk); unfold R_dist in *; rewrite Rminus_0_r in *;
    rewrite Rabs_pos_eq in * by apply Hd; assumption.
Qed.

(** Numbers between 0 and a sequence that tends to 0 tend to 0. *)
Lemma squeezed (d e : nat -> R) :
  (forall k, 0 <= d k <= e k) -> Un_cv e 0 -> Un_cv d 0.
Proof.
  intros H He. assert (forall k, 0 <= e k) by (intros k; pose proof (H k); lra).
  apply tends_zero; [intros k; apply H |]. rewrite tends_zero in He by assumption.
  intros eps Heps. destruct (He eps Heps) as (N & HN). exists N. intros k Hk.
  pose proof (H k). specialize (HN k Hk). lra.
Qed.

Lemma increasing_above (s : nat -> nat) (j : nat) : increasing s -> (j <= s j)%nat.
Proof. intros H. induction j as [|j IH]; [lia | pose proof (H j); lia]. Qed.

Lemma along (d : nat -> R) (s : nat -> nat) (l : R) :
  (forall j, (j <= s j)%nat) -> Un_cv d l -> Un_cv (fun j => d (s j)) l.
Proof.
  intros Hs H eps Heps. destruct (H eps Heps) as (N & HN). exists N. intros k Hk.
  apply HN. pose proof (Hs k). lia.
Qed.

(** ‖x − z‖ ≤ ‖x − y‖ + ‖y − z‖; ‖x − y‖ = ‖y − x‖. *)
Lemma distance_triangle (n : nat) (x y z : vector) :
  norm n (diff x z) <= norm n (diff x y) + norm n (diff y z).
Proof.
  eapply Rle_trans; [| apply norm_triangle]. right. unfold norm. f_equal.
  apply dot_ext; intros; unfold diff; ring.
Qed.

Lemma distance_symmetric (n : nat) (x y : vector) : norm n (diff x y) = norm n (diff y x).
Proof. unfold norm, dot. f_equal. apply sum_ext. intros. unfold diff. ring. Qed.

Lemma entry_le_norm (n : nat) (x : vector) (i : nat) : (i < n)%nat -> Rabs (x i) <= norm n x.
Proof.
  intros Hi. apply abs_le_of_square; [apply norm_nonneg |]. rewrite norm_square. unfold dot.
  induction n as [|n IH]; [lia |]. simpl.
  pose proof (dot_nonneg n x) as Hd. unfold dot in Hd. pose proof (Rle_0_sqr (x n)) as Hx.
  unfold Rsqr in Hx. destruct (Nat.eq_dec i n) as [->|Hne]; [lra |].
  pose proof (IH ltac:(lia)). lra.
Qed.

Lemma norm_zero (n : nat) : norm n zero = 0.
Proof.
  unfold norm. replace (dot n zero zero) with 0; [apply sqrt_0 |].
  unfold dot. rewrite (sum_ext n _ (fun _ => 0)) by (intros; unfold zero; ring).
  rewrite sum_const. ring.
Qed.

Lemma norm_le_entries (n : nat) (x : vector) : norm n x <= sum n (fun i => Rabs (x i)).
Proof.
  eapply Rle_trans; [| apply norm_le_sum; intros; apply Rabs_pos].
  apply norm_monotone. intros. rewrite Rabs_Rabsolu. lra.
Qed.

(** Convergence in the norm is convergence of the n coordinates. *)
Theorem tends_coordinates (n : nat) (u : nat -> vector) (x : vector) :
  tends n u x <-> forall i, (i < n)%nat -> Un_cv (fun k => u k i) (x i).
Proof.
  split.
  - intros H i Hi eps Heps. destruct (H eps Heps) as (N & HN). exists N. intros k Hk.
    specialize (HN k Hk). unfold R_dist in *. rewrite Rminus_0_r, Rabs_pos_eq in HN
      by apply norm_nonneg.
    eapply Rle_lt_trans; [apply (entry_le_norm n (diff (u k) x) i Hi) | exact HN].
  - intros H. apply (squeezed _ (fun k => sum n (fun i => Rabs (diff (u k) x i)))).
    + intros k. split; [apply norm_nonneg | apply norm_le_entries].
    + induction n as [|n IH]; simpl.
      * intros eps Heps. exists 0%nat. intros. unfold R_dist.
        rewrite Rminus_0_r, Rabs_R0. exact Heps.
      * rewrite <- (Rplus_0_r 0). apply CV_plus; [apply IH; intros; apply H; lia |].
        intros eps Heps. destruct (H n ltac:(lia) eps Heps) as (N & HN). exists N. intros k Hk.
        specialize (HN k Hk). unfold R_dist, diff in *. rewrite Rminus_0_r, Rabs_Rabsolu.
        exact HN.
Qed.

(** A property of numbers that holds beyond every index holds along an increasing sequence. *)
Section Extraction.
  Variable P : nat -> nat -> Prop.
  Hypothesis decidable : forall j p, {P j p} + {~ P j p}.
  Hypothesis again : forall j N, exists p, (N <= p)%nat /\ P j p.

  Definition beyond (j N p : nat) : Prop := (N <= p)%nat /\ P j p.

  Lemma beyond_decidable (j N p : nat) : {beyond j N p} + {~ beyond j N p}.
  Proof.
    unfold beyond. destruct (Compare_dec.le_dec N p) as [Hn|Hn]; [| right; intros []; auto].
    destruct (decidable j p) as [Hd|Hd]; [left | right; intros []]; auto.
  Qed.

  Definition next (j N : nat) : {p | beyond j N p} :=
    constructive_indefinite_ground_description_nat _ (beyond_decidable j N) (again j N).

  Fixpoint extracted (j : nat) : nat :=
    match j with
    | O => proj1_sig (next 0 0)
    | S i => proj1_sig (next (S i) (S (extracted i)))
    end.

  Lemma extracted_increasing : increasing extracted.
  Proof.
    intros j. exact (proj1 (proj2_sig (next (S j) (S (extracted j))))).
  Qed.

  Lemma extracted_holds (j : nat) : P j (extracted j).
  Proof.
    destruct j as [|j]; [exact (proj2 (proj2_sig (next 0 0))) |].
    exact (proj2 (proj2_sig (next (S j) (S (extracted j))))).
  Qed.
End Extraction.

(** Bolzano–Weierstrass on the line, with the subsequence. *)
Lemma line_subsequence (x : nat -> R) (M : R) :
  (forall k, Rabs (x k) <= M) -> exists s l, increasing s /\ Un_cv (fun j => x (s j)) l.
Proof.
  intros HM.
  destruct (Bolzano_Weierstrass x (fun y => - M <= y <= M) (compact_P3 (- M) M)) as (l & Hl).
  { intros k. specialize (HM k). pose proof (Rle_abs (x k)). pose proof (Rle_abs (- x k)) as H1.
    rewrite Rabs_Ropp in H1. lra. }
  set (P := fun j p => Rabs (x p - l) < / (INR j + 1)).
  assert (Hpos : forall j, 0 < / (INR j + 1)).
  { intros j. pose proof (pos_INR j). apply Rinv_0_lt_compat. lra. }
  assert (dec : forall j p, {P j p} + {~ P j p}) by (intros; apply Rlt_dec).
  assert (again : forall j N, exists p, (N <= p)%nat /\ P j p).
  { intros j N. apply (Hl (fun y => Rabs (y - l) < / (INR j + 1)) N).
    exists (mkposreal _ (Hpos j)). intros y Hy. exact Hy. }
  exists (extracted P dec again), l. split; [apply extracted_increasing |].
  intros eps Heps. destruct (archimed_cor1 eps Heps) as (N & HN & HN0). exists N. intros j Hj.
  pose proof (extracted_holds P dec again j) as H. unfold P in H. unfold R_dist.
  eapply Rlt_trans; [exact H |]. eapply Rle_lt_trans; [| exact HN].
  apply Rinv_le_contravar; [apply lt_0_INR; lia |]. apply le_INR in Hj. lra.
Qed.

(** Bolzano–Weierstrass in Rⁿ: a bounded sequence has a subsequence that converges. *)
Theorem bounded_subsequence (n : nat) (u : nat -> vector) (M : R) :
  (forall k, norm n (u k) <= M) ->
  exists s x, increasing s /\ tends n (fun j => u (s j)) x.
Proof.
  intros HM. assert (He : forall k i, (i < n)%nat -> Rabs (u k i) <= M).
  { intros k i Hi. eapply Rle_trans; [apply (entry_le_norm n (u k) i Hi) | apply HM]. }
  assert (H : exists s x, increasing s /\
    forall i, (i < n)%nat -> Un_cv (fun j => u (s j) i) (x i)).
  { clear HM. induction n as [|n IH].
    - exists (fun j => j), zero. split; [intros j; lia | intros; lia].
    - destruct IH as (s & x & Hs & Hx); [intros; apply He; lia |].
      destruct (line_subsequence (fun j => u (s j) n) M) as (t & l & Ht & Hl).
      { intros j. apply He. lia. }
      exists (fun j => s (t j)), (fun i => if Nat.eq_dec i n then l else x i). split.
      + assert (Hmono : forall p q, (p < q)%nat -> (s p < s q)%nat).
        { intros p q Hpq. induction Hpq as [|q _ IHq]; [apply Hs | pose proof (Hs q); lia]. }
        intros j. apply Hmono, Ht.
      + intros i Hi. destruct (Nat.eq_dec i n) as [->|Hne]; [exact Hl |].
        apply (along (fun j => u (s j) i) t); [intros; apply increasing_above, Ht |].
        apply Hx. lia. }
  destruct H as (s & x & Hs & Hx). exists s, x. split; [exact Hs |].
  apply tends_coordinates. exact Hx.
Qed.
