"""What a sweep runs on: blocks with their step sizes in pools, made of param groups and state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from amverify.errors import InvalidInput
from amverify.samt.blocks import Group, check_block
from amverify.samt.fast.loops import Lanes
from amverify.samt.fast.table import Slot
from amverify.samt.kinds import step_size_shape
from amverify.samt.stepsizes import Pool, initial_factor, pooled
from amverify.samt.sweep import Block
from amverify.samt.values import Current, check_now, check_start, numbers


def completed(param_group: Group, defaults: Group, groups: Sequence[Group]) -> Group:
    """A group as it joins the others: with every setting, names for parameters, checked.

    Raises:
        InvalidInput: if it is empty, shares a parameter with another, or cannot be trained.
    """
    group = {**defaults, **param_group}
    group.setdefault("name", f"block {len(groups)}")
    if not isinstance(group["params"], Tensor):
        group["params"] = [
            item if isinstance(item, tuple) else (f"{group['name']}[{place}]", item)
            for place, item in enumerate(group["params"])
        ]
    else:
        group["params"] = [(f"{group['name']}[0]", group["params"])]
    taken = {id(w): own["name"] for own in groups for w in own["params"]}
    where = f"block {group['name']!r}"
    check_block(group, taken)
    values = numbers(group, where)
    check_now(values, [w for _, w in group["params"]], where)
    check_start(values, where)
    if group["name"] in [own["name"] for own in groups]:
        raise InvalidInput(f"blocks: two are named {group['name']!r}")
    for name, w in group["params"]:
        step_size_shape(group["kind"], tuple(w.shape), f"{where}: {name}")
    return group


def begun(group: Group, w: Tensor) -> dict[str, Any]:
    """What is kept for a parameter of the group at its start."""
    shape = step_size_shape(group["kind"], tuple(w.shape), f"block {group['name']!r}")
    return {"theta": initial_factor(w, shape), "direction": None}


def assembled(
    groups: Sequence[Group], currents: Sequence[Current], state: Any
) -> tuple[list[Block], list[Pool]]:
    """The blocks, with the step sizes of all in pools."""
    trained = [[w for w in group["params"] if w in state] for group in groups]
    values = [current.values for current in currents]
    pairs = zip(values, trained, strict=True)
    pools = pooled((state[w]["theta"], own) for own, block in pairs for w in block)
    alphas: dict[int, Tensor] = {}
    slots: dict[int, Slot] = {}
    for pool in pools:
        ids = [id(theta) for theta in pool.thetas]
        alphas.update(zip(ids, pool.step_sizes(), strict=True))
        slots.update(zip(ids, pool.slots, strict=False))  # none where θ are many
    blocks = []
    for number, (block, own) in enumerate(zip(trained, values, strict=True)):
        thetas = [id(state[w]["theta"]) for w in block]
        lanes = Lanes.of(block, [slots.get(k) for k in thetas])
        blocks.append(Block(number, own, block, state, [alphas[k] for k in thetas], lanes))
    return blocks, pools


def alphas_by_name(groups: Sequence[Group], pools: Sequence[Pool], state: Any) -> dict[str, Tensor]:
    """Copies of α of every trained parameter."""
    found = {
        id(theta): alpha.clone()
        for pool in pools
        for theta, alpha in zip(pool.thetas, pool.step_sizes(), strict=True)
    }
    return {
        name: found[id(state[w]["theta"])]
        for group in groups
        for name, w in zip(group["param_names"], group["params"], strict=True)
        if w in state
    }


class Frozen:
    """Parameters of the model that were frozen, and so left out, when the blocks were made."""

    def __init__(self, model: nn.Module | None) -> None:
        named = [] if model is None else [*model.named_parameters()]
        self._left_out = [(name, w) for name, w in named if not w.requires_grad]

    def check(self, groups: Sequence[Group]) -> None:
        """Refuse to go on without one that is to be trained since.

        Raises:
            InvalidInput: with its name.
        """
        woken = [(name, w) for name, w in self._left_out if w.requires_grad]
        if not woken:
            return
        held = {id(w) for group in groups for w in group["params"]}
        for name, w in woken:
            if id(w) not in held:
                raise InvalidInput(
                    f"{name} of shape {tuple(w.shape)} was unfrozen after this optimiser was made "
                    "and is in no block; give it to optimiser.add_param_group"
                )
