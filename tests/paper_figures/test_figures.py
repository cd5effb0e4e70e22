"""The figures: a registry that is whole, drawings of made-up data, files of the same bytes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import made_up_figures
import numpy as np
import pytest

from amverify.errors import DataUnavailable, InvalidInput
from paper_figures.command import make
from paper_figures.command.cli import main
from paper_figures.data.frame import Data, Frame
from paper_figures.drawing.files import write_figure
from paper_figures.drawing.style import PENS, styled
from paper_figures.figures.accuracy import at_common_times
from paper_figures.figures.registry import FIGURES, MODULES, FigureEntry
from paper_figures.names import CONTENTS
from repro.command.options import Options, wanted
from repro.tables.parts.request import Protocol

FOLDER = Path(make.__file__).parents[1] / "figures"
SUFFIXES = ["csv", "json", "pdf", "png", "svg"]


def one_error(capsys: pytest.CaptureFixture[str]) -> str:
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1, errors
    assert "Traceback" not in errors
    return errors


def test_the_registry_is_whole():
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "registry"}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == files
    assert list(FIGURES) == list(CONTENTS)
    for name, module in zip(FIGURES, MODULES, strict=True):
        assert module.__name__.endswith(f".{name}")
    assert set(made_up_figures.DATA) == set(CONTENTS)


@pytest.mark.parametrize("name", CONTENTS)
def test_every_figure_is_drawn_from_its_data_alone(name):
    with styled():
        figure = FIGURES[name].draw(made_up_figures.DATA[name])
        figure.canvas.draw()
    width, height = figure.get_size_inches()
    assert (width, height < 5) in [(3.3, True), (6.9, True)]
    for axes in figure.axes:
        assert axes.has_data() or axes.get_label() == "<colorbar>"
        assert axes.get_xlabel() or axes.get_ylabel() or axes.get_title()
    shown = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert len(shown) == len(set(shown))
    assert all(axes.get_legend() is None for axes in figure.axes), "a legend would cover data"


def test_files_are_of_the_same_bytes_every_time(tmp_path):
    data = made_up_figures.DATA["exponents"]
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        with styled():
            paths = write_figure("exponents", FIGURES["exponents"].draw(data), data, folder)
        assert sorted(path.suffix[1:] for path in paths) == SUFFIXES
    for path in sorted(folders[0].iterdir()):
        assert path.read_bytes() == (folders[1] / path.name).read_bytes(), path.name
    whole = json.loads((folders[0] / "exponents.json").read_text())
    assert whole["frames"]["exponents"]["low"] == list(data["exponents"].columns["low"])
    assert b"CreationDate" not in (folders[0] / "exponents.pdf").read_bytes()
    assert "<dc:date>" not in (folders[0] / "exponents.svg").read_text()


def test_the_users_own_style_does_not_matter():
    import matplotlib as mpl

    pictures = []
    for size in (8.0, 30.0):
        with mpl.rc_context({"font.size": size, "lines.linewidth": size}), styled():
            out = io.BytesIO()
            FIGURES["exponents"].draw(made_up_figures.DATA["exponents"]).savefig(out, format="png")
            pictures.append(out.getvalue())
    assert pictures[0] == pictures[1]


def test_pens_are_told_apart_without_colour():
    assert len({pen.marker for pen in PENS}) == len(PENS)
    assert len({str(pen.line) for pen in PENS}) == len(PENS)


def test_frames():
    frame = Frame.of_rows("f", ("name", "x"), [("a", 1.5), ("b", float("nan")), ("a", 2)])
    assert frame.where(name="a").numbers("x").tolist() == [1.5, 2.0]
    assert frame.levels("name") == ["a", "b"]
    assert np.isnan(frame.where(name="b").numbers("x")[0])
    assert frame.to_csv() == "name,x\na,1.5\nb,\na,2\n"
    assert json.loads(Data((frame,), "").to_json("f"))["frames"]["f"]["x"] == [1.5, None, 2]
    with pytest.raises(ValueError, match="one entry for each of name, x"):
        Frame.of_rows("f", ("name", "x"), [("a",)])
    with pytest.raises(ValueError, match="not equally long"):
        Frame("f", {"a": (1,), "b": ()})


def test_accuracies_at_common_times_look_back_only():
    clocks = [np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.5, 9.0])]
    times, values = at_common_times(clocks, [np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.6, 0.7])])
    assert times[0] == pytest.approx(1.5)
    assert times[-1] == pytest.approx(3.0)
    assert values[:, 0].tolist() == [0.1, 0.5]
    assert values[1].max() == 0.6


@pytest.fixture
def figures(monkeypatch) -> None:
    """Two figures: one of made-up data, one whose data cannot be had."""

    def nothing(*_: object) -> Data:
        raise DataUnavailable("no numbers here")

    draw, protocol = FIGURES["exponents"].draw, Protocol(("digits",), ("tiam",), 3)
    data = made_up_figures.DATA["exponents"]
    made = {
        "slack": FigureEntry("", protocol, lambda *_: data, draw),
        "region": FigureEntry("", protocol, nothing, draw),
    }
    monkeypatch.setattr(make, "_entries", lambda: made)


@pytest.mark.usefixtures("figures")
def test_several_go_on_where_one_has_no_data(tmp_path, capsys):
    options = Options(out=tmp_path, cache=tmp_path / "cache", wanted=wanted(seeds="3"))
    assert make.make_figures(["slack", "region"], options) == 0
    said = capsys.readouterr()
    assert said.err == "warning: region was not made: no numbers here\n"
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        f"slack.{suffix}" for suffix in SUFFIXES
    ]
    provenance = json.loads((tmp_path / "figures" / "slack.json").read_text())["provenance"]
    assert provenance["command"] == (
        "python -m paper_figures slack --data digits --seeds 3 --sweeps 3"
    )
    assert str(tmp_path) not in (tmp_path / "figures" / "slack.json").read_text()


@pytest.mark.usefixtures("figures")
def test_what_no_figure_admits_is_refused(tmp_path, capsys):
    with pytest.raises(DataUnavailable, match="no numbers here"):
        make.make_figures(["region"], Options(out=tmp_path))
    with pytest.raises(InvalidInput, match=r"slack: unknown data set 'digit'; did you mean"):
        make.make_figures(["slack"], Options(out=tmp_path, wanted=wanted(["digit"])))


def test_one_line_for_what_a_user_gets_wrong(capsys, monkeypatch):
    assert main(["regoin"]) == 2
    assert "unknown figure or command 'regoin'; did you mean 'region'" in one_error(capsys)
    assert main(["region", "--sides"]) == 2
    assert "--sides" in one_error(capsys)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["region"]) == 2
    assert "pip install 'amverify[figures]'" in one_error(capsys)


def test_list_and_help(capsys):
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in CONTENTS)
    assert main(["--help"]) == 0
    assert "python -m paper_figures descent" in capsys.readouterr().out


def test_help_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys; sys.modules |= {'torch': None, 'matplotlib': None}; "
        "from paper_figures.command.cli import main; sys.exit(main(['region', '--help']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
