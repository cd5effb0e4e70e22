(** The abstract convergence theorem in Rⁿ: what its words mean, and what it says.

    A point is a vector of which n entries count, ∂F a relation: ∂F(x, w) says w ∈ ∂F(x). Where F
    is not finite no ∂F(x, w) holds, and the value of F there is never looked at. The run is
    x^0, x^1, …; E k = ‖x^{k+1} − x^k‖.

    What a user has to bring: H1 (descent), H2 (relative error), H3 (a bounded run along which F is
    continuous; a closed graph of ∂F), and the Kurdyka–Łojasiewicz inequality at the cluster points,
    local: a neighbourhood, an η and a φ for each. For a definable F, KL and the closed graph of the
    limiting subdifferential are theorems of analysis; here they are hypotheses.

    After Attouch, Bolte, Svaiter (Math. Program. 137, 2013); Bolte, Sabach, Teboulle (2014);
    Ochs (SIAM J. Optim. 29, 2019) for descent of a function of more than x. *)
Require Import Reals.
From amverify Require Import Sums Norms Space.
Open Scope R_scope.

(** φ on [0, η): φ(0) = 0, continuous at 0, concave, with a derivative φ' > 0 on (0, η). *)
Record kl_function (eta : R) (phi phi' : R -> R) : Prop := {
  kl_zero : phi 0 = 0;
  kl_continuous : forall eps, 0 < eps ->
    exists del, 0 < del /\ forall y, 0 <= y < del -> phi y < eps;
  kl_concave : forall x y tau, 0 <= x < eta -> 0 <= y < eta -> 0 <= tau <= 1 ->
    (1 - tau) * phi x + tau * phi y <= phi (x + tau * (y - x));
  kl_derivative : forall x, 0 < x < eta -> derivable_pt_lim phi x (phi' x);
  kl_positive : forall x, 0 < x < eta -> 0 < phi' x
}.

(** The KL inequality of Ψ within rad of x and η above Ψ(x): φ'(Ψ(y) − Ψ(x))·‖w‖ ≥ 1. *)
Definition KL (n : nat) (Psi : vector -> R) (dPsi : vector -> vector -> Prop) (x : vector)
    (rad eta : R) (phi phi' : R -> R) : Prop :=
  0 < rad /\ 0 < eta /\ kl_function eta phi phi' /\
  forall y w, dPsi y w -> norm n (diff y x) < rad -> Psi x < Psi y < Psi x + eta ->
    1 <= phi' (Psi y - Psi x) * norm n w.

(** The same for Ψ(x, v) = F(x) + ½‖v‖² at (x, 0), where ∂Ψ(y, v) = ∂F(y) × {v}. *)
Definition KL_lyapunov (n m : nat) (F : vector -> R) (dF : vector -> vector -> Prop) (x : vector)
    (rad eta : R) (phi phi' : R -> R) : Prop :=
  0 < rad /\ 0 < eta /\ kl_function eta phi phi' /\
  forall y v w, dF y w -> norm n (diff y x) < rad -> norm m v < rad ->
    F x < F y + norm m v ^ 2 / 2 < F x + eta ->
    1 <= phi' (F y + norm m v ^ 2 / 2 - F x) * sqrt (norm n w ^ 2 + norm m v ^ 2).

(** x is a cluster point along which F converges to F(x). *)
Definition cluster_point (n : nat) (F : vector -> R) (u : nat -> vector) (x : vector) : Prop :=
  exists s, increasing s /\ tends n (fun j => u (s j)) x /\ Un_cv (fun j => F (u (s j))) (F x).

(** y_j → x, F(y_j) → F(x), w_j ∈ ∂F(y_j), w_j → 0: then 0 ∈ ∂F(x). *)
Definition closed_graph (n : nat) (F : vector -> R) (dF : vector -> vector -> Prop) : Prop :=
  forall y w x, (forall j, dF (y j) (w j)) -> tends n y x -> Un_cv (fun j => F (y j)) (F x) ->
    tends n w zero -> dF x zero.

(** F is continuous along the run, at whatever points it has cluster points. *)
Definition continuous_along (n : nat) (F : vector -> R) (u : nat -> vector) : Prop :=
  forall s x, increasing s -> tends n (fun j => u (s j)) x ->
    Un_cv (fun j => F (u (s j))) (F x).

(** Σ_{k ≥ J+2} E k ≤ E (J+1) + ½E J + (2b/a)φ(Ψ^{J+2} − Ψ(limit)) for some J. *)
Definition path_bound (E Psi : nat -> R) (lowest a b : R) (phi : R -> R) : Prop :=
  exists J, forall N, sum N (fun i => E (S (S (J + i)))) <=
    E (S J) + E J / 2 + 2 * (b / a) * phi (Psi (S (S J)) - lowest).

(** Σ E < ∞. *)
Definition summable (E : nat -> R) : Prop := exists total, forall N, sum N E <= total.

(** The theorem for a state u ∈ Rⁿ that moves with the steps E: u = x with E k = ‖u^{k+1} − u^k‖,
    or u = (x, v), (x^k, x^{k−1}), … with H1 and H2 in the steps of x alone. *)
Definition convergence_stmt : Prop :=
  forall (n : nat) (Psi : vector -> R) (dPsi : vector -> vector -> Prop)
    (u w : nat -> vector) (E : nat -> R) (x : vector) (a b c rad eta : R) (phi phi' : R -> R),
  0 < a -> 0 <= b -> 0 <= c -> (forall k, 0 <= E k) ->
  (* H1 *) (forall k, Psi (u (S k)) + a * E k ^ 2 <= Psi (u k)) ->
  (* H2 *) (forall k, dPsi (u (S k)) (w (S k))) ->
  (forall k, norm n (w (S (S k))) <= b * (E (S k) + E k)) ->
  (* the state moves with the steps *)
  (forall k, norm n (diff (u (S (S k))) (u (S k))) <= c * (E (S k) + E k)) ->
  (* H3 *) cluster_point n Psi u x -> closed_graph n Psi dPsi ->
  KL n Psi dPsi x rad eta phi phi' ->
  path_bound E (fun k => Psi (u k)) (Psi x) a b phi /\ summable E /\
  tends n u x /\ dPsi x zero /\ Un_cv (fun k => Psi (u k)) (Psi x).

Set Implicit Arguments.

(** H1, H2 and the scaled displacements v of a run x with Ψ^k = F(x^k) + ½‖v^k‖². *)
Record lyapunov_run (n m : nat) (F : vector -> R) (dF : vector -> vector -> Prop)
    (x v w : nat -> vector) (a b1 b2 c : R) : Prop := {
  run_descent : forall k,
    F (x (S k)) + norm m (v (S k)) ^ 2 / 2 + a * norm n (diff (x (S k)) (x k)) ^ 2 <=
    F (x k) + norm m (v k) ^ 2 / 2;
  run_subgradient : forall k, dF (x (S k)) (w (S k));
  run_relative_error : forall k,
    norm n (w (S (S k))) <=
    b1 * norm n (diff (x (S (S k))) (x (S k))) + b2 * norm n (diff (x (S k)) (x k));
  run_displacement : forall k, norm m (v (S k)) <= c * norm n (diff (x (S k)) (x k))
}.

Unset Implicit Arguments.

(** TC: a bounded run converges in Rⁿ, to a critical point, with finite length. *)
Definition TC_convergence_stmt : Prop :=
  forall (n m : nat) (F : vector -> R) (dF : vector -> vector -> Prop)
    (x v w : nat -> vector) (a b1 b2 c M : R),
  0 < a -> 0 <= b1 -> 0 <= c ->
  (* H1, H2 *) lyapunov_run n m F dF x v w a b1 b2 c ->
  (* H3 *) (forall k, norm n (x k) <= M) -> continuous_along n F x -> closed_graph n F dF ->
  (forall y, cluster_point n F x y ->
     exists rad eta phi phi', KL_lyapunov n m F dF y rad eta phi phi') ->
  let E := fun k => norm n (diff (x (S k)) (x k)) in
  let Psi := fun k => F (x k) + norm m (v k) ^ 2 / 2 in
  exists limit,
    summable E /\ tends n x limit /\ dF limit zero /\ Un_cv (fun k => F (x k)) (F limit) /\
    forall rad eta phi phi', KL_lyapunov n m F dF limit rad eta phi phi' ->
      path_bound E Psi (F limit) a (Rmax b1 b2 + c) phi.

(** TC0, without KL: the steps vanish, and every cluster point is critical. *)
Definition TC0_criticality_stmt : Prop :=
  forall (n m : nat) (F : vector -> R) (dF : vector -> vector -> Prop)
    (x v w : nat -> vector) (a b1 b2 c : R) (y : vector),
  0 < a -> 0 <= b1 -> 0 <= c ->
  lyapunov_run n m F dF x v w a b1 b2 c ->
  cluster_point n F x y -> closed_graph n F dF ->
  Un_cv (fun k => norm n (diff (x (S k)) (x k))) 0 /\ dF y zero.
