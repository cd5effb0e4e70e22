r"""SAMT: stochastic alternating minimisation over layers, with trainable step sizes.

One step on a mini-batch ξ:

    w ← w + βΔ, Δ what the sweep before moved
    for block i in order (backward | forward | random):
        repeat T times:   w_i ← w_i − α_i ⊙ ∇_i ℓ(w; ξ)
        train α_i

``meta="lagged"`` uses on a batch only step sizes that were trained on earlier ones: they are
*predictable*, which S1–S3 need. ``meta="same"`` trains α_i on the batch that it is then used on,
by a trial step; that is what practice often does, it costs a further gradient, and S6 exhibits
what it forfeits.

This is a documented *reconstruction* of the method of arXiv 2508.04193 from its public abstract:
the paper's formulas are not in the public record that we have.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any

import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput, expect, of_kinds
from amverify.samt import checkpoint
from amverify.samt.asking import check_batch, part_of, parts_of
from amverify.samt.assembly import Frozen, alphas_by_name, assembled, begun, completed
from amverify.samt.averaging import check_same_model, is_parallel
from amverify.samt.blocks import Given, Group, groups_of
from amverify.samt.closures import Stored
from amverify.samt.counters import Counters
from amverify.samt.evaluation import Evaluation
from amverify.samt.kinds import Kind
from amverify.samt.parts import Part
from amverify.samt.plan import Plan, Ways
from amverify.samt.scaler import scaler_of
from amverify.samt.settings import Settings
from amverify.samt.stepsizes import Pool
from amverify.samt.sweep import Block, Sweep
from amverify.samt.told import Closure, Loss, Told
from amverify.samt.undo import Kept
from amverify.samt.values import Current


class SAMT(torch.optim.Optimizer):
    """The optimiser; ``step`` is one sweep over the blocks.

    Args:
        params: a module (one block a layer) or param groups (each a block).
        lr: α₀, the initial step size; a scheduler that changes it scales all step sizes.
        kind: the shape of α: scalar, row, column, element, a shape, or a function of the
            parameter's shape (:mod:`amverify.samt.kinds`).
        meta_lr: β of θ ← θ + βc; 0 leaves step sizes as they are. A group may have its own lr,
            kind and meta_lr, and those of ``settings`` that are of blocks.
        model: the module whose loss is told to ``step``, where ``params`` is not it.
        settings: how a step goes.
        more: settings by their names, instead of those in ``settings``.

    Raises:
        InvalidInput: for settings, blocks or a model that are not admitted.
    """

    _step_supports_amp_scaling = True  # GradScaler.step then tells what it knows

    def __init__(
        self,
        params: Given,
        lr: float = 0.03,
        *,
        kind: Kind = "column",
        meta_lr: float = 0.01,
        model: nn.Module | None = None,
        settings: Settings | None = None,
        **more: Any,
    ) -> None:
        of_kinds(locals(), {"settings": (Settings, NoneType)})
        self.settings = (Settings() if settings is None else settings).but(more)
        self.counters = Counters()
        self._generator = torch.Generator().manual_seed(self.settings.seed)
        self._currents: list[Current] = []
        self._blocks: list[Block] | None = None
        self._pools: list[Pool] = []
        self._ways = Ways()
        self._held: list[Part] = []
        self._stored: Stored | None = None
        self.meta_optimiser: torch.optim.Optimizer | None = None
        groups, self._model = groups_of(params, model)
        self._frozen = Frozen(self._model)
        rates = {"lr": lr, "kind": kind, "meta_lr": meta_lr}
        super().__init__(groups, {**rates, **self.settings.of_blocks})
        self._bad = 0
        if self.settings.meta_optimiser is not None:
            self.meta_optimiser = self.settings.meta_optimiser(self._thetas())
        if is_parallel(self.settings.process_group):
            check_same_model(self.param_groups, self.settings.process_group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a block.

        Raises:
            InvalidInput: if it is empty, shares a parameter with another, or cannot be trained.
        """
        group = completed(param_group, self.defaults, self.param_groups)
        if self.param_groups and self.meta_optimiser is not None:
            raise InvalidInput("blocks: with a meta_optimiser all are given at the start")
        super().add_param_group(group)
        self._currents.append(Current(self.param_groups[-1]))
        self._begin(self.param_groups[-1])
        self._blocks = None

    def step(  # type: ignore[override]
        self,
        closure: Closure | None = None,
        draw: Callable[[], object] | None = None,
        *,
        loss: Loss | None = None,
        inputs: Any = None,
        targets: Any = None,
        samples: int | None = None,
    ) -> Tensor:
        """One sweep over the blocks, from a loss and a batch or from a closure.

        Args:
            closure: returns the mean loss of the present batch with its graph. Called once for
                each block and inner step. One that calls ``backward`` itself is taken at its word:
                a block's gradient is what that call leaves in ``.grad``.
            draw: with ``resample``, moves the closure on to the next batch; called before each
                block.
            loss: of the model's outputs and the targets, its mean; instead of a closure. It is a
                function: on the same arguments it gives the same, and it changes nothing. In a
                chain of modules a sweep then keeps what a block does not change
                (:mod:`amverify.samt.fast`).
            inputs: what the model is called with; a tensor has a row for each sample.
            targets: what the loss is called with besides.
            samples: of how many samples a closure's loss is the mean: its weight beside other
                ranks' and beside what was accumulated.

        Returns:
            The loss at the first evaluation, before anything was changed, without a graph. Of
            ``stored`` gradients, whose loss is not known, 0.

        Raises:
            NonFiniteLoss: if the loss is NaN or infinite.
            InvalidInput: if the loss is no scalar with its graph, or arguments do not go together.
        """
        scaled = scaler_of(self)
        given = closure, (loss, inputs, targets), samples
        parts = parts_of(self._held, given, self._model, self.settings, self.param_groups)
        if (draw is not None) != self.settings.resample:
            raise InvalidInput("step: draw is needed with resample=True, and only there")
        if draw is not None and (len(parts) > 1 or isinstance(parts[0].loss, Told)):
            raise InvalidInput("step: with resample=True it needs a closure; draw moves it on")
        if scaled is not None and not scaled.admit(parts, self.param_groups):
            return torch.zeros(())  # as every optimiser, it leaves out a step that overflowed
        blocks = self._prepared()
        told = all(isinstance(part.loss, Told) for part in parts)
        stored = Stored([w for block in blocks for w in block.parameters], asked=not told)
        chain = self._ways.chain_for(self._model, [part.loss for part in parts], blocks)
        evaluation = Evaluation(parts, self.counters, chain, self._model, self.settings, stored)
        sweep = Sweep(
            blocks, self._pools, self.settings, evaluation, self.counters, self.meta_optimiser
        )
        self._stored = stored
        first = None if told or self.counters.block_updates else Kept(self)
        try:
            with torch.no_grad():  # the loss alone is run with graphs
                sweep.run(self._order(len(blocks)), draw)
        except InvalidInput:
            if first is not None:  # a closure that cannot serve shows it at its second call
                first.put_back()
            raise
        finally:
            evaluation.end()
            self._stored, self._held = None, []
        self._bad += sweep.bad
        self._ways.over(evaluation)
        assert evaluation.first_loss is not None, "a sweep evaluates the loss"
        return evaluation.first_loss

    def accumulate(
        self,
        closure: Closure | None = None,
        *,
        loss: Loss | None = None,
        inputs: Any = None,
        targets: Any = None,
        samples: int | None = None,
    ) -> None:
        """Hold a micro-batch; the next ``step()`` takes the mean loss of all, by their samples.

        It is evaluated then, anew for each block, each graph let go before the next is made.

        Raises:
            InvalidInput: if arguments do not go together, as ``step``.
        """
        self._held.append(part_of(self._model, closure, (loss, inputs, targets), samples))

    def evaluate(
        self,
        closure: Closure | None = None,
        *,
        loss: Loss | None = None,
        inputs: Any = None,
        targets: Any = None,
    ) -> Tensor:
        """The loss at the present weights; nothing is drawn, kept or changed by it."""
        part = part_of(self._model, closure, (loss, inputs, targets), None)
        return part.value([self._model, *self.settings.replay])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Empty ``.grad``; needed only where something else fills it."""
        if self._stored is not None:
            self._stored.emptied = True
        super().zero_grad(set_to_none)

    @property
    def uses_chain(self) -> bool:
        """Whether the last step took less than a whole pass for each block; ``plan`` says why."""
        return self._ways.used

    def plan(self, inputs: Any = None) -> Plan:
        """How a told step takes each block's gradient, why not faster, and what the last one did.

        Printed, it has a line for each block, in the order of a sweep if that is no random one.

        Args:
            inputs: of a batch; without it the plan is of the model alone.

        Raises:
            InvalidInput: for what is no batch: a text, a number, a module, a loader.
        """
        expect("plan", self, SAMT, "it is asked of an optimiser, SAMT(model).plan(inputs)")
        check_batch("plan: inputs", inputs)
        return self._ways.plan(self._model, inputs, self._made(), self.settings)

    @property
    def gradient_evaluations(self) -> float:
        """Partial derivatives computed, over the number of trained parameters."""
        size = sum(w.numel() for w in self.state)
        return self.counters.partial_derivatives / size

    @property
    def bad_hypergradients(self) -> int:
        """How many entries of hypergradients were not finite, and so left their α unchanged."""
        return self._bad

    def step_sizes(self) -> dict[str, Tensor]:
        """α of every trained parameter by its name, as the next use takes it; broadcastable."""
        self._made()
        return alphas_by_name(self.param_groups, self._pools, self.state)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on; ``torch.load(weights_only=True)`` reads it.

        Hooks see it whole.
        """
        hook = self.register_state_dict_post_hook(checkpoint.stored, prepend=True)
        try:
            return super().state_dict()
        finally:
            hook.remove()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another SAMT of the same model, kinds and settings was.

        Hooks are called as by every torch optimiser: what they make of it is what is loaded.

        Raises:
            InvalidInput: for a checkpoint of another model or kind, or a damaged one; nothing is
                changed then.
        """
        loading = checkpoint.Loading(self)
        try:
            super().load_state_dict(loading.given(state_dict))
        finally:
            loading.end()

    def __getstate__(self) -> dict[str, Any]:
        """Everything that a copy needs; what refers to memory of this one is made anew."""
        return {**self.__dict__, "_blocks": None, "_pools": [], "_held": []}

    def _thetas(self) -> list[Tensor]:
        return [own["theta"] for own in self.state.values()]

    def _order(self, count: int) -> list[int]:
        if self.settings.order == "random":
            return torch.randperm(count, generator=self._generator).tolist()
        forward = list(range(count))
        return forward if self.settings.order == "forward" else forward[::-1]

    def _begin(self, group: Group) -> bool:
        """Make what is kept for the group's trained parameters, where it is not made yet."""
        new = [w for w in group["params"] if w.requires_grad and w not in self.state]
        for w in new:
            self.state[w] = begun(group, w)
        return bool(new)

    def _made(self) -> list[Block]:
        """The blocks with their settings of now, and the step sizes of all in pools."""
        for current in self._currents:
            current.read()
        if self._blocks is None or not all(block.stands(self.state) for block in self._blocks):
            self._blocks, self._pools = assembled(self.param_groups, self._currents, self.state)
            self._ways.chain = None
        return self._blocks

    def _prepared(self) -> list[Block]:
        """The blocks, all of them still trained, and all that is to be trained in them."""
        self._frozen.check(self.param_groups)
        if any([self._begin(group) for group in self.param_groups]):
            if self.meta_optimiser is not None:
                raise InvalidInput("blocks: with a meta_optimiser none is unfrozen; make another")
            self._blocks = None
        blocks = self._made()
        for block in blocks:
            for w in block.parameters:
                if not w.requires_grad:
                    raise InvalidInput(
                        f"block {block.group['name']!r}: a parameter of shape {tuple(w.shape)} was "
                        "frozen after this optimiser was made; make another"
                    )
        return blocks
