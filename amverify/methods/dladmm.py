r"""dlADMM (arXiv 1905.13611, KDD 2019): ADMM with one dual variable, swept back and forth.

With the constraint z_L = a_{L−1}W_Lᵀ + 1b_Lᵀ and its dual variable u (N, n_L), the augmented
Lagrangian is

    R(z_L; y) + Σ_l (μ/2)‖W_l‖² + (ρ/2) Σ_{l<L} (‖z_l − pre_l‖² + ‖a_l − h(z_l)‖²)
      + ⟨u, z_L − pre_L⟩ + (ρ/2)‖z_L − pre_L‖²,         pre_l = a_{l−1}W_lᵀ + 1b_lᵀ,

one ρ for all terms, as in the authors' released code. One sweep visits, for l = L … 1,
a_l → z_l → b_l → W_l, then, for l = 1 … L, W_l → b_l → z_l → a_l, then u ← u + ρ(z_L − pre_L).
W and a take quadratic approximations whose modulus is doubled from a trial value; b and z
are minimised exactly (z_L by the proximal map of R, where the authors run FISTA). ρ grows
tenfold, up to a cap, when the training loss has risen three sweeps in a row, and the trial
moduli with it: the rule of the released code (which lets the moduli grow on without end when
ρ has reached its cap; here they stop with it). Replicates share ρ: the sum of their losses decides.

Completing the square, the last layer is an ordinary one with pre_L − u/ρ for pre_L, so the
blocks of the layered objective serve as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real

import torch
from torch import Tensor

from amverify.errors import InvalidInput, of_kinds
from amverify.methods.base import Method
from amverify.methods.rows.journal import NOTHING, Recorded, Rows, block_journal
from amverify.methods.step import StepRule, take_step
from amverify.network.blocks import (
    Block,
    activation_block,
    auxiliary_prox,
    bias_block,
    output_block,
    weight_block,
)
from amverify.network.coupling import Penalty
from amverify.network.initial import Parameters, start
from amverify.network.layered import LayeredProblem, Point, inner
from amverify.network.weights import FirstLayer

_RISES = 3


@dataclass(frozen=True)
class DlADMMState(Recorded):
    """The point, the dual variable, ρ and the trial modulus now, and recent training losses."""

    first: FirstLayer
    point: Point
    dual: Tensor
    rho: float
    trial: float
    losses: tuple[float, ...] = ()
    rows: Rows = NOTHING

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights (W_1 in coordinates) and biases."""
        return self.point.w, self.point.b


@dataclass(frozen=True)
class DlADMM(Method[DlADMMState]):
    """dlADMM; the problem's coupling must be ``Penalty``, its ν is replaced by ρ.

    Args:
        trial: the first modulus tried for W and a, in every sweep.
        growth: the factor by which ρ and ``trial`` grow.
        cap: ρ never grows beyond this (it may start there).
        label_output: start z_L at ±1 by the labels.
        record: keep a row of every update of every sweep in the state: those of both passes,
            F being the augmented Lagrangian, and the dual step's.

    Raises:
        InvalidInput: for a trial or cap that is not positive, or a growth below 1.
    """

    trial: float = 1.0
    growth: float = 10.0
    cap: float = 0.1
    label_output: bool = True
    record: bool = False
    name: str = "dladmm"

    def __post_init__(self) -> None:
        of_kinds(vars(self), dict.fromkeys(("trial", "growth", "cap"), Real))
        if not (0 < self.trial < math.inf and 1 <= self.growth < math.inf and self.cap > 0):
            raise InvalidInput(
                "dlADMM: needs trial > 0, growth ≥ 1 (both finite) and cap > 0, got "
                f"{self.trial}, {self.growth}, {self.cap}"
            )

    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> DlADMMState:
        """Weights as given, z and a by a forward pass (and z_L by the labels), u = 0.

        Raises:
            InvalidInput: if the problem's coupling is not a penalty.
        """
        if not isinstance(problem.coupling, Penalty):
            raise InvalidInput("dlADMM: needs the coupling Penalty(ν), not a band")
        first, point = start(
            problem,
            parameters,
            label_output=self.label_output,
            takes_sparse=not self.record,
        )
        dual = torch.zeros_like(point.z[-1])
        return DlADMMState(first, point, dual, problem.rho, self.trial)

    def objective(self, problem: LayeredProblem, state: DlADMMState) -> Tensor:
        """The augmented Lagrangian, of the replicates' shape."""
        problem, point = problem.reweighted(state.rho, state.rho), state.point
        gap = point.z[-1] - problem.affine(point, problem.layers)
        return problem.value(point) + inner(state.dual, gap)

    @torch.no_grad()
    def sweep(self, problem: LayeredProblem, state: DlADMMState) -> DlADMMState:
        """Backward a → z → b → W, forward W → b → z → a, dual step, growth of ρ."""
        sweep = _Sweep(problem.reweighted(state.rho, state.rho), state, self.record)
        for layer in range(problem.layers, 0, -1):
            if layer < problem.layers:
                sweep.update("a", layer)
            for kind in ("z", "b", "W"):
                sweep.update(kind, layer)
        for layer in range(1, problem.layers + 1):
            for kind in ("W", "b", "z"):
                sweep.update(kind, layer)
            if layer < problem.layers:
                sweep.update("a", layer)
        point, dual = sweep.point, sweep.ascend()
        loss = problem.loss.value(problem.forward(point)[-1], problem.target)
        losses = (*state.losses, float(loss.sum()))[-_RISES - 1 :]
        rising = len(losses) > _RISES and all(before < after for before, after in pairwise(losses))
        rho, trial = state.rho, state.trial
        if rising and rho < self.cap:
            rho, trial = min(self.growth * rho, self.cap), self.growth * trial
        return DlADMMState(state.first, point, dual, rho, trial, losses, sweep.journal.rows())


class _Sweep:
    """One sweep in progress, on the problem with the ρ of this sweep."""

    def __init__(self, problem: LayeredProblem, state: DlADMMState, record: bool) -> None:
        self.problem, self.point, self.dual = problem, state.point.copy(), state.dual
        self.shift = state.dual / problem.rho
        self.rule = StepRule(
            steps="backtracking", safeguard="none", trial=state.trial, restart=True
        )
        self.journal = block_journal(
            record, problem, self.point, scale=self.rule.scale, dual=self.shift
        )

    def update(self, kind: str, layer: int) -> None:
        """Update one block in place of the old one."""
        problem, point = self.problem, self.point
        if kind == "a":
            block = activation_block(problem, point, self._pre(layer + 1), layer, 0.0)
            point.a[layer - 1] = self._step(block)
            return
        pre = self._pre(layer)
        if kind == "W":
            point.w[layer - 1] = self._step(weight_block(problem, point, pre, layer))
        elif kind == "b":
            point.b[layer - 1] = self._step(bias_block(problem, point, pre, layer))
        elif layer == problem.layers:
            point.z[-1] = self._step(output_block(problem, point, pre))
        else:
            self._minimise(pre, layer)

    def ascend(self) -> Tensor:
        """u ← u + ρ(z_L − pre_L)."""
        problem, point = self.problem, self.point
        gap = point.z[-1] - problem.affine(point, problem.layers)
        new = self.dual + problem.rho * gap
        self.journal.ascended(self.dual, new, gap)
        return new

    def _minimise(self, pre: Tensor, layer: int) -> None:
        """z_l, l < L, exactly: T1p with γ = 0."""
        problem, point = self.problem, self.point
        new = auxiliary_prox(problem, point, pre, layer, point.z[layer - 1], 0.0)
        self.journal.minimised("z", layer, new, pre)
        point.z[layer - 1] = new

    def _pre(self, layer: int) -> Tensor:
        """pre_l, shifted by u/ρ in the last layer."""
        pre = self.problem.affine(self.point, layer)
        return pre - self.shift if layer == self.problem.layers else pre

    def _step(self, block: Block) -> Tensor:
        stepped = take_step(block, block.u, self.rule, 1)
        self.journal.step(block, None, stepped)
        return stepped.new
