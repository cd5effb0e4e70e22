"""``state_dict`` of SAMT: everything that the next step depends on, to the last bit.

Besides what every torch optimiser stores (per-parameter tensors, settings of the groups) it holds
under ``"samt"``: a format number, names and shapes of blocks, the order's generator, the
counters, and the state of the meta-optimiser. All of it is tensors, numbers, strings, tuples,
lists and dicts, so ``torch.load(..., weights_only=True)`` reads it.

It is loaded into a copy first, wholly, and checked there; what does not fit has changed nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import count, islice
from typing import Any

import torch
from torch import Tensor

from amverify.errors import InvalidInput, one_line
from amverify.samt.blocks import Group
from amverify.samt.counters import Counters
from amverify.samt.values import check_now, numbers

FORMAT = 1
KEPT = ("theta", "square", "direction", "displacement", "owned")
_LONGEST = 400
"""Characters of a message: a name in a spoilt file may be a tensor, over many lines."""
_MOST = 2**63
"""Beyond it a count is none: no float holds 10⁴⁰⁰."""
PARTS = ("blocks", "generator", "counters", "bad", "meta_optimiser")


def stored(optimiser: Any, whole: dict[str, Any]) -> dict[str, Any]:
    """The state that torch stores, and what SAMT adds."""
    for group in whole["param_groups"]:
        group.pop("kind")
    meta = optimiser.meta_optimiser
    whole["samt"] = {
        "format": FORMAT,
        "blocks": described(optimiser.param_groups, optimiser.state),
        "generator": optimiser._generator.get_state(),
        "counters": optimiser.counters.as_dict(),
        "bad": optimiser._bad,
        "meta_optimiser": meta and meta.state_dict(),
    }
    return whole


class Loading:
    """The part that SAMT takes in torch's ``load_state_dict``: between the hooks of others.

    torch would cast step sizes to their weights' precision. So what is loaded is taken by a hook
    after all that come before; torch itself is given nothing to take, and what it made of that
    is set right before the hooks that come after.
    """

    def __init__(self, optimiser: Any) -> None:
        self._state, self._groups = optimiser.state, optimiser.param_groups
        self._hooks = [
            optimiser.register_load_state_dict_pre_hook(self._take),
            optimiser.register_load_state_dict_post_hook(self._set_right, prepend=True),
        ]

    @staticmethod
    def given(stored: Any) -> dict[str, Any]:
        """What torch can copy and hand to hooks.

        Raises:
            InvalidInput: if it is nothing like a checkpoint.
        """
        if not isinstance(stored, Mapping):
            raise InvalidInput("checkpoint: it is not one of this version of SAMT")
        return dict(stored)

    def end(self) -> None:
        """The hooks are removed."""
        for hook in self._hooks:
            hook.remove()

    def _take(self, optimiser: Any, given: dict[str, Any]) -> dict[str, Any]:
        load(optimiser, given)
        numbers = count()
        return {
            "state": {},
            "param_groups": [
                {"params": [*islice(numbers, len(g["params"]))]} for g in self._groups
            ],
        }

    def _set_right(self, optimiser: Any) -> None:
        optimiser.state, optimiser.param_groups = self._state, self._groups


def load(optimiser: Any, given: Mapping[str, Any]) -> None:
    """Take a stored state over, all of it or nothing.

    Raises:
        InvalidInput: in one line; nothing is changed then.
    """
    try:
        check(given, optimiser)
        own = given["samt"]
        generator = torch.Generator()
        generator.set_state(own["generator"].cpu())
        counters = Counters()
        counters.restore({key: _count(n, str(key)) for key, n in own["counters"].items()})
        bad = _count(own["bad"], "bad")
        groups = _groups(given["param_groups"], optimiser.param_groups)
        states = _states(given["state"], optimiser)
        meta = _meta(own["meta_optimiser"], optimiser)
    except InvalidInput as error:
        raise InvalidInput(one_line(error, _LONGEST)) from None
    except Exception as error:  # whatever a spoilt file holds
        said = str(error).splitlines() or [""]
        raise InvalidInput(
            f"checkpoint: it is damaged ({type(error).__name__}: {said[0][:200]})"
        ) from error
    for group, values in zip(optimiser.param_groups, groups, strict=True):
        group.update(values)
    for w, state in states.items():
        theta = optimiser.state[w]["theta"]
        theta.copy_(state.pop("theta"))
        optimiser.state[w].clear()
        optimiser.state[w].update({"theta": theta, "direction": None, **state})
    optimiser._generator.set_state(generator.get_state())
    optimiser.counters.restore(counters.as_dict())
    optimiser._bad, optimiser._blocks = bad, None
    if optimiser.meta_optimiser is not None:
        optimiser.meta_optimiser.load_state_dict(meta)


def described(groups: Sequence[Group], state: Mapping[Tensor, Mapping[str, Any]]) -> list[Any]:
    """Name of every block, with the shape of each parameter and of its step sizes."""
    return [
        [
            group["name"],
            [
                [list(w.shape), list(state[w]["theta"].shape) if w in state else None]
                for w in group["params"]
            ],
        ]
        for group in groups
    ]


def check(given: Mapping[str, Any], optimiser: Any) -> None:
    """Refuse a checkpoint of another model, of another kind, or of another optimiser.

    Raises:
        InvalidInput: with the first block and shape that differ; nothing was changed.
    """
    own = given.get("samt") if isinstance(given, Mapping) else None
    if not isinstance(own, Mapping) or own.get("format") != FORMAT:
        raise InvalidInput("checkpoint: it is not one of this version of SAMT")
    lost = {"state", "param_groups"} - set(given) | set(PARTS) - set(own)
    if lost:
        raise InvalidInput(f"checkpoint: {', '.join(sorted(lost))} is missing")
    _check_blocks(own["blocks"], described(optimiser.param_groups, optimiser.state))
    if (own["meta_optimiser"] is not None) != (optimiser.meta_optimiser is not None):
        raise InvalidInput("checkpoint: one of the two has a meta_optimiser, the other none")


def _check_blocks(theirs: Sequence[Any], mine: Sequence[Any]) -> None:
    if len(theirs) != len(mine):
        raise InvalidInput(f"checkpoint: {len(theirs)} blocks, but the model has {len(mine)}")
    for (their_name, their_shapes), (name, shapes) in zip(theirs, mine, strict=True):
        if their_name != name or len(their_shapes) != len(shapes):
            raise InvalidInput(
                f"checkpoint: block {their_name!r} of {len(their_shapes)} parameters where the "
                f"model has {name!r} of {len(shapes)}"
            )
        for (w, alpha), (own_w, own_alpha) in zip(their_shapes, shapes, strict=True):
            if list(w) != own_w:
                raise InvalidInput(
                    f"checkpoint: block {name!r} has a parameter of shape {tuple(w)}, the model "
                    f"one of shape {tuple(own_w)}"
                )
            if alpha != own_alpha:
                raise InvalidInput(
                    f"checkpoint: block {name!r}, parameter of shape {tuple(w)}: step sizes of "
                    f"shape {_shape(alpha)}, but the kind chosen here has {_shape(own_alpha)}"
                )


def _shape(alpha: Sequence[int] | None) -> str:
    return "none (frozen)" if alpha is None else str(tuple(alpha))


def _groups(stored: Any, mine: Sequence[Group]) -> list[Group]:
    """The settings of the blocks, checked as the constructor does; parameters stay one's own."""
    if not isinstance(stored, list) or len(stored) != len(mine):
        raise InvalidInput("checkpoint: param_groups should be a list, one for each block")
    found = []
    for theirs, group in zip(deepcopy(stored), mine, strict=True):
        where = f"checkpoint: block {group['name']!r}"
        lost = set(group) - set(theirs) - {"kind", "initial_lr", "decayed", "param_names"}
        if lost:
            raise InvalidInput(f"{where}: {', '.join(sorted(lost))} is missing")
        kept = ("params", "param_names", "kind", "name")
        values = {str(key): v for key, v in theirs.items() if key not in kept}
        values.setdefault("decayed", group["decayed"])
        values["bounds"] = tuple(values["bounds"])
        check_now(numbers(values, where), group["params"], where)
        found.append(values)
    return found


def _states(stored: Any, optimiser: Any) -> dict[Tensor, dict[str, Any]]:
    """What is kept for each parameter, copied in the precision that it has (torch would cast)."""
    found: dict[Tensor, dict[str, Any]] = {}
    parameters = [(g["name"], w) for g in optimiser.param_groups for w in g["params"]]
    for number, (name, w) in enumerate(parameters):
        if w in optimiser.state:
            theta = optimiser.state[w]["theta"]
            found[w] = _checked(stored.get(number), w, theta, f"checkpoint: block {name!r}")
    return found


def _checked(stored: Any, w: Tensor, theta: Tensor, where: str) -> dict[str, Any]:
    """Refuse what is kept for a parameter unless it is what a step relies on."""
    if not isinstance(stored, Mapping) or not isinstance(stored.get("theta"), Tensor):
        raise InvalidInput(f"{where}: a parameter has no step sizes")
    if set(stored) - set(KEPT):
        raise InvalidInput(f"{where}: {sorted(map(str, set(stored) - set(KEPT)))[0]!r} is unknown")
    whole, coarse = list(w.shape), list(theta.shape)
    shapes = {"theta": coarse, "square": coarse, "direction": whole, "displacement": whole}
    for part, shape in shapes.items():
        value = stored.get(part)
        if value is None:
            continue
        if not (isinstance(value, Tensor) and list(value.shape) == shape):
            found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise InvalidInput(
                f"{where}: {part} should have the shape {tuple(shape)}, it is {found}"
            )
        if not value.is_floating_point() or value.layout != torch.strided:
            raise InvalidInput(f"{where}: {part} should be of real numbers, it is {value.dtype}")
        if value.dtype not in _types(part, w, theta):
            here = _types(part, w, theta)[0]
            raise InvalidInput(f"{where}: {part} is of {value.dtype}, here it is of {here}")
        if part == "displacement" and not torch.isfinite(value).all():
            raise InvalidInput(f"{where}: {part} is not finite; no step can be taken with it")
    if torch.isnan(stored["theta"]).any():
        raise InvalidInput(f"{where}: a step size is NaN")
    if not isinstance(stored.get("owned", False), bool):
        raise InvalidInput(f"{where}: owned should be True or False")
    return {
        name: value.detach().clone().to(w.device) if isinstance(value, Tensor) else value
        for name, value in stored.items()
    }


def _types(part: str, w: Tensor, theta: Tensor) -> tuple[torch.dtype, ...]:
    """Of what types a step makes it: sums of half-precise directions may be either's."""
    if part == "square":
        return theta.dtype, w.dtype
    return (theta.dtype if part == "theta" else w.dtype,)


def _meta(stored: Any, optimiser: Any) -> Any:
    """The state of the meta-optimiser, once a copy has taken it and a step with it.

    torch's optimisers take what nobody can make a step with.
    """
    if optimiser.meta_optimiser is not None:
        copy = deepcopy(optimiser.meta_optimiser)
        copy.load_state_dict(deepcopy(stored))
        for group in copy.param_groups:
            for theta in group["params"]:
                theta.grad = torch.zeros_like(theta)
        with torch.random.fork_rng(devices=[]):
            copy.step()
    return deepcopy(stored)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST:
        raise InvalidInput(f"checkpoint: {name} should be a count, it is {value!r}")
    return value
