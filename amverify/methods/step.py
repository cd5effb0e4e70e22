r"""The triple-inertial step of one block, its safeguards, and what it leaves on record.

For a block u with Δ = uᵏ − uᵏ⁻¹, modulus L, step η = 1/(sL):

    ũ = u + p1Δ,   û = u + p2Δ,   u⁺ = prox_{ηg}(ũ − η∇H(û)),   uᵏ⁺¹ = Π(u⁺ + p3(u⁺ − u))

prox clips to the band's box (for z_L it is R's proximal map), Π clips to the same box.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.inertia import Inertia, Safeguard, certify
from amverify.network.blocks import Block, Scalar, axpy, blockwise
from amverify.network.layered import inner, squared_norm

Steps = Literal["exact", "backtracking"]
HALVING_PERIOD = 5
"""Backtracking tries half of the last accepted modulus in every fifth sweep."""


@dataclass(frozen=True)
class StepRule:
    """Everything that fixes how a block is stepped.

    Args:
        inertia: (p1, p2, p3), numbers or functions of the sweep.
        scale: the step scale s > 0; the step is 1/(sL).
        steps: ``exact`` moduli, or ``backtracking`` (W and a only: those of b and z are
            known constants).
        safeguard: ``none``, ``monotone`` (a block that raised F is redone without inertia)
            or ``certified`` (parameters reduced so that Ψ provably decreases).
        margin: ϑ of T3, in (0, 1).
        trial: the modulus that backtracking tries first, in the first sweep; ``None`` is the
            weight of the block's quadratic (ρ).
        restart: try ``trial`` first in every sweep (as mDLAM's and dlADMM's code does, so L
            never falls below it), not what was accepted last.

    Raises:
        InvalidInput: for values outside these ranges.
    """

    inertia: Inertia = field(default_factory=Inertia)
    scale: float = 1.0
    steps: Steps = "exact"
    safeguard: Safeguard = "certified"
    margin: float = 0.01
    trial: float | None = None
    restart: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.scale < float("inf"):
            raise InvalidInput(f"step scale s: must be positive and finite, got {self.scale}")
        if self.steps not in ("exact", "backtracking"):
            raise InvalidInput(f"steps: 'exact' or 'backtracking', got {self.steps!r}")
        if self.safeguard not in ("none", "monotone", "certified"):
            raise InvalidInput(
                f"safeguard: 'none', 'monotone' or 'certified', got {self.safeguard!r}"
            )
        if not 0 < self.margin < 1:
            raise InvalidInput(f"margin ϑ: must lie in (0, 1), got {self.margin}")
        if self.trial is not None and not 0 < self.trial < float("inf"):
            raise InvalidInput(f"trial modulus: must be positive and finite, got {self.trial}")
        if self.safeguard == "certified" and self.scale <= 0.5:
            raise InvalidInput(
                f"step scale s: 'certified' needs s > 1/2 (T2 with t = 1), got {self.scale}"
            )


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """What one block did in one sweep; numbers and tensors of the replicates' shape.

    ``change`` is F's, by the difference form; ``step`` ‖e‖², ``cross`` ⟨Δ, e⟩, ``inertia``
    ‖Δ‖²; ``delta`` and ``delta_next`` the Lyapunov weights δᵏ and δᵏ⁺¹ (0 without
    ``certified``); ``gamma`` is set for a block stepped by T1p instead of T1.
    """

    kind: str
    layer: int
    change: Tensor
    step: Tensor
    cross: Tensor
    inertia: Tensor
    modulus: Scalar
    s: float
    t: Scalar
    p1: Scalar
    p2: Scalar
    delta: Scalar
    delta_next: Scalar
    backtracks: int = 0
    gamma: float | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """The block after its step: the new point, e = new − u, Ae, and the weights it leaves."""

    new: Tensor
    e: Tensor
    image: Tensor
    modulus: Scalar
    delta: Scalar
    record: BlockRecord | None


@dataclass(frozen=True, slots=True)
class _Trial:
    """A step tried with one modulus."""

    new: Tensor
    e: Tensor
    image: Tensor
    p1: Scalar
    p2: Scalar
    t: Scalar
    delta: Scalar


def _usable(modulus: Scalar, block: Block) -> Scalar:
    """The modulus as a step can use it: not so small that 1/(sL) would overflow.

    Where it is 0 the block's inputs vanish and so does its gradient, and any modulus is one;
    a larger one is always admissible. Without replicates and on a CPU, where reading it costs
    nothing, it becomes a number: so do all that depends on it.
    """
    least = block.weight * math.sqrt(torch.finfo(block.u.dtype).tiny)
    if not isinstance(modulus, Tensor):
        return max(modulus, least)
    if modulus.ndim == 0 and modulus.device.type == "cpu":
        return max(float(modulus), least)
    return modulus.clamp(min=least)


def take_step(
    block: Block,
    displacement: Tensor,
    rule: StepRule,
    sweep: int,
    delta: Scalar,
    last_modulus: Scalar | None,
    record: bool,
) -> Stepped:
    """Step ``block``, whose last displacement is Δ, in sweep k = 1, 2, ….

    Args:
        delta: δᵏ, the Lyapunov weight that the block carries (used by ``certified``).
        last_modulus: what backtracking accepted in the last sweep, ``None`` in the first.
        record: whether to compute the record, which costs a few inner products.
    """
    wanted = rule.inertia.at(sweep)
    moving = displacement if wanted[0] or wanted[1] else None
    image = None if moving is None else block.apply(moving)
    backtracks = 0
    exact = rule.steps == "exact" or block.kind in ("b", "z")
    if exact:
        modulus = _usable(block.modulus(), block)
        trial = _try(block, moving, image, rule, wanted, modulus, delta)
    else:
        trial, modulus, backtracks = _backtrack(
            block,
            moving,
            image,
            rule,
            wanted,
            delta,
            last_modulus,
            halve=sweep % HALVING_PERIOD == 0,
        )
    if rule.safeguard == "monotone" and any(wanted):
        trial, modulus = _monotone(block, trial, rule, modulus, exact)
    entry = None
    if record:
        entry = BlockRecord(
            kind=block.kind,
            layer=block.layer,
            change=block.change(trial.e, trial.image),
            step=squared_norm(trial.e),
            cross=inner(displacement, trial.e),
            inertia=squared_norm(displacement),
            modulus=modulus,
            s=rule.scale,
            t=trial.t,
            p1=trial.p1,
            p2=trial.p2,
            delta=delta,
            delta_next=trial.delta,
            backtracks=backtracks,
        )
    return Stepped(trial.new, trial.e, trial.image, modulus, trial.delta, entry)


def _try(
    block: Block,
    displacement: Tensor | None,
    image: Tensor | None,
    rule: StepRule,
    wanted: tuple[float, float, float],
    modulus: Scalar,
    delta: Scalar,
) -> _Trial:
    """The step with this modulus, parameters reduced first if they are to be certified."""
    p1: Scalar
    p2: Scalar
    p1, p2, p3 = wanted
    t, delta_next = 1 + p3, delta
    if rule.safeguard == "certified":
        admitted = certify(modulus, delta, rule.scale, p1, p2, t, rule.margin)
        p1, p2, t, delta_next = admitted.p1, admitted.p2, admitted.t, admitted.delta
    u, s = block.u, rule.scale
    if displacement is None or image is None:
        forward = block.descend(s, modulus, u, block.residual, 0.0, 0.0)
    else:
        forward = block.descend(s, modulus, displacement, image, p1, p2)
    if block.prox is not None:
        assert isinstance(modulus, float)
        plus = block.prox(forward, s * modulus)
        return _extrapolate_output(block, plus, displacement, rule, modulus, p1, p2, t, delta_next)
    plus = block.project(forward)
    new = plus if t == 1 else block.project(torch.lerp(u, plus, t))
    e = new - u
    return _Trial(new, e, block.apply(e), p1, p2, t, delta_next)


def _extrapolate_output(
    block: Block,
    plus: Tensor,
    displacement: Tensor | None,
    rule: StepRule,
    modulus: float,
    p1: Scalar,
    p2: Scalar,
    t: float,
    delta: Scalar,
) -> _Trial:
    """z_L's third inertia: kept where T1's inequality holds at the extrapolated point.

    The box argument of T1 does not cover R along the extrapolated ray, so the inequality is
    evaluated there; where it fails, u⁺ is taken and t = 1 recorded. (At t = 1 the inequality
    is a theorem; the weight δᵏ⁺¹ computed for t is then smaller than it may be, which is safe.)
    """
    u = block.u
    plain = plus - u
    if t == 1:
        return _Trial(plus, plain, plain, p1, p2, 1.0, delta)
    e = t * plain
    bound = (rule.scale / t - 0.5) * squared_norm(e)
    if displacement is not None:
        c = p1 * rule.scale - p2
        bound = bound - c * inner(displacement, e) - 0.5 * p2 * p2 * squared_norm(displacement)
    accepted = block.change(e, e) <= -modulus * bound
    kept = torch.full_like(bound, t).masked_fill(~accepted, 1.0)
    e = blockwise(kept) * plain
    new = u + e
    return _Trial(new, e, e, p1, p2, kept, delta)


def _backtrack(
    block: Block,
    displacement: Tensor | None,
    image: Tensor | None,
    rule: StepRule,
    wanted: tuple[float, float, float],
    delta: Scalar,
    last: Scalar | None,
    halve: bool,
) -> tuple[_Trial, Scalar, int]:
    """Double L until H(u⁺⁺) ≤ H(û) + ⟨∇H(û), u⁺⁺ − û⟩ + (L/2)‖u⁺⁺ − û‖² at the final point.

    H is quadratic, so that is ⟨d, ∇²H d⟩ ≤ L‖d‖² for d = u⁺⁺ − û: no objective, no difference
    of large numbers, and it ends at the latest when L exceeds the exact modulus. Unless the
    rule says restart, the first trial is what was accepted last, halved in every
    ``HALVING_PERIOD``-th sweep, so that L can also fall.
    A step that overflows is not accepted; a replicate that is not finite is not stepped further.
    """
    u = block.u
    modulus: Scalar
    if last is None or rule.restart:
        modulus = block.weight if rule.trial is None else rule.trial
        if u.ndim > 2 or u.device.type != "cpu":
            modulus = torch.full(u.shape[:-2], modulus, dtype=u.dtype, device=u.device)
    else:
        modulus = _usable(0.5 * last if halve else last, block)
    return _double(block, displacement, image, rule, wanted, delta, modulus)


def _double(
    block: Block,
    displacement: Tensor | None,
    image: Tensor | None,
    rule: StepRule,
    wanted: tuple[float, float, float],
    delta: Scalar,
    modulus: Scalar,
) -> tuple[_Trial, Scalar, int]:
    """Double ``modulus`` until it serves: the step, the modulus and the number of doublings."""
    u, count = block.u, 0
    while True:
        trial = _try(block, displacement, image, rule, wanted, modulus, delta)
        d, d_image = trial.e, trial.image
        if displacement is not None and image is not None:
            d = axpy(d, -trial.p2, displacement)
            d_image = axpy(d_image, -trial.p2, image)
        distance, curvature = squared_norm(d), block.curvature(d, d_image)
        if isinstance(modulus, Tensor):
            enough = (curvature <= modulus * distance) | (distance == 0)
            enough = (enough & torch.isfinite(distance)) | ~torch.isfinite(modulus)
            if bool((enough | _lost(u)).all()):
                return trial, modulus, count
            modulus = torch.where(enough, modulus, 2 * modulus)
        else:
            length, bend = float(distance), float(curvature)
            fits = math.isfinite(length) and (bend <= modulus * length or length == 0)
            if fits or not math.isfinite(modulus) or bool(_lost(u)):
                return trial, modulus, count
            modulus = 2 * modulus
        count += 1


def _lost(u: Tensor) -> Tensor:
    """Which replicates are no longer finite, so that no modulus serves them."""
    return ~torch.isfinite(u).all(-1).all(-1)


def _monotone(
    block: Block, trial: _Trial, rule: StepRule, modulus: Scalar, exact: bool
) -> tuple[_Trial, Scalar]:
    """mDLAM's rule: where the block raised F, its step without inertia instead.

    That step ends elsewhere, so a modulus found by backtracking is put to the test there too.
    On a CPU the redo is left out when no replicate needs it; on an accelerator looking would
    cost a synchronisation, so both steps are computed.
    """
    raised = ~(block.change(trial.e, trial.image) <= 0)
    if block.u.device.type == "cpu" and not bool(raised.any()):
        return trial, modulus
    still = (0.0, 0.0, 0.0)
    if exact:
        plain = _try(block, None, None, rule, still, modulus, 0.0)
    else:
        plain, larger, _ = _double(block, None, None, rule, still, 0.0, modulus)
        modulus = (
            torch.where(raised, larger, modulus)
            if isinstance(larger, Tensor) and isinstance(modulus, Tensor)
            else larger
        )
    mask = blockwise(raised)
    assert isinstance(mask, Tensor)

    def choose(redone: Scalar, first: Scalar) -> Tensor:
        one, other = (torch.as_tensor(x, dtype=block.u.dtype) for x in (redone, first))
        return torch.where(raised, one.to(raised.device), other.to(raised.device))

    redone = _Trial(
        new=torch.where(mask, plain.new, trial.new),
        e=torch.where(mask, plain.e, trial.e),
        image=torch.where(mask, plain.image, trial.image),
        p1=choose(0.0, trial.p1),
        p2=choose(0.0, trial.p2),
        t=choose(1.0, trial.t),
        delta=trial.delta,
    )
    return redone, modulus
