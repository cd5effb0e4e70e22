"""What a cache holds, what a plan says, and a table's numbers made again."""

from __future__ import annotations

import io
import json
import os
import statistics
from dataclasses import replace
from pathlib import Path

import fake_runs
import pytest
from rich.console import Console

from amverify.errors import InvalidInput
from repro.command.cli import main
from repro.command.rerun import arguments, compared, told
from repro.engine import run_all
from repro.engine.cache import spec_of
from repro.engine.kept import CURRENT, DAMAGED, OTHER, kept_in, prune
from repro.engine.plan import USUAL_PACE, Planned, Planning, planned
from repro.engine.storage import seal, unseal
from repro.spec import Minibatch

DATA = {"cora": fake_runs.dataset()}
SPECS = fake_runs.specs(4)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    silent = Console(file=io.StringIO())
    run_all(SPECS, DATA, cache=folder, execute=fake_runs.sound, console=silent)
    return folder


def rewritten(path: Path, **changes: object) -> None:
    path.write_text(seal({**unseal(path.read_text()), **changes}), encoding="utf-8")


def test_only_what_is_never_read_is_pruned(cache: Path) -> None:
    current, other, foreign, damaged = sorted(cache.glob("cora/*.json"))
    rewritten(other, code="another")
    rewritten(foreign, format="amverify run 1")
    damaged.write_text("{", encoding="utf-8")
    half = cache / "cora" / f".{'0' * 16}.tmp"
    notes = cache / "cora" / "notes.json"
    for path in (half, notes):
        path.write_text("mine", encoding="utf-8")
    assert half not in {own.path for own in kept_in(cache)}, "it may be being written"
    os.utime(half, (0, 0))
    states = {own.path: own.state for own in kept_in(cache)}
    assert states == {
        current: CURRENT, other: OTHER, foreign: OTHER, damaged: DAMAGED, half: DAMAGED
    }  # fmt: skip
    assert {own.path for own in prune(cache)} == {other, foreign, damaged, half}
    assert sorted(cache.rglob("*.json")) == [notes, current]


def test_a_file_without_its_code_stays_while_it_may_be_read(cache: Path) -> None:
    for path in cache.glob("cora/*.json"):
        body = unseal(path.read_text())
        del body["code"]
        path.write_text(seal(body), encoding="utf-8")
    assert [own.state for own in kept_in(cache)] == [CURRENT] * 4
    body["provenance"]["code_version"] = "older"
    path.write_text(seal(body), encoding="utf-8")
    assert [own.state for own in kept_in(cache)].count(OTHER) == 1


def test_a_specification_comes_back_as_it_was() -> None:
    spec = replace(SPECS[0], claims=("T1",), minibatch=Minibatch("mlp", 8), samples=7)
    written = json.loads(json.dumps(unseal(seal({"spec": spec.__dict__ | {"minibatch": None}}))))
    assert spec_of(written["spec"]) == replace(spec, minibatch=None)


def test_a_plan_counts_what_is_kept_and_estimates_the_rest(cache: Path) -> None:
    laboratory = Planning(cache, datasets=dict(DATA))
    more = [*SPECS, fake_runs.spec(seed=9, sweeps=30)]
    with pytest.raises(Planned) as caught:
        laboratory.run(more)
    plan = caught.value.plan
    assert (plan.runs, plan.cached, plan.unknown) == (5, 4, 0)
    rate = statistics.median(own.seconds / 3 for own in kept_in(cache))
    assert plan.seconds == pytest.approx(30 * rate)
    assert str(plan).startswith("5 runs, 4 cached, 1 to compute: about 0:0")
    fresh = Planning(cache, datasets=dict(DATA), fresh=True)
    with pytest.raises(Planned, match="5 runs, 0 cached"):
        fresh.run(more)


def test_a_run_unlike_any_goes_by_the_usual_pace_or_is_counted() -> None:
    one = fake_runs.spec(sweeps=100)
    large = replace(one, samples=60_000)
    assert planned([one], frozenset(), []).seconds == 100 * USUAL_PACE[False]
    assert planned([one, replace(one, seed=1)], frozenset(), [], jobs=2).seconds == 1.5
    assert str(planned([large], frozenset(), [])).endswith("none like them was kept")
    assert str(planned([one, large], frozenset(), [])).endswith("about 0:02 and 1 unlike any kept")


def test_a_dry_run_computes_and_writes_nothing(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["table5", "--data", "digits", "--dry-run"]) == 0
    assert "table5: 62 runs, 0 cached, 62 to compute: about" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert main(["cache", "status"]) == 2
    assert "results/cache: no such folder" in capsys.readouterr().err


def test_a_table_made_again_is_the_same_bit_for_bit(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    made = ["table2", "--data", "digits", "--method", "gd", "--seeds", "0", "--sweeps", "2", "-q"]
    monkeypatch.setattr("sys.argv", ["repro", *made])
    assert main(made) == 0
    assert main(["rerun", "results/table2.json"]) == 0
    assert "numbers are the same, bit for bit" in capsys.readouterr().out
    file = tmp_path / "results" / "table2.json"
    changed = json.loads(file.read_text())
    changed["tables"][0]["rows"][0]["test_accuracy"]["mean"] *= 1 + 1e-15
    file.write_text(json.dumps(changed))
    assert main(["rerun", "results/table2.json"]) == 1
    assert "1 of" in capsys.readouterr().out
    changed["provenance"]["environment"]["versions"]["torch"] = "1.0"
    file.write_text(json.dumps(changed))
    assert main(["rerun", "results/table2.json"]) == 0
    assert "not as it was made: versions" in capsys.readouterr().out


def test_a_table_without_runs_is_made_again_too(tmp_path, monkeypatch, capsys) -> None:
    """Its command has no --cache; ``all`` may have been given --jobs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["repro", "all", "--data", "digits", "--jobs", "2", "-q"])
    assert main(["table1", "--data", "digits", "-q"]) == 0
    assert main(["rerun", "results/table1.json"]) == 0
    assert "numbers are the same, bit for bit" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", '{"document": "tableau"}', '{"document": "table2"}'])
def test_a_file_that_is_no_tables_is_refused(text: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")
    assert main(["rerun", str(file)]) == 4
    assert "is no table's JSON file" in capsys.readouterr().err
    assert main(["rerun", str(tmp_path / "absent")]) == 2


def document(words: str, name: str = "table2", **cell: object) -> dict[str, object]:
    rows = [{"n": {"kind": "number", **cell}, "seconds": {"value": 1.0}}]
    tables = [{"name": "a", "rows": rows}]
    provenance = {"command": ["python", "-m", "repro", name, *words.split()]}
    return {"document": name, "tables": tables, "provenance": provenance}


def test_options_that_say_where_things_lie_are_not_given_again() -> None:
    own = document("--data cora --out …/x --cache=…/y --fresh --jobs 2 -q --data-dir …/d")
    assert arguments(own) == ["--data", "cora", "--jobs", "2"]
    with pytest.raises(InvalidInput, match="table12 has no runs"):
        arguments(document("", "table12"))


def test_times_are_not_compared_and_what_is_missing_differs() -> None:
    before, now = document("", value=2.0, values=[1, 2]), document("", value=2.5, values=[1])
    pairs = list(compared(before, now))
    assert [(pair.before, pair.now) for pair in pairs] == [(2.0, 2.5), (1, None), (2, None)]
    (line,) = told(3, pairs[:1], ())
    assert line == "1 of 3 numbers differ; farthest (0.2 of it): a, row 1, n: 2.0 before, 2.5 now"
