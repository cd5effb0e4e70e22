r"""The triple-inertial step of one block, and its safeguards.

For a block u with Δ = uᵏ − uᵏ⁻¹, modulus L, step η = 1/(sL):

    ũ = u + p1Δ,   û = u + p2Δ,   u⁺ = prox_{ηg}(ũ − η∇H(û)),   uᵏ⁺¹ = Π(u⁺ + p3(u⁺ − u))

prox clips to the band's box (for z_L it is R's proximal map), Π clips to the same box.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real
from types import NoneType
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from amverify.errors import InvalidInput, of_kinds
from amverify.methods.inertia import Admitted, Inertia, Safeguard
from amverify.methods.outputs import output_step
from amverify.methods.region import Region, certify_in
from amverify.network.blocks import Block, axpy, blockwise
from amverify.network.scalars import Scalar, flat, on_host, plain, product, square

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
        region: what ``certified`` admits: ``narrow`` is T3's rule (the published TIAM's),
            ``wide`` T3z's, which reduces less where p1·s < p2.
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
    region: Region = "narrow"
    margin: float = 0.01
    trial: float | None = None
    restart: bool = False

    def __post_init__(self) -> None:
        texts = dict.fromkeys(("steps", "safeguard", "region"), str)
        numbers = dict.fromkeys(("scale", "margin"), Real)
        of_kinds(vars(self), {**texts, **numbers, "trial": (Real, NoneType)})
        if not 0 < self.scale < float("inf"):
            raise InvalidInput(f"step scale s: must be positive and finite, got {self.scale}")
        if self.steps not in ("exact", "backtracking"):
            raise InvalidInput(f"steps: 'exact' or 'backtracking', got {self.steps!r}")
        if self.safeguard not in ("none", "monotone", "certified"):
            raise InvalidInput(
                f"safeguard: 'none', 'monotone' or 'certified', got {self.safeguard!r}"
            )
        if self.region not in ("narrow", "wide"):
            raise InvalidInput(f"region: 'narrow' or 'wide', got {self.region!r}")
        if self.region == "wide" and self.safeguard != "certified":
            raise InvalidInput(
                f"region 'wide' is a rule of the safeguard 'certified', not of {self.safeguard!r}"
            )
        if not 0 < self.margin < 1:
            raise InvalidInput(f"margin ϑ: must lie in (0, 1), got {self.margin}")
        if self.trial is not None and not 0 < self.trial < float("inf"):
            raise InvalidInput(f"trial modulus: must be positive and finite, got {self.trial}")
        if self.safeguard == "certified" and self.scale <= 0.5:
            raise InvalidInput(
                f"step scale s: 'certified' needs s > 1/2 (T2 with t = 1), got {self.scale}"
            )


class Stepped(NamedTuple):
    """A step of a block: the new point, e = new − u, Ae, and what it was made with.

    ``delta`` is the weight δᵏ⁺¹ that it leaves; ``displaced`` AΔ, where there is inertia;
    ``rest`` R's change, where the third inertia of z_L had to know it.
    """

    new: Tensor
    e: Tensor
    image: Tensor
    modulus: Scalar
    p1: Scalar
    p2: Scalar
    t: Scalar
    delta: Scalar
    displaced: Tensor | None = None
    backtracks: int = 0
    rest: Scalar | None = None


class Task(NamedTuple):
    """A block to be stepped: Δ and AΔ (``None`` without inertia), (p1, p2, p3) wanted, δᵏ."""

    block: Block
    displacement: Tensor | None
    image: Tensor | None
    rule: StepRule
    wanted: tuple[float, float, float]
    delta: Scalar

    def still(self) -> Task:
        """The same without inertia."""
        return Task(self.block, None, None, self.rule, (0.0, 0.0, 0.0), 0.0)


def _usable(modulus: Scalar, block: Block) -> Scalar:
    """The modulus as a step can use it: not so small that 1/(sL) would overflow.

    Where it is 0 the block's inputs vanish and so does its gradient, and any modulus is one;
    a larger one is always admissible. Where blocks are ``plain`` it becomes a number, and so
    does all that depends on it.
    """
    least = block.weight * math.sqrt(torch.finfo(block.u.dtype).tiny)
    if not isinstance(modulus, Tensor):
        return max(float(modulus), least)
    if modulus.ndim == 0 and modulus.device.type == "cpu":
        return max(float(modulus), least)
    return modulus.clamp(min=least)


def take_step(
    block: Block,
    displacement: Tensor,
    rule: StepRule,
    sweep: int,
    delta: Scalar = 0.0,
    last_modulus: Scalar | None = None,
    image: Tensor | None = None,
) -> Stepped:
    """Step ``block``, whose last displacement is Δ, in sweep k = 1, 2, ….

    Args:
        delta: δᵏ, the Lyapunov weight that the block carries (used by ``certified``).
        last_modulus: what backtracking accepted in the last sweep, ``None`` in the first.
        image: AΔ, if it is known.
    """
    wanted = rule.inertia.at(sweep)
    if wanted[0] or wanted[1]:
        image = block.apply(displacement) if image is None else image
        task = Task(block, displacement, image, rule, wanted, delta)
    else:
        task = Task(block, None, None, rule, wanted, delta)
    exact = rule.steps == "exact" or block.isotropic
    if exact:
        stepped = _try(task, _usable(block.modulus(), block))
    else:
        stepped = _backtrack(task, last_modulus, halve=sweep % HALVING_PERIOD == 0)
    if rule.safeguard == "monotone" and any(wanted):
        stepped = _monotone(task, stepped, exact)
    return stepped


def _try(task: Task, modulus: Scalar) -> Stepped:
    """The step with this modulus, parameters reduced first if they are to be certified."""
    block, d, image, rule, wanted, delta = task
    p1: Scalar
    p2: Scalar
    p1, p2, p3 = wanted
    t, delta_next = 1 + p3, delta
    z: Scalar = 1.0
    if rule.safeguard == "certified":
        p1, p2, t, delta_next, z = certify_in(
            rule.region, modulus, delta, rule.scale, p1, p2, t, rule.margin
        )
    u, s = block.u, rule.scale
    if block.rest is not None:
        assert isinstance(modulus, float)
        centre = block.descend(s, modulus, d, image, p1, p2)
        plus = output_step(block.rest.problem, centre, u, s * modulus)
        return _extrapolate_output(task, plus, modulus, Admitted(p1, p2, t, delta_next, z))
    if block.bounds is None:  # nothing is clipped, so the third inertia scales the whole step
        new = block.descend(s, modulus, d, image, p1, p2, t)
    else:
        new = block.project(block.descend(s, modulus, d, image, p1, p2), fresh=True)
        if t != 1:
            new = block.project(torch.lerp(u, new, t), fresh=True)
    e = new - u
    return Stepped(new, e, block.apply(e), modulus, p1, p2, t, delta_next, image)


def _extrapolate_output(task: Task, plus: Tensor, modulus: float, used: Admitted) -> Stepped:
    """z_L's third inertia: kept where T1's inequality holds at the extrapolated point.

    The box argument of T1 does not cover R along the extrapolated ray, so the inequality is
    evaluated there; where it fails, u⁺ is taken and t = 1 recorded. (At t = 1 the inequality
    is a theorem; the weight δᵏ⁺¹ computed for t is then smaller than it may be, which is safe.)
    With T2z's z < 1 it is that member's inequality.
    F's change is ``Block.change`` for A = I, from products that the block's row needs again.
    """
    block = task.block
    p1, p2, t, delta, _ = used
    u = block.u
    kept: Scalar = 1.0
    new = plus
    if t != 1:
        far = torch.lerp(u, plus, t)
        e = far - u
        wide, inner = flat(e), product(u)
        length, along = inner(wide, wide), inner(flat(block.residual), wide)
        bound = _fall(task, used, wide, length)
        rest = block.rest_change(far)
        accepted = block.weight * (along + 0.5 * length) + rest <= -modulus * bound
        if isinstance(accepted, Tensor):
            kept = torch.where(accepted, t, torch.ones((), dtype=torch.float64))
            new = torch.where(blockwise(accepted), far, plus)
        elif accepted:
            return Stepped(far, e, e, modulus, p1, p2, t, delta, rest=rest)
    e = new - u
    return Stepped(new, e, e, modulus, p1, p2, kept, delta)


def _fall(task: Task, used: Admitted, wide: Tensor, length: Scalar) -> Scalar:
    """(s/t − 1/2k)‖e‖² − c_z⟨Δ,e⟩ − (z²p2²/2k)‖Δ‖²; for z = 1, T1's."""
    s, d, inner = task.rule.scale, task.displacement, product(task.block.u)
    p1, p2, t, _, z = used
    k = z * (2 - z)
    bound = (s / t - 0.5 / k) * length
    if d is None:
        return bound
    old = flat(d)
    cross, past = p1 * s - z * p2 / k, 0.5 * z * z / k * p2 * p2
    return bound - cross * inner(old, wide) - past * inner(old, old)


def _backtrack(task: Task, last: Scalar | None, halve: bool) -> Stepped:
    """Double L until H(u⁺⁺) ≤ H(û) + ⟨∇H(û), u⁺⁺ − û⟩ + (L/2)‖u⁺⁺ − û‖² at the final point.

    H is quadratic, so that is ⟨d, ∇²H d⟩ ≤ L‖d‖² for d = u⁺⁺ − û: no objective, no difference
    of large numbers, and it ends at the latest when L exceeds the exact modulus. Unless the
    rule says restart, the first trial is what was accepted last, halved in every
    ``HALVING_PERIOD``-th sweep, so that L can also fall.
    A step that overflows is not accepted; a replicate that is not finite is not stepped further.
    """
    block, rule = task.block, task.rule
    u = block.u
    modulus: Scalar
    if last is None or rule.restart:
        modulus = block.weight if rule.trial is None else rule.trial
        if not plain(u):
            modulus = torch.full(u.shape[:-2], modulus, dtype=u.dtype, device=u.device)
    else:
        modulus = _usable(0.5 * last if halve else last, block)
    return _double(task, modulus)


def _double(task: Task, modulus: Scalar) -> Stepped:
    """The step with the first of L, 2L, 4L, … that serves."""
    block, count = task.block, 0
    while True:
        stepped = _try(task, modulus)
        d, d_image = stepped.e, stepped.image
        if task.displacement is not None and task.image is not None:
            d = axpy(d, -stepped.p2, task.displacement)
            d_image = axpy(d_image, -stepped.p2, task.image)
        distance, stretch = square(d), square(d_image)
        bend = block.weight * stretch + block.ridge * distance
        if isinstance(modulus, Tensor):
            length = torch.as_tensor(distance)
            enough = (bend <= modulus * length) | (length == 0)
            enough = (enough & torch.isfinite(length)) | ~torch.isfinite(modulus)
            served = bool((enough | _lost(block.u)).all())
            larger: Scalar = torch.where(enough, modulus, 2 * modulus)
        else:
            if math.isfinite(distance):
                served = bool(bend <= modulus * distance or distance == 0)
            else:
                served = not math.isfinite(modulus) or bool(_lost(block.u))
            larger = 2 * modulus
        if served:
            return stepped._replace(backtracks=count)
        modulus, count = larger, count + 1
        del stepped, d, d_image  # of N rows each, while the next are made


def _lost(u: Tensor) -> Tensor:
    """Which replicates are no longer finite, so that no modulus serves them."""
    return ~torch.isfinite(u).all(-1).all(-1)


def _monotone(task: Task, stepped: Stepped, exact: bool) -> Stepped:
    """mDLAM's rule: where the block raised F, its step without inertia instead.

    That step ends elsewhere, so a modulus found by backtracking is put to the test there too.
    On a CPU the redo is left out when no replicate needs it; on an accelerator looking would
    cost a synchronisation, so both steps are computed.
    """
    block = task.block
    rest = block.rest_change(stepped.new) if stepped.rest is None else stepped.rest
    change = block.change(stepped.e, stepped.image, rest=rest)
    raised = not change <= 0 if isinstance(change, float) else ~(change <= 0)
    if on_host(block.u) and not bool(torch.as_tensor(raised).any()):
        return stepped
    still, modulus = task.still(), stepped.modulus
    redone = _try(still, modulus) if exact else _double(still, modulus)
    if isinstance(raised, bool):
        return redone._replace(delta=stepped.delta)
    return _chosen(raised, redone, stepped)


def _chosen(raised: Tensor, redone: Stepped, first: Stepped) -> Stepped:
    """Replicate by replicate, the one step or the other."""

    def like(x: Scalar) -> Tensor:
        return torch.as_tensor(x, dtype=first.e.dtype, device=raised.device)

    def scalar(one: Scalar, other: Scalar) -> Scalar:
        if isinstance(one, float) and isinstance(other, float) and one == other:
            return one
        return torch.where(raised, like(one), like(other))

    mask = blockwise(raised)
    return Stepped(
        new=torch.where(mask, redone.new, first.new),
        e=torch.where(mask, redone.e, first.e),
        image=torch.where(mask, redone.image, first.image),
        modulus=scalar(redone.modulus, first.modulus),
        p1=scalar(redone.p1, first.p1),
        p2=scalar(redone.p2, first.p2),
        t=scalar(redone.t, first.t),
        delta=first.delta,
        displaced=first.displaced,
        backtracks=first.backtracks,
    )
