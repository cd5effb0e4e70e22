"""LaTeX that compiles and fits, whatever stands in a cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amverify.shown.latex import MATHEMATICS, escaped
from repro.render import Column, Document, Estimate, Number, Table, Text, write_files
from repro.render.latex import LINE, SEP, emphasised, latex, latex_appendix, parts
from repro.render.places import placeless
from tests.support import pdflatex

SIGNS = "".join(MATHEMATICS) + "⁰¹²³⁻ⁿ₀₁ᵢ —–…“”‘’ éüßČ ☃ 𝔄 \\{}$&%#_^~<>|\"' [x] `"


def accuracy(*values: float, diverged: tuple[int, ...] = ()) -> Estimate:
    return Estimate(values, tuple(range(len(values))), diverged, "abc")


def row(dataset: str, number: int, *values: float) -> tuple:
    reason = f"instance {number}: ‖e‖² ≤ ½δ·‖Δ‖² {SIGNS}" if number % 7 == 0 else "—"
    word = "blocks.metric_step/blocks.metric_inertia,blocks.second_residual=0.123456789"
    return (
        Text(dataset),
        Text(f"a method with a name that is long, number {number}"),
        accuracy(*values),
        Number(-0.01, "+.2f"),
        Number(12345678.9, ".3f", "9 of 10"),
        Text(word if number % 5 == 0 else "NOT APPLICABLE"),
        Text(reason),
        Text("rho = 0.001, mu = 0.05, epsilon = 100"),
    )


COLUMNS = (
    Column("dataset", "Data set"),
    Column("method", "Method"),
    Column("test_accuracy", "Test accuracy", right=True, highest=True),
    Column("region", "2s/t−1−p2²−2|p1s−p2|", right=True),
    Column("sweeps", "Sweeps to target", right=True),
    Column("verdict", "Verdict"),
    Column("reason", "Reason"),
    Column("settings", "Settings"),
)
ROWS = (
    *(row("coauthor_cs", n, 0.7, 0.72) for n in range(3)),
    row("coauthor_cs", 3, 0.70, 0.73),
    row("coauthor_cs", 4, 0.5, 0.51),
    *(row("digits", n, 0.9) for n in range(60)),
)
TABLE = Table(
    "accuracy",
    "Table 2: test accuracy",
    COLUMNS,
    ROWS,
    f"How: {SIGNS}",
    ("get x from https://example.org/a/rather/long/path/to/" + "data/" * 12 + "x",),
)
DOCUMENT = Document("table2", (TABLE, Table("settings", "Hyperparameters", COLUMNS, ROWS[:2])))


@pdflatex.needed
@pytest.mark.parametrize("options", ["a4paper", "a4paper,twocolumn"])
def test_it_compiles_and_fits(options, tmp_path):
    text = f"{latex(DOCUMENT)}\\appendix\n{latex_appendix(DOCUMENT)}"
    assert pdflatex.faults(text, tmp_path, options) == []


@pdflatex.needed
def test_a_box_that_is_too_wide_is_seen(tmp_path):
    assert pdflatex.faults(r"\hbox to 10pt{\hskip 20pt}x\undefined", tmp_path) != []


def test_the_caption_says_table_once_and_settings_are_in_the_appendix():
    text = latex(DOCUMENT)
    assert "\\caption{Test accuracy. How:" in text
    assert "rho = 0.001" not in text
    assert text.count("\\label{tab:table2-accuracy}") == text.count("\\caption{") == 1
    appendix = latex_appendix(DOCUMENT)
    assert appendix.count("rho = 0.001") == len(ROWS) + 2
    assert latex_appendix(Document("t", (Table("a", "A", COLUMNS[:2], ()),))) == ""


def test_every_part_fits_and_says_what_its_rows_are():
    split = parts(TABLE)
    assert len(split) > 1
    assert [i for part in split for i in part.columns if i > 1] == list(range(2, len(COLUMNS)))
    for part in split:
        assert part.columns[:2] == (0, 1)
        known = [width for width in part.widths if width is not None]
        assert sum(known) + 2 * SEP * len(part.columns) <= LINE


def test_bold_is_the_best_and_what_is_within_one_standard_error():
    best, near, far = accuracy(0.80, 0.82), accuracy(0.79, 0.81), accuracy(0.70, 0.71)
    lost, single = accuracy(0.9, 0.92, diverged=(2,)), accuracy(0.95)
    cells = (best, near, far, lost, single)
    table = Table("t", "T", COLUMNS[1:3], tuple((Text("x"), cell) for cell in cells))
    assert emphasised(table) == {id(best), id(near)}
    assert latex(Document("d", (table,))).count("\\textbf{") == 2


@given(st.text())
def test_no_active_character_is_left(text):
    found = escaped(text)
    for piece in (
        *(r"\textbackslash{}", r"\textasciitilde{}", r"\textasciicircum{}", r"\textless{}"),
        *(r"\textgreater{}", r"\textbar{}", r"\ldots{}", r"\allowbreak{}"),
        *(f"\\{c}" for c in "&%$#_{}"),
    ):
        found = found.replace(piece, "")
    outside = "".join(part for i, part in enumerate(found.split("$")) if i % 2 == 0)
    assert not set('\\&%#_{}^$<>|"') & set(outside)


def test_files_say_no_folder_of_this_machine(tmp_path):
    told = "x is not in /home/ann/data nor in ~/.cache/amverify/data; see https://example.org/a/b/c"
    assert placeless(told) == "x is not in …/data nor in …/data; see https://example.org/a/b/c"
    assert placeless(r"in C:\Users\ann\data") == "in …/data"
    assert placeless("0/3 of 1/t, python -m repro/x") == "0/3 of 1/t, python -m repro/x"
    assert placeless("--out=/work/ann/results") == "--out=…/results"
    paths = write_files(DOCUMENT, tmp_path)
    assert [path.name for path in paths if path.suffix == ".tex"] == [
        "table2.tex",
        "table2_appendix.tex",
    ]


@pytest.mark.parametrize(
    ("text", "typeset"),
    [
        ("x^{k+1}", "x$^{k + 1}$"),
        ("t_j", "t$_{j}$"),
        ("Σ_i", r"$\Sigma$$_{i}$"),
        ("value_error", r"value\_error"),
        ("2^-3", r"2\textasciicircum{}-3"),
    ],
)
def test_scripts_of_one_sign_or_in_braces_are_set_as_such(text: str, typeset: str) -> None:
    assert escaped(text) == typeset
