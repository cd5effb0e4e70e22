(** Finite sums Σ_{i<n} f i and inner products of vectors nat → R with n entries. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar.
Open Scope R_scope.

Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S m => sum m f + f m
  end.

Definition dot (n : nat) (x y : nat -> R) : R := sum n (fun j => x j * y j).

Definition vector := nat -> R.
Definition move (u : vector) (p : R) (Delta : vector) : vector := fun j => u j + p * Delta j.
Definition diff (x y : vector) : vector := fun j => x j - y j.
Definition image (n : nat) (Q : nat -> nat -> R) (x : vector) : vector :=
  fun i => sum n (fun j => Q i j * x j).

Lemma sum_ext (n : nat) (f g : nat -> R) :
  (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; simpl; intros H; [reflexivity |].
  rewrite IH by (intros; apply H; lia). rewrite H by lia. reflexivity.
Qed.

Lemma sum_le (n : nat) (f g : nat -> R) :
  (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  induction n as [|n IH]; simpl; intros H; [lra |].
  apply Rplus_le_compat; [apply IH; intros; apply H; lia | apply H; lia].
Qed.

Lemma sum_plus (n : nat) (f g : nat -> R) : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_minus (n : nat) (f g : nat -> R) : sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_scal (n : nat) (c : R) (f : nat -> R) : sum n (fun i => c * f i) = c * sum n f.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_const (n : nat) (c : R) : sum n (fun _ => c) = INR n * c.
Proof. induction n as [|n IH]; [simpl; ring | simpl sum; rewrite IH, S_INR; ring]. Qed.

Lemma sum_nonneg (n : nat) (f : nat -> R) :
  (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof.
  intros H. replace 0 with (sum n (fun _ => 0)) by (rewrite sum_const; ring).
  apply sum_le. exact H.
Qed.

(** Σ_i Σ_j = Σ_j Σ_i. *)
Lemma sum_swap (n m : nat) (f : nat -> nat -> R) :
  sum n (fun i => sum m (f i)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [|n IH]; simpl.
  - rewrite sum_const. ring.
  - rewrite IH, <- sum_plus. reflexivity.
Qed.

Lemma some_term_below_mean (n : nat) (f : nat -> R) :
  (0 < n)%nat -> exists k, (k < n)%nat /\ INR n * f k <= sum n f.
Proof.
  intros Hn. induction n as [|n IH]; [lia |].
  destruct n as [|n]; [exists O; split; [lia | simpl; lra] |].
  destruct IH as (k & Hk & Hle); [lia |].
  pose proof (pos_INR (S n)) as Hpos.
  destruct (Rle_lt_dec (f k) (f (S n))) as [H|H].
  - exists k. split; [lia |]. rewrite S_INR.
    change (sum (S (S n)) f) with (sum (S n) f + f (S n)). lra.
  - exists (S n). split; [lia |]. rewrite S_INR.
    change (sum (S (S n)) f) with (sum (S n) f + f (S n)).
    apply Rlt_le, (Rmult_le_compat_l _ _ _ Hpos) in H. lra.
Qed.

Lemma dot_comm (n : nat) (x y : nat -> R) : dot n x y = dot n y x.
Proof. apply sum_ext. intros. ring. Qed.

Lemma dot_nonneg (n : nat) (x : nat -> R) : 0 <= dot n x x.
Proof. apply sum_nonneg. intros. apply Rle_0_sqr. Qed.

(** Cauchy–Schwarz, from ‖‖y‖²·x − ⟨x,y⟩·y‖² ≥ 0 entry by entry: by induction on n. *)
Lemma cauchy_schwarz (n : nat) (x y : nat -> R) :
  dot n x y * dot n x y <= dot n x x * dot n y y.
Proof.
  unfold dot. induction n as [|n IH]; simpl; [lra |].
  set (A := sum n (fun j => x j * x j)) in *. set (C := sum n (fun j => y j * y j)) in *.
  set (P := sum n (fun j => x j * y j)) in *.
  assert (HA : 0 <= A) by (apply sum_nonneg; intros; apply Rle_0_sqr).
  assert (HC : 0 <= C) by (apply sum_nonneg; intros; apply Rle_0_sqr).
  pose proof (twice_abs_le_sum (P * (x n * y n)) (A * (y n * y n)) (C * (x n * x n))) as Ham.
  pose proof (Rle_0_sqr (x n)) as Hx. pose proof (Rle_0_sqr (y n)) as Hy. unfold Rsqr in *.
  assert (2 * Rabs (P * (x n * y n)) <= A * (y n * y n) + C * (x n * x n)).
  { apply Ham; try (apply Rmult_le_pos; assumption).
    replace (P * (x n * y n) * (P * (x n * y n)))
      with (P * P * ((x n * x n) * (y n * y n))) by ring.
    replace (A * (y n * y n) * (C * (x n * x n)))
      with (A * C * ((x n * x n) * (y n * y n))) by ring.
    apply Rmult_le_compat_r; [apply Rmult_le_pos; assumption | assumption]. }
  pose proof (Rle_abs (P * (x n * y n))). lra.
Qed.

(** (Σ x_i)² ≤ n Σ x_i². *)
Lemma square_of_sum (n : nat) (x : nat -> R) : sum n x * sum n x <= INR n * dot n x x.
Proof.
  pose proof (cauchy_schwarz n (fun _ => 1) x) as H. unfold dot in *.
  rewrite (sum_ext n (fun j => 1 * x j) x) in H by (intros; ring).
  rewrite sum_const in H. lra.
Qed.

(** Inner products of sums: ⟨h, x + c·y⟩ and ‖x + c·y‖². *)
Lemma dot_linear (n : nat) (c : R) (h x y : nat -> R) :
  dot n h (fun j => x j + c * y j) = dot n h x + c * dot n h y.
Proof.
  unfold dot. rewrite <- sum_scal, <- sum_plus. apply sum_ext. intros. ring.
Qed.

Lemma square_linear (n : nat) (c : R) (x y : nat -> R) :
  dot n (fun j => x j + c * y j) (fun j => x j + c * y j) =
  dot n x x + 2 * c * dot n x y + c * c * dot n y y.
Proof.
  unfold dot. rewrite <- !sum_scal, <- !sum_plus. apply sum_ext. intros. ring.
Qed.

Lemma dot_ext (n : nat) (x y x' y' : nat -> R) :
  (forall j, (j < n)%nat -> x j = x' j) -> (forall j, (j < n)%nat -> y j = y' j) ->
  dot n x y = dot n x' y'.
Proof.
  intros Hx Hy. apply sum_ext. intros j Hj. rewrite Hx, Hy by assumption. reflexivity.
Qed.

(** ‖w‖² ≤ 0 only for w = 0. *)
Lemma dot_zero (n : nat) (w : nat -> R) :
  dot n w w <= 0 -> forall j, (j < n)%nat -> w j = 0.
Proof.
  unfold dot. induction n as [|n IH]; simpl; intros H j Hj; [lia |].
  pose proof (dot_nonneg n w) as Hn. unfold dot in Hn.
  pose proof (Rle_0_sqr (w n)) as Hw. unfold Rsqr in Hw.
  destruct (Nat.eq_dec j n) as [->|Hne].
  - apply Rsqr_0_uniq. unfold Rsqr. lra.
  - apply IH; [lra | lia].
Qed.
