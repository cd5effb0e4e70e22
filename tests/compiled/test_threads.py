"""Small products get one thread, large ones more, and torch has its own again afterwards."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from amverify.compiled.threads import WORTH, exactly, limited, worth
from amverify.estimators import TIAMClassifier
from repro.data.dataset import Dataset, Split
from repro.engine.work import carry_out
from repro.spec import Minibatch, RunResult, RunSpec


@pytest.fixture
def four_threads():
    with exactly(4):
        yield


def test_by_the_largest_product():
    assert worth(140, (1433, 100, 100, 7)) == 1
    assert worth(60_000, (784, 100, 10)) == 2 * 60_000 * 784 * 100 // WORTH > 1
    assert worth(5, (3,)) == worth(0, (3, 2)) == 1


def test_never_more_than_torch_had(four_threads):
    with limited(9):
        assert torch.get_num_threads() == 4
    with limited(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 4


def test_torch_has_its_own_again_after_an_error(four_threads):
    with pytest.raises(ZeroDivisionError), limited(1):
        raise ZeroDivisionError
    assert torch.get_num_threads() == 4


def spec(samples: int, minibatch: Minibatch | None = None) -> RunSpec:
    return RunSpec(
        "cora", "tiam", (), (50_000,), "relu", 1, 0, "float32", (), minibatch, samples=samples
    )


@pytest.mark.parametrize(
    ("run", "asked", "expected"),
    [
        (spec(2), None, 1),
        (spec(5_000), None, 2),
        (spec(500_000), None, 4),
        (spec(500_000, Minibatch("mlp", 128)), None, 1),
        (spec(2), 3, 3),
        (spec(500_000), 1, 1),
    ],
)
def test_a_run_has_what_its_products_are_worth_or_what_was_asked(
    four_threads, run, asked, expected
):
    seen = []

    def execute(spec, dataset, on_sweep):
        seen.append(torch.get_num_threads())
        return RunResult({})

    part = Split(np.zeros((2, 4)), np.zeros(2, dtype=np.int64))
    outcome = carry_out(execute, run, Dataset("cora", part, None, part, 2, {}, {}), print, asked)
    assert seen == [expected] == [outcome.provenance["threads"]]
    assert torch.get_num_threads() == 4


def test_an_estimator_of_few_samples_trains_on_one(four_threads):
    seen = []
    callback = lambda sweep, value: seen.append(torch.get_num_threads())  # noqa: E731
    x = np.random.default_rng(0).normal(size=(30, 3))
    TIAMClassifier(4, ridge=1.0, sweeps=2, callback=callback).fit(x, x[:, 0] > 0)
    assert seen == [1, 1]
    assert torch.get_num_threads() == 4
