"""What is claimed of a subject: a theorem by its id, or text; what is neither is refused."""

from __future__ import annotations

import pytest

from amverify.errors import InvalidInput
from amverify.subject.subject import RAISED, Claim, child, claimed, declared, run_subject


def test_an_id_names_a_theorem_and_leaves_its_constants_to_the_audit():
    said = Claim("H1", {"a": 0.5})
    assert claimed(said).id == "H1"
    assert declared(said) == {"a": 0.5}


def test_a_text_is_a_theorem_of_its_own_with_its_constants_in_it():
    said = Claim("value[k] <= value[k-1] - a*step2[k]", {"a": 0.5}, trust=("f convex",))
    assert claimed(said).id != "H1"
    assert declared(said) == {}


def test_hypotheses_of_a_theorem_are_its_own():
    with pytest.raises(InvalidInput, match="H1: given and trust belong to a claim that is written"):
        claimed(Claim("H1", given=("eta[k] <= 1",)))


@pytest.mark.parametrize("name", ["my_module", ":run", "my_module:"])
def test_a_name_without_a_module_or_a_function_is_refused_before_anything_runs(name):
    with pytest.raises(InvalidInput, match="write it as module:function"):
        run_subject(name, 1.0, 1)


def asks(gradient, steps, *, eta=1.0):
    """Not to be called without arguments."""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (f"{__name__}:asks", "it is called without arguments, and asks for gradient, steps"),
        ("no_such_module:f", "there is no module no_such_module here"),
        ("amverify.no_such_module:f", "there is no module amverify.no_such_module here"),
        (f"{__name__}:ask", "has no ask; did you mean asks?"),
    ],
)
def test_what_a_process_of_its_own_cannot_call_is_one_line(tmp_path, capsys, name, why):
    assert child(name, str(tmp_path), "10") == RAISED
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert "InvalidInput" not in said


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "import no_such_module",
            "No module named 'no_such_module' (broken.py, line 1)",
        ),
        ("raise RuntimeError('at\\nimport')", "RuntimeError: at import (broken.py, line 1)"),
        ("def f(:", "SyntaxError: invalid syntax (broken.py, line 1)\n"),
    ],
)
def test_a_module_that_raises_is_one_line(tmp_path, capsys, monkeypatch, source, why):
    (tmp_path / "broken.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert child("broken:f", str(tmp_path), "10") == RAISED
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
