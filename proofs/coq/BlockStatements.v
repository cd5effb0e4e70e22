(** From the blocks' inequalities to convergence, and TK: what is said.

    Block i in sweep k: f k i is F before its update, D k i = ‖Δ_i‖² in the metric of the step that
    made Δ_i, so D (k+1) i = ‖e_i‖² in this step's metric; e2 k i = ‖e_i‖². *)
Require Import Reals.
From amverify Require Import Sums Norms Space ConvergenceStatements.
Open Scope R_scope.

(** TH and TJ of every block; low·I ⪯ M ⪯ high·I; α ≥ alow; weights within [0, dhigh]; TR. *)
Set Implicit Arguments.
Record block_run (n B : nat) (F : vector -> R) (dF : vector -> vector -> Prop)
    (x w : nat -> vector) (f D delta alpha e2 : nat -> nat -> R)
    (theta alow low high dhigh b1 b2 : R) : Prop := {
  blocks_descent : forall k i, (i < B)%nat ->
    f k (S i) - f k i + delta (S k) i / 2 * D (S k) i - delta k i / 2 * D k i <=
    - (theta * alpha k i) * D (S k) i;
  blocks_start : forall k, f k 0%nat = F (x k);
  blocks_end : forall k, f k B = F (x (S k));
  blocks_metric : forall k i, (i < B)%nat -> low * e2 k i <= D (S k) i <= high * e2 k i;
  blocks_first : forall i, (i < B)%nat -> 0 <= D 0%nat i;
  blocks_weight : forall k i, (i < B)%nat -> alow <= alpha k i /\ 0 <= delta k i <= dhigh;
  blocks_square : forall k i, (i < B)%nat -> 0 <= e2 k i;
  blocks_together : forall k, sum B (e2 k) = norm n (diff (x (S k)) (x k)) ^ 2;
  blocks_subgradient : forall k, dF (x (S k)) (w (S k));
  blocks_relative_error : forall k,
    norm n (w (S (S k))) <=
    b1 * norm n (diff (x (S (S k))) (x (S k))) + b2 * norm n (diff (x (S k)) (x k))
}.
Unset Implicit Arguments.

(** The displacements of all blocks as one number: v² = Σ_i δ_i‖Δ_i‖² in their metrics. *)
Definition scaled (B : nat) (delta D : nat -> nat -> R) (k : nat) : vector :=
  fun _ => sqrt (sum B (fun i => delta k i * D k i)).

(** TΨ: Ψ^k = F(x^k) + ½v_k² falls by ϑ·alow·low·‖e‖², and v is at most √(dhigh·high)·‖e‖: the run is
    one of TC's, with one number v for the displacements of all blocks. Ψ(x, v) = F(x) + ½v² is one
    function on Rⁿ × R although metrics and weights move; no root of a metric is needed. *)
Definition TPsi_run_stmt : Prop :=
  forall (n B : nat) (F : vector -> R) (dF : vector -> vector -> Prop) (x w : nat -> vector)
    (f D delta alpha e2 : nat -> nat -> R) (theta alow low high dhigh b1 b2 : R),
  0 < theta -> 0 < alow -> 0 < low ->
  block_run n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2 ->
  lyapunov_run n 1 F dF x (scaled B delta D) w (theta * alow * low) b1 b2 (sqrt (dhigh * high)).

(** TC from the blocks: with a bounded run, F continuous along it, a closed graph and the KL
    inequality of F(x) + ½v² at the cluster points, x^k converges to a critical point. *)
Definition TC_blocks_stmt : Prop :=
  forall (n B : nat) (F : vector -> R) (dF : vector -> vector -> Prop) (x w : nat -> vector)
    (f D delta alpha e2 : nat -> nat -> R) (theta alow low high dhigh b1 b2 M : R),
  0 < theta -> 0 < alow -> 0 < low -> 0 <= b1 ->
  block_run n B F dF x w f D delta alpha e2 theta alow low high dhigh b1 b2 ->
  (forall k, norm n (x k) <= M) -> continuous_along n F x -> closed_graph n F dF ->
  (forall y, cluster_point n F x y ->
     exists rad eta phi phi', KL_lyapunov n 1 F dF y rad eta phi phi') ->
  exists limit,
    summable (fun k => norm n (diff (x (S k)) (x k))) /\
    tends n x limit /\ dF limit zero /\ Un_cv (fun k => F (x k)) (F limit).

(** TK: of w^1, …, w^K one has K·a·‖w‖² ≤ (b1 + b2)²(F(x^0) − lowest), where v^0 = 0, e^0 = 0. *)
Definition TK_complexity_stmt : Prop :=
  forall (n m : nat) (F : vector -> R) (dF : vector -> vector -> Prop)
    (x v w : nat -> vector) (a b1 b2 c lowest : R) (K : nat),
  0 < a -> 0 <= b1 -> 0 <= b2 -> (0 < K)%nat ->
  lyapunov_run n m F dF x v w a b1 b2 c ->
  norm m (v 0%nat) = 0 -> norm n (w 1%nat) <= b1 * norm n (diff (x 1%nat) (x 0%nat)) ->
  (forall k, lowest <= F (x k)) ->
  exists k, (1 <= k <= K)%nat /\ dF (x k) (w k) /\
    norm n (w k) <= (b1 + b2) * sqrt ((F (x 0%nat) - lowest) / (a * INR K)).
