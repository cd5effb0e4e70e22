"""The gallery: what is known of each method is what the judge says; a wrong verdict is seen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from amverify.verdict import Verdict
from repro.command.cli import main
from repro.gallery import catalogue
from repro.gallery.catalogue import ENTRIES, judged, wrong
from repro.gallery.entry import Known

QUICK = (
    *("fista", "proximal-gradient-lasso", "palm", "palm-steps-1-0-3-l", "ipalm", "ipalm-outside"),
    *("tiam", "tiam-outside", "samt", "samt-same-batch", "k-means", "nmf", "mirror-descent"),
)
"""Entries of a second or less; ``python -m repro gallery`` judges all of them."""


def test_there_are_enough():
    claims = [known for entry in ENTRIES.values() for known in entry.claims]
    assert len(ENTRIES) >= 20
    assert sum(known.true for known in claims) >= 40
    assert sum(not known.true for known in claims) >= 30
    assert all(known.source for known in claims)


@pytest.mark.parametrize("name", QUICK)
def test_what_is_known_is_what_is_judged(name):
    assert wrong([judged(name)]) == []


@pytest.mark.parametrize(
    ("claim", "true", "good"),
    [
        ("value[k] <= 1", True, {Verdict.HOLDS}),
        ("step[k] == 0", True, {Verdict.HOLDS, Verdict.UNDECIDED}),
        ("step[k] == 0", False, {Verdict.VIOLATED, Verdict.NOT_APPLICABLE}),
    ],
)
def test_which_verdict_is_expected(claim, true, good):
    assert {v for v in Verdict if Known(claim, true, "").met(v)} == good


def test_the_command_writes_a_table_and_pages(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    out = tmp_path / "out"
    asked = ["--method", "fista", "--method", "k-means", "--out", str(out)]
    assert main(["gallery", *asked]) == 0
    said = capsys.readouterr()
    assert "2 runs, 5 claims" in said.out
    assert not said.err
    table, runs = json.loads((out / "gallery.json").read_text())["tables"]
    verdicts = [row["verdict"]["text"] for row in table["rows"]]
    assert verdicts[:2] == ["HOLDS", "VIOLATED"]
    assert [row["page"]["text"] for row in runs["rows"]] == [
        "gallery/fista.html",
        "gallery/k-means.html",
    ]
    page = (out / "gallery" / "fista.html").read_text(encoding="utf-8")
    assert "Beck &amp; Teboulle 2009, Theorem 4.4" in page


def test_an_unexpected_verdict_is_told_and_costs_the_status(tmp_path, capsys, monkeypatch):
    entry = ENTRIES["fista"]
    turned = tuple(replace(known, true=not known.true) for known in entry.claims)
    monkeypatch.setitem(catalogue.ENTRIES, "fista", replace(entry, claims=turned))
    assert main(["gallery", "--method", "fista", "--out", str(tmp_path), "--quiet"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[0].startswith("not as expected: FISTA: value[k] - fstar <= ")
    assert "expected refuted, got HOLDS" in told[0]
    assert "HOLDS" in told[1]
    assert "got VIOLATED: claim: " in told[1]


def test_an_unknown_method_is_one_line(tmp_path, capsys):
    assert main(["gallery", "--method", "fitsa", "--out", str(tmp_path)]) == 2
    assert "unknown method 'fitsa'; did you mean 'fista'" in capsys.readouterr().err
