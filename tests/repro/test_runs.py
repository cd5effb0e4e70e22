"""Runs: what they measure, that a seed fixes them, and what they refuse."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from amverify.errors import InvalidInput
from repro.data import load
from repro.data.dataset import Dataset, Split
from repro.full_batch.configurations import (
    CROSSED,
    LABELS,
    METHODS,
    configuration,
    tuned_settings,
)
from repro.full_batch.methods import KNOWN_METHODS
from repro.run import execute
from repro.spec import RunSpec, Setting

SETTINGS: dict[str, dict[str, Setting]] = {
    "gd": {"lr": 1e-3},
    "adagrad": {"lr": 0.01},
    "adadelta": {"lr": 0.1},
    "rmsprop": {"lr": 1e-3},
    "adam": {"lr": 1e-2},
    "dladmm": {"rho": 1e-3, "trial": 1e-3},
    "bcd": {"rho": 1.0, "nu": 1.0, "alpha": 5.0},
    "mdlam": {"rho": 1e-3, "mu": 0.05, "epsilon": 100.0, "trial": 1.0},
    "tiam": {"rho": 1e-3, "mu": 0.05, "epsilon": 100.0, "p1": 0.5, "p2": 0.5, "p3": 0.3, "s": 1.0},
    "joint_tiam": {
        "rho": 1e-2, "mu": 0.005, "epsilon": 1e-3, "s": 1.05, "p3": 0.2, "c": 0.3, "p2": 0.3,
    },
}  # fmt: skip


def spec(method: str, sweeps: int = 3, **changes: Setting) -> RunSpec:
    settings = {**SETTINGS.get(method, {}), **changes}
    return RunSpec(
        "digits", method, tuple(sorted(settings.items())), (12, 9), "relu", sweeps, 5, "float32"
    )


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def ignore(_sweep: int) -> None:
    """No progress wanted."""


def test_a_run_can_be_measured_at_its_end_alone(digits: Dataset) -> None:
    every, end = (execute(replace(spec("gd", 5), every=k), digits, ignore).curves for k in (1, 5))
    for name in ("objective", "train_accuracy", "test_accuracy"):
        assert end[name][-1] == every[name][-1]
        assert all(map(math.isnan, end[name][:-1]))


@pytest.mark.parametrize("method", KNOWN_METHODS)
def test_curves_and_determinism(method: str, digits: Dataset) -> None:
    seen: list[int] = []
    first = execute(spec(method), digits, seen.append)
    second = execute(spec(method), digits, ignore)
    assert seen == [1, 2, 3]
    assert first.notes == ()
    for name in ("objective", "train_accuracy", "test_accuracy"):
        assert len(first.curves[name]) == 3
        assert first.curves[name] == second.curves[name]
    seconds = first.curves["seconds"]
    assert 0 < seconds[0] < seconds[1] < seconds[2]
    if method == "mdlam_released":  # it sets its own seed
        return
    other = execute(replace(spec(method), seed=6), digits, ignore)
    assert other.curves["objective"] != first.curves["objective"]


@pytest.mark.parametrize("method", ["tiam", "joint_tiam", "bcd", "adam", "adagrad", "dladmm"])
def test_training_trains(method: str, digits: Dataset) -> None:
    curve = execute(spec(method, sweeps=60), digits, ignore).curves["train_accuracy"]
    assert curve[-1] > 0.5


def test_divergence_is_noted_and_ends_the_run(digits: Dataset) -> None:
    seen: list[int] = []
    result = execute(
        spec("tiam", sweeps=400, p1=0.0, p2=3.0, p3=3.0, safeguard="none"), digits, seen.append
    )
    assert result.notes == (f"diverged at sweep {len(seen) + 1}",)
    assert math.isnan(result.curves["test_accuracy"][-1])
    assert math.isfinite(result.curves["objective"][len(seen) - 1])
    assert len(result.curves["objective"]) == 400


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (spec("sgd"), "unknown method"),
        (replace(spec("adam"), settings=()), "lr is missing"),
        (spec("adam", lr=-1.0), "must be positive"),
        (spec("adam", lr="fast"), "must be a number"),
        (spec("adam", momentum=0.9), "no such setting: momentum"),
        (spec("tiam", rho=0.0), "rho"),
        (spec("joint_tiam", s=1.0), "s > 1"),
        (spec("joint_tiam", mu=0.0), "mu"),
        (spec("joint_tiam", nu=1.0), "no such setting: nu"),
        (spec("tiam", epsilon=-1.0), "ε"),
        (spec("tiam", s=0.0), "step scale"),
        (replace(spec("tiam"), dtype="float16"), "dtype"),
        (replace(spec("tiam"), activation="gelu"), "not monotone"),
        (replace(spec("tiam"), activation="sine"), "unknown activation"),
        (replace(spec("tiam"), hidden=(0,)), "positive integer"),
    ],
)
def test_refusals(wrong: RunSpec, message: str, digits: Dataset) -> None:
    with pytest.raises(InvalidInput, match=message):
        execute(wrong, digits, ignore)


def test_data_that_no_method_takes(digits: Dataset) -> None:
    broken = digits.train.x.copy()
    broken[3, 7] = np.nan
    with pytest.raises(InvalidInput, match="row 3, column 7"):
        execute(spec("tiam"), replace(digits, train=Split(broken, digits.train.y)), ignore)
    one = np.zeros_like(digits.train.y)
    with pytest.raises(InvalidInput, match="class 0"):
        execute(spec("tiam"), replace(digits, train=Split(digits.train.x, one)), ignore)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_the_table_has_a_configuration_that_runs(
    method: str, digits: Dataset
) -> None:
    chosen = configuration(method, "digits")
    run = RunSpec("digits", chosen.method, chosen.settings, (5,), "relu", 2, 0, chosen.dtype)
    assert len(execute(run, digits, ignore).curves["objective"]) == 2
    assert method in LABELS
    for dataset in ("cora", "citeseer", "pubmed", "coauthor_cs", "synthetic_graph"):
        assert configuration(method, dataset).source


def test_tiam_has_one_configuration_for_all() -> None:
    names = ("cora", "citeseer", "pubmed", "coauthor_cs", "digits", "synthetic_graph")
    assert len({configuration("tiam", name).settings for name in names}) == 1
    assert len({configuration("joint_tiam", name).settings for name in names}) == 1


def test_what_is_cross_validated_is_chosen_for_the_data_set_and_for_all_where_it_was_not() -> None:
    for method in ("tiam", "joint_tiam"):
        sections = tuned_settings(CROSSED)[method]
        for name in ("cora", "citeseer", "digits"):
            assert dict(configuration(f"{method}_crossed", name).settings) == sections[name]
        found = configuration(f"{method}_crossed", "pubmed")
        assert dict(found.settings) == sections["all"]
        assert "for all data sets" in found.source


def test_unknown_configurations() -> None:
    with pytest.raises(InvalidInput, match="unknown method"):
        configuration("sgd", "cora")
    with pytest.raises(InvalidInput, match="repro tune"):
        configuration("adam", "imagenet")
