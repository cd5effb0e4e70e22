"""The tuning of tables 7 and 8: equal budgets, validation only, and a file that says it all."""

from __future__ import annotations

import math
import tomllib
from itertools import pairwise
from pathlib import Path

import fake_runs
import pytest

from amverify.errors import InvalidInput
from repro.command.cli import main
from repro.command.flags import TUNED_STOCHASTIC
from repro.command.options import Options
from repro.minibatch import tuning
from repro.minibatch.names import BASELINES, SAMT
from repro.minibatch.tuning import (
    RATES,
    TUNED,
    Choice,
    as_toml,
    choices,
    configuration,
    merged,
    scores,
    specs_of,
    validation_scores,
)
from repro.minibatch.workloads import Workload, workloads
from repro.spec import RunResult, RunSpec

FASHION = Workload("fashion_mnist", "mlp")


def result(*curve: float) -> RunResult:
    return RunResult({"validation_accuracy": list(curve)})


def test_every_baseline_has_nine_candidates_no_method_more_and_all_the_same_seeds() -> None:
    found = list(choices())
    assert len(found) == len(TUNED) * len((*BASELINES, *SAMT))
    sizes = {choice.method: len(set(choice.grid)) for choice in found}
    assert {sizes[method] for method in BASELINES} == {9}
    assert max(sizes.values()) == 9
    for workload in TUNED:
        own = [choice for choice in found if choice.workload == workload]
        seeds = {tuple(s.seed for s in specs_of(c, c.grid[0], 10)) for c in own}
        assert len(seeds) == 1
        assert min(seeds.pop()) >= 100  # no table's


def test_the_grid_is_logarithmic() -> None:
    assert RATES[0] == 1e-4
    assert RATES[-1] == 1.0
    for low, high in pairwise(RATES):
        assert high / low == pytest.approx(math.sqrt(10), rel=1e-3)


def test_tuning_runs_validate() -> None:
    for choice in choices():
        for spec in specs_of(choice, choice.grid[0], 10):
            assert spec.minibatch is not None
            assert spec.minibatch.validate
            assert spec.minibatch.size == (16 if spec.dataset == "digits" else 128)


def test_the_score_is_the_last_accuracy_and_zero_for_a_diverged_run() -> None:
    assert tuning.score(result(0.9, 0.5)) == 0.5
    assert tuning.score(result(0.9, math.nan)) == 0.0


def found_for(method: str, best: float, workload: Workload = FASHION) -> dict[Choice, dict]:
    choice = Choice(method, workload)

    def answer(spec: RunSpec) -> RunResult:
        return result(0.9 if dict(spec.settings).get("lr", best) == best else 0.1)

    return {choice: scores(choice, 10, answer)}


def test_the_file_has_the_best_of_each_and_every_score() -> None:
    text = as_toml(found_for("sgd", 0.1) | found_for("adam", 1e-3))
    document = tomllib.loads(text)
    assert document["sgd"] == {"fashion_mnist_mlp": {"lr": 0.1}}
    assert document["adam"] == {"fashion_mnist_mlp": {"lr": 1e-3}}
    assert document["validation_accuracy"] == {"fashion_mnist_mlp": {"sgd": 0.9, "adam": 0.9}}
    assert text.count("# 0.1000  lr = ") == 16


def test_the_first_of_the_grid_wins_a_tie() -> None:
    found = {Choice("sgd", FASHION): dict.fromkeys(tuning.grid("sgd"), 0.5)}
    assert tomllib.loads(as_toml(found))["sgd"]["fashion_mnist_mlp"] == {"lr": RATES[0]}


def test_a_configuration_is_the_tuned_one_else_fashion_mnists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digits = Workload("digits", "mlp")
    written = as_toml(found_for("sgd", 0.1) | found_for("sgd", 1.0, digits))
    monkeypatch.setattr(tuning, "tuned", lambda: tomllib.loads(written))
    assert configuration("sgd", digits)[0] == (("lr", 1.0),)
    settings, source = configuration("sgd", Workload("cifar10", "mlp"))
    assert settings == (("lr", 0.1),)
    assert "on fashion_mnist, MLP" in source
    assert validation_scores(Workload("mnist", "mlp")) == {"sgd": 0.9}
    assert validation_scores(Workload("mnist", "cnn")) == {}
    with pytest.raises(InvalidInput, match=r"Adam: not tuned on .* run 'python -m repro tune-st"):
        configuration("adam", FASHION)


def test_the_shipped_file_is_of_these_grids() -> None:
    """Every section is a choice, its values are one of that grid, and its score is there."""
    sections = dict(tuning.tuned())
    best = sections.pop(tuning.SCORES)
    known = {(choice.method, choice.section): choice for choice in choices()}
    for method, own in sections.items():
        for section, settings in own.items():
            assert tuple(sorted(settings.items())) in known[method, section].grid
            assert method in best[section]
    assert all("digits_mlp" in sections[method] for method in (*BASELINES, *SAMT))


def test_the_cnn_is_for_the_digits_unless_the_profile_is_the_papers() -> None:
    both = ("digits", "fashion_mnist")
    quick = [str(workload) for workload in workloads(both, "quick")]
    assert quick == ["digits, MLP", "digits, CNN", "fashion_mnist, MLP"]
    assert len(workloads(both, "paper")) == 4
    assert set(BASELINES).isdisjoint(SAMT)


def test_what_was_tuned_before_stays_unless_it_is_tuned_again() -> None:
    shipped = TUNED_STOCHASTIC.read_text(encoding="utf-8")
    assert merged(shipped, "") == shipped
    old = as_toml(found_for("sgd", 0.1) | found_for("adam", 1e-3))
    digits = Workload("digits", "cnn")
    new = as_toml(found_for("adam", 1e-2) | found_for("samt_row", 1.0, digits))
    both = merged(old, new)
    document = tomllib.loads(both)
    assert document["sgd"] == {"fashion_mnist_mlp": {"lr": 0.1}}
    assert document["adam"] == {"fashion_mnist_mlp": {"lr": 1e-2}}
    assert set(document["samt_row"]) == {"digits_cnn"}
    assert list(document[tuning.SCORES]) == ["digits_cnn", "fashion_mnist_mlp"]
    assert set(document[tuning.SCORES]["fashion_mnist_mlp"]) == {"sgd", "adam"}
    assert both.index("[samt_row.digits_cnn]") < both.index("[sgd.fashion_mnist_mlp]")


def test_a_part_can_be_tuned_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    laboratories: list[fake_runs.MadeUp] = []

    def options(self: Options) -> fake_runs.MadeUp:
        laboratories.append(fake_runs.MadeUp(lambda spec: result(0.5), fake_runs.dataset))
        return laboratories[-1]

    monkeypatch.setattr(Options, "laboratory", options)
    file = tmp_path / "tuned.toml"
    file.write_text(as_toml(found_for("sgd", 0.1)), encoding="utf-8")
    part = ["--data", "digits", "--network", "cnn", "--method", "samt_row", "--file", str(file)]
    assert main(["tune-stochastic", *part]) == 0
    assert {
        (s.dataset, s.minibatch.network, s.method) for s in laboratories[0].asked if s.minibatch
    } == {("digits", "cnn", "samt_row")}
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(document) == {"sgd", "samt_row", tuning.SCORES}
    assert main(["tune-stochastic", "--network", "rnn", "--file", str(file)]) != 0
