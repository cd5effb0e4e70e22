r"""TIAM, triple-inertial accelerated alternating minimisation, and its relatives.

One sweep visits W_l → b_l → z_l → a_l for l = 1 … L (a only for l < L); each block takes the
step of ``step.py``, and its value *after* the third inertia is what the next block sees.
The scheme is that of arXiv 2503.08489, whose public record gives the three inertial steps
and the order of the blocks but no inertial parameters: those used here are ours.

The family contains its relatives as values:

| preset | inertia | safeguard |
|---|---|---|
| ``palm`` (plain DLAM) | (0, 0, 0) | none |
| ``mdlam`` (arXiv 1811.04187, Algorithm 1) | p1 = p2 = ω_k, Nesterov's | monotone |
| ``ipalm`` (Pock & Sabach 2016) | p1, p2 free | none |
| ``gauss_seidel`` (GiPALM) | p3 alone | none |

Under ``Penalty`` the block z_l, l < L, is nonconvex: it is minimised exactly, with a proximal
term (γ/2)‖z − z̃‖², γ = sρ, z̃ = z + p1Δ, and no p2, p3 (theorem T1p; certified: p1 < ½).

Under ``Band`` z_l and a_l are two blocks that share one nonsmooth term: the scheme stops where each
is balanced alone, critical for the pair or not. ``joint.py`` moves the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from amverify.methods.base import Method
from amverify.methods.inertia import Inertia, nesterov
from amverify.methods.rows.journal import NOTHING, Near, Recorded, Rows, block_journal
from amverify.methods.step import Stepped, StepRule, take_step
from amverify.network.blocks import (
    Block,
    activation_block,
    auxiliary_block,
    auxiliary_change,
    auxiliary_prox,
    axpy,
    bias_block,
    blockwise,
    output_block,
    weight_block,
)
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import Parameters, start
from amverify.network.layered import LayeredProblem, Point, squared_norm
from amverify.network.scalars import Scalar
from amverify.network.scalars import plain as numbers
from amverify.network.weights import FirstLayer


@dataclass(frozen=True)
class TIAMState(Recorded):
    """The point, and what each block remembers: Δ, δ and the last accepted modulus.

    ``first_image`` is XΔᵀ of the first layer's displacement: X is fixed, so the next sweep's
    inertia has no need to form it again. ``rows`` are those of the last sweep.
    """

    first: FirstLayer
    point: Point
    displacement: Point
    delta: dict[tuple[str, int], Scalar]
    modulus: dict[tuple[str, int], Scalar]
    sweep: int = 0
    first_image: Tensor | None = None
    rows: Rows = NOTHING

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights (W_1 in coordinates) and biases."""
        return self.point.w, self.point.b


@dataclass(frozen=True)
class TIAM(Method[TIAMState]):
    """Triple-inertial accelerated alternating minimisation.

    Args:
        rule: inertia, step scale, steps and safeguard.
        record: keep a row of every block of every sweep in the state.
        biases: whether b is a block; without, biases stay where they start.
        label_output: start z_L at ±1 by the labels, as mDLAM does.
        name: for tables.
    """

    rule: StepRule = field(
        default_factory=lambda: StepRule(Inertia(0.5, 0.5, 0.3), safeguard="certified")
    )
    record: bool = False
    biases: bool = True
    label_output: bool = True
    name: str = "tiam"

    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> TIAMState:
        """Weights as given, z and a by a forward pass (and z_L by the labels); Δ = 0."""
        first, point = start(
            problem,
            parameters,
            label_output=self.label_output,
            takes_sparse=not self.record,
        )
        groups = _by_kind(point).values()
        still = Point(*([torch.zeros_like(u) for u in group] for group in groups))
        return TIAMState(first, point, still, {}, {})

    def objective(self, problem: LayeredProblem, state: TIAMState) -> Tensor:
        """F (without the band's indicator)."""
        return problem.value(state.point)

    def lyapunov(self, problem: LayeredProblem, state: TIAMState) -> Tensor:
        """Ψ = F + Σ_i (δ_i/2)‖Δ_i‖² of T3, of the replicates' shape."""
        total = problem.value(state.point)
        for (kind, layer), delta in state.delta.items():
            displacement = _by_kind(state.displacement)[kind][layer - 1]
            total = total + 0.5 * delta * squared_norm(displacement)
        return total

    @torch.no_grad()
    def sweep(self, problem: LayeredProblem, state: TIAMState) -> TIAMState:
        """One sweep, l = 1 … L: W_l → b_l → z_l → a_l."""
        return _Sweep(self, problem, state).run()


def _by_kind(point: Point) -> dict[str, list[Tensor]]:
    return {"W": point.w, "b": point.b, "z": point.z, "a": point.a}


class _Sweep:
    """One sweep in progress: the point so far, and pre_l = a_{l−1}W_lᵀ + 1b_lᵀ kept current."""

    def __init__(self, method: TIAM, problem: LayeredProblem, state: TIAMState) -> None:
        self.method, self.problem, self.before = method, problem, state
        self.point, self.moved = state.point.copy(), state.displacement.copy()
        self.points, self.steps = _by_kind(self.point), _by_kind(self.moved)
        self.delta, self.modulus = dict(state.delta), dict(state.modulus)
        self.number = state.sweep + 1
        coupling = problem.coupling
        self.eps = coupling.at(self.number) if isinstance(coupling, Band) else 0.0
        self.first_image = state.first_image
        self.journal = block_journal(
            method.record,
            problem,
            self.point,
            scale=method.rule.scale,
            moved=self.moved,
            eps=self.eps,
            biases=method.biases,
            after=state.rows,
        )

    def run(self) -> TIAMState:
        """Visit every block once."""
        problem, point, last = self.problem, self.point, self.problem.layers
        pre = problem.affine(point, 1)
        for layer in range(1, last + 1):
            pre.add_(self._weight_image(weight_block(problem, point, pre, layer)))
            if self.method.biases:
                pre.add_(self._step(bias_block(problem, point, pre, layer)).e)
            if layer == last:
                self._step(output_block(problem, point, pre))
                break
            if isinstance(problem.coupling, Penalty):
                self._step_nonconvex(pre, layer)
            else:
                self._step(auxiliary_block(problem, point, pre, layer, self.eps))
            pre = problem.affine(point, layer + 1)
            pre.add_(self._step(activation_block(problem, point, pre, layer, self.eps)).image)
        return TIAMState(
            self.before.first,
            point,
            self.moved,
            self.delta,
            self.modulus,
            self.number,
            self.first_image,
            self.journal.rows(),
        )

    def _weight_image(self, block: Block) -> Tensor:
        """Step W_l: what that adds to pre_l. Nothing else of N rows is kept while others step."""
        if block.layer > 1:
            return self._step(block).image
        self.first_image = self._step(block, self.first_image).image
        return self.first_image

    def _step(self, block: Block, image: Tensor | None = None) -> Stepped:
        """Step one convex block and put it in its place; ``image`` is AΔ, if it is known."""
        key, place = (block.kind, block.layer), block.layer - 1
        rule, steps = self.method.rule, self.steps[block.kind]
        displacement, delta = steps[place], self.delta.get(key, 0.0)
        stepped = take_step(
            block, displacement, rule, self.number, delta, self.modulus.get(key), image
        )
        self.journal.step(block, displacement, stepped, delta)
        self.points[block.kind][place] = stepped.new
        steps[place] = stepped.e
        self.modulus[key], self.delta[key] = stepped.modulus, stepped.delta
        return stepped

    def _step_nonconvex(self, pre: Tensor, layer: int) -> None:
        """z_l under a penalty (T1p): Ψ's weight is δ = γ/2, and certified p1 stays below ½."""
        problem, point, rule = self.problem, self.point, self.method.rule
        gamma = rule.scale * problem.rho
        z, moved = point.z[layer - 1], self.moved.z[layer - 1]
        p1 = rule.inertia.at(self.number)[0]
        if rule.safeguard == "certified":
            p1 = max(-0.5, min(p1, 0.5)) * (1 - rule.margin)
        new = auxiliary_prox(problem, point, pre, layer, axpy(z, p1, moved), gamma)
        kept: Scalar = p1
        if rule.safeguard == "monotone" and p1:
            plain = auxiliary_prox(problem, point, pre, layer, z, gamma)
            raised = ~(auxiliary_change(problem, point, pre, layer, new) <= 0)
            kept = torch.where(raised, 0.0, p1)
            kept = float(kept) if numbers(z) else kept
            new = torch.where(blockwise(raised), plain, new)
        key, delta = ("z", layer), gamma / 2 if rule.safeguard == "certified" else 0.0
        near = Near(gamma, rule.scale, kept, moved, self.delta.get(key, 0.0), delta)
        self.journal.minimised("z", layer, new, pre, near)
        point.z[layer - 1], self.moved.z[layer - 1] = new, new - z
        self.delta[key] = delta


def palm(**options: bool) -> TIAM:
    """PALM, or plain DLAM: no inertia, exact moduli."""
    return TIAM(StepRule(safeguard="none"), name="palm", **options)


def mdlam(steps: str = "exact", **options: bool) -> TIAM:
    """mDLAM, Algorithm 1 of arXiv 1811.04187: p1 = p2 = ω_k, redone without where F rose."""
    inertia = Inertia(nesterov, nesterov)
    rule = StepRule(inertia, steps=steps, safeguard="monotone")  # type: ignore[arg-type]
    return TIAM(rule, name="mdlam", **options)


def ipalm(p1: float, p2: float, **options: bool) -> TIAM:
    """iPALM (Pock & Sabach 2016): p1 and p2 free, no third inertia."""
    return TIAM(StepRule(Inertia(p1, p2), safeguard="none"), name="ipalm", **options)


def gauss_seidel(p3: float, **options: bool) -> TIAM:
    """The Gauss–Seidel type of inertia (GiPALM): p3 alone."""
    rule = StepRule(Inertia(p3=p3), safeguard="none")
    return TIAM(rule, name="gauss_seidel", **options)
