"""Planetoid files: the small ones of planetoid_files.py, damaged ones, the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from planetoid_files import (
    manifest_of,
    pickled_array,
    pickled_csr,
    pickled_graph,
    small_files,
    write,
)

from amverify.errors import CorruptFile
from repro import data
from repro.data.dataset import Dataset
from repro.data.planetoid import read_planetoid
from repro.data.unpickle import SparseParts, read_pickle
from repro.data.upstream import VerifiedFile


def load(contents: dict[str, bytes], folder: Path, *, row_normalise: bool = False) -> Dataset:
    write(contents, folder)
    return data.load(
        "cora",
        data_dir=folder,
        download=False,
        manifest=manifest_of(contents),
        row_normalise=row_normalise,
    )


def by_hand(*, row_normalise: bool) -> dict[int, np.ndarray]:
    """The propagated features of the small graph, node by node in plain arithmetic."""
    own = [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1]]
    own += [[0, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 1]]
    edges = [(0, 1), (0, 2), (2, 3), (3, 4), (4, 9), (5, 6), (6, 7)]
    neighbours = {n: {n} for n in range(10)}
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    h = {n: np.array(own[n], float) / (max(sum(own[n]), 1) if row_normalise else 1) for n in own_n}
    hops = [h]
    for _ in range(4):
        h = {
            n: sum(h[m] / (len(neighbours[n]) * len(neighbours[m])) ** 0.5 for m in neighbours[n])
            for n in own_n
        }
        hops.append(h)
    return {n: np.concatenate([hop[n] for hop in reversed(hops)]) for n in own_n}


own_n = range(10)


@pytest.mark.parametrize("row_normalise", [False, True])
def test_small_files_give_the_features_computed_by_hand(
    tmp_path: Path, row_normalise: bool
) -> None:
    dataset = load(small_files(), tmp_path, row_normalise=row_normalise)
    expected = by_hand(row_normalise=row_normalise)
    assert dataset.validation is not None
    for split, nodes, labels in (
        (dataset.train, [0, 1, 2, 3], [0, 1, 0, 1]),
        (dataset.validation, [4, 5], [1, 0]),
        (dataset.test, [6, 7, 9], [1, 0, 1]),
    ):
        np.testing.assert_allclose(split.x, [expected[n] for n in nodes], rtol=1e-13, atol=1e-15)
        np.testing.assert_array_equal(split.y, labels)
        assert split.x.dtype == np.float64
        assert split.y.dtype == np.int64


def test_columns_taken_in_pieces_give_the_same_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = load(small_files(), tmp_path)
    monkeypatch.setattr("repro.data.graph._COLUMNS_AT_ONCE", 2)
    np.testing.assert_array_equal(load(small_files(), tmp_path).test.x, at_once.test.x)


def test_small_files_are_counted(tmp_path: Path) -> None:
    dataset = load(small_files(), tmp_path)
    assert dataset.statistics == {
        "nodes": 10,
        "edges": 7,
        "edges_listed": 9,
        "classes": 2,
        "features": 3,
        "train": 4,
        "validation": 2,
        "test": 3,
    }
    assert sorted(dataset.hashes) == sorted(small_files())


def test_an_isolated_test_node_has_zero_features() -> None:
    files = {name: VerifiedFile(name, content) for name, content in small_files().items()}
    graph = read_planetoid("cora", files)
    assert graph.features[[8]].nnz == 0
    assert graph.adjacency[[8]].nnz == 0
    assert 8 not in graph.test


def test_without_nodes_left_there_is_no_validation_split(tmp_path: Path) -> None:
    contents = small_files()
    contents["ind.cora.x"] = contents["ind.cora.allx"]
    contents["ind.cora.y"] = contents["ind.cora.ally"]
    assert load(contents, tmp_path).validation is None


ONE_HOT = np.eye(2, dtype="<i4")
FEATURES = np.ones((4, 3), dtype="<f4")
POISONED = {
    f"{value}": np.where(np.arange(12).reshape(4, 3) == 5, value, FEATURES).astype("<f4")
    for value in (np.nan, np.inf, -np.inf)
}
NEIGHBOURS = {n: [(n + 1) % 10] for n in range(10)}
DAMAGED: dict[str, tuple[str, bytes, str]] = {
    "NaN": ("x", pickled_csr(POISONED["nan"]), "NaN or infinite"),
    "infinite": ("allx", pickled_csr(POISONED["inf"]), "NaN or infinite"),
    "minus infinite": ("tx", pickled_csr(POISONED["-inf"]), "NaN or infinite"),
    "dense features": ("x", pickled_array(FEATURES), "no csr_matrix"),
    "sparse labels": ("y", pickled_csr(FEATURES), "no matrix of integers"),
    "real labels": ("y", pickled_array(FEATURES[:, :2]), "no matrix of integers"),
    "flat labels": ("y", pickled_array(np.array([0, 1, 0, 1], "<i4")), "no matrix of integers"),
    "no label": ("y", pickled_array(ONE_HOT[[0, 1, 0, 1]] * 0), "not one-hot"),
    "two labels": ("ty", pickled_array(ONE_HOT[[1, 1, 1]] + ONE_HOT[[0, 0, 0]]), "not one-hot"),
    "label -1": ("y", pickled_array(ONE_HOT[[0, 1, 0, 1]] * -1), "not one-hot"),
    "label out of range": (
        "ty",
        pickled_array(np.eye(3, dtype="<i4")[[0, 1, 2]]),
        "differ in the number of classes",
    ),
    "one class": ("y", pickled_array(ONE_HOT[[0, 0, 0, 0]]), "not of two classes"),
    "unlabelled validation": ("ally", pickled_array(ONE_HOT[[0, 1, 0, 1, 1, 0]] * 0), "one-hot"),
    "no training node": ("y", pickled_array(ONE_HOT[:0]), "labels no node"),
    "no class": ("y", pickled_array(np.ones((4, 0), "<i4")), "with no class"),
    "fewer labels": ("y", pickled_array(ONE_HOT), "labels 2 nodes, features 4"),
    "fewer nodes": ("allx", pickled_csr(FEATURES[:2]), "4 training nodes among 2"),
    "fewer features": ("tx", pickled_csr(FEATURES[:3, :2]), "number of features"),
    "declared wider": (
        "x",
        pickled_csr(FEATURES, shape=(4, 2**30)),
        "more than 1000000 columns",
    ),
    "declared longer": ("x", pickled_csr(FEATURES, shape=(2**30, 3)), "other row bounds"),
    "declared narrower": ("x", pickled_csr(FEATURES, shape=(4, 2)), "entries outside"),
    "test node of allx": ("test.index", b"9\n6\n5\n", "test node 5 is among the 6"),
    "test node twice": ("test.index", b"9\n6\n6\n", "twice"),
    "test node too many": ("test.index", b"9\n6\n7\n8\n", "4 test nodes"),
    "test node far out": ("test.index", b"999999999999\n6\n7\n", "where test.index implies"),
    "test node further out": ("test.index", b"9" * 5000 + b"\n6\n7\n", "not a node number"),
    "negative test node": ("test.index", b"9\n6\n-7\n", "not a node number"),
    "no test index": ("test.index", b"", "0 test nodes"),
    "binary test index": ("test.index", bytes(range(256)), "not a node number"),
    "neighbour out of range": ("graph", pickled_graph(NEIGHBOURS | {3: [10]}), "the nodes 0 to 9"),
    "negative neighbour": ("graph", pickled_graph(NEIGHBOURS | {3: [-1]}), "the nodes 0 to 9"),
    "node out of range": ("graph", pickled_graph(NEIGHBOURS | {12: []}), "the nodes 0 to 9"),
    "node missing": ("graph", pickled_graph({0: [1]}), "it has 2 nodes"),
    "empty graph": ("graph", pickled_graph({}), "it has 0 nodes"),
    "graph of matrices": ("graph", pickled_csr(FEATURES), "no mapping"),
    "graph without lists": ("graph", b"\x80\x02}K\x00K\x01s.", "no mapping"),
    "graph of names": ("graph", b"\x80\x02}K\x00]U\x01aas.", "the nodes 0 to 9"),
    "graph of truths": ("graph", b"\x80\x02}K\x00]\x88as.", "the nodes 0 to 9"),
    "hostile": ("graph", b"\x80\x02cposix\nsystem\nU\x04true\x85R.", "it names 'posix system'"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damage_is_named_in_one_line(what: str, tmp_path: Path) -> None:
    """Whatever passes its hash is still checked: file, fault and remedy are said."""
    part, content, says = DAMAGED[what]
    with pytest.raises(CorruptFile, match=says) as caught:
        load(small_files() | {f"ind.cora.{part}": content}, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/ind.cora.")
    assert message.endswith("replace it by the published file")
    assert "\n" not in message


@pytest.mark.parametrize(
    "indptr", [[0, 2, 1, 3, 3], [1, 1, 2, 3, 3], [-1, 1, 2, 3, 3], [0, 1, 2, 3, 4]]
)
def test_row_bounds_out_of_order_are_refused(indptr: list[int], tmp_path: Path) -> None:
    matrix = sp.csr_array(np.eye(4, 3, dtype="<f4"))
    true, false = matrix.indptr.astype("<i4").tobytes(), np.array(indptr, "<i4").tobytes()
    content = pickled_csr(matrix).replace(true, false)
    with pytest.raises(CorruptFile, match=r"other row bounds|rows of a sparse matrix overlap"):
        load(small_files() | {"ind.cora.x": content}, tmp_path)


def test_features_beyond_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repro.data.graph._MOST_BYTES", 2**20)
    wide = {
        f"ind.cora.{part}": pickled_csr(np.ones((rows, 3), "<f4"), shape=(rows, 2**18))
        for part, rows in (("x", 4), ("tx", 3), ("allx", 6))
    }
    with pytest.raises(CorruptFile, match=r"cora: its features would take 0\.1 GiB"):
        load(small_files() | wide, tmp_path)


def test_our_small_files_are_in_the_published_format(published: Path) -> None:
    """Read and written again, the published files come back byte for byte."""
    for part in ("x", "y", "tx", "ty", "allx", "ally", "graph"):
        content = (published / "planetoid" / f"ind.cora.{part}").read_bytes()
        read = read_pickle(content)
        if isinstance(read, SparseParts):
            matrix = sp.csr_array((read.data, read.indices, read.indptr), shape=read.shape)
            assert pickled_csr(matrix) == content, part
        elif isinstance(read, dict):
            assert pickled_graph(read) == content
        else:
            assert pickled_array(read) == content, part


@pytest.mark.parametrize(
    ("name", "train", "width", "counts"),
    [
        ("cora", 140, 7165, {"nodes": 2708, "edges": 5278, "edges_listed": 5429}),
        ("citeseer", 120, 18515, {"nodes": 3327, "edges": 4552, "edges_listed": 4732}),
    ],
)
def test_published_files_have_the_published_counts(
    name: str, train: int, width: int, counts: dict[str, int], published: Path
) -> None:
    dataset = data.load(name, data_dir=published, download=False)
    assert dataset.train.x.shape == (train, width)
    assert dataset.test.x.shape == (1000, width)
    assert dataset.validation is not None
    assert len(dataset.validation) == 500
    np.testing.assert_array_equal(np.bincount(dataset.train.y), [20] * dataset.classes)
    assert dataset.statistics.items() >= counts.items()
    assert dataset.statistics["features"] * 5 == width
