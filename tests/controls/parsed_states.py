"""Checkpoints: what ``save_checkpoint`` wrote, a state of SAMT in it, a network of an estimator."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from containers import ZIP, rezipped
from mutations import Mutation, flipped, places
from parser import Parser, in_file, saved
from torch import Tensor, nn

import amverify as amv
from amverify.errors import AmverifyError
from amverify.samt import saved as files

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 2**63, 10**400, 1e308, float("nan"), float("inf"), True, None, "", "x", b"x", 1j),
    *([], {}, (), [[]], {"": 0}, torch.ones(1), torch.ones(2, 3, dtype=torch.complex64)),
    *(torch.tensor(float("nan")), torch.zeros(0), torch.ones(3, dtype=torch.int64)),
)


def _listed(tree: Any) -> Any:
    """The same with lists for tuples, so that their items can be spoilt too."""
    if isinstance(tree, dict):
        return {key: _listed(value) for key, value in tree.items()}
    return [_listed(value) for value in tree] if isinstance(tree, list | tuple) else tree


def _another(draw: Random, value: Any) -> Any:
    """Of a tensor one of another shape, type or value; else anything."""
    if not isinstance(value, Tensor) or draw.random() < 0.3:
        return deepcopy(draw.choice(NUMBERS))
    ways: tuple[Callable[[], Any], ...] = (
        value.double, value.half, value.long, value.bool, value.to_sparse, value.T.clone,
        value.t_ if value.dim() < 3 else value.clone, lambda: value.flatten()[1:],
        lambda: value * float("nan"), lambda: value * 1e38, lambda: -value,
        lambda: value.unsqueeze(0), lambda: value.expand(2, *value.shape),
        lambda: torch.empty(value.shape, device="meta"), lambda: value.to(torch.bfloat16),
        lambda: value.to(torch.complex64), lambda: value.clone().requires_grad_(),
        lambda: nn.Parameter(value.float()),
    )  # fmt: skip
    return draw.choice(ways)()


def spoilt_tree(draw: Random, whole: Any) -> Any:
    """A state with one to three places spoilt."""
    tree = _listed(deepcopy(whole))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        found = places(tree, [])
        if not found:
            break
        inside, key = draw.choice(found)
        match draw.randrange(6):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside[draw.choice(("x", 7, None, f"{key} "))] = inside.pop(key)
            case 2:
                other, there = draw.choice(found)
                inside[key] = deepcopy(other[there])
            case _:
                inside[key] = _another(draw, inside[key])
    return tree


def restated(draw: Random, content: bytes, seeds: Any) -> bytes:
    """Of a checkpoint a place in what it holds is another; its checksum is right."""
    body = content[len(files.MAGIC) + files.DIGEST :]
    try:
        whole = torch.load(io.BytesIO(body), weights_only=True)
        buffer = io.BytesIO()
        torch.save(spoilt_tree(draw, whole), buffer)
    except Exception:  # what was spoilt before, or what torch cannot save
        return flipped(draw, content, seeds)
    return stamped(content[: len(files.MAGIC) + files.DIGEST] + buffer.getvalue())


def stamped(content: bytes) -> bytes:
    """The content with its right checksum."""
    body = content[len(files.MAGIC) + files.DIGEST :]
    return files.MAGIC + hashlib.sha256(body).digest() + body


def _written(state: Any) -> bytes:
    return saved(lambda path: files.save_checkpoint(path, state))


def _checkpoints() -> list[bytes]:
    net = nn.Linear(3, 2)
    adam = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 3)).sum().backward()
    adam.step()
    states = ({"k": 1, "w": torch.zeros(2, 3)}, adam.state_dict(), [1.5, "a", (None, True)])
    return [_written(s) for s in states]


KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"kind": "scalar", "momentum": 0.5, "order": "random", "extrapolation": 0.0},
    {"meta_lr": 0.0, "meta_optimiser": lambda alphas: torch.optim.Adam(alphas, lr=0.01)},
)
ROWS = torch.linspace(-1, 1, 6).reshape(3, 2)


def _net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))


def _stepped(own: amv.SAMT, net: nn.Module) -> None:
    own.step(lambda: net(ROWS).square().mean())


@cache
def _states() -> tuple[bytes, ...]:
    found = []
    for number, kind in enumerate(KINDS):
        net = _net()
        own = amv.SAMT(net, **kind)
        _stepped(own, net)
        _stepped(own, net)
        found.append(_written({"k": number, "optimiser": own.state_dict()}))
    return tuple(found)


def _samt(content: bytes, folder: Path) -> None:
    """A state in a file goes on: it is taken, stepped with twice, and given again."""
    found = amv.load_checkpoint(in_file(content, folder))
    number = found.get("k") if isinstance(found, dict) else None
    kind = KINDS[number] if isinstance(number, int) and 0 <= number < len(KINDS) else KINDS[0]
    net = _net()
    own = amv.SAMT(net, **kind)
    own.load_state_dict(found.get("optimiser") if isinstance(found, dict) else found)
    _stepped(own, net)
    _stepped(own, net)
    own.state_dict()


DATA = np.random.default_rng(0).normal(size=(12, 2))
TARGETS = DATA @ np.arange(1.0, 3.0)


@cache
def _regressor() -> Any:
    """A small one that goes on where it was."""
    made = amv.TIAMRegressor(hidden=(3,), sweeps=1, ridge=0.1, warm_start=True, random_state=0)
    return made.fit(DATA, TARGETS)


def _networks() -> list[bytes]:
    fitted = _regressor()
    return [_written({"k": 1, "network": fitted.network_.state_dict(), "objective": [1.0, 0.5]})]


def _estimator(content: bytes, folder: Path) -> None:
    """A network in a file goes on: torch takes it or refuses it, then it predicts and is fitted."""
    found = amv.load_checkpoint(in_file(content, folder))
    own = deepcopy(_regressor())
    state = found.get("network") if isinstance(found, dict) else None
    try:
        own.network_.load_state_dict(state)
    except Exception as error:  # torch's own, over many lines
        raise AmverifyError(f"torch: {type(error).__name__}") from error
    own.predict(DATA)
    own.fit(DATA, TARGETS)
    own.predict(DATA)


STATE: tuple[Mutation, ...] = (*ZIP[:6], *(rezipped,) * 4, *(restated,) * 10)
STATES: dict[str, Parser] = {
    "checkpoint": Parser(
        _checkpoints,
        lambda c, f: amv.load_checkpoint(in_file(c, f)),
        mutations=ZIP,
        sealed=stamped,
    ),
    "samt": Parser(lambda: list(_states()), _samt, mutations=STATE, sealed=stamped),
    "estimator": Parser(_networks, _estimator, mutations=STATE, sealed=stamped),
}
