"""Saving and resuming: bit for bit, also after a kill; checkpoints of others are refused."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from amverify.errors import InvalidInput
from amverify.samt import KINDS, SAMT
from tests.samt.nets import batches, dense, same, told, weights

SETTINGS: list[dict[str, Any]] = [
    *({"kind": kind} for kind in KINDS),
    {"order": "random", "seed": 4},
    {"inner": 2, "momentum": 0.5, "extrapolation": 0.0},
    {"meta_optimiser": lambda thetas: torch.optim.Adam(thetas, lr=0.05), "meta_lr": 0.0},
    {"unroll": 2, "extrapolation": 0.0},
]


def _named(settings: dict[str, Any]) -> str:
    """The same name in every process."""
    return ", ".join(f"{k}={'…' if callable(v) else v}" for k, v in settings.items())


@pytest.mark.parametrize("settings", SETTINGS, ids=_named)
def test_a_round_trip_continues_bit_for_bit(settings: dict[str, Any], tmp_path: Path) -> None:
    whole, part = dense(), dense()
    stream = batches(10)
    straight = SAMT(whole, **settings)
    for batch in stream:
        straight.step(**told(batch))
    first = SAMT(part, **settings)
    for batch in stream[:5]:
        first.step(**told(batch))
    path = tmp_path / "checkpoint.pt"
    torch.save({"model": part.state_dict(), "optimiser": first.state_dict()}, path)
    stored = torch.load(path, weights_only=True)
    again = dense()
    again.load_state_dict(stored["model"])
    second = SAMT(again, **settings)
    second.load_state_dict(stored["optimiser"])
    for batch in stream[5:]:
        second.step(**told(batch))
    assert same(weights(whole), weights(again))
    assert same(list(straight.step_sizes().values()), list(second.step_sizes().values()))
    assert straight.counters == second.counters


CHILD = """
    import os, sys, time
    from pathlib import Path
    import torch
    from amverify.samt import SAMT
    from tests.samt.nets import batches, dense, told

    path, steps, pause = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    model = dense()
    optimiser = SAMT(model, kind="element", order="random", seed=1)
    start = 0
    if path.exists():
        stored = torch.load(path, weights_only=True)
        model.load_state_dict(stored["model"])
        optimiser.load_state_dict(stored["optimiser"])
        start = stored["step"]
    for step, batch in list(enumerate(batches(steps)))[start:]:
        optimiser.step(**told(batch))
        found = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}
        torch.save(found, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)
        time.sleep(pause)
"""


def _child(path: Path, steps: int, pause: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(path), str(steps), str(pause)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, cwd=root)


def test_killed_and_resumed_training_continues_bit_for_bit(tmp_path: Path) -> None:
    steps = 30
    undisturbed, killed = tmp_path / "a.pt", tmp_path / "b.pt"
    assert _child(undisturbed, steps, 0.0).wait() == 0
    first = _child(killed, steps, 0.1)
    while not killed.exists():
        assert first.poll() is None
        time.sleep(0.01)
    time.sleep(0.35)
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    reached = torch.load(killed, weights_only=True)["step"]
    assert 0 < reached < steps
    assert _child(killed, steps, 0.0).wait() == 0
    one, two = (torch.load(path, weights_only=True) for path in (undisturbed, killed))
    assert one["step"] == two["step"] == steps
    assert same(list(one["model"].values()), list(two["model"].values()))
    assert one["optimiser"]["samt"]["counters"] == two["optimiser"]["samt"]["counters"]


def _wider() -> torch.nn.Sequential:
    return torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Linear(9, 3)).to(torch.float64)


@pytest.mark.parametrize(
    "other",
    [
        lambda: SAMT(_wider()),
        lambda: SAMT(dense(), kind="element"),
        lambda: SAMT(dense(), meta_optimiser=lambda t: torch.optim.SGD(t, lr=0.1)),
    ],
    ids=["another model", "another kind", "a meta-optimiser"],
)
def test_a_checkpoint_of_another_model_or_kind_is_refused_and_nothing_changes(other: Any) -> None:
    model = dense()
    mine = SAMT(model)
    for batch in batches(3):
        mine.step(**told(batch))
    theirs = other()
    before = theirs.state_dict()
    with pytest.raises(InvalidInput, match="checkpoint"):
        theirs.load_state_dict(mine.state_dict())
    assert str(before) == str(theirs.state_dict())


@pytest.mark.parametrize("spoil", ["samt", "state", "param_groups"])
def test_a_checkpoint_with_a_part_missing_is_refused(spoil: str) -> None:
    mine = SAMT(dense())
    stored = mine.state_dict()
    del stored[spoil]
    with pytest.raises(InvalidInput, match="checkpoint"):
        SAMT(dense()).load_state_dict(stored)


@pytest.mark.parametrize("part", ["theta", "direction", "displacement", "square"])
@pytest.mark.parametrize("value", [torch.zeros(1, 2, 3), "zeros"], ids=["shape", "type"])
def test_a_checkpoint_with_a_tensor_of_another_shape_is_refused(part: str, value: Any) -> None:
    """Compiled loops go by these shapes: what does not fit would be memory of someone else's."""
    model = dense()
    mine = SAMT(model)
    for batch in batches(3):
        mine.step(**told(batch))
    stored = mine.state_dict()
    stored["state"][2] = {**stored["state"][2], part: value}
    other = SAMT(dense())
    before = other.state_dict()
    with pytest.raises(InvalidInput, match="checkpoint: block"):
        other.load_state_dict(stored)
    assert str(before) == str(other.state_dict())


def test_a_checkpoint_of_another_optimiser_is_refused() -> None:
    model = dense()
    with pytest.raises(InvalidInput, match="checkpoint"):
        SAMT(model).load_state_dict(torch.optim.SGD(model.parameters(), lr=0.1).state_dict())


@pytest.mark.parametrize("meta", [None, lambda thetas: torch.optim.Adam(thetas, lr=0.01)])
def test_a_deep_copy_goes_on_alone_and_bit_for_bit(meta: Any) -> None:
    model = dense()
    optimiser = SAMT(model, kind="row", order="random", seed=4, meta_optimiser=meta)
    for batch in batches(3):
        optimiser.step(**told(batch))
    twin, copied = copy.deepcopy((model, optimiser))
    before = [w.detach().clone() for w in twin.parameters()]
    for batch in batches(3):
        optimiser.step(**told(batch))
    assert same(before, weights(twin))
    for batch in batches(3):
        copied.step(**told(batch))
    assert same(weights(model), weights(twin))
    assert same(list(optimiser.step_sizes().values()), list(copied.step_sizes().values()))
    assert copied.uses_chain


def test_hooks_of_torch_are_called_around_what_is_stored_and_loaded() -> None:
    """A hook before may replace what is loaded; one after sees the whole, and what was loaded."""
    theirs, mine = SAMT(dense(), meta_lr=0.5), SAMT(dense(), meta_lr=0.5)
    for batch in batches(3):
        theirs.step(**told(batch))
    seen: list[Any] = []
    theirs.register_state_dict_post_hook(lambda _, whole: seen.append(whole["samt"]["format"]))

    def replaced(_: Any, given: dict[str, Any]) -> dict[str, Any]:
        groups = [{**group, "lr": 0.07} for group in given["param_groups"]]
        return {**given, "param_groups": groups}

    def after(loaded: Any) -> None:
        sizes = loaded.step_sizes().values()
        seen.append((loaded.param_groups[0]["lr"], loaded.counters.block_updates, *sizes))

    mine.register_load_state_dict_pre_hook(replaced)
    mine.register_load_state_dict_post_hook(after)
    groups, state = mine.param_groups, mine.state
    mine.load_state_dict(theirs.state_dict())
    assert mine.param_groups is groups
    assert mine.state is state
    for group in theirs.param_groups:
        group["lr"] = 0.07
    assert seen[0] == 1
    assert seen[1][:2] == (0.07, theirs.counters.block_updates)
    assert same(seen[1][2:], list(theirs.step_sizes().values()))
    with pytest.raises(InvalidInput, match="not one of this version"):
        mine.load_state_dict(None)  # type: ignore[arg-type]


def test_step_sizes_are_loaded_in_their_own_precision() -> None:
    """torch casts what it loads to the weights' precision; θ of bfloat16 weights is float32."""
    theirs, mine = SAMT(dense(torch.bfloat16), meta_lr=0.5), SAMT(dense(torch.bfloat16))
    for batch in batches(3, dtype=torch.bfloat16):
        theirs.step(**told(batch))
    mine.load_state_dict(theirs.state_dict())
    assert same(list(mine.step_sizes().values()), list(theirs.step_sizes().values()))
    assert {own["theta"].dtype for own in mine.state.values()} == {torch.float32}
