"""What is not known is answered with what may have been meant, as it is to be passed."""

from __future__ import annotations

from pathlib import Path

import pytest

from amverify.command.cli import main
from amverify.theorems.catalogue import CATALOGUE
from amverify.theorems.search import about, offered


def ids(words: str) -> list[str]:
    return [theorem.id for theorem in about(words.split(), CATALOGUE.values())]


@pytest.mark.parametrize(
    ("words", "first", "also"),
    [
        ("lyapunov", {"T3", "T3z", "G4"}, {"T2"}),
        ("rate", {"T6", "M2", "S2", "G2", "G5"}, set()),
        ("linear rate", {"M2", "G2"}, set()),
        ("distance", set(), {"K2", "T5", "G5"}),
        ("Lojasiewicz", {"K2", "G2"}, set()),
        ("KL", {"T6"}, {"K2", "T5"}),
        ("nesterov", {"G5"}, {"G1"}),
        ("NESTEROV's", {"G5"}, set()),
        ("dladmm", {"D1"}, set()),
        ("momentum", {"S4m"}, {"G4"}),
        ("batch", {"S2", "S3", "S4"}, set()),
        ("infimum", set(), {"G2", "G5"}),
    ],
)
def test_words_find_theorems_titles_first(words: str, first: set[str], also: set[str]) -> None:
    found = ids(words)
    assert first <= set(found[: max(len(first), 6)])
    assert also <= set(found)


def test_words_that_no_theorem_has() -> None:
    assert ids("quark") == []
    assert ids("") == []
    assert ids("...") == []


def test_an_id_in_another_case_is_offered_alone() -> None:
    assert [t.id for t in offered("t3", CATALOGUE)] == ["T3"]
    assert [t.id for t in offered("DESCENT", CATALOGUE)] == ["descent"]


def test_a_word_spelt_nearly_right_is_offered() -> None:
    assert {"T3", "T3z"} <= {t.id for t in offered("liapunov", CATALOGUE)}
    assert "K2" in {t.id for t in offered("lojasiewitz", CATALOGUE)}
    assert offered("qqqq", CATALOGUE) == ()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(list(arguments))
    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert len(printed.err.splitlines()) == 1
    return printed.err


def test_a_search_is_a_list_that_leads_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theorems", "lyapunov"]) == 0
    told = capsys.readouterr().out
    assert "heavy ball's Lyapunov function" in told
    assert "amverify theorems T3" in told
    assert main(["theorems", "T1", "T3"]) == 0
    assert "Lyapunov decrease" in capsys.readouterr().out
    assert main(["theorems", "lyapunov", "-q"]) == 0
    assert capsys.readouterr().out.split() == ids("lyapunov")
    assert "T3" in refused(capsys, "theorems", "T33")
    assert "amverify theorems" in refused(capsys, "theorems", "quark")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--theorem", "lyapunov"), "--theorem T3 (Lyapunov decrease)"),
        (("--theorem", "h1"), "--theorem H1 ("),
        (("--theorem", "H1", "--constant", "A=0.5"), "did you mean --constant a=0.5?"),
        (("--theorem", "G5", "--constant", "fstr=0"), "did you mean --constant fstar=0.0?"),
        (("--theorem", "descent", "--constant", "L=1"), "descent has no such constant"),
        (("--theorem", "G1", "--constant", "quark=1"), "it has L"),
        (("--theorem", "G1", "--constant", "L=1", "--constant", "L=2"), "L has another value"),
        (("--theorm", "H1"), "--theorem"),
    ],
)
def test_an_argument_is_answered_with_the_one_to_pass(
    traces: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert words in refused(capsys, "audit", str(traces / "good.trace"), *arguments)


def test_a_constant_goes_to_the_theorem_that_has_it(
    traces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """descent has no constants to declare, and does not complain of H1's."""
    given = ("--theorem", "descent", "--theorem", "H1", "--constant", "a=0.5")
    assert main(["audit", str(traces / "good.trace"), *given]) == 3
    told = capsys.readouterr()
    assert told.err == ""
    assert "HOLDS      descent" in told.out
    assert "lacks" in told.out


def test_a_file_that_is_not_there_is_answered_with_its_neighbour(
    traces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, "audit", str(traces / "goood.trace"), "--theorem", "descent")
    assert f"did you mean {traces / 'good.trace'}?" in told
    assert "module:function" in refused(capsys, "audit", "xyzzy", "--theorem", "descent")


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert "'audit'" in refused(capsys, "adit")


def test_which_theorems_a_run_can_be_judged_by(
    traces: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    run = str(traces / "good.trace")
    assert main(["theorems", "--for", run]) == 0
    told = capsys.readouterr().out
    assert "usable once  H2" in told
    assert "it speaks of JointTIAM's blocks" in told
    assert main(["theorems", "--for", run, "-q", "--constant", "L=1"]) == 0
    assert "descent" in capsys.readouterr().out.split()
    assert main(["theorems", "--for", run, "G5", "--constant", "L=1"]) == 0
    assert "recorder.trace(fstar=…, D=…), Recorder(eta=…)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--for", "xyzzy"), "no such file"),
        (("--for", "good.trace", "T33"), "no theorem is called 'T33'; nearest: T3"),
        (("--for", "good.trace", "--constant", "LL=3"), "did you mean 'L'"),
        (("--constant", "L=3"), "name the run with --for"),
    ],
)
def test_what_cannot_be_asked_of_a_run_is_one_line(
    traces: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    given = [str(traces / one) if one.endswith(".trace") else one for one in arguments]
    assert words in refused(capsys, "theorems", *given)


def test_a_python_file_is_no_run_but_a_function_in_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text("def run(): ...\n")
    assert "gives a trace: mine:NAME" in refused(capsys, "audit", str(tmp_path / "mine.py"))
