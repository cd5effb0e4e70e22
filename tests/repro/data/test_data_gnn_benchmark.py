"""The gnn-benchmark format on small archives, hostile ones included."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planetoid_files import manifest_of, write

from amverify.errors import CorruptFile
from repro import data
from repro.data.dataset import Dataset
from repro.data.gnn_benchmark import read_gnn_benchmark
from repro.data.graph import propagated, symmetric_adjacency
from repro.data.splits import per_class_split
from repro.data.upstream import VerifiedFile

NAME = "ms_academic_cs.npz"
NODES = 1200


def arrays() -> dict[str, Any]:
    """1,200 nodes of three classes on a ring, each link listed in one direction only."""
    links = sp.csr_array(np.roll(np.eye(NODES, dtype=np.float32), 1, axis=1))
    features = sp.random_array((NODES, 6), density=0.3, rng=0, dtype=np.float32).tocsr()
    stored: dict[str, Any] = {"labels": np.arange(NODES) % 3}
    for key, matrix in (("adj", links), ("attr", features)):
        for part in ("data", "indices", "indptr"):
            stored[f"{key}_{part}"] = getattr(matrix, part)
        stored[f"{key}_shape"] = np.array(matrix.shape)
    stored["node_names"] = np.array(["pickled", None], dtype=object)
    return stored


def archive(stored: dict[str, Any], compress: bool = True) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, **stored)
    return buffer.getvalue()


def load(content: bytes, folder: Path) -> Dataset:
    contents = {NAME: content}
    write(contents, folder)
    manifest = manifest_of(contents, "coauthor_cs")
    return data.load("coauthor_cs", data_dir=folder, download=False, manifest=manifest)


@pytest.mark.parametrize("compress", [True, False])
def test_a_small_archive_is_read(compress: bool, tmp_path: Path) -> None:
    dataset = load(archive(arrays(), compress), tmp_path)
    assert dataset.validation is not None
    assert dataset.statistics == {
        "nodes": NODES,
        "edges": NODES,
        "classes": 3,
        "features": 6,
        "train": 60,
        "validation": 90,
        "test": 1000,
    }
    np.testing.assert_array_equal(np.bincount(dataset.train.y), [20] * 3)
    np.testing.assert_array_equal(np.bincount(dataset.validation.y), [30] * 3)
    assert list(dataset.hashes) == [NAME]


def test_its_rows_are_those_of_its_nodes(tmp_path: Path) -> None:
    """Split and features once more, from the arrays that were written."""
    stored = arrays()
    dataset = load(archive(stored), tmp_path)
    train, validation, test = per_class_split(stored["labels"], seed=0)
    adjacency = np.zeros((NODES, NODES))
    adjacency[np.arange(NODES), (np.arange(NODES) + 1) % NODES] = 1
    walk = (np.eye(NODES) + adjacency + adjacency.T) / 3
    parts = (stored[f"attr_{part}"] for part in ("data", "indices", "indptr"))
    hops = [sp.csr_array(tuple(parts), shape=(NODES, 6)).toarray().astype(float)]
    for _ in range(4):
        hops.append(walk @ hops[-1])
    x = np.hstack(hops[::-1])
    for split, nodes in ((dataset.train, train), (dataset.test, test)):
        np.testing.assert_allclose(split.x, x[nodes], rtol=1e-12, atol=1e-14)
        np.testing.assert_array_equal(split.y, stored["labels"][nodes])
    np.testing.assert_array_equal(np.bincount(np.concatenate([train, validation, test])).max(), 1)


def test_the_names_kept_as_objects_are_not_opened(tmp_path: Path) -> None:
    """They are there, and even a broken one does no harm."""
    content = archive(arrays(), compress=False)
    at = content.index(b"node_names.npy") + len(b"node_names.npy") + 120
    load(content[:at] + b"!" + content[at + 1 :], tmp_path)


def rewritten(name: str, content: bytes) -> bytes:
    """The small archive with member ``name`` replaced by ``content``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for key, array in arrays().items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array))
            target.writestr(f"{key}.npy", content if key == name else member.getvalue())
    return buffer.getvalue()


def test_headers_written_by_python_2_are_read(tmp_path: Path) -> None:
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (1200L,), }"
    labels = (np.arange(NODES) % 3).astype("<i8").tobytes()
    padded = header.ljust(117) + b"\n"
    member = b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + labels
    assert load(rewritten("labels", member), tmp_path).classes == 3


def without(key: str) -> dict[str, Any]:
    stored = arrays()
    del stored[key]
    return stored


def header_only(shape: str, descr: str = "<i8") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    padded = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


SAID = "replace it by the published file"
SMALL_CLASS = np.where(np.arange(NODES) < 49, 2, np.arange(NODES) % 2)
DAMAGED: dict[str, tuple[bytes, str]] = {
    "no archive": (b"not a zip at all", "no readable npz"),
    "cut": (archive(arrays())[:-100], "no readable npz"),
    "no labels": (archive(without("labels")), "no item named .*labels"),
    "no features": (archive(without("attr_data")), "no item named .*attr_data"),
    "object labels": (archive(arrays() | {"labels": np.array([None])}), "allow_pickle"),
    "real labels": (archive(arrays() | {"labels": np.ones(NODES)}), "no.* vector|not a vector"),
    "no nodes": (archive(arrays() | {"labels": np.zeros(0, int)}), "not a vector"),
    "negative label": (archive(arrays() | {"labels": np.arange(NODES) % 3 - 1}), "outside 0"),
    "label far out": (archive(arrays() | {"labels": np.full(NODES, 10**15)}), "outside 0"),
    "one class": (archive(arrays() | {"labels": np.zeros(NODES, int)}), "of one class"),
    "a small class": (archive(arrays() | {"labels": SMALL_CLASS}), "class 2 has 49 nodes"),
    "an empty class": (archive(arrays() | {"labels": np.arange(NODES) % 2 * 2}), "class 1 has 0"),
    "fewer labels": (archive(arrays() | {"labels": np.arange(9)}), "do not agree"),
    "shape of three": (archive(arrays() | {"adj_shape": np.ones(3, int)}), "pair of counts"),
    "negative shape": (archive(arrays() | {"adj_shape": np.array([-1, 3])}), "pair of counts"),
    "other shape": (archive(arrays() | {"adj_shape": np.array([9, 9])}), "other row bounds"),
    "NaN": (archive(arrays() | {"attr_data": np.full(2160, np.nan)}), "NaN or infinite"),
    "text features": (archive(arrays() | {"attr_data": np.array(["a"] * 2160)}), "not real"),
    "real positions": (archive(arrays() | {"adj_indices": np.ones(NODES)}), "not integers"),
    "positions outside": (archive(arrays() | {"adj_indices": np.full(NODES, NODES)}), "outside"),
    "matrix of positions": (archive(arrays() | {"adj_indices": np.eye(2, dtype=int)}), "vectors"),
    "huge shape": (rewritten("labels", header_only("(" + "9" * 18 + ",)")), SAID),
    "absurd shape": (rewritten("labels", header_only("(" + "9" * 40 + ",)")), SAID),
    "not a header": (rewritten("labels", b"\x93NUMPY\x01\x00\x04\x00(((\n"), SAID),
    "a long header": (
        rewritten("labels", b"\x93NUMPY\x01\x00\xff\xff" + b" " * 2**16),
        "Header info length",
    ),
    "no magic": (rewritten("labels", b"hello"), SAID),
    "a bomb": (rewritten("labels", header_only("(67108864,)") + bytes(2**29)), "when unpacked"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damage_is_named_in_one_line(what: str, tmp_path: Path) -> None:
    content, says = DAMAGED[what]
    with pytest.raises(CorruptFile, match=says) as caught:
        load(content, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / NAME}: ")
    assert "\n" not in message


@settings(deadline=None)
@example(damage={21: 1, 50: 66})  # once a TypeError in numpy's reader of headers
@given(damage=st.dictionaries(st.integers(0, 90), st.integers(0, 255), max_size=4))
def test_a_damaged_header_is_refused(damage: dict[int, int]) -> None:
    """The checksum of the archive agrees here: only the array's own header is wrong."""
    member = bytearray(header_only("(1200,)") + bytes(8 * NODES))  # as it is: one class only
    for at, value in damage.items():
        member[at] = value
    file = VerifiedFile("there", rewritten("labels", bytes(member)))
    with pytest.raises(CorruptFile, match=r"^there: .*published file$"):
        read_gnn_benchmark(file, seed=0)


def test_a_split_of_too_few_nodes_is_refused() -> None:
    labels = np.arange(1099) % 2
    with pytest.raises(ValueError, match="999 nodes remain, of which 1000 are needed"):
        per_class_split(labels, seed=0)
    assert len(per_class_split(labels, seed=0, test=999)[2]) == 999


def test_a_graph_is_made_symmetric_binary_and_free_of_loops() -> None:
    rows, columns = np.array([0, 0, 1, 2, 2]), np.array([1, 1, 0, 2, 1])
    expected = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    np.testing.assert_array_equal(symmetric_adjacency(rows, columns, 3).toarray(), expected)


def test_features_of_a_pair_are_halved_at_each_step() -> None:
    """Two joined nodes: Â = 1/2 everywhere, so every hop but the last is the mean."""
    adjacency = symmetric_adjacency(np.array([0]), np.array([1]), 2)
    x = propagated(adjacency, sp.csr_array(np.array([[2.0], [4.0]])), np.array([1]))
    np.testing.assert_allclose(x, [[3, 3, 3, 3, 4]])


def test_what_zipfile_quotes_is_told_briefly(tmp_path: Path) -> None:
    content = bytearray(archive(arrays()))
    content[26:28] = (9000).to_bytes(2, "little")  # the length of the first member's name
    with pytest.raises(CorruptFile, match="File name in directory") as told:
        load(bytes(content), tmp_path)
    assert len(str(told.value)) < 600
