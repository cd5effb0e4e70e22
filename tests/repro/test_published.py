"""The published values are those of the papers; a file that is not in order is said where."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from amverify.errors import InvalidInput
from repro.data import names
from repro.published import (
    Judgement,
    headline,
    judge_accuracy,
    judge_count,
    load,
    read,
    statistics_of,
)
from repro.render import verdict_of

HEAD = '[paper]\nname = "P"\ntitle = "T"\nreference = "R"\n'
SERIES = """[[series]]
table = "Table 1"
dataset = "cora"
method = "tiam"
quantity = "test_accuracy"
settings = { rho = 1e-3 }
sweeps = [100, 200]
values = [0.7, 0.8]
"""


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str, name: str = "paper.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_mdlam_is_complete():
    values = load()
    assert set(values.papers) == {"BCD", "mDLAM", "SAMT", "TIAM"}
    tables = [(entry.source.table, entry.dataset) for entry in values.series]
    graphs = ("cora", "citeseer", "pubmed", "coauthor_cs")
    for table in ("Table 4", "Table 5"):
        for dataset in graphs:
            assert tables.count((table, dataset)) == 3
    assert all(len(entry.values) == 5 for entry in values.series)
    assert len(values.hyperparameters) == 6 * len(graphs)
    for dataset in graphs:
        assert statistics_of(values, dataset) is not None
        assert dataset in names()


def test_headlines_are_table_3s_setting():
    values = load()
    chosen = {
        entry.dataset: entry.settings for entry in values.hyperparameters if entry.method == "mdlam"
    }
    found = {}
    for dataset, settings in chosen.items():
        series = headline(values, dataset, "mdlam", "test_accuracy")
        assert series is not None
        assert series.settings == settings
        found[dataset] = series.after(200)
        assert series.after(30) is None
    assert found == {"cora": 0.742, "citeseer": 0.668, "pubmed": 0.773, "coauthor_cs": 0.894}
    assert headline(values, "cora", "tiam", "test_accuracy") is None


def test_table_5_at_100_is_table_4_at_the_chosen_rho_where_both_are():
    values = load()
    agreeing = [
        (four.dataset, five.values == four.values)
        for five in values.series
        for four in values.series
        if (five.source.table, four.source.table) == ("Table 5", "Table 4")
        and (five.dataset, five.settings) == (four.dataset, four.settings)
    ]
    assert sorted(agreeing) == [("coauthor_cs", True), ("cora", True), ("pubmed", True)]


def test_filled_in_paper_gives_values_with_their_source(file):
    values = read(
        [file(HEAD + SERIES.replace('"Table 1"', '"Table 1"\npage = 7\nheadline = true'))]
    )
    series = headline(values, "cora", "tiam", "test_accuracy")
    assert series is not None
    assert series.after(200) == 0.8
    assert str(series.source) == "P Table 1, p. 7"


def test_paper_without_values_is_in_order(file):
    assert read([file(HEAD)]).series == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[paper", r"paper\.toml: not a TOML file"),
        (SERIES, r"paper\.toml: \[paper\] is missing"),
        ('[paper]\nname = "P"\ntitle = "T"\n', r"\[paper\]: key 'reference' is missing"),
        (HEAD + "pages = 3\n", r"\[paper\]: key 'pages' is not known"),
        (HEAD + "[[serie]]\n", r"\[serie\] is not known; did you mean 'series'"),
        (HEAD + "[series]\n", r"write \[\[series\]\]"),
        (HEAD + "series = 3\n", r"key 'series' is not known"),
        (HEAD + SERIES + "valeus = [1]\n", r"\[\[series\]\] no\. 1: key 'valeus'.*'values'"),
        (HEAD + SERIES.replace("0.8", "80.0"), r"no\. 1: key 'values' .* from 0 to 1"),
        (HEAD + SERIES.replace("0.8", "nan"), r"key 'values'"),
        (HEAD + SERIES.replace("0.8", "true"), r"key 'values'"),
        (HEAD + SERIES.replace(", 0.8", ""), r"'values' has 1 numbers, 'sweeps' has 2"),
        (HEAD + SERIES.replace("[100, 200]", "[200, 100]"), r"'sweeps' must rise"),
        (HEAD + SERIES.replace("[100, 200]", "[0, 200]"), r"key 'sweeps'"),
        (HEAD + SERIES.replace("test_acc", "acc"), r"key 'quantity' .* test_accuracy, "),
        (HEAD + SERIES.replace('table = "Table 1"', ""), r"key 'table' is missing"),
        (HEAD + SERIES + "page = 0\n", r"key 'page' is 0"),
        (HEAD + SERIES + f"page.{'.'.join('a' * 300)} = 0\n", r"key 'page' is {'a': .*…; it must"),
        (HEAD + SERIES + SERIES.replace("cora", ""), r"no\. 2: key 'dataset'"),
        (
            HEAD + (SERIES + "headline = true\n") * 2,
            r"both marked 'headline' for cora tiam test_accuracy",
        ),
        (
            HEAD + '[[statistics]]\ntable = "T"\ndataset = "cora"\nnodes = 2.5\n',
            r"\[\[statistics\]\] no\. 1: key 'nodes' is 2\.5; it must be a whole number",
        ),
        (
            HEAD + '[[hyperparameters]]\ntable = "T"\ndataset = "cora"\nmethod = "gd"\n',
            r"key 'settings' is missing",
        ),
        (
            HEAD + SERIES.replace("series", "replicates").replace("[100, 200]", "50"),
            r"key 'seeds' is missing",
        ),
    ],
)
def test_file_not_in_order_is_named_with_its_key(file, text, said):
    with pytest.raises(InvalidInput, match=said) as caught:
        read([file(text)])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(caught.value).startswith(("paper.toml: ", "published values: "))


def test_file_that_is_no_text(tmp_path):
    path = tmp_path / "paper.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match=r"paper\.toml: not a TOML file"):
        read([path])


@pytest.mark.parametrize(
    ("mean", "std", "n", "kind"),
    [
        (0.762, math.nan, 1, "reproduced"),  # exactly 0.02, up to rounding
        (0.7621, math.nan, 1, "undecided"),  # one seed never differs
        (0.722, 0.001, 10, "reproduced"),
        (0.721, 0.001, 10, "differs"),
        (0.702, 0.04, 4, "undecided"),  # two standard errors are 0.04
        (0.3, 0.9, 2, "undecided"),  # seeds that scatter reproduce nothing
        (0.701, 0.04, 4, "differs"),
        (math.nan, math.nan, 0, "not comparable"),
    ],
)
def test_verdict_on_an_accuracy(mean, std, n, kind):
    judgement = judge_accuracy(mean, std, n, 0.742)
    assert judgement.kind == kind
    if n:
        assert judgement.difference == pytest.approx(mean - 0.742)


def test_an_undecided_cell_says_why():
    one, noisy = judge_accuracy(0.6, math.nan, 1, 0.742), judge_accuracy(0.6, 0.2, 2, 0.742)
    assert verdict_of(one).detail == "(one seed, by −0.142)"
    assert verdict_of(noisy).detail == "(within two standard errors, by −0.142)"


def test_verdict_without_a_published_value():
    assert judge_accuracy(0.7, 0.0, 2, None).kind == "no published value"
    assert judge_count(3, None).kind == "no published value"


def test_verdict_on_a_count():
    assert judge_count(5429, 5429).kind == "reproduced"
    assert judge_count(5278, 5429) == Judgement("differs", -151)
    assert judge_count(None, 5429).kind == "not comparable"


def test_a_readers_own_file_stands_for_the_shipped_one(file, monkeypatch):
    own = file(HEAD.replace('"P"', '"TIAM"') + SERIES)
    monkeypatch.setenv("AMVERIFY_PUBLISHED", str(own))
    found = load()
    assert sorted(found.papers) == sorted(["TIAM", "SAMT", "BCD", "mDLAM"])
    assert [s.values for s in found.series if s.source.paper == "TIAM"] == [(0.7, 0.8)]
    monkeypatch.setenv("AMVERIFY_PUBLISHED", str(own.parent))
    assert load() == found
    monkeypatch.delenv("AMVERIFY_PUBLISHED")
    assert not [s for s in load().series if s.source.paper == "TIAM"]


def test_an_own_file_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("AMVERIFY_PUBLISHED", str(tmp_path / "none.toml"))
    with pytest.raises(InvalidInput, match="AMVERIFY_PUBLISHED: no file of published values"):
        load()
