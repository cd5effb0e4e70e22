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
from typing import Any

import torch
from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.samt import checkpoint
from amverify.samt.averaging import check_same_model, is_parallel
from amverify.samt.blocks import Given, check_block, groups_of
from amverify.samt.counters import Counters
from amverify.samt.evaluation import Evaluation
from amverify.samt.fast.chain import Chain, find_chain, is_plain
from amverify.samt.fast.loops import Lanes, Slot
from amverify.samt.kinds import Kind, step_size_shape
from amverify.samt.settings import Settings, check_values
from amverify.samt.stepsizes import Pool, initial_factor, pooled
from amverify.samt.sweep import Block, Sweep
from amverify.samt.told import Closure, Loss, Told, asked


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
        self.settings = (Settings() if settings is None else settings).but(more)
        self.counters = Counters()
        self._generator = torch.Generator().manual_seed(self.settings.seed)
        self._blocks: list[Block] | None = None
        self._pools: list[Pool] = []
        self._chain: Chain | None = None
        self._draws = self.uses_chain = False
        self.meta_optimiser: torch.optim.Optimizer | None = None
        groups, self._model = groups_of(params, model)
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
        param_group = {**self.defaults, **param_group}
        param_group.setdefault("name", f"block {len(self.param_groups)}")
        if not isinstance(param_group["params"], Tensor):
            param_group["params"] = [
                item if isinstance(item, tuple) else (f"{param_group['name']}[{place}]", item)
                for place, item in enumerate(param_group["params"])
            ]
        taken = {id(w): own["name"] for own in self.param_groups for w in own["params"]}
        check_block(param_group, taken)
        check_values(param_group, f"block {param_group['name']!r}")
        names = [own["name"] for own in self.param_groups]
        if param_group["name"] in names:
            raise InvalidInput(f"blocks: two are named {param_group['name']!r}")
        if self.param_groups and self.meta_optimiser is not None:
            raise InvalidInput("blocks: with a meta_optimiser all are given at the start")
        shapes = [
            step_size_shape(
                param_group["kind"], tuple(w.shape), f"block {param_group['name']!r}: {n}"
            )
            for n, w in param_group["params"]
        ]
        super().add_param_group(param_group)
        for w, shape in zip(self.param_groups[-1]["params"], shapes, strict=True):
            if w.requires_grad:
                self.state[w] = {"theta": initial_factor(w, shape), "direction": None}
        self._blocks = None

    def step(  # type: ignore[override]
        self,
        closure: Closure | None = None,
        draw: Callable[[], object] | None = None,
        *,
        loss: Loss | None = None,
        inputs: Any = None,
        targets: Any = None,
    ) -> Tensor:
        """One sweep over the blocks, from a loss and a batch or from a closure.

        Args:
            closure: returns the mean loss of the present batch with its graph; it neither calls
                ``backward`` nor ``zero_grad``. Called once for each block and inner step.
            draw: with ``resample``, moves the closure on to the next batch; called before each
                block.
            loss: of the model's outputs and the targets, its mean; instead of a closure. It is a
                function: on the same arguments it gives the same, and it changes nothing. In a
                chain of modules a sweep then keeps what a block does not change
                (:mod:`amverify.samt.fast`).
            inputs: what the model is called with; a tensor has a row for each sample.
            targets: what the loss is called with besides.

        Returns:
            The loss at the first evaluation, before anything was changed, without a graph.

        Raises:
            NonFiniteLoss: if the loss is NaN or infinite.
            InvalidInput: if the loss is no scalar with its graph, arguments do not go together,
                or inputs or targets are on another device than the model.
        """
        told = asked(closure, loss, inputs, targets, self._model)
        if (draw is not None) != self.settings.resample:
            raise InvalidInput("step: draw is needed with resample=True, and only there")
        if draw is not None and closure is None:
            raise InvalidInput("step: with resample=True it needs a closure; draw moves it on")
        blocks = self._prepared()
        chain = self._found_chain(told, blocks)
        evaluation = Evaluation(told, self.counters, chain, self._model, self.settings)
        sweep = Sweep(
            blocks, self._pools, self.settings, evaluation, self.counters, self.meta_optimiser
        )
        try:
            with torch.no_grad():  # the loss alone is run with graphs
                sweep.run(self._order(len(blocks)), draw)
        finally:
            evaluation.end()
        self._bad += sweep.bad
        self.uses_chain = evaluation.chain is not None
        self._draws |= chain is not None and not self.uses_chain
        assert evaluation.first_loss is not None, "a sweep evaluates the loss"
        return evaluation.first_loss

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
        found = {
            id(theta): alpha.clone()
            for pool in self._pools
            for theta, alpha in zip(pool.thetas, pool.step_sizes(), strict=True)
        }
        return {
            name: found[id(self.state[w]["theta"])]
            for group in self.param_groups
            for name, w in zip(group["param_names"], group["params"], strict=True)
            if w in self.state
        }

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on; ``torch.load(weights_only=True)`` reads it."""
        stored = super().state_dict()
        for group in stored["param_groups"]:
            group.pop("kind")
        stored["samt"] = {
            "format": checkpoint.FORMAT,
            "blocks": checkpoint.described(self.param_groups, self.state),
            "generator": self._generator.get_state(),
            "counters": self.counters.as_dict(),
            "bad": self._bad,
            "meta_optimiser": self.meta_optimiser and self.meta_optimiser.state_dict(),
        }
        return stored

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another SAMT of the same model, kinds and settings was.

        Raises:
            InvalidInput: for a checkpoint of another model or kind; nothing is changed then.
        """
        mine = checkpoint.described(self.param_groups, self.state)
        checkpoint.check(state_dict, mine, self.meta_optimiser is not None)
        own = state_dict["samt"]
        thetas = {w: self.state[w]["theta"] for w in self.state}
        kinds = [group["kind"] for group in self.param_groups]
        super().load_state_dict({key: state_dict[key] for key in ("state", "param_groups")})
        for group, kind in zip(self.param_groups, kinds, strict=True):
            group["kind"], group["bounds"] = kind, tuple(group["bounds"])
        for w, theta in thetas.items():
            self.state[w]["theta"] = theta
        checkpoint.restore(state_dict["state"], self.param_groups, self.state)
        self._generator.set_state(own["generator"].cpu())
        self.counters.restore(own["counters"])
        self._bad = own["bad"]
        if self.meta_optimiser is not None:
            self.meta_optimiser.load_state_dict(own["meta_optimiser"])
        self._blocks = None

    def __getstate__(self) -> dict[str, Any]:
        """Everything that a copy needs; what refers to memory of this one is made anew."""
        return {**self.__dict__, "_blocks": None, "_pools": [], "_chain": None}

    def _thetas(self) -> list[Tensor]:
        return [own["theta"] for own in self.state.values()]

    def _order(self, count: int) -> list[int]:
        if self.settings.order == "random":
            return torch.randperm(count, generator=self._generator).tolist()
        forward = list(range(count))
        return forward if self.settings.order == "forward" else forward[::-1]

    def _made(self) -> list[Block]:
        """The blocks, with the step sizes of all in pools."""
        if self._blocks is not None:
            return self._blocks
        trained = [[w for w in g["params"] if w in self.state] for g in self.param_groups]
        pairs = zip(self.param_groups, trained, strict=True)
        self._pools = pooled((self.state[w]["theta"], g) for g, block in pairs for w in block)
        alphas: dict[int, Tensor] = {}
        slots: dict[int, Slot] = {}
        for pool in self._pools:
            ids = [id(theta) for theta in pool.thetas]
            alphas.update(zip(ids, pool.step_sizes(), strict=True))
            slots.update(zip(ids, pool.slots, strict=False))  # none where θ are many
        self._blocks = []
        for number, block in enumerate(trained):
            thetas = [id(self.state[w]["theta"]) for w in block]
            lanes = Lanes.of(block, [slots.get(k) for k in thetas])
            own = [alphas[k] for k in thetas]
            group = self.param_groups[number]
            self._blocks.append(Block(number, group, block, self.state, own, lanes))
        self._chain = None
        return self._blocks

    def _prepared(self) -> list[Block]:
        """The blocks, all of them still trained."""
        blocks = self._made()
        for block in blocks:
            for w in block.parameters:
                if not w.requires_grad:
                    raise InvalidInput(
                        f"block {block.group['name']!r}: a parameter of shape {tuple(w.shape)} was "
                        "frozen after this optimiser was made; make another"
                    )
        return blocks

    def _found_chain(self, told: Closure | Told, blocks: list[Block]) -> Chain | None:
        """The chain as the model is now, if it may serve: parts of a pass draw no numbers."""
        if not isinstance(told, Told) or self._draws or not is_plain(told.inputs):
            return None
        self._chain = find_chain(self._model, [block.parameters for block in blocks], self._chain)
        return self._chain
