"""Write Planetoid files as Python 2 wrote them, byte for byte (see test_data_planetoid)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from repro.data.upstream import Manifest, Source, UpstreamFile

PARTS = ("x", "y", "tx", "ty", "allx", "ally", "graph", "test.index")


def number(value: int) -> bytes:
    if 0 <= value < 2**8:
        return b"K" + value.to_bytes(1, "little")
    if 0 <= value < 2**16:
        return b"M" + value.to_bytes(2, "little")
    return b"J" + value.to_bytes(4, "little", signed=True)


def text(value: bytes) -> bytes:
    if len(value) < 2**8:
        return b"U" + bytes([len(value)]) + value
    return b"T" + len(value).to_bytes(4, "little") + value


def shape_of(shape: Sequence[int]) -> bytes:
    return b"".join(map(number, shape)) + {1: b"\x85", 2: b"\x86", 3: b"\x87"}[len(shape)]


class Memo:
    """Puts and gets, numbered as cPickle numbers them: in the order of first use."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def put(self, key: str) -> bytes:
        self.known[key] = len(self.known) + 1
        index = self.known[key]
        return b"q" + bytes([index]) if index < 256 else b"r" + index.to_bytes(4, "little")

    def once(self, key: str, code: bytes) -> bytes:
        if key in self.known:
            return b"h" + bytes([self.known[key]])
        return code + self.put(key)


def dtype_of(code: str, memo: Memo) -> bytes:
    if code in memo.known:
        return b"h" + bytes([memo.known[code]])
    named = memo.once("dtype", b"cnumpy\ndtype\n")
    created = named + text(code.encode()) + number(0) + number(1) + b"\x87R" + memo.put(code)
    return created + b"(" + number(3) + text(b"<") + b"NNN" + number(-1) * 2 + number(0) + b"tb"


def array_of(
    array: np.ndarray, memo: Memo, *, code: str | None = None, shape: Sequence[int] | None = None
) -> bytes:
    return b"".join(
        [
            memo.once("reconstruct", b"cnumpy.core.multiarray\n_reconstruct\n"),
            memo.once("ndarray", b"cnumpy\nndarray\n"),
            number(0) + b"\x85" + text(b"b") + b"\x87R",
            memo.put(f"array {len(memo.known)}"),
            b"(" + number(1) + shape_of(array.shape if shape is None else shape),
            dtype_of(code or array.dtype.str[1:], memo),
            b"\x89" + text(array.tobytes()) + b"tb",
        ]
    )


def pickled_array(array: Any, **lies: Any) -> bytes:
    return b"\x80\x02" + array_of(np.asarray(array), Memo(), **lies) + b"."


def pickled_csr(matrix: Any, *, shape: Sequence[int] | None = None) -> bytes:
    memo = Memo()
    matrix = sp.csr_array(matrix)
    return b"".join(
        [
            b"\x80\x02",
            memo.once("csr", b"cscipy.sparse.csr\ncsr_matrix\n") + b")\x81" + memo.put("self"),
            b"}" + memo.put("state") + b"(",
            text(b"format") + memo.put("format") + text(b"csr"),
            text(b"_shape") + memo.put("_shape") + shape_of(shape or matrix.shape),
            text(b"indptr") + memo.put("indptr") + array_of(matrix.indptr.astype("<i4"), memo),
            text(b"_cs_matrix__has_sorted_indices") + memo.put("sorted") + b"\x88",
            text(b"indices") + memo.put("indices") + array_of(matrix.indices.astype("<i4"), memo),
            text(b"maxprint") + memo.put("maxprint") + number(50),
            text(b"data") + memo.put("data") + array_of(matrix.data, memo),
            b"ub.",
        ]
    )


def pickled_graph(graph: Mapping[int, Sequence[int]]) -> bytes:
    memo = Memo()
    program = b"\x80\x02" + memo.once("defaultdict", b"ccollections\ndefaultdict\n")
    program += memo.once("list", b"c__builtin__\nlist\n") + b"\x85R" + memo.put("graph")
    items = [
        number(node) + b"]" + memo.put(f"node {node}") + _appended(neighbours)
        for node, neighbours in graph.items()
    ]
    batches = [items[start : start + 1000] for start in range(0, len(items), 1000)]
    return program + b"".join(b"(" + b"".join(batch) + b"u" for batch in batches) + b"."


def _appended(neighbours: Sequence[int]) -> bytes:
    listed = b"".join(map(number, neighbours))
    return listed + b"a" if len(neighbours) == 1 else b"(" + listed + b"e" if listed else b""


def small_files(name: str = "cora") -> dict[str, bytes]:
    """Ten nodes, two classes, three features; node 8 is isolated and in no file but graph.

    allx has nodes 0 to 5, the first four of them for training; test.index is 9, 6, 7.
    """
    rows = ["100", "010", "110", "001", "011", "101", "010", "100", "000", "111"]
    features = np.array([list(row) for row in rows]).astype("<f4")
    labels = np.array([0, 1, 0, 1, 1, 0, 1, 0, 0, 1])
    one_hot = np.eye(2, dtype="<i4")[labels]
    graph = {
        0: [1, 2],
        1: [0, 1, 1],
        2: [0, 3, 3],
        3: [2, 2, 4],
        4: [3, 9],
        5: [6],
        6: [5, 7],
        7: [6],
        8: [],
        9: [4],
    }
    test = [9, 6, 7]
    contents = {
        "x": pickled_csr(features[:4]),
        "y": pickled_array(one_hot[:4]),
        "tx": pickled_csr(features[test]),
        "ty": pickled_array(one_hot[test]),
        "allx": pickled_csr(features[:6]),
        "ally": pickled_array(one_hot[:6]),
        "graph": pickled_graph(graph),
        "test.index": b"".join(b"%d\n" % node for node in test),
    }
    return {f"ind.{name}.{part}": content for part, content in contents.items()}


def git_hash(content: bytes) -> str:
    """What ``git hash-object`` prints, written here once more on purpose."""
    return hashlib.sha1(b"blob " + str(len(content)).encode() + b"\x00" + content).hexdigest()


def manifest_of(
    contents: Mapping[str, bytes],
    name: str = "cora",
    *,
    base: str = "http://127.0.0.1:9/",
    sized: bool = True,
) -> Manifest:
    """A table of published files in which these contents are the published ones."""
    files = tuple(
        UpstreamFile(
            url=base + file,
            sha1=git_hash(content),
            size=len(content) if sized else None,
            largest=2**20,
        )
        for file, content in contents.items()
    )
    return {name: Source(page="https://example.org/data", folder="planetoid", files=files)}


def write(contents: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    return folder
