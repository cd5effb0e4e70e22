"""Checkpoints on the disk: all or nothing, and what is damaged is told."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from fractions import Fraction

import pytest
import torch

import amverify as amv
from amverify.errors import InvalidInput

WRITER = """
import sys, torch
import amverify as amv
print("ready", flush=True)
for k in range(10**6):
    amv.save_checkpoint(sys.argv[1], {"k": k, "w": torch.full((5_000_000,), float(k))})
"""


def test_what_is_saved_is_loaded(tmp_path):
    model = torch.nn.Linear(4, 2)
    optimiser = amv.SAMT(model)
    optimiser.step(
        loss=torch.nn.functional.mse_loss, inputs=torch.ones(3, 4), targets=torch.ones(3, 2)
    )
    file = tmp_path / "new" / "run.ckpt"
    amv.save_checkpoint(file, {"model": model.state_dict(), "optimiser": optimiser.state_dict()})
    stored = amv.load_checkpoint(file)
    other = torch.nn.Linear(4, 2)
    other.load_state_dict(stored["model"])
    again = amv.SAMT(other)
    again.load_state_dict(stored["optimiser"])
    mine, theirs = optimiser.step_sizes(), again.step_sizes()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_every_damaged_byte_is_told(tmp_path):
    file = tmp_path / "run.ckpt"
    amv.save_checkpoint(file, {"w": torch.arange(5.0)})
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        file.write_bytes(bytes(spoilt))
        with pytest.raises(InvalidInput, match=r"damaged|not written by"):
            amv.load_checkpoint(file)
        file.write_bytes(whole[:place])
        with pytest.raises(InvalidInput, match=r"damaged|not written by"):
            amv.load_checkpoint(file)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    file = tmp_path / "run.ckpt"
    amv.save_checkpoint(file, {"k": 1})
    with pytest.raises(InvalidInput, match="holds more than tensors"):
        amv.save_checkpoint(file, {"k": Fraction(1, 3)})
    assert amv.load_checkpoint(file) == {"k": 1}
    for other in (tmp_path, tmp_path / "none"):
        with pytest.raises(InvalidInput, match="directory"):
            amv.load_checkpoint(other)


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.long)])
def test_a_kill_at_any_moment_leaves_a_whole_one(tmp_path, kills):
    file = tmp_path / "run.ckpt"
    moments = random.Random(0)
    amv.save_checkpoint(file, {"k": -1, "w": torch.zeros(1)})
    for _ in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, env=os.environ
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(moments.uniform(0, 0.3))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        stored = amv.load_checkpoint(file)
        assert (stored["w"] == max(stored["k"], 0)).all()


@pytest.mark.parametrize("where", ["nonsense", 3.5])
def test_a_device_that_is_none_is_told_as_such(tmp_path, where):
    amv.save_checkpoint(tmp_path / "a.ckpt", {"w": torch.ones(2)})
    with pytest.raises(InvalidInput, match=r"a\.ckpt: .* map_location=.*\"cpu\" does") as refused:
        amv.load_checkpoint(tmp_path / "a.ckpt", map_location=where)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("held", [lambda: 1, object(), Fraction(1, 2)])
def test_what_is_refused_is_told_in_a_line_that_a_terminal_does_not_obey(tmp_path, held):
    with pytest.raises(InvalidInput, match="state: it holds more") as refused:
        amv.save_checkpoint(tmp_path / "a.ckpt", {"w": held})
    assert str(refused.value).isprintable()
