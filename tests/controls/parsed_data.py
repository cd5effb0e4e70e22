"""Files of data sets: Planetoid, pickles, idx, gz, npz, Keras' archive, CIFAR in each form."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import mutations
import numpy as np
from containers import PICKLE, TAR, zipped
from parser import Parser, in_file

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "repro" / "data")]

from planetoid_files import pickled_array, pickled_csr, pickled_graph, small_files  # noqa: E402

from amverify.errors import AmverifyError, CorruptFile  # noqa: E402
from repro.data import cifar, gnn_benchmark, idx, keras, local, planetoid  # noqa: E402
from repro.data.graph import graph_dataset  # noqa: E402
from repro.data.gunzip import unzipped  # noqa: E402
from repro.data.images import Pixels, image_dataset  # noqa: E402
from repro.data.unpickle import read_pickle  # noqa: E402
from repro.data.upstream import VerifiedFile  # noqa: E402

CAUGHT = (ValueError, AmverifyError)
"""What the registry of data sets makes a line of."""
PARTS = small_files()
HOSTILE = (
    b"\x80\x02cos\nsystem\nU\x04true\x85R.",
    b"\x80\x02cposix\nsystem\nq\x01U\x04true\x85R.",
    b"\x80\x04\x8c\x05posix\x8c\x06system\x93.",
)


def _planetoid(content: bytes, folder: Path) -> None:
    name = list(PARTS)[content[0] % len(PARTS) if content else 0]
    files = {n: VerifiedFile(n, c) for n, c in {**PARTS, name: content[1:]}.items()}
    graph_dataset("cora", planetoid.read_planetoid("cora", files), row_normalise=False, hashes={})


def _planetoid_parts() -> list[bytes]:
    return [bytes([i]) + part for i, part in enumerate(PARTS.values())]


def _pickles() -> list[bytes]:
    matrix = np.eye(3, dtype="<f4")
    graph = {0: [1, 2], 1: [0], 2: [0]}
    return [pickled_array(matrix), pickled_csr(matrix), pickled_graph(graph), *HOSTILE]


def _batches() -> list[bytes]:
    from test_data_cifar import pickled_batch

    return [pickled_batch(2)]


def _pictures(train: Pixels, test: Pixels) -> None:
    """What is done with images that were read; too few of a class are a ValueError there."""
    with suppress(ValueError):
        image_dataset("mnist", train, test, seed=0, hashes={})


def _binary(content: bytes, folder: Path) -> None:
    _pictures(*cifar.read_pixels(dict.fromkeys(cifar.BINARY, VerifiedFile("f", content))))


def _python(content: bytes, folder: Path) -> None:
    _pictures(*cifar.read_pixels(dict.fromkeys(cifar.PYTHON, VerifiedFile("f", content))))


def _tars() -> list[bytes]:
    from test_data_cifar import packed, pickled_batch, records

    binary = packed(dict.fromkeys(cifar.BINARY, records(1)), "cifar-10-batches-bin")
    own = packed(dict.fromkeys(cifar.PYTHON, pickled_batch(1)), "cifar-10-batches-py")
    return [gzip.compress(gzip.decompress(tar), 1, mtime=0) for tar in (binary, own)]


def _tar(content: bytes, folder: Path) -> None:
    """The archive as if it were the published one: in either layout, its sum agrees."""
    told = None
    for layout in cifar.SOURCE.layouts:
        path = in_file(content, folder, layout.archive)
        known = replace(layout, sum=hashlib.md5(content).hexdigest())
        alone = replace(cifar.SOURCE, layouts=(known,))
        try:
            _pictures(*cifar.read_pixels(local.obtain_locally("cifar10", alone, folder)))
            return
        except CorruptFile as error:
            told = error
        finally:
            path.unlink()
    assert told is not None
    raise told


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
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
        named = {f"{name}.npy": part for name, part in whole.items()}
        ways = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        return [*own, *[b"\xff" + zipped(named, way) for way in ways] * len(own)]

    def given(content: bytes, folder: Path) -> None:
        if content[:1] == b"\xff":
            read(content[1:])
            return
        name = names[content[0] % len(names) if content else 0]
        all_parts = {**whole, name: content[1:]}
        read(zipped({f"{member}.npy": part for member, part in all_parts.items()}))

    return Parser(seeds, given, CAUGHT, longest=120_000)


def _gnn(content: bytes) -> None:
    gnn_benchmark.read_gnn_benchmark(VerifiedFile("f", content), seed=0)


def _keras(content: bytes) -> None:
    files = {name: VerifiedFile(name, part) for name, part in keras.idx_files(content).items()}
    _pictures(*idx.read_pixels(files))


def _idx() -> list[bytes]:
    images = idx.written(np.arange(60, dtype=np.uint8).reshape(5, 3, 4))
    return [images, idx.written(np.arange(9, dtype=np.uint8)), gzip.compress(images, mtime=0)]


def _both(content: bytes, folder: Path) -> None:
    """As images, and if it is none, as labels."""
    try:
        idx.read_idx(content, 3)
    except ValueError:
        idx.read_idx(content, 1)


def _gz() -> list[bytes]:
    return [
        gzip.compress(b"a" * 5000 + bytes(range(256)), mtime=0),
        gzip.compress(b"", 0, mtime=0),
        b"plain",
    ]


DATA: dict[str, Parser] = {
    "planetoid": Parser(_planetoid_parts, _planetoid, CAUGHT, PICKLE, longest=20_000),
    "pickle": Parser(
        _pickles,
        lambda c, f: read_pickle(c),
        (ValueError,),
        (*PICKLE, mutations.reworded),
        hostile=HOSTILE.__contains__,
    ),
    "idx": Parser(_idx, _both, (ValueError,)),
    "gz": Parser(_gz, lambda c, f: unzipped(c, 1 << 16), (ValueError,)),
    "npz": _members(_graph_parts, _gnn),
    "keras": _members(_keras_parts, _keras),
    "cifar binary": Parser(lambda: [bytes(3073 * 2)], _binary, CAUGHT),
    "cifar python": Parser(_batches, _python, CAUGHT, PICKLE),
    "cifar tar": Parser(_tars, _tar, CAUGHT, TAR),
}
