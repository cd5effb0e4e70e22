"""Runs are carried out once, kept when finished, and found again by all that decides them."""

from __future__ import annotations

import errno
import io
import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fake_runs
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from amverify.errors import CannotWrite, InvalidInput
from repro.data.dataset import Dataset, Split
from repro.engine import Interrupted, RunFailed, keys, run_all, storage
from repro.engine.cache import number
from repro.engine.keys import configuration_hash, fingerprint, run_key
from repro.engine.provenance import DECIDING, JUDGING, SAMT, STOCHASTIC
from repro.engine.work import throttled
from repro.spec import Minibatch, RunResult, RunSpec

DATA = {"cora": fake_runs.dataset()}


class Counting:
    """An execute that notes what it was asked to carry out."""

    def __init__(self, inner=fake_runs.sound) -> None:
        self.inner = inner
        self.asked: list[RunSpec] = []

    def __call__(
        self, spec: RunSpec, dataset: Dataset, on_sweep: Callable[[int], None]
    ) -> RunResult:
        self.asked.append(spec)
        return self.inner(spec, dataset, on_sweep)


def screen() -> Console:
    return Console(file=io.StringIO(), width=80)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_run_once_in_the_order_asked(tmp_path):
    count = Counting()
    wanted = [*fake_runs.specs(3), fake_runs.spec(seed=1)]
    runs = run_all(wanted, DATA, cache=tmp_path, execute=count, console=screen())
    assert list(runs) == count.asked == wanted[:3]
    assert runs[wanted[2]].result.curves["test_accuracy"][-1] == 0.52
    assert not any(run.cached for run in runs.values())


def test_second_time_nothing_is_computed_and_all_is_the_same(tmp_path):
    wanted = fake_runs.specs(2)
    first = run_all(wanted, DATA, cache=tmp_path, execute=fake_runs.diverging, console=screen())
    count = Counting()
    console = screen()
    again = run_all(wanted, DATA, cache=tmp_path, execute=count, console=console)
    assert count.asked == []
    for spec in wanted:
        assert again[spec].cached
        assert again[spec].provenance == first[spec].provenance
        assert again[spec].result.notes == ("diverged at sweep 3",)
        for name, curve in first[spec].result.curves.items():
            np.testing.assert_array_equal(again[spec].result.curves[name], curve)
    assert math.isnan(again[wanted[0]].result.curves["test_accuracy"][-1])
    assert said(console) == ""


def test_fresh_computes_again(tmp_path):
    wanted = fake_runs.specs(2)
    run_all(wanted, DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    count = Counting()
    run_all(wanted, DATA, cache=tmp_path, execute=count, fresh=True, console=screen())
    assert count.asked == wanted


def test_record_tells_circumstances(tmp_path):
    run_all([fake_runs.spec()], DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    (path,) = tmp_path.rglob("*.json")
    assert path.parent.name == "cora"
    assert path.name.startswith("tiam-seed0-")
    body = json.loads(path.read_text())["body"]
    provenance = body["provenance"]
    assert provenance["wall_time"] >= 0
    assert provenance["data_hashes"] == {"file": "0" * 64}
    assert {"versions", "hardware", "commit", "dirty", "started"} <= provenance.keys()
    assert body["spec"]["seed"] == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-20],
        lambda text: text.replace("0.5", "0.9"),
        lambda text: "",
        lambda text: "\x00\x01",
        lambda text: storage.seal(
            {**storage.unseal(text), "curves": {"objective": ["a." * 5000, 1.0]}}
        ),
    ],
)
def test_damaged_file_is_said_and_computed_again(tmp_path, spoil):
    wanted = fake_runs.specs(2)
    run_all(wanted, DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    (path,) = tmp_path.rglob("*seed0*.json")
    path.write_text(spoil(path.read_text()))
    count, console = Counting(), screen()
    runs = run_all(wanted, DATA, cache=tmp_path, execute=count, console=console)
    assert count.asked == wanted[:1]
    assert f"{path} is damaged" in said(console)
    assert len(said(console)) < 4000
    assert runs[wanted[0]].result.curves["test_accuracy"][-1] == 0.5
    silent = screen()
    run_all(wanted, DATA, cache=tmp_path, execute=count, console=silent)
    assert len(count.asked) == 1
    assert "damaged" not in said(silent)


def test_file_of_another_run_under_this_name_is_noticed(tmp_path):
    wanted = fake_runs.specs(2)
    run_all(wanted, DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    (first,) = tmp_path.rglob("*seed0*.json")
    (second,) = tmp_path.rglob("*seed1*.json")
    first.write_text(second.read_text())
    console = screen()
    runs = run_all(wanted, DATA, cache=tmp_path, execute=fake_runs.sound, console=console)
    assert "another run" in said(console)
    assert runs[wanted[0]].result.curves["test_accuracy"][-1] == 0.5


def refuse_folder(monkeypatch, folder: Path, number: int) -> None:
    """Make every new file under ``folder`` fail, as a read-only or full disk does."""
    real = os.open

    def guarded(path, flags, *rest, **named):
        if str(path).startswith(str(folder)) and flags & os.O_CREAT:
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", guarded)
    monkeypatch.setattr(Path, "touch", lambda self, **_: os.close(os.open(self, os.O_CREAT)))


def test_read_only_cache_is_read_and_one_line_says_the_rest(tmp_path, monkeypatch):
    wanted = fake_runs.specs(3)
    run_all(wanted[:1], DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    refuse_folder(monkeypatch, tmp_path, errno.EROFS)
    count, console = Counting(), screen()
    runs = run_all(wanted, DATA, cache=tmp_path, execute=count, console=console)
    assert list(runs) == wanted
    assert count.asked == wanted[1:]
    assert said(console).count("warning") == 1
    assert "cannot be written" in said(console)
    assert len(list(tmp_path.rglob("*.json"))) == 1


def test_full_disk_ends_with_status_6_and_finished_runs_kept(tmp_path, monkeypatch):
    real = os.fsync
    written: list[int] = []

    def fsync(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(CannotWrite, match="no space left") as caught:
        run_all(fake_runs.specs(4), DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    assert caught.value.exit_status == 2
    assert len(list(tmp_path.rglob("*"))) == 3  # the data set's folder and two runs


def test_interrupt_keeps_what_is_finished_and_a_rerun_resumes(tmp_path):
    wanted = fake_runs.specs(4)
    with pytest.raises(Interrupted, match=r"^interrupted: 2 of 4 runs kept in .*resume$") as caught:
        run_all(wanted, DATA, cache=tmp_path, execute=fake_runs.interrupted_at_2, console=screen())
    assert caught.value.exit_status == 130
    count, console = Counting(), screen()
    run_all(wanted, DATA, cache=tmp_path, execute=count, console=console)
    assert count.asked == wanted[2:]
    assert "2 of 4 runs were kept from before" in said(console)


def test_refused_run_is_named_and_keeps_its_status(tmp_path):
    with pytest.raises(InvalidInput, match="cora, tiam, seed 1: rho must be above 0"):
        run_all(
            fake_runs.specs(3), DATA, cache=tmp_path, execute=fake_runs.refusing, console=screen()
        )
    assert len(list(tmp_path.rglob("*.json"))) == 1


@pytest.mark.parametrize(
    ("execute", "reason"),
    [
        (fake_runs.faulty, "seed 1.*ZeroDivisionError: somewhere deep"),
        (fake_runs.short, "curve objective has 1 numbers for 3 sweeps"),
    ],
)
def test_fault_is_one_line_with_the_run(tmp_path, execute, reason):
    with pytest.raises(RunFailed, match=reason) as caught:
        run_all(fake_runs.specs(3), DATA, cache=tmp_path, execute=execute, console=screen())
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 7


def test_key_depends_on_all_that_decides(monkeypatch):
    spec, data = fake_runs.spec(), fingerprint(DATA["cora"])
    key = run_key(spec, data)
    assert run_key(fake_runs.spec(), data) == key
    others = [
        replace(spec, seed=1),
        replace(spec, method="mdlam"),
        replace(spec, settings=(("rho", 1e-2),)),
        replace(spec, hidden=(100,)),
        replace(spec, activation="tanh"),
        replace(spec, sweeps=4),
        replace(spec, dtype="float64"),
        replace(spec, dataset="digits"),
        replace(spec, minibatch=Minibatch("mlp", 128)),
        replace(spec, minibatch=Minibatch("cnn", 128)),
        replace(spec, minibatch=Minibatch("mlp", 64)),
        replace(spec, minibatch=Minibatch("mlp", 128, validate=True)),
    ]
    found = {key, *(run_key(other, data) for other in others), run_key(spec, "other data")}
    monkeypatch.setattr(keys, "code_version", lambda modules: "other code")
    found.add(run_key(spec, data))
    monkeypatch.undo()
    monkeypatch.setattr(torch, "__version__", "0.0")
    found.add(run_key(spec, data))
    assert len(found) == len(others) + 4


def test_the_code_that_decides_is_that_of_the_kind_of_run():
    """An edited SAMT leaves what SGD gave in the cache, and both leave the full-batch runs."""
    full = fake_runs.spec()
    sgd = replace(full, method="sgd", minibatch=Minibatch("mlp", 128))
    samt = replace(sgd, method="samt_row")
    assert keys.deciding(full) == DECIDING
    assert keys.deciding(replace(full, claims=("T1",))) == DECIDING + JUDGING
    assert keys.deciding(sgd) == STOCHASTIC
    assert keys.deciding(samt) == STOCHASTIC + SAMT


def test_fingerprint_is_of_every_array():
    base = fake_runs.dataset()
    labels = Split(base.train.x, np.array([0, 1, 0, 0]))
    others = [
        fake_runs.dataset(value=2.0),
        replace(base, train=labels),
        replace(base, test=labels),
        replace(base, validation=base.train),
        replace(base, classes=3),
        replace(base, train=Split(base.train.x.reshape(3, 4), base.train.y)),
    ]
    assert len({fingerprint(data) for data in [base, *others]}) == len(others) + 1


def test_fingerprint_is_of_values_not_of_memory():
    base = fake_runs.dataset()
    x = np.arange(12.0).reshape(4, 3)
    rows = replace(base, train=Split(x, base.train.y))
    columns = replace(base, train=Split(np.asfortranarray(x), base.train.y))
    assert fingerprint(rows) == fingerprint(columns)


def test_configuration_hash_leaves_out_the_seed_alone():
    spec = fake_runs.spec()
    assert configuration_hash(spec) == configuration_hash(replace(spec, seed=5))
    assert configuration_hash(spec) != configuration_hash(replace(spec, sweeps=5))


@given(st.floats())
def test_every_float_survives_json(value):
    back = float(json.loads(json.dumps(number(value), allow_nan=False)))
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_throttled_reports_at_once_then_seldom():
    heard: list[int] = []
    report = throttled(heard.append, interval=3600)
    for sweep in range(1, 10):
        report(sweep)
    assert heard == [1]


def test_a_warning_is_heard_where_all_else_is_quiet(tmp_path, capsys):
    run_all(fake_runs.specs(1), DATA, cache=tmp_path, execute=fake_runs.sound, console=screen())
    (cached,) = tmp_path.rglob("*.json")
    cached.write_text("{")
    quiet = Console(stderr=True, quiet=True)
    run_all(fake_runs.specs(2), DATA, cache=tmp_path, execute=fake_runs.sound, console=quiet)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {cached} is damaged")
