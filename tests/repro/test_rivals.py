"""Methods from packages of their own: what they do, and what is said where they are not here."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import fake_runs
import pytest
import torch
from small_images import small_images, spec
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from repro.command.cli import main
from repro.engine import keys
from repro.minibatch import rivals
from repro.minibatch.names import BASELINES, LABELS, PACKAGES, RIVALS
from repro.minibatch.networks import network
from repro.minibatch.optimisers import stepper
from repro.minibatch.tuning import configuration
from repro.minibatch.workloads import Workload
from repro.run import execute
from repro.spec import RunResult, RunSpec, Settings
from repro.tables import Request, table7

DATA = small_images()
EPOCHS = 3
LINE = "pip install 'amverify[rivals]'"


def asked(method: str, epochs: int = EPOCHS, **settings: float) -> RunSpec:
    return replace(spec(method, epochs=epochs), settings=tuple(settings.items()))


def run(method: str) -> RunResult:
    return execute(asked(method), DATA, lambda epoch: None)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package of a rival is installed."""
    monkeypatch.setattr(rivals, "find_spec", lambda name: None)


def made_up(spec: RunSpec) -> RunResult:
    curves = ("objective", "test_accuracy", "seconds", "parameter_updates", "gradient_evaluations")
    return RunResult({name: [0.5] * spec.sweeps for name in curves})


def table(*methods: str):
    request = Request(("digits",), methods or table7.METHODS, (0, 1), 2, "quick", ("mlp",))
    place = {"hardware": {"processor": "a processor"}, "threads": 1}
    return table7.make(request, fake_runs.MadeUp(made_up, small_images, place))


def rows_and_notes(document) -> tuple[list[str], tuple[str, ...]]:
    accuracy = document.tables[0]
    return [row[1].plain() for row in accuracy.rows], accuracy.notes


@pytest.mark.parametrize("method", RIVALS)
def test_a_rival_trains_counts_and_repeats_itself(method: str) -> None:
    pytest.importorskip(PACKAGES[method])
    first, second = run(method).curves, run(method).curves
    assert {**first, "seconds": []} == {**second, "seconds": []}
    assert first["gradient_evaluations"] == [7, 14, 21]
    parameters = 36 * 7 + 7 + 7 * 5 + 5 + 5 * 3 + 3
    assert first["parameter_updates"] == [parameters * n for n in (7, 14, 21)]
    assert all(math.isfinite(value) for curve in first.values() for value in curve)
    assert first["objective"][-1] < first["objective"][0]


def test_prodigy_tells_the_rate_that_it_estimates() -> None:
    pytest.importorskip("prodigyopt")
    told = run("prodigy").curves["step_size"]
    assert told[0] > 1e-6  # where it began
    assert told == sorted(told)


def test_schedule_free_adamw_is_measured_at_the_average_of_its_iterates() -> None:
    """By hand: z by Adam's quotient, x the mean of the z, gradients at 0.1 z + 0.9 x."""
    pytest.importorskip("schedulefree")
    assert DATA.image is not None
    model = network("mlp", (7, 5), DATA.image, DATA.classes, 5).double()
    method = stepper("schedule_free_adamw", Settings(asked("schedule_free_adamw")), model, 3)
    weight = next(model.parameters())
    z, x = weight.detach().clone(), weight.detach().clone()
    second = torch.zeros_like(z)
    batch = torch.from_numpy(DATA.test.x).double(), torch.from_numpy(DATA.test.y)
    for k in range(1, 4):
        torch.testing.assert_close(weight.detach(), 0.1 * z + 0.9 * x, rtol=0, atol=1e-12)
        loss = cross_entropy(model(batch[0]), batch[1])
        (gradient,) = torch.autograd.grad(loss, [weight])
        method.step(*batch)
        second = 0.999 * second + 0.001 * gradient**2
        z = z - 0.0025 * gradient / ((second / (1 - 0.999**k)).sqrt() + 1e-8)
        x = x + (z - x) / k
    with method.evaluation():
        torch.testing.assert_close(weight.detach(), x, rtol=0, atol=1e-12)
    torch.testing.assert_close(weight.detach(), 0.1 * z + 0.9 * x, rtol=0, atol=1e-12)


def test_the_run_measures_within_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("schedulefree")
    inside, seen = [False], []
    whole = rivals.ScheduleFree.evaluation

    @contextmanager
    def noted(self: rivals.ScheduleFree) -> Iterator[None]:
        with whole(self):
            inside[0] = True
            yield
        inside[0] = False

    def measured(*given: object) -> float:
        seen.append(inside[0])
        return 0.5

    monkeypatch.setattr(rivals.ScheduleFree, "evaluation", noted)
    monkeypatch.setattr("repro.minibatch.run._accuracy", measured)
    run("schedule_free_adamw")
    assert seen == [True] * EPOCHS


@pytest.mark.parametrize("method", RIVALS)
def test_no_setting_is_tuned_nor_taken(method: str) -> None:
    pytest.importorskip(PACKAGES[method])
    settings, source = configuration(method, Workload("digits", "mlp"))
    assert settings == ()
    assert source.endswith("not tuned")
    assert importlib.metadata.version(PACKAGES[method]) in source
    with pytest.raises(InvalidInput, match="no such setting: lr"):
        execute(asked(method, lr=0.1), DATA, lambda epoch: None)


def test_only_a_rivals_runs_are_found_by_its_packages_version(monkeypatch) -> None:
    def found() -> dict[str, str]:
        methods = ("sgd", "samt_row", *RIVALS)
        return {method: keys.run_key(asked(method), "data") for method in methods}

    before = found()
    versions = {**keys.versions(), "prodigyopt": "99", "schedulefree": "99"}
    monkeypatch.setattr(keys, "versions", lambda: versions)
    after = found()
    assert {method for method in before if before[method] != after[method]} == set(RIVALS)


def test_table7_has_them_with_their_packages_defaults(monkeypatch) -> None:
    monkeypatch.setattr(rivals, "find_spec", lambda name: SimpleNamespace())
    document = table()
    names, notes = rows_and_notes(document)
    assert set(RIVALS.values()) < set(names)
    settings = {row[1].plain(): row[-1].plain() for row in document.tables[0].rows}
    assert {settings[LABELS[method]] for method in RIVALS} == {"the package's defaults"}
    assert settings["Adam"].startswith("lr = ")
    assert any("Prodigy with the defaults of prodigyopt" in note for note in notes)
    assert not any(LINE in note for note in notes)
    (claim,) = (one for one in document.tables if one.name == "claim")
    assert not {row[1].plain() for row in claim.rows} & set(RIVALS.values())
    assert "Prodigy estimates its rate" in document.tables[0].caption


@pytest.mark.usefixtures("without")
def test_without_their_packages_a_note_stands_for_them() -> None:
    names, notes = rows_and_notes(table())
    assert names == [LABELS[m] for m in table7.METHODS if m not in RIVALS]
    (note,) = (note for note in notes if LINE in note)
    assert "Prodigy and Schedule-Free AdamW" in note
    assert not any(LINE in note for note in rows_and_notes(table(*BASELINES))[1])
    with pytest.raises(InvalidInput, match="for want of prodigyopt: Prodigy"):
        table("prodigy")


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("method", RIVALS)
def test_asked_for_without_its_package_is_one_line(method: str, capsys, tmp_path) -> None:
    rest = (
        "--method",
        "sgd",
        "--sweeps",
        "1",
        "--out",
        str(tmp_path),
        "--cache",
        str(tmp_path / "cache"),
    )
    assert main(["table7", "--data", "digits", "--method", method, *rest]) == 2
    said = capsys.readouterr().err.strip()
    assert LINE in said
    assert "\n" not in said
    with pytest.raises(InvalidInput, match="needs"):
        execute(asked(method), DATA, lambda epoch: None)
