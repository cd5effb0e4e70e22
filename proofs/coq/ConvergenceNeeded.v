(** TC for a nonsmooth F that stops, and what goes wrong without a > 0 and without KL.

    Each example meets every other hypothesis of TC, with the relation ∂F as it is there. *)
Require Import Reals Lra Lia Psatz.
From amverify Require Import Scalar Sums Norms FiniteLength Space ConvergenceStatements Convergence
  LyapunovRun ConvergenceExamples.
Open Scope R_scope.

Lemma norm_none (v : vector) : norm 0 v = 0.
Proof. unfold norm, dot. simpl. apply sqrt_0. Qed.

Lemma norm_one (v : vector) : norm 1 v = Rabs (v 0%nat).
Proof. unfold norm, dot. simpl. rewrite Rplus_0_l. apply sqrt_Rsqr_abs. Qed.

(** F = |x| on the line from 3/2 by the proximal method, step 1: 3/2, 1/2, 0, 0, … *)
Section Proximal.
  Fixpoint place (k : nat) : R :=
    match k with O => 3 / 2 | S j => Rmax (place j - 1) 0 end.
  Definition line (p : nat -> R) (k : nat) : vector := fun _ => p k.
  Definition moved (k : nat) : R := match k with O => 0 | S j => place j - place (S j) end.
  Definition modulus_subgradient (y w : vector) : Prop :=
    Rabs (w 0%nat) <= 1 /\ w 0%nat * y 0%nat = Rabs (y 0%nat).

  Lemma place_range (k : nat) : 0 <= place k <= 3 / 2.
  Proof.
    induction k as [|k IH]; simpl; [lra |]. split; [apply Rmax_r |].
    apply Rmax_lub; lra.
  Qed.

  Lemma place_next (k : nat) :
    (1 <= place k /\ place (S k) = place k - 1) \/ (place k < 1 /\ place (S k) = 0).
  Proof.
    simpl. destruct (Rle_lt_dec 1 (place k)) as [H|H]; [left | right]; split; try assumption.
    - apply Rmax_left. lra.
    - apply Rmax_right. lra.
  Qed.

  (** Ψ^k is Ψ at the limit from k = 2 on. *)
  Lemma place_stands_still (k : nat) : place (S (S k)) = 0.
  Proof.
    induction k as [|k IH].
    - destruct (place_next 0) as [(_ & H1)|(H & _)]; simpl in *; [| lra].
      destruct (place_next 1) as [(H & _)|(_ & H)]; simpl in *; lra.
    - change (place (S (S (S k)))) with (Rmax (place (S (S k)) - 1) 0). rewrite IH.
      apply Rmax_right. lra.
  Qed.

  Lemma proximal_run :
    lyapunov_run 1 0 (norm 1) modulus_subgradient (line place) (fun _ => zero) (line moved)
      (1 / 2) 1 0 0.
  Proof.
    split; intros k; rewrite ?norm_none, ?norm_one; unfold line, diff, modulus_subgradient.
    - rewrite (Rabs_pos_eq (place k)), (Rabs_pos_eq (place (S k))), pow2_abs by apply place_range.
      pose proof (place_range k). destruct (place_next k) as [(Hp & ->)|(Hp & ->)]; nra.
    - change (moved (S k)) with (place k - place (S k)). rewrite (Rabs_pos_eq (place (S k)))
        by apply place_range. pose proof (place_range k).
      destruct (place_next k) as [(Hp & ->)|(Hp & ->)]; split; try lra; apply Rabs_le; lra.
    - change (moved (S (S k))) with (place (S k) - place (S (S k))).
      rewrite (Rabs_minus_sym (place (S k))). lra.
    - lra.
  Qed.

  Lemma modulus_closed : closed_graph 1 (norm 1) modulus_subgradient.
  Proof.
    intros y w x Hyw Hy _ Hw. pose proof (norm_continuous 1 y x Hy) as Hn.
    rewrite tends_coordinates in Hy, Hw.
    specialize (Hy 0%nat Nat.lt_0_1). specialize (Hw 0%nat Nat.lt_0_1).
    pose proof (CV_mult _ _ _ _ Hw Hy) as Hp.
    assert (H : zero 0%nat * x 0%nat = norm 1 x).
    { apply (UL_sequence (fun j => w j 0%nat * y j 0%nat)); [exact Hp |].
      apply (limit_ext (fun j => norm 1 (y j))); [| exact Hn].
      intros j. rewrite norm_one. symmetry. apply (Hyw j). }
    unfold modulus_subgradient. rewrite norm_one in H. split; [| exact H].
    unfold zero. rewrite Rabs_R0. lra.
  Qed.

  Lemma modulus_KL (y : vector) : exists rad,
    KL_lyapunov 1 0 (norm 1) modulus_subgradient y rad 1 (fun s => s) (fun _ => 1).
  Proof.
    exists (if Req_EM_T (y 0%nat) 0 then 1 else Rabs (y 0%nat)).
    split; [destruct (Req_EM_T _ 0) as [H|H]; [lra | apply Rabs_pos_lt, H] |].
    split; [lra | split; [apply kl_line |]]. intros p v w (Hw1 & Hw) Hnear _ Hvalue.
    rewrite norm_none in *. rewrite !norm_one in *. unfold diff in Hnear.
    assert (Hp : p 0%nat <> 0).
    { intros Hp. rewrite Hp, Rabs_R0 in Hvalue. pose proof (Rabs_pos (y 0%nat)). lra. }
    assert (Hone : Rabs (w 0%nat) = 1).
    { apply (Rmult_eq_reg_r (Rabs (p 0%nat))); [| apply Rabs_no_R0, Hp].
      rewrite <- Rabs_mult, Hw, Rabs_Rabsolu. ring. }
    rewrite Hone. replace (1 ^ 2 + 0 ^ 2) with 1 by ring. rewrite sqrt_1. lra.
  Qed.

  Example TC_applies_nonsmooth : exists limit,
    tends 1 (line place) limit /\ modulus_subgradient limit zero /\ limit 0%nat = 0.
  Proof.
    destruct (TC_convergence 1%nat 0%nat (norm 1) modulus_subgradient (line place) (fun _ => zero)
                (line moved) (1 / 2) 1 0 0 (3 / 2) ltac:(lra) ltac:(lra) ltac:(lra) proximal_run)
      as (limit & _ & Hlim & Hcrit & _).
    - intros k. rewrite norm_one. unfold line. rewrite Rabs_pos_eq; apply place_range.
    - intros s x _ H. apply norm_continuous, H.
    - exact modulus_closed.
    - intros y _. destruct (modulus_KL y) as (rad & H).
      exists rad, 1, (fun s => s), (fun _ => 1). exact H.
    - exists limit. split; [exact Hlim | split; [exact Hcrit |]].
      destruct Hcrit as (_ & H). unfold zero in H. rewrite Rmult_0_l in H.
      destruct (Req_EM_T (limit 0%nat) 0) as [H0|H0]; [exact H0 |].
      pose proof (Rabs_pos_lt _ H0). lra.
  Qed.
End Proximal.

(** a = 0: F = 0, x^k = (−1)^k. *)
Example TC_needs_descent :
  let F := fun _ : vector => 0 in let dF := fun _ w : vector => w 0%nat = 0 in
  let x := line (fun k => (-1) ^ k) in
  lyapunov_run 1 0 F dF x (fun _ => zero) (fun _ => zero) 0 0 0 0 /\
  (forall k, norm 1 (x k) <= 1) /\ continuous_along 1 F x /\ closed_graph 1 F dF /\
  (forall y, KL_lyapunov 1 0 F dF y 1 1 (fun s => s) (fun _ => 1)) /\
  forall limit, ~ tends 1 x limit.
Proof.
  intros F dF x. split; [| split; [| split; [| split; [| split]]]].
  - split; intros k; rewrite ?norm_none, ?norm_one; unfold F, dF, zero; rewrite ?Rabs_R0; lra.
  - intros k. rewrite norm_one. unfold x, line. rewrite pow_1_abs. lra.
  - intros s y _ _. exact (limit_constant 0).
  - intros y w z _ _ _ _. reflexivity.
  - intros y. split; [lra | split; [lra | split; [apply kl_line |]]].
    intros p v w _ _ _ H. rewrite norm_none in H. unfold F in H. lra.
  - intros limit H. rewrite tends_coordinates in H.
    destruct (H 0%nat Nat.lt_0_1 1 Rlt_0_1) as (N & HN).
    pose proof (HN N (Nat.le_refl N)) as H0. pose proof (HN (S N) (Nat.le_succ_diag_r N)) as H1.
    unfold R_dist, x, line in *. change ((-1) ^ S N) with (-1 * (-1) ^ N) in H1.
    pose proof (pow_1_abs N) as Habs. set (q := (-1) ^ N) in *. set (l := limit 0%nat) in *.
    pose proof (Rle_abs (q - l)). pose proof (Rle_abs (- (q - l))) as Hm. rewrite Rabs_Ropp in Hm.
    pose proof (Rle_abs (-1 * q - l)). pose proof (Rle_abs (- (-1 * q - l))) as Hn.
    rewrite Rabs_Ropp in Hn.
    destruct (Rle_lt_dec 0 q) as [Hq|Hq];
      [rewrite Rabs_pos_eq in Habs by assumption | rewrite Rabs_left in Habs by assumption]; lra.
Qed.

(** No KL: F(p, q) = q, ∂F anything; q = 1/K falls while p sweeps to and fro over [0, 1], the j-th
    time in 2^j steps of 2^{−j}. The squares of the steps are summable, the steps are not. *)
Section Sweeping.
  Definition sweep (K : nat) : R :=
    let j := Nat.log2 K in let t := INR K / 2 ^ j - 1 in if Nat.even j then t else 1 - t.
  Definition sweeping (k : nat) : vector :=
    fun i => match i with O => sweep (S k) | _ => / INR (S k) end.
  Definition height (y : vector) : R := y 1%nat.
  Definition anything (_ _ : vector) : Prop := True.

  Lemma INR_two_power (j : nat) : INR (2 ^ j) = 2 ^ j.
  Proof. rewrite pow_INR. reflexivity. Qed.

  Lemma sweep_start (j : nat) : sweep (2 ^ j) = if Nat.even j then 0 else 1.
  Proof.
    unfold sweep. rewrite Nat.log2_pow2, INR_two_power by lia.
    assert (0 < 2 ^ j) by (apply pow_lt; lra). destruct (Nat.even j); field; lra.
  Qed.

  Lemma log2_bounds (K : nat) : (0 < K)%nat ->
    2 ^ Nat.log2 K <= INR K /\ INR (S K) <= 2 * 2 ^ Nat.log2 K.
  Proof.
    intros HK. pose proof (Nat.log2_spec K HK) as (Hlo & Hhi).
    apply le_INR in Hlo. assert (Hs : (S K <= 2 ^ S (Nat.log2 K))%nat) by lia.
    apply le_INR in Hs. rewrite INR_two_power in *. split; assumption.
  Qed.

  Lemma sweep_range (K : nat) : (0 < K)%nat -> 0 <= sweep K <= 1.
  Proof.
    intros HK. destruct (log2_bounds K HK) as (Hlo & Hhi). rewrite S_INR in Hhi. unfold sweep.
    set (p := 2 ^ Nat.log2 K) in *. assert (Hp : 0 < p) by (apply pow_lt; lra).
    assert (1 <= INR K / p).
    { apply (Rmult_le_reg_r p); [exact Hp |].
      replace (INR K / p * p) with (INR K) by (field; lra). lra. }
    assert (INR K / p <= 2).
    { apply (Rmult_le_reg_r p); [exact Hp |].
      replace (INR K / p * p) with (INR K) by (field; lra). lra. }
    destruct (Nat.even (Nat.log2 K)); lra.
  Qed.

  (** A step is 2^{−j} long. *)
  Lemma sweep_step (K : nat) : (0 < K)%nat ->
    Rabs (sweep (S K) - sweep K) = / 2 ^ Nat.log2 K.
  Proof.
    intros HK. destruct (log2_bounds K HK) as (Hlo & Hhi).
    assert (Hp : 0 < 2 ^ Nat.log2 K) by (apply pow_lt; lra).
    assert (Hi : 0 < / 2 ^ Nat.log2 K) by (apply Rinv_0_lt_compat, Hp).
    destruct (Nat.log2_succ_or K) as [Hnew|Hsame].
    - pose proof (Nat.log2_spec (S K) ltac:(lia)) as (Hnext & _). rewrite Hnew in Hnext.
      apply le_INR in Hnext. rewrite INR_two_power in Hnext.
      change (2 ^ S (Nat.log2 K)) with (2 * 2 ^ Nat.log2 K) in Hnext.
      unfold sweep. rewrite Hnew, Nat.even_succ, <- Nat.negb_even.
      change (2 ^ S (Nat.log2 K)) with (2 * 2 ^ Nat.log2 K).
      replace (INR (S K)) with (2 * 2 ^ Nat.log2 K) by lra.
      replace (INR K) with (2 * 2 ^ Nat.log2 K - 1) by (rewrite S_INR in *; lra).
      set (p := 2 ^ Nat.log2 K) in *.
      destruct (Nat.even (Nat.log2 K)); simpl;
        [rewrite <- (Rabs_pos_eq (/ p)) by lra | rewrite <- (Rabs_pos_eq (/ p)), <- Rabs_Ropp by lra];
        f_equal; field; lra.
    - unfold sweep. rewrite Hsame, S_INR. set (p := 2 ^ Nat.log2 K) in *.
      destruct (Nat.even (Nat.log2 K));
        [rewrite <- (Rabs_pos_eq (/ p)) by lra | rewrite <- (Rabs_pos_eq (/ p)), <- Rabs_Ropp by lra];
        f_equal; field; lra.
  Qed.

  Lemma sweeping_run :
    lyapunov_run 2 0 height anything sweeping (fun _ => zero) (fun _ => zero) (1 / 10) 0 0 0.
  Proof.
    split; intros k; try exact I; rewrite ?norm_none; try lra.
    - unfold height. set (e := diff (sweeping (S k)) (sweeping k)).
      replace (norm 2 e ^ 2) with (norm 2 e * norm 2 e) by ring.
      rewrite norm_square. unfold dot. simpl sum. unfold e, diff, sweeping. set (K := S k).
      pose proof (log2_bounds K ltac:(unfold K; lia)) as (_ & Hhi).
      pose proof (sweep_step K ltac:(unfold K; lia)) as Hstep.
      set (p := 2 ^ Nat.log2 K) in *. assert (Hp : 0 < p) by (apply pow_lt; lra).
      assert (HK : 1 <= INR K) by (unfold K; rewrite S_INR; pose proof (pos_INR k); lra).
      set (d := sweep (S K) - sweep K) in *.
      assert (Hd : d * d = / p * / p).
      { rewrite <- Hstep. rewrite <- Rabs_mult. symmetry. apply Rabs_pos_eq, Rle_0_sqr. }
      rewrite S_INR in *. set (u := / INR K). set (q := / (INR K + 1)).
      assert (Hu : 0 < u <= 1).
      { split; [apply Rinv_0_lt_compat; lra |]. rewrite <- Rinv_1.
        apply Rinv_le_contravar; lra. }
      assert (Hpu : / p <= 2 * u).
      { apply (Rmult_le_reg_r (p * INR K)); [apply Rmult_lt_0_compat; lra |].
        replace (/ p * (p * INR K)) with (INR K) by (field; lra).
        unfold u. replace (2 * / INR K * (p * INR K)) with (2 * p) by (field; lra). lra. }
      assert (Hq : u - q = u * q) by (unfold u, q; field; lra).
      assert (Hqu : u / 2 <= q <= u).
      { split; [| apply Rinv_le_contravar; lra]. unfold u, q.
        apply (Rmult_le_reg_r (2 * INR K * (INR K + 1))); [repeat apply Rmult_lt_0_compat; lra |].
        replace (/ INR K / 2 * (2 * INR K * (INR K + 1))) with (INR K + 1) by (field; lra).
        replace (/ (INR K + 1) * (2 * INR K * (INR K + 1))) with (2 * INR K) by (field; lra).
        lra. }
      assert (Hpp : / p * / p <= 4 * (u * u)).
      { assert (0 < / p) by (apply Rinv_0_lt_compat, Hp).
        replace (4 * (u * u)) with ((2 * u) * (2 * u)) by ring.
        apply Rmult_le_compat; lra. }
      assert (Huq : u * u / 2 <= u * q <= u * u) by (split; nra).
      assert ((q - u) * (q - u) <= u * u).
      { replace ((q - u) * (q - u)) with ((u * q) * (u * q)) by (rewrite <- Hq; ring).
        apply (Rle_trans _ (u * 1 * (u * 1))); [| lra]. apply Rmult_le_compat; nra. }
      lra.
    - rewrite norm_zero. lra.
  Qed.

  Example TC_needs_KL :
    lyapunov_run 2 0 height anything sweeping (fun _ => zero) (fun _ => zero) (1 / 10) 0 0 0 /\
    (forall k, norm 2 (sweeping k) <= 2) /\ continuous_along 2 height sweeping /\
    closed_graph 2 height anything /\ forall limit, ~ tends 2 sweeping limit.
  Proof.
    split; [exact sweeping_run | split; [| split; [| split]]].
    - intros k. eapply Rle_trans; [apply norm_le_entries |].
      change (0 + Rabs (sweep (S k)) + Rabs (/ INR (S k)) <= 2).
      pose proof (sweep_range (S k) ltac:(lia)).
      assert (1 <= INR (S k)) by (rewrite S_INR; pose proof (pos_INR k); lra).
      assert (0 < / INR (S k)) as Hpos by (apply Rinv_0_lt_compat; lra).
      assert (/ INR (S k) <= 1) by (rewrite <- Rinv_1; apply Rinv_le_contravar; lra).
      rewrite (Rabs_pos_eq (sweep (S k))), (Rabs_pos_eq (/ INR (S k))); lra.
    - intros s y _ H. rewrite tends_coordinates in H. apply (H 1%nat). lia.
    - intros y w z _ _ _ _. exact I.
    - intros limit H. rewrite tends_coordinates in H.
      destruct (H 0%nat ltac:(lia) (1 / 2) ltac:(lra)) as (N & HN).
      assert (Hat : forall j, (N <= j)%nat ->
        Rabs ((if Nat.even j then 0 else 1) - limit 0%nat) < 1 / 2).
      { intros j Hj. pose proof (Nat.pow_gt_lin_r 2 j ltac:(lia)) as Hpow.
        specialize (HN (2 ^ j - 1)%nat ltac:(lia)). unfold R_dist, sweeping in HN.
        replace (S (2 ^ j - 1)) with (2 ^ j)%nat in HN by lia. rewrite sweep_start in HN.
        exact HN. }
      pose proof (Hat (2 * N)%nat ltac:(lia)) as Heven.
      pose proof (Hat (S (2 * N)) ltac:(lia)) as Hodd.
      rewrite Nat.even_succ, <- Nat.negb_even in Hodd.
      replace (Nat.even (2 * N)) with true in *
        by (symmetry; apply Nat.even_spec; exists N; reflexivity).
      simpl in *. set (l := limit 0%nat) in *.
      pose proof (Rle_abs (- (0 - l))) as H0. rewrite Rabs_Ropp in H0.
      pose proof (Rle_abs (1 - l)). lra.
  Qed.
End Sweeping.
