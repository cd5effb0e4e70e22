r"""TIAM with joint blocks (z_l, a_l), each block in a metric of its own, inertia certified.

One sweep visits V_1 → y_1 → V_2 → … → V_L → z_L, with V_l = [W_l, b_l] and y_l = (z_l, a_l). Each
block u takes TIAM's step in its own metric M ⪰ Q = ∇²H (H the smooth part of F), Δ = u^k − u^{k−1},

    ũ = u + p1Δ,  û = u + p2Δ,  u⁺ ∈ argmin ⟨∇H(û), ·⟩ + (s/2)‖· − ũ‖²_M + g,  u' = u⁺ + p3(u⁺ − u)

| block | M | inertia | over-relaxation | descends by |
|---|---|---|---|---|
| V_l | Q = ρ[A 1]ᵀ[A 1] + diag(μ, μ_b) | live: p1 = c, p2 = 0, s = 1 | t = 1 + p3 | TM-Q, TH |
| y_l | diag(ρ, κ), κ ≥ ρσ_max(W_{l+1})² | p1 = p2/s (c = 0) | none | TJ, s > 1 |
| z_L | Q = ρ | live, s = 1 | none | TM, TH |

with ‖Δ‖² in the metrics of the last sweep (old) and of this one (new), and margin ϑ,

    V, z_L:  α = 1/t − ½,    δ = (1 − ϑ)α,    |c| ≤ δ·√(old/new)                       (TH)
    y:       α = (s − 1)/2,  δ = 2(1 − ϑ)α,   p2² ≤ δ·old/new                          (TJ)

so that Ψ = F + Σ (δ/2)‖Δ‖²_M falls by ϑΣα‖e‖²_M at least in every sweep (TΨ). The inertia that is
asked for is cut to these bounds: it is certified. Why: where M = Q and g = 0 the step's equation
gives ΔF = −α‖e‖² + c⟨Δ, e⟩ *exactly*, and 2δc⟨Δ, e⟩ ≤ c²‖Δ‖² + δ²‖e‖² ≤ δ²(old + ‖e‖²). Where
(z, a) minimises its model over the band, comparing the model with u^k and H being convex below
and M above gives ΔF ≤ −α‖e‖² + (p2²/2)‖Δ‖², whatever g.

What the published scheme (``tiam.py``) lacks: there z_l and a_l are blocks of their own although
one nonsmooth term, the band, ties them; it stops at points that are not critical. What this one
lacks: activations that are not piecewise linear, a penalty instead of the band, and a name in any
paper. (Where M = Q, inertia with c = 0 cancels: hence p2 = 0 there. With c = 0 and p3 = 0 the step
of V is exact minimisation.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from numbers import Real

import torch
from torch import Tensor

from amverify.compiled import lapack
from amverify.errors import InvalidInput, of_kinds
from amverify.methods.base import Method
from amverify.methods.curvature import certified_curvature
from amverify.methods.metric import Metric, Span, metric, onto
from amverify.methods.outputs import output_step
from amverify.methods.pairs import PairTask, pair_step
from amverify.methods.rows.journal import (
    NOTHING,
    JointSweep,
    Mapped,
    Paired,
    Recorded,
    Rows,
    Solved,
    joint_journal,
    slopes_after,
)
from amverify.methods.solves import SolveTask, solve_step
from amverify.network.blocks import axpy
from amverify.network.coupling import Band
from amverify.network.entries import joint_minimiser
from amverify.network.initial import Parameters, start
from amverify.network.layered import LayeredProblem, Point
from amverify.network.scalars import Scalar, dot, root
from amverify.network.weights import FirstLayer

Key = tuple[str, int]
SAFE = {torch.float32: 1 - 2.0**-8, torch.float64: 1 - 2.0**-20}
"""Certified inertia stays this far inside its bound: the norms in it have an error, by format."""


@dataclass(frozen=True)
class JointState(Recorded):
    """The point, the last displacement, and ‖Δ‖²_M of each block in the metric of its step.

    ``metric`` is the first layer's, which never changes; ``pre`` are a_{l−1}W_lᵀ + 1b_lᵀ of all
    layers at the point, ``spans`` the last steps, ``leading`` vectors near those that κ belongs
    to, by layer, ``rows`` those of the last sweep.
    """

    first: FirstLayer
    point: Point
    displacement: Point
    metric: Metric
    pre: list[Tensor]
    spans: dict[Key, Span] = field(default_factory=dict)
    sweep: int = 0
    rows: Rows = NOTHING
    leading: dict[int, Tensor | None] = field(default_factory=dict)

    @property
    def length(self) -> dict[Key, Scalar]:
        """‖Δ‖²_M of each block in the metric of its step; empty at the start."""
        return {key: span.square for key, span in self.spans.items()}

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights (W_1 in coordinates) and biases."""
        return self.point.w, self.point.b


@dataclass(frozen=True)
class JointTIAM(Method[JointState]):
    """TIAM with joint blocks (z_l, a_l) and V_l = [W_l, b_l] in its own metric.

    Args:
        scale: s > 1 of the joint blocks.
        relaxation: p3 ∈ [0, 1) of V.
        momentum: c wanted in V and z_L; what is certified is taken.
        inertia: p2 wanted in the joint blocks; what is certified is taken.
        margin: ϑ ∈ (0, 1), the share of the descent that is kept.
        floor: λ⁻ > 0, the least κ.
        record: keep a row of every block of every sweep in the state.
        name: for tables.

    Raises:
        InvalidInput: for a parameter outside its range.
    """

    scale: float = 1.05
    relaxation: float = 0.2
    momentum: float = 0.0
    inertia: float = 0.0
    margin: float = 0.1
    floor: float = 1e-3
    label_output: bool = True
    record: bool = False
    name: str = "joint_tiam"

    def __post_init__(self) -> None:
        numbers = ("scale", "relaxation", "momentum", "inertia", "margin", "floor")
        of_kinds(vars(self), dict.fromkeys(numbers, Real))
        for name, holds, wanted in (
            (
                "scale",
                1 < self.scale < math.inf,
                "a finite s > 1: at s = 1 a sweep need not decrease F (theorem TJ)",
            ),
            ("relaxation", 0 <= self.relaxation < 1, "p3 in [0, 1)"),
            ("momentum", math.isfinite(self.momentum), "finite"),
            ("inertia", 0 <= self.inertia < 1, "p2 in [0, 1)"),
            ("margin", 0 < self.margin < 1, "ϑ in (0, 1)"),
            ("floor", 0 < self.floor < math.inf, "positive and finite"),
        ):
            if not holds:
                raise InvalidInput(f"{name}: expected {wanted}, got {getattr(self, name)}")

    @property
    def settings(self) -> Mapping[str, object]:
        """Its parameters; ``inertia`` as TIAM's header has it, all that was asked for."""
        asked = (self.momentum, self.inertia, self.relaxation)
        return {
            "scale": self.scale,
            "relaxation": self.relaxation,
            "momentum": self.momentum,
            "pair_inertia": self.inertia,
            "inertia": list(asked) if any(asked) else [],
            "margin": self.margin,
            "floor": self.floor,
        }

    def notes(self, problem: LayeredProblem) -> list[str]:
        """What the theorems lose by a ridge that is 0 or by an ε that changes."""
        said = [
            f"{name} = 0: nothing bounds the metric of V from below or the level sets of F, so TB, "
            "and TR, TC0, TC and TK that rest on it, do not apply; TM, TH and TJ do"
            for name in ("mu", "mu_bias")
            if not getattr(problem, name)
        ]
        if isinstance(problem.coupling, Band) and (last := problem.coupling.constant_from()) > 1:
            said.append(
                f"ε shrinks until sweep {last}: TJ and the decrease of Ψ speak of the sweeps that "
                "leave it as it is, convergence of those after the last change"
            )
        return said

    def weight(self, kind: str) -> float:
        """δ of a block's ‖Δ‖²_M in Ψ."""
        if kind == "y":
            return (1 - self.margin) * (self.scale - 1)
        t = 1 + self.relaxation if kind == "V" else 1.0
        return (1 - self.margin) * (1 / t - 0.5)

    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> JointState:
        """Weights as given, z and a by a forward pass (and z_L by the labels); Δ = 0.

        Raises:
            InvalidInput: for a penalty, an activation that is not piecewise linear, a singular
                metric, or a parameter that the problem's format cannot hold.
        """
        _check(self, problem)
        first, point = start(problem, parameters, label_output=self.label_output)
        still = Point(
            *([torch.zeros_like(u) for u in x] for x in (point.w, point.b, point.z, point.a))
        )
        first_metric = metric(problem, problem.space.inputs, 1, looks=True)
        pre = [problem.affine(point, layer) for layer in range(1, problem.layers + 1)]
        return JointState(first, point, still, first_metric, pre)

    def objective(self, problem: LayeredProblem, state: JointState) -> Tensor:
        """F (without the band's indicator)."""
        return problem.value(state.point)

    def lyapunov(self, problem: LayeredProblem, state: JointState) -> Tensor:
        """Ψ = F + Σ (δ/2)‖Δ‖²_M of TΨ, of the replicates' shape."""
        total = problem.value(state.point)
        for (kind, _), length in state.length.items():
            total = total + 0.5 * self.weight(kind) * length
        return total

    @torch.no_grad()
    def sweep(self, problem: LayeredProblem, state: JointState) -> JointState:
        """One sweep: V_1 → y_1 → … → V_L → z_L."""
        with lapack.one_thread():
            return _Sweep(self, problem, state).run()


def _check(method: JointTIAM, problem: LayeredProblem) -> None:
    most = torch.finfo(problem.dtype).max
    for name, value in (("scale", method.scale), ("floor", method.floor)):
        if value > most:
            raise InvalidInput(f"{name}: at most {most:.3g} in {problem.dtype}, got {value:g}")
    if not isinstance(problem.coupling, Band):
        raise InvalidInput("coupling: the joint blocks are those of a Band, not of a Penalty")
    if problem.layers > 1:
        zero = torch.zeros(1, dtype=problem.dtype)
        joint_minimiser(problem.activation, zero, zero, 1.0, 1.0, 1.0)


class _Sweep:
    """One sweep in progress."""

    def __init__(self, method: JointTIAM, problem: LayeredProblem, state: JointState) -> None:
        self.method, self.problem, self.before = method, problem, state
        self.point, self.moved = state.point.copy(), state.displacement.copy()
        self.spans, self.pre = dict(state.spans), list[Tensor]()
        self.leading = dict(state.leading)
        self.slopes = slopes_after(state.rows.left, problem)
        assert isinstance(problem.coupling, Band)
        self.eps = problem.coupling.at(state.sweep + 1)
        self.journal = joint_journal(method.record, self._rows)

    def run(self) -> JointState:
        """Visit every block once."""
        problem = self.problem
        for layer in range(1, problem.layers + 1):
            pre = self._weights(layer)
            self.pre.append(pre)
            if layer < problem.layers:
                self._joint(layer, pre)
            else:
                self._output(pre)
        state = self.before
        return JointState(
            state.first,
            self.point,
            self.moved,
            state.metric,
            self.pre,
            self.spans,
            state.sweep + 1,
            self.journal.rows(),
            self.leading,
        )

    def _rows(self) -> JointSweep:
        method, state = self.method, self.before
        return JointSweep(
            self.problem,
            state.point,
            state.displacement,
            method.scale,
            method.weight,
            not state.sweep,
            state.rows.left,
        )

    def _momentum(self, key: Key, new: Scalar) -> Scalar:
        """c: what is wanted, within δ√(old/new) (TH)."""
        wanted = self.method.momentum
        old = self.spans[key].square
        most = self.method.weight(key[0]) * SAFE[self.problem.dtype] * _ratio(old, new)
        if isinstance(most, Tensor):
            return most.clamp(max=abs(wanted)) * math.copysign(1.0, wanted)
        return math.copysign(min(abs(wanted), most), wanted)

    def _weights(self, layer: int) -> Tensor:
        """V_l: V + t(cΔ − Q⁻¹∇H(V)), in residual form; gives the new a_{l−1}W_lᵀ + 1b_lᵀ."""
        problem, method, i = self.problem, self.method, layer - 1
        a, w, b = problem.inputs(self.point, layer), self.point.w[i], self.point.b[i]
        steps_in = self.before.metric if layer == 1 else metric(problem, a, layer)
        pre = self.before.pre[0] if layer == 1 else problem.affine(self.point, layer)
        residual = pre - self.point.z[i]
        moved_w, moved_b = self.moved.w[i], self.moved.b[i]
        t = 1 + method.relaxation
        c: Scalar = 0.0
        if method.momentum and self.before.sweep:
            c = self._momentum(("V", layer), self._span(a @ moved_w.mT + moved_b, i).square)
        new_w, new_b, e_w, e_b = solve_step(
            SolveTask(w, b, moved_w, moved_b, residual, steps_in, problem.rho,
                      (problem.mu, problem.mu_bias), t, c)
        )  # fmt: skip

        def formed() -> Tensor:
            return onto(e_b, a, e_w.mT, 1.0)

        image = cache(formed)
        self.journal.solved(
            Solved(layer, a, residual, (w, b), (new_w, new_b), (moved_w, moved_b), (e_w, e_b),
                   image, c, t)
        )  # fmt: skip
        self.point.w[i], self.point.b[i] = new_w, new_b
        self.moved.w[i], self.moved.b[i] = e_w, e_b
        self.spans["V", layer] = self._length(formed, image, i)
        # inputs that never change: what is formed here serves the next sweep, so no sum of steps
        return problem.affine(self.point, 1) if layer == 1 else pre.add_(image())

    def _length(self, formed: Callable[[], Tensor], image: Callable[[], Tensor], i: int) -> Span:
        """The span of this sweep's step, which keeps no image: those take as much room as z.

        Momentum's next sweep asks for it, so then it is formed now.
        """
        if not self.method.momentum:
            return self._span(formed, i)
        span = self._span(image, i)
        return Span.of_length(span.square)

    def _span(self, image: Tensor | Callable[[], Tensor], i: int) -> Span:
        """‖[Δ_W Δ_b]‖²_Q = ρ‖AΔ_Wᵀ + 1Δ_b‖² + μ‖Δ_W‖² + μ_b‖Δ_b‖² of the last step of V."""
        problem = self.problem
        return Span(
            (problem.rho, image),
            (problem.mu, self.moved.w[i]),
            (problem.mu_bias, self.moved.b[i]),
        )

    def _joint(self, layer: int, pre: Tensor) -> None:
        """y_l = (z_l, a_l): exact, entry by entry."""
        problem, method, i = self.problem, self.method, layer - 1
        rho, s = problem.rho, method.scale
        z, a, w = self.point.z[i], self.point.a[i], self.point.w[layer]
        curvature, self.leading[layer] = certified_curvature(w, self.leading.get(layer))
        kappa = _at_least(rho * curvature, method.floor)
        moved_z, moved_a = self.moved.z[i], self.moved.a[i]
        p2: Scalar = 0.0
        if method.inertia and self.before.sweep:
            new = rho * dot(moved_z, moved_z) + kappa * dot(moved_a, moved_a)
            most = _ratio(self.spans["y", layer].square, new)
            most = most * math.sqrt(method.weight("y")) * SAFE[problem.dtype]
            p2 = _at_most(most, method.inertia)
        behind = self.before.pre[layer] - self.point.z[layer]
        known = self.slopes.get(layer)
        if isinstance(p2, Tensor) or p2:
            behind, known = axpy(behind, p2, moved_a @ w.mT), None
        slope = behind @ w if known is None else known
        step = pair_step(
            PairTask(problem.activation, z, a, moved_z, moved_a, pre, slope, rho, kappa, s, p2,
                     self.eps, method.record)
        )  # fmt: skip
        self.journal.paired(
            Paired(layer, pre, w, behind, slope, (z, a), (step.z, step.a), (moved_z, moved_a),
                   (step.e_z, step.e_a), kappa, p2 / s, p2, step.compared)
        )  # fmt: skip
        self.point.z[i], self.point.a[i] = step.z, step.a
        self.moved.z[i], self.moved.a[i] = step.e_z, step.e_a
        self.spans["y", layer] = Span((rho, step.e_z), (kappa, step.e_a))

    def _output(self, pre: Tensor) -> None:
        """z_L: argmin R + (ρ/2)‖· − (pre_L + cΔ)‖²."""
        problem, key = self.problem, ("z", self.problem.layers)
        z, moved = self.point.z[-1], self.moved.z[-1]
        c: Scalar = 0.0
        if self.method.momentum and self.before.sweep:
            c = self._momentum(key, self.spans[key].square)
        new = output_step(problem, axpy(pre, c, moved), z, problem.rho)
        e = new - z
        self.journal.mapped(Mapped(pre, z, new, moved, e, c))
        self.point.z[-1], self.moved.z[-1] = new, e
        self.spans[key] = Span((problem.rho, e))


def _ratio(old: Scalar, new: Scalar) -> Scalar:
    """√(old/new); 0 where nothing moved."""
    if isinstance(new, Tensor):
        return torch.where(new > 0, root(old / new.clamp(min=torch.finfo(new.dtype).tiny)), 0.0)
    return math.sqrt(float(old) / new) if new > 0 else 0.0


def _at_most(x: Scalar, most: float) -> Scalar:
    return x.clamp(max=most) if isinstance(x, Tensor) else min(x, most)


def _at_least(x: Scalar, least: float) -> Scalar:
    return x.clamp(min=least) if isinstance(x, Tensor) else max(x, least)
