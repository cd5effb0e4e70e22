"""Spoilt checkpoints of SAMT: taken whole, or refused in a line with the optimiser as it was.

``python -m pytest tests/samt/test_spoilt_states.py -m long`` loads 3,000 of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

import amverify as amv
from amverify.errors import InvalidInput

KINDS = {
    "full": {"weight_decay": 0.01, "clip": 5.0},
    "scalar": {"kind": "scalar", "momentum": 0.5, "order": "random", "extrapolation": 0.0},
    "meta": {"meta_lr": 0.0, "meta_optimiser": lambda alphas: torch.optim.Adam(alphas, lr=0.01)},
}
VALUES: tuple[Any, ...] = (
    *(0, -1, 2**63, 10**400, 1e308, float("nan"), float("inf"), True, None, "", "x", b"x", 1j),
    *([], {}, (), [[]], {"": 0}, torch.ones(1), torch.ones(2, 3, dtype=torch.complex64)),
    *(torch.tensor(float("nan")), torch.zeros(0), torch.ones(3, dtype=torch.int64), object()),
)


TYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
EXTREMES = (1e-320, 1e5, 1e39, 1e308, 10**400, -1.0, float("inf"), float("nan"))


def _trained(kind: str) -> tuple[Any, nn.Module]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    own = amv.SAMT(net, **KINDS[kind])
    schedule = torch.optim.lr_scheduler.ConstantLR(own, 0.5, 1)  # it writes initial_lr
    for _ in range(2):
        _step(own, net)
        schedule.step()
    return own, net


def _step(own: Any, net: nn.Module) -> None:
    """Two: by a closure, and by a told loss."""
    own.step(lambda: net(torch.ones(5, 3)).square().mean())
    own.step(loss=mse_loss, inputs=torch.ones(5, 3), targets=torch.zeros(5, 2))


def _places(tree: Any) -> list[tuple[Any, Any]]:
    if not isinstance(tree, dict | list):
        return []
    keys = list(tree) if isinstance(tree, dict) else range(len(tree))
    return [pair for key in keys for pair in [(tree, key), *_places(tree[key])]]


def _lists(tree: Any) -> Any:
    """The same with lists for tuples, so that their items can be spoilt too."""
    if isinstance(tree, dict):
        return {key: _lists(value) for key, value in tree.items()}
    return [_lists(value) for value in tree] if isinstance(tree, list | tuple) else tree


def _other(draw: random.Random, value: Any) -> Any:
    """Of a tensor one of another shape, type or value; else anything."""
    if not isinstance(value, Tensor) or draw.random() < 0.3:
        return draw.choice(VALUES)
    ways = (value.double(), value.flatten()[1:], value * float("nan"), value.to_sparse(), -value)
    return draw.choice((*ways, value.long(), value.unsqueeze(0), value.bool(), value.T.clone()))


def _spoilt(draw: random.Random, whole: Any) -> Any:
    tree = _lists(deepcopy(whole))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        inside, key = draw.choice(_places(tree))
        match draw.randrange(6):
            case 0 if isinstance(inside, dict) or len(inside) > 1:
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside[draw.choice(("x", 7, None, f"{key} "))] = inside.pop(key)
            case 2:
                inside[key] = deepcopy(draw.choice([i[k] for i, k in _places(tree)]))
            case _:
                inside[key] = _other(draw, inside[key])
        if not tree:
            break
    return tree


def _bits(tree: Any) -> Any:
    """A state as something that is equal where every bit is."""
    if isinstance(tree, Tensor):
        return str(tree.dtype), tuple(tree.shape), tree.detach().numpy().tobytes()
    if isinstance(tree, dict):
        return {key: _bits(value) for key, value in tree.items()}
    return [_bits(value) for value in tree] if isinstance(tree, list | tuple) else repr(tree)


def _wrong(draw: random.Random, kind: str, whole: Any) -> str:
    """What is wrong with how a spoilt state is taken; nothing if all is well."""
    return _taken(kind, _spoilt(draw, whole))


def _taken(kind: str, spoilt: Any) -> str:
    """What is wrong with how a state is taken: refused in a line, or stepped with."""
    own, net = _trained(kind)
    before = _bits(own.state_dict())
    try:
        own.load_state_dict(spoilt)
    except InvalidInput as error:
        changed = before != _bits(own.state_dict())
        return "refused, but changed" if changed else "\n" * ("\n" in str(error))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    try:
        own.state_dict()
        _step(own, net)
        own.load_state_dict(own.state_dict())
        assert own.gradient_evaluations >= 0
    except Exception as error:
        return f"the step after it: {type(error).__name__}: {error}"[:200]
    return ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [30, pytest.param(1_000, marks=pytest.mark.long)])
def test_a_spoilt_state_is_taken_whole_or_changes_nothing(kind: str, count: int) -> None:
    draw, found = random.Random(f"{kind} {count}"), {}
    whole = _trained(kind)[0].state_dict()
    for number in range(count):
        if wrong := _wrong(draw, kind, whole):
            found.setdefault(wrong, number)
    assert found == {}


def _each(whole: Any) -> Iterator[tuple[str, Any]]:
    """Every tensor that is kept in every type, and not finite; every setting at every extreme."""
    for number in (0, 1):  # a weight and a bias
        for part, value in whole["state"][number].items():
            if not isinstance(value, Tensor):
                continue
            others = [value.to(dtype) for dtype in TYPES if dtype != value.dtype]
            for other in (*others, value * float("nan"), value + float("inf"), -value, None):
                spoilt = deepcopy(whole)
                spoilt["state"][number][part] = other
                yield f"{part} {getattr(other, 'dtype', None)}", spoilt
    for name in whole["param_groups"][0]:
        for value in EXTREMES:
            spoilt = deepcopy(whole)
            spoilt["param_groups"][0][name] = (1e-6, value) if name == "bounds" else value
            yield f"{name} {value!r:.20}", spoilt
    for value in EXTREMES:
        spoilt = deepcopy(whole)
        spoilt["samt"]["counters"]["partial_derivatives"] = value
        yield f"counter {value!r:.20}", spoilt


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["full", "meta", pytest.param("scalar", marks=pytest.mark.long)])
def test_what_cannot_be_stepped_with_is_refused_at_load(kind: str) -> None:
    whole = _trained(kind)[0].state_dict()
    found = {name: wrong for name, spoilt in _each(whole) if (wrong := _taken(kind, spoilt))}
    assert found == {}


def test_a_name_over_several_lines_is_told_in_one() -> None:
    own, _ = _trained("full")
    spoilt = own.state_dict()
    spoilt["samt"]["blocks"][0][0] = torch.ones(9, 9)
    with pytest.raises(InvalidInput, match=r"^checkpoint: block tensor[^\n]*$"):
        own.load_state_dict(spoilt)
