"""Every parser that reads what others wrote: files to begin with, how it is called, what it raises.

A file that carries its own checksum is sealed again after it was spoilt, in half of the cases, so
that what stands behind the checksum is reached. What is accepted is used: a trace is audited, a
claim judged, a page made of a report.
"""

from __future__ import annotations

import json
import sys
import zlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import mutations
import numpy as np
from containers import TRACE, chunks_of, joined
from parsed_data import DATA
from parsed_states import STATES
from parser import Parser, Refusal, in_file, resealed, saved

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS)]

from support.report_examples import accelerated, descent, example  # noqa: E402

import amverify as amv  # noqa: E402
from amverify.command.replay import replay_report  # noqa: E402
from amverify.command.specification import read_specification  # noqa: E402
from amverify.definability.certificate import from_plain  # noqa: E402
from amverify.errors import AmverifyError, CorruptFile  # noqa: E402
from amverify.falsification import replaying  # noqa: E402
from amverify.report import html, to_json, to_junit, to_sarif  # noqa: E402
from amverify.trace.file import save_trace  # noqa: E402
from amverify.trace.trace import Trace  # noqa: E402
from amverify.verdict import Report  # noqa: E402
from proofs.command.answers import rechecked  # noqa: E402
from proofs.kernel.polynomial import Refused  # noqa: E402
from proofs.script.certificates import FOLDER, polynomials  # noqa: E402
from repro.command.rerun import arguments, compared, document_of, told  # noqa: E402
from repro.engine import cache, storage  # noqa: E402
from repro.engine.kept import kept_in  # noqa: E402
from repro.published.load import faults_of  # noqa: E402
from repro.spec import RunSpec  # noqa: E402

SPEC = RunSpec("cora", "tiam", (("nu", 1.0),), (4,), "relu", 2, 0, "float64")


def _whole() -> Trace:
    rows = {
        "sweep": np.arange(1, 4),
        "replicate": np.zeros(3, dtype=np.int64),
        "kind": np.array([b"W", b"b", b"W"], dtype="S4"),
        "layer": np.ones(3, dtype=np.int64),
        "change": np.linspace(-1, -0.5, 3),
    }
    sweeps = {
        "sweep": np.arange(4),
        "replicate": np.zeros(4, dtype=np.int64),
        "value": np.array([4.0, 3.0, 2.0, 1.0]),
    }
    states = {3: {"W_1": np.arange(6.0).reshape(2, 3)}}
    header = {"subject": "a run", "seed": 3, "constants": {"L": 1.0}}
    return Trace(header, rows, sweeps, {}, states)


def _traces() -> list[bytes]:
    whole = _whole()
    small = Trace({"subject": "b"}, {}, whole.sweeps, {}, {})
    return [saved(lambda path, t=t: save_trace(t, path)) for t in (whole, small)]


def _reports() -> list[bytes]:
    small = replace(example(), findings=(descent(), accelerated()), curves=())
    rising = replace(_whole(), sweeps={**_whole().sweeps, "value": np.arange(4.0)})
    judged = amv.audit(rising, amv.claim("value[k] <= value[k-1]"))
    bare = Report("s", {}, (descent(),), ())
    return [to_json(report).encode() for report in (judged, judged, example(), small, bare)]


def _trace(content: bytes, folder: Path) -> None:
    """It is read and told; of every fifth one is audited and written again."""
    found = amv.load_trace(in_file(content, folder, "a.trace"))
    str(found)
    if zlib.crc32(content) % 5:
        return
    save_trace(found, folder / "b.trace")
    amv.audit(found)
    if "value" in found.sweeps:
        amv.audit(found, amv.claim("value[k] <= value[k-1]"))


def _report(content: bytes, folder: Path) -> None:
    """Its witnesses are decided again; of every eighth a page and the other forms are made."""
    replay_report(in_file(content, folder))
    report = amv.from_json(content.decode())
    str(report)
    if zlib.crc32(content) % 8 == 0:
        html.page(report)
        to_junit(report)
        to_sarif(report)


def _counterexamples() -> list[bytes]:
    from amverify.command.falsifying import again  # noqa: F401  (imported before the watch)

    record = {"format": replaying.FORMAT, "claim": "value[k] <= value[k-1]", "points": [["1/2"]]}
    return [replaying.text_of(record).encode()]


def _counterexample(content: bytes, folder: Path) -> None:
    record = replaying.read(in_file(content, folder))
    replaying.stored_points(record.get("points"))


def _entries() -> list[bytes]:
    body = {
        "format": cache.FORMAT,
        "key": "k" * 64,
        "code": "c",
        "spec": {**SPEC.__dict__, "minibatch": None},
        "curves": {"objective": [1.0, "nan"], "seconds": [0.1, 0.2]},
        "notes": ["diverged at sweep 2"],
        "report": "",
        "provenance": {"wall_time": 1.0, "versions": {"torch": "2"}, "code_version": "c"},
    }
    return [storage.seal(body).encode()]


def _entry(content: bytes, folder: Path) -> None:
    said: list[str] = []
    kept = cache.Cache(folder, False, said.append)
    path = cache.path_of(kept, SPEC, "k" * 64)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    cache.look_up(kept, SPEC, "k" * 64)
    list(kept_in(folder))
    if said:
        raise Refusal(said[0].replace(str(path), "").replace("(", ": "))


def _certificates() -> list[bytes]:
    one = {"x": "1"}
    square = {"x^2": "1", "x y": "-2", "y^2": "1"}
    term = {"factors": [], "basis": [one, {"y": "1"}], "gram": [["1", "-1"], ["-1", "1"]]}
    data = {
        "goal": {"kind": ">=", "p": square},
        "given": [],
        "zero": [],
        "slack": "0",
        "terms": [term],
        "multipliers": [],
    }
    given = {**data, "given": [one], "terms": [{**term, "factors": [0, 0]}]}
    given["goal"] = {"kind": ">=", "p": {"x^4": "1", "x^3 y": "-2", "x^2 y^2": "1"}}
    return [json.dumps(d).encode() for d in (data, given)]


def _multipliers(content: bytes, folder: Path) -> None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return
    for part in found.values() if isinstance(found, dict) else ():
        for step in part.values() if isinstance(part, dict) else ():
            polynomials("a step", step)


SPECIFICATION = """trace = "run.trace"

[[claim]]
theorem = "H1"
constants = { a = 0.5 }

[[claim]]
theorem = "T3"

[[claim]]
holds = "value[k] - fstar <= C/k"
given = ["eta[k]*L <= 1"]
trust = "f is convex"
constants = { C = 3, L = 10, fstar = { value = 0.1, error = 1e-12 } }
"""
FORMULAS = (
    "value[k] <= value[k-1]",
    "for each block: value[j] <= value[j-1] - a[j]/2*step2[j]",
    "value[k] - fstar <= 2*L*D**2/(k+1)**2",
    "E[value[k]] <= value[k-1] - c*grad2[k-1] + s",
    "exists k <= 25: step2[k] == 0",
    "for 2 <= k <= 1000: sum(value[:k]) <= sqrt(k)*max(abs(value[0]), exp(-k), log(k+1))",
    "sum(eta[1:k+1]*grad2[1:k+1]) <= 2*(value[0] - fstar)",
    "max(value[k-5:k]) - value[k] >= 0.1e-3*min(step2[k-5:k])",
)


@lru_cache
def _judged() -> Trace:
    """A run of four steps, with what the formulas name."""
    rows = {"eta": 0.1, "gradient": 0.5, "step": 0.25, "momentum": 0.0}
    columns = {**_whole().sweeps, **{name: np.full(4, x) for name, x in rows.items()}}
    constants = dict.fromkeys(("C", "L", "D", "c", "s", "a"), 1.0) | {"fstar": 0.0}
    return replace(_whole(), sweeps=columns, header={"constants": constants})


def _formula(content: bytes, folder: Path) -> None:
    """It is read, shown and judged."""
    found = amv.claim(content.decode("utf-8", "replace"))
    str(found)
    amv.audit(_judged(), found)


def _published(content: bytes, folder: Path) -> None:
    if faults := faults_of(in_file(content, folder, "own.toml")):
        raise Refusal(faults[0].replace(str(folder), ""))


def _tables() -> list[bytes]:
    cell = {"kind": "number", "mean": 0.5, "values": [0.5, 0.25], "text": "0.5"}
    row = {"method": {"kind": "text", "text": "tiam"}, "accuracy": cell, "seconds": cell}
    provenance = {"command": ["python", "-m", "repro", "table2", "--seeds", "0", "--out=x"]}
    provenance["environment"] = {"versions": {}}  # type: ignore[assignment]
    tables = [{"name": "table2", "title": "t", "rows": [row, row]}]
    document = {"document": "table2", "tables": tables, "provenance": provenance}
    return [json.dumps(document).encode()]


def _table(content: bytes, folder: Path) -> None:
    found = document_of(in_file(content, folder))
    arguments(found)
    apart = list(compared(found, json.loads(_tables()[0])))
    list(told(len(apart), apart, []))


def _kl() -> list[bytes]:
    from amverify.definability.certificate import Certificate, to_plain
    from amverify.definability.ledger import Step

    step = Step("sum", (("add", 2),), "says", "source")
    own = Certificate("s", "R_exp", "source", (step,), None, None, ("x",))
    return [json.dumps(to_plain(own)).encode()]


def _kl_read(content: bytes, folder: Path) -> None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        str(from_plain(found))


T, J = mutations.TEXT, mutations.JSON
PROOFS: tuple[type[Exception], ...] = (AmverifyError, Refused)
OWN: dict[str, Parser] = {
    "trace": Parser(_traces, _trace, mutations=TRACE, sealed=lambda c: joined(chunks_of(c))),
    "report": Parser(
        _reports, _report, mutations=J, hostile=lambda content: b"TIAM on Cora" in content
    ),
    "counterexample": Parser(
        _counterexamples,
        _counterexample,
        mutations=J,
        sealed=resealed(lambda d: json.loads(replaying.text_of(d))),
    ),
    "cache entry": Parser(
        _entries, _entry, (Refusal,), J, resealed(lambda d: json.loads(storage.seal(d["body"])))
    ),
    "certificate": Parser(
        _certificates, lambda c, f: rechecked([in_file(c, f)], True), PROOFS, mutations=J
    ),
    "multipliers": Parser(
        lambda: [(FOLDER / f"{name}.json").read_bytes() for name in ("S1", "S2")],
        _multipliers,
        PROOFS,
        mutations=J,
    ),
    "kl certificate": Parser(_kl, _kl_read, (CorruptFile,), J),
    "claims file": Parser(
        lambda: [SPECIFICATION.encode()],
        lambda c, f: read_specification(in_file(c, f, "claims.toml")),
        mutations=T,
    ),
    "claim": Parser(lambda: [f.encode() for f in FORMULAS], _formula, mutations=T, longest=3_000),
    "published": Parser(
        lambda: [(TESTS.parent / "repro" / "published" / "bcd.toml").read_bytes()],
        _published,
        (Refusal,),
        mutations=T,
    ),
    "table": Parser(_tables, _table, mutations=J),
}
PARSERS: dict[str, Parser] = {**OWN, **DATA, **STATES}
