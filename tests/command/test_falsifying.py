"""``amverify falsify`` as it is typed: exit status, one line, a file that decides again."""

from __future__ import annotations

import pytest

from amverify.command.cli import main
from amverify.command.falsifying import parameters_of
from amverify.errors import InvalidInput

STEPS = """
def step(x, grad, state, *, L):
    return x - 2.05 * grad(x) / L

def short(x, grad, state, *, L):
    return x - grad(x) / L

def mutates(x, grad, state):
    x -= grad(x)
    return x
"""
DESCENT = ("falsify", "--claim", "value[k] <= value[k-1]", "--examples", "20", "--method")


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "steps_of_mine.py").write_text(STEPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    return tmp_path


def test_a_falsehood_ends_with_1_and_its_file_decides_again(place, capsys):
    assert main([*DESCENT, "steps_of_mine:step", "--save", "c.json"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("FALSIFIED")
    assert "amverify falsify --replay c.json" in said
    for command in (["falsify", "--replay", "c.json"], ["replay", "c.json"]):
        assert main(command) == 1
        assert "FALSIFIED again" in capsys.readouterr().out
    assert main(["falsify", "--replay", "c.json", "--method", "steps_of_mine:step", "-q"]) == 1
    assert capsys.readouterr().out == ""
    assert main(["falsify", "--replay", "c.json", "--method", "steps_of_mine:short", "-q"]) == 2


def test_what_survives_ends_with_0_and_is_not_called_true(place, capsys):
    assert main([*DESCENT, "steps_of_mine:short"]) == 0
    said = capsys.readouterr().out
    assert "survived 20 instances" in said
    assert "true" not in said.lower()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*DESCENT, "steps_of_mine:mutates"), "it changes its argument x"),
        ((*DESCENT, "steps_of_mine:none"), "has no none"),
        ((*DESCENT, "no_such_module:step"), "there is no module no_such_module here"),
        (
            (
                "falsify",
                "--claim",
                "vlue[k] <= 1",
                "--method",
                "gradient_descent",
                "--parameter",
                "eta=1/L",
            ),
            "did you mean value?",
        ),
        ((*DESCENT, "heavyball"), "did you mean 'heavy_ball'?"),
        (("replay", "steps_of_mine.py"), "not an audit's report"),
        ((*DESCENT, ":step"), "module:function"),
        (("falsify", "--method", "adam"), "--claim or --theorem is missing"),
        ((*DESCENT, "adam", "--theorem", "T1"), "not both"),
        ((*DESCENT, "gradient_descent", "--parameter", "eta"), "NAME=LOW..HIGH"),
        ((*DESCENT, "gradient_descent"), "--parameter eta=LOW..HIGH"),
        (("falsify", "--replay", "none.json"), "No such file"),
        (("falsify", "--replay", "steps_of_mine.py"), "not JSON"),
    ],
)
def test_bad_input_ends_with_2_in_one_line(place, capsys, arguments, told):
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_parameter_that_is_given_twice_is_refused():
    assert parameters_of(["eta=1/L", "eta = 1/L"]) == {"eta": "1/L"}
    with pytest.raises(InvalidInput, match="it is 1/L and 2/L; give one"):
        parameters_of(["eta=1/L", "eta=2/L"])
