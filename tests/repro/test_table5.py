"""Table 5: which activations each method takes, and what is called a verdict on the claim."""

from __future__ import annotations

import fake_runs
import pytest

from amverify.errors import InvalidInput
from repro.data import load
from repro.full_batch.methods import prepare
from repro.render import Estimate
from repro.spec import RunResult, RunSpec
from repro.tables import Request, table5
from repro.tables.parts.means import greater
from repro.tables.table5 import FAMILY, OTHERS, admitted, specifications, verdict


def estimates(**means: float) -> dict[str, Estimate]:
    """Three seeds, a hundredth apart, about each mean."""
    return {
        name: Estimate((m - 0.01, m, m + 0.01), (0, 1, 2), (), "x") for name, m in means.items()
    }


@pytest.mark.parametrize(
    ("means", "said", "why"),
    [
        ({"relu": 0.9, "elu": 0.95, "tanh": 0.8, "sigmoid": 0.1}, "HOLDS", "least of the family"),
        ({"relu": 0.9, "elu": 0.80, "tanh": 0.8, "sigmoid": 0.1}, "UNDECIDED", "elu 0.800"),
        ({"relu": 0.8, "elu": 0.85, "tanh": 0.86, "sigmoid": 0.1}, "UNDECIDED", "tanh 0.860"),
        ({"relu": 0.8, "elu": 0.70, "tanh": 0.9, "sigmoid": 0.1}, "VIOLATED", "tanh 0.900"),
        ({"relu": 0.8, "elu": 0.70}, "NOT APPLICABLE", "no activation"),
        ({"tanh": 0.8}, "NOT APPLICABLE", "no activation"),
    ],
)
def test_a_verdict_takes_a_difference_that_seeds_do_not_make(means, said, why):
    found = verdict(estimates(**means))
    assert found[0] == said
    assert why in found[1]


def test_one_seed_and_a_diverged_one_decide_nothing():
    one = {a: Estimate((m,), (0,), (), "x") for a, m in (("relu", 0.9), ("tanh", 0.1))}
    assert verdict(one)[0] == "UNDECIDED"
    lost = estimates(relu=0.9, tanh=0.1)
    lost["tanh"] = Estimate((0.1, 0.11), (0, 1), (2,), "x")
    assert verdict(lost)[0] == "UNDECIDED"


def test_greater_is_said_by_welchs_test_alone():
    def of(*values: float, diverged: tuple[int, ...] = ()) -> Estimate:
        return Estimate(values, tuple(range(len(values))), diverged, "x")

    assert greater(of(0.90, 0.91), of(0.5, 0.5))  # one side that does not vary at all
    assert not greater(of(0.90, 0.91), of(0.5, 0.5), level=1e-3)
    assert not greater(of(0.5, 0.5), of(0.90, 0.91))
    assert not greater(of(0.9, 0.9), of(0.5, 0.5))  # neither varies: no test
    assert not greater(of(0.9), of(0.5, 0.51))
    assert not greater(of(0.9, 0.91), of(0.5, 0.51, diverged=(2,)))
    assert not greater(of(0.9, 0.5), of(0.5, 0.51))


@pytest.mark.parametrize("method", table5.METHODS)
def test_what_is_admitted_is_what_the_method_takes(method):
    dataset, request = load("few_digits"), Request(("digits",), (method,), (0,), 1)
    for activation in (*FAMILY, *OTHERS):
        (spec,) = specifications(method, "digits", activation, request)
        algorithm, problem, parameters = prepare(spec, dataset)
        if activation in admitted(method):
            algorithm.initialise(problem, parameters)
        else:
            with pytest.raises(InvalidInput, match=activation):
                algorithm.initialise(problem, parameters)


def test_the_table_has_both_sides_and_a_verdict_a_method():
    def result(spec: RunSpec) -> RunResult:
        end = (0.9 if spec.activation in FAMILY else 0.2) + spec.seed / 100
        return fake_runs.result_of(spec, end)

    laboratory = fake_runs.MadeUp(result, fake_runs.dataset)
    request = Request(("digits",), table5.METHODS, (0, 1), 3)
    accuracies, claims = table5.make(request, laboratory).tables
    assert [row[1].plain() for row in accuracies.rows] == [*FAMILY, *OTHERS]
    tanh = next(row for row in accuracies.rows if row[1].plain() == "tanh")
    assert [cell.plain() for cell in tanh[2:5]] == ["no", "0.205 ± 0.007", "refused"]
    assert [row[2].plain() for row in claims.rows] == ["HOLDS"] * 4
