"""Every parser that reads what others wrote: files to begin with, how it is called, what it raises.

A file that carries its own checksum is sealed again after it was spoilt, in half of the cases, so
that what stands behind the checksum is reached.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mutations
import numpy as np
import torch

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "repro" / "data")]

from planetoid_files import pickled_array, pickled_csr, pickled_graph, small_files  # noqa: E402
from support.report_examples import accelerated, descent, example  # noqa: E402

import amverify as amv  # noqa: E402
from amverify.command.replay import replay_report  # noqa: E402
from amverify.command.specification import read_specification  # noqa: E402
from amverify.definability.certificate import from_plain  # noqa: E402
from amverify.errors import AmverifyError, CorruptFile  # noqa: E402
from amverify.falsification import replaying  # noqa: E402
from amverify.report import to_json  # noqa: E402
from amverify.samt import saved  # noqa: E402
from amverify.trace.file import save_trace  # noqa: E402
from amverify.trace.trace import Trace  # noqa: E402
from amverify.verdict import Report  # noqa: E402
from proofs.command.answers import rechecked  # noqa: E402
from proofs.kernel.polynomial import Refused  # noqa: E402
from proofs.script.certificates import FOLDER, polynomials  # noqa: E402
from repro.command.rerun import arguments, compared, document_of, told  # noqa: E402
from repro.data import cifar, gnn_benchmark, idx, keras, planetoid  # noqa: E402
from repro.data.gunzip import unzipped  # noqa: E402
from repro.data.unpickle import read_pickle  # noqa: E402
from repro.data.upstream import VerifiedFile  # noqa: E402
from repro.engine import cache, storage  # noqa: E402
from repro.published.load import faults_of  # noqa: E402
from repro.spec import RunSpec  # noqa: E402

Reader = Callable[[bytes, Path], object]
SPEC = RunSpec("cora", "tiam", (("nu", 1.0),), (4,), "relu", 2, 0, "float64")
HASHES = {"sha256", "checksum"}


@dataclass(frozen=True)
class Parser:
    """How files of a kind are read.

    Args:
        seeds: makes whole files, each of which ``read`` takes without an error.
        read: takes the content and a folder in which to write it.
        raises: all that it may raise.
        mutations: how a file is spoilt.
        sealed: gives the file its right checksum again.
        longest: bytes of a spoilt file.
        hostile: whether a seed is to be refused.
    """

    seeds: Callable[[], list[bytes]]
    read: Reader
    raises: tuple[type[Exception], ...] = (AmverifyError,)
    mutations: Sequence[mutations.Mutation] = mutations.BYTES
    sealed: Callable[[bytes], bytes] = bytes
    longest: int = 60_000
    hostile: Callable[[bytes], bool] = lambda content: False


def _file(content: bytes, folder: Path, name: str = "input.json") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _saved(write: Callable[[Path], object]) -> bytes:
    """What ``write`` puts into a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed"
        write(path)
        return path.read_bytes()


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
    return [_saved(lambda path, t=t: save_trace(t, path)) for t in (whole, small)]


def _reports() -> list[bytes]:
    small = replace(example(), findings=(descent(), accelerated()), curves=())
    rising = replace(_whole(), sweeps={**_whole().sweeps, "value": np.arange(4.0)})
    judged = amv.audit(rising, amv.claim("value[k] <= value[k-1]"))
    bare = Report("s", {}, (descent(),), ())
    return [to_json(report).encode() for report in (judged, judged, example(), small, bare)]


def _counterexamples() -> list[bytes]:
    from amverify.command.falsifying import again  # noqa: F401  (imported before the watch)

    record = {"format": replaying.FORMAT, "claim": "value[k] <= value[k-1]", "points": [["1/2"]]}
    return [replaying.text_of(record).encode()]


def _counterexample(content: bytes, folder: Path) -> None:
    record = replaying.read(_file(content, folder))
    replaying.stored_points(record.get("points"))


def _resealed(hashed: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[bytes], bytes]:
    """The same JSON with its checksum set right, where it is an object."""

    def sealed(content: bytes) -> bytes:
        try:
            found = json.loads(content)
            return json.dumps(hashed(found)).encode() if isinstance(found, dict) else content
        except (ValueError, RecursionError, KeyError, TypeError):
            return content

    return sealed


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
    kept = cache.Cache(folder, False, str)
    path = cache.path_of(kept, SPEC, "k" * 64)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    cache.look_up(kept, SPEC, "k" * 64)
    from repro.engine.kept import kept_in

    list(kept_in(folder))


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


def _formula(content: bytes, folder: Path) -> None:
    amv.claim(content.decode("utf-8", "replace"))


def _tables() -> list[bytes]:
    cell = {"kind": "number", "mean": 0.5, "values": [0.5, 0.25], "text": "0.5"}
    row = {"method": {"kind": "text", "text": "tiam"}, "accuracy": cell, "seconds": cell}
    provenance = {"command": ["python", "-m", "repro", "table2", "--seeds", "0", "--out=x"]}
    provenance["environment"] = {"versions": {}}  # type: ignore[assignment]
    tables = [{"name": "table2", "title": "t", "rows": [row, row]}]
    document = {"document": "table2", "tables": tables, "provenance": provenance}
    return [json.dumps(document).encode()]


def _table(content: bytes, folder: Path) -> None:
    found = document_of(_file(content, folder))
    arguments(found)
    apart = list(compared(found, json.loads(_tables()[0])))
    list(told(len(apart), apart, []))


def _planetoid(content: bytes, folder: Path) -> None:
    parts = small_files()
    name = list(parts)[content[0] % len(parts) if content else 0]
    files = {n: VerifiedFile(n, c) for n, c in {**parts, name: content[1:]}.items()}
    planetoid.read_planetoid("cora", files)


def _planetoid_parts() -> list[bytes]:
    return [bytes([i]) + part for i, part in enumerate(small_files().values())]


HOSTILE = (
    b"\x80\x02cos\nsystem\nU\x04true\x85R.",
    b"\x80\x02cposix\nsystem\nq\x01U\x04true\x85R.",
    b"\x80\x04\x8c\x05posix\x8c\x06system\x93.",
)


def _pickles() -> list[bytes]:
    matrix = np.eye(3, dtype="<f4")
    graph = {0: [1, 2], 1: [0], 2: [0]}
    return [pickled_array(matrix), pickled_csr(matrix), pickled_graph(graph), *HOSTILE]


def _batches() -> list[bytes]:
    from test_data_cifar import pickled_batch

    return [pickled_batch(2)]


def _binary(content: bytes, folder: Path) -> None:
    file = VerifiedFile("f", content)
    cifar.read_pixels(dict.fromkeys(cifar.BINARY, file))


def _python(content: bytes, folder: Path) -> None:
    cifar.read_pixels(dict.fromkeys(cifar.PYTHON, VerifiedFile("f", content)))


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _zipped(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(f"{name}.npy", content)
    return out.getvalue()


def _graph_parts() -> dict[str, bytes]:
    nodes = 1200
    ring = (np.arange(nodes) + 1) % nodes
    ones = {"indptr": np.arange(nodes + 1), "data": np.ones(nodes, "<f4")}
    parts = {"labels": np.arange(nodes) % 3}
    for key, shape, indices in (("adj", (nodes, nodes), ring), ("attr", (nodes, 6), ring % 6)):
        for name, array in {**ones, "indices": indices, "shape": np.array(shape)}.items():
            parts[f"{key}_{name}"] = array
    return {name: _npy(array) for name, array in parts.items()}


def _keras_parts() -> dict[str, bytes]:
    images, labels = np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.uint8)
    names = dict.fromkeys(("x_train", "x_test"), images) | dict.fromkeys(
        ("y_train", "y_test"), labels
    )
    return {name: _npy(array) for name, array in names.items()}


def _members(parts: Callable[[], dict[str, bytes]], read: Callable[[bytes], object]) -> Parser:
    """Of an archive one member is spoilt, or, with byte 255 in front, the whole."""
    whole = parts()
    names = list(whole)

    def seeds() -> list[bytes]:
        own = [bytes([i]) + part for i, part in enumerate(whole.values())]
        ways = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        packed = [b"\xff" + _zipped(whole, way) for way in ways]
        return [*own, *packed * len(own)]

    def given(content: bytes, folder: Path) -> None:
        if content[:1] == b"\xff":
            read(content[1:])
            return
        name = names[content[0] % len(names) if content else 0]
        read(_zipped({**whole, name: content[1:]}, zipfile.ZIP_STORED))

    return Parser(seeds, given, (ValueError, AmverifyError), longest=120_000)


def _gnn(content: bytes) -> None:
    gnn_benchmark.read_gnn_benchmark(VerifiedFile("f", content), seed=0)


def _idx() -> list[bytes]:
    images = idx.written(np.arange(60, dtype=np.uint8).reshape(5, 3, 4))
    return [images, idx.written(np.arange(9, dtype=np.uint8)), gzip.compress(images)]


def _both(content: bytes, folder: Path) -> None:
    for dimensions in (1, 3):
        try:
            idx.read_idx(content, dimensions)
        except ValueError:
            continue


def _gz() -> list[bytes]:
    return [gzip.compress(b"a" * 5000 + bytes(range(256))), gzip.compress(b"", 0), b"plain"]


def _checkpoints() -> list[bytes]:
    net = torch.nn.Linear(3, 2)
    adam = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 3)).sum().backward()
    adam.step()
    states = ({"k": 1, "w": torch.zeros(2, 3)}, adam.state_dict(), [1.5, "a", (None, True)])
    return [_saved(lambda path, s=s: saved.save_checkpoint(path, s)) for s in states]


def _stamped(content: bytes) -> bytes:
    body = content[len(saved.MAGIC) + saved.DIGEST :]
    return saved.MAGIC + hashlib.sha256(body).digest() + body


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
PARSERS: dict[str, Parser] = {
    "trace": Parser(_traces, lambda c, f: amv.load_trace(_file(c, f)), mutations=T),
    "report": Parser(
        _reports,
        lambda c, f: replay_report(_file(c, f)),
        mutations=J,
        hostile=lambda content: b"TIAM on Cora" in content,
    ),
    "counterexample": Parser(
        _counterexamples,
        _counterexample,
        mutations=J,
        sealed=_resealed(lambda d: json.loads(replaying.text_of(d))),
    ),
    "cache entry": Parser(
        _entries, _entry, (), J, _resealed(lambda d: json.loads(storage.seal(d["body"])))
    ),
    "certificate": Parser(
        _certificates, lambda c, f: rechecked([_file(c, f)], True), PROOFS, mutations=J
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
        lambda c, f: read_specification(_file(c, f, "claims.toml")),
        mutations=T,
    ),
    "claim": Parser(lambda: [f.encode() for f in FORMULAS], _formula, mutations=T, longest=3_000),
    "published": Parser(
        lambda: [(TESTS.parent / "repro" / "published" / "bcd.toml").read_bytes()],
        lambda c, f: faults_of(_file(c, f, "own.toml")),
        (),
        mutations=T,
    ),
    "planetoid": Parser(_planetoid_parts, _planetoid, longest=20_000),
    "pickle": Parser(
        _pickles,
        lambda c, f: read_pickle(c),
        (ValueError,),
        (*mutations.BYTES, mutations.reworded),
        hostile=HOSTILE.__contains__,
    ),
    "idx": Parser(_idx, _both, ()),
    "gz": Parser(_gz, lambda c, f: unzipped(c, 1 << 16), (ValueError,)),
    "npz": _members(_graph_parts, _gnn),
    "keras": _members(_keras_parts, lambda c: keras.idx_files(c)),
    "cifar binary": Parser(lambda: [bytes(3073 * 2)], _binary),
    "cifar python": Parser(_batches, _python),
    "checkpoint": Parser(
        _checkpoints, lambda c, f: amv.load_checkpoint(_file(c, f)), sealed=_stamped
    ),
    "table": Parser(_tables, _table, mutations=J),
}
