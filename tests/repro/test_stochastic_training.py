"""Runs with mini-batches: the loop, its counts, what it reads, and the methods in it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from small_images import CLASSES, SIZES, small_images, spec
from torch import nn
from torch.nn.functional import cross_entropy

from amverify.errors import InvalidInput
from repro.data.dataset import Dataset, Split
from repro.minibatch.names import BASELINES, SAMT
from repro.minibatch.networks import network
from repro.minibatch.optimisers import stepper
from repro.minibatch.sgd_hd import SGDHD
from repro.run import execute
from repro.spec import RunResult, Settings

DATA = small_images()
PARAMETERS = {"mlp": 36 * 7 + 7 + 7 * 5 + 5 + 5 * 3 + 3, "cnn": 20 + 57 + 3 * 4 * 3 + 3}
SETTINGS = {"sgd_hd": {"lr": 0.1, "beta": 1e-3}, **{kind: {"alpha": 0.01} for kind in SAMT}}


def run(*, dataset: Dataset = DATA, **changes: object) -> RunResult:
    return execute(spec(**changes), dataset, lambda epoch: None)  # type: ignore[arg-type]


def settings_of(method: str) -> dict[str, float]:
    return SETTINGS.get(method, {"lr": 0.01})


@pytest.mark.parametrize("name", ["mlp", "cnn"])
@pytest.mark.parametrize("method", [*BASELINES, *SAMT])
def test_every_method_trains_and_counts(method: str, name: str) -> None:
    epochs = []
    asked = spec(method, name, epochs=4, **settings_of(method))
    result = execute(asked, DATA, epochs.append)
    assert epochs == [1, 2, 3, 4]
    assert result.notes == ()
    curves = result.curves
    assert curves["objective"][-1] < curves["objective"][0]
    steps = [7 * (k + 1) for k in range(4)]  # ⌈51/8⌉ an epoch
    assert curves["gradient_evaluations"] == pytest.approx(steps)
    assert curves["parameter_updates"] == [PARAMETERS[name] * n for n in steps]
    assert all(a < b for a, b in pairwise(curves["seconds"]))
    assert all(len(curve) == 4 for curve in curves.values())


def test_sgd_is_sgd_by_hand() -> None:
    """Two epochs: each visits every sample once, in an order of the seed, the rest last."""
    torch.manual_seed(5)
    model = nn.Sequential(
        nn.Linear(36, 7), nn.ReLU(), nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, CLASSES)
    ).double()
    x = torch.from_numpy(np.concatenate([DATA.train.x, DATA.validation.x])).double()  # type: ignore[union-attr]
    y = torch.from_numpy(np.concatenate([DATA.train.y, DATA.validation.y]))  # type: ignore[union-attr]
    order = torch.Generator().manual_seed(5)
    losses, accuracies = [], []
    for _ in range(2):
        shuffled = torch.randperm(51, generator=order)
        summed = 0.0
        for start in range(0, 51, 8):
            batch = shuffled[start : start + 8]
            loss = cross_entropy(model(x[batch]), y[batch])
            summed += float(loss.detach()) * len(batch)
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for w, g in zip(model.parameters(), gradients, strict=True):
                    w.sub_(0.1 * g)
        losses.append(summed / 51)
        outputs = model(torch.from_numpy(DATA.test.x).double())
        accuracies.append(float((outputs.argmax(1).numpy() == DATA.test.y).mean()))
    curves = run(epochs=2).curves
    assert curves["objective"] == pytest.approx(losses, rel=1e-12)
    assert curves["test_accuracy"] == accuracies


def test_a_run_is_a_function_of_its_specification() -> None:
    def curves(**changes: object) -> dict[str, list[float]]:
        own = run(**changes).curves
        return {name: curve for name, curve in own.items() if name != "seconds"}

    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = curves(method="adam", lr=0.01)
    assert torch.equal(torch.get_rng_state(), state), "torch's own generator was used"
    torch.manual_seed(2)
    assert curves(method="adam", lr=0.01) == first
    assert curves(method="adam", lr=0.01, seed=6) != first
    assert curves(method="adam", lr=0.02) != first


def test_equal_seeds_start_alike_for_all_methods() -> None:
    """The first loss of the first epoch, with one batch of all, is before any step."""
    starts = {
        method: run(method=method, size=60, epochs=1, **settings_of(method)).curves["objective"]
        for method in (*BASELINES, *SAMT)
    }
    assert len({tuple(start) for start in starts.values()}) == 1


def poisoned(part: str) -> Dataset:
    split = getattr(DATA, part)
    return replace(DATA, **{part: Split(np.full_like(split.x, np.nan), split.y)})


LEARNING = {"method": "adam", "lr": 0.03, "epochs": 8}


def test_tuning_reads_no_test_sample_and_trains_on_no_validation_sample() -> None:
    clean = run(validate=True, **LEARNING).curves
    assert "test_accuracy" not in clean
    assert clean["validation_accuracy"][-1] > 0.5, "what NaN pixels would give too"
    without_test = run(validate=True, dataset=poisoned("test"), **LEARNING)
    assert without_test.curves["validation_accuracy"] == clean["validation_accuracy"]
    unmeasured = run(validate=True, dataset=poisoned("validation"), **LEARNING)
    assert unmeasured.notes == ()
    assert unmeasured.curves["objective"] == clean["objective"]
    assert unmeasured.curves["validation_accuracy"] != clean["validation_accuracy"]


def test_a_tables_run_trains_on_both_parts_and_measures_on_the_test_set() -> None:
    assert "validation_accuracy" not in run().curves
    assert run(dataset=poisoned("validation")).notes == ("diverged in epoch 1",)
    assert run(dataset=poisoned("test")).notes == ()
    assert sum(SIZES[:2]) == 51


def test_a_part_of_the_samples_is_the_first_of_them() -> None:
    """Those alone are trained on, in tuning and in tables; more than there are is refused."""
    first = Split(DATA.train.x[:20], DATA.train.y[:20])
    alone = replace(DATA, train=first, validation=Split(DATA.train.x[:0], DATA.train.y[:0]))
    part = execute(replace(spec(), samples=20), DATA, lambda epoch: None)
    assert part.curves["objective"] == run(dataset=alone).curves["objective"]
    tuning = replace(spec(validate=True), samples=20)
    assert execute(tuning, DATA, lambda epoch: None).curves["objective"] == part.curves["objective"]
    with pytest.raises(InvalidInput, match="samples: digits has 51, got 52"):
        execute(replace(spec(), samples=52), DATA, lambda epoch: None)


def test_a_diverged_run_says_in_which_epoch() -> None:
    seen: list[int] = []
    result = execute(spec(epochs=6, lr=1e200), DATA, seen.append)
    assert result.notes == (f"diverged in epoch {len(seen) + 1}",)
    assert len(seen) < 6
    assert all(len(curve) == 6 for curve in result.curves.values())
    assert all(math.isnan(curve[-1]) for curve in result.curves.values())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": "sdg"}, "unknown method 'sdg'"),
        ({"rate": 0.1}, "lr is missing"),
        ({"lr": 0.1, "beta": 0.1}, "no such setting: beta"),
        ({"lr": -1.0}, r"sgd: .*-1\.0"),
        ({"method": "sgd_hd", "lr": 0.0, "beta": 0.1}, "lr must be positive"),
        ({"method": "sgd_hd", "lr": 0.1, "beta": math.inf}, "both finite"),
        ({"method": "samt_diagonal", "alpha": 0.1}, "diagonal"),
        ({"method": "samt_row", "alpha": -0.1}, "lr"),
        ({"method": "samt_row", "alpha": 0.1, "lr": 0.1}, "samt_row: no such setting: lr"),
        ({"method": "samt_row", "alpha": 0.1, "order": "sideways"}, "order: .*'sideways'"),
        ({"method": "samt_row", "alpha": 0.1, "schedule": "steep"}, "schedule: .*'steep'"),
        ({"network": "resnet"}, "unknown network 'resnet': one of mlp, cnn"),
        ({"size": 0}, "a sample or more, got 0"),
        ({"dtype": "float16"}, "dtype: float32 or float64"),
    ],
)
def test_what_is_not_admitted_is_said(changes: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        run(**changes)


def test_only_images_with_a_validation_split_and_relus_are_admitted() -> None:
    for dataset in (replace(DATA, image=None), replace(DATA, validation=None)):
        with pytest.raises(InvalidInput, match="are for images with a validation split"):
            run(dataset=dataset)
    for asked in (replace(spec(), activation="tanh"), replace(spec(), claims=("T1",))):
        with pytest.raises(InvalidInput, match="of ReLUs, and no theorem"):
            execute(asked, DATA, lambda epoch: None)


def test_the_mlp_is_that_of_the_specification() -> None:
    model = network("mlp", (256, 128), (1, 28, 28), 10, 0)
    assert [tuple(w.shape) for w in model.parameters()][::2] == [(256, 784), (128, 256), (10, 128)]
    cnn = network("cnn", (16, 32), (3, 32, 32), 10, 0)
    assert cnn(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert network("cnn", (16, 32), (1, 7, 5), 10, 0)(torch.zeros(2, 1, 7, 5)).shape == (2, 10)


def test_hypergradient_descent_is_its_formula() -> None:
    """The change of α over β is minus the derivative of the loss by the last step size."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
    batches = [(torch.randn(5, 4).double(), torch.randint(0, 2, (5,))) for _ in range(4)]
    weights = list(model.parameters())
    optimiser = SGDHD(weights, lr=0.3, hyper_lr=0.05)
    last: list[torch.Tensor] = []
    before: list[torch.Tensor] = []
    for x, y in batches:
        rate = optimiser.param_groups[0]["lr"]
        expected = rate
        if last:
            alpha = torch.tensor(rate, dtype=torch.float64, requires_grad=True)
            moved = [w - alpha * g for w, g in zip(before, last, strict=True)]
            names = [name for name, _ in model.named_parameters()]
            outputs = torch.func.functional_call(model, dict(zip(names, moved, strict=True)), (x,))
            (slope,) = torch.autograd.grad(cross_entropy(outputs, y), alpha)
            expected = rate - 0.05 * float(slope)
        optimiser.zero_grad(set_to_none=False)  # the same memory for every gradient
        cross_entropy(model(x), y).backward()
        gradients = [w.grad.clone() for w in weights if w.grad is not None]
        before, last = [w.detach().clone() for w in weights], gradients
        optimiser.step()
        assert optimiser.param_groups[0]["lr"] == pytest.approx(expected, rel=1e-12)
        for w, old, g in zip(weights, before, gradients, strict=True):
            torch.testing.assert_close(w.detach(), old - expected * g, rtol=1e-12, atol=0)
    assert optimiser.param_groups[0]["lr"] != 0.3


def test_hypergradient_descent_survives_a_checkpoint() -> None:
    def trained(restart: bool) -> list[float]:
        torch.manual_seed(0)
        w = torch.randn(6, dtype=torch.float64, requires_grad=True)
        optimiser = SGDHD([w], lr=0.1, hyper_lr=0.01)
        for step in range(6):
            if restart and step == 3:
                state = optimiser.state_dict()
                optimiser = SGDHD([w], lr=0.5, hyper_lr=0.5)
                optimiser.load_state_dict(state)
            optimiser.zero_grad()
            (w**2).sum().backward()
            optimiser.step()
        return [*w.tolist(), optimiser.param_groups[0]["lr"]]

    assert trained(True) == trained(False)


def test_the_step_size_that_sgd_hd_trains_is_told() -> None:
    told = run(method="sgd_hd", lr=0.1, beta=1e-3).curves["step_size"]
    assert len(set(told)) == 3
    assert run(method="sgd", lr=0.1).curves["step_size"] == [0.1] * 3


def test_a_step_tells_the_loss_before_it() -> None:
    model = network("mlp", (7, 5), (1, 6, 6), 3, 0)
    x, y = torch.from_numpy(DATA.test.x), torch.from_numpy(DATA.test.y)
    before = cross_entropy(model(x), y).detach()
    told = stepper("sgd", Settings(spec(lr=0.1)), model, 1).step(x, y)
    assert not told.requires_grad
    assert torch.equal(told, before)
    assert cross_entropy(model(x), y) < before


def test_a_sweep_of_fixed_step_sizes_is_block_by_block_gradient_descent() -> None:
    """Backward: the last layer first, each at the weights that the others left."""
    x, y = torch.from_numpy(DATA.test.x), torch.from_numpy(DATA.test.y)
    ours, theirs = (network("mlp", (7, 5), (1, 6, 6), 3, 0) for _ in range(2))
    asked = spec("samt_fixed", alpha=0.1, extrapolation=0.0, order="backward", schedule="constant")
    method = stepper("samt_fixed", Settings(asked), ours, 3)
    for _ in range(3):
        method.step(x, y)
        for layer in (4, 2, 0):
            weights = list(theirs[layer].parameters())
            gradients = torch.autograd.grad(cross_entropy(theirs(x), y), weights)
            with torch.no_grad():
                for w, g in zip(weights, gradients, strict=True):
                    w.sub_(0.1 * g)
    for ours_w, theirs_w in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(ours_w, theirs_w)


def test_the_range_of_every_layers_step_sizes_is_told() -> None:
    for network_name, layers in (("mlp", 3), ("cnn", 3)):
        curves = run(method="samt_row", network=network_name, alpha=0.05).curves
        for layer in range(1, layers + 1):
            least, median, greatest = (
                curves[f"alpha_{layer}_{what}"][-1] for what in ("least", "median", "greatest")
            )
            assert 0 < least <= median <= greatest
            assert least < greatest
        assert f"alpha_{layers + 1}_median" not in curves
    fixed = run(method="samt_fixed", alpha=0.05).curves
    assert fixed["alpha_1_least"] == fixed["alpha_1_greatest"] == pytest.approx([0.05] * 3)


@pytest.mark.parametrize("kind", ["samt_fixed", "samt_row"])
def test_samt_that_diverges_says_so(kind: str) -> None:
    result = run(method=kind, alpha=0.1, dataset=poisoned("validation"))
    assert result.notes == ("diverged in epoch 1",)
