"""Known falsehoods are found and decided exactly; truths survive; a file decides again."""

from __future__ import annotations

import json
import random
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch

from amverify.errors import CorruptFile, InvalidInput
from amverify.falsification import falsify, replayed
from amverify.families import quadratics

DESCENT = "value[k] <= value[k-1]"


def too_long(x, grad, state, *, L):
    return x - 2.05 * grad(x) / L


@pytest.fixture(scope="module")
def found():
    return falsify(DESCENT, too_long, quadratics(), examples=50)


def test_a_step_too_long_is_falsified_in_fractions(found):
    (case, x) = (found.counterexample, found.counterexample.found.x)
    assert found.exit_status == 1
    assert case.found.decided == "fractions"
    assert (case.found.k, case.problem.dimension <= 4) == (1, True)
    problem = case.problem
    start = [Fraction(float(v)) for v in problem.x0]
    slope = problem.exact_gradient(start)
    long = Fraction(2.05) / problem.constants.L
    moved = [a - long * g for a, g in zip(start, slope, strict=True)]
    assert [v.held for v in x[1]] == moved
    lhs, rhs = problem.exact_value(moved), problem.exact_value(start)
    assert (case.found.lhs, case.found.rhs) == ((lhs, lhs), (rhs, rhs))
    assert lhs > rhs
    assert "without any rounding" in str(found)


@pytest.mark.parametrize(
    ("claim", "method", "family", "parameters", "steps", "decided"),
    [
        (DESCENT, "heavy_ball", "quadratic", {"eta": "1/L", "beta": "0..0.95"}, 10, "fractions"),
        (
            "for k >= 10: value[k] - fstar <= 0.5*(value[0] - fstar)", "cyclic_adam",
            "cyclic_linear", {"eta": 0.5, "beta1": 0, "beta2": "0.01..0.2"}, 12, "balls",
        ),
        (DESCENT, torch.optim.SGD, "quadratic", {"lr": "1/L", "momentum": 0.75}, 6, "floats"),
    ],
    ids=["heavy ball", "Adam", "torch"],
)  # fmt: skip
def test_known_falsehoods_are_found(tmp_path, claim, method, family, parameters, steps, decided):
    result = falsify(claim, method, family, parameters=parameters, steps=steps, examples=100)
    assert result.falsified
    assert result.counterexample.found.decided == decided
    assert result.counterexample.found.margin < 0
    result.save(tmp_path / "c.json")
    again = replayed(tmp_path / "c.json")
    assert again.counterexample.found.k == result.counterexample.found.k
    assert ("and the method makes" in str(again)) is isinstance(method, str)


@pytest.mark.parametrize(
    ("claim", "method", "parameters"),
    [
        (DESCENT, "gradient_descent", {"eta": "0.1/L..1/L"}),
        ("value[k] - fstar <= L*D**2/(2*k)", "gradient_descent", {"eta": "1/L"}),
        ("value[k] <= value[k-1] - (1/eta - L/2)*step2[k]", "gradient_descent", {"eta": "1/L"}),
    ],
)
def test_truths_survive(claim, method, parameters):
    result = falsify(claim, method, "quadratic", parameters=parameters, examples=40, seed=3)
    assert (result.exit_status, result.examples, result.tested) == (0, 40, 40)
    assert "survived 40 instances" in str(result)
    assert "no proof" in str(result)


def test_a_hypothesis_that_fails_leaves_nothing_to_refute():
    with pytest.raises(InvalidInput, match="tested it"):
        falsify(DESCENT, too_long, "quadratic", given="step2[k] <= -1", examples=5)


def test_a_file_decides_again_or_is_refused(found, tmp_path):
    file = tmp_path / "c.json"
    found.save(file)
    assert "was not checked" in str(replayed(file))
    assert "and the method makes" in str(replayed(file, too_long))
    with pytest.raises(InvalidInput, match="its source differs"):
        replayed(file, lambda x, grad, state: x)
    text = file.read_text()
    file.write_text(text.replace('"k": 1', '"k": 2'))
    with pytest.raises(CorruptFile, match="hash does not match"):
        replayed(file)
    for bad in ("", "[]", "{}", json.dumps({"format": "other"}), "[" * 9999):
        file.write_text(bad)
        with pytest.raises(CorruptFile):
            replayed(file)
    with pytest.raises(InvalidInput, match="No such file"):
        replayed(tmp_path / "none.json")


def test_points_that_do_not_refute_are_not_confirmed(found, tmp_path):
    """The points decide, not what a file says of them."""
    from amverify.falsification.replaying import text_of

    record = dict(found.record)
    record["points"] = [record["points"][0]] * 2
    (tmp_path / "c.json").write_text(text_of(record))
    again = replayed(tmp_path / "c.json")
    assert not again.falsified
    assert "NOT CONFIRMED" in str(again)
    with pytest.raises(CorruptFile, match="other points"):
        replayed(tmp_path / "c.json", too_long)


def mutates(x, grad, state):
    x -= grad(x)
    return x


def through_torch(x, grad, state):
    torch.as_tensor(np.asarray(x)).mul_(0.5)
    return np.array(x)


def hangs(x, grad, state):
    while True:
        pass


def raises(x, grad, state):
    return 1 / 0


def rolls(x, grad, state):
    return x - random.random() * grad(x)


def remembers(x, grad, state, *, kept=[]):  # noqa: B006
    kept.append(1)
    return x * (1 + len(kept))


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
@pytest.mark.parametrize(
    ("step", "told"),
    [
        (mutates, "it changes its argument x"),
        (through_torch, "it changes its argument x"),
        (hangs, "not done after 0.2 s; see --step-seconds"),
        (raises, "it raised ZeroDivisionError: division by zero"),
        (rolls, "two runs from the same start differ"),
        (remembers, "two runs from the same start differ"),
        (lambda x, grad, state: 1.0, r"it returned the shape \(\)"),
        (lambda x, grad, state: "x", "it returned a str, no array"),
        (lambda x, grad, state: None, "it returned nothing; let it return the next point"),
        (
            lambda x, grad, state: (x, state),
            "a tuple, no array; let it return the next point alone",
        ),
        (lambda x, grad: x, r"take \(x, grad, state\)"),
        (lambda x, grad, state, *, zeta: x, "its argument zeta is no constant"),
        (3, "expected a step function"),
        ("newton", "method 'newton': not one of .*, nor module:function"),
    ],
)
def test_a_step_function_that_is_none_is_refused(step, told):
    with pytest.raises(InvalidInput, match=told) as error:
        falsify(DESCENT, step, quadratics(), examples=5, step_seconds=0.2)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"claim": "value[k] <= bound[k]"}, "quantity bound"),
        ({"claim": "value[k] <= C"}, "constant C is not declared"),
        ({"claim": 7}, "expected a text or a theorem, got int"),
        ({"family": "cubics"}, "family 'cubics'"),
        ({"parameters": {"eta": "1/M"}}, "M"),
        ({"parameters": {"eta": "1/L..0.5/L"}}, "no number is in this range"),
        ({"parameters": {"eta": "import os"}}, "write a number"),
        ({"parameters": {"eta": "10**400"}}, "too large for a double"),
        ({"parameters": {"eta": "10**(10**9)"}}, "too large for a double"),
        ({"parameters": {"eta": "exp(1000)"}}, "too large for a double"),
        ({"parameters": {"eta": "log(0-1)"}}, "it has no value"),
        ({"parameters": {"eta": "value[k]"}}, "only numbers and constants"),
        ({"parameters": {"eta": 0.1, "gamma": 2}}, "parameter gamma"),
        ({"claim": "value[k] <= eta", "constants": {"eta": 2}}, "declare it once"),
        ({"examples": 0}, "examples: at least 1"),
        ({"steps": 0}, "steps: at least 1"),
    ],
)
def test_bad_questions_are_refused(changed, told):
    asked = {"claim": DESCENT, "method": "gradient_descent", "family": "quadratic",
             "parameters": {"eta": 0.1}, "examples": 5} | changed  # fmt: skip
    with pytest.raises(InvalidInput, match=told) as error:
        falsify(asked.pop("claim"), asked.pop("method"), asked.pop("family"), **asked)
    assert "\n" not in str(error.value)


def test_ctrl_c_keeps_what_was_seen():
    def interrupted(done, least, seconds):
        if done == 7:
            raise KeyboardInterrupt

    result = falsify(
        DESCENT, "gradient_descent", "quadratic", parameters={"eta": "1/L"}, tell=interrupted
    )
    assert (result.stopped, result.examples, result.falsified) == (True, 7, False)


def test_without_hypothesis_there_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(InvalidInput, match=r"amverify\[testing\]"):
        falsify(DESCENT, too_long, quadratics(), examples=5)


def elsewhere(x, grad, state):
    return 2 * x if x.dtype == object else x / 2


def test_a_step_that_does_something_else_on_exact_numbers_is_judged_in_floats():
    """Else a truth would be falsified by what the method never does."""
    said = "norm2[k] <= norm2[k-1]"
    assert not falsify(said, elsewhere, quadratics(), examples=30).falsified
    found = falsify("norm2[k] >= norm2[k-1]", elsewhere, quadratics(), examples=30)
    assert found.counterexample.found.decided == "floats"


def test_nothing_is_said_outside_a_box_and_where_l_is_not_meant():
    """∇f of x⁴ is not 3-Lipschitz beyond 1: a step out there refutes nothing that reads L."""
    leaves = lambda x, grad, state: x + 4  # noqa: E731
    with pytest.raises(InvalidInput, match="tested it"):
        falsify("value[k] <= L", leaves, "power", examples=5)
    assert falsify("value[k] <= 1", leaves, "power", examples=5).falsified
    with pytest.raises(InvalidInput, match="tested it"):
        falsify(DESCENT, lambda x, grad, state: x + 99, "quadratic_box", examples=5)


@pytest.mark.parametrize("claim", ["norm2[k] / step2[k] <= -1", "(0 - norm2[k] - 1)**(1/2) <= -1"])
def test_what_has_no_value_refutes_nothing(claim):
    with pytest.raises(InvalidInput, match="tested it"):
        falsify(claim, lambda x, grad, state: x, quadratics(), examples=4)


def test_ctrl_c_while_it_is_made_simple_keeps_the_counterexample(monkeypatch):
    from amverify.falsification import shrinking

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(shrinking._Shrink, "round", interrupted)
    assert falsify(DESCENT, too_long, quadratics(), examples=20).falsified


def test_a_step_that_raises_now_and_then_is_one_line():
    def fails_later(x, grad, state, *, rng):
        if len(x) > 4:
            raise RuntimeError("too\nlong")
        return x - 0.01 * grad(x)

    with pytest.raises(InvalidInput, match="RuntimeError: too long"):
        falsify(DESCENT, fails_later, quadratics(), examples=60)


def test_a_step_in_float32_is_not_blamed_for_its_rounding():
    def step(x, grad, state, *, L):
        return (x - grad(x) / L).astype(np.float32)

    contraction = "value[k] - fstar <= (1 - mu/L)*(value[k-1] - fstar)"
    assert not falsify(contraction, step, quadratics(), examples=80, steps=30).falsified


def test_a_step_beyond_the_range_of_floats_is_no_traceback():
    result = falsify(DESCENT, lambda x, grad, state: x * 1e300 + 1e300, quadratics(), examples=5)
    assert result.falsified


def stops(x, grad, state, *, L):
    """Three steps of gradient descent, then NaN."""
    state["made"] = state.get("made", 0) + 1
    return x - grad(x) / L * (np.nan if state["made"] > 3 else 1.0)


def test_a_run_that_ends_in_nan_does_not_survive_in_silence():
    result = falsify(DESCENT, stops, quadratics(), examples=6)
    assert not result.falsified
    assert result.broken == result.tested > 0
    assert f"{result.broken} runs ended in NaN or ±inf" in str(result)


@pytest.mark.parametrize("kind", [np.float16, "bfloat16"])
def test_a_step_in_a_coarse_format_is_judged_by_its_rounding(kind):
    """What rounding to eleven or eight bits can do refutes nothing; a step too long does."""

    def rounded(x):
        if kind == np.float16:
            return np.asarray(x, dtype=kind)
        bits = x.astype(np.float32).view(np.uint32)
        return ((bits + 0x8000) & 0xFFFF0000).view(np.float32)

    def short(x, grad, state, *, L):
        return rounded(np.asarray(x - grad(x) / L, dtype=np.float64))

    def long(x, grad, state, *, L):
        return rounded(np.asarray(x - 2.5 * grad(x) / L, dtype=np.float64))

    claim = "step2[k]*L**2 <= grad2[k-1]"  # an equality, but for rounding
    assert not falsify(claim, short, quadratics(), examples=40).falsified
    assert falsify(claim, long, quadratics(), examples=40).falsified
