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

from amverify.samt.ahead import Ahead
from amverify.samt.blocks import Group
from amverify.samt.clipping import Budget, clip_factor
from amverify.samt.counters import Counters
from amverify.samt.evaluation import Evaluation
from amverify.samt.fast.loops import Lanes
from amverify.samt.hypergradient import Trial, unrolled
from amverify.samt.moves import Gradient, decayed, move, move_together
from amverify.samt.parts import Target, whole
from amverify.samt.rule import Rule, State
from amverify.samt.settings import Settings
from amverify.samt.stepsizes import Hypergradient, Pool, meta_step


@dataclass(frozen=True)
class Block:
    """A block as a sweep sees it; ``alphas`` are where its pools put its step sizes."""

    number: int
    group: Group
    parameters: list[Tensor]
    all_state: Any
    alphas: list[Tensor]
    lanes: Lanes | None

    def stands(self, state: Any) -> bool:
        """Whether what is kept is where it was; who moves an optimiser to a device copies it."""
        rows = zip(self.parameters, self.states, strict=True)
        return self.all_state is state and all(state[w] is own for w, own in rows)

    @cached_property
    def target(self) -> Target:
        """What an evaluation is asked for."""
        name, size = self.group["name"], sum(w.numel() for w in self.parameters)
        return Target(self.number, name, self.parameters, size)

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
    bad: int = field(default=0, init=False)
    _found: dict[int, Hypergradient] = field(default_factory=dict, init=False)
    _current: bool = field(default=False, init=False)
    _budget: Budget | None = field(default=None, init=False)
    _ahead: Ahead = field(default_factory=Ahead, init=False)

    def run(self, order: Sequence[int], draw: Callable[[], object] | None) -> None:
        """Visit the blocks in this order; ``draw`` is called before each, if there is one."""
        for place, number in enumerate(order):
            if draw is not None:
                with torch.enable_grad():
                    draw()
                self.evaluation.new_batch()
            if place:
                self._visit(self.blocks[number])
            else:
                self._first(self.blocks[number])
        self._learn()

    def _first(self, block: Block) -> None:
        """Extrapolate every block, then visit the first; if that fails, nothing has changed."""
        try:
            self._extrapolate()
            if self.settings.clip_total is not None:
                self._budget = self._whole(self.settings.clip_total)
            self._visit(block)
        except BaseException:
            if not self.evaluation.updated:
                self._ahead.back()
            raise

    def _extrapolate(self) -> None:
        """w ← w + βΔ where a block has one; Δ ← βΔ once there is a gradient."""
        for block in self.blocks:
            beta = block.group["extrapolation"]
            for w, state in zip(block.parameters, block.states, strict=True):
                moved = state.get("displacement")
                if beta and moved is not None:
                    self._ahead.go(w, moved, beta)

    def _whole(self, limit: float) -> Budget:
        """The limit of all directions together, and the whole gradient where the sweep starts."""
        number = self.evaluation.earliest(range(len(self.blocks)))
        every = [w for block in self.blocks for w in block.parameters]
        name, size = self.blocks[number].group["name"], sum(w.numel() for w in every)
        found = self.evaluation.gradient(Target(number, name, every, size))
        groups = [block.group for block in self.blocks for _ in block.parameters]
        rows = zip(found, every, groups, strict=True)
        return Budget(limit, [decayed([g], [w], group)[0] for g, w, group in rows])

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
        """The block's α."""
        if not self._current:
            for pool in self.pools:
                pool.step_sizes()
            self._current = True
        return block.alphas

    def _trains(self, block: Block) -> bool:
        return self.meta_optimiser is not None or block.group["meta_lr"] != 0

    def _steps(self, block: Block, train: bool) -> list[Hypergradient | None]:
        """The block's T steps with α as it is, and the closed-form hypergradient on the way."""
        alphas = self._step_sizes(block)
        rule = Rule(block.group, train, self.settings.cosine, decays=True)
        found: list[Hypergradient | None] = []
        for t in range(self.settings.inner):
            gradients = self.evaluation.factored(block.target)
            self._ahead.settle()
            terms = self._move(block, alphas, gradients, rule)
            self.evaluation.stepped(block.target)
            self.counters.block_updates += 1
            weight = self.settings.omegas[t - 1]  # of w^{(t)}, led to by the step before
            if not found and weight == 1:
                found = terms
                continue
            found = [
                old if term is None else term.weighted(weight, old)
                for old, term in zip(found or [None] * len(terms), terms, strict=True)
            ]
        return found

    def _move(
        self, block: Block, alphas: Sequence[Tensor], gradients: Sequence[Gradient], rule: Rule
    ) -> list[Hypergradient | None]:
        """A step of each parameter along its gradient, and what was measured on the way."""
        if block.group["clip"] is not None or self._budget is not None:
            scaled = decayed(map(whole, gradients), block.parameters, block.group)
            rule = rule.clipped(self._factor(scaled, block.group["clip"]))
            gradients = scaled
        self.counters.parameter_updates += block.target.size
        if block.lanes is not None and alphas is block.alphas and self.settings.inner == 1:
            moved = move_together(block.lanes, gradients, block.states, rule)
            if moved is not None:
                return moved
        terms: list[Hypergradient | None] = []
        rows = zip(block.parameters, alphas, gradients, block.states, strict=True)
        for w, alpha, gradient, state in rows:
            if gradient is None:
                terms.append(None)
                self.counters.parameter_updates -= w.numel()
            else:
                terms.append(move(w, alpha, gradient, state, rule))
        return terms

    def _factor(self, gradients: list[Tensor | None], clip: float | None) -> Tensor | None:
        """By which a block's gradient is scaled: its own limit's, and that of all together."""
        factor = None if clip is None else clip_factor(gradients, clip)
        return factor if self._budget is None else self._budget.spent(gradients, factor)

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
        if self.meta_optimiser is None:
            self.bad += sum(pool.train(self._found) for pool in self.pools)
        else:
            self._meta_step(self.meta_optimiser)
        self._found, self._current = {}, False

    def _meta_step(self, optimiser: torch.optim.Optimizer) -> None:
        """Let a torch optimiser train the θ."""
        rows = []
        for pool in self.pools:
            c, finite = pool.ascent(self._found)
            if finite is not None:
                self.bad += int(len(c) - finite.sum())
            known = [None] * len(pool.thetas) if finite is None else pool.cut(finite)
            parts = zip(pool.thetas, pool.cut(c), known, pool.groups, strict=True)
            rows += [row for row in parts if id(row[0]) in self._found]
        meta_step(optimiser, rows)

    def _by_trial(self, block: Block) -> list[Hypergradient]:
        """The derivative of the meta-loss on the present batch, through n steps from here."""

        def gradients(graph: bool) -> tuple[list[Tensor], list[Tensor]]:
            found = self.evaluation.gradient(block.target, graph)
            clip = block.group["clip"]
            with torch.set_grad_enabled(graph):
                present = [
                    torch.zeros_like(w) if g is None else g
                    for g, w in zip(
                        decayed(found, block.parameters, block.group), block.parameters, strict=True
                    )
                ]
                factor = None if clip is None else clip_factor(present, clip)
                return present, present if factor is None else [g * factor for g in present]

        momentum = block.group["momentum"]
        trial = Trial(
            block.parameters,
            self._step_sizes(block),
            [state.get("displacement") if momentum else None for state in block.states],
            momentum,
            gradients,
            lambda: self.evaluation.changed(block.number),
        )
        return unrolled(trial, self.settings.omegas, self.settings.cosine)
