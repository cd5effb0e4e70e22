r"""One sweep: each block's steps, then the training of its step sizes.

    w ← w + βΔ for every block, Δ = w − w of the sweep before      (extrapolation)
    block after block:  w ← w − α ⊙ d,   d the gradient of ℓ + (λ/2)‖·‖², clipped

or, with ``momentum`` instead, e ← −α ⊙ d + βe, w ← w + e inside each block. (A heavy ball inside
blocks of a sweep flutters for β = 0.9: a later block sees the earlier ones displaced by βe, an
earlier one does not see the later ones. Extrapolating all blocks first has no such asymmetry.)

``direction`` is the d of the block's last step: with the gradient at the point where that step
led, it is all that the closed form needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from amverify.methods.samt.blocks import Group
from amverify.methods.samt.counters import Counters
from amverify.methods.samt.evaluation import Evaluation
from amverify.methods.samt.hypergradient import Trial, closed_form, length, unrolled
from amverify.methods.samt.settings import Settings
from amverify.methods.samt.stepsizes import Hypergradient, Pool, meta_step

State = dict[str, Any]
Gradients = list[Tensor | None]


@dataclass(frozen=True)
class Block:
    """A block as a sweep sees it."""

    number: int
    group: Group
    parameters: list[Tensor]
    all_state: Any

    @cached_property
    def states(self) -> list[State]:
        """What is kept for each parameter."""
        return [self.all_state[w] for w in self.parameters]


@dataclass
class Sweep:
    """One call of ``step``.

    ``bad`` counts the entries of hypergradients that were not finite.
    """

    blocks: Sequence[Block]
    pools: Sequence[Pool]
    settings: Settings
    evaluation: Evaluation
    counters: Counters
    meta_optimiser: torch.optim.Optimizer | None
    bad: Tensor | int = field(default=0, init=False)
    _found: dict[int, Hypergradient] = field(default_factory=dict, init=False)
    _alphas: dict[int, Tensor] = field(default_factory=dict, init=False)

    def run(self, order: Sequence[int], draw: Callable[[], object] | None) -> None:
        """Visit the blocks in this order; ``draw`` is called before each, if there is one."""
        for place, number in enumerate(order):
            if draw is not None:
                draw()
                self.evaluation.new_batch()
            if place:
                self._visit(self.blocks[number])
            else:
                self._first(self.blocks[number])
        self._learn()

    def _first(self, block: Block) -> None:
        """Extrapolate every block, then visit the first; if that fails, nothing has changed."""
        before: list[tuple[Tensor, Tensor, State, Tensor]] = []
        try:
            self._extrapolate(before)
            self._visit(block)
        except BaseException:
            if not self.evaluation.updated:
                with torch.no_grad():
                    for w, kept, state, displacement in before:
                        w.copy_(kept)
                        state["displacement"] = displacement
            raise

    def _extrapolate(self, before: list[tuple[Tensor, Tensor, State, Tensor]]) -> None:
        """w ← w + βΔ, Δ ← βΔ, where a block has one; ``before`` gets what undoes it."""
        with torch.no_grad():
            for block in self.blocks:
                beta = block.group["extrapolation"]
                for w, state in zip(block.parameters, block.states, strict=True):
                    moved = state.get("displacement")
                    if not beta or moved is None:
                        continue
                    before.append((w, w.clone(), state, moved))
                    state["displacement"] = moved.mul(beta)
                    w.add_(state["displacement"])

    def _visit(self, block: Block) -> None:
        """T steps of a block, and one training step of its α."""
        found: list[Hypergradient | None]
        if not self._trains(block):
            self._steps(block, train=False)
            return
        if self.settings.unroll or self.settings.meta == "same":
            found = list(self._by_trial(block))
            if self.settings.meta == "same":
                self._train(block, found)
                self._steps(block, train=False)
                return
            self._steps(block, train=False)
        else:
            found = self._steps(block, train=True)
        self._train(block, found)

    def _step_sizes(self, block: Block) -> list[Tensor]:
        """The block's α; all are computed at once, and again after they were trained."""
        if not self._alphas:
            with torch.no_grad():
                for pool in self.pools:
                    parts = pool.cut(pool.step_sizes())
                    rows = zip(pool.thetas, parts, strict=True)
                    self._alphas.update((id(theta), alpha) for theta, alpha in rows)
        return [self._alphas[id(state["theta"])] for state in block.states]

    def _trains(self, block: Block) -> bool:
        return self.meta_optimiser is not None or block.group["meta_lr"] != 0

    def _steps(self, block: Block, train: bool) -> list[Hypergradient | None]:
        """The block's T steps with α as it is, and the closed-form hypergradient on the way."""
        alphas = self._step_sizes(block)
        found: list[Hypergradient | None] = [None] * len(alphas)
        for t in range(self.settings.inner):
            gradients = self._gradients(block)
            with torch.no_grad():
                lengths = self._lengths(block, gradients, train)
                if train:
                    weight = self.settings.meta_weights[t - 1]  # w^{(t)}, led to by step t
                    found = self._collected(block, found, (gradients, lengths), weight)
                self._move(block, alphas, clipped(gradients, block.group))
                self._keep_lengths(block, lengths)
            self.evaluation.stepped(block.number, block.group["name"])
            self.counters.block_updates += 1
        return found

    def _lengths(self, block: Block, gradients: Gradients, train: bool) -> Gradients:
        """Lengths of the gradients, where the cosine needs them besides their product."""
        if not (train and self.settings.cosine):
            return [None] * len(gradients)
        shapes = [tuple(state["theta"].shape) for state in block.states]
        return [
            None if g is None or g.shape == shape else length(g, shape)
            for g, shape in zip(gradients, shapes, strict=True)
        ]

    def _keep_lengths(self, block: Block, lengths: Gradients) -> None:
        """They serve again with the next gradient, unless the direction was clipped."""
        for state, own in zip(block.states, lengths, strict=True):
            state["length"] = own if block.group["clip"] is None else None

    def _collected(
        self,
        block: Block,
        found: list[Hypergradient | None],
        measured: tuple[Gradients, Gradients],
        weight: float,
    ) -> list[Hypergradient | None]:
        """The sum so far, and ω_t times the term of the step that led to these gradients."""
        result: list[Hypergradient | None] = []
        rows = zip(found, *measured, block.states, strict=True)
        for old, g, own, state in rows:
            if g is None or state["direction"] is None:
                result.append(old)
                continue
            shape = tuple(state["theta"].shape)
            before = state.get("length")
            lengths = None if own is None or before is None else (own, before)
            term = closed_form(g, state["direction"], shape, self.settings.cosine, lengths)
            if old is None and weight == 1:
                result.append(term)
                continue
            start = old or Hypergradient(
                torch.zeros_like(term.by_alpha),
                None if term.most is None else torch.zeros_like(term.most),
            )
            result.append(start.plus(term, weight))
        return result

    def _gradients(self, block: Block) -> Gradients:
        """Of ℓ + (λ/2)‖·‖² by the block."""
        found = self.evaluation.gradient(block.number, block.group["name"], block.parameters)
        return decayed(found, block.parameters, block.group)

    def _move(self, block: Block, alphas: Sequence[Tensor], directions: Gradients) -> None:
        momentum, extrapolation = block.group["momentum"], block.group["extrapolation"]
        rows = zip(block.parameters, alphas, directions, block.states, strict=True)
        for w, alpha, d, state in rows:
            if d is None:
                continue
            old = state.get("displacement")
            if momentum and old is not None:
                w.add_(old.mul_(momentum).addcmul_(d, alpha, value=-1))
            else:
                w.addcmul_(d, alpha, value=-1)
            if old is None and (momentum or extrapolation):
                state["displacement"] = (alpha * d).neg_().to(w.dtype)
            elif extrapolation and old is not None:
                old.addcmul_(d, alpha, value=-1)
            state["direction"] = d
            self.counters.parameter_updates += w.numel()

    def _train(self, block: Block, found: Sequence[Hypergradient | None]) -> None:
        """Keep what trains θ: at the end of the sweep, or now if it is for this very batch."""
        for state, hyper in zip(block.states, found, strict=True):
            if hyper is not None:
                self._found[id(state["theta"])] = hyper
        if self.settings.meta == "same":
            self._learn()

    def _learn(self) -> None:
        """Train the θ of the blocks visited since the last time."""
        if not self._found:
            return
        rows = []
        with torch.no_grad():
            for pool in self.pools:
                c, finite, bad = pool.ascent(self._found)
                self.bad = bad + torch.as_tensor(self.bad, device=bad.device)
                if self.meta_optimiser is None:
                    pool.climb(c)
                    continue
                parts = zip(pool.thetas, pool.cut(c), pool.cut(finite), pool.groups, strict=True)
                rows += [row for row in parts if id(row[0]) in self._found]
            if self.meta_optimiser is not None:
                meta_step(self.meta_optimiser, rows)
        self._found, self._alphas = {}, {}

    def _by_trial(self, block: Block) -> list[Hypergradient]:
        """The derivative of the meta-loss on the present batch, through n steps from here."""

        def gradients(graph: bool) -> tuple[list[Tensor], list[Tensor]]:
            found = self.evaluation.gradient(
                block.number, block.group["name"], block.parameters, graph
            )
            with torch.set_grad_enabled(graph):
                own = [
                    torch.zeros_like(w) if g is None else g
                    for g, w in zip(
                        decayed(found, block.parameters, block.group),
                        block.parameters,
                        strict=True,
                    )
                ]
                direction = [d for d in clipped(list(own), block.group) if d is not None]
            return own, direction

        momentum = block.group["momentum"]
        trial = Trial(
            block.parameters,
            self._step_sizes(block),
            [state.get("displacement") if momentum else None for state in block.states],
            momentum,
            gradients,
            lambda: self.evaluation.changed(block.number),
        )
        return unrolled(trial, self.settings.meta_weights, self.settings.cosine)


def decayed(
    gradients: Sequence[Tensor | None], weights: Sequence[Tensor], group: Group
) -> Gradients:
    """g + λw."""
    decay = group["weight_decay"]
    if not decay:
        return list(gradients)
    return [
        None if g is None else g.add(w, alpha=decay)
        for g, w in zip(gradients, weights, strict=True)
    ]


def clipped(gradients: Gradients, group: Group) -> Gradients:
    """The block's gradient, scaled down to the norm ``clip`` where it is longer."""
    clip = group["clip"]
    present = [g for g in gradients if g is not None]
    if clip is None or not present:
        return gradients
    length = torch.stack([g.square().sum() for g in present]).sum()
    tiny = torch.finfo(length.dtype).tiny
    factor = (clip / length.clamp(min=tiny).sqrt()).clamp(max=1.0)
    return [None if g is None else g * factor for g in gradients]
